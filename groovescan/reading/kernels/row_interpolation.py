"""Quantities of a groove and of those beside it, interpolated for the pixels of a row.

What is known of each row of a slice is gathered once for all of its pixels, in the order in which
the loops over pixels (`groovescan.reading.kernels.forward_model`) want it: one line of `LANES`
numbers for each of the quantities below.
"""

from __future__ import annotations

import numpy as np

from groovescan.profile.model_limits import LARGEST_CONTRAST_RATIO
from groovescan.reading.kernels.layers import LANES, PART_ROWS
from groovescan.runtime.jit import inlined, part

#: The lines of a slice. Of the row's own groove, and of those a turn further out and in, six each:
#: what the groove carries at the row, how that changes with the place of a pixel between the rows
#: and with its square, contrast, squareness, and how far out its spiral runs, px.
OWN, OUTWARD, INWARD = 0, 6, 12
#: Then luminance and slope of the land, and the contrast of those beside it over the row's own.
LEVEL, TILT, RATIO_OUT, RATIO_IN, LINES = 18, 19, 20, 21, 22

_ZERO, _HALF = np.float32(0), np.float32(0.5)
#: A neighbour enters the contrast's equation at its own contrast over the groove's, up to this.
_RATIO, _TINY = np.float32(LARGEST_CONTRAST_RATIO), np.float32(1e-12)
_PART = np.float32(PART_ROWS)
_LINE, _NEXT = np.uintp(LANES), np.uintp(1)


@inlined
def _course(
    found: np.ndarray, place: np.uintp, state: tuple[np.ndarray, ...], lane: np.ndarray,
    row: int, rows_away: int,
) -> None:  # fmt: skip
    """Write the lines of one groove: that of the row, or so many rows away."""
    moved, contrast, _, _, slant = state
    other = np.uintp(min(max(row + rows_away, 1), len(lane) - 2))
    here, before, after = moved[other], moved[other - _NEXT], moved[other + _NEXT]
    found[place] = here
    found[place + _LINE] = (after - before) * _HALF * _PART
    found[place + _LINE * np.uintp(2)] = ((after + before) * _HALF - here) * _PART * _PART
    found[place + _LINE * np.uintp(3)] = contrast[other]
    found[place + _LINE * np.uintp(4)] = slant[other]
    found[place + _LINE * np.uintp(5)] = np.float32(lane[other] - lane[np.uintp(row)])


@part
def courses(
    lane: np.ndarray,
    state: tuple[np.ndarray, ...],
    row: np.ndarray,
    of: int,
    outward: int,
    found: np.ndarray,
) -> None:
    """Write all lines of the rows of a slice.

    Parameters
    ----------
    lane : ndarray of float64, shape (rows,)
        Radius of the smooth spiral.
    state : tuple of ndarray of float32, shape (rows,)
        Displacement, contrast, level, tilt, and squareness.
    row : ndarray of int64, shape (slices * LANES,)
        The tile's rows.
    of : int
        Which slice.
    outward : int
        Rows to the turn further out.
    found : ndarray of float32, shape (LINES * LANES,)
        Written to.
    """
    _, contrast, level, tilt, _ = state
    for n in range(LANES):
        at, r = np.uintp(n), row[np.uintp(of * LANES + n)]
        outer, inner = at + _LINE * np.uintp(OUTWARD), at + _LINE * np.uintp(INWARD)
        _course(found, at, state, lane, r, 0)
        _course(found, outer, state, lane, r, outward)
        _course(found, inner, state, lane, r, -outward)
        own, light = contrast[np.uintp(r)], at + _LINE * np.uintp(LEVEL)
        found[light], found[light + _LINE] = level[np.uintp(r)], tilt[np.uintp(r)]
        # As far as theirs is alike: where turns overlap, solving one while the others stand
        # still would swing.
        over, shone = own / (own * own + _TINY), _LINE * np.uintp(3)
        light += _LINE + _LINE
        found[light] = min(max(found[outer + shone] * over, _ZERO), _RATIO)
        found[light + _LINE] = min(max(found[inner + shone] * over, _ZERO), _RATIO)
