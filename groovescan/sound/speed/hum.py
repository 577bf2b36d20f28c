"""Detect a mains hum under a programme that is a hundred times stronger.

At first it is looked for in a narrow band, where it stands alone. There the programme disturbs it
all the time. Most of a programme can be predicted from what came just before, though, except where
a string is plucked or the glottis closes: what a linear prediction leaves of it is short bursts,
and between them the hum can be read almost undisturbed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft, ndimage

from groovescan.sound.level import resample
from groovescan.sound.linear_prediction import autoregressive
from groovescan.sound.speed.lathe import PhaseLikelihood

#: Farthest mean speed error that is looked for.
FARTHEST = 0.05
#: A hum's level, and the programme in its band, change on these scales.
_LEVEL_S = 1.0
#: Length of signal in a model, and from one to the next: a programme changes from syllable to
#: syllable.
_MODEL_S, _MODEL_HOP_S = 1.0, 0.1


@dataclass(frozen=True, kw_only=True)
class Baseband:
    """A hum, demodulated.

    Attributes
    ----------
    value : ndarray of complex128, shape (n,)
        Amplitude and phase against a steady hum.
    time_s : ndarray of float64, shape (n,)
        Nominal time of each value, in equal steps.
    hum_hz : float
        Frequency that it was demodulated with.
    """

    value: np.ndarray
    time_s: np.ndarray
    hum_hz: float

    @property
    def rate_hz(self) -> float:
        """Values per second."""
        return 1.0 / (self.time_s[1] - self.time_s[0])

    def upright(self, phase_rad: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The hum without its phase, its level round each value, and the noise there."""
        # Window of the level from which noise is told: arbitrary.
        noise_s = 0.1
        upright = self.value * np.exp(-1j * phase_rad)
        level = np.maximum(_smooth(upright.real, self.rate_hz, _LEVEL_S), 0.0)
        power = _smooth(np.abs(upright - level) ** 2, self.rate_hz, noise_s) / 2
        # a value is not sure by chance
        noise = np.sqrt(power + 0.3 * np.median(power) + 1e-300)
        return upright, level, noise

    def likelihood(self, phase_rad: np.ndarray) -> PhaseLikelihood:
        """Likelihood of the hum at a given phase, in noise as strong as the residual."""
        upright, level, noise = self.upright(phase_rad)
        misfit = np.sum((np.abs(upright - level) / noise) ** 2 / 2 + np.log(noise**2))
        weight, pull = (level / noise) ** 2, level * upright.imag / noise**2
        return PhaseLikelihood(level=level, weight=weight, pull=pull, misfit=float(misfit))


@dataclass(frozen=True, kw_only=True)
class Unpredicted:
    """A hum in what a prediction leaves of the programme, as sums over short bins.

    The sums are those of the least squares of what is left on the hum's cosine and sine, each
    sample weighing by how quiet the programme is there; the hum is taken to have `phase_rad`.

    Attributes
    ----------
    gram : ndarray of float64, shape (3, n)
        Weighted sums of cosine times cosine, cosine times sine, sine times sine.
    found : ndarray of float64, shape (2, n)
        Weighted sums of cosine and of sine times what is left.
    phase_rad : ndarray of float64, shape (n,)
        Phase, against a steady hum, that was reckoned with.
    time_s : ndarray of float64, shape (n,)
        Middle of each bin, in equal steps.
    """

    gram: np.ndarray
    found: np.ndarray
    phase_rad: np.ndarray
    time_s: np.ndarray

    def likelihood(self, phase_rad: np.ndarray) -> PhaseLikelihood:
        """Likelihood of the hum at a given phase."""
        rate_hz = 1.0 / (self.time_s[1] - self.time_s[0])
        off = phase_rad - self.phase_rad
        cosine, sine = np.cos(off), np.sin(off)
        straight, mixed, across = self.gram
        inphase, quadrature = self.found
        level_of = straight * cosine**2 + 2 * mixed * cosine * sine + across * sine**2
        phase_of = across * cosine**2 - 2 * mixed * cosine * sine + straight * sine**2
        both = mixed * (cosine**2 - sine**2) + (across - straight) * cosine * sine
        along = inphase * cosine + quadrature * sine
        beside = quadrature * cosine - inphase * sine
        strength = _smooth(level_of, rate_hz, _LEVEL_S)
        level = np.maximum(_smooth(along, rate_hz, _LEVEL_S) / (strength + 1e-300), 0.0)
        return PhaseLikelihood(
            level=level,
            weight=level**2 * phase_of,
            pull=level * (beside - level * both),
            misfit=float(np.sum(level**2 * level_of / 2 - level * along)),
        )


def demodulate(signal: np.ndarray, rate_hz: float, hum_hz: float) -> Baseband:
    """The band round a frequency, shifted to zero and thinned out to what holds it.

    Parameters
    ----------
    signal : ndarray of float64, shape (n,)
        The signal.
    rate_hz, hum_hz : float
        Its samples per second, and the frequency.

    Returns
    -------
    Baseband
    """
    # Half the band round the hum that is looked at first, relative to its frequency.
    half_band = 0.12
    count = len(signal)
    length = fft.next_fast_len(count + round(rate_hz))  # against wrapping round
    frequency_hz = fft.fftfreq(length, 1.0 / rate_hz)
    off = (frequency_hz - hum_hz) / (half_band * hum_hz)
    band = np.where(np.abs(off) < 1, 2 * np.cos(np.pi / 2 * np.clip(off, -1, 1)) ** 0.25, 0.0)
    analytic = fft.ifft(fft.fft(signal - np.mean(signal), length) * band)
    step = max(1, int(rate_hz / (2.5 * half_band * hum_hz)))
    at = np.arange(0, count, step)
    value = analytic[at] * np.exp(-2j * np.pi * hum_hz * at / rate_hz)
    return Baseband(value=value, time_s=at / rate_hz, hum_hz=hum_hz)


def path_rad(base: Baseband) -> np.ndarray:
    """Phase of the strongest line through short spectra of a hum; shape (n,)."""
    # Resolves 0.5 Hz, a hundredth of the mains; a hop of a quarter of it misses no change between.
    window_s = 2.0
    hop_s = 0.5
    window = max(8, round(window_s * base.rate_hz))
    hop = max(1, round(hop_s * base.rate_hz))
    start = np.arange(0, len(base.value) - window + 1, hop)
    parts = base.value[start[:, None] + np.arange(window)] * np.hanning(window)
    size = 8 * window
    power = np.abs(np.fft.fftshift(np.fft.fft(parts, size, axis=1), axes=1)) ** 2
    off_hz = np.fft.fftshift(np.fft.fftfreq(size, 1 / base.rate_hz))
    near = np.abs(off_hz) <= FARTHEST * base.hum_hz
    path = _best_path(power[:, near] / (power.sum(axis=1, keepdims=True) + 1e-300))
    at_s = base.time_s[start] + window / base.rate_hz / 2
    speed = np.interp(base.time_s, at_s, off_hz[near][path])
    phase: np.ndarray = 2 * np.pi * np.cumsum(speed) / base.rate_hz
    return phase


def _best_path(gain: np.ndarray) -> np.ndarray:
    """Columns of the path of most gain down the rows that moves by few columns per row."""
    # Columns, of 1/16 Hz each, by which the path may move in half a second: 0.7 % of a hum of 50 Hz
    # in a second.
    most = 3
    total, came = gain[0].copy(), []
    for row in gain[1:]:  # one step per half second
        wide = np.pad(total, most, constant_values=-np.inf)
        moves = np.lib.stride_tricks.sliding_window_view(wide, 2 * most + 1)
        move = moves.argmax(axis=1)
        came.append(np.arange(len(total)) + move - most)
        total = row + moves.max(axis=1)
    path = [int(total.argmax())]
    for back in reversed(came):
        path.append(int(back[path[-1]]))
    return np.array(path[::-1])


@dataclass(frozen=True, kw_only=True)
class Thinned:
    """A signal at so few samples per second that a short prediction spans a wave of the hum.

    Attributes
    ----------
    value : ndarray of float64, shape (n,)
        Samples.
    rate_hz : int
        Samples per second.
    hum_hz : float
        Frequency of the hum.
    """

    value: np.ndarray
    rate_hz: int
    hum_hz: float

    @property
    def time_s(self) -> np.ndarray:
        """Nominal time of each sample."""
        return np.arange(len(self.value)) / self.rate_hz


def thin_out(signal: np.ndarray, rate_hz: float, hum_hz: float) -> Thinned:
    """A signal at the rate at which it is predicted; arguments as for `demodulate`."""
    # The prediction: so many samples per second, each by so many before it, learnt from a second.
    predicted_hz = 800
    thin_hz = min(predicted_hz, int(rate_hz))
    value = resample(signal - np.mean(signal), rate_hz, thin_hz)
    return Thinned(value=value, rate_hz=thin_hz, hum_hz=hum_hz)


def unpredicted(thin: Thinned, phase_rad: np.ndarray, level: np.ndarray) -> Unpredicted:
    """The hum in what a prediction of the programme leaves.

    Parameters
    ----------
    thin : Thinned
        The signal.
    phase_rad, level : ndarray of float64, shape (n,)
        Phase against a steady hum, and level, as far as they are known, at each of its samples.
        Without them the prediction would tell the hum, too.

    Returns
    -------
    Unpredicted
    """
    # A burst is so short, and the rest of a programme no quieter than this part of what is usual.
    burst_s = 0.003
    quietest = 0.2
    bin_s = 0.05
    steady = 2 * np.pi * thin.hum_hz * thin.time_s
    hum = np.exp(1j * (steady + phase_rad))
    models = _models(thin.value - level * hum.real, thin.rate_hz)
    left, hum = (_prediction_error(each, models, thin.rate_hz) for each in (thin.value, hum))
    power = _smooth((left - level * hum.real) ** 2, thin.rate_hz, burst_s)
    weight = 1.0 / (power + quietest * np.median(power) + 1e-300)
    cosine, sine = hum.real, -hum.imag
    size = max(1, round(bin_s * thin.rate_hz))
    middle_s = (np.arange(len(left) // size) * size + (size - 1) / 2) / thin.rate_hz
    sums = [
        _binned(weight * one * other, size)
        for one, other in (
            (cosine, cosine),
            (cosine, sine),
            (sine, sine),
            (cosine, left),
            (sine, left),
        )
    ]
    return Unpredicted(
        gram=np.stack(sums[:3]),
        found=np.stack(sums[3:]),
        phase_rad=np.interp(middle_s, thin.time_s, phase_rad),
        time_s=middle_s,
    )


def _models(signal: np.ndarray, rate_hz: int) -> np.ndarray:
    """Autoregressive models of a signal, from tenth to tenth of a second; shape (m, order + 1)."""
    # Two terms for each resonance: arbitrary.
    model_order = 24
    size, hop = 2 * round(_MODEL_S * rate_hz / 2), max(1, round(_MODEL_HOP_S * rate_hz))
    padded = np.pad(signal, (size // 2, size))
    parts = np.lib.stride_tricks.sliding_window_view(padded, size)[: len(signal) + hop : hop]
    spectra = np.abs(fft.rfft(parts * np.hanning(size), 2 * size, axis=1)) ** 2
    # what is silent is predicted by nothing
    spectra += 1e-6 * spectra.mean(axis=1, keepdims=True) + 1e-9 * spectra.mean() + 1e-300
    return autoregressive(spectra, model_order)[0]


def _prediction_error(signal: np.ndarray, models: np.ndarray, rate_hz: int) -> np.ndarray:
    """Prediction error of a signal under models that pass into one another; shape (n,)."""
    hop = max(1, round(_MODEL_HOP_S * rate_hz))
    at = np.arange(len(signal)) / hop
    before = np.minimum(at.astype(np.int64), len(models) - 2)
    share = np.minimum(at - before, 1.0)
    order = models.shape[1] - 1
    padded = np.pad(signal, (order, 0))
    left = np.zeros_like(signal)
    for lag in range(order + 1):
        factor = (1 - share) * models[before, lag] + share * models[before + 1, lag]
        left += factor * padded[order - lag :][: len(signal)]
    return left


def _binned(values: np.ndarray, size: int) -> np.ndarray:
    count = len(values) // size
    sums: np.ndarray = values[: count * size].reshape(count, size).sum(axis=1)
    return sums


def _smooth(values: np.ndarray, rate_hz: float, scale_s: float) -> np.ndarray:
    return ndimage.gaussian_filter1d(values, scale_s * rate_hz, mode="nearest")
