"""Turning pictures as their orientation tags say: TIFF 6.0, page 36, and EXIF."""

from __future__ import annotations

import numpy as np

_INVERSE = {6: 8, 8: 6}


def transposes(orientation: int) -> bool:
    """Whether rows and columns change places."""
    # TIFF 6.0, tag Orientation: 5 to 8 turn by a quarter.
    transposed = (5, 6, 7, 8)
    return orientation in transposed


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Turn a picture as its orientation tag says.

    Parameters
    ----------
    pixels : ndarray, shape (rows, columns, ...)
        As stored.
    orientation : int
        1 to 8; others count as 1.

    Returns
    -------
    ndarray
        A view with its first row on top.
    """
    if transposes(orientation):
        pixels = np.swapaxes(pixels, 0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels


def as_stored(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """The inverse of `upright`, a view."""
    return upright(pixels, _INVERSE.get(orientation, orientation))


def stored_block(
    rows: slice, columns: slice, stored: tuple[int, int], orientation: int
) -> tuple[slice, slice]:
    """Where a block of the upright picture lies in the stored one.

    Parameters
    ----------
    rows, columns : slice
        The block, with start and stop.
    stored : tuple of int
        Rows and columns as stored.
    orientation : int
        1 to 8; others count as 1.
    """
    if orientation in (3, 4, 7, 8):
        rows = _mirrored(rows, stored[1] if transposes(orientation) else stored[0])
    if orientation in (2, 3, 6, 7):
        columns = _mirrored(columns, stored[0] if transposes(orientation) else stored[1])
    return (columns, rows) if transposes(orientation) else (rows, columns)


def _mirrored(part: slice, size: int) -> slice:
    return slice(size - part.stop, size - part.start)
