"""The groove's profile: its tables, its splines, its middle."""

import numpy as np
import pytest

from groovescan.profile.template import (
    centred,
    empty,
    grid,
    normalised,
    solve_splines,
    spline_basis,
)

REACH = 3.0


def bump(middle, width=0.8):
    return np.exp(-0.5 * ((grid(REACH) - middle) / width) ** 2)


def of(values):
    return normalised(np.pad(values, 1), REACH)[0]


def test_offsets_are_found_in_the_tables():
    template = of(bump(0.0))
    offset = np.linspace(-2.9, 2.9, 500, dtype=np.float32)
    found = template.value[template.index(offset)]
    np.testing.assert_allclose(found, np.exp(-0.5 * (offset / 0.8) ** 2), atol=0.01)
    slope = template.slope[template.index(offset)]
    expected = -offset / 0.8**2 * np.exp(-0.5 * (offset / 0.8) ** 2)
    np.testing.assert_allclose(slope, expected, atol=0.03)


def test_a_table_tells_the_profile_finer_than_it_can_be_seen():
    template = of(bump(0.0))
    offset = np.random.default_rng(2).uniform(-2.5, 2.5, 5000).astype(np.float32)
    found = template.value[template.index(offset)]
    assert np.std(found - np.exp(-0.5 * (offset / 0.8) ** 2)) < 1e-3


def test_beyond_its_ends_there_is_nothing():
    template = of(np.ones_like(grid(REACH)))
    far = np.array([-50.0, -REACH - 0.1, REACH + 0.1, 50.0], np.float32)
    np.testing.assert_array_equal(template.value[template.index(far)], 0)


def test_the_largest_value_is_one():
    assert of(7.0 * bump(0.4)).value.max() == pytest.approx(1.0)
    template, peak = normalised(np.pad(-0.2 * bump(0.4), 1), REACH)
    assert template.value.max() == pytest.approx(1.0)
    assert peak == pytest.approx(-0.2, rel=1e-3)


def test_splines_vanish_at_both_ends():
    basis = spline_basis(REACH, 0.5)
    assert basis.shape[0] == len(grid(REACH)) + 2
    np.testing.assert_array_equal(basis[[0, -1]], 0)
    assert np.abs(basis[[1, -2]]).max() < 1e-6
    assert np.abs(np.diff(basis, axis=0)[[1, -2]]).max() < 0.01


@pytest.mark.parametrize("middle", [0.0, -0.35, 0.6])
def test_a_profile_is_learnt_by_the_splines(middle):
    basis = spline_basis(REACH, 0.4).astype(float)
    target = np.pad(bump(middle, 0.6), 1)
    weights = solve_splines(basis.T @ basis, basis.T @ target, REACH, 6.0)
    np.testing.assert_allclose(basis @ weights, target, atol=0.01)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("middle", [0.0, 0.25, -0.6])
def test_the_middle_is_found_and_taken_out(sign, middle):
    template, moved = centred(of(sign * bump(middle)))
    assert moved == pytest.approx(middle, abs=0.01)
    np.testing.assert_allclose(template.value[1:-1], bump(0.0), atol=0.015)


def test_an_empty_template_is_nothing():
    template = empty(REACH)
    assert not template.value.any()
    assert not template.slope.any()
    assert template.value.shape == of(bump(0.0)).value.shape
