"""How good a reading is: signal to noise ratio per octave, and bandwidth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groovescan.account import Octaves
from groovescan.results import Reading
from groovescan.sound.curves import Curve, equalise, response
from groovescan.sound.spectral import Frames, to_frames

_OCTAVES_HZ = 62.5 * 2.0 ** np.arange(10)
_WINDOW_S = 0.25
_QUIET_SHARE = 0.05
_LEAST_QUIET = 4
#: The spectra are taken of the velocity, which a curve changes little: of the displacement, the
#: strong bass would leak into the treble.
_VELOCITY = Curve(turnover_hz=0.0)


@dataclass(frozen=True, kw_only=True)
class Spectra:
    """Power spectra of what was read, as velocity: whatever curve is undone, they stay.

    Attributes
    ----------
    frequency_hz : ndarray of float64, shape (frequencies,)
        Frequencies, from half the width of the window's band up.
    best : ndarray of float64, shape (frequencies,)
        Mean power of the best estimate, in (px/s)^2 times `window_power`.
    raw : ndarray of float32, shape (frequencies, windows)
        Power of what was read, but without gaps, in each window.
    inside : ndarray of bool, shape (windows,)
        Whether the window lies within the groove.
    window_power : float
        Sum of the squared window.
    """

    frequency_hz: np.ndarray
    best: np.ndarray
    raw: np.ndarray
    inside: np.ndarray
    window_power: float


def measure_spectra(best_px: np.ndarray, raw_px: np.ndarray, rate_hz: float) -> Spectra:
    """Power spectra of a reading in windows of a quarter of a second.

    Parameters
    ----------
    best_px, raw_px : ndarray of float64, shape (samples,)
        The best estimate of the displacement, and as it was read but without gaps.
    rate_hz : float
        Samples per second.

    Returns
    -------
    Spectra
    """
    best, raw = (
        to_frames(equalise(values, rate_hz, _VELOCITY), rate_hz, _WINDOW_S)
        for values in (best_px, raw_px)
    )
    # zeros round the window make the spectrum finer than the window can tell: that is no loss
    pool = max(1, best.transform.mfft // len(best.transform.win))
    return Spectra(
        frequency_hz=_pooled(best.frequency_hz, pool),
        best=_mean(_pooled(_power(best), pool), best.inside).astype(float),
        raw=_pooled(_power(raw), pool),
        inside=raw.inside,
        window_power=float(np.sum(best.transform.win**2)),
    )


def _power(frames: Frames) -> np.ndarray:
    return (frames.spectrum.real**2 + frames.spectrum.imag**2).astype(np.float32)


def _pooled(values: np.ndarray, pool: int) -> np.ndarray:
    """Means of so many frequencies each; those that are left over at the top are dropped."""
    count = len(values) // pool
    return values[: count * pool].reshape(count, pool, *values.shape[1:]).mean(axis=1)


def _mean(power: np.ndarray, inside: np.ndarray) -> np.ndarray:
    return power[:, inside if inside.any() else slice(None)].mean(axis=1)


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
    return _quietest(power, power.sum(axis=0), frames.inside, share)


def _quietest(power: np.ndarray, level: np.ndarray, inside: np.ndarray, share: float) -> np.ndarray:
    # what is silent altogether holds no noise of the disc
    usable = np.flatnonzero(inside & (level > 1e-9 * level.max(initial=0.0)))
    if not len(usable):
        return np.zeros(len(power))
    count = min(max(_LEAST_QUIET, round(share * len(usable))), len(usable))
    return power[:, usable[np.argsort(level[usable])[:count]]].mean(axis=1)


def measure_octaves(reading: Reading, spectra: Spectra, curve: Curve | None) -> Octaves:
    """Signal to noise ratio of a reading, octave by octave.

    Parameters
    ----------
    reading : Reading
        The reading, with its standard errors.
    spectra : Spectra
        Its power spectra.
    curve : Curve or None
        The recording curve that is undone.

    Returns
    -------
    Octaves
    """
    frequency_hz = spectra.frequency_hz
    after = np.abs(response(curve, frequency_hz)) ** 2
    weight = after / np.maximum(np.abs(response(_VELOCITY, frequency_hz)) ** 2, 1e-30)
    level = weight.astype(np.float32) @ spectra.raw
    raw = weight * _mean(spectra.raw, spectra.inside)
    quiet = weight * _quietest(spectra.raw, level, spectra.inside, _QUIET_SHARE)
    predicted = after * _variance(reading) * spectra.window_power
    signal = _unweighed(weight * spectra.best, predicted)
    centre_hz = _OCTAVES_HZ[_OCTAVES_HZ * np.sqrt(2) < frequency_hz[-1]]
    within = np.abs(np.log2(np.maximum(frequency_hz, 1e-9) / centre_hz[:, None])) <= 0.5
    return Octaves(
        centre_hz=centre_hz,
        predicted_db=_ratio_db(within @ signal, within @ predicted),
        measured_db=_ratio_db(within @ np.maximum(raw - quiet, 0.0), within @ quiet),
        bandwidth_hz=_bandwidth_hz(frequency_hz, signal, predicted),
    )


def _unweighed(power: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Power of a signal whose best estimate in this noise, S S / (S + N), has `power`."""
    noise = np.nan_to_num(noise)
    return (power + np.sqrt(power**2 + 4 * power * noise)) / 2


def _variance(reading: Reading) -> float:
    """Variance of the independent samples, each weighing by its own error, in px^2."""
    error = reading.standard_error_px[np.isfinite(reading.standard_error_px)].astype(float)
    # as in `Reading.snr_db`
    return float(1 / np.mean(1 / np.maximum(error, 1e-9) ** 2)) if len(error) else np.nan


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
