"""Rates and levels: resampling, true peak, gain."""

from __future__ import annotations

import numpy as np
import soxr

from groovescan.config.settings import SoundSettings
from groovescan.core.results import Waveform
from groovescan.runtime.threads import mapped
from groovescan.sound.equalisation.curves import Curve, response

#: A long sound's peak is looked for piece by piece, each with what rings into it.
_PIECE, _RINGING = 1 << 17, 256


def resample(sound: np.ndarray, rate_in_hz: float, rate_out_hz: int) -> np.ndarray:
    """Resample to the length that the duration asks for; sample 0 stays at time 0.

    Parameters
    ----------
    sound : ndarray of float64, shape (n,)
        The sound.
    rate_in_hz, rate_out_hz : float, int
        Samples per second, which need not divide each other.

    Returns
    -------
    ndarray of float64, shape (m,)
    """
    count = max(1, round(len(sound) * rate_out_hz / rate_in_hz))
    resampled = soxr.resample(sound, rate_in_hz, float(rate_out_hz), quality="VHQ")[:count]
    short = count - len(resampled)
    return np.pad(resampled, (0, short)) if short else resampled


def true_peak(samples: np.ndarray, rate_hz: int) -> float:
    """Largest level between the samples, too (ITU-R BS.1770-5, annex 2, at 192 kHz or more).

    Parameters
    ----------
    samples : ndarray of float, shape (n,)
        The sound.
    rate_hz : int
        Samples per second.

    Returns
    -------
    float
        Linear, 1 for full scale.
    """
    # Four times 48 kHz, as ITU-R BS.1770 asks.
    true_peak_rate_hz = 192000
    times = max(1, -(-true_peak_rate_hz // rate_hz))
    peak = float(np.abs(samples).max(initial=0.0))
    if times == 1 or peak == 0.0:
        return peak

    # soxr ends with what it is given: a little silence lets the last waves out
    around = np.pad(np.asarray(samples, np.float32), 2 * _RINGING)

    def largest(first: int) -> float:
        """True peak of a piece."""
        part = around[first : first + _PIECE + 2 * _RINGING]
        between = soxr.resample(part, rate_hz, times * rate_hz, quality="HQ")
        return float(np.abs(between[times * _RINGING : -times * _RINGING]).max())

    return max(peak, *mapped(largest, range(0, len(samples) + 2 * _RINGING, _PIECE)))


def reference_gain(pitch_px: float, curve: Curve | None) -> float:
    """Gain that brings the reference wave to full scale, after a curve.

    Parameters
    ----------
    pitch_px : float
        Distance between turns, in px.
    curve : Curve or None
        The curve.

    Returns
    -------
    float
        Linear.
    """
    # A gain of 0 dB brings a wave that deviates by this share of the pitch to full scale, at 1 kHz.
    reference_pitches = 0.1
    reference_hz = 1000.0
    level = np.abs(response(curve, np.array([reference_hz]))[0])
    return float(1.0 / (reference_pitches * pitch_px * level))


def decibels(level: float) -> float:
    """A linear level in dB; minus infinity for nothing."""
    return float(20 * np.log10(level)) if level > 0 else -np.inf


def gain_for(peak: float, reference: float, settings: SoundSettings) -> float:
    """The linear gain that the settings ask for at a true peak; the reference's for silence."""
    if settings.level == "gain":
        return reference * 10 ** (settings.gain_db / 20)
    return 10 ** (settings.peak_dbfs / 20) / peak if peak > 0 else reference


def as_waveform(samples: np.ndarray, rate_hz: int) -> Waveform:
    """The samples as the files take them."""
    return Waveform(samples=samples.astype(np.float32), rate_hz=rate_hz)
