"""The displacement is read from the photograph's own pixels, along a map that is known."""

import copy
import dataclasses

import numpy as np
import pytest
from conftest import as_photo
from scipy import ndimage
from scipy.interpolate import make_interp_spline

from groovescan.config.settings import GrooveSettings
from groovescan.core.results import Camera, GrooveMap
from groovescan.reading.displacement_reader import has_converged, read
from groovescan.simulate import SimulateSettings, make_sound, simulate
from groovescan.strip.groove_or_land import align

RATE_HZ, NODES = 22050.0, 128
SETTINGS = SimulateSettings(
    width_px=700,
    height_px=700,
    start_radius_mm=18.6,
    film_radius_mm=19.6,
    film_wobble=0.0,
    hole_radius_mm=0.5,
    hole_offset_mm=0.0,
    clouds=0.1,
    bones=0,
    start_angle_rad=0.4,
    lead_in_turns=1.0,
    run_out_turns=1.0,
    noise=0.012,
    bit_depth=16,
    supersampling=3,
    seed=3,
)


@pytest.fixture(scope="module")
def drawn():
    """A little disc of some six turns."""
    return simulate(make_sound(3.0, RATE_HZ, np.random.default_rng(8)), RATE_HZ, SETTINGS)


def true_map(disc, cut_turns=0.0):
    """The map as the truth has it, from so many turns after the start to as many before the end."""
    s, turns = disc.settings, int((disc.turns - 2 * cut_turns) * NODES) / NODES
    inward = -1.0 if s.start == "outer" else 1.0
    at = cut_turns + np.arange(round((turns + 2) * NODES) + 1) / NODES - 1
    way = -1 if s.mirrored else 1
    return GrooveMap(
        camera=Camera(centre_px=np.array(s.centre_px)),
        pitch_px=s.pitch_mm / s.mm_per_px,
        direction=way,
        start_rad=s.start_angle_rad + way * 2 * np.pi * cut_turns,
        nodes_per_turn=NODES,
        radius_px=(s.start_radius_mm + inward * s.pitch_mm * at) / s.mm_per_px,
    )


def read_along(photo, groove_map, along=None):
    along = along or groove_map
    aligned = align(photo, along)
    assert abs(aligned.shift_px) < 0.01
    return read(photo, groove_map, aligned, GrooveSettings(), along=along)


@pytest.fixture(scope="module")
def photo(drawn):
    return as_photo(drawn.image / np.float32(65535))


@pytest.fixture(scope="module")
def groove_map(drawn):
    return true_map(drawn)


@pytest.fixture(scope="module")
def reading(photo, groove_map):
    return read_along(photo, groove_map)


def place_turns(reading):
    return np.arange(len(reading.displacement_px)) / reading.samples_per_turn


def true_px(disc, turns):
    """The displacement as the photograph shows it, blurred along the groove."""
    s = disc.settings
    seconds = np.arange(len(disc.displacement_mm)) / disc.rate_hz
    speed = 2 * np.pi * np.mean(disc.bound.radius_mm) / s.seconds_per_turn
    blurred = ndimage.gaussian_filter1d(
        disc.displacement_mm, disc.bound.mtf_mm / speed * disc.rate_hz, truncate=6
    )
    return make_interp_spline(seconds, blurred, 3)(turns * s.seconds_per_turn) / s.mm_per_px


def missed(disc, reading, cut_turns=0.0):
    """Error of each sample; where the middle of a groove's profile lies is no error."""
    turns = place_turns(reading) + cut_turns
    miss = reading.displacement_px - true_px(disc, np.clip(turns, 0, disc.turns - 1e-3))
    return miss - np.median(miss)


def inner(disc, reading, cut_turns=0.0):
    """Samples that were read, without the first and the last turn."""
    turns = place_turns(reading) + cut_turns
    return np.isfinite(reading.standard_error_px) & (turns > 1) & (turns < disc.turns - 1)


def bound_px(disc, reading):
    """Least standard error of each sample that the photograph allows (Cramer-Rao), in px."""
    s = disc.settings
    density = np.interp(
        place_turns(reading) * s.seconds_per_turn,
        disc.bound.time_s,
        disc.bound.density_mm2_per_hz.astype(float),
    )
    rate_hz = reading.samples_per_turn / s.seconds_per_turn
    return np.sqrt(density * rate_hz / 2) / s.mm_per_px


def test_the_displacement_is_read_near_the_bound(drawn, reading):
    use = inner(drawn, reading)
    assert use.mean() > 0.6
    assert reading.read_fraction > 0.98
    bound = bound_px(drawn, reading)[use]
    error = missed(drawn, reading)[use]
    # the mean over samples of equal worth; no reader can do better
    efficiency = np.sqrt(np.mean((error / bound) ** 2))
    assert 0.93 < efficiency < 1.2
    # and what is claimed is what the bound knows of the disc without having seen it
    claimed = reading.standard_error_px[use] / bound
    assert np.sqrt(1 / np.mean(1 / claimed**2)) == pytest.approx(1.0, abs=0.15)


def test_the_claimed_errors_are_the_true_ones_in_every_tenth(drawn, reading):
    use = np.flatnonzero(inner(drawn, reading))
    error, miss = reading.standard_error_px.astype(float), missed(drawn, reading)
    order = use[np.argsort(error[use])]
    ratio = [
        np.sqrt(np.mean(miss[part] ** 2) / np.mean(error[part] ** 2))
        for part in np.array_split(order, 10)
    ]
    np.testing.assert_allclose(ratio, 1.0, atol=0.12)
    assert np.std(miss[use] / error[use]) == pytest.approx(1.0, abs=0.05)


def test_a_photograph_without_noise_is_read_to_some_thousandths_of_a_px():
    settings = SETTINGS.replace(noise=0.0, width_px=760, height_px=760, mm_per_px=0.28 / 5.3)
    disc = simulate(make_sound(3.0, RATE_HZ, np.random.default_rng(8)), RATE_HZ, settings)
    found = read_along(as_photo(disc.image / np.float32(65535)), true_map(disc))
    miss = missed(disc, found)[inner(disc, found)]
    # rows that see hardly any of the groove are not told at all
    assert np.abs(miss).max() < 0.2
    assert miss.std() < 0.0058


def test_the_level_is_that_of_the_groove(drawn, reading):
    use = inner(drawn, reading)
    true = true_px(drawn, place_turns(reading))[use]
    weight = 1 / reading.standard_error_px[use].astype(float) ** 2
    level = np.average(reading.displacement_px[use] * true, weights=weight)
    level /= np.average(true**2, weights=weight)
    assert level == pytest.approx(1.0, abs=0.02)
    # groove darker than land
    assert (reading.contrast[use] < 0).all()


def test_another_map_to_start_from_tells_the_same(drawn, photo, groove_map, reading):
    """The coarse strip was laid along a longer map than is read, as in a decode."""
    cut = 0.37
    part = read_along(photo, true_map(drawn, cut), along=groove_map)
    use = inner(drawn, part, cut)
    assert use.mean() > 0.7
    error, miss = part.standard_error_px.astype(float), missed(drawn, part, cut)
    assert np.sqrt(np.mean((miss[use] / error[use]) ** 2)) == pytest.approx(1.0, abs=0.2)
    whole = missed(drawn, reading)[inner(drawn, reading)]
    assert np.std(miss[use]) == pytest.approx(np.std(whole), rel=0.15)


def test_two_runs_agree_bit_by_bit_and_leave_what_they_were_given(photo, groove_map, reading):
    aligned = align(photo, groove_map)
    before = copy.deepcopy((photo, groove_map, aligned))
    again = read(photo, groove_map, aligned, GrooveSettings(), along=groove_map)
    np.testing.assert_array_equal(again.displacement_px, reading.displacement_px)
    np.testing.assert_array_equal(again.standard_error_px, reading.standard_error_px)
    np.testing.assert_array_equal(again.contrast, reading.contrast)
    assert again.snr_db == reading.snr_db
    np.testing.assert_array_equal(photo.luminance, before[0].luminance)
    np.testing.assert_array_equal(groove_map.radius_px, before[1].radius_px)
    for name in ("displacement_px", "contrast", "level", "tilt"):
        np.testing.assert_array_equal(getattr(aligned.fit, name), getattr(before[2].fit, name))


def alike(one, other):
    """Rms difference of two readings over their claimed error, where both were read."""
    both = np.isfinite(one.standard_error_px) & np.isfinite(other.standard_error_px)
    assert both.mean() > 0.97
    away = (one.displacement_px - other.displacement_px)[both]
    # where a profile has its middle, no reading can tell
    return np.sqrt(np.mean(((away - np.median(away)) / one.standard_error_px[both]) ** 2))


def test_a_mirrored_photograph_reads_the_same(photo, groove_map, reading):
    x, y = groove_map.camera.centre_px
    camera = dataclasses.replace(
        groove_map.camera, centre_px=np.array([photo.luminance.shape[1] - 1 - x, y])
    )
    mirrored = dataclasses.replace(
        groove_map,
        camera=camera,
        direction=-groove_map.direction,
        start_rad=np.pi - groove_map.start_rad,
    )
    image = dataclasses.replace(photo, luminance=photo.luminance[:, ::-1].copy())
    found = read_along(image, mirrored)
    assert alike(reading, found) < 0.1
    np.testing.assert_allclose(found.contrast, reading.contrast, atol=0.02)


def test_an_inverted_photograph_reads_the_same(photo, groove_map, reading):
    found = read_along(dataclasses.replace(photo, luminance=1 - photo.luminance), groove_map)
    assert alike(reading, found) < 0.1
    np.testing.assert_allclose(found.contrast, -reading.contrast, atol=0.02)


def near_samples(disc, reading, hidden):
    """Share of hidden pixels round each sample of the groove as it truly runs."""
    s, turns = disc.settings, place_turns(reading)
    inward = -1.0 if s.start == "outer" else 1.0
    radius = (s.start_radius_mm + inward * s.pitch_mm * turns) / s.mm_per_px
    radius = radius + true_px(disc, np.clip(turns, 0, disc.turns - 1e-3))
    angle = s.start_angle_rad + 2 * np.pi * turns
    x = s.centre_px[0] + radius * np.cos(angle)
    y = s.centre_px[1] - radius * np.sin(angle)
    return ndimage.map_coordinates(hidden.astype(float), [y, x], order=1, mode="constant", cval=1)


def test_dust_is_missing_and_not_guessed(drawn, photo, groove_map, reading, rng):
    luminance, hidden = photo.luminance.copy(), np.zeros(photo.luminance.shape, bool)
    angle, radius = rng.uniform(-np.pi, np.pi, 60), rng.uniform(285, 320, 60)
    for x, y in zip(350 + radius * np.cos(angle), 350 + radius * np.sin(angle), strict=True):
        speck = slice(int(y) - 4, int(y) + 5), slice(int(x) - 4, int(x) + 5)
        luminance[speck] = rng.choice([0.02, 0.98])
        hidden[speck] = True
    dusty = read_along(dataclasses.replace(photo, luminance=luminance), groove_map)
    # the middle of a speck is hidden to both flanks
    middle = near_samples(drawn, dusty, ndimage.binary_erosion(hidden, iterations=2)) > 0.99
    clear = near_samples(drawn, dusty, ndimage.binary_dilation(hidden, iterations=6)) < 0.01
    missing = ~np.isfinite(dusty.standard_error_px)
    assert middle.sum() > 100
    assert missing[middle].mean() > 0.97
    assert missing[clear].mean() < 0.01
    assert dusty.read_fraction == pytest.approx(1 - missing.mean())
    # what was read beside it errs as it says
    use = inner(drawn, dusty)
    error, miss = dusty.standard_error_px[use], missed(drawn, dusty)[use]
    assert np.sqrt(np.mean((miss / error) ** 2)) == pytest.approx(1.0, abs=0.2)
    beside = use & ~clear
    assert beside.sum() > 200
    squared = (missed(drawn, dusty)[beside] / dusty.standard_error_px[beside]) ** 2
    assert np.sqrt(np.mean(squared)) < 1.5
    assert np.isfinite(dusty.displacement_px).all()


def test_what_lies_outside_the_frame_is_missing(drawn, photo, groove_map, reading):
    part = as_photo(photo.luminance[:, :620].copy())
    found = read_along(part, groove_map)
    outside = np.ones(photo.luminance.shape, bool)
    outside[:, :620] = False
    share = near_samples(drawn, found, ndimage.binary_erosion(outside, iterations=4))
    away = near_samples(drawn, found, ndimage.binary_dilation(outside, iterations=8))
    turns = place_turns(found)
    missing = ~np.isfinite(found.standard_error_px)
    assert (share > 0.99).mean() > 0.05
    assert missing[share > 0.99].all()
    assert missing[(away < 0.01) & (turns > 0.05) & (turns < drawn.turns - 0.05)].mean() < 0.01
    assert np.isfinite(found.displacement_px).all()
    use = inner(drawn, found)
    error, miss = found.standard_error_px[use], missed(drawn, found)[use]
    assert np.sqrt(np.mean((miss / error) ** 2)) == pytest.approx(1.0, abs=0.2)


@pytest.mark.parametrize(
    ("moved", "fall", "converged"), [(0.3, 1, True), (0.5, 1, False), (0.3, 0.8, False)]
)
def test_a_round_that_moves_the_readings_little_is_the_last(moved, fall, converged):
    rng = np.random.default_rng(5)
    before, error = rng.normal(size=20_000), np.full(20_000, 0.2)
    error[::50] = np.inf
    after = before + moved * 0.2 * fall * rng.normal(size=len(before))
    # a row that strays alone, and one that nobody reads, keep nobody waiting
    after[1] += 5
    after[0] += 1e6
    assert has_converged((before, error), (after, fall * error), slowly=False) == converged
    assert not has_converged((before, error), (after, fall * error), slowly=True)
    missing = np.full(20_000, np.inf)
    assert has_converged((before, missing), (after, missing), slowly=False)
