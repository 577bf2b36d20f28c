"""The groove read twice, from halves of the photograph's pixels.

What both halves say is the groove's, and what they say differently is noise, whatever its nature:
structural biology measures the resolution of its maps so (van Heel 1987; Rosenthal and Henderson
2003), and no model flatters the figure. The noise of neighbouring pixels may go together, where a
camera interpolated, sharpened or smoothed them, or a JPEG file rounded them by blocks; so do a
print's dots and the fringes under a glass. The halves are therefore made of blocks, like the fields
of a chessboard, that are larger than what goes together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import overload

import numpy as np

from groovescan.core.results import Photograph
from groovescan.reading.sweep import State, Sums, model_of, sweep, view
from groovescan.reading.tiles import RowGrid, Tile


def half_difference(
    photo: Photograph,
    tiles: Sequence[Tile],
    grid: RowGrid,
    state: State,
    sums: Sums,
    *,
    information_share: float = 1.0,
    correlated: bool | None = None,
    gather: Callable[[Photograph, Sequence[Tile], RowGrid, State], Sums] = sweep,
) -> np.ndarray:
    r"""Difference of two readings of each row, scaled to the errors of their mean.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    tiles : sequence of Tile
        Where its pixels lie.
    grid : RowGrid
        The rows along the groove.
    state : State
        The model about which was read.
    sums : Sums
        What a sweep gathered of all pixels about that model, `corrected` for `information_share`.
    information_share : float
        Share of the information that is reckoned with, 0 to 1: see
        `groovescan.reading.jpeg_dequantisation.Dequantised`.
    correlated : bool, optional
        What `noise_is_correlated` tells, where it is known.
    gather : function
        Gathered the sums.

    Returns
    -------
    ndarray of float32, shape (samples,)
        In px, of the groove's own rows; not a number where one half tells next to nothing.

    Notes
    -----
    With the normal equations :math:`c_a d_a = m_a` of one half and :math:`c_b d_b = m_b` of the
    other, whose sums are those of the whole, it is

    .. math:: (d_a - d_b) \sqrt{c_a c_b} / (c_a + c_b)
        = (m_a c_b - m_b c_a) / ((c_a + c_b) \sqrt{c_a c_b}),

    which has the variance :math:`s^2 / (c_a + c_b)` of the whole reading where a pixel's noise has
    the variance :math:`s^2`.
    """
    # A half that has less of a row's information tells nothing of it.
    least_share = 0.05
    if correlated is None:
        correlated = noise_is_correlated(photo, tiles, grid, state)
    side = _side_px(photo, grid, correlated=correlated)
    half = gather(photo, _Half(tiles, side, photo), grid, state)
    groove = grid.groove
    whole, gradient, one, one_gradient = (
        values[groove].astype(float)
        for values in (sums.hessian, sums.gradient, half.hessian, half.gradient)
    )
    whole /= information_share
    other, other_gradient = whole - one, gradient - one_gradient
    known = (np.minimum(one, other) > least_share * whole) & (whole > 0)
    below = np.where(known, whole * np.sqrt(np.abs(one * other)) * information_share, 1.0)
    difference = (one_gradient * other - other_gradient * one) / below
    return np.where(known, difference, np.nan).astype(np.float32)


def _side_px(photo: Photograph, grid: RowGrid, *, correlated: bool) -> int:
    """Side of the blocks: larger where what the model leaves of neighbours goes together."""
    # Side of a block at least, and at most, in px: demosaicing and sharpening reach 2 px, and
    # beyond 8 px, a block of JPEG's, what the halves differ by no longer grows (measured on
    # interpolated, sharpened and printed discs).
    least_side_px = 4
    largest_side_px = 8
    # White noise is told by smaller blocks, between which the model is off alike.
    white_side_px = 2
    if photo.rounding is not None:
        return largest_side_px
    if not correlated:
        return white_side_px
    return int(np.clip(round(grid.pitch_px), least_side_px, largest_side_px))


def noise_is_correlated(
    photo: Photograph, tiles: Sequence[Tile], grid: RowGrid, state: State
) -> bool:
    """Whether the noise of neighbouring pixels goes together.

    Parameters
    ----------
    photo, tiles, grid, state
        As for `half_difference`.
    """
    # Neighbours that go together by less than this, and more than pixels far apart do, are as good
    # as white: noise, and a model that is off by little, give 0 to 0.04, noise reduction 0.2,
    # interpolation 0.4.
    most_correlation = 0.12
    if photo.rounding is not None:
        return True
    return _correlation(photo, tiles, grid, state) >= most_correlation


def _correlation(photo: Photograph, tiles: Sequence[Tile], grid: RowGrid, state: State) -> float:
    """Correlation of what the model leaves of neighbouring pixels, in some tiles.

    The largest of those of pixels side by side, across corners, and two and three px apart, as a
    mosaic's have it; beyond that of pixels far apart: light that is off by little over some
    distance is no noise.
    """
    # Down and right: side by side, across a corner, two and three px apart.
    near_px = ((0, 1), (1, 1), (0, 2), (0, 3))
    # Further than noise reduction reaches, some turns apart.
    far_px = (0, 16)
    # Told from so many tiles, and from pixels that are trusted so much.
    most_tiles = 10
    trusted = 0.3
    model = model_of(grid, state)
    found, whole = np.zeros(len(near_px) + 1), np.full(len(near_px) + 1, 1e-30)
    for index in np.unique(np.linspace(0, len(tiles) - 1, most_tiles).astype(int)):
        tile = tiles[int(index)]
        pixels = view(photo, tile, model)
        rows, columns = tile.block
        left = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.float32)
        used = tile.own & (pixels.trust > trusted)
        if not used.any():
            continue
        left.ravel()[tile.pixel[used]] = pixels.rest[used] / max(
            float(pixels.rest[used].std()), 1e-9
        )
        for k, (down, right) in enumerate((*near_px, far_px)):
            for turned in (left, np.rot90(left)):
                one = turned[down:, right:]
                other = turned[: len(turned) - down, : turned.shape[1] - right]
                both = (one != 0) & (other != 0)
                found[k] += float(np.sum(one * other))
                whole[k] += float(np.sum(one[both] ** 2 + other[both] ** 2)) / 2
    *near, far = found / whole
    return float(max(near) - far)


class _Half(Sequence[Tile]):
    """The tiles with every other block of the pixels alone, as on a chessboard."""

    def __init__(self, tiles: Sequence[Tile], side_px: int, photo: Photograph) -> None:
        self._tiles, self._side = tiles, side_px
        rounding = photo.rounding
        self._corner = (rounding.first_row, rounding.first_column) if rounding else (0, 0)

    def __len__(self) -> int:
        return len(self._tiles)

    @overload
    def __getitem__(self, index: int) -> Tile: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Tile]: ...
    def __getitem__(self, index: int | slice) -> Tile | Sequence[Tile]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        tile = self._tiles[index]
        return replace(tile, own=tile.own & self._chosen(tile))

    def __iter__(self) -> Iterator[Tile]:
        return map(self.__getitem__, range(len(self)))

    def _chosen(self, tile: Tile) -> np.ndarray:
        down, across = (
            (np.arange(part.start, part.stop) - at) // self._side % 2 == 0
            for part, at in zip(tile.block, self._corner, strict=True)
        )
        return np.take((down[:, None] == across).ravel(), tile.pixel)
