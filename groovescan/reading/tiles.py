"""Where each pixel of the photograph lies on the groove.

The reader compares its model with the photograph's own pixels: nothing is interpolated, so
that no kernel stands between the photograph and its reading, and the pixels' noise stays what
it is. Each pixel belongs to the turn whose smooth spiral is nearest. The photograph is taken in
tiles, each of which sees a short stretch of some turns: what is known of these rows fits the
cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from groovescan.core.geometry.camera_model import angle_at, radius_at
from groovescan.core.geometry.projection import projection_of
from groovescan.core.results import GrooveMap, Photograph
from groovescan.reading.kernels.layers import LANES, PART_ROWS, in_layers
from groovescan.reading.kernels.model_arguments import TilePixels
from groovescan.reading.kernels.placement import OwnBlock, PolarPixels, Spiral, placed
from groovescan.reading.shown_rows import ShownRows
from groovescan.reading.turn_table import TurnGuess, turn_guess
from groovescan.runtime.array_types import Float64Vector
from groovescan.runtime.jit import compiled

#: Side of a tile, and how far it sees beyond its side, in px: a pixel is told by 16 bits.
SIDE_PX = 252
#: Dirt is widened by so many px, for which a tile has to see beyond its side; 252 and two rims are
#: 256.
RIM_PX = 2
#: Of so many rows the map is asked for one at most, and so many times between two of its nodes.
_EVERY, _PER_NODE = 16, 8
#: Pixels count as far from the groove as half a pitch and the largest displacement reach, a
#: quarter.
_FAR_PITCHES = 0.75
#: What a tile keeps of a pixel: index, part and offset of two bytes each, and whether it counts.
_BYTES_PER_PX = 7
#: Tiles are kept up to so many bytes: arbitrary, all of a photograph of some 150 megapixels.
CACHED_BYTES = 1 << 30
Covers = Callable[[np.ndarray, np.ndarray], np.ndarray]
PolarOf = Callable[[tuple[slice, slice]], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, kw_only=True)
class RowGrid:
    """The rows along the groove: one for each sample, and a turn more at either end.

    Attributes
    ----------
    samples_per_turn : int
        Rows per turn.
    pitch_px : float
        Mean distance between turns, in px.
    outward : int
        Rows from a row to the one beside it, one turn further from the centre.
    radius_px : ndarray of float64, shape (rows,)
        Radius of the smooth spiral; row `samples_per_turn` is the groove's start.
    locked : bool
        Whether the groove's last turn is a circle.
    turn_share : float
        Share of each turn that has rows: less than one where a photograph shows a part of the disc.
        `samples_per_turn` are the rows of that part then.
    """

    samples_per_turn: int
    pitch_px: float
    outward: int
    radius_px: np.ndarray
    locked: bool = False
    turn_share: float = 1.0

    @property
    def whole_turn_rows(self) -> int:
        """Rows that a turn has where all of it is shown."""
        return round(self.samples_per_turn / self.turn_share)

    @property
    def groove(self) -> slice:
        """The rows of the groove itself."""
        return slice(self.samples_per_turn, len(self.radius_px) - self.samples_per_turn)

    @property
    def offset_unit_px(self) -> float:
        """Step in which the pixels' distances from the spiral are kept: far below their error."""
        return _FAR_PITCHES * self.pitch_px / 32767

    @property
    def along_px(self) -> np.ndarray:
        """Distance between rows, in px."""
        return 2 * np.pi * self.radius_px / self.whole_turn_rows


@dataclass(frozen=True, kw_only=True)
class Tile:
    """A block of the photograph, and where its pixels lie.

    The rows with the most pixels come first. They are taken `LANES` at a time, as a slice; its
    pixels lie in layers, the first of each row, the second of each, and so on. Where a row has
    fewer than the others, its first is repeated, and counts once.

    Attributes
    ----------
    block : tuple of slice
        Rows and columns of the photograph, with a rim that is shared with other tiles.
    pixel : ndarray of uint16, shape (n,)
        Flat index into the block of each pixel that lies beside the groove.
    row : ndarray of int64, shape (m,)
        The grid's rows that the tile sees, whole slices of them: the last one may be repeated.
    first : ndarray of int64, shape (slices + 1,)
        First pixel of each slice, and the end of the last one.
    parts : ndarray of int16, shape (n,)
        Distance of the pixel from the row, in units of `PART_ROWS`.
    offsets : ndarray of int16, shape (n,)
        Distance from the smooth spiral, positive away from the centre, in units of the grid's
        `offset_unit_px`.
    unit_px : float
        That unit.
    own : ndarray of bool, shape (n,)
        Whether a pixel counts here, and not, in the rim, in another tile.
    """

    block: tuple[slice, slice]
    pixel: np.ndarray
    row: np.ndarray
    first: np.ndarray
    parts: np.ndarray
    offsets: np.ndarray
    unit_px: float
    own: np.ndarray

    def of_slices(self, some: np.ndarray) -> Tile:
        """The tile with some of its slices alone, given by their indices."""
        sizes = np.diff(self.first)[some]
        first = np.concatenate(([0], np.cumsum(sizes)))
        at = np.arange(first[-1]) + np.repeat(self.first[some] - first[:-1], sizes)
        return replace(
            self,
            pixel=self.pixel[at],
            row=self.row.reshape(-1, LANES)[some].ravel(),
            first=first,
            parts=self.parts[at],
            offsets=self.offsets[at],
            own=self.own[at],
        )

    def some_slices(self, pixels: int, rng: np.random.Generator) -> Tile:
        """The tile with slices that follow one another, drawn, and about so many pixels."""
        slices = len(self.first) - 1
        some = min(-(-slices * pixels // max(len(self.pixel), 1)), slices)
        start = int(rng.integers(slices - some + 1))
        return self.of_slices(np.arange(start, start + some))

    @property
    def place(self) -> np.ndarray:
        """Index into `row` of the row nearest to each pixel; shape (n,)."""
        of_slice = np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))
        return of_slice * LANES + np.arange(len(self.pixel)) % LANES

    @property
    def part(self) -> np.ndarray:
        """Distance of each pixel from its row, -0.5 to 0.5, in rows; float32, shape (n,)."""
        return self.parts * np.float32(PART_ROWS)

    @property
    def offset_px(self) -> np.ndarray:
        """Distance of each pixel from the smooth spiral; float32, shape (n,)."""
        return self.offsets * np.float32(self.unit_px)

    @property
    def arrays(self) -> TilePixels:
        """Its pixels, as the loops over them take them."""
        return TilePixels(self.pixel, self.parts, self.offsets, self.own, self.row, self.first)


def lay_row_grid(groove_map: GrooveMap, step_px: float, most_per_turn: int = 1 << 20) -> RowGrid:
    """Lay rows along the groove, `step_px` apart or a little less, and so many per turn at most."""
    circumference = 2 * np.pi * float(groove_map.radius_px.max())
    per_turn = 64 * min(int(np.ceil(circumference / step_px / 64)), most_per_turn // 64)
    count = int(groove_map.turns * per_turn) // 64 * 64
    every = min(_EVERY, max(1, per_turn // (_PER_NODE * groove_map.nodes_per_turn)))
    few = np.arange(-per_turn, count + per_turn + 2 * every, every) / per_turn
    radius = _curved(radius_at(groove_map, few), every, count + 2 * per_turn)
    return RowGrid(
        samples_per_turn=per_turn,
        pitch_px=groove_map.pitch_px,
        outward=-per_turn if radius[-1] < radius[0] else per_turn,
        radius_px=radius,
        locked=groove_map.locked,
    )


@compiled
def _curved(values: Float64Vector, step: int, count: int) -> np.ndarray:
    """Cubic interpolation of values that stand at every `step` rows, from the first on.

    The map's spline bends so little from row to row that a few of them tell it to a millionth of
    a px (four points of Lagrange's).
    """
    found, share = np.empty(count), 1 / step
    for first in range(0, count, step):
        k = min(max(first // step, 1), len(values) - 3)
        a, b, c, d = values[k - 1], values[k], values[k + 1], values[k + 2]
        third = (d - a) / 6 + (b - c) / 2
        half = (a + c) / 2 - b
        rise = c - half - third - b
        for row in range(first, min(first + step, count)):
            x = (row - k * step) * share
            found[row] = b + x * (rise + x * (half + x * third))
    return found


class Tiles(Sequence[Tile]):
    """The tiles that reach into the groove, each laid when it is first asked for.

    They are kept as far as that takes no more than so many bytes; others, on photographs of a
    thousand megapixels, are laid anew for each sweep.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        groove_map: GrooveMap,
        grid: RowGrid,
        covers: Covers | None = None,
        shown: ShownRows | None = None,
        cached_bytes: int = CACHED_BYTES,
    ) -> None:
        self._shape, self._grid = shape, grid
        self._polar_of = _masked(groove_map, covers)
        few, far = grid.radius_px[::_EVERY], _FAR_PITCHES * grid.pitch_px + 1
        self._reach = float(few.min()) - far, float(few.max()) + far
        self._guess = turn_guess(
            groove_map, grid.radius_px, grid.samples_per_turn, grid.pitch_px, shown
        )
        ring = _ring(groove_map, grid, shown)
        self._blocks = [block for block in _blocks(shape) if _meets(block, ring)]
        size = _BYTES_PER_PX * (SIDE_PX + 2 * RIM_PX) ** 2
        self._cached: dict[int, Tile] = {}
        self._most = len(self._blocks)
        if _BYTES_PER_PX * sum(map(_size, self._blocks)) >= cached_bytes:
            self._most = cached_bytes // size

    def __len__(self) -> int:
        return len(self._blocks)

    def __getitem__(self, index: int) -> Tile:  # type: ignore[override]  # no slices
        if index in self._cached:
            return self._cached[index]
        tile = _tile(
            self._shape,
            self._polar_of,
            self._grid,
            self._guess,
            self._reach,
            self._blocks[index],
        )
        if index < self._most:
            self._cached[index] = tile
        return tile

    def __iter__(self) -> Iterator[Tile]:
        """Those that hold pixels of the groove."""
        return (tile for tile in map(self.__getitem__, range(len(self))) if tile.own.any())


def lay_tiles(
    photo: Photograph,
    groove_map: GrooveMap,
    grid: RowGrid,
    covers: Covers | None = None,
    *,
    shown: ShownRows | None = None,
    cached_bytes: int = CACHED_BYTES,
) -> Tiles:
    """Find where the pixels of the photograph lie on the groove, tile by tile.

    Where `covers` is given, pixels that it does not cover, by their (x, y), are not looked at;
    where `shown` is, the grid has the rows alone that are shown.
    """
    return Tiles(photo.shape, groove_map, grid, covers, shown, cached_bytes)


def _blocks(shape: tuple[int, int]) -> Iterator[tuple[slice, slice]]:
    for top in range(0, shape[0], SIDE_PX):
        for left in range(0, shape[1], SIDE_PX):
            yield (
                slice(top, min(top + SIDE_PX, shape[0])),
                slice(left, min(left + SIDE_PX, shape[1])),
            )


def _size(block: tuple[slice, slice]) -> int:
    return (block[0].stop - block[0].start) * (block[1].stop - block[1].start)


def _ring(
    groove_map: GrooveMap, grid: RowGrid, shown: ShownRows | None
) -> tuple[np.ndarray, float, float]:
    """Centre and radii of a ring in the image that holds the groove."""
    few = np.arange(0, len(grid.radius_px), max(1, grid.samples_per_turn // 256))
    row = few if shown is None else shown.at(few)
    angle = angle_at(groove_map, row / grid.whole_turn_rows - 1)
    x, y = projection_of(groove_map).project(grid.radius_px[few], angle)
    centre = groove_map.camera.centre_px
    radius = np.hypot(x - centre[0], y - centre[1])
    return centre, float(radius.min()) - 2, float(radius.max()) + 2


def _meets(block: tuple[slice, slice], ring: tuple[np.ndarray, float, float]) -> bool:
    """Whether a block of pixels reaches into a ring."""
    (x, y), inner, outer = ring
    rows, columns = block
    dx = max(columns.start - x, 0, x - columns.stop)
    dy = max(rows.start - y, 0, y - rows.stop)
    farthest = np.hypot(
        max(abs(columns.start - x), abs(columns.stop - x)),
        max(abs(rows.start - y), abs(rows.stop - y)),
    )
    return bool(np.hypot(dx, dy) <= outer and farthest >= inner)


def _tile(
    shape: tuple[int, int],
    polar_of: PolarOf,
    grid: RowGrid,
    guess: TurnGuess,
    reach: tuple[float, float],
    inner: tuple[slice, slice],
) -> Tile:
    rows, columns = (
        slice(max(part.start - RIM_PX, 0), min(part.stop + RIM_PX, size))
        for part, size in zip(inner, shape, strict=True)
    )
    block = rows, columns
    radius, phase = polar_of(block)
    down, across = (_within(a, b) for a, b in zip(inner, block, strict=True))
    radius, phase, even = guess.of(radius, phase)
    found = placed(
        PolarPixels(radius, phase, even),
        OwnBlock(down.start, down.stop, across.start, across.stop),
        Spiral(
            radius_px=grid.radius_px,
            per_turn=grid.samples_per_turn,
            feed_px=guess.feed_px,
            remembered=0.0 if guess.table else 1.0,
            inner_px=reach[0],
            outer_px=reach[1],
            far_px=_FAR_PITCHES * grid.pitch_px,
            unit_px=grid.offset_unit_px,
        ),
    )
    pixel, parts, offsets, own, row, first = in_layers(*found, grid.samples_per_turn)
    return Tile(
        block=block,
        pixel=pixel,
        row=row,
        first=first,
        parts=parts,
        offsets=offsets,
        unit_px=grid.offset_unit_px,
        own=own,
    )


def _masked(groove_map: GrooveMap, covers: Covers | None) -> PolarOf:
    """Gives radius and phase of a block; what is not looked at lies in the centre."""

    def polar(block: tuple[slice, slice]) -> tuple[np.ndarray, np.ndarray]:
        """Radius and turns of the pixels of a block."""
        radius, phase = _polar(groove_map, block)
        if covers is None:
            return radius, phase
        y, x = np.mgrid[block].astype(float)
        return np.where(covers(x, y), radius, 0.0), phase

    return polar


def _polar(groove_map: GrooveMap, block: tuple[slice, slice]) -> tuple[np.ndarray, np.ndarray]:
    """Radius (px) and phase (turns, without a jump) of a block's pixels."""

    def phase(angle: np.ndarray) -> np.ndarray:
        """Turns from the start at an angle."""
        return groove_map.direction * (angle - groove_map.start_rad) / (2 * np.pi)

    return projection_of(groove_map).polar_block(block, phase)


def _within(part: slice, whole: slice) -> slice:
    return slice(part.start - whole.start, part.stop - whole.start)
