"""The forward model pixel by pixel: predicted light, its gradient, and the residual.

The loops are compiled (`groovescan.runtime.jit`) and go over a layer of pixels, one of each of the
rows of a slice (`groovescan.reading.kernels.layers`), in three steps: where each pixel lies in the
template's tables, what stands there, and what follows. The first and the last look nothing up, and
the second works nothing out, so that the compiler does several pixels at once.
"""

from __future__ import annotations

import numpy as np

from groovescan.profile.model_limits import DIRT_CONTRAST, DIRT_NOISES
from groovescan.profile.widths import profile_of, width_of
from groovescan.reading.kernels.layers import LANES
from groovescan.reading.kernels.row_interpolation import (
    INWARD,
    LEVEL,
    LINES,
    OUTWARD,
    RATIO_IN,
    RATIO_OUT,
    TILT,
    courses,
)
from groovescan.runtime.jit import compiled, fused_part, inlined, part

Arrays = tuple[np.ndarray, ...]
Singles = tuple[np.float32, ...]

# Numbers of single precision throughout: a whole number beside them would make them double.
_ZERO, _ONE, _ROUND = (np.float32(x) for x in (0, 1, 1.5))
_FIRST, _NEXT = np.int32(0), np.int32(1)
#: What `modulation` is called among numbers.
MODULATIONS = {"lateral": 0, "vertical": 1, "brightness": 2}
LOOSE_NOISES = np.float32(4)
_DIRT_NOISES, _DIRT_CONTRAST = np.float32(DIRT_NOISES), np.float32(DIRT_CONTRAST)
#: What is looked up of each pixel: the template's value and slope where its own groove shows and
#: where the other does, and the photograph's light.
FOUND = 5
#: What is told of each pixel: light and gradient of its own groove, and of the other; light of the
#: land; what the model leaves; what the contrast is multiplied by; whether the other groove is the
#: one further out.
SEEN = 8


@inlined
def _across(away: np.float32, carried: np.float32, square: np.float32, kind: int) -> np.float32:
    """Distance from a groove as its profile counts it."""
    return (away - carried) * square if kind == 0 else away


@inlined
def _light(contrast: np.float32, carried: np.float32, kind: int) -> np.float32:
    """Contrast of a groove as a pixel sees it."""
    return contrast * (_ONE + carried) if kind == 2 else contrast


@inlined
def _gradient(
    contrast: np.float32, square: np.float32, value: np.float32, slope: np.float32, kind: int
) -> np.float32:
    """Derivative of a pixel's light by what a groove carries."""
    if kind == 0:
        return -contrast * square * slope
    return contrast * (slope if kind == 1 else value)


@inlined
def _either(outer: np.bool_, known: np.ndarray, out: int, inn: int, at: np.uintp) -> np.float32:
    """A line of the groove further out, or of that further in; both are read, which is quicker."""
    one, other = known[at + np.uintp(out * LANES)], known[at + np.uintp(inn * LANES)]
    return one if outer else other


@inlined
def _own(
    known: np.ndarray, part: np.float32, x: np.float32, at: np.uintp, kind: int
) -> tuple[np.float32, np.bool_]:
    """Modulation of the own groove at a pixel, and whether the other groove is the outer one."""
    rise, bend = known[at + np.uintp(LANES)], known[at + np.uintp(2 * LANES)]
    carried = known[at] + part * (rise + part * bend)
    return carried, (x - carried if kind == 0 else x) > _ZERO


@inlined
def _other(
    known: np.ndarray, part: np.float32, x: np.float32, outer: np.bool_, at: np.uintp
) -> tuple[np.float32, np.float32, np.float32]:
    """Modulation of the other groove at a pixel, distance from its spiral, and its squareness."""
    here = _either(outer, known, OUTWARD, INWARD, at)
    rise = _either(outer, known, OUTWARD + 1, INWARD + 1, at)
    bend = _either(outer, known, OUTWARD + 2, INWARD + 2, at)
    square = _either(outer, known, OUTWARD + 4, INWARD + 4, at)
    away = x - _either(outer, known, OUTWARD + 5, INWARD + 5, at)
    return here + part * (rise + part * bend), away, square


@fused_part
def places(
    known: np.ndarray,
    parts: np.ndarray,
    offsets: np.ndarray,
    of_pixel: np.uintp,
    index: np.ndarray,
    last: np.int32,
    scales: Singles,
    kind: int,
) -> None:
    """Indices of a layer's pixels into the template's tables."""
    reach, steps, half_width, _, unit, _ = scales
    shift = reach * steps + _ROUND
    for n in range(LANES):
        at, k = np.uintp(n), of_pixel + np.uintp(n)
        part, x = np.float32(parts[k]), np.float32(offsets[k]) * unit
        carried, outer = _own(known, part, x, at, kind)
        across = _across(x, carried, known[at + np.uintp(4 * LANES)], kind)
        index[n] = min(max(np.int32(across * steps + shift), _FIRST), last)
        if kind == 1:
            index[n] += width_of(carried, half_width) * (last + _NEXT)
        carried, away, square = _other(known, part, x, outer, at)
        across = _across(away, carried, square, kind)
        index[LANES + n] = min(max(np.int32(across * steps + shift), _FIRST), last)
        if kind == 1:
            index[LANES + n] += width_of(carried, half_width) * (last + _NEXT)


def paired(value: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Two tables of float32 as one whose numbers, read as float64, hold one of each.

    What stands at a place is then looked up at once.
    """
    return np.stack([value, slope], axis=1).view(np.float64)[:, 0]


@part
def look_up(
    index: np.ndarray,
    table: np.ndarray,
    light: np.ndarray,
    pixel: np.ndarray,
    of_pixel: np.uintp,
    found: np.ndarray,
    pairs: np.ndarray,
) -> None:
    """Look up value and slope for a layer's pixels; `pairs` is `found`, two numbers as one."""
    for k in range(LANES):
        n = np.uintp(k)
        pairs[n] = table[np.uintp(index[n])]
        pairs[n + np.uintp(LANES)] = table[np.uintp(index[n + np.uintp(LANES)])]
        found[n + np.uintp(4 * LANES)] = light[pixel[of_pixel + n]]


@inlined
def _compare(
    known: np.ndarray,
    at: np.uintp,
    part: np.float32,
    x: np.float32,
    found: np.ndarray,
    seen: np.ndarray,
    n: int,
    half_width: np.float32,
    kind: int,
) -> None:
    """Light, gradient and residual of a pixel: see `SEEN`."""
    carried, outer = _own(known, part, x, at, kind)
    contrast = known[at + np.uintp(3 * LANES)]
    light = _light(contrast, carried, kind)
    square, slope = known[at + np.uintp(4 * LANES)], found[2 * n + 1]
    value = profile_of(carried, half_width, found[2 * n], slope, kind)
    gradient = _gradient(contrast, square, value, slope, kind)
    carried, _, square = _other(known, part, x, outer, at)
    contrast_n, slope_n = (
        _either(outer, known, OUTWARD + 3, INWARD + 3, at),
        found[2 * LANES + 2 * n + 1],
    )
    beside = profile_of(carried, half_width, found[2 * LANES + 2 * n], slope_n, kind)
    light_n = _light(contrast_n, carried, kind)
    land = known[at + np.uintp(LEVEL * LANES)] + known[at + np.uintp(TILT * LANES)] * x
    lit = value + _either(outer, known, RATIO_OUT, RATIO_IN, at) * beside
    if kind == 2:
        # The contrast that is asked for is the steady one, about which the sound changes it.
        lit *= light / contrast if contrast != _ZERO else _ONE
    seen[n], seen[LANES + n], seen[2 * LANES + n] = light, gradient, light_n
    seen[3 * LANES + n] = _gradient(contrast_n, square, beside, slope_n, kind)
    seen[4 * LANES + n] = land
    seen[5 * LANES + n] = found[4 * LANES + n] - land - light * value - light_n * beside
    seen[6 * LANES + n], seen[7 * LANES + n] = lit, _ONE if outer else _ZERO


@fused_part
def compared(
    known: np.ndarray,
    parts: np.ndarray,
    offsets: np.ndarray,
    of_pixel: np.uintp,
    found: np.ndarray,
    seen: np.ndarray,
    scales: Singles,
    kind: int,
) -> None:
    """Light, gradient and residual of a layer's pixels; most discs are lateral."""
    if kind == 0:
        for n in range(LANES):
            at, k = np.uintp(n), of_pixel + np.uintp(n)
            part, x = np.float32(parts[k]), np.float32(offsets[k]) * scales[4]
            _compare(known, at, part, x, found, seen, n, scales[2], 0)
    else:
        for n in range(LANES):
            at, k = np.uintp(n), of_pixel + np.uintp(n)
            part, x = np.float32(parts[k]), np.float32(offsets[k]) * scales[4]
            _compare(known, at, part, x, found, seen, n, scales[2], kind)


@inlined
def is_dirt(square: np.float32, contrast: np.float32, misfit: np.float32) -> np.bool_:
    """Whether what is left lies far outside the noise, and is large beside the groove, too.

    A loud groove is never explained to the last bit.
    """
    least = max(_DIRT_NOISES * misfit, _DIRT_CONTRAST * abs(contrast))
    return square > least * least


@compiled
def compare(
    light: np.ndarray,
    tile: Arrays,
    lane: np.ndarray,
    state: Arrays,
    table: np.ndarray,
    scales: Singles,
    outward: int,
    kind: int,
) -> Arrays:
    """Compare the model with a tile's pixels.

    Parameters
    ----------
    light : ndarray of float32, shape (pixels of the block,)
        Luminance of the tile's block.
    tile : tuple of ndarray
        Its `pixel`, `parts`, `offsets`, `own`, `row`, `first`.
    lane : ndarray of float64, shape (rows,)
        Radius of the smooth spiral.
    state : tuple of ndarray of float32, shape (rows,)
        Displacement, contrast, level, tilt, and squareness.
    table : ndarray of float64
        The template's value and slope, `paired`; for a vertical cut those of all widths, and their
        derivatives by the half width (`groovescan.profile.widths`).
    scales : tuple of float32
        Reach (px) and steps (per px) of the tables, the template's half width (px), what may be
        left without being distrusted, the unit of the offsets (px), and the last place of a table.
    outward : int
        Rows to the turn further out.
    kind : int
        What carries the sound, of `MODULATIONS`.

    Returns
    -------
    place : ndarray of int32, shape (2, n)
        Index into the tables, of the own groove and of the other.
    grooves : ndarray of float32, shape (4, n)
        Contrast and gradient of the own groove, and of the other.
    left : ndarray of float32, shape (3, n)
        Light of the land, what the model leaves, and the weight of that.
    further, dirty : ndarray of bool, shape (n,)
        Whether the other groove is the one further out; whether the pixel shows dirt.
    """
    pixel, parts, offsets, own, row, first = tile
    count, misfit, loose = len(pixel), scales[3], _ONE / (LOOSE_NOISES * scales[3])
    last, known = np.int32(scales[5]), np.empty(LINES * LANES, np.float32)
    index, found = np.empty(2 * LANES, np.int32), np.empty(FOUND * LANES, np.float32)
    pairs = found[: 4 * LANES].view(np.float64)
    seen, place = np.empty(SEEN * LANES, np.float32), np.empty((2, count), np.int32)
    grooves, left = np.empty((4, count), np.float32), np.empty((3, count), np.float32)
    further, dirty = np.empty(count, np.bool_), np.empty(count, np.bool_)
    for s in range(len(first) - 1):
        courses(lane, state, row, s, outward, known)
        for i in range(first[s], first[s + 1], LANES):
            k = np.uintp(i)
            places(known, parts, offsets, k, index, last, scales, kind)
            look_up(index, table, light, pixel, k, found, pairs)
            compared(known, parts, offsets, k, found, seen, scales, kind)
            for n in range(LANES):
                rest = seen[5 * LANES + n]
                place[0, i + n], place[1, i + n] = index[n], index[LANES + n]
                for line in range(4):
                    grooves[line, i + n] = seen[line * LANES + n]
                left[0, i + n], left[1, i + n] = seen[4 * LANES + n], rest
                far = rest * loose
                left[2, i + n] = _ONE / (_ONE + far * far) if own[i + n] else _ZERO
                further[i + n] = seen[7 * LANES + n] > _ZERO
                dirty[i + n] = is_dirt(rest * rest, known[np.uintp(3 * LANES + n)], misfit)
    return place, grooves, left, further, dirty
