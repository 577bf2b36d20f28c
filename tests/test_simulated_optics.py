"""A groove lit as physics has it, and what cameras and scanners make of it."""

import numpy as np
import pytest

from groovescan.errors import SettingsError
from groovescan.simulate import PRESETS, SimulateSettings, make_sound, simulate
from groovescan.simulate.model.sensor import TINT, information_per_light
from groovescan.simulate.optics.camera_pipeline import needs_whole_picture, processed
from groovescan.simulate.optics.groove_optics import (
    GrooveShape,
    groove_shape,
    on_light_box,
    under_lamps,
)

RATE_HZ = 22050.0
DISC = SimulateSettings(
    width_px=260,
    height_px=260,
    start_radius_mm=6.0,
    film_radius_mm=7.2,
    film_wobble=0.0,
    hole_radius_mm=0.5,
    hole_offset_mm=0.0,
    clouds=0.0,
    bones=0,
    noise=0.0,
    bit_depth=16,
    supersampling=3,
    run_out_turns=1.0,
)
SHAPED = DISC.replace(profile="box")


def picture(settings, seconds=0.5, level=1.0):
    sound = level * make_sound(seconds, RATE_HZ, np.random.default_rng(4))
    return simulate(sound, RATE_HZ, settings)


def test_the_slope_is_that_of_the_depth_and_walls_stand_at_45_degrees():
    half = 0.5 * SHAPED.width_mm
    offset = np.linspace(-0.15, 0.15, 3001)
    shape = groove_shape(offset, half, SHAPED)
    edge = np.abs(np.abs(offset) - half) < 0.001
    measured = -np.gradient(shape.depth_mm, offset)
    assert np.allclose(measured[~edge], shape.slope[~edge], atol=0.01)
    assert np.allclose(shape.slope, -shape.slope[::-1])
    deep = groove_shape(np.array([-0.5, 0.5]), 0.8, SHAPED.replace(horn_mm=0.0))
    assert np.allclose(np.degrees(np.arctan(deep.slope)), [-45, 45], atol=0.2)
    # parallel to its middle, a round bottom of the stated radius
    bottom = groove_shape(np.array([0.001]), half, SHAPED)
    assert bottom.slope[0] == pytest.approx(0.001 / SHAPED.bottom_mm, rel=0.02)


def test_a_wall_shows_the_box_where_snell_has_it_and_the_bottom_half_the_density():
    wall, bottom, land = (
        GrooveShape(np.array([slope]), np.array([depth]))
        for slope, depth in ((1.0, 0.03), (0.0, 0.05), (0.0, 0.0))
    )
    # up through a wall of 45 degrees: 28.13 within it, 16.87 from the vertical, 25.80 below
    angle = np.radians(25.80)
    expected = np.sqrt(0.1) * np.exp(-0.5 * (angle / SHAPED.box_angle_rad) ** 2)
    assert on_light_box(wall, 0.1, SHAPED)[0] == pytest.approx(expected, rel=1e-3)
    assert on_light_box(bottom, 0.1, SHAPED)[0] == pytest.approx(np.sqrt(0.1))
    assert on_light_box(land, 0.1, SHAPED)[0] == pytest.approx(0.1)


@pytest.mark.parametrize(("density", "brighter"), [(0.15, False), (1.6, True)])
def test_a_groove_is_dark_on_clear_film_and_bright_on_dense_film(density, brighter):
    settings = SHAPED.replace(film_transmission=10**-density, amplitude_mm=0.0)
    image = picture(settings).image.astype(float)
    row = image[130 - 8, 135:255]
    land = np.median(image[100:160, 60:100])
    beyond = np.mean(row[row.argsort()[-5:]] - land), np.mean(land - row[row.argsort()[:5]])
    middle = image[128:133, 130 + 40 : 130 + 90].mean(axis=0)
    assert (np.mean(middle) > land) == brighter, beyond


@pytest.mark.parametrize("azimuth", [0.3, 2.0])
def test_a_facet_half_way_to_the_lamp_mirrors_it(azimuth):
    elevation = 0.6
    settings = DISC.replace(profile="lamps", lamps=((azimuth, elevation),), roughness=0.1)
    # the normal of the facet is half way between lamp and camera
    slope = np.tan((np.pi / 2 - elevation) / 2)
    facing, away, flat = (
        GrooveShape(np.array([each]), np.array([0.0])) for each in (-slope, slope, 0.0)
    )
    place = np.array([azimuth])
    shine = settings.gloss * settings.light
    assert under_lamps(facing, 0.0, place, 0.0, settings)[0] == pytest.approx(shine)
    assert under_lamps(away, 0.0, place, 0.0, settings)[0] < 1e-3
    # half a turn on, it is the other wall
    assert under_lamps(away, 0.0, place + np.pi, 0.0, settings)[0] == pytest.approx(shine)
    assert under_lamps(flat, 0.0, place, 0.2, settings)[0] == pytest.approx(0.2, abs=1e-3)


def test_the_slope_of_the_sound_moves_a_glint():
    settings = DISC.replace(profile="lamps", lamps=((0.0, 0.6),), roughness=0.1)
    wall = GrooveShape(np.full(2, -0.6), np.full(2, 0.03))
    along = np.array([0.3, -0.3])
    to_lamp, from_lamp = under_lamps(wall, along, np.full(2, 0.3), 0.0, settings)
    assert to_lamp > 3 * from_lamp
    # a groove that goes outwards is like one that was turned clockwise, and a little steeper
    steeper = GrooveShape(wall.slope * np.hypot(1, along), wall.depth_mm)
    turned = under_lamps(steeper, 0.0, 0.3 - np.arctan(along), 0.0, settings)
    assert np.allclose([to_lamp, from_lamp], turned)


@pytest.mark.parametrize("preset", ["lightbox", "onelamp", "fourlamps"])
def test_discs_with_a_shape_are_drawn_and_have_a_bound(preset):
    shaped = PRESETS[preset]
    asked = ("profile", "lamps", "film_transmission", "background")
    settings = DISC.replace(**{name: getattr(shaped, name) for name in asked}, noise=0.004)
    disc = picture(settings)
    density = disc.bound.density_mm2_per_hz
    assert np.all(np.isfinite(density))
    assert 1e-11 < np.median(density) < 1e-5
    assert np.array_equal(disc.image, picture(settings).image)


def test_the_bound_of_a_shape_is_that_of_its_light():
    """A darker picture of the same shape tells less, as the square of the light has it."""
    bright, dark = (
        picture(SHAPED.replace(noise=0.01, light=light)).bound.density_mm2_per_hz
        for light in (0.8, 0.4)
    )
    assert np.median(dark / bright) == pytest.approx(4.0, rel=0.02)


def rms(values):
    return float(np.std(values))


@pytest.mark.parametrize("mosaic", ["bilinear", "edges"])
def test_even_light_keeps_its_colour_behind_a_mosaic_and_noise_is_interpolated(mosaic):
    settings = DISC.replace(mosaic=mosaic, colour=True, noise=0.02)
    light = np.full((64, 80), 0.5, np.float32)
    image = processed(light, settings, np.random.default_rng(0)) / 65535
    assert image.shape == (64, 80, 3)
    inside = image[4:-4, 4:-4]
    assert np.allclose(inside.mean(axis=(0, 1)), 0.5 * TINT, atol=0.003)
    red = inside[..., 0] - inside[..., 0].mean()
    together = np.mean(red[:, 1:] * red[:, :-1]) / np.mean(red**2)
    assert together > 0.3


def test_an_interpolated_scan_has_fewer_pixels_than_it_seems():
    settings = DISC.replace(interpolated=2.0, noise=0.02)
    light = np.full((100, 80), 0.5, np.float32)
    image = processed(light, settings, np.random.default_rng(0)) / 65535
    assert image.shape == light.shape
    assert image.mean() == pytest.approx(0.5, abs=0.003)
    apart = image - image.mean()
    assert np.mean(apart[:, 1:] * apart[:, :-1]) / np.mean(apart**2) > 0.5
    plain = DISC.replace(noise=0.02)
    assert information_per_light(settings) == pytest.approx(information_per_light(plain) / 4)


def test_noise_is_reduced_and_edges_are_sharpened():
    plain = DISC.replace(noise=0.02, bit_depth=8)
    light = np.full((64, 80), 0.5, np.float32)
    light[:, 40:] = 0.7

    def of(**changes):
        settings = plain.replace(**changes)
        assert needs_whole_picture(settings) == bool(changes)
        return processed(light, settings, np.random.default_rng(0)).astype(float)

    before = of()
    assert rms(of(denoised=12.0)[:, :30]) < 0.5 * rms(before[:, :30])
    sharp = of(sharpened=1.0)
    assert rms(sharp[:, :30]) > 1.3 * rms(before[:, :30])
    step = [image[:, 40:42].mean() - image[:, 38:40].mean() for image in (before, sharp)]
    assert step[1] > 1.2 * step[0]


@pytest.mark.parametrize(
    "changes",
    [
        {"denoised": 3.0, "bit_depth": 16},
        {"profile": "lamps", "lamps": ()},
        {"profile": "box", "modulation": "brightness"},
        {"lamps": ((0.3, 3.0),)},
        {"mosaic": "none such"},
    ],
)
def test_what_cannot_be_drawn_is_refused(changes):
    with pytest.raises(SettingsError):
        DISC.replace(**changes)
