r"""How well the very best reader could read this photograph: the Cramer-Rao bound.

A stretch of groove that takes :math:`t` seconds carries the information

.. math:: J = \sum_{pixels} \frac{(\partial I / \partial d)^2}{s^2}

on its displacement :math:`d`, where :math:`I` is the light of a pixel and :math:`s^2` the
variance of its noise. Independent readings every :math:`t` seconds with the variance
:math:`1 / J` are white noise of the one-sided density :math:`N = 2 t / J`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from groovescan.simulate.model.film import at_points
from groovescan.simulate.model.groove_profile import appearance, half_reach_mm, lamp_gain
from groovescan.simulate.model.lathe_cut import CutGroove
from groovescan.simulate.model.rendering import Scene, shaped_light
from groovescan.simulate.model.sensor import information_per_light
from groovescan.simulate.optics.groove_optics import is_physical
from groovescan.simulate.simulate_settings import SimulateSettings

"""Stands for no information at all; some nine orders above a usual density."""


@dataclass(frozen=True)
class Bound:
    """The bound, stretch by stretch along the groove.

    Attributes
    ----------
    time_s : ndarray of float32, shape (n,)
        Middle of each stretch, from the start of the groove.
    density_mm2_per_hz : ndarray of float32, shape (n,)
        One-sided density of the displacement's noise at low frequency; at most 1.
    radius_mm : ndarray of float32, shape (n,)
        Radius there.
    mtf_mm : float
        Standard deviation of the blur along the groove, in mm: what is recorded at f Hz where
        the groove runs at v mm/s is smaller by exp(-(2 pi f mtf / v)^2 / 2).
    """

    time_s: np.ndarray
    density_mm2_per_hz: np.ndarray
    radius_mm: np.ndarray
    mtf_mm: float


def bound(scene: Scene, groove: CutGroove) -> Bound:
    """Bound of the displacement's noise in one photograph.

    Parameters
    ----------
    scene : Scene
        What was photographed.
    groove : CutGroove
        One of its grooves.

    Returns
    -------
    Bound
        The bound; places out of frame, covered or without film carry no information. It is that of
        the sensor: of screen, grid, rounding and seams it knows nothing.
    """
    # Slower than film and light change; a stretch's parts resolve what covers it.
    stretches_per_turn = 64
    parts = 8
    unreadable_mm2_per_hz = 1.0
    s = scene.settings
    stretches = int(groove.turns * stretches_per_turn)
    turns = (np.arange(stretches * parts) + 0.5) / (stretches_per_turn * parts)
    information = _information_per_mm(scene, groove, turns)
    radius = groove.smooth_radius_at(turns)
    length = radius * (2 * np.pi / (stretches_per_turn * parts))
    stretch = (information * length).reshape(stretches, parts).sum(1)
    seconds = s.seconds_per_turn / stretches_per_turn
    density = 2.0 * seconds / np.maximum(stretch, 2.0 * seconds / unreadable_mm2_per_hz)
    return Bound(
        time_s=((np.arange(stretches) + 0.5) * seconds).astype(np.float32),
        density_mm2_per_hz=density.astype(np.float32),
        radius_mm=radius.reshape(stretches, parts).mean(1).astype(np.float32),
        mtf_mm=total_blur_px(s) * s.mm_per_px,
    )


def total_blur_px(settings: SimulateSettings) -> float:
    """Standard deviation in px of the optics and the square pixel together."""
    return float(np.hypot(settings.blur_px, settings.interpolated * np.sqrt(1.0 / 12.0)))


def _information_per_mm(scene: Scene, groove: CutGroove, turns: np.ndarray) -> np.ndarray:
    """Information in mm^-2 per mm of groove, at positions in turns."""
    s = scene.settings
    sense = -1.0 if s.mirrored else 1.0
    angle = groove.start_rad + sense * 2 * np.pi * turns
    radius = groove.smooth_radius_at(turns)
    lies, way, visible = scene.view.lying(radius, angle)
    x, y = scene.view.from_lying(lies, way)
    across_px, area_px = _local_scale(scene, lies, way)
    blur_mm = total_blur_px(s) / across_px
    if is_physical(s):
        film = at_points(scene.film.light, x, y)
        steepness = _shaped_steepness(groove, s, turns, (film, angle), float(np.mean(blur_mm)))
        visible_share = _visible_share(scene, x, y, radius, angle) * visible
        return visible_share * steepness * area_px * information_per_light(s)
    steepness = _steepness(s, blur_mm)
    light = at_points(scene.film.light, x, y) * at_points(scene.film.contrast, x, y)
    if s.profile == "raking" or s.lamp_falloff:
        light = light * lamp_gain(angle, s)
    visible_share = _visible_share(scene, x, y, radius, angle) * visible
    return visible_share * light**2 * steepness * area_px * information_per_light(s)


def _local_scale(
    scene: Scene, radius: np.ndarray, angle: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Px per mm across the groove, and px^2 per mm^2."""
    # Short beside the bends of a film, long beside the rounding of differences.
    step_mm = 0.5
    place = np.stack(scene.view.from_lying(radius, angle))
    across = (np.stack(scene.view.from_lying(radius + step_mm, angle)) - place) / step_mm
    along = (np.stack(scene.view.from_lying(radius, angle + step_mm / radius)) - place) / step_mm
    return np.hypot(*across), np.abs(across[0] * along[1] - across[1] * along[0])


def _steepness(settings: SimulateSettings, blur_mm: np.ndarray) -> np.ndarray:
    """Integral across the groove of the squared slope of its blurred profile, per mm.

    Taken at a few widths of blur between the extremes, and interpolated.
    """
    widths = np.linspace(blur_mm.min(), blur_mm.max() + 1e-9, 5)
    return np.interp(blur_mm, widths, [_blurred_steepness(settings, width) for width in widths])


def _shaped_steepness(
    groove: CutGroove,
    settings: SimulateSettings,
    turns: np.ndarray,
    film_and_angle: tuple[np.ndarray, np.ndarray],
    blur_mm: float,
) -> np.ndarray:
    """Integral across the groove of its light's squared slope, of a groove that has a shape.

    What its walls' direction along the groove tells of the sound besides is left out.
    """
    reach = half_reach_mm(settings) + 5.0 * blur_mm
    offset = np.linspace(-reach, reach, 161)
    step = offset[1] - offset[0]
    there = (len(turns), len(offset))
    film, angle, place = (
        np.broadcast_to(each[:, None], there) for each in (*film_and_angle, turns)
    )
    light = shaped_light(groove, settings, film, angle, np.broadcast_to(offset, there), place)
    blurred = gaussian_filter1d(light, blur_mm / step, axis=1, mode="nearest")
    return np.asarray(np.sum(np.gradient(blurred, step, axis=1) ** 2, axis=1) * step)


def _blurred_steepness(settings: SimulateSettings, blur_mm: float) -> float:
    reach = half_reach_mm(settings) + 5.0 * blur_mm
    step = 0.02 * min(blur_mm, settings.width_mm)
    offset = np.arange(-reach, reach, step)
    slope = _slope(settings, offset)
    blurred = gaussian_filter1d(slope, blur_mm / step, mode="constant")
    return float(np.sum(blurred**2) * step)


def _slope(settings: SimulateSettings, offset: np.ndarray) -> np.ndarray:
    """Change of the profile per mm of what carries the sound, by a central difference."""
    step = 0.002 * settings.width_mm
    if settings.modulation == "lateral":
        high, low = (appearance(offset - d, None, settings) for d in (step, -step))
    else:
        high, low = (appearance(offset, np.full(offset.shape, d), settings) for d in (step, -step))
    return (high - low) / (2 * step)


def _visible_share(
    scene: Scene, x: np.ndarray, y: np.ndarray, radius: np.ndarray, angle: np.ndarray
) -> np.ndarray:
    """Squared part of the groove's light that is seen, 0 to 1."""
    s = scene.settings
    column, row = np.rint(x).astype(int), np.rint(y).astype(int)
    inside = (column >= 0) & (column < s.width_px) & (row >= 0) & (row < s.height_px)
    visible_share = inside * scene.film.cover(radius, angle, s.mm_per_px)
    if scene.wear is not None:
        row, column = np.clip(row, 0, s.height_px - 1), np.clip(column, 0, s.width_px - 1)
        visible_share = visible_share * (1.0 - scene.wear.cover[row, column] / 255.0)
    return visible_share**2
