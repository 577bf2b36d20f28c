"""Loops over rows and cells that tell how certain a reading is.

Each does in one pass, in single precision where that is enough, what array operations do in ten.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from groovescan.runtime.array_types import Float32Vector, Float64StridedCube, Float64StridedMatrix
from groovescan.runtime.jit import compiled


@compiled
def taken_by_rows(
    hessian: Float32Vector, gradient: Float32Vector, whole: Float32Vector, cell_rows: int
) -> tuple[np.ndarray, np.ndarray]:
    """Squared residuals and degrees of freedom that the rows' own steps take, per cell.

    Parameters
    ----------
    hessian, gradient : ndarray of float32, shape (rows,)
        Normal equations of the steps.
    whole : ndarray of float32, shape (rows,)
        The Hessian as it would be if every pixel had the weight one.
    cell_rows : int
        Rows of a cell.

    Returns
    -------
    square, weight : ndarray of float64, shape (cells,)
        Sums of gradient^2 / Hessian, and of Hessian / whole: a row takes one degree of freedom.
    """
    cells = len(hessian) // cell_rows
    square, weight = np.zeros(cells), np.zeros(cells)
    for row in range(cells * cell_rows):
        if hessian[row] > 0:
            square[row // cell_rows] += gradient[row] * gradient[row] / hessian[row]
            weight[row // cell_rows] += hessian[row] / whole[row]
    return square, weight


@compiled
def taken_by_cells(
    normal: Float64StridedCube,
    target: Float64StridedMatrix,
    level: Float32Vector,
    contrast: Float32Vector,
    share: float,
) -> np.ndarray:
    """Squared residuals that each cell's own level and contrast take.

    Parameters
    ----------
    normal : ndarray of float64, shape (cells, 2, 2)
    target : ndarray of float64, shape (cells, 2)
        Normal equations of level and contrast.
    level, contrast : ndarray of float32, shape (rows,)
        What stands: the rows' means count.
    share : float
        Ridge over the trace of a cell's equations.

    Returns
    -------
    ndarray of float64, shape (cells,)
    """
    taken, many = np.empty(len(normal)), len(level) // len(normal)
    for cell in range(len(normal)):
        of_land = of_groove = 0.0
        for row in range(cell * many, (cell + 1) * many):
            of_land += level[row]
            of_groove += contrast[row]
        of_land, of_groove = of_land / many, of_groove / many
        a, b, c = normal[cell, 0, 0], normal[cell, 0, 1], normal[cell, 1, 1]
        one = target[cell, 0] - a * of_land - b * of_groove
        two = target[cell, 1] - b * of_land - c * of_groove
        ridge = share * (a + c) + 1e-20
        a, c = a + ridge, c + ridge
        taken[cell] = (c * one * one - 2 * b * one * two + a * two * two) / (a * c - b * b)
    return taken


class Limits(NamedTuple):
    """Limits of `judged`: see there."""

    ridge: float
    step: float
    profile: float
    dirt: float
    odd: float
    dirty: float
    clear: float
    own: float
    error: float


@compiled
def judged(
    state: tuple[Float32Vector, Float32Vector],
    equation: tuple[Float32Vector, Float32Vector, Float32Vector, Float32Vector],
    noises: tuple[Float32Vector, Float32Vector, Float32Vector],
    limits: Limits,
) -> tuple[np.ndarray, np.ndarray]:
    """Displacement and standard error of each row.

    Where the model leaves more than noise there is dirt that hides in the groove's own light. A
    loud groove, too, is not explained to the last bit: dirt leaves more than that.

    Parameters
    ----------
    state : tuple of ndarray of float32, shape (rows,)
        Displacement about which was read, and contrast.
    equation : tuple of ndarray of float32, shape (rows,)
        Hessian and gradient of each row's step; the Hessian round it, and as it would be if nothing
        were hidden.
    noises : tuple of ndarray of float32, shape (rows,)
        The pixels' noise widely and closely round each row, and about its own reading.
    limits : Limits
        What is added to the Hessian of a row's step; the largest displacement; the profile's
        error, and what more than noise may be dirt, over the contrast; noise round a row over that
        of its surroundings which is odd, and which is too much to believe it; the least share of
        what is hidden, and of the Hessian over the squared contrast; the largest error. A row
        beyond the last four is missing.

    Returns
    -------
    displacement, error : ndarray of float32, shape (rows,)
        The error is infinite where a row is missing.
    """
    moved, contrast = state
    hessian, gradient, near, whole = equation
    noise, close, fitted = noises
    displacement, error = np.empty(len(moved), np.float32), np.empty(len(moved), np.float32)
    missing, tiny = np.float32(np.inf), np.float32(1e-12)
    ridge, furthest, own = (
        np.float32(limits.ridge), np.float32(limits.step), np.float32(limits.own)
    )  # fmt: skip
    profile, dirt = np.float32(limits.profile), np.float32(limits.dirt)
    odd, dirty = np.float32(limits.odd), np.float32(limits.dirty)
    clear, most = np.float32(limits.clear), np.float32(limits.error)
    for row in range(len(moved)):
        light, information = abs(contrast[row]), hessian[row]
        step = gradient[row] / (information + ridge)
        displacement[row] = min(max(moved[row] + step, -furthest), furthest)
        about, here, shape = fitted[row], close[row], profile * light
        left = np.sqrt(about * about + shape * shape)
        if here > max(odd * noise[row], dirt * light):
            left = max(left, here)
        left /= np.sqrt(information + tiny)
        unread = here > max(dirty * noise[row], dirt * light)
        unread |= near[row] < clear * whole[row]
        unread |= information < own * (light * light + tiny)
        unread |= left > most
        error[row] = missing if unread else left
    return displacement, error
