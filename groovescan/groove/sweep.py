"""One sweep of the model over the photograph's pixels.

A pixel shows the land's level, its slope, and the two grooves between which it lies, each the
template times a contrast at its own displacement. What the model leaves of each pixel is
gathered, row by row, into the normal equations of the displacement, and, cell by cell, into
those of contrast and level. Every pixel counts for both grooves, so that neighbours
that touch are read jointly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage, sparse

from groovescan.groove.template import Template
from groovescan.groove.tiles import RIM_PX, Lane, Tile
from groovescan.results import Photograph
from groovescan.threads import mapped

CELL_ROWS = 16
_DIRT_NOISES = 6.0
_DIRT_CONTRAST = 0.5
_LOOSE_NOISES = 4.0
#: A neighbour enters the contrast's equation at its own contrast over the groove's, up to this.
_RATIO = 1.3
#: The narrowest that a groove gets, over its usual width.
_NARROWEST = 0.2


@dataclass(frozen=True, kw_only=True)
class State:
    """What is known of each row of a lane.

    Attributes
    ----------
    displacement_px : ndarray of float32, shape (rows,)
        What carries the sound: see `modulation`.
    contrast, level, tilt : ndarray of float32, shape (rows,)
        Signed contrast of the groove, luminance of the land, its slope per px. Before and
        after the groove the contrast is zero.
    template : Template
        Profile of a groove of contrast one.
    noise : float
        Standard deviation of the pixels' noise, in luminance.
    modulation : {'lateral', 'vertical', 'brightness'}
        Whether `displacement_px` is the groove's distance from its spiral, the growth of its
        half width, or the relative change of its contrast (without a unit).
    misfit : float
        What the model may leave without being distrusted: the noise, and, while the
        displacement is not yet known, more.
    """

    displacement_px: np.ndarray
    contrast: np.ndarray
    level: np.ndarray
    tilt: np.ndarray
    template: Template
    noise: float
    misfit: float
    modulation: str = "lateral"


@dataclass(frozen=True, kw_only=True)
class Sums:
    """What a sweep gathers.

    Attributes
    ----------
    curvature, moment : ndarray of float64, shape (rows,)
        Normal equation of each row's displacement: ``curvature * step = moment``.
    whole : ndarray of float64, shape (rows,)
        The curvature as it would be if nothing were hidden.
    normal : ndarray of float64, shape (cells, 2, 2)
    target : ndarray of float64, shape (cells, 2)
        Normal equations of level and contrast.
    square, weight : ndarray of float64, shape (cells,)
        Weighted sum of the squared residuals, and of the weights.
    """

    curvature: np.ndarray
    moment: np.ndarray
    whole: np.ndarray
    normal: np.ndarray
    target: np.ndarray
    square: np.ndarray
    weight: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Groove:
    """One of the grooves that a tile's pixels see, one value per pixel.

    Attributes
    ----------
    index : ndarray of int, shape (n,)
        Into the template's tables.
    light : ndarray of float32, shape (n,)
        Contrast.
    gradient : ndarray of float32, shape (n,)
        Derivative of the pixel's light by what carries the sound.
    """

    index: np.ndarray
    light: np.ndarray
    gradient: np.ndarray


@dataclass(frozen=True, kw_only=True)
class View:
    """A tile's pixels under the model, one value per pixel of the tile.

    Attributes
    ----------
    own, beside : Groove
        The pixel's own groove, and the other one between which it lies.
    other : ndarray of int64, shape (n,)
        Which groove is the other one: index into the tile's rows, one turn further out, plus
        the number of rows where it is the turn further in.
    land, rest, trust : ndarray of float32, shape (n,)
        Light of the land, what the model leaves, and the pixel's weight, 0 to 1.
    """

    own: Groove
    beside: Groove
    other: np.ndarray
    land: np.ndarray
    rest: np.ndarray
    trust: np.ndarray


def sweep(
    photo: Photograph, tiles: Sequence[Tile], lane: Lane, state: State, *, light: bool = True
) -> Sums:
    """Gather the normal equations over all pixels.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    tiles : sequence of Tile
        Where its pixels lie.
    lane : Lane
        The rows along the groove.
    state : State
        What is known of each row.
    light : bool
        Whether the equations of level and contrast are wanted, too; else they are zero.

    Returns
    -------
    Sums
        The same whatever the number of threads: the tiles are added in their order.
    """
    rows = len(lane.radius_px)
    row_sums = np.zeros((3, rows), np.float32)
    cell_sums = np.zeros((6, rows // CELL_ROWS))
    slant = slant_of(lane, state)

    def gathered(index: int) -> tuple[Tile, np.ndarray, np.ndarray, np.ndarray]:
        return _gathered(photo, tiles[index], lane, state, slant, light)

    for tile, own, beside, cells in mapped(gathered, range(len(tiles))):
        row_sums[:, tile.row] += own
        for k, shift in enumerate((lane.outward, -lane.outward)):
            row_sums[:, np.clip(tile.row + shift, 0, rows - 1)] += beside[:, k]
        cell, first = np.unique(tile.row // CELL_ROWS, return_index=True)
        cell_sums[:, cell] += np.add.reduceat(cells, first, axis=1) if len(cell) else cells
    return Sums(
        curvature=row_sums[0],
        moment=row_sums[1],
        whole=row_sums[2],
        normal=cell_sums[[0, 1, 1, 2]].T.reshape(-1, 2, 2),
        target=cell_sums[3:5].T,
        square=cell_sums[5],
        weight=cell_sums[0],
    )


def search(
    photo: Photograph, tiles: Sequence[Tile], lane: Lane, state: State, tried_px: np.ndarray
) -> np.ndarray:
    """Squared misfit of each row's pixels with the groove displaced, over that without a groove.

    Where the groove strays further than its own width, no slope leads to it.

    Parameters
    ----------
    tried_px : ndarray of float, shape (n,)
        Displacements.

    Returns
    -------
    ndarray of float32, shape (n, rows)
    """
    cost = np.zeros((len(tried_px), len(lane.radius_px)), np.float32)
    slant = slant_of(lane, state)

    def costs(index: int) -> tuple[Tile, np.ndarray]:
        tile = tiles[index]
        seen = view(photo, tile, lane, state, slant)
        own, value = seen.own, state.template.value
        rest = seen.rest + own.light * value.take(own.index)
        across = slant.take(tile.row).take(tile.place)
        twice, sums = 2 * rest, _summed(tile)
        found = []
        for moved in tried_px.astype(np.float32):
            shape = state.template.index((tile.offset_px - moved) * across)
            groove = own.light * value.take(shape)
            found.append(sums @ (seen.trust * groove * (groove - twice)))
        return tile, np.stack(found)

    for tile, found in mapped(costs, range(len(tiles))):
        cost[:, tile.row] += found
    return cost


def squareness(lane: Lane, displacement_px: np.ndarray) -> np.ndarray:
    """Cosine of the angle between the groove and its lane, per row.

    Across the lane, a groove that runs aslant looks wider by its inverse.
    """
    slope = ndimage.gaussian_filter1d(displacement_px, 0.8, order=1, mode="nearest")
    slope = slope / lane.along_px.astype(np.float32)
    return 1 / np.sqrt(1 + slope * slope)


def slant_of(lane: Lane, state: State) -> np.ndarray:
    """`squareness` of the groove, which only a lateral cut makes run aslant."""
    if state.modulation == "lateral":
        return squareness(lane, state.displacement_px)
    return np.ones_like(state.displacement_px)


def view(photo: Photograph, tile: Tile, lane: Lane, state: State, slant: np.ndarray) -> View:
    """Compare the model with a tile's pixels."""
    count, last = len(tile.row), len(lane.radius_px) - 1
    place, part = tile.place.astype(np.intp), tile.part.astype(np.float32)
    row = np.concatenate([tile.row, tile.row + lane.outward, tile.row - lane.outward])
    row = np.clip(row, 1, last - 1)
    radius = lane.radius_px[row]
    spacing = (radius - np.tile(radius[:count], 3)).astype(np.float32)
    before, here, after = (state.displacement_px[row + k] for k in (-1, 0, 1))
    rise, bend = (after - before) / 2, (after + before) / 2 - here
    light, square = state.contrast[row], slant[row]

    def groove(index: np.ndarray) -> tuple[np.ndarray, Groove]:
        carried = here.take(index) + part * (rise.take(index) + part * bend.take(index))
        away = tile.offset_px - spacing.take(index)
        return _groove(state, away, carried, light.take(index), square.take(index))

    above, own = groove(place)
    other = place + np.where(above > 0, 0, count)
    _, beside = groove(other + count)
    slope = state.tilt[tile.row].take(place) * tile.offset_px
    land = state.level[tile.row].take(place) + slope
    value = state.template.value
    rest = photo.window(*tile.block).ravel().take(tile.pixel) - land
    rest -= own.light * value.take(own.index) + beside.light * value.take(beside.index)
    trust = _trust(tile, rest, own.light, state.misfit)
    return View(own=own, beside=beside, other=other, land=land, rest=rest, trust=trust)


def _groove(
    state: State, away: np.ndarray, carried: np.ndarray, light: np.ndarray, square: np.ndarray
) -> tuple[np.ndarray, Groove]:
    """A groove as pixels at some distance from its spiral see it, and their distance from it."""
    template = state.template
    if state.modulation == "lateral":
        away = away - carried
        index = template.index(away * square)
        return away, Groove(
            index=index, light=light, gradient=-light * square * template.slope.take(index)
        )
    if state.modulation == "vertical":
        grown = np.maximum(1 + carried / template.half_width_px, _NARROWEST)
        across = away / grown
        index = template.index(across)
        widening = -across / (template.half_width_px * grown)
        return away, Groove(
            index=index, light=light, gradient=light * widening * template.slope.take(index)
        )
    index = template.index(away)
    return away, Groove(
        index=index, light=light * (1 + carried), gradient=light * template.value.take(index)
    )


def _trust(tile: Tile, rest: np.ndarray, light: np.ndarray, misfit: float) -> np.ndarray:
    """Weight of each pixel, 0 to 1: zero on dirt and round it, and in the rim.

    Dirt is what lies far outside the noise and is large beside the groove, too: a loud groove
    is never explained to the last bit. Its blurred rim hides in the noise, but is not noise.
    """
    loose = tile.own / (1 + (rest / (_LOOSE_NOISES * misfit)) ** 2)
    dirty = np.abs(rest) > np.maximum(_DIRT_NOISES * misfit, _DIRT_CONTRAST * np.abs(light))
    if not dirty.any():
        return loose.astype(np.float32)
    rows, columns = tile.block
    dirt = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.uint8)
    dirt.ravel()[tile.pixel[dirty]] = 1
    dirt = cv2.dilate(dirt, np.ones((2 * RIM_PX + 1, 2 * RIM_PX + 1), np.uint8))
    return np.where(dirt.ravel()[tile.pixel], 0, loose).astype(np.float32)


def _gathered(
    photo: Photograph, tile: Tile, lane: Lane, state: State, slant: np.ndarray, light: bool
) -> tuple[Tile, np.ndarray, np.ndarray, np.ndarray]:
    """Sums over a tile: of its rows, of the rows beside them, and of its rows' cells."""
    seen, sums = view(photo, tile, lane, state, slant), _summed(tile)
    outer = (seen.other < len(tile.row)).astype(np.float32)
    own = np.stack([sums @ values for values in _row_terms(tile, seen, seen.own)])
    beside = np.empty((3, 2, len(tile.row)), np.float32)
    for k, values in enumerate(_row_terms(tile, seen, seen.beside)):
        beside[k, 0] = sums @ (values * outer)
        beside[k, 1] = sums @ values - beside[k, 0]
    cells = np.zeros((6, len(tile.row)))
    cells[0] = sums @ seen.trust
    cells[5] = sums @ (seen.trust * seen.rest * seen.rest)
    if light:
        for k, values in enumerate(_cell_terms(tile, state, seen), start=1):
            cells[k] = sums @ values
    return tile, own, beside, cells


def _summed(tile: Tile) -> sparse.csr_array:
    """The matrix that adds up the pixels of each row."""
    count = len(tile.pixel)
    ends = np.append(tile.first, count).astype(np.int32)
    ones = np.ones(count, np.float32)
    return sparse.csr_array(
        (ones, np.arange(count, dtype=np.int32), ends), shape=(len(tile.row), count)
    )


def _row_terms(tile: Tile, seen: View, groove: Groove) -> list[np.ndarray]:
    """Products of the normal equations of a groove's displacement, pixel by pixel."""
    weighted, own = seen.trust * groove.gradient, tile.own * groove.gradient
    return [weighted * groove.gradient, weighted * seen.rest, own * groove.gradient]


def _cell_terms(tile: Tile, state: State, seen: View) -> list[np.ndarray]:
    """Products of the normal equations of level and contrast, pixel by pixel.

    The groove beside enters at its contrast relative to the groove's own, as far as that is
    alike: where turns overlap, solving one while the others stand still would swing.
    """
    value, own, beside = state.template.value, seen.own, seen.beside
    ratio = np.clip(beside.light * own.light / (own.light * own.light + 1e-12), 0, _RATIO)
    groove = value.take(own.index) + ratio * value.take(beside.index)
    place = tile.place.astype(np.intp)
    steady = state.contrast[tile.row].take(place)
    if state.modulation == "brightness":
        # The contrast that is asked for is the steady one, about which the sound changes it.
        groove = groove * own.light / np.where(steady == 0, 1, steady)
    slope = state.tilt[tile.row].take(place) * tile.offset_px
    wanted = seen.rest + seen.land - slope + steady * groove
    trusted, lit = seen.trust, seen.trust * groove
    return [lit, lit * groove, trusted * wanted, lit * wanted]
