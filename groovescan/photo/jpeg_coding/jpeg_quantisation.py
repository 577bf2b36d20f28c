"""Quantisation of a JPEG file: the steps by which its cosine coefficients were rounded.

Sources: ITU-T T.81, annexes A.3 (blocks, cosine transform, quantisation) and B.2.4.1 (tables).
"""

from __future__ import annotations

import numpy as np
from scipy.fft import dctn

from groovescan.core.photograph import Rounding
from groovescan.photo.jpeg_coding.jpeg_markers import (
    JPEG_FRAMES,
    JPEG_QUANTISATION_TABLES,
    JPEG_START_OF_SCAN,
    jpeg_segments,
)

#: Side of a block of JPEG (T.81, A.1.3).
_SIDE = 8
#: Steps this fine are lost in the rounding of the pixels themselves.
_COARSE_STEP = 4


def jpeg_steps(data: bytes) -> np.ndarray | None:
    """Steps to which a JPEG file rounds the first of its components, shape (8, 8), in px values.

    The header has been checked before (`jpeg_header`). None where no table is given, or one with
    steps of nothing.
    """
    tables: dict[int, np.ndarray] = {}
    used = 0
    for marker, start, end in jpeg_segments(data, "the file"):
        body = bytes(data[start:end])
        if marker == JPEG_QUANTISATION_TABLES:
            tables |= quantisation_tables(body)
        if marker in JPEG_FRAMES and len(body) > 8:
            used = body[8]
        if marker == JPEG_START_OF_SCAN:
            break
    steps = tables.get(used)
    return steps if steps is not None and steps.all() else None


def quantisation_tables(body: bytes) -> dict[int, np.ndarray]:
    """The tables of a segment by their numbers, each of shape (8, 8): down, and across."""
    found, at = {}, 0
    while at < len(body):
        wide, name = body[at] >> 4, body[at] & 15
        size = 128 if wide else 64
        values = np.frombuffer(body[at + 1 : at + 1 + size], ">u2" if wide else "u1")
        if len(values) < 64:
            break
        table = np.zeros((_SIDE, _SIDE))
        table[_zigzag()] = values
        found[name] = table
        at += 1 + size
    return found


def _zigzag() -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the coefficients in the order of a file."""
    row, column = np.divmod(np.arange(64), _SIDE)
    diagonal = row + column
    # along odd diagonals downwards, along even ones upwards
    order = np.lexsort((np.where(diagonal % 2, row, column), diagonal))
    return row[order], column[order]


def rounding_of(luma: np.ndarray, steps: np.ndarray | None) -> Rounding | None:
    """How an upright picture was rounded, whichever way it was turned since.

    Parameters
    ----------
    luma : ndarray of uint8, shape (rows, columns)
        The first component of a JPEG file, upright.
    steps : ndarray, shape (8, 8), or None
        The steps that the file states.

    Returns
    -------
    Rounding or None
        None where the pixels do not bear the steps out, or where these are too fine to matter.
    """
    # Half of the quarter of a step that it is by chance.
    off_steps = 0.12
    if steps is None or steps.max() < _COARSE_STEP or min(luma.shape) < 2 * _SIDE:
        return None
    starts = [sorted({0, size % _SIDE}) for size in luma.shape]
    ways = [
        (_off_steps(luma, table, top, left), table, top, left)
        for table in (steps, steps.T)
        for top in starts[0]
        for left in starts[1]
    ]
    off, table, top, left = min(ways, key=lambda way: way[0])
    if off > off_steps:
        return None
    whole = (table / 255).astype(np.float32)
    return Rounding(steps=whole, first_row=top, first_column=left)


def _off_steps(luma: np.ndarray, steps: np.ndarray, top: int, left: int) -> float:
    """How far coefficients are from whole steps, on average; 1 where too few tell."""
    # Blocks that are looked at, spread over the picture: arbitrary.
    most_blocks = 2000
    # Coefficients that are not rounded to nothing tell whether they are whole steps: how many it
    # takes, and how far off they may be on average (by chance, a quarter of a step).
    least_steps = 0.6
    enough = 200
    rows, columns = ((size - at) // _SIDE for size, at in zip(luma.shape, (top, left), strict=True))
    place = np.linspace(0, rows * columns - 1, min(most_blocks, rows * columns)).astype(int)
    y, x = np.divmod(place, columns)
    inside = np.arange(_SIDE)
    at_y, at_x = (y[:, None] * _SIDE + top + inside, x[:, None] * _SIDE + left + inside)
    blocks = luma[at_y[:, :, None], at_x[:, None, :]].astype(float) - 128
    told = dctn(blocks, axes=(1, 2), norm="ortho") / steps
    # the mean light of a block may be clipped, and fine steps tell nothing
    telling = (np.abs(told) > least_steps) & (steps >= _COARSE_STEP)
    if telling.sum() < enough:
        return 1.0
    return float(np.abs(told - np.rint(told))[telling].mean())
