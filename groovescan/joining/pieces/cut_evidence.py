"""How likely it is that the groove goes on from one piece to another, by what is recorded in it.

Two pieces of a disc share no part of the groove. But the displacement is a Gaussian process (in
general Rasmussen and Williams 2006, 2.2): what it is at one edge tells, with some uncertainty,
what it is some rows further on, at the other. So the rows at both edges are likelier as one signal
than as two where the groove goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from groovescan.joining.pieces.piece_edges import PieceEdges
from groovescan.joining.registration.arcs import Arc
from groovescan.joining.registration.programme_rows import without_slow

#: So many rows at each edge are looked at, and so many lags are told.
_ROWS, _LAGS = 24, 160


@dataclass(frozen=True, kw_only=True, eq=False)
class EdgeRows:
    """Rows that are read at an edge of a piece.

    Attributes
    ----------
    turn : ndarray of int, shape (n,)
        Turns of the arc that reach there.
    away_rows : ndarray of float64, shape (n,)
        Distance of the row next to the edge from the edge.
    sound, error : ndarray of float64, shape (n, rows)
        Displacement of the rows in pitches, from the edge on inwards, and its standard error.
    """

    turn: np.ndarray
    away_rows: np.ndarray
    sound: np.ndarray
    error: np.ndarray


def edge_rows(arc: Arc, edges: PieceEdges, *, last: bool) -> EdgeRows:
    """The rows of an arc next to the last or the first edge of its piece, where that is seen."""
    # Rows that the edge may have touched.
    touched = 1
    step = -1 if last else 1
    known, sound = arc.known, _sound_of(arc)
    turns = np.flatnonzero(known.sum(axis=1) > 2 * _ROWS + 2 * touched)
    end = np.array([np.flatnonzero(known[turn])[::step][0] for turn in turns], int) + step * touched
    at = end[:, None] + step * np.arange(_ROWS)
    x, y = arc.image_px(arc.radius_px[turns, end], arc.angle_rad[end])
    right, up = x - edges.camera.centre_px[0], edges.camera.centre_px[1] - y
    radius = np.hypot(right, up)
    there = edges.angle_at(radius, last=last)
    away = -step * np.angle(np.exp(1j * (there - np.arctan2(up, right)))) / arc.step_rad
    seen = edges.seen_at(radius, last=last)
    turns, at = turns[seen], at[seen]
    return EdgeRows(
        turn=turns,
        away_rows=np.maximum(away[seen], 0.5),
        sound=sound[turns[:, None], at],
        error=np.minimum(arc.error_px[turns[:, None], at] / arc.pitch_px, 1.0),
    )


def _sound_of(arc: Arc) -> np.ndarray:
    known = arc.known
    sound = np.where(known, arc.displacement_px / arc.pitch_px, 0.0)
    return np.where(known, without_slow(sound, known, arc.step_rad), 0.0)


def covariance_of(arcs: Sequence[Arc]) -> np.ndarray:
    """Covariance of the sound at lags of so many rows, in pitches squared."""
    size = 8 * _LAGS
    power, squares = np.zeros(size // 2 + 1), 0.0
    for arc in arcs:
        sound = _sound_of(arc)
        sound = sound[arc.known.any(axis=1)]
        count = max(sound.shape[1] // size, 1) * size
        sound = np.pad(sound, ((0, 0), (0, max(count - sound.shape[1], 0))))[:, :count]
        power += (np.abs(np.fft.rfft(sound.reshape(-1, size), axis=1)) ** 2).sum(axis=0)
        squares += float(arc.known.sum())
    power /= max(squares, 1.0)
    # what is left at the highest frequencies is noise
    power = np.maximum(power - np.median(power[-size // 8 :]), 0.0)
    covariance = np.fft.irfft(power, size)[:_LAGS]
    # a product of two covariances is one: far lags are known by chance only
    return np.asarray(covariance * np.exp(-0.5 * (np.arange(_LAGS) / (_LAGS / 4)) ** 2))


def goes_on(before: EdgeRows, after: EdgeRows, turns: int, covariance: np.ndarray) -> float:
    """Logarithm of how much likelier both edges are as one signal than as two.

    Parameters
    ----------
    before, after : EdgeRows
        The last edge of a piece, and the first one of the next, counter-clockwise.
    turns : int
        Turn n of the one is turn n + `turns` of the other.
    covariance : ndarray of float64, shape (lags,)
        Of `covariance_of`.
    """
    _, one, other = np.intersect1d(
        before.turn + turns, after.turn, assume_unique=True, return_indices=True
    )
    if not len(one):
        return 0.0
    gap = before.away_rows[one] + after.away_rows[other]
    rows = np.arange(_ROWS)
    here = np.broadcast_to(-rows, (len(one), _ROWS))
    place = np.concatenate([here, gap[:, None] + rows], axis=1)
    apart = np.abs(place[:, :, None] - place[:, None, :])
    both = np.interp(apart, np.arange(len(covariance)), covariance, right=0.0)
    values = np.concatenate([before.sound[one], after.sound[other]], axis=1)
    errors = np.concatenate([before.error[one], after.error[other]], axis=1)
    # a signal of this share of the whole's power is not believed in
    both[:, np.arange(2 * _ROWS), np.arange(2 * _ROWS)] += errors**2 + 0.01 * covariance[0]
    first, second = slice(0, _ROWS), slice(_ROWS, 2 * _ROWS)
    alone = sum(_likelihood(both[:, k, k], values[:, k]) for k in (first, second))
    return float(np.sum(_likelihood(both, values) - alone))


def _likelihood(covariance: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Logarithm of a normal density, but for a constant."""
    solved = np.linalg.solve(covariance, values[..., None])[..., 0]
    return np.asarray(-0.5 * ((values * solved).sum(axis=1) + np.linalg.slogdet(covariance)[1]))
