"""Whether the two lines that are seen in each turn move with one sound or with two.

The walls of one groove look like two lines from turn to turn, and so do two grooves that lie within
one another and are followed at the distance of every second line. Their picture does not tell them
apart, their sound does: walls move together (apart where the groove is cut hill-and-dale), two
grooves each by themselves. So both lines are read by themselves, and their spectra are compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groovescan.core.results import GrooveMap, Photograph, Strip
from groovescan.strip.straighten import lay_straight, rows_in_runs

#: Rows of a run, some 0.05 s long, whose mean is the lines' profile, and runs in each turn.
_RUN_ROWS, _RUNS = 256, 6
#: Cycles per run of a sound, and of what is noise for the most part; finer ones suffer from laying
#: the rows straight.
_SOUND_CYCLES = slice(3, 24)
_NOISE_CYCLES = slice(_RUN_ROWS // 8, _RUN_ROWS // 4)


@dataclass(frozen=True, kw_only=True)
class LinePair:
    """Two lines in each turn.

    Attributes
    ----------
    evenness : float
        Power of what repeats twice in a turn over that of what repeats once; 0 for one thin line,
        and the larger the more alike the two halves of a turn look.
    shared : float
        Correlation of the displacement of the two lines, without their noise, -1 to 1.
    signal_to_noise : float
        Power of the fainter one's displacement over its noise.
    second : float
        What the fainter of two whole lines tells of its displacement over what the stronger does,
        0 to 1: next to nothing where there is but one line, whose flanks look like two.
    """

    evenness: float
    shared: float
    signal_to_noise: float
    second: float


def line_pair(photo: Photograph, groove_map: GrooveMap) -> LinePair | None:
    """Read the two lines of each turn by themselves.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    groove_map : GrooveMap
        Where the turns run, to within a part of the pitch.

    Returns
    -------
    LinePair or None
        None where no run of rows lies in the photograph.
    """
    # So many turns at least, evenly spread, tell as well as all; arbitrary.
    turns = 60
    every = max(1, int(groove_map.turns) // turns)
    strip = lay_straight(
        photo,
        groove_map,
        reach_pitches=0.75,
        across_px=0.5,
        rows=rows_in_runs(groove_map, 1.0, _RUN_ROWS, _RUNS, every=every),
    )
    inside = np.all(strip.in_photograph.reshape(-1, _RUN_ROWS), axis=1)
    if not inside.any():
        return None
    runs = strip.luminance.reshape(len(inside), _RUN_ROWS, -1)[inside].astype(float)
    runs -= runs.mean(axis=2, keepdims=True)
    pitch_px = _pitch_px(strip)[inside]
    profile = runs.mean(axis=1)
    once, twice = _harmonics(profile, strip.offset_px, pitch_px)
    # Whether lines are dark or bright is not known, so both are tried. Where they are thin and
    # even, the land between two grooves moves by half of what both do: this errs to one groove.
    middle = -np.angle(twice) / (4 * np.pi) + np.array([[0.0], [0.25]])
    pairs = [_moved_together(runs, profile, strip.offset_px, each, pitch_px) for each in middle]
    shared, signal_to_noise = max(pairs, key=lambda pair: abs(pair[0]))
    return LinePair(
        evenness=float(np.median(np.abs(twice) ** 2 / (np.abs(once) ** 2 + 1e-20))),
        shared=shared,
        signal_to_noise=signal_to_noise,
        second=min(_whole_lines(profile, strip.offset_px, each, pitch_px) for each in middle)[1],
    )


def _pitch_px(strip: Strip) -> np.ndarray:
    """Mean distance of the turns beside each run."""
    apart = np.abs(np.diff(strip.spacing_px, axis=1))[:, 0] / 2
    return apart.reshape(-1, _RUN_ROWS).mean(axis=1)


def _harmonics(
    profile: np.ndarray, offset_px: np.ndarray, pitch_px: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Complex amplitude of what repeats once, and twice, from turn to turn, of each profile."""
    angle = 2 * np.pi * offset_px / pitch_px[:, None]
    waves = [wave(times * angle) for times in (1, 2) for wave in (np.cos, np.sin)]
    design = np.stack([np.ones_like(angle), *waves], axis=2)
    normal = design.transpose(0, 2, 1) @ design
    terms = np.linalg.solve(normal, (design * profile[:, :, None]).sum(axis=1)[..., None])[..., 0]
    return terms[:, 1] - 1j * terms[:, 2], terms[:, 3] - 1j * terms[:, 4]


def _moved_together(
    runs: np.ndarray,
    profile: np.ndarray,
    offset_px: np.ndarray,
    middle: np.ndarray,
    pitch_px: np.ndarray,
) -> tuple[float, float]:
    """Correlation of two lines half a turn apart, and the fainter one's signal to noise."""
    first = (middle % 0.5 - 0.5) * pitch_px
    slopes = [_slope(profile, offset_px, at, pitch_px) for at in (first, first + pitch_px / 2)]
    one, other = (
        _spectra(np.einsum("nro,no->nr", runs, slope))[:, _SOUND_CYCLES] for slope in slopes
    )
    power = [float((np.abs(part) ** 2).mean()) - 1 for part in (one, other)]
    cross = float((one * other.conj()).real.mean())
    signal = max(min(power), 0.0)
    return cross / float(np.sqrt(max(power[0] * power[1], 1e-20))), signal


def _whole_lines(
    profile: np.ndarray, offset_px: np.ndarray, middle: np.ndarray, pitch_px: np.ndarray
) -> tuple[float, float]:
    """How far two windows hold single flanks, 0 to 1, and the fainter slopes over the other.

    A whole line goes down and up again.
    """
    first = (middle % 0.5 - 0.5) * pitch_px
    slope = np.gradient(profile, offset_px, axis=1)
    balance, known = [], []
    for at in (first, first + pitch_px / 2):
        weight = _weight(offset_px, at, pitch_px)
        total = (weight * np.abs(slope)).sum(axis=1) + 1e-20
        balance.append(float(np.median(np.abs((weight * slope).sum(axis=1)) / total)))
        known.append((_slope(profile, offset_px, at, pitch_px) * slope).sum(axis=1))
    fainter = np.minimum(*known) / (np.maximum(*known) + 1e-20)
    return max(balance), float(np.median(fainter))


def _weight(offset_px: np.ndarray, middle_px: np.ndarray, pitch_px: np.ndarray) -> np.ndarray:
    """Weight of each offset for a line, runs by offsets: a quarter of a turn to either side."""
    away = (offset_px - middle_px[:, None]) / pitch_px[:, None]
    return np.where(np.abs(away) < 0.25, np.cos(2 * np.pi * away) ** 2, 0.0)


def _slope(
    profile: np.ndarray, offset_px: np.ndarray, middle_px: np.ndarray, pitch_px: np.ndarray
) -> np.ndarray:
    """Weights that tell the displacement of one line to first order, runs by offsets.

    They reach a quarter of a turn, and say nothing of what level and contrast of a row do.
    """
    weight = _weight(offset_px, middle_px, pitch_px)
    slope = np.gradient(profile, offset_px, axis=1)
    light = np.stack([np.ones_like(profile), profile], axis=2)
    weighed = light * weight[:, :, None]
    normal = weighed.transpose(0, 2, 1) @ light + 1e-12 * np.eye(2)
    terms = np.linalg.solve(normal, (weighed * slope[:, :, None]).sum(axis=1)[..., None])
    return np.asarray(weight * (slope - (light @ terms)[..., 0]))


def _spectra(displacement: np.ndarray) -> np.ndarray:
    """Spectrum of each run, without its slow part, in units of its noise."""
    # Dust and scratches are louder than any sound: what lies beyond so many times the usual
    # deviation, where a sine reaches 1.4 times, is cut.
    most = 2.5
    rows = np.polynomial.legendre.legvander(np.linspace(-1, 1, displacement.shape[1]), 2)
    slow, _ = np.linalg.qr(rows)
    for _ in range(2):
        displacement = displacement - (displacement @ slow) @ slow.T
        limit = most * np.median(np.abs(displacement), axis=1, keepdims=True)
        displacement = np.clip(displacement, -limit, limit)
    spectrum = np.fft.rfft(displacement * np.hanning(len(slow)), axis=1)
    noise = (np.abs(spectrum[:, _NOISE_CYCLES]) ** 2).mean(axis=1, keepdims=True)
    return np.asarray(spectrum / np.sqrt(noise + 1e-30))
