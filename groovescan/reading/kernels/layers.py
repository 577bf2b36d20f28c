"""The order in which the pixels of a tile are kept.

The rows are taken `LANES` at a time, as a slice. Its pixels lie in layers, the first of each row,
the second of each, and so on: what is done to a layer is done to several pixels at once. Turn by
turn, the rows go from those with the most pixels to those with the fewest, and from those with the
fewest to those with the most: so the rows of a slice have nearly the same number, hardly any room
is left empty, and what is known of them lies near each other in memory.
"""

from __future__ import annotations

import numpy as np

from groovescan.runtime.array_types import Int32Vector, UInt64Vector
from groovescan.runtime.jit import compiled, inlined, part

#: Rows of a slice: a layer of it is one pixel of each, next to each other in memory.
LANES = 32
#: Step in which the places of pixels between rows are kept, in rows.
PART_ROWS = 1 / 65534


@inlined
def packed(pixel: int, part: float, offset: float, own: bool) -> np.uint64:
    """Pack a pixel's index, row share, offset and ownership: one number, one memory access."""
    low = np.uint64(pixel) | np.uint64(np.uint16(np.int32(np.rint(part)))) << np.uint64(16)
    high = np.uint64(np.uint16(np.int32(np.rint(offset)))) | np.uint64(own) << np.uint64(16)
    return low | high << np.uint64(32)


@compiled
def in_layers(
    packed_pixels: UInt64Vector, turn: Int32Vector, nearest: Int32Vector, per_turn: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The pixels in slices and layers: pixel, parts, offsets, own, rows, first.

    Parameters
    ----------
    packed_pixels : ndarray of uint64, shape (n,)
        What is kept of each: see `packed`.
    turn, nearest : ndarray of int32, shape (n,)
        Turn, and row in the turn, on which it lies.
    per_turn : int
        Rows of a turn.
    """
    key, per_key, keys, lowest = _keys(turn, nearest, per_turn)
    many = np.zeros(keys, np.int32)
    for i in range(len(key)):
        many[np.uintp(key[np.uintp(i)])] += 1
    rank, first = _ranked(many, per_key)
    row, rows = np.empty((len(first) - 1) * LANES, np.int64), 0
    # where the next pixel of each row has its place
    free = np.empty(keys, np.int32)
    for k in range(keys):
        if many[k]:
            at = rank[k]
            free[k] = first[at // LANES] + at % LANES
            row[at] = lowest + k // per_key * per_turn + k % per_key
            rows += 1
    laid = np.empty(first[-1], np.uint64)
    for i in range(len(packed_pixels)):
        of_row = np.uintp(key[np.uintp(i)])
        laid[np.uintp(free[of_row])] = packed_pixels[np.uintp(i)]
        free[of_row] += LANES
    # where a row has no more, its first is repeated, and does not count
    nothing = ~(np.uint64(1) << np.uint64(48))
    for k in range(keys):
        if many[k]:
            at = rank[k]
            begin = first[at // LANES] + at % LANES
            for n in range(free[k], first[at // LANES + 1], LANES):
                laid[n] = laid[begin] & nothing
    for at in range(rows, len(row)):
        row[at] = row[rows - 1]
        begin = first[-2] + (rows - 1) % LANES
        for n in range(first[-2] + at % LANES, first[-1], LANES):
            laid[n] = laid[begin] & nothing
    return (*_apart(laid), row, first)


@part
def _apart(laid: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Packed pixels split into one array per quantity."""
    size = len(laid)
    pixel, part = np.empty(size, np.uint16), np.empty(size, np.int16)
    offset, own = np.empty(size, np.int16), np.empty(size, np.bool_)
    for k in range(size):
        n = np.uintp(k)
        pixel[n], part[n] = np.uint16(laid[n]), np.int16(laid[n] >> np.uint64(16))
        offset[n], own[n] = np.int16(laid[n] >> np.uint64(32)), laid[n] >> np.uint64(48) != 0
    return pixel, part, offset, own


@part
def _keys(turn: np.ndarray, nearest: np.ndarray, per_turn: int) -> tuple[np.ndarray, int, int, int]:
    """A number for the row of each pixel; how many a turn has, how many there are, first row."""
    count = len(turn)
    key = np.empty(count, np.int32)
    if not count:
        return key, 1, 0, 0
    # one by one: Numba takes a second longer to compile `min` and `max` of arrays
    low_turn = high_turn = turn[0]
    low = high = nearest[0]
    for i in range(1, count):
        low_turn, high_turn = min(low_turn, turn[i]), max(high_turn, turn[i])
        low, high = min(low, nearest[i]), max(high, nearest[i])
    # Round the centre a tile sees more than a turn, of which rows are the next one's.
    per_key = min(high - low + 1, per_turn)
    for i in range(count):
        key[i] = (turn[i] - low_turn) * per_key + nearest[i] - low
    keys = (high_turn - low_turn) * per_key + high - low + 1
    return key, per_key, keys, low_turn * per_turn + low


@part
def _ranked(many: np.ndarray, per_turn: int) -> tuple[np.ndarray, np.ndarray]:
    """The place of each row, turn by turn ranked by its pixels, and the first pixel of each slice.

    Rows without any have no place.
    """
    most = np.int64(0)
    for key in range(len(many)):
        most = max(most, np.int64(many[key]))
    begin = np.empty(most + 2, np.int64)
    rank, rows, falling = np.empty(len(many), np.int32), 0, True
    deepest = np.zeros(-(-len(many) // LANES) + 1, np.int64)
    for start in range(0, len(many), per_turn):
        stop = min(start + per_turn, len(many))
        before = rows
        for n in range(most + 2):
            begin[n] = 0
        for key in range(start, stop):
            if many[key]:
                begin[(most - many[key] if falling else many[key] - 1) + 1] += 1
        begin[0] = rows
        for n in range(most):
            begin[n + 1] += begin[n]
        for key in range(start, stop):
            if many[key]:
                order = most - many[key] if falling else many[key] - 1
                at = begin[order]
                begin[order] += 1
                rank[key], rows = at, rows + 1
                deepest[at // LANES] = max(deepest[at // LANES], many[key])
        falling = falling == (rows == before)
    first = np.zeros(-(-rows // LANES) + 1, np.int64)
    for n in range(len(first) - 1):
        first[n + 1] = first[n] + deepest[n] * LANES
    return rank, first
