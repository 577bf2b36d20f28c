"""The groove's profile: learnt from the disc itself, as a spline across the groove.

Turns lie so close that the light of one falls on the next. The profile is therefore learnt
as that of a single groove, of which the strip shows three: itself and its neighbours, each at
its own place. Of all profiles that explain the strip the compact one is taken, which decides
between a groove and the land between two grooves.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.interpolate import BSpline

# Nothing is interpolated between steps: coarser ones are heard in photographs without noise.
_STEPS_PER_PX = 256
#: A profile ends at this share of a pitch to either side, unless a wider one explains more.
REACH_PITCHES = 0.5


@dataclass(frozen=True, kw_only=True)
class Template:
    """Profile of a single groove of contrast one.

    Attributes
    ----------
    value, slope : ndarray of float32, shape (n,)
        The profile and its derivative (per px) on a fine grid from `-reach_px` to
        `reach_px`, with one zero before and after it.
    reach_px : float
        Half width of the profile.
    """

    value: np.ndarray
    slope: np.ndarray
    reach_px: float

    @property
    def steps_per_px(self) -> int:
        """Steps of the tables."""
        return _STEPS_PER_PX

    @property
    def half_width_px(self) -> float:
        """Mean distance of the profile's flanks from its middle, weighted by their power."""
        place = np.linspace(-1, 1, len(self.slope)) * (self.reach_px + 1 / _STEPS_PER_PX)
        power = self.slope.astype(float) ** 2
        return float((power * np.abs(place)).sum() / (power.sum() + 1e-20)) or 1.0

    def index(self, offset_px: np.ndarray) -> np.ndarray:
        """Where offsets from the groove's middle lie in the tables."""
        place = (offset_px + np.float32(self.reach_px)) * np.float32(_STEPS_PER_PX)
        place = np.clip(place + np.float32(1.5), 0, len(self.value) - 1)
        return place.astype(np.intp)


def grid(reach_px: float) -> np.ndarray:
    """Offsets of the tables, without the zeros at their ends, in px."""
    return np.arange(-int(reach_px * _STEPS_PER_PX), int(reach_px * _STEPS_PER_PX) + 1) / (
        _STEPS_PER_PX
    )


@lru_cache(maxsize=8)
def spline_basis(reach_px: float, knot_px: float) -> np.ndarray:
    """Cubic B-splines that vanish, with their slope, at both ends, on the tables' grid.

    Returns
    -------
    ndarray of float32, shape (grid + 2, splines)
        With a row of zeros before and after the grid. Not to be written to.
    """
    x = grid(reach_px)
    knots = np.linspace(x[0], x[-1], max(int(np.ceil(2 * reach_px / knot_px)), 6) + 1)
    knots = np.r_[[x[0]] * 3, knots, [x[-1]] * 3]
    inside = np.clip(x, x[0], x[-1] - 1e-9)
    basis = BSpline.design_matrix(inside, knots, 3).toarray()[:, 2:-2]
    basis = np.pad(basis, ((1, 1), (0, 0))).astype(np.float32)
    basis.flags.writeable = False
    return basis


def solve_splines(
    normal: np.ndarray, right_hand: np.ndarray, reach_px: float, pitch_px: float
) -> np.ndarray:
    """Weights of the splines that solve their normal equations, compact and smooth.

    Parameters
    ----------
    normal : ndarray, shape (splines, splines)
    right_hand : ndarray, shape (splines,)
    reach_px, pitch_px : float
        Half width of the profile and distance between turns, in px.
    """
    # Half widths beyond this share of the pitch belong to the groove beside it: there the profile
    # is drawn to zero, by the eighth power of the distance. Flat (docs/method.md, constants).
    free_pitches = 0.6
    count = len(right_hand)
    place = np.linspace(-reach_px, reach_px, count) / (free_pitches * pitch_px)
    bend = np.diff(np.eye(count), 2, axis=0)
    scale = np.trace(normal) / count
    prior = 1e-5 * np.diag(0.01 + place**8) + 1e-5 * bend.T @ bend
    return np.linalg.solve(normal + scale * prior, right_hand)


def normalised(value: np.ndarray, reach_px: float) -> tuple[Template, float]:
    """A template whose highest peak is plus one, and the value that its peak had."""
    peak = float(value[np.abs(value).argmax()]) or 1.0
    value = value / peak
    slope = np.gradient(value, 1 / _STEPS_PER_PX)
    template = Template(
        value=value.astype(np.float32), slope=slope.astype(np.float32), reach_px=grid(reach_px)[-1]
    )
    return template, peak


def centred(template: Template) -> tuple[Template, float]:
    """The template moved so that the middle of its energy lies at zero, and by how much, px."""
    place = np.arange(len(template.value))
    energy = template.value.astype(float) ** 2
    middle = float((energy * place).sum() / (energy.sum() + 1e-20))
    moved = np.interp(place + middle - place.mean(), place, template.value)
    return normalised(moved, template.reach_px)[0], (middle - place.mean()) / _STEPS_PER_PX


def empty(reach_px: float) -> Template:
    """A template of nothing, of a given reach."""
    zero = np.zeros(len(grid(reach_px)) + 2, np.float32)
    return Template(value=zero, slope=zero, reach_px=grid(reach_px)[-1])
