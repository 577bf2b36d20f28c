"""Robust statistics and angles that several stages need."""

from __future__ import annotations

import numpy as np

#: Standard deviation of a normal distribution over the median size of its deviates: the inverse of
#: its third quartile, 0.6745.
DEVIATION_OF_MEDIAN = 1.4826


def median_deviation(rest: np.ndarray) -> float:
    """Standard deviation of normal values about zero, told by the median of their sizes.

    The median absolute deviation: half of the values may be outliers.

    Parameters
    ----------
    rest : ndarray of float
        Values about zero, at least one.

    Returns
    -------
    float
        In the unit of `rest`.
    """
    return DEVIATION_OF_MEDIAN * float(np.median(np.abs(rest)))


def wrapped_rad(angle_rad: np.ndarray) -> np.ndarray:
    """Angles brought into (-pi, pi]."""
    return np.angle(np.exp(1j * angle_rad))
