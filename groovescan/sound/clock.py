"""Mains hum in the groove as a clock: the speed of the lathe, moment by moment.

The hum's phase is the time at which the groove was cut. It is demodulated to a few samples per
second and fitted by least squares with what a lathe does: a mean speed, a speed error that
repeats every turn, and a slow drift.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from scipy import fft, interpolate, ndimage

from groovescan.account import Clock

#: Half the band round the hum that is looked at, relative to its frequency.
_HALF_BAND = 0.12
#: Farthest mean speed error that is looked for.
_FARTHEST = 0.05
_SHORTEST_S = 2.0
_WINDOW_S = 2.0
_HOP_S = 0.5
_KNOT_S = 1.0
_MOST_KNOTS = 120
_HARMONICS = 3
_STEPS = 40
_NEVER = 1e-7
#: A hum's level, and the programme in its band, change on these scales.
_LEVEL_S = 1.0
_NOISE_S = 0.1
#: Logarithm of the evidence that a drift, or a harmonic of the turn past the first, has to bring:
#: what the programme leaves in the band is not as free of rhythm as noise is taken to be.
_DOUBT = 8.0
#: A hum is usable where it stands out of the programme in its band, is there for at least this
#: share of the time, and tells the speed this well.
_LEAST_COHERENCE = 0.35
_LEAST_SHARE = 0.3
_LARGEST_ERROR = 0.003


@dataclass(frozen=True, kw_only=True)
class _Lathe:
    """Relative speed errors to expect: at each harmonic of the turn, and in drift per root second.

    Which ones this lathe has is told by the evidence (MacKay 1992), so that a steady lathe is not
    given the wow that a loose fit would read out of the noise.
    """

    per_second: float = 0.003
    per_turn: float = 0.01
    harmonics: int = _HARMONICS


_DRIFTS = (0.0, 0.0003, 0.001, 0.003, 0.01)
_TURNS = (0.001, 0.003, 0.03)


@dataclass(frozen=True, kw_only=True)
class Baseband:
    """A hum, demodulated.

    Attributes
    ----------
    value : ndarray of complex128, shape (n,)
        Amplitude and phase against a steady hum.
    time_s : ndarray of float64, shape (n,)
        Nominal time of each value, in equal steps.
    hum_hz : float
        Frequency that it was demodulated with.
    """

    value: np.ndarray
    time_s: np.ndarray
    hum_hz: float

    @property
    def rate_hz(self) -> float:
        """Values per second."""
        return 1.0 / (self.time_s[1] - self.time_s[0])


@dataclass(frozen=True, kw_only=True)
class Basis:
    """What the phase of the hum may do, each column in radians.

    Attributes
    ----------
    columns : ndarray of float64, shape (n, k)
        Constant, mean speed, harmonics of the turn, slow drift.
    knots_s : ndarray of float64, shape (m,)
        Knots of the drift.
    seconds_per_turn : float
        Duration of a turn, in s.
    """

    columns: np.ndarray
    knots_s: np.ndarray
    seconds_per_turn: float


def read_clock(
    displacement: np.ndarray, rate_hz: float, seconds_per_turn: float, hum_hz: float
) -> Clock:
    """Find the speed of the lathe by the hum that it cut.

    Parameters
    ----------
    displacement : ndarray of float64, shape (n,)
        Displacement of the groove without gaps.
    rate_hz : float
        Its samples per second at the nominal speed.
    seconds_per_turn : float
        Duration of a turn at the nominal speed, in s.
    hum_hz : float
        True frequency of the hum, in Hz.

    Returns
    -------
    Clock
        With the time of each sample where the hum is usable, and else with the reason why not.
    """
    seconds = len(displacement) / rate_hz
    if seconds < _SHORTEST_S or rate_hz < 4 * hum_hz:
        return Clock(hum_hz=hum_hz, reason=f"{seconds:.1f} s of sound are too short to find a hum")
    base = demodulate(displacement, rate_hz, hum_hz)
    if not base.value.any():
        return Clock(hum_hz=hum_hz, reason="the groove is silent")
    basis = _basis_of(base, seconds_per_turn)
    amount, precision = _fitted(base, basis)
    coherence, share, error = _quality(base, basis, amount, precision)
    figures: dict[str, Any] = {"coherence": coherence, "share": share, "speed_error": error}
    if coherence < _LEAST_COHERENCE or share < _LEAST_SHARE or error > _LARGEST_ERROR:
        return Clock(
            hum_hz=hum_hz,
            reason=f"no steady hum was found within {100 * _FARTHEST:.0f} % of {hum_hz:g} Hz",
            **figures,
        )
    return _clock(base, basis, amount, len(displacement), rate_hz, figures)


def demodulate(signal: np.ndarray, rate_hz: float, hum_hz: float) -> Baseband:
    """The band round a frequency, shifted to zero and thinned out to what holds it.

    Parameters
    ----------
    signal : ndarray of float64, shape (n,)
        The signal.
    rate_hz, hum_hz : float
        Its samples per second, and the frequency.

    Returns
    -------
    Baseband
    """
    count = len(signal)
    length = fft.next_fast_len(count + round(rate_hz))  # against wrapping round
    frequency_hz = fft.fftfreq(length, 1.0 / rate_hz)
    off = (frequency_hz - hum_hz) / (_HALF_BAND * hum_hz)
    band = np.where(np.abs(off) < 1, 2 * np.cos(np.pi / 2 * np.clip(off, -1, 1)) ** 0.25, 0.0)
    analytic = fft.ifft(fft.fft(signal - np.mean(signal), length) * band)
    step = max(1, int(rate_hz / (2.5 * _HALF_BAND * hum_hz)))
    at = np.arange(0, count, step)
    value = analytic[at] * np.exp(-2j * np.pi * hum_hz * at / rate_hz)
    return Baseband(value=value, time_s=at / rate_hz, hum_hz=hum_hz)


def _basis_of(base: Baseband, seconds_per_turn: float) -> Basis:
    """Columns for the times of a demodulated hum."""
    seconds = base.time_s[-1]
    basis = Basis(
        columns=np.zeros((0, 0)),
        knots_s=np.linspace(0.0, seconds, int(np.clip(seconds / _KNOT_S, 4, _MOST_KNOTS))),
        seconds_per_turn=seconds_per_turn,
    )
    return replace(basis, columns=columns_at(basis, base.time_s))


def _precision(base: Baseband, basis: Basis, lathe: _Lathe) -> np.ndarray:
    """One over the variance of each amount, for the speed errors of a lathe."""
    order = np.repeat(np.arange(1, _HARMONICS + 1), 2)
    # the phase of a speed error falls with its frequency, and higher harmonics are rarer
    turning = np.where(order <= lathe.harmonics, lathe.per_turn, _NEVER)
    turning = turning * base.hum_hz * basis.seconds_per_turn / order**2
    gap_s = basis.knots_s[1] - basis.knots_s[0]
    bend = 2 * np.pi * base.hum_hz * max(lathe.per_second, _NEVER) * np.sqrt(gap_s)
    bends = np.full(len(basis.knots_s) - 2, bend)
    return 1 / np.r_[np.inf, np.inf, turning, bends] ** 2


def columns_at(basis: Basis, time_s: np.ndarray) -> np.ndarray:
    """The columns of a basis at other times; shape (n, k)."""
    angle = 2 * np.pi * time_s[:, None] / basis.seconds_per_turn * np.arange(1, _HARMONICS + 1)
    turning = np.stack([np.cos(angle), np.sin(angle)], axis=2).reshape(len(time_s), -1)
    # a speed that changes at a knot: its phase bends there and goes on in a straight line
    bends = np.maximum(time_s[:, None] - basis.knots_s[1:-1], 0.0)
    return np.hstack([np.ones((len(time_s), 1)), time_s[:, None], turning, bends])


def _first_guess(base: Baseband, basis: Basis, precision: np.ndarray) -> np.ndarray:
    """Amounts for the path of the strongest line through short spectra."""
    window = max(8, round(_WINDOW_S * base.rate_hz))
    hop = max(1, round(_HOP_S * base.rate_hz))
    start = np.arange(0, len(base.value) - window + 1, hop)
    parts = base.value[start[:, None] + np.arange(window)] * np.hanning(window)
    size = 8 * window
    power = np.abs(np.fft.fftshift(np.fft.fft(parts, size, axis=1), axes=1)) ** 2
    off_hz = np.fft.fftshift(np.fft.fftfreq(size, 1 / base.rate_hz))
    near = np.abs(off_hz) <= _FARTHEST * base.hum_hz
    path = _best_path(power[:, near] / (power.sum(axis=1, keepdims=True) + 1e-300))
    at_s = base.time_s[start] + window / base.rate_hz / 2
    speed = np.interp(base.time_s, at_s, off_hz[near][path])
    phase = 2 * np.pi * np.cumsum(speed) / base.rate_hz
    prior = np.sqrt(precision)
    system = np.vstack([basis.columns, np.diag(0.1 * prior)])
    amount = np.linalg.lstsq(system, np.r_[phase, np.zeros(len(prior))], rcond=None)[0]
    together = np.vdot(np.exp(1j * basis.columns @ amount), base.value)
    amount[0] += np.angle(together)
    return amount


def _best_path(gain: np.ndarray) -> np.ndarray:
    """Columns of the path of most gain down the rows that moves by few columns per row."""
    most = 3
    total, came = gain[0].copy(), []
    for row in gain[1:]:  # one step per half second
        wide = np.pad(total, most, constant_values=-np.inf)
        moves = np.lib.stride_tricks.sliding_window_view(wide, 2 * most + 1)
        move = moves.argmax(axis=1)
        came.append(np.arange(len(total)) + move - most)
        total = row + moves.max(axis=1)
    path = [int(total.argmax())]
    for back in reversed(came):
        path.append(int(back[path[-1]]))
    return np.array(path[::-1])


def _fitted(base: Baseband, basis: Basis) -> tuple[np.ndarray, np.ndarray]:
    """Amounts, and the precisions of the lathe that the evidence prefers."""
    loose = _precision(base, basis, _Lathe())
    amount = _descended(base, basis, loose, _first_guess(base, basis, loose))
    habits = [
        _Lathe(per_second=drift, harmonics=harmonics)
        for drift, harmonics in product(_DRIFTS, range(_HARMONICS + 1))
    ]
    best = max((_tried(base, basis, lathe, amount) for lathe in habits), key=lambda fit: fit.credit)
    sizes = [replace(best.lathe, per_turn=size) for size in _TURNS]
    others = (_tried(base, basis, lathe, best.amount) for lathe in sizes)
    best = max((best, *others), key=lambda fit: fit.credit)
    return best.amount, _precision(base, basis, best.lathe)


@dataclass(frozen=True, kw_only=True)
class _Fit:
    """A lathe, the amounts that fit the hum best with it, and how much is to be said for it."""

    lathe: _Lathe
    amount: np.ndarray
    credit: float


def _tried(base: Baseband, basis: Basis, lathe: _Lathe, start: np.ndarray) -> _Fit:
    precision = _precision(base, basis, lathe)
    amount = _descended(base, basis, precision, start)
    doubt = _DOUBT * (max(lathe.harmonics - 1, 0) + (lathe.per_second > 0))
    credit = _evidence(base, basis, precision, amount) - doubt
    return _Fit(lathe=lathe, amount=amount, credit=credit)


def _descended(
    base: Baseband, basis: Basis, precision: np.ndarray, amount: np.ndarray
) -> np.ndarray:
    """Gauss-Newton steps on the phase, each value weighing by the hum's strength round it."""
    for _ in range(_STEPS):
        upright, level, noise = _upright(base, basis, amount)
        curvature, slope = _normal(basis, level / noise, upright.imag / noise)
        step = np.linalg.solve(curvature + np.diag(precision), slope - precision * amount)
        moved = np.abs(basis.columns @ step).max()
        amount = amount + step * min(1.0, 0.7 / (moved + 1e-12))
        if moved < 1e-4:
            break
    return amount


def _evidence(base: Baseband, basis: Basis, precision: np.ndarray, amount: np.ndarray) -> float:
    """Logarithm of how likely the hum is under a prior, but for a constant (Laplace)."""
    upright, level, noise = _upright(base, basis, amount)
    curvature = _normal(basis, level / noise, level)[0]
    known = precision > 0
    misfit = np.sum((np.abs(upright - level) / noise) ** 2 / 2 + np.log(noise**2))
    size = np.linalg.slogdet(curvature + np.diag(precision))[1] - np.log(precision[known]).sum()
    return -float(misfit + np.sum(precision * amount**2) / 2 + size / 2)


def _upright(
    base: Baseband, basis: Basis, amount: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The hum without its phase, its level round each value, and the noise there."""
    upright = base.value * np.exp(-1j * basis.columns @ amount)
    level = np.maximum(_smooth(upright.real, base, _LEVEL_S), 0.0)
    power = _smooth(np.abs(upright - level) ** 2, base, _NOISE_S) / 2
    # a value is not sure by chance
    noise = np.sqrt(power + 0.3 * np.median(power) + 1e-300)
    return upright, level, noise


def _smooth(values: np.ndarray, base: Baseband, scale_s: float) -> np.ndarray:
    return ndimage.gaussian_filter1d(values, scale_s * base.rate_hz, mode="nearest")


def _normal(basis: Basis, level: np.ndarray, off: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Curvature and slope of the likelihood of the phase."""
    weighted = basis.columns * level[:, None]
    return weighted.T @ weighted, weighted.T @ off


def _quality(
    base: Baseband, basis: Basis, amount: np.ndarray, precision: np.ndarray
) -> tuple[float, float, float]:
    """How far the hum stands out, where, and how well it tells the speed."""
    _, level, noise = _upright(base, basis, amount)
    sounding = level > 0.5 * np.percentile(level, 80)
    share = float(np.mean(sounding & (level > noise)))
    coherence = float(np.sum(level**2) / (np.sum(level**2) + np.sum(noise**2)))
    curvature = _normal(basis, level / noise, level)[0] + np.diag(precision)
    covariance = np.linalg.pinv(curvature)
    slope = np.gradient(basis.columns, axis=0) * base.rate_hz / (2 * np.pi * base.hum_hz)
    variance = np.einsum("ij,jk,ik->i", slope, covariance, slope)
    here = sounding if sounding.any() else slice(None)
    return coherence, share, float(np.sqrt(np.mean(np.maximum(variance[here], 0.0))))


def _clock(
    base: Baseband, basis: Basis, amount: np.ndarray, count: int, rate_hz: float, figures: dict
) -> Clock:
    """Times and speeds from the phase."""
    at_s = np.linspace(0.0, (count - 1) / rate_hz, max(int(count / rate_hz * 200), 8))
    phase = columns_at(basis, at_s) @ amount
    true_s = at_s + (phase - phase[0]) / (2 * np.pi * base.hum_hz)
    # what passes under the needle per second of true time, against the nominal
    speed = 1 / np.gradient(true_s, at_s)
    time_s = interpolate.CubicSpline(at_s, true_s)(np.arange(count) / rate_hz)
    return Clock(
        hum_hz=base.hum_hz,
        time_s=time_s,
        speed_ratio=float(at_s[-1] / true_s[-1]),
        wow_percent=float(100 * np.std(speed) / np.mean(speed)),
        **figures,
    )
