"""The feed as the fringe shows it: how the turns run ahead of an even pitch, alike all round.

A spiral that is fed evenly has one pitch, at which its fringe is demodulated. Where the feed
changes, the phase steps from column to column, and what is averaged over columns would cancel: the
carrier has to follow the feed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

#: A step from column to column by which they lose a quarter of their mean: a pitch 13 % off. Less
#: than that is left to the polynomials of the map.
UNEVEN_RAD = 0.4


@dataclass(frozen=True, kw_only=True)
class Feed:
    """How many turns of a groove lie within each radius, alike all round the disc.

    Attributes
    ----------
    knots_px : ndarray of float64, shape (n,)
        Radii, ascending; before the first and beyond the last the pitch stays.
    knots_turns : ndarray of float64, shape (n,)
        Turns within each, ascending.
    """

    knots_px: np.ndarray
    knots_turns: np.ndarray

    @classmethod
    def even(cls, pitch_px: float) -> Feed:
        """A feed of one pitch."""
        return cls(knots_px=np.array([0.0, pitch_px]), knots_turns=np.array([0.0, 1.0]))

    @classmethod
    def through(cls, radius_px: np.ndarray, turns: np.ndarray) -> Feed:
        """The feed by which so many turns lie within these radii."""
        # What rises less than this is noise: no pitch is a hundred times another.
        least_rise = 1e-2
        rise = np.diff(turns)
        rise = np.maximum(rise, least_rise * np.median(rise))
        return cls(knots_px=radius_px, knots_turns=turns[0] + np.r_[0.0, np.cumsum(rise)])

    @classmethod
    def followed(cls, radius_px: np.ndarray, turns: np.ndarray, pitch_px: float) -> Feed | None:
        """A feed that goes on beyond where it was followed as it was there; None of an even one.

        Where turns are those of the one pitch nothing was followed (`feed_phase_rad`).
        """
        # Columns over which the pitch is averaged, and by how much it may differ: a groove has at
        # least 3 px from turn to turn, and lathes feed by up to three times as much here as there.
        averaged_columns, most_times, least_pitch_px = 1.5, 3.0, 3.0
        middle, steps = (radius_px[1:] + radius_px[:-1]) / 2, np.diff(turns)
        rate = steps / np.diff(radius_px)
        known = np.flatnonzero(np.abs(rate * pitch_px - 1) > 1e-9)
        if len(known) < 2:
            return None
        rate = np.interp(middle, middle[known], rate[known])
        inside = slice(known[0], known[-1] + 1)
        rate = ndimage.gaussian_filter1d(rate[inside], averaged_columns, mode="nearest")
        rate = np.clip(rate * pitch_px, 1 / most_times, most_times) / pitch_px
        knots = radius_px[known[0] : known[-1] + 2]
        rise = np.minimum(rate, 1 / least_pitch_px) * np.diff(knots)
        return cls(knots_px=knots, knots_turns=turns[known[0]] + np.r_[0.0, np.cumsum(rise)])

    @property
    def is_even(self) -> bool:
        """Whether it has one pitch."""
        return len(self.knots_px) == 2

    def turns_within(self, radius_px: np.ndarray) -> np.ndarray:
        """Turns within radii in px, of their shape."""
        if self.is_even:
            return np.asarray(radius_px) / self.knots_px[1]
        return _straight_on(radius_px, self.knots_px, self.knots_turns)

    def radius_px(self, turns: np.ndarray) -> np.ndarray:
        """Radii in px within which so many turns lie, of their shape."""
        if self.is_even:
            return np.asarray(turns) * self.knots_px[1]
        return _straight_on(turns, self.knots_turns, self.knots_px)


def _straight_on(at: np.ndarray, known: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Linear interpolation that goes straight on beyond both ends."""
    at = np.asarray(at, float)
    first, last = ((value[k + 1] - value[k]) / (known[k + 1] - known[k]) for k in (0, -2))
    inside = np.interp(at, known, value)
    return inside + first * np.minimum(at - known[0], 0) + last * np.maximum(at - known[-1], 0)


def feed_phase_rad(
    square: np.ndarray, power: np.ndarray, least_rad: float = UNEVEN_RAD
) -> np.ndarray:
    """Phase by which the turns run ahead of an even pitch at each column, alike all round.

    A step of the square is known up to half a turn: from two thirds of the pitch to twice as much.

    Parameters
    ----------
    square, power : ndarray, shape (sectors, radii)
        The squared fringe, demodulated at one pitch, and its power.
    least_rad : float
        Where no step from column to column is larger, the feed counts as even.

    Returns
    -------
    ndarray of float64, shape (radii,)
        From zero on; zeros where the feed counts as even.
    """
    # Columns step together whose cells agree so well, between those that are so strong, but not
    # where the window reaches beyond these, so many columns; turns that lie close are fainter.
    # Arbitrary.
    agreeing, strong_percent, beyond = 0.25, 90, 1
    strong_share = 0.1 if least_rad else 0.02
    step = square[:, 1:] * np.conj(square[:, :-1])
    mean = step.sum(axis=0)
    strength = power.mean(axis=0)
    strong = strength > strong_share * np.percentile(strength, strong_percent)
    inside = _largest_run(ndimage.binary_erosion(strong, np.ones(2 * beyond + 1)), strength)
    known = np.abs(mean) > agreeing * np.abs(step).sum(axis=0)
    step_rad = np.where(known & inside[1:] & inside[:-1], np.angle(mean), 0.0) / 2
    # A single large step is noise.
    if not ndimage.binary_opening(np.abs(step_rad) > least_rad, np.ones(2)).any():
        return np.zeros(len(strength))
    return np.r_[0.0, np.cumsum(step_rad)]


def _largest_run(inside: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """Of several bands the one with most power: beside the groove there may be an edge."""
    label, count = ndimage.label(inside)
    if count < 2:
        return inside
    return label == 1 + int(np.argmax(ndimage.sum(strength, label, np.arange(1, count + 1))))
