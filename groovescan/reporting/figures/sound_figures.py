"""The sound: waveform and spectrogram; and what curves do to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from scipy.signal import stft

from groovescan.core.results import Waveform
from groovescan.reporting.figures.style import (
    LEVELS,
    LIGHT,
    LINES,
    Theme,
    dress,
    dress_bar,
    new_figure,
)


@dataclass(frozen=True, kw_only=True)
class Spectrogram:
    """Levels of a sound over time and frequency.

    Attributes
    ----------
    level_db : ndarray of float32, shape (bands, frames)
        Level, in dB below the loudest; -70 at least, lowest band first.
    frequency_hz : ndarray of float64, shape (bands,)
        Middle of each band, evenly spaced in octaves.
    time_s : ndarray of float64, shape (frames,)
        Middle of each frame.
    """

    level_db: np.ndarray
    frequency_hz: np.ndarray
    time_s: np.ndarray


def spectrogram(waveform: Waveform, *, bands: int = 192, frames: int = 1600) -> Spectrogram:
    """Levels over time and frequency, as the ear spaces it: in octaves.

    Parameters
    ----------
    waveform : Waveform
        The sound.
    bands, frames : int
        Size of the result; short sounds give fewer frames.

    Returns
    -------
    Spectrogram
        From 50 Hz to 12 kHz, or to half the sample rate.
    """
    # As customary for speech: bands of some 40 Hz tell the harmonics of a voice, and frames its
    # syllables. Beyond 50 Hz to 12 kHz these discs hold nothing, and below -70 dB 16 bits do not.
    window_s = 0.046
    low_hz = 50.0
    highest_hz = 12_000.0
    floor_db = -70.0
    rate_hz = waveform.rate_hz
    window = max(8, 2 * round(window_s * rate_hz / 2))
    sound = waveform.samples if len(waveform.samples) else np.zeros(1, np.float32)
    if len(sound) < window:
        sound = np.pad(sound, (0, window - len(sound)))
    hop = int(np.clip(len(sound) // frames, 16, window // 2))
    frequency, _, spectrum = stft(
        sound, rate_hz, nperseg=window, noverlap=window - hop, boundary="zeros", padded=True
    )
    power = _pooled(np.abs(spectrum).astype(np.float32) ** 2, frames)
    high_hz = min(highest_hz, rate_hz / 2)
    middle_hz = np.geomspace(low_hz, high_hz, bands)
    place = np.interp(middle_hz, frequency, np.arange(len(frequency)))
    low = np.minimum(place.astype(int), len(frequency) - 2)
    part = (place - low)[:, None].astype(np.float32)
    power = (1 - part) * power[low] + part * power[low + 1]
    loudest = max(float(power.max()), 1e-20)
    level = 10 * np.log10(np.maximum(power / loudest, 10 ** (floor_db / 10)))
    time_s = (np.arange(power.shape[1]) + 0.5) * len(sound) / rate_hz / power.shape[1]
    return Spectrogram(level_db=level.astype(np.float32), frequency_hz=middle_hz, time_s=time_s)


def _pooled(power: np.ndarray, frames: int) -> np.ndarray:
    """Power over fewer frames, each the mean of those in it."""
    if power.shape[1] <= frames:
        return power
    edges = np.linspace(0, power.shape[1], frames + 1).astype(int)
    return np.add.reduceat(power, edges[:-1], axis=1) / np.diff(edges)


def envelope(waveform: Waveform, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest sample in each of at most `count` equal parts of the sound."""
    samples = waveform.samples if len(waveform.samples) else np.zeros(1, np.float32)
    edges = np.linspace(0, len(samples), min(count, len(samples)) + 1).astype(int)[:-1]
    return np.minimum.reduceat(samples, edges), np.maximum.reduceat(samples, edges)


def sound_figure(waveform: Waveform, theme: Theme = LIGHT) -> Figure:
    """Waveform and spectrogram under one another.

    Parameters
    ----------
    waveform : Waveform
        The sound.
    theme : Theme
        Colours.

    Returns
    -------
    Figure
        Time in s, level of full scale, frequency in Hz.
    """
    figure = new_figure(theme, 9.6, 5.2)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(1, 1.6))
    low, high = envelope(waveform, 2400)
    duration_s = max(waveform.duration_s, 1e-3)
    time_s = (np.arange(len(low)) + 0.5) / len(low) * duration_s
    above.fill_between(time_s, low, high, color=theme.accent, linewidth=0.4)
    above.set(ylabel="sound, of full scale", ylim=(-1, 1), xlim=(0, duration_s))
    drawn = spectrogram(waveform)
    picture = below.pcolormesh(
        np.linspace(0, duration_s, len(drawn.time_s)),
        drawn.frequency_hz,
        drawn.level_db,
        cmap=LEVELS[theme],
        shading="nearest",
        rasterized=True,
    )
    below.set(yscale="log", ylabel="frequency, Hz", xlabel="time, s")
    ticks = [t for t in (50, 100, 250, 500, 1000, 2500, 5000, 10000) if t < waveform.rate_hz / 2]
    below.set_yticks(ticks, [f"{t:g}" for t in ticks], minor=False)
    below.minorticks_off()
    dress_bar(figure.colorbar(picture, ax=below, pad=0.01), theme, "level, dB")
    for axes in (above, below):
        dress(axes, theme)
    return figure


def curves_figure(
    frequency_hz: np.ndarray, gain_db: Mapping[str, np.ndarray], theme: Theme = LIGHT
) -> Figure:
    """Gain of recording curves over the velocity of a groove.

    Parameters
    ----------
    frequency_hz : ndarray of float64, shape (n,)
        Frequencies, rising.
    gain_db : mapping of str to ndarray of float64, shape (n,)
        Gain of each curve against that at 1 kHz, by its name.
    theme : Theme
        Colours.

    Returns
    -------
    Figure
        Gain in dB over frequency in Hz.
    """
    # 1, 2 and 5 of each decade that is heard.
    curve_ticks_hz = (20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000)
    figure = new_figure(theme, 9.6, 5.4)
    axes = figure.subplots()
    colours = LINES[theme]
    for index, (name, gain) in enumerate(gain_db.items()):
        style = ("-", "--", ":", "-.")[index // len(colours) % 4]
        colour = colours[index % len(colours)]
        axes.semilogx(frequency_hz, gain, style, color=colour, label=name, linewidth=1.6)
    ticks = [hz for hz in curve_ticks_hz if frequency_hz[0] <= hz <= frequency_hz[-1]]
    axes.set_xticks(ticks, [f"{hz:g}" for hz in ticks])
    axes.minorticks_off()
    axes.set(
        xlim=(frequency_hz[0], frequency_hz[-1]),
        xlabel="frequency, Hz",
        ylabel="playback, dB against 1 kHz",
        title="What playback does to the velocity of the groove",
    )
    axes.legend(frameon=False, fontsize=9, labelcolor=theme.ink, ncols=1 + (len(gain_db) - 1) // 10)
    dress(axes, theme, grid=True)
    return figure
