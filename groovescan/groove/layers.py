"""The order in which the pixels of a tile are kept.

The rows are taken `LANES` at a time, as a slice. Its pixels lie in layers, the first of each row,
the second of each, and so on: what is done to a layer is done to several pixels at once. Turn by
turn, the rows go from those with the most pixels to those with the fewest, and from those with the
fewest to those with the most: so the rows of a slice have nearly the same number, hardly any room
is left empty, and what is known of them lies near each other in memory.
"""

from __future__ import annotations

import numpy as np

from groovescan.compiled import compiled

#: Rows of a slice: a layer of it is one pixel of each, next to each other in memory.
LANES = 32
#: Step in which the places of pixels between rows are kept, in rows.
PART_ROWS = 1 / 65534


@compiled
def in_layers(
    pixel: np.ndarray,
    turn: np.ndarray,
    nearest: np.ndarray,
    part: np.ndarray,
    offset: np.ndarray,
    core: np.ndarray,
    per_turn: int,
    unit_px: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The pixels in slices and layers, as counted: pixel, parts, offsets, own, rows, first."""
    key, per_key, keys = _keys(turn, nearest, per_turn)
    many = np.zeros(keys, np.int64)
    for i in range(len(pixel)):
        many[key[i]] += 1
    rank, first = _ranked(many, per_key)
    row = np.empty((len(first) - 1) * LANES, np.int64)
    size = first[-1]
    pixels = np.empty(size, np.uint16)
    parts, offsets = np.empty(size, np.int16), np.empty(size, np.int16)
    finest, unit = np.float32(1 / PART_ROWS), np.float32(1 / unit_px)
    own, filled = np.zeros(size, np.bool_), np.zeros(len(row), np.int64)
    for i in range(len(pixel)):
        k = rank[key[i]]
        at = first[k // LANES] + filled[k] * LANES + k % LANES
        if filled[k] == 0:
            row[k] = turn[i] * per_turn + nearest[i]
        filled[k] += 1
        pixels[at], own[at] = pixel[i], core[pixel[i]]
        parts[at], offsets[at] = np.rint(part[i] * finest), np.rint(offset[i] * unit)
    rows = int(np.count_nonzero(filled))
    for k in range(len(row)):
        of = min(k, rows - 1)
        row[k] = row[of]
        begin = first[k // LANES]
        source = begin + of % LANES
        for at in range(begin + filled[k] * LANES + k % LANES, first[k // LANES + 1], LANES):
            pixels[at], parts[at], offsets[at] = pixels[source], parts[source], offsets[source]
    return pixels, parts, offsets, own, row, first


@compiled
def _keys(turn: np.ndarray, nearest: np.ndarray, per_turn: int) -> tuple[np.ndarray, int, int]:
    """A number for the row of each pixel, how many of them a turn has, and how many there are."""
    count = len(turn)
    key = np.empty(count, np.int32)
    if not count:
        return key, 1, 0
    low_turn, low = turn.min(), nearest.min()
    # Round the centre a tile sees more than a turn, of which rows are the next one's.
    per_key = min(nearest.max() - low + 1, per_turn)
    for i in range(count):
        key[i] = (turn[i] - low_turn) * per_key + nearest[i] - low
    return key, per_key, (turn.max() - low_turn) * per_key + nearest.max() - low + 1


@compiled
def _ranked(many: np.ndarray, per_turn: int) -> tuple[np.ndarray, np.ndarray]:
    """The place of each row, turn by turn ranked by its pixels, and the first pixel of each slice.

    Rows without any have no place.
    """
    most = many.max() if len(many) else 0
    begin = np.empty(most + 2, np.int64)
    rank, rows, falling = np.empty(len(many), np.int64), 0, True
    deepest = np.zeros(-(-len(many) // LANES) + 1, np.int64)
    for start in range(0, len(many), per_turn):
        stop = min(start + per_turn, len(many))
        begin[:], before = 0, rows
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
