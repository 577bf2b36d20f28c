r"""Signal to noise ratio as the two halves of the pixels measure it.

A half of the pixels has twice the noise of the whole. With the correlation F of two such maps in a
band (Fourier shell correlation; van Heel 1987), signal over noise of one is F / (1 - F), and of
both together twice that (Rosenthal and Henderson 2003). Here the noise of the whole is told
directly, by the difference of the halves, and the programme by the best estimate of both: of a
programme of density P in noise of density N, the best linear estimate has the power
P^2 / (P + N) and leaves the error P N / (P + N), from moment to moment.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import fft, ndimage

from groovescan.core.quality import DISPLACEMENT_HZ, SPEECH_HZ, MeasuredQuality
from groovescan.core.results import Reading
from groovescan.quality.blur_along import power_given_back
from groovescan.quality.intelligibility import BANDS_HZ, intelligibility
from groovescan.quality.moments import Moments, mean_share
from groovescan.runtime.blas import one_blas_thread
from groovescan.sound.equalisation.curves import Curve, parse_curve, response
from groovescan.sound.repair import repair

#: Length of a moment in s, about that of a sound of speech, and over how many of them the noise's
#: level is averaged.
_MOMENT_S, _LEVEL_MOMENTS = 0.05, 3
#: Speech is as loud half a second on as it is now, or it is a pause.
_AROUND_MOMENTS = 20
#: Spectra are taken of the velocity, whose bass does not leak into the treble.
_VELOCITY = Curve(turnover_hz=0.0)
#: Thirds of an octave, among them those in which speech is judged.
_THIRDS_HZ = BANDS_HZ[0] * 2.0 ** (np.arange(-3, 21) / 3)
_JUDGED = slice(3, 3 + len(BANDS_HZ))
#: The programme cannot be told across worse places than this, in s; within a moment they are sorted
#: into so many parts by how bad they are, none worse than so many times the moment's own noise.
_PLACE_S, _PARTS, _WORST_PART = 0.012, 5, 1e3
#: Rounds in which the programme is told whose best estimate has the power that is there.
_ROUNDS = 4
#: A moment of which less is known by both halves tells nothing of the noise.
_LEAST_KNOWN = 0.2
#: Gaps are never filled in so well that less of their programme than this is lost.
_LEAST_LOST = 0.03
#: Programme that can be told from noise, over the noise; and noise that the halves do not tell.
_LEAST_PROGRAMME_RATIO, _MOST_UNTOLD = 1e-3, 2.0
#: What is beyond this, in dB, is not told apart.
_MOST_DB = 60.0


@one_blas_thread()
def moments_of(reading: Reading, best: Reading, rpm: float) -> Moments | None:
    """Programme and noise of a reading; None where the halves tell nothing.

    Parameters
    ----------
    reading : Reading
        With its `half_difference_px`.
    best : Reading
        Its best estimate, with the gaps filled in, as `repair` gives it.
    rpm : float
        Speed, in revolutions per minute.

    Returns
    -------
    Moments or None
    """
    apart = reading.half_difference_px
    read = np.isfinite(reading.standard_error_px)
    if apart is None:
        return None
    known_pairs = np.isfinite(apart) & read
    rate_hz = reading.samples_per_turn * rpm / 60
    size = 2 * max(2, int(_MOMENT_S * rate_hz / 2))
    if known_pairs.sum() < size:
        return None
    frequency_hz, estimate = _densities(best.displacement_px, rate_hz, size)
    noise = _noise(reading, apart, known_pairs, rate_hz, size)
    parts = _parts(reading.standard_error_px, rate_hz, size)
    programme = _programme(estimate, noise, parts)
    return Moments(
        frequency_hz=frequency_hz[1:],
        programme=programme[:, 1:],
        noise=noise[:, 1:],
        read=_densities(
            np.where(read, reading.displacement_px, best.displacement_px), rate_hz, size
        )[1][:, 1:],
        parts=parts,
        known=_share(read, size),
        hop_s=size / 2 / rate_hz,
        lost=_lost(read, best.displacement_px),
    )


def _noise(
    reading: Reading, apart: np.ndarray, known_pairs: np.ndarray, rate_hz: float, size: int
) -> np.ndarray:
    """Density of the noise in each moment: its mean spectrum, at the level of that moment.

    Within a moment samples weigh as the estimate weighs them, by the errors that are claimed; how
    large these are all in all is measured: of weighed samples the harmonic mean counts. Where the
    noise of neighbouring pixels goes together, both halves have some of it in common: there it is
    no less than `Reading.error_spectrum` tells.
    """
    error = reading.standard_error_px
    known = np.isfinite(error)
    hertz, power = _densities(
        np.where(known_pairs, apart / np.where(known_pairs, error, 1), 0), rate_hz, size
    )
    share = _share(known_pairs, size)
    enough = share > _LEAST_KNOWN
    if not enough.any():
        enough = share > 0
    mean = power[enough].sum(axis=0) / share[enough].sum()
    level = power[:, 1:] @ (1 / np.maximum(mean[1:], 1e-30)) / len(mean[1:])
    around = [
        ndimage.uniform_filter1d(each, _LEVEL_MOMENTS, mode="nearest") for each in (level, share)
    ]
    scale = np.where(around[1] > _LEAST_KNOWN, around[0] / np.maximum(around[1], 1e-9), 1.0)
    weight = _share(np.where(known, 1 / np.where(known, error, 1) ** 2, 0), size)
    usual = float(np.median(error[known]) ** 2)
    harmonic = np.where(weight > 0, _share(known, size) / np.maximum(weight, 1e-30), usual)
    if reading.error_spectrum is not None:
        mean = np.maximum(mean, _claimed(reading.error_spectrum, hertz, rate_hz))
    return np.asarray((scale * harmonic)[:, None] * mean, np.float32)


def _claimed(spectrum: np.ndarray, hertz: np.ndarray, rate_hz: float) -> np.ndarray:
    """Density of the velocity of a displacement whose samples have errors of one."""
    relative = np.interp(2 * hertz / rate_hz, np.linspace(0, 1, len(spectrum)), spectrum)
    return np.asarray(relative * (2 * np.pi * hertz) ** 2 * 2 / rate_hz)


def _parts(error: np.ndarray, rate_hz: float, size: int) -> np.ndarray:
    """Noise in equal parts of each moment, over that of the moment; shape (parts, moments)."""
    each = max(1, int(_PLACE_S * rate_hz))
    read = np.isfinite(error)
    information = np.where(read, 1 / np.where(read, error, 1) ** 2, 0)
    pair = np.stack([information, read]).astype(np.float32)
    near, share = ndimage.uniform_filter1d(pair, each, axis=1, mode="nearest")
    usual = float(information[read].mean()) if read.any() else 1.0
    near = np.where(share > _LEAST_KNOWN, near / np.maximum(share, _LEAST_KNOWN), usual)
    places = np.sort(_framed(near, size)[:, :: max(1, each // 2)], axis=1)
    groups = np.array([part.mean(axis=1) for part in np.array_split(places, _PARTS, axis=1)])
    whole = groups.mean(axis=0)
    return np.asarray(whole / np.maximum(groups, whole / _WORST_PART + 1e-30), np.float32)


def _programme(estimate: np.ndarray, noise: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """The density P whose best estimate has the power P P / (P + N), on the mean of the parts."""
    programme = (estimate + np.sqrt(estimate**2 + 4 * estimate * noise)) / 2
    for _ in range(_ROUNDS):
        told = mean_share(programme, noise, parts)
        programme = np.sqrt(programme * estimate / np.maximum(told, 1e-6))
    return programme


def _share(values: np.ndarray, size: int) -> np.ndarray:
    """Mean of values under each window, weighed as the window does."""
    return (
        _framed(values.astype(np.float32), size) @ _window(size) ** 2 / np.sum(_window(size) ** 2)
    )


def _densities(values: np.ndarray, rate_hz: float, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies, and one-sided power density of the velocity of a displacement.

    What is transformed is the difference from sample to sample, whose spectrum only has to be
    raised towards the treble.

    Returns
    -------
    ndarray of float64, shape (frequencies,)
    ndarray of float32, shape (moments, frequencies)
    """
    window = _window(size)
    steps = np.diff(values.astype(np.float32), append=np.float32(values[-1]))
    spectrum = fft.rfft(_framed(steps, size) * window, axis=1)
    frequency_hz = fft.rfftfreq(size, 1 / rate_hz)
    gain = 2 * rate_hz / np.sum(window**2) / np.sinc(frequency_hz / rate_hz) ** 2
    return frequency_hz, (spectrum.real**2 + spectrum.imag**2) * gain.astype(np.float32)


def _window(size: int) -> np.ndarray:
    return np.sin(np.pi * (np.arange(size, dtype=np.float32) + np.float32(0.5)) / size) ** 2


def _framed(values: np.ndarray, size: int) -> np.ndarray:
    """Half overlapping stretches, shape (moments, size); what is left over is dropped."""
    if len(values) < size:
        values = np.pad(values, (0, size - len(values)))
    return np.lib.stride_tricks.sliding_window_view(values, size)[:: size // 2]


def measure(
    reading: Reading, rpm: float = 78.0, eq: str = "flat", *, weigh: bool = True
) -> MeasuredQuality | None:
    """Signal to noise ratio of a reading, from what the halves of its pixels have in common.

    Parameters
    ----------
    reading : Reading
        The reading, with its `half_difference_px`: of a whole groove, or of some turns.
    rpm : float
        Speed, in revolutions per minute.
    eq : str
        The recording curve that is undone, as `parse_curve` takes it.
    weigh : bool
        Whether what is heard is the best estimate, or the samples as they were read.

    Returns
    -------
    MeasuredQuality or None
        None where the reading has no halves, or these tell nothing.
    """
    moments = moments_of(reading, repair(reading), rpm)
    return None if moments is None else quality_of(moments, eq, weigh=weigh)


@one_blas_thread()
def quality_of(
    moments: Moments, eq: str, *, weigh: bool = True, blur_s: float = 0.0
) -> MeasuredQuality:
    """Signal to noise ratio of a sound from its programme and noise.

    Parameters
    ----------
    moments : Moments
        Programme and noise.
    eq, weigh
        As for `measure`.
    blur_s : float
        Standard deviation of the blur along the groove, over its speed, in s.

    Returns
    -------
    MeasuredQuality
    """
    hertz = moments.frequency_hz
    velocity = np.maximum(np.abs(response(_VELOCITY, hertz)) ** 2, 1e-30)
    heard = np.abs(response(parse_curve(eq), hertz)) ** 2 / velocity
    bands = _in_bands(moments)
    left = _left(moments, weigh)
    speech = _of_band(moments, heard, SPEECH_HZ, left, weigh)
    thirds = [_within(hertz, total, hertz) for total in _sums(moments, np.ones(len(hertz)))]
    cut = power_given_back(hertz, blur_s, *thirds) / velocity
    displacement = _of_band(moments, cut, DISPLACEMENT_HZ, left, weigh)
    read = replace(moments, lost=0.0)
    read_alone = _of_band(read, cut, DISPLACEMENT_HZ, left, weigh)
    return MeasuredQuality(
        snr_db=_ratio_db(*(values.sum() for values in speech)),
        displacement_snr_db=_ratio_db(*(values.sum() for values in displacement)),
        read_displacement_snr_db=_ratio_db(*(values.sum() for values in read_alone)),
        bandwidth_hz=_bandwidth_hz(moments, heard),
        agreement=_agreement(moments, heard),
        intelligibility=intelligibility(bands[_JUDGED]),
        centre_hz=_THIRDS_HZ,
        band_db=bands,
        **_over_time(moments, *speech),
    )


def _in_band(moments: Moments, weight: np.ndarray, band_hz: tuple[float, float]) -> np.ndarray:
    """The weights within a band, shape (frequencies,); zero outside it."""
    inside = (moments.frequency_hz >= band_hz[0]) & (moments.frequency_hz <= band_hz[1])
    return np.where(inside, weight, 0).astype(np.float32)


def _left(moments: Moments, weigh: bool) -> np.ndarray:
    """Density of the error that is left: of the best estimate, or all the noise."""
    programme, noise, parts = moments.programme, moments.noise, moments.parts
    if not weigh:
        return noise * parts.mean(axis=0)[:, None]
    return programme * mean_share(programme, noise, parts, of_noise=True)


def _of_band(
    moments: Moments,
    weight: np.ndarray,
    band_hz: tuple[float, float],
    left: np.ndarray,
    weigh: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Power of the programme in a band and of its error, of density `left`, moment by moment.

    What is missing is reckoned to have the power of what is around it.
    """
    inside = _in_band(moments, weight, band_hz)
    programme, left = moments.programme @ inside, left @ inside
    known = moments.known
    usual = _around(programme, known)
    signal = known * programme + (1 - known) * usual
    error = known * left + (1 - known) * usual * moments.lost
    return signal - error if weigh else signal, error


def _around(power: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Mean power of the moments around each, as far as they are known; else of all."""
    everywhere = float(known @ power / max(known.sum(), 1e-9))
    sums = [
        ndimage.uniform_filter1d(np.asarray(each, float), _AROUND_MOMENTS, mode="nearest")
        for each in (known * power, known)
    ]
    enough = sums[1] > _LEAST_KNOWN
    return np.where(enough, sums[0] / np.where(enough, sums[1], 1), everywhere)


def _lost(read: np.ndarray, best_px: np.ndarray) -> float:
    if read.all():
        return 1.0
    speed = np.diff(best_px, append=best_px[-1]) ** 2
    usual = float(speed[read].mean()) if read.any() else 0.0
    return float(np.clip(1 - speed[~read].mean() / max(usual, 1e-30), _LEAST_LOST, 1))


def _over_time(moments: Moments, signal: np.ndarray, error: np.ndarray) -> dict[str, np.ndarray]:
    per_moment_s = 1.0  # arbitrary: a few words
    each = max(1, round(per_moment_s / moments.hop_s))
    first = np.arange(0, len(signal), each)
    sums = [np.add.reduceat(values, first) for values in (signal, error, moments.known)]
    ends = np.append(first[1:], len(signal))
    ratio = np.array([_ratio_db(*pair) for pair in zip(*sums[:2], strict=True)])
    return {
        "time_s": (first + ends) / 2 * moments.hop_s,
        "over_time_db": np.where(sums[2] > 0, ratio, np.nan),
    }


def _in_bands(moments: Moments) -> np.ndarray:
    """Programme over noise in thirds of an octave, in dB; not a number beyond what was read.

    The programme is what was read beyond its noise: where there is none, the best estimate would
    still have some power. Moments weigh by how little noise they have, as the estimate weighs them.
    In the top quarter of the frequencies, beyond all programme, what was read is noise.
    """
    level = moments.noise.mean(axis=1, dtype=float)
    weight = moments.known / np.maximum(level, 1e-6 * level.max(initial=1e-30))
    read, noise = (
        _within(moments.frequency_hz, np.append(0.0, np.cumsum(weight @ density)), _THIRDS_HZ)
        for density in (moments.read, moments.noise)
    )
    top = slice(3 * len(moments.frequency_hz) // 4, None)
    tops = [float(weight @ each[:, top].sum(axis=1)) for each in (moments.read, moments.noise)]
    noise = noise * np.clip(tops[0] / max(tops[1], 1e-30), 1, _MOST_UNTOLD)
    programme = np.maximum(read - noise, _LEAST_PROGRAMME_RATIO * noise)
    return np.array([_ratio_db(*pair) for pair in zip(programme, noise, strict=True)])


def _sums(moments: Moments, weight: np.ndarray) -> list[np.ndarray]:
    """Power of programme and of noise up to each frequency, shape (frequencies + 1,)."""
    return [
        np.concatenate([[0.0], np.cumsum(weight * (moments.known @ density))])
        for density in (moments.programme, moments.noise)
    ]


def _within(hertz: np.ndarray, total: np.ndarray, middle_hz: np.ndarray) -> np.ndarray:
    """Power in the third of an octave about each frequency."""
    low = np.searchsorted(hertz, middle_hz * 2 ** (-1 / 6))
    high = np.searchsorted(hertz, middle_hz * 2 ** (1 / 6), side="right")
    return np.asarray(total[high] - total[low])


def _agreement(moments: Moments, weight: np.ndarray) -> float:
    """Correlation of the halves: each has the noise of the whole twice."""
    inside = _in_band(moments, weight, SPEECH_HZ)
    programme, noise = (
        float(moments.known @ (density @ inside)) for density in (moments.programme, moments.noise)
    )
    return programme / max(programme + 2 * noise, 1e-30)


def _bandwidth_hz(moments: Moments, weight: np.ndarray) -> float:
    """Highest frequency at which a third of an octave of programme is as strong as noise."""
    hertz = moments.frequency_hz
    programme, noise = (_within(hertz, total, hertz) for total in _sums(moments, weight))
    audible = np.flatnonzero((programme > noise) & (programme > 0))
    return float(hertz[audible[-1]]) if len(audible) else 0.0


def _ratio_db(signal: float, error: float) -> float:
    """Ratio of two powers in dB, within what can be told apart; not a number without any."""
    if not signal + error > 0:
        return np.nan
    ratio = max(signal, 0.0) / max(error, 1e-30)
    return float(np.clip(10 * np.log10(max(ratio, 1e-30)), -_MOST_DB, _MOST_DB))
