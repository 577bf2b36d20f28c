"""The forward model pixel by pixel: predicted light, its gradient, and the residual.

The loops are compiled (`groovescan.runtime.jit`) and go over a layer of pixels, one of each of the
rows of a slice (`groovescan.reading.kernels.layers`), in three steps: where each pixel lies in the
template's tables, what stands there, and what follows. The first and the last look nothing up, and
the second works nothing out, so that the compiler does several pixels at once.
"""

from __future__ import annotations

import numpy as np

from groovescan.modulation.effects import DISPLACES, WIDENS
from groovescan.profile.model_limits import DIRT_CONTRAST, DIRT_NOISES
from groovescan.profile.widths import widened, width_of
from groovescan.reading.kernels.layers import LANES
from groovescan.reading.kernels.model_arguments import (
    PixelModel,
    Scales,
    TilePixels,
)
from groovescan.reading.kernels.row_interpolation import (
    CONTRAST,
    INWARD,
    LEVEL,
    OUTWARD,
    RATIO_INWARD,
    RATIO_OUTWARD,
    ROW_BUFFER,
    SIGNAL,
    SIGNAL_BEND,
    SIGNAL_SLOPE,
    SPIRAL,
    SQUARENESS,
    TILT,
    fill_row_buffer,
)
from groovescan.runtime.array_types import Float32Vector
from groovescan.runtime.jit import compiled, fused_part, inlined, inlined_fused, part

# Numbers of single precision throughout: a whole number beside them would make them double.
_ZERO, _ONE, _ROUND = (np.float32(x) for x in (0, 1, 1.5))
#: Places, of 32 bits: as many are worked on at once as there are numbers of single precision.
_FIRST, _NEXT = np.int32(0), np.int32(1)
#: A pixel that is off by so many of the usual misfits counts half (Cauchy's weight, 1 / (1 + (x /
#: 4)^2)): nearly all of the efficiency on Gaussian errors is left (95 % at 2.4; Holland and Welsch
#: 1977), and dirt is held off.
LOOSE_NOISES = np.float32(4)
_DIRT_NOISES, _DIRT_CONTRAST = np.float32(DIRT_NOISES), np.float32(DIRT_CONTRAST)
#: Of each pixel is looked up: pairs of the template's value and slope where its own groove shows,
#: the same where the other does, and, from the third line on, the photograph's light.
OTHER_PAIRS, LIGHT = 2 * LANES, 4 * LANES
TABLE_BUFFER = 5 * LANES
# What is told of each pixel, line by line: the contrast with which its own groove shows, and the
# gradient of its light by the signal; the same of the other groove; light of the land; residual;
# derivative by the contrast; whether the other groove is the one further out.
(
    OWN_CONTRAST, OWN_GRADIENT, OTHER_CONTRAST, OTHER_GRADIENT, LAND, RESIDUAL, BY_CONTRAST,
    IS_OUTWARD,
) = (line * LANES for line in range(8))  # fmt: skip
PIXEL_BUFFER = 8 * LANES


@inlined_fused
def _beside(outer: np.bool_, row_buffer: np.ndarray, at: np.uintp) -> np.float32:
    """A line of the groove further out, or of that further in; both are read, which is quicker."""
    one, other = row_buffer[at + OUTWARD], row_buffer[at + INWARD]
    return one if outer else other


@inlined_fused
def _own_signal(row_buffer: np.ndarray, at: np.uintp, part: np.float32) -> np.float32:
    """Signal of the own groove at a pixel."""
    rise, bend = row_buffer[at + SIGNAL_SLOPE], row_buffer[at + SIGNAL_BEND]
    return row_buffer[at + SIGNAL] + part * (rise + part * bend)


@inlined_fused
def _other_signal(
    row_buffer: np.ndarray, at: np.uintp, part: np.float32, outer: np.bool_
) -> np.float32:
    """Signal of the other groove at a pixel."""
    here = _beside(outer, row_buffer, at + SIGNAL)
    rise = _beside(outer, row_buffer, at + SIGNAL_SLOPE)
    bend = _beside(outer, row_buffer, at + SIGNAL_BEND)
    return here + part * (rise + part * bend)


@fused_part
def places(
    row_buffer: np.ndarray,
    parts: np.ndarray,
    offsets: np.ndarray,
    of_pixel: np.uintp,
    index: np.ndarray,
    scales: Scales,
    effect: int,
) -> None:
    """Where the pixels of a layer lie in the template's tables.

    A lateral cut displaces the groove. One of the others leaves it in its place; of a vertical one
    there is a table for each width.
    """
    last, half_width, unit = (
        np.int32(scales.last_place),
        scales.half_width_px,
        scales.offset_unit_px,
    )
    steps, shift = scales.steps_per_px, scales.reach_px * scales.steps_per_px + _ROUND
    for n in range(LANES):
        at, k = np.uintp(n), of_pixel + np.uintp(n)
        part, x = np.float32(parts[k]), np.float32(offsets[k]) * unit
        signal = _own_signal(row_buffer, at, part)
        outer = (x - signal if effect == DISPLACES else x) > _ZERO
        square = row_buffer[at + SQUARENESS]
        across = (x - signal) * square if effect == DISPLACES else x
        index[n] = min(max(np.int32(across * steps + shift), _FIRST), last)
        if effect == WIDENS:
            index[n] += width_of(signal, half_width) * (last + _NEXT)
        signal = _other_signal(row_buffer, at, part, outer)
        square = _beside(outer, row_buffer, at + SQUARENESS)
        away = x - _beside(outer, row_buffer, at + SPIRAL)
        across = (away - signal) * square if effect == DISPLACES else away
        index[LANES + n] = min(max(np.int32(across * steps + shift), _FIRST), last)
        if effect == WIDENS:
            index[LANES + n] += width_of(signal, half_width) * (last + _NEXT)


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
    table_buffer: np.ndarray,
    pairs: np.ndarray,
) -> None:
    """Look up the tables at a layer's places; `pairs` is the buffer, two numbers as one."""
    for k in range(LANES):
        n = np.uintp(k)
        pairs[n] = table[np.uintp(index[n])]
        pairs[n + np.uintp(LANES)] = table[np.uintp(index[n + np.uintp(LANES)])]
        table_buffer[n + np.uintp(LIGHT)] = light[pixel[of_pixel + n]]


@inlined_fused
def _write(
    row_buffer: np.ndarray,
    at: np.uintp,
    x: np.float32,
    outer: np.bool_,
    profile: tuple[np.float32, np.float32],
    contrast: tuple[np.float32, np.float32],
    gradient: tuple[np.float32, np.float32],
    over: np.float32,
    luminance: np.float32,
    pixel_buffer: np.ndarray,
    n: int,
) -> None:
    """Write the lines of a pixel, from its own and the other groove's profile, contrast, gradient.

    `over` is the contrast with which the own groove shows over the steady one, and `luminance` the
    photograph's light.
    """
    value, beside = profile
    light, light_n = contrast
    land = row_buffer[at + LEVEL] + row_buffer[at + TILT] * x
    outward, inward = row_buffer[at + RATIO_OUTWARD], row_buffer[at + RATIO_INWARD]
    ratio = outward if outer else inward
    pixel_buffer[OWN_CONTRAST + n], pixel_buffer[OTHER_CONTRAST + n] = light, light_n
    pixel_buffer[OWN_GRADIENT + n], pixel_buffer[OTHER_GRADIENT + n] = gradient
    pixel_buffer[LAND + n] = land
    pixel_buffer[RESIDUAL + n] = luminance - land - light * value - light_n * beside
    pixel_buffer[BY_CONTRAST + n] = (value + ratio * beside) * over
    pixel_buffer[IS_OUTWARD + n] = _ONE if outer else _ZERO


@fused_part
def compared(
    row_buffer: np.ndarray,
    parts: np.ndarray,
    offsets: np.ndarray,
    of_pixel: np.uintp,
    table_buffer: np.ndarray,
    pixel_buffer: np.ndarray,
    scales: Scales,
    effect: int,
) -> None:
    """Compare the pixels of a layer with the model: the lines of `PIXEL_BUFFER`.

    The signal moves the groove, widens it, or, as the last of the three, makes its contrast larger
    (the contrast that is solved for is the steady one, about which the sound changes it).
    """
    unit, half_width = scales.offset_unit_px, scales.half_width_px
    if effect == DISPLACES:
        for n in range(LANES):
            at, k = np.uintp(n), of_pixel + np.uintp(n)
            part, x = np.float32(parts[k]), np.float32(offsets[k]) * unit
            outer = x - _own_signal(row_buffer, at, part) > _ZERO
            contrast, square = row_buffer[at + CONTRAST], row_buffer[at + SQUARENESS]
            slope, value = table_buffer[2 * n + 1], table_buffer[2 * n]
            square_n = _beside(outer, row_buffer, at + SQUARENESS)
            contrast_n = _beside(outer, row_buffer, at + CONTRAST)
            slope_n = table_buffer[OTHER_PAIRS + 2 * n + 1]
            beside = table_buffer[OTHER_PAIRS + 2 * n]
            gradient = -contrast * square * slope, -contrast_n * square_n * slope_n
            _write(
                row_buffer, at, x, outer, (value, beside), (contrast, contrast_n), gradient, _ONE,
                table_buffer[LIGHT + n], pixel_buffer, n,
            )  # fmt: skip
    elif effect == WIDENS:
        for n in range(LANES):
            at, k = np.uintp(n), of_pixel + np.uintp(n)
            part, x = np.float32(parts[k]), np.float32(offsets[k]) * unit
            outer = x > _ZERO
            grows, grows_n = table_buffer[2 * n + 1], table_buffer[OTHER_PAIRS + 2 * n + 1]
            signal = _own_signal(row_buffer, at, part)
            value = widened(signal, half_width, table_buffer[2 * n], grows)
            signal = _other_signal(row_buffer, at, part, outer)
            beside = widened(signal, half_width, table_buffer[OTHER_PAIRS + 2 * n], grows_n)
            contrast = row_buffer[at + CONTRAST]
            contrast_n = _beside(outer, row_buffer, at + CONTRAST)
            _write(
                row_buffer, at, x, outer, (value, beside), (contrast, contrast_n),
                (contrast * grows, contrast_n * grows_n), _ONE,
                table_buffer[LIGHT + n], pixel_buffer, n,
            )  # fmt: skip
    else:
        for n in range(LANES):
            at, k = np.uintp(n), of_pixel + np.uintp(n)
            part, x = np.float32(parts[k]), np.float32(offsets[k]) * unit
            outer = x > _ZERO
            signal, contrast = _own_signal(row_buffer, at, part), row_buffer[at + CONTRAST]
            light, value = contrast + contrast * signal, table_buffer[2 * n]
            signal = _other_signal(row_buffer, at, part, outer)
            contrast_n = _beside(outer, row_buffer, at + CONTRAST)
            beside, light_n = table_buffer[OTHER_PAIRS + 2 * n], contrast_n + contrast_n * signal
            over = light / contrast if contrast != _ZERO else _ONE
            _write(
                row_buffer, at, x, outer, (value, beside), (light, light_n),
                (contrast * value, contrast_n * beside), over,
                table_buffer[LIGHT + n], pixel_buffer, n,
            )  # fmt: skip


@inlined
def is_dirt(square: np.float32, contrast: np.float32, misfit: np.float32) -> np.bool_:
    """Whether what is left lies far outside the noise, and is large beside the groove, too.

    A loud groove is never explained to the last bit.
    """
    least = max(_DIRT_NOISES * misfit, _DIRT_CONTRAST * abs(contrast))
    return square > least * least


@compiled
def compare(
    light: Float32Vector, tile: TilePixels, model: PixelModel
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Compare the model with a tile's pixels.

    Parameters
    ----------
    light : ndarray of float32, shape (pixels of the block,)
        Luminance of the tile's block.
    tile : TilePixels
        Where its pixels lie.
    model : PixelModel
        The forward model.

    Returns
    -------
    place : ndarray of int32, shape (2, n)
        Index into the tables, of the own groove and of the other.
    grooves : ndarray of float32, shape (4, n)
        Contrast and gradient of the own groove, and of the other.
    left : ndarray of float32, shape (3, n)
        Light of the land, the residual, and the weight of that.
    further, dirty : ndarray of bool, shape (n,)
        Whether the other groove is the one further out; whether the pixel shows dirt.
    """
    pixel, parts, offsets, own, row, first = tile
    scales, effect, misfit = model.scales, model.effect, model.scales.misfit
    table = model.table
    count, loose = len(pixel), _ONE / (LOOSE_NOISES * misfit)
    row_buffer = np.empty(ROW_BUFFER, np.float32)
    index, table_buffer = np.empty(2 * LANES, np.int32), np.empty(TABLE_BUFFER, np.float32)
    pairs = table_buffer[:LIGHT].view(np.float64)
    pixel_buffer, place = np.empty(PIXEL_BUFFER, np.float32), np.empty((2, count), np.int32)
    grooves, left = np.empty((4, count), np.float32), np.empty((3, count), np.float32)
    further, dirty = np.empty(count, np.bool_), np.empty(count, np.bool_)
    for s in range(len(first) - 1):
        fill_row_buffer(model, row, s, row_buffer)
        for i in range(first[s], first[s + 1], LANES):
            k = np.uintp(i)
            places(row_buffer, parts, offsets, k, index, scales, effect)
            look_up(index, table, light, pixel, k, table_buffer, pairs)
            compared(row_buffer, parts, offsets, k, table_buffer, pixel_buffer, scales, effect)
            for n in range(LANES):
                rest = pixel_buffer[RESIDUAL + n]
                place[0, i + n], place[1, i + n] = index[n], index[LANES + n]
                grooves[0, i + n] = pixel_buffer[OWN_CONTRAST + n]
                grooves[1, i + n] = pixel_buffer[OWN_GRADIENT + n]
                grooves[2, i + n] = pixel_buffer[OTHER_CONTRAST + n]
                grooves[3, i + n] = pixel_buffer[OTHER_GRADIENT + n]
                left[0, i + n], left[1, i + n] = pixel_buffer[LAND + n], rest
                far = rest * loose
                left[2, i + n] = _ONE / (_ONE + far * far) if own[i + n] else _ZERO
                further[i + n] = pixel_buffer[IS_OUTWARD + n] > _ZERO
                dirty[i + n] = is_dirt(rest * rest, row_buffer[CONTRAST + np.uintp(n)], misfit)
    return place, grooves, left, further, dirty
