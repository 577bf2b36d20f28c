"""Programme and noise of a reading from moment to moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Programme and noise of a reading from moment to moment, as powers of the velocity.

    Attributes
    ----------
    frequency_hz : ndarray of float64, shape (frequencies,)
        Above zero.
    programme, noise : ndarray of float32, shape (moments, frequencies)
        Power density of the programme, and of the noise of what was read, (px/s)^2 per Hz.
    read : ndarray of float32, shape (moments, frequencies)
        The same of what was read, noise and all.
    parts : ndarray of float32, shape (parts, moments)
        Noise in equal parts of each moment, over that of the whole moment: the groove's contrast
        may vanish for a moment's part.
    known : ndarray of float64, shape (moments,)
        Share of the samples that were read, 0 to 1.
    hop_s : float
        From one moment to the next, in s.
    lost : float
        Share of the programme in the gaps that filling them in did not bring back, 0 to 1.
    """

    frequency_hz: np.ndarray
    programme: np.ndarray
    noise: np.ndarray
    read: np.ndarray
    parts: np.ndarray
    known: np.ndarray
    hop_s: float
    lost: float


def mean_share(
    programme: np.ndarray, noise: np.ndarray, parts: np.ndarray, *, of_noise: bool = False
) -> np.ndarray:
    """Mean of P / (P + N), or of N / (P + N), over the parts of each moment.

    Parameters
    ----------
    programme, noise : ndarray of float32, shape (moments, frequencies)
    parts : ndarray of float32, shape (parts, moments)
        As in `Moments`.
    of_noise : bool
        Whether the noise is above the line.

    Returns
    -------
    ndarray of float32, shape (moments, frequencies)
    """
    total, level, both = (np.zeros_like(programme) for _ in range(3))
    for part in parts:  # in place: the arrays are large
        np.multiply(noise, part[:, None], out=level)
        np.add(programme, level, out=both)
        both += np.float32(1e-30)
        total += np.divide(level if of_noise else programme, both, out=both)
    return total / np.float32(len(parts))
