"""What the tiles gave, added up for all rows and cells of the groove."""

from __future__ import annotations

import numpy as np

from groovescan.compiled import compiled
from groovescan.groove.layers import LANES
from groovescan.groove.pixels import SUMS


@compiled
def add_up(
    row: np.ndarray,
    sums: np.ndarray,
    row_sums: np.ndarray,
    cell_sums: np.ndarray,
    cell_rows: int,
    outward: int,
) -> None:
    """Add what `gather` gave to the sums of all rows, shape (3, rows), and cells, (cells, 6)."""
    last = row_sums.shape[1] - 1
    for k in range(len(row)):
        at, r = k // LANES * LANES * SUMS + k % LANES, row[k]
        further, nearer = min(max(r + outward, 0), last), min(max(r - outward, 0), last)
        cell = r // cell_rows
        for n in range(3):
            row_sums[n, r] += sums[at + n * LANES]
            row_sums[n, further] += sums[at + (3 + n) * LANES]
            row_sums[n, nearer] += sums[at + (6 + n) * LANES]
        for n in range(6):
            cell_sums[cell, n] += sums[at + (9 + n) * LANES]


@compiled
def add_costs(row: np.ndarray, found: np.ndarray, cost: np.ndarray) -> None:
    """Add what `misfits` gave to the costs of all rows, shape (t, rows)."""
    for t in range(len(found)):
        for k in range(len(row)):
            if found[t, k] != 0:  # what is not touched takes no memory
                cost[t, row[k]] += found[t, k]
