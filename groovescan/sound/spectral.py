"""Short spectra of a sound, and gains that change in time and frequency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy import signal

_WINDOW_S = 0.032
_HOPS = 4


@dataclass(frozen=True, kw_only=True)
class Frames:
    """Short spectra of a sound.

    Attributes
    ----------
    spectrum : ndarray of complex128, shape (frequencies, frames)
        Of overlapping windows; windows begin before the sound and end after it.
    frequency_hz : ndarray of float64, shape (frequencies,)
        Frequencies.
    centre : ndarray of int64, shape (frames,)
        Sample in the middle of each window, within the sound.
    inside : ndarray of bool, shape (frames,)
        Whether the window lies within the sound.
    transform : scipy.signal.ShortTimeFFT
        What made them.
    count : int
        Samples of the sound.
    """

    spectrum: np.ndarray
    frequency_hz: np.ndarray
    centre: np.ndarray
    inside: np.ndarray
    transform: signal.ShortTimeFFT
    count: int


def to_frames(sound: np.ndarray, rate_hz: float, window_s: float = _WINDOW_S) -> Frames:
    """Short spectra of a sound, from which it can be put together again.

    Parameters
    ----------
    sound : ndarray of float64, shape (n,)
        The sound, n at least 1.
    rate_hz : float
        Samples per second.
    window_s : float
        Length of a window, in s.

    Returns
    -------
    Frames
    """
    from scipy import signal  # loaded where a listening copy is asked for: it takes long

    hop = max(2, round(window_s * rate_hz / _HOPS))
    window = np.sqrt(signal.windows.hann(_HOPS * hop, sym=False))
    size = 1 << (2 * len(window) - 1).bit_length()  # zeros round it, for the gains' ringing
    transform = signal.ShortTimeFFT(window, hop, rate_hz, mfft=size, phase_shift=None)
    padded = np.pad(sound, (0, max(0, len(window) - len(sound))))
    spectrum = transform.stft(padded)
    centre = (transform.p_min + np.arange(spectrum.shape[1])) * hop
    half = len(window) // 2
    return Frames(
        spectrum=spectrum,
        frequency_hz=transform.f,
        centre=np.clip(centre, 0, len(sound) - 1),
        inside=(centre >= half) & (centre <= len(sound) - half),
        transform=transform,
        count=len(sound),
    )


def with_gain(frames: Frames, gain: np.ndarray) -> np.ndarray:
    """The sound of short spectra times a gain.

    Parameters
    ----------
    frames : Frames
        Short spectra.
    gain : ndarray of float64, shape (frequencies, frames)
        Linear gain.

    Returns
    -------
    ndarray of float64, shape (n,)
    """
    least = max(frames.count, len(frames.transform.win))
    return frames.transform.istft(frames.spectrum * gain, k1=least)[: frames.count]
