r"""The best linear estimate of a signal that is told by itself and by its slope.

Where the light of a groove depends on its direction, pixels tell of the displacement and of its
slope, and of both together. Linearised about :math:`x_0`, the log likelihood of the pixels is

.. math:: (g + D^T h)^T (x - x_0) - \tfrac{1}{2} (x - x_0)^T W (x - x_0), \quad
    W = a + b D + D^T b + D^T c D,

with diagonal :math:`a`, :math:`b`, :math:`c` and :math:`D` the derivative. With the programme's
covariance :math:`A^{-1}`, as in `groovescan.wiener`, the estimate solves
:math:`(A + W) x = W x_0 + g + D^T h`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groovescan.runtime import dft
from groovescan.runtime.threads import in_order
from groovescan.wiener.overlapping_blocks import (
    FADE,
    HOP,
    MARGIN,
    SPAN,
    Samples,
    blocks,
    groups_of,
    laid_out,
)
from groovescan.wiener.power_spectra import of_estimate, of_programme, of_samples

#: Weights of the samples one and two places on in a derivative that is exact up to the fourth
#: order (Fornberg 1988); those before have the opposite sign.
_DERIVATIVE = (np.float32(8 / 12), np.float32(-1 / 12))


@dataclass(frozen=True, kw_only=True)
class Witnesses:
    """Information of each sample on the signal and on its slope, from sample to sample.

    Attributes
    ----------
    by_value, by_slope, by_both : ndarray of float32, shape (n,)
        Diagonals of `a`, `c` and `b`, over the variance of the pixels' noise.
    gradient, slope_gradient : ndarray of float32, shape (n,)
        Derivatives of the log likelihood by each sample of the signal and by each of its slope, at
        `about`.
    about : ndarray of float32, shape (n,)
        The signal about which they are linearised.
    """

    by_value: np.ndarray
    by_slope: np.ndarray
    by_both: np.ndarray
    gradient: np.ndarray
    slope_gradient: np.ndarray
    about: np.ndarray


def slope(values: np.ndarray) -> np.ndarray:
    """Derivative from sample to sample along the last axis; zero lies before and after."""
    found = np.zeros_like(values)
    for away, weight in enumerate(_DERIVATIVE, 1):
        found[..., :-away] += weight * values[..., away:]
        found[..., away:] -= weight * values[..., :-away]
    return found


def transposed_slope(values: np.ndarray) -> np.ndarray:
    """The transpose of `slope`, which is its negative."""
    return -slope(values)


def joint_estimate(
    witnesses: Witnesses,
    value: np.ndarray,
    error: np.ndarray,
    *,
    tolerance: float,
    refinements: int,
) -> np.ndarray:
    """Estimate a signal from what is told of it and of its slope.

    Parameters
    ----------
    witnesses : Witnesses
        The information of n samples.
    value, error : ndarray of float, shape (n,)
        Samples that stand for both, and their errors (infinite where missing), from which the
        programme's spectra are learnt.
    tolerance, refinements
        As for `best_estimate`.

    Returns
    -------
    ndarray of float32, shape (n,)
    """
    known = np.isfinite(error)
    if len(value) < 2 * SPAN or not known.any():
        return np.where(known, value, 0.0).astype(np.float32)
    samples = laid_out(value, error, known)
    groups = groups_of(samples.count)
    told = _laid_out(witnesses, samples, known)
    rough = of_samples(samples, groups)
    power, estimate = of_programme(rough, rough.power, groups), told[-1]
    for _ in range(refinements):
        estimate = _solved(samples, told, power, tolerance, groups, estimate)
        power = of_programme(rough, of_estimate(estimate, rough.noise, power, groups), groups)
    estimate = _solved(samples, told, power, tolerance, groups, estimate)
    return estimate[samples.start :][: len(value)]


def _laid_out(witnesses: Witnesses, samples: Samples, known: np.ndarray) -> tuple[np.ndarray, ...]:
    """Diagonals, right side and a start, with room round them, in units of the usual error."""
    usual = np.float32(samples.scale**2)
    by_value, by_slope, by_both, gradient, slope_gradient = (
        np.where(known, each, np.float32(0)) * usual
        for each in (
            witnesses.by_value,
            witnesses.by_slope,
            witnesses.by_both,
            witnesses.gradient,
            witnesses.slope_gradient,
        )
    )
    about = witnesses.about
    right = _weighed(by_value, by_slope, by_both, about)
    right += gradient + transposed_slope(slope_gradient)
    found = []
    for each in (by_value, by_slope, by_both, right, about):
        wide = np.zeros(len(samples.value), np.float32)
        wide[samples.start : samples.start + len(each)] = each
        found.append(wide)
    return tuple(found)


def _weighed(
    by_value: np.ndarray, by_slope: np.ndarray, by_both: np.ndarray, values: np.ndarray
) -> np.ndarray:
    """The information times a signal."""
    steep = slope(values)
    return (
        by_value * values + by_both * steep + transposed_slope(by_slope * steep + by_both * values)
    )


def _solved(
    samples: Samples,
    told: tuple[np.ndarray, ...],
    power: np.ndarray,
    tolerance: float,
    groups: list[slice],
    near: np.ndarray,
) -> np.ndarray:
    """The estimates of all blocks, faded from one to the next."""
    least = (tolerance * samples.scale) ** 2 * SPAN
    inner = MARGIN - FADE // 2
    estimate = np.zeros(inner + (samples.count + 1) * HOP, np.float32)
    hops = estimate[inner:].reshape(-1, HOP)
    rising = (np.arange(FADE, dtype=np.float32) + 0.5) / FADE

    def of_group(group: slice) -> tuple[slice, np.ndarray]:
        """The solutions of a group of blocks, faded at their ends."""
        parts = tuple(blocks(each, group) for each in told[:4])
        inverse = np.float32(samples.scale**2) / power[group]
        found = _iterated(parts, inverse, least, blocks(near, group).copy())
        middle = found[:, inner:-inner].copy()
        middle[:, :FADE] *= rising
        middle[:, -FADE:] *= rising[::-1]
        return group, middle

    def add(found: tuple[slice, np.ndarray]) -> None:
        """Lay a group's blocks over those before."""
        group, parts = found
        hops[group] += parts[:, :HOP]
        hops[group.start + 1 : group.stop + 1, :FADE] += parts[:, HOP:]

    in_order(of_group, add, groups)
    return estimate[: len(samples.value)]


def _iterated(
    parts: tuple[np.ndarray, ...], inverse: np.ndarray, least: float, start: np.ndarray
) -> np.ndarray:
    """Conjugate gradients, preconditioned by the mean information of each block."""
    # Arbitrary: a bound on what does not converge.
    most_steps = 100
    by_value, by_slope, by_both, right = parts
    frequency = 2 * np.pi * np.arange(SPAN // 2 + 1) / SPAN
    first, second = _DERIVATIVE
    steep = 2 * (first * np.sin(frequency) + second * np.sin(2 * frequency))
    mean = by_value.mean(axis=1, keepdims=True)
    mean = mean + by_slope.mean(axis=1, keepdims=True) * (steep**2).astype(np.float32)
    gain = dft.packed_gain((1 / (inverse + mean)).astype(np.float32))
    prior = dft.packed_gain(inverse.astype(np.float32))

    def image(values: np.ndarray) -> np.ndarray:
        """Left side of the equations."""
        return _filtered(values, prior) + _weighed(by_value, by_slope, by_both, values)

    found = start
    residual = right - image(found)
    smooth = _filtered(residual, gain)
    direction = smooth.copy()
    left = (residual * smooth).sum(axis=1, keepdims=True)
    for _ in range(most_steps):
        if (left <= least).all():
            break
        turned = image(direction)
        steepness = (direction * turned).sum(axis=1, keepdims=True)
        length = np.where(left > least, left / np.maximum(steepness, 1e-30), 0)
        found += length * direction
        residual -= length * turned
        smooth = _filtered(residual, gain)
        now = (residual * smooth).sum(axis=1, keepdims=True)
        direction = smooth + now / np.maximum(left, 1e-30) * direction
        left = now
    return found


def _filtered(values: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """Rows times gains of their spectra, which are packed."""
    spectrum = dft.forward_packed(np.ascontiguousarray(values, np.float32))
    spectrum *= gain
    return dft.backward_packed(spectrum)
