"""Where a groove is fed evenly, and where its feed changes at once.

A spiral that is fed evenly tells of the camera, and so does one whose feed changes slowly. Where
it changes within a turn, for a gap, a band of another pitch or a run-out, the radius tells of the
lathe alone: that is left out; before and after it the groove has a place and a pitch of its own.
"""

from __future__ import annotations

import numpy as np
from numpy.polynomial.chebyshev import chebvander
from scipy import ndimage

from groovescan.core.geometry.map_parts import feeds_px
from groovescan.core.results import GrooveMap


def pieces_of(groove_map: GrooveMap, turns: np.ndarray) -> np.ndarray:
    """Which evenly fed piece of the groove positions lie in.

    Parameters
    ----------
    groove_map : GrooveMap
        The map.
    turns : ndarray of float64, shape (n,)
        Positions, in turns from its start.

    Returns
    -------
    ndarray of int, shape (n,)
        Numbers from 0 on along the groove; -1 where the feed changes at once.
    """
    pieces = _even_pieces(groove_map)
    number = np.full(len(turns), -1)
    for k, (first, last) in enumerate(pieces):
        number[(turns >= first) & (turns <= last)] = k
    return number


def _even_pieces(groove_map: GrooveMap) -> list[tuple[float, float]]:
    """First and last position of each piece; of a groove without breaks, endlessly far."""
    # A feed that changes by so much of the pitch within a turn changes at once: lathes that swing
    # do so by less than half of that.
    at_once = 0.2
    # A piece is so long at least, in turns: a shorter one tells nothing but its place and pitch.
    least_turns = 2.5
    per_turn, feed = groove_map.nodes_per_turn, np.abs(feeds_px(groove_map))
    if len(feed) <= per_turn:
        return [(-np.inf, np.inf)]
    change = np.abs(feed[per_turn:] - feed[:-per_turn])
    breaks = np.pad(change > at_once * groove_map.pitch_px, per_turn // 2, mode="edge")
    if not breaks.any():
        return [(-np.inf, np.inf)]
    parts = [part for (part,) in ndimage.find_objects(ndimage.label(~breaks)[0])]
    # what is fed evenly over a turn from each of these nodes on is so for a turn more
    ends = [(part.start / per_turn, part.stop / per_turn + 1) for part in parts]
    long = [(first, last) for first, last in ends if last - first > least_turns]
    return long or [(-np.inf, np.inf)]


def feed_shapes(
    turns: np.ndarray, piece: np.ndarray, turns_each: float, most: int
) -> tuple[np.ndarray, np.ndarray]:
    """How the radius may change along the groove: by an even feed, and by slow changes of it.

    Chebyshev polynomials along each piece.

    Parameters
    ----------
    turns : ndarray of float64, shape (n,)
        Positions, in turns.
    piece : ndarray of int, shape (n,)
        The piece in which each lies.
    turns_each : float
        So many turns of a piece have a polynomial, beyond the even feed.
    most : int
        Order of the polynomials at most.

    Returns
    -------
    even : ndarray of float64, shape (n, 2 pieces)
    uneven : ndarray of float64, shape (n, m)
    """
    even, uneven = [], []
    for number in np.unique(piece):
        here = piece == number
        span = turns[here].min(), np.ptp(turns[here])
        place = np.clip(2 * (turns - span[0]) / max(span[1], 1e-9) - 1, -1, 1)
        terms = chebvander(place, int(np.clip(span[1] // turns_each, 1, most)))
        terms *= here[:, None]
        even.append(terms[:, :2])
        uneven.append(terms[:, 2:])
    return np.concatenate(even, axis=1), np.concatenate(uneven, axis=1)
