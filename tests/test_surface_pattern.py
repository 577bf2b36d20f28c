"""What lies on the film is told from the groove, and taken out of what is read."""

from types import SimpleNamespace

import numpy as np
import pytest
from conftest import as_photo
from scipy import ndimage
from test_read import SETTINGS, inner, missed, read_along, true_map

from groovescan.reading.film_pattern.surface_pattern import (
    SurfacePattern,
    _power_left,
    shows_pattern,
)
from groovescan.reading.film_pattern.wave_filter import waves
from groovescan.simulate import make_sound, simulate
from groovescan.simulate.optics.film_surface import make_film_surface

RATE_HZ = 22050.0


def noise_picture(seed, shape=(300, 260)):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def wave_picture(shape, period_px, angle_rad):
    y, x = np.mgrid[: shape[0], : shape[1]]
    along = x * np.cos(angle_rad) + y * np.sin(angle_rad)
    return np.cos(2 * np.pi * along / period_px).astype(np.float32)


@pytest.mark.parametrize("angle_rad", [0.0, 0.6, 1.57, 2.5])
def test_a_wave_is_found_in_noise_and_the_noise_is_left(angle_rad):
    noise = noise_picture(1)
    wave = wave_picture(noise.shape, 9.3, angle_rad)
    told = np.ones(noise.shape, bool)
    found = waves(noise + wave, told, 64, least_share=0.01)
    inside = np.s_[40:-40, 40:-40]
    # a dozen of 4,096 frequencies are kept, of noise as of the wave
    assert np.std((found - wave)[inside]) < 0.15
    assert np.std(found[inside]) == pytest.approx(np.sqrt(0.5), rel=0.05)


@pytest.mark.parametrize("blur_px", [0.0, 0.8])
def test_noise_is_no_wave_whatever_its_colour(blur_px):
    noise = ndimage.gaussian_filter(noise_picture(2), blur_px)
    found = waves(noise, np.ones(noise.shape, bool), 64, least_share=0.0)
    assert np.std(found) < 0.05 * np.std(noise)


def test_a_weak_wave_waits_until_its_share_comes():
    noise = noise_picture(3)
    strong, weak = (wave_picture(noise.shape, *each) for each in ((9.3, 0.4), (13.0, 2.0)))
    picture, told = noise + 2 * strong + 0.5 * weak, np.ones(noise.shape, bool)

    def of_weak(least_share):
        found = waves(picture, told, 64, least_share=least_share)[40:-40, 40:-40]
        return float(np.sum(found * weak[40:-40, 40:-40]) / np.sum(weak[40:-40, 40:-40] ** 2))

    assert of_weak(0.3) < 0.05
    assert of_weak(0.01) > 0.25  # of 0.5, since its neighbours in the spectrum are noise


@pytest.mark.parametrize("shape", [(20, 30), (64, 64), (65, 200)])
def test_nothing_is_found_where_nothing_is_told(shape):
    found = waves(noise_picture(4, shape), np.zeros(shape, bool), 64, least_share=0.1)
    assert found.shape == shape
    assert not found.any()


def test_a_pattern_is_taken_out_of_its_part_of_the_photograph_alone():
    photo = as_photo(np.full((40, 50), 0.4, np.float32))
    pattern = SurfacePattern(
        block=(slice(10, 20), slice(30, 50)), relative=np.full((10, 20), 0.25, np.float32)
    )
    without = pattern.removed(photo).luminance
    assert np.allclose(without[10:20, 30:], 0.32)
    assert np.allclose(np.delete(without, range(10, 20), axis=0), 0.4)
    assert np.all(photo.luminance == np.float32(0.4))


def rms_error(settings):
    """Error of a reading along the true map, and that claimed, of what is quicker, in px rms."""
    disc = simulate(make_sound(3.0, RATE_HZ, np.random.default_rng(8)), RATE_HZ, settings)
    reading = read_along(as_photo(disc.image / np.float32(65535)), true_map(disc))
    used = inner(disc, reading)
    miss = np.where(np.isfinite(reading.standard_error_px), missed(disc, reading), 0.0)
    miss = miss - ndimage.uniform_filter1d(miss, reading.samples_per_turn // 3)
    claimed = np.sqrt(np.mean(reading.standard_error_px[used] ** 2))
    return float(np.std(miss[used])), float(claimed)


def test_prints_and_rings_are_not_read():
    plain = SETTINGS.replace(noise=0.004)
    clean, claimed = rms_error(plain)
    assert clean < 1.3 * claimed
    assert rms_error(plain.replace(prints=5))[0] < 1.3 * clean
    # six turns, three of them beside the edge of what is read, hold little of such wide rings:
    # with them the error is six times that without
    error, claimed_ringed = rms_error(plain.replace(rings=3, ring_depth=0.15))
    assert error < 2.7 * clean
    # and what is left of them is claimed
    assert claimed_ringed > 1.5 * claimed
    assert 0.5 * error < claimed_ringed < 1.5 * error


def test_what_a_wrong_model_leaves_of_the_turns_is_no_pattern():
    """Lines a pitch apart that the model does not follow, beside waves that could be a pattern."""
    pitch_px, count = 5.0, 12
    middles = np.array([[300.0, 0.0]] * count)
    wave, turns = (wave_picture((64, 64), *each) for each in ((9.3, 0.8), (pitch_px, 0.0)))
    noise = np.random.default_rng(5).standard_normal((count, 64, 64)).astype(np.float32)
    pattern, own = _power_left(noise + 2 * wave, middles, pitch_px)
    assert np.all(pattern > 1)
    assert np.all(own < 0.1)
    pattern, own = _power_left(noise + 2 * turns, middles, pitch_px)
    assert np.all(own > 1)
    assert np.all(pattern < 0.1)


def test_no_pattern_is_looked_for_where_it_would_not_fit_in_memory():
    vast = SimpleNamespace(shape=(10_000, 10_000))
    assert not shows_pattern(vast, (), None, None, None)


def test_rings_lie_as_far_apart_as_optics_has_it():
    settings = SETTINGS.replace(rings=1, ring_depth=0.2, ring_coherence_um=1000.0)
    surface = make_film_surface(settings, np.random.default_rng(3))
    x, y, bend_mm, _, turned = surface.rings[0]
    # bright where the beam that goes there and back is late by whole waves
    order = np.arange(1, 6)
    radius = np.sqrt(order * 550e-6 * bend_mm)
    bright = surface.factor(x + 1j * y + radius * np.exp(1j * turned))
    dark = surface.factor(
        x + 1j * y + np.sqrt((order - 0.5) * 550e-6 * bend_mm) * np.exp(1j * turned)
    )
    assert np.allclose(bright, 1.2, atol=1e-3)
    assert np.allclose(dark, 0.8, atol=1e-3)


def test_ridges_lie_as_far_apart_as_was_asked():
    settings = SETTINGS.replace(prints=1, print_depth=0.3, print_ridge_mm=0.5)
    surface = make_film_surface(settings, np.random.default_rng(3))
    x, y, turned, _, wave_mm, phase = surface.prints[0]
    # across the whorl where its ridges bend least
    across = np.linspace(1.0, 4.0, 3000)
    along = (np.pi / 2 - phase) * wave_mm / (2 * np.pi)
    line = surface.factor(x + 1j * y + (along + 1j * across) * np.exp(1j * turned))
    assert 0.69 < line.min() < 0.75
    assert line.max() == pytest.approx(1.0, abs=0.01)
    ridges = np.flatnonzero((line[1:-1] < line[:-2]) & (line[1:-1] < line[2:]))
    assert len(ridges) in (5, 6, 7)


def test_film_without_prints_has_no_surface():
    assert make_film_surface(SETTINGS, np.random.default_rng(0)) is None
