"""Quality-guided phase unwrapping, the same for every call.

Neighbouring cells are joined in the order of how reliable they are, and each tree so formed takes
its steps round the shorter way (Herraez, Burton, Lalor and Gdeisat 2002). That is the minimum
spanning tree of the graph of neighbours. The unwrapping of scikit-image joins cells beside a mask
in the order of chance, another one in every call, and its results are not to be had twice.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage, sparse
from scipy.sparse import csgraph

#: What the step to a cell costs of which no second difference is known, so that it is joined last:
#: no sum of squared differences is that large.
_UNKNOWN = 1e3


def unwrapped_phase(
    phase_rad: np.ndarray,
    known: np.ndarray,
    *,
    part: np.ndarray | None = None,
    closed: tuple[bool, bool] = (True, False),
) -> np.ndarray:
    """Add whole turns to a phase so that it goes on from cell to cell.

    Parameters
    ----------
    phase_rad : ndarray of float64, shape (rows, columns)
        The wrapped phase.
    known : ndarray of bool, shape (rows, columns)
        Where it is known.
    part : ndarray of int, shape (rows, columns), optional
        Number of the part that each cell belongs to; those of different parts are not joined.
    closed : tuple of bool
        Whether the last row is the neighbour of the first one, and the last column that of the
        first.

    Returns
    -------
    ndarray of float64, shape (rows, columns)
        The phase with whole turns added: of each connected part its own; unchanged where it is not
        known.
    """
    if not known.any():
        return phase_rad.copy()
    cost = _cost(phase_rad, known, closed)
    first, second, weight = _edges(phase_rad, known, cost, closed)
    if part is not None:
        same = part.ravel()[first] == part.ravel()[second]
        first, second, weight = first[same], second[same], weight[same]
    turns = _turns_along(_tree(first, second, weight, phase_rad.size), phase_rad.ravel())
    return phase_rad + 2 * np.pi * turns.reshape(phase_rad.shape)


def _wrapped(step: np.ndarray) -> np.ndarray:
    return step - 2 * np.pi * np.rint(step / (2 * np.pi))


def _beside(cells: np.ndarray, down: int, across: int, closed: tuple[bool, bool]) -> np.ndarray:
    """Each cell's neighbour; not a number beyond an edge that is not closed."""
    moved = np.roll(cells, (-down, -across), axis=(0, 1))
    for axis, way in enumerate((down, across)):
        if way and not closed[axis]:
            edge = [slice(None)] * 2
            edge[axis] = slice(-1, None) if way > 0 else slice(0, 1)
            moved[tuple(edge)] = np.nan
    return moved


def _cost(phase_rad: np.ndarray, known: np.ndarray, closed: tuple[bool, bool]) -> np.ndarray:
    """Sum of the squared second differences of each cell in four directions: small is reliable."""
    cells = np.where(known, phase_rad, np.nan)
    total, count = np.zeros(cells.shape), np.zeros(cells.shape)
    for down, across in ((0, 1), (1, 0), (1, 1), (1, -1)):
        after, before = (_beside(cells, s * down, s * across, closed) for s in (1, -1))
        square = (_wrapped(after - cells) - _wrapped(cells - before)) ** 2
        there = np.isfinite(square)
        total, count = total + np.where(there, square, 0), count + there
    # of what lies beside a mask less is known, and it goes later
    return np.where(count > 0, total * (4 / np.maximum(count, 1)) ** 2, _UNKNOWN)


def _edges(
    phase_rad: np.ndarray, known: np.ndarray, cost: np.ndarray, closed: tuple[bool, bool]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of neighbours that are both known, and what joining them costs, above zero."""
    index = np.where(known, np.arange(known.size, dtype=float).reshape(known.shape), np.nan)
    found = []
    for down, across in ((1, 0), (0, 1)):
        other = _beside(index, down, across, closed)
        pairs = np.isfinite(index) & np.isfinite(other)
        one, two = index[pairs].astype(np.int64), other[pairs].astype(np.int64)
        # among cells of which no more is known the smaller step goes first
        step = _wrapped(phase_rad.ravel()[two] - phase_rad.ravel()[one])
        found.append((one, two, cost.ravel()[one] + cost.ravel()[two] + 1e-9 * (1 + step**2)))
    first, second, weight = (np.concatenate(part) for part in zip(*found, strict=True))
    return first, second, weight


def _tree(first: np.ndarray, second: np.ndarray, weight: np.ndarray, count: int) -> np.ndarray:
    """The parent of each cell in the minimum spanning forest; a root is its own parent."""
    graph = sparse.coo_array((weight, (first, second)), shape=(count, count)).tocsr()
    forest = csgraph.minimum_spanning_tree(graph)
    _, part = csgraph.connected_components(forest, directed=False)
    roots = np.unique(part, return_index=True)[1]
    # one node more, from which all parts are reached at once
    branch, leaf = forest.nonzero()
    ends = np.concatenate([branch, np.full(len(roots), count)]), np.concatenate([leaf, roots])
    joined = sparse.coo_array((np.ones(len(ends[0])), ends), shape=(count + 1, count + 1)).tocsr()
    parent = csgraph.breadth_first_order(joined, count, directed=False)[1][:count]
    return np.where(parent == count, np.arange(count), parent)


def _turns_along(parent: np.ndarray, phase_rad: np.ndarray) -> np.ndarray:
    """Whole turns to add to each cell: those of the steps from its root, summed by doubling."""
    turns = -np.rint((phase_rad - phase_rad[parent]) / (2 * np.pi))
    while (parent != parent[parent]).any():
        turns = turns + turns[parent]
        parent = parent[parent]
    return turns


def largest_part(good: np.ndarray) -> np.ndarray:
    """The largest connected part, round the disc."""
    labels, count = ndimage.label(good)
    seam = (labels[0] > 0) & (labels[-1] > 0)
    for low, high in np.unique(labels[[0, -1]][:, seam], axis=1).T:
        labels[labels == high] = low
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    sizes[0] = 0
    return labels == sizes.argmax() if count else good
