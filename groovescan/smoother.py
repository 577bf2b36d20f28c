"""The best linear estimate of a signal from samples of unequal, known error.

The programme is modelled as an autoregressive process; the best linear estimate of it from
samples of known, unequal error is the solution of a banded linear system (the fixed-interval
smoother; Rasmussen and Williams 2006, 2.2, for the same in general). A missing sample has an
infinite error: it is interpolated by the same equation (Janssen, Veldhuis and Vries 1986), and
a long gap fades. The model follows the programme from half second to half second, so that
what is loud or sustained there is known to be so.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg, signal

_ORDER = 48
_SEGMENT = 2048
_BLOCK = 8192
_MARGIN = 1024
#: Share of the mean spectrum in that of each block, for what the block does not tell.
_MEAN_SHARE = 0.03
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
        As given, with zeros for what is missing, where there are too few samples to learn
        the signal's spectrum from.
    """
    known = np.isfinite(error)
    value = np.where(known, value, 0.0)
    if len(value) < 2 * _SEGMENT or not known.any():
        return value
    variance = np.asarray(error, float) ** 2
    spectra, weight, floor = _spectra(value, variance)
    mean = np.average(spectra, axis=0, weights=weight)
    total, shares = np.zeros(len(value)), np.zeros(len(value))
    for start in range(-_BLOCK // 2, len(value), _BLOCK // 2):
        block = slice(max(start, 0), min(start + _BLOCK, len(value)))
        local = _local_spectrum(spectra, weight, mean, start)
        model, innovation = _autoregressive(np.maximum(local, floor))
        share = _share(block, start)
        total[block] += share * _estimate(value, variance, model, innovation, block)
        shares[block] += share
    return total / shares


def _spectra(value: np.ndarray, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Power spectra of the programme in half overlapping segments, and their weights.

    That of the samples less that of their errors, scaled so that white noise of variance one
    has a spectrum of one; and the least power that is taken for programme.
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
    kept = (trust[start] ** 2 * window**2).sum(axis=1) + 1e-12
    noise = (noisy[start] * window**2).sum(axis=1) / kept
    power = np.abs(np.fft.rfft((trust * value)[start] * window, axis=1)) ** 2 / kept[:, None]
    weight = np.where(kept > 0.1 * (window**2).sum(), 1 / (noise + usual) ** 2, 0) + 1e-9 / usual**2
    floor = _LEAST_PROGRAMME * float(np.average(noise, weights=weight)) + 1e-15
    smooth = signal.savgol_filter(power - noise[:, None], 5, 1, axis=1)
    return smooth, weight, floor


def _local_spectrum(
    spectra: np.ndarray, weight: np.ndarray, mean: np.ndarray, start: int
) -> np.ndarray:
    """Spectrum of the segments in a block, with a share of the mean of all."""
    first = max(start // (_SEGMENT // 2), 0)
    last = max((start + _BLOCK) // (_SEGMENT // 2) - 1, first + 1)
    first = min(first, len(spectra) - 1)
    local = np.average(spectra[first:last], axis=0, weights=weight[first:last])
    return (1 - _MEAN_SHARE) * np.maximum(local, 0) + _MEAN_SHARE * np.maximum(mean, 0)


def _autoregressive(spectrum: np.ndarray) -> tuple[np.ndarray, float]:
    """Coefficients (with the leading one) and innovation variance for a spectrum."""
    correlation = np.fft.irfft(spectrum)[: _ORDER + 1]
    correlation[0] *= 1 + 1e-9
    tail = linalg.solve_toeplitz(correlation[:-1], -correlation[1:])
    model = np.r_[1.0, tail]
    return model, float(max(model @ correlation, 1e-15))


def _share(block: slice, start: int) -> np.ndarray:
    """Weight of each sample of a block where blocks overlap by half."""
    place = (np.arange(block.start, block.stop) - start + 0.5) / _BLOCK
    return 1 - np.abs(2 * place - 1)


def _estimate(
    value: np.ndarray, variance: np.ndarray, model: np.ndarray, innovation: float, block: slice
) -> np.ndarray:
    """Solve the normal equations of a block and its margins; the margins are thrown away."""
    low, high = max(block.start - _MARGIN, 0), min(block.stop + _MARGIN, len(value))
    part = slice(low, high)
    weight = np.where(np.isfinite(variance[part]), innovation / variance[part], 0.0)
    inverse = np.correlate(model, model, mode="full")[_ORDER:]
    band = np.repeat(inverse[:, None], high - low, axis=1)
    band[0] += weight
    found = linalg.solveh_banded(band, weight * value[part], lower=True, overwrite_ab=True)
    return found[block.start - low : block.stop - low]
