"""The displacement on the time of the lathe."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft, ndimage

from groovescan.core.account import Clock
from groovescan.core.results import Reading
from groovescan.errors import GrooveLostError


@dataclass(frozen=True, kw_only=True)
class Track:
    """Displacement at equal steps of time.

    Attributes
    ----------
    displacement_px : ndarray of float64, shape (n,)
        Displacement about its mean, bridged where there is none.
    silent : ndarray of bool, shape (n,)
        Where nothing may be heard.
    rate_hz : float
        Samples per second.
    samples_per_turn : int
        Samples per turn of the reading.
    place : ndarray of float64, shape (n,), or None
        Place of each sample in the reading, in samples; None where it is sample by sample the same.
    """

    displacement_px: np.ndarray
    silent: np.ndarray
    rate_hz: float
    samples_per_turn: int
    place: np.ndarray | None = None

    @property
    def turns(self) -> np.ndarray:
        """Position along the groove of each sample, in turns from its start."""
        place = np.arange(len(self.silent)) if self.place is None else self.place
        return place / self.samples_per_turn


def to_track(reading: Reading, rpm: float) -> Track:
    """Displacement on the time of a steady turntable.

    Parameters
    ----------
    reading : Reading
        Displacement; what is not finite is bridged by a straight line, and silent.
    rpm : float
        Revolutions per minute.

    Returns
    -------
    Track

    Raises
    ------
    GrooveLostError
        Where the reading has no sample that is finite.
    """
    known = np.isfinite(reading.displacement_px)
    return Track(
        displacement_px=bridged(reading.displacement_px),
        silent=~known,
        rate_hz=track_rate_hz(reading, rpm),
        samples_per_turn=reading.samples_per_turn,
    )


def track_rate_hz(reading: Reading, rpm: float) -> float:
    """Samples per second of a reading on a steady turntable; it need not be a whole number."""
    return reading.samples_per_turn * rpm / 60.0


def bridged(displacement: np.ndarray) -> np.ndarray:
    """A displacement less its mean, straight lines through what is not finite.

    Parameters
    ----------
    displacement : ndarray of float64, shape (n,)
        Displacement. It is not changed.

    Returns
    -------
    ndarray of float64, shape (n,)
        Zero where it is straight but for rounding errors.

    Raises
    ------
    GrooveLostError
        Where no sample is finite.
    """
    # What is straighter than this is a silent groove: only rounding errors are left of it, and
    # brought to the level of a record they would be a roar.
    straight_px = 1e-9
    known = np.isfinite(displacement)
    if not known.any():
        raise GrooveLostError(
            f"none of the {len(displacement)} samples along the groove could be read, "
            "so there is no sound; try a sharper photograph or more even light"
        )
    if not known.all():
        at = np.arange(len(displacement))
        displacement = np.interp(at, at[known], displacement[known])
    around_zero = displacement - displacement.mean()
    if max(around_zero.max(), -around_zero.min()) < straight_px:
        return np.zeros_like(around_zero)
    return around_zero


def on_time(track: Track, clock: Clock) -> Track:
    """Lay a track on the time that a clock tells; without a usable clock, the same track.

    The displacement is interpolated by a spline of the fifth order at twice the rate, which
    below half the rate is right within a hundredth of a dB.

    Parameters
    ----------
    track : Track
        On the time of a steady turntable.
    clock : Clock
        True time of each of its samples.

    Returns
    -------
    Track
        At the same number of samples per second.
    """
    if clock.time_s is None:
        return track
    count = max(1, round((clock.time_s[-1] - clock.time_s[0]) * track.rate_hz) + 1)
    wanted_s = clock.time_s[0] + np.arange(count) / track.rate_hz
    at = np.interp(wanted_s, clock.time_s, np.arange(len(clock.time_s)))
    nearest = np.minimum(np.rint(at).astype(np.int64), len(track.silent) - 1)
    return Track(
        displacement_px=_interpolated(track.displacement_px, at),
        silent=track.silent[nearest],
        rate_hz=track.rate_hz,
        samples_per_turn=track.samples_per_turn,
        place=np.clip(at, 0, len(track.silent) - 1),
    )


def _interpolated(signal: np.ndarray, at: np.ndarray) -> np.ndarray:
    """A signal between its samples."""
    # A spline of the fifth order tells signals of up to half of the band: of twice as many samples,
    # all of it.
    oversampling = 2
    length = fft.next_fast_len(len(signal) + 1024, real=True)
    mirrored = np.pad(signal, (0, length - len(signal)), mode="linear_ramp", end_values=signal[0])
    spectrum = fft.rfft(mirrored)
    fine = fft.irfft(spectrum, oversampling * length) * oversampling
    return ndimage.map_coordinates(fine, at[None] * oversampling, order=5, mode="nearest")
