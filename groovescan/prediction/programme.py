"""Programme power in a groove whose width or brightness carries the sound, from a coarse strip.

The strip is fitted by where the groove runs, which is what a lateral cut carries. Of the other
cuts it is enough to see how loud they are: row by row, what the model of a steady groove leaves is
compared with the light that a wider or a brighter groove would add.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import ndimage

from groovescan.core.results import Reading, Strip
from groovescan.core.statistics import median_deviation
from groovescan.modulation import modulation_of
from groovescan.profile.model_limits import CELL_ROWS
from groovescan.strip import strip_model as model
from groovescan.strip.strip_model import StripFit, in_runs

#: What is slower than so many rows is film and spiral, not sound.
_SLOW_ROWS = 8.0 * CELL_ROWS


def programme_reading(strip: Strip, fit: StripFit, blur_px: float, modulation: str) -> Reading:
    """Width or brightness of the groove at each row of a strip, less its slow part.

    Parameters
    ----------
    strip : Strip
        A strip, cut to whole cells.
    fit : StripFit
        Where its groove runs, and how it looks.
    blur_px : float
        Standard deviation of the photograph's blur.
    modulation : str
        What carries the sound, by name.

    Returns
    -------
    Reading
        Half width in px, or relative change of contrast, with what is slower than sound in it.
    """
    # Pixels nearer than this tell of the groove, and not of those beside it.
    near_pitches = 0.55
    steady = steady_of(strip, fit)
    rest, _ = model.residual(strip, steady)
    at, _, contrast = model.grooves_of(strip, steady)
    table = modulation_of(modulation).derivative(fit.template, blur_px).astype(np.float32)
    change = table[fit.template.index(strip.offset_px - at[0][:, None])] * contrast[0][:, None]
    pitch_px = float(np.median(np.abs(strip.spacing_px)))
    near = np.abs(strip.offset_px) < near_pitches * pitch_px
    moved, error = _fitted(rest[:, near], change[:, near], strip.offset_px[near])
    error = error * _restless(moved, error, strip.run_rows)
    known = strip.in_photograph & np.isfinite(error)
    return Reading(
        displacement_px=np.where(known, moved, 0.0),
        standard_error_px=np.where(known, error, np.inf).astype(np.float32),
        contrast=steady.contrast,
        samples_per_turn=strip.samples_per_turn,
        snr_db=np.nan,
    )


def steady_of(strip: Strip, fit: StripFit) -> StripFit:
    """The fit of a groove without sound: its contrast a slow share of the land's light."""
    # Land is nowhere darker than this share of its usual light: keeps a shadow from dividing by
    # zero.
    darkest = 0.1

    def slow(values: np.ndarray) -> np.ndarray:
        """Values without their fast part, run by run.

        Three means in a row are nearly a Gaussian, and take a twentieth of its time.
        """
        runs = in_runs(values, strip.run_rows)
        for _ in range(3):
            runs = ndimage.uniform_filter1d(runs, int(2 * _SLOW_ROWS) + 1, axis=1, mode="nearest")
        return runs.ravel()

    light = np.maximum(fit.level, darkest * np.median(fit.level))
    ratio = slow(light * fit.contrast) / slow(light * light)
    return replace(fit, contrast=light * ratio, displacement_px=slow(fit.displacement_px))


def _fitted(
    rest: np.ndarray, change: np.ndarray, offset_px: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Least squares of each row by the change, a level and a slope; error for a noise of one."""
    line = np.linalg.qr(np.stack([np.ones_like(offset_px), offset_px], axis=1))[0]
    change, rest = (values - (values @ line) @ line.T for values in (change, rest))
    power = (change * change).sum(axis=1)
    power = np.maximum(power, 1e-3 * np.median(power)) + 1e-20
    moved = (change * rest).sum(axis=1) / power
    return moved, 1 / np.sqrt(power)


def _restless(moved: np.ndarray, error: np.ndarray, run_rows: int) -> float:
    """Noise of the rows over `error`, from what changes from row to row, as no sound does.

    The second difference of white noise has six times its variance.
    """
    change = np.diff(in_runs(moved / error, run_rows), 2, axis=1)
    return median_deviation(change) / np.sqrt(6) + 1e-9
