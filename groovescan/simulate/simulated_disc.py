"""From a sound to a photograph of a disc that holds it, and the truth about both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from groovescan.errors import SettingsError
from groovescan.simulate.cramer_rao import Bound, bound
from groovescan.simulate.model.film import make_film
from groovescan.simulate.model.lathe_cut import CutGroove, cut_all
from groovescan.simulate.model.rendering import Scene, photograph, photograph_bands
from groovescan.simulate.model.sensor import make_view
from groovescan.simulate.model.wear import make_wear
from groovescan.simulate.optics.film_surface import make_film_surface
from groovescan.simulate.simulate_settings import SimulateSettings


@dataclass(frozen=True)
class CutTruth:
    """The truth of one groove.

    Attributes
    ----------
    audio : ndarray of float64, shape (samples,)
        The sound that was cut, with the pauses between its bands.
    turns : float
        Length of the groove in turns, silent turns included.
    displacement_mm : ndarray of float64, shape (positions,)
        What carries the sound, in mm, from the start of the groove at equal steps of position:
        time as it would pass on a turntable without speed error. Hum is in it.
    bound : Bound
        Least noise that a reading of this photograph can have.
    lock : tuple of float or None
        Position in turns where a locked groove has run into its own path of a turn before, which
        is its end, and the radius there in mm; None where it does not lock.
    bands_turns : tuple of tuple of float
        First and last position of each band, in turns; one band where there is no gap.
    start_rad : float
        Azimuth at which it starts, counter-clockwise, in rad.
    radius_mm : ndarray of float64, shape (knots,)
        Radius of the spiral without the sound, at equal steps of position from its start to its
        end.
    """

    audio: np.ndarray
    turns: float
    displacement_mm: np.ndarray
    bound: Bound
    lock: tuple[float, float] | None
    bands_turns: tuple[tuple[float, float], ...]
    start_rad: float
    radius_mm: np.ndarray


@dataclass(frozen=True)
class SimulatedDisc:
    """A photograph and what is true of it.

    Attributes
    ----------
    image : ndarray of uint8 or uint16, shape (rows, columns) or (rows, columns, 3)
        The photograph; red, green, blue where there is colour.
    settings : SimulateSettings
        How it was made.
    rate_hz : float
        Samples per second of sounds and displacements.
    cuts : tuple of CutTruth
        What is true of each groove, in the order of the sound.
    """

    image: np.ndarray
    settings: SimulateSettings
    rate_hz: float
    cuts: tuple[CutTruth, ...]

    @property
    def audio(self) -> np.ndarray:
        """Sound of the first groove, as in `CutTruth`."""
        return self.cuts[0].audio

    @property
    def turns(self) -> float:
        """Length of the first groove in turns."""
        return self.cuts[0].turns

    @property
    def displacement_mm(self) -> np.ndarray:
        """Displacement of the first groove, as in `CutTruth`."""
        return self.cuts[0].displacement_mm

    @property
    def bound(self) -> Bound:
        """Bound of the first groove."""
        return self.cuts[0].bound

    @property
    def lock(self) -> tuple[float, float] | None:
        """Where the first groove locks, as in `CutTruth`."""
        return self.cuts[0].lock


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
    scene, sensor = scene_of(audio, rate_hz, settings, rng)
    return SimulatedDisc(
        image=photograph(scene, sensor),
        settings=settings,
        rate_hz=rate_hz,
        cuts=tuple(truth_of(scene, groove) for groove in scene.grooves),
    )


def truth_of(scene: Scene, groove: CutGroove) -> CutTruth:
    """The truth of a groove of a scene."""
    lock_turns = groove.lock_turns
    return CutTruth(
        audio=groove.audio,
        turns=groove.turns,
        displacement_mm=groove.displacement_mm,
        bound=bound(scene, groove),
        lock=None if lock_turns is None else (lock_turns, float(groove.smooth_mm[-1])),
        bands_turns=groove.bands_turns,
        start_rad=groove.start_rad,
        radius_mm=groove.smooth_mm,
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
    scene, sensor = scene_of(audio, rate_hz, settings, rng)
    yield from photograph_bands(scene, sensor)


def scene_of(
    audio: np.ndarray,
    rate_hz: float,
    settings: SimulateSettings,
    rng: np.random.Generator | None,
) -> tuple[Scene, np.random.Generator]:
    """The scene before the camera, and the generator of the sensor's noise."""
    audio = _checked(audio, rate_hz)
    rng = rng if rng is not None else np.random.default_rng(settings.seed)
    # one stream for each: less dust must not change the bones
    lathe, camera, picture, dirt, sensor, surface = rng.spawn(6)
    view = make_view(settings, camera)
    scene = Scene(
        settings=settings,
        view=view,
        grooves=cut_all(audio, rate_hz, settings, lathe),
        film=make_film(settings, view, picture),
        wear=make_wear(settings, view, dirt),
        surface=make_film_surface(settings, surface),
    )
    return scene, sensor


def _checked(audio: np.ndarray, rate_hz: float) -> np.ndarray:
    # Below that there is no speech: arbitrary.
    slowest_rate_hz = 1000.0
    audio = np.array(audio, dtype=float)
    if audio.ndim != 1 or len(audio) < 2:
        raise SettingsError(
            f"the sound has the shape {audio.shape}; it must be one row of two samples or more"
        )
    if not np.all(np.isfinite(audio)):
        raise SettingsError("the sound holds values that are not finite numbers")
    if not rate_hz >= slowest_rate_hz:
        raise SettingsError(f"rate_hz is {rate_hz}; it must be at least {slowest_rate_hz:g} Hz")
    return audio
