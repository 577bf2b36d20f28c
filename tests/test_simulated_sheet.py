"""Films that are folded, buckled, torn or not whole lie as their settings say."""

import numpy as np
import pytest

from groovescan.errors import SettingsError
from groovescan.simulate import SimulateSettings, simulate
from groovescan.simulate.model.sensor import make_view
from groovescan.simulate.model.sheet import make_sheet

DISC = SimulateSettings(
    width_px=360,
    height_px=360,
    mm_per_px=0.1,
    pitch_mm=0.7,
    width_mm=0.3,
    start_radius_mm=16.0,
    film_radius_mm=17.5,
    film_wobble=0.0,
    hole_radius_mm=0.5,
    hole_offset_mm=0.0,
    clouds=0.0,
    bones=0,
    centre_x_offset_px=0.0,
    centre_y_offset_px=0.0,
    lead_in_turns=1.0,
    run_out_turns=1.0,
    noise=0.0,
    bit_depth=16,
    supersampling=2,
)
RATE_HZ = 8000.0
SILENCE = np.zeros(int(3 * DISC.seconds_per_turn * RATE_HZ))
KINDS = {
    "creases": {"creases": ((5.0, 0.8, 0.4, 0.1), (-9.0, 2.0, 0.2, -0.2))},
    "buckles": {"buckles": 6, "buckle_mm": 0.4, "buckle_size_mm": 3.0},
    "torn": {"tears": ((1.0, 50.0, 2.0, 0.6, 2.5, 0.01), (4.0, 180.0, 9.0, 0.5, 4.2, 0.0))},
    "missing": {"missing": ((2.0, 120.0), (5.0, 10.0))},
}


def sheet_of(**changes):
    return make_sheet(DISC.replace(**changes), np.random.default_rng(2))


def film():
    y, x = np.mgrid[-17:17:150j, -17:17:150j]
    return (x + 1j * y)[np.hypot(x, y) < 17]


@pytest.mark.parametrize("name", list(KINDS))
def test_both_ways_are_each_others_inverse_where_film_can_be_seen(name):
    sheet, flat = sheet_of(**KINDS[name]), film()
    lies, visible = sheet.lies(flat)
    assert 0.5 < visible.mean() <= 1.0
    np.testing.assert_allclose(sheet.flat(lies[visible]), flat[visible], atol=1e-6)
    # what lies there is seen there, up to what an edge covers
    assert np.mean(sheet.cover(lies[visible], 0.01) > 0.49) > 0.999
    assert np.abs(lies - flat).max() <= sheet.farthest_mm + 1e-9


def test_a_whole_sheet_is_none_at_all():
    assert sheet_of() is None


def test_a_crease_takes_a_strip_and_moves_what_lies_beyond():
    sheet = sheet_of(creases=((5.0, 0.0, 0.4, 0.0),))
    lies, visible = sheet.lies(np.array([4.9 + 3j, 5.2 + 3j, 5.5 + 3j, -8.0 + 0j]))
    np.testing.assert_allclose(lies[[0, 2, 3]], [4.9 + 3j, 5.1 + 3j, -8.0])
    assert visible.tolist() == [True, False, True, True]


def test_a_kink_and_a_buckle_are_seen_further_out_at_the_same_angle():
    for change in ({"creases": ((5.0, 0.0, 0.0, 0.3),)}, KINDS["buckles"]):
        flat = film()
        lies, _ = sheet_of(**change).lies(flat)
        np.testing.assert_allclose(np.angle(lies / flat), 0, atol=1e-12)
        out = np.abs(lies) - np.abs(flat)
        assert 0.02 < out.max() < 0.3
        assert out.min() >= -1e-12


def test_a_torn_sector_is_moved_as_one_and_leaves_its_place_bare():
    sheet = sheet_of(tears=((0.0, 60.0, 0.0, 0.8, 0.0, 0.0),))
    inside, outside = np.array([10.0 + 2j]), np.array([-3.0 + 9j])
    assert sheet.lies(inside)[0] == pytest.approx(inside + 0.8)
    assert sheet.lies(outside)[0] == pytest.approx(outside)
    # 0.8 mm outwards: its edges, 30 degrees off, are 0.4 mm from those of the rest
    edge = 10 * np.exp(1j * np.pi / 6)
    normal = 1j * np.exp(1j * np.pi / 6)
    across = sheet.cover(edge + normal * np.array([-0.45, -0.35, -0.2, -0.05, 0.05]), 0.01)
    assert across == pytest.approx([1, 0, 0, 0, 1])


def test_a_piece_beyond_a_chord_lies_over_what_it_was_moved_onto():
    sheet = sheet_of(tears=((0.0, 180.0, 6.0, 0.5, np.pi, 0.0),))
    lies, visible = sheet.lies(np.array([6.1 + 4j, 5.7 + 4j, 5.4 + 4j]))
    np.testing.assert_allclose(lies, [5.6 + 4j, 5.7 + 4j, 5.4 + 4j])
    assert visible.tolist() == [True, False, True]
    assert sheet.flat(np.array([5.6 + 4j])) == pytest.approx(np.array([6.1 + 4j]))


def test_where_a_sector_is_missing_the_light_box_is_seen_and_nothing_is_known():
    whole, part = (
        simulate(SILENCE, RATE_HZ, DISC.replace(missing=rows))
        for rows in ((), ((np.pi / 2, 90.0),))
    )
    y, x = np.indices(whole.image.shape) - 179.5
    away = np.abs(np.angle(np.exp(1j * (np.arctan2(-y, x) - np.pi / 2))))
    inside = (away < np.pi / 4 - 0.1) & (np.hypot(x, y) > 10) & (np.hypot(x, y) < 160)
    beside = (away > np.pi / 4 + 0.1) & (np.hypot(x, y) > 40)
    np.testing.assert_allclose(part.image[beside], whole.image[beside], atol=1)
    assert part.image[inside].min() > 0.8 * 65535 * DISC.light
    turn = np.mod(part.bound.time_s / DISC.seconds_per_turn, 1.0)
    unknown = part.bound.density_mm2_per_hz == 1.0
    assert np.array_equal(unknown, np.abs(turn - 0.25) < 0.125)


def test_a_groove_goes_on_in_the_piece_where_it_lies():
    settings = DISC.replace(**KINDS["torn"])
    disc = simulate(SILENCE, RATE_HZ, settings)
    view = make_view(settings, np.random.default_rng(0))
    turns = np.linspace(0.5, disc.turns - 0.5, 500)
    radius, angle = 16.0 - 0.7 * turns, 2 * np.pi * turns
    lies, _, visible = view.lying(radius, angle)
    x, y = np.rint(view.to_image(radius, angle)).astype(int)
    off_x, off_y = np.rint(view.to_image(radius + 0.35, angle)).astype(int)
    darker = disc.image[y, x] < 0.85 * disc.image[off_y, off_x]
    assert np.mean(darker[visible]) > 0.97
    assert np.mean(visible) > 0.9
    # drawn as if nothing were torn, the groove would be missed in the pieces
    moved = np.abs(lies - radius) > 0.3
    flat_x = np.rint(179.5 + radius * np.cos(angle) / 0.1).astype(int)
    flat_y = np.rint(179.5 - radius * np.sin(angle) / 0.1).astype(int)
    there = disc.image[flat_y, flat_x] < 0.85 * disc.image[off_y, off_x]
    assert np.mean(there[moved & visible]) < 0.3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"creases": ((1.0, 0.0, -0.1, 0.0),)}, "creases has -0.1 as its shorter"),
        ({"tears": ((0.0, 57.0, 0.0, 0.2),)}, "tears has the row .* rows of 6 numbers"),
        ({"missing": "90"}, "missing is '90'"),
        ({"buckles": -1}, "buckles is -1"),
    ],
)
def test_wrong_sheets_are_refused(change, message):
    with pytest.raises(SettingsError, match=message):
        DISC.replace(**change)
