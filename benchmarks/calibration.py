"""Whether the standard errors that a reading claims are those that it makes.

The samples are sorted by what they claim and cut into ten parts; in each, the true error (what was
read less what is true, blurred as the photograph blurs it) is held against the claim.

A claim is one of the displacement. Where along the groove a sample lies is the map's: its error is
claimed as wow, and scored as wow. So there is a second figure, of the same samples, for which the
truth is first delayed once and twice per turn, as a wrong centre and stretch delay it.
"""

from __future__ import annotations

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.interpolate import make_interp_spline
from scipy.ndimage import gaussian_filter1d
from scoring import Truth

from groovescan.core.results import Decoded

PARTS = 10
_SLOW_HZ = 25.0
_REFINED = 101
_DELAY_STEPS = 5


def calibration(
    decoded: Decoded, truth: Truth, mm_per_px: float, *, delayed: bool = False
) -> np.ndarray:
    """True over claimed error, from the most to the least certain tenth of the samples.

    Parameters
    ----------
    decoded : Decoded
        A decode of the photograph.
    truth : Truth
        What is true of it.
    mm_per_px : float
        Scale of the photograph.
    delayed : bool
        Whether the truth is laid along with a delay once and twice per turn: errors of the map
        then do not count.

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
    if delayed:
        true = _delayed(read, weight, true, reading.samples_per_turn)
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


def _delayed(
    read: np.ndarray, weight: np.ndarray, true: np.ndarray, samples_per_turn: int
) -> np.ndarray:
    """The truth with the delay once and twice per turn that makes it most like the reading."""
    place = np.arange(len(true), dtype=float)
    turn = 2 * np.pi * place / samples_per_turn
    waves = np.stack([np.ones_like(turn)] + [f(k * turn) for k in (1, 2) for f in (np.cos, np.sin)])
    spline = make_interp_spline(place, true, 3)
    slope = spline.derivative()
    delay = np.zeros(len(waves))
    for _ in range(_DELAY_STEPS):
        at = np.clip(place - delay @ waves, 0, place[-1])
        design = -slope(at) * waves
        weighted = weight * design
        delay += np.linalg.solve(weighted @ design.T, weighted @ (read - spline(at)))
    return spline(np.clip(place - delay @ waves, 0, place[-1]))


def _with_sound(known: np.ndarray, truth: Truth, rate_hz: float) -> np.ndarray:
    """Indices of the samples that were read, without the first and the last turn."""
    turn = int(truth.seconds_per_turn * rate_hz)
    inside = np.flatnonzero(known)
    return inside[(inside > turn) & (inside < len(known) - turn)]
