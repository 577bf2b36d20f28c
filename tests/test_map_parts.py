"""Parts of groove maps, the turns in a table, bands and evenly fed pieces."""

import numpy as np
import pytest

from groovescan.camera.feed_pieces import feed_shapes, pieces_of
from groovescan.core.bands import bands_of
from groovescan.core.geometry.camera_model import angle_at, radius_at
from groovescan.core.geometry.map_parts import feeds_px, part_of, turned_round, with_radius
from groovescan.core.results import Camera, GrooveMap
from groovescan.reading.turn_table import turn_table

CAMERA = Camera(centre_px=np.array([500.0, 510.0]))


def map_of(rise, turns=14.0, start_px=400.0, inward=True, wave_px=0.0):
    """A map whose radius changes by `rise` of the position, in px."""
    s = np.arange(-128, int((turns + 1) * 128) + 1) / 128
    radius = start_px - rise(s) if inward else start_px + rise(s)
    return GrooveMap(
        camera=CAMERA,
        pitch_px=5.0,
        direction=1,
        start_rad=0.4,
        nodes_per_turn=128,
        radius_px=radius + wave_px * np.cos(2 * np.pi * s),
    )


def gap(s, begin=6.0, end=6.5, wide=60.0):
    return 5.0 * s + (wide - 5.0) * np.clip(s - begin, 0, end - begin)


EVEN, GAP = map_of(lambda s: 5.0 * s), map_of(gap)


def test_a_part_lies_where_it_lay():
    part = part_of(GAP, 2.3, 9.1)
    s = np.linspace(0, 6.5, 500)
    np.testing.assert_allclose(radius_at(part, s), radius_at(GAP, s + 2.3), atol=0.05)
    turned = angle_at(part, s) - angle_at(GAP, s + 2.3)
    np.testing.assert_allclose(turned, 0, atol=1e-9)
    assert part.turns == pytest.approx(6.8, abs=0.01)


def test_beyond_its_ends_a_map_is_fed_as_there():
    part = with_radius(EVEN, 300 + 9.0 * np.arange(5 * 128 + 1) / 128)
    np.testing.assert_allclose(np.diff(part.radius_px), 9.0 / 128)
    assert part.pitch_px == pytest.approx(9.0)


def test_turned_round_twice_it_is_the_same():
    round_ = turned_round(GAP)
    assert round_.direction == -1
    s = np.linspace(1, 13, 50)
    np.testing.assert_allclose(radius_at(round_, s), radius_at(GAP, 14.0 - s))
    again = turned_round(round_)
    np.testing.assert_array_equal(again.radius_px, GAP.radius_px)
    assert again.start_rad == pytest.approx(GAP.start_rad)


def test_the_feed_is_told_turn_by_turn():
    np.testing.assert_allclose(feeds_px(EVEN), -5.0)
    assert len(feeds_px(part_of(EVEN, 0, 1))) == 1


@pytest.mark.parametrize("inward", [True, False])
@pytest.mark.parametrize("wave_px", [0.0, 3.0])
def test_bands_lie_between_the_gaps(inward, wave_px):
    bands = bands_of(map_of(gap, inward=inward, wave_px=wave_px))
    np.testing.assert_allclose(bands, [[0, 6.0], [6.5, 14.0]], atol=0.35)


def test_a_lead_in_and_a_run_out_are_no_bands():
    led = map_of(lambda s: 5.0 * s + 25 * np.minimum(s, 2.0) + 20 * np.clip(s - 12, 0, None))
    np.testing.assert_allclose(bands_of(led), [[2.0, 12.0]], atol=0.35)


@pytest.mark.parametrize("groove_map", [EVEN, map_of(lambda s: 5.0 * s, turns=1.0)])
def test_an_even_groove_is_one_band(groove_map):
    np.testing.assert_array_equal(bands_of(groove_map), [[0.0, groove_map.turns]])


def test_pieces_end_where_the_feed_changes_at_once():
    s = np.linspace(0, 14, 1401)
    assert (pieces_of(EVEN, s) == 0).all()
    piece = pieces_of(GAP, s)
    assert set(piece[s < 5.3]) == {0}
    assert set(piece[s > 7.2]) == {1}
    assert (piece[(s > 6.05) & (s < 6.45)] == -1).all()


def test_a_slow_change_is_one_piece():
    swinging = map_of(lambda s: 5.0 * s + 1.6 * np.sin(2 * np.pi * s / 10))
    assert (pieces_of(swinging, np.linspace(0, 14, 100)) == 0).all()


def test_each_piece_has_a_place_and_a_pitch():
    turns = np.linspace(0, 14, 200)
    piece = (turns > 7).astype(int)
    even, uneven = feed_shapes(turns, piece, 2.0, 12)
    assert even.shape[1] == 4
    assert uneven.shape[1] == 2 * (3 - 1)
    target = np.where(piece, 40 - 3 * turns, 100 - 5 * turns)
    left = target - even @ np.linalg.lstsq(even, target, rcond=None)[0]
    assert np.abs(left).max() < 1e-9


@pytest.mark.parametrize("inward", [True, False])
def test_the_table_tells_the_nearest_turn(inward):
    groove_map = map_of(gap, inward=inward)
    per_turn = 1024
    rows = np.arange(-per_turn, 15 * per_turn) / per_turn
    grid = radius_at(groove_map, rows)
    table = turn_table(grid, per_turn, 5.0)
    rng = np.random.default_rng(0)
    phase = rng.uniform(-2, 2, 2000)
    turn = rng.integers(1, 14, 2000)
    position = turn + phase % 1
    beside = 0.3 * np.minimum(
        np.abs(np.interp(position + 1, rows + 1, grid) - np.interp(position, rows + 1, grid)),
        np.abs(np.interp(position - 1, rows + 1, grid) - np.interp(position, rows + 1, grid)),
    )
    radius = np.interp(position, rows + 1, grid) + rng.uniform(-1, 1, 2000) * beside
    found = np.rint(table.at(radius, phase) - phase % 1)
    assert (found == turn).mean() > 0.995


def test_an_even_feed_needs_no_table():
    rows = np.arange(-1024, 15 * 1024) / 1024
    assert turn_table(radius_at(EVEN, rows), 1024, 5.0) is None
