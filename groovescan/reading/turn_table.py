"""Which turn lies at a radius, where the groove is not fed evenly.

An even feed tells by a division which turn a pixel is nearest to. Where the feed changes, the turn
is looked up: at some angles, the position along the groove at each radius.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from groovescan.core.geometry.camera_model import radius_at
from groovescan.core.results import GrooveMap
from groovescan.reading.shown_rows import ShownRows


@dataclass(frozen=True, kw_only=True)
class TurnTable:
    """Positions along the groove by angle and radius.

    Attributes
    ----------
    turns : ndarray of float64, shape (angles, radii)
        Position, in turns from the grid's first row, of the groove if it went through there.
    first_px, step_px : float
        The first radius, and the distance to the next.
    """

    turns: np.ndarray
    first_px: float
    step_px: float

    def at(self, radius_px: np.ndarray, phase_turns: np.ndarray) -> np.ndarray:
        """Position at some radii and angles, in turns from the grid's first row."""
        column = (radius_px - self.first_px) / self.step_px
        # the table's angles close to a ring, on which the row after the last is the first
        row = np.mod(phase_turns, 1.0) * (len(self.turns) - 1)
        return ndimage.map_coordinates(self.turns, [row, column], order=1, mode="nearest")


@dataclass(frozen=True, kw_only=True)
class TurnGuess:
    """Which turn lies near a pixel: by an even feed, or by a table where it is uneven.

    Attributes
    ----------
    feed_px : float
        Mean growth of the radius per turn.
    start_px, first_px : float
        Radius a turn before the groove's start, and at the first row that there is.
    table : TurnTable or None
        None where the feed is even.
    shown : ShownRows or None
        The rows of each turn that there are; None for all.
    """

    feed_px: float
    start_px: float
    first_px: float
    table: TurnTable | None
    shown: ShownRows | None

    def of(self, radius: np.ndarray, phase: np.ndarray) -> tuple[np.ndarray, ...]:
        """Radius and phase of pixels by the rows there are, and the radius by an even feed."""
        even = radius
        if self.table is not None:
            even = self.start_px + self.feed_px * self.table.at(radius, phase)
        if self.shown is None:
            return radius, phase, even
        radius, narrow = self.shown.narrowed(radius, phase)
        # turns are the same, of which an even feed tells the distance from the first row
        return (
            radius,
            narrow,
            even + self.first_px - self.start_px + self.feed_px * (narrow - phase),
        )


def turn_guess(
    groove_map: GrooveMap,
    row_radius_px: np.ndarray,
    per_turn: int,
    pitch_px: float,
    shown: ShownRows | None,
) -> TurnGuess:
    """How turns are guessed along a map, on rows that are all there are, or those shown."""
    # Of each turn so many places tell its feed.
    places = 64
    radius, rows = row_radius_px, per_turn
    if shown is not None:
        turns = np.arange(int(places * (groove_map.turns + 2))) / places - 1
        radius, rows = radius_at(groove_map, turns), places
    return TurnGuess(
        feed_px=pitch_px * float(np.sign(row_radius_px[-1] - row_radius_px[0])),
        start_px=float(radius[0]),
        first_px=float(row_radius_px[0]),
        table=turn_table(radius, rows, pitch_px),
        shown=shown,
    )


def turn_table(row_radius_px: np.ndarray, per_turn: int, pitch_px: float) -> TurnTable | None:
    """The table of a spiral; None where an even feed tells the turns.

    Parameters
    ----------
    row_radius_px : ndarray of float64, shape (rows,)
        Radius of the smooth spiral at each row.
    per_turn : int
        Rows of a turn.
    pitch_px : float
        Mean distance between turns.
    """
    # Angles of the turn, and radii in the narrowest pitch: between them the spiral hardly bends.
    angles = 64
    radii_per_pitch = 4.0
    # A groove whose feed differs by so much of the pitch is not fed evenly.
    most_uneven = 0.2
    feed = np.abs(row_radius_px[per_turn:] - row_radius_px[:-per_turn])[:: per_turn // angles]
    uneven = np.abs(feed - pitch_px) > most_uneven * pitch_px
    if not uneven[angles:-angles].any():
        return None
    step = max(float(np.percentile(feed, 10)) / radii_per_pitch, 0.25)
    low, high = float(row_radius_px.min()) - pitch_px, float(row_radius_px.max()) + pitch_px
    radius = np.arange(low, high + step, step)
    first = np.rint(np.arange(angles + 1) * per_turn / angles).astype(int)
    feed_px = pitch_px * float(np.sign(row_radius_px[-1] - row_radius_px[0]))
    rows = [
        _turns_at(row_radius_px[begin::per_turn], radius, feed_px) + begin / per_turn
        for begin in first
    ]
    return TurnTable(turns=np.array(rows), first_px=float(radius[0]), step_px=step)


def _turns_at(there_px: np.ndarray, radius_px: np.ndarray, feed_px: float) -> np.ndarray:
    """Turns at each radius, by the radii of the turns at one angle; straight on beyond them."""
    turns = np.arange(len(there_px), dtype=float)
    if feed_px < 0:
        turns, there_px = turns[::-1], there_px[::-1]
    # a groove that locks passes the same radius twice
    there_px = np.maximum.accumulate(there_px + 1e-9 * np.arange(len(there_px)))
    beyond = radius_px - np.clip(radius_px, there_px[0], there_px[-1])
    return np.asarray(np.interp(radius_px, there_px, turns) + beyond / feed_px)
