"""Several photographs of one simulated disc: close-ups, other lamps, repeats, and pieces.

All of them look at the same light, each with noise of its own. Nothing is interpolated: close-ups
and pieces are turned by right angles only, so that their pixels are what a camera would have seen.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from groovescan.errors import SettingsError
from groovescan.simulate.cramer_rao import Bound
from groovescan.simulate.model.rendering import Scene, light_bands
from groovescan.simulate.model.sensor import exposed
from groovescan.simulate.simulate_settings import SimulateSettings
from groovescan.simulate.simulated_disc import CutTruth, SimulatedDisc, scene_of, truth_of


@dataclass(frozen=True, kw_only=True, eq=False)
class PhotographSet:
    """Several photographs of one disc, and what is true of it.

    Attributes
    ----------
    images : tuple of ndarray
        The photographs.
    places : tuple of dict
        How each was taken: what it shows, and by how many quarters of a turn it was turned, or
        its lamp.
    disc : SimulatedDisc
        Truth of the disc; its image is the first photograph, its bound that of all photographs.
    """

    images: tuple[np.ndarray, ...]
    places: tuple[dict[str, object], ...]
    disc: SimulatedDisc


@dataclass(frozen=True, kw_only=True, eq=False)
class _Shot:
    """One photograph to be taken.

    Attributes
    ----------
    light : ndarray of float32, shape (rows, columns)
        Light that comes to the camera.
    place : dict
        How it is taken, for the truth.
    noise : numpy.random.Generator
        Where the sensor's noise comes from.
    turned_quarters : int or None
        Quarters of a turn by which it is turned; None where that is not told, either.
    """

    light: np.ndarray
    place: dict[str, object]
    noise: np.random.Generator
    turned_quarters: int | None = None


def tiles_of(
    audio: np.ndarray,
    rate_hz: float,
    settings: SimulateSettings,
    *,
    across: int,
    down: int,
    overlap: float = 0.25,
) -> PhotographSet:
    """Close-ups side by side, each turned by another quarter of a turn.

    Parameters
    ----------
    audio, rate_hz, settings : ndarray, float, SimulateSettings
        As of `simulate`; the size is that of the whole disc.
    across, down : int
        Close-ups side by side, and below one another; 1 to 12.
    overlap : float
        Share of a close-up's width that it has in common with the next, 0 to 0.9.

    Returns
    -------
    PhotographSet
        The photographs and the truth.

    Raises
    ------
    SettingsError
        Where a number is another, or the sound or the settings cannot be drawn.
    """
    _check("tiles", across, 1, 12)
    _check("tiles", down, 1, 12)
    scene, rng = scene_of(audio, rate_hz, settings, None)
    light = _light_of(scene)
    spans = product(_spans(light.shape[0], down, overlap), _spans(light.shape[1], across, overlap))
    shots = (
        _Shot(
            light=light[top:bottom, left:right],
            place={"left": left, "top": top},
            noise=rng,
            turned_quarters=count % 4,
        )
        for count, ((top, bottom), (left, right)) in enumerate(spans)
    )
    return _set_of(shots, [scene], settings, rate_hz)


def repeats_of(
    audio: np.ndarray, rate_hz: float, settings: SimulateSettings, count: int
) -> PhotographSet:
    """The same photograph several times, each with noise of its own.

    Parameters
    ----------
    audio, rate_hz, settings : ndarray, float, SimulateSettings
        As of `simulate`.
    count : int
        How many: 1 to 64.

    Returns
    -------
    PhotographSet
        The photographs and the truth.

    Raises
    ------
    SettingsError
        Where it is another number, or the sound or the settings cannot be drawn.
    """
    _check("repeats", count, 1, 64)
    scene, rng = scene_of(audio, rate_hz, settings, None)
    light = _light_of(scene)
    shots = (_Shot(light=light, place={}, noise=rng) for _ in range(count))
    return _set_of(shots, [scene] * count, settings, rate_hz)


def lamps_of(
    audio: np.ndarray, rate_hz: float, settings: SimulateSettings, count: int
) -> PhotographSet:
    """The disc under a lamp that goes round it, by half a turn in all.

    Parameters
    ----------
    audio, rate_hz, settings : ndarray, float, SimulateSettings
        As of `simulate`.
    count : int
        How many: 1 to 16.

    Returns
    -------
    PhotographSet
        The photographs and the truth.

    Raises
    ------
    SettingsError
        Where it is another number, or the sound or the settings cannot be drawn.
    """
    _check("lamps", count, 1, 16)
    angles = [
        float(np.angle(np.exp(1j * (settings.lamp_angle_rad + np.pi * k / count))))
        for k in range(count)
    ]
    lit = [
        scene_of(audio, rate_hz, settings.replace(lamp_angle_rad=angle), None) for angle in angles
    ]
    shots = (
        _Shot(
            light=_light_of(scene),
            place={"lamp_angle_rad": angle},
            noise=rng.spawn(count)[k],  # drawn alike, each photograph has noise of its own
        )
        for k, (angle, (scene, rng)) in enumerate(zip(angles, lit, strict=True))
    )
    return _set_of(shots, [scene for scene, _ in lit], settings, rate_hz)


def pieces_of(
    audio: np.ndarray, rate_hz: float, settings: SimulateSettings, count: int
) -> PhotographSet:
    """A disc that is cut into pieces from its centre outwards, one a photograph.

    The cuts are wavy, and nothing is lost between them. Around a piece is what it lies on.

    Parameters
    ----------
    audio, rate_hz, settings : ndarray, float, SimulateSettings
        As of `simulate`.
    count : int
        How many: 2 to 6.

    Returns
    -------
    PhotographSet
        The photographs and the truth.

    Raises
    ------
    SettingsError
        Where it is another number, or the sound or the settings cannot be drawn.
    """
    _check("pieces", count, 2, 6)
    scene, rng = scene_of(audio, rate_hz, settings, None)
    light = _light_of(scene)
    behind = settings.light if settings.background == "light" else 0.03
    covers = (_piece_cover(scene, light.shape, k, count) for k in range(count))
    shots = (
        _Shot(
            light=light * cover + np.float32(behind) * (1 - cover),
            place={"piece": k + 1},
            noise=rng,
            turned_quarters=k % 4,
        )
        for k, cover in enumerate(covers)
    )
    return _set_of(shots, [scene], settings, rate_hz)


def pieces_together_of(
    audio: np.ndarray, rate_hz: float, settings: SimulateSettings, count: int
) -> PhotographSet:
    """A disc that is cut into pieces as of `pieces_of`, which lie apart in one photograph.

    Each is moved outwards by a whole number of px, and not turned: so nothing is interpolated.

    Parameters
    ----------
    audio, rate_hz, settings : ndarray, float, SimulateSettings
        As of `simulate`; the photograph is larger by what the pieces are moved.
    count : int
        How many: 2 to 6.

    Returns
    -------
    PhotographSet
        One photograph, and the truth.

    Raises
    ------
    SettingsError
        Where it is another number, or the sound or the settings cannot be drawn.
    """
    # Pieces are moved by this share of the photograph's shorter side, and a little unevenly.
    moved_share, uneven = 0.03, 0.3
    _check("pieces", count, 2, 6)
    scene, rng = scene_of(audio, rate_hz, settings, None)
    light = _light_of(scene)
    behind = np.float32(settings.light if settings.background == "light" else 0.03)
    away = moved_share * min(light.shape)
    rim = int(np.ceil((1 + uneven) * away)) + 1
    together = np.full([size + 2 * rim for size in light.shape], behind, np.float32)
    moved = []
    for k in range(count):
        shown = _piece_cover(scene, light.shape, k, count)
        middle = settings.start_angle_rad + 0.4 + 2 * np.pi * (k + 0.5) / count
        far = away * (1 + uneven * rng.uniform(-1, 1))
        right, down = round(far * np.cos(middle)), round(-far * np.sin(middle))
        there = together[rim + down :, rim + right :][: light.shape[0], : light.shape[1]]
        there += shown * (light - behind)
        moved.append([right, down])
    shot = _Shot(light=together, place={"pieces": count, "moved_px": moved}, noise=rng)
    return _set_of([shot], [scene], settings, rate_hz)


def _check(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise SettingsError(f"{name} is {value}; it must lie between {low} and {high}")


def _light_of(scene: Scene) -> np.ndarray:
    return np.concatenate(list(light_bands(scene)))


def _spans(size: int, count: int, overlap: float) -> Iterator[tuple[int, int]]:
    """First and last px of parts that have a share of their size in common."""
    part = int(np.ceil(size / (count - (count - 1) * overlap)))
    for first in np.linspace(0, size - part, count).astype(int):
        yield int(first), int(first) + part


def _piece_cover(scene: Scene, shape: tuple[int, ...], number: int, count: int) -> np.ndarray:
    """Share of each pixel that a piece covers, 0 to 1; float32."""
    # A cut strays from a straight line by so much of its distance between waves.
    wave_mm, strays = 9.0, 0.09
    cover = np.empty(shape, np.float32)
    columns = np.arange(shape[1], dtype=float)
    first = scene.settings.start_angle_rad + 0.4
    for row in range(shape[0]):
        radius, angle = scene.view.to_disc(columns, np.full(len(columns), float(row)))
        bend = strays * wave_mm * np.sin(2 * np.pi * radius / wave_mm) / np.maximum(radius, 1.0)
        ahead = np.mod(angle - bend - first - 2 * np.pi * number / count, 2 * np.pi)
        width = 2 * np.pi / count
        inside = np.minimum(ahead, width - ahead)
        beyond = np.maximum(inside, ahead - 2 * np.pi)
        cover[row] = np.clip(beyond * radius / scene.settings.mm_per_px + 0.5, 0, 1)
    return cover


def _set_of(
    shots: Iterable[_Shot], scenes: list[Scene], settings: SimulateSettings, rate_hz: float
) -> PhotographSet:
    """The photographs, taken one by one, with the truth of what stood before the camera."""
    images: list[np.ndarray] = []
    places: list[dict[str, object]] = []
    for shot in shots:
        seen = exposed(shot.light, settings, shot.noise)
        images.append(np.ascontiguousarray(np.rot90(seen, shot.turned_quarters or 0)))
        turned = shot.turned_quarters
        places.append(shot.place | ({} if turned is None else {"turned_quarters": turned}))
    truths = [[truth_of(scene, groove) for groove in scene.grooves] for scene in scenes]
    disc = SimulatedDisc(
        image=images[0],
        settings=settings,
        rate_hz=rate_hz,
        cuts=tuple(_summed(list(cut)) for cut in zip(*truths, strict=True)),
    )
    return PhotographSet(images=tuple(images), places=tuple(places), disc=disc)


def _summed(cuts: list[CutTruth]) -> CutTruth:
    """The truth of a groove, with the bound of the information of all photographs."""
    first = cuts[0].bound
    density = 1 / np.sum([1 / cut.bound.density_mm2_per_hz for cut in cuts], axis=0)
    bound = Bound(
        time_s=first.time_s,
        density_mm2_per_hz=density.astype(np.float32),
        radius_mm=first.radius_mm,
        mtf_mm=first.mtf_mm,
    )
    return dataclasses.replace(cuts[0], bound=bound)
