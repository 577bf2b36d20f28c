"""The path with most of a line in it through the unrolled disc (dynamic programming, Bellman 1957).

A place on a line counts for a path as much as one on land counts against it. The groove is fed one
way. A path that never turns back passes each place once: with a turn too few it leaves out a line,
with one too many it runs over land. So the best path has the right number of turns, and ends where
the line does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from groovescan.runtime.array_types import Float32Matrix
from groovescan.runtime.jit import compiled
from groovescan.strip.groove_extent.annulus import PRESENT, SECTORS, Annulus

#: Columns by which a path may rise from a sector to the next: a line that crosses fourteen pitches
#: in a fifth of a turn.
_MOST_COLUMNS = 3
#: What a place tells where nothing can be seen: a little against it, so that no path ends there.
_NOTHING_VISIBLE = -0.02
#: Reward of what no path leads to: less than any path has.
_NO_PATH = -1e12
#: Over so many sectors less than so much of a line is land. A steep line is blurred to half.
_LAND, _LAND_SECTORS = 0.35, 5
#: A line lies between the columns, and its sound moves it to and fro: its place is averaged over so
#: many columns, and a Gaussian of so many sectors.
_NEAR_COLUMNS, _SMOOTH_SECTORS = 3, 6.0


@dataclass(frozen=True, kw_only=True)
class LinePath:
    """A path through an annulus, from its first sector on.

    Attributes
    ----------
    turns : ndarray of float64, shape (steps,)
        Position of each step, in turns from where the annulus begins.
    rise_px : ndarray of float64, shape (steps,)
        Distance beyond the level.
    share : ndarray of float32, shape (steps,)
        How much of the groove's profile lies there.
    known : ndarray of bool, shape (steps,)
        Where it could be seen.
    """

    turns: np.ndarray
    rise_px: np.ndarray
    share: np.ndarray
    known: np.ndarray

    def up_to(self, step: int) -> LinePath:
        """The path's first steps."""
        part = slice(0, max(step, 1))
        return LinePath(
            turns=self.turns[part],
            rise_px=self.rise_px[part],
            share=self.share[part],
            known=self.known[part],
        )

    @property
    def on_land(self) -> np.ndarray:
        """Steps at which there should be a line, and is none."""
        near = ndimage.uniform_filter1d(np.clip(self.share, -1, 1), _LAND_SECTORS)
        return np.asarray(self.known & (near < _LAND))


def best_path(annulus: Annulus, most_turns: float, least_feed_px: float) -> LinePath:
    """The path with most of a line in it from the level's first sector, wherever it ends.

    Parameters
    ----------
    annulus : Annulus
        The unrolled disc.
    most_turns : float
        Length of the path at most, in turns.
    least_feed_px : float
        How far it rises in each turn at least: less than any two turns are apart. A path that could
        stay would run round and round beside a line whose level is off.
    """
    share = np.clip(annulus.share, -1, 1) - np.float32(PRESENT)
    reward = np.where(annulus.known, share, np.float32(_NOTHING_VISIBLE))
    reward = np.ascontiguousarray(reward, np.float32)
    start = int(annulus.column(np.zeros(1))[0])
    every = max(int(SECTORS * annulus.step_px / least_feed_px), 1)
    columns = _traced(reward, start, max(int(most_turns * SECTORS), 1), _MOST_COLUMNS, every)
    sector = np.arange(len(columns)) % SECTORS
    return LinePath(
        turns=(np.arange(len(columns)) + 0.5) / SECTORS,
        rise_px=_between_columns(annulus, columns),
        share=annulus.share[sector, columns],
        known=annulus.known[sector, columns],
    )


@compiled
def _traced(reward: Float32Matrix, start: int, steps: int, most: int, every: int) -> np.ndarray:
    """Columns of the best path; it begins in the column `start` or beside it.

    It rises by up to `most` columns a step, and one more `every` so many: columns are counted
    from one that rises so much.
    """
    sectors, columns = reward.shape
    total, rising = np.empty(columns), np.empty(columns)
    # column by column: Numba takes two seconds longer to compile arrays as a whole
    for column in range(columns):
        total[column] = 0.0 if start - 1 <= column <= start + 1 else _NO_PATH
    risen = np.empty((steps, columns), np.uint8)
    best, last, at = _NO_PATH, 0, start
    for step in range(min(steps, every * columns)):
        lifted = step // every
        for column in range(columns - lifted, columns):
            rising[column] = _NO_PATH
        for column in range(columns - lifted):
            most_before, by = total[column], 0
            for rise in range(1, min(most, column) + 1):
                if total[column - rise] > most_before:
                    most_before, by = total[column - rise], rise
            risen[step, column] = by
            rising[column] = most_before + reward[step % sectors, column + lifted]
            if rising[column] > best:
                best, last, at = rising[column], step, column
        for column in range(columns):
            total[column] = rising[column]
    path = np.empty(last + 1, np.int64)
    for step in range(last, -1, -1):
        path[step] = at + step // every
        at = at - int(risen[step, at])
    return path


def _between_columns(annulus: Annulus, columns: np.ndarray) -> np.ndarray:
    """Distance beyond the level of the line that a path follows, to a part of a column."""
    sector = (np.arange(len(columns)) % SECTORS)[:, None]
    near = columns[:, None] + np.arange(-_NEAR_COLUMNS, _NEAR_COLUMNS + 1)
    near = np.clip(near, 0, annulus.share.shape[1] - 1)
    weight = np.clip(annulus.share[sector, near], 0, 1) ** 2 + 1e-3
    rise = annulus.first_px + annulus.step_px * near
    moved, total = (
        ndimage.gaussian_filter1d(part.sum(axis=1).astype(float), _SMOOTH_SECTORS, mode="nearest")
        for part in (weight * rise, weight)
    )
    return np.asarray(moved / total)
