"""Weigh the samples by what is known of them, and fill in what is missing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from groovescan.core.account import Gaps
from groovescan.core.results import Reading
from groovescan.wiener import best_estimate
from groovescan.wiener.coloured_errors import coloured_estimate


def repair(reading: Reading) -> Reading:
    """The best linear estimate of the displacement from what was read.

    What is missing is interpolated by the spectrum of what surrounds it, as an autoregressive model
    of high order would; long gaps fade (see `groovescan.wiener`).

    Parameters
    ----------
    reading : Reading
        Displacement, and the standard error of each sample.

    Returns
    -------
    Reading
        With the displacement estimated and filled in; the standard errors stay, so that what
        was missing is still known.
    """
    # The estimate takes the errors for so much larger at least. Its spectra are learnt from the
    # same samples, and follow their noise; errors in the programme's band are heard, and those from
    # sample to sample are not.
    caution = 1.2
    error = np.where(np.isfinite(reading.displacement_px), reading.standard_error_px, np.inf)
    if reading.error_spectrum is not None:
        error = error * np.float32(caution)
        estimate = coloured_estimate(reading.displacement_px, error, reading.error_spectrum)
        return replace(reading, displacement_px=estimate.astype(float))
    error = error * np.float32(max(reading.colour, caution))
    estimate = best_estimate(reading.displacement_px, error)
    return replace(reading, displacement_px=estimate.astype(float))


def as_asked(reading: Reading, repaired: Reading, *, weigh: bool, fill: bool) -> Reading:
    """Samples as read and as repaired, each where it is asked for.

    Parameters
    ----------
    reading, repaired : Reading
        As it was read, and as `repair` made it.
    weigh : bool
        Whether the samples that were read become the best estimate; otherwise they stay.
    fill : bool
        Whether missing samples are filled in; otherwise they are not a number.

    Returns
    -------
    Reading
    """
    missing = ~np.isfinite(reading.standard_error_px) | ~np.isfinite(reading.displacement_px)
    value = repaired.displacement_px if weigh else reading.displacement_px
    filling = repaired.displacement_px if fill else np.nan
    return replace(reading, displacement_px=np.where(missing, filling, value))


def find_gaps(reading: Reading) -> Gaps:
    """Where samples are missing.

    Parameters
    ----------
    reading : Reading
        Displacement, and the standard error of each sample.

    Returns
    -------
    Gaps
        In samples of the reading.
    """
    missing = ~np.isfinite(reading.standard_error_px)
    edges = np.diff(np.concatenate([[False], missing, [False]]).astype(np.int8))
    first, end = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return Gaps(first=first, count=end - first)
