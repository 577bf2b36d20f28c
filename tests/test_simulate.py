"""The forward model draws what its truth says."""

import ast
import json
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from conftest import SOUND_HZ
from scipy.ndimage import map_coordinates

import groovescan.simulate as package
from groovescan.errors import OutputExistsError, SettingsError
from groovescan.simulate import (
    PRESETS,
    SimulateSettings,
    cramer_rao,
    likeness,
    make_sound,
    simulate,
    write_simulation,
)
from groovescan.simulate.model.lathe_cut import curve_response, cut
from groovescan.simulate.model.sensor import make_view

RATE_HZ = 22050.0

# A little disc on an even film, without noise; each test changes what it is about.
BARE = SimulateSettings(
    width_px=576,
    height_px=576,
    start_radius_mm=14.5,
    film_radius_mm=15.3,
    film_wobble=0.0,
    hole_radius_mm=0.5,
    hole_offset_mm=0.0,
    clouds=0.0,
    bones=0,
    background="cloth",
    centre_x_offset_px=0.0,
    centre_y_offset_px=0.0,
    lead_in_turns=1.0,
    run_out_turns=1.0,
    amplitude_mm=0.02,
    noise=0.0,
    bit_depth=16,
    supersampling=3,
)
SILENCE = np.zeros(int(2 * BARE.seconds_per_turn * RATE_HZ))


def speech(seconds=1.2, seed=3):
    return make_sound(seconds, RATE_HZ, np.random.default_rng(seed))


def tone(hz, turns=2.0):
    time_s = np.arange(int(turns * BARE.seconds_per_turn * RATE_HZ)) / RATE_HZ
    return np.sin(2 * np.pi * hz * time_s)


def places(disc, turns, offset_mm=0.0):
    """Where the truth says that the groove runs, in px, without the model's own functions."""
    s = disc.settings
    way = -1.0 if s.start == "outer" else 1.0
    index = turns * s.seconds_per_turn * disc.rate_hz
    moved = np.interp(index, np.arange(len(disc.displacement_mm)), disc.displacement_mm)
    radius = s.start_radius_mm + way * s.pitch_mm * turns + moved + offset_mm
    angle = 2 * np.pi * turns * (-1.0 if s.mirrored else 1.0) + s.start_angle_rad
    x = s.centre_px[0] + radius * np.cos(angle) / s.mm_per_px
    y = s.centre_px[1] - radius * np.sin(angle) / s.mm_per_px
    return x, y


def centroid_mm(disc, turns):
    """Distance of the groove's centroid from where the truth has it."""
    offset = np.linspace(-0.135, 0.135, 55)
    x, y = places(disc, turns[:, None], offset)
    light = map_coordinates(disc.image.astype(float), [y, x], order=5, mode="nearest")
    depth = light.max(axis=1, keepdims=True) - light
    return (depth * offset).sum(1) / depth.sum(1)


@pytest.mark.parametrize("start", ["outer", "inner"])
@pytest.mark.parametrize("mirrored", [False, True])
def test_the_groove_runs_where_the_truth_says(start, mirrored):
    radius = 14.5 if start == "outer" else 12.0
    settings = BARE.replace(
        start=start, mirrored=mirrored, start_radius_mm=radius, start_angle_rad=0.4
    )
    disc = simulate(tone(90.0), RATE_HZ, settings)
    # not the outermost turns, which have a neighbour on one side only
    turns = np.linspace(1.05, disc.turns - 1.05, 400)
    miss_px = centroid_mm(disc, turns) / settings.mm_per_px
    assert np.abs(miss_px).max() < 0.05


def test_mirrored_is_the_mirror_image():
    plain = simulate(speech(), RATE_HZ, BARE)
    mirrored = simulate(speech(), RATE_HZ, BARE.replace(mirrored=True, hole_radius_mm=0.0))
    upright = simulate(speech(), RATE_HZ, BARE.replace(hole_radius_mm=0.0))
    off = np.abs(mirrored.image[::-1].astype(int) - upright.image.astype(int))
    assert off.max() <= 1
    assert np.abs(mirrored.image.astype(int) - plain.image.astype(int)).max() > 2000


def test_the_blur_acts_along_the_groove_too():
    settings = BARE.replace(amplitude_mm=0.01, recording_curve="20000N-0")
    found = {}
    for hz in (50.0, 330.0):
        disc = simulate(tone(hz), RATE_HZ, settings)
        turns = np.linspace(1.3, 2.7, 3000)
        index = turns * settings.seconds_per_turn * RATE_HZ
        true = np.interp(index, np.arange(len(disc.displacement_mm)), disc.displacement_mm)
        seen = true + centroid_mm(disc, turns)
        speed = 2 * np.pi * (14.5 - 0.28 * 2.0) / settings.seconds_per_turn
        expected = np.exp(-0.5 * (2 * np.pi * hz * disc.bound.mtf_mm / speed) ** 2)
        found[hz] = (seen @ true) / (true @ true) / expected
    assert found[330.0] / found[50.0] == pytest.approx(1.0, abs=0.06)


def test_the_blur_acts_across_the_groove():
    sharp = simulate(SILENCE, RATE_HZ, BARE.replace(blur_px=0.3))
    soft = simulate(SILENCE, RATE_HZ, BARE.replace(blur_px=1.1))
    row = slice(270, 306), slice(500, 536)
    assert np.ptp(soft.image[row]) < 0.7 * np.ptp(sharp.image[row])


def test_a_perfect_reader_reaches_the_bound():
    noise, step_mm = 0.02, 0.002
    settings = BARE.replace(run_out_turns=3.0)
    light = simulate(SILENCE, RATE_HZ, settings).image / 65535.0
    inner, outer = (
        simulate(SILENCE, RATE_HZ, settings.replace(start_radius_mm=14.5 + move)).image / 65535.0
        for move in (-step_mm, step_mm)
    )
    slope = (outer - inner) / (2 * step_mm)
    noisy = simulate(SILENCE, RATE_HZ, settings.replace(noise=noise))
    stretch = stretches(settings, slope.shape)
    bound = noisy.bound
    wanted = 2 * settings.seconds_per_turn / 64 / bound.density_mm2_per_hz.astype(float)
    count = len(wanted)
    seen = (stretch >= 0) & (stretch < count)
    error = noisy.image[seen] / 65535.0 - light[seen]
    steepness = np.bincount(stretch[seen], slope[seen] ** 2, count)
    estimate = np.bincount(stretch[seen], slope[seen] * error, count) / steepness
    assert np.median(steepness / noise**2 / wanted) == pytest.approx(1.0, abs=0.05)
    assert np.mean(estimate**2 * wanted) == pytest.approx(1.0, abs=0.15)


def stretches(settings, shape):
    """Number of the stretch of groove that each pixel belongs to, 64 to a turn."""
    y, x = np.indices(shape)
    x, y = x - settings.centre_px[0], settings.centre_px[1] - y
    part = np.mod(np.arctan2(y, x) / (2 * np.pi), 1.0)
    radius = np.hypot(x, y) * settings.mm_per_px
    turn = np.rint((settings.start_radius_mm - radius) / settings.pitch_mm - part)
    return np.where(turn >= 0, np.floor((turn + part) * 64), -1).astype(int)


def test_the_same_seed_draws_the_same_photograph():
    settings = BARE.replace(noise=0.01, bones=3, dust=9, scratches=2, wow_percent=0.2, curl_mm=0.1)
    first, again, other = (
        simulate(speech(), RATE_HZ, settings.replace(seed=seed)) for seed in (5, 5, 6)
    )
    assert np.array_equal(first.image, again.image)
    assert np.array_equal(first.displacement_mm, again.displacement_mm)
    assert not np.array_equal(first.image, other.image)
    given = simulate(speech(), RATE_HZ, settings, np.random.default_rng(5))
    assert np.array_equal(first.image, given.image)


def test_inputs_are_left_as_they_are():
    sound = speech()
    before = sound.copy()
    simulate(sound, RATE_HZ, BARE)
    assert np.array_equal(sound, before)


def test_places_and_pixels_are_each_others_inverse():
    settings = BARE.replace(
        tilt_x=0.03, tilt_y=-0.02, lens=0.02, shear=0.01, x_scale_error=-0.01, curl_mm=0.3
    ).replace(centre_x_offset_px=40.0, centre_y_offset_px=-30.0)
    view = make_view(settings, np.random.default_rng(1))
    radius, angle = np.linspace(0.5, 15.0, 200), np.linspace(-3.0, 3.0, 200)
    back_radius, back_angle = view.to_disc(*view.to_image(radius, angle))
    assert np.abs(back_radius - radius).max() < 1e-9
    assert np.abs(back_angle - angle).max() < 1e-9
    x, y = view.to_image(np.array([1e-9]), np.array([0.0]))
    assert (x[0], y[0]) == pytest.approx(settings.centre_px, abs=1e-5)


def test_wow_moves_the_sound_along_the_groove():
    sound = tone(200.0, turns=6.0)
    settings = BARE.replace(wow_once_percent=1.0, start_radius_mm=13.0)
    disc = simulate(sound, RATE_HZ, settings)
    steady = simulate(sound, RATE_HZ, settings.replace(wow_once_percent=0.0))
    crossings = [
        np.flatnonzero(np.diff(np.signbit(one.displacement_mm[25000:80000])))
        for one in (disc, steady)
    ]
    assert np.diff(crossings[1]).std() < 1.0
    # 1 % of half a period of 55 samples
    assert np.ptp(np.diff(crossings[0])) >= 1
    assert np.ptp(crossings[0][:400] - crossings[1][:400]) > 15


def test_the_recording_curve_turns_over():
    response = np.abs(curve_response("500R-13.7", np.array([5.0, 500.0, 2122.0, 20000.0])))
    velocity = response * np.array([5.0, 500.0, 2122.0, 20000.0])
    assert velocity[0] == pytest.approx(velocity[1] / 10 / np.sqrt(0.5), rel=0.04)
    assert 20 * np.log10(velocity[2] / velocity[1]) == pytest.approx(3.0 + 2.5, abs=0.3)
    loud = np.abs(curve_response("250N-0", np.array([25.0, 50.0, 2500.0, 5000.0])))
    assert loud[0] == pytest.approx(loud[1], rel=0.02)
    assert loud[2] == pytest.approx(2 * loud[3], rel=0.02)


def test_what_is_not_seen_carries_no_information():
    disc = simulate(SILENCE, RATE_HZ, BARE.replace(centre_x_offset_px=120.0))
    density = disc.bound.density_mm2_per_hz
    right = density[:2]
    left = density[32:34]
    assert np.all(right == 1.0)
    assert np.all(left < 1e-6)


def test_a_flipping_groove_changes_its_sign():
    settings = BARE.replace(flip=True)
    light = {}
    for transmission in (0.3, 0.8):
        disc = simulate(SILENCE, RATE_HZ, settings.replace(film_transmission=transmission))
        x, y = places(disc, np.array([0.5, 1.5]))
        land_x, land_y = places(disc, np.array([0.5, 1.5]), 0.14)
        groove, land = (
            map_coordinates(disc.image.astype(float), place, order=1).mean()
            for place in ([y, x], [land_y, land_x])
        )
        light[transmission] = groove / land
    assert light[0.3] > 1.1
    assert light[0.8] < 0.9


LOCKED = BARE.replace(ending="locked")


def light_at(disc, radius_mm, turns):
    """Light at places on the disc, 0 to 1."""
    s, angle = disc.settings, 2 * np.pi * np.asarray(turns)
    x = s.centre_px[0] + radius_mm * np.cos(angle) / s.mm_per_px
    y = s.centre_px[1] - radius_mm * np.sin(angle) / s.mm_per_px
    return map_coordinates(disc.image / 65535.0, [np.atleast_1d(y), np.atleast_1d(x)], order=1)


@pytest.mark.parametrize("start", ["outer", "inner"])
@pytest.mark.parametrize("lead_out", [0.0, 1.5])
def test_a_locked_groove_runs_into_its_own_path(start, lead_out):
    settings = LOCKED.replace(
        start=start,
        start_radius_mm=14.5 if start == "outer" else 10.0,
        lead_out_turns=lead_out,
        lead_out_pitch_mm=0.8,
    )
    groove = cut(SILENCE, RATE_HZ, settings, np.random.default_rng(0))
    way = -1.0 if start == "outer" else 1.0
    assert groove.lock_turns == groove.turns == pytest.approx(5.0 + lead_out, abs=0.01)
    # the last turn is a circle, come to without a bend, and before it nothing has changed
    last = groove.radius_at(groove.turns - np.linspace(0.01, 1.0, 60))
    np.testing.assert_allclose(last, groove.smooth_mm[-1], atol=1e-5)
    near = groove.smooth_radius_at(groove.turns - 1 - np.array([0.05, 0.025, 0.0]))
    assert np.abs(np.diff(near)).max() < 0.05 * max(settings.pitch_mm, 0.8 * (lead_out > 0))
    s = np.linspace(0.0, groove.turns - 1.3 - lead_out, 50)
    np.testing.assert_allclose(
        groove.smooth_radius_at(s), settings.start_radius_mm + way * 0.28 * s, atol=1e-9
    )
    pitch = 0.8 if lead_out else 0.28
    before = groove.smooth_radius_at(groove.turns - 1 - np.array([1.2, 0.2 + 0.1]))
    assert abs(np.diff(before)[0]) == pytest.approx(0.9 * pitch, rel=0.01)


def test_of_turns_that_run_into_one_another_no_light_is_lost_twice():
    disc = simulate(SILENCE, RATE_HZ, LOCKED)
    turns, radius_mm = disc.lock
    # a tenth of a turn before it meets the circle, the groove covers it
    joined = light_at(disc, radius_mm, turns - 0.1)
    alone = light_at(disc, radius_mm, turns - 0.5)
    land = light_at(disc, radius_mm - 0.5, turns - 0.5)
    np.testing.assert_allclose(joined, alone, atol=0.06 * land[0])
    assert alone[0] < 0.8 * land[0]
    # inside the circle there is land all round
    inside = light_at(disc, radius_mm - 0.28, np.linspace(0, 1, 50))
    np.testing.assert_allclose(inside, land[0], atol=0.02 * land[0])


def test_a_locked_tone_closes_and_is_not_in_what_was_before():
    sounding = cut(SILENCE, RATE_HZ, LOCKED.replace(lock_sound_mm=0.03), np.random.default_rng(0))
    per_turn = BARE.seconds_per_turn * RATE_HZ
    begin = round((sounding.turns - 1) * per_turn)
    assert not sounding.displacement_mm[:begin].any()
    assert sounding.displacement_mm[begin:].max() == pytest.approx(0.03, rel=0.05)
    ends = sounding.radius_at(np.array([sounding.turns - 1, sounding.turns]))
    assert np.ptp(ends) < 0.003


def test_a_ring_lies_apart_and_is_no_part_of_the_groove():
    disc = simulate(SILENCE, RATE_HZ, BARE.replace(ending="ring", ring_gap_mm=0.6))
    assert disc.lock is None
    assert disc.turns == simulate(SILENCE, RATE_HZ, BARE).turns
    end_mm = BARE.start_radius_mm - BARE.pitch_mm * disc.turns
    turns = np.linspace(0, 1, 40)
    ring, land = light_at(disc, end_mm - 0.6, turns), light_at(disc, end_mm - 1.0, turns)
    assert np.all(ring < 0.8 * land)


def test_the_truth_says_where_the_groove_locks(tmp_path):
    disc = simulate(SILENCE, RATE_HZ, LOCKED)
    facts = [
        json.loads(write_simulation(one, tmp_path / name)[1].read_text(encoding="utf-8"))
        for one, name in ((disc, "a.png"), (simulate(SILENCE, RATE_HZ, BARE), "b.png"))
    ]
    assert (facts[0]["lock_turns"], facts[0]["lock_radius_mm"]) == disc.lock
    assert facts[0]["lock_turns"] == facts[0]["turns"]
    assert facts[1]["lock_turns"] is None


@pytest.mark.parametrize("name", list(PRESETS))
def test_every_preset_can_be_drawn(name):
    small = {
        "width_px": 288,
        "height_px": 288,
        "start_radius_mm": 4.0 if PRESETS[name].start == "inner" else 7.0,
        "film_radius_mm": 7.4,
        "supersampling": 2,
        "run_out_turns": 0.2,
        "lead_in_turns": 0.2,
        "centre_x_offset_px": 1.0,
        "centre_y_offset_px": 0.5,
        "lead_out_pitch_mm": 0.5,
    }
    disc = simulate(speech(0.4), RATE_HZ, PRESETS[name].replace(**small))
    assert disc.image.shape[:2] == (288, 288)
    assert disc.image.std() > 0
    assert np.all(np.isfinite(disc.bound.density_mm2_per_hz))
    assert np.all(disc.bound.density_mm2_per_hz > 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"noise": -0.1}, r"noise is -0.1; it must lie between 0.0 and 0.5"),
        ({"noise": float("nan")}, "noise is nan"),
        ({"width_px": 10.5}, "width_px is 10.5; it must be a whole number"),
        ({"rpm": True}, "rpm is True; it must be a number"),
        ({"profile": "square"}, "profile is 'square'; it must be one of"),
        ({"width_mm": 0.5}, "width_mm is 0.5; it must be less than 1.5 times pitch_mm"),
        ({"sharpness": 1.0}, "there is no simulation setting 'sharpness'"),
        ({"bons": 1}, "there is no simulation setting 'bons': did you mean 'bones'"),
    ],
)
def test_wrong_settings_are_refused_by_name(change, message):
    with pytest.raises(SettingsError, match=message):
        BARE.replace(**change)


@pytest.mark.parametrize(
    ("sound", "rate_hz", "change", "message"),
    [
        (np.zeros((2, 100)), RATE_HZ, {}, r"shape \(2, 100\)"),
        (np.array([0.0, np.nan]), RATE_HZ, {}, "not finite"),
        (SILENCE, 10.0, {}, "rate_hz is 10.0"),
        (SILENCE, RATE_HZ, {"recording_curve": "250Z-0"}, "recording_curve is '250Z-0'"),
        (SILENCE, RATE_HZ, {"run_out_turns": 50.0}, "the groove would reach a radius"),
        (SILENCE, RATE_HZ, {"feed_wander_mm": 1.0}, "the groove would turn back"),
    ],
)
def test_what_cannot_be_cut_is_refused(sound, rate_hz, change, message):
    with pytest.raises(SettingsError, match=message):
        simulate(sound, rate_hz, BARE.replace(**change))


@pytest.fixture(scope="module")
def tiny():
    settings = BARE.replace(width_px=96, height_px=96, start_radius_mm=2.4, film_radius_mm=2.6)
    return simulate(speech(0.2), RATE_HZ, settings.replace(bit_depth=8, colour=True, noise=0.004))


def test_written_photographs_can_be_read_with_their_truth(tiny, tmp_path):
    photograph, facts, arrays = write_simulation(tiny, tmp_path / "пластинка 骨.png")
    data = np.frombuffer(photograph.read_bytes(), np.uint8)
    assert np.array_equal(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1], tiny.image)
    truth = json.loads(facts.read_text(encoding="utf-8"))
    assert truth["photograph"] == "пластинка 骨.png"
    assert truth["centre_px"] == list(tiny.settings.centre_px)
    assert truth["turns"] == pytest.approx(tiny.turns)
    with np.load(arrays) as held:
        assert {"displacement_mm", "audio", "bound_time", "bound_density"} <= set(held.files)
        assert held["displacement_mm"] == pytest.approx(tiny.displacement_mm, abs=1e-6)


@pytest.mark.parametrize("taken", ["disc.tif", "disc.truth.json", "disc.truth.npz"])
def test_existing_files_stay(tiny, tmp_path, taken):
    (tmp_path / taken).write_bytes(b"mine")
    with pytest.raises(OutputExistsError, match=taken):
        write_simulation(tiny, tmp_path / "disc.tif")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [(taken, b"mine")]
    write_simulation(tiny, tmp_path / "disc.tif", force=True)
    assert len(list(tmp_path.iterdir())) == 3


def test_unknown_kinds_of_file_are_refused(tiny, tmp_path):
    with pytest.raises(SettingsError, match=r"ends in '\.bmp'"):
        write_simulation(tiny, tmp_path / "disc.bmp")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["speech", "music", "sweep", "noise"])
def test_sounds_are_seeded_and_broad(kind):
    one, two = (make_sound(2.0, RATE_HZ, np.random.default_rng(4), kind) for _ in range(2))
    assert np.array_equal(one, two)
    assert len(one) == 44100
    assert np.abs(one).max() == pytest.approx(1.0)
    power = np.abs(np.fft.rfft(one)) ** 2
    hz = np.fft.rfftfreq(len(one), 1 / RATE_HZ)
    assert power[(hz > 2000) & (hz < 5000)].sum() > 1e-4 * power.sum()


def test_wrong_sounds_are_refused():
    with pytest.raises(SettingsError, match="kind is 'song'"):
        make_sound(1.0, RATE_HZ, np.random.default_rng(1), "song")
    with pytest.raises(SettingsError, match="seconds is 0"):
        make_sound(0, RATE_HZ, np.random.default_rng(1))


def test_the_model_shares_nothing_with_the_decoder():
    ours = set()
    for module in Path(package.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            ours |= {name for name in names if name.startswith("groovescan.")}
    shared = {
        f"groovescan.{name}" for name in ("errors", "storage.atomic_files", "storage.file_sets")
    }
    assert all(name in shared or name.startswith("groovescan.simulate") for name in ours)


def test_the_score_is_the_noise_that_was_added_whatever_the_speed_and_equalisation(
    scoring, tmp_path, rng
):
    settings = BARE.replace(supersampling=1, start_radius_mm=14.9)
    sound = make_sound(4.0, RATE_HZ, np.random.default_rng(1), "noise")
    disc = simulate(sound, RATE_HZ, settings)
    truth = scoring.load_truth(write_simulation(disc, tmp_path / "disc.png")[1])
    true = disc.displacement_mm
    # cut like the sound, so that the two have the same spectrum
    noise = simulate(make_sound(4.0, RATE_HZ, rng, "noise"), RATE_HZ, settings).displacement_mm
    noise = noise * true.std() / noise.std() * 10 ** (-15 / 20)
    time_s = np.arange(len(true)) / RATE_HZ
    late = time_s + 3e-4 * np.sin(2 * np.pi * 1.1 * time_s)
    heard = np.gradient(np.interp(late, time_s, true + noise))
    result = scoring.score(-heard, RATE_HZ, truth)
    assert result.snr_db == pytest.approx(15.0, abs=1.5)
    assert result.lost == 0
    assert result.wow_percent == pytest.approx(100 * 3e-4 * 2 * np.pi * 1.1 / np.sqrt(2), rel=0.1)
    assert scoring.score(rng.standard_normal(len(true)), RATE_HZ, truth).lost > 5


def test_likeness_counts_speed_direction_and_noise_but_not_level_or_beginning(rng):
    sound = make_sound(3.0, SOUND_HZ, rng)
    noise = sound.std() * rng.standard_normal(len(sound))

    def like(samples, rate_hz=SOUND_HZ):
        return likeness(samples, rate_hz, sound, SOUND_HZ)

    assert like(sound) == pytest.approx(1.0, abs=1e-6)
    assert like(np.concatenate([np.zeros(4321), -0.1 * sound])) > 0.97
    assert like(sound, SOUND_HZ * 1.05) < 0.5
    assert like(sound[::-1]) < 0.5
    assert 0.3 < like(sound + noise) < 0.95
    assert like(sound + 5 * np.sin(2 * np.pi * 30 * np.arange(len(sound)) / SOUND_HZ)) > 0.99
    assert like(np.zeros(1000)) == 0


def test_half_of_the_light_holds_a_quarter_of_the_information():
    settings = SimpleNamespace(width_px=4, height_px=2, mm_per_px=0.1)
    cover = np.array([[0, 51, 102, 255], [0, 0, 0, 0]], np.uint8)
    scene = SimpleNamespace(
        settings=settings,
        film=SimpleNamespace(cover=lambda radius, angle, mm_per_px: np.where(radius > 9, 0.5, 1.0)),
        wear=SimpleNamespace(cover=cover),
    )
    x, y = np.array([0.0, 1, 2, 3, 3, 4]), np.array([0.0, 0, 0, 0, 1, 1])
    radius = np.array([1.0, 1, 1, 1, 10, 1])
    found = cramer_rao._visible_share(scene, x, y, radius, 0 * radius)
    np.testing.assert_allclose(found, [1, 0.64, 0.36, 0, 0.25, 0])


def test_a_sheared_view_keeps_its_area():
    view = np.array([[3.0, 1.0], [0.5, 2.0]])  # px per mm

    def from_lying(radius, angle):
        return view @ np.stack([radius * np.cos(angle), radius * np.sin(angle)])

    angle = np.linspace(0, 2 * np.pi, 9)
    scene = SimpleNamespace(view=SimpleNamespace(from_lying=from_lying))
    across, area = cramer_rao._local_scale(scene, np.full(9, 100.0), angle)
    outwards = view @ np.stack([np.cos(angle), np.sin(angle)])
    np.testing.assert_allclose(across, np.hypot(*outwards), rtol=1e-9)
    np.testing.assert_allclose(area, np.linalg.det(view), rtol=0.01)
