"""How much of a disc's true groove is in a decoded sound, and how much could be.

The score is blind to level, sign, equalisation and slow speed errors, which are reported apart: the
decoded sound is laid over the true displacement by a path of local delays, and what a fixed linear
filter of it explains is told from the coherence of the two. The bound is the same figure for a
reader with the least noise that the photograph allows.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.interpolate import BSpline, make_interp_spline
from scipy.ndimage import uniform_filter1d
from scipy.signal import ShortTimeFFT, butter, hilbert, oaconvolve, resample_poly, sosfiltfilt
from scipy.signal.windows import hann

RATE_HZ = 20000
BAND_HZ = (100.0, 4000.0)

_WINDOW = 1024
_COARSE_S, _COARSE_HOP_S = 0.5, 0.25
_FINE_S, _FINE_HOP_S, _KNOT_S = 0.24, 0.05, 0.12
_INSPECTIONS = 4
_FARTHEST_S = 0.3
_POOL = 5
_FASTEST = 0.01
_SEGMENT_S, _QUIET, _FOREIGN = 0.5, 0.05, 0.3


@dataclass(frozen=True)
class Truth:
    """What is true of a simulated photograph.

    Attributes
    ----------
    displacement_mm : ndarray of float64, shape (positions,)
        What carries the sound, from the start of the groove.
    rate_hz : float
        Samples per second of `displacement_mm`.
    sound_s : tuple of float
        Where the sound starts and ends, in s from the start of the groove.
    centre_px : tuple of float or None
        Centre of the groove in the photograph, (x, y).
    start : {'outer', 'inner'}
        Where the groove starts.
    seconds_per_turn : float
        Duration of a turn in s.
    mm_per_px : float
        Scale of the photograph; 0 where not known.
    modulation : {'lateral', 'vertical', 'brightness'}
        What carries the sound.
    bound_time_s, bound_density_mm2_per_hz, bound_radius_mm : ndarray of float64, shape (n,)
        One-sided density of the least possible noise at low frequency; empty where not known.
    bound_mtf_mm : float
        Standard deviation of the blur along the groove, in mm.
    """

    displacement_mm: np.ndarray
    rate_hz: float
    sound_s: tuple[float, float]
    centre_px: tuple[float, float] | None
    start: str
    seconds_per_turn: float
    bound_time_s: np.ndarray
    bound_density_mm2_per_hz: np.ndarray
    bound_radius_mm: np.ndarray
    bound_mtf_mm: float
    mm_per_px: float = 0.0
    modulation: str = "lateral"


@dataclass(frozen=True)
class Score:
    """How good a decoded sound is.

    Attributes
    ----------
    snr_db : float
        True displacement that the sound explains, against what it does not, 100 Hz to 4 kHz.
    bound_db : float
        The same of the best possible reader; NaN where not known.
    wow_percent : float
        Slow speed error, rms.
    lost, segments : int
        Half seconds whose sound is not the disc's, and all.
    """

    snr_db: float
    bound_db: float
    wow_percent: float
    lost: int
    segments: int

    @property
    def gap_db(self) -> float:
        """What a better reader could gain."""
        return self.bound_db - self.snr_db


def load_truth(path: str | Path) -> Truth:
    """Read the truth of a photograph from `NAME.truth.json` and `NAME.truth.npz` beside it."""
    path = Path(path)
    facts = json.loads(path.read_text(encoding="utf-8"))
    with np.load(path.with_suffix(".npz")) as arrays:
        held = {name: arrays[name].astype(float) for name in arrays.files}
    lead_in_s = facts["lead_in_turns"] * facts["seconds_per_turn"]
    none = np.zeros(0)
    return Truth(
        displacement_mm=held["displacement_mm"],
        rate_hz=facts["sample_rate_hz"],
        sound_s=(lead_in_s, lead_in_s + len(held["audio"]) / facts["sample_rate_hz"]),
        centre_px=tuple(facts["centre_px"]) if "centre_px" in facts else None,
        start=facts.get("start", "outer"),
        seconds_per_turn=facts["seconds_per_turn"],
        bound_time_s=held.get("bound_time", none),
        bound_density_mm2_per_hz=held.get("bound_density", none),
        bound_radius_mm=held.get("bound_radius", none),
        bound_mtf_mm=float(held.get("bound_mtf_mm", 0.0)),
        mm_per_px=facts.get("mm_per_px", 0.0),
        modulation=facts.get("settings", {}).get("modulation", "lateral"),
    )


def score(decoded: np.ndarray, rate_hz: float, truth: Truth) -> Score:
    """Compare a decoded sound with the truth.

    Parameters
    ----------
    decoded : ndarray of float, shape (samples,)
        The sound.
    rate_hz : float
        Samples per second of `decoded`.
    truth : Truth
        What is true of the photograph.

    Returns
    -------
    Score
        The figures; a sound of under a second scores minus infinity.
    """
    true = _banded(truth.displacement_mm, truth.rate_hz)
    first, last = (round(second * RATE_HZ) for second in truth.sound_s)
    true = true[first : min(last, len(true))]
    heard = _banded(np.asarray(decoded, float), rate_hz)
    segments = len(true) // int(_SEGMENT_S * RATE_HZ)
    if len(heard) < RATE_HZ or len(true) < RATE_HZ or not np.any(heard):
        return Score(-np.inf, bound_db(true, truth), np.nan, segments, segments)
    laid, speed = _laid_over(heard / heard.std(), true / true.std())
    power = _power(true)
    return Score(
        snr_db=_explained_db(laid, true),
        bound_db=bound_db(true, truth),
        wow_percent=100.0 * float(np.sqrt(np.average(speed**2, weights=power))),
        lost=_lost(laid, true),
        segments=segments,
    )


def bound_db(true_mm: np.ndarray, truth: Truth) -> float:
    """SNR of the best linear reader: the error of a signal P in noise N is P N / (P + N).

    Parameters
    ----------
    true_mm : ndarray of float, shape (samples,)
        The true displacement where the sound is, in mm, at `RATE_HZ`.
    truth : Truth
        Where the noise density is.

    Returns
    -------
    float
        In dB; NaN where the truth holds no bound.
    """
    start, end = truth.sound_s
    here = (truth.bound_time_s >= start) & (truth.bound_time_s < end)
    if not here.any():
        return float("nan")
    frequency_hz, band = _frequencies()
    signal = _spectra(true_mm, true_mm)[0][band] / RATE_HZ * 2.0
    speed_mm_s = 2 * np.pi * truth.bound_radius_mm[here] / truth.seconds_per_turn
    blur = 2 * np.pi * frequency_hz[band] * truth.bound_mtf_mm / speed_mm_s[:, None]
    # never infinite, so that where nothing is seen the error is the signal itself
    noise = truth.bound_density_mm2_per_hz[here, None] * np.exp(np.minimum(blur**2, 60.0))
    noise = np.minimum(noise, 1e6 * signal.max())
    error = (signal * noise / (signal + noise)).mean(axis=0).sum()
    return float(10 * np.log10((signal.sum() - error) / error))


def _banded(sound: np.ndarray, rate_hz: float) -> np.ndarray:
    """The sound at `RATE_HZ`, without what lies outside the band."""
    ratio = Fraction(RATE_HZ) / Fraction(rate_hz).limit_denominator(100)
    ratio = ratio.limit_denominator(20000)
    sound = resample_poly(sound, ratio.numerator, ratio.denominator)
    # gentle at its ends, so that the figures do not hang on a hum just inside
    return sosfiltfilt(butter(4, BAND_HZ, "bandpass", fs=RATE_HZ, output="sos"), sound)


def _laid_over(heard: np.ndarray, true: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The heard sound on the true one's time, and its relative speed error per sample."""
    delay = _coarse_delay(heard, true)
    # what a look finds is averaged over its window; looking again at what is left undoes that
    for _ in range(_INSPECTIONS):
        laid = _warped(heard, delay)
        delay = delay + _remaining_delay(_filtered(laid, true), true)
    speed = np.gradient(delay)
    return _warped(heard, delay), speed - np.average(speed, weights=_power(true))


def _coarse_delay(heard: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Delay in samples of each true sample in the heard sound, good to a fraction of a ms.

    Blind to phase: a path of slowly changing delay through the envelopes of the local
    correlations, by dynamic programming about the best delay of all.
    """
    # differences weigh the treble, whose correlation is short
    heard, true = np.diff(heard, prepend=0.0), np.diff(true, prepend=0.0)
    reach = int(_FARTHEST_S * RATE_HZ)
    middle = _best_delay(heard, true)
    length, hop = int(_COARSE_S * RATE_HZ), int(_COARSE_HOP_S * RATE_HZ)
    starts = np.arange(0, max(len(true) - length, 0) + 1, hop)
    rows = [
        _likeness(heard, true[start : start + length], start + middle, reach) for start in starts
    ]
    alike = np.stack([row[: len(row) // _POOL * _POOL].reshape(-1, _POOL).max(1) for row in rows])
    path = _path(alike, round(_FASTEST * hop / _POOL))
    delays = (path + 0.5) * _POOL - reach + middle
    return np.interp(np.arange(len(true)), starts + length / 2, uniform_filter1d(delays, 3))


def _best_delay(heard: np.ndarray, true: np.ndarray) -> int:
    size = next_fast_len(len(heard) + len(true))
    cross = rfft(heard, size) * np.conj(rfft(true, size))
    envelope = np.abs(hilbert(irfft(cross, size)))
    delay = int(np.argmax(envelope))
    return delay if delay < len(heard) else delay - size


def _likeness(heard: np.ndarray, piece: np.ndarray, at: int, reach: int) -> np.ndarray:
    """Envelope of the correlation of a piece at delays within `reach`, times the piece's size."""
    around = _cut_out(heard, at - reach, len(piece) + 2 * reach)
    piece = piece * hann(len(piece))
    size = next_fast_len(len(around))
    correlation = irfft(rfft(around, size) * np.conj(rfft(piece, size)), size)[: 2 * reach]
    return np.abs(hilbert(correlation))


def _cut_out(sound: np.ndarray, start: int, length: int) -> np.ndarray:
    part = np.zeros(length)
    low, high = max(start, 0), min(start + length, len(sound))
    if high > low:
        part[low - start : high - start] = sound[low:high]
    return part


def _path(alike: np.ndarray, most: int) -> np.ndarray:
    """Columns of the best path down the rows that moves at most `most` columns per row."""
    count = alike.shape[1]
    total, came = alike[0].copy(), []
    for row in alike[1:]:
        wide = np.pad(total, most, constant_values=-np.inf)
        moves = np.lib.stride_tricks.sliding_window_view(wide, 2 * most + 1)
        move = moves.argmax(axis=1)
        came.append(np.arange(count) + move - most)
        total = row + moves[np.arange(count), move]
    path = [int(total.argmax())]
    for back in reversed(came):
        path.append(int(back[path[-1]]))
    return np.array(path[::-1], float)


def _remaining_delay(alike: np.ndarray, true: np.ndarray) -> np.ndarray:
    """What is left of the delay in samples, on a smooth curve, by robust least squares."""
    length, hop = int(_FINE_S * RATE_HZ), int(_FINE_HOP_S * RATE_HZ)
    starts = np.arange(0, len(true) - length + 1, hop)
    found = [_shift(alike, true[start : start + length], start) for start in starts]
    shifts, trust = np.array(found).T
    return _smooth_curve(starts + length // 2, shifts, trust, len(true))


def _shift(alike: np.ndarray, piece: np.ndarray, at: int) -> tuple[float, float]:
    """Shift of a piece from where it was expected, in samples, and how much it can be trusted."""
    reach = RATE_HZ // 400
    around = _cut_out(alike, at - reach, len(piece) + 2 * reach)
    piece = piece * hann(len(piece))
    correlation = np.correlate(around, piece, mode="valid")
    peak = int(np.clip(np.argmax(correlation), 1, 2 * reach - 1))
    before, here, after = correlation[peak - 1 : peak + 2]
    bend = before - 2 * here + after
    part = 0.5 * (before - after) / bend if bend < 0 else 0.0
    size = np.sqrt((around @ around) * (piece @ piece)) + 1e-30
    return peak - reach + part, (piece @ piece) * max(here / size, 0.0) ** 4


def _smooth_curve(
    at: np.ndarray, values: np.ndarray, trust: np.ndarray, samples: int
) -> np.ndarray:
    """Spline through uncertain values, evaluated at every sample; outliers lose their weight."""
    inner = np.linspace(0, samples, max(int(samples / RATE_HZ / _KNOT_S), 4))
    knots = np.concatenate([[inner[0]] * 3, inner, [inner[-1]] * 3])
    design = BSpline.design_matrix(at.astype(float), knots, 3).toarray()
    stiff = 0.03 * np.diff(np.eye(design.shape[1]), 2, axis=0)
    trust = trust / (trust.mean() + 1e-30)
    for _ in range(5):
        root = np.sqrt(trust)[:, None]
        system = np.vstack([design * root, stiff])
        target = np.concatenate([values * root[:, 0], np.zeros(len(stiff))])
        weights = np.linalg.lstsq(system, target, rcond=None)[0]
        miss = np.abs(values - design @ weights)
        trust = trust / (1.0 + (miss / (4.5 * np.median(miss) + 0.05)) ** 2)
    return BSpline(knots, weights, 3)(np.arange(samples))


def _warped(sound: np.ndarray, delay: np.ndarray) -> np.ndarray:
    """The sound as it is `delay` samples later; silence beyond its ends."""
    at = np.arange(len(delay)) + delay
    inside = (at >= 0) & (at <= len(sound) - 1)
    # twice as many samples first: a spline alone would dull what is near 4 kHz
    fine = resample_poly(sound, 2, 1)
    spline = make_interp_spline(np.arange(len(fine)), fine, k=3)
    return np.where(inside, spline(np.clip(2 * at, 0, len(fine) - 1)), 0.0)


def _filtered(laid: np.ndarray, true: np.ndarray) -> np.ndarray:
    """The sound through the fixed linear filter that makes it most like the truth."""
    _, own, cross = _spectra(true, laid)
    response = cross / (own + 1e-4 * own.max())
    taps = np.fft.fftshift(irfft(response, _WINDOW)) * hann(_WINDOW)
    return oaconvolve(laid, taps)[_WINDOW // 2 : _WINDOW // 2 + len(laid)]


def _spectra(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Welch's averages: power of both, per unit of window energy, and their cross spectrum."""
    window = hann(_WINDOW, sym=False)
    transform = ShortTimeFFT(window, _WINDOW // 2, RATE_HZ)
    begin, end = transform.lower_border_end[1], transform.upper_border_begin(len(first))[1]
    one, two = (transform.stft(sound, p0=begin, p1=end) for sound in (first, second))
    energy = np.sum(window**2)
    return (
        (np.abs(one) ** 2).mean(1) / energy,
        (np.abs(two) ** 2).mean(1) / energy,
        (np.conj(two) * one).mean(1) / energy,
    )


def _frequencies() -> tuple[np.ndarray, np.ndarray]:
    frequency_hz = np.arange(_WINDOW // 2 + 1) * (RATE_HZ / _WINDOW)
    return frequency_hz, (frequency_hz >= BAND_HZ[0]) & (frequency_hz <= BAND_HZ[1])


def _explained_db(laid: np.ndarray, true: np.ndarray) -> float:
    # equalised first: the delays of a sharp equaliser would not fit in the windows of the spectra
    power, own, cross = _spectra(true, _filtered(laid, true))
    band = _frequencies()[1]
    coherence = np.clip(np.abs(cross) ** 2 / (power * own + 1e-300), 0.0, 1.0 - 1e-9)[band]
    explained = (power[band] * coherence).sum()
    return float(10 * np.log10(explained / (power[band].sum() - explained) + 1e-12))


def _lost(laid: np.ndarray, true: np.ndarray) -> int:
    """Half seconds with sound in them that the filtered sound is not like."""
    alike = _filtered(laid, true)
    length = int(_SEGMENT_S * RATE_HZ)
    count = len(true) // length
    one, two = (sound[: count * length].reshape(count, length) for sound in (true, alike))
    loud = (one**2).sum(1) > _QUIET * (one**2).sum(1).mean()
    size = np.sqrt((one**2).sum(1) * (two**2).sum(1)) + 1e-30
    return int(np.sum(loud & ((one * two).sum(1) / size < _FOREIGN)))


def _power(true: np.ndarray) -> np.ndarray:
    """Weight of each sample by the sound around it, so that silence does not count; 0 to 1."""
    power = uniform_filter1d(true**2, int(_FINE_S * RATE_HZ))
    return power / (power + 0.1 * power.mean() + 1e-300)
