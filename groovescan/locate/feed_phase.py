"""The feed as the fringe shows it: how the turns run ahead of an even pitch, alike all round.

A spiral that is fed evenly has one pitch, at which its fringe is demodulated. Where the feed
changes, the phase steps from column to column, and what is averaged over columns would cancel: the
carrier has to follow the feed.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage


def feed_phase_rad(square: np.ndarray, power: np.ndarray, least_rad: float = 0.5) -> np.ndarray:
    """Phase by which the turns run ahead of an even pitch at each column, alike all round.

    A step of the square is known up to half a turn: from two thirds of the pitch to twice as much.

    Parameters
    ----------
    square, power : ndarray, shape (sectors, radii)
        The squared fringe, demodulated at one pitch, and its power.
    least_rad : float
        Where no step from column to column is larger, the feed counts as even: by half a radian,
        which is a pitch 16 % off, columns lose a third of their mean.

    Returns
    -------
    ndarray of float64, shape (radii,)
        From zero on; zeros where the feed counts as even.
    """
    # Columns step together whose cells agree so well, between those that are so strong, but not
    # where the window reaches beyond these, so many columns. Arbitrary.
    agreeing, strong_share, strong_percent, beyond = 0.25, 0.1, 90, 2
    step = square[:, 1:] * np.conj(square[:, :-1])
    mean = step.sum(axis=0)
    strength = power.mean(axis=0)
    strong = strength > strong_share * np.percentile(strength, strong_percent)
    inside = _largest_run(ndimage.binary_erosion(strong, np.ones(2 * beyond + 1)), strength)
    known = np.abs(mean) > agreeing * np.abs(step).sum(axis=0)
    step_rad = np.where(known & inside[1:] & inside[:-1], np.angle(mean), 0.0) / 2
    if np.abs(ndimage.median_filter(step_rad, 3)).max(initial=0.0) <= least_rad:
        return np.zeros(len(strength))
    return np.r_[0.0, np.cumsum(step_rad)]


def _largest_run(inside: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """Of several bands the one with most power: beside the groove there may be an edge."""
    label, count = ndimage.label(inside)
    if count < 2:
        return inside
    return label == 1 + int(np.argmax(ndimage.sum(strength, label, np.arange(1, count + 1))))
