"""Model of the lathe's speed, and its likeliest parameters given a hum.

The phase of a recorded hum is that of a steady one and what the lathe did: a mean speed, a speed
error that repeats every turn, and a slow drift. The amounts are fitted by Gauss-Newton steps on
the likelihood; how much of which is to be expected is told by the evidence (MacKay 1992), so that a
steady lathe is not given the wow that a loose fit would read out of the noise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import Protocol

import numpy as np

#: Knots of a drift lie so far apart: a flywheel changes its speed no faster.
_KNOT_S = 1.0
#: Waves of a turn of which a lathe's wow consists at most.
_HARMONICS = 3
#: Newton steps at most; a few are enough where the hum is clear.
_STEPS = 40


@dataclass(frozen=True, kw_only=True)
class Lathe:
    """Speed errors to expect.

    Attributes
    ----------
    per_second : float
        Drift, relative, per root second.
    per_turn : float
        Relative speed error at each harmonic of the turn.
    harmonics : int
        How many harmonics there are.
    """

    per_second: float = 0.003
    per_turn: float = 0.01
    harmonics: int = _HARMONICS


@dataclass(frozen=True, kw_only=True)
class Basis:
    """Basis of the hum's phase, each column in radians.

    Attributes
    ----------
    columns : ndarray of float64, shape (n, k)
        Constant, mean speed, harmonics of the turn, slow drift.
    time_s : ndarray of float64, shape (n,)
        Nominal time of each row, in equal steps.
    knots_s : ndarray of float64, shape (m,)
        Knots of the drift.
    seconds_per_turn : float
        Duration of a turn, in s.
    hum_hz : float
        Frequency of the hum, in Hz.
    """

    columns: np.ndarray
    time_s: np.ndarray
    knots_s: np.ndarray
    seconds_per_turn: float
    hum_hz: float

    def at(self, time_s: np.ndarray) -> Basis:
        """The basis at other times."""
        return replace(self, time_s=time_s, columns=columns_at(self, time_s))


@dataclass(frozen=True, kw_only=True)
class PhaseLikelihood:
    """Likelihood of a hum at a given phase, with its derivatives.

    Attributes
    ----------
    level : ndarray of float64, shape (n,)
        Amplitude of the hum at each time.
    weight : ndarray of float64, shape (n,)
        Curvature of the likelihood in the phase at each time.
    pull : ndarray of float64, shape (n,)
        Its slope.
    misfit : float
        Minus its logarithm, but for a constant.
    """

    level: np.ndarray
    weight: np.ndarray
    pull: np.ndarray
    misfit: float


class Hum(Protocol):
    """A hum in a noise, at the times of a basis."""

    def likelihood(self, phase_rad: np.ndarray) -> PhaseLikelihood:
        """Likelihood at a phase against a steady hum, shape (n,)."""
        ...


@dataclass(frozen=True, kw_only=True)
class HumFit:
    """A lathe, and what the hum tells of it.

    Attributes
    ----------
    lathe : Lathe
        Speed errors to expect.
    amount : ndarray of float64, shape (k,)
        Amounts of the columns of a basis.
    credit : float
        How much is to be said for it: logarithm of the evidence, less doubts.
    """

    lathe: Lathe
    amount: np.ndarray
    credit: float


def basis_of(time_s: np.ndarray, seconds_per_turn: float, hum_hz: float) -> Basis:
    """Columns for the times of a hum, from 0 on in equal steps."""
    # Bounds the size of the matrix that is solved for each lathe that is tried.
    most_knots = 120
    seconds = time_s[-1]
    basis = Basis(
        columns=np.zeros((0, 0)),
        time_s=time_s,
        knots_s=np.linspace(0.0, seconds, int(np.clip(seconds / _KNOT_S, 4, most_knots))),
        seconds_per_turn=seconds_per_turn,
        hum_hz=hum_hz,
    )
    return basis.at(time_s)


def columns_at(basis: Basis, time_s: np.ndarray) -> np.ndarray:
    """The columns of a basis at other times; shape (n, k)."""
    angle = 2 * np.pi * time_s[:, None] / basis.seconds_per_turn * np.arange(1, _HARMONICS + 1)
    turning = np.stack([np.cos(angle), np.sin(angle)], axis=2).reshape(len(time_s), -1)
    # a speed that changes at a knot: its phase bends there and goes on in a straight line
    bends = np.maximum(time_s[:, None] - basis.knots_s[1:-1], 0.0)
    return np.hstack([np.ones((len(time_s), 1)), time_s[:, None], turning, bends])


def precision_of(lathe: Lathe, basis: Basis) -> np.ndarray:
    """One over the variance of each amount, for the speed errors of a lathe; shape (k,)."""
    # Amount of what is not expected at all: far below what a hum tells.
    never = 1e-7
    order = np.repeat(np.arange(1, _HARMONICS + 1), 2)
    # the phase of a speed error falls with its frequency, and higher harmonics are rarer
    turning = np.where(order <= lathe.harmonics, lathe.per_turn, never)
    turning = turning * basis.hum_hz * basis.seconds_per_turn / order**2
    gap_s = basis.knots_s[1] - basis.knots_s[0]
    bend = 2 * np.pi * basis.hum_hz * max(lathe.per_second, never) * np.sqrt(gap_s)
    bends = np.full(len(basis.knots_s) - 2, bend)
    return 1 / np.r_[np.inf, np.inf, turning, bends] ** 2


def likeliest(hum: Hum, basis: Basis, amount: np.ndarray) -> HumFit:
    """The lathe that the evidence prefers.

    Parameters
    ----------
    hum : Hum
        What was found of the hum.
    basis : Basis
        At its times.
    amount : ndarray of float64, shape (k,)
        A first guess.

    Returns
    -------
    HumFit
    """
    # Drifts in a second, and wow in a turn, that are tried, in parts of the speed: threefold steps,
    # between which the evidence changes little.
    drifts = (0.0, 0.0003, 0.001, 0.003, 0.01)
    turns = (0.001, 0.003, 0.03)
    habits = [
        Lathe(per_second=drift, harmonics=harmonics)
        for drift, harmonics in product(drifts, range(_HARMONICS + 1))
    ]
    best = max((_tried(hum, basis, lathe, amount) for lathe in habits), key=lambda fit: fit.credit)
    sizes = [replace(best.lathe, per_turn=size) for size in turns]
    others = (_tried(hum, basis, lathe, best.amount) for lathe in sizes)
    return max((best, *others), key=lambda fit: fit.credit)


def _tried(hum: Hum, basis: Basis, lathe: Lathe, start: np.ndarray) -> HumFit:
    # Logarithm of the evidence that a drift, or a harmonic of the turn past the first, has to
    # bring: what the programme leaves in the band is not as free of rhythm as noise is taken to be.
    doubtful = 8.0
    precision = precision_of(lathe, basis)
    amount = descended(hum, basis, precision, start)
    doubt = doubtful * (max(lathe.harmonics - 1, 0) + (lathe.per_second > 0))
    credit = _evidence(hum, basis, precision, amount) - doubt
    return HumFit(lathe=lathe, amount=amount, credit=credit)


def descended(hum: Hum, basis: Basis, precision: np.ndarray, amount: np.ndarray) -> np.ndarray:
    """Amounts after Gauss-Newton steps on the likelihood and the prior; shape (k,)."""
    for _ in range(_STEPS):
        likelihood = hum.likelihood(basis.columns @ amount)
        slope = basis.columns.T @ likelihood.pull - precision * amount
        step = np.linalg.solve(hessian(likelihood, basis, precision), slope)
        moved = np.abs(basis.columns @ step).max()
        amount = amount + step * min(1.0, 0.7 / (moved + 1e-12))
        if moved < 1e-4:
            break
    return amount


def hessian(likelihood: PhaseLikelihood, basis: Basis, precision: np.ndarray) -> np.ndarray:
    """Inverse of the covariance of the amounts; shape (k, k)."""
    return basis.columns.T @ (basis.columns * likelihood.weight[:, None]) + np.diag(precision)


def _evidence(hum: Hum, basis: Basis, precision: np.ndarray, amount: np.ndarray) -> float:
    """Logarithm of how likely the hum is under a prior, but for a constant (Laplace)."""
    likelihood = hum.likelihood(basis.columns @ amount)
    known = precision > 0
    size = (
        np.linalg.slogdet(hessian(likelihood, basis, precision))[1] - np.log(precision[known]).sum()
    )
    return -float(likelihood.misfit + np.sum(precision * amount**2) / 2 + size / 2)


def speed_errors(likelihood: PhaseLikelihood, basis: Basis, precision: np.ndarray) -> np.ndarray:
    """Standard error of the relative speed at each time; shape (n,)."""
    covariance = np.linalg.pinv(hessian(likelihood, basis, precision))
    slope = np.gradient(basis.columns, basis.time_s, axis=0) / (2 * np.pi * basis.hum_hz)
    variance = np.einsum("ij,jk,ik->i", slope, covariance, slope)
    return np.sqrt(np.maximum(variance, 0.0))
