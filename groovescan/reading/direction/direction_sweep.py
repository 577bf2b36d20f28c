"""One sweep of a model whose profile depends on the groove's direction over the pixels.

As in `groovescan.reading.sweep`, each pixel is compared with the two grooves between which it lies;
what it tells of a row is told of the row's displacement and of its slope.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from groovescan.core.results import GrooveMap, Photograph
from groovescan.profile.model_limits import (
    CELL_ROWS,
    DIRT_CONTRAST,
    DIRT_NOISES,
    LARGEST_CONTRAST_RATIO,
)
from groovescan.reading.direction.direction_profile import DirectionProfile, direction_index
from groovescan.reading.sweep import State, Sums, near_dirt
from groovescan.reading.tiles import RowGrid, Tile
from groovescan.runtime.threads import in_order
from groovescan.wiener.two_witnesses import slope, transposed_slope


@dataclass(frozen=True, kw_only=True)
class TurnedRows:
    """What the pixels of a row have in common.

    Attributes
    ----------
    azimuth_rad : ndarray of float32, shape (rows,)
        Where the rows lie round the disc.
    slope : ndarray of float32, shape (rows,)
        Of the displacement along the groove, towards larger azimuths.
    turning : float
        Change of `slope` by the displacement's own in the order of the rows: 1 or -1.
    """

    azimuth_rad: np.ndarray
    slope: np.ndarray
    turning: float

    @cached_property  # every tile asks for those of all rows
    def direction_rad(self) -> np.ndarray:
        """Azimuth of the groove's normal."""
        return self.azimuth_rad - np.arctan(self.slope)

    @cached_property
    def squareness(self) -> np.ndarray:
        """Cosine of the angle between the groove and the spiral; float32."""
        return (1 / np.sqrt(1 + self.slope**2)).astype(np.float32)


def rows_of(groove_map: GrooveMap, grid: RowGrid, displacement_px: np.ndarray) -> TurnedRows:
    """The rows of a grid with a displacement."""
    turns = np.arange(len(grid.radius_px)) / grid.samples_per_turn - 1
    azimuth = groove_map.start_rad + groove_map.direction * 2 * np.pi * turns
    along = groove_map.direction * slope(displacement_px) / grid.along_px
    return TurnedRows(
        azimuth_rad=np.mod(azimuth, 2 * np.pi),
        slope=along.astype(np.float32),
        turning=float(groove_map.direction),
    )


@dataclass(frozen=True, kw_only=True)
class DirectionPixels:
    """Pixels under the model.

    Attributes
    ----------
    row, place, bin : ndarray of int, shape (2, n)
        Of the own groove and of the other: row of the grid, column and row of the tables.
    contrast, by_displacement, by_slope : ndarray of float32, shape (2, n)
        Contrast of both grooves, and the light's derivatives.
    by_contrast : ndarray of float32, shape (n,)
        Derivative by the contrast of the own groove's cell.
    rest, trust : ndarray of float32, shape (n,)
        Residual, and weight.
    """

    row: np.ndarray
    place: np.ndarray
    bin: np.ndarray
    contrast: np.ndarray
    by_displacement: np.ndarray
    by_slope: np.ndarray
    by_contrast: np.ndarray
    rest: np.ndarray
    trust: np.ndarray


@dataclass(frozen=True, kw_only=True)
class DirectionSums:
    """What a sweep gathers: normal equations of rows and cells, and those of the slope.

    Attributes
    ----------
    cells : Sums
        With zero for `hessian` and `gradient`.
    by_value, by_slope, by_both : ndarray of float64, shape (rows,)
        Squared derivatives by displacement and slope (from row to row), and their product.
    gradient, slope_gradient : ndarray of float64, shape (rows,)
        Derivatives times residuals.
    whole : ndarray of float64, shape (rows,)
        `by_value` if nothing were hidden.
    whole_slope : ndarray of float64, shape (rows,)
        `by_slope` if nothing were hidden.
    weight : ndarray of float64, shape (rows,)
        Weights of the pixels that a row shares.
    """

    cells: Sums
    by_value: np.ndarray
    by_slope: np.ndarray
    by_both: np.ndarray
    gradient: np.ndarray
    slope_gradient: np.ndarray
    whole: np.ndarray
    whole_slope: np.ndarray
    weight: np.ndarray

    def as_sums(self, steepness: float) -> Sums:
        """As if the displacement alone were told, `steepness` being its usual slope over itself."""
        more = np.float64(steepness**2)
        return Sums(
            hessian=(self.by_value + more * self.by_slope).astype(np.float32),
            gradient=(self.gradient + transposed_slope(self.slope_gradient)).astype(np.float32),
            whole=(self.whole + more * self.whole_slope).astype(np.float32),
            normal=self.cells.normal,
            target=self.cells.target,
            square=self.cells.square,
            weight=self.cells.weight,
        )

    def at_usual_steepness(self, steepness: float) -> Sums:
        """As `as_sums`, with what the slope tells taken for that of a signal of that steepness.

        The derivative of what noise tells of the slope is louder from row to row than at the
        frequencies of the sound, as which it counts here: that is what readings are off by.
        """
        gradient = self.gradient + steepness * self.slope_gradient
        return replace(self.as_sums(steepness), gradient=gradient.astype(np.float32))


def compare_pixels(
    photo: Photograph,
    tile: Tile,
    grid: RowGrid,
    state: State,
    rows: TurnedRows,
    profile: DirectionProfile,
) -> DirectionPixels:
    """Compare the model with a tile's own pixels."""
    use = np.flatnonzero(tile.own)
    light = photo.window(*tile.block).ravel()[tile.pixel[use]]
    row, part, offset = tile.row[tile.place[use]], tile.part[use], tile.offset_px[use]
    last = len(grid.radius_px) - 2
    row = np.clip(row, 1, last)
    moved, direction, square = state.displacement_px, rows.direction_rad, rows.squareness

    def displaced(at: np.ndarray) -> np.ndarray:
        """Displacement of the pixels' places along rows, by a parabola through three."""
        here, before, after = moved[at], moved[at - 1], moved[at + 1]
        return here + part * ((after - before) / 2 + part * ((after + before) / 2 - here))

    across = offset - displaced(row)
    other = np.clip(np.where(across > 0, row + grid.outward, row - grid.outward), 1, last)
    away = (grid.radius_px[other] - grid.radius_px[row]).astype(np.float32)
    both = np.stack([row, other])
    offsets = np.stack([across, offset - away - displaced(other)]) * square[both]
    place, index = profile.place(offsets), direction_index(direction[both])
    contrast = state.contrast[both]
    value = profile.value[index, place]
    by_displacement = -contrast * square[both] * profile.by_offset[index, place]
    along_px = (2 * np.pi / grid.samples_per_turn) * grid.radius_px[both]
    turned = np.float32(-rows.turning) * square[both] ** 2 / along_px.astype(np.float32)
    by_slope = contrast * profile.by_direction[index, place] * turned
    ratio = np.clip(
        contrast[1] * contrast[0] / (contrast[0] ** 2 + 1e-12), 0, LARGEST_CONTRAST_RATIO
    )
    land = state.level[row] + state.tilt[row] * offset
    rest = light - land - (contrast * value).sum(axis=0)
    trust = 1 / (1 + (rest / (4 * state.misfit)) ** 2)
    dirty = np.abs(rest) > np.maximum(
        DIRT_NOISES * state.misfit, DIRT_CONTRAST * np.abs(contrast[0])
    )
    if dirty.any():
        trust[near_dirt(tile, tile.pixel[use[dirty]])[tile.pixel[use]]] = 0
    return DirectionPixels(
        row=both,
        place=place,
        bin=index,
        contrast=contrast,
        by_displacement=by_displacement,
        by_slope=by_slope,
        by_contrast=value[0] + ratio * value[1],
        rest=rest.astype(np.float32),
        trust=trust.astype(np.float32),
    )


def direction_sweep(
    photo: Photograph,
    tiles: Sequence[Tile],
    grid: RowGrid,
    state: State,
    rows: TurnedRows,
    profile: DirectionProfile,
) -> DirectionSums:
    """Gather the normal equations over all pixels."""
    count = len(grid.radius_px)
    of_rows, of_cells = np.zeros((8, count)), np.zeros((6, count // CELL_ROWS))

    def gathered(index: int) -> tuple[np.ndarray, ...]:
        """Rows and cells of a tile's pixels, and what these add to each."""
        pixels = compare_pixels(photo, tiles[index], grid, state, rows, profile)
        light = _terms_of_cells(pixels, state)
        return pixels.row.ravel(), _terms_of_rows(pixels), pixels.row[0] // CELL_ROWS, light

    def add(found: tuple[np.ndarray, ...]) -> None:
        """Add a tile to the sums."""
        row, told, cell, light = found
        if not len(row):
            return
        _add_up(of_rows, row, told)
        _add_up(of_cells, cell, light)

    in_order(gathered, add, range(len(tiles)))
    cells = Sums(
        hessian=np.zeros(count, np.float32),
        gradient=np.zeros(count, np.float32),
        whole=np.zeros(count, np.float32),
        normal=of_cells[[0, 1, 1, 2]].T.reshape(-1, 2, 2),
        target=np.ascontiguousarray(of_cells[3:5].T),
        square=of_cells[5],
        weight=of_cells[0],
    )
    return DirectionSums(
        cells=cells,
        by_value=of_rows[0],
        by_slope=of_rows[1],
        by_both=of_rows[2],
        gradient=of_rows[3],
        slope_gradient=of_rows[4],
        whole=of_rows[5],
        whole_slope=of_rows[6],
        weight=of_rows[7],
    )


def _terms_of_rows(pixels: DirectionPixels) -> np.ndarray:
    """What each pixel adds to the equations of its two rows; shape (8, 2 n)."""
    by_value, by_slope, trust, rest = (
        pixels.by_displacement, pixels.by_slope, pixels.trust, pixels.rest,
    )  # fmt: skip
    told = np.stack(
        [
            trust * by_value**2, trust * by_slope**2, trust * by_value * by_slope,
            trust * rest * by_value, trust * rest * by_slope, by_value**2, by_slope**2,
            np.stack([trust, trust]),
        ]
    )  # fmt: skip
    return told.reshape(8, -1)


def _terms_of_cells(pixels: DirectionPixels, state: State) -> np.ndarray:
    """What each pixel adds to the equations of level and contrast of its cell; shape (6, n)."""
    own, lit, trust, rest = pixels.row[0], pixels.by_contrast, pixels.trust, pixels.rest
    wanted = rest + state.level[own] + state.contrast[own] * lit
    return np.stack(
        [
            trust, trust * lit, trust * lit**2, trust * wanted, trust * lit * wanted,
            trust * rest**2,
        ]
    )  # fmt: skip


def _add_up(sums: np.ndarray, at: np.ndarray, values: np.ndarray) -> None:
    """Add values, line by line, to the sums at some places."""
    touched, inverse = np.unique(at, return_inverse=True)
    for line, each in zip(sums, values, strict=True):
        line[touched] += np.bincount(inverse, each, minlength=len(touched))
