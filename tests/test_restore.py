"""The listening copy is easier to understand, and nothing of it is lost from the account."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage, signal, special
from test_play import PER_TURN, RATE_HZ, likeness, on_file_time, reading, settings, speech, spiral

from groovescan.config.settings import RestoreSettings, Settings
from groovescan.sound import play
from groovescan.sound.repair import repair
from groovescan.sound.restoration.noise_kernels import followed_gain, running_median
from groovescan.sound.restoration.restore import (
    _band_gain,
    _without_rumble,
    declick,
    denoise_gain,
)
from groovescan.sound.restoration.short_time_spectra import to_frames, with_gain

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pystoi import stoi


def intelligibility(samples, truth):
    return stoi(truth, samples, 48000)


@pytest.mark.parametrize("noise_px", [0.02, 0.08, 0.2])
def test_speech_is_understood_no_worse_and_heard_with_less_noise(rng, noise_px):
    cut, read = speech(8.0, rng, noise_px=noise_px)
    played = play(read, spiral(30, 1600.0), settings(restore=True))
    truth = on_file_time(cut)
    transfer, restored = (one.samples.astype(float) for one in (played.waveform, played.restored))
    assert intelligibility(restored, truth) > intelligibility(transfer, truth) - 0.01
    # the noise of the lead-in, against the level of the speech
    quiet, loud = slice(9600, 57600), slice(96000, -96000)
    before, after = (one[quiet].std() / one[loud].std() for one in (transfer, restored))
    # of little noise, the weighing that goes before has left hardly any
    assert after < (0.97 if noise_px < 0.05 else 0.75) * before
    # what is left of the truth after the best gain
    assert likeness(restored, truth) > likeness(transfer, truth) - 0.01


def test_clicks_are_found_and_mended(rng):
    cut, read = speech(6.0, rng, noise_px=0.01)
    places = rng.integers(20000, len(cut) - 20000, 40)
    scratched = read.displacement_px.copy()
    for width, share in enumerate((1.0, 0.7, -0.4)):
        scratched[places + width] += 3.0 * share
    broken = replace(read, displacement_px=scratched)
    before = repair(broken)
    cleaned, clicks = declick(broken, before, RATE_HZ, RestoreSettings().click_threshold)
    assert np.isinf(cleaned.standard_error_px[places]).mean() > 0.9
    assert 40 <= clicks < 40 * 60
    after = repair(cleaned)
    error = [np.std(one.displacement_px - cut) for one in (before, after)]
    assert error[1] < 0.3 * error[0]


def test_a_clean_groove_has_no_clicks(rng):
    cut, read = speech(6.0, rng, noise_px=0.01)
    same, clicks = declick(read, repair(read), RATE_HZ, RestoreSettings().click_threshold)
    assert clicks < 5e-4 * len(cut)
    assert (same.standard_error_px == read.standard_error_px).mean() > 0.9995


def test_the_copy_is_at_the_transfer_s_level(rng):
    _, read = speech(5.0, rng, noise_px=0.01)
    played = play(read, spiral(20), settings(restore=True, aperture="off"))
    transfer, restored = (one.samples.astype(float) for one in (played.waveform, played.restored))
    assert restored @ transfer / (transfer @ transfer) == pytest.approx(1.0, abs=0.06)
    assert played.account.restored_gain_db == 0.0
    # no delay
    shift = signal.correlate(restored, transfer, mode="same").argmax() - len(transfer) // 2
    assert shift == 0


def test_a_copy_that_would_be_too_loud_is_turned_down(rng):
    _, read = speech(4.0, rng)
    played = play(read, spiral(20), settings(restore=True, level="gain", gain_db=30.0))
    assert played.account.restored_true_peak_dbfs == pytest.approx(-0.1, abs=0.01)
    assert played.account.restored_gain_db < -3


def test_rumble_is_taken_out(rng):
    _, read = speech(5.0, rng, noise_px=0.01)
    time_s = np.arange(len(read.displacement_px)) / RATE_HZ
    rumbling = replace(read, displacement_px=read.displacement_px + np.sin(2 * np.pi * 12 * time_s))
    played = play(rumbling, spiral(20), settings(restore=True))
    low = signal.butter(4, 20, "lowpass", fs=48000, output="sos")
    transfer, restored = (
        signal.sosfiltfilt(low, one.samples.astype(float)).std()
        for one in (played.waveform, played.restored)
    )
    assert restored < 0.05 * transfer


@pytest.mark.parametrize(("frequency_hz", "left"), [(20, 1 / 17), (40, 1 / 2), (80, 16 / 17)])
def test_rumble_is_taken_out_as_by_a_butterworth_filter_there_and_back(frequency_hz, left):
    tone = np.sin(2 * np.pi * frequency_hz * np.arange(60000) / RATE_HZ)
    kept = _without_rumble(tone, RATE_HZ, 40.0)[20000:-20000]
    assert kept.std() / tone[20000:-20000].std() == pytest.approx(left, rel=0.03)


def test_the_band_ends_gently_two_octaves_above_the_programme(rng):
    frames = to_frames(rng.standard_normal(20000), RATE_HZ)
    gain = _band_gain(frames, np.full(20000, 1e6), 700.0)(slice(0, 1))[0]
    at = np.interp([700, 1400, 2800, 5600], frames.frequency_hz, gain)
    # of the eighth order
    expected = 1 / np.sqrt(1 + (np.array([700, 1400, 2800, 5600]) / 2800.0) ** 8)
    np.testing.assert_allclose(at, expected, rtol=0.03)


def test_nothing_to_do_is_nothing_done(rng):
    _, read = speech(4.0, rng, noise_px=0.001)
    nothing = {"reduction_db": 0.0, "rumble_hz": 0.0, "click_threshold": 100.0}
    chosen = settings(restore=True, aperture="off").replace(restore=nothing)
    played = play(read, spiral(20, 20000.0), chosen)
    off = played.restored.samples - played.waveform.samples
    assert np.std(off) < 0.03 * np.std(played.waveform.samples)


def test_frames_give_the_sound_back(rng):
    for count in (1, 50, 4000, 100001):
        sound = rng.standard_normal(count)
        frames = to_frames(sound, RATE_HZ)
        same = with_gain(frames, np.ones(frames.spectrum.shape, np.float32))
        np.testing.assert_allclose(same, sound, atol=3e-6)


def test_steady_noise_is_turned_down_as_far_as_asked(rng):
    noise = rng.standard_normal(60000)
    frames = to_frames(noise, RATE_HZ)
    for reduction in (3.0, 6.0, 12.0):
        gain = denoise_gain(frames, reduction)
        assert gain.min() >= 10 ** (-reduction / 20) - 1e-6
        left = with_gain(frames, gain).std() / noise.std()
        assert 20 * np.log10(left) == pytest.approx(-reduction, abs=1.5)


def test_the_gain_is_that_of_the_formula(rng):
    # frame by frame, in double precision, with the library's exponential integral
    power = rng.gamma(1.0, 3.0, (200, 100)).astype(np.float32)
    power[:, 40:] *= np.exp(3 * rng.standard_normal((200, 60)))
    noise = rng.uniform(0.5, 2.0, 100)
    limits = {"memory": 0.97, "least_prior": 10**-2.5, "most_posterior": 1e4, "least_gain": 0.1}
    found = followed_gain(power, noise, **limits)
    clean = np.minimum(power[0] / noise, 1e4)
    for frame, gain in zip(power, found, strict=True):
        here = np.minimum(frame / noise, 1e4)
        prior = np.maximum(0.97 * clean + 0.03 * np.maximum(here - 1, 0), 10**-2.5)
        share = prior / (1 + prior)
        told = share * np.exp(special.exp1(np.maximum(share * here, 1e-6)) / 2)
        clean = told**2 * here
        np.testing.assert_allclose(gain, np.clip(told, 0.1, 1.0), atol=3e-5)
    assert np.ptp(found) > 0.8


@pytest.mark.parametrize("frames", [1, 4, 11, 200])
def test_medians_run(rng, frames):
    values = rng.integers(0, 50, (frames, 70)).astype(np.float32)  # with equal ones
    expected = ndimage.median_filter(values, size=(11, 1), mode="nearest")
    np.testing.assert_array_equal(running_median(values, 5), expected)


def test_gains_may_be_given_some_frames_at_a_time(rng):
    frames = to_frames(rng.standard_normal(30000), RATE_HZ)
    gain = rng.random(frames.spectrum.shape).astype(np.float32)
    whole = with_gain(frames, gain, gain)
    np.testing.assert_array_equal(with_gain(frames, lambda some: gain[some], gain), whole)


def test_the_samples_per_turn_are_those_of_these_tests():
    assert reading(np.zeros(10), 1.0).samples_per_turn == PER_TURN
    assert Settings().restore == RestoreSettings()
