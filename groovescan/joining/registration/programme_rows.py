"""The recorded programme, as an arc shows it: made ready to be recognised in another photograph."""

from __future__ import annotations

from dataclasses import dataclass

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
    sound : ndarray of float64, shape (turns, columns)
        Displacement, filtered so that what is known best counts most (Wiener, whitened; Knapp and
        Carter 1976); zero where nothing is known.
    known : ndarray of float64, shape (turns, columns)
        One where it is known, else zero.
    first_rad, step_rad : float
        Angle of the first column, and from one to the next; mirrored, angles are counted the other
        way round.
    share : float
        Share of its power that is no noise, 0 to 1.
    """

    sound: np.ndarray
    known: np.ndarray
    first_rad: float
    step_rad: float
    share: float


def programme_rows(arc: Arc, step_rad: float, *, mirrored: bool) -> ProgrammeRows:
    """The recording of an arc on a grid of angles.

    Parameters
    ----------
    arc : Arc
        The arc.
    step_rad : float
        Step of the grid.
    mirrored : bool
        Whether angles are counted the other way round.
    """
    known = arc.known
    sound = np.where(known, arc.displacement_px / arc.pitch_px, 0.0)
    sound = without_slow(sound, known, arc.step_rad)
    count = known.sum(axis=0)
    common = np.where(count > _COMMON_TURNS, sound.sum(axis=0) / np.maximum(count, 1), 0.0)
    sound, share = _whitened(np.where(known, sound - common, 0.0), known)
    columns = int((arc.angle_rad[-1] - arc.angle_rad[0]) / step_rad) + 1
    at = np.arange(columns) * (step_rad / arc.step_rad)
    place = np.broadcast_arrays(np.arange(len(known), dtype=float)[:, None], at)
    sound = ndimage.map_coordinates(sound, place, order=3, mode="nearest")
    there = ndimage.map_coordinates(known * 1.0, place, order=1, mode="constant") > 0.99
    spread = float(np.sqrt(np.mean(sound[there] ** 2))) if there.any() else 1.0
    sound = np.where(there, np.clip(sound, -_LOUDEST * spread, _LOUDEST * spread), 0.0)
    first = float(arc.angle_rad[0])
    if mirrored:
        first = -(first + (columns - 1) * step_rad)
        sound, there = sound[:, ::-1], there[:, ::-1]
    return ProgrammeRows(
        sound=sound, known=there * 1.0, first_rad=first, step_rad=step_rad, share=share
    )


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
