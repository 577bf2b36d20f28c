"""Loops over the rows of a groove, of which a long side has millions.

Each does in one pass, in single precision, what array operations do in ten.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from groovescan.runtime.array_types import (
    Float32Matrix,
    Float32Vector,
    Float64Cube,
    Float64Matrix,
    Float64StridedCube,
    Float64StridedMatrix,
    Float64StridedVector,
    Float64Vector,
    FloatVector,
    Int64Vector,
)
from groovescan.runtime.jit import compiled, fused, fused_part

#: So many values tell a median or a percentile as well as all of them.
_ENOUGH = 200_000
#: Gaussian by which a slope is told, in rows, and how far it is reckoned: beyond 3.7 sigma a
#: Gaussian's slope is under 0.5 % of its largest.
_SLOPE_SIGMA, _SLOPE_REACH = 0.8, 3
#: So many rows stay near the processor.
_AT_ONCE = 4096
#: Of single precision: beside a double all would become double.
_HALF, _ONE = np.float32(0.5), np.float32(1)


def some(values: np.ndarray) -> np.ndarray:
    """An even sample of many values, from which to tell what is usual."""
    return values[:: max(1, len(values) // _ENOUGH)]


@compiled
def between(values: FloatVector, step: int, count: int) -> np.ndarray:
    """Linear interpolation of values that stand in the middle of every `step` rows.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Before the first and after the last they stay as they are.
    step, count : int
        Rows from one value to the next, and all rows.

    Returns
    -------
    ndarray of float32, shape (count,)
    """
    found = np.empty(count, np.float32)
    last = len(values) - 1
    for cell in range(-1, last + 1):
        begin = values[max(cell, 0)]
        rise = (values[min(cell + 1, last)] - begin) / step
        # The middle lies between two rows where `step` is even.
        middle = cell * step + (step - 1) * 0.5
        first = int(np.ceil(middle))
        for row in range(max(first, 0), min(first + step, count)):
            found[row] = begin + rise * (row - middle)
    for row in range(min(last * step + step // 2, count), count):
        found[row] = values[last]
    return found


@compiled
def between_any(count: int, per_turn: int, turns: Float64Vector, values: FloatVector) -> np.ndarray:
    """Linear interpolation to rows, the first of them a turn before zero.

    Parameters
    ----------
    count, per_turn : int
        Rows, and rows per turn.
    turns : ndarray of float64, shape (n,)
        Where the values stand, ascending.
    values : ndarray, shape (n,)

    Returns
    -------
    ndarray of float32, shape (count,)
    """
    found, k, last = np.empty(count, np.float32), 0, len(turns) - 1
    for row in range(count):
        at = row / per_turn - 1
        while k < last - 1 and turns[k + 1] <= at:
            k += 1
        following = min(k + 1, last)
        gap = turns[following] - turns[k]
        share = min(max((at - turns[k]) / gap, 0.0), 1.0) if gap > 0 else 0.0
        found[row] = values[k] + share * (values[following] - values[k])
    return found


def squareness(displacement_px: np.ndarray, radius_px: np.ndarray, per_turn: int) -> np.ndarray:
    """Cosine of the angle between the groove and the spiral, per row.

    Across the spiral, a groove that runs aslant looks wider by its inverse.
    """
    impulse = np.zeros(2 * _SLOPE_REACH + 1, np.float32)
    impulse[_SLOPE_REACH] = 1
    # A Gaussian's derivative, told from row to row; it is odd.
    kernel = ndimage.gaussian_filter1d(impulse, _SLOPE_SIGMA, order=1, mode="constant")
    beside = kernel[:_SLOPE_REACH][::-1] * np.float32(per_turn / (2 * np.pi))
    found, reach = np.empty(len(displacement_px), np.float32), _SLOPE_REACH
    inner = slice(reach, max(len(found) - reach, reach))
    _square(displacement_px, radius_px[inner], tuple(beside), found[inner])
    # beyond the ends the first and the last row are repeated
    for end in (slice(0, reach), slice(max(len(found) - reach, 0), None)):
        near = np.arange(*end.indices(len(found)))
        around = np.arange(near[0] - reach, near[-1] + reach + 1).clip(0, len(found) - 1)
        some = np.empty(len(near), np.float32)
        _square(displacement_px[around], radius_px[near], tuple(beside), some)
        found[near] = some
    return found


@fused
def _square(
    moved: Float32Vector,
    radius: Float64Vector,
    beside: tuple[np.float32, np.float32, np.float32],
    found: Float32Vector,
) -> None:
    """One over the root of one plus the square of the slope, of rows with three more at each end.

    `beside` are the kernel's weights one, two and three rows on, per radian.
    """
    one, two, three = beside
    for row in range(len(found)):
        rise = one * (moved[row + 4] - moved[row + 2])
        rise += two * (moved[row + 5] - moved[row + 1])
        rise += three * (moved[row + 6] - moved[row])
        slope = rise / np.float32(radius[row])
        found[row] = _ONE / np.sqrt(_ONE + slope * slope)


@compiled
def solved(normal: Float64Cube, target: Float64Matrix, ridge: Float64Vector) -> np.ndarray:
    """Solutions of symmetric equations of two unknowns, with a ridge each; shape (n, 2)."""
    found = np.empty((len(target), 2))
    for k in range(len(target)):
        a, b, c = normal[k, 0, 0] + ridge[k], normal[k, 0, 1], normal[k, 1, 1] + ridge[k]
        one, two = target[k, 0], target[k, 1]
        over = 1 / (a * c - b * b)
        found[k, 0], found[k, 1] = over * (c * one - b * two), over * (a * two - b * one)
    return found


@compiled
def solved_alone(
    normal: Float64StridedCube,
    target: Float64StridedMatrix,
    other: tuple[Float64StridedVector, Float64StridedVector],
    variance: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Each equation's own solution, and how far it is from another.

    Parameters
    ----------
    normal : ndarray of float64, shape (n, 2, 2)
    target : ndarray of float64, shape (n, 2)
    other : tuple of ndarray of float64, shape (n,)
        First and second unknown of the other.
    variance : float
        Of what was seen.

    Returns
    -------
    own, apart : ndarray of float64, shape (2, n)
        The solution; the square of its distance, over its variance.
    """
    own, apart = np.empty((2, len(target))), np.empty((2, len(target)))
    for k in range(len(target)):
        a, b, c = normal[k, 0, 0], normal[k, 0, 1], normal[k, 1, 1]
        one, two, size = target[k, 0], target[k, 1], a + c
        free = a * c - b * b + 1e-9 * size * size + 1e-30
        ridge = 1e-5 * size + 1e-20
        over = 1 / ((a + ridge) * (c + ridge) - b * b)
        own[0, k] = over * ((c + ridge) * one - b * two)
        own[1, k] = over * ((a + ridge) * two - b * one)
        for n, opposite in enumerate((c, a)):
            away = own[n, k] - other[n][k]
            apart[n, k] = away * away / max(variance * opposite / free, 1e-30)
    return own, apart


@compiled
def cheapest(
    row: Int64Vector,
    cost: Float32Matrix,
    more: Float32Vector,
    tried: Float32Vector,
    value: Float32Vector,
    worth: np.float32,
    far: np.float32,
) -> np.ndarray:
    """Rows moved to what costs them the least, the rows beside each counted, too.

    Parameters
    ----------
    row : ndarray of int64, shape (m,)
        The rows that may move, ascending: the others stay as they are, and cost nothing.
    cost : ndarray of float32, shape (m, n)
        Of each choice.
    more : ndarray of float32, shape (n,)
        What a choice costs beside that.
    tried : ndarray of float32, shape (n,)
        The choices, two or more, evenly spaced.
    value : ndarray of float32, shape (rows,)
        What stands: it costs what the nearest choice does.
    worth, far : float32
        A row moves where that saves more than the one, and leads further than the other.

    Returns
    -------
    ndarray of float32, shape (rows,)
    """
    moved, last, step = value.copy(), len(tried) - 1, tried[1] - tried[0]
    total = np.empty(len(tried), np.float32)
    for k in range(len(row)):
        for n in range(last + 1):
            total[n] = cost[k, n] + more[n]
        for beside in (-1, 1):
            # before the first and after the last row they are repeated
            other = min(max(row[k] + beside, 0), len(value) - 1)
            at = k + other - row[k]
            if 0 <= at < len(row) and row[at] == other:
                for n in range(last + 1):
                    total[n] += cost[at, n]
        now = min(max(int(np.rint((value[row[k]] - tried[0]) / step)), 0), last)
        best = 0
        for n in range(1, last + 1):
            if total[n] < total[best]:
                best = n
        if total[now] - total[best] > worth and abs(tried[best] - value[row[k]]) > far:
            moved[row[k]] = tried[best]
    return moved


@compiled
def added(row: Int64Vector, values: Float32Matrix) -> tuple[np.ndarray, np.ndarray]:
    """Values of the same row added up.

    Parameters
    ----------
    row : ndarray of int64, shape (k,)
        Ascending.
    values : ndarray of float32, shape (k, n)

    Returns
    -------
    row : ndarray of int64, shape (m,)
        Each once.
    total : ndarray of float32, shape (m, n)
    """
    once, total, count = row.copy(), values.copy(), 0
    for k in range(len(row)):
        if k and row[k] == row[k - 1]:
            for n in range(values.shape[1]):
                total[count - 1, n] += values[k, n]
            continue
        once[count] = row[k]
        for n in range(values.shape[1]):
            total[count, n] = values[k, n]
        count += 1
    return once[:count], total[:count]


@compiled
def mean_of_near(values: Float32Vector, rows: int) -> np.ndarray:
    """Mean of so many rows about each, an odd number; at the ends they are mirrored."""
    count, reach = len(values), rows // 2
    found, share = np.zeros(count, np.float32), np.float32(1 / rows)
    # far from the ends so many rows at a time, several of them at once
    first, end = min(reach, count), max(count - reach, min(reach, count))
    for begin in range(first, end, _AT_ONCE):
        stop = min(begin + _AT_ONCE, end)
        for away in range(-reach, reach + 1):
            _add_share(found[begin:stop], values[begin + away : stop + away], share)
    for k in range(first + count - end):
        row = k if k < first else k - first + end
        for at in range(row - reach, row + reach + 1):
            if at < 0:
                at = -at - 1
            elif at >= count:
                at = 2 * count - at - 1
            found[row] += values[min(max(at, 0), count - 1)] * share
    return found


@fused_part
def _add_share(found: np.ndarray, values: np.ndarray, share: np.float32) -> None:
    for row in range(len(found)):
        found[row] += values[row] * share


@compiled
def power_and_noise(values: Float32Vector, error: Float32Vector) -> tuple[float, float]:
    """Mean square of values, each weighing by one over its error squared, and that of the errors.

    Parameters
    ----------
    values, error : ndarray of float, shape (n,)
        An error may be infinite: such a value does not count.

    Returns
    -------
    tuple of float
        The harmonic mean of the errors squared; both are zero where nothing counts.
    """
    power = total = 0.0
    count = 0
    for row in range(len(values)):
        if np.isfinite(error[row]):
            weight = 1 / (float(error[row]) * error[row])
            power += weight * values[row] * values[row]
            total += weight
            count += 1
    return (power / total, count / total) if count else (0.0, 0.0)
