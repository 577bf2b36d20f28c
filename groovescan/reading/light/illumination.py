"""Level of the land and contrast of the groove, from the equations of their cells."""

from __future__ import annotations

import numpy as np

from groovescan.profile.model_limits import CELL_ROWS, NEIGHBOUR_TURNS
from groovescan.reading.sweep import Sums
from groovescan.reading.tiles import RowGrid
from groovescan.runtime.threads import together
from groovescan.strip.row_loops import solved, solved_alone, some
from groovescan.strip.strip_model import smooth_cells

#: Equations are averaged over so many cells along the groove, and turns across it.
_SPREAD = (1.0, NEIGHBOUR_TURNS)


def light_of(grid: RowGrid, sums: Sums) -> tuple[np.ndarray, np.ndarray]:
    """Level and contrast of each cell.

    The equations of the cells, not their solutions, are averaged with those of their
    surroundings, so that cells without groove or light weigh nothing.

    Parameters
    ----------
    grid : RowGrid
        The rows along the groove.
    sums : Sums
        What a sweep gathered.

    Returns
    -------
    level, contrast : ndarray of float64, shape (cells,)
        Before and after the groove there is land alone.
    """
    alone = np.ones(len(sums.target), bool)
    alone[grid.samples_per_turn // CELL_ROWS : -(grid.samples_per_turn // CELL_ROWS)] = False
    found = None if sums.apart is None else _apart(grid, *sums.apart, alone)
    return _together(grid, sums.normal, sums.target, alone) if found is None else found


def sharpened(
    grid: RowGrid, sums: Sums, light: tuple[np.ndarray, np.ndarray], noise: float
) -> tuple[np.ndarray, np.ndarray]:
    """Level and contrast of the cells, nearer to each cell's own as far as noise allows.

    What is averaged over its surroundings misses what is fine in the film. A cell's own solution
    does not, but has more noise: how much more, its equation tells. The share of what is fine in
    the difference of both is that which noise does not explain (Wiener's filter). Where width or
    brightness carry the sound, a cell's own solution holds some of it, and nothing is changed.

    Parameters
    ----------
    grid : RowGrid
        The rows along the groove.
    sums : Sums
        What a sweep gathered.
    light : tuple of ndarray of float64, shape (cells,)
        Level and contrast, as `light_of` gives them.
    noise : float
        Standard deviation of the pixels' noise.

    Returns
    -------
    level, contrast : ndarray of float64, shape (cells,)
    """
    # Median of the square of a normal deviate.
    median_chi = 0.455
    if sums.apart is not None:
        return light
    per_turn = grid.samples_per_turn // CELL_ROWS
    inside = sums.weight > 0
    inside[:per_turn] = inside[-per_turn:] = False
    own, apart = solved_alone(sums.normal, sums.target, light, noise**2)

    def drawn(n: int) -> np.ndarray:
        """Values drawn towards each cell's own, as far as these differ by more than chance."""
        # where there is no groove nothing is told of its contrast
        told = some(apart[n])[some(inside)]
        usual = float(np.median(told)) if len(told) else 0.0
        share = max(1 - median_chi / (usual + 1e-9), 0.0)
        return light[n] + np.where(inside, share * (own[n] - light[n]), 0.0)

    level, contrast = together(lambda: drawn(0), lambda: drawn(1))
    return level, contrast


def smooth(
    grid: RowGrid, values: np.ndarray, spread: tuple[float, float], *, own: bool = True
) -> np.ndarray:
    """Cells averaged with their surroundings; what lies before and after the groove is apart."""
    per_turn = grid.samples_per_turn // CELL_ROWS
    parts = np.split(values, (per_turn, len(values) - per_turn))
    return np.concatenate([smooth_cells(part, per_turn, spread, own=own) for part in parts])


def _without_groove(
    normal: np.ndarray, target: np.ndarray, alone: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The equations, which know no contrast where there is land alone."""
    normal, target = normal.copy(), target.copy()
    normal[alone, 0, 1] = normal[alone, 1, 0] = target[alone, 1] = 0
    return normal, target


def _ridge(normal: np.ndarray, share: float) -> np.ndarray:
    size = np.trace(normal, axis1=1, axis2=2)
    return share * size + 0.1 * share * size.mean() + 1e-20


def _together(
    grid: RowGrid, normal: np.ndarray, target: np.ndarray, alone: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Level and contrast, both as local as each other."""
    normal, target = together(
        lambda: smooth(grid, normal, _SPREAD), lambda: smooth(grid, target, _SPREAD)
    )
    normal, target = _without_groove(normal, target, alone)
    level, contrast = solved(normal, target, _ridge(normal, 1e-5)).T
    return level, contrast


def _apart(
    grid: RowGrid, normal: np.ndarray, target: np.ndarray, alone: np.ndarray
) -> tuple[np.ndarray, np.ndarray] | None:
    """Level and contrast where either would take a slow sound for its own.

    The film is alike on turns that lie side by side, and the sound is not: so the level is
    averaged over more of them. What that leaves is averaged once more and added (twicing; Tukey
    1977, 16), which bends less where the film changes. Film takes of the groove's light what it
    takes of the land's. So their ratio is averaged, and so far that no sound is left in it. None
    where the ratio changes too quickly for that, as where bright grooves become dark ones.
    """
    # The same where the groove's width or brightness carries the sound: of the land's level, which
    # takes more to tell apart from the sound, and of the contrast, which is slower than any sound.
    land_spread = (1.0, 3.0)
    slow_spread = (8.0, 3.0)
    # Land that is darker than this share of the usual does not tell how large the contrast is.
    darkest = 0.1
    # A contrast is slow where a quick one predicts the turns beside it no better than by this
    # share.
    as_good = 0.002
    normal, target = _without_groove(normal, target, alone)
    around = smooth(grid, normal, land_spread)
    ridge = _ridge(around, 1e-6)
    found = solved(around, smooth(grid, target, land_spread), ridge)
    left = target - np.einsum("nij,nj->ni", normal, found)
    level = found[:, 0] + solved(around, smooth(grid, left, land_spread), ridge)[:, 0]
    light = np.maximum(level, darkest * np.median(level[~alone]))
    weight = light * light * normal[:, 1, 1]
    wanted = light * (target[:, 1] - normal[:, 0, 1] * level)
    slow, quick = (_predicted_light(grid, weight, wanted, s) for s in (slow_spread, _SPREAD))
    if slow < (1 - as_good) * quick:
        return None
    return level, np.where(alone, 0.0, light * _ratio(grid, weight, wanted, slow_spread))


def _ratio(
    grid: RowGrid,
    weight: np.ndarray,
    wanted: np.ndarray,
    spread: tuple[float, float],
    *,
    own: bool = True,
) -> np.ndarray:
    told = smooth(grid, weight, spread, own=own)
    return smooth(grid, wanted, spread, own=own) / (told + 1e-6 * told.mean() + 1e-20)


def _predicted_light(
    grid: RowGrid, weight: np.ndarray, wanted: np.ndarray, spread: tuple[float, float]
) -> float:
    """Light of the grooves that is predicted by their ratio on the turns beside them.

    Those know nothing of the sound of a turn, but of its film (cross-validation; Stone 1974).
    """
    ratio = _ratio(grid, weight, wanted, spread, own=False)
    return float(np.sum(ratio * (2 * wanted - weight * ratio)))


def groove_rows_only(grid: RowGrid, values: np.ndarray) -> np.ndarray:
    """The values of the groove's own rows, zero before and after it."""
    inside = np.zeros_like(values)
    inside[grid.groove] = values[grid.groove]
    return inside


def slope_across(grid: RowGrid, level: np.ndarray) -> np.ndarray:
    """Slope of the land across the groove, from the levels of the turns beside it, per px.

    Solved from the pixels of one turn it could not be told from a displacement.
    """
    # The land before and after the groove may be another: the turns themselves tell.
    per_turn, count = grid.samples_per_turn // CELL_ROWS, len(level)
    first, last, cell = per_turn, count - per_turn - 1, np.arange(count)
    within = np.where(cell < first, cell + per_turn, np.where(cell > last, cell - per_turn, cell))
    before = np.where(within - per_turn >= first, within - per_turn, within)
    after = np.where(within + per_turn <= last, within + per_turn, within)
    radius = grid.radius_px[CELL_ROWS // 2 :: CELL_ROWS]
    across = np.where(before == after, np.inf, radius[after] - radius[before])
    return (level[after] - level[before]) / across
