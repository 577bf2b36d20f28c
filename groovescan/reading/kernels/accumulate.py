"""Sums of the tiles, added up for all rows and cells of the groove."""

from __future__ import annotations

import numpy as np

from groovescan.reading.kernels.layers import LANES
from groovescan.reading.kernels.model_arguments import RowState
from groovescan.reading.kernels.normal_equations import (
    CONTRAST_CONTRAST,
    CONTRAST_SIGNAL,
    CONTRAST_TARGET,
    FULL_HESSIAN,
    GRADIENT,
    HESSIAN,
    INWARD_SUMS,
    LEVEL_CONTRAST,
    LEVEL_LEVEL,
    LEVEL_SIGNAL,
    LEVEL_TARGET,
    OUTWARD_SUMS,
    OWN_SUMS,
    SUM_BUFFER,
)
from groovescan.runtime.array_types import Float32Vector, Float64Matrix, Int64Vector
from groovescan.runtime.jit import compiled, compiled_when_used

_FIRST_OF_CELL = np.uintp(LEVEL_LEVEL)


@compiled
def add_up(
    row: Int64Vector,
    sums: Float32Vector,
    hessian: Float32Vector,
    gradient: Float32Vector,
    full_hessian: Float32Vector,
    cell_sums: Float64Matrix,
    cell_rows: int,
    outward: int,
) -> None:
    """Add what `gather` gave to the sums of all rows, shape (rows,), and cells, (cells, 6)."""
    last = len(hessian) - 1
    for k in range(len(row)):
        at, r = np.uintp(k // LANES * SUM_BUFFER + k % LANES), row[np.uintp(k)]
        further, nearer = min(max(r + outward, 0), last), min(max(r - outward, 0), last)
        for place, groove in (
            (np.uintp(r), np.uintp(OWN_SUMS)),
            (np.uintp(further), np.uintp(OUTWARD_SUMS)),
            (np.uintp(nearer), np.uintp(INWARD_SUMS)),
        ):
            hessian[place] += sums[at + groove + np.uintp(HESSIAN)]
            gradient[place] += sums[at + groove + np.uintp(GRADIENT)]
            full_hessian[place] += sums[at + groove + np.uintp(FULL_HESSIAN)]
        cell = np.uintp(r // cell_rows)
        for n in range(6):  # from `LEVEL_LEVEL` to `SQUARE`
            of_line = _FIRST_OF_CELL + np.uintp(n * LANES)
            cell_sums[cell, np.uintp(n)] += sums[at + of_line]


@compiled_when_used
def add_apart(
    row: Int64Vector,
    sums: Float32Vector,
    state: RowState,
    doubt: float,
    cell_sums: Float64Matrix,
    cell_rows: int,
) -> None:
    """Add the equations of level and contrast, whatever the groove's signal is at each row.

    The signal is one more unknown of a row, with zero for its likeliest value. It is eliminated
    from the row's equations (Schur's complement), so that what is left tells of level and contrast
    alone.

    Parameters
    ----------
    row, sums
        The rows of a tile, and what `gather` gave of them.
    state : RowState
        What is known of each row.
    doubt : float
        Variance of the pixels' noise over that of the signal.
    cell_sums : ndarray of float64, shape (cells, 5)
        Three numbers of the matrix and two of the right side.
    cell_rows : int
        Rows per cell.
    """
    signal, contrast, level = state.signal, state.contrast, state.level
    for k in range(len(row)):
        at, r = k // LANES * SUM_BUFFER + k % LANES, row[k]
        cell = r // cell_rows
        one, other = sums[at + LEVEL_SIGNAL], sums[at + CONTRAST_SIGNAL]
        over = 1 / (sums[at + HESSIAN] + doubt)
        wanted = sums[at + GRADIENT] + one * level[r] + other * contrast[r] - doubt * signal[r]
        cell_sums[cell, 0] += sums[at + LEVEL_LEVEL] - one * one * over
        cell_sums[cell, 1] += sums[at + LEVEL_CONTRAST] - one * other * over
        cell_sums[cell, 2] += sums[at + CONTRAST_CONTRAST] - other * other * over
        cell_sums[cell, 3] += sums[at + LEVEL_TARGET] - one * wanted * over
        cell_sums[cell, 4] += sums[at + CONTRAST_TARGET] - other * wanted * over
