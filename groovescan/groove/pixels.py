"""What a sweep works out pixel by pixel: the model's light, what it leaves, and their sums.

The loops are compiled (`groovescan.compiled`). A tile's pixels are sorted by row, so that what is
known of a row and of the rows beside it is looked up once for all of its pixels.
"""

from __future__ import annotations

import numpy as np

from groovescan.compiled import compiled

# Numbers of single precision throughout: a whole number beside them would make them double.
_ZERO, _HALF, _ONE, _TWO = (np.float32(x) for x in (0, 0.5, 1, 2))
#: What `modulation` is called among numbers.
MODULATIONS = {"lateral": 0, "vertical": 1, "brightness": 2}
#: The narrowest that a groove gets, over its usual width.
_NARROWEST = np.float32(0.2)
_LOOSE_NOISES = np.float32(4)
_DIRT_NOISES = np.float32(6)
_DIRT_CONTRAST = np.float32(0.5)
#: A neighbour enters the contrast's equation at its own contrast over the groove's, up to this.
_RATIO = np.float32(1.3)
_TINY = np.float32(1e-12)


@compiled
def _course(moved, row):
    """Displacement of a row, and how it goes on to its neighbours: value, slope, bend."""
    here, before, after = moved[row], moved[row - 1], moved[row + 1]
    return here, (after - before) * _HALF, (after + before) * _HALF - here


@compiled
def _table(across, size, reach, steps):
    """Where an offset from the groove's middle lies in the template's tables."""
    place = int((across + reach) * steps + _ONE + _HALF)
    return min(max(place, 0), size - 1)


@compiled
def _groove(away, carried, light, square, value, slope, reach, steps, half_width, kind):
    """Distance from a groove, place in its tables, its light, and the gradient of that."""
    size = len(value)
    if kind == 0:
        away = away - carried
        index = _table(away * square, size, reach, steps)
        return away, index, light, -light * square * slope[index]
    if kind == 1:
        grown = max(_ONE + carried / half_width, _NARROWEST)
        across = away / grown
        index = _table(across, size, reach, steps)
        return away, index, light, -light * across / (half_width * grown) * slope[index]
    index = _table(away, size, reach, steps)
    return away, index, light * (_ONE + carried), light * value[index]


@compiled
def compare(light, tile, lane, state, tables, scales, outward, kind):
    """Compare the model with a tile's pixels.

    Parameters
    ----------
    light : ndarray of float32, shape (pixels of the block,)
        Luminance of the tile's block.
    tile : tuple of ndarray
        Its `pixel`, `part`, `offset_px`, `own`, `row`, `first`.
    lane : ndarray of float64, shape (rows,)
        Radius of the smooth spiral.
    state : tuple of ndarray of float32, shape (rows,)
        Displacement, contrast, level, tilt, and squareness.
    tables : tuple of ndarray of float32
        The template's value and slope.
    scales : tuple of float32
        Reach (px) and steps (per px) of the tables, the template's half width (px), and what may
        be left without being distrusted.
    outward : int
        Rows to the turn further out.
    kind : int
        What carries the sound, of `MODULATIONS`.

    Returns
    -------
    place : ndarray of int32, shape (2, n)
        Index into the tables, of the own groove and of the other.
    grooves : ndarray of float32, shape (4, n)
        Light and gradient of the own groove, and of the other.
    left : ndarray of float32, shape (3, n)
        Light of the land, what the model leaves, and the weight of that.
    outer, dirty : ndarray of bool, shape (n,)
        Whether the other groove is the one further out; whether more is left than noise.
    """
    pixel, part, offset, own, row, first = tile
    moved, contrast, level, tilt, slant = state
    value, slope = tables
    reach, steps, half_width, misfit = scales
    count, last = len(pixel), len(lane) - 1
    place, grooves = np.empty((2, count), np.int32), np.empty((4, count), np.float32)
    left = np.empty((3, count), np.float32)
    outer, dirty = np.empty(count, np.bool_), np.zeros(count, np.bool_)
    loose = _ONE / (_LOOSE_NOISES * misfit)
    for k in range(len(row)):
        r = row[k]
        further = min(max(r + outward, 1), last - 1)
        nearer = min(max(r - outward, 1), last - 1)
        out_px, in_px = np.float32(lane[further] - lane[r]), np.float32(lane[nearer] - lane[r])
        here, rise, bend = _course(moved, r)
        here_out, rise_out, bend_out = _course(moved, further)
        here_in, rise_in, bend_in = _course(moved, nearer)
        end = first[k + 1] if k + 1 < len(row) else count
        for i in range(first[k], end):
            p, x = part[i], offset[i]
            carried = here + p * (rise + p * bend)
            away, index, shine, gradient = _groove(
                x, carried, contrast[r], slant[r], value, slope, reach, steps, half_width, kind
            )
            outer[i] = away > _ZERO
            if outer[i]:
                n, apart = further, out_px
                carried = here_out + p * (rise_out + p * bend_out)
            else:
                n, apart = nearer, in_px
                carried = here_in + p * (rise_in + p * bend_in)
            _, index_n, shine_n, gradient_n = _groove(
                x - apart, carried, contrast[n], slant[n], value, slope, reach, steps,
                half_width, kind,
            )  # fmt: skip
            land = level[r] + tilt[r] * x
            rest = light[pixel[i]] - land - shine * value[index] - shine_n * value[index_n]
            place[0, i], place[1, i] = index, index_n
            grooves[0, i], grooves[1, i] = shine, gradient
            grooves[2, i], grooves[3, i] = shine_n, gradient_n
            left[0, i], left[1, i] = land, rest
            far = rest * loose
            left[2, i] = _ONE / (_ONE + far * far) if own[i] else _ZERO
            most = max(_DIRT_NOISES * misfit, _DIRT_CONTRAST * abs(shine))
            dirty[i] = abs(rest) > most
    return place, grooves, left, outer, dirty


@compiled
def add_up(tile, state, value, seen, row_sums, cell_sums, cell_rows, outward, kind):
    """Add the normal equations of a tile's pixels to those of all rows and cells.

    Every pixel counts for its own row and for the one beside it, a turn further out or in.

    Parameters
    ----------
    tile, outward, kind
        As for `compare`.
    state : tuple of ndarray of float32, shape (rows,)
        Contrast and tilt.
    value : ndarray of float32
        The template.
    seen : tuple of ndarray
        What `compare` gave: place, grooves, left, outer.
    row_sums : ndarray of float32, shape (3, rows)
        Curvature, moment, and curvature as if nothing were hidden. They are added to.
    cell_sums : ndarray of float64, shape (6, cells)
        Normal equations of level and contrast, and the weighted square. They are added to.
    cell_rows : int
        Rows of a cell.
    """
    _, _, offset, own, row, first = tile
    contrast, tilt = state
    place, grooves, left, outer = seen
    last = row_sums.shape[1] - 1
    for k in range(len(row)):
        r = row[k]
        further, nearer = min(max(r + outward, 0), last), min(max(r - outward, 0), last)
        sums, cells = np.zeros(9, np.float32), np.zeros(6, np.float32)
        end = first[k + 1] if k + 1 < len(row) else len(offset)
        for i in range(first[k], end):
            land, rest, trust = left[0, i], left[1, i], left[2, i]
            shine, gradient = grooves[0, i], grooves[1, i]
            shine_n, gradient_n = grooves[2, i], grooves[3, i]
            sums[0] += trust * gradient * gradient
            sums[1] += trust * gradient * rest
            n = 3 if outer[i] else 6
            sums[n] += trust * gradient_n * gradient_n
            sums[n + 1] += trust * gradient_n * rest
            if own[i]:
                sums[2] += gradient * gradient
                sums[n + 2] += gradient_n * gradient_n
            # The groove beside enters at its contrast relative to the groove's own, as far as
            # that is alike: where turns overlap, solving one while the others stand still would
            # swing.
            ratio = min(max(shine_n * shine / (shine * shine + _TINY), _ZERO), _RATIO)
            lit = value[place[0, i]] + ratio * value[place[1, i]]
            steady = contrast[r]
            if kind == 2 and steady != _ZERO:
                # The contrast that is asked for is the steady one, about which the sound
                # changes it.
                lit *= shine / steady
            wanted = rest + land - tilt[r] * offset[i] + steady * lit
            cells[0] += trust
            cells[1] += trust * lit
            cells[2] += trust * lit * lit
            cells[3] += trust * wanted
            cells[4] += trust * lit * wanted
            cells[5] += trust * rest * rest
        for n in range(3):
            row_sums[n, r] += sums[n]
            row_sums[n, further] += sums[3 + n]
            row_sums[n, nearer] += sums[6 + n]
        for n in range(6):
            cell_sums[n, r // cell_rows] += cells[n]


@compiled
def misfits(tile, slant, value, seen, tried, reach, steps):
    """Squared misfit of a tile's rows with their groove displaced, over that without a groove.

    Parameters
    ----------
    tile : tuple of ndarray
        As for `compare`.
    slant : ndarray of float32, shape (rows,)
        Squareness.
    value : ndarray of float32
        The template.
    seen : tuple of ndarray
        What `compare` gave: place, grooves, left.
    tried : ndarray of float32, shape (n,)
        Displacements, in px.
    reach, steps : float32
        Reach (px) and steps (per px) of the template's table.

    Returns
    -------
    ndarray of float32, shape (n, rows of the tile)
    """
    _, _, offset, _, row, first = tile
    place, grooves, left = seen
    cost = np.zeros((len(tried), len(row)), np.float32)
    for k in range(len(row)):
        end = first[k + 1] if k + 1 < len(row) else len(offset)
        for i in range(first[k], end):
            shine, trust, square = grooves[0, i], left[2, i], slant[row[k]]
            twice = _TWO * (left[1, i] + shine * value[place[0, i]])
            for n in range(len(tried)):
                index = _table((offset[i] - tried[n]) * square, len(value), reach, steps)
                lit = shine * value[index]
                cost[n, k] += trust * lit * (lit - twice)
    return cost
