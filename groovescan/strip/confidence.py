"""How well each sample is known, and which are missing.

The information that a row of the strip carries about the displacement is the sum of the
squared derivative of the model over the noise variance (Fisher); its inverse is the variance
that no reader can fall below, and that this one comes close to.
"""

from __future__ import annotations

import cv2
import numpy as np

from groovescan.core.results import Strip
from groovescan.profile.model_limits import CELL_ROWS, DIRT_CONTRAST, DIRT_NOISES, NEIGHBOUR_TURNS
from groovescan.strip import strip_model as model
from groovescan.strip.row_loops import power_and_noise
from groovescan.strip.strip_arguments import RowCertainty
from groovescan.strip.strip_kernels import certainty
from groovescan.strip.strip_model import per_row


def standard_error(
    strip: Strip, fit: model.StripFit, rest: np.ndarray, trust: np.ndarray
) -> np.ndarray:
    """Standard error of each sample, infinite where the groove is missing.

    Returns
    -------
    ndarray of float32, shape (rows,)
        In px, as if the errors of neighbouring samples were independent: their density is
        right where the groove can be heard, whatever the spacing of the samples.
    """
    # Variance that a cubic spline leaves of white noise between pixels, mean over all places,
    # in two directions.
    kept = 0.75
    least_clear = 0.4
    found = certainty(
        rest,
        trust,
        strip.offset_px,
        fit.displacement_px,
        model.squareness(strip, fit.displacement_px),
        model.tables_of(fit.template),
    )
    sums = RowCertainty(*found)
    noise = _noise(strip, sums.square, sums.weight)
    across, along = float(strip.offset_px[1] - strip.offset_px[0]), strip.along_px
    # The flanks' light from the mean over a cell, not from the row itself: a row that looks
    # less certain for its own displacement or noise would be weighed by what it says.
    usual = model.cells(sums.flanks) / CELL_ROWS
    slope_power = fit.contrast**2 * per_row(usual, len(rest), strip.run_rows // CELL_ROWS)
    # Of the groove's flanks, what is not hidden.
    share = _over_usual(sums.clear_flanks / (sums.flanks + 1e-12), strip.in_photograph)
    information = slope_power * share * across * along / (noise**2 / kept)
    error = 1 / np.sqrt(information + 1e-12)
    missing = ~strip.in_photograph | (share < least_clear)
    return np.where(missing, np.inf, error).astype(np.float32)


def _over_usual(share: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Shares over what is usual of the rows in the photograph, which may be few; 1 at most."""
    usual = float(np.median(share[seen])) if seen.any() else 0.0
    return np.minimum(share / usual, 1.0) if usual > 0 else np.zeros_like(share)


def trust_of(strip: Strip, fit: model.StripFit, rest: np.ndarray, noise: float) -> np.ndarray:
    """Weight of each pixel of the strip: zero on dirt, its surroundings, and outside.

    Dirt is what lies far outside the noise and is large beside the groove, too: a loud groove
    is never explained to the last bit. Its blurred rim hides in the noise, but is not noise.

    Returns
    -------
    ndarray of float32, shape (rows, offsets)
        0 to 1.
    """
    # Dirt has a soft rim, of as much as an optical blur of a px: across in px, and along in rows.
    # Arbitrary. Flat (docs/method.md, constants).
    rim_px = 1.5
    rim_rows = 3
    trust = rest * np.float32(1 / (4 * noise))
    trust *= trust
    trust += 1
    np.divide(strip.in_photograph[:, None].astype(np.float32), trust, out=trust)
    limit = np.maximum(DIRT_NOISES * noise, DIRT_CONTRAST * np.abs(fit.contrast))
    dirt = np.abs(rest) > limit[:, None]
    if dirt.any():
        reach = round(rim_px / float(strip.offset_px[1] - strip.offset_px[0]))
        rim = np.ones((2 * rim_rows + 1, 2 * reach + 1), np.uint8)
        trust[cv2.dilate(dirt.view(np.uint8), rim) > 0] = 0
    return trust


def snr_db(displacement_px: np.ndarray, error_px: np.ndarray) -> float:
    """Signal to noise ratio of the whole groove by the claimed errors, in dB."""
    power, noise = power_and_noise(displacement_px, error_px)
    if not noise:
        return -np.inf
    return float(10 * np.log10(max(power - noise, 1e-3 * noise) / noise))


def _noise(strip: Strip, square: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Standard deviation of the pixels' noise round each row.

    From the rows' sums of weighted squared residuals, and of the weights.
    """
    per_turn, run = (rows // CELL_ROWS for rows in (strip.samples_per_turn, strip.run_rows))
    square, weight = (
        model.smooth_cells(model.cells(values), per_turn, (8.0, NEIGHBOUR_TURNS), run)
        for values in (square, weight)
    )
    floor = 1e-3 * np.median(square / (weight + 1e-9))
    return np.sqrt(per_row(square / (weight + 1e-9) + floor + 1e-14, len(square) * CELL_ROWS, run))
