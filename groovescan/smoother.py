"""The best linear estimate of a signal from samples of unequal, known error.

The programme is modelled as an autoregressive process; the best linear estimate of it from
samples of known, unequal error is the solution of a linear system (the fixed-interval
smoother; Rasmussen and Williams 2006, 2.2, for the same in general). A missing sample has an
infinite error: it is interpolated by the same equation (Janssen, Veldhuis and Vries 1986), and
a long gap fades. The model follows the programme from sixth to sixth of a second, so that
what is loud or sustained there is known to be so.

With equal errors the solution is Wiener's filter, a product of spectra. With unequal ones that
filter is the preconditioner of conjugate gradients (Chan and Ng 1996, for Toeplitz systems in
general), which on most discs take a handful of steps; where gaps are so long that they would
take many, the banded system is solved as it stands.
"""

from __future__ import annotations

import functools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import fft, linalg, ndimage

from groovescan.threads import thread_count

_ORDER = 48
_SEGMENT = 2048
_HALF = _SEGMENT // 2
#: Samples that one model serves, and those round them that are solved with them.
_HOP = 4096
_MARGIN = 1024
_SPAN = _HOP + 2 * _MARGIN
#: Neighbouring solutions are faded over so many samples.
_FADE = 512
#: Segments whose spectra make a model: those within one hop to either side of its middle.
_ROUND = 2 * _HOP // _HALF - 1
#: Share of the mean spectrum in that of each model, for what the segments do not tell.
_MEAN_SHARE = 0.03
_LEAST_PROGRAMME = 0.01
_MOST_WEIGHT = 1e12
_TOLERANCE = 0.005
_MOST_STEPS = 24
_THIRD = 1 / 3
# So few at a time that they stay in the processor's cache. The groups do not depend on the
# number of threads, so that threads change no bit.
_BLOCKS, _SEGMENTS = 8, 128
#: So many errors tell what is usual.
_ENOUGH = 100_000


@dataclass(frozen=True, kw_only=True)
class _Samples:
    """Samples with room round them, in blocks that overlap.

    Attributes
    ----------
    value : ndarray of float32, shape (n,)
        Samples; zero where they are missing, before their start and after their end.
    weight : ndarray of float32, shape (n,)
        One over the variance of each, times the square of `scale`.
    scale : float
        Median standard error.
    start : int
        Where the first of them is.
    """

    value: np.ndarray
    weight: np.ndarray
    scale: float
    start: int

    def blocks(self, group: slice) -> tuple[np.ndarray, np.ndarray]:
        """Values and weights of a group of blocks, each of shape (blocks, span)."""
        value, weight = (
            np.lib.stride_tricks.sliding_window_view(each, _SPAN)[::_HOP][group]
            for each in (self.value, self.weight)
        )
        return value, weight


def best_estimate(
    value: np.ndarray, error: np.ndarray, *, tolerance: float = _TOLERANCE
) -> np.ndarray:
    """Estimate a signal from its samples and their standard errors.

    Parameters
    ----------
    value : ndarray of float64, shape (n,)
        Samples; what is missing may hold anything.
    error : ndarray of float, shape (n,)
        Standard error of each sample in the unit of `value`; infinite where it is missing.
    tolerance : float
        How far the solution may be off, in standard deviations of the estimate where samples are
        known; in gaps it may be off by several times as much.

    Returns
    -------
    ndarray of float64, shape (n,)
        As given, with zeros for what is missing, where there are too few samples to learn
        the signal's spectrum from. It is the same whatever the number of processors.
    """
    known = np.isfinite(error)
    if len(value) < 2 * _SEGMENT or not known.any():
        return np.where(known, value, 0.0)
    # the first block has its middle at the first sample; at the last one none fades out
    count = -(-(len(value) + (_HOP + _FADE) // 2) // _HOP)
    samples = _samples(value, error, known, count * _HOP + 2 * _MARGIN)
    with ThreadPoolExecutor(thread_count()) as pool:
        model, innovation = _models(samples, len(value), count, pool)
        return _solved(samples, model, innovation, tolerance, pool)[samples.start :][: len(value)]


def _groups(count: int, size: int) -> list[slice]:
    return [slice(first, min(first + size, count)) for first in range(0, count, size)]


def _samples(value: np.ndarray, error: np.ndarray, known: np.ndarray, length: int) -> _Samples:
    """The samples laid out so that the first lies in the middle of the first block."""
    some = slice(None, None, -(-len(error) // _ENOUGH))
    errors = error[some][known[some]]
    scale = float(np.median(errors if len(errors) else error[known]))
    values, weights = np.zeros(length, np.float32), np.zeros(length, np.float32)
    start = _MARGIN + _HOP // 2
    place = slice(start, start + len(value))
    np.copyto(values[place], value, where=known, casting="same_kind")
    relative = np.divide(scale, error, dtype=np.float32, casting="same_kind")
    np.minimum(relative * relative, _MOST_WEIGHT, out=weights[place])
    return _Samples(value=values, weight=weights, scale=scale, start=start)


def _models(
    samples: _Samples, length: int, count: int, pool: ThreadPoolExecutor
) -> tuple[np.ndarray, np.ndarray]:
    """Autoregressive model of the programme in each block: coefficients and innovation."""
    spectra, weight, floor = _spectra(samples, length, pool)
    mean = np.maximum(weight @ spectra / weight.sum(), 0)

    def modelled(group: slice) -> tuple[np.ndarray, np.ndarray]:
        local = _local_spectra(spectra, weight, group)
        local = (1 - _MEAN_SHARE) * local + _MEAN_SHARE * mean
        return _autoregressive(np.maximum(local, floor))

    models = pool.map(modelled, _groups(count, _SEGMENTS))
    model, innovation = (np.concatenate(each) for each in zip(*models, strict=True))
    return model, innovation


def _solved(
    samples: _Samples,
    model: np.ndarray,
    innovation: np.ndarray,
    tolerance: float,
    pool: ThreadPoolExecutor,
) -> np.ndarray:
    """The estimates of all blocks, faded from one to the next."""

    def solved(group: slice) -> np.ndarray:
        blocks, least = samples.blocks(group), (tolerance * samples.scale) ** 2 * _SPAN
        return _faded(_estimate(*blocks, model[group], innovation[group], samples.scale, least))

    estimate = np.zeros(len(samples.value))
    groups, inner = _groups(len(model), _BLOCKS), _MARGIN - _FADE // 2
    for group, parts in zip(groups, pool.map(solved, groups), strict=True):
        for number, part in enumerate(parts, group.start):
            first = number * _HOP + inner
            estimate[first : first + len(part)] += part
    return estimate


def _spectra(
    samples: _Samples, count: int, pool: ThreadPoolExecutor
) -> tuple[np.ndarray, np.ndarray, float]:
    """Power spectra of the programme in half overlapping segments, and their weights.

    That of the samples less that of their errors, scaled so that white noise of variance one
    has a spectrum of one; and the least power that is taken for programme.
    """
    segments = count // _HALF - 1
    spectra = np.empty((segments, _HALF + 1), np.float32)
    kept, noise = np.empty(segments), np.empty(segments)

    def measure(group: slice) -> None:
        spectra[group], kept[group], noise[group] = _measured(samples, group)

    list(pool.map(measure, _groups(segments, _SEGMENTS)))
    usual = samples.scale**2
    weight = np.where(kept > 0.1 * _window_power().sum(), 1 / (noise + usual) ** 2, 0.0)
    weight += 1e-9 / usual**2
    floor = _LEAST_PROGRAMME * float(np.average(noise, weights=weight)) + 1e-9 * usual
    return spectra, weight, floor


@functools.cache
def _window() -> np.ndarray:
    return np.sin(np.pi * np.arange(_SEGMENT) / _SEGMENT) ** 2  # Hann's


def _window_power() -> np.ndarray:
    return _window() ** 2


def _measured(samples: _Samples, group: slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Spectra of a group of segments, the power of each window, and of the errors in it."""
    first = samples.start + group.start * _HALF
    part = slice(first, first + (group.stop - group.start + 1) * _HALF)
    weight = samples.weight[part].astype(float)
    # Poor samples are turned down, not left out: a window full of holes would spread what is
    # strong at one frequency over all others.
    trust = weight / (weight + _THIRD)
    noisy = samples.scale**2 * trust / (weight + _THIRD)
    kept = _windowed_sum(trust * trust) + 1e-12
    noise = _windowed_sum(noisy) / kept
    trusted = trust * samples.value[part]
    pieces = np.lib.stride_tricks.sliding_window_view(trusted, _SEGMENT)[::_HALF]
    found = fft.rfft(pieces * _window(), axis=1, overwrite_x=True)
    power = (found.real**2 + found.imag**2) / kept[:, None] - noise[:, None]
    return ndimage.uniform_filter1d(power, 5, axis=1, mode="nearest"), kept, noise


def _windowed_sum(values: np.ndarray) -> np.ndarray:
    """Sum of the values under the squared window of each segment."""
    halves = values.reshape(-1, _HALF)
    window = _window_power()
    return halves[:-1] @ window[:_HALF] + halves[1:] @ window[_HALF:]


def _local_spectra(spectra: np.ndarray, weight: np.ndarray, group: slice) -> np.ndarray:
    """Mean spectrum of the segments round each of a group of blocks."""
    count = group.stop - group.start
    first = (np.arange(group.start, group.stop) - 1) * (_HOP // _HALF)
    last = np.clip(first + _ROUND, 1, len(spectra))
    first, usual = np.clip(first, 0, len(spectra) - 1), 1 / weight.max()
    total, share = np.zeros((count, spectra.shape[1])), np.zeros((count, 1))
    for step in range(_ROUND):
        at = np.minimum(first + step, len(spectra) - 1)
        here = np.where(first + step < last, weight[at], 0.0)[:, None]
        total += here * usual * spectra[at]
        share += here * usual
    return np.maximum(total / share, 0)


def _autoregressive(spectrum: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients (with the leading one) and innovation variance for spectra, row by row.

    Levinson's recursion for all of them at once.
    """
    correlation = fft.irfft(spectrum, axis=1)[:, : _ORDER + 1]
    model = np.zeros(correlation.shape)
    model[:, 0] = 1.0
    innovation = correlation[:, 0] * (1 + 1e-9)
    for order in range(1, _ORDER + 1):
        known = model[:, :order]
        reflection = -np.einsum("ij,ij->i", known, correlation[:, order:0:-1]) / innovation
        model[:, 1 : order + 1] += reflection[:, None] * known[:, ::-1]
        innovation = innovation * (1 - reflection**2)
    return model, np.maximum(innovation, 1e-12 * correlation[:, 0])


def _faded(estimate: np.ndarray) -> np.ndarray:
    """The middle of each block, faded in and out so that neighbours add up to one."""
    rising = (np.arange(_FADE, dtype=np.float32) + 0.5) / _FADE
    inner = _MARGIN - _FADE // 2
    middle = estimate[:, inner:-inner].copy()
    middle[:, :_FADE] *= rising
    middle[:, -_FADE:] *= rising[::-1]
    return middle


def _estimate(
    value: np.ndarray,
    weight: np.ndarray,
    model: np.ndarray,
    innovation: np.ndarray,
    scale: float,
    least: float,
) -> np.ndarray:
    """Estimates of blocks with their margins; shape (blocks, span)."""
    inverse = np.abs(fft.rfft(model, _SPAN, axis=1)) ** 2 * (scale**2 / innovation[:, None])
    found, unsolved = _iterated(value, weight, inverse.astype(np.float32), least)
    for row in np.flatnonzero(unsolved):
        found[row] = _eliminated(value[row], weight[row], model[row], innovation[row] / scale**2)
    return found


def _iterated(
    value: np.ndarray, weight: np.ndarray, inverse: np.ndarray, least: float
) -> tuple[np.ndarray, np.ndarray]:
    r"""Solve :math:`(A + W) x = W y` by conjugate gradients, row by row.

    :math:`A` is the inverse of the programme's covariance, known by its spectrum; :math:`(A +
    w)^{-1}`, with :math:`w` the mean weight of the row, is the preconditioner, so that
    :math:`(A + W) z = r + (W - w) z` for :math:`z = (A + w)^{-1} r`, and every step takes one
    transform there and back. :math:`r^T z` is the squared error in standard deviations of the
    estimate, summed over the row.

    Parameters
    ----------
    value, weight : ndarray of float32, shape (blocks, span)
        The samples :math:`y` and the diagonal of :math:`W`.
    inverse : ndarray of float32, shape (blocks, span / 2 + 1)
        Inverse of the programme's power spectrum.
    least : float
        A row is solved where :math:`r^T z` is less.

    Returns
    -------
    solution : ndarray of float32, shape (blocks, span)
    unsolved : ndarray of bool, shape (blocks,)
        Where that took too many steps.
    """
    solution = np.empty_like(value)
    mean = weight.mean(axis=1, keepdims=True)
    gain, uneven, rows = 1 / (inverse + mean), weight - mean, np.arange(len(value))
    found = _filtered(weight * value, gain)
    residual = -uneven * found
    direction: np.ndarray = np.zeros((), np.float32)
    image: np.ndarray = direction
    former = np.full((len(value), 1), np.inf, np.float32)
    for _ in range(_MOST_STEPS):
        smooth = _filtered(residual, gain)
        left = _product(residual, smooth)
        open_ = left[:, 0] > least
        if not open_.all():
            solution[rows[~open_]] = found[~open_]
            if not open_.any():
                return solution, np.zeros(len(value), bool)
            state = rows, gain, uneven, found, residual, direction, image, former, smooth, left
            rows, gain, uneven, found, residual, direction, image, former, smooth, left = (
                _only(each, open_) for each in state
            )
        kept = left / former
        direction = smooth + kept * direction
        image = residual + uneven * smooth + kept * image
        length = left / _product(direction, image)
        found = found + length * direction
        residual = residual - length * image
        former = left
    return solution, np.isin(np.arange(len(value)), rows)


def _only(values: Any, which: np.ndarray) -> Any:
    """Some blocks of an array; a number stays a number."""
    return values[which] if np.ndim(values) else values


def _filtered(values: np.ndarray, gain: np.ndarray) -> np.ndarray:
    return fft.irfft(fft.rfft(values, axis=1) * gain, _SPAN, axis=1)


def _product(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Inner products, row by row; shape (rows, 1)."""
    return np.einsum("ij,ij->i", one, other)[:, None]


def _eliminated(
    value: np.ndarray, weight: np.ndarray, model: np.ndarray, innovation: float
) -> np.ndarray:
    """Solve the same equations for one block by elimination."""
    weight = weight * innovation
    inverse = np.correlate(model, model, mode="full")[_ORDER:]
    band = np.repeat(inverse[:, None], len(value), axis=1)
    band[0] += weight
    return linalg.solveh_banded(
        band, weight * value, lower=True, overwrite_ab=True, check_finite=False
    )
