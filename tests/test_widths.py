"""Cuts that are not lateral: how the width changes the profile, and what is sound or light."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import as_photo
from scipy import ndimage
from test_sweep import CONTRAST, LEVEL, MAP, NOISE, PITCH, ROW_GRID, ROW_TURNS, SIZE, TILES, TURNS

from groovescan.core.geometry.camera_model import radius_at, unproject
from groovescan.profile.model_limits import CELL_ROWS
from groovescan.profile.template import grid, normalised
from groovescan.profile.widths import NARROWEST, STEPS_PER_WIDTH, growth, width_tables
from groovescan.reading.light.illumination import light_of
from groovescan.reading.light.slope_contrast import slope_contrast, with_slope_contrast
from groovescan.reading.profile_learning import learn
from groovescan.reading.sweep import State, sweep

REACH_PX, HALF_PX, BLUR_PX = 0.6 * PITCH, 1.4, 0.9


def line(half_px, x=None):
    """A line of a half width, with soft flanks that widen with it, under the blur."""
    fine = np.arange(-12, 12, 1 / 256)
    flank = np.clip((np.abs(fine) / half_px - 0.7) / 0.6, 0, 1)
    blurred = ndimage.gaussian_filter1d(0.5 + 0.5 * np.cos(np.pi * flank), BLUR_PX * 256)
    return np.interp(grid(REACH_PX) if x is None else x, fine, blurred)


TEMPLATE, PEAK = normalised(np.pad(line(HALF_PX), 1), REACH_PX)


def table(values, width):
    """The table of a width over the usual one, between those that are kept."""
    values = values.reshape(-1, len(TEMPLATE.value))
    place = (width - NARROWEST) * STEPS_PER_WIDTH
    low = int(place)
    return values[low] + (place - low) * (values[low + 1] - values[low])


@pytest.mark.parametrize("width", [0.6, 0.85, 1.0, 1.2, 1.5])
def test_a_wider_groove_has_wider_flanks_and_the_same_blur(width):
    value, _ = width_tables(TEMPLATE, BLUR_PX)
    stretched, _ = width_tables(TEMPLATE, 0.0)
    true = np.pad(line(width * HALF_PX), 1) / PEAK
    assert np.abs(table(value, width) - true).max() < 0.04
    if width != 1:
        assert np.abs(table(stretched, width) - true).max() > 0.06


def test_the_growth_is_the_derivative_of_the_profile():
    value, growth = width_tables(TEMPLATE, BLUR_PX)
    step = 0.1
    rise = table(value, 1 + step) - table(value, 1 - step)
    expected = rise / (2 * step * TEMPLATE.half_width_px)
    assert table(growth, 1.0) == pytest.approx(expected, abs=0.02)


def test_the_growth_at_the_usual_width_needs_no_other_widths():
    step = 0.05
    rise = line((1 + step) * HALF_PX) - line((1 - step) * HALF_PX)
    expected = np.pad(rise, 1) / PEAK / (2 * step)
    found = growth(TEMPLATE, BLUR_PX) * TEMPLATE.half_width_px
    # this template, unlike one of splines, does not end with its slope
    away = np.abs(found - expected)[8:-8]
    assert away.max() < 0.05 * np.abs(expected).max()


def grown(turns):
    """Growth of the half width in px: no two turns are alike."""
    return 0.35 * np.sin(2 * np.pi * 11.3 * turns) + 0.2 * np.cos(2 * np.pi * 17.7 * turns)


def steepness(turns):
    """Slope of the half width along the groove."""
    step = 1e-4
    rise = (grown(turns + step) - grown(turns - step)) / (2 * step)
    return rise / (2 * np.pi * radius_at(MAP, turns.ravel()).reshape(turns.shape))


def drawn(signal=grown, modulation="vertical", slope_change=0.0):
    """A photograph of all turns together."""
    y, x = np.indices((SIZE, SIZE)).astype(float)
    radius, angle = unproject(MAP.camera, x, y)
    fraction = np.mod(MAP.direction * (angle - MAP.start_rad) / (2 * np.pi), 1.0)
    light = np.full(radius.shape, LEVEL)
    widths = np.linspace(0.3, 1.8, 61)
    offsets = np.arange(-6, 6, 1 / 32)
    profiles = np.stack([line(width * HALF_PX, offsets) for width in widths])
    for turn in range(TURNS):
        s = turn + fraction
        brighter = signal(s) if modulation == "brightness" else slope_change * steepness(s) ** 2
        wider = signal(s) / HALF_PX if modulation == "vertical" else np.zeros(s.shape)
        width = (1 + wider - widths[0]) / (widths[1] - widths[0])
        away = (radius - radius_at(MAP, s) + 6) * 32
        at = [width.ravel(), np.clip(away, 0, len(offsets) - 1).ravel()]
        look = ndimage.map_coordinates(profiles, at, order=1).reshape(s.shape)
        light += CONTRAST / PEAK * (1 + brighter) * look
    return as_photo(light + NOISE * np.random.default_rng(2).standard_normal(light.shape))


def known(**changes):
    inside = np.zeros(len(ROW_TURNS), bool)
    inside[ROW_GRID.groove] = True
    full = np.ones(len(ROW_TURNS), np.float32)
    values = {
        # as wide as the template says that a groove is
        "displacement_px": np.where(
            inside, grown(ROW_TURNS) * TEMPLATE.half_width_px / HALF_PX, 0
        ).astype(np.float32),
        "contrast": np.where(inside, CONTRAST, 0).astype(np.float32),
        "level": LEVEL * full,
        "tilt": 0 * full,
        "template": TEMPLATE,
        "noise": NOISE,
        "misfit": NOISE,
        "modulation": "vertical",
    }
    return State(**values | changes)


@pytest.mark.parametrize("slope_change", [0.0, -40.0])
def test_walls_that_darken_as_they_tilt_are_told_from_a_change_of_the_width(rng, slope_change):
    photo, state = drawn(slope_change=slope_change), known(blur_px=BLUR_PX)
    found = slope_contrast(photo, TILES, ROW_GRID, state, rng)
    # The template calls another width half of the groove's.
    true = slope_change * (HALF_PX / TEMPLATE.half_width_px) ** 2
    assert found == pytest.approx(true, rel=0.2, abs=4)
    # What is known of it already is not told again.
    known_part = with_slope_contrast(ROW_GRID, state, true)
    again = slope_contrast(photo, TILES, ROW_GRID, known_part, rng)
    assert again == pytest.approx(0, abs=8)


@pytest.mark.parametrize("thought_px", [0.0, 1.2])
def test_the_blur_is_learnt_from_how_the_profile_changes_with_the_width(rng, thought_px):
    photo, state = drawn(), known(blur_px=thought_px)
    for _ in range(3):
        state = learn(photo, TILES, ROW_GRID, state, rng)
    assert state.blur_px == pytest.approx(BLUR_PX, rel=0.1)


def test_without_widths_nothing_is_learnt_of_the_blur(rng):
    still = known(blur_px=0.5, displacement_px=np.zeros(len(ROW_TURNS), np.float32))
    assert learn(drawn(), TILES, ROW_GRID, still, rng).blur_px == pytest.approx(0.5, abs=0.1)


def test_the_model_of_the_true_widths_leaves_the_noise():
    sums = sweep(drawn(), TILES, ROW_GRID, known(blur_px=BLUR_PX))
    inside = slice(2 * len(sums.square) // (TURNS + 2), -2 * len(sums.square) // (TURNS + 2))
    left = np.sqrt(sums.square[inside].sum() / sums.weight[inside].sum())
    assert left == pytest.approx(NOISE, rel=0.1)


@pytest.mark.parametrize("modulation", ["vertical", "brightness"])
def test_level_and_contrast_do_not_take_a_slow_sound_for_their_own(modulation):
    # as slow as some cells, so that no average along the groove alone can tell
    def slow(turns):
        return 0.3 * np.sin(2 * np.pi * 4.3 * turns)

    still = np.zeros(len(ROW_TURNS), np.float32)
    state = known(blur_px=BLUR_PX, modulation=modulation, displacement_px=still)
    sums = sweep(drawn(slow, modulation), TILES, ROW_GRID, state)
    cells = slice(3 * ROW_GRID.samples_per_turn // (2 * CELL_ROWS), None)
    cells = slice(cells.start, len(sums.square) - cells.start)

    def strayed(found):
        level, contrast = (part[cells] for part in found)
        return np.std(level) / abs(CONTRAST), np.std(contrast) / abs(CONTRAST)

    level, contrast = strayed(light_of(ROW_GRID, sums))
    followed = strayed(light_of(ROW_GRID, replace(sums, apart=None)))
    assert level < 0.003
    assert contrast < 0.01
    assert followed[1] > 5 * contrast


def test_a_contrast_that_changes_quickly_along_the_film_is_followed():
    def still(turns):
        return 0 * turns

    photo = drawn(still, "brightness")
    state = known(modulation="brightness", displacement_px=np.zeros(len(ROW_TURNS), np.float32))
    sums = sweep(photo, TILES, ROW_GRID, state)
    # six times per turn, on all turns alike
    cell_turns = (np.arange(len(sums.square)) + 0.5) * CELL_ROWS / ROW_GRID.samples_per_turn
    change = 1 + 0.9 * np.sin(2 * np.pi * 6 * cell_turns)
    normal, target = (part.copy() for part in sums.apart)
    target[:, 0] += normal[:, 0, 1] * (change - 1) * CONTRAST
    target[:, 1] += normal[:, 1, 1] * (change - 1) * CONTRAST
    plain = sums.target.copy()
    plain[:, 0] += sums.normal[:, 0, 1] * (change - 1) * CONTRAST
    plain[:, 1] += sums.normal[:, 1, 1] * (change - 1) * CONTRAST
    _, contrast = light_of(ROW_GRID, replace(sums, apart=(normal, target), target=plain))
    inner = slice(2 * len(change) // (TURNS + 2), -2 * len(change) // (TURNS + 2))
    assert np.corrcoef(contrast[inner], change[inner])[0, 1] < -0.95
