"""The listening copy: clicks, noise and rumble are taken out, and treble is given back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import fft, ndimage

from groovescan.config.settings import RestoreSettings
from groovescan.core.results import Reading
from groovescan.core.statistics import median_deviation
from groovescan.sound.equalisation.aperture import compensation
from groovescan.sound.equalisation.curves import continued
from groovescan.sound.octave_quality import quiet_power
from groovescan.sound.restoration.noise_kernels import followed_gain, running_median
from groovescan.sound.restoration.short_time_spectra import Frames, Gain, to_frames, with_gain

#: How slowly the a priori signal to noise ratio follows (Ephraim and Malah 1984).
_MEMORY = 0.97
_LEAST_PRIOR = 10**-2.5
_MOST_POSTERIOR = 1e4
_QUIET_SHARE = 0.1
_CLICK_WINDOW_S = 0.1
_CLICK_WIDTH = 2
#: What is usual is told by so many windows before and after, and so many frequencies.
_USUAL_FRAMES, _SMOOTH_BINS = 5, 9
_LOCAL_S = 0.05
#: Errors are hardly ever claimed so much too large.
_LEAST_SPREAD = 0.5
#: The bandwidth ends where two pixels hold one wave, or two octaves above the programme.
_SHORTEST_WAVE_PX = 2.0
_BEYOND_BANDWIDTH = 4.0
_STEEPNESS = 8
_RUMBLE_ORDER = 4
#: So many waves of the lowest frequency that is left are continued at either end.
_RUMBLE_WAVES = 2


def declick(
    reading: Reading, repaired: Reading, rate_hz: float, threshold: float
) -> tuple[Reading, int]:
    """Take samples that stray from what surrounds them for missing.

    Parameters
    ----------
    reading, repaired : Reading
        As it was read, and the best estimate from it.
    rate_hz : float
        Samples per second.
    threshold : float
        How far a sample may stray, in standard deviations.

    Returns
    -------
    Reading
        As it was read, with an infinite error where there is a click.
    int
        Number of samples that were taken out.
    """
    error = reading.standard_error_px
    clicks = _strays(reading.displacement_px - repaired.displacement_px, error, threshold)
    clicks |= _bursts(repaired.displacement_px, rate_hz, threshold)
    clicks &= np.isfinite(error)
    cleaned = replace(reading, standard_error_px=np.where(clicks, np.inf, error))
    return cleaned, int(clicks.sum())


def _strays(off: np.ndarray, error: np.ndarray, threshold: float) -> np.ndarray:
    """Samples that are farther from the best estimate than their error allows."""
    with np.errstate(invalid="ignore"):
        relative = np.abs(off) / error
    known = np.isfinite(relative) & np.isfinite(error)
    if not known.any():
        return np.zeros(len(off), dtype=bool)
    spread = max(median_deviation(relative[known]), _LEAST_SPREAD)
    return known & (relative > threshold * spread)


def _bursts(displacement: np.ndarray, rate_hz: float, threshold: float) -> np.ndarray:
    """Samples that the spectrum round them does not predict.

    Divided by its own smooth power spectrum, a signal becomes the error of its interpolation,
    in which a click stands alone (Godsill and Rayner 1998, 5.2).
    """
    frames = to_frames(displacement, rate_hz, _CLICK_WINDOW_S)
    power = frames.power
    if not power.any():
        return np.zeros(len(displacement), dtype=bool)
    # the median over time, which a click in a few windows does not raise, of pairs of frequencies
    usual = running_median(power[:, :-1:2] + power[:, 1::2], _USUAL_FRAMES)
    least = 1e-6 * usual.max()

    def inverse(group: slice) -> np.ndarray:
        smooth = ndimage.uniform_filter1d(usual[group], _SMOOTH_BINS // 2, axis=1, mode="nearest")
        gain = np.empty((len(smooth), power.shape[1]), np.float32)
        gain[:, :-1] = np.repeat(1 / (smooth + least), 2, axis=1)
        gain[:, -1] = gain[:, -2]
        return gain

    error = np.abs(with_gain(frames, inverse)).astype(np.float32)
    size = max(3, round(_LOCAL_S * rate_hz))
    # robust: a click counts for no more than a few times what is usual round it
    usual = ndimage.uniform_filter1d(error, size, mode="nearest")
    local = ndimage.uniform_filter1d(np.minimum(error, 2 * usual) ** 2, size, mode="nearest")
    local = np.sqrt(np.maximum(local, 1e-12 * error.max() ** 2))
    stray = error > 1.5 * threshold * local
    return ndimage.binary_dilation(stray, iterations=_CLICK_WIDTH)


def restore(
    sound: np.ndarray,
    rate_hz: float,
    speed_px_s: np.ndarray,
    settings: RestoreSettings,
    *,
    bandwidth_hz: float,
    blur_px: float,
) -> np.ndarray:
    """Make a sound pleasant to listen to.

    Parameters
    ----------
    sound : ndarray of float64, shape (n,)
        The equalised sound, without clicks.
    rate_hz : float
        Samples per second.
    speed_px_s : ndarray of float64, shape (n,)
        Speed of the groove in the photograph, in px per second.
    settings : RestoreSettings
        How much of what.
    bandwidth_hz : float
        Up to here the programme is stronger than the noise.
    blur_px : float
        Blur whose loss of treble is made good, in px; 0 for none.

    Returns
    -------
    ndarray of float64, shape (n,)
    """
    frames = to_frames(sound, rate_hz)
    gains: list[np.ndarray | Gain] = [denoise_gain(frames, settings.reduction_db)]
    gains.append(_band_gain(frames, speed_px_s, bandwidth_hz))
    if blur_px > 0:
        limit_hz = bandwidth_hz or np.inf
        gains.append(compensation(frames, speed_px_s, blur_px, limit_hz, settings.aperture_db))
    return _without_rumble(with_gain(frames, *gains), rate_hz, settings.rumble_hz)


def denoise_gain(frames: Frames, reduction_db: float) -> np.ndarray:
    """Gain that turns down the noise that the quietest part of a sound has.

    The amplitude whose logarithm has the least mean square error (Ephraim and Malah 1985), the a
    priori signal to noise ratio told by the frame before (the same, 1984).

    Parameters
    ----------
    frames : Frames
        Short spectra.
    reduction_db : float
        How far noise is turned down at most.

    Returns
    -------
    ndarray of float32, shape (frames, frequencies)
        Linear, from that reduction to 1.
    """
    power = frames.power
    noise = quiet_power(power, frames.inside, _QUIET_SHARE)
    if not noise.any() or not reduction_db:
        return np.ones(power.shape, np.float32)
    return followed_gain(
        power,
        noise + 1e-12 * noise.max(),
        memory=_MEMORY,
        least_prior=_LEAST_PRIOR,
        most_posterior=_MOST_POSTERIOR,
        least_gain=10 ** (-reduction_db / 20),
    )


def _band_gain(frames: Frames, speed_px_s: np.ndarray, bandwidth_hz: float) -> Gain:
    """A gentle limit: what the photograph resolves at each radius, and the programme's end."""
    resolved_hz = speed_px_s[frames.centre] / _SHORTEST_WAVE_PX
    if bandwidth_hz > 0:
        resolved_hz = np.minimum(resolved_hz, _BEYOND_BANDWIDTH * bandwidth_hz)
    # a product of what depends on the frequency and what on the moment
    highest_hz = frames.frequency_hz[-1]
    by_frequency = ((frames.frequency_hz / highest_hz) ** _STEEPNESS).astype(np.float32)
    by_moment = ((highest_hz / resolved_hz) ** _STEEPNESS).astype(np.float32)
    return lambda group: 1 / np.sqrt(1 + by_moment[group, None] * by_frequency)


def _without_rumble(sound: np.ndarray, rate_hz: float, rumble_hz: float) -> np.ndarray:
    """High-passed as by a Butterworth filter there and back, so that no phase is turned."""
    if not 0 < rumble_hz < rate_hz / 2:
        return sound
    padding = max(1, round(_RUMBLE_WAVES * rate_hz / rumble_hz))
    extended = continued(sound, padding)
    length = fft.next_fast_len(len(extended), real=True)
    spectrum = fft.rfft(extended, length)
    frequency_hz = np.arange(len(spectrum)) * (rate_hz / length)
    powers = frequency_hz**_RUMBLE_ORDER
    spectrum *= powers / (powers + rumble_hz**_RUMBLE_ORDER)
    return fft.irfft(spectrum, length, overwrite_x=True)[padding : padding + len(sound)]
