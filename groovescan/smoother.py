"""The best linear estimate of a signal from samples of unequal, known error.

The programme is a Gaussian process whose spectrum changes from moment to moment; the best linear
estimate of it from samples of known, unequal error is the solution of a linear system (Rasmussen
and Williams 2006, 2.2). A missing sample has an infinite error: it is interpolated by the same
equation (Janssen, Veldhuis and Vries 1986), and a long gap fades.

The spectrum is learnt from the samples themselves, block by block, in two steps: that of the
samples less that of their errors, and, since that is rough where the errors are large, that of
the estimate which it leads to, with what is uncertain of the estimate added (steps of expectation
and maximisation; Dempster, Laird and Rubin 1977). So what is loud or sustained at a moment is known
to be so.

With equal errors the solution is Wiener's filter, a product of spectra. With unequal ones that
filter is the preconditioner of conjugate gradients (Chan and Ng 1996, for Toeplitz systems in
general), which on most discs take a handful of steps.
"""

from __future__ import annotations

import functools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import fft, ndimage

from groovescan.threads import thread_count

#: Samples that one spectrum serves, and those round them that are solved with them.
_HOP = 1024
_MARGIN = 512
_SPAN = _HOP + 2 * _MARGIN
#: Neighbouring solutions are faded over so many samples.
_FADE = 512
#: The first spectra, and those of an estimate, are averaged over so many frequencies.
_ROUGH_BINS, _FINE_BINS = 9, 3
#: How often the spectra are learnt anew from the estimate.
_REFINEMENTS = 2
#: Share of the mean spectrum in that of each block, and of the blocks beside it, for what its own
#: samples do not tell.
_MEAN_SHARE = 0.001
_BESIDE_SHARE = 0.1
#: Share, in dB, of what lies round each moment and frequency, over so many blocks and bins: a
#: programme without tones, or without change, is not told by one moment.
_ROUND_SHARE, _ROUND_BLOCKS, _ROUND_BINS = 0.3, 5, 9
_LEAST_PROGRAMME = 0.01
#: Share of the estimate's variance that counts for programme: between its likeliest spectrum
#: (none) and its mean one (all).
_UNCERTAIN_SHARE = 0.5
_MOST_WEIGHT = 1e12
_TOLERANCE = 0.005
_MOST_STEPS = 200
# So few at a time that they stay in the processor's cache. The groups do not depend on the
# number of threads, so that threads change no bit.
_BLOCKS = 16
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
        return _blocks(self.value, group), _blocks(self.weight, group)


@dataclass(frozen=True, kw_only=True)
class _Spectra:
    """Power spectra of all blocks; white noise of variance one has a spectrum of one.

    Attributes
    ----------
    power : ndarray of float32, shape (blocks, span / 2 + 1)
        That of the programme; may be negative where it was not told.
    noise : ndarray of float64, shape (blocks,)
        That of the errors.
    weight : ndarray of float, shape (blocks,)
        How much each tells.
    """

    power: np.ndarray
    noise: np.ndarray
    weight: np.ndarray


def best_estimate(
    value: np.ndarray,
    error: np.ndarray,
    *,
    tolerance: float = _TOLERANCE,
    refinements: int = _REFINEMENTS,
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
    refinements : int
        How often the programme's spectra are learnt anew from the estimate.

    Returns
    -------
    ndarray of float64, shape (n,)
        As given, with zeros for what is missing, where there are too few samples to learn
        the signal's spectrum from. It is the same whatever the number of processors.
    """
    known = np.isfinite(error)
    if len(value) < 2 * _SPAN or not known.any():
        return np.where(known, value, 0.0)
    # the first block has its middle at the first sample; at the last one none fades out
    count = -(-(len(value) + (_HOP + _FADE) // 2) // _HOP)
    samples = _samples(value, error, known, count * _HOP + 2 * _MARGIN)
    groups = _groups(count)
    with ThreadPoolExecutor(thread_count()) as pool:
        rough = _joined(pool.map(lambda group: _of_samples(samples, group), groups))
        mean = np.maximum(rough.weight @ rough.power / rough.weight.sum(), 0).astype(np.float32)
        floor = _LEAST_PROGRAMME * float(np.average(rough.noise, weights=rough.weight))
        power = _programme(rough.power, rough.weight, mean, floor)
        for _ in range(refinements):
            estimate = _solved(samples, power, tolerance, groups, pool)
            finer = _of_estimate(estimate, rough.noise, power, groups, pool)
            power = _programme(finer, rough.weight, mean, floor)
        estimate = _solved(samples, power, tolerance, groups, pool)
    return estimate[samples.start :][: len(value)].astype(float)


def _groups(count: int) -> list[slice]:
    return [slice(first, min(first + _BLOCKS, count)) for first in range(0, count, _BLOCKS)]


def _blocks(values: np.ndarray, group: slice) -> np.ndarray:
    """A group of blocks of a whole signal, shape (blocks, span)."""
    return np.lib.stride_tricks.sliding_window_view(values, _SPAN)[::_HOP][group]


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


@functools.cache
def _window() -> np.ndarray:
    return (np.sin(np.pi * np.arange(_SPAN) / _SPAN) ** 2).astype(np.float32)  # Hann's


def _of_samples(samples: _Samples, group: slice) -> _Spectra:
    """Spectra of a group of blocks: that of the samples less that of their errors."""
    value, weight = samples.blocks(group)
    # Poor samples are turned down, not left out: a window full of holes would spread what is
    # strong at one frequency over all others.
    trust = weight / (weight + np.float32(1 / 3))
    noisy = trust / (weight + np.float32(1 / 3))
    power_window, usual = _window() ** 2, samples.scale**2
    kept = (trust**2 @ power_window).astype(float) + 1e-12
    noise = usual * (noisy @ power_window) / kept
    found = fft.rfft(trust * value * _window(), axis=1)
    power = (found.real**2 + found.imag**2) / kept[:, None] - noise[:, None]
    told = np.where(kept > 0.1 * power_window.sum(), 1 / (noise + usual) ** 2, 0.0)
    return _Spectra(
        power=_averaged(power, _ROUGH_BINS),
        noise=noise,
        weight=told + 1e-9 / usual**2,
    )


def _joined(parts: Any) -> _Spectra:
    """The spectra of all groups."""
    parts = list(parts)
    weight = np.concatenate([part.weight for part in parts])
    return _Spectra(
        power=np.concatenate([part.power for part in parts]),
        noise=np.concatenate([part.noise for part in parts]),
        weight=(weight / weight.max()).astype(np.float32),
    )


def _of_estimate(
    estimate: np.ndarray,
    noise: np.ndarray,
    power: np.ndarray,
    groups: list[slice],
    pool: ThreadPoolExecutor,
) -> np.ndarray:
    """Spectra of all blocks: that of the estimate and of what is uncertain of it.

    `power` is the spectrum that led to the estimate, `noise` that of the samples' errors.
    """
    window, energy = _window(), np.float32((_window() ** 2).sum())

    def refined(group: slice) -> np.ndarray:
        found = fft.rfft(_blocks(estimate, group) * window, axis=1)
        seen = _averaged((found.real**2 + found.imag**2) / energy, _FINE_BINS)
        errors = noise[group, None].astype(np.float32)
        uncertain = power[group] * errors / (power[group] + errors)
        return seen + np.float32(_UNCERTAIN_SHARE) * uncertain

    return np.concatenate(list(pool.map(refined, groups)))


def _averaged(power: np.ndarray, bins: int) -> np.ndarray:
    """Spectra averaged over some neighbouring frequencies."""
    return ndimage.uniform_filter1d(power.astype(np.float32), bins, axis=1, mode="mirror")


def _programme(power: np.ndarray, weight: np.ndarray, mean: np.ndarray, floor: float) -> np.ndarray:
    """The programme's spectrum in each block, from its own, those beside it, and the mean."""
    told, share = weight[:, None] * power, weight[:, None].copy()
    for ours, other in ((slice(1, None), slice(None, -1)), (slice(None, -1), slice(1, None))):
        told[ours] += _BESIDE_SHARE * weight[other, None] * power[other]
        share[ours] += _BESIDE_SHARE * weight[other, None]
    local = (
        np.maximum(told / share, 0) ** (1 - _ROUND_SHARE) * _round(power, weight) ** _ROUND_SHARE
    )
    return np.maximum((1 - _MEAN_SHARE) * local + _MEAN_SHARE * mean, floor).astype(np.float32)


def _round(power: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The spectra averaged over the moments and frequencies round each."""
    weights = weight[:, None]
    told = ndimage.uniform_filter1d(weights * np.maximum(power, 0), _ROUND_BLOCKS, axis=0)
    share = ndimage.uniform_filter1d(weights, _ROUND_BLOCKS, axis=0)
    # running sums may end a little below zero
    return np.maximum(_averaged(told / share, _ROUND_BINS), 0)


def _solved(
    samples: _Samples,
    power: np.ndarray,
    tolerance: float,
    groups: list[slice],
    pool: ThreadPoolExecutor,
) -> np.ndarray:
    """The estimates of all blocks, faded from one to the next."""

    def solved(group: slice) -> np.ndarray:
        inverse = np.float32(samples.scale**2) / power[group]
        return _faded(_iterated(*samples.blocks(group), inverse, least))

    least = (tolerance * samples.scale) ** 2 * _SPAN
    estimate = np.zeros(len(samples.value), np.float32)
    inner = _MARGIN - _FADE // 2
    for group, parts in zip(groups, pool.map(solved, groups), strict=True):
        for number, part in enumerate(parts, group.start):
            first = number * _HOP + inner
            estimate[first : first + len(part)] += part
    return estimate


def _faded(estimate: np.ndarray) -> np.ndarray:
    """The middle of each block, faded in and out so that neighbours add up to one."""
    rising = (np.arange(_FADE, dtype=np.float32) + 0.5) / _FADE
    inner = _MARGIN - _FADE // 2
    middle = estimate[:, inner:-inner].copy()
    middle[:, :_FADE] *= rising
    middle[:, -_FADE:] *= rising[::-1]
    return middle


def _iterated(
    value: np.ndarray, weight: np.ndarray, inverse: np.ndarray, least: float
) -> np.ndarray:
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
        Inverse of the programme's power spectrum, over that of the usual error.
    least : float
        A row is solved where :math:`r^T z` is less.

    Returns
    -------
    ndarray of float32, shape (blocks, span)
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
                return solution
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
    solution[rows] = found
    return solution


def _only(values: Any, which: np.ndarray) -> Any:
    """Some blocks of an array; a number stays a number."""
    return values[which] if np.ndim(values) else values


def _filtered(values: np.ndarray, gain: np.ndarray) -> np.ndarray:
    return fft.irfft(fft.rfft(values, axis=1) * gain, _SPAN, axis=1)


def _product(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Inner products, row by row; shape (rows, 1)."""
    return np.einsum("ij,ij->i", one, other)[:, None]
