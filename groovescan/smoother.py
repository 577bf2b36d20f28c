"""The best linear estimate of a signal from samples of unequal, known error.

The programme is modelled as an autoregressive process; the best linear estimate of it from
samples of known, unequal error is the solution of a banded linear system (the fixed-interval
smoother; Rasmussen and Williams 2006, 2.2, for the same in general). A missing sample has an
infinite error: it is interpolated by the same equation (Janssen, Veldhuis and Vries 1986), and
a long gap fades.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg, signal

_ORDER = 32
_SEGMENT = 2048
_BLOCK = 1 << 16
_OVERLAP = 2048
_LEAST_PROGRAMME = 0.01


def best_estimate(value: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Estimate a signal from its samples and their standard errors.

    Parameters
    ----------
    value : ndarray of float64, shape (n,)
        Samples; what is missing may hold anything.
    error : ndarray of float, shape (n,)
        Standard error of each sample in the unit of `value`; infinite where it is missing.

    Returns
    -------
    ndarray of float64, shape (n,)
        Zero where less than two segments of samples leave nothing to learn the signal's
        spectrum from and the sample is missing.
    """
    known = np.isfinite(error)
    value = np.where(known, value, 0.0)
    if len(value) < 2 * _SEGMENT or not known.any():
        return value
    variance = np.asarray(error, float) ** 2
    model, innovation = _autoregressive(_programme_spectrum(value, variance))
    return _estimate(value, variance, model, innovation)


def _programme_spectrum(value: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Power spectrum of the programme: that of the samples less that of their errors.

    Segments weigh by how well they are known. Scaled so that white noise of variance one has
    a spectrum of one.
    """
    count = len(value) // (_SEGMENT // 2) - 1
    start = np.arange(count)[:, None] * (_SEGMENT // 2) + np.arange(_SEGMENT)
    window = signal.windows.hann(_SEGMENT, sym=False)
    known = np.isfinite(variance)
    usual = np.median(variance[known])
    # Poor samples are turned down, not left out: a window full of holes would spread what is
    # strong at one frequency over all others.
    trust = np.where(known, 1 / (1 + variance / (3 * usual)), 0.0)
    noisy = trust**2 * np.where(known, variance, 0.0)
    kept = (trust[start] ** 2 * window**2).sum(axis=1)
    noise = (noisy[start] * window**2).sum(axis=1) / (kept + 1e-12)
    weight = np.where(kept > 0.2 * (window**2).sum(), 1 / (noise + np.median(noise)) ** 2, 0)
    power = np.abs(np.fft.rfft((trust * value)[start] * window, axis=1)) ** 2 / (kept[:, None] + 1e-12)
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
