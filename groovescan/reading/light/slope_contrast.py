r"""How the light of a groove that is cut deeper and shallower goes with the slope of its bottom.

The walls of a hill-and-dale groove tilt as its bottom rises and falls, and turn light away from the
camera on both slopes alike. Its contrast is then

.. math:: c \, (1 + \beta \, (s^2 - \overline{s^2})),

with the slope :math:`s` of the half width along the groove. Part of that looks like a change of the
width, by which it would be heard as distortion. What does not tells the coefficient: the change of
contrast of each row is solved together with that of its width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import ndimage

from groovescan.core.results import Photograph
from groovescan.modulation import modulation_of
from groovescan.reading.sweep import State, model_of, view
from groovescan.reading.tiles import RowGrid, Tile
from groovescan.runtime.threads import mapped


def slope_contrast(
    photo: Photograph,
    tiles: Sequence[Tile],
    grid: RowGrid,
    state: State,
    rng: np.random.Generator,
) -> float:
    """Change of contrast with the squared slope that the model leaves to be explained.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    tiles : sequence of Tile
        Where its pixels lie.
    grid : RowGrid
        The rows along the groove.
    state : State
        The model about which was read, of a groove that widens.
    rng : numpy.random.Generator
        Chooses the tiles, where there are many.

    Returns
    -------
    float
        Relative, without a unit; 0 where it is not clear beside the noise.
    """
    # Few of the pixels tell a single number. It is taken where it is so many times its standard
    # error: 26 under a ring light, 4.6 at most on discs whose walls shine alike everywhere.
    most_tiles = 200
    clear_errors = 8.0
    chosen = np.sort(rng.choice(len(tiles), min(most_tiles, len(tiles)), replace=False))
    sums = _row_equations(photo, [tiles[index] for index in chosen], grid, state)[grid.groove]
    contrast, weight = _apart_from_width(*sums.T)
    shape = _squared_slope(grid, state)
    known = float(weight @ shape**2)
    if not known > 0:
        return 0.0
    found = float((weight * shape) @ contrast) / known
    return found if abs(found) > clear_errors * state.noise / np.sqrt(known) else 0.0


def with_slope_contrast(grid: RowGrid, state: State, coefficient: float) -> State:
    """A state whose contrast is the film's, with that of the groove's slope in it.

    Parameters
    ----------
    grid : RowGrid
        The rows along the groove.
    state : State
        With the contrast of a level groove.
    coefficient : float
        As `slope_contrast` tells it, in sum.

    Returns
    -------
    State
    """
    # Whatever the coefficient, a contrast changes by no more than this share.
    most = 0.3
    change = np.clip(coefficient * _squared_slope(grid, state), -most, most)
    contrast = state.contrast.copy()
    contrast[grid.groove] *= 1 + change.astype(np.float32)
    return replace(state, contrast=contrast)


def _row_equations(
    photo: Photograph, tiles: Sequence[Tile], grid: RowGrid, state: State
) -> np.ndarray:
    """Normal equations of width and relative contrast of each row; shape (rows, 5)."""
    model = model_of(grid, state)
    profile, _ = modulation_of(state.modulation).tables(state.template, state.blur_px)

    def equations(tile: Tile) -> tuple[np.ndarray, np.ndarray]:
        """Normal equations from one tile."""
        pixels = view(photo, tile, model)
        use = np.flatnonzero(tile.own & (pixels.trust > 0))
        row, where = np.unique(tile.row[tile.place[use]], return_inverse=True)
        wider, rest = pixels.grooves[1, use], pixels.rest[use]
        stronger = pixels.grooves[0, use] * profile[pixels.place[0, use]]
        products = (wider**2, wider * stronger, stronger**2, wider * rest, stronger * rest)
        sums = [np.bincount(where, pixels.trust[use] * each, len(row)) for each in products]
        return row, np.stack(sums, axis=1)

    sums = np.zeros((len(grid.radius_px), 5))
    for row, found in mapped(equations, tiles):
        sums[row] += found
    return sums


def _apart_from_width(
    by_width: np.ndarray,
    by_both: np.ndarray,
    by_contrast: np.ndarray,
    width_rest: np.ndarray,
    contrast_rest: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Change of contrast of each row whatever its width's, and the weight of that."""
    # A row that hardly tells the one from the other is left out.
    least_told = 1e-3
    determinant = by_width * by_contrast - by_both**2
    told = determinant > least_told * by_width * by_contrast
    safe = np.where(told, determinant, 1.0)
    change = np.where(told, (by_width * contrast_rest - by_both * width_rest) / safe, 0.0)
    return change, np.where(told, determinant / np.where(told, by_width, 1.0), 0.0)


def _squared_slope(grid: RowGrid, state: State) -> np.ndarray:
    """Squared slope of the half width along each row of the groove, without its slow part."""
    # The contrast of the film is solved for what changes more slowly than in so many rows, some
    # hundredths of a second; from 200 to 1500 makes 0.03 dB.
    slow_rows = 600
    wide = state.displacement_px[grid.groove].astype(float)
    if len(wide) < 2:
        return np.zeros_like(wide)
    square = (np.gradient(wide) / grid.along_px[grid.groove]) ** 2
    return np.asarray(square - ndimage.uniform_filter1d(square, slow_rows))
