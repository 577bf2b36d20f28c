"""The best estimate is the same whichever way, and on however many processors, it is found."""

import numpy as np
import pytest
from scipy import linalg
from test_repair import power, programme

from groovescan.sound import level
from groovescan.sound.equalisation import curves
from groovescan.wiener import best_estimate
from groovescan.wiener import conjugate_gradient as solution
from groovescan.wiener import overlapping_blocks as blocks
from groovescan.wiener.power_spectra import of_estimate

COUNT = 60000


def errors(kind, rng):
    error = np.full(COUNT, 0.3)
    if kind == "uneven":
        error *= np.exp(0.3 * rng.standard_normal(COUNT))
    if kind == "changing":
        error = np.repeat(rng.choice([0.1, 0.3, 0.9], COUNT // 600), 600)
    if kind == "holes":
        error[rng.integers(0, COUNT, 400)[:, None] + np.arange(4) - 4] = np.inf
    if kind == "nothing":
        error[:] = np.inf
    return error


@pytest.mark.parametrize("kind", ["even", "uneven", "changing", "holes", "nothing"])
def test_steps_lead_to_the_solution_of_the_equations(rng, kind):
    span = blocks.SPAN
    wave = np.exp(-2j * np.pi * np.arange(span // 2 + 1) / span)
    inverse = (np.abs(1 - 1.6 * wave + 0.8 * wave**2) ** 2 / 4).astype(np.float32)
    weight = (0.3 / errors(kind, rng)[None, :span]) ** 2
    value = rng.standard_normal((1, span)) * (weight > 0)
    found = solution.iterated(
        value.astype(np.float32), weight.astype(np.float32), inverse[None], 1e-6 * span
    )
    whole = linalg.circulant(np.fft.irfft(inverse.astype(float), span)) + np.diag(weight[0])
    exact = np.linalg.solve(whole, weight[0] * value[0])
    off = (found[0] - exact) @ whole @ (found[0] - exact)
    assert off <= 3e-5 * span
    assert kind == "nothing" or np.ptp(exact) > 0.1


@pytest.mark.parametrize("kind", ["even", "changing", "holes"])
def test_a_start_saves_steps_and_changes_no_solution(rng, kind, monkeypatch):
    span = blocks.SPAN
    wave = np.exp(-2j * np.pi * np.arange(span // 2 + 1) / span)
    inverse = (np.abs(1 - 1.6 * wave + 0.8 * wave**2) ** 2 / 4).astype(np.float32)[None]
    weight = ((0.3 / errors(kind, rng)[None, :span]) ** 2).astype(np.float32)
    value = (rng.standard_normal((1, span)) * (weight > 0)).astype(np.float32)
    transforms = []
    filtered = solution._filtered
    monkeypatch.setattr(
        solution, "_filtered", lambda *args: transforms.append(1) or filtered(*args)
    )
    found = solution.iterated(value, weight, inverse, 1e-6 * span)
    cold = len(transforms)
    near = found + np.float32(0.01) * rng.standard_normal((1, span)).astype(np.float32)
    again = solution.iterated(value, weight, inverse, 1e-6 * span, near)
    # a gap is told least
    np.testing.assert_allclose(again, found, atol=0.05)
    assert len(transforms) - cold < cold or cold == 2


@pytest.mark.parametrize(("noise", "fewer"), [(0.03, True), (3.0, False)])
def test_it_starts_from_the_samples_where_they_are_more_than_noise(rng, noise, fewer, monkeypatch):
    value = programme(rng, COUNT) + noise * rng.standard_normal(COUNT)
    error = noise * np.exp(0.3 * rng.standard_normal(COUNT))
    error[::70] = np.inf
    starts = []
    iterated = solution.iterated
    monkeypatch.setattr(
        solution, "iterated", lambda *args: starts.append(args[-1]) or iterated(*args)
    )
    best_estimate(value, error, refinements=0)
    assert all((np.abs(start).max(axis=1) > 0).all() == fewer for start in starts[1:-1])


def test_missing_samples_start_on_a_line_between_those_beside_them():
    value = np.arange(5000.0)
    error = np.ones(5000)
    missing = [0, 1, 100, 200, 201, 202, *range(1000, 1100), 4999]
    error[missing], value[missing] = np.inf, 1e6
    samples = blocks.laid_out(value, error, np.isfinite(error))
    found = samples.value[samples.start :][:5000]
    expected = np.arange(5000.0)
    expected[[0, 1, 4999, *range(1000, 1100)]] = 0  # no line leads there, or too far
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert (samples.weight[samples.start :][missing] == 0).all()


def test_what_is_sustained_is_told_from_noise(rng):
    # a tone of a tenth of the noise's power is found by a model that knows how narrow it is
    tone = 0.1 * np.sqrt(2) * np.sin(0.7 * np.arange(COUNT))
    error = np.full(COUNT, 0.316)
    found = best_estimate(tone + error * rng.standard_normal(COUNT), error)
    assert power(found - tone) < 0.4 * power(tone)


def test_a_moment_is_known_by_its_own_spectrum(rng):
    # two programmes in turn: each is to be read as if the other were not there
    tone = np.sin(0.3 * np.arange(COUNT))
    loud = (np.arange(COUNT) // 6000) % 2 == 0
    true, error = np.where(loud, tone, 0.0), np.full(COUNT, 1.0)
    found = best_estimate(true + rng.standard_normal(COUNT), error)
    within = np.arange(COUNT) % 6000
    quiet = ~loud & (within > 1500) & (within < 4500)
    assert power(found[quiet]) < 0.04
    heard = loud & (within > 1500) & (within < 4500)
    assert power(found[heard] - true[heard]) < 0.05 * power(true[heard])


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


def test_half_of_what_is_uncertain_of_an_estimate_counts_for_programme(rng):
    """Of a programme of power P in noise N the variance P N / (P + N) stays unknown."""
    estimate = rng.standard_normal(10 * blocks.SPAN).astype(np.float32)
    count = (len(estimate) - blocks.SPAN) // blocks.HOP + 1
    spectra = np.full((count, blocks.SPAN // 2 + 1), 3.0, np.float32)
    noise = np.full(count, 6.0, np.float32)
    found = of_estimate(estimate, noise, spectra, blocks.groups_of(count))
    assert found.mean() == pytest.approx(1 + 2.0 / 2, rel=0.02)


def test_blocks_fade_into_one_another_without_a_dent():
    one, other = solution._faded(np.ones((2, blocks.SPAN), np.float32))
    assert len(one) == blocks.HOP + blocks.FADE
    np.testing.assert_allclose(one[-blocks.FADE :] + other[: blocks.FADE], 1, rtol=1e-6)
    np.testing.assert_array_equal(one[blocks.FADE : -blocks.FADE], 1)
