"""From a sound to a photograph of a disc that holds it, and the truth about both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from groovescan.errors import SettingsError
from groovescan.simulate.cramer_rao import Bound, bound
from groovescan.simulate.model.film import make_film
from groovescan.simulate.model.lathe_cut import cut
from groovescan.simulate.model.rendering import Scene, photograph, photograph_bands
from groovescan.simulate.model.sensor import make_view
from groovescan.simulate.model.wear import make_wear
from groovescan.simulate.simulate_settings import SimulateSettings

_SLOWEST_RATE_HZ = 1000.0


@dataclass(frozen=True)
class SimulatedDisc:
    """A photograph and what is true of it.

    Attributes
    ----------
    image : ndarray of uint8 or uint16, shape (rows, columns) or (rows, columns, 3)
        The photograph; red, green, blue where there is colour.
    settings : SimulateSettings
        How it was made.
    audio : ndarray of float64, shape (samples,)
        The sound that was cut.
    rate_hz : float
        Samples per second of `audio` and `displacement_mm`.
    turns : float
        Length of the groove in turns, silent turns included.
    lock : tuple of float or None
        Position in turns where a locked groove has run into its own path of a turn before, which
        is its end, and the radius there in mm; None where it does not lock.
    displacement_mm : ndarray of float64, shape (positions,)
        What carries the sound, in mm, from the start of the groove at equal steps of position:
        time as it would pass on a turntable without speed error. Hum is in it.
    bound : Bound
        Least noise that a reading of this photograph can have.
    """

    image: np.ndarray
    settings: SimulateSettings
    audio: np.ndarray
    rate_hz: float
    turns: float
    displacement_mm: np.ndarray
    bound: Bound
    lock: tuple[float, float] | None = None


def simulate(
    audio: np.ndarray,
    rate_hz: float,
    settings: SimulateSettings | None = None,
    rng: np.random.Generator | None = None,
) -> SimulatedDisc:
    """Cut a sound into a disc and take its photograph.

    Parameters
    ----------
    audio : ndarray of float, shape (samples,)
        The sound, mono; its level does not matter.
    rate_hz : float
        Samples per second, at least 1000.
    settings : SimulateSettings, optional
        Groove, film, wear and camera.
    rng : numpy.random.Generator, optional
        Where everything random comes from; a new one from `settings.seed` where not given, so
        that the same call draws the same photograph.

    Returns
    -------
    SimulatedDisc
        The photograph and the truth.

    Raises
    ------
    SettingsError
        Where the sound or the settings cannot be drawn.

    Examples
    --------
    >>> from groovescan.simulate import make_sound
    >>> small = SimulateSettings(width_px=128, height_px=128, start_radius_mm=3.2,
    ...                          film_radius_mm=5.0, run_out_turns=1.0)
    >>> disc = simulate(make_sound(0.2, 22050.0, np.random.default_rng(1)), 22050.0, small)
    >>> disc.image.shape
    (128, 128)
    """
    settings = settings or SimulateSettings()
    audio = _checked(audio, rate_hz)
    scene, sensor = _scene(audio, rate_hz, settings, rng)
    lock_turns = scene.groove.lock_turns
    return SimulatedDisc(
        image=photograph(scene, sensor),
        settings=settings,
        audio=audio,
        rate_hz=rate_hz,
        turns=scene.groove.turns,
        displacement_mm=scene.groove.displacement_mm,
        bound=bound(scene),
        lock=None if lock_turns is None else (lock_turns, float(scene.groove.smooth_mm[-1])),
    )


def simulate_bands(
    audio: np.ndarray,
    rate_hz: float,
    settings: SimulateSettings | None = None,
    rng: np.random.Generator | None = None,
) -> Iterator[np.ndarray]:
    """The photograph of `simulate` in bands of rows from the top, for what no memory holds.

    Parameters
    ----------
    audio, rate_hz, settings, rng : ndarray, float, SimulateSettings, Generator
        As in `simulate`.

    Yields
    ------
    ndarray of uint8 or uint16, shape (rows, columns) or (rows, columns, 3)
        All bands but the last have as many rows.
    """
    settings = settings or SimulateSettings()
    scene, sensor = _scene(_checked(audio, rate_hz), rate_hz, settings, rng)
    yield from photograph_bands(scene, sensor)


def _scene(
    audio: np.ndarray,
    rate_hz: float,
    settings: SimulateSettings,
    rng: np.random.Generator | None,
) -> tuple[Scene, np.random.Generator]:
    """What is in front of the camera, and where the sensor's noise comes from."""
    rng = rng if rng is not None else np.random.default_rng(settings.seed)
    # one stream for each: less dust must not change the bones
    lathe, camera, picture, dirt, sensor = rng.spawn(5)
    view = make_view(settings, camera)
    scene = Scene(
        settings=settings,
        view=view,
        groove=cut(audio, rate_hz, settings, lathe),
        film=make_film(settings, view, picture),
        wear=make_wear(settings, view, dirt),
    )
    return scene, sensor


def _checked(audio: np.ndarray, rate_hz: float) -> np.ndarray:
    audio = np.array(audio, dtype=float)
    if audio.ndim != 1 or len(audio) < 2:
        raise SettingsError(
            f"the sound has the shape {audio.shape}; it must be one row of two samples or more"
        )
    if not np.all(np.isfinite(audio)):
        raise SettingsError("the sound holds values that are not finite numbers")
    if not rate_hz >= _SLOWEST_RATE_HZ:
        raise SettingsError(f"rate_hz is {rate_hz}; it must be at least {_SLOWEST_RATE_HZ:g} Hz")
    return audio
