"""Weigh the samples by what is known of them, and fill in what is missing.

The programme is modelled as an autoregressive process; the best linear estimate of it from
samples of known, unequal error is the solution of a banded linear system (the fixed-interval
smoother; Rasmussen and Williams 2006, 2.2, for the same in general). A missing sample has an
infinite error: it is interpolated by the same equation (Janssen, Veldhuis and Vries 1986), and
a long gap fades.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import linalg, signal

from groovescan.results import Reading

_ORDER = 32
_SEGMENT = 2048
_BLOCK = 1 << 16
_OVERLAP = 2048
_LEAST_PROGRAMME = 0.01


def repair(reading: Reading) -> Reading:
    """The best linear estimate of the displacement from what was read.

    Parameters
    ----------
    reading : Reading
        Displacement, and the standard error of each sample.

    Returns
    -------
    Reading
        With the displacement estimated and filled; the standard errors stay, so that what
        was missing is still known.
    """
    value = np.asarray(reading.displacement_px, float)
    if len(value) < 2 * _SEGMENT or not np.isfinite(reading.standard_error_px).any():
        return replace(reading, displacement_px=np.where(_known(reading), value, 0.0))
    variance = np.asarray(reading.standard_error_px, float) ** 2
    value = np.where(_known(reading), value, 0.0)
    model, innovation = _autoregressive(_programme_spectrum(value, variance))
    return replace(reading, displacement_px=_estimate(value, variance, model, innovation))


def _known(reading: Reading) -> np.ndarray:
    return np.isfinite(reading.standard_error_px)


def _programme_spectrum(value: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Power spectrum of the programme: that of the samples less that of their errors.

    Segments weigh by how well they are known. Scaled so that white noise of variance one has
    a spectrum of one.
    """
    count = len(value) // (_SEGMENT // 2) - 1
    start = np.arange(count)[:, None] * (_SEGMENT // 2) + np.arange(_SEGMENT)
    window = signal.windows.hann(_SEGMENT, sym=False)
    known = np.isfinite(variance)
    kept = (known[start] * window**2).sum(axis=1)
    noise = (np.where(known, variance, 0)[start] * window**2).sum(axis=1) / (kept + 1e-12)
    weight = np.where(kept > 0.5 * (window**2).sum(), 1 / (noise + np.median(noise)) ** 2, 0)
    power = np.abs(np.fft.rfft(value[start] * window, axis=1)) ** 2 / (kept[:, None] + 1e-12)
    if not weight.any():
        weight = np.ones(count)
    mean = np.average(power - noise[:, None], axis=0, weights=weight)
    floor = _LEAST_PROGRAMME * np.average(noise, weights=weight) + 1e-15
    smooth = signal.savgol_filter(mean, 9, 1)
    return np.maximum(smooth, floor)


def _autoregressive(spectrum: np.ndarray) -> tuple[np.ndarray, float]:
    """Coefficients (with the leading one) and innovation variance for a spectrum."""
    correlation = np.fft.irfft(spectrum)[: _ORDER + 1]
    correlation[0] *= 1 + 1e-9
    tail = linalg.solve_toeplitz(correlation[:-1], -correlation[1:])
    model = np.r_[1.0, tail]
    return model, float(max(model @ correlation, 1e-15))


def _estimate(
    value: np.ndarray, variance: np.ndarray, model: np.ndarray, innovation: float
) -> np.ndarray:
    """Solve the normal equations block by block, with overlaps that are thrown away."""
    weight = np.where(np.isfinite(variance), innovation / np.maximum(variance, 1e-12), 0.0)
    inverse = np.correlate(model, model, mode="full")[_ORDER:]
    result = np.empty_like(value)
    for start in range(0, len(value), _BLOCK):
        low, high = max(start - _OVERLAP, 0), min(start + _BLOCK + _OVERLAP, len(value))
        band = np.repeat(inverse[:, None], high - low, axis=1)
        band[0] += weight[low:high]
        part = linalg.solveh_banded(
            band, weight[low:high] * value[low:high], lower=True, overwrite_ab=True
        )
        result[start : start + _BLOCK] = part[start - low : start - low + _BLOCK]
    return result
