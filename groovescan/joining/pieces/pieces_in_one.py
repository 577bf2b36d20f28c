"""Pieces of a disc that lie in one photograph: a photograph for each of them.

What they lie on looks unlike them, and between them it is seen, all along a cut or here and there.
So film is told from ground, and necks where pieces touch are cut where they are narrowest. In the
photograph of a piece the others are even film: no edge is seen where they touch it, and no groove.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from scipy import ndimage

from groovescan.core.photograph import Photograph, Pixels
from groovescan.joining.pieces.piece_edges import ground_of


class PiecePixels:
    """The pixels of a photograph, in which other pieces than one are even film.

    Parameters
    ----------
    pixels : Pixels
        Those of the photograph.
    others : ndarray of bool, shape (rows, columns)
        Where the other pieces lie, in a reduced copy.
    factor : int
        By what it is reduced.
    film : float
        Value of even film.
    """

    def __init__(self, pixels: Pixels, others: np.ndarray, factor: int, film: float) -> None:
        self._pixels, self._others, self._factor, self._film = pixels, others, factor, film

    @property
    def whole(self) -> Pixels:
        """The pixels of the photograph in which all pieces lie."""
        return self._pixels

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self._pixels.shape

    def block(self, rows: slice, columns: slice) -> np.ndarray:
        """The pixels of a block."""
        block = np.array(self._pixels.block(rows, columns))
        down, across = (
            np.minimum(np.arange(part.start, part.stop) // self._factor, size - 1)
            for part, size in zip((rows, columns), self._others.shape, strict=True)
        )
        if self._others[down[0] : down[-1] + 1, across[0] : across[-1] + 1].any():
            block[self._others[np.ix_(down, across)]] = self._film
        return block


def pieces_in_one(photo: Photograph) -> list[Photograph]:
    """A photograph for each piece of film in one.

    Parameters
    ----------
    photo : Photograph
        One channel of it.

    Returns
    -------
    list of Photograph
        Empty where there is one piece alone, or no ground that tells them apart.
    """
    # Pieces are told apart in a copy with so many px on its shorter side.
    copy_px = 600
    factor = max(1, min(photo.shape) // copy_px)
    copy = photo.reduced(factor)
    labels = piece_labels(np.abs(copy - np.float32(ground_of(photo)[0])), ground_of(photo)[1])
    found = []
    for label in range(1, int(labels.max()) + 1):
        own = labels == label
        film = float(np.median(copy[own])) * (photo.white - photo.black) + photo.black
        pixels = PiecePixels(photo.pixels, (labels > 0) & ~own, factor, film)
        found.append(replace(photo, pixels=pixels, name=f"{photo.name}, piece {label}"))
    return found if len(found) > 1 else []


def of_one_photograph(photographs: Sequence[Photograph]) -> bool:
    """Whether photographs are pieces of one."""
    pixels = [photo.pixels for photo in photographs]
    wholes = {id(each.whole) for each in pixels if isinstance(each, PiecePixels)}
    return len(wholes) == 1 and all(isinstance(each, PiecePixels) for each in pixels)


def piece_labels(off_ground: np.ndarray, spread: float) -> np.ndarray:
    """Which piece each px shows.

    Parameters
    ----------
    off_ground : ndarray of float32, shape (rows, columns)
        By how much the light differs from that of the ground.
    spread : float
        Spread of the light of the ground.

    Returns
    -------
    ndarray of int, shape (rows, columns)
        From 1 on; 0 for ground, and film that is too small to be a piece.
    """
    # Film differs from the ground as at its edges (`piece_edges`); a piece has this share of all
    # film, and goes this far from its edges, over the furthest that any film does. Necks are cut
    # up to half of that, in so many steps: arbitrary.
    clear, least, smallest, steps = 4.0, 0.015, 0.04, 24
    film = off_ground > max(clear * spread, least)
    film = cv2.morphologyEx(film.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0
    framed = np.pad(film, 1).astype(np.uint8)
    inside = cv2.distanceTransform(framed, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    best, most = np.zeros(film.shape, int), 0
    for neck in np.linspace(0, 0.5 * float(inside.max()), steps):
        labels, count = ndimage.label(inside > neck)
        size = np.bincount(labels.ravel(), minlength=count + 1)
        large = [k for k in range(1, count + 1) if size[k] > smallest * film.sum()]
        if len(large) > most:
            number = np.zeros(count + 1, int)
            number[large] = np.arange(1, len(large) + 1)
            best, most = number[labels], len(large)
    if most < 2:
        return (film & (best > 0)).astype(int)
    # film that necks were taken of goes to the piece that is nearest
    nearest = ndimage.distance_transform_edt(best == 0, return_distances=False, return_indices=True)
    return np.where(film, best[tuple(nearest)], 0)
