"""Hum is a clock where there is one, and nothing is changed where there is none."""

import numpy as np
import pytest
from scipy import signal
from test_sound import reading

from groovescan.core.account import Clock
from groovescan.simulate import make_sound
from groovescan.sound.speed.clock import read_clock
from groovescan.sound.speed.hum import demodulate, thin_out, unpredicted
from groovescan.sound.speed.lathe import Basis, PhaseLikelihood, speed_errors
from groovescan.sound.speed.track import on_time, to_track

RATE_HZ = 4992.0
TURN_S = 60 / 78


def lathe(seconds, *, once=0.0, drift=0.0, speed=1.0):
    """True times of samples that are equally far apart on the disc."""
    time_s = np.arange(round(1.1 * seconds * 2000)) / 2000
    ratio = speed * (1 + once * np.sin(2 * np.pi * time_s / TURN_S + 1.0))
    ratio = ratio * (1 + drift * time_s / seconds)
    position = np.concatenate([[0.0], np.cumsum(ratio[:-1])]) / 2000
    return np.interp(np.arange(round(seconds * RATE_HZ)) / RATE_HZ, position, time_s)


def programme(rng, time_s, level=1.0):
    """Notes that come and go, from 80 Hz on, and a hiss; on the time of the lathe."""
    notes = rng.uniform(80, 900, 12)
    sound = sum(
        np.sin(2 * np.pi * hz * time_s + rng.uniform(0, 6)) * (np.sin(2 * time_s + index) > 0.3)
        for index, hz in enumerate(notes)
    )
    return level * sound / sound.std() + 0.02 * rng.standard_normal(len(time_s))


def hum(time_s, hertz=50.0, db=-40.0):
    return np.sqrt(2) * 10 ** (db / 20) * np.sin(2 * np.pi * hertz * time_s + 0.7)


def cut_sound(kind, seed, true_s):
    """What a simulated disc has in its groove, with hum 40 dB under the peak and a fine hiss."""
    rng = np.random.default_rng(seed)
    sound = make_sound(true_s[-1], 22050.0, rng, kind)
    below = signal.butter(1, 250.0, fs=22050.0, output="sos")
    above = signal.butter(2, 20.0, "highpass", fs=22050.0, output="sos")
    moved = signal.sosfilt(above, signal.sosfilt(below, sound))
    moved = np.interp(true_s, np.arange(len(moved)) / 22050.0, moved / np.abs(moved).max())
    ripple = 0.01 * np.sin(2 * np.pi * 50.0 * true_s)
    return moved + ripple + 0.018 * rng.standard_normal(len(true_s))


def speed_error_percent(clock, true_s):
    """What is left of the speed error, away from the very ends."""
    rest = np.gradient(clock.time_s) / np.gradient(true_s)
    return 100 * np.abs(rest[2000:-2000] - 1).max()


@pytest.mark.parametrize("hertz", [50.0, 60.0])
def test_once_per_turn_is_tracked_within_a_tenth_of_a_percent(rng, hertz):
    true_s = lathe(24, once=0.01)
    clock = read_clock(programme(rng, true_s) + hum(true_s, hertz), RATE_HZ, TURN_S, hertz)
    assert clock.usable
    assert speed_error_percent(clock, true_s) < 0.1
    assert clock.wow_percent == pytest.approx(0.707, abs=0.07)
    assert clock.speed_ratio == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("kind", ["speech", "music"])
def test_a_minute_leaves_less_than_a_tenth_of_a_percent_at_any_moment(kind, seed):
    true_s = lathe(60, once=0.01)
    clock = read_clock(cut_sound(kind, seed, true_s), RATE_HZ, TURN_S, 50.0)
    assert clock.usable
    assert speed_error_percent(clock, true_s) < 0.1


@pytest.mark.parametrize("seed", [100, 101, 102, 105])
def test_a_short_disc_of_speech_without_a_rest_leaves_less_than_a_tenth_of_a_percent(seed):
    # in the hum's own band alone the voice disturbs it so much that 0.15 % are left
    true_s = lathe(24, once=0.01)
    clock = read_clock(cut_sound("speech", seed, true_s), RATE_HZ, TURN_S, 50.0)
    rest = np.gradient(clock.time_s) / np.gradient(true_s)
    assert 100 * np.std(rest[1000:-1000]) < 0.1


def test_what_is_left_of_a_programme_is_quiet_between_its_bursts(rng):
    # a resonance that is struck some ten times a second, and a hum a hundredth as strong
    thin_hz, count = 800, 16000
    struck = np.zeros(count)
    struck[rng.integers(0, count, 200)] = 1.0
    ringing = signal.lfilter([1.0], [1.0, -1.9 * np.cos(0.5), 0.9025], struck)
    time_s = np.arange(count) / thin_hz
    wave = ringing + 0.01 * np.sin(2 * np.pi * 50 * time_s) + 1e-4 * rng.standard_normal(count)
    thin = thin_out(wave, thin_hz, 50.0)
    hum = unpredicted(thin, np.full(count, -np.pi / 2), np.full(count, 0.01))
    right, wrong = hum.likelihood(hum.phase_rad), hum.likelihood(hum.phase_rad + 0.05)
    assert right.level.mean() == pytest.approx(0.01, rel=0.1)
    # a phase that is a little off is pulled back
    pulled = wrong.pull.sum() / wrong.weight.sum() - right.pull.sum() / right.weight.sum()
    assert pulled == pytest.approx(-0.05, abs=0.01)
    # and the phase is known better than the band of the hum tells it
    base = demodulate(wave, thin_hz, 50.0)
    alone = base.likelihood(np.full(len(base.value), -np.pi / 2))
    assert right.weight.sum() > 2 * alone.weight.sum()


@pytest.mark.parametrize("seed", range(8))
def test_the_programme_s_rhythm_is_not_taken_for_the_lathe_s(seed):
    true_s = lathe(24, once=0.01)
    kind = "music" if seed % 2 else "speech"
    clock = read_clock(cut_sound(kind, seed, true_s), RATE_HZ, TURN_S, 50.0)
    angle = 2 * np.pi * np.arange(len(true_s)) / RATE_HZ / TURN_S
    rest = 100 * (np.gradient(clock.time_s) / np.gradient(true_s) - 1)
    twice = 2 * np.abs(np.mean(rest * np.exp(2j * angle)))
    assert twice < 0.02


def test_drift_and_mean_speed_are_found(rng):
    true_s = lathe(24, drift=0.03, speed=0.985)
    clock = read_clock(programme(rng, true_s) + hum(true_s), RATE_HZ, TURN_S, 50.0)
    assert clock.usable
    assert speed_error_percent(clock, true_s) < 0.3  # of 3, at its worst moment
    length_s = true_s[-1] - true_s[0]
    assert clock.speed_ratio == pytest.approx(len(true_s) / RATE_HZ / length_s, rel=2e-4)


def test_the_claimed_error_is_that_of_the_speed(rng):
    errors, claims = [], []
    for _ in range(6):
        true_s = lathe(24, once=0.01)
        sound = programme(rng, true_s) + hum(true_s)
        clock = read_clock(sound + 0.1 * rng.standard_normal(len(sound)), RATE_HZ, TURN_S, 50.0)
        if clock.usable:
            rest = np.gradient(clock.time_s) / np.gradient(true_s)
            errors.append(np.std(rest))
            claims.append(clock.speed_error)
    assert len(errors) > 3
    assert 0.3 < np.sqrt(np.mean(np.square(errors)) / np.mean(np.square(claims))) < 2.0


def test_the_error_of_a_steady_speed_is_that_of_a_line_through_the_phase():
    time_s, weight = np.arange(400) / 40, 25.0
    basis = Basis(
        columns=np.stack([np.ones(400), time_s], axis=1),
        time_s=time_s,
        knots_s=np.zeros(0),
        seconds_per_turn=TURN_S,
        hum_hz=60.0,
    )
    ones = np.ones(400)
    likelihood = PhaseLikelihood(level=ones, weight=weight * ones, pull=0 * ones, misfit=0.0)
    # of a line's slope, in radians per second: its phase turns by 2 pi times 60 Hz
    slope = 1 / np.sqrt(weight * np.sum((time_s - time_s.mean()) ** 2))
    found = speed_errors(likelihood, basis, np.zeros(2))
    np.testing.assert_allclose(found, slope / (2 * np.pi * 60.0), rtol=1e-6)


def test_a_hum_that_ends_with_the_sound_is_enough(rng):
    true_s = lathe(24, once=0.01)
    sound = programme(rng, true_s) + hum(true_s)
    silent = (np.arange(len(sound)) < 2 * RATE_HZ) | (np.arange(len(sound)) > 22 * RATE_HZ)
    clock = read_clock(np.where(silent, 0.0, sound), RATE_HZ, TURN_S, 50.0)
    assert clock.usable
    assert speed_error_percent(clock, true_s) < 0.15


@pytest.mark.parametrize("seed", range(3))
def test_without_hum_there_is_no_clock(seed):
    rng = np.random.default_rng(seed)
    true_s = lathe(20, once=0.01)
    clock = read_clock(programme(rng, true_s), RATE_HZ, TURN_S, 50.0)
    assert not clock.usable
    assert clock.reason == "no steady hum was found within 5 % of 50 Hz"
    track = to_track(reading(programme(rng, true_s), 3840), 78.0)
    assert on_time(track, clock) is track


def test_the_wrong_frequency_is_no_clock(rng):
    true_s = lathe(20)
    assert not read_clock(programme(rng, true_s) + hum(true_s), RATE_HZ, TURN_S, 60.0).usable


@pytest.mark.parametrize("count", [1, 2, 5000])
def test_too_short_is_said(count):
    clock = read_clock(np.zeros(count), RATE_HZ, TURN_S, 50.0)
    assert not clock.usable
    assert "too short" in clock.reason


def test_silence_is_no_clock():
    assert not read_clock(np.zeros(60000), RATE_HZ, TURN_S, 50.0).usable


def test_a_track_is_laid_on_true_time(rng):
    true_s = lathe(6, once=0.01)
    tones = np.array([300.0, 1100.0, 1900.0])
    wave = np.sin(2 * np.pi * tones[:, None] * true_s).sum(axis=0)
    track = to_track(reading(wave, 3840), 78.0)
    laid = on_time(track, Clock(hum_hz=50.0, time_s=true_s))
    expected = np.sin(
        2 * np.pi * tones[:, None] * (true_s[0] + np.arange(len(laid.turns)) / RATE_HZ)
    )
    off = laid.displacement_px - expected.sum(axis=0)
    assert np.abs(off[100:-100]).max() < 0.01
    assert laid.turns[-1] == pytest.approx(track.turns[-1], abs=1e-3)
    # what was silent is silent at its own time
    gap = np.zeros(len(wave), bool)
    gap[10000:10050] = True
    broken = to_track(reading(np.where(gap, np.nan, wave), 3840), 78.0)
    silent = np.flatnonzero(on_time(broken, Clock(hum_hz=50.0, time_s=true_s)).silent) / RATE_HZ
    assert silent[0] == pytest.approx(true_s[10000] - true_s[0], abs=2 / RATE_HZ)
    assert silent[-1] == pytest.approx(true_s[10049] - true_s[0], abs=2 / RATE_HZ)
