"""What is uncertain is weighed, what is missing is filled in, and nothing is invented."""

import dataclasses

import numpy as np
import pytest
from scipy import signal

from groovescan.core.results import Reading
from groovescan.sound.repair import repair

COUNT = 60000


def programme(rng, count=COUNT):
    """A sound with two resonances, of rms 1."""
    poles = [0.98 * np.exp(0.12j), 0.95 * np.exp(0.4j)]
    denominator = np.poly([*poles, *np.conj(poles)]).real
    sound = signal.lfilter([1.0], denominator, rng.standard_normal(count + 1000))[1000:]
    return sound / sound.std()


def reading(value, error):
    error = np.broadcast_to(np.asarray(error, np.float32), value.shape).copy()
    return Reading(
        displacement_px=value,
        standard_error_px=error,
        contrast=np.ones(len(value), np.float32),
        samples_per_turn=2000,
        snr_db=10.0,
    )


def power(values):
    return float(np.mean(np.square(values)))


def test_unequal_errors_are_weighed(rng):
    true = programme(rng)
    # every tenth of a second another certainty, as the film changes under the groove
    error = np.repeat(rng.choice([0.05, 0.3, 1.5], COUNT // 600), 600)
    raw = true + error * rng.standard_normal(COUNT)
    better = repair(reading(raw, error)).displacement_px
    even = repair(reading(raw, np.sqrt(np.mean(error**2)))).displacement_px
    assert power(better - true) < 0.25 * power(raw - true)
    assert power(better - true) < 0.8 * power(even - true)
    # where all is certain nothing is changed
    certain = error == 0.05
    assert power((better - true)[certain]) < 1.05 * 0.05**2


def test_the_estimate_comes_near_the_best_linear_one(rng):
    true = programme(rng)
    raw = true + 0.5 * rng.standard_normal(COUNT)
    better = repair(reading(raw, 0.5)).displacement_px
    hz, density = signal.welch(programme(np.random.default_rng(9), 1 << 20), 1.0, nperseg=4096)
    left = np.trapezoid(density * 0.5 / (density + 0.5), hz)
    assert power(better - true) == pytest.approx(left, rel=0.12)


def test_gaps_are_filled_with_less_error_than_silence(rng):
    true = programme(rng)
    error = np.full(COUNT, 0.02)
    starts = rng.integers(100, COUNT - 200, 150)
    for start in starts:
        error[start : start + 12] = np.inf
    gap = np.isinf(error)
    raw = np.where(gap, 50.0, true + 0.02 * rng.standard_normal(COUNT))
    better = repair(reading(raw, error)).displacement_px
    assert power((better - true)[gap]) < 0.1 * power(true[gap])
    assert power((better - true)[~gap]) < 1.2 * 0.02**2


def test_what_lies_in_a_gap_makes_no_difference(rng):
    true, error = programme(rng), np.full(COUNT, 0.1)
    error[5000:5040] = np.inf
    raw = true.copy()
    raw[5000:5040] = np.nan
    other = true.copy()
    other[5000:5040] = 1e6
    first, second = (repair(reading(value, error)).displacement_px for value in (raw, other))
    assert np.isfinite(first).all()
    np.testing.assert_array_equal(first, second)


def test_a_long_gap_fades(rng):
    true, error = programme(rng), np.full(COUNT, 0.02)
    error[20000:26000] = np.inf
    filled = repair(reading(true, error)).displacement_px[20000:26000]
    assert np.abs(filled[1000:-1000]).max() < 0.05
    assert np.abs(filled).max() < 1.2 * np.abs(true).max()


def test_gaps_at_both_ends_fade(rng):
    true, error = programme(rng), np.full(COUNT, 0.02)
    error[:3000] = error[-3000:] = np.inf
    filled = repair(reading(true, error)).displacement_px
    assert np.isfinite(filled).all()
    assert np.abs(filled[:2000]).max() < 0.03 * np.abs(true).max()
    assert np.abs(filled[-2000:]).max() < 0.03 * np.abs(true).max()


@pytest.mark.parametrize("count", [0, 1, 300, 9000])
def test_all_missing_is_silence(count):
    silent = repair(reading(np.full(count, np.nan), np.inf))
    np.testing.assert_array_equal(silent.displacement_px, np.zeros(count))


@pytest.mark.parametrize("count", [1, 40, 2500])
def test_short_readings_are_kept(rng, count):
    true, error = programme(rng, count + 2)[:count], np.full(count, 0.01)
    error[: count // 3] = np.inf
    filled = repair(reading(true, error)).displacement_px
    assert np.isfinite(filled).all()
    np.testing.assert_allclose(filled[count // 3 :], true[count // 3 :], atol=0.1)


def test_silence_stays_silence():
    silent = repair(reading(np.zeros(COUNT), 0.1))
    np.testing.assert_array_equal(silent.displacement_px, np.zeros(COUNT))


def test_the_reading_is_left_as_it_is_and_says_what_was_missing(rng):
    error = np.full(COUNT, 0.1)
    error[100:130] = np.inf
    given = reading(programme(rng), error)
    value, errors = given.displacement_px.copy(), given.standard_error_px.copy()
    result = repair(given)
    np.testing.assert_array_equal(given.displacement_px, value)
    np.testing.assert_array_equal(given.standard_error_px, errors)
    np.testing.assert_array_equal(result.standard_error_px, errors)
    assert result.read_fraction == given.read_fraction == 1 - 30 / COUNT


def test_the_estimate_is_more_cautious_than_the_claims(rng):
    raw = reading(programme(rng) + 0.3 * rng.standard_normal(COUNT), 0.3)
    plain, a_little, much = (
        repair(dataclasses.replace(raw, colour=colour)).displacement_px
        for colour in (1.0, 1.1, 1.5)
    )
    np.testing.assert_array_equal(plain, a_little)
    assert power(much) < power(plain)


def test_errors_that_are_larger_in_the_band_weigh_as_they_are_there(rng):
    raw = programme(rng) + 0.3 * rng.standard_normal(COUNT)
    coloured = dataclasses.replace(reading(raw, 0.2), colour=3.0)
    white = dataclasses.replace(reading(raw, 0.3), colour=2.0)
    np.testing.assert_allclose(
        repair(coloured).displacement_px, repair(white).displacement_px, atol=1e-5
    )
    assert power(repair(coloured).displacement_px) < power(
        repair(reading(raw, 0.2)).displacement_px
    )
