"""The disc put together from its photographs: a picture for looking, not for listening.

What tells groove from land, where the groove begins and ends, and what a report draws need one
picture. It is interpolated, block by block where it is looked at; at each place it shows the
photograph that shows the groove best there. What is heard is read from the photographs themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

import cv2
import numpy as np

from groovescan.core.photograph import Photograph
from groovescan.joining.placements import Placement
from groovescan.joining.registration.arcs import Arc

#: Blocks are made of this side, and kept up to so many bytes; places are asked of a camera at every
#: so many px.
_SIDE_PX, _KEPT_BYTES, _GRID_PX = 256, 256 << 20, 16
#: Sectors in which photographs are weighed against each other: 5 degrees, arbitrary. The weights
#: are for looking alone; what is read weighs every pixel.
SECTORS = 72


def sector_weights(arcs: Sequence[Arc], placements: dict[int, Placement]) -> dict[int, np.ndarray]:
    """How well each photograph shows the groove in each sector of the disc; shape (sectors,)."""
    weights = {number: np.full(SECTORS, 1e-12) for number in placements}
    for arc in arcs:
        if arc.photograph not in placements:
            continue
        placement = placements[arc.photograph]
        known = arc.known
        told = np.where(known, (placement.scale / arc.error_px) ** 2, 0.0)
        turns = np.maximum(known.any(axis=1).sum(), 1)
        place = placement.on_disc(arc.image_px(arc.radius_px.mean(axis=0), arc.angle_rad))
        sector = (np.mod(np.angle(place) / (2 * np.pi), 1) * SECTORS).astype(int)
        sums = np.bincount(sector, told.sum(axis=0) / turns, SECTORS)
        weights[arc.photograph] += sums / np.maximum(np.bincount(sector, minlength=SECTORS), 1)
    return weights


class MosaicPixels:
    """The pixels of the picture, of which only what is asked for is made.

    Parameters
    ----------
    photographs : sequence of Photograph
        One channel of each.
    placements : dict of int to Placement
        How they lie on the disc; those that are not named are left out.
    weights : dict of int to ndarray
        Of `sector_weights`.
    half_px : int
        The picture shows so many px on either side of its middle.
    """

    def __init__(
        self,
        photographs: Sequence[Photograph],
        placements: dict[int, Placement],
        weights: dict[int, np.ndarray],
        half_px: int,
    ) -> None:
        self._photographs, self._placements, self._weights = photographs, placements, weights
        self._half = half_px
        self._kept: dict[tuple[int, int], np.ndarray] = {}
        self._lock = Lock()
        self._land: float | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return 2 * self._half + 1, 2 * self._half + 1

    def block(self, rows: slice, columns: slice) -> np.ndarray:
        """The pixels of a block."""
        found = np.empty((rows.stop - rows.start, columns.stop - columns.start), np.float32)
        for top in range(rows.start // _SIDE_PX, -(-rows.stop // _SIDE_PX)):
            for left in range(columns.start // _SIDE_PX, -(-columns.stop // _SIDE_PX)):
                tile = self._tile(top, left)
                down, across = (
                    slice(max(part.start, _SIDE_PX * k), min(part.stop, _SIDE_PX * (k + 1)))
                    for part, k in ((rows, top), (columns, left))
                )
                there = (
                    slice(part.start - _SIDE_PX * k, part.stop - _SIDE_PX * k)
                    for part, k in ((down, top), (across, left))
                )
                here = (
                    slice(part.start - of.start, part.stop - of.start)
                    for part, of in ((down, rows), (across, columns))
                )
                found[tuple(here)] = tile[tuple(there)]
        return found

    def _tile(self, top: int, left: int) -> np.ndarray:
        with self._lock:
            tile = self._kept.get((top, left))
        if tile is None:
            tile = self._made(top, left)
            with self._lock:
                while len(self._kept) * _SIDE_PX**2 * 4 > _KEPT_BYTES:
                    self._kept.pop(next(iter(self._kept)))
                self._kept[top, left] = tile
        return tile

    def _made(self, top: int, left: int) -> np.ndarray:
        """A block of the picture: at each px the photograph that shows most there."""
        # Photographs give way to one another within so many px of their edge.
        edge_px = 48.0
        # The picture shows none within so many px of it.
        rim_px = 4
        x, y = (
            _SIDE_PX * k - self._half + np.arange(0, _SIDE_PX + _GRID_PX, _GRID_PX, dtype=float)
            for k in (left, top)
        )
        place = x[None, :] - 1j * y[:, None]
        sector = (np.mod(np.angle(place) / (2 * np.pi), 1) * SECTORS).astype(int) % SECTORS
        tile = np.full((_SIDE_PX, _SIDE_PX), self._level(), np.float32)
        best = np.zeros(tile.shape, np.float32)
        for number, placement in self._placements.items():
            photo = self._photographs[number]
            at = placement.in_image(place)
            rows, columns = photo.shape
            far = np.array([columns, rows])[:, None, None] - 1.0
            if (at.max(axis=(1, 2)) < 0).any() or (at.min(axis=(1, 2)) > far[:, 0, 0]).any():
                continue
            inside = np.minimum(at, far - at).min(axis=0) - rim_px
            weight = self._weights[number][sector] * np.clip(inside / edge_px, 0, 1)
            if not (weight > 0).any():
                continue
            worth, across, down = (_finer(each) for each in (weight, at[0], at[1]))
            if placement.sheet is not None:
                worth = np.where(placement.sheet.covers(across, down), worth, np.float32(0))
            better = worth > best
            if better.any():
                light = _sampled(photo, across, down)
                tile[better], best[better] = light[better], worth[better]
        return tile

    def _level(self) -> float:
        """Light where no photograph shows anything: the usual one."""
        if self._land is None:
            few = next(iter(self._placements))
            reduced = self._photographs[few].reduced(
                max(min(self._photographs[few].shape) // 64, 1)
            )
            self._land = float(np.median(reduced))
        return self._land


def _finer(coarse: np.ndarray) -> np.ndarray:
    """Values at every px between those of a grid, linearly."""
    at = (np.arange(_SIDE_PX, dtype=np.float32) / _GRID_PX)[:, None]
    down, across = np.broadcast_arrays(at, at.T)
    return cv2.remap(
        coarse.astype(np.float32), np.ascontiguousarray(across), np.ascontiguousarray(down),
        cv2.INTER_LINEAR,
    )  # fmt: skip


def _sampled(photo: Photograph, across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Light of a photograph at places that need not all lie within it."""
    rows, columns = photo.shape
    left, right = (int(np.clip(edge, 0, columns)) for edge in (across.min() - 3, across.max() + 4))
    top, bottom = (int(np.clip(edge, 0, rows)) for edge in (down.min() - 3, down.max() + 4))
    window = photo.window(slice(top, bottom), slice(left, right))
    if min(window.shape) < 2:
        return np.zeros(across.shape, np.float32)
    return cv2.remap(
        np.ascontiguousarray(window),
        across - np.float32(left),
        down - np.float32(top),
        cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT_101,
    )
