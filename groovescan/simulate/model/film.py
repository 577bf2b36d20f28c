"""The x-ray film: its picture, its edge, its hole, and the light behind it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

from groovescan.simulate.model.sensor import SensorView
from groovescan.simulate.simulate_settings import SimulateSettings

#: Step in which a film's slow changes are drawn, which are interpolated between. Arbitrary.
COARSE_PX = 8
"""Distance between the points at which the soft parts of the picture are kept, in px."""


@dataclass(frozen=True)
class Film:
    """The film as the camera sees it without groove, wear and noise.

    Attributes
    ----------
    light : ndarray of float32, shape (coarse rows, coarse columns)
        Light through the film, 0 to 1, at every `COARSE_PX` px from (0, 0).
    contrast : ndarray of float32, shape (coarse rows, coarse columns)
        Contrast of the groove there, relative to the light; without the lamp's direction.
    behind : ndarray of float32, shape (coarse rows, coarse columns)
        Light where there is no film.
    edge_mm : ndarray of float64, shape (720,)
        Radius of the film's edge at equal steps of azimuth from 0 to 2 pi.
    hole_mm : ndarray of float64, shape (720,)
        Radius of the hole about its own centre at the same azimuths.
    hole_place_mm : complex
        Centre of the hole on the disc.
    """

    light: np.ndarray
    contrast: np.ndarray
    behind: np.ndarray
    edge_mm: np.ndarray
    hole_mm: np.ndarray
    hole_place_mm: complex

    def cover(self, radius_mm: np.ndarray, angle_rad: np.ndarray, soft_mm: float) -> np.ndarray:
        """How much of a place is film, 0 to 1, with an edge as wide as a sample.

        Parameters
        ----------
        radius_mm, angle_rad : ndarray of float, any one shape
            Places on the disc.
        soft_mm : float
            Width of the step at an edge, in mm.

        Returns
        -------
        ndarray of float64
            1 on film, 0 beyond its edge and in its hole.
        """
        inside = np.clip((_round(self.edge_mm, angle_rad) - radius_mm) / soft_mm + 0.5, 0.0, 1.0)
        reach = abs(self.hole_place_mm) + self.hole_mm.max() + soft_mm
        if radius_mm.min() > reach:
            return inside
        from_hole = radius_mm * np.exp(1j * angle_rad) - self.hole_place_mm
        gap = np.abs(from_hole) - _round(self.hole_mm, np.angle(from_hole))
        return inside * np.clip(gap / soft_mm + 0.5, 0.0, 1.0)


def make_film(settings: SimulateSettings, view: SensorView, rng: np.random.Generator) -> Film:
    """Draw a film: clouds, bones, an outline by scissors, a hole by a cigarette, drops of glue."""
    # Light through film above a cloth, and contrast that glue takes: arbitrary.
    cloth_film = 0.75
    glue_loss = 0.92
    y, x = np.meshgrid(_coarse(settings.height_px), _coarse(settings.width_px), indexing="ij")
    radius, angle = view.to_disc(x, y)
    place = radius * np.exp(1j * angle)
    transmission = _transmission(place, settings, rng)
    behind = _behind(x, y, settings, rng)
    glue = _glue(place, settings, rng)
    source = settings.light * cloth_film if settings.background == "cloth" else behind
    return Film(
        light=(source * transmission * (1.0 - 0.25 * glue)).astype(np.float32),
        contrast=(_contrast(transmission, settings) * (1.0 - glue_loss * glue)).astype(np.float32),
        behind=behind.astype(np.float32),
        edge_mm=_outline(settings.film_radius_mm, settings.film_wobble, rng),
        hole_mm=_outline(settings.hole_radius_mm, 0.5, rng),
        hole_place_mm=settings.hole_offset_mm * np.exp(1j * rng.uniform(0.0, 2 * np.pi)),
    )


def spread(field: np.ndarray, y_px: np.ndarray, x_px: np.ndarray, step_px: float) -> np.ndarray:
    """Bilinear interpolation of a regular field at the crossings of rows and columns.

    Parameters
    ----------
    field : ndarray of float, shape (rows, columns)
        Values at every `step_px` px from (0, 0).
    y_px, x_px : ndarray of float, shape (n,) and (m,)
        Ascending rows and columns; clamped to the field.
    step_px : float
        Distance between the values of `field`, in px.

    Returns
    -------
    ndarray of float, shape (n, m)
        The field there.
    """
    rows, down = _weights(y_px / step_px, field.shape[0])
    columns, across = _weights(x_px / step_px, field.shape[1])
    return down @ field[rows, columns] @ across.T


def at_points(field: np.ndarray, x_px: np.ndarray, y_px: np.ndarray) -> np.ndarray:
    """Bilinear interpolation of a coarse field of `Film` at single points, shape (n,)."""
    return map_coordinates(field, [y_px / COARSE_PX, x_px / COARSE_PX], order=1, mode="nearest")


def _weights(index: np.ndarray, size: int) -> tuple[slice, np.ndarray]:
    index = np.clip(index, 0.0, size - 1.0)
    low, high = int(np.floor(index[0])), int(np.ceil(index[-1]))
    distance = np.abs(index[:, None] - np.arange(low, high + 1))
    return slice(low, high + 1), np.clip(1.0 - distance, 0.0, None).astype(np.float32)


def _coarse(size_px: int) -> np.ndarray:
    return np.arange(-(-size_px // COARSE_PX) + 1, dtype=float) * COARSE_PX


def _transmission(
    place: np.ndarray, settings: SimulateSettings, rng: np.random.Generator
) -> np.ndarray:
    step_mm = settings.mm_per_px * COARSE_PX
    clouds = sum(
        weight * _cloud(place.shape, size_mm / step_mm, rng)
        for size_mm, weight in ((14.0, 0.9), (5.0, 0.45))
    )
    film = settings.film_transmission * np.exp(settings.clouds * clouds)
    for _ in range(settings.bones):
        bone = _bone(place, settings.film_radius_mm, rng)
        film = film + settings.bone_transmission * (1.0 - 0.5 * film) * bone
    return np.clip(film, 0.04, 0.96)


def _cloud(shape: tuple[int, int], size: float, rng: np.random.Generator) -> np.ndarray:
    # on a small picture smaller clouds, or none would fit in
    cloud = gaussian_filter(rng.standard_normal(shape), min(size, min(shape) / 6), mode="wrap")
    cloud -= cloud.mean()
    return cloud / max(cloud.std(), 1e-30)


def _bone(place: np.ndarray, radius_mm: float, rng: np.random.Generator) -> np.ndarray:
    """A shaft with two knobs at each end, soft-edged, 0 to 1."""
    middle = radius_mm * 0.85 * np.sqrt(rng.uniform()) * np.exp(2j * np.pi * rng.uniform())
    half = 0.5 * radius_mm * rng.uniform(0.4, 0.9) * np.exp(1j * np.pi * rng.uniform())
    thick = radius_mm * rng.uniform(0.03, 0.08)
    soft = 0.25 * thick + 0.6
    bone = _soft_step(thick - _to_segment(place, middle - half, middle + half), soft)
    knob = 0.75 * thick * 1j * half / abs(half)
    for end in (middle - half, middle + half):
        for side in (end - knob, end + knob):
            bone = np.maximum(bone, _soft_step(1.1 * thick - np.abs(place - side), soft))
    return bone


def _to_segment(place: np.ndarray, start: complex, end: complex) -> np.ndarray:
    """Distance of points from a line between two points."""
    along = end - start
    part = np.clip(((place - start) * np.conj(along)).real / abs(along) ** 2, 0.0, 1.0)
    return np.abs(place - start - part * along)


def _soft_step(inside: np.ndarray, soft: float) -> np.ndarray:
    return 0.5 + 0.5 * np.tanh(inside / soft)


def _behind(
    x: np.ndarray, y: np.ndarray, settings: SimulateSettings, rng: np.random.Generator
) -> np.ndarray:
    """Light box, darker towards its corners, or a cloth."""
    # Light of black cloth, where white is 1: arbitrary from 0.02 to 0.05.
    cloth = 0.025
    if settings.background == "cloth":
        return np.full(x.shape, cloth)
    size = max(settings.width_px, settings.height_px)
    off_x, off_y = rng.uniform(-0.1, 0.1, 2)
    out = (x / size - 0.5 - off_x) ** 2 + (y / size - 0.5 - off_y) ** 2
    return settings.light * (1.05 - 0.15 * out)


def _glue(place: np.ndarray, settings: SimulateSettings, rng: np.random.Generator) -> np.ndarray:
    """Dull places, 0 to 1: drops scattered about a ring that crosses the groove."""
    dull = np.zeros(place.shape)
    ring = settings.start_radius_mm * (0.97 if settings.start == "outer" else 1.03)
    for angle, size in rng.uniform((0.0, 1.5), (2 * np.pi, 5.0), (settings.glue_blobs, 2)):
        middle = (ring + 2.0 * rng.standard_normal()) * np.exp(1j * angle)
        dull = np.maximum(dull, _soft_step(size - np.abs(place - middle), 0.5))
    return dull


def _contrast(transmission: np.ndarray, settings: SimulateSettings) -> np.ndarray:
    # Transmission over which dark grooves become bright: as in photographs of x-ray film.
    flip_softness = 0.06
    if not settings.flip:
        return np.full(transmission.shape, settings.contrast)
    above = transmission - settings.flip_transmission
    return settings.contrast * np.tanh(above / flip_softness)


def _outline(radius_mm: float, wobble: float, rng: np.random.Generator) -> np.ndarray:
    """Radius of an uneven outline that stays outside `radius_mm`, at 720 azimuths."""
    # Bends of scissors: arbitrary from 5 to 20.
    edge_harmonics = 9
    angle = np.linspace(0.0, 2 * np.pi, 720)
    order = np.arange(1, edge_harmonics)
    size, phase = rng.standard_normal(len(order)) / order, rng.uniform(0, 2 * np.pi, len(order))
    wave = (size[:, None] * np.cos(order[:, None] * angle + phase[:, None])).sum(0)
    return radius_mm * (1.0 + wobble * (wave - wave.min()) / max(np.ptp(wave), 1e-30))


def _round(outline: np.ndarray, angle_rad: np.ndarray) -> np.ndarray:
    index = np.mod(angle_rad, 2 * np.pi) * ((len(outline) - 1) / (2 * np.pi))
    low = np.minimum(index.astype(np.int32), len(outline) - 2)
    part = index - low
    return outline[low] * (1.0 - part) + outline[low + 1] * part
