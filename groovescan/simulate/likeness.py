"""How much a decoded sound is like the one that was drawn."""

from __future__ import annotations

import numpy as np
from scipy import fft

#: Rate at which a likeness of speech is judged: its bands end below 4 kHz.
_RATE_HZ = 8000


def likeness(
    samples: np.ndarray, rate_hz: float, true: np.ndarray, true_rate_hz: float, low_hz: float = 80.0
) -> float:
    """Largest correlation of two sounds over all shifts, without their bass.

    Level, sign and beginning do not count, nor does what lies above 4 kHz; speed, direction and
    noise do.

    Parameters
    ----------
    samples : ndarray of float, shape (samples,)
        A sound.
    rate_hz : float
        Its sample rate.
    true : ndarray of float, shape (samples,)
        The sound to which it is compared.
    true_rate_hz : float
        Its sample rate.
    low_hz : float
        Frequency below which nothing is compared, in Hz: rumble is loud and says little.

    Returns
    -------
    float
        1 where nothing differs but the level, near 0 where nothing is the same; 0 for silence.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> noise = rng.standard_normal(8000)
    >>> round(likeness(-3 * noise[500:], 8000.0, noise, 8000.0), 1)
    1.0
    >>> likeness(noise[::-1], 8000.0, noise, 8000.0) < 0.1
    True
    """
    sounds = [_at_one_rate(*each) for each in ((samples, rate_hz), (true, true_rate_hz))]
    size = fft.next_fast_len(sum(map(len, sounds)), real=True)
    spectra = [fft.rfft(sound, size) for sound in sounds]
    for spectrum in spectra:
        spectrum[: round(low_hz * size / _RATE_HZ)] = 0
    powers = [float(np.sum(fft.irfft(spectrum, size) ** 2)) for spectrum in spectra]
    if not all(powers):
        return 0.0
    alike = fft.irfft(spectra[0] * np.conj(spectra[1]), size)
    return float(np.abs(alike).max() / np.sqrt(powers[0] * powers[1]))


def _at_one_rate(samples: np.ndarray, rate_hz: float) -> np.ndarray:
    time_s = np.arange(len(samples)) / rate_hz
    return np.interp(np.arange(0, len(samples) / rate_hz, 1 / _RATE_HZ), time_s, samples)
