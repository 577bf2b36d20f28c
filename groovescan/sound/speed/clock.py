"""Mains hum in the groove as a clock: the speed of the lathe, moment by moment.

The hum's phase is the time at which the groove was cut. It is found in a narrow band first (`hum`),
fitted with what a lathe does (`lathe`), and fitted again where the programme is predicted from its
own past.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import interpolate

from groovescan.core.account import Clock
from groovescan.sound.speed.hum import (
    FARTHEST,
    Baseband,
    demodulate,
    path_rad,
    thin_out,
    unpredicted,
)
from groovescan.sound.speed.lathe import (
    Basis,
    HumFit,
    Lathe,
    PhaseLikelihood,
    basis_of,
    columns_at,
    descended,
    likeliest,
    precision_of,
    speed_errors,
)


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
    # Shorter sounds hold too few windows of a hum (2 s) to tell speed by.
    shortest_s = 2.0
    # A hum is usable where it stands out of the programme in its band, is there for at least this
    # share of the time, and tells the speed this well.
    least_coherence = 0.35
    least_share = 0.3
    largest_error = 0.003
    seconds = len(displacement) / rate_hz
    if seconds < shortest_s or rate_hz < 4 * hum_hz:
        return Clock(hum_hz=hum_hz, reason=f"{seconds:.1f} s of sound are too short to find a hum")
    base = demodulate(displacement, rate_hz, hum_hz)
    if not base.value.any():
        return Clock(hum_hz=hum_hz, reason="the groove is silent")
    basis = basis_of(base.time_s, seconds_per_turn, hum_hz)
    fit = likeliest(base, basis, _first_amount(base, basis))
    figures = _quality(base, basis, fit)
    if (
        figures["coherence"] < least_coherence
        or figures["share"] < least_share
        or figures["speed_error"] > largest_error
    ):
        return Clock(
            hum_hz=hum_hz,
            reason=f"no steady hum was found within {100 * FARTHEST:.0f} % of {hum_hz:g} Hz",
            **figures,
        )
    fit, basis, likelihood = _refined(displacement, rate_hz, base, basis, fit)
    figures["speed_error"] = _mean_error(likelihood, basis, fit)
    return _clock(basis, fit.amount, len(displacement), rate_hz, figures)


def _first_amount(base: Baseband, basis: Basis) -> np.ndarray:
    """Amounts for the path of the strongest line through short spectra, and near it."""
    precision = precision_of(Lathe(), basis)
    prior = np.sqrt(precision)
    system = np.vstack([basis.columns, np.diag(0.1 * prior)])
    target = np.r_[path_rad(base), np.zeros(len(prior))]
    amount = np.linalg.lstsq(system, target, rcond=None)[0]
    together = np.vdot(np.exp(1j * basis.columns @ amount), base.value)
    amount[0] += np.angle(together)
    return descended(base, basis, precision, amount)


def _refined(
    displacement: np.ndarray, rate_hz: float, base: Baseband, basis: Basis, fit: HumFit
) -> tuple[HumFit, Basis, PhaseLikelihood]:
    """The fit where the programme is predicted, for which the hum has to be known already."""
    # The second with the times of the first.
    passes = 2
    thin = thin_out(displacement, rate_hz, base.hum_hz)
    likelihood = base.likelihood(basis.columns @ fit.amount)
    for _ in range(passes):
        phase = interpolate.CubicSpline(basis.time_s, basis.columns @ fit.amount)(thin.time_s)
        hum = unpredicted(thin, phase, np.interp(thin.time_s, basis.time_s, likelihood.level))
        basis = basis.at(hum.time_s)
        fit = likeliest(hum, basis, fit.amount)
        likelihood = hum.likelihood(basis.columns @ fit.amount)
    return fit, basis, likelihood


def _quality(base: Baseband, basis: Basis, fit: HumFit) -> dict[str, Any]:
    """How far the hum stands out, where, and how well it tells the speed."""
    phase = basis.columns @ fit.amount
    _, level, noise = base.upright(phase)
    sounding = _sounding(level)
    return {
        "coherence": float(np.sum(level**2) / (np.sum(level**2) + np.sum(noise**2))),
        "share": float(np.mean(sounding & (level > noise))),
        "speed_error": _mean_error(base.likelihood(phase), basis, fit),
    }


def _sounding(level: np.ndarray) -> np.ndarray:
    return level > 0.5 * np.percentile(level, 80)


def _mean_error(likelihood: PhaseLikelihood, basis: Basis, fit: HumFit) -> float:
    """Standard error of the speed where the hum sounds, rms."""
    errors = speed_errors(likelihood, basis, precision_of(fit.lathe, basis))
    sounding = _sounding(likelihood.level)
    return float(np.sqrt(np.mean(errors[sounding if sounding.any() else slice(None)] ** 2)))


def _clock(
    basis: Basis, amount: np.ndarray, count: int, rate_hz: float, figures: dict[str, Any]
) -> Clock:
    """Times and speeds from the phase."""
    at_s = np.linspace(0.0, (count - 1) / rate_hz, max(int(count / rate_hz * 200), 8))
    phase = columns_at(basis, at_s) @ amount
    true_s = at_s + (phase - phase[0]) / (2 * np.pi * basis.hum_hz)
    # what passes under the needle per second of true time, against the nominal
    speed = 1 / np.gradient(true_s, at_s)
    time_s = interpolate.CubicSpline(at_s, true_s)(np.arange(count) / rate_hz)
    return Clock(
        hum_hz=basis.hum_hz,
        time_s=time_s,
        speed_ratio=float(at_s[-1] / true_s[-1]),
        wow_percent=float(100 * np.std(speed) / np.mean(speed)),
        **figures,
    )
