"""The camera is settled by what was read: its terms as free as the groove shows them to be."""

import dataclasses

import numpy as np
import pytest
from scipy import ndimage

from groovescan.camera.evidence import _radius, _weighed
from groovescan.camera.fit import ObservedPoints, as_vector, recast
from groovescan.camera.refit import refit_camera
from groovescan.camera.slow_displacement import observed
from groovescan.core.geometry.camera_model import angle_at, project, radius_at, unproject
from groovescan.core.results import Camera, GrooveMap, Reading

PER_TURN = 4096
MIDDLE = np.array([1499.5, 1499.5])
FLAT = Camera(centre_px=np.array([1501.8, 1490.9]), middle_px=MIDDLE, scale_px=1500.0)
TILTED = dataclasses.replace(
    FLAT, stretch=0.0025, shear=0.001, perspective=np.array([-0.021, 0.0125]), lens=-0.006
)


def spiral(camera, turns=12, feed=None):
    s = np.arange((turns + 2) * 128 + 1) / 128 - 1
    return GrooveMap(
        camera=camera,
        pitch_px=4.0,
        direction=1,
        start_rad=0.2,
        nodes_per_turn=128,
        radius_px=1357 - 4.0 * s + (0 if feed is None else feed(s)),
    )


def programme(turns):
    """Displacement by a sound, loud now and then, in px; slow beside the samples."""
    loud = 1 + np.sin(2 * np.pi * 1.3 * turns)
    return 0.3 * loud * np.sin(2 * np.pi * 151.3 * turns) + 0.2 * np.sin(2 * np.pi * 700.7 * turns)


def read_along(true, wrong_camera, rng, noise_px=0.03):
    """A true groove map under another camera, and what a reader says along it."""
    laid = recast(true, dataclasses.replace(wrong_camera, middle_px=MIDDLE, scale_px=1500.0))
    s = np.arange(int(laid.turns * PER_TURN)) / PER_TURN
    x, y = project(laid.camera, radius_at(laid, s), angle_at(laid, s))
    _, angle = unproject(true.camera, x, y)
    place = s + np.angle(np.exp(1j * (angle - angle_at(true, s)))) / (2 * np.pi)
    reading = Reading(
        displacement_px=programme(place) + noise_px * rng.standard_normal(len(s)),
        standard_error_px=np.full(len(s), max(noise_px, 1e-3), np.float32),
        contrast=np.full(len(s), -0.3, np.float32),
        samples_per_turn=PER_TURN,
        snr_db=30.0,
    )
    return laid, reading


def off(camera, true):
    return float(np.hypot(*(camera.centre_px - true.centre_px)))


def shifted(camera, x_px, y_px, **terms):
    return dataclasses.replace(camera, centre_px=camera.centre_px + np.array([x_px, y_px]), **terms)


def test_the_centre_of_a_tilted_disc_is_found_in_spite_of_its_lens(rng):
    groove_map, reading = read_along(spiral(TILTED), shifted(TILTED, 0.2, 0.1, lens=0.0), rng)
    refit = refit_camera(groove_map, reading)
    camera, check = refit.groove_map.camera, refit.camera_check
    assert off(camera, TILTED) < 0.05
    assert off(camera, TILTED) < 3 * check.centre_error_px < 0.15
    assert camera.lens == pytest.approx(-0.006, abs=0.0015)
    np.testing.assert_allclose(camera.perspective, TILTED.perspective, atol=2e-4)
    assert camera.stretch == pytest.approx(TILTED.stretch, abs=1e-5)


def test_terms_that_the_groove_does_not_show_are_nothing(rng):
    wrong_camera = shifted(FLAT, 0.1, -0.2, perspective=np.array([2e-4, -1e-4]), lens=1e-3)
    groove_map, reading = read_along(spiral(FLAT), wrong_camera, rng)
    refit = refit_camera(groove_map, reading)
    assert off(refit.groove_map.camera, FLAT) < 0.005
    assert np.abs(refit.groove_map.camera.perspective).max() < 1e-6
    # but they might be there, and that is told
    assert 0.005 < refit.camera_check.centre_error_px < 0.1


def test_an_uneven_feed_is_not_taken_for_a_camera(rng):
    def feed(s):
        return 0.05 * np.sin(2 * np.pi * s / 16)

    groove_map, reading = read_along(spiral(TILTED, 40, feed), shifted(TILTED, 0.1, 0.1), rng)
    refit = refit_camera(groove_map, reading)
    assert off(refit.groove_map.camera, TILTED) < 0.03
    assert refit.groove_map.camera.lens == pytest.approx(-0.006, abs=0.002)


def test_outermost_turns_may_be_read_beside_the_groove(rng):
    groove_map, reading = read_along(spiral(TILTED), shifted(TILTED, 0.05, 0.05), rng)
    s = np.arange(len(reading.displacement_px)) / PER_TURN
    beside = 0.02 * ((s < 1) * 1.0 - (s > groove_map.turns - 1))
    moved = dataclasses.replace(reading, displacement_px=reading.displacement_px + beside)
    straight, crooked = (
        refit_camera(groove_map, each).groove_map.camera for each in (reading, moved)
    )
    assert off(crooked, straight) < 0.02


def test_samples_are_laid_out_at_equal_steps_of_the_true_angle(rng):
    groove_map, reading = read_along(spiral(FLAT), shifted(FLAT, 1.5, -0.8), rng, noise_px=0.0)
    before = (reading.displacement_px.copy(), groove_map.radius_px.copy())
    refit = refit_camera(groove_map, reading)
    s = np.arange(len(reading.displacement_px)) / PER_TURN
    inside = slice(PER_TURN // 4, -PER_TURN // 4)
    wrong = (refit.reading.displacement_px - programme(s))[inside]
    assert np.abs(wrong).max() < 0.01
    assert np.abs((reading.displacement_px - programme(s))[inside]).max() > 0.2
    np.testing.assert_array_equal(before[0], reading.displacement_px)
    np.testing.assert_array_equal(before[1], groove_map.radius_px)


def test_the_map_describes_the_same_groove(rng):
    groove_map, reading = read_along(spiral(FLAT), shifted(FLAT, 0.5, -0.3), rng)
    refit = refit_camera(groove_map, reading).groove_map
    s = np.linspace(0.2, 11.8, 5000)
    x, y = project(refit.camera, radius_at(refit, s), angle_at(refit, s))
    radius, angle = unproject(FLAT, x, y)
    place = s + np.angle(np.exp(1j * (angle - 0.2 - 2 * np.pi * s))) / (2 * np.pi)
    assert np.abs(radius - (1357 - 4.0 * place)).max() < 0.01


def test_missing_samples_stay_missing_and_spoil_no_other(rng):
    groove_map, reading = read_along(spiral(FLAT), shifted(FLAT, 1.0, 0.5), rng, noise_px=0.0)
    gone = np.zeros(len(reading.displacement_px), bool)
    gone[PER_TURN * 5 : PER_TURN * 5 + 900] = True
    gone[:: PER_TURN // 3] = True
    torn = dataclasses.replace(
        reading,
        displacement_px=np.where(gone, 40.0, reading.displacement_px),
        standard_error_px=np.where(gone, np.inf, reading.standard_error_px).astype(np.float32),
    )
    refit = refit_camera(groove_map, torn)
    read = np.isfinite(refit.reading.standard_error_px)
    assert np.count_nonzero(~read) == pytest.approx(np.count_nonzero(gone), abs=40)
    s = np.arange(len(read)) / PER_TURN
    read[: PER_TURN // 4] = read[-PER_TURN // 4 :] = False
    near = np.convolve(~read, np.ones(17), mode="same") > 0
    assert np.abs(refit.reading.displacement_px - programme(s))[read & ~near].max() < 0.01
    assert np.abs(refit.reading.displacement_px - programme(s))[read].max() < 0.5
    assert off(refit.groove_map.camera, FLAT) < 0.01


def test_what_is_too_little_to_hear_moves_no_sample(rng):
    groove_map, reading = read_along(spiral(FLAT), shifted(FLAT, 0.01, 0.0), rng)
    refit = refit_camera(groove_map, reading)
    assert refit.reading is reading
    assert off(refit.groove_map.camera, FLAT) < 0.005


@pytest.mark.parametrize("stretch", [0.0, 0.005])
def test_unequal_scales_are_told_from_what_a_bend_does_twice_per_turn(rng, stretch):
    true = dataclasses.replace(FLAT, stretch=stretch)
    groove_map, reading = read_along(
        spiral(true, 12, lambda s: 0.3 * bent(s + 0.1)), shifted(FLAT, 0.1, 0.0), rng
    )
    refit = refit_camera(groove_map, reading).groove_map.camera
    assert refit.stretch == pytest.approx(stretch, abs=3e-4 if stretch else 1e-12)


def bent(s):
    angle = 2 * np.pi * s
    return 1.5 * np.cos(angle) + 0.8 * np.cos(2 * angle + 1) + 0.6 * np.cos(3 * angle)


@pytest.mark.parametrize("case", ["bent", "short", "unread", "vertical"])
def test_where_the_groove_tells_nothing_more_all_stays_as_it_was(rng, case):
    true = spiral(FLAT, 2 if case == "short" else 12, bent if case == "bent" else None)
    groove_map, reading = read_along(true, shifted(FLAT, 0.1, 0.0), rng)
    if case == "unread":
        nothing = np.full(len(reading.displacement_px), np.inf, np.float32)
        reading = dataclasses.replace(reading, standard_error_px=nothing)
    refit = refit_camera(
        groove_map, reading, modulation="vertical" if case == "vertical" else "lateral"
    )
    assert refit.groove_map is groove_map
    assert refit.reading is reading


def test_waves_once_and_twice_per_turn_are_seen_whole_and_the_sound_is_not(rng):
    groove_map, reading = read_along(spiral(FLAT), FLAT, rng)
    s = np.arange(len(reading.displacement_px)) / PER_TURN
    slow = 0.3 * np.cos(2 * np.pi * s) + 0.2 * np.sin(4 * np.pi * s)
    moved = dataclasses.replace(reading, displacement_px=reading.displacement_px + slow)
    points = observed(groove_map, moved)
    radius, _ = unproject(FLAT, *points.image_px)
    left = radius - radius_at(groove_map, points.turns)
    expected = 0.3 * np.cos(2 * np.pi * points.turns) + 0.2 * np.sin(4 * np.pi * points.turns)
    assert np.abs(left - expected).max() < 0.015
    assert np.mean((left - expected) ** 2) ** 0.5 < 0.005


def test_a_coarse_strip_in_runs_is_seen_where_its_rows_lie(rng):
    groove_map, reading = read_along(spiral(FLAT), FLAT, rng)
    s = np.arange(len(reading.displacement_px)) / PER_TURN
    rows = np.flatnonzero(np.arange(len(s)) % 32 < 16)
    few = dataclasses.replace(
        reading,
        displacement_px=(reading.displacement_px + 0.3 * np.cos(2 * np.pi * s))[rows],
        standard_error_px=reading.standard_error_px[rows],
        contrast=reading.contrast[rows],
        samples_per_turn=PER_TURN // 2,
    )
    points = observed(groove_map, few, s[rows])
    radius, _ = unproject(FLAT, *points.image_px)
    left = radius - radius_at(groove_map, points.turns)
    assert np.abs(left - 0.3 * np.cos(2 * np.pi * points.turns)).max() < 0.04


@pytest.mark.parametrize("lens", [0.0, 0.01])
def test_noise_is_not_taken_for_the_lens_of_a_long_side(rng, lens):
    true = dataclasses.replace(FLAT, centre_px=MIDDLE + np.array([40.0, -25.0]), lens=lens)
    s = np.arange(202 * 128 + 1) / 128 - 1
    wander = ndimage.gaussian_filter1d(rng.standard_normal(len(s)), 128 * 15)
    noise = ndimage.gaussian_filter1d(rng.standard_normal(len(s)), 8)
    long_side = dataclasses.replace(
        spiral(true), radius_px=1400 - 4.0 * s + 0.1 * wander / wander.std()
    )
    laid = recast(long_side, shifted(true, 0.05, 0.0, lens=0.0))
    samples = np.arange(200 * 512) / 512
    reading = Reading(
        displacement_px=0.5 * np.interp(samples, s, noise / noise.std()),
        standard_error_px=np.full(len(samples), 0.1, np.float32),
        contrast=np.full(len(samples), -0.3, np.float32),
        samples_per_turn=512,
        snr_db=10.0,
    )
    camera = refit_camera(laid, reading).groove_map.camera
    assert camera.lens == pytest.approx(lens, abs=2e-3)
    assert off(camera, true) < 0.1


def test_a_feed_is_even_until_it_is_seen_not_to_be():
    # with as much noise, changes of the feed would pass for a lens, and move the centre
    rng = np.random.default_rng(3)
    groove_map, reading = read_along(spiral(TILTED), shifted(TILTED, 0.2, 0.1), rng, noise_px=0.2)
    assert off(refit_camera(groove_map, reading).groove_map.camera, TILTED) < 0.1


@pytest.mark.parametrize("told", [0.2, 1.5, 3.0, 30.0])
def test_terms_are_as_large_as_makes_what_was_read_likeliest(rng, told):
    """The precision a of n terms x of equal information f, in closed form.

    With r the right sides, the evidence n / 2 log(a / (a + f)) + |r|^2 / 2 (f + a) is greatest at
    a = n f^2 / (|r|^2 - n f), and at infinity where noise alone makes |r|^2 as large.
    """
    information = 50.0
    design = np.linalg.qr(rng.standard_normal((200, 5)))[0] * np.sqrt(information)
    way = np.array([0.6, 0.8, 0.28, -0.96, 1.0])  # of length one in each group of terms
    size = np.array([2, 2, 2, 2, 1])
    right = way * np.sqrt(told * size * information)
    target = design @ right / information
    values, evidence = _weighed(design, target)
    if told < 1:
        assert np.abs(values).max() < 1e-3 * np.abs(right).max() / information
        spread = np.eye(200)
    else:
        np.testing.assert_allclose(values, (1 - 1 / told) * right / information, rtol=1e-2)
        spread = np.eye(200) + design @ design.T * (told - 1) / information
    likelihood = -(target @ np.linalg.solve(spread, target) + np.linalg.slogdet(spread)[1]) / 2
    assert evidence == pytest.approx(likelihood, abs=0.01)


@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize("start", ["outer", "inner"])
def test_under_the_true_camera_an_even_spiral_is_even_where_the_map_says_it_is(direction, start):
    inward = -1 if start == "outer" else 1
    s = np.arange(14 * 128 + 1) / 128 - 1
    true = dataclasses.replace(spiral(FLAT), direction=direction, radius_px=1300 + inward * 4.0 * s)
    laid = recast(true, shifted(FLAT, 9.0, -4.0))
    turns = np.linspace(0.5, 11.5, 600)
    image_px = project(laid.camera, radius_at(laid, turns), angle_at(laid, turns))
    points = ObservedPoints(
        camera=laid.camera,
        image_px=image_px,
        turns=turns,
        trust=np.ones(len(turns)),
        piece=np.zeros(len(turns), int),
    )
    radius = _radius(points, laid, as_vector(FLAT), image_px)
    np.testing.assert_allclose(radius, 1300 + inward * 4.0 * turns, atol=5e-4)
