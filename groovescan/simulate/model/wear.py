"""Dust, scratches, cracks and writing on the film."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groovescan.simulate.model.sensor import SensorView
from groovescan.simulate.simulate_settings import SimulateSettings

#: Light that ink lets through. Arbitrary: nearly none.
_INK = 0.06


@dataclass(frozen=True)
class Wear:
    """Opaque things in front of the film.

    Attributes
    ----------
    cover : ndarray of uint8, shape (rows, columns)
        How much of each pixel is covered, 0 to 255.
    value : ndarray of uint8, shape (rows, columns)
        Light of what covers it, 0 to 255 for 0 to 1.
    """

    cover: np.ndarray
    value: np.ndarray


def make_wear(
    settings: SimulateSettings, view: SensorView, rng: np.random.Generator
) -> Wear | None:
    """Draw the wear of a disc, or None where there is none."""
    counts = (settings.dust, settings.scratches, settings.cracks, settings.text_lines)
    if not any(counts):
        return None
    shape = (settings.height_px, settings.width_px)
    wear = Wear(np.zeros(shape, np.uint8), np.zeros(shape, np.uint8))
    _dust(wear, settings, rng)
    for _ in range(settings.scratches):
        _scratch(wear, settings, rng)
    for _ in range(settings.cracks):
        _crack(wear, settings, view, rng)
    for line in range(settings.text_lines):
        _write(wear, line, settings, view, rng)
    return wear


def _dust(wear: Wear, settings: SimulateSettings, rng: np.random.Generator) -> None:
    # From what is just seen to a crumb.
    speck_px = (1.2, 6.0)
    places = rng.uniform((0, 0), (settings.width_px, settings.height_px), (settings.dust, 2))
    low, high = np.log(speck_px)
    sizes = np.exp(low + (high - low) * rng.uniform(size=settings.dust) ** 2)
    lights = np.where(rng.uniform(size=settings.dust) < 0.5, 0.05, 0.95)
    for place, size, light in zip(places, sizes, lights, strict=True):
        _stroke(wear, place, place, size, light)


def _scratch(wear: Wear, settings: SimulateSettings, rng: np.random.Generator) -> None:
    """A thin line in a few straight pieces that bend a little; it lets light through, or not."""
    size = max(settings.width_px, settings.height_px)
    point = rng.uniform((0, 0), (settings.width_px, settings.height_px))
    heading, length = rng.uniform(0.0, 2 * np.pi), size * rng.uniform(0.03, 0.25)
    strength, light = rng.uniform(0.15, 0.6), float(rng.choice([0.15, 0.9]))
    half_px = rng.uniform(0.4, 1.0)
    for _ in range(4):
        heading += rng.normal(0.0, 0.08)
        following = point + length / 4 * np.array([np.cos(heading), np.sin(heading)])
        _stroke(wear, point, following, half_px, light, strength=strength)
        point = following


def _crack(
    wear: Wear, settings: SimulateSettings, view: SensorView, rng: np.random.Generator
) -> None:
    """A tear from the edge inwards, through which the background is seen."""
    radius = np.linspace(settings.film_radius_mm * 1.06, settings.film_radius_mm * 0.6, 24)
    wander = np.cumsum(rng.normal(0.0, 0.012, len(radius)))
    x, y = view.to_image(radius, rng.uniform(0.0, 2 * np.pi) + wander)
    half_px = np.linspace(0.5, 0.1, len(radius)) / settings.mm_per_px
    light = 0.03 if settings.background == "cloth" else settings.light
    points = np.stack([x, y], axis=1)
    for start, end, half in zip(points[:-1], points[1:], half_px[1:], strict=True):
        _stroke(wear, start, end, half, light)


def _write(
    wear: Wear,
    line: int,
    settings: SimulateSettings,
    view: SensorView,
    rng: np.random.Generator,
) -> None:
    """A line of scribbled letters across the label."""
    label = 0.35 * settings.film_radius_mm
    steps = np.linspace(0.0, 1.0, 90)
    height = label * 0.1
    row = label * (0.6 - 0.35 * line)
    x = np.interp(steps, (0, 1), (-label, label)) + height * 0.6 * np.sin(steps * 95)
    y = row + height * np.sin(steps * 71 + rng.uniform(0, 6)) * rng.uniform(0.5, 1.0, len(steps))
    place = x + 1j * y
    points = np.stack(view.to_image(np.abs(place), np.angle(place)), axis=1)
    lifted = rng.uniform(size=len(points)) < 0.08
    for start, end, pause in zip(points[:-1], points[1:], lifted[1:], strict=True):
        if not pause:
            _stroke(wear, start, end, 0.3 / settings.mm_per_px, _INK, strength=0.9)


def _stroke(
    wear: Wear,
    start: np.ndarray,
    end: np.ndarray,
    half_px: float,
    light: float,
    *,
    strength: float = 1.0,
) -> None:
    """Cover the pixels within `half_px` of a line, over what covers them already."""
    # A pixel that is half covered is half dark.
    scratch_soft_px = 0.5
    box = _box(wear.cover.shape, start, end, half_px + 1.0)
    y, x = np.mgrid[box]
    if x.size == 0:
        return
    place, begin = x + 1j * y, complex(*start)
    along = complex(*end) - begin
    part = np.clip(((place - begin) * np.conj(along)).real / max(abs(along) ** 2, 1e-12), 0, 1)
    distance = np.abs(place - begin - part * along)
    cover = strength * np.clip(half_px - distance + scratch_soft_px, 0.0, 1.0)
    over = np.rint(255 * cover).astype(np.uint8)
    stronger = over > wear.cover[box]
    wear.cover[box][stronger] = over[stronger]
    wear.value[box][over > 0] = round(255 * light)


def _box(
    shape: tuple[int, ...], start: np.ndarray, end: np.ndarray, margin: float
) -> tuple[slice, slice]:
    low = np.floor(np.minimum(start, end) - margin).astype(int)
    high = np.ceil(np.maximum(start, end) + margin).astype(int) + 1
    low = np.clip(low, 0, shape[::-1])
    high = np.clip(high, 0, shape[::-1])
    return slice(low[1], high[1]), slice(low[0], high[0])
