"""The best estimate where the errors of neighbouring samples go together.

A filter makes the errors white, the best estimate of what was filtered is found, and the filter
is undone (prewhitening; Kay 1993, 4.5).
"""

from __future__ import annotations

import numpy as np
from scipy import fft

from groovescan.wiener import best_estimate

#: Beyond either end a signal fades over so many samples rather than beginning at the other end.
_MARGIN = 2048


def coloured_estimate(value: np.ndarray, error: np.ndarray, spectrum: np.ndarray) -> np.ndarray:
    """Estimate a signal from samples whose errors are not white.

    Parameters
    ----------
    value : ndarray of float64, shape (n,)
        Samples; what is missing may hold anything.
    error : ndarray of float, shape (n,)
        Standard error of each sample in the unit of `value`; infinite where it is missing.
    spectrum : ndarray of float, shape (m,)
        Density of the errors over that of white ones of the size of `error`, more than zero, at
        frequencies from zero to half a cycle per sample.

    Returns
    -------
    ndarray of float32, shape (n,)
        As `groovescan.wiener.best_estimate` gives it.
    """
    known = np.isfinite(error)
    usual = np.float32(np.sqrt(np.max(spectrum)))
    filled = np.where(known, value, best_estimate(value, error * usual))
    gain = np.sqrt(np.maximum(spectrum, 1e-6))
    white = best_estimate(filtered(filled, 1 / gain), error)
    return filtered(white, gain).astype(np.float32)


def filtered(values: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """A signal through a filter without delay.

    Parameters
    ----------
    values : ndarray of float, shape (n,)
        The signal.
    gain : ndarray of float, shape (m,)
        At frequencies from zero to half a cycle per sample.

    Returns
    -------
    ndarray of float64, shape (n,)
    """
    size = fft.next_fast_len(len(values) + _MARGIN, real=True)
    places = np.linspace(0, len(gain) - 1, size // 2 + 1)
    each = np.interp(places, np.arange(len(gain)), gain)
    return np.asarray(fft.irfft(fft.rfft(values, size) * each, size)[: len(values)])
