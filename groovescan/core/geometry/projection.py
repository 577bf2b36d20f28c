"""Maps from the plane of the disc to the image: one interface for a flat film and any other.

A stage asks `projection_of` a map and goes from the disc to the image and back by what it is given.
The camera itself (`camera_model`) is one layer of it; a film in pieces is another. Polar points
are those of the flat film into which the groove was cut.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np

from groovescan.core.geometry.camera_model import project, unproject
from groovescan.core.geometry.camera_rows import camera_terms, rows_in_image
from groovescan.core.geometry.film_pieces import (
    FilmPieces,
    beside_boundary,
    flat_place,
    lying_place,
)
from groovescan.core.results import Camera, GrooveMap
from groovescan.core.statistics import wrapped_rad

Block = tuple[slice, slice]
Turns = Callable[[np.ndarray], np.ndarray]

#: Polynomials through so many nodes stand for a block that is further from the centre than so
#: many of its sides.
_NODES = 8


class Projection(Protocol):
    """From the plane of the disc to the image and back."""

    @property
    def camera(self) -> Camera:
        """The camera behind it."""
        ...

    def project(self, radius_px: np.ndarray, angle_rad: np.ndarray) -> np.ndarray:
        """Image points (x, y) in px of polar points, broadcastable; shape (2, ...)."""
        ...

    def unproject(self, x_px: np.ndarray, y_px: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Radius in px and angle in rad, -pi to pi, of image points."""
        ...

    def jacobian(self, radius_px: np.ndarray, angle_rad: np.ndarray) -> np.ndarray:
        """Change of (x, y) per px outwards and per px along the circle; shape (2, 2, ...)."""
        ...

    def rows(
        self, radius_px: np.ndarray, offset_px: np.ndarray, angle_rad: np.ndarray, shape: Shape
    ) -> tuple[np.ndarray, np.ndarray]:
        """Image points of rows across the groove, and which lie in an image of a shape.

        Radius and angle have the shape (rows,), offsets from the radius (columns,); points are
        float32, shape (2, rows, columns).
        """
        ...

    def polar_block(self, block: Block, turns_of: Turns) -> tuple[np.ndarray, np.ndarray]:
        """Radius in px of a block's pixels, and a linear function of their angle.

        The angle has no jump but where the film has one, and away from the centre none of 2 pi.
        """
        ...


Shape = tuple[int, int]


@dataclass(frozen=True)
class FlatFilm:
    """A camera over a flat film.

    Attributes
    ----------
    camera : Camera
        The camera.
    """

    camera: Camera

    def project(self, radius_px: np.ndarray, angle_rad: np.ndarray) -> np.ndarray:
        """As in `Projection`."""
        return project(self.camera, radius_px, angle_rad)

    def unproject(self, x_px: np.ndarray, y_px: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """As in `Projection`."""
        return unproject(self.camera, x_px, y_px)

    def jacobian(self, radius_px: np.ndarray, angle_rad: np.ndarray) -> np.ndarray:
        """As in `Projection`: the chain rule through perspective and lens."""
        camera, turn = self.camera, np.stack(np.broadcast_arrays(radius_px, angle_rad))
        cosine, sine = np.cos(turn[1]), np.sin(turn[1])
        right, up = turn[0] * cosine, turn[0] * sine
        along, across = camera.perspective / camera.scale_px
        nearer = 1 / (1 + along * right + across * up)
        x = ((1 + camera.stretch) * right + camera.shear * up) * nearer
        y = (camera.shear * right + (1 - camera.stretch) * up) * nearer
        # by right and up; y is turned to the image's way down at the end
        affine = np.array(
            [[1 + camera.stretch, camera.shear], [camera.shear, 1 - camera.stretch]]
        ).reshape(2, 2, *(1,) * right.ndim)
        tilt = camera.perspective.reshape(2, *(1,) * right.ndim) / camera.scale_px
        plane = (affine - np.stack([x, y])[:, None] * tilt[None]) * nearer
        polar = np.stack([np.stack([cosine, sine]), np.stack([-sine, cosine])], axis=1)
        by_polar = np.einsum("ij...,jk...->ik...", plane, polar) * _down(right.ndim)
        q = np.stack(
            [
                camera.centre_px[0] - camera.middle_px[0] + x,
                camera.centre_px[1] - camera.middle_px[1] - y,
            ]
        )
        lens = camera.lens / camera.scale_px**2
        bend = 1 + lens * (q * q).sum(axis=0)
        inner = (q[:, None] * by_polar).sum(axis=0)
        return by_polar * bend + 2 * lens * q[:, None] * inner[None]

    def rows(
        self, radius_px: np.ndarray, offset_px: np.ndarray, angle_rad: np.ndarray, shape: Shape
    ) -> tuple[np.ndarray, np.ndarray]:
        """As in `Projection`."""
        cosine, sine = np.cos(angle_rad), np.sin(angle_rad)
        return rows_in_image(camera_terms(self.camera), radius_px, offset_px, cosine, sine, shape)

    def polar_block(self, block: Block, turns_of: Turns) -> tuple[np.ndarray, np.ndarray]:
        """As in `Projection`.

        Away from the centre both are so smooth that polynomials through a few nodes give them to a
        millionth of a px (Trefethen 2013, chapter 5).
        """
        return _interpolated(self, block, turns_of)


@dataclass(frozen=True)
class FilmInPieces:
    """A camera over a film that is bent, creased or torn.

    Attributes
    ----------
    camera : Camera
        The camera over the plane in which the pieces lie.
    film : FilmPieces
        The pieces.
    """

    camera: Camera
    film: FilmPieces

    def project(self, radius_px: np.ndarray, angle_rad: np.ndarray) -> np.ndarray:
        """As in `Projection`."""
        lies = lying_place(self.film, np.asarray(radius_px * np.exp(1j * angle_rad)))
        return project(self.camera, np.abs(lies), np.angle(lies))

    def unproject(self, x_px: np.ndarray, y_px: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """As in `Projection`."""
        radius, angle = unproject(self.camera, x_px, y_px)
        flat = flat_place(self.film, radius * np.exp(1j * angle))
        return np.abs(flat), np.angle(flat)

    def jacobian(self, radius_px: np.ndarray, angle_rad: np.ndarray) -> np.ndarray:
        """As in `Projection`, by central differences."""
        # Step of the slopes of a film in pieces, in px: pieces are rigid, and bends longer by far.
        step_px = 0.1
        turn = step_px / radius_px
        outwards = self.project(radius_px + step_px, angle_rad)
        outwards = outwards - self.project(radius_px - step_px, angle_rad)
        round_ = self.project(radius_px, angle_rad + turn)
        round_ = round_ - self.project(radius_px, angle_rad - turn)
        return np.stack([outwards, round_], axis=1) / (2 * step_px)

    def rows(
        self, radius_px: np.ndarray, offset_px: np.ndarray, angle_rad: np.ndarray, shape: Shape
    ) -> tuple[np.ndarray, np.ndarray]:
        """As in `Projection`."""
        place = self.project(radius_px[:, None] + offset_px, angle_rad[:, None])
        high, wide = shape[0] - 1, shape[1] - 1
        inside = (place >= 0).all(axis=0) & (place[0] <= wide) & (place[1] <= high)
        return place.astype(np.float32), inside.all(axis=1)

    def polar_block(self, block: Block, turns_of: Turns) -> tuple[np.ndarray, np.ndarray]:
        """As in `Projection`: by polynomials where all of a block is one rigid piece.

        Pixels beside a boundary are put into the centre, where no groove is.
        """
        parted = self._parted(block)
        if not self.film.bend_px.size and not parted:
            return _interpolated(self, block, turns_of)
        radius, turns = _each(self, block, turns_of)
        if parted:
            y, x = np.mgrid[block].astype(float)
            lies, angle = unproject(self.camera, x, y)
            radius[beside_boundary(self.film, lies * np.exp(1j * angle))] = 0.0
        return radius, turns

    def _parted(self, block: Block) -> bool:
        """Whether a boundary may cross a block."""
        y, x = (np.array([part.start, part.stop - 1.0]) for part in block)
        radius, angle = unproject(self.camera, *np.meshgrid(x, y))
        corner = radius * np.exp(1j * angle)
        middle = corner.mean()
        reach = np.abs(corner - middle).max() + 1 + self.film.margin_px
        normal = np.exp(1j * self.film.normal_rad)
        away = (middle * np.conj(normal)).real - self.film.distance_px
        return bool(np.any(np.abs(away) < reach))


def projection_of(groove_map: GrooveMap) -> Projection:
    """The projection of a groove map, from the plane of the disc to the image."""
    if groove_map.film is None:
        return FlatFilm(groove_map.camera)
    return FilmInPieces(groove_map.camera, groove_map.film)


def _interpolated(
    projection: Projection, block: Block, turns_of: Turns
) -> tuple[np.ndarray, np.ndarray]:
    """Polynomials through a few nodes of a block, or each of its pixels near the centre."""
    # Further out than so many sides, an angle bends so little over a block that a polynomial tells
    # it.
    near_sides = 3.0
    y, x = (np.array([part.start, part.stop - 1.0]) for part in block)
    centre = projection.camera.centre_px
    distance = np.hypot(x.mean() - centre[0], y.mean() - centre[1])
    if distance < near_sides * max(np.ptp(x), np.ptp(y), 1):
        y, x = np.mgrid[block].astype(float)
        radius, angle = projection.unproject(x, y)
        return radius, turns_of(angle)
    node = np.cos(np.pi * (np.arange(_NODES) + 0.5) / _NODES)
    at_y, at_x = ((ends.mean() + np.ptp(ends) / 2 * node) for ends in (y, x))
    radius, angle = projection.unproject(at_x[None, :], at_y[:, None])
    turns = turns_of(_without_jump(angle))
    down, across = (_through_nodes(part.stop - part.start) for part in block)
    return down @ (radius @ across.T), down @ (turns @ across.T)


def _each(projection: Projection, block: Block, turns_of: Turns) -> tuple[np.ndarray, np.ndarray]:
    """Each pixel of a block."""
    y, x = np.mgrid[block].astype(float)
    radius, angle = projection.unproject(x, y)
    return radius, turns_of(_without_jump(angle))


def _without_jump(angle: np.ndarray) -> np.ndarray:
    """Angles within half a turn of the first."""
    return angle[0, 0] + wrapped_rad(angle - angle[0, 0])


def _down(dimensions: int) -> np.ndarray:
    """Signs that turn upwards into the image's way down."""
    return np.array([1.0, -1.0]).reshape(2, 1, *(1,) * dimensions)


@lru_cache(maxsize=64)
def _through_nodes(count: int) -> np.ndarray:
    """Weights of Chebyshev nodes for evenly spaced places, shape (count, nodes)."""
    node = np.cos(np.pi * (np.arange(_NODES) + 0.5) / _NODES)
    place = np.linspace(-1, 1, count) if count > 1 else np.zeros(1)
    vander = np.polynomial.chebyshev.chebvander
    return np.linalg.solve(vander(node, _NODES - 1).T, vander(place, _NODES - 1).T).T
