"""Loops over rows do what the array operations that they stand for do."""

import numpy as np
import pytest
from scipy import ndimage

from groovescan.reading.kernels.error_estimates import Limits, judged, taken_by_cells, taken_by_rows
from groovescan.strip.row_loops import (
    added,
    between,
    between_any,
    cheapest,
    mean_of_near,
    solved,
    solved_alone,
    some,
    squareness,
)

RNG = np.random.default_rng(5)


@pytest.mark.parametrize(("cells", "rows"), [(10, 160), (3, 48), (5, 77), (1, 16), (1, 3)])
def test_between_cells_values_change_evenly(cells, rows):
    values = RNG.standard_normal(cells)
    expected = np.interp(np.arange(rows), (np.arange(cells) + 0.5) * 16 - 0.5, values)
    np.testing.assert_allclose(between(values, 16, rows), expected, atol=1e-6)


def test_between_places_of_any_distance_values_change_evenly():
    turns, values = np.sort(RNG.uniform(-1.3, 3.9, 60)), RNG.standard_normal(60)
    expected = np.interp(np.arange(500) / 100 - 1, turns, values)
    np.testing.assert_allclose(between_any(500, 100, turns, values), expected, atol=1e-6)
    one = between_any(5, 100, turns[:1], values[:1])
    np.testing.assert_allclose(one, values[0], rtol=1e-6)


def test_squareness_is_the_cosine_of_the_groove_s_angle():
    moved, radius = RNG.standard_normal(300).astype(np.float32), 100 + RNG.random(300)
    along = 2 * np.pi * radius / 64
    slope = ndimage.gaussian_filter1d(moved, 0.8, order=1, mode="nearest") / along
    found = squareness(moved, radius, 64)
    np.testing.assert_allclose(found, 1 / np.sqrt(1 + slope**2), atol=1e-6)
    assert found.min() < 0.995


def test_equations_of_two_unknowns_are_solved():
    root = RNG.standard_normal((40, 2, 2))
    normal, target = root @ root.transpose(0, 2, 1), RNG.standard_normal((40, 2))
    ridge = RNG.uniform(0.01, 0.1, 40)
    whole = normal + ridge[:, None, None] * np.eye(2)
    expected = np.linalg.solve(whole, target[..., None])[..., 0]
    np.testing.assert_allclose(solved(normal, target, ridge), expected, rtol=1e-8)


def test_a_row_chooses_with_those_beside_it():
    cost, more = RNG.random((200, 5)).astype(np.float32), RNG.random(5).astype(np.float32)
    cost[50:53] = 0  # nothing was tried
    row = np.delete(np.arange(200), slice(50, 53))
    tried = np.arange(-2, 3, dtype=np.float32)
    value = RNG.uniform(-2.4, 2.4, 200).astype(np.float32)
    moved = cheapest(row, cost[row], more, tried, value, np.float32(0.4), np.float32(1.2))
    total = 3 * ndimage.uniform_filter1d(cost, 3, axis=0, mode="nearest") + more
    now, best = np.rint(value).astype(int) + 2, total.argmin(axis=1)
    saved = np.take_along_axis(total, now[:, None], 1)[:, 0] - total.min(axis=1)
    expected = np.where((saved > 0.4) & (np.abs(tried[best] - value) > 1.2), tried[best], value)
    expected[50:53] = value[50:53]
    np.testing.assert_array_equal(moved, expected)
    assert 0.2 < np.mean(moved != value) < 0.8


@pytest.mark.parametrize("count", [0, 1, 50])
def test_values_of_the_same_row_are_added_up(count):
    row, values = np.sort(RNG.integers(0, 20, count)), RNG.random((count, 3)).astype(np.float32)
    once, total = added(row, values)
    np.testing.assert_array_equal(once, np.unique(row))
    expected = np.zeros((20, 3))
    np.add.at(expected, row, values)
    np.testing.assert_allclose(total, expected[once], rtol=1e-6)


@pytest.mark.parametrize("count", [1, 2, 5, 100])
def test_the_mean_of_near_rows(count):
    values = RNG.random(count).astype(np.float32)
    if count >= 5:
        expected = ndimage.uniform_filter1d(values, 5)
        np.testing.assert_allclose(mean_of_near(values, 5), expected, atol=1e-6)
    else:
        found = mean_of_near(values, 5)
        assert found.min() >= values.min() - 1e-6
        assert found.max() <= values.max() + 1e-6


def test_a_sample_is_even_and_small_ones_are_whole():
    few = np.arange(1000)
    assert len(some(few)) == 1000
    many = some(np.arange(1_000_003))
    assert 100_000 < len(many) < 400_000
    assert len(np.unique(np.diff(many))) == 1


@pytest.mark.parametrize("followed", [0.0, 0.5, 1.0])
def test_noise_is_told_however_far_an_estimate_follows_the_rows(followed):
    # five pixels to a row, some of less weight; the estimate went so far towards each row's own
    rows, noise = 16 * 400, 0.3
    slope, weight = RNG.standard_normal((rows, 5)), RNG.choice([0.2, 1.0], (rows, 5))
    rest = noise / np.sqrt(weight) * RNG.standard_normal((rows, 5))
    own = (weight * slope * rest).sum(1) / (weight * slope**2).sum(1)
    rest -= followed * own[:, None] * slope
    hessian, gradient = (weight * slope**2).sum(1), (weight * slope * rest).sum(1)
    square, many = taken_by_rows(hessian, gradient, hessian, 16)
    assert square.shape == many.shape == (400,)
    left = (weight * rest**2).sum() - square.sum()
    assert np.sqrt(left / (rest.size - many.sum())) == pytest.approx(noise, rel=0.02)


def test_what_weighs_less_takes_less_and_rows_that_see_nothing_take_nothing():
    hessian = np.tile([3.0, 0.0], 16).astype(np.float32)
    square, many = taken_by_rows(hessian, 0.6 * hessian, 2 * hessian, 16)
    np.testing.assert_allclose(square, 8 * 0.36 * 3, rtol=1e-5)
    np.testing.assert_allclose(many, 4)


def test_a_cell_s_own_level_and_contrast_take_what_their_fit_explains():
    cells, rows, seen = 60, 16, 40
    lit = RNG.uniform(0, 1, (cells, seen))
    light = RNG.normal(size=(cells, seen))
    design = np.stack([np.ones_like(lit), lit], axis=-1)
    normal = np.einsum("cki,ckj->cij", design, design)
    target = np.einsum("cki,ck->ci", design, light)
    level, contrast = RNG.normal(size=(2, cells * rows)).astype(np.float32)
    stands = np.stack([part.reshape(cells, rows).mean(axis=1) for part in (level, contrast)], -1)
    rest = light - np.einsum("cki,ci->ck", design, stands)
    own = np.stack(
        [np.linalg.lstsq(*pair, rcond=None)[0] for pair in zip(design, light, strict=True)]
    )
    left = light - np.einsum("cki,ci->ck", design, own)
    explained = (rest**2).sum(axis=1) - (left**2).sum(axis=1)
    taken = taken_by_cells(normal, target, level, contrast, 0.0)
    np.testing.assert_allclose(taken, explained, rtol=1e-4)
    # a ridge takes less, and where nothing is seen nothing is taken
    assert (taken_by_cells(normal, target, level, contrast, 0.1) < taken).all()
    assert (taken_by_cells(0 * normal, 0 * target, level, contrast, 1e-3) == 0).all()


def test_an_equation_s_own_solution_and_how_far_it_is_off():
    root, other = RNG.standard_normal((50, 2, 2)), RNG.standard_normal((50, 2))
    normal = root @ root.transpose(0, 2, 1) + 0.1 * np.eye(2)
    true = RNG.standard_normal((50, 2))
    target = np.einsum("nij,nj->ni", normal, true)
    own, apart = solved_alone(normal, target, tuple(other.T), 0.04)
    np.testing.assert_allclose(own.T, true, atol=2e-2)
    variance = 0.04 * np.diagonal(np.linalg.inv(normal), axis1=1, axis2=2)
    np.testing.assert_allclose(apart.T, (own.T - other) ** 2 / variance, rtol=1e-3)
    nothing, far = solved_alone(0 * normal, 0 * target, tuple(other.T), 0.04)
    assert (nothing == 0).all()
    assert np.isfinite(far).all()


def limits(**changes):
    usual = {"ridge": 0.0, "step": 1.0, "profile": 0.0, "dirt": 0.1, "odd": 1.15, "dirty": 1.6}
    return Limits(**usual | {"clear": 0.4, "own": 0.0, "error": 10.0} | changes)


def judge(limit, *, close=0.02, contrast=0.5, hessian=4.0, near=4.0, noise=0.02):
    """Displacement and error of a row of noise 0.02, whose step is 0.5."""
    row = [np.full(1, value, np.float32) for value in (0.1, contrast, hessian, 0.5 * hessian)]
    more = [np.full(1, value, np.float32) for value in (near, 4.0, noise, close, noise)]
    moved, contrast, hessian, gradient = row
    found = judged((moved, contrast), (hessian, gradient, *more[:2]), tuple(more[2:]), limit)
    return float(found[0][0]), float(found[1][0])


def test_a_row_s_error_is_its_noise_over_its_slope():
    assert judge(limits()) == pytest.approx((0.6, 0.01))
    assert judge(limits(step=0.3))[0] == pytest.approx(0.3)
    # what the profile is wrong by, over the contrast, adds to it
    assert judge(limits(profile=0.04))[1] == pytest.approx(np.hypot(0.02, 0.02) / 2, rel=1e-5)
    # more noise round it than usual, and more than a loud groove leaves, is believed, or too much
    assert judge(limits(), contrast=0.1, close=0.025)[1] == pytest.approx(0.0125)
    assert judge(limits(), contrast=0.1, close=0.05)[1] == np.inf
    assert judge(limits(), contrast=0.6, close=0.05)[1] == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("limit", "seen"), [({}, {"near": 1.5}), ({"own": 17.0}, {}), ({"error": 0.009}, {})]
)
def test_a_row_that_is_hidden_or_uncertain_is_missing(limit, seen):
    assert judge(limits(**limit), **seen)[1] == np.inf
    assert judge(limits())[1] < np.inf
