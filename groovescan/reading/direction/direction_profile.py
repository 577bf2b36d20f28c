"""The groove's profile as a function of the direction in which the groove runs.

Under a distant lamp the light of a wall depends on how it faces the lamp and the camera, that is,
on the direction of the groove in the plane of the disc. That is the azimuth of the place, less the
angle by which the sound turns the groove: one function of two variables says how the profile
changes round the disc and how it changes with the slope of the displacement.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groovescan.profile.template import Template, grid, spline_basis

#: Directions in a table, all round: from one to the next no profile changes by much.
DIRECTIONS = 256
STEPS_PER_PX = 256


def harmonics_of(angle_rad: np.ndarray, count: int) -> np.ndarray:
    """One, cosines and sines of the first harmonics; shape (..., 2 count + 1), float32."""
    turns = angle_rad[..., None] * np.arange(1, count + 1)
    parts = [np.ones((*angle_rad.shape, 1)), np.cos(turns), np.sin(turns)]
    return np.concatenate(parts, axis=-1).astype(np.float32)


@dataclass(frozen=True, kw_only=True)
class DirectionProfile:
    """Profile of a groove of contrast one in each direction.

    Attributes
    ----------
    value, by_offset, by_direction : ndarray of float32, shape (directions, n)
        Tables of the profile and its derivatives, per px and per radian.
    reach_px : float
        Half width of the profile.
    """

    value: np.ndarray
    by_offset: np.ndarray
    by_direction: np.ndarray
    reach_px: float

    def place(self, offset_px: np.ndarray) -> np.ndarray:
        """Columns of the tables at offsets from the groove's middle."""
        at = (offset_px + np.float32(self.reach_px)) * np.float32(STEPS_PER_PX) + np.float32(1.5)
        return np.clip(at, 0, self.value.shape[1] - 1).astype(np.intp)


def direction_index(direction_rad: np.ndarray) -> np.ndarray:
    """TurnedRows of the tables."""
    return np.rint(direction_rad * (DIRECTIONS / (2 * np.pi))).astype(np.intp) % DIRECTIONS


def profile_of(weights: np.ndarray, reach_px: float, knot_px: float) -> DirectionProfile:
    """The profile with these weights.

    Parameters
    ----------
    weights : ndarray of float32, shape (splines, 2 harmonics + 1)
        Of the splines across the groove, times `harmonics_of` the direction.
    reach_px, knot_px : float
        Half width of the profile, and distance of the splines' knots.
    """
    basis = spline_basis(reach_px, knot_px)
    count = (weights.shape[1] - 1) // 2
    angle = np.arange(DIRECTIONS) * (2 * np.pi / DIRECTIONS)
    around = harmonics_of(angle, count)
    order = np.arange(1, count + 1, dtype=np.float32)
    turned = np.zeros_like(around)
    turned[:, 1 : count + 1] = -order * around[:, count + 1 :]
    turned[:, count + 1 :] = order * around[:, 1 : count + 1]
    across = (basis @ weights).T
    value = around @ across
    return DirectionProfile(
        value=value,
        by_offset=np.gradient(value, 1 / STEPS_PER_PX, axis=1).astype(np.float32),
        by_direction=turned @ across,
        reach_px=grid(reach_px)[-1],
    )


def empty_profile(reach_px: float) -> DirectionProfile:
    """A profile of nothing, of a given reach."""
    nothing = np.broadcast_to(np.float32(0), (DIRECTIONS, len(grid(reach_px)) + 2))
    return DirectionProfile(
        value=nothing, by_offset=nothing, by_direction=nothing, reach_px=grid(reach_px)[-1]
    )


def same_in_all_directions(template: Template) -> DirectionProfile:
    """A profile that does not depend on the direction."""
    shape = (DIRECTIONS, len(template.value))
    return DirectionProfile(
        value=np.broadcast_to(template.value, shape),
        by_offset=np.broadcast_to(template.slope, shape),
        by_direction=np.broadcast_to(np.float32(0), shape),
        reach_px=template.reach_px,
    )
