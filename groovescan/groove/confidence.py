"""How well each sample is known, and which are missing.

The information that a row of the strip carries about the displacement is the sum of the
squared derivative of the model over the noise variance (Fisher); its inverse is the variance
that no reader can fall below, and that this one comes close to.
"""

from __future__ import annotations

import cv2
import numpy as np

from groovescan.groove import model
from groovescan.groove.model import per_row
from groovescan.groove.rows import power_and_noise
from groovescan.results import Strip

#: Variance that a cubic spline leaves of white noise between pixels, mean over all places,
#: in two directions.
_KEPT = 0.75
_LEAST_CLEAR = 0.4
_DIRT_NOISES = 6.0
_DIRT_CONTRAST = 0.5
_RIM_PX = 1.5
_RIM_ROWS = 3


def standard_error(strip: Strip, fit: model.Fit, rest: np.ndarray, trust: np.ndarray) -> np.ndarray:
    """Standard error of each sample, infinite where the groove is missing.

    Returns
    -------
    ndarray of float32, shape (rows,)
        In px, as if the errors of neighbouring samples were independent: their density is
        right where the groove can be heard, whatever the spacing of the samples.
    """
    noise = _noise(strip, rest, trust)
    across, along = float(strip.offset_px[1] - strip.offset_px[0]), strip.along_px
    # The flanks' light from the mean over a cell, not from the row itself: a row that looks
    # less certain for its own displacement or noise would be weighed by what it says.
    flank = fit.template.slope[model.own_places(strip, fit)] ** 2
    flanks = model.cells(flank.sum(axis=1)) / model.CELL_ROWS
    slope_power = fit.contrast**2 * per_row(flanks, len(rest), strip.run_rows // model.CELL_ROWS)
    clear = _clear_share(flank, trust)
    information = slope_power * clear * across * along / (noise**2 / _KEPT)
    error = 1 / np.sqrt(information + 1e-12)
    missing = ~strip.seen | (clear < _LEAST_CLEAR)
    return np.where(missing, np.inf, error).astype(np.float32)


def trust_of(strip: Strip, fit: model.Fit, rest: np.ndarray, noise: float) -> np.ndarray:
    """Weight of each pixel of the strip: zero on dirt, its surroundings, and outside.

    Dirt is what lies far outside the noise and is large beside the groove, too: a loud groove
    is never explained to the last bit. Its blurred rim hides in the noise, but is not noise.

    Returns
    -------
    ndarray of float32, shape (rows, offsets)
        0 to 1.
    """
    limit = np.maximum(_DIRT_NOISES * noise, _DIRT_CONTRAST * np.abs(fit.contrast))
    dirt = (np.abs(rest) > limit[:, None]).astype(np.uint8)
    reach = round(_RIM_PX / float(strip.offset_px[1] - strip.offset_px[0]))
    dirt = cv2.dilate(dirt, np.ones((2 * _RIM_ROWS + 1, 2 * reach + 1), np.uint8))
    clean = (dirt == 0) & strip.seen[:, None]
    return clean / (1 + (rest / (4 * noise)) ** 2).astype(np.float32)


def snr_db(displacement_px: np.ndarray, error_px: np.ndarray) -> float:
    """What the claimed errors make of the whole groove, each sample weighing by its own."""
    power, noise = power_and_noise(displacement_px, error_px)
    if not noise:
        return -np.inf
    return float(10 * np.log10(max(power - noise, 1e-3 * noise) / noise))


def _clear_share(flank: np.ndarray, trust: np.ndarray) -> np.ndarray:
    """Share of the groove's flanks that is not hidden, per row, one where it is as usual."""
    share = (trust * flank).sum(axis=1) / (flank.sum(axis=1) + 1e-12)
    return np.minimum(share / np.median(share), 1.0)


def _noise(strip: Strip, rest: np.ndarray, trust: np.ndarray) -> np.ndarray:
    """Standard deviation of the pixels' noise round each row."""
    per_turn, run = (rows // model.CELL_ROWS for rows in (strip.samples_per_turn, strip.run_rows))
    square, weight = (
        model.smooth_cells(model.cells(values.sum(axis=1)), per_turn, (8.0, 0.7), run)
        for values in (trust * rest * rest, trust)
    )
    floor = 1e-3 * np.median(square / (weight + 1e-9))
    return np.sqrt(per_row(square / (weight + 1e-9) + floor + 1e-14, len(rest), run))
