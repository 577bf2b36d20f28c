"""The pixels' misfit with the groove tried at other places; see `forward_model` beside it."""

from __future__ import annotations

import numpy as np

from groovescan.reading.kernels.forward_model import (
    LIGHT,
    LOOSE_NOISES,
    OWN_CONTRAST,
    PIXEL_BUFFER,
    RESIDUAL,
    TABLE_BUFFER,
    compared,
    is_dirt,
    look_up,
    places,
)
from groovescan.reading.kernels.layers import LANES
from groovescan.reading.kernels.model_arguments import PixelModel, Scales, TilePixels
from groovescan.reading.kernels.row_interpolation import (
    CONTRAST,
    ROW_BUFFER,
    SQUARENESS,
    fill_row_buffer,
)
from groovescan.runtime.array_types import BoolVector, Float32Vector
from groovescan.runtime.jit import compiled, fused_part

_ZERO, _ONE, _TWO, _ROUND = (np.float32(x) for x in (0, 1, 2, 1.5))
#: Of 32 bits, as in `forward_model`.
_FIRST = np.int32(0)
# What is weighed of each pixel, line by line: the contrast of its groove, the same by the pixel's
# weight, and twice what the groove is to explain.
SHINE, TRUSTED_SHINE, TWICE_TARGET = (line * LANES for line in range(3))
WEIGHED_BUFFER = 3 * LANES


@fused_part
def _try(
    row_buffer: np.ndarray, offsets: np.ndarray, of_pixel: np.uintp,
    index: np.ndarray, moved: np.float32, last: np.int32, scales: Scales,
) -> None:  # fmt: skip
    """Where a layer's pixels lie in the tables with their grooves displaced."""
    steps, unit = scales.steps_per_px, scales.offset_unit_px
    shift = scales.reach_px * steps + _ROUND
    for n in range(LANES):
        x = np.float32(offsets[of_pixel + np.uintp(n)]) * unit
        across = (x - moved) * row_buffer[SQUARENESS + np.uintp(n)]
        index[n] = min(max(np.int32(across * steps + shift), _FIRST), last)


@fused_part
def _leave(
    pixels: np.ndarray, counted: np.ndarray, of_pixel: np.uintp, left: np.ndarray, worst: np.ndarray
) -> None:
    """Add the squared residuals of a layer's pixels to those of their rows, and the most of any."""
    for n in range(LANES):
        rest = pixels[RESIDUAL + n]
        square = rest * rest
        left[n] += np.float32(counted[of_pixel + np.uintp(n)]) * square
        worst[n] = max(worst[n], square)


@fused_part
def _weigh(
    pixels: np.ndarray, table_buffer: np.ndarray, counted: np.ndarray, of_pixel: np.uintp,
    weighed: np.ndarray, loose: np.float32,
) -> None:  # fmt: skip
    """Write the lines of `WEIGHED_BUFFER`."""
    for n in range(LANES):
        shine, rest = pixels[OWN_CONTRAST + n], pixels[RESIDUAL + n]
        counts, far = np.float32(counted[of_pixel + np.uintp(n)]), rest * loose
        weighed[SHINE + n] = shine
        weighed[TRUSTED_SHINE + n] = counts * shine / (_ONE + far * far)
        weighed[TWICE_TARGET + n] = _TWO * (rest + shine * table_buffer[2 * n])


@compiled
def misfits(
    light: Float32Vector,
    tile: TilePixels,
    counted: BoolVector,
    tried: Float32Vector,
    usual: np.float32,
    more: np.float32,
    model: PixelModel,
) -> tuple[np.ndarray, np.ndarray]:
    """Squared misfit of a tile's rows with their groove displaced, over that without a groove.

    On a slice none of whose rows shows more than the usual misfit nothing is tried: no
    displacement can save what is not there.

    Parameters
    ----------
    light, tile, kept, model
        As for `gather`.
    tried : ndarray of float32, shape (t,)
        Displacements, in px.
    usual, more : float32
        Squared misfit of a pixel, and that of a row beyond its pixels', up to which a row is left
        as it is.

    Returns
    -------
    cost : ndarray of float32, shape (slices, t, LANES)
        Zero where nothing was tried.
    dirty : ndarray of bool, shape (slices,)
        Whether a slice shows dirt.
    """
    scales, effect, misfit = model.scales, model.effect, model.scales.misfit
    pixel, parts, offsets, _, row, first = tile
    table, value = model.table, model.table.view(np.float32)[::2]
    last, loose = np.int32(scales.last_place), _ONE / (LOOSE_NOISES * misfit)
    slices, row_buffer = len(first) - 1, np.empty(ROW_BUFFER, np.float32)
    cost, dirty = np.zeros((slices, len(tried), LANES), np.float32), np.zeros(slices, np.bool_)
    index, table_buffer = np.empty(2 * LANES, np.int32), np.empty(TABLE_BUFFER, np.float32)
    pairs = table_buffer[:LIGHT].view(np.float64)
    pixels, weighed = np.empty(PIXEL_BUFFER, np.float32), np.empty(WEIGHED_BUFFER, np.float32)
    left, worst = np.empty(LANES, np.float32), np.empty(LANES, np.float32)
    for s in range(slices):
        fill_row_buffer(model, row, s, row_buffer)
        most, worst_left = more, _ZERO
        for n in range(LANES):
            left[n], worst[n] = _ZERO, _ZERO
        for i in range(first[s], first[s + 1], LANES):
            k = np.uintp(i)
            places(row_buffer, parts, offsets, k, index, scales, effect)
            look_up(index, table, light, pixel, k, table_buffer, pairs)
            compared(row_buffer, parts, offsets, k, table_buffer, pixels, scales, effect)
            _leave(pixels, counted, k, left, worst)
            most += usual
        for n in range(LANES):
            worst_left = max(worst_left, left[n])
            if is_dirt(worst[n], row_buffer[CONTRAST + np.uintp(n)], misfit):
                dirty[s] = True
        if worst_left <= most:
            continue
        for i in range(first[s], first[s + 1], LANES):
            k = np.uintp(i)
            places(row_buffer, parts, offsets, k, index, scales, effect)
            look_up(index, table, light, pixel, k, table_buffer, pairs)
            compared(row_buffer, parts, offsets, k, table_buffer, pixels, scales, effect)
            _weigh(pixels, table_buffer, counted, k, weighed, loose)
            for t in range(len(tried)):
                _try(row_buffer, offsets, k, index, tried[t], last, scales)
                for n in range(LANES):
                    shine, wanted = weighed[SHINE + n], weighed[TWICE_TARGET + n]
                    profile = value[index[n]]
                    cost[s, t, n] += (
                        weighed[TRUSTED_SHINE + n] * profile * (shine * profile - wanted)
                    )
    return cost, dirty
