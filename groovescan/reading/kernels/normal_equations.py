"""Sums over pixels that make the normal equations of a tile's rows.

The pixels are compared with the model layer by layer, as in
`groovescan.reading.kernels.forward_model`.
"""

from __future__ import annotations

import numpy as np

from groovescan.modulation.effects import DISPLACES
from groovescan.reading.kernels.forward_model import (
    BY_CONTRAST,
    IS_OUTWARD,
    LIGHT,
    LOOSE_NOISES,
    OTHER_GRADIENT,
    OWN_GRADIENT,
    PIXEL_BUFFER,
    RESIDUAL,
    TABLE_BUFFER,
    compared,
    is_dirt,
    look_up,
    places,
)
from groovescan.reading.kernels.layers import LANES
from groovescan.reading.kernels.model_arguments import PixelModel, TilePixels
from groovescan.reading.kernels.row_interpolation import (
    CONTRAST,
    LEVEL,
    ROW_BUFFER,
    fill_row_buffer,
)
from groovescan.runtime.array_types import BoolVector, Float32Vector
from groovescan.runtime.jit import compiled, fused_part

# Where in the sums of a slice a line of `LANES` numbers begins. Of the rows, of those a turn
# further out and of those further in, three each: Hessian and gradient of the step of the signal,
# and the Hessian as if nothing were hidden.
HESSIAN, GRADIENT, FULL_HESSIAN = (line * LANES for line in range(3))
OWN_SUMS, OUTWARD_SUMS, INWARD_SUMS = (3 * groove * LANES for groove in range(3))
# The normal equations of level and contrast, with what is to be explained by them, and the squared
# residual; the largest square of a pixel; products of both with the signal's gradient.
(
    LEVEL_LEVEL, LEVEL_CONTRAST, CONTRAST_CONTRAST, LEVEL_TARGET, CONTRAST_TARGET, SQUARE,
    LARGEST_SQUARE, LEVEL_SIGNAL, CONTRAST_SIGNAL,
) = (line * LANES for line in range(9, 18))  # fmt: skip
SUM_BUFFER = 18 * LANES
#: Of single precision: beside a double all would become double.
_ZERO, _ONE = np.float32(0), np.float32(1)


@fused_part
def _add(
    row_buffer: np.ndarray, pixels: np.ndarray, own: np.ndarray, counted: np.ndarray,
    of_pixel: np.uintp, sums: np.ndarray, loose: np.float32,
) -> None:  # fmt: skip
    """Add the pixels of a layer to the sums of their rows: see `gather`."""
    for n in range(LANES):
        at, k = np.uintp(n), of_pixel + np.uintp(n)
        gradient, gradient_n = pixels[OWN_GRADIENT + n], pixels[OTHER_GRADIENT + n]
        rest, lit, outer = pixels[RESIDUAL + n], pixels[BY_CONTRAST + n], pixels[IS_OUTWARD + n]
        counts, square, inner = np.float32(own[k]), rest * rest, _ONE - outer
        # weight of a pixel of which more or less is left: a half where it is `1 / loose`
        trust = np.float32(counted[k]) / (_ONE + square * (loose * loose))
        wanted = rest + row_buffer[at + LEVEL] + row_buffer[at + CONTRAST] * lit
        sums[OWN_SUMS + HESSIAN + n] += trust * gradient * gradient
        sums[OWN_SUMS + GRADIENT + n] += trust * gradient * rest
        sums[OWN_SUMS + FULL_HESSIAN + n] += counts * gradient * gradient
        bent, moved = trust * gradient_n * gradient_n, trust * gradient_n * rest
        whole = counts * gradient_n * gradient_n
        sums[OUTWARD_SUMS + HESSIAN + n] += outer * bent
        sums[OUTWARD_SUMS + GRADIENT + n] += outer * moved
        sums[OUTWARD_SUMS + FULL_HESSIAN + n] += outer * whole
        sums[INWARD_SUMS + HESSIAN + n] += inner * bent
        sums[INWARD_SUMS + GRADIENT + n] += inner * moved
        sums[INWARD_SUMS + FULL_HESSIAN + n] += inner * whole
        sums[LEVEL_LEVEL + n] += trust
        sums[LEVEL_CONTRAST + n] += trust * lit
        sums[CONTRAST_CONTRAST + n] += trust * lit * lit
        sums[LEVEL_TARGET + n] += trust * wanted
        sums[CONTRAST_TARGET + n] += trust * lit * wanted
        sums[SQUARE + n] += trust * square
        sums[LARGEST_SQUARE + n] = max(sums[LARGEST_SQUARE + n], square)


@fused_part
def _add_shared(
    pixels: np.ndarray, counted: np.ndarray, of_pixel: np.uintp, sums: np.ndarray,
    loose: np.float32,
) -> None:  # fmt: skip
    """Add what level and contrast have in common with the signal: see `gather`."""
    for n in range(LANES):
        gradient, rest = pixels[OWN_GRADIENT + n], pixels[RESIDUAL + n]
        lit = pixels[BY_CONTRAST + n]
        counts = np.float32(counted[of_pixel + np.uintp(n)])
        trust = counts / (_ONE + rest * rest * (loose * loose))
        sums[LEVEL_SIGNAL + n] += trust * gradient
        sums[CONTRAST_SIGNAL + n] += trust * gradient * lit


@compiled
def gather(
    light: Float32Vector, tile: TilePixels, counted: BoolVector, model: PixelModel
) -> tuple[np.ndarray, np.ndarray]:
    """Normal equations of a tile's rows.

    Every pixel counts for its own row and for the one beside it, a turn further out or in.

    Parameters
    ----------
    light, tile, model
        As for `compare`.
    counted : ndarray of bool, shape (n,)
        Pixels that weigh anything: the tile's own, but for dirt.

    Returns
    -------
    sums : ndarray of float32, shape (slices, SUM_BUFFER)
        Slice by slice lines of `LANES`, as told above; those of the largest square and of the
        products with the signal's gradient are the last, and the products are zero for a lateral
        cut.
    dirty : ndarray of bool, shape (slices,)
        Whether a slice shows dirt.
    """
    scales, effect, misfit = model.scales, model.effect, model.scales.misfit
    # taken apart here: in the loop, each would be counted as one more reference, layer by layer
    pixel, parts, offsets, own, row, first = tile
    table, loose = model.table, _ONE / (LOOSE_NOISES * misfit)
    slices, row_buffer = len(first) - 1, np.empty(ROW_BUFFER, np.float32)
    sums, dirty = np.empty((slices, SUM_BUFFER), np.float32), np.empty(slices, np.bool_)
    total = np.empty(SUM_BUFFER, np.float32)
    index, table_buffer = np.empty(2 * LANES, np.int32), np.empty(TABLE_BUFFER, np.float32)
    pairs = table_buffer[:LIGHT].view(np.float64)
    pixels = np.empty(PIXEL_BUFFER, np.float32)
    for s in range(slices):
        fill_row_buffer(model, row, s, row_buffer)
        for n in range(SUM_BUFFER):
            total[n] = _ZERO
        for i in range(first[s], first[s + 1], LANES):
            k = np.uintp(i)
            places(row_buffer, parts, offsets, k, index, scales, effect)
            look_up(index, table, light, pixel, k, table_buffer, pairs)
            compared(row_buffer, parts, offsets, k, table_buffer, pixels, scales, effect)
            _add(row_buffer, pixels, own, counted, k, total, loose)
            if effect != DISPLACES:
                _add_shared(pixels, counted, k, total, loose)
        for n in range(SUM_BUFFER):
            sums[s, n] = total[n]
        dirty[s] = False
        for n in range(LANES):
            contrast = row_buffer[CONTRAST + np.uintp(n)]
            if is_dirt(total[LARGEST_SQUARE + n], contrast, misfit):
                dirty[s] = True
    return sums, dirty
