"""How well each sample is known, and which are missing.

The information that a row of the strip carries about the displacement is the sum of the
squared derivative of the model over the noise variance (Fisher); its inverse is the variance
that no reader can fall below, and that this one comes close to.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from groovescan.groove import model
from groovescan.groove.model import per_row
from groovescan.results import Strip

#: Variance that a cubic spline leaves of white noise between pixels, mean over all places,
#: in two directions.
_KEPT = 0.75
_OUTLIER = 4.0
_STRANGE = 0.25


def standard_error(
    strip: Strip, fit: model.Fit, rest: np.ndarray, trust: np.ndarray
) -> np.ndarray:
    """Standard error of each sample, infinite where the groove is missing.

    Returns
    -------
    ndarray of float32, shape (rows,)
        In px, as if the errors of neighbouring samples were independent: their density is
        right where the groove can be heard, whatever the spacing of the samples.
    """
    per_turn = strip.samples_per_turn
    noise = _noise(rest, trust, per_turn // model.CELL_ROWS)
    across = float(strip.offset_px[1] - strip.offset_px[0])
    along = 2 * np.pi * strip.radius_px / per_turn
    # The flanks' light from the mean over a cell, not from the row itself: a row that looks
    # less certain for its own displacement or noise would be weighed by what it says.
    (own, _), *_ = model.places(strip, fit)
    flanks = model.cells((fit.template.slope[own] ** 2).sum(axis=1)) / model.CELL_ROWS
    slope_power = fit.contrast**2 * per_row(flanks, len(rest))
    information = slope_power * across * along / (noise**2 / _KEPT)
    error = 1 / np.sqrt(information + 1e-12)
    return np.where(missing(strip, fit, rest, noise), np.inf, error).astype(np.float32)


def missing(strip: Strip, fit: model.Fit, rest: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Rows that the model does not explain (dust, scratches) or that were not seen.

    What is left must be large beside the noise and beside the groove: a loud groove is never
    explained to the last bit.
    """
    limit = np.maximum(_OUTLIER * noise, _STRANGE * np.abs(fit.contrast))
    strange = np.sqrt((rest * rest).mean(axis=1)) > limit
    return ndimage.binary_dilation(strange | ~strip.seen, iterations=2)


def _noise(rest: np.ndarray, trust: np.ndarray, cells_per_turn: int) -> np.ndarray:
    """Standard deviation of the pixels' noise round each row."""
    square = model.cells((trust * rest * rest).sum(axis=1))
    weight = model.cells(trust.sum(axis=1))
    square = model.smooth_cells(square, cells_per_turn, (8.0, 0.7))
    weight = model.smooth_cells(weight, cells_per_turn, (8.0, 0.7))
    floor = 1e-3 * np.median(square / (weight + 1e-9))
    return np.sqrt(per_row(square / (weight + 1e-9) + floor + 1e-14, len(rest)))
