"""Loops over the samples of a strip, held against what a strip drawn here is made of."""

import numpy as np
import pytest

from groovescan.profile.template import empty, normalised, spline_basis
from groovescan.strip import strip_kernels as strips
from groovescan.strip.strip_arguments import GrooveRows, LandRows
from groovescan.strip.strip_model import tables_of

OFFSET = (0.5 * np.arange(-11, 12)).astype(np.float32)
PITCH, REACH, ROWS = np.float32(6.0), empty(3.0).reach_px, 640


@pytest.fixture
def template():
    place = np.linspace(-REACH, REACH, len(empty(REACH).value))
    return normalised(np.exp(-0.5 * (place / 0.9) ** 2), REACH)[0]


@pytest.fixture
def grooves(rng):
    moved = rng.normal(0, 0.3, (3, ROWS)) + np.array([0, PITCH, -PITCH])[:, None]
    square = rng.uniform(0.9, 1.0, (3, ROWS))
    contrast = rng.uniform(0.2, 0.4, (3, ROWS))
    return GrooveRows(*(part.astype(np.float32) for part in (moved, square, contrast)))


def profiles(template, grooves, tables="value"):
    """What the tables of the template say at each sample; shape (3, rows, offsets)."""
    at, square, _ = (part[:, :, None] for part in grooves)
    return getattr(template, tables)[template.index((OFFSET - at) * square)]


def drawn(template, grooves, level, tilt):
    grooves_light = (grooves[2][:, :, None] * profiles(template, grooves)).sum(axis=0)
    return (level[:, None] + tilt[:, None] * OFFSET + grooves_light).astype(np.float32)


@pytest.fixture
def land(rng):
    level, tilt = rng.uniform(0.3, 0.6, ROWS), rng.normal(0, 0.01, ROWS)
    return LandRows(level.astype(np.float32), tilt.astype(np.float32))


def test_of_what_the_model_draws_it_leaves_nothing(template, grooves, land):
    light = drawn(template, grooves, *land)
    rest, slope = strips.left_over(light, OFFSET, land, grooves, tables_of(template))
    # a place may be rounded to the next step of the table
    assert np.abs(rest).max() < 1e-3
    steep = profiles(template, grooves, "slope")[0]
    assert slope == pytest.approx(-(grooves[2] * grooves[1])[0][:, None] * steep, abs=2e-3)


def test_equations_of_light_are_solved_by_what_was_drawn(rng, template, grooves):
    cell = np.repeat(rng.uniform(0.2, 0.4, ROWS // 16), 16).astype(np.float32)
    level, tilt = 2 * cell, (cell - 0.3) / 10
    # turns of one contrast: their share is solved with the groove's own
    grooves = grooves._replace(contrast=np.stack([cell] * 3))
    light, trust = drawn(template, grooves, level, tilt), rng.uniform(0.1, 1, (ROWS, len(OFFSET)))
    guess = grooves._replace(contrast=np.full((3, ROWS), 0.5, np.float32))
    normal, right_hand = strips.light_equations(
        light,
        trust.astype(np.float32),
        OFFSET,
        guess,
        tables_of(template),
        16,
        np.float32(1.3),
    )
    found = strips.lights(normal, right_hand)
    truth = np.stack([level, tilt * OFFSET[-1], cell], axis=1)[::16]
    assert found == pytest.approx(truth, abs=2e-3)


def test_lights_are_the_solutions_and_nothing_is_nothing(rng):
    root = rng.normal(size=(20, 3, 5))
    normal, right_hand = root @ root.transpose(0, 2, 1), rng.normal(size=(20, 3))
    found = strips.lights(normal, right_hand)
    assert np.einsum("cab,cb->ca", normal, found) == pytest.approx(right_hand, abs=1e-2)
    normal[7], right_hand[7] = 0, 0
    assert not strips.lights(normal, right_hand)[7].any()


def test_steps_lead_to_the_displacement(rng):
    slope, trust = rng.normal(size=(2, ROWS, len(OFFSET))).astype(np.float32)
    trust = np.abs(trust)
    moved = rng.normal(size=ROWS).astype(np.float32)
    gradient, hessian = strips.steps_of(moved[:, None] * slope, slope, trust)
    assert gradient / hessian == pytest.approx(moved, rel=1e-4)


def test_certainty_is_the_sum_of_what_tells_it(rng, template, grooves):
    rest, trust = rng.uniform(0.1, 1, (2, ROWS, len(OFFSET))).astype(np.float32)
    at, square, _ = (part[0] for part in grooves)
    found = strips.certainty(rest, trust, OFFSET, at, square, tables_of(template))
    flank = profiles(template, grooves, "slope")[0] ** 2
    told = [each.sum(axis=1) for each in (flank, trust * flank, trust, trust * rest**2)]
    assert np.stack(found) == pytest.approx(np.stack(told), rel=0.01)


@pytest.mark.parametrize("prior", [0.0, 10.0])
def test_a_groove_far_away_is_found_unless_that_is_too_unlikely(rng, template, grooves, prior):
    light = drawn(template, grooves, *(np.full(ROWS, each, np.float32) for each in (0.5, 0.0)))
    tried = (0.5 * np.arange(-8, 9)).astype(np.float32)
    lost = grooves[0].copy()
    lost[0, ::2] = 3.5
    moved = strips.farther(
        light,
        OFFSET,
        LandRows(np.full(ROWS, 0.5, np.float32), np.zeros(ROWS, np.float32)),
        grooves._replace(place_px=lost),
        tables_of(template),
        tried,
        prior * (tried != 3.5).astype(np.float32),
        np.float32(0.01),
        np.float32(0.75),
    )
    if prior:
        assert (moved[::2] == 3.5).all()
    else:
        assert (moved[1::2] == lost[0, 1::2]).all()  # they were right
        assert np.abs(moved - grooves[0][0])[::2].max() < 0.5
    assert (lost[0, ::2] == 3.5).all()


def test_the_splines_that_drew_a_strip_solve_it(rng, grooves, land):
    basis = spline_basis(REACH, 0.7)
    splines = rng.normal(size=basis.shape[1])
    profile = normalised(basis @ splines.astype(np.float32), REACH)
    scaled = grooves._replace(contrast=profile[1] * grooves.contrast)
    light = drawn(profile[0], scaled, *land)
    line = np.linalg.qr(np.stack([np.ones_like(OFFSET), OFFSET], axis=1))[0]
    design, target = strips.profile_terms(
        light, OFFSET, line, grooves, tables_of(profile[0]), basis
    )
    found = np.linalg.lstsq(design.reshape(-1, basis.shape[1]), target.ravel())[0]
    assert found == pytest.approx(splines, abs=0.01)
