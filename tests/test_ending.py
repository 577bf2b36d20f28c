"""Where the groove locks the decode ends, and a groove that does not lock is not said to."""

import dataclasses
import json

import numpy as np
import pytest
from conftest import CONDITIONS, SMALL, SOUND_HZ, as_photo

from groovescan.camera.fit import check_camera
from groovescan.config.settings import Settings
from groovescan.core.geometry.camera_model import angle_at, project, radius_at
from groovescan.core.results import Camera, GrooveMap
from groovescan.locate.consensus import locate
from groovescan.locate.continuity import jumps
from groovescan.locate.first_map import map_groove
from groovescan.pipeline import Stages
from groovescan.pipeline import inspect_photograph as inspection
from groovescan.pipeline.tracing import trace_grooves
from groovescan.simulate import PRESETS, make_sound, simulate
from groovescan.wording import facts as words

#: How well it is known where the groove runs into its own path, in turns; and where a lead-out
#: does, whose feed stops within a quarter of a turn.
NEAR_TURNS, LED_TURNS = 0.25, 0.15
# Whether a ring or the groove itself lies beyond a missing sector is so close a call that it fell
# otherwise with fewer points per px.
SHORT = SMALL.replace(run_out_turns=1.0, supersampling=3)
LOCKED = SHORT.replace(ending="locked")
TILTED = {
    "tilt_x": 0.06,
    "tilt_y": -0.04,
    "x_scale_error": 0.006,
    "shear": 0.003,
    "lens": 0.01,
    "mirrored": True,
    "start_angle_rad": 0.9,
}
LOCKS = {
    "inside out": LOCKED.replace(start="inner", start_radius_mm=28.0, film_radius_mm=35.0),
    "off centre, sounding": LOCKED.replace(
        centre_x_offset_px=-37.0, centre_y_offset_px=25.0, lock_sound_mm=0.02
    ),
    "tilted": LOCKED.replace(**TILTED),
    "curled": LOCKED.replace(curl_mm=0.3, feed_wander_mm=0.02),
    "fine": LOCKED.replace(mm_per_px=0.0875, width_px=820, height_px=820),
    "flip": LOCKED.replace(flip=True, contrast=0.34),
    "wide": LOCKED.replace(width_mm=0.75 * 0.28),
}
NOT = {
    "far ring": SHORT.replace(ending="ring", ring_gap_mm=3.0),
    "lamp and ring": SHORT.replace(ending="ring", lamp_falloff=0.9),
    "lead-out": SHORT.replace(lead_out_turns=1.5),
    "curled": SHORT.replace(curl_mm=0.3, feed_wander_mm=0.02),
    "fine": SHORT.replace(mm_per_px=0.0875, width_px=820, height_px=820),
    "noisy": SHORT.replace(noise=0.02),
    "no run-out": SHORT.replace(run_out_turns=0.0),
}


def drawn(settings, seconds=4.0):
    return simulate(make_sound(seconds, SOUND_HZ, np.random.default_rng(5)), SOUND_HZ, settings)


def traced_groove_of(image, settings):
    photo, chosen = as_photo(image), Settings().disc.replace(start=settings.start)
    first = map_groove(photo, locate(photo, chosen), chosen)
    return trace_grooves(photo, first, harmonics=12)[0]


def ends(groove_map, settings):
    """Positions of the map's end, in turns from the true start."""
    sense = -1 if settings.mirrored else 1
    begin = sense * (groove_map.start_rad - settings.start_angle_rad) / (2 * np.pi)
    return groove_map.turns + (begin + 0.5) % 1 - 0.5


@pytest.mark.parametrize("name", list(LOCKS))
def test_the_turn_after_which_the_groove_locks_is_found(name):
    disc = drawn(LOCKS[name])
    found = traced_groove_of(disc.image, LOCKS[name]).groove_map
    assert found.locked
    assert found.lock_turns == found.turns
    turns, radius_mm = disc.lock
    # at 3.2 px from turn to turn it is seen to lock where two turns have almost become one
    near = 0.45 if name == "fine" else NEAR_TURNS
    assert ends(found, LOCKS[name]) == pytest.approx(turns, abs=near)
    # the last turn is the circle
    s = found.turns - np.linspace(0.2, 0.8, 50)
    x, y = project(found.camera, radius_at(found, s), angle_at(found, s))
    if not LOCKS[name].tilt_x and not LOCKS[name].curl_mm:
        centre = LOCKS[name].centre_px
        radius = np.hypot(x - centre[0], y - centre[1]) * LOCKS[name].mm_per_px
        np.testing.assert_allclose(radius, radius_mm, atol=0.25 * LOCKS[name].pitch_mm)


@pytest.mark.parametrize("name", list(NOT))
def test_what_does_not_lock_is_not_said_to(name):
    disc = drawn(NOT[name])
    found = traced_groove_of(disc.image, NOT[name]).groove_map
    assert found.lock_turns is None
    if name != "lead-out":
        assert ends(found, NOT[name]) == pytest.approx(disc.turns, abs=0.2)


@pytest.mark.parametrize("name", list(CONDITIONS))
def test_the_usual_discs_do_not_lock(decoded, name):
    found = decoded(name)
    assert found.groove_map.lock_turns is None
    assert "end" not in words.decode_facts(found)


@pytest.mark.parametrize("ending", ["locked", "ring", "open"])
def test_a_sector_that_is_missing_at_the_lock_does_not_hide_it(ending):
    settings = SHORT.replace(ending=ending)
    disc = drawn(settings)
    image = disc.image.copy()
    y, x = np.indices(image.shape)
    turn = np.arctan2(settings.centre_px[1] - y, x - settings.centre_px[0]) / (2 * np.pi)
    image[np.abs((turn - disc.turns + 0.02 + 0.5) % 1 - 0.5) < 0.05] = 120
    found = traced_groove_of(image, settings).groove_map
    assert found.locked == (ending == "locked")
    assert ends(found, settings) == pytest.approx(disc.turns, abs=NEAR_TURNS)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"lead_out_pitch_mm": 3.0, **TILTED},
        {"lead_out_turns": 1.3, "noise": 0.015},
        {"start": "inner", "start_radius_mm": 24.0, "film_radius_mm": 36.0},
    ],
    ids=["plain", "tilted", "noisy", "inside out"],
)
def test_a_lead_out_is_followed_to_where_it_locks(changes):
    settings = LOCKED.replace(**{"lead_out_turns": 2.0} | changes)
    disc = drawn(settings)
    found = traced_groove_of(disc.image, settings).groove_map
    assert found.locked
    assert ends(found, settings) == pytest.approx(disc.lock[0], abs=LED_TURNS)


@pytest.fixture(scope="module")
def locked():
    return drawn(LOCKED, 6.0)


@pytest.fixture(scope="module")
def played(locked):
    return Stages(locked.image, Settings()).decoded


def test_the_sound_holds_the_programme_once(locked, played, scoring):
    truth = scoring.Truth(
        displacement_mm=locked.displacement_mm,
        rate_hz=SOUND_HZ,
        sound_s=(1.5 * 60 / 78, 1.5 * 60 / 78 + 6.0),
        centre_px=LOCKED.centre_px,
        start="outer",
        seconds_per_turn=60 / 78,
        bound_time_s=locked.bound.time_s,
        bound_density_mm2_per_hz=locked.bound.density_mm2_per_hz,
        bound_radius_mm=locked.bound.radius_mm,
        bound_mtf_mm=locked.bound.mtf_mm,
    )
    result = scoring.score(played.waveform.samples, played.waveform.rate_hz, truth)
    assert result.lost == 0
    assert result.gap_db < -0.5
    assert result.wow_percent < 0.05
    assert played.waveform.duration_s == pytest.approx(
        locked.lock[0] * 60 / 78, abs=NEAR_TURNS * 60 / 78
    )


def test_where_two_turns_are_one_nothing_is_heard(played):
    """Of half a groove a thump would be left: it is counted missing instead."""
    samples, turns = played.waveform.samples, played.groove_map.turns
    place = np.arange(len(samples)) / len(samples) * turns
    programme = samples[(place > 2) & (place < turns - 3)].std()
    assert samples[place > turns - 1.5].std() < 0.3 * programme
    error, per_turn = played.reading.standard_error_px, played.reading.samples_per_turn
    assert np.isinf(error[-per_turn // 8 :]).mean() > 0.9
    assert np.isfinite(error[-per_turn + per_turn // 8 : -per_turn // 2]).mean() > 0.9


def test_a_circle_is_neither_a_slip_nor_an_error_of_the_camera(played):
    assert len(played.jumps) == 0
    x, y = played.groove_map.camera.centre_px - np.array(LOCKED.centre_px)
    assert np.hypot(x, y) < 0.1
    assert played.camera_check.wow_percent < 0.05


def test_the_summary_the_inspection_and_the_sidecar_say_it(locked, played):
    turns = played.groove_map.turns
    said = f"the groove locks after turn {turns:.1f}: its last turn is a circle"
    assert words.decode_facts(played)["end"] == said
    looked_at = inspection.inspect(locked.image)
    assert words.inspection_facts(looked_at)["end"].startswith("the groove locks after turn")
    assert words.inspection_numbers(looked_at)["groove"]["lock_turns"] == pytest.approx(
        turns, abs=0.1
    )
    json.dumps(words.inspection_numbers(looked_at))


def test_a_lead_out_that_is_not_read_is_told(played):
    led = dataclasses.replace(played.groove_map, lock_turns=played.groove_map.turns + 3.1)
    assert not led.locked
    assert led.spiral_turns == led.turns
    told = words.lock_facts(led)["end"]
    assert (
        f"after turn {led.turns + 3.1:.1f}; the lead-out to it, from turn {led.turns:.1f}" in told
    )


def with_circle(lock):
    """A spiral of twelve turns whose last one is a circle."""
    s = np.arange(14 * 64 + 1) / 64 - 1
    camera = Camera(
        centre_px=np.array([600.0, 610.0]), middle_px=np.array([599.5, 599.5]), scale_px=600.0
    )
    return GrooveMap(
        camera=camera,
        pitch_px=5.0,
        direction=1,
        start_rad=0.3,
        nodes_per_turn=64,
        radius_px=500 - 5.0 * np.minimum(s, 11.0) - 5.0 * (s > 12),
        lock_turns=lock,
    )


def test_a_circle_is_no_part_of_the_spiral_by_which_the_camera_is_judged():
    # judged with the spiral as one even feed, it would be some tenths of a px
    assert check_camera(with_circle(12.0)).harmonics_px[0] < 1e-6


def test_a_circle_is_no_slip():
    assert len(jumps(with_circle(12.0))) == 0


def test_a_worn_disc_keeps_all_of_its_turns():
    # where the fringe is strong and noisy, it winds by half a turn more or less
    settings = PRESETS["worn"].replace(seed=1, supersampling=2)
    sound = make_sound(6.0, SOUND_HZ, np.random.default_rng(1001), "speech")
    disc = simulate(sound, SOUND_HZ, settings)
    found = traced_groove_of(disc.image, settings).groove_map
    assert found.lock_turns is None
    assert found.turns == pytest.approx(disc.turns, abs=0.3)
