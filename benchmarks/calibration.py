"""Whether the standard errors that a reading claims are those that it makes.

The samples are sorted by what they claim and cut into ten parts; in each, the true error (what was
read less what is true, blurred as the photograph blurs it) is held against the claim.
"""

from __future__ import annotations

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.interpolate import make_interp_spline
from scipy.ndimage import gaussian_filter1d
from scoring import Truth

from groovescan.results import Decoded

PARTS = 10
_SLOW_HZ = 25.0
_REFINED = 101


def calibration(decoded: Decoded, truth: Truth, mm_per_px: float) -> np.ndarray:
    """True over claimed error, from the most to the least certain tenth of the samples.

    Parameters
    ----------
    decoded : Decoded
        A decode of the photograph.
    truth : Truth
        What is true of it.
    mm_per_px : float
        Scale of the photograph.

    Returns
    -------
    ndarray of float64, shape (10,)
        Root mean square of the true errors over that of the claimed ones; one is honest.
    """
    reading = decoded.reading
    rate_hz = reading.samples_per_turn / truth.seconds_per_turn
    error = np.asarray(reading.standard_error_px, float)
    known = np.isfinite(error)
    weight = np.where(known, 1 / np.where(known, error, 1.0) ** 2, 0.0)
    read = _less_slow(np.where(known, reading.displacement_px, 0.0), weight, rate_hz)
    true = _laid_along(read, weight, _seen(truth, rate_hz) / mm_per_px)
    if truth.modulation != "lateral":
        # A width is told over that of the profile's flanks, brightness over the contrast.
        true *= np.sum(weight * read * true) / np.sum(weight * true * true)
    miss = _less_slow(read - true, weight, rate_hz)
    inside = _with_sound(known, truth, rate_hz)
    order = inside[np.argsort(error[inside])]
    return np.array(
        [
            np.sqrt(np.mean(miss[part] ** 2) / np.mean(error[part] ** 2))
            for part in np.array_split(order, PARTS)
        ]
    )


def _seen(truth: Truth, rate_hz: float) -> np.ndarray:
    """The true displacement as the photograph shows it, at the reading's rate, in mm."""
    speed = 2 * np.pi * np.mean(truth.bound_radius_mm) / truth.seconds_per_turn
    blurred = gaussian_filter1d(
        truth.displacement_mm, truth.bound_mtf_mm / speed * truth.rate_hz, truncate=6
    )
    seconds = np.arange(len(blurred)) / truth.rate_hz
    wanted = np.arange(0, seconds[-1], 1 / rate_hz)
    return make_interp_spline(seconds, blurred, 3)(wanted)


def _less_slow(values: np.ndarray, weight: np.ndarray, rate_hz: float) -> np.ndarray:
    """The values less what is slower than sound, which the groove map holds."""
    sigma = rate_hz / (2 * np.pi * _SLOW_HZ)
    total = gaussian_filter1d(weight, sigma) + 1e-12 * weight.max()
    return values - gaussian_filter1d(weight * values, sigma) / total


def _laid_along(read: np.ndarray, weight: np.ndarray, true: np.ndarray) -> np.ndarray:
    """The truth moved to where the reading has it, with its sign, to a part of a sample."""
    size = next_fast_len(len(read) + len(true))
    heard = rfft(read * weight, size)
    likeness = irfft(heard * np.conj(rfft(true, size)), size)
    shift = int(np.abs(likeness).argmax())
    shift = shift - size if shift > size // 2 else shift
    spline = make_interp_spline(np.arange(len(true)), true, 3)
    place = np.arange(len(read)) - shift
    inside = (place > 2) & (place < len(true) - 3)

    def moved(part: float) -> np.ndarray:
        return np.where(inside, spline(np.clip(place - part, 0, len(true) - 1)), 0.0)

    parts = np.linspace(-1, 1, _REFINED)
    along = [float((weight * read) @ moved(part)) for part in parts]
    best = int(np.argmax(np.abs(along)))
    return np.sign(along[best]) * moved(parts[best])


def _with_sound(known: np.ndarray, truth: Truth, rate_hz: float) -> np.ndarray:
    """Indices of the samples that were read, without the first and the last turn."""
    turn = int(truth.seconds_per_turn * rate_hz)
    inside = np.flatnonzero(known)
    return inside[(inside > turn) & (inside < len(known) - turn)]
