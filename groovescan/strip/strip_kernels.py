"""Loops over the samples of a strip: each is compared with the three grooves that it may show."""

from __future__ import annotations

import numpy as np

from groovescan.runtime.array_types import (
    Float32ConstantMatrix,
    Float32Matrix,
    Float32Vector,
    Float64Cube,
    Float64Matrix,
)
from groovescan.runtime.jit import compiled, fused, inlined
from groovescan.strip.strip_arguments import GrooveRows, LandRows, TemplateTables

#: Of single precision. A place is rounded by adding a half, and one for the table's first entry,
#: which stands for all that lies before it.
_ONE, _ZERO, _ROUND = np.float32(1), np.float32(0), np.float32(1.5)
#: Keeps a row without contrast from a division by zero.
_TINY = np.float32(1e-12)


@inlined
def _place(across: np.float32, reach: np.float32, steps: np.float32, last: np.float32) -> np.uint32:
    """Where a distance from the groove's middle lies in a template's tables.

    Without a sign, which would be asked for at every place, several are looked up at once.
    """
    return np.uint32(np.int32(min(max((across + reach) * steps + _ROUND, _ZERO), last)))


@fused
def left_over(
    light: Float32Matrix,
    offset: Float32Vector,
    land: LandRows,
    grooves: GrooveRows,
    template: TemplateTables,
) -> tuple[np.ndarray, np.ndarray]:
    """Residual of a strip under the model, and the model's derivative by the displacement.

    Parameters
    ----------
    light : ndarray of float32, shape (rows, offsets)
    offset : ndarray of float32, shape (offsets,)
    land : LandRows
    grooves : GrooveRows
    template : TemplateTables

    Returns
    -------
    rest, slope : ndarray of float32, shape (rows, offsets)
    """
    place_px, square, contrast = grooves.place_px, grooves.squareness, grooves.contrast
    value, reach, steps = template.value, template.reach_px, template.steps_per_px
    last = np.float32(len(value) - 1)
    rest, slope = np.empty(light.shape, np.float32), np.empty(light.shape, np.float32)
    for r in range(light.shape[0]):
        level, tilt = land.level[r], land.tilt[r]
        here, before, after = place_px[0, r], place_px[1, r], place_px[2, r]
        narrow, narrow_before, narrow_after = square[0, r], square[1, r], square[2, r]
        own, own_before, own_after = contrast[0, r], contrast[1, r], contrast[2, r]
        turned = -own * narrow
        for j in range(light.shape[1]):
            x = offset[j]
            place = _place((x - here) * narrow, reach, steps, last)
            one = _place((x - before) * narrow_before, reach, steps, last)
            other = _place((x - after) * narrow_after, reach, steps, last)
            beside = own_before * value[one] + own_after * value[other]
            rest[r, j] = light[r, j] - level - tilt * x - own * value[place] - beside
            slope[r, j] = turned * template.slope[place]
    return rest, slope


@fused
def light_equations(
    light: Float32Matrix,
    trust: Float32Matrix,
    offset: Float32Vector,
    grooves: GrooveRows,
    template: TemplateTables,
    cell_rows: int,
    most_ratio: np.float32,
) -> tuple[np.ndarray, np.ndarray]:
    """Normal equations of level, slope and contrast, cell by cell.

    The neighbours enter at their contrast relative to the groove's own, as far as that is alike:
    where turns overlap, solving one while the others stand still would swing.

    Parameters
    ----------
    light, offset, grooves, template
        As for `left_over`.
    trust : ndarray of float32, shape (rows, offsets)
        Weight of each sample.
    cell_rows : int
        Rows of a cell.
    most_ratio : float32
        The largest relative contrast.

    Returns
    -------
    normal : ndarray of float64, shape (cells, 3, 3)
        The slope's place is the offset over the largest one.
    right_hand : ndarray of float64, shape (cells, 3)
    """
    place_px, square, contrast = grooves.place_px, grooves.squareness, grooves.contrast
    value, reach, steps = template.value, template.reach_px, template.steps_per_px
    cells, last = light.shape[0] // cell_rows, np.float32(len(value) - 1)
    normal, right_hand = np.zeros((cells, 3, 3)), np.zeros((cells, 3))
    across_all = _ONE / offset[-1]
    for r in range(cells * cell_rows):
        here, before, after = place_px[0, r], place_px[1, r], place_px[2, r]
        narrow, narrow_before, narrow_after = square[0, r], square[1, r], square[2, r]
        own = contrast[0, r]
        over = own / (own * own + _TINY)
        ratio_before = min(max(contrast[1, r] * over, _ZERO), most_ratio)
        ratio_after = min(max(contrast[2, r] * over, _ZERO), most_ratio)
        known_before = contrast[1, r] - ratio_before * own
        known_after = contrast[2, r] - ratio_after * own
        w = wx = wxx = wg = wxg = wgg = wt = wxt = wgt = _ZERO
        for j in range(light.shape[1]):
            x, weight = offset[j], trust[r, j]
            one = value[_place((x - before) * narrow_before, reach, steps, last)]
            other = value[_place((x - after) * narrow_after, reach, steps, last)]
            groove = value[_place((x - here) * narrow, reach, steps, last)]
            groove += ratio_before * one + ratio_after * other
            wanted = light[r, j] - known_before * one - known_after * other
            x *= across_all
            aslant, lit = weight * x, weight * groove
            w += weight
            wx += aslant
            wxx += aslant * x
            wg += lit
            wxg += lit * x
            wgg += lit * groove
            wt += weight * wanted
            wxt += aslant * wanted
            wgt += lit * wanted
        c = r // cell_rows
        sums, target = normal[c], right_hand[c]
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
    return normal, right_hand


@compiled
def lights(normal: Float64Cube, right_hand: Float64Matrix) -> np.ndarray:
    """Level, slope and contrast of each cell, from its equations; shape (cells, 3).

    A ridge keeps a cell without groove, or without light, from saying anything.
    """
    found, mean = np.empty_like(right_hand), 0.0
    for c in range(len(right_hand)):
        mean += (normal[c, 0, 0] + normal[c, 1, 1] + normal[c, 2, 2]) / len(right_hand)
    for c in range(len(right_hand)):
        size = normal[c, 0, 0] + normal[c, 1, 1] + normal[c, 2, 2]
        ridge = 1e-5 * size + 1e-6 * mean + 1e-20
        a, b, d = normal[c, 0, 0] + ridge, normal[c, 0, 1], normal[c, 0, 2]
        # the triangle whose square the matrix is (Cholesky), without its roots
        low, lower = b / a, d / a
        e = normal[c, 1, 1] + ridge - low * b
        lowest = (normal[c, 1, 2] - lower * b) / e
        f = normal[c, 2, 2] + ridge - lower * d - lowest * lowest * e
        second = right_hand[c, 1] - low * right_hand[c, 0]
        third = right_hand[c, 2] - lower * right_hand[c, 0] - lowest * second
        found[c, 2] = third / f
        found[c, 1] = second / e - lowest * found[c, 2]
        found[c, 0] = right_hand[c, 0] / a - low * found[c, 1] - lower * found[c, 2]
    return found


@fused
def steps_of(
    rest: Float32Matrix, slope: Float32Matrix, trust: Float32Matrix
) -> tuple[np.ndarray, np.ndarray]:
    """Normal equation of each row's displacement.

    Parameters
    ----------
    rest, slope, trust : ndarray of float32, shape (rows, offsets)
        As for `left_over`, and the weight of each sample.

    Returns
    -------
    gradient, hessian : ndarray of float32, shape (rows,)
        Weighted sums of `slope` times `rest`, and of its square.
    """
    gradient, hessian = np.empty(len(rest), np.float32), np.empty(len(rest), np.float32)
    for r in range(len(rest)):
        first = second = _ZERO
        for j in range(rest.shape[1]):
            weighted = trust[r, j] * slope[r, j]
            first += weighted * rest[r, j]
            second += weighted * slope[r, j]
        gradient[r], hessian[r] = first, second
    return gradient, hessian


@fused
def certainty(
    rest: Float32Matrix,
    trust: Float32Matrix,
    offset: Float32Vector,
    at: Float32Vector,
    square: Float32Vector,
    template: TemplateTables,
) -> np.ndarray:
    """Sums of each row by which to tell how well its displacement is known.

    Parameters
    ----------
    rest, trust : ndarray of float32, shape (rows, offsets)
        What the model leaves, and the weight of each sample.
    offset, template
        As for `left_over`.
    at, square : ndarray of float32, shape (rows,)
        Place and squareness of the groove.

    Returns
    -------
    ndarray of float32, shape (4, rows)
        The fields of `RowCertainty`.
    """
    reach, steps = template.reach_px, template.steps_per_px
    steep = template.slope
    found, last = np.empty((4, len(rest)), np.float32), np.float32(len(steep) - 1)
    for r in range(len(rest)):
        here, narrow = at[r], square[r]
        flanks = clear = weight = square_rest = _ZERO
        for j in range(rest.shape[1]):
            slope = steep[_place((offset[j] - here) * narrow, reach, steps, last)]
            flank = slope * slope
            flanks += flank
            clear += trust[r, j] * flank
            weight += trust[r, j]
            square_rest += trust[r, j] * rest[r, j] * rest[r, j]
        found[0, r], found[1, r], found[2, r], found[3, r] = flanks, clear, weight, square_rest
    return found


@compiled
def farther(
    light: Float32Matrix,
    offset: Float32Vector,
    land: LandRows,
    grooves: GrooveRows,
    template: TemplateTables,
    tried: Float32Vector,
    prior: Float32Vector,
    worth: np.float32,
    far: np.float32,
) -> np.ndarray:
    """Displacements, or the best of those that are tried where it is much better.

    The squared residual of a row is a quadratic form whose part that depends on the
    displacement is a correlation with the template.

    Parameters
    ----------
    light, offset, land, grooves, template
        As for `left_over`.
    tried : ndarray of float32, shape (n,)
        Displacements, two or more, evenly spaced: what a row has costs what the nearest does.
    prior : ndarray of float32, shape (n,)
        What each of them costs beside the residual.
    worth, far : float32
        A row moves where that saves more than the one, and leads further than the other.

    Returns
    -------
    ndarray of float32, shape (rows,)
    """
    place_px, square, contrast = grooves.place_px, grooves.squareness, grooves.contrast
    value, reach, steps = template.value, template.reach_px, template.steps_per_px
    top, count, step = np.float32(len(value) - 1), len(tried), tried[1] - tried[0]
    shape, power = np.empty((len(offset), count), np.float32), np.zeros(count, np.float32)
    for j in range(len(offset)):
        for n in range(count):
            shape[j, n] = value[_place(offset[j] - tried[n], reach, steps, top)]
            power[n] += shape[j, n] * shape[j, n]
    moved, rest, cost = place_px[0].copy(), np.empty_like(offset), np.empty_like(tried)
    for r in range(light.shape[0]):
        for j in range(len(offset)):
            x = offset[j]
            one = _place((x - place_px[1, r]) * square[1, r], reach, steps, top)
            other = _place((x - place_px[2, r]) * square[2, r], reach, steps, top)
            beside = contrast[1, r] * value[one] + contrast[2, r] * value[other]
            rest[j] = light[r, j] - land.level[r] - land.tilt[r] * x - beside
        own = contrast[0, r]
        for n in range(count):
            cost[n] = own * own * power[n] + prior[n]
        for j in range(len(offset)):
            twice = own * rest[j] + own * rest[j]
            for n in range(count):
                cost[n] -= twice * shape[j, n]
        best = 0
        for n in range(1, count):
            if cost[n] < cost[best]:
                best = n
        now = min(max(int(np.rint((moved[r] - tried[0]) / step)), 0), count - 1)
        if cost[now] - cost[best] > worth and abs(tried[best] - moved[r]) > far:
            moved[r] = tried[best]
    return moved


@fused
def profile_terms(
    light: Float32Matrix,
    offset: Float32Vector,
    line: Float32Matrix,
    grooves: GrooveRows,
    template: TemplateTables,
    basis: Float32ConstantMatrix,
) -> tuple[np.ndarray, np.ndarray]:
    """Design matrix of the profile's splines for each sample, and the sample's light.

    Parameters
    ----------
    light, offset, grooves, template
        As for `left_over`.
    line : ndarray of float32, shape (offsets, 2)
        Level and slope, orthonormal: they are taken out of each row.
    basis : ndarray of float32, shape (n, splines)
        The splines, as tables like the template's.

    Returns
    -------
    design : ndarray of float32, shape (rows, offsets, splines)
    target : ndarray of float32, shape (rows, offsets)
    """
    place_px, square, contrast = grooves.place_px, grooves.squareness, grooves.contrast
    reach, steps = template.reach_px, template.steps_per_px
    rows, columns, many = light.shape[0], light.shape[1], basis.shape[1]
    last = np.float32(len(basis) - 1)
    design, target = np.empty((rows, columns, many), np.float32), light.copy()
    held = np.empty((2, many), np.float32)
    for r in range(rows):
        held[:] = _ZERO
        level = tilt = _ZERO
        for j in range(columns):
            one = _place((offset[j] - place_px[0, r]) * square[0, r], reach, steps, last)
            two = _place((offset[j] - place_px[1, r]) * square[1, r], reach, steps, last)
            three = _place((offset[j] - place_px[2, r]) * square[2, r], reach, steps, last)
            for s in range(many):
                told = contrast[0, r] * basis[one, s]
                told += contrast[1, r] * basis[two, s] + contrast[2, r] * basis[three, s]
                design[r, j, s] = told
                held[0, s] += line[j, 0] * told
                held[1, s] += line[j, 1] * told
            level += line[j, 0] * light[r, j]
            tilt += line[j, 1] * light[r, j]
        for j in range(columns):
            for s in range(many):
                design[r, j, s] -= line[j, 0] * held[0, s] + line[j, 1] * held[1, s]
            target[r, j] -= line[j, 0] * level + line[j, 1] * tilt
    return design, target
