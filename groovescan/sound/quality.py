"""How good a reading is: signal to noise ratio per octave, and bandwidth."""

from __future__ import annotations

import numpy as np

from groovescan.account import Octaves
from groovescan.results import Reading
from groovescan.sound.curves import Curve, equalise, response
from groovescan.sound.spectral import Frames, to_frames

_OCTAVES_HZ = 62.5 * 2.0 ** np.arange(10)
_WINDOW_S = 0.25
_QUIET_SHARE = 0.05
_LEAST_QUIET = 4


def quiet_power(frames: Frames, share: float) -> np.ndarray:
    """Mean power spectrum of the quietest part of a sound: lead-in, run-out or a pause.

    Parameters
    ----------
    frames : Frames
        Short spectra.
    share : float
        Share of the windows that is taken for the quietest part, 0 to 1.

    Returns
    -------
    ndarray of float64, shape (frequencies,)
    """
    power = np.abs(frames.spectrum) ** 2
    level = power.sum(axis=0)
    # what is silent altogether holds no noise of the disc
    usable = np.flatnonzero(frames.inside & (level > 1e-9 * level.max(initial=0.0)))
    if not len(usable):
        return np.zeros(len(power))
    count = min(max(_LEAST_QUIET, round(share * len(usable))), len(usable))
    return power[:, usable[np.argsort(level[usable])[:count]]].mean(axis=1)


def measure_octaves(
    reading: Reading, best_px: np.ndarray, raw_px: np.ndarray, rpm: float, curve: Curve | None
) -> Octaves:
    """Signal to noise ratio of a reading, octave by octave.

    Parameters
    ----------
    reading : Reading
        The reading, with its standard errors.
    best_px, raw_px : ndarray of float64, shape (samples,)
        The best estimate of the displacement, and as it was read but without gaps.
    rpm : float
        Revolutions per minute.
    curve : Curve or None
        The recording curve that is undone.

    Returns
    -------
    Octaves
    """
    rate_hz = reading.samples_per_turn * rpm / 60.0
    best, raw = (
        to_frames(equalise(values, rate_hz, curve), rate_hz, _WINDOW_S)
        for values in (best_px, raw_px)
    )
    frequency_hz = best.frequency_hz
    predicted = _predicted(reading, frequency_hz, curve, np.sum(best.transform.win**2))
    signal = _unweighed(_mean_power(best), predicted)
    quiet = quiet_power(raw, _QUIET_SHARE)
    centre_hz = _OCTAVES_HZ[_OCTAVES_HZ * np.sqrt(2) < rate_hz / 2]
    within = np.abs(np.log2(np.maximum(frequency_hz, 1e-9) / centre_hz[:, None])) <= 0.5
    return Octaves(
        centre_hz=centre_hz,
        predicted_db=_ratio_db(within @ signal, within @ predicted),
        measured_db=_ratio_db(within @ np.maximum(_mean_power(raw) - quiet, 0.0), within @ quiet),
        bandwidth_hz=_bandwidth_hz(frequency_hz, signal, predicted),
    )


def _mean_power(frames: Frames) -> np.ndarray:
    inside = frames.inside if frames.inside.any() else slice(None)
    return (np.abs(frames.spectrum[:, inside]) ** 2).mean(axis=1)


def _unweighed(power: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Power of a signal whose best estimate in this noise, S S / (S + N), has `power`."""
    noise = np.nan_to_num(noise)
    return (power + np.sqrt(power**2 + 4 * power * noise)) / 2


def _predicted(
    reading: Reading, frequency_hz: np.ndarray, curve: Curve | None, window_power: float
) -> np.ndarray:
    """Noise in the scale of the short spectra: that of independent samples, after the curve."""
    error = reading.standard_error_px[np.isfinite(reading.standard_error_px)].astype(float)
    if not len(error):
        return np.full(len(frequency_hz), np.nan)
    # each sample weighing by its own error, as in `Reading.snr_db`
    variance = 1 / np.mean(1 / np.maximum(error, 1e-9) ** 2)
    return variance * window_power * np.abs(response(curve, frequency_hz)) ** 2


def _ratio_db(signal: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Signal to noise ratio; what cannot be told from noise is -20 dB, without noise NaN."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(noise > 0, 10 * np.log10(np.maximum(signal / noise, 0.01)), np.nan)


def _bandwidth_hz(frequency_hz: np.ndarray, signal: np.ndarray, noise: np.ndarray) -> float:
    """Highest frequency at which a third of an octave of programme is as strong as noise."""
    cumulated = [np.concatenate([[0.0], np.cumsum(values)]) for values in (signal, noise)]
    low = np.searchsorted(frequency_hz, frequency_hz * 2 ** (-1 / 6))
    high = np.searchsorted(frequency_hz, frequency_hz * 2 ** (1 / 6), side="right")
    programme, alone = (values[high] - values[low] for values in cumulated)
    audible = np.flatnonzero((programme > alone) & (programme > 0))
    return float(frequency_hz[audible[-1]]) if len(audible) else 0.0
