"""What a sweep works out pixel by pixel: the model's light, what it leaves, and their sums.

The loops are compiled (`groovescan.compiled`). A tile's pixels are sorted by row, so that what is
known of a row and of the rows beside it is looked up once for all of its pixels.
"""

from __future__ import annotations

import numpy as np

from groovescan.compiled import compiled, inlined
from groovescan.groove.tiles import PART_ROWS

Arrays = tuple[np.ndarray, ...]
Singles = tuple[np.float32, ...]
#: A groove as the pixels of a row see it.
Course = tuple[np.float32, np.float32, np.float32, np.float32, np.float32, np.float32]

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
_PART = np.float32(PART_ROWS)


@inlined
def _table(across: np.float32, size: int, reach: np.float32, steps: np.float32) -> int:
    """Where an offset from the groove's middle lies in the template's tables."""
    place = int((across + reach) * steps + _ONE + _HALF)
    return min(max(place, 0), size - 1)


@inlined
def _groove(
    away: np.float32,
    carried: np.float32,
    light: np.float32,
    square: np.float32,
    value: np.ndarray,
    slope: np.ndarray,
    reach: np.float32,
    steps: np.float32,
    half_width: np.float32,
    kind: int,
) -> tuple[np.float32, int, np.float32, np.float32]:
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


@inlined
def _course(
    moved: np.ndarray,
    contrast: np.ndarray,
    slant: np.ndarray,
    lane: np.ndarray,
    row: int,
    rows_away: int,
) -> Course:
    """A groove as the pixels of a row see it: that of the row, or so many rows away.

    Distance of its spiral (px), displacement with slope and bend from row to row, contrast, and
    squareness. Numbers alone: arrays in a tuple would be counted at every pixel.
    """
    at = min(max(row + rows_away, 1), len(lane) - 2)
    here, before, after = moved[at], moved[at - 1], moved[at + 1]
    rise, bend = (after - before) * _HALF, (after + before) * _HALF - here
    return np.float32(lane[at] - lane[row]), here, rise, bend, contrast[at], slant[at]


@inlined
def _pixel(
    shown: np.float32,
    x: np.float32,
    part: np.float32,
    level: np.float32,
    tilt: np.float32,
    own: Course,
    out: Course,
    inn: Course,
    value: np.ndarray,
    slope: np.ndarray,
    scales: Singles,
    kind: int,
) -> tuple[
    int, np.float32, np.float32, int, np.float32, np.float32, np.bool_, np.float32, np.float32
]:
    """The model of one pixel, between its own groove and the one further out or in.

    Place in the tables, contrast and gradient of both, whether the other is the one further
    out, light of the land, and what the model leaves.
    """
    reach, steps, half_width, _, _ = scales
    _, here, rise, bend, light, square = own
    away, index, shine, gradient = _groove(
        x, here + part * (rise + part * bend), light, square,
        value, slope, reach, steps, half_width, kind,
    )  # fmt: skip
    outer = away > _ZERO
    apart, here, rise, bend, light, square = out if outer else inn
    _, index_n, shine_n, gradient_n = _groove(
        x - apart, here + part * (rise + part * bend), light, square,
        value, slope, reach, steps, half_width, kind,
    )  # fmt: skip
    land = level + tilt * x
    rest = shown - land - shine * value[index] - shine_n * value[index_n]
    return index, shine, gradient, index_n, shine_n, gradient_n, outer, land, rest


@inlined
def _weight(rest: np.float32, loose: np.float32) -> np.float32:
    """Weight of a pixel of which more or less is left, 0 to 1; a half where it is `1 / loose`."""
    far = rest * loose
    return _ONE / (_ONE + far * far)


@inlined
def _is_dirt(rest: np.float32, shine: np.float32, misfit: np.float32) -> np.bool_:
    """Whether what is left lies far outside the noise, and is large beside the groove, too.

    A loud groove is never explained to the last bit.
    """
    return abs(rest) > max(_DIRT_NOISES * misfit, _DIRT_CONTRAST * abs(shine))


@compiled
def compare(
    light: np.ndarray,
    tile: Arrays,
    lane: np.ndarray,
    state: Arrays,
    tables: Arrays,
    scales: Singles,
    outward: int,
    kind: int,
) -> Arrays:
    """Compare the model with a tile's pixels.

    Parameters
    ----------
    light : ndarray of float32, shape (pixels of the block,)
        Luminance of the tile's block.
    tile : tuple of ndarray
        Its `pixel`, `parts`, `offsets`, `own`, `row`, `first`.
    lane : ndarray of float64, shape (rows,)
        Radius of the smooth spiral.
    state : tuple of ndarray of float32, shape (rows,)
        Displacement, contrast, level, tilt, and squareness.
    tables : tuple of ndarray of float32
        The template's value and slope.
    scales : tuple of float32
        Reach (px) and steps (per px) of the tables, the template's half width (px), what may be
        left without being distrusted, and the unit of the offsets (px).
    outward : int
        Rows to the turn further out.
    kind : int
        What carries the sound, of `MODULATIONS`.

    Returns
    -------
    place : ndarray of int32, shape (2, n)
        Index into the tables, of the own groove and of the other.
    grooves : ndarray of float32, shape (4, n)
        Contrast and gradient of the own groove, and of the other.
    left : ndarray of float32, shape (3, n)
        Light of the land, what the model leaves, and the weight of that.
    further, dirty : ndarray of bool, shape (n,)
        Whether the other groove is the one further out; whether the pixel shows dirt.
    """
    pixel, part, offset, own, row, first = tile
    moved, contrast, level, tilt, slant = state
    value, slope = tables
    count, misfit, loose = len(pixel), scales[3], _ONE / (_LOOSE_NOISES * scales[3])
    place, grooves = np.empty((2, count), np.int32), np.empty((4, count), np.float32)
    left, further = np.empty((3, count), np.float32), np.empty(count, np.bool_)
    dirty = np.empty(count, np.bool_)
    for k in range(len(row)):
        r = row[k]
        own_groove = _course(moved, contrast, slant, lane, r, 0)
        out = _course(moved, contrast, slant, lane, r, outward)
        inn = _course(moved, contrast, slant, lane, r, -outward)
        end = first[k + 1] if k + 1 < len(row) else count
        for i in range(first[k], end):
            index, shine, gradient, index_n, shine_n, gradient_n, outer, land, rest = _pixel(
                light[pixel[i]], offset[i] * scales[4], part[i] * _PART, level[r], tilt[r],
                own_groove, out, inn, value, slope, scales, kind,
            )  # fmt: skip
            place[0, i], place[1, i], further[i] = index, index_n, outer
            grooves[0, i], grooves[1, i] = shine, gradient
            grooves[2, i], grooves[3, i] = shine_n, gradient_n
            left[0, i], left[1, i] = land, rest
            dirty[i] = _is_dirt(rest, shine, misfit)
            left[2, i] = _weight(rest, loose) if own[i] else _ZERO
    return place, grooves, left, further, dirty


@compiled
def gather(
    light: np.ndarray,
    tile: Arrays,
    hidden: np.ndarray,
    lane: np.ndarray,
    state: Arrays,
    tables: Arrays,
    scales: Singles,
    outward: int,
    kind: int,
) -> tuple[np.ndarray, np.ndarray, bool]:
    """Normal equations of a tile's rows.

    Every pixel counts for its own row and for the one beside it, a turn further out or in.

    Parameters
    ----------
    light, tile, lane, state, tables, scales, outward, kind
        As for `compare`.
    hidden : ndarray of bool, shape (n,) or (0,)
        Pixels that weigh nothing; none where it is empty.

    Returns
    -------
    rows : ndarray of float32, shape (9, rows of the tile)
        Curvature, moment, and curvature as if nothing were hidden: of the rows, of those a turn
        further out, and of those a turn further in.
    cells : ndarray of float32, shape (6, rows of the tile)
        Normal equations of level and contrast, and the weighted square.
    dirty : bool
        Whether pixels show dirt that is not hidden.
    """
    pixel, part, offset, own, row, first = tile
    moved, contrast, level, tilt, slant = state
    value, slope = tables
    misfit, loose = scales[3], _ONE / (_LOOSE_NOISES * scales[3])
    sums, cells = np.zeros((9, len(row)), np.float32), np.zeros((6, len(row)), np.float32)
    dirty = False
    for k in range(len(row)):
        r, steady = row[k], contrast[row[k]]
        own_groove = _course(moved, contrast, slant, lane, r, 0)
        out = _course(moved, contrast, slant, lane, r, outward)
        inn = _course(moved, contrast, slant, lane, r, -outward)
        curve = curve_out = curve_in = moment = moment_out = moment_in = _ZERO
        whole = whole_out = whole_in = weight = lights = light2 = wanteds = lit_wanted = _ZERO
        square = _ZERO
        end = first[k + 1] if k + 1 < len(row) else len(pixel)
        for i in range(first[k], end):
            index, shine, gradient, index_n, shine_n, gradient_n, outer, land, rest = _pixel(
                light[pixel[i]], offset[i] * scales[4], part[i] * _PART, level[r], tilt[r],
                own_groove, out, inn, value, slope, scales, kind,
            )  # fmt: skip
            seen = _ONE if own[i] else _ZERO
            trust = seen * _weight(rest, loose)
            if len(hidden):
                if hidden[i]:
                    trust = _ZERO
            elif _is_dirt(rest, shine, misfit):
                dirty = True
            curve += trust * gradient * gradient
            moment += trust * gradient * rest
            whole += seen * gradient * gradient
            if outer:
                curve_out += trust * gradient_n * gradient_n
                moment_out += trust * gradient_n * rest
                whole_out += seen * gradient_n * gradient_n
            else:
                curve_in += trust * gradient_n * gradient_n
                moment_in += trust * gradient_n * rest
                whole_in += seen * gradient_n * gradient_n
            # The groove beside enters at its contrast relative to the groove's own, as far as
            # that is alike: where turns overlap, solving one while the others stand still would
            # swing.
            ratio = min(max(shine_n * shine / (shine * shine + _TINY), _ZERO), _RATIO)
            lit = value[index] + ratio * value[index_n]
            if kind == 2 and steady != _ZERO:
                # The contrast that is asked for is the steady one, about which the sound
                # changes it.
                lit *= shine / steady
            wanted = rest + land - tilt[r] * (offset[i] * scales[4]) + steady * lit
            weight += trust
            lights += trust * lit
            light2 += trust * lit * lit
            wanteds += trust * wanted
            lit_wanted += trust * lit * wanted
            square += trust * rest * rest
        sums[0, k], sums[1, k], sums[2, k] = curve, moment, whole
        sums[3, k], sums[4, k], sums[5, k] = curve_out, moment_out, whole_out
        sums[6, k], sums[7, k], sums[8, k] = curve_in, moment_in, whole_in
        cells[0, k], cells[1, k], cells[2, k] = weight, lights, light2
        cells[3, k], cells[4, k], cells[5, k] = wanteds, lit_wanted, square
    return sums, cells, dirty


@compiled
def add_up(
    row: np.ndarray,
    sums: np.ndarray,
    cells: np.ndarray,
    row_sums: np.ndarray,
    cell_sums: np.ndarray,
    cell_rows: int,
    outward: int,
) -> None:
    """Add what `gather` gave to the sums of all rows, shape (3, rows), and cells, (6, cells)."""
    last = row_sums.shape[1] - 1
    for k in range(len(row)):
        r = row[k]
        further, nearer = min(max(r + outward, 0), last), min(max(r - outward, 0), last)
        for n in range(3):
            row_sums[n, r] += sums[n, k]
            row_sums[n, further] += sums[3 + n, k]
            row_sums[n, nearer] += sums[6 + n, k]
        for n in range(6):
            cell_sums[n, r // cell_rows] += cells[n, k]


@compiled
def misfits(
    tile: Arrays,
    slant: np.ndarray,
    value: np.ndarray,
    seen: Arrays,
    tried: np.ndarray,
    scales: Singles,
) -> np.ndarray:
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
    scales : tuple of float32
        As for `compare`.

    Returns
    -------
    ndarray of float32, shape (n, rows of the tile)
    """
    _, _, offset, _, row, first = tile
    place, grooves, left = seen
    reach, steps, px = scales[0], scales[1], scales[4]
    cost = np.zeros((len(tried), len(row)), np.float32)
    for k in range(len(row)):
        end = first[k + 1] if k + 1 < len(row) else len(offset)
        for i in range(first[k], end):
            shine, trust, square = grooves[0, i], left[2, i], slant[row[k]]
            x = offset[i] * px
            twice = _TWO * (left[1, i] + shine * value[place[0, i]])
            for n in range(len(tried)):
                index = _table((x - tried[n]) * square, len(value), reach, steps)
                lit = shine * value[index]
                cost[n, k] += trust * lit * (lit - twice)
    return cost
