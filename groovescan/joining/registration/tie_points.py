"""Points of the groove that two photographs show: across it by its place, along it by its sound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from groovescan.joining.registration.arc_matching import ArcMatch
from groovescan.joining.registration.arcs import Arc
from groovescan.joining.registration.numbering import Numbered
from groovescan.joining.registration.programme_rows import ProgrammeRows, Programmes

#: Sound is compared over so many degrees and turns, and found up to so many samples off.
_WINDOW_DEGREES, _LEAST_COLUMNS, _TURNS, _FAR_COLUMNS = 6.0, 16, 4, 6
#: A window has so many samples at least, this share of its turns' samples, and a correlation.
_LEAST_SAMPLES, _KNOWN_SHARE, _LEAST_CORRELATION = 60, 0.6, 0.35


@dataclass(frozen=True, kw_only=True)
class TiePoints:
    """Points that two photographs share.

    Attributes
    ----------
    one, other : int
        The photographs.
    one_px, other_px : ndarray of float64, shape (2, n)
        Image points (x, y) of the groove, without its sound.
    error_rad : ndarray of float64, shape (n,)
        Standard error of the place along the groove, as an angle.
    across : bool
        Whether they are the same points across the groove, too.
    """

    one: int
    other: int
    one_px: np.ndarray
    other_px: np.ndarray
    error_rad: np.ndarray
    across: bool = True


def tie_points(arcs: Sequence[Arc], numbers: Numbered, programmes: Programmes) -> list[TiePoints]:
    """The points that photographs of one disc share.

    Parameters
    ----------
    arcs : sequence of Arc
        The arcs of all photographs.
    programmes : Programmes
        Their recordings.
    numbers : Numbered
        How the photographs lie, and which turn is which.
    """
    slow = {k: arcs[k].slow() for k in numbers.first_turns}
    found: list[TiePoints] = []
    seen: set[tuple[int, int, int]] = set()
    for match in numbers.matches:
        for turns, shift in _round(match, arcs[match.other], numbers):
            if (match.one, match.other, turns) in seen:
                continue
            seen.add((match.one, match.other, turns))
            rows = programmes.pair(match.one, match.other)
            found += _of_pair(arcs, match, rows, (turns, shift), slow)
    return found


def _round(match: ArcMatch, other: Arc, numbers: Numbered) -> Iterator[tuple[int, float]]:
    """The shift of a match, and the same once more round the disc, both ways."""
    hand = numbers.placements[other.photograph].hand
    for more in (0, -1, 1):
        turns = match.turns - numbers.sense * hand * more
        yield turns, match.shift_rad + match.hand * 2 * np.pi * more


def _of_pair(
    arcs: Sequence[Arc],
    match: ArcMatch,
    rows: tuple[ProgrammeRows, ProgrammeRows],
    shift: tuple[int, float],
    slow: dict[int, tuple[np.ndarray, np.ndarray]],
) -> list[TiePoints]:
    # The place across the groove is told where so much of it round a point is known.
    slow_known = 0.5
    here, there = rows
    if match.mirrored:
        there = there.mirrored()
    (turns, shift_rad), step = shift, here.step_rad
    ahead = (here.first_rad + shift_rad - there.first_rad) / step
    windows = _windows(here, there, turns, ahead)
    if not len(windows):
        return []
    turn, column, lag, error = windows.T
    angle = here.first_rad + column * step
    beside = match.hand * (there.first_rad + (column + ahead + lag) * step)
    places = []
    for index, at_turn, at_angle in ((match.one, turn, angle), (match.other, turn + turns, beside)):
        places.append(_groove_px(arcs[index], slow[index], at_turn, at_angle))
    (one_px, one_known), (other_px, other_known) = places
    use = (one_known > slow_known) & (other_known > slow_known)
    return [
        TiePoints(
            one=arcs[match.one].photograph,
            other=arcs[match.other].photograph,
            one_px=one_px[:, use],
            other_px=other_px[:, use],
            error_rad=error[use] * step,
        )
    ]


def _groove_px(
    arc: Arc, slow: tuple[np.ndarray, np.ndarray], turn: np.ndarray, angle: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Where the groove is without its sound, and how much of it is known there."""
    place = np.stack([turn, (angle - arc.angle_rad[0]) / arc.step_rad])
    radius = ndimage.map_coordinates(slow[0], place, order=1, mode="nearest")
    known = ndimage.map_coordinates(slow[1], place, order=1, mode="constant")
    return arc.image_px(radius, angle), known


def _windows(here: ProgrammeRows, there: ProgrammeRows, turns: int, ahead: float) -> np.ndarray:
    """Turn, column, lag and its error, in columns, of the windows in which both go together."""
    rows, columns = here.sound.shape
    at = np.broadcast_arrays(np.arange(rows)[:, None] + float(turns), np.arange(columns) + ahead)
    known = here.known * (ndimage.map_coordinates(there.known, at, order=1, mode="constant") > 0.99)
    if known.sum() < _LEAST_SAMPLES:
        return np.zeros((0, 4))
    offsets = np.arange(-_FAR_COLUMNS, _FAR_COLUMNS + 1)
    moved = [
        ndimage.map_coordinates(there.sound, [at[0], at[1] + off], order=3, mode="constant")
        for off in offsets
    ]
    wide = max(int(np.deg2rad(_WINDOW_DEGREES) / here.step_rad), _LEAST_COLUMNS)
    edges = np.arange(0, columns, wide)
    edges = edges[edges + wide // 2 < columns]
    share = np.add.reduceat(known, edges, axis=1) / wide

    def sums(values: np.ndarray) -> np.ndarray:
        """Sums over stretches of the arc, zero where too little is known."""
        return np.add.reduceat(known * values, edges, axis=1) * (share > _KNOWN_SHARE)

    one = _by_turns(sums(here.sound**2))
    products = np.stack([_by_turns(sums(here.sound * each)) for each in moved])
    powers = np.stack([_by_turns(sums(each**2)) for each in moved])
    count = _by_turns(sums(np.ones_like(known)))
    correlation = products / np.sqrt(one * powers + 1e-20)
    return _peaks(correlation, count, edges + (wide - 1) / 2)


def _by_turns(values: np.ndarray) -> np.ndarray:
    """Sums over groups of turns."""
    return np.add.reduceat(values, np.arange(0, len(values), _TURNS), axis=0)


def _peaks(correlation: np.ndarray, count: np.ndarray, middle: np.ndarray) -> np.ndarray:
    """Turn, column, lag and error of the windows whose correlation has a peak within."""
    best = correlation.argmax(axis=0)
    inner = np.clip(best, 1, len(correlation) - 2)
    before, peak, after = (
        np.take_along_axis(correlation, (inner + k)[None], axis=0)[0] for k in (-1, 0, 1)
    )
    bend = np.maximum(2 * peak - before - after, 1e-9)
    use = (best == inner) & (count > _LEAST_SAMPLES) & (peak > _LEAST_CORRELATION)
    group, window = np.nonzero(use)
    lag = inner[use] - _FAR_COLUMNS + 0.5 * (after - before)[use] / bend[use]
    # Error of a delay by correlation (Knapp and Carter 1976) of so many samples.
    level = np.clip(peak[use], 0.05, 0.999)
    error = np.sqrt((1 - level**2) / (level * bend[use] * count[use]))
    turn = group * _TURNS + _TURNS // 2
    return np.stack([turn, middle[window], lag, error], axis=1)
