"""What a JPEG file rounded is known, however it was turned, and is undone as far as can be."""

import dataclasses

import cv2
import numpy as np
import pytest
from scipy import stats
from test_read import drawn, inner, missed, read_along, true_map  # noqa: F401

from groovescan.config.settings import PhotoSettings
from groovescan.core.photograph import Photograph, Rounding
from groovescan.photo import as_photograph
from groovescan.photo.jpeg_coding.jpeg_quantisation import jpeg_steps, rounding_of
from groovescan.reading.jpeg_dequantisation import _before, _between, _put
from groovescan.wiener import best_estimate


def texture(rng, rows=203, columns=301):
    """Fine waves and noise, with sides that are no multiples of eight."""
    y, x = np.mgrid[:rows, :columns]
    waves = 40 * np.cos(1.5 * x + 0.2 * y) + 30 * np.sin(0.9 * y - 0.1 * x)
    return np.clip(128 + waves + 4 * rng.standard_normal(x.shape), 0, 255).astype(np.uint8)


def encoded(image, quality):
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def test_the_steps_are_those_of_the_standard(rng):
    # at a quality of 50 encoders use the example tables, T.81 K.1, unchanged
    steps = jpeg_steps(encoded(texture(rng), 50))
    assert steps[0].tolist() == [16, 11, 10, 16, 24, 40, 51, 61]
    assert steps[:, 0].tolist() == [16, 12, 14, 14, 18, 24, 49, 72]
    assert steps[7, 7] == 99


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"\xff\xd8\xff\xdb\x00\x05\x00\x10\x10"])
def test_a_file_without_tables_states_no_steps(data):
    assert jpeg_steps(data) is None


def test_steps_of_nothing_are_no_steps(rng):
    data = bytearray(encoded(texture(rng), 50))
    data[data.index(b"\xff\xdb") + 9] = 0
    assert jpeg_steps(bytes(data)) is None


@pytest.mark.parametrize("turned", range(8))
def test_blocks_are_found_whichever_way_the_picture_was_turned(rng, turned):
    data = encoded(texture(rng), 85)
    luma, steps = cv2.imdecode(np.frombuffer(data, np.uint8), 0), jpeg_steps(data)
    upright = np.rot90(luma.T if turned > 3 else luma, turned)
    found = rounding_of(np.ascontiguousarray(upright), steps)
    # the left-over rows and columns are at the side to which the lower right was turned
    corner = np.zeros(luma.shape, bool)
    corner[:200, :296] = True
    corner = np.rot90(corner.T if turned > 3 else corner, turned)
    assert (found.first_row, found.first_column) == tuple(np.argwhere(corner)[0])
    assert np.array_equal(found.steps * 255, steps.T if upright.shape[0] == 301 else steps)


def test_what_was_not_rounded_has_no_rounding(rng):
    steps = jpeg_steps(encoded(texture(rng), 85))
    assert rounding_of(texture(rng), steps) is None
    assert rounding_of(texture(rng), None) is None
    assert rounding_of(texture(rng)[:9, :9], steps) is None


@pytest.mark.parametrize(
    ("channel", "rounded"), [("auto", True), ("luminance", True), ("red", False)]
)
def test_the_luma_of_a_file_is_what_is_read(rng, tmp_path, channel, rounded):
    grey = texture(rng)
    data = encoded(np.stack([grey, grey, grey], axis=-1), 85)
    path = tmp_path / "диск.jpg"
    path.write_bytes(data)
    photo = as_photograph(path, PhotoSettings(channel=channel))
    assert (photo.rounding is not None) == rounded
    if rounded:
        luma = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
        np.testing.assert_array_equal(np.rint(photo.luminance * 255), luma)


def test_a_coefficient_between_two_steps_is_that_of_a_cut_normal_variable():
    model = np.linspace(-25, 25, 101)
    known = np.full(101, 8.0)
    mean, variance = _between(known, model, np.float64(4.0), 2.0)
    cut = stats.truncnorm((6 - model) / 2, (10 - model) / 2)
    near = np.abs(model - 8) < 10
    np.testing.assert_allclose(mean[near], cut.mean()[near], atol=1e-6)
    np.testing.assert_allclose(variance[near], cut.var()[near], atol=1e-5)
    # far away it lies at the nearer edge
    np.testing.assert_allclose(mean[~near], cut.mean()[~near], atol=0.25)


@pytest.mark.parametrize("step", [1.0, 3.0, 5.0])
def test_the_information_that_rounding_leaves_is_told(rng, step):
    """Of values of variance one in steps: the variance of their means, over all places of steps."""
    edges = np.arange(-60, 61) * step + np.linspace(0, step, 400)[:, None]
    share, bell = np.diff(stats.norm.cdf(edges)), -np.diff(stats.norm.pdf(edges))
    left = (bell**2 / np.maximum(share, 1e-12)).sum(axis=1).mean()

    noise, places = 0.01, 8 * np.argwhere(np.ones((40, 40)))
    model = rng.uniform(-0.5, 0.5, (1600, 8, 8)).astype(np.float32)
    shown, light = np.zeros((2, 320, 320), np.float32)
    _put(shown, places, model)
    seen = (model + noise * rng.standard_normal(model.shape)) / (step * noise)
    _put(light, places, (np.rint(seen) * step * noise).astype(np.float32))
    rounding = Rounding(steps=np.full((8, 8), step * noise, np.float32))
    found = _before(Photograph(luminance=light), shown, places, rounding, 1.2 * noise)
    assert found == pytest.approx((noise, np.sqrt(left), left), rel=0.04)


def test_a_reading_gains_by_what_rounding_is_known_to_hide(drawn, tmp_path):  # noqa: F811
    path = tmp_path / "disc.jpg"
    grey = np.rint(drawn.image / 257).astype(np.uint8)
    path.write_bytes(encoded(grey, 60))
    groove_map = true_map(drawn)
    rounded = as_photograph(path)
    left = []
    for photo in (rounded, dataclasses.replace(rounded, rounding=None)):
        found = read_along(photo, groove_map)
        best = best_estimate(found.displacement_px, found.colour * found.standard_error_px)
        estimate = dataclasses.replace(found, displacement_px=best)
        left.append(missed(drawn, estimate)[inner(drawn, found)].std())
    assert left[0] < 0.95 * left[1]


def test_errors_are_told_from_row_to_row_and_in_the_band(drawn, tmp_path):  # noqa: F811
    path = tmp_path / "disc.jpg"
    path.write_bytes(encoded(np.rint(drawn.image / 257).astype(np.uint8), 92))
    photo = as_photograph(path)
    found = read_along(photo, true_map(drawn))
    use = inner(drawn, found)
    miss, error = missed(drawn, found)[use], found.standard_error_px[use]
    assert np.std(miss / error) == pytest.approx(1.0, abs=0.15)
    # means over twelve rows hold what is slow
    slow = np.convolve(miss, np.full(12, 1 / np.sqrt(12)), "valid")
    assert slow.std() / np.sqrt(np.mean(error**2)) == pytest.approx(found.colour, rel=0.15)
    assert found.colour > 1.25
    assert read_along(dataclasses.replace(photo, rounding=None), true_map(drawn)).colour == 1.0
