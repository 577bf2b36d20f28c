"""Where places of a film in pieces were when the groove was cut, and where they lie now.

A place is a complex number about the centre of the spiral in px, to the right and upwards.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

from groovescan.display import NotebookResult

#: Steps that invert a bend: each makes the error smaller by its slope, some hundredths.
_STEPS = 4


@dataclass(frozen=True, kw_only=True)
class FilmPieces(NotebookResult):
    """A film that is not one flat sheet: pieces that lie beside where they were cut.

    Boundaries (tears, folds) are straight lines in the plane in which the film lies now, each of
    which crosses the ring of the groove once. Piece `k` lies counter-clockwise of boundary `k`, as
    far as the next. A place of it lies at ``exp(i turned) z + shift``, where `z` is where it was,
    and then further out by the bend that the film has there.

    Attributes
    ----------
    normal_rad : ndarray of float64, shape (pieces,)
        Direction of each boundary's normal, from the centre, counter-clockwise.
    distance_px : ndarray of float64, shape (pieces,)
        Its distance from the centre, in px of the disc's plane, at least 0.
    side : ndarray of int, shape (pieces,)
        +1 or -1: at the radius r the boundary lies at ``normal_rad + side * arccos(distance / r)``.
    shift_px : ndarray of float64, shape (pieces, 2)
        To the right and upwards, how far each piece lies from where it was.
    turned_rad : ndarray of float64, shape (pieces,)
        By how much each was turned about the centre, counter-clockwise.
    margin_px : float
        Pixels this near to a boundary are not read: they may lie on the one side or the other.
    bend_px : ndarray of float32, shape (sectors, radii) or (0, 0)
        How much further out the film is seen than flat, at equal steps of the angle from 0 and of
        the radius.
    bend_radius_px : tuple of float
        Radii of the first and the last column of `bend_px`.
    """

    normal_rad: np.ndarray
    distance_px: np.ndarray
    side: np.ndarray
    shift_px: np.ndarray
    turned_rad: np.ndarray
    margin_px: float = 0.0
    bend_px: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    bend_radius_px: tuple[float, float] = (0.0, 1.0)


def boundary_angle(film: FilmPieces, radius_px: np.ndarray) -> np.ndarray:
    """Angle of each boundary at some radii, in rad; shape (pieces, radii...).

    Where a fold passes further out than a radius, its two crossings meet.
    """
    shape = (-1,) + (1,) * np.ndim(radius_px)
    part = film.distance_px.reshape(shape) / np.maximum(radius_px, 1e-9)
    away = film.side.reshape(shape) * np.arccos(np.minimum(part, 1.0))
    return film.normal_rad.reshape(shape) + away


def boundary_ends(film: FilmPieces, inner_px: float, outer_px: float) -> np.ndarray:
    """Places where each boundary crosses two circles, or comes nearest; shape (pieces, 2)."""
    least = np.array([1.0, 1.1]) * film.distance_px[:, None]
    radius = np.maximum(least, [inner_px, outer_px])
    away = film.side[:, None] * np.arccos(film.distance_px[:, None] / radius)
    return radius * np.exp(1j * (film.normal_rad[:, None] + away))


def piece_at(film: FilmPieces, place: np.ndarray) -> np.ndarray:
    """Which piece lies at each place; of the same shape."""
    edge = boundary_angle(film, np.abs(place))
    turned = np.mod(np.angle(place) - edge[0], 2 * np.pi)
    after = np.mod(edge - edge[0], 2 * np.pi)
    return (turned >= after).sum(axis=0) - 1


def beside_boundary(film: FilmPieces, place: np.ndarray) -> np.ndarray:
    """Whether places lie within the margin of a boundary, on its own half of its line."""
    near = np.zeros(np.shape(place), bool)
    for normal, distance, side in zip(film.normal_rad, film.distance_px, film.side, strict=True):
        turned = place * np.exp(-1j * normal)
        own = turned.imag * side > -film.margin_px
        near |= (np.abs(turned.real - distance) < film.margin_px) & own
    return near


def flat_place(film: FilmPieces, place: np.ndarray) -> np.ndarray:
    """Where on the flat film the places were that lie here now."""
    straight = place - _bend(film, place)
    if not len(film.side):
        return straight
    return _moved_back(film, straight, piece_at(film, place))


def lying_place(film: FilmPieces, flat: np.ndarray) -> np.ndarray:
    """Where places of the flat film lie now.

    What a fold has swallowed lies where its piece would go on; of two pieces that reach a place,
    the one is taken in which it would lie.
    """
    lies = flat
    if len(film.side):
        lies, resolved = flat, np.zeros(np.shape(flat), bool)
        for piece in (piece_at(film, flat), *range(len(film.side))):
            moved = _moved(film, flat, np.broadcast_to(piece, np.shape(flat)))
            fits = ~resolved & (piece_at(film, moved) == piece)
            lies = np.where(fits, moved, lies)
            resolved |= fits
        own = _moved(film, flat, piece_at(film, flat))
        lies = np.where(resolved, lies, own)
    if not film.bend_px.size:
        return lies
    straight = lies
    for _ in range(_STEPS):
        lies = straight + _bend(film, lies)
    return lies


def _moved(film: FilmPieces, place: np.ndarray, piece: np.ndarray) -> np.ndarray:
    shift = film.shift_px[:, 0] + 1j * film.shift_px[:, 1]
    return place * np.exp(1j * film.turned_rad)[piece] + shift[piece]


def _moved_back(film: FilmPieces, place: np.ndarray, piece: np.ndarray) -> np.ndarray:
    shift = film.shift_px[:, 0] + 1j * film.shift_px[:, 1]
    return (place - shift[piece]) * np.exp(-1j * film.turned_rad)[piece]


def _bend(film: FilmPieces, place: np.ndarray) -> np.ndarray | float:
    """By how much places are seen further out, as vectors."""
    if not film.bend_px.size:
        return 0.0
    sectors, radii = film.bend_px.shape
    inner, outer = film.bend_radius_px
    radius = np.abs(place)
    column = (radius - inner) / (outer - inner) * (radii - 1)
    row = np.mod(np.angle(place), 2 * np.pi) / (2 * np.pi) * sectors
    # a row more at either end closes the ring
    ring = np.concatenate([film.bend_px[-2:], film.bend_px, film.bend_px[:3]])
    out = ndimage.map_coordinates(ring, [row + 2, column], order=1, mode="nearest")
    return out * place / np.maximum(radius, 1e-9)
