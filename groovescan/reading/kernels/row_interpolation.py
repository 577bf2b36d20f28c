"""Quantities of a groove and of those beside it, interpolated for the pixels of a row.

What is known of each row of a slice is gathered once for all of its pixels, in the order in which
the loops over pixels (`groovescan.reading.kernels.forward_model`) want it: one line of `LANES`
numbers for each of the quantities below.
"""

from __future__ import annotations

import numpy as np

from groovescan.profile.model_limits import LARGEST_CONTRAST_RATIO
from groovescan.reading.kernels.layers import LANES, PART_ROWS
from groovescan.reading.kernels.model_arguments import PixelModel, RowState
from groovescan.runtime.jit import part

# Where in the buffer of a slice's rows a line of `LANES` numbers begins. Six of each groove: the
# signal at the row, its change with the place of a pixel between the rows and with the square of
# that, contrast, squareness, and how far out its spiral runs, in px.
SIGNAL, SIGNAL_SLOPE, SIGNAL_BEND, CONTRAST, SQUARENESS, SPIRAL = (
    np.uintp(line * LANES) for line in range(6)
)
#: Of the row's own groove, and of those a turn further out and in.
OWN, OUTWARD, INWARD = (np.uintp(6 * groove * LANES) for groove in range(3))
#: Luminance and slope of the land, and the contrast of those beside the row's own over that.
LEVEL, TILT, RATIO_OUTWARD, RATIO_INWARD = (np.uintp(line * LANES) for line in range(18, 22))
ROW_BUFFER = 22 * LANES

#: Of single precision: beside a double all would become double.
_ZERO, _HALF = np.float32(0), np.float32(0.5)
#: A neighbour enters the contrast's equation at its own contrast over the groove's, up to this.
_RATIO, _TINY = np.float32(LARGEST_CONTRAST_RATIO), np.float32(1e-12)
_PART = np.float32(PART_ROWS)
#: Of the processor's word: an index without a sign needs no test for one below zero.
_NEXT = np.uintp(1)


@part
def _fill_groove(
    row_buffer: np.ndarray, at: np.uintp, state: RowState, radius_px: np.ndarray,
    row: int, rows_away: int,
) -> None:  # fmt: skip
    """Write the lines of one groove: that of the row, or so many rows away."""
    signal = state.signal
    other = np.uintp(min(max(row + rows_away, 1), len(radius_px) - 2))
    here, before, after = signal[other], signal[other - _NEXT], signal[other + _NEXT]
    row_buffer[at + SIGNAL] = here
    row_buffer[at + SIGNAL_SLOPE] = (after - before) * _HALF * _PART
    row_buffer[at + SIGNAL_BEND] = ((after + before) * _HALF - here) * _PART * _PART
    row_buffer[at + CONTRAST] = state.contrast[other]
    row_buffer[at + SQUARENESS] = state.squareness[other]
    row_buffer[at + SPIRAL] = np.float32(radius_px[other] - radius_px[np.uintp(row)])


@part
def fill_row_buffer(
    model: PixelModel, row: np.ndarray, of_slice: int, row_buffer: np.ndarray
) -> None:
    """Write all lines of the rows of a slice.

    Parameters
    ----------
    model : PixelModel
        The forward model.
    row : ndarray of int64, shape (slices * LANES,)
        The tile's rows.
    of_slice : int
        Which slice.
    row_buffer : ndarray of float32, shape (ROW_BUFFER,)
        Written to.
    """
    state, radius_px, outward = model.state, model.radius_px, model.outward
    for n in range(LANES):
        at, r = np.uintp(n), row[np.uintp(of_slice * LANES + n)]
        _fill_groove(row_buffer, at + OWN, state, radius_px, r, 0)
        _fill_groove(row_buffer, at + OUTWARD, state, radius_px, r, outward)
        _fill_groove(row_buffer, at + INWARD, state, radius_px, r, -outward)
        row_buffer[at + LEVEL], row_buffer[at + TILT] = (
            state.level[np.uintp(r)], state.tilt[np.uintp(r)],
        )  # fmt: skip
        # As far as theirs is alike: where turns overlap, solving one while the others stand
        # still would swing.
        own = state.contrast[np.uintp(r)]
        over = own / (own * own + _TINY)
        row_buffer[at + RATIO_OUTWARD] = min(
            max(row_buffer[at + OUTWARD + CONTRAST] * over, _ZERO), _RATIO
        )
        row_buffer[at + RATIO_INWARD] = min(
            max(row_buffer[at + INWARD + CONTRAST] * over, _ZERO), _RATIO
        )
