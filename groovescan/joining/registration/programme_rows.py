"""The recorded programme, as an arc shows it: made ready to be recognised in another photograph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from scipy import ndimage

from groovescan.joining.registration.arcs import Arc

#: What is slower than so many waves per turn is the map's; what lies further than so many
#: deviations from it is cut off, so that a loud moment does not decide alone.
_WAVES_PER_TURN, _LOUDEST = 64, 2.5
#: So many turns tell what is common to all of them: the grid of the pixels, and not the sound.
_COMMON_TURNS = 3
#: The spectrum is smoothed over this share of it; the noise is its least from a quarter up.
_SPECTRUM_SHARE = 1 / 128


@dataclass(frozen=True, kw_only=True, eq=False)
class ProgrammeRows:
    """The recording along the turns of an arc.

    Attributes
    ----------
    sound : ndarray of float32, shape (turns, columns)
        Displacement, filtered so that what is known best counts most (Wiener, whitened; Knapp and
        Carter 1976); zero where nothing is known.
    known : ndarray of float32, shape (turns, columns)
        One where it is known, else zero.
    first_rad, step_rad : float
        Angle of the first column, and from one to the next.
    share : float
        Share of its power that is no noise, 0 to 1.
    """

    sound: np.ndarray
    known: np.ndarray
    first_rad: float
    step_rad: float
    share: float

    def mirrored(self) -> ProgrammeRows:
        """The same with angles counted the other way round."""
        last = self.first_rad + (self.sound.shape[1] - 1) * self.step_rad
        return replace(self, sound=self.sound[:, ::-1], known=self.known[:, ::-1], first_rad=-last)


class Programmes:
    """The recordings of arcs, each filtered once and laid once on each grid that is asked for.

    Parameters
    ----------
    arcs : sequence of Arc
        The arcs of all photographs.
    """

    def __init__(self, arcs: Sequence[Arc]) -> None:
        self._arcs = arcs
        self._heard = cache(lambda index: _heard(arcs[index]))
        self._rows = cache(self._laid)

    def pair(self, one: int, other: int) -> tuple[ProgrammeRows, ProgrammeRows]:
        """The recordings of two arcs on one grid, at least as fine as the finer arc."""
        step = _grid_step(min(self._arcs[one].step_rad, self._arcs[other].step_rad))
        return self._rows(one, step), self._rows(other, step)

    def _laid(self, index: int, step_rad: float) -> ProgrammeRows:
        return _on_grid(self._arcs[index], *self._heard(index), step_rad)


def _grid_step(step_rad: float) -> float:
    """The next smaller of a few steps, so that arcs of much the same step share a grid."""
    # Steps that are a fifth apart lay out a tenth more samples than it takes, on average.
    ratio = 1.2
    return float(ratio ** np.floor(np.log(step_rad) / np.log(ratio)))


def _heard(arc: Arc) -> tuple[np.ndarray, float]:
    """The sound of an arc at its own samples, filtered, and the share of it that is no noise."""
    known = arc.known
    sound = np.where(known, arc.displacement_px / arc.pitch_px, 0.0)
    sound = without_slow(sound, known, arc.step_rad)
    count = known.sum(axis=0)
    common = np.where(count > _COMMON_TURNS, sound.sum(axis=0) / np.maximum(count, 1), 0.0)
    return _whitened(np.where(known, sound - common, 0.0), known)


def _on_grid(arc: Arc, sound: np.ndarray, share: float, step_rad: float) -> ProgrammeRows:
    columns = int((arc.angle_rad[-1] - arc.angle_rad[0]) / step_rad) + 1
    at = np.arange(columns) * (step_rad / arc.step_rad)
    before = np.floor(at).astype(int)
    sound = _between(sound, before, (at - before).astype(np.float32))
    there = arc.known[:, before] & arc.known[:, np.minimum(before + 1, len(arc.angle_rad) - 1)]
    spread = float(np.sqrt(np.mean(sound[there] ** 2))) if there.any() else 1.0
    sound = np.where(there, np.clip(sound, -_LOUDEST * spread, _LOUDEST * spread), np.float32(0))
    return ProgrammeRows(
        sound=sound,
        known=there.astype(np.float32),
        first_rad=float(arc.angle_rad[0]),
        step_rad=step_rad,
        share=share,
    )


def _between(values: np.ndarray, before: np.ndarray, part: np.ndarray) -> np.ndarray:
    """Values between columns, by cubic splines through all of them."""
    coefficients = ndimage.spline_filter1d(values, order=3, axis=1, mode="nearest")
    padded = np.pad(coefficients.astype(np.float32), ((0, 0), (1, 2)), mode="edge")
    left = 1 - part
    weights = (
        left**3 / 6,
        (4 - 6 * part**2 + 3 * part**3) / 6,
        (4 - 6 * left**2 + 3 * left**3) / 6,
        part**3 / 6,
    )
    return np.asarray(sum(padded[:, before + k] * weight for k, weight in enumerate(weights)))


def without_slow(values: np.ndarray, known: np.ndarray, step_rad: float) -> np.ndarray:
    """The values without what is slow."""
    sigma = 2 * np.pi / _WAVES_PER_TURN / step_rad / 2.5
    slow, share = (
        ndimage.gaussian_filter1d(each, sigma, axis=1, mode="constant")
        for each in (values, known * 1.0)
    )
    return np.where(known, values - slow / (share + 1e-6), 0.0)


def _whitened(sound: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, float]:
    """The sound weighted by frequency, and the share of it that is no noise."""
    turns = known.any(axis=1)
    if not turns.any():
        return sound, 0.0
    power = (np.abs(np.fft.rfft(sound[turns], axis=1)) ** 2).sum(axis=0) / known[turns].sum()
    width = max(2.0, len(power) * _SPECTRUM_SHARE)
    power = ndimage.gaussian_filter1d(power, width, mode="nearest") + 1e-30
    programme = np.maximum(power - power[len(power) // 4 :].min(), 0.0)
    gain = np.sqrt(programme) / power
    filtered = np.fft.irfft(np.fft.rfft(sound, axis=1) * gain, sound.shape[1], axis=1)
    share = float((gain**2 * programme).sum() / ((gain**2 * power).sum() + 1e-30))
    return filtered, share
