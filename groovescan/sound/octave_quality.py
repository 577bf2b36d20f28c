"""How good a reading is: signal to noise ratio per octave, and bandwidth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft

from groovescan.core.account import Octaves
from groovescan.core.results import Reading
from groovescan.runtime.threads import mapped
from groovescan.sound.equalisation.curves import Curve, response

#: The spectra are taken of the velocity, which a curve changes little: of the displacement, the
#: strong bass would leak into the treble.
_VELOCITY = Curve(turnover_hz=0.0)


@dataclass(frozen=True, kw_only=True)
class OctaveSpectra:
    """Power spectra of what was read, as velocity: whatever curve is undone, they stay.

    Attributes
    ----------
    frequency_hz : ndarray of float64, shape (frequencies,)
        Frequencies above zero, of which velocity tells nothing.
    best : ndarray of float64, shape (frequencies,)
        Mean power of the best estimate, in (px/s)^2 times `window_power`.
    raw : ndarray of float32, shape (windows, frequencies)
        Power of what was read, but without gaps, in each window.
    window_power : float
        Sum of the squared window.
    """

    frequency_hz: np.ndarray
    best: np.ndarray
    raw: np.ndarray
    window_power: float


def measure_spectra(best_px: np.ndarray, raw_px: np.ndarray, rate_hz: float) -> OctaveSpectra:
    """Power spectra of a reading in windows of a quarter of a second.

    Parameters
    ----------
    best_px, raw_px : ndarray of float, shape (samples,)
        The best estimate of the displacement, and as it was read but without gaps.
    rate_hz : float
        Samples per second.

    Returns
    -------
    OctaveSpectra
    """
    # Resolves 4 Hz, a fifteenth of the lowest octave; the hop is half of it.
    window_s = 0.25
    hop = max(2, round(window_s * rate_hz / 2))
    window = np.sin(np.pi * np.arange(2 * hop) / (2 * hop))  # the root of Hann's
    best, raw = (_powers(values, rate_hz, window) for values in (best_px, raw_px))
    return OctaveSpectra(
        frequency_hz=fft.rfftfreq(2 * hop, 1 / rate_hz)[1:],
        best=best.mean(axis=0, dtype=float)[1:],
        raw=raw[:, 1:],
        window_power=float(np.sum(window**2)),
    )


def _powers(displacement: np.ndarray, rate_hz: float, window: np.ndarray) -> np.ndarray:
    """Power spectra of the velocity of a displacement, under half overlapping windows.

    What is seen under the windows is the difference from sample to sample, in whose spectra that
    of the velocity only has to be raised towards the treble.

    Returns
    -------
    ndarray of float32, shape (windows, frequencies)
    """
    # So many windows are transformed together.
    together = 15
    hop, window = len(window) // 2, window.astype(np.float32)
    padded = displacement.astype(np.float32, copy=False)
    if len(padded) < len(window):
        padded = np.pad(padded, (0, len(window) - len(padded)))
    views = np.lib.stride_tricks.sliding_window_view(
        np.diff(padded, append=padded[-1:]), len(window)
    )[::hop]
    turned = np.pi * np.arange(hop + 1) / len(window)  # half the angle from sample to sample
    gain = ((rate_hz / np.sinc(turned / np.pi)) ** 2).astype(np.float32)

    def measured(first: int) -> np.ndarray:
        """Power spectra of some windows."""
        spectrum = fft.rfft(views[first : first + together] * window, axis=1)
        return gain * (spectrum.real**2 + spectrum.imag**2)

    return np.concatenate(list(mapped(measured, range(0, len(views), together))))


def quiet_power(power: np.ndarray, inside: np.ndarray, share: float) -> np.ndarray:
    """Mean power spectrum of the quietest part of a sound: lead-in, run-out or a pause.

    Parameters
    ----------
    power : ndarray of float32, shape (frames, frequencies)
        Power of short spectra.
    inside : ndarray of bool, shape (frames,)
        Whether they lie within the sound.
    share : float
        Share of them that is taken for the quietest part, 0 to 1.

    Returns
    -------
    ndarray of float64, shape (frequencies,)
    """
    return _quietest(power, power.sum(axis=1), inside, share)


def _quietest(power: np.ndarray, level: np.ndarray, inside: np.ndarray, share: float) -> np.ndarray:
    """Mean of the quietest of power spectra, one per row."""
    # The mean of four spectra is good to 3 dB: arbitrary.
    least_quiet = 4
    # what is silent altogether holds no noise of the disc
    usable = np.flatnonzero(inside & (level > 1e-9 * level.max(initial=0.0)))
    if not len(usable):
        return np.zeros(power.shape[1])
    count = min(max(least_quiet, round(share * len(usable))), len(usable))
    return power[usable[np.argsort(level[usable])[:count]]].mean(axis=0, dtype=float)


def measure_octaves(reading: Reading, spectra: OctaveSpectra, curve: Curve | None) -> Octaves:
    """Signal to noise ratio of a reading, octave by octave.

    Parameters
    ----------
    reading : Reading
        The reading, with its standard errors.
    spectra : OctaveSpectra
        Its power spectra.
    curve : Curve or None
        The recording curve that is undone.

    Returns
    -------
    Octaves
    """
    # The centres of IEC 61260 from 62.5 Hz to 32 kHz; noise is told by the quietest part of what is
    # heard, a twentieth of it. Arbitrary.
    octaves_hz = 62.5 * 2.0 ** np.arange(10)
    quiet_share = 0.05
    frequency_hz, raw = spectra.frequency_hz, spectra.raw
    after = np.abs(response(curve, frequency_hz)) ** 2
    weight = after / np.maximum(np.abs(response(_VELOCITY, frequency_hz)) ** 2, 1e-30)
    level = raw @ weight.astype(np.float32)
    quiet = weight * _quietest(raw, level, np.ones(len(raw), bool), quiet_share)
    loud = np.maximum(weight * raw.mean(axis=0, dtype=float) - quiet, 0.0)
    predicted = after * _variance(reading) * spectra.window_power
    programme = _unweighed(weight * spectra.best, predicted)
    centre_hz = octaves_hz[octaves_hz * np.sqrt(2) < frequency_hz[-1]]
    within = np.abs(np.log2(np.maximum(frequency_hz, 1e-9) / centre_hz[:, None])) <= 0.5
    return Octaves(
        centre_hz=centre_hz,
        claimed_db=_ratio_db(within @ programme, within @ predicted),
        surface_db=_ratio_db(within @ loud, within @ quiet),
        bandwidth_hz=_bandwidth_hz(frequency_hz, programme, predicted),
    )


def _unweighed(power: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Power of a signal whose best estimate in this noise, S S / (S + N), has `power`."""
    noise = np.nan_to_num(noise)
    return (power + np.sqrt(power**2 + 4 * power * noise)) / 2


def _variance(reading: Reading) -> float:
    """Variance of the independent samples, each weighing by its own error, in px^2."""
    error = reading.standard_error_px * np.float32(reading.colour)
    known = np.count_nonzero(np.isfinite(error))
    if not known:
        return np.nan
    # as in `Reading.snr_db`
    return known / float(np.sum(1 / np.maximum(error, np.float32(1e-9)) ** 2, dtype=float))


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
