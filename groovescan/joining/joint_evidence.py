"""Readings of each row by all photographs together, and where they contradict one another."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from groovescan.joining.joint_photograph import JointPhotograph

#: What photographs differ by in slow displacement is averaged over such parts of a turn, and turns;
#: so much variance, in px, tells that there is none.
_SLOW_PARTS, _SLOW_SPREAD, _NO_DIFFERENCE_PX = 64, (2.0, 1.0), 0.05


@dataclass(frozen=True, kw_only=True)
class RowReadings:
    """Readings of the rows by one photograph, in px of the disc."""

    displacement_px: np.ndarray
    error_px: np.ndarray
    contrast: np.ndarray


def fused(
    parts: dict[int, JointPhotograph], told: dict[int, RowReadings], count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Weighted by the inverse of their variances: the sum of the photographs' equations.

    Parameters
    ----------
    parts, told : dict of int to JointPhotograph, and to RowReadings
        The photographs, and what each tells of the rows that it shows.
    count : int
        Rows of the groove.
    """
    weight, moment = np.zeros(count), np.zeros(count)
    for number, each in told.items():
        rows, certain = parts[number].groove_rows, 1 / each.error_px**2
        weight[rows] += certain
        moment[rows] += np.where(certain > 0, each.displacement_px, 0.0) * certain
    known = weight > 0
    weight = np.where(known, weight, 1.0)
    return np.where(known, moment / weight, 0.0), np.where(known, 1 / np.sqrt(weight), np.inf)


def clearest_contrast(
    parts: dict[int, JointPhotograph],
    told: dict[int, RowReadings],
    weights: dict[int, np.ndarray],
    count: int,
) -> np.ndarray:
    """Contrast of each row in the photograph that tells most of it; float32, shape (count,)."""
    most, contrast = np.full(count, -1.0), np.zeros(count, np.float32)
    for number, each in told.items():
        rows = parts[number].groove_rows
        clearer = weights[number] > most[rows]
        most[rows] = np.where(clearer, weights[number], most[rows])
        contrast[rows] = np.where(clearer, each.contrast, contrast[rows])
    return contrast


def with_slow_differences(
    parts: dict[int, JointPhotograph],
    told: dict[int, RowReadings],
    mean: np.ndarray,
    error: np.ndarray,
) -> dict[int, JointPhotograph]:
    """The photographs with what each shows displaced more than all, slowly."""
    found = {}
    for number, part in parts.items():
        each, rows = told[number], part.groove_rows
        shared = np.isfinite(each.error_px) & (error[rows] < 0.9 * each.error_px)
        apart = np.where(shared, each.displacement_px - mean[rows], 0.0)
        certain = np.where(shared, 1 / each.error_px**2, 0.0)
        slow = slow_part(apart, certain, part.grid.samples_per_turn, part.grid.turn_share)
        moved = part.apart_px.copy()
        moved[part.grid.groove] += slow.astype(np.float32)
        found[number] = replace(part, apart_px=moved)
    return found


def slow_part(
    values: np.ndarray, certain: np.ndarray, per_turn: int, turn_share: float = 1.0
) -> np.ndarray:
    """Slow part of values, the same on turns that lie side by side; nothing where little tells.

    Where rows are a share of a turn, they are fewer parts: a power of two, which divides them.
    """
    parts = 1 << int(np.log2(max(_SLOW_PARTS * turn_share, 1)))
    size = per_turn // parts
    count = -(-len(values) // (size * parts)) * parts
    padded = np.zeros((2, count * size))
    padded[0, : len(values)], padded[1, : len(values)] = values * certain, certain
    sums = padded.reshape(2, -1, parts, size).sum(axis=3)
    moment, weight = (ndimage.gaussian_filter(each, _SLOW_SPREAD, mode="nearest") for each in sums)
    slow = moment / (weight + 1 / _NO_DIFFERENCE_PX**2)
    at = (np.arange(len(values)) + 0.5) / size - 0.5
    return np.interp(at, np.arange(count), slow.ravel())


def fused_halves(
    parts: dict[int, JointPhotograph],
    weights: dict[int, np.ndarray],
    half: dict[int, np.ndarray],
    count: int,
) -> np.ndarray:
    """A sample of the errors of the whole from those of its parts."""
    every, known, sums = np.zeros(count), np.zeros(count), np.zeros(count)
    for number, weight in weights.items():
        rows = parts[number].groove_rows
        every[rows] += weight
        known[rows] += np.where(np.isfinite(half[number]), weight, 0.0)
        sums[rows] += weight * np.nan_to_num(half[number])
    use = known > 0.05 * every
    scale = np.sqrt(np.where(use, known, 1.0) * np.where(use, every, 1.0))
    return np.where(use, sums / scale, np.nan).astype(np.float32)


def contradicting_turns_of(
    parts: dict[int, JointPhotograph],
    told: dict[int, RowReadings],
    mean: np.ndarray,
    error: np.ndarray,
    per_turn: int,
) -> np.ndarray:
    """Stretches in which photographs differ by more than their errors."""
    # Photographs contradict one another where what they read of a part of a turn differs by so many
    # times its errors, rms.
    contradicts = 3.0
    size = per_turn // _SLOW_PARTS
    count = len(mean) // size
    square, number = np.zeros(len(mean)), np.zeros(len(mean))
    for of_photograph, each in told.items():
        rows = parts[of_photograph].groove_rows
        shared = np.isfinite(each.error_px) & (error[rows] < 0.9 * each.error_px)
        # of each the others' mean is apart by more than by that of all
        variance = np.where(
            shared, np.where(shared, each.error_px, 0) ** 2 - np.where(shared, error[rows], 0) ** 2,
            1.0,
        )  # fmt: skip
        apart = np.where(shared, (each.displacement_px - mean[rows]) ** 2 / variance, 0.0)
        square[rows] += np.minimum(apart, 100.0)
        number[rows] += shared
    square, number = (
        each[: count * size].reshape(count, size).sum(axis=1) for each in (square, number)
    )
    bad = (number > size / 2) & (square > contradicts**2 * number)
    edges = np.flatnonzero(np.diff(np.r_[0, bad.astype(int), 0]))
    return edges.reshape(-1, 2) / _SLOW_PARTS
