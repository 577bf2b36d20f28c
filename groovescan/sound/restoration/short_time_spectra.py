"""Short spectra of a sound, and gains that change in time and frequency.

They are single precision, whose rounding lies some 130 dB below the sound, and are taken some at
a time, by all threads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import fft

from groovescan.runtime import dft
from groovescan.runtime.threads import for_each, in_order

#: Gives the gains of a slice of frames, float32 of shape (frames, frequencies).
Gain = Callable[[slice], np.ndarray]

#: Length of a window: a sound of speech stays what it is for so long (Ephraim and Malah 1984).
_WINDOW_S = 0.032
#: Windows over each sample: with four, squared Hann windows add up to a constant.
_HOPS = 4


@dataclass(frozen=True, kw_only=True)
class Frames:
    """Short spectra of a sound.

    Attributes
    ----------
    spectrum : ndarray of complex64, shape (frames, frequencies)
        Of overlapping windows; windows begin before the sound and end after it.
    frequency_hz : ndarray of float64, shape (frequencies,)
        Frequencies.
    centre : ndarray of int64, shape (frames,)
        Sample in the middle of each window, within the sound.
    inside : ndarray of bool, shape (frames,)
        Whether the window lies within the sound.
    window : ndarray of float32, shape (samples,)
        The root of Hann's, four hops long.
    count : int
        Samples of the sound.
    """

    spectrum: np.ndarray
    frequency_hz: np.ndarray
    centre: np.ndarray
    inside: np.ndarray
    window: np.ndarray
    count: int

    @property
    def hop(self) -> int:
        """Samples from one window to the next."""
        return len(self.window) // _HOPS

    @property
    def power(self) -> np.ndarray:
        """Square of the spectra's magnitude; float32, shape (frames, frequencies)."""
        return self.spectrum.real**2 + self.spectrum.imag**2


def to_frames(sound: np.ndarray, rate_hz: float, window_s: float = _WINDOW_S) -> Frames:
    """Short spectra of a sound, from which it can be put together again.

    Parameters
    ----------
    sound : ndarray of float, shape (n,)
        The sound, n at least 1.
    rate_hz : float
        Samples per second.
    window_s : float
        Length of a window, in s.

    Returns
    -------
    Frames
    """
    hop = max(2, round(window_s * rate_hz / _HOPS))
    length = _HOPS * hop
    window = np.sin(np.pi * np.arange(length) / length).astype(np.float32)
    size = 1 << (2 * length - 1).bit_length()  # zeros round it, for the gains' ringing
    # the first sample, and the last, lie in as many windows as any other
    number = (len(sound) - 1) // hop + _HOPS
    padded = np.zeros((number + _HOPS - 1) * hop, np.float32)
    padded[(_HOPS - 1) * hop :][: len(sound)] = sound
    windows = np.lib.stride_tricks.sliding_window_view(padded, length)[::hop]
    spectrum = np.empty((number, size // 2 + 1), np.complex64)

    def transformed(group: slice) -> None:
        """Spectra of a group of windows."""
        samples = windows[group]
        rows = np.zeros((len(samples), size), np.float32)
        np.multiply(samples, window, out=rows[:, :length])
        spectrum[group] = dft.forward(rows)

    for_each(transformed, _groups(number))
    centre = (np.arange(number) - _HOPS // 2 + 1) * hop
    return Frames(
        spectrum=spectrum,
        frequency_hz=fft.rfftfreq(size, 1 / rate_hz),
        centre=np.clip(centre, 0, len(sound) - 1),
        inside=(centre >= length // 2) & (centre <= len(sound) - length // 2),
        window=window,
        count=len(sound),
    )


def with_gain(frames: Frames, *gains: np.ndarray | Gain) -> np.ndarray:
    """The sound of short spectra times some gains.

    Parameters
    ----------
    frames : Frames
        Short spectra.
    *gains : ndarray of float32, shape (frames, frequencies), or callable
        Linear gains; or what gives those of a slice of the frames, so that they need not be held.

    Returns
    -------
    ndarray of float64, shape (n,)
    """
    number, hop, length = len(frames.spectrum), frames.hop, len(frames.window)
    # where every sample lies in four windows, their squares add up to two
    faded = frames.window / np.float32(_HOPS / 2)
    sound = np.zeros((number + _HOPS - 1, hop), np.float32)

    def parts(group: slice) -> tuple[slice, np.ndarray]:
        """Samples of a group of windows, after the gains."""
        spectrum = frames.spectrum[group].copy()
        for gain in gains:
            spectrum *= gain(group) if callable(gain) else gain[group]
        part = dft.backward(spectrum)
        return group, (part[:, :length] * faded).reshape(-1, _HOPS, hop)

    def add(found: tuple[slice, np.ndarray]) -> None:
        """Add overlapping windows."""
        group, part = found
        for late in range(_HOPS):
            sound[group.start + late : group.stop + late] += part[:, late]

    in_order(parts, add, _groups(number))
    return sound.reshape(-1)[(_HOPS - 1) * hop :][: frames.count].astype(float)


def _groups(number: int) -> list[slice]:
    # Windows that are transformed together.
    together = 64
    return [slice(at, min(at + together, number)) for at in range(0, number, together)]
