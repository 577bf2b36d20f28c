"""A signal that is told by itself and by its slope."""

import numpy as np
import pytest
from scipy import ndimage

from groovescan.wiener import best_estimate
from groovescan.wiener.two_witnesses import Witnesses, joint_estimate, slope, transposed_slope


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def programme(rng, count=9000):
    """A signal that is slower than its samples, and begins and ends at zero."""
    signal = ndimage.gaussian_filter1d(rng.standard_normal(count), 4.0)
    faded = np.minimum(1, np.minimum(np.arange(count), np.arange(count)[::-1]) / 100)
    return (faded * signal / signal.std()).astype(np.float32)


def told(signal, noise, slope_noise, rng, about):
    """Information of white samples of a signal and of its slope, about another signal."""
    one, two = np.float32(noise**-2), np.float32(slope_noise**-2)
    value = signal + noise * rng.standard_normal(len(signal))
    steep = slope(signal) + slope_noise * rng.standard_normal(len(signal))
    full = np.ones(len(signal), np.float32)
    return value, Witnesses(
        by_value=one * full,
        by_slope=two * full,
        by_both=0 * full,
        gradient=(one * (value - about)).astype(np.float32),
        slope_gradient=(two * (steep - slope(about))).astype(np.float32),
        about=about,
    )


def test_the_slope_is_exact_for_what_is_slow_and_its_transpose_is_one(rng):
    wave = np.sin(0.3 * np.arange(200))
    inside = slice(2, -2)
    np.testing.assert_allclose(
        slope(wave)[inside], 0.3 * np.cos(0.3 * np.arange(200))[inside], atol=2e-4
    )
    one, other = rng.standard_normal((2, 50))
    assert slope(one) @ other == pytest.approx(one @ transposed_slope(other))


def test_without_a_slope_it_is_the_best_estimate(rng):
    signal = programme(rng)
    value, witnesses = told(signal, 0.5, 1e3, rng, np.zeros_like(signal))
    error = np.full(len(signal), 0.5)
    found = joint_estimate(witnesses, value, error, tolerance=0.002, refinements=2)
    np.testing.assert_allclose(found, best_estimate(value, error), atol=0.02)


def test_two_witnesses_know_more_than_one(rng):
    signal = programme(rng)
    value, witnesses = told(signal, 1.0, 0.1, rng, np.zeros_like(signal))
    error = np.full(len(signal), 1.0)
    found = joint_estimate(witnesses, value, error, tolerance=0.01, refinements=2)
    left, alone = found - signal, best_estimate(value, error) - signal
    assert left.std() < 0.6 * alone.std()


def test_it_does_not_matter_where_it_is_linearised(rng):
    signal = programme(rng)
    error, found = np.full(len(signal), 1.0), []
    for about in (np.zeros_like(signal), 0.5 * signal[::-1].copy()):
        value, witnesses = told(signal, 1.0, 0.1, np.random.default_rng(5), about)
        found.append(joint_estimate(witnesses, value, error, tolerance=0.001, refinements=1))
    np.testing.assert_allclose(found[0], found[1], atol=0.01)


def test_what_is_missing_tells_nothing(rng):
    signal = programme(rng)
    value, witnesses = told(signal, 0.3, 0.1, rng, np.zeros_like(signal))
    error = np.full(len(signal), 0.3)
    error[4000:4010], value[4000:4010], witnesses.gradient[4000:4010] = np.inf, 99.0, 1e4
    found = joint_estimate(witnesses, value, error, tolerance=0.01, refinements=1)
    assert np.abs(found - signal)[3990:4020].max() < 1.5


def test_a_few_samples_are_left_as_they_are():
    value, error = np.array([1.0, 5.0]), np.array([0.1, np.inf])
    witnesses = Witnesses(**{name: np.zeros(2, np.float32) for name in Witnesses.__annotations__})
    found = joint_estimate(witnesses, value, error, tolerance=0.01, refinements=1)
    np.testing.assert_array_equal(found, [1.0, 0.0])
