"""The pixels' misfit with the groove tried at other places; see `forward_model` beside it."""

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
from groovescan.reading.kernels.row_interpolation import LINES, courses
from groovescan.runtime.jit import compiled, fused_part

_ZERO, _ONE, _TWO, _ROUND = (np.float32(x) for x in (0, 1, 2, 1.5))
_FIRST = np.int32(0)


@fused_part
def _try(
    known: np.ndarray, offsets: np.ndarray, of_pixel: np.uintp,
    index: np.ndarray, moved: np.float32, last: np.int32, scales: Singles,
) -> None:  # fmt: skip
    """Where a layer's pixels lie in the tables with their grooves displaced."""
    reach, steps, _, _, unit, _ = scales
    shift = reach * steps + _ROUND
    for n in range(LANES):
        x = np.float32(offsets[of_pixel + np.uintp(n)]) * unit
        across = (x - moved) * known[np.uintp(n + 4 * LANES)]
        index[n] = min(max(np.int32(across * steps + shift), _FIRST), last)


@fused_part
def _leave(
    seen: np.ndarray, kept: np.ndarray, of_pixel: np.uintp, left: np.ndarray, worst: np.ndarray
) -> None:
    """Add what is left of a layer's pixels to that of their rows, and the most of any."""
    for n in range(LANES):
        rest = seen[5 * LANES + n]
        square = rest * rest
        left[n] += np.float32(kept[of_pixel + np.uintp(n)]) * square
        worst[n] = max(worst[n], square)


@fused_part
def _weigh(
    seen: np.ndarray, found: np.ndarray, kept: np.ndarray, of_pixel: np.uintp,
    weighed: np.ndarray, loose: np.float32,
) -> None:  # fmt: skip
    """Light of the groove of each pixel, its weight, and twice what its groove is to explain."""
    for n in range(LANES):
        shine, rest = seen[n], seen[5 * LANES + n]
        counts, far = np.float32(kept[of_pixel + np.uintp(n)]), rest * loose
        weighed[n], weighed[LANES + n] = shine, counts * shine / (_ONE + far * far)
        weighed[2 * LANES + n] = _TWO * (rest + shine * found[2 * n])


@compiled
def misfits(
    light: np.ndarray,
    tile: Arrays,
    kept: np.ndarray,
    tried: np.ndarray,
    usual: np.float32,
    more: np.float32,
    lane: np.ndarray,
    state: Arrays,
    table: np.ndarray,
    scales: Singles,
    outward: int,
    kind: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Squared misfit of a tile's rows with their groove displaced, over that without a groove.

    On a slice none of whose rows shows more than the usual misfit nothing is tried: no
    displacement can save what is not there.

    Parameters
    ----------
    light, tile, kept, lane, state, table, scales, outward, kind
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
    pixel, parts, offsets, _, row, first = tile
    value = table.view(np.float32)[::2]
    last, misfit, loose = np.int32(scales[5]), scales[3], _ONE / (LOOSE_NOISES * scales[3])
    slices, known = len(first) - 1, np.empty(LINES * LANES, np.float32)
    cost, dirty = np.zeros((slices, len(tried), LANES), np.float32), np.zeros(slices, np.bool_)
    index, found = np.empty(2 * LANES, np.int32), np.empty(FOUND * LANES, np.float32)
    pairs = found[: 4 * LANES].view(np.float64)
    seen, weighed = np.empty(SEEN * LANES, np.float32), np.empty(3 * LANES, np.float32)
    left, worst = np.empty(LANES, np.float32), np.empty(LANES, np.float32)
    for s in range(slices):
        courses(lane, state, row, s, outward, known)
        left[:], worst[:], most = _ZERO, _ZERO, more
        for i in range(first[s], first[s + 1], LANES):
            k = np.uintp(i)
            places(known, parts, offsets, k, index, last, scales, kind)
            look_up(index, table, light, pixel, k, found, pairs)
            compared(known, parts, offsets, k, found, seen, scales, kind)
            _leave(seen, kept, k, left, worst)
            most += usual
        for n in range(LANES):
            if is_dirt(worst[n], known[np.uintp(3 * LANES + n)], misfit):
                dirty[s] = True
        if left.max() <= most:
            continue
        for i in range(first[s], first[s + 1], LANES):
            k = np.uintp(i)
            places(known, parts, offsets, k, index, last, scales, kind)
            look_up(index, table, light, pixel, k, found, pairs)
            compared(known, parts, offsets, k, found, seen, scales, kind)
            _weigh(seen, found, kept, k, weighed, loose)
            for t in range(len(tried)):
                _try(known, offsets, k, index, tried[t], last, scales)
                for n in range(LANES):
                    shine, trust, wanted = (
                        weighed[n], weighed[LANES + n], weighed[2 * LANES + n],
                    )  # fmt: skip
                    profile = value[index[n]]
                    cost[s, t, n] += trust * profile * (shine * profile - wanted)
    return cost, dirty
