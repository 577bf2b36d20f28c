"""The rows of a photograph that shows a part of the disc.

A close-up shows the same part of every turn. Its rows are those of this part alone, turn after
turn: so what is held of rows goes with what is seen of them, and the row beside another is still as
many rows away as a turn has.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from groovescan.core.geometry.projection import projection_of
from groovescan.core.results import GrooveMap

#: Rows are taken by blocks of so many: a turn has a whole number of them, and they of cells.
BLOCK_ROWS = 64


@dataclass(frozen=True, kw_only=True, eq=False)
class ShownRows:
    """Blocks of rows that are shown of every turn.

    Attributes
    ----------
    per_turn : int
        Rows of a whole turn.
    blocks : ndarray of bool, shape (per_turn / BLOCK_ROWS,)
        Which blocks of a turn, from the angle at which the groove starts.
    """

    per_turn: int
    blocks: np.ndarray

    @property
    def of_turn(self) -> int:
        """How many rows of a turn are shown."""
        return BLOCK_ROWS * int(self.blocks.sum())

    def rows(self, count: int) -> np.ndarray:
        """Those that are shown of so many rows, a whole number of blocks; int32, ascending."""
        blocks = count // BLOCK_ROWS
        turns = -(-blocks // len(self.blocks))
        first = BLOCK_ROWS * np.flatnonzero(np.tile(self.blocks, turns)[:blocks]).astype(np.int32)
        return (first[:, None] + np.arange(BLOCK_ROWS, dtype=np.int32)).ravel()

    def at(self, index: np.ndarray) -> np.ndarray:
        """The rows that have these indices among those that are shown."""
        place = np.flatnonzero(self.blocks)
        turn, within = np.divmod(index, self.of_turn)
        block, row = np.divmod(within, BLOCK_ROWS)
        return np.asarray(turn * self.per_turn + BLOCK_ROWS * place[block] + row)

    def narrowed(self, radius_px: np.ndarray, phase_turns: np.ndarray) -> tuple[np.ndarray, ...]:
        """Radius and phase of pixels where a turn has the rows that are shown alone.

        Pixels on other rows are put into the centre, where no groove is.

        Parameters
        ----------
        radius_px, phase_turns : ndarray of float64
            Of a block of pixels, the phase without a jump.
        """
        first, last = float(phase_turns.min()), float(phase_turns.max())
        row = (np.array([first, (first + last) / 2, last]) - np.floor(first)) * self.per_turn
        block = np.arange(int(row[0]) // BLOCK_ROWS, int(row[2]) // BLOCK_ROWS + 1)
        if self.blocks[block % len(self.blocks)].all():
            # all of one run of blocks: the phase goes on evenly
            ahead = phase_turns - (first + last) / 2
            middle = self._at(np.array([(first + last) / 2]))[0]
            return radius_px, middle + ahead * (self.per_turn / self.of_turn)
        within = (np.mod(phase_turns, 1.0) * len(self.blocks)).astype(int) % len(self.blocks)
        return np.where(self.blocks[within], radius_px, 0.0), self._at(phase_turns)

    def _at(self, phase_turns: np.ndarray) -> np.ndarray:
        """The phase where a turn has the rows that are shown alone."""
        whole = np.floor(phase_turns)
        place = (phase_turns - whole) * len(self.blocks)
        block = np.minimum(place.astype(int), len(self.blocks) - 1)
        before = np.cumsum(self.blocks) - self.blocks
        ahead = np.where(self.blocks[block], place - block, 0.0)
        return np.asarray(whole + (before[block] + ahead) / max(int(self.blocks.sum()), 1))


def shown_rows(
    groove_map: GrooveMap,
    per_turn: int,
    shape: tuple[int, int],
    covers: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None,
) -> ShownRows | None:
    """The rows that a photograph shows; None where that is most of the disc.

    Parameters
    ----------
    groove_map : GrooveMap
        Where the groove runs in the photograph.
    per_turn : int
        Rows of a turn, a whole number of blocks.
    shape : tuple of int
        Rows and columns of the photograph.
    covers : callable, optional
        Whether places, (x, y), are looked at.
    """
    # Where it shows so much of a turn, leaving rows out gains little.
    most = 0.8
    # Places are looked at at so many radii, and what lies within so many blocks of one that is
    # shown counts as shown: the edge of a photograph may run between two radii.
    radii, beside = 17, 3
    inner, outer = float(groove_map.radius_px.min()), float(groove_map.radius_px.max())
    count = per_turn // BLOCK_ROWS
    turns = (np.arange(count) + 0.5) / count
    angle = groove_map.start_rad + 2 * np.pi * groove_map.direction * turns
    radius, angle = np.meshgrid(np.linspace(inner, outer, radii), angle)
    x, y = projection_of(groove_map).project(radius, angle)
    margin = (outer - inner) / (radii - 1) + 2 * np.pi * outer / count
    seen = (x > -margin) & (x < shape[1] + margin) & (y > -margin) & (y < shape[0] + margin)
    if covers is not None:
        seen &= covers(x, y)
    blocks = ndimage.maximum_filter1d(seen.any(axis=1), 2 * beside + 1, mode="wrap")
    if not blocks.any() or blocks.mean() > most:
        return None
    return ShownRows(per_turn=per_turn, blocks=blocks)
