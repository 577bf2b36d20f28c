"""Loops over short spectra: the gain that turns noise down, and running medians."""

from __future__ import annotations

import numpy as np

from groovescan.runtime.array_types import Float32StridedMatrix, Float32Vector
from groovescan.runtime.jit import compiled_when_used, fused_when_used, inlined
from groovescan.runtime.threads import for_each

#: Frequencies that one thread takes at a time.
_TOGETHER = 64
#: Of single precision; and the least argument of the integral, whose logarithm has to be finite.
_ONE, _HALF, _LEAST = np.float32(1), np.float32(0.5), np.float32(1e-6)
#: Beyond it the integral changes a gain by less than a hundred-thousandth.
_DROWNED = np.float32(9)
# Polynomial of the exponential integral up to 1, and rational function beyond it (Abramowitz and
# Stegun 1964, 5.1.53 and 5.1.56; off by 2e-7 at most).
_NEAR = tuple(
    np.float32(x)
    for x in (-0.57721566, 0.99999193, -0.24991055, 0.05519968, -0.00976004, 0.00107857)
)
_OVER = tuple(np.float32(x) for x in (0.2677737343, 8.6347608925, 18.0590169730, 8.5733287401))
_UNDER = tuple(np.float32(x) for x in (3.9584969228, 21.0996530827, 25.6329561486, 9.5733223454))


@inlined
def _exponential_integral(x: np.float32) -> np.float32:
    r""":math:`E_1(x)`, the integral of :math:`e^{-t} / t` from x on, x above zero."""
    if x <= _ONE:
        a, b, c, d, e, f = _NEAR
        return a + x * (b + x * (c + x * (d + x * (e + x * f)))) - np.log(x)
    a, b, c, d = _OVER
    over = a + x * (b + x * (c + x * (d + x)))
    a, b, c, d = _UNDER
    return np.exp(-x) / x * over / (a + x * (b + x * (c + x * (d + x))))


@fused_when_used
def _followed(
    power: Float32StridedMatrix,
    over_noise: Float32Vector,
    gain: Float32StridedMatrix,
    memory: np.float32,
    least_prior: np.float32,
    most_posterior: np.float32,
    least_gain: np.float32,
) -> None:
    """Write the gains of some frequencies, frame after frame: each is told by the one before."""
    clean = np.empty(power.shape[1], np.float32)
    for k in range(power.shape[1]):
        clean[k] = min(power[0, k] * over_noise[k], most_posterior)
    for frame in range(power.shape[0]):
        for k in range(power.shape[1]):
            here = min(power[frame, k] * over_noise[k], most_posterior)
            prior = memory * clean[k] + (_ONE - memory) * max(here - _ONE, np.float32(0))
            prior = max(prior, least_prior)
            share = prior / (_ONE + prior)
            within = max(share * here, _LEAST)
            told = share
            if within < _DROWNED:
                told *= np.exp(_HALF * _exponential_integral(within))
            clean[k] = told * told * here
            gain[frame, k] = min(max(told, least_gain), _ONE)


def followed_gain(
    power: np.ndarray,
    noise: np.ndarray,
    *,
    memory: float,
    least_prior: float,
    most_posterior: float,
    least_gain: float,
) -> np.ndarray:
    """Gain that turns noise down, the signal to noise ratio a priori told by the frame before.

    Ephraim and Malah 1984, equation 51, with the gain of the least mean square error of the
    amplitude's logarithm (the same, 1985, equation 20).

    Parameters
    ----------
    power : ndarray of float32, shape (frames, frequencies)
        Power of short spectra.
    noise : ndarray of float, shape (frequencies,)
        That of the noise, above zero.
    memory : float
        Share of the frame before, 0 to 1.
    least_prior, most_posterior, least_gain : float
        Limits of what is reckoned with, and of the gain.

    Returns
    -------
    ndarray of float32, shape (frames, frequencies)
        From `least_gain` to 1.
    """
    gain, over = np.empty(power.shape, np.float32), (1 / noise).astype(np.float32)
    limits = tuple(np.float32(x) for x in (memory, least_prior, most_posterior, least_gain))

    def of_some(some: slice) -> None:
        """Gains of some frequencies."""
        _followed(power[:, some], over[some], gain[:, some], *limits)

    for_each(of_some, _parts(power.shape[1]))
    return gain


@compiled_when_used
def _medians(values: Float32StridedMatrix, reach: int, found: Float32StridedMatrix) -> None:
    """Write the running median of each column."""
    frames, size = values.shape[0], 2 * reach + 1
    ordered = np.empty(size, np.float32)
    for k in range(values.shape[1]):
        for n in range(size):
            # sorted in, one by one: Numba takes a second to compile a sort
            value, at = values[min(max(n - reach, 0), frames - 1), k], n
            while at > 0 and ordered[at - 1] > value:
                ordered[at] = ordered[at - 1]
                at -= 1
            ordered[at] = value
        found[0, k] = ordered[reach]
        for frame in range(1, frames):
            gone = values[max(frame - reach - 1, 0), k]
            new = values[min(frame + reach, frames - 1), k]
            # the place of what has gone moves to where the new one belongs
            at = 0
            while ordered[at] != gone:
                at += 1
            while at + 1 < size and ordered[at + 1] < new:
                ordered[at] = ordered[at + 1]
                at += 1
            while at > 0 and ordered[at - 1] > new:
                ordered[at] = ordered[at - 1]
                at -= 1
            ordered[at] = new
            found[frame, k] = ordered[reach]


def running_median(values: np.ndarray, reach: int) -> np.ndarray:
    """Median of each value and of so many before and after it, along the first axis.

    Parameters
    ----------
    values : ndarray of float32, shape (frames, frequencies)
        Finite. Beyond either end the first and the last are repeated.
    reach : int
        Values to either side.

    Returns
    -------
    ndarray of float32, shape (frames, frequencies)
    """
    found = np.empty(values.shape, np.float32)

    def of_some(some: slice) -> None:
        """Medians of some frequencies."""
        _medians(values[:, some], reach, found[:, some])

    for_each(of_some, _parts(values.shape[1]))
    return found


def _parts(count: int) -> list[slice]:
    return [slice(at, min(at + _TOGETHER, count)) for at in range(0, count, _TOGETHER)]
