"""Weigh the samples by what is known of them, and fill in what is missing."""

from __future__ import annotations

from dataclasses import replace

from groovescan.results import Reading
from groovescan.smoother import best_estimate


def repair(reading: Reading) -> Reading:
    """The best linear estimate of the displacement from what was read.

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
    estimate = best_estimate(reading.displacement_px, reading.standard_error_px)
    return replace(reading, displacement_px=estimate)
