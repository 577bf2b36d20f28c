"""The groove is laid straight from the photograph's own pixels."""

import dataclasses

import numpy as np
import pytest
from conftest import as_photo

from groovescan.core.geometry.camera_model import project, unproject
from groovescan.core.geometry.projection import FlatFilm
from groovescan.core.results import Camera, GrooveMap
from groovescan.strip import straighten
from groovescan.strip.straighten import lay_straight, rows_in_runs, rows_of_arc

PITCH = 12.0
#: What a cubic kernel makes of waves of six px.
ATOL = 0.015
CAMERA = Camera(
    centre_px=np.array([205.3, 193.8]),
    stretch=0.005,
    shear=-0.003,
    perspective=np.array([0.01, 0.006]),
    middle_px=np.array([199.5, 199.5]),
    scale_px=200.0,
)


def spiral(direction=1, turns=6):
    s = np.arange((turns + 2) * 128 + 1) / 128 - 1
    return GrooveMap(
        camera=CAMERA,
        pitch_px=PITCH,
        direction=direction,
        start_rad=0.7,
        nodes_per_turn=128,
        radius_px=170 - PITCH * s,
    )


def drawn(groove_map, shape=(400, 400)):
    """A photograph whose light depends on the distance from the spiral alone."""
    y, x = np.indices(shape)
    radius, angle = unproject(CAMERA, x.astype(float), y.astype(float))
    turn = groove_map.direction * (angle - groove_map.start_rad) / (2 * np.pi)
    return as_photo(light(radius - (170 - PITCH * turn)))


def light(offset):
    return 0.5 + 0.2 * np.cos(2 * np.pi * offset / PITCH) + 0.1 * np.sin(4 * np.pi * offset / PITCH)


def laid(photo, groove_map, **options):
    options = {"step_px": 1.0, "reach_pitches": 0.9, "across_px": 0.5} | options
    return lay_straight(photo, groove_map, **options)


@pytest.mark.parametrize("direction", [1, -1])
def test_a_spiral_comes_out_straight(direction):
    groove_map = spiral(direction)
    strip = laid(drawn(groove_map), groove_map)
    expected = np.broadcast_to(light(strip.offset_px), strip.luminance.shape)
    np.testing.assert_allclose(strip.luminance, expected, atol=ATOL)
    assert strip.in_photograph.all()


def test_a_better_kernel_keeps_more():
    groove_map = spiral()
    photo = drawn(groove_map)
    off = []
    for order in (1, 3):
        strip = laid(photo, groove_map, order=order)
        off.append(np.std(strip.luminance - light(strip.offset_px)))
    assert off[1] < 0.5 * off[0]


def test_rows_columns_and_spacing_are_what_they_say():
    groove_map = spiral()
    strip = laid(drawn(groove_map), groove_map)
    count, columns = strip.luminance.shape
    assert count == 6 * strip.samples_per_turn
    assert 2 * np.pi * 182 / strip.samples_per_turn <= 1.0
    np.testing.assert_allclose(np.diff(strip.offset_px), 0.5)
    assert strip.offset_px[columns // 2] == 0
    assert strip.offset_px[-1] >= 0.9 * PITCH
    turns = np.arange(count) / strip.samples_per_turn
    np.testing.assert_allclose(strip.radius_px, 170 - PITCH * turns, atol=1e-3)
    np.testing.assert_allclose(strip.spacing_px, np.tile([PITCH, -PITCH], (count, 1)), atol=0.01)


def test_what_deviates_outwards_is_at_positive_offsets():
    groove_map = spiral()
    photo = drawn(groove_map)
    inside = dataclasses.replace(groove_map, radius_px=groove_map.radius_px - 1.5)
    strip = laid(photo, inside)
    middle = slice(strip.samples_per_turn, -strip.samples_per_turn)
    expected = np.broadcast_to(light(strip.offset_px - 1.5), strip.luminance.shape)
    np.testing.assert_allclose(strip.luminance[middle], expected[middle], atol=ATOL)


def test_rows_that_leave_the_photograph_are_not_seen():
    groove_map = spiral()
    photo = as_photo(drawn(groove_map).luminance[:, :320])
    strip = laid(photo, groove_map)
    assert np.isfinite(strip.luminance).all()
    turns = np.arange(len(strip.in_photograph)) / strip.samples_per_turn
    reach = 170 - PITCH * turns + strip.offset_px[-1]
    right = reach * np.cos(0.7 + 2 * np.pi * turns)
    # the camera's terms move the edge by a few px
    assert not strip.in_photograph[right > 319 - 205.3 + 5].any()
    assert strip.in_photograph[right < 319 - 205.3 - 5].all()


def test_blocks_leave_no_trace(monkeypatch):
    groove_map = spiral()
    photo = drawn(groove_map)
    whole = laid(photo, groove_map)
    monkeypatch.setattr(straighten, "_BLOCK_SAMPLES", 5000)
    monkeypatch.setattr(straighten, "_BLOCK_PX", 9000)
    parts = laid(photo, groove_map)
    np.testing.assert_allclose(parts.luminance, whole.luminance, atol=1e-3)
    np.testing.assert_array_equal(parts.in_photograph, whole.in_photograph)


def test_a_long_groove_of_few_columns():
    # more rows in a block of samples than OpenCV takes at once
    groove_map = spiral(turns=6)
    photo = drawn(groove_map)
    strip = laid(photo, groove_map, step_px=0.05, reach_pitches=0.4, across_px=1.2, order=1)
    count, columns = strip.luminance.shape
    assert count > 2 * 32767
    assert straighten._BLOCK_SAMPLES // columns > 32767
    expected = np.broadcast_to(light(strip.offset_px), strip.luminance.shape)
    np.testing.assert_allclose(strip.luminance, expected, atol=4 * ATOL)


@pytest.mark.parametrize("direction", [1, -1])
def test_rows_in_runs_are_rows_of_the_whole(direction):
    groove_map = spiral(direction)
    photo = drawn(groove_map)
    runs = rows_in_runs(groove_map, 1.5, run_rows=16, runs=5)
    strip = laid(photo, groove_map, rows=runs)
    assert strip.samples_per_turn == 5 * 16
    assert len(strip.turns) == 6 * 5 * 16
    np.testing.assert_allclose(np.diff(strip.turns[:16]), strip.step_turns)
    np.testing.assert_allclose(strip.turns[80:] - strip.turns[:-80], 1.0)
    np.testing.assert_allclose(strip.radius_px, 170 - PITCH * strip.turns, atol=1e-3)
    expected = np.broadcast_to(light(strip.offset_px), strip.luminance.shape)
    np.testing.assert_allclose(strip.luminance, expected, atol=ATOL)


def test_rows_of_an_arc_lie_beside_each_other():
    groove_map = spiral()
    rows = rows_of_arc(groove_map, 1.5, 1.3, turns=3, rows=40)
    strip = laid(drawn(groove_map), groove_map, rows=rows)
    assert strip.turns[0] == 1.3
    assert strip.luminance.shape[0] == 3 * 40
    np.testing.assert_allclose(strip.turns[40:] - strip.turns[:-40], 1.0)
    # rows are 1.5 px apart at the outermost turn, where the radius is 182 px
    np.testing.assert_allclose(strip.along_px, 1.5 * strip.radius_px / 182, rtol=1e-3)


def test_the_photograph_is_left_as_it_is():
    groove_map = spiral()
    photo = drawn(groove_map)
    before = photo.luminance.copy()
    laid(photo, groove_map)
    np.testing.assert_array_equal(photo.luminance, before)


def test_places_are_where_the_camera_sees_them():
    camera = dataclasses.replace(CAMERA, lens=0.02)
    radius, angle = np.linspace(150, 220, 400), np.linspace(0, 6 * np.pi, 400)
    offset = np.linspace(-10, 10, 21)
    place, inside = FlatFilm(camera).rows(radius, offset, angle, (380, 400))
    x, y = project(camera, radius[:, None] + offset, angle[:, None])
    assert place == pytest.approx(np.stack([x, y]), abs=1e-4)
    seen = ((x >= 0) & (x <= 399) & (y >= 0) & (y <= 379)).all(axis=1)
    np.testing.assert_array_equal(inside, seen)
    assert 0 < seen.sum() < len(seen)


def test_no_part_beyond_the_edge_is_looked_up_in_a_single_column(rng, monkeypatch):
    # `cv2.remap` of one column, at places beyond it, never comes to an end
    widths = []

    def remap(window, x, *rest, **options):
        widths.append(min(window.shape))
        return np.zeros(x.shape, np.float32)

    monkeypatch.setattr(straighten.cv2, "remap", remap)
    photo = as_photo(rng.random((200, 300)))
    for beyond in (-40.0, 340.0):
        x, y = np.full((5, 7), beyond), np.full((5, 7), 90.0)
        straighten._sampled(photo, np.stack([x, y]).astype(np.float32), 2)
        straighten._sampled(photo, np.stack([y, x]).astype(np.float32), 2)
    assert min(widths) > 1
