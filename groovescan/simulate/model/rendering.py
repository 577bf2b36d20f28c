"""The picture: groove, film and wear seen together, blurred, and sampled by the pixels.

The light falls through the optics before the sensor samples it. So every tile is drawn on a
grid finer than the pixels, blurred there in both directions, and only then averaged over the
area of each pixel.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from groovescan.simulate.model.film import COARSE_PX, Film, spread
from groovescan.simulate.model.groove_profile import appearance, half_reach_mm, lamp_gain
from groovescan.simulate.model.lathe_cut import CutGroove
from groovescan.simulate.model.picture import gridded, halftone, joined, rounded
from groovescan.simulate.model.sensor import SensorView, exposed
from groovescan.simulate.model.wear import Wear
from groovescan.simulate.optics.camera_pipeline import needs_whole_picture, processed
from groovescan.simulate.optics.film_surface import FilmSurface
from groovescan.simulate.optics.groove_optics import (
    groove_shape,
    is_physical,
    on_light_box,
    under_lamps,
)
from groovescan.simulate.simulate_settings import SimulateSettings

#: Side of the squares that are drawn at once, so that what they take stays small. Arbitrary.
_TILE_PX = 96


@dataclass(frozen=True)
class Scene:
    """Everything that is in front of the camera.

    Attributes
    ----------
    settings : SimulateSettings
        What was asked for.
    view : SensorView
        The camera.
    grooves : tuple of CutGroove
        The groove, or those that are not connected.
    film : Film
        The film.
    wear : Wear or None
        What covers it.
    surface : FilmSurface or None
        What lies on it and lets light through.
    """

    settings: SimulateSettings
    view: SensorView
    grooves: tuple[CutGroove, ...]
    film: Film
    wear: Wear | None
    surface: FilmSurface | None = None


def photograph(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Take the photograph, band of rows by band of rows.

    Parameters
    ----------
    scene : Scene
        What is seen.
    rng : numpy.random.Generator
        Where the noise comes from.

    Returns
    -------
    ndarray of uint8 or uint16, shape (rows, columns) or (rows, columns, 3)
        The photograph.
    """
    return np.concatenate(list(photograph_bands(scene, rng)))


def photograph_bands(scene: Scene, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """The bands of `photograph`, from the top.

    Where there is a seam, or where the camera works on whole pictures, all are held at once.
    """
    if scene.settings.seams or needs_whole_picture(scene.settings):
        whole = joined(np.concatenate(list(_bands(scene, rng))), scene.settings.seams)
        yield from np.split(whole, range(_TILE_PX, len(whole), _TILE_PX))
    else:
        yield from _bands(scene, rng)


def _bands(scene: Scene, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """The bands of the photograph, before they are joined; a band is whole blocks of JPEG."""
    s = scene.settings
    bands: Iterable[np.ndarray] = light_bands(scene)
    whole = needs_whole_picture(s)
    for number, band in enumerate([np.concatenate(list(bands))] if whole else bands):
        first_row = number * _TILE_PX
        light = band
        if s.screen_px:
            light = halftone(light, s.screen_px, s.screen_angle_rad, first_row=first_row)
        if s.grid_px:
            light = gridded(light, s.grid_px, s.grid_depth, first_row=first_row)
        image = processed(light, s, rng) if whole else exposed(light, s, rng)
        yield rounded(image, s.rounded_quality) if s.rounded_quality else image


def light_bands(scene: Scene) -> Iterator[np.ndarray]:
    """Noise-free light, 0 to 1, in bands of float32 rows from the top."""
    s = scene.settings
    for top in range(0, s.height_px, _TILE_PX):
        rows = min(_TILE_PX, s.height_px - top)
        band = np.empty((rows, s.width_px), np.float32)
        for left in range(0, s.width_px, _TILE_PX):
            columns = min(_TILE_PX, s.width_px - left)
            band[:, left : left + columns] = _tile(scene, top, left, (rows, columns))
        yield band


def _tile(scene: Scene, top: int, left: int, shape: tuple[int, int]) -> np.ndarray:
    fine = scene.settings.supersampling if _has_groove(scene, top, left, shape) else 1
    blur_px = scene.settings.blur_px
    pad = int(np.ceil(4.0 * blur_px)) + 1
    y = _fine_axis(top - pad, shape[0] + 2 * pad, fine)
    x = _fine_axis(left - pad, shape[1] + 2 * pad, fine)
    light = _light(scene, y, x, 1.0 / fine, with_groove=fine > 1 or _always(scene))
    light = gaussian_filter(light, blur_px * fine, truncate=4.0, mode="nearest")
    pixels = light.reshape(len(y) // fine, fine, len(x) // fine, fine).mean(axis=(1, 3))
    return pixels[pad : pad + shape[0], pad : pad + shape[1]]


def _always(scene: Scene) -> bool:
    """Whether one point per pixel was asked for, so that fineness does not tell the groove."""
    return scene.settings.supersampling == 1


def _fine_axis(first_px: int, count: int, fine: int) -> np.ndarray:
    """Centres of `fine` parts of each of `count` pixels."""
    return first_px - 0.5 + (np.arange(count * fine) + 0.5) / fine


def _has_groove(scene: Scene, top: int, left: int, shape: tuple[int, int]) -> bool:
    middle_y, middle_x = top + shape[0] / 2, left + shape[1] / 2
    radius, _ = scene.view.to_disc(np.array([middle_x]), np.array([middle_y]))
    margin = (np.hypot(*shape) / 2 + 8.0 * scene.settings.blur_px) * scene.settings.mm_per_px
    margin = 1.3 * margin + half_reach_mm(scene.settings)
    margin += scene.settings.amplitude_mm + scene.settings.lock_sound_mm
    margin += 0.0 if scene.view.sheet is None else scene.view.sheet.farthest_mm
    return any(_near_groove(groove, radius[0], margin) for groove in scene.grooves)


def _near_groove(groove: CutGroove, radius_mm: float, margin_mm: float) -> bool:
    smooth = groove.smooth_mm
    ring = smooth[0] if groove.ring_mm is None else groove.ring_mm
    low, high = min(smooth.min(), ring), max(smooth.max(), ring)
    return bool(low - margin_mm < radius_mm < high + margin_mm)


def _light(
    scene: Scene, y: np.ndarray, x: np.ndarray, step_px: float, *, with_groove: bool
) -> np.ndarray:
    """Light at the crossings of fine rows and columns, before any blur; float32."""
    radius, angle = scene.view.to_disc(x[None, :], y[:, None])
    film, behind = (spread(part, y, x, COARSE_PX) for part in (scene.film.light, scene.film.behind))
    if with_groove and is_physical(scene.settings):
        film = _lit(scene, film, radius, angle)
    elif with_groove:
        contrast = spread(scene.film.contrast, y, x, COARSE_PX)
        film = film * (1.0 - contrast * groove_pattern(scene, radius, angle))
    soft_mm = step_px * scene.settings.mm_per_px
    cover = scene.film.cover(radius, angle, soft_mm)
    if scene.view.sheet is not None:
        lies, way = scene.view.to_lying(x[None, :], y[:, None])
        cover = cover * scene.view.sheet.cover(lies * np.exp(1j * way), soft_mm)
    if scene.surface is not None:
        film = film * scene.surface.factor(radius * np.exp(1j * angle))
    light = behind + cover * (film - behind)
    if scene.wear is not None:
        light = _worn(light, scene.wear, y, x)
    return light.astype(np.float32)


def _lit(scene: Scene, film: np.ndarray, radius: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Light of the film with grooves that have a shape; of several at a place the nearest."""
    s = scene.settings
    nearest = np.full(radius.shape, np.inf)
    light = np.array(film)
    for groove in scene.grooves:
        near, offset, turns = _nearest_turn(groove, s, radius, angle)
        near &= np.abs(offset) < np.abs(nearest)
        if near.any():
            nearest[near] = offset[near]
            light[near] = shaped_light(
                groove, s, film[near], angle[near], offset[near], turns[near]
            )
    return light


def _nearest_turn(
    groove: CutGroove, s: SimulateSettings, radius_mm: np.ndarray, angle_rad: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where a turn can be seen; distance outwards from the nearest one in mm; position there."""
    sense = -1.0 if s.mirrored else 1.0
    part = np.mod(sense * (angle_rad - groove.start_rad) / (2 * np.pi), 1.0)
    nearest = np.rint(groove.position_at(radius_mm) - part)
    offset, place = np.full(radius_mm.shape, np.inf), np.zeros(radius_mm.shape)
    for neighbour in _neighbours(groove):
        turns = nearest + neighbour + part
        there = (turns >= 0.0) & (turns <= groove.turns)
        away = np.where(there, radius_mm - groove.radius_at(np.maximum(turns, 0.0)), np.inf)
        closer = np.abs(away) < np.abs(offset)
        offset, place = np.where(closer, away, offset), np.where(closer, turns, place)
    return np.abs(offset) < half_reach_mm(s), offset, place


def shaped_light(
    groove: CutGroove,
    settings: SimulateSettings,
    film: np.ndarray,
    angle_rad: np.ndarray,
    offset_mm: np.ndarray,
    turns: np.ndarray,
) -> np.ndarray:
    """Light of places in and beside a groove that has a shape.

    Parameters
    ----------
    groove : CutGroove
        The groove.
    settings : SimulateSettings
        Shape, and what lights it.
    film : ndarray of float, any shape
        Light of the film without the groove.
    angle_rad, offset_mm, turns : ndarray of float, of the same shape
        Azimuth of the places, their distance outwards from the groove's middle, and their position
        along it.

    Returns
    -------
    ndarray of float64, of the same shape
    """
    signal, half = groove.signal_at(turns), 0.5 * settings.width_mm
    halves = half if signal is None else np.maximum(half + signal, 0.2 * half)
    shape = groove_shape(offset_mm, halves, settings)
    if settings.profile == "box":
        return settings.light * on_light_box(shape, film / settings.light, settings)
    # In turns: at 78 rpm 1.5 us, an eightieth of a period at 8 kHz.
    step = 2e-6
    radius = groove.radius_at(turns)
    rise = (groove.radius_at(turns + step) - groove.radius_at(turns - step)) / (2 * step)
    sense = -1.0 if settings.mirrored else 1.0
    return under_lamps(shape, sense * rise / (2 * np.pi * radius), angle_rad, film, settings)


def _worn(light: np.ndarray, wear: Wear, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    box = _around(y, wear.cover.shape[0]), _around(x, wear.cover.shape[1])
    if not wear.cover[box].any():
        return light
    inside_y, inside_x = y - box[0].start, x - box[1].start
    cover = spread(wear.cover[box].astype(np.float32) / 255, inside_y, inside_x, 1.0)
    # not interpolated: between a dark and a bright thing there is no grey one
    rows = np.clip(np.rint(inside_y).astype(int), 0, box[0].stop - box[0].start - 1)
    columns = np.clip(np.rint(inside_x).astype(int), 0, box[1].stop - box[1].start - 1)
    value = wear.value[box][np.ix_(rows, columns)] / np.float32(255)
    return light + cover * (value - light)


def _around(points: np.ndarray, size: int) -> slice:
    low = min(max(int(np.floor(points[0])), 0), size - 1)
    return slice(low, max(min(int(np.ceil(points[-1])) + 1, size), low + 1))


def groove_pattern(scene: Scene, radius_mm: np.ndarray, angle_rad: np.ndarray) -> np.ndarray:
    """Loss of light by the groove at places on the disc, before contrast: about -1 to 1.

    Parameters
    ----------
    scene : Scene
        What is seen.
    radius_mm, angle_rad : ndarray of float, any one shape
        Places on the disc.

    Returns
    -------
    ndarray of float64
        Sum over the nearest three turns.
    """
    s = scene.settings
    total = np.zeros(radius_mm.shape)
    for groove in scene.grooves:
        _add_groove(total, groove, s, radius_mm, angle_rad)
    if s.profile == "raking" or s.lamp_falloff:
        total *= lamp_gain(angle_rad, s)
    return total


def _add_groove(
    total: np.ndarray,
    groove: CutGroove,
    s: SimulateSettings,
    radius_mm: np.ndarray,
    angle_rad: np.ndarray,
) -> None:
    """Add the loss of light by one groove."""
    sense = -1.0 if s.mirrored else 1.0
    part = np.mod(sense * (angle_rad - groove.start_rad) / (2 * np.pi), 1.0)
    place = groove.position_at(radius_mm)
    nearest = np.rint(place - part)
    reach = _reach_turns(groove, s)
    joined, nearest_mm = np.zeros(radius_mm.shape), np.full(radius_mm.shape, np.inf)
    for neighbour in _neighbours(groove):
        turns = nearest + neighbour + part
        near = np.abs(place - turns) < reach
        near &= (turns >= 0.0) & (turns <= groove.turns)
        if groove.lock_turns is not None:
            # Of the turns that run into one another the nearer counts: film that is cut away is
            # not cut away twice.
            joining = near & (turns > groove.lock_turns - 2.0)
            near &= ~joining
            there = turns[joining]
            offset = radius_mm[joining] - groove.radius_at(there)
            closer = np.abs(offset) < nearest_mm[joining]
            light_here = appearance(offset, groove.signal_at(there), s)
            joined[joining] = np.where(closer, light_here, joined[joining])
            nearest_mm[joining] = np.minimum(np.abs(offset), nearest_mm[joining])
        there = turns[near]
        offset = radius_mm[near] - groove.radius_at(there)
        total[near] += appearance(offset, groove.signal_at(there), s)
    if groove.lock_turns is not None:
        total += joined
    if groove.ring_mm is not None:
        total += appearance(radius_mm - groove.ring_mm, None, s)


def _neighbours(groove: CutGroove) -> tuple[float, ...]:
    """Turns that may be seen at a place; a circle is one more than an even feed would have."""
    return (-1.0, 0.0, 1.0) if groove.lock_turns is None else (-2.0, -1.0, 0.0, 1.0)


def _reach_turns(groove: CutGroove, settings: SimulateSettings) -> float:
    """Distance, counted in turns, from which one turn can be seen at all."""
    if groove.lock_turns is not None:
        return np.inf  # on the circle the feed is none
    feed_mm = np.abs(np.diff(groove.smooth_mm) / np.diff(groove.smooth_turns)).min()
    farthest = np.abs(groove.displacement_mm).max(initial=0.0)
    return float((half_reach_mm(settings) + farthest) / feed_mm)
