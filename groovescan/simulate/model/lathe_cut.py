"""The lathe: sound becomes displacement, and displacement bends a spiral."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft, rfftfreq
from scipy.ndimage import map_coordinates, spline_filter1d

from groovescan.errors import SettingsError
from groovescan.simulate.model.feed import loudness_of, slow_noise, spiral
from groovescan.simulate.model.songs import bands_of, shared, with_pauses
from groovescan.simulate.simulate_settings import SimulateSettings

_SHELF_DB = {"N": None, "R": 20.0, "B": 18.0, "A": 16.0, "C": 14.0, "X": 12.0}
#: Steps from one sample to the next, between which a cubic spline follows the sound. Arbitrary.
_OVERSAMPLING = 4
#: Below this a cutter's spring gives way: about the lowest tone that is heard.
_LOWEST_HZ = 20.0


@dataclass(frozen=True)
class CutGroove:
    """A groove as it was cut.

    Attributes
    ----------
    rate_hz : float
        Samples per second of `displacement_mm`.
    turns : float
        Length of the groove, in turns.
    seconds_per_turn : float
        Duration of a turn, in s.
    displacement_mm : ndarray of float64, shape (samples,)
        What carries the sound, at equal steps of position along the groove from its start.
    radius_mm : ndarray of float64, shape (4 samples,)
        Spline coefficients of the radius of the groove's middle.
    signal_mm : ndarray of float64, shape (4 samples,), or None
        The same of the signal, where it is not in the radius.
    smooth_turns, smooth_mm : ndarray of float64, shape (knots,)
        Radius of the spiral without the sound, at positions in turns.
    lock_turns : float or None
        Position where the groove has run into its own path of a turn before, which is its end.
    ring_mm : float or None
        Radius of a closed circle that is no part of the groove.
    start_rad : float
        Azimuth at which it starts.
    audio : ndarray of float64, shape (samples,)
        The sound that it holds, with the pauses between its bands.
    bands_turns : tuple of tuple of float
        First and last position of each band, in turns.
    """

    rate_hz: float
    turns: float
    seconds_per_turn: float
    displacement_mm: np.ndarray
    radius_mm: np.ndarray
    signal_mm: np.ndarray | None
    smooth_turns: np.ndarray
    smooth_mm: np.ndarray
    lock_turns: float | None = None
    ring_mm: float | None = None
    start_rad: float = 0.0
    audio: np.ndarray = field(default_factory=lambda: np.zeros(0))
    bands_turns: tuple[tuple[float, float], ...] = ()

    def radius_at(self, turns: np.ndarray) -> np.ndarray:
        """Radius of the groove in mm, at positions in turns."""
        return self._sample(self.radius_mm, turns)

    def signal_at(self, turns: np.ndarray) -> np.ndarray | None:
        """Signal in mm where width or contrast carry it, else None."""
        return None if self.signal_mm is None else self._sample(self.signal_mm, turns)

    def smooth_radius_at(self, turns: np.ndarray) -> np.ndarray:
        """Radius in mm of the spiral without the sound, at positions in turns."""
        return np.interp(turns, self.smooth_turns, self.smooth_mm)

    def position_at(self, radius_mm: np.ndarray) -> np.ndarray:
        """Position in turns where the smooth spiral has a radius; steady feed beyond its ends."""
        order = slice(None) if self.smooth_mm[-1] > self.smooth_mm[0] else slice(None, None, -1)
        radii, places = self.smooth_mm[order], self.smooth_turns[order]
        inside = np.interp(radius_mm, radii, places)  # on a circle, one of the places there
        slope = (places[-1] - places[0]) / (radii[-1] - radii[0])
        return inside + slope * (radius_mm - np.clip(radius_mm, radii[0], radii[-1]))

    def _sample(self, coefficients: np.ndarray, turns: np.ndarray) -> np.ndarray:
        index = turns * (self.seconds_per_turn * self.rate_hz * _OVERSAMPLING)
        return map_coordinates(
            coefficients, np.asarray(index)[None], order=3, prefilter=False, mode="nearest"
        )


def cut_all(
    audio: np.ndarray, rate_hz: float, settings: SimulateSettings, rng: np.random.Generator
) -> tuple[CutGroove, ...]:
    """Cut a sound into one groove, or shared among several that are not connected.

    Parameters
    ----------
    audio, rate_hz, settings, rng : ndarray, float, SimulateSettings, Generator
        As in `cut`.

    Returns
    -------
    tuple of CutGroove
        In the order of the sound: beside each other, the second where the first has ended and a
        while of land is over; or one within the other, the turns of all of them in turn.
    """
    grooves: list[CutGroove] = []
    for index, part in enumerate(shared(audio, rate_hz, settings.cuts)):
        own = _interleaved(settings, index) if settings.cuts_lie == "interleaved" else settings
        if index and settings.cuts_lie == "apart":
            own = _beside(settings, index, grooves[-1])
        grooves.append(cut(part, rate_hz, own, rng))
    return tuple(grooves)


def _interleaved(settings: SimulateSettings, index: int) -> SimulateSettings:
    sense = -1.0 if settings.mirrored else 1.0
    turned = sense * 2 * np.pi * index / settings.cuts
    return settings.replace(
        pitch_mm=settings.pitch_mm * settings.cuts,
        start_angle_rad=float(np.angle(np.exp(1j * (settings.start_angle_rad + turned)))),
    )


def _beside(settings: SimulateSettings, index: int, before: CutGroove) -> SimulateSettings:
    # A cut starts so much further round than the one before: nobody aims.
    cuts_apart_rad = 2.4
    inward = -1.0 if settings.start == "outer" else 1.0
    turned = settings.start_angle_rad + cuts_apart_rad * index
    return settings.replace(
        start_radius_mm=float(before.smooth_mm[-1]) + inward * settings.cut_gap_mm,
        start_angle_rad=float(np.angle(np.exp(1j * turned))),
    )


def cut(
    audio: np.ndarray, rate_hz: float, settings: SimulateSettings, rng: np.random.Generator
) -> CutGroove:
    """Cut a sound into a spiral.

    Parameters
    ----------
    audio : ndarray of float, shape (samples,)
        The sound; its scale does not matter.
    rate_hz : float
        Samples per second.
    settings : SimulateSettings
        The lathe and the groove.
    rng : numpy.random.Generator
        Where feed and speed errors come from.

    Returns
    -------
    CutGroove
        The groove.
    """
    audio = with_pauses(audio, rate_hz, settings)
    displacement = _placed(_driven(audio, rate_hz, settings), rate_hz, settings, rng)
    turns = (len(displacement) - 1) / rate_hz / settings.seconds_per_turn
    displacement = displacement + _locked_tone(
        np.arange(len(displacement)) / rate_hz / settings.seconds_per_turn, turns, settings
    )
    knots = np.linspace(0.0, turns, max(int(turns * 256), 16))
    loudness = loudness_of(displacement, rate_hz * settings.seconds_per_turn)
    at_knots = np.interp(
        knots * settings.seconds_per_turn * rate_hz, np.arange(len(loudness)), loudness
    )
    smooth = spiral(knots, at_knots, settings, rng)
    fine = np.arange(len(displacement) * _OVERSAMPLING) / _OVERSAMPLING
    fine_turns = fine / rate_hz / settings.seconds_per_turn
    carrier = _oversampled(displacement)
    inward = -1.0 if settings.start == "outer" else 1.0
    lateral = settings.modulation == "lateral"
    radius = np.interp(fine_turns, knots, smooth) + (carrier if lateral else 0.0)
    return CutGroove(
        rate_hz=rate_hz,
        turns=turns,
        seconds_per_turn=settings.seconds_per_turn,
        displacement_mm=displacement,
        radius_mm=spline_filter1d(radius, mode="nearest"),
        signal_mm=None if lateral else spline_filter1d(carrier, mode="nearest"),
        smooth_turns=knots,
        smooth_mm=smooth,
        lock_turns=turns if settings.ending == "locked" else None,
        ring_mm=smooth[-1] + inward * settings.ring_gap_mm if settings.ending == "ring" else None,
        start_rad=settings.start_angle_rad,
        audio=audio,
        bands_turns=bands_of(turns, settings),
    )


def curve_response(code: str, frequency_hz: np.ndarray) -> np.ndarray:
    r"""Displacement that a recording curve gives to a steady signal.

    Below the turnover :math:`f_t` the amplitude is constant, above it the velocity; a shelf
    :math:`f_s` makes the velocity constant again below, and a roll-off :math:`f_r` lifts the
    treble:

    .. math:: H(f) = \frac{1}{1 + j f / f_t} \, \frac{f_s + j f}{j f} \, (1 + j f / f_r)

    Parameters
    ----------
    code : str
        Turnover in Hz, shelf letter (N none, R 20, B 18, A 16, C 14, X 12 dB) and loss in dB at
        10 kHz, such as '500R-13.7'.
    frequency_hz : ndarray of float, shape (n,)
        Frequencies in Hz, above zero.

    Returns
    -------
    ndarray of complex128, shape (n,)
        Relative displacement.
    """
    turnover_hz, shelf_db, loss_db = _parsed(code)
    s = 1j * np.asarray(frequency_hz, float)
    response = 1.0 / (1.0 + s / turnover_hz)
    if shelf_db is not None:
        response = response * (1.0 + turnover_hz / 10 ** (shelf_db / 20) / s)
    if loss_db > 0:
        response = response * (1.0 + s * np.sqrt(10 ** (loss_db / 10) - 1.0) / 10000.0)
    return response


def _parsed(code: str) -> tuple[float, float | None, float]:
    parts = re.fullmatch(r"(\d+(?:\.\d+)?)([NRBACX])-(\d+(?:\.\d+)?)", code)
    if parts is None or float(parts[1]) <= 0:
        raise SettingsError(
            f"recording_curve is {code!r}; it must be a turnover in Hz, one of the letters "
            f"{' '.join(_SHELF_DB)} and a loss in dB at 10 kHz, such as '250N-0'"
        )
    return float(parts[1]), _SHELF_DB[parts[2]], float(parts[3])


def _driven(audio: np.ndarray, rate_hz: float, settings: SimulateSettings) -> np.ndarray:
    """Displacement in mm over time, hum included."""
    size = next_fast_len(len(audio) + int(rate_hz))  # a second of silence against wrapping round
    frequency = rfftfreq(size, 1.0 / rate_hz)
    response = np.zeros(len(frequency), complex)
    heard = frequency > 0
    response[heard] = curve_response(settings.recording_curve, frequency[heard])
    response *= frequency**2 / (frequency**2 + _LOWEST_HZ**2)  # a cutter does not hold a drift
    moved = irfft(rfft(audio, size) * response, size)[: len(audio)]
    moved *= settings.amplitude_mm / max(np.abs(moved).max(initial=0.0), 1e-30)
    time_s = np.arange(len(audio)) / rate_hz
    return moved + settings.hum_mm * np.sin(2 * np.pi * settings.hum_hz * time_s)


def _placed(
    moved: np.ndarray, rate_hz: float, settings: SimulateSettings, rng: np.random.Generator
) -> np.ndarray:
    """Displacement over position, with speed errors and the silent turns round it."""
    position = _position_s(len(moved), rate_hz, settings, rng)
    lead_in = settings.lead_in_turns * settings.seconds_per_turn
    silent = settings.lead_in_turns + settings.run_out_turns + settings.lead_out_turns
    silent += settings.ending == "locked"
    length = position[-1] + silent * settings.seconds_per_turn
    wanted = np.arange(round(length * rate_hz) + 1) / rate_hz - lead_in
    index = np.interp(wanted, position, np.arange(len(moved)), left=-9.0, right=len(moved) + 9.0)
    # silence round the sound, so that the interpolation fades out over one sample only
    padded = np.pad(moved, 4)
    fine = _oversampled(padded)
    return map_coordinates(
        fine, (index + 4)[None] * _OVERSAMPLING, order=3, mode="constant", cval=0.0
    )


def _position_s(
    samples: int, rate_hz: float, settings: SimulateSettings, rng: np.random.Generator
) -> np.ndarray:
    """Position along the groove in s of the steady lathe, for each moment of the real one."""
    time_s = np.arange(samples) / rate_hz
    slow = slow_noise(time_s, 0.4, rng) * settings.wow_percent / 100
    phase = rng.uniform(0.0, 2 * np.pi)
    once = np.sin(2 * np.pi * time_s / settings.seconds_per_turn + phase)
    speed = 1.0 + slow + once * settings.wow_once_percent / 100
    return np.concatenate([[0.0], np.cumsum(speed[:-1])]) / rate_hz


def _locked_tone(turns: np.ndarray, end: float, settings: SimulateSettings) -> np.ndarray:
    """Displacement in mm of what a locked turn repeats."""
    # A locked tone has so many waves: whole ones, so that it runs into itself.
    lock_waves = 240
    if settings.ending != "locked" or not settings.lock_sound_mm:
        return np.zeros(len(turns))
    wave = np.sin(2 * np.pi * lock_waves * (turns - end))
    return settings.lock_sound_mm * np.where(turns >= end - 1.0, wave, 0.0)


def _oversampled(signal: np.ndarray) -> np.ndarray:
    """Band-limited interpolation; the signal is taken to be silent beyond its ends."""
    size = next_fast_len(len(signal) + 256)
    spectrum = rfft(signal, size)
    fine = irfft(spectrum, size * _OVERSAMPLING) * _OVERSAMPLING
    return fine[: len(signal) * _OVERSAMPLING]
