"""The displacement of a strip drawn here is read as well as its noise allows."""

import dataclasses

import numpy as np
import pytest
from scipy import ndimage

from groovescan.core.results import Strip
from groovescan.strip.confidence import standard_error
from groovescan.strip.strip_solution import reading_of_strip, solve

PITCH, PER_TURN, TURNS = 6.0, 2048, 6
ROWS = PER_TURN * TURNS
OFFSET = 0.5 * np.arange(-11, 12)
NOISE = 0.01
# A cubic spline leaves 0.75 of a pixel's noise: rows lie so far apart that each sample of the
# strip, whose noise is its own here, stands for 1 / 0.75 px2 of the photograph.
RADIUS = 1 / 0.75 / 0.5 * PER_TURN / (2 * np.pi)


def read(strip):
    solved = solve(strip, iterations=9)
    return reading_of_strip(solved, solved.fit.displacement_px)


def line(x):
    return np.exp(-0.5 * (x / 0.9) ** 2)


def two_walls(x):
    return line((x - 1.2) / 0.8) + line((x + 1.2) / 0.8)


def uneven_walls(x):
    return line((x - 0.9) / 0.8) - 0.6 * line((x + 0.9) / 0.8)


def sway(rng, rms_px=0.35):
    """A displacement that changes over some ten rows, as sound does."""
    moved = ndimage.gaussian_filter1d(rng.standard_normal(ROWS), 5.0)
    return rms_px * moved / moved.std()


def later(values):
    """What lay at each place one turn before."""
    return np.concatenate([np.zeros(PER_TURN), values[:-PER_TURN]])


def earlier(values):
    """What will lie at each place one turn after."""
    return np.concatenate([values[PER_TURN:], np.zeros(PER_TURN)])


def drawn(rng, moved, contrast, profile=line, noise=NOISE):
    """A strip and the information that each of its rows carries on its displacement, per px2."""
    contrast = np.broadcast_to(contrast, (ROWS,))
    # the light changes round the disc, but little from one turn to the next
    level = 0.5 + 0.1 * np.sin(6 * np.pi * np.arange(ROWS) / PER_TURN)[:, None]
    light = level + contrast[:, None] * profile(OFFSET - moved[:, None])
    for distance, shift in ((PITCH, later), (-PITCH, earlier)):
        place = distance + shift(moved)
        light = light + shift(contrast)[:, None] * profile(OFFSET - place[:, None])
    slope = (profile(OFFSET - moved[:, None] + 1e-4) - profile(OFFSET - moved[:, None])) / 1e-4
    strip = Strip(
        luminance=(light + noise * rng.standard_normal(light.shape)).astype(np.float32),
        offset_px=OFFSET.astype(np.float32),
        turns=np.arange(ROWS) / PER_TURN,
        samples_per_turn=PER_TURN,
        run_rows=ROWS,
        step_turns=1 / PER_TURN,
        radius_px=np.full(ROWS, RADIUS),
        spacing_px=np.tile(np.float32([PITCH, -PITCH]), (ROWS, 1)),
        in_photograph=np.ones(ROWS, bool),
    )
    return strip, (contrast[:, None] ** 2 * slope**2).sum(axis=1) / noise**2


def measured(reading, moved):
    """Error of the reading: its constant part is where a profile has its middle, no sound."""
    error = reading.displacement_px - moved[: len(reading.displacement_px)]
    return error - np.median(error)


@pytest.mark.parametrize("contrast", [-0.3, 0.3], ids=["dark", "bright"])
@pytest.mark.parametrize("profile", [line, two_walls, uneven_walls])
def test_the_error_is_near_the_bound(rng, profile, contrast):
    moved = sway(rng)
    strip, information = drawn(rng, moved, contrast, profile)
    reading = read(strip)
    error = measured(reading, moved)
    known = np.isfinite(reading.standard_error_px)
    assert known.mean() > 0.98
    assert np.mean((error**2 * information)[known]) < 1.25


@pytest.mark.parametrize("contrast", [-0.3, 0.3])
def test_the_sign_of_the_contrast_is_told(rng, contrast):
    strip, _ = drawn(rng, sway(rng), contrast)
    reading = read(strip)
    assert np.median(reading.contrast) == pytest.approx(contrast, rel=0.1)


@pytest.mark.parametrize("noise", [0.005, 0.02, 0.05])
def test_the_claimed_errors_are_the_errors(rng, noise):
    moved = sway(rng)
    strip, _ = drawn(rng, moved, -0.3, noise=noise)
    reading = read(strip)
    known = np.isfinite(reading.standard_error_px)
    squared = (measured(reading, moved)[known] / reading.standard_error_px[known]) ** 2
    assert np.mean(squared) == pytest.approx(1.0, abs=0.15)
    power = np.mean(moved**2)
    claimed = 1 / np.mean(1 / reading.standard_error_px[known].astype(float) ** 2)
    assert reading.snr_db == pytest.approx(10 * np.log10(power / claimed), abs=0.5)


def test_a_groove_that_turns_from_bright_to_dark_keeps_its_displacement(rng):
    moved = sway(rng)
    turns = np.arange(ROWS) / PER_TURN
    contrast = 0.3 * np.cos(2 * np.pi * (turns % 1.0))
    strip, information = drawn(rng, moved, contrast)
    reading = read(strip)
    clear = (np.abs(contrast) > 0.15) & np.isfinite(reading.standard_error_px)
    error = measured(reading, moved)
    assert np.mean((error**2 * information)[clear]) < 1.35
    assert np.mean(error[clear] * moved[clear]) == pytest.approx(0.0, abs=0.02)
    signs = np.sign(reading.contrast[clear]) * np.sign(contrast[clear])
    assert abs(signs.mean()) > 0.99
    # where it vanishes, the claimed error says so
    gone = np.abs(contrast) < 0.01
    assert np.median(reading.standard_error_px[gone]) > 5 * np.median(
        reading.standard_error_px[clear]
    )


def test_a_loud_groove_is_followed(rng):
    moved = sway(rng, rms_px=0.8)
    strip, _ = drawn(rng, moved, -0.3)
    reading = read(strip)
    inner = slice(PER_TURN, -PER_TURN)
    assert np.std(measured(reading, moved)[inner]) < 0.15 * 0.8


def test_dust_is_missing_and_not_guessed(rng):
    moved = sway(rng)
    strip, information = drawn(rng, moved, -0.3)
    luminance, covered = strip.luminance.copy(), np.zeros(ROWS, bool)
    for start in rng.integers(0, ROWS - 30, 60):
        luminance[start : start + 12, 6:18] = rng.random()
        covered[start : start + 12] = True
    dusty = read(dataclasses.replace(strip, luminance=luminance))
    missing = ~np.isfinite(dusty.standard_error_px)
    near = ndimage.binary_dilation(covered, iterations=6)
    assert missing[covered].mean() > 0.9
    assert missing[~near].mean() < 0.05
    clean = ~missing & ~near
    assert np.mean((measured(dusty, moved) ** 2 * information)[clean]) < 1.6
    assert dusty.read_fraction == pytest.approx(1 - missing.mean())


def test_rows_that_were_not_seen_are_missing(rng):
    strip, _ = drawn(rng, sway(rng), -0.3)
    seen = np.ones(ROWS, bool)
    seen[3000:3400] = False
    luminance = strip.luminance.copy()
    luminance[~seen] = 0.0
    reading = read(dataclasses.replace(strip, luminance=luminance, in_photograph=seen))
    assert np.isinf(reading.standard_error_px[~seen]).all()
    assert np.isfinite(reading.displacement_px).all()


def test_of_a_part_of_a_disc_what_is_seen_is_read(rng):
    strip, _ = drawn(rng, sway(rng), -0.3)
    seen = np.arange(ROWS) % PER_TURN < 0.4 * PER_TURN  # most rows lie beyond the photograph
    luminance = np.where(seen[:, None], strip.luminance, np.float32(0))
    reading = read(dataclasses.replace(strip, luminance=luminance, in_photograph=seen))
    assert np.isinf(reading.standard_error_px[~seen]).all()
    assert np.isfinite(reading.standard_error_px[seen]).mean() > 0.95


def test_where_nothing_is_seen_everything_is_missing(rng):
    strip, _ = drawn(rng, sway(rng), -0.3)
    trust = np.zeros(strip.luminance.shape, np.float32)
    solved = solve(strip, iterations=2)
    nothing = dataclasses.replace(strip, in_photograph=np.zeros(ROWS, bool))
    error = standard_error(nothing, solved.fit, np.zeros_like(trust), trust)
    assert np.isinf(error).all()


def test_the_same_strip_is_read_the_same_and_left_as_it_is(rng):
    strip, _ = drawn(rng, sway(rng), -0.3)
    before = strip.luminance.copy()
    first, again = (read(strip) for _ in range(2))
    np.testing.assert_array_equal(first.displacement_px, again.displacement_px)
    np.testing.assert_array_equal(first.standard_error_px, again.standard_error_px)
    np.testing.assert_array_equal(strip.luminance, before)


def test_nothing_but_noise_claims_no_signal(rng):
    strip, _ = drawn(rng, np.zeros(ROWS), 0.0)
    reading = read(strip)
    assert reading.snr_db < 3 or not np.isfinite(reading.standard_error_px).any()
    assert np.isfinite(reading.displacement_px).all()
