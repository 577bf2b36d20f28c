"""Grooves whose walls shine where they face a lamp, drawn from the physics of a V groove."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import as_photo

from groovescan.core.geometry.camera_model import radius_at, unproject
from groovescan.core.results import Camera, GrooveMap
from groovescan.profile.template import grid, normalised, spline_basis
from groovescan.reading.direction.direction_profile import (
    DIRECTIONS,
    harmonics_of,
    profile_of,
    same_in_all_directions,
)
from groovescan.reading.direction.direction_reader import (
    depends_on_direction,
    handed_on,
    read_by_direction,
)
from groovescan.reading.direction.direction_sweep import DirectionSums, direction_sweep, rows_of
from groovescan.reading.direction.light_pattern import without_light_pattern
from groovescan.reading.sweep import State, Sums
from groovescan.reading.tiles import lay_row_grid, lay_tiles
from groovescan.wiener import best_estimate

PITCH, TURNS, SIZE, LEVEL = 6.0, 8, 420, 0.4
WALL_PX, BLUR_PX, LAMP_RAD = 0.6, 0.8, 0.9


def map_of(direction=1):
    return GrooveMap(
        camera=Camera(centre_px=np.array([208.3, 211.8])),
        pitch_px=PITCH,
        direction=direction,
        start_rad=0.4,
        nodes_per_turn=128,
        radius_px=195 - PITCH * (np.arange((TURNS + 2) * 128 + 1) / 128 - 1),
    )


def sway(turns):
    """The true displacement in px: no two turns are alike, and it is steep enough to be seen."""
    return 0.3 * np.sin(2 * np.pi * 41.3 * turns) + 0.15 * np.cos(2 * np.pi * 97.7 * turns)


def glint(facing_rad):
    """Light of a wall by the angle between its normal's azimuth and the lamp's."""
    return np.exp((np.cos(facing_rad) - 1) / 0.25)


def drawn(groove_map, *, lamp, noise=0.01):
    """A photograph of a V groove: one wall faces outwards, one inwards, and each mirrors a lamp."""
    y, x = np.indices((SIZE, SIZE)).astype(float)
    radius, angle = unproject(groove_map.camera, x, y)
    fraction = np.mod(groove_map.direction * (angle - groove_map.start_rad) / (2 * np.pi), 1.0)
    light = np.full(radius.shape, LEVEL)
    for turn in range(TURNS):
        s = turn + fraction
        along = 2 * np.pi * radius_at(groove_map, s)
        slope = (sway(s + 1e-5) - sway(s - 1e-5)) / 2e-5 / along
        away = (radius - radius_at(groove_map, s) - sway(s)) / np.sqrt(1 + slope**2)
        normal = angle - np.arctan(groove_map.direction * slope)
        light -= 0.15 * np.exp(-0.5 * (away / BLUR_PX) ** 2)
        for side in (-1, 1):
            shine = glint(normal - LAMP_RAD + np.pi * (side < 0)) if lamp else 0.0
            light += 0.4 * shine * np.exp(-0.5 * ((away - side * WALL_PX) / BLUR_PX) ** 2)
    return as_photo(light + noise * np.random.default_rng(1).standard_normal(light.shape))


def begun(row_grid, contrast=-0.2):
    """What one profile may have told."""
    rows, shape = len(row_grid.radius_px), np.exp(-0.5 * (grid(0.5 * PITCH) / BLUR_PX) ** 2)
    inside = np.zeros(rows, np.float32)
    inside[row_grid.groove] = 1
    return State(
        displacement_px=np.zeros(rows, np.float32),
        contrast=np.float32(contrast) * inside,
        level=np.full(rows, LEVEL, np.float32),
        tilt=np.zeros(rows, np.float32),
        template=normalised(np.pad(shape, 1), 0.5 * PITCH)[0],
        noise=0.1,
        misfit=0.1,
    )


def laid(groove_map, photo):
    row_grid = lay_row_grid(groove_map, 0.9)
    return row_grid, lay_tiles(photo, groove_map, row_grid)


def true_rows(row_grid):
    turns = np.arange(len(row_grid.radius_px)) / row_grid.samples_per_turn - 1
    return sway(turns[row_grid.groove])


@pytest.mark.parametrize("lamp", [False, True])
def test_a_lamp_is_told_from_even_light(lamp):
    groove_map = map_of()
    photo = drawn(groove_map, lamp=lamp)
    row_grid, tiles = laid(groove_map, photo)
    rng = np.random.default_rng(1)
    state = begun(row_grid)
    assert depends_on_direction(photo, tiles, row_grid, groove_map, state, rng) is lamp


def test_the_displacement_is_read_under_a_lamp():
    groove_map = map_of(direction=-1)
    photo = drawn(groove_map, lamp=True)
    row_grid, tiles = laid(groove_map, photo)
    rng = np.random.default_rng(1)
    reading = read_by_direction(photo, tiles, row_grid, groove_map, begun(row_grid), rng)
    truth, error = true_rows(row_grid), reading.standard_error_px
    known = np.isfinite(error)
    left = np.abs(reading.displacement_px - truth)[known] / error[known]
    estimate = best_estimate(reading.displacement_px, 1.2 * error)
    assert known.mean() > 0.95
    assert np.std(estimate - truth) < 0.2 * np.std(truth)  # 14 dB; 16.6 were measured
    assert 0.7 < np.median(left) / 0.6745 < 1.4
    assert reading.half_difference_px.shape == truth.shape


def test_what_lamps_do_to_a_map_is_taken_out_of_it():
    even = map_of()
    angle = 2 * np.pi * np.arange(len(even.radius_px)) / even.nodes_per_turn
    slow = 2.0 * np.cos(angle - 1) + 0.5 * np.cos(2 * angle)
    strayed = replace(even, radius_px=even.radius_px + slow + 0.8 * np.cos(4 * angle))
    found = without_light_pattern(strayed)
    inside = slice(even.nodes_per_turn, -even.nodes_per_turn)
    np.testing.assert_allclose(found.radius_px[inside], (even.radius_px + slow)[inside], atol=0.02)
    bent = replace(even, radius_px=even.radius_px + 4.0 * np.cos(4 * angle))
    assert without_light_pattern(bent) is bent
    short = replace(even, radius_px=even.radius_px[: 3 * even.nodes_per_turn + 1])
    assert without_light_pattern(short) is short


def test_where_one_profile_does_as_well_it_stays():
    groove_map = map_of()
    photo = drawn(groove_map, lamp=False)
    row_grid, tiles = laid(groove_map, photo)
    state = replace(begun(row_grid), noise=0.01)
    rng = np.random.default_rng(1)
    assert read_by_direction(photo, tiles, row_grid, groove_map, state, rng) is None


def test_the_derivatives_are_those_of_the_profile():
    rng = np.random.default_rng(2)
    weights = np.zeros((spline_basis(3.0, 0.4).shape[1], 5), np.float32)
    weights[4:11] = rng.standard_normal((7, 5))
    profile = profile_of(weights, 3.0, 0.4)
    step = 2 * np.pi / DIRECTIONS
    turned = (np.roll(profile.value, -1, axis=0) - np.roll(profile.value, 1, axis=0)) / (2 * step)
    scale = np.abs(profile.by_direction).max()
    np.testing.assert_allclose(profile.by_direction, turned, atol=2e-3 * scale)
    across = np.gradient(profile.value, 1 / 256, axis=1)
    np.testing.assert_allclose(profile.by_offset, across, atol=1e-3 * np.abs(across).max())


def test_harmonics_are_one_cosines_and_sines():
    found = harmonics_of(np.array([0.0, np.pi / 2]), 2)
    np.testing.assert_allclose(found, [[1, 1, 1, 0, 0], [1, 0, -1, 1, 0]], atol=1e-6)


def test_a_groove_that_runs_outwards_faces_backwards():
    for direction in (1, -1):
        groove_map = map_of(direction)
        row_grid = lay_row_grid(groove_map, 0.9)
        rising = np.linspace(0, 50, len(row_grid.radius_px)).astype(np.float32)
        rows = rows_of(groove_map, row_grid, rising)
        turned = np.arctan2(
            np.sin(rows.direction_rad - rows.azimuth_rad),
            np.cos(rows.direction_rad - rows.azimuth_rad),
        )
        assert np.all(np.sign(turned[10:-10]) == -direction)


def test_a_sweep_of_a_true_model_finds_no_step():
    groove_map = map_of()
    photo = drawn(groove_map, lamp=False, noise=0.0)
    row_grid, tiles = laid(groove_map, photo)
    state = begun(row_grid, contrast=-0.15)
    full = np.zeros_like(state.displacement_px)
    full[row_grid.groove] = true_rows(row_grid)
    state = replace(state, displacement_px=full)
    rows = rows_of(groove_map, row_grid, full)
    profile = same_in_all_directions(state.template)
    sums = direction_sweep(photo, tiles, row_grid, state, rows, profile)
    inner = slice(2 * row_grid.samples_per_turn, -2 * row_grid.samples_per_turn)
    step = sums.gradient[inner] / np.maximum(sums.by_value[inner], 1e-9)
    assert np.abs(np.median(step)) < 0.01
    assert np.std(step) < 0.05
    assert not sums.by_slope.any()


def test_what_is_handed_on_has_the_estimate_that_place_and_slope_told():
    rng = np.random.default_rng(5)
    turns = np.arange(20_000) / 1300
    estimate = sway(turns)
    readings = estimate + 0.1 * rng.standard_normal(len(turns)) + 0.2 * np.gradient(estimate)
    error = np.full(len(turns), 0.1, np.float32)
    error[4000:4010] = np.inf
    known = np.isfinite(error)
    left = [
        np.std((best_estimate(each, 1.2 * error) - estimate)[known])
        for each in (readings, handed_on(readings, error, estimate))
    ]
    assert left[1] < 0.4 * left[0]


def test_noise_that_tells_of_the_slope_counts_as_loud_as_the_information_says():
    rng, count, steepness = np.random.default_rng(6), 50_000, 0.3
    nothing, light = np.zeros(count), np.full(count, 4.0)
    cells = Sums(
        hessian=nothing, gradient=nothing, whole=nothing, normal=np.zeros((1, 2, 2)),
        target=np.zeros((1, 2)), square=np.zeros(1), weight=np.zeros(1),
    )  # fmt: skip
    sums = DirectionSums(
        cells=cells, by_value=nothing, by_slope=light, by_both=nothing, gradient=nothing,
        slope_gradient=2.0 * rng.standard_normal(count), whole=nothing, whole_slope=light,
        weight=light,
    )  # fmt: skip
    found = sums.at_usual_steepness(steepness)
    assert np.var(found.gradient) == pytest.approx(found.hessian.mean(), rel=0.05)
    np.testing.assert_array_equal(found.hessian, sums.as_sums(steepness).hessian)
