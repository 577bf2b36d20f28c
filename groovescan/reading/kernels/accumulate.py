"""Sums of the tiles, added up for all rows and cells of the groove."""

from __future__ import annotations

import numpy as np

from groovescan.reading.kernels.layers import LANES
from groovescan.reading.kernels.normal_equations import SUMS
from groovescan.runtime.jit import compiled

_LINE = np.uintp(LANES)


@compiled
def add_up(
    row: np.ndarray,
    sums: np.ndarray,
    curvature: np.ndarray,
    moment: np.ndarray,
    whole: np.ndarray,
    cell_sums: np.ndarray,
    cell_rows: int,
    outward: int,
) -> None:
    """Add what `gather` gave to the sums of all rows, shape (rows,), and cells, (cells, 6)."""
    last = len(curvature) - 1
    for k in range(len(row)):
        at, r = np.uintp(k // LANES * LANES * SUMS + k % LANES), row[np.uintp(k)]
        further, nearer = min(max(r + outward, 0), last), min(max(r - outward, 0), last)
        for place in (np.uintp(r), np.uintp(further), np.uintp(nearer)):
            curvature[place] += sums[at]
            moment[place] += sums[at + _LINE]
            whole[place] += sums[at + _LINE + _LINE]
            at += _LINE + _LINE + _LINE
        cell = np.uintp(r // cell_rows)
        for n in range(6):
            cell_sums[cell, np.uintp(n)] += sums[at]
            at += _LINE


@compiled
def add_apart(
    row: np.ndarray,
    sums: np.ndarray,
    state: tuple[np.ndarray, ...],
    doubt: float,
    cell_sums: np.ndarray,
    cell_rows: int,
) -> None:
    """Add the equations of level and contrast, whatever it is that the groove carries at each row.

    What is carried is one more unknown of a row, with zero for its likeliest value. It is
    eliminated from the row's equations (Schur's complement), so that what is left tells of level
    and contrast alone.

    Parameters
    ----------
    row, sums
        The rows of a tile, and what `gather` gave of them.
    state : tuple of ndarray of float32, shape (rows,)
        What the groove carries, contrast, level, and more.
    doubt : float
        Variance of the pixels' noise over that of what is carried.
    cell_sums : ndarray of float64, shape (cells, 5)
        Three numbers of the matrix and two of the right side.
    cell_rows : int
        Rows per cell.
    """
    moved, contrast, level = state[0], state[1], state[2]
    for k in range(len(row)):
        at, r = k // LANES * LANES * SUMS + k % LANES, row[k]
        cell = r // cell_rows
        one, other = sums[at + 16 * LANES], sums[at + 17 * LANES]
        over = 1 / (sums[at] + doubt)
        wanted = sums[at + LANES] + one * level[r] + other * contrast[r] - doubt * moved[r]
        cell_sums[cell, 0] += sums[at + 9 * LANES] - one * one * over
        cell_sums[cell, 1] += sums[at + 10 * LANES] - one * other * over
        cell_sums[cell, 2] += sums[at + 11 * LANES] - other * other * over
        cell_sums[cell, 3] += sums[at + 12 * LANES] - one * wanted * over
        cell_sums[cell, 4] += sums[at + 13 * LANES] - other * wanted * over
