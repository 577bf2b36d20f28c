"""Noise that goes together: its spectrum, what turns mix, and the best estimate in it."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage, signal
from test_half_maps import RPM, reading_of, synthetic
from test_half_maps import drawn as drawn
from test_read import RATE_HZ, SETTINGS

from groovescan.quality import measure
from groovescan.reading.correlated_noise.error_spectrum import with_displacing_errors
from groovescan.reading.correlated_noise.turn_crosstalk import crosstalk, without_crosstalk
from groovescan.simulate import make_sound, simulate
from groovescan.wiener import best_estimate
from groovescan.wiener.coloured_errors import coloured_estimate, filtered

PER_TURN, TURNS, STEP_PX = 6144, 12, 0.85


def programme(rng):
    """Noise in the band of a programme, as a groove of twelve turns."""
    band = signal.butter(2, [0.01, 0.2], "bandpass", output="sos")
    return 0.3 * signal.sosfilt(band, rng.standard_normal(TURNS * PER_TURN))


def mixed(values, share):
    found = values.copy()
    found[PER_TURN:] += share * values[:-PER_TURN]
    found[:-PER_TURN] += share * values[PER_TURN:]
    return found


@pytest.mark.parametrize("share", [0.05, 0.1])
def test_what_turns_mix_is_told_and_taken_out(share):
    rng = np.random.default_rng(5)
    true = programme(rng)
    read = mixed(true + 0.002 * rng.standard_normal(len(true)), share)
    error = np.full(len(true), 0.01, np.float32)
    told = crosstalk(read, np.ones(len(read), bool), PER_TURN, STEP_PX)
    assert told[20:120] == pytest.approx(share, abs=0.02)
    alone, found = without_crosstalk(read, error, PER_TURN, STEP_PX)
    assert found
    assert np.std(alone - true) < 0.5 * np.std(read - true)


def test_turns_that_share_nothing_are_left_as_they_are():
    read = programme(np.random.default_rng(6))
    error = np.full(len(read), 0.01, np.float32)
    alone, found = without_crosstalk(read, error, PER_TURN, STEP_PX)
    assert not found
    assert alone is read


@pytest.mark.parametrize("cycles", [150, 153.3, 300])
def test_a_tone_all_round_the_disc_is_no_mixture(cycles):
    rng = np.random.default_rng(7)
    tone = np.sin(2 * np.pi * cycles * np.arange(TURNS * PER_TURN) / PER_TURN)
    read = 0.2 * programme(rng) + 0.3 * tone
    assert not without_crosstalk(read, np.full(len(read), 0.01), PER_TURN, STEP_PX)[1]


@pytest.mark.parametrize("turns", [0, 0.5, 1, 3])
def test_few_turns_tell_no_mixture(turns):
    read = programme(np.random.default_rng(8))[: int(turns * PER_TURN)]
    alone, found = without_crosstalk(read, np.full(len(read), 0.01), PER_TURN, STEP_PX)
    assert not found
    assert len(alone) == len(read)


def test_missing_samples_keep_what_they_held():
    rng = np.random.default_rng(9)
    read = mixed(programme(rng), 0.1)
    error = np.full(len(read), 0.01)
    error[5000:5040] = np.inf
    read[5000:5040] = 7.0
    alone, found = without_crosstalk(read, error, PER_TURN, STEP_PX)
    assert found
    assert np.all(alone[5000:5040] == 7.0)
    assert np.abs(np.delete(alone, slice(5000, 5040))).max() < 3.0


def test_a_filter_of_one_changes_nothing_and_delays_nothing():
    values = np.random.default_rng(1).standard_normal(5000)
    assert filtered(values, np.ones(65)) == pytest.approx(values, abs=1e-9)
    slow = np.interp(np.arange(65), [0, 32, 64], [1.0, 0.5, 0.2])
    pulse = np.zeros(1001)
    pulse[500] = 1.0
    found = filtered(pulse, slow)
    assert found[500] == found.max()
    assert found[400:500] == pytest.approx(found[600:500:-1], abs=1e-9)


def test_the_estimate_gains_by_knowing_the_colour_of_the_errors():
    rng = np.random.default_rng(2)
    true = programme(rng)
    spectrum = np.interp(np.linspace(0, 1, 257), [0, 0.2, 0.5, 1], [4.0, 2.0, 0.2, 0.2])
    noise = 0.1 * filtered(rng.standard_normal(len(true)), np.sqrt(spectrum))
    read, error = true + noise, np.full(len(true), 0.1)
    knowing = np.std(coloured_estimate(read, error, spectrum) - true)
    assert knowing < 0.97 * np.std(best_estimate(read, error) - true)


def test_the_estimate_in_white_errors_is_the_same():
    rng = np.random.default_rng(3)
    read, error = programme(rng), np.full(TURNS * PER_TURN, 0.1)
    error[100:130] = np.inf
    found = coloured_estimate(read, error, np.ones(257))
    assert found == pytest.approx(best_estimate(read, error), abs=0.02)


@pytest.mark.parametrize("count", [0, 1, 100])
def test_short_and_missing_readings_have_an_estimate(count):
    missing = coloured_estimate(np.full(count, 3.0), np.full(count, np.inf), np.ones(257))
    assert missing == pytest.approx(np.zeros(count), abs=1e-6)


def test_the_spectrum_tells_the_errors_of_noise_that_goes_together(drawn):
    clean = simulate(
        make_sound(3.0, RATE_HZ, np.random.default_rng(8)), RATE_HZ, SETTINGS.replace(noise=0.0)
    ).image.astype(float)
    blurred = ndimage.gaussian_filter(np.random.default_rng(2).standard_normal(clean.shape), 1.0)
    noise = 0.012 * 65535 * blurred / blurred.std()
    noisy = reading_of(drawn, np.clip(clean + noise, 0, 65535))
    true = reading_of(drawn, clean)
    assert reading_of(drawn, drawn.image).error_spectrum is None
    known = np.isfinite(noisy.standard_error_px) & np.isfinite(true.standard_error_px)
    apart = np.where(known, noisy.displacement_px - true.displacement_px, 0)
    relative = apart / np.where(known, noisy.standard_error_px, 1)
    _, power = signal.welch(np.clip(relative, -6, 6), nperseg=512, return_onesided=False)
    band = slice(26, 103)  # a tenth to four tenths of the band
    told = np.sqrt(noisy.error_spectrum[band].mean() / power[:257][band].mean())
    assert 0.8 < told < 1.45
    white = np.sqrt(1 / power[:257][band].mean())
    assert told > 1.2 * white


def test_errors_that_displace_lie_between_the_spectrum_and_sixteen_times_it():
    rng = np.random.default_rng(4)
    spectrum, error = np.ones(257, np.float32), np.full(40000, 0.1, np.float32)
    quiet = with_displacing_errors(spectrum, 0.2 * rng.standard_normal(40000), error)
    assert np.sqrt(np.median(quiet)) == pytest.approx(3.0, abs=0.4)
    loud = with_displacing_errors(spectrum, 5.0 * rng.standard_normal(40000), error)
    assert np.all(loud == 16)
    silent = with_displacing_errors(spectrum, np.zeros(40000), error)
    assert np.all(silent == 1)


def test_what_is_measured_is_no_better_than_the_errors_that_are_claimed(rng):
    _, reading = synthetic(0.05, rng)
    told = replace(reading, error_spectrum=np.full(257, 9.0, np.float32))
    fair = measure(reading, RPM).displacement_snr_db
    assert fair - 14 < measure(told, RPM).displacement_snr_db < fair - 5
