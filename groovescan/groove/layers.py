"""The order in which the pixels of a tile are kept.

The rows with the most pixels come first, and are taken `LANES` at a time, as a slice. Its pixels
lie in layers, the first of each row, the second of each, and so on: what is done to a layer is done
to several pixels at once, and hardly any room is left empty.
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
    key, keys = _keys(turn, nearest, per_turn)
    many = np.zeros(keys, np.int64)
    for i in range(len(pixel)):
        many[key[i]] += 1
    rank, first = _ranked(many)
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
def _keys(turn: np.ndarray, nearest: np.ndarray, per_turn: int) -> tuple[np.ndarray, int]:
    """A number for the row of each pixel, and how many numbers there are."""
    count = len(turn)
    key = np.empty(count, np.int32)
    if not count:
        return key, 0
    low_turn, low = turn.min(), nearest.min()
    # Round the centre a tile sees more than a turn, of which rows are the next one's.
    per_key = min(nearest.max() - low + 1, per_turn)
    for i in range(count):
        key[i] = (turn[i] - low_turn) * per_key + nearest[i] - low
    return key, (turn.max() - low_turn) * per_key + nearest.max() - low + 1


@compiled
def _ranked(many: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The place of each row among those with the most pixels, and the first pixel of each slice."""
    most = many.max() if len(many) else 0
    begin = np.zeros(most + 2, np.int64)
    for count in many:
        begin[most - count + 1] += 1
    rows = len(many) - begin[most + 1]
    for n in range(most + 1):
        begin[n + 1] += begin[n]
    rank, slices = np.empty(len(many), np.int64), -(-rows // LANES)
    first = np.zeros(slices + 1, np.int64)
    for key in range(len(many)):
        at = begin[most - many[key]]
        begin[most - many[key]] += 1
        rank[key] = at
        if many[key] and at % LANES == 0:
            first[at // LANES + 1] = many[key] * LANES
    for n in range(slices):
        first[n + 1] += first[n]
    return rank, first
