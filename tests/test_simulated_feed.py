"""Feeds, bands and cuts of simulated discs are what was asked for, and their truth says so."""

import json

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from groovescan.errors import SettingsError
from groovescan.simulate import (
    SimulateSettings,
    make_sound,
    simulate,
    truth_places,
    write_simulation,
)
from groovescan.simulate.model.lathe_cut import cut, cut_all

RATE_HZ = 8000.0
DISC = SimulateSettings(
    width_px=400,
    height_px=400,
    mm_per_px=0.1,
    pitch_mm=0.7,
    width_mm=0.3,
    start_radius_mm=18.0,
    film_radius_mm=19.0,
    film_wobble=0.0,
    hole_radius_mm=0.5,
    clouds=0.0,
    bones=0,
    lead_in_turns=1.0,
    run_out_turns=1.0,
    noise=0.0,
    bit_depth=16,
    supersampling=2,
)
SILENCE = np.zeros(int(6 * DISC.seconds_per_turn * RATE_HZ))  # eight turns with their ends


def rng():
    return np.random.default_rng(4)


def pitch_at(groove, turns):
    """Feed in mm per turn about positions, from the radius that the truth has."""
    step = 0.01
    radius = groove.smooth_radius_at(np.asarray(turns)[:, None] + np.array([-step, step]))
    return np.abs(np.diff(radius)[:, 0]) / (2 * step)


def light_at(disc, groove, turns, offset_mm=0.0):
    """Light where the truth of a groove has it, with y up and angles counter-clockwise."""
    s = disc.settings
    at = np.interp(turns, np.linspace(0, groove.turns, len(groove.radius_mm)), groove.radius_mm)
    angle = groove.start_rad + 2 * np.pi * turns
    x = s.centre_px[0] + (at + offset_mm) * np.cos(angle) / s.mm_per_px
    y = s.centre_px[1] - (at + offset_mm) * np.sin(angle) / s.mm_per_px
    return map_coordinates(disc.image / 65535.0, [y, x], order=1)


def is_groove(disc, groove, turns):
    """Whether the light is less on the groove than on the land a quarter pitch to its sides."""
    quarter = 0.35 * disc.settings.pitch_mm
    on, inside, outside = (light_at(disc, groove, turns, d) for d in (0.0, -quarter, quarter))
    return on < 0.9 * np.minimum(inside, outside)


@pytest.mark.parametrize("start", ["outer", "inner"])
def test_a_table_is_the_pitch_by_turn(start):
    table = ((0, 0.4), (2, 0.4), (2, 0.8), (4, 0.8), (6, 0.5))
    radius = 18.0 if start == "outer" else 6.0
    settings = DISC.replace(feed_table=table, start=start, start_radius_mm=radius)
    groove = cut(SILENCE, RATE_HZ, settings, rng())
    found = pitch_at(groove, [1.0, 1.9, 2.1, 3.0, 5.0, 7.0])
    assert found == pytest.approx([0.4, 0.4, 0.8, 0.8, 0.65, 0.5], abs=2e-3)
    fed = abs(groove.smooth_mm[-1] - groove.smooth_mm[0])
    assert fed == pytest.approx(0.8 + 1.6 + 1.3 + 0.5 * (groove.turns - 6), abs=2e-3)


def test_a_feed_wanders_as_far_as_was_asked():
    groove = cut(SILENCE, RATE_HZ, DISC.replace(feed_wander_percent=30.0), rng())
    off = pitch_at(groove, np.linspace(0.02, groove.turns - 0.02, 500)) / 0.7 - 1
    assert np.abs(off).max() == pytest.approx(0.3, abs=0.01)
    assert off.max() > 0.05 > -0.05 > off.min()


def test_the_pitch_is_wider_where_it_is_loud():
    time_s = np.arange(len(SILENCE)) / RATE_HZ
    loud = np.sin(2 * np.pi * 200 * time_s) * (time_s > time_s[-1] / 2)
    groove = cut(loud, RATE_HZ, DISC.replace(feed_loud_percent=50.0), rng())
    assert pitch_at(groove, [2.0, 5.5]) == pytest.approx([0.7, 1.05], rel=0.01)


def test_ends_of_wide_pitch_are_those_without_sound():
    settings = DISC.replace(lead_in_pitch_mm=1.5, run_out_pitch_mm=1.2)
    groove = cut(SILENCE, RATE_HZ, settings, rng())
    found = pitch_at(groove, [0.3, 0.7, 1.05, 6.9, 7.4, 7.9])
    assert found == pytest.approx([1.5, 1.5, 0.7, 0.7, 1.2, 1.2], rel=0.01)


@pytest.mark.parametrize("crossing", [0.2, 1.0, 3.0])
def test_a_gap_is_so_wide_silent_and_the_sound_goes_on_after_it(crossing):
    sound = np.random.default_rng(1).standard_normal(len(SILENCE))
    settings = DISC.replace(gaps=((4.0, 5.0, crossing),), recording_curve="3000N-0")
    groove, plain = (cut(sound, RATE_HZ, s, rng()) for s in (settings, DISC))
    assert groove.turns == pytest.approx(plain.turns + crossing, abs=1e-3)
    assert groove.bands_turns == ((0.0, 4.0), (4.0 + crossing, groove.turns))
    ends = groove.smooth_radius_at(np.array([4.0, 4.0 + crossing]))
    assert -np.diff(ends)[0] == pytest.approx((5.0 + crossing) * 0.7, abs=2e-3)
    assert pitch_at(groove, [2.0, 4.5 + crossing]) == pytest.approx([0.7, 0.7])
    per_turn = settings.seconds_per_turn * RATE_HZ
    first, last = round(4.0 * per_turn), round((4.0 + crossing) * per_turn)
    within = groove.displacement_mm[first + 400 : last - 400]
    assert np.abs(within).max(initial=0.0) < 0.01 * np.abs(groove.displacement_mm).max()
    assert len(groove.audio) == len(sound) + round(crossing * per_turn)
    np.testing.assert_array_equal(groove.audio[-1000:-100], sound[-1000:-100])


def test_a_groove_is_drawn_across_its_gap():
    settings = DISC.replace(gaps=((2.0, 6.0, 0.3), (4.0, 2.0, 2.0)), start_angle_rad=1.0)
    disc = simulate(SILENCE[: len(SILENCE) // 2], RATE_HZ, settings)
    (groove,) = disc.cuts
    assert np.all(is_groove(disc, groove, np.linspace(0.02, groove.turns - 0.02, 400)))


def test_cuts_lie_apart_and_share_the_sound():
    settings = DISC.replace(cuts=2, cut_gap_mm=2.0)
    sound = make_sound(3.0, RATE_HZ, rng())
    disc = simulate(sound, RATE_HZ, settings)
    first, second = disc.cuts
    assert first.radius_mm[-1] - second.radius_mm[0] == pytest.approx(2.0)
    assert len(first.audio) + len(second.audio) == len(sound)
    assert first.start_rad != second.start_rad
    for groove in disc.cuts:
        assert np.all(is_groove(disc, groove, np.linspace(0.05, groove.turns - 0.05, 200)))
    # no line leads from the one to the other
    angle = np.linspace(0, 2 * np.pi, 400)
    between = first.radius_mm[-1] - 1.0
    x = settings.centre_px[0] + between * np.cos(angle) / settings.mm_per_px
    y = settings.centre_px[1] - between * np.sin(angle) / settings.mm_per_px
    light = map_coordinates(disc.image / 65535.0, [y, x], order=1)
    assert np.ptp(light) < 0.1 * np.median(light)


@pytest.mark.parametrize("mirrored", [False, True])
def test_interleaved_grooves_lie_midway_between_each_other(mirrored):
    settings = DISC.replace(cuts=2, cuts_lie="interleaved", mirrored=mirrored)
    one, other = cut_all(SILENCE, RATE_HZ, settings, rng())
    sense = -1 if mirrored else 1
    azimuth = 2.0
    radii = []
    for groove in (one, other):
        part = np.mod(sense * (azimuth - groove.start_rad) / (2 * np.pi), 1.0)
        radii.append(groove.smooth_radius_at(part + np.arange(4)))
    apart = np.diff(np.sort(np.concatenate(radii)))
    assert apart == pytest.approx(np.full(7, 0.7), abs=1e-9)


def test_each_cut_has_its_truth_in_its_own_files(tmp_path):
    small = DISC.replace(width_px=140, height_px=140, start_radius_mm=6.4, film_radius_mm=6.6)
    settings = small.replace(cuts=3, cut_gap_mm=0.3, pitch_mm=0.31, width_mm=0.1, lead_in_turns=0.5)
    settings = settings.replace(run_out_turns=0.5, gaps=((1.0, 1.0, 0.5),))
    sound = make_sound(2.0, RATE_HZ, rng())
    disc = simulate(sound, RATE_HZ, settings)
    written = write_simulation(disc, tmp_path / "диск.png")
    assert len(written) == 7
    for number, (place, groove) in enumerate(
        zip(truth_places(tmp_path / "диск.png", 3), disc.cuts, strict=True), 1
    ):
        assert place.name == f"диск-{number}.truth.json"
        facts = json.loads(place.read_text(encoding="utf-8"))
        assert (facts["cut"], facts["cuts"], facts["photograph"]) == (number, 3, "диск.png")
        assert facts["bands_turns"] == [list(band) for band in groove.bands_turns]
        assert facts["settings"]["gaps"] == [[1.0, 1.0, 0.5]]
        with np.load(place.with_suffix(".npz")) as held:
            assert held["displacement_mm"] == pytest.approx(groove.displacement_mm, abs=1e-6)
            assert held["radius_mm"] == pytest.approx(groove.radius_mm, rel=1e-6)


def test_more_dust_changes_no_feed_and_a_wandering_feed_no_dust():
    still = DISC.replace(feed_wander_percent=20.0, wow_percent=0.3)
    one = cut_all(SILENCE, RATE_HZ, still, rng())[0]
    two = cut_all(SILENCE, RATE_HZ, still.replace(feed_wander_percent=0.0), rng())[0]
    np.testing.assert_array_equal(one.displacement_mm, two.displacement_mm)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gaps": ((3, 2),)}, r"gaps has the row \(3, 2\); it must be rows of 3 numbers: turn"),
        ({"gaps": 3}, "gaps is 3; it must be rows of 3 numbers"),
        ({"gaps": ((3, 2, 0.0),)}, "gaps has 0.0 as its turns; it must lie between 0.02 and"),
        ({"feed_table": ((0, float("nan")),)}, "feed_table has nan as its pitch"),
        ({"feed_table": ((True, 1.0),)}, "feed_table has the row"),
        ({"cuts": 0}, "cuts is 0; it must lie between 1 and 8"),
        ({"cuts": 2, "cuts_lie": "interleaved", "ending": "locked"}, "end open"),
    ],
)
def test_wrong_tables_are_refused_by_name(change, message):
    with pytest.raises(SettingsError, match=message):
        DISC.replace(**change)


def test_a_row_may_stand_alone_and_lists_become_tuples():
    assert DISC.replace(gaps=[3, 2, 1]).gaps == ((3.0, 2.0, 1.0),)
    assert DISC.replace(gaps=[[3, 2, 1]]).gaps == ((3.0, 2.0, 1.0),)
    assert hash(DISC.replace(gaps=[[3, 2, 1]])) == hash(DISC.replace(gaps=((3, 2, 1),)))


def test_a_sound_too_short_to_share_is_refused():
    with pytest.raises(SettingsError, match="3 cuts take at least"):
        simulate(np.ones(800), RATE_HZ, DISC.replace(cuts=3))
