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


def fused(told: dict[int, RowReadings]) -> tuple[np.ndarray, np.ndarray]:
    """Weighted by the inverse of their variances: the sum of the photographs' equations."""
    weight = sum(1 / each.error_px**2 for each in told.values())
    moment = sum(_weighted(each) for each in told.values())
    known = np.asarray(weight) > 0
    mean = np.where(known, moment / np.where(known, weight, 1.0), 0.0)
    return mean, np.where(known, 1 / np.sqrt(np.where(known, weight, 1.0)), np.inf)


def _weighted(each: RowReadings) -> np.ndarray:
    known = np.isfinite(each.error_px)
    return np.where(known, each.displacement_px, 0.0) / each.error_px**2


def with_slow_differences(
    parts: dict[int, JointPhotograph],
    told: dict[int, RowReadings],
    mean: np.ndarray,
    error: np.ndarray,
) -> dict[int, JointPhotograph]:
    """The photographs with what each shows displaced more than all, slowly."""
    found = {}
    for number, part in parts.items():
        each = told[number]
        shared = np.isfinite(each.error_px) & (error < 0.9 * each.error_px)
        apart = np.where(shared, each.displacement_px - mean, 0.0)
        certain = np.where(shared, 1 / each.error_px**2, 0.0)
        slow = slow_part(apart, certain, part.grid.samples_per_turn)
        moved = part.apart_px.copy()
        moved[part.grid.groove] += slow.astype(np.float32)
        found[number] = replace(part, apart_px=moved)
    return found


def slow_part(values: np.ndarray, certain: np.ndarray, per_turn: int) -> np.ndarray:
    """Slow part of values, the same on turns that lie side by side; nothing where little tells."""
    size = per_turn // _SLOW_PARTS
    count = -(-len(values) // (size * _SLOW_PARTS)) * _SLOW_PARTS
    padded = np.zeros((2, count * size))
    padded[0, : len(values)], padded[1, : len(values)] = values * certain, certain
    sums = padded.reshape(2, -1, _SLOW_PARTS, size).sum(axis=3)
    moment, weight = (ndimage.gaussian_filter(each, _SLOW_SPREAD, mode="nearest") for each in sums)
    slow = moment / (weight + 1 / _NO_DIFFERENCE_PX**2)
    at = (np.arange(len(values)) + 0.5) / size - 0.5
    return np.interp(at, np.arange(count), slow.ravel())


def fused_halves(weights: dict[int, np.ndarray], half: dict[int, np.ndarray]) -> np.ndarray:
    """A sample of the errors of the whole from those of its parts."""
    every = sum(weights.values())
    told = {k: np.where(np.isfinite(half[k]), w, 0.0) for k, w in weights.items()}
    known = np.asarray(sum(told.values()))
    sums = np.asarray(sum(w * np.nan_to_num(half[k]) for k, w in told.items()))
    use = known > 0.05 * np.asarray(every)
    scale = np.sqrt(np.where(use, known, 1.0) * np.where(use, every, 1.0))
    return np.where(use, sums / scale, np.nan).astype(np.float32)


def contradicting_turns_of(
    told: dict[int, RowReadings], mean: np.ndarray, error: np.ndarray, per_turn: int
) -> np.ndarray:
    """Stretches in which photographs differ by more than their errors."""
    # Photographs contradict one another where what they read of a part of a turn differs by so many
    # times its errors, rms.
    contradicts = 3.0
    size = per_turn // _SLOW_PARTS
    count = len(mean) // size
    square, number = np.zeros(count), np.zeros(count)
    for each in told.values():
        shared = np.isfinite(each.error_px) & (error < 0.9 * each.error_px)
        # of each the others' mean is apart by more than by that of all
        variance = np.where(
            shared, np.where(shared, each.error_px, 0) ** 2 - np.where(shared, error, 0) ** 2, 1.0
        )
        apart = np.where(shared, (each.displacement_px - mean) ** 2 / variance, 0.0)
        square += np.minimum(apart, 100.0)[: count * size].reshape(count, size).sum(axis=1)
        number += shared[: count * size].reshape(count, size).sum(axis=1)
    bad = (number > size / 2) & (square > contradicts**2 * number)
    edges = np.flatnonzero(np.diff(np.r_[0, bad.astype(int), 0]))
    return edges.reshape(-1, 2) / _SLOW_PARTS
