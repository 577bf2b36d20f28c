"""Where each pixel of the photograph lies on the groove.

The reader compares its model with the photograph's own pixels: nothing is interpolated, so
that no kernel stands between the photograph and its reading, and the pixels' noise stays what
it is. Each pixel belongs to the turn whose smooth spiral is nearest. The photograph is taken in
tiles, each of which sees a short stretch of some turns: what is known of these rows fits the
cache.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from groovescan.geometry import angle_at, project, radius_at, unproject
from groovescan.results import GrooveMap, Photograph

#: Side of a tile, and how far it sees beyond its side, in px.
SIDE_PX = 160
RIM_PX = 2
_CORRECTIONS = 3
_FAR_PITCHES = 0.75


@dataclass(frozen=True, kw_only=True)
class Lane:
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
    """

    samples_per_turn: int
    pitch_px: float
    outward: int
    radius_px: np.ndarray

    @property
    def groove(self) -> slice:
        """The rows of the groove itself."""
        return slice(self.samples_per_turn, len(self.radius_px) - self.samples_per_turn)

    @property
    def along_px(self) -> np.ndarray:
        """Distance between rows, in px."""
        return 2 * np.pi * self.radius_px / self.samples_per_turn


@dataclass(frozen=True, kw_only=True)
class Tile:
    """A block of the photograph, and where its pixels lie; the pixels are sorted by row.

    Attributes
    ----------
    block : tuple of slice
        Rows and columns of the photograph, with a rim that is shared with other tiles.
    pixel : ndarray of uint16, shape (n,)
        Flat index into the block of each pixel that lies beside the groove.
    row : ndarray of int64, shape (m,)
        The lane's rows that the tile sees, ascending.
    place : ndarray of uint16, shape (n,)
        Index into `row` of the row nearest to each pixel, ascending.
    first : ndarray of int64, shape (m,)
        First pixel of each row.
    part : ndarray of float16, shape (n,)
        Distance of the pixel from the row, -0.5 to 0.5, in rows.
    offset_px : ndarray of float32, shape (n,)
        Distance from the smooth spiral, positive away from the centre.
    own : ndarray of bool, shape (n,)
        Whether a pixel counts here, and not, in the rim, in another tile.
    """

    block: tuple[slice, slice]
    pixel: np.ndarray
    row: np.ndarray
    place: np.ndarray
    first: np.ndarray
    part: np.ndarray
    offset_px: np.ndarray
    own: np.ndarray


def lay_lane(groove_map: GrooveMap, step_px: float) -> Lane:
    """Lay rows along the groove, at most `step_px` apart."""
    circumference = 2 * np.pi * float(groove_map.radius_px.max())
    per_turn = 64 * int(np.ceil(circumference / step_px / 64))
    count = int(groove_map.turns * per_turn) // 64 * 64
    radius = radius_at(groove_map, np.arange(-per_turn, count + per_turn) / per_turn)
    return Lane(
        samples_per_turn=per_turn,
        pitch_px=groove_map.pitch_px,
        outward=-per_turn if radius[-1] < radius[0] else per_turn,
        radius_px=radius,
    )


def lay_tiles(photo: Photograph, groove_map: GrooveMap, lane: Lane) -> Iterator[Tile]:
    """Find where the pixels of the photograph lie on the groove, tile by tile."""
    rows, columns = photo.shape
    ring = _ring(groove_map, lane)
    for top in range(0, rows, SIDE_PX):
        for left in range(0, columns, SIDE_PX):
            inner = (
                slice(top, min(top + SIDE_PX, rows)),
                slice(left, min(left + SIDE_PX, columns)),
            )
            if _meets(inner, ring):
                tile = _tile(photo, groove_map, lane, inner)
                if tile.own.any():
                    yield tile


def _ring(groove_map: GrooveMap, lane: Lane) -> tuple[np.ndarray, float, float]:
    """Centre and radii of a ring in the image that holds the groove."""
    s = np.arange(len(lane.radius_px)) / lane.samples_per_turn - 1
    few = slice(None, None, max(1, lane.samples_per_turn // 256))
    x, y = project(groove_map.camera, lane.radius_px[few], angle_at(groove_map, s[few]))
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


def _tile(photo: Photograph, groove_map: GrooveMap, lane: Lane, inner: tuple[slice, slice]) -> Tile:
    block = tuple(
        slice(max(part.start - RIM_PX, 0), min(part.stop + RIM_PX, size))
        for part, size in zip(inner, photo.shape, strict=True)
    )
    y, x = np.mgrid[block].astype(float)
    radius, angle = unproject(groove_map.camera, x, y)
    fraction = (groove_map.direction * (angle - groove_map.start_rad) / (2 * np.pi)) % 1.0
    turn, offset = _nearest_turn(lane, radius, fraction)
    place = (turn + fraction) * lane.samples_per_turn
    nearest = np.rint(place).astype(np.int64)
    near = (nearest > 0) & (nearest < len(lane.radius_px) - 1)
    near &= np.abs(offset) < _FAR_PITCHES * lane.pitch_px
    pixel = np.flatnonzero(near)
    pixel = pixel[np.argsort(nearest.ravel()[pixel], kind="stable")]
    row, first, local = np.unique(nearest.ravel()[pixel], return_index=True, return_inverse=True)
    core = np.zeros(near.shape, bool)
    core[tuple(_within(a, b) for a, b in zip(inner, block, strict=True))] = True
    return Tile(
        block=block,
        pixel=pixel.astype(np.uint16),
        row=row,
        place=local.astype(np.uint16),
        first=first,
        part=(place - nearest).ravel()[pixel].astype(np.float16),
        offset_px=offset.ravel()[pixel].astype(np.float32),
        own=core.ravel()[pixel],
    )


def _within(part: slice, whole: slice) -> slice:
    return slice(part.start - whole.start, part.stop - whole.start)


def _nearest_turn(
    lane: Lane, radius: np.ndarray, fraction: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The turn whose spiral is nearest, counted from the lane's first row, and the distance."""
    feed = lane.pitch_px * np.sign(lane.radius_px[-1] - lane.radius_px[0])
    last = len(lane.radius_px) - 1.001

    def offset(turn: np.ndarray) -> np.ndarray:
        place = np.clip((turn + fraction) * lane.samples_per_turn, 0, last)
        lower = place.astype(np.int64)
        part, below = place - lower, lane.radius_px[lower]
        return radius - below - part * (lane.radius_px[lower + 1] - below)

    turn = np.rint((radius - lane.radius_px[0]) / feed - fraction)
    for _ in range(_CORRECTIONS):
        turn = turn + np.rint(offset(turn) / feed)
    return turn, offset(turn)
