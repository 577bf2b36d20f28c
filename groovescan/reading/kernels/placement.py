"""Where each pixel of a block lies on the groove, line by line.

What is worked out of a line of pixels is worked out of several at once. Only looking up the spiral
and, at the seams between turns, a second look go one by one.
"""

from __future__ import annotations

import numpy as np

from groovescan.reading.kernels.layers import PART_ROWS, packed
from groovescan.runtime.array_types import Float64Matrix, Float64Vector
from groovescan.runtime.jit import compiled, fused_part, inlined

_CORRECTIONS = 3
#: What is worked out of a line of pixels: their turns by an even feed and how far that is out, rows
#: in the turn in parts, share of the way from a row of the lane to the next, radius there, and
#: distance from the spiral.
_EVEN, _OUT, _SEEN, _WITHIN, _SHARE, _HERE, _NEXT, _AWAY, _GUESSED = range(9)
#: And in whole numbers: the row of the lane, the turn, and the row in the turn.
_LOWER, _TURN, _ROW = range(3)
#: No pixel is kept as this.
_BESIDE = np.uint64(2**64 - 1)


@compiled
def placed(
    polar: tuple[Float64Matrix, Float64Matrix, Float64Matrix],
    inner: tuple[int, int, int, int],
    row_radius: Float64Vector,
    per_turn: int,
    feed: float,
    remembered: float,
    reach: tuple[float, float],
    far: float,
    unit: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of the pixels near the groove what is kept of them (`packed`), turn, and row in the turn.

    Each belongs to the turn whose spiral is nearest. An even feed tells it nearly, how far it is
    out was seen one pixel further up, and the spiral itself says the rest.

    Parameters
    ----------
    polar : tuple of ndarray of float64, shape (lines, columns)
        Radius of each pixel, in px, its phase, in turns, and the radius that it would have if the
        groove were fed evenly, in px.
    inner : tuple of int
        First line and column, and those before which they end, of what is the tile's own.
    row_radius : ndarray of float64, shape (rows,)
        Radius of the smooth spiral, in px.
    per_turn : int
        Rows of a turn.
    feed : float
        Mean growth of the radius, in px per turn.
    remembered : float
        1 where how far an even feed is out is taken from the pixel before, 0 where it is not out.
    reach : tuple of float
        Radii between which pixels may be near, in px.
    far : float
        Distance from the spiral from which on pixels do not belong to it, in px.
    unit : float
        What the distances are kept in, in px; those from the row are in `PART_ROWS`.

    Returns
    -------
    packed_pixels : ndarray of uint64, shape (n,)
    turn, nearest : ndarray of int32, shape (n,)
    """
    radius, phase, even = polar
    lines, width = radius.shape
    count, last = lines * width, len(row_radius) - 1.001
    packed_pixels, found = np.empty(count, np.uint64), 0
    turn, nearest = np.empty(count, np.int32), np.empty(count, np.int32)
    guess, row = np.empty((_GUESSED, width)), np.empty((3, width), np.int32)
    per_feed, near = 1 / feed, abs(feed) / 2
    for n in range(width):
        guess[_OUT, n] = 0.0
    for line in range(lines):
        _guess(even[line], phase[line], row_radius[0], per_turn, per_feed, last, guess, row)
        for n in range(width):
            k = np.uintp(n)
            lower = np.uintp(row[_LOWER, k])
            guess[_HERE, k] = row_radius[lower]
            guess[_NEXT, k] = row_radius[lower + np.uintp(1)]
        if _away(radius[line], near, guess):
            for n in range(width):
                if abs(guess[_AWAY, n]) > near and reach[0] < radius[line, n] < reach[1]:
                    row[_TURN, n], guess[_AWAY, n] = _corrected(
                        radius[line, n], guess[_WITHIN, n], row[_TURN, n], guess[_AWAY, n],
                        row_radius, per_turn, per_feed, near, last,
                    )  # fmt: skip
        of_line = slice(found, found + width)
        beside = _keep(
            line, inner, per_turn, per_feed, remembered, unit, far, len(row_radius) - 1,
            guess, row,
            packed_pixels[of_line], turn[of_line], nearest[of_line],
        )  # fmt: skip
        if not beside:
            for n in range(width):  # Numba takes two seconds longer for arrays as a whole
                guess[_OUT, n] = guess[_SEEN, n]
            found += width
            continue
        for n in range(width):
            at = of_line.start + n
            if packed_pixels[at] != _BESIDE:
                guess[_OUT, n] = guess[_SEEN, n]
                packed_pixels[found], turn[found], nearest[found] = (
                    packed_pixels[at],
                    turn[at],
                    nearest[at],
                )
                found += 1
    return packed_pixels[:found], turn[:found], nearest[:found]


@fused_part
def _guess(
    radius: np.ndarray,
    phase: np.ndarray,
    start: float,
    per_turn: int,
    per_feed: float,
    last: float,
    guess: np.ndarray,
    row: np.ndarray,
) -> None:
    """Where a line of pixels lies on the lane if the feed were even but for what it is out."""
    for k in range(len(radius)):
        n = np.uintp(k)
        even, within = (radius[n] - start) * per_feed - phase[n], phase[n] * per_turn
        turn = np.rint(even + guess[_OUT, n])
        place = min(max(turn * per_turn + within, 0.0), last)
        lower = np.int32(place)
        guess[_EVEN, n], guess[_WITHIN, n], guess[_SHARE, n] = even, within, place - lower
        row[_LOWER, n], row[_TURN, n] = lower, np.int32(turn)
        row[_ROW, n] = np.int32(np.rint(within))


@fused_part
def _away(radius: np.ndarray, near: float, guess: np.ndarray) -> int:
    """How far a line of pixels is from its spirals, and how many of them are not near."""
    many = 0
    for k in range(len(radius)):
        n = np.uintp(k)
        here = guess[_HERE, n]
        away = radius[n] - here - guess[_SHARE, n] * (guess[_NEXT, n] - here)
        guess[_AWAY, n] = away
        many += abs(away) > near
    return many


@fused_part
def _keep(
    line: int,
    inner: tuple[int, int, int, int],
    per_turn: int,
    per_feed: float,
    remembered: float,
    unit: float,
    far: float,
    end: int,
    guess: np.ndarray,
    row: np.ndarray,
    packed_pixels: np.ndarray,
    turn: np.ndarray,
    nearest: np.ndarray,
) -> int:
    """Keep a line of pixels, and how far the feed is out there.

    Returns
    -------
    int
        How many of them lie beside the groove, or beyond its ends: they are kept as `_BESIDE`.
    """
    width, per_unit, finest, many = len(packed_pixels), 1 / unit, 1 / PART_ROWS, 0
    own_line = inner[0] <= line < inner[1]
    for k in range(width):
        n = np.uintp(k)
        away, own = guess[_AWAY, n], own_line and inner[2] <= k < inner[3]
        part = (guess[_WITHIN, n] - row[_ROW, n]) * finest
        at = row[_TURN, n] * per_turn + row[_ROW, n]
        beside = abs(away) >= far or at <= 0 or at >= end
        many += beside
        one = packed(line * width + k, part, away * per_unit, own)
        packed_pixels[n] = _BESIDE if beside else one
        turn[n], nearest[n] = row[_TURN, n], row[_ROW, n]
        out = row[_TURN, n] + away * per_feed - guess[_EVEN, n]
        guess[_SEEN, n] = remembered * out
    return many


@inlined
def _corrected(
    radius: float,
    within: float,
    at: int,
    away: float,
    row_radius: np.ndarray,
    per_turn: int,
    per_feed: float,
    near: float,
    last: float,
) -> tuple[int, float]:
    """The turn nearest to a pixel, and how far from it the pixel lies, from one that is near."""
    for _ in range(_CORRECTIONS):
        turn = at + int(np.rint(away * per_feed))
        place = min(max(turn * per_turn + within, 0.0), last)
        lower = int(place)
        below = row_radius[lower]
        there = radius - below - (place - lower) * (row_radius[lower + 1] - below)
        if abs(there) >= abs(away):
            break
        at, away = turn, there
        if abs(away) <= near:
            break
    return at, away
