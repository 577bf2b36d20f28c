"""Pictures that are printed, behind a grid, rounded or badly joined, as their settings say."""

import numpy as np
import pytest

from groovescan.errors import SettingsError
from groovescan.simulate import PRESETS, SimulateSettings, simulate, simulate_bands
from groovescan.simulate.model.picture import gridded, halftone, joined, rounded

DISC = SimulateSettings(
    width_px=300,
    height_px=260,
    mm_per_px=0.1,
    pitch_mm=0.7,
    width_mm=0.3,
    start_radius_mm=11.0,
    film_radius_mm=12.0,
    bones=0,
    supersampling=2,
)
RATE_HZ = 8000.0
SOUND = np.sin(np.arange(int(2 * DISC.seconds_per_turn * RATE_HZ)) / 3)
KINDS = {
    "screen": {"screen_px": 4.2},
    "grid": {"grid_px": 9.0, "grid_depth": 0.5},
    "rounded": {"rounded_quality": 8},
    "seam": {"seams": ((20.0, 0.4, 11.0, -6.0), (-50.0, 2.0, 0.0, 3.0))},
}


@pytest.mark.parametrize("level", [0.1, 0.35, 0.5, 0.8])
@pytest.mark.parametrize("pitch_px", [3.3, 8.0])
def test_a_print_has_less_paper_where_it_is_darker(level, pitch_px):
    light = halftone(np.full((240, 240), level, np.float32), pitch_px, 0.4)
    lighter = halftone(np.full((240, 240), level + 0.1, np.float32), pitch_px, 0.4)
    assert 0.05 <= light.min() <= light.max() <= 0.95
    assert light.mean() + 0.03 < lighter.mean()


def test_dots_lie_as_far_apart_as_they_should():
    light = halftone(np.full((256, 256), 0.5, np.float32), 8.0, 0.0)
    power = np.abs(np.fft.fft2(light - light.mean()))
    row, column = np.unravel_index(power[:128, :128].argmax(), (128, 128))
    assert (row, column) in {(0, 32), (32, 0)}


def test_a_grid_takes_its_share_of_the_light_where_its_lines_are():
    light = gridded(np.full((200, 200), 0.8, np.float32), 20.0, 0.25)
    np.testing.assert_allclose(np.unique(light), [0.6, 0.8], atol=1e-6)
    np.testing.assert_allclose(light[::20, 10], light[0, 10])
    assert light[10, 10] == pytest.approx(0.8)


def test_a_band_is_drawn_as_the_whole(rng):
    light = rng.uniform(0, 1, (96, 80)).astype(np.float32)
    for draw in (
        lambda part, first: halftone(part, 5.0, 0.7, first_row=first),
        lambda part, first: gridded(part, 9.0, 0.4, first_row=first),
    ):
        whole = draw(light, 0)
        np.testing.assert_allclose(draw(light[40:], 40), whole[40:], atol=1e-4)


@pytest.mark.parametrize("shape", [(96, 80), (96, 80, 3)])
def test_rounding_loses_more_the_lower_the_quality(rng, shape):
    image = rng.integers(0, 256, shape, dtype=np.uint8)
    lost = [np.std(rounded(image, q).astype(float) - image) for q in (95, 50, 10)]
    assert rounded(image, 50).shape == shape
    assert lost == sorted(lost)
    assert lost[2] > 20


def test_colours_keep_their_places():
    red = np.zeros((64, 64, 3), np.uint8)
    red[..., 0] = 200
    np.testing.assert_allclose(rounded(red, 90)[32, 32], [200, 0, 0], atol=6)


def test_what_lies_beyond_a_seam_is_moved():
    image = np.arange(40)[None] + 100 * np.arange(30)[:, None]
    moved = joined(image, ((0.0, 0.0, 3.0, 2.0),))
    np.testing.assert_array_equal(moved[:, :20], image[:, :20])
    np.testing.assert_array_equal(moved[2:, 20:], image[:-2, 17:37])
    np.testing.assert_array_equal(moved[0, 20:], image[0, 17:37])
    # counter-clockwise, as seen: a quarter turn is up
    up = joined(image, ((0.0, np.pi / 2, 1.0, 0.0),))
    np.testing.assert_array_equal(up[15:], image[15:])
    assert not np.array_equal(up[:15], image[:15])


@pytest.mark.parametrize("name", list(KINDS))
def test_bands_are_the_photograph(name):
    settings = DISC.replace(**KINDS[name])
    whole = simulate(SOUND, RATE_HZ, settings).image
    plain = simulate(SOUND, RATE_HZ, DISC).image
    bands = np.concatenate(list(simulate_bands(SOUND, RATE_HZ, settings)))
    np.testing.assert_array_equal(whole, bands)
    assert whole.shape == plain.shape
    assert np.mean(whole != plain) > 0.1


def test_sixteen_bits_are_not_rounded_by_jpeg():
    with pytest.raises(SettingsError, match="8 bits"):
        DISC.replace(bit_depth=16, rounded_quality=50)


@pytest.mark.parametrize("name", ["halftone", "grid", "rounded", "seam"])
def test_each_has_a_preset(name):
    asked = {"halftone": "screen_px", "grid": "grid_px", "rounded": "rounded_quality"}
    assert getattr(PRESETS[name], asked.get(name, "seams"))
