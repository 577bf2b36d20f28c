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
    # Errors are hardly ever claimed so much too large.
    least_spread = 0.5
    with np.errstate(invalid="ignore"):
        relative = np.abs(off) / error
    known = np.isfinite(relative) & np.isfinite(error)
    if not known.any():
        return np.zeros(len(off), dtype=bool)
    spread = max(median_deviation(relative[known]), least_spread)
    return known & (relative > threshold * spread)


def _bursts(displacement: np.ndarray, rate_hz: float, threshold: float) -> np.ndarray:
    """Samples that the spectrum round them does not predict.

    Divided by its own smooth power spectrum, a signal becomes the error of its interpolation,
    in which a click stands alone (Godsill and Rayner 1998, 5.2).
    """
    # So long a window resolves 10 Hz: arbitrary; and a click is widened by so many samples at
    # either side.
    click_window_s = 0.1
    click_width = 2
    # What is usual is told by so many windows before and after, and so many frequencies.
    usual_frames = 5
    smooth_bins = 9
    local_s = 0.05
    frames = to_frames(displacement, rate_hz, click_window_s)
    power = frames.power
    if not power.any():
        return np.zeros(len(displacement), dtype=bool)
    # the median over time, which a click in a few windows does not raise, of pairs of frequencies
    usual = running_median(power[:, :-1:2] + power[:, 1::2], usual_frames)
    least = 1e-6 * usual.max()

    def inverse(group: slice) -> np.ndarray:
        """One over the usual power of a slice of the frames."""
        smooth = ndimage.uniform_filter1d(usual[group], smooth_bins // 2, axis=1, mode="nearest")
        gain = np.empty((len(smooth), power.shape[1]), np.float32)
        gain[:, :-1] = np.repeat(1 / (smooth + least), 2, axis=1)
        gain[:, -1] = gain[:, -2]
        return gain

    error = np.abs(with_gain(frames, inverse)).astype(np.float32)
    size = max(3, round(local_s * rate_hz))
    # robust: a click counts for no more than a few times what is usual round it
    usual = ndimage.uniform_filter1d(error, size, mode="nearest")
    local = ndimage.uniform_filter1d(np.minimum(error, 2 * usual) ** 2, size, mode="nearest")
    local = np.sqrt(np.maximum(local, 1e-12 * error.max() ** 2))
    stray = error > 1.5 * threshold * local
    return ndimage.binary_dilation(stray, iterations=click_width)


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
    # How slowly the a priori signal to noise ratio follows (Ephraim and Malah 1984).
    memory = 0.97
    least_prior = 10**-2.5
    most_posterior = 1e4
    quiet_share = 0.1
    power = frames.power
    noise = quiet_power(power, frames.inside, quiet_share)
    if not noise.any() or not reduction_db:
        return np.ones(power.shape, np.float32)
    return followed_gain(
        power,
        noise + 1e-12 * noise.max(),
        memory=memory,
        least_prior=least_prior,
        most_posterior=most_posterior,
        least_gain=10 ** (-reduction_db / 20),
    )


def _band_gain(frames: Frames, speed_px_s: np.ndarray, bandwidth_hz: float) -> Gain:
    """A gentle limit: what the photograph resolves at each radius, and the programme's end."""
    # The bandwidth ends where two pixels hold one wave, or two octaves above the programme.
    shortest_wave_px = 2.0
    beyond_bandwidth = 4.0
    steepness = 8
    resolved_hz = speed_px_s[frames.centre] / shortest_wave_px
    if bandwidth_hz > 0:
        resolved_hz = np.minimum(resolved_hz, beyond_bandwidth * bandwidth_hz)
    # a product of what depends on the frequency and what on the moment
    highest_hz = frames.frequency_hz[-1]
    by_frequency = ((frames.frequency_hz / highest_hz) ** steepness).astype(np.float32)
    by_moment = ((highest_hz / resolved_hz) ** steepness).astype(np.float32)
    return lambda group: 1 / np.sqrt(1 + by_moment[group, None] * by_frequency)


def _without_rumble(sound: np.ndarray, rate_hz: float, rumble_hz: float) -> np.ndarray:
    """High-passed as by a Butterworth filter there and back, so that no phase is turned."""
    # 24 dB for each octave, there and back 48.
    rumble_order = 4
    # So many waves of the lowest frequency that is left are continued at either end.
    rumble_waves = 2
    if not 0 < rumble_hz < rate_hz / 2:
        return sound
    padding = max(1, round(rumble_waves * rate_hz / rumble_hz))
    extended = continued(sound, padding)
    length = fft.next_fast_len(len(extended), real=True)
    spectrum = fft.rfft(extended, length)
    frequency_hz = np.arange(len(spectrum)) * (rate_hz / length)
    powers = frequency_hz**rumble_order
    spectrum *= powers / (powers + rumble_hz**rumble_order)
    return fft.irfft(spectrum, length, overwrite_x=True)[padding : padding + len(sound)]
