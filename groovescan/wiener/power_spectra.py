"""The programme's spectrum, block by block.

It is learnt in two ways: that of the samples less that of their errors, and, since that is rough
where the errors are large, that of the estimate which it leads to, with what is uncertain of the
estimate added (steps of expectation and maximisation; Dempster, Laird and Rubin 1977).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from groovescan.runtime import dft
from groovescan.runtime.array_types import (
    Complex64Matrix,
    Float32Matrix,
    Float32SlidingWindows,
    Float32Vector,
)
from groovescan.runtime.jit import compiled, fused, part
from groovescan.runtime.threads import for_each
from groovescan.wiener.overlapping_blocks import SPAN, Samples, blocks

#: The first spectra, and those of an estimate, are averaged over so many frequencies.
_ROUGH_BINS, _FINE_BINS = 9, 3
#: Share of the mean spectrum in that of each block, and of the blocks beside it, for what its own
#: samples do not tell.
_MEAN_SHARE = np.float32(0.001)
#: Share of the blocks beside it.
_BESIDE_SHARE = np.float32(0.1)
#: Share, in dB, of what lies round each moment and frequency, over so many blocks (to either side)
#: and bins: a programme without tones, or without change, is not told by one moment.
_ROUND_SHARE, _ROUND_BLOCKS, _ROUND_BINS = np.float32(0.3), 2, 9
#: Share of the errors' power density below which no programme is told: 20 dB below what a sample
#: tells; without it a filter would close for good where a spectrum came out negative.
_LEAST_PROGRAMME = 0.01
#: Share of the estimate's variance that counts for programme: between its likeliest spectrum
#: (none) and its mean one (all).
_UNCERTAIN_SHARE = np.float32(0.5)
#: A sample whose error is this much larger than the usual one tells half as much as it could.
_POOR = np.float32(1 / 3)
#: Of single precision, the second to keep a division from zero.
_ZERO, _TINY = np.float32(0), np.float32(1e-30)


@dataclass(frozen=True, kw_only=True)
class Spectra:
    """Power spectra of all blocks; white noise of variance one has a spectrum of one.

    Attributes
    ----------
    power : ndarray of float32, shape (blocks, span / 2 + 1)
        That of the programme; may be negative where it was not told.
    noise : ndarray of float32, shape (blocks,)
        That of the errors.
    weight : ndarray of float32, shape (blocks,)
        How much each tells, 1 at most.
    """

    power: np.ndarray
    noise: np.ndarray
    weight: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """Spectrum of all; float32, shape (span / 2 + 1,)."""
        return np.maximum(self.weight @ self.power / self.weight.sum(), 0)

    @property
    def floor(self) -> float:
        """Least power density of a programme."""
        return _LEAST_PROGRAMME * float(np.average(self.noise, weights=self.weight))


@functools.cache
def _window() -> np.ndarray:
    return (np.sin(np.pi * np.arange(SPAN) / SPAN) ** 2).astype(np.float32)  # Hann's


def of_samples(samples: Samples, groups: list[slice]) -> Spectra:
    """Programme spectra as periodograms of the samples less the noise density."""
    usual = samples.scale**2
    power = np.empty((samples.count, SPAN // 2 + 1), np.float32)
    noise, weight = np.empty(samples.count, np.float32), np.empty(samples.count)

    def of_group(group: slice) -> None:
        """Spectra of the samples of a group of blocks."""
        windowed, energies, errors = _trusted(*samples.blocks(group), _window())
        noise[group] = errors = errors * np.float32(usual)
        power[group] = _averaged(dft.forward(windowed), energies, errors, _ROUGH_BINS)
        told = np.where(energies > 0.1 * (_window() ** 2).sum(), 1 / (errors + usual) ** 2, 0.0)
        weight[group] = told + 1e-9 / usual**2

    for_each(of_group, groups)
    return Spectra(power=power, noise=noise, weight=(weight / weight.max()).astype(np.float32))


def of_estimate(
    estimate: np.ndarray,
    noise: np.ndarray,
    power: np.ndarray,
    groups: list[slice],
) -> np.ndarray:
    """Programme spectra as expected power: of the estimate, and of its remaining uncertainty.

    Parameters
    ----------
    estimate : ndarray of float32, shape (n,)
        The whole signal.
    noise : ndarray of float32, shape (blocks,)
        The spectrum of the samples' errors.
    power : ndarray of float32, shape (blocks, span / 2 + 1)
        The spectra that led to the estimate.
    groups
        As for `solved`.

    Returns
    -------
    ndarray of float32, shape (blocks, span / 2 + 1)
    """
    energy, finer = (_window() ** 2).sum(), np.empty_like(power)

    def of_group(group: slice) -> None:
        """Spectra of the estimate of a group of blocks."""
        found = dft.forward(blocks(estimate, group) * _window())
        count = len(found)
        estimated = _averaged(
            found, np.full(count, energy, np.float32), np.zeros(count, np.float32), _FINE_BINS
        )
        errors = noise[group, None]
        finer[group] = estimated + _UNCERTAIN_SHARE * (
            power[group] * errors / (power[group] + errors)
        )

    for_each(of_group, groups)
    return finer


def of_programme(rough: Spectra, power: np.ndarray, groups: list[slice]) -> np.ndarray:
    """The programme's spectrum in each block: from its own, those round it, and the mean.

    Parameters
    ----------
    rough : Spectra
        Of the samples: the mean, and how much each block tells.
    power : ndarray of float32, shape (blocks, span / 2 + 1)
        Each block's own.
    groups
        As for `solved`.

    Returns
    -------
    ndarray of float32, shape (blocks, span / 2 + 1)
    """
    some, floor = _MEAN_SHARE * rough.mean, np.float32(rough.floor)
    found = np.empty_like(power)

    def of_group(group: slice) -> None:
        """Spectra of the programme of a group of blocks."""
        own, round_ = _own_and_round(power, rough.weight, group.start, group.stop)
        # logarithms: a mean in dB
        np.log(own, out=own)
        np.log(round_, out=round_)
        own += _ROUND_SHARE * (round_ - own)
        np.exp(own, out=own)
        found[group] = np.maximum((1 - _MEAN_SHARE) * own + some, floor)

    for_each(of_group, groups)
    return found


@fused
def _trusted(
    value: Float32SlidingWindows, weight: Float32SlidingWindows, window: Float32Vector
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Blocks under a window, their poor samples turned down.

    They are not left out: a window full of holes would spread what is strong at one frequency
    over all others.

    Returns
    -------
    windowed : ndarray of float32, shape (blocks, span)
    energies, noise : ndarray of float32, shape (blocks,)
        Energy of the window as it then is, and the spectrum of the errors, over that of the usual
        one.
    """
    count, span = value.shape
    windowed = np.empty((count, span), np.float32)
    energies, noise = np.empty(count, np.float32), np.empty(count, np.float32)
    for block in range(count):
        energy = error = _ZERO
        for n in range(span):
            w = weight[block, n]
            trust, square = w / (w + _POOR), window[n] * window[n]
            windowed[block, n] = trust * window[n] * value[block, n]
            energy += trust * trust * square
            error += trust * square / (w + _POOR)
        energies[block] = energy + np.float32(1e-9)
        noise[block] = error / energies[block]
    return windowed, energies, noise


@compiled
def _averaged(
    spectrum: Complex64Matrix, energy: Float32Vector, less: Float32Vector, bins: int
) -> np.ndarray:
    """Power of spectra over an energy, less a noise, averaged over some frequencies, an odd number.

    Beyond either end a spectrum is mirrored.
    """
    count, size = spectrum.shape
    found, power = np.empty((count, size), np.float32), np.empty(size, np.float32)
    for block in range(count):
        for k in range(size):
            value = spectrum[block, k]
            power[k] = value.real * value.real + value.imag * value.imag
        _sum_near(power, bins, found[block])
        share = np.float32(1.0 / (bins * energy[block]))
        for k in range(size):
            found[block, k] = found[block, k] * share - less[block]
    return found


@part
def _sum_near(power: np.ndarray, bins: int, found: np.ndarray) -> None:
    """Sums over so many frequencies about each, an odd number, of what is not below zero."""
    reach, last = bins // 2, len(power) - 1
    total = float(power[0])
    for k in range(1, reach + 1):
        total += 2.0 * power[k]
    for k in range(last + 1):
        found[k] = max(total, 0.0)
        enters, leaves = k + reach + 1, k - reach
        total += power[enters if enters <= last else 2 * last - enters]
        total -= power[leaves if leaves >= 0 else -leaves]


@compiled
def _own_and_round(
    power: Float32Matrix, weight: Float32Vector, first: int, end: int
) -> tuple[np.ndarray, np.ndarray]:
    """Spectra of some blocks with a share of those beside them, and averages of what is round them.

    Returns
    -------
    own, round_ : ndarray of float32, shape (end - first, span / 2 + 1)
        More than zero.
    """
    count, size = power.shape
    own = np.empty((end - first, size), np.float32)
    round_, told = np.empty((end - first, size), np.float32), np.empty(size, np.float32)
    for block in range(first, end):
        # element by element: an array expression takes Numba three seconds to compile
        line, share = own[block - first], weight[block]
        for k in range(size):
            line[k] = share * power[block, k]
        for other in (block - 1, block + 1):
            if 0 <= other < count:
                part = _BESIDE_SHARE * weight[other]
                share += part
                for k in range(size):
                    line[k] += part * power[other, k]
        for k in range(size):
            line[k] = max(line[k] / share, _TINY)
        share = _ZERO
        for k in range(size):
            told[k] = _ZERO
        for other in range(block - _ROUND_BLOCKS, block + _ROUND_BLOCKS + 1):
            # beyond either end blocks are mirrored
            at = min(max(other if other >= 0 else -other - 1, 0), count - 1)
            at = at if other < count else max(2 * count - other - 1, 0)
            share += weight[at]
            for k in range(size):
                told[k] += weight[at] * max(power[at, k], _ZERO)
        line, over = round_[block - first], np.float32(1.0 / (share * _ROUND_BINS))
        _sum_near(told, _ROUND_BINS, line)
        for k in range(size):
            line[k] = max(line[k] * over, _TINY)
    return own, round_
