"""Sums over pixels that make the normal equations of a tile's rows.

The pixels are compared with the model layer by layer, as in
`groovescan.reading.kernels.forward_model`.
"""

from __future__ import annotations

import numpy as np

from groovescan.reading.kernels.forward_model import (
    FOUND,
    LOOSE_NOISES,
    SEEN,
    Arrays,
    Singles,
    compared,
    is_dirt,
    look_up,
    places,
)
from groovescan.reading.kernels.layers import LANES
from groovescan.reading.kernels.row_interpolation import LEVEL, LINES, courses
from groovescan.runtime.jit import compiled, fused_part

#: Sums of each row: see `gather`.
SUMS = 18
_ZERO, _ONE = np.float32(0), np.float32(1)


@fused_part
def _add(
    known: np.ndarray, seen: np.ndarray, own: np.ndarray, kept: np.ndarray,
    of_pixel: np.uintp, sums: np.ndarray, loose: np.float32,
) -> None:  # fmt: skip
    """Add the pixels of a layer to the sums of their rows: see `gather`."""
    for n in range(LANES):
        at, k = np.uintp(n), of_pixel + np.uintp(n)
        gradient, gradient_n = seen[LANES + n], seen[3 * LANES + n]
        rest, lit, outer = seen[5 * LANES + n], seen[6 * LANES + n], seen[7 * LANES + n]
        counts, square, inner = np.float32(own[k]), rest * rest, _ONE - outer
        # weight of a pixel of which more or less is left: a half where it is `1 / loose`
        trust = np.float32(kept[k]) / (_ONE + square * (loose * loose))
        wanted = rest + known[at + np.uintp(LEVEL * LANES)] + known[at + np.uintp(3 * LANES)] * lit
        sums[n] += trust * gradient * gradient
        sums[LANES + n] += trust * gradient * rest
        sums[2 * LANES + n] += counts * gradient * gradient
        bent, moved = trust * gradient_n * gradient_n, trust * gradient_n * rest
        whole = counts * gradient_n * gradient_n
        sums[3 * LANES + n] += outer * bent
        sums[4 * LANES + n] += outer * moved
        sums[5 * LANES + n] += outer * whole
        sums[6 * LANES + n] += inner * bent
        sums[7 * LANES + n] += inner * moved
        sums[8 * LANES + n] += inner * whole
        sums[9 * LANES + n] += trust
        sums[10 * LANES + n] += trust * lit
        sums[11 * LANES + n] += trust * lit * lit
        sums[12 * LANES + n] += trust * wanted
        sums[13 * LANES + n] += trust * lit * wanted
        sums[14 * LANES + n] += trust * square
        sums[15 * LANES + n] = max(sums[15 * LANES + n], square)


@fused_part
def _add_shared(
    seen: np.ndarray, kept: np.ndarray, of_pixel: np.uintp, sums: np.ndarray, loose: np.float32,
) -> None:  # fmt: skip
    """Add what level and contrast have in common with what the groove carries: see `gather`."""
    for n in range(LANES):
        gradient, rest, lit = seen[LANES + n], seen[5 * LANES + n], seen[6 * LANES + n]
        trust = np.float32(kept[of_pixel + np.uintp(n)]) / (_ONE + rest * rest * (loose * loose))
        sums[16 * LANES + n] += trust * gradient
        sums[17 * LANES + n] += trust * gradient * lit


@compiled
def gather(
    light: np.ndarray,
    tile: Arrays,
    kept: np.ndarray,
    lane: np.ndarray,
    state: Arrays,
    table: np.ndarray,
    scales: Singles,
    outward: int,
    kind: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Normal equations of a tile's rows.

    Every pixel counts for its own row and for the one beside it, a turn further out or in.

    Parameters
    ----------
    light, tile, lane, state, table, scales, outward, kind
        As for `compare`.
    kept : ndarray of bool, shape (n,)
        Pixels that weigh anything: the tile's own, but for dirt.

    Returns
    -------
    sums : ndarray of float32, shape (slices, SUMS * LANES)
        Slice by slice `SUMS` lines of `LANES`: curvature, moment, and curvature as if nothing
        were hidden, of the rows, of those a turn further out, and of those a turn further in;
        normal equations of level and contrast (six); the largest square that is left; and, but
        for a lateral cut, what level and contrast have in common with what the groove carries.
    dirty : ndarray of bool, shape (slices,)
        Whether a slice shows dirt.
    """
    pixel, parts, offsets, own, row, first = tile
    last, misfit, loose = np.int32(scales[5]), scales[3], _ONE / (LOOSE_NOISES * scales[3])
    slices, known = len(first) - 1, np.empty(LINES * LANES, np.float32)
    sums, dirty = np.empty((slices, SUMS * LANES), np.float32), np.zeros(slices, np.bool_)
    total = np.empty(SUMS * LANES, np.float32)
    index, found = np.empty(2 * LANES, np.int32), np.empty(FOUND * LANES, np.float32)
    pairs = found[: 4 * LANES].view(np.float64)
    seen = np.empty(SEEN * LANES, np.float32)
    for s in range(slices):
        courses(lane, state, row, s, outward, known)
        total[:] = _ZERO
        for i in range(first[s], first[s + 1], LANES):
            k = np.uintp(i)
            places(known, parts, offsets, k, index, last, scales, kind)
            look_up(index, table, light, pixel, k, found, pairs)
            compared(known, parts, offsets, k, found, seen, scales, kind)
            _add(known, seen, own, kept, k, total, loose)
            if kind != 0:
                _add_shared(seen, kept, k, total, loose)
        for n in range(SUMS * LANES):
            sums[s, n] = total[n]
        for n in range(LANES):
            contrast = known[np.uintp(3 * LANES + n)]
            if is_dirt(total[15 * LANES + n], contrast, misfit):
                dirty[s] = True
    return sums, dirty
