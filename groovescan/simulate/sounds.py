"""Sounds to cut, made here: speech without words, and a tune."""

from __future__ import annotations

import numpy as np
from scipy.signal import butter, lfilter, sosfilt

from groovescan.errors import SettingsError

"""First three formants of a, i, u, e, o of an average man (Peterson and Barney, 1952)."""


def make_sound(
    seconds: float, rate_hz: float, rng: np.random.Generator, kind: str = "speech"
) -> np.ndarray:
    """Make a test sound.

    Parameters
    ----------
    seconds : float
        Length, above 0.
    rate_hz : float
        Samples per second, at least 8000.
    rng : numpy.random.Generator
        Where syllables and notes come from.
    kind : {'speech', 'music', 'sweep', 'noise'}
        Syllables of a voice; a tune with drums; a glide from 60 Hz to 6 kHz; pink-like noise.

    Returns
    -------
    ndarray of float64, shape (samples,)
        The sound, with a peak of 1.
    """
    makers = {"speech": _speech, "music": _music, "sweep": _sweep, "noise": _noise}
    if kind not in makers:
        raise SettingsError(f"kind is {kind!r}; it must be one of {sorted(makers)}")
    if not 0 < seconds <= 36000:
        raise SettingsError(f"seconds is {seconds}; it must lie between 0 and 36000 s")
    if not rate_hz >= 8000:
        raise SettingsError(f"rate_hz is {rate_hz}; it must be at least 8000 Hz")
    sound = makers[kind](max(round(seconds * rate_hz), 2), rate_hz, rng)
    return sound / max(np.abs(sound).max(), 1e-30)


def _speech(samples: int, rate_hz: float, rng: np.random.Generator) -> np.ndarray:
    sound = np.zeros(samples + int(rate_hz))
    start = 0
    while start < samples:
        syllable = _syllable(rate_hz, rng)
        sound[start : start + len(syllable)] += syllable
        pause = rng.uniform(0.15, 0.3) if rng.uniform() < 0.15 else rng.uniform(-0.02, 0.04)
        start += len(syllable) + int(pause * rate_hz)
    return sound[:samples]


def _syllable(rate_hz: float, rng: np.random.Generator) -> np.ndarray:
    """A hissed or struck consonant, then a vowel that glides a little."""
    hiss = _hiss(rng.uniform(0.02, 0.08), rate_hz, rng)
    vowel = _vowel(rng.uniform(0.12, 0.28), rate_hz, rng)
    overlap = min(int(0.01 * rate_hz), len(hiss))
    joined = np.zeros(len(hiss) + len(vowel) - overlap)
    joined[: len(hiss)] += hiss
    joined[len(hiss) - overlap :] += vowel
    return joined * rng.uniform(0.5, 1.0)


def _hiss(seconds: float, rate_hz: float, rng: np.random.Generator) -> np.ndarray:
    count = int(seconds * rate_hz)
    low = rng.uniform(1200.0, 2800.0)
    band = butter(2, (low, min(2.2 * low, 0.45 * rate_hz)), "bandpass", fs=rate_hz, output="sos")
    return 0.35 * sosfilt(band, rng.standard_normal(count)) * np.hanning(count)


def _vowel(seconds: float, rate_hz: float, rng: np.random.Generator) -> np.ndarray:
    vowels_hz = np.array(
        [
            (730, 1090, 2440),
            (270, 2290, 3010),
            (300, 870, 2240),
            (530, 1840, 2480),
            (570, 840, 2410),
        ]
    )
    count = int(seconds * rate_hz)
    time_s = np.arange(count) / rate_hz
    pitch_hz = rng.uniform(95, 165) * (1 + 0.08 * np.sin(2 * np.pi * rng.uniform(2, 5) * time_s))
    phase = np.cumsum(pitch_hz) / rate_hz
    pulses = np.diff(np.floor(phase), prepend=0.0) + 0.01 * rng.standard_normal(count)
    voice = lfilter([1.0], [1.0, -0.9], pulses)
    formants = vowels_hz[rng.integers(len(vowels_hz))] * rng.uniform(0.92, 1.08)
    parts = zip(formants, (1.0, 0.6, 0.35), (80.0, 100.0, 150.0), strict=True)
    sound = sum(gain * _resonance(voice, hz, width, rate_hz) for hz, gain, width in parts)
    ends = np.clip(np.minimum(time_s, seconds - time_s) / 0.03, 0.0, 1.0)
    return sound * ends / max(np.abs(sound).max(), 1e-30)


def _resonance(sound: np.ndarray, hz: float, width_hz: float, rate_hz: float) -> np.ndarray:
    """Two-pole resonator of about unit gain at its frequency."""
    radius = np.exp(-np.pi * width_hz / rate_hz)
    turn = 2 * np.pi * hz / rate_hz
    gain = (1 - radius) * np.sqrt(1 - 2 * radius * np.cos(2 * turn) + radius**2)
    return lfilter([gain], [1.0, -2 * radius * np.cos(turn), radius**2], sound)


def _music(samples: int, rate_hz: float, rng: np.random.Generator) -> np.ndarray:
    scale = np.array([0, 2, 4, 7, 9, 12, 14, 16])
    sound = np.zeros(samples + int(2 * rate_hz))
    beat = int(0.24 * rate_hz)
    for index, start in enumerate(range(0, samples, beat)):
        note_hz = 261.63 * 2 ** (rng.choice(scale) / 12)
        _add(sound, start, _note(note_hz, 0.4, rate_hz, rng))
        if index % 4 == 0:
            _add(sound, start, 0.8 * _note(note_hz / 2, 0.9, rate_hz, rng))
        if index % 2 == 1:
            _add(sound, start, 0.25 * _tap(rate_hz, rng))
    return sound[:samples]


def _note(hz: float, seconds: float, rate_hz: float, rng: np.random.Generator) -> np.ndarray:
    """Harmonics that fall by 9 dB per octave up to 6 kHz, plucked, with some vibrato."""
    time_s = np.arange(int(seconds * rate_hz)) / rate_hz
    phase = 2 * np.pi * hz * time_s + 0.03 * hz / 5.5 * np.sin(2 * np.pi * 5.5 * time_s) * 0.3
    highest = max(int(min(6000.0, 0.4 * rate_hz) / hz), 1)
    tone = sum(
        order**-1.5 * np.exp(-time_s * order * 0.8) * np.sin(order * phase + rng.uniform(0, 6))
        for order in range(1, highest + 1)
    )
    ends = np.clip(np.minimum(time_s / 0.012, (seconds - time_s) / 0.05), 0.0, 1.0)
    return tone * ends * np.exp(-2.0 * time_s)


def _tap(rate_hz: float, rng: np.random.Generator) -> np.ndarray:
    time_s = np.arange(int(0.06 * rate_hz)) / rate_hz
    band = butter(2, (700.0, min(5000.0, 0.45 * rate_hz)), "bandpass", fs=rate_hz, output="sos")
    return sosfilt(band, rng.standard_normal(len(time_s))) * np.exp(-time_s / 0.015)


def _sweep(samples: int, rate_hz: float, rng: np.random.Generator) -> np.ndarray:
    del rng  # nothing random in it
    seconds = samples / rate_hz
    rise = np.log(min(6000.0, 0.4 * rate_hz) / 60.0)
    time_s = np.arange(samples) / rate_hz
    return np.sin(2 * np.pi * 60.0 * seconds / rise * (np.exp(time_s / seconds * rise) - 1.0))


def _noise(samples: int, rate_hz: float, rng: np.random.Generator) -> np.ndarray:
    band = butter(2, (80.0, min(5000.0, 0.45 * rate_hz)), "bandpass", fs=rate_hz, output="sos")
    tilted = lfilter([1.0], [1.0, -0.9], rng.standard_normal(samples))
    return sosfilt(band, tilted)


def _add(sound: np.ndarray, start: int, part: np.ndarray) -> None:
    room = min(len(part), len(sound) - start)
    sound[start : start + room] += part[:room]
