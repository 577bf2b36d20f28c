"""The loop is closed: camera, length and place of the groove, from what was read of it."""

import dataclasses

import numpy as np
import pytest
from conftest import CONDITIONS, true_points
from scipy import ndimage

from groovescan.camera.fit import ObservedPoints, check_camera, expected_check, fit_camera, recast
from groovescan.camera.map_refinement import _slow_of_runs, refine_map
from groovescan.core.geometry.camera_model import angle_at, project, radius_at, unproject
from groovescan.core.results import Camera, GrooveMap, Reading, Strip
from groovescan.errors import GrooveLostError

PER_TURN = 512
MIDDLE = np.array([600.0, 600.0])
TRUE = Camera(
    centre_px=np.array([608.2, 595.1]),
    stretch=0.004,
    shear=-0.002,
    perspective=np.array([0.012, -0.008]),
    middle_px=MIDDLE,
    scale_px=600.0,
)


def wide_spiral(camera=TRUE, turns=40, direction=1):
    s = np.arange((turns + 2) * 128 + 1) / 128 - 1
    return GrooveMap(
        camera=camera,
        pitch_px=6.0,
        direction=direction,
        start_rad=0.3,
        nodes_per_turn=128,
        radius_px=520 - 6.0 * s,
    )


def flat(centre):
    return Camera(centre_px=np.asarray(centre, float), middle_px=MIDDLE, scale_px=600.0)


@pytest.mark.parametrize("direction", [1, -1])
def test_recast_describes_the_same_groove(direction):
    groove_map = wide_spiral(direction=direction)
    other = recast(groove_map, flat(MIDDLE))
    s = np.linspace(0.5, 39.5, 4000)
    x, y = project(other.camera, radius_at(other, s), angle_at(other, s))
    radius, angle = unproject(TRUE, x, y)
    turn = direction * (angle - 0.3) / (2 * np.pi)
    turn += np.round(s - turn)
    assert np.abs(radius - (520 - 6.0 * turn)).max() < 0.01
    assert np.ptp(other.radius_px - groove_map.radius_px) > 5


def test_the_camera_is_recovered_from_the_map():
    groove_map = recast(wide_spiral(), flat(TRUE.centre_px + np.array([0.7, -0.4])))
    fitted = fit_camera(groove_map, turns=(0.0, 40.0), noise_px=0.01)
    assert np.hypot(*(fitted.centre_px - TRUE.centre_px)) < 0.05
    assert fitted.stretch == pytest.approx(TRUE.stretch, abs=1e-4)
    assert fitted.shear == pytest.approx(TRUE.shear, abs=1e-4)
    np.testing.assert_allclose(fitted.perspective, TRUE.perspective, atol=5e-4)


@pytest.mark.parametrize("offset", [(1.8, -9.1), (40.0, -25.0)])
def test_noise_is_not_taken_for_the_lens_of_a_long_side(rng, offset):
    turns = np.arange(242 * 128 + 1) / 128 - 1
    noise = ndimage.gaussian_filter1d(rng.standard_normal(len(turns)), 4)
    ends = 0.1 * (np.exp(-((turns / 6) ** 2)) - np.exp(-(((240 - turns) / 6) ** 2)))
    middle = np.array([1999.5, 1999.5])
    camera = Camera(centre_px=middle + offset, middle_px=middle, scale_px=2000.0)
    groove_map = dataclasses.replace(
        wide_spiral(camera, turns=240),
        pitch_px=4.06,
        radius_px=1940 - 4.06 * turns + 0.03 * noise / noise.std() + ends,
    )
    fitted = fit_camera(groove_map, turns=(0.0, 240.0), noise_px=0.05)
    assert abs(fitted.lens) < 5e-4
    assert np.abs(fitted.perspective).max() < 5e-5
    assert np.hypot(*(fitted.centre_px - camera.centre_px)) < 0.01


def test_part_of_the_map_may_be_worth_nothing():
    groove_map = recast(wide_spiral(), flat(TRUE.centre_px))
    bent = groove_map.radius_px.copy()
    s = np.arange(len(bent)) / 128 - 1
    torn = (s % 1 > 0.3) & (s % 1 < 0.45)
    bent[torn] += 4.0
    bent = dataclasses.replace(groove_map, radius_px=bent)
    fitted = fit_camera(bent, turns=(0.0, 40.0), weight=np.where(torn, 0.0, 1.0), noise_px=0.01)
    assert np.hypot(*(fitted.centre_px - TRUE.centre_px)) < 0.05
    assert fitted.stretch == pytest.approx(TRUE.stretch, abs=2e-4)


def bent_spiral(turns=40):
    """A spiral on a film that is not flat: waves as large once per turn as twice and thrice."""
    groove_map = wide_spiral(flat(TRUE.centre_px), turns=turns)
    angle = 2 * np.pi * (np.arange(len(groove_map.radius_px)) / 128 - 1)
    far = groove_map.radius_px / 500
    waves = far**2 * np.cos(angle + 1) + far**3 * np.cos(2 * angle) + far**4 * np.cos(3 * angle)
    return dataclasses.replace(groove_map, radius_px=groove_map.radius_px + 3.0 * waves)


def test_the_centre_is_found_on_a_film_that_is_not_flat():
    off = recast(bent_spiral(), flat(TRUE.centre_px + np.array([0.7, -0.4])))
    fitted = fit_camera(off, turns=(0.0, 40.0), noise_px=0.05)
    assert np.hypot(*(fitted.centre_px - TRUE.centre_px)) < 0.2
    assert fitted.stretch == fitted.shear == fitted.lens == 0.0


def test_a_bend_makes_the_centre_less_certain():
    flat_film = wide_spiral(flat(TRUE.centre_px))
    sure, unsure = check_camera(flat_film), check_camera(bent_spiral())
    assert unsure.bend_px == pytest.approx(1.5, rel=0.2)
    assert unsure.centre_error_px > 0.5 > 2 * sure.centre_error_px


def test_the_error_of_a_stretch_is_what_independent_nodes_allow():
    """A stretch s is a wave s r cos 2 a of the radius, of whose power the nodes see a half."""
    groove_map = wide_spiral(flat(MIDDLE))
    nodes = 20 * 40  # of a turn, twenty err by themselves
    radius_px = np.sqrt(np.mean(groove_map.radius_px**2))
    expected = 0.05 / np.sqrt(nodes / 2) / radius_px
    assert check_camera(groove_map, noise_px=0.05).scale_error == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize(
    ("term", "size"), [("centre_px", 0.5), ("stretch", 0.003), ("shear", 0.003)]
)
def test_the_wow_of_a_wrong_camera_is_told(term, size):
    """The speed error that a term brings, from where the groove's points seem to lie."""
    groove_map, turns = wide_spiral(flat(MIDDLE)), np.linspace(0, 40, 40 * 256, endpoint=False)
    wrong = {term: MIDDLE + np.array([size, 0.0]) if term == "centre_px" else size}
    wrong_camera = dataclasses.replace(groove_map.camera, **wrong)
    angle = angle_at(groove_map, turns)
    x, y = project(groove_map.camera, radius_at(groove_map, turns), angle)
    late = np.angle(np.exp(1j * (unproject(wrong_camera, x, y)[1] - angle)))
    speed_percent = 100 * np.gradient(late, 2 * np.pi * (turns[1] - turns[0]))

    points = ObservedPoints(
        image_px=np.stack([x, y]),
        turns=turns,
        trust=np.ones(len(turns)),
        piece=np.zeros(len(turns), int),
        camera=groove_map.camera,
    )
    error = np.zeros(7)
    error[{"centre_px": 0, "stretch": 2, "shear": 3}[term]] = size
    if term == "centre_px":
        error /= groove_map.camera.scale_px
    check = expected_check(groove_map, points, np.zeros(len(turns)), error, bend_px=0.0)
    assert check.wow_percent == pytest.approx(speed_percent.std(), rel=0.1)


def read_along(groove_map, *, first, last, wobble_px=0.0):
    """What a perfect reader says of the flat spiral about MIDDLE along a map near it.

    The groove reaches from `first` to `last` turns of the map.
    """
    turns = np.arange(int(groove_map.turns * PER_TURN)) / PER_TURN
    true = 520 - 6.0 * turns + wobble_px * np.sin(2 * np.pi * 40.3 * turns)
    there = (turns >= first) & (turns <= last)
    return Reading(
        displacement_px=np.where(there, true - radius_at(groove_map, turns), 0.0),
        standard_error_px=np.where(there, 0.02, np.inf).astype(np.float32),
        contrast=np.where(there, -0.3, 0.0).astype(np.float32),
        samples_per_turn=PER_TURN,
        snr_db=40.0,
    )


def strip_of(groove_map, turns):
    """Rows at places along the groove; what was read is told apart, no light is needed."""
    return Strip(
        luminance=np.zeros((len(turns), 1), np.float32),
        offset_px=np.zeros(1, np.float32),
        turns=turns,
        samples_per_turn=PER_TURN,
        run_rows=len(turns),
        step_turns=1 / PER_TURN,
        radius_px=radius_at(groove_map, turns),
        spacing_px=np.zeros((len(turns), 2), np.float32),
        in_photograph=np.ones(len(turns), bool),
    )


def refined(groove_map, reading, shift_px=0.0):
    turns = np.arange(len(reading.displacement_px)) / PER_TURN
    strip = strip_of(groove_map, turns)
    return refine_map(groove_map, reading, strip, shift_px=shift_px, harmonics=12)


def test_the_map_is_moved_onto_the_groove_and_cut_to_its_length():
    groove_map = wide_spiral(flat(MIDDLE), turns=20)
    s = np.arange(len(groove_map.radius_px)) / 128 - 1
    off = 0.4 * np.cos(2 * np.pi * s) + 0.2 * np.sin(2 * np.pi * 3 * s) - 0.5
    groove_map = dataclasses.replace(groove_map, radius_px=groove_map.radius_px + off)
    reading = read_along(groove_map, first=2.3, last=17.8, wobble_px=0.5)
    moved = refined(groove_map, reading)
    assert moved.turns == pytest.approx(15.5, abs=0.03)
    assert moved.pitch_px == pytest.approx(6.0, rel=1e-3)
    turns = np.linspace(0.3, 15.2, 3000)
    x, y = project(moved.camera, radius_at(moved, turns), angle_at(moved, turns))
    # a turn before the start and one after the end are known, too
    beyond = np.r_[np.linspace(-0.95, -0.05, 50), np.linspace(15.55, 16.45, 50)]
    x_beyond, y_beyond = project(moved.camera, radius_at(moved, beyond), angle_at(moved, beyond))
    assert np.abs(np.hypot(x_beyond - 600, y_beyond - 600) - 520 + 6 * (beyond + 2.3)).max() < 0.15
    # the sound stays out of the map: 40 waves per turn are no shape of the disc
    true = 520 - 6.0 * (turns + 2.3)
    assert np.abs(np.hypot(x - 600, y - 600) - true).max() < 0.12


def test_the_shift_of_the_reading_is_part_of_the_map():
    groove_map = wide_spiral(flat(MIDDLE), turns=20)
    reading = read_along(groove_map, first=2.0, last=18.0)
    still, moved = (refined(groove_map, reading, shift) for shift in (0.0, 1.5))
    np.testing.assert_allclose(moved.radius_px - still.radius_px, 1.5, atol=0.02)


def test_runs_at_either_side_of_a_turn_s_start_are_averaged_together():
    groove_map = wide_spiral(flat(MIDDLE), turns=6)
    turns = np.arange(6 * PER_TURN) / PER_TURN
    strip = dataclasses.replace(strip_of(groove_map, turns), run_rows=8)
    slow = _slow_of_runs(np.ones(len(turns)), np.sin(2 * np.pi * turns), strip, 1e-9, harmonics=2)
    # a Gaussian function of the waves per turn, of deviation `harmonics`
    at = np.linspace(1, 5, 4 * 64 + 1)
    expected = np.exp(-0.5 / 2**2) * np.sin(2 * np.pi * at)
    assert np.abs(slow(at) - expected).max() < 0.02


def test_less_than_a_turn_is_a_groove_that_was_lost():
    groove_map = wide_spiral(flat(MIDDLE), turns=20)
    with pytest.raises(GrooveLostError, match=r"only 0\.60 turns"):
        refined(groove_map, read_along(groove_map, first=3.0, last=3.6))


@pytest.mark.parametrize("name", list(CONDITIONS))
def test_a_disc_is_mapped_to_a_tenth_of_a_px(disc, decoded, name):
    settings, groove_map = CONDITIONS[name], decoded(name).groove_map
    assert np.hypot(*(groove_map.camera.centre_px - settings.centre_px)) < 0.1
    assert groove_map.turns == pytest.approx(disc(name).turns, abs=0.05)
    assert groove_map.direction == (-1 if settings.mirrored else 1)
    assert groove_map.pitch_px * settings.mm_per_px == pytest.approx(settings.pitch_mm, rel=0.005)
    # the place of the groove itself, wherever the map says that its start is
    turns = np.linspace(0.3, groove_map.turns - 0.3, 2000)
    x, y = project(groove_map.camera, radius_at(groove_map, turns), angle_at(groove_map, turns))
    first = (groove_map.start_rad - settings.start_angle_rad) * groove_map.direction
    first = (first / (2 * np.pi) + 0.5) % 1.0 - 0.5
    assert abs(first) < 0.06
    true_x, true_y = nearest_of_truth(settings, turns + first, x, y)
    assert np.sqrt(np.mean((x - true_x) ** 2 + (y - true_y) ** 2)) < 0.15


def nearest_of_truth(settings, turns, x, y):
    """Points of the true spiral at the same place along it, by two secant steps."""
    for _ in range(2):
        here = np.stack(true_points(settings, turns))
        ahead = np.stack(true_points(settings, turns + 1e-4)) - here
        miss = np.stack([x, y]) - here
        turns = turns + 1e-4 * (ahead * miss).sum(axis=0) / (ahead * ahead).sum(axis=0)
    return true_points(settings, turns)


def test_tilt_and_scales_are_recovered(decoded):
    settings, camera = CONDITIONS["through"], decoded("through").groove_map.camera
    assert camera.stretch == pytest.approx(settings.x_scale_error / 2, abs=3e-4)
    assert camera.shear == pytest.approx(settings.shear / 2, abs=3e-4)
    # the simulation states its tilt at 100 mm, and towards the camera
    per_100_mm = -camera.perspective * 100 / settings.mm_per_px / camera.scale_px
    np.testing.assert_allclose(per_100_mm, [settings.tilt_x, settings.tilt_y], atol=0.004)


def test_a_straight_photograph_is_not_called_tilted(decoded):
    camera = decoded("plain").groove_map.camera
    assert abs(camera.stretch) < 2e-4
    assert abs(camera.shear) < 2e-4
    assert np.abs(camera.perspective).max() < 5e-4


@pytest.mark.parametrize("run", [None, 16])
def test_a_coarse_strip_tells_the_centre_of_a_tilted_disc(run):
    true = dataclasses.replace(
        flat((608.2, 595.1)), perspective=np.array([-0.02, 0.012]), lens=-0.006
    )
    laid = recast(wide_spiral(true, turns=14), dataclasses.replace(true, lens=0.0))
    turns = np.arange(int(laid.turns * PER_TURN)) / PER_TURN
    if run:
        turns = turns[np.arange(len(turns)) % 64 < run]
    reading = Reading(
        displacement_px=np.full(len(turns), -0.2),
        standard_error_px=np.full(len(turns), 0.02, np.float32),
        contrast=np.full(len(turns), -0.3, np.float32),
        samples_per_turn=PER_TURN * (run or 64) // 64,
        snr_db=40.0,
    )
    strip = dataclasses.replace(
        strip_of(laid, turns),
        samples_per_turn=PER_TURN * (run or 64) // 64,
        run_rows=run or len(turns),
    )
    refined = refine_map(laid, reading, strip, shift_px=0.2, harmonics=12)
    assert np.hypot(*(refined.camera.centre_px - true.centre_px)) < 0.01
    assert refined.camera.lens == pytest.approx(-0.006, abs=5e-4)
