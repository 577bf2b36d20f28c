"""One sweep of the model over the photograph's pixels.

A pixel shows the land's level, its slope, and the two grooves between which it lies, each the
template times a contrast at its own displacement. What the model leaves of each pixel is
gathered, row by row, into the normal equations of the displacement, and, cell by cell, into
those of contrast and level. Every pixel counts for both grooves, so that neighbours
that touch are read jointly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from groovescan.core.results import Photograph
from groovescan.modulation import modulation_of
from groovescan.profile.model_limits import CELL_ROWS
from groovescan.profile.template import Template
from groovescan.reading.kernels.accumulate import add_apart, add_up
from groovescan.reading.kernels.forward_model import compare, paired
from groovescan.reading.kernels.model_arguments import PixelModel, RowState, Scales
from groovescan.reading.kernels.normal_equations import gather
from groovescan.reading.kernels.trial_misfit import misfits
from groovescan.reading.tiles import RIM_PX, RowGrid, Tile
from groovescan.runtime.threads import in_order
from groovescan.strip.row_loops import added, squareness


@dataclass(frozen=True, kw_only=True)
class State:
    """State of the model: the unknowns of each row of the grid.

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
    blur_px : float
        Standard deviation of the photograph's blur across a groove whose width carries the sound.
    """

    displacement_px: np.ndarray
    contrast: np.ndarray
    level: np.ndarray
    tilt: np.ndarray
    template: Template
    noise: float
    misfit: float
    modulation: str = "lateral"
    blur_px: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Sums:
    """Normal equations that a sweep gathers.

    Attributes
    ----------
    hessian, gradient : ndarray of float64, shape (rows,)
        Normal equation of each row's displacement: ``hessian * step = gradient``.
    whole : ndarray of float64, shape (rows,)
        The Hessian as it would be if nothing were hidden.
    normal : ndarray of float64, shape (cells, 2, 2)
    target : ndarray of float64, shape (cells, 2)
        Normal equations of level and contrast.
    square, weight : ndarray of float64, shape (cells,)
        Weighted sum of the squared residuals, and of the weights.
    apart : tuple of ndarray, or None
        `normal` and `target` whatever it is that the groove carries; None for a lateral cut, whose
        sound looks like neither level nor contrast.
    """

    hessian: np.ndarray
    gradient: np.ndarray
    whole: np.ndarray
    normal: np.ndarray
    target: np.ndarray
    square: np.ndarray
    weight: np.ndarray
    apart: tuple[np.ndarray, np.ndarray] | None = None


@dataclass(frozen=True, kw_only=True)
class ComparedPixels:
    """A tile's pixels under the model; each lies between two grooves, its own and another.

    Attributes
    ----------
    place : ndarray of int32, shape (2, n)
        Index into the template's tables: of the own groove, and of the other.
    grooves : ndarray of float32, shape (4, n)
        Contrast of the own groove, and derivative of the pixel's light by what carries the
        sound; the same of the other.
    left : ndarray of float32, shape (3, n)
        Light of the land, what the model leaves, and the pixel's weight, 0 to 1: zero on dirt
        and round it, and in the rim. Dirt is what lies far outside the noise and is large beside
        the groove, too: a loud groove is never explained to the last bit.
    outer : ndarray of bool, shape (n,)
        Whether the other groove is the one a turn further out, and not further in.
    """

    place: np.ndarray
    grooves: np.ndarray
    left: np.ndarray
    outer: np.ndarray

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """All of them."""
        return self.place, self.grooves, self.left, self.outer

    @property
    def rest(self) -> np.ndarray:
        """Residual: the pixel's light less the model's."""
        return self.left[1]

    @property
    def trust(self) -> np.ndarray:
        """The pixels' weights."""
        return self.left[2]


def sweep(photo: Photograph, tiles: Sequence[Tile], grid: RowGrid, state: State) -> Sums:
    """Gather the normal equations over all pixels.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    tiles : sequence of Tile
        Where its pixels lie.
    grid : RowGrid
        The rows along the groove.
    state : State
        What is known of each row.

    Returns
    -------
    Sums
        The same whatever the number of threads: the tiles are added in their order.
    """
    rows = len(grid.radius_px)
    hessian, gradient, whole = (np.zeros(rows, np.float32) for _ in range(3))
    cell_sums = np.zeros((rows // CELL_ROWS, 6))
    model = model_of(grid, state)
    apart, doubt = None, 0.0
    if modulation_of(state.modulation).couples_to_light:
        apart, doubt = np.zeros((rows // CELL_ROWS, 5)), _doubt(grid, state)

    def gathered(index: int) -> tuple[Tile, np.ndarray]:
        """A tile, and the sums over its pixels."""
        tile = tiles[index]
        return tile, _without_dirt(gather, photo, tile, (), model).ravel()

    def add(found: tuple[Tile, np.ndarray]) -> None:
        """Add the sums of a tile to those of the rows."""
        tile, sums = found
        add_up(tile.row, sums, hessian, gradient, whole, cell_sums, CELL_ROWS, grid.outward)
        if apart is not None:
            add_apart(tile.row, sums, model.state, doubt, apart, CELL_ROWS)

    in_order(gathered, add, range(len(tiles)))
    return Sums(
        hessian=hessian,
        gradient=gradient,
        whole=whole,
        normal=cell_sums[:, [0, 1, 1, 2]].reshape(-1, 2, 2),
        target=cell_sums[:, 3:5],
        square=cell_sums[:, 5],
        weight=cell_sums[:, 0],
        apart=None if apart is None else (apart[:, [0, 1, 1, 2]].reshape(-1, 2, 2), apart[:, 3:5]),
    )


def search(
    photo: Photograph,
    tiles: Sequence[Tile],
    grid: RowGrid,
    state: State,
    tried_px: np.ndarray,
    usual: tuple[float, float] = (0.0, 0.0),
) -> tuple[np.ndarray, np.ndarray]:
    """Squared misfit of each row's pixels with the groove displaced, over that without a groove.

    Where the groove strays further than its own width, no slope leads to it.

    Parameters
    ----------
    tried_px : ndarray of float, shape (n,)
        Displacements.
    usual : tuple of float
        Squared misfit of a pixel, and that of a row beyond its pixels', up to which a row is left
        as it is.

    Returns
    -------
    row : ndarray of int64, shape (m,)
        Rows for which displacements were tried, ascending.
    cost : ndarray of float32, shape (m, n)
    """
    tried = tried_px.astype(np.float32), *(np.float32(each) for each in usual)
    model = model_of(grid, state)

    def costs(index: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows of a tile that are looked at, and the cost of each displacement."""
        tile = tiles[index]
        found = _without_dirt(misfits, photo, tile, tried, model)
        touched = found[:, 0] != 0
        return tile.row[touched.ravel()], found.transpose(0, 2, 1)[touched]

    parts: list[tuple[np.ndarray, np.ndarray]] = []
    in_order(costs, parts.append, range(len(tiles)))
    rows, found = map(np.concatenate, zip(*parts, strict=True))
    order = np.argsort(rows, kind="stable")  # the tiles are added in their order
    return added(rows[order], found[order])


def _doubt(grid: RowGrid, state: State) -> float:
    """Variance of the noise over that of what the groove carries."""
    # What a groove carries is thought to be so many times as much as was found of it, and the least
    # that is thought to be found, over the half width or the contrast: what tells of the light is
    # only what says nothing of the sound.
    more_signal = 3.0
    least_signal = 0.1
    unit = modulation_of(state.modulation).usual(state.template.half_width_px)
    found = float(np.sqrt(np.mean(state.displacement_px[grid.groove].astype(float) ** 2)))
    return (state.noise / (more_signal * max(found, least_signal * unit))) ** 2


def _slant_of(grid: RowGrid, state: State) -> np.ndarray:
    """`squareness` of the groove, which only a displacement makes run aslant."""
    if modulation_of(state.modulation).is_displacement:
        return squareness(state.displacement_px, grid.radius_px, grid.whole_turn_rows)
    return np.ones_like(state.displacement_px)


def view(photo: Photograph, tile: Tile, model: PixelModel) -> ComparedPixels:
    """Compare a model, as `model_of` gives it, with a tile's pixels."""
    light = photo.window(*tile.block).ravel()
    place, grooves, left, outer, dirty = compare(light, tile.arrays, model)
    if dirty.any():
        left[2, near_dirt(tile, tile.pixel[dirty])[tile.pixel]] = 0
    return ComparedPixels(place=place, grooves=grooves, left=left, outer=outer)


def _without_dirt(
    loop: Callable[..., tuple[np.ndarray, np.ndarray]],
    photo: Photograph,
    tile: Tile,
    more: tuple,
    model: PixelModel,
) -> np.ndarray:
    """Run a loop over a tile's pixels, slice by slice, where dirt weighs nothing.

    Few slices show dirt: only those that lie near it are gone over again, without it.
    """
    light = photo.window(*tile.block).ravel()
    found, dirty = loop(light, tile.arrays, tile.own, *more, model)
    if dirty.any():
        dirty_slices = tile.of_slices(np.flatnonzero(dirty))
        dirt = dirty_slices.pixel[compare(light, dirty_slices.arrays, model)[-1]]
        near = near_dirt(tile, dirt)
        touched = np.flatnonzero(np.logical_or.reduceat(near[tile.pixel], tile.first[:-1]))
        again = tile.of_slices(touched)
        counted = again.own & ~near[again.pixel]
        found[touched], _ = loop(light, again.arrays, counted, *more, model)
    return found


def model_of(grid: RowGrid, state: State) -> PixelModel:
    """The model as arrays for the loops over pixels."""
    template, modulation = state.template, modulation_of(state.modulation)
    tables = modulation.tables(template, state.blur_px)
    scales = Scales(
        reach_px=np.float32(template.reach_px),
        steps_per_px=np.float32(template.steps_per_px),
        half_width_px=np.float32(template.half_width_px),
        misfit=np.float32(state.misfit),
        offset_unit_px=np.float32(grid.offset_unit_px),
        last_place=np.float32(len(template.value) - 1),
    )
    rows = RowState(
        signal=state.displacement_px,
        contrast=state.contrast,
        level=state.level,
        tilt=state.tilt,
        squareness=_slant_of(grid, state),
    )
    return PixelModel(
        radius_px=grid.radius_px,
        state=rows,
        table=paired(*tables),
        scales=scales,
        outward=grid.outward,
        effect=modulation.effect,
    )


def near_dirt(tile: Tile, pixel: np.ndarray) -> np.ndarray:
    """Which pixels of a tile's block are dirt or near it, of those that show it.

    Its blurred rim hides in the noise, but is not noise.
    """
    rows, columns = tile.block
    dirt = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.uint8)
    dirt.ravel()[pixel] = 1
    dirt = cv2.dilate(dirt, np.ones((2 * RIM_PX + 1, 2 * RIM_PX + 1), np.uint8))
    return dirt.ravel() > 0
