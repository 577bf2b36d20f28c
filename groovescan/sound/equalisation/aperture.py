"""The treble that blur and pixels take, which is more towards the centre of the disc."""

from __future__ import annotations

import numpy as np

from groovescan.config.settings import SoundSettings
from groovescan.core.results import Resolution
from groovescan.sound.restoration.short_time_spectra import Frames, Gain, to_frames, with_gain


def blur_along_px(resolution: Resolution | None, settings: SoundSettings) -> float:
    r"""Blur along the groove, which is that across it: optics and pixels know no direction.

    An edge blurred by a Gaussian of standard deviation :math:`\sigma` rises by
    :math:`1 / (\sqrt{2 \pi} \sigma)` of its height per px. Where the groove is narrower than the
    blur its profile is a line, which is steeper for its height than an edge: then less is given
    back than was lost, never more.

    Parameters
    ----------
    resolution : Resolution or None
        What the photograph showed.
    settings : SoundSettings
        Whose `blur_px`, where it is not 0, is taken for that of the optics instead.

    Returns
    -------
    float
        Standard deviation in px, the pixel's own included.
    """
    # Standard deviation of a square pixel.
    pixel_blur_px = 1 / np.sqrt(12)
    # Blur of a sharp photograph's optics, where there is none to look at.
    usual_blur_px = 0.5
    if settings.blur_px > 0:
        return float(np.hypot(pixel_blur_px, settings.blur_px))
    if resolution is None or not resolution.sharpness > 0:
        return float(np.hypot(pixel_blur_px, usual_blur_px))
    return max(pixel_blur_px, 1 / (np.sqrt(2 * np.pi) * float(resolution.sharpness)))


def speed_px_s(radius_px: np.ndarray, turns: np.ndarray, rate_hz: float) -> np.ndarray:
    """Speed at which the groove passes, in px per second.

    Parameters
    ----------
    radius_px, turns : ndarray of float64, shape (n,)
        Radius of the groove, and position along it, at each sample.
    rate_hz : float
        Samples per second.

    Returns
    -------
    ndarray of float64, shape (n,)
    """
    if len(turns) < 2:
        return np.full(len(turns), np.inf)
    return 2 * np.pi * radius_px * np.gradient(turns) * rate_hz


def loss_db(frequency_hz: np.ndarray, speed: np.ndarray, blur_px: float) -> np.ndarray:
    r"""Loss of treble by a blur along the groove.

    A Gaussian blur of standard deviation :math:`\sigma` takes a wave of length
    :math:`\lambda = v / f` by :math:`\exp(-2 \pi^2 \sigma^2 / \lambda^2)`, and the speed
    :math:`v` falls with the radius.

    Parameters
    ----------
    frequency_hz : ndarray of float64, shape (frequencies,)
        Frequencies.
    speed : ndarray of float64, shape (n,)
        Speed of the groove, in px per second.
    blur_px : float
        Standard deviation of the blur, the pixel's own included, in px.

    Returns
    -------
    ndarray of float64, shape (frequencies, n)
        0 or more, in dB.
    """
    lost = 20 / np.log(10) * 2 * (np.pi * blur_px) ** 2
    return (lost * frequency_hz**2)[:, None] / speed**2


def compensation(
    frames: Frames, speed: np.ndarray, blur_px: float, limit_hz: float, most_db: float
) -> Gain:
    """Gain that gives the treble back, up to where the noise would take over.

    Parameters
    ----------
    frames : Frames
        Short spectra of the sound.
    speed : ndarray of float64, shape (n,)
        Speed of the groove at each sample of the sound, in px per second.
    blur_px : float
        Standard deviation of the blur, in px.
    limit_hz : float
        Where the noise takes over; above it the gain rises no further.
    most_db : float
        Largest gain, in dB.

    Returns
    -------
    callable
        What gives the gains of a slice of the frames: float32 of shape (frames, frequencies),
        linear, 1 or more.
    """
    # Beyond it single precision would not hold the gain with the sound.
    largest_db = 60.0
    up_to = np.minimum(frames.frequency_hz, limit_hz).astype(np.float32)
    passing, most = speed[frames.centre].astype(np.float32), np.float32(min(most_db, largest_db))

    def gains(group: slice) -> np.ndarray:
        """Gains of a slice of the frames."""
        lost = np.minimum(loss_db(up_to, passing[group], blur_px), most)
        return np.exp(lost.T * np.float32(np.log(10) / 20))

    return gains


def compensate(
    sound: np.ndarray,
    rate_hz: float,
    speed: np.ndarray,
    blur_px: float,
    limit_hz: float,
    most_db: float,
) -> np.ndarray:
    """A sound with its treble given back; arguments as for `compensation`."""
    frames = to_frames(sound, rate_hz)
    return with_gain(frames, compensation(frames, speed, blur_px, limit_hz, most_db))
