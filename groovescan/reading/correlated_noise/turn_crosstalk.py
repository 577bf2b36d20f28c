r"""What noise reduction mixed into each turn of the turns beside it, told and taken out.

Non-local means replaces a pixel by a mean of others whose surroundings look like its own: along
the groove, and on the turns beside it, too. Each turn then shows a little of its neighbours'
displacement,

.. math:: y_n = g (x_n + r (x_{n-1} + x_{n+1})),

noise and all, where r depends on the frequency. Sounds on neighbouring turns have nothing in
common at the same angle: what readings of them share there is r, twice.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy import fft

from groovescan.reading.correlated_noise.error_spectrum import frames, window
from groovescan.wiener.coloured_errors import filtered


def without_crosstalk(
    displacement: np.ndarray, error: np.ndarray, samples_per_turn: int, step_px: float
) -> tuple[np.ndarray, bool]:
    """The displacement without what it has of that of the turns beside it.

    Parameters
    ----------
    displacement : ndarray of float64, shape (samples,)
        As it was read, in px.
    error : ndarray of float32, shape (samples,)
        Standard errors; infinite where a sample is missing.
    samples_per_turn : int
        Samples per turn.
    step_px : float
        Distance between samples, in px.

    Returns
    -------
    ndarray of float64, shape (samples,)
        As given where no share can be told from chance.
    bool
        Whether one could be.
    """
    known = np.isfinite(error)
    values = np.where(known, displacement, 0).astype(float)
    share = crosstalk(values, known, samples_per_turn, step_px)
    if not share.any():
        return displacement, False
    alone = values
    # A share of some hundredths, squared, is next to nothing: twice is enough.
    for _ in range(2):
        beside = np.zeros_like(values)
        beside[samples_per_turn:] += alone[:-samples_per_turn]
        beside[:-samples_per_turn] += alone[samples_per_turn:]
        alone = values - filtered(beside, share)
    return np.where(known, alone, displacement), True


def crosstalk(
    values: np.ndarray, known: np.ndarray, samples_per_turn: int, step_px: float
) -> np.ndarray:
    """Share of the turns on either side in each turn, by frequency.

    Parameters
    ----------
    values : ndarray of float64, shape (samples,)
        Displacement, zero where it is missing.
    known : ndarray of bool, shape (samples,)
        Where it is not.
    samples_per_turn, step_px
        As for `without_crosstalk`.

    Returns
    -------
    ndarray of float64, shape (257,)
        At frequencies from zero to half a cycle per sample, 0 to 0.2; all zero where what turns
        share is not clearer than what turns share that lie two and three apart.
    """
    # Octaves of wavelengths in which the share is told, in px: longer ones are hum and film,
    # shorter ones were taken out.
    octaves_px = np.array([64.0, 32.0, 16.0, 8.0, 4.0])
    # Between these the share must be clear: so much, in each of them half of it, and so many times
    # what chance gives. Turns within one another share 0.5; non-local means shared 0.04 to 0.16.
    judged = slice(1, 3)
    least, clear, most = 0.03, 4.0, 0.2
    # So much of that at most may be in the turn beyond: 0.06 after noise reduction, and 0.9 of
    # what a pattern of rings left.
    most_beyond = 0.5
    # Most discs have none, which a part of the stretches shows: chance gives 0.01 in so many.
    few = 2000
    place = np.arange(len(window()) // 2 + 1) / len(window())
    bands = [
        (place >= step_px / longest) & (place < step_px / shortest)
        for longest, shortest in pairwise(octaves_px)
    ]
    if not all(band.any() for band in bands):
        return np.zeros(1)
    told = _in_bands(_shared(values, known, samples_per_turn, most=few), bands)
    if not told[judged].mean() > least / 2:
        return np.zeros(1)
    told = _in_bands(_shared(values, known, samples_per_turn), bands)
    usual = told[judged].mean()
    if told[judged].min() < least / 2 or not least < usual < most:
        return np.zeros(1)
    # What a turn has of the next but one it has through the next, which is little; what lies on the
    # film over several turns is in both alike.
    second, third = (_shared(values, known, apart * samples_per_turn) for apart in (2, 3))
    if second is None or third is None:
        return np.zeros(1)
    beyond = max(abs(float(np.median(second[band]))) for band in bands)
    if beyond > most_beyond * usual:
        return np.zeros(1)
    chance = float(np.sqrt(np.mean([np.median(third[band]) ** 2 for band in bands])))
    if usual < clear * chance:
        return np.zeros(1)
    # Nothing is known of longer waves, and nothing taken out of them: a hum is a clock.
    centre = step_px / np.append(octaves_px[0], np.sqrt(octaves_px[1:] * octaves_px[:-1]))
    share = np.append(0.0, np.clip(told, 0, most))
    return np.interp(np.log(place + 1e-9), np.log(centre), share)


def _in_bands(shared: np.ndarray | None, bands: list[np.ndarray]) -> np.ndarray:
    """Median in each band; zeros where nothing is known."""
    if shared is None:
        return np.zeros(len(bands))
    return np.array([np.median(shared[band]) for band in bands])


def _shared(
    values: np.ndarray, known: np.ndarray, apart: int, *, most: int | None = None
) -> np.ndarray | None:
    """Half of what samples so far apart have in common, by frequency: of the real coherence.

    Told from all stretches, or from some `most` of them that are evenly spread; None where too few
    pairs are known.
    """
    # Missing pairs, which are zero, take at most a tenth; of 40 frames chance shares 0.08.
    least_known, fewest = 0.9, 40
    if len(values) < apart + 2 * len(window()):
        return None
    pairs = frames(known[:-apart] & known[apart:])
    every = 1 if most is None else max(1, len(pairs) // most)
    enough = pairs[::every].mean(axis=1) > least_known
    if enough.sum() < fewest:
        return None
    one, other = (
        fft.rfft(frames(part)[::every][enough] * window(), axis=1)
        for part in (values[:-apart], values[apart:])
    )
    whole = np.sqrt(np.sum(np.abs(one) ** 2, axis=0) * np.sum(np.abs(other) ** 2, axis=0))
    return np.asarray(np.sum((one.conj() * other).real, axis=0) / (2 * whole + 1e-30))
