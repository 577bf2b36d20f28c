"""Loops over the samples of a strip: each is compared with the three grooves that it may show."""

from __future__ import annotations

import numpy as np

from groovescan.compiled import compiled, inlined

_ONE, _ZERO, _ROUND = np.float32(1), np.float32(0), np.float32(1.5)
_TINY = np.float32(1e-12)


@inlined
def _value(
    table: np.ndarray, across: np.float32, reach: np.float32, steps: np.float32
) -> np.float32:
    """What stands in one of a template's tables at a distance from the groove's middle."""
    place = int(min(max((across + reach) * steps + _ROUND, _ZERO), np.float32(len(table) - 1)))
    return table[place]


@compiled
def left_over(
    light: np.ndarray,
    offset: np.ndarray,
    land: tuple[np.ndarray, np.ndarray],
    grooves: tuple[np.ndarray, np.ndarray, np.ndarray],
    tables: tuple[np.ndarray, np.ndarray],
    reach: np.float32,
    steps: np.float32,
) -> tuple[np.ndarray, np.ndarray]:
    """What the model leaves of a strip, and its derivative by the displacement.

    Parameters
    ----------
    light : ndarray of float32, shape (rows, offsets)
    offset : ndarray of float32, shape (offsets,)
    land : tuple of ndarray of float32, shape (rows,)
        Level, and slope per px.
    grooves : tuple of ndarray of float32, shape (3, rows)
        Place, squareness and contrast of the groove and of its two neighbours.
    tables : tuple of ndarray of float32
        The template's value and slope.
    reach, steps : float32
        Of the tables, in px and per px.

    Returns
    -------
    rest, slope : ndarray of float32, shape (rows, offsets)
    """
    level, tilt = land
    at, square, contrast = grooves
    rest, slope = np.empty(light.shape, np.float32), np.empty(light.shape, np.float32)
    for r in range(light.shape[0]):
        for j in range(light.shape[1]):
            x = offset[j]
            left = light[r, j] - level[r] - tilt[r] * x
            for k in range(3):
                across = (x - at[k, r]) * square[k, r]
                left -= contrast[k, r] * _value(tables[0], across, reach, steps)
            rest[r, j] = left
            across = (x - at[0, r]) * square[0, r]
            steep = _value(tables[1], across, reach, steps)
            slope[r, j] = -contrast[0, r] * square[0, r] * steep
    return rest, slope


@compiled
def light_equations(
    light: np.ndarray,
    trust: np.ndarray,
    offset: np.ndarray,
    grooves: tuple[np.ndarray, np.ndarray, np.ndarray],
    value: np.ndarray,
    reach: np.float32,
    steps: np.float32,
    cell_rows: int,
    most_ratio: np.float32,
) -> tuple[np.ndarray, np.ndarray]:
    """Normal equations of level, slope and contrast, cell by cell.

    The neighbours enter at their contrast relative to the groove's own, as far as that is alike:
    where turns overlap, solving one while the others stand still would swing.

    Parameters
    ----------
    light, offset, grooves, reach, steps
        As for `left_over`.
    trust : ndarray of float32, shape (rows, offsets)
        Weight of each sample.
    value : ndarray of float32
        The template.
    cell_rows : int
        Rows of a cell.
    most_ratio : float32
        The largest relative contrast.

    Returns
    -------
    normal : ndarray of float64, shape (cells, 3, 3)
        The slope's place is the offset over the largest one.
    moment : ndarray of float64, shape (cells, 3)
    """
    at, square, contrast = grooves
    cells = light.shape[0] // cell_rows
    normal, moment = np.zeros((cells, 3, 3)), np.zeros((cells, 3))
    across_all = _ONE / offset[-1]
    for r in range(cells * cell_rows):
        own = contrast[0, r]
        w = wx = wxx = wg = wxg = wgg = wt = wxt = wgt = _ZERO
        for j in range(light.shape[1]):
            x, weight = offset[j], trust[r, j]
            groove = _value(value, (x - at[0, r]) * square[0, r], reach, steps)
            wanted = light[r, j]
            for k in range(1, 3):
                ratio = contrast[k, r] * own / (own * own + _TINY)
                ratio = min(max(ratio, _ZERO), most_ratio)
                beside = _value(value, (x - at[k, r]) * square[k, r], reach, steps)
                groove += ratio * beside
                wanted -= (contrast[k, r] - ratio * own) * beside
            x *= across_all
            w += weight
            wx += weight * x
            wxx += weight * x * x
            wg += weight * groove
            wxg += weight * x * groove
            wgg += weight * groove * groove
            wt += weight * wanted
            wxt += weight * x * wanted
            wgt += weight * groove * wanted
        c = r // cell_rows
        sums, target = normal[c], moment[c]
        sums[0, 0] += w
        sums[1, 1] += wxx
        sums[2, 2] += wgg
        sums[0, 1] += wx
        sums[0, 2] += wg
        sums[1, 2] += wxg
        target[0] += wt
        target[1] += wxt
        target[2] += wgt
    for c in range(cells):
        for a in range(3):
            for b in range(a):
                normal[c, a, b] = normal[c, b, a]
    return normal, moment
