"""The best estimate is the same whichever way, and on however many processors, it is found."""

import numpy as np
import pytest
from scipy import linalg
from test_repair import power, programme

from groovescan import smoother
from groovescan.smoother import best_estimate
from groovescan.sound import curves, level

COUNT = 60000


def errors(kind, rng):
    error = np.full(COUNT, 0.3)
    if kind == "uneven":
        error *= np.exp(0.3 * rng.standard_normal(COUNT))
    if kind == "changing":
        error = np.repeat(rng.choice([0.1, 0.3, 0.9], COUNT // 600), 600)
    if kind == "holes":
        error[rng.integers(0, COUNT, 400)[:, None] + np.arange(4) - 4] = np.inf
    return error


@pytest.mark.parametrize("kind", ["even", "uneven", "changing", "holes"])
def test_steps_lead_to_what_elimination_gives(rng, monkeypatch, kind):
    true, error = programme(rng), errors(kind, rng)
    noise = np.where(np.isfinite(error), error, 0.0) * rng.standard_normal(COUNT)
    iterated = best_estimate(true + noise, error)
    monkeypatch.setattr(smoother, "_MOST_STEPS", 0)
    eliminated = best_estimate(true + noise, error)
    assert 0 < power(iterated - eliminated) < (0.05**2) * power(eliminated - true)


def test_elimination_solves_the_equations(rng):
    model = np.r_[1.0, -1.6, 0.8, np.zeros(smoother._ORDER - 2)]
    value, weight = rng.standard_normal(300), rng.choice([0.0, 1.0, 5.0], 300)
    found = smoother._eliminated(value, weight, model, 0.5)
    inverse = np.zeros(300)
    inverse[:3] = np.correlate(model[:3], model[:3], "full")[2:]
    whole = linalg.toeplitz(inverse) / 0.5 + np.diag(weight)
    np.testing.assert_allclose(found, np.linalg.solve(whole, weight * value), atol=1e-9)


def test_the_model_of_a_spectrum_is_the_process_that_has_it():
    wave = np.exp(-2j * np.pi * np.arange(1025) / 2048)
    spectra = np.stack([4.0 / np.abs(1 - 1.6 * wave + 0.8 * wave**2) ** 2, np.full(1025, 9.0)])
    model, innovation = smoother._autoregressive(spectra)
    np.testing.assert_allclose(innovation, [4.0, 9.0], rtol=1e-6)
    np.testing.assert_allclose(model[0, :4], [1, -1.6, 0.8, 0], atol=1e-6)
    np.testing.assert_allclose(model[1, 1:], 0, atol=1e-9)


def test_threads_change_no_bit(rng, monkeypatch):
    value, error = programme(rng), errors("holes", rng)
    found = []
    for threads in ("1", "3"):
        monkeypatch.setenv("GROOVESCAN_THREADS", threads)
        found.append(best_estimate(value, error))
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_the_unit_makes_no_difference(rng, scale):
    value, error = programme(rng) + 0.3 * rng.standard_normal(COUNT), errors("uneven", rng)
    # so fine that one step more or less does not count
    same = best_estimate(scale * value, scale * error, tolerance=2e-4) / scale
    np.testing.assert_allclose(same, best_estimate(value, error, tolerance=2e-4), atol=5e-4)


@pytest.mark.parametrize("count", [4096, 6143, 6144, 6145, 12289])
def test_any_length_is_covered_to_its_ends(rng, count):
    true = programme(rng, count)
    found = best_estimate(true + 0.01 * rng.standard_normal(count), np.full(count, 0.01))
    assert len(found) == count
    assert np.abs(found - true).max() < 0.06


def test_a_peak_between_pieces_is_found(rng, monkeypatch):
    # a quarter of the rate, 45 degrees off: the peak lies between the samples
    place = np.arange(5000) - 2999.5
    sound = np.sin(np.pi / 2 * place + np.pi / 2) * np.exp(-((place / 40) ** 2))
    whole = level.true_peak(sound, 48000)
    assert whole > 1.3 * np.abs(sound).max()
    monkeypatch.setattr(level, "_PIECE", 1000)
    assert level.true_peak(sound, 48000) == pytest.approx(whole, rel=1e-4)


def test_the_curve_is_undone_piece_by_piece(rng, monkeypatch):
    sound, curve = rng.standard_normal(3000), curves.parse_curve("500R-13.7")
    whole = curves.equalise(sound, 12480.7, curve)
    monkeypatch.setattr(curves, "_PIECE", 100)
    np.testing.assert_allclose(curves.equalise(sound, 12480.7, curve), whole, rtol=1e-9)
