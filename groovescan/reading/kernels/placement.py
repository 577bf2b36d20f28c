"""Where each pixel of a block lies on the groove, line by line.

What is worked out of a line of pixels is worked out of several at once. Only looking up the spiral
and, at the seams between turns, the correction of the turn go one by one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from groovescan.reading.kernels.layers import PART_ROWS, packed
from groovescan.runtime.array_types import Float64Matrix, Float64Vector
from groovescan.runtime.jit import compiled, fused_part, inlined

#: No pixel is packed as this: the largest number there is.
_BESIDE = np.uint64(2**64 - 1)


class PolarPixels(NamedTuple):
    """Where the pixels of a block lie on the disc; each of shape (lines, columns).

    Attributes
    ----------
    radius_px : distance from the centre
    phase_turns : angle from the groove's start, in turns of the groove's direction
    even_radius_px : radius that the pixel would have if the groove were fed evenly
    """

    radius_px: Float64Matrix
    phase_turns: Float64Matrix
    even_radius_px: Float64Matrix


class OwnBlock(NamedTuple):
    """The tile's own part of a block: first line and column, and those after the last."""

    top: int
    bottom: int
    left: int
    right: int


class Spiral(NamedTuple):
    """The groove's smooth spiral, and how near to it a pixel has to lie.

    Attributes
    ----------
    radius_px : radius at each row of the grid, shape (rows,)
    per_turn : rows of a turn
    feed_px : mean growth of the radius per turn
    remembered : 1 where the error of an even feed is taken from the pixel before, 0 where there is
        none
    inner_px, outer_px : radii between which pixels may be near
    far_px : distance from the spiral from which on pixels do not belong to it
    unit_px : step in which that distance is stored
    """

    radius_px: Float64Vector
    per_turn: int
    feed_px: float
    remembered: float
    inner_px: float
    outer_px: float
    far_px: float
    unit_px: float


class _Line(NamedTuple):
    """Intermediate results of a line of pixels; each of shape (columns,).

    Attributes
    ----------
    even_turns : turn by an even feed
    error_turns, next_error_turns : how far that is out, as known before the pixel and after it
    within_rows : rows since the turn began, with their fraction
    share : of the way from one row of the grid to the next, 0 to 1
    here_px, next_px : the spiral's radius at these two rows
    away_px : distance from the spiral
    lower, turn, nearest : row of the grid below the pixel, its turn, nearest row in the turn
    """

    even_turns: np.ndarray
    error_turns: np.ndarray
    next_error_turns: np.ndarray
    within_rows: np.ndarray
    share: np.ndarray
    here_px: np.ndarray
    next_px: np.ndarray
    away_px: np.ndarray
    lower: np.ndarray
    turn: np.ndarray
    nearest: np.ndarray


@compiled
def placed(
    polar: PolarPixels, own: OwnBlock, spiral: Spiral
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of the pixels near the groove what is stored of them (`packed`), turn, and row in the turn.

    Each belongs to the turn whose spiral is nearest. An even feed tells it nearly, how far it is
    out is known from one pixel further up, and the spiral itself says the rest.

    Parameters
    ----------
    polar : PolarPixels
    own : OwnBlock
    spiral : Spiral

    Returns
    -------
    packed_pixels : ndarray of uint64, shape (n,)
    turn, nearest : ndarray of int32, shape (n,)
    """
    lines, width = polar.radius_px.shape
    count, last = lines * width, len(spiral.radius_px) - 1.001
    packed_pixels, found = np.empty(count, np.uint64), 0
    turn, nearest = np.empty(count, np.int32), np.empty(count, np.int32)
    guess, whole = np.empty((8, width)), np.empty((3, width), np.int32)
    this = _Line(
        guess[0], guess[1], guess[2], guess[3], guess[4], guess[5], guess[6], guess[7],
        whole[0], whole[1], whole[2],
    )  # fmt: skip
    per_feed, near = 1 / spiral.feed_px, abs(spiral.feed_px) / 2
    for n in range(width):
        this.error_turns[n] = 0.0
    for line in range(lines):
        radius = polar.radius_px[line]
        _guess(polar.even_radius_px[line], polar.phase_turns[line], spiral, per_feed, last, this)
        for n in range(width):
            k = np.uintp(n)
            lower = np.uintp(this.lower[k])
            this.here_px[k] = spiral.radius_px[lower]
            this.next_px[k] = spiral.radius_px[lower + np.uintp(1)]
        if _away(radius, near, this):
            for n in range(width):
                if abs(this.away_px[n]) > near and spiral.inner_px < radius[n] < spiral.outer_px:
                    this.turn[n], this.away_px[n] = _corrected(
                        radius[n], this.within_rows[n], this.turn[n], this.away_px[n],
                        spiral, per_feed, near, last,
                    )  # fmt: skip
        of_line = slice(found, found + width)
        beside = _pack(
            line, own, spiral, per_feed, this,
            packed_pixels[of_line], turn[of_line], nearest[of_line],
        )  # fmt: skip
        if not beside:
            for n in range(width):  # Numba takes two seconds longer for arrays as a whole
                this.error_turns[n] = this.next_error_turns[n]
            found += width
            continue
        for n in range(width):
            at = of_line.start + n
            if packed_pixels[at] != _BESIDE:
                this.error_turns[n] = this.next_error_turns[n]
                packed_pixels[found] = packed_pixels[at]
                turn[found], nearest[found] = turn[at], nearest[at]
                found += 1
    return packed_pixels[:found], turn[:found], nearest[:found]


@fused_part
def _guess(
    radius: np.ndarray, phase: np.ndarray, spiral: Spiral, per_feed: float, last: float, this: _Line
) -> None:
    """Where a line of pixels lies on the grid if the feed were even but for its known error."""
    start, per_turn = spiral.radius_px[0], spiral.per_turn
    for k in range(len(radius)):
        n = np.uintp(k)
        even, within = (radius[n] - start) * per_feed - phase[n], phase[n] * per_turn
        turn = np.rint(even + this.error_turns[n])
        place = min(max(turn * per_turn + within, 0.0), last)
        lower = np.int32(place)
        this.even_turns[n], this.within_rows[n], this.share[n] = even, within, place - lower
        this.lower[n], this.turn[n] = lower, np.int32(turn)
        this.nearest[n] = np.int32(np.rint(within))


@fused_part
def _away(radius: np.ndarray, near: float, this: _Line) -> int:
    """How far a line of pixels is from its spirals, and how many of them are not near."""
    many = 0
    for k in range(len(radius)):
        n = np.uintp(k)
        here = this.here_px[n]
        away = radius[n] - here - this.share[n] * (this.next_px[n] - here)
        this.away_px[n] = away
        many += abs(away) > near
    return many


@fused_part
def _pack(
    line: int,
    own: OwnBlock,
    spiral: Spiral,
    per_feed: float,
    this: _Line,
    packed_pixels: np.ndarray,
    turn: np.ndarray,
    nearest: np.ndarray,
) -> int:
    """Store a line of pixels, and how far the feed is out there.

    Returns
    -------
    int
        How many of them lie beside the groove, or beyond its ends: they are stored as `_BESIDE`.
    """
    width, end = len(packed_pixels), len(spiral.radius_px) - 1
    per_unit, finest, many = 1 / spiral.unit_px, 1 / PART_ROWS, 0
    own_line = own.top <= line < own.bottom
    for k in range(width):
        n = np.uintp(k)
        away, is_own = this.away_px[n], own_line and own.left <= k < own.right
        part = (this.within_rows[n] - this.nearest[n]) * finest
        at = this.turn[n] * spiral.per_turn + this.nearest[n]
        beside = abs(away) >= spiral.far_px or at <= 0 or at >= end
        many += beside
        one = packed(line * width + k, part, away * per_unit, is_own)
        packed_pixels[n] = _BESIDE if beside else one
        turn[n], nearest[n] = this.turn[n], this.nearest[n]
        error = this.turn[n] + away * per_feed - this.even_turns[n]
        this.next_error_turns[n] = spiral.remembered * error
    return many


@inlined
def _corrected(
    radius: float,
    within: float,
    at: int,
    away: float,
    spiral: Spiral,
    per_feed: float,
    near: float,
    last: float,
) -> tuple[int, float]:
    """The turn nearest to a pixel, and how far from it the pixel lies, from one that is near."""
    for _ in range(3):  # a turn too many or too few is one step away, two are rare
        turn = at + int(np.rint(away * per_feed))
        place = min(max(turn * spiral.per_turn + within, 0.0), last)
        lower = int(place)
        below = spiral.radius_px[lower]
        there = radius - below - (place - lower) * (spiral.radius_px[lower + 1] - below)
        if abs(there) >= abs(away):
            break
        at, away = turn, there
        if abs(away) <= near:
            break
    return at, away
