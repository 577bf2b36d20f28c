"""From a reading to its sound: the transfer, the listening copy, and the account of both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from groovescan.config.settings import Settings, SoundSettings
from groovescan.core.account import Account, Clock, Octaves
from groovescan.core.geometry.camera_model import radius_at
from groovescan.core.memo import Memo
from groovescan.core.results import GrooveMap, Reading, Resolution, Waveform
from groovescan.runtime.blas import one_blas_thread
from groovescan.runtime.threads import together
from groovescan.sound import level
from groovescan.sound.equalisation.aperture import blur_along_px, compensate, speed_px_s
from groovescan.sound.equalisation.curves import Curve, equalise, parse_curve
from groovescan.sound.octave_quality import OctaveSpectra, measure_octaves, measure_spectra
from groovescan.sound.repair import as_asked, find_gaps, repair
from groovescan.sound.restoration.restore import declick, restore
from groovescan.sound.speed.clock import read_clock
from groovescan.sound.speed.track import Track, bridged, on_time, to_track, track_rate_hz


@dataclass(frozen=True, kw_only=True)
class Played:
    """The sound of a reading: transfer, listening copy, account.

    Attributes
    ----------
    waveform : Waveform
        The transfer.
    restored : Waveform or None
        The listening copy.
    account : Account
        What was done.
    """

    waveform: Waveform
    restored: Waveform | None
    account: Account


@one_blas_thread()
def to_waveform(reading: Reading, settings: SoundSettings | None = None) -> Waveform:
    """The sound of a displacement, with nothing done to it but what cannot be left out.

    The curve is undone at the reading's own rate, samples per turn times turns per second,
    which need not be a whole number; then the sound is resampled (soxr, very high quality),
    freed from its mean and brought to its level. Silence stays silence. Samples whose
    displacement is not finite are silent.

    Parameters
    ----------
    reading : Reading
        Displacement along the groove. It is not changed.
    settings : SoundSettings, optional
        Speed, curve, rate, and level of the true peak; clock, repair, aperture and gain are for
        `play`, which knows the photograph.

    Returns
    -------
    Waveform
        As long as the reading, to half a sample.

    Raises
    ------
    GrooveLostError
        Where the reading has no sample that was read.
    """
    settings = (settings or SoundSettings()).replace(level="peak")
    track = to_track(reading, settings.rpm)
    samples, peak = _transfer(track, settings.eq, settings.linear_phase, settings.rate_hz)
    gain = level.gain_for(peak, 1.0, settings)
    return level.as_waveform(samples * gain, settings.rate_hz)


@one_blas_thread()
def play(
    reading: Reading,
    groove_map: GrooveMap,
    settings: Settings,
    resolution: Resolution | None = None,
    memo: Memo | None = None,
) -> Played:
    """The transfer of a reading, its listening copy where one is asked for, and the account.

    Parameters
    ----------
    reading : Reading
        As it was read. It is not changed.
    groove_map : GrooveMap
        Where the groove runs: its radius tells the loss of treble, its pitch the level.
    settings : Settings
        All of them; those of the sound and of the restoration are used.
    resolution : Resolution, optional
        How sharp the photograph was found; without it, a sharp one is reckoned with.
    memo : Memo, optional
        A memory, for whoever plays a reading again and again: weighing, filling and measuring it
        take most of the time, and stay while curve and level change.

    Returns
    -------
    Played
        The sounds and their account.

    Raises
    ------
    GrooveLostError
        Where no sample was read.
    """
    sound, memo = settings.sound, memo or Memo(depth=1)
    best = memo(repair, reading)
    asked = memo(as_asked, reading, best, weigh=sound.weigh, fill=sound.repair)
    track = memo(to_track, asked, sound.rpm)
    clock = memo(_clock, track, sound.rpm, sound.hum_hz) if sound.hum_hz else None
    track = memo(on_time, track, clock) if clock else track
    rate_hz = track_rate_hz(reading, sound.rpm)
    as_it_is = sound.aperture != "on"
    transfer: Callable[..., tuple[np.ndarray, float]] = partial(
        memo, _transfer, track, sound.eq, sound.linear_phase, sound.rate_hz
    )
    # None of them waits for the others.
    spectra, samples_and_peak, cleaned = together(
        lambda: memo(_spectra, reading, best, sound.rpm),
        lambda: transfer() if as_it_is else None,
        lambda: (
            memo(declick, reading, best, rate_hz, settings.restore.click_threshold)
            if sound.restore
            else None
        ),
    )
    octaves = measure_octaves(reading, spectra, parse_curve(sound.eq))
    blur_px = blur_along_px(resolution, sound)
    samples, peak = samples_and_peak or transfer(
        speed_px_s=memo(_speed, groove_map, track),
        blur_px=blur_px,
        limit_hz=octaves.bandwidth_hz or np.inf,
        most_db=settings.restore.aperture_db,
    )
    curve = parse_curve(sound.eq)
    reference = level.reference_gain(groove_map.pitch_px, curve)
    gain = level.gain_for(peak, reference, sound)
    heard = _Heard(track=track, clock=clock, octaves=octaves, blur_px=blur_px)
    account = _account(reading, sound, heard, curve, (gain, reference, peak * gain))
    waveform = level.as_waveform(samples * gain, sound.rate_hz)
    if not sound.restore:
        return Played(waveform=waveform, restored=None, account=account)
    speed = memo(_speed, groove_map, track)
    copy, clicks = _copy(cleaned, best, clock, speed, account, settings, memo)
    return _with_copy(waveform, account, copy * gain, clicks)


@dataclass(frozen=True, kw_only=True)
class _Heard:
    """Results on the way to a sound, which its account tells."""

    track: Track
    clock: Clock | None
    octaves: Octaves
    blur_px: float


def _account(
    reading: Reading,
    sound: SoundSettings,
    heard: _Heard,
    curve: Curve | None,
    levels: tuple[float, float, float],
) -> Account:
    """Account of a sound; `levels` are its gain, that of the reference, and its true peak."""
    gain, reference, peak = levels
    starts, lengths = _gaps_s(reading, heard.clock, sound)
    return Account(
        gain_db=level.decibels(gain / reference),
        true_peak_dbfs=level.decibels(peak),
        octaves=heard.octaves,
        gap_start_s=starts,
        gap_length_s=lengths,
        filled=sound.repair,
        clock=heard.clock,
        blur_px=heard.blur_px,
        notes=_notes(heard.clock, heard.track, curve, peak, heard.octaves),
    )


def _clock(track: Track, rpm: float, hum_hz: float) -> Clock:
    return read_clock(track.displacement_px, track.rate_hz, 60.0 / rpm, hum_hz)


def _speed(groove_map: GrooveMap, track: Track) -> np.ndarray:
    """Speed of the groove under the needle, in px per second."""
    turns = track.turns
    return speed_px_s(radius_at(groove_map, turns), turns, track.rate_hz)


def _transfer(
    track: Track,
    eq: str,
    linear_phase: bool,
    rate_hz: int,
    *,
    speed_px_s: np.ndarray | None = None,
    blur_px: float = 0.0,
    limit_hz: float = np.inf,
    most_db: float = 0.0,
) -> tuple[np.ndarray, float]:
    """The samples of the transfer at the gain of the displacement, and their true peak.

    With a speed, the treble that a blur took at it is given back.
    """
    sound = _equalised(track, eq, linear_phase)
    if speed_px_s is not None:
        sound = compensate(sound, track.rate_hz, speed_px_s, blur_px, limit_hz, most_db)
    samples = _resampled(sound, track, rate_hz)
    return samples, level.true_peak(samples, rate_hz)


def _equalised(track: Track, eq: str, linear_phase: bool) -> np.ndarray:
    # Single precision is 110 dB below the sound, any reading's noise far above that.
    moved = track.displacement_px.astype(np.float32)
    sound = equalise(moved, track.rate_hz, parse_curve(eq), linear_phase=linear_phase)
    return np.where(track.silent, np.float32(0), sound) if track.silent.any() else sound


def _resampled(sound: np.ndarray, track: Track, rate_hz: int) -> np.ndarray:
    samples = level.resample(sound, track.rate_hz, rate_hz)
    samples -= samples.mean()
    return samples


def _spectra(reading: Reading, best: Reading, rpm: float) -> OctaveSpectra:
    # One after the other, in single precision: a long sound is large.
    best_px = bridged(best.displacement_px).astype(np.float32)
    raw_px = bridged(as_asked(reading, best, weigh=False, fill=True).displacement_px)
    return measure_spectra(best_px, raw_px.astype(np.float32), track_rate_hz(reading, rpm))


def _copy(
    cleaned: tuple[Reading, int],
    best: Reading,
    clock: Clock | None,
    speed_px_s: np.ndarray,
    account: Account,
    settings: Settings,
    memo: Memo,
) -> tuple[np.ndarray, int]:
    """The listening copy at the gain of the displacement, and the number of clicks."""
    sound = settings.sound
    reading, clicks = cleaned
    track = memo(to_track, memo(repair, reading) if clicks else best, sound.rpm)
    track = memo(on_time, track, clock) if clock else track
    restored = restore(
        _equalised(track, sound.eq, sound.linear_phase),
        track.rate_hz,
        speed_px_s,
        settings.restore,
        bandwidth_hz=account.octaves.bandwidth_hz,
        blur_px=0.0 if sound.aperture == "off" else account.blur_px,
    )
    return _resampled(restored, track, sound.rate_hz), clicks


def _with_copy(waveform: Waveform, account: Account, samples: np.ndarray, clicks: int) -> Played:
    """Both sounds; the copy is at the transfer's gain, or below where it would be too loud."""
    # Above this, in dB below full scale, a listening copy is turned down.
    loudest_dbfs = -0.1
    peak = level.true_peak(samples, waveform.rate_hz)
    down = min(1.0, 10 ** (loudest_dbfs / 20) / peak) if peak > 0 else 1.0
    return Played(
        waveform=waveform,
        restored=level.as_waveform(samples * down, waveform.rate_hz),
        account=replace(
            account,
            clicks=clicks,
            restored_gain_db=level.decibels(down),
            restored_true_peak_dbfs=level.decibels(peak * down),
        ),
    )


def _gaps_s(
    reading: Reading, clock: Clock | None, settings: SoundSettings
) -> tuple[np.ndarray, np.ndarray]:
    """Start and length of the gaps in the time of the sound."""
    gaps = find_gaps(reading)
    rate_hz = track_rate_hz(reading, settings.rpm)
    if clock is None or clock.time_s is None:
        return gaps.first / rate_hz, gaps.count / rate_hz
    at = np.arange(len(clock.time_s))
    time_s = clock.time_s - clock.time_s[0]
    first = np.interp(gaps.first, at, time_s)
    return first, np.interp(gaps.first + gaps.count, at, time_s) - first


def _notes(
    clock: Clock | None, track: Track, curve: Curve | None, peak: float, octaves: Octaves
) -> tuple[str, ...]:
    """Remarks on the account, besides its figures."""
    # Where every octave is so far below the noise, nothing was recorded, or nothing can be heard.
    drowned_db = -6.0
    notes = []
    if clock is not None and not clock.usable:
        notes.append(f"speed left as it is: {clock.reason}")
    if curve is not None and curve.turnover_hz > track.rate_hz / 2:
        notes.append(
            f"the curve's turnover of {curve.turnover_hz:g} Hz lies above all that was read, up "
            f"to {track.rate_hz / 2:.0f} Hz: the sound has the shape of the displacement"
        )
    if not track.displacement_px.any():
        notes.append("the groove is straight: the sound is silence")
    elif np.all(np.nan_to_num(octaves.claimed_db, nan=np.inf) < drowned_db):
        notes.append(
            "nothing in the groove stands out of the photograph's noise, at any frequency: what "
            "is heard is that noise"
        )
    if peak > 1.0:
        notes.append(
            f"the gain takes the sound {level.decibels(peak):.1f} dB above full scale, "
            "where whole numbers clip it"
        )
    return tuple(notes)
