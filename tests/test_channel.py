"""Of a colour photograph, the channel is read that shows the groove best."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import tifffile
from conftest import draw_fringe

from groovescan.config.settings import DiscSettings, PhotoSettings, Settings
from groovescan.core.memo import Memo
from groovescan.errors import SettingsError
from groovescan.photo import as_photograph, read_photograph
from groovescan.pipeline import Stages
from groovescan.pipeline.locating import locate_groove
from groovescan.wording.choices import channel_words

CHANNELS = ("red", "green", "blue")


def coloured(rng, contrast, noise, pitch=6.0):
    """A fringe that has its own contrast and noise in each colour."""
    fringe = draw_fringe(rng, noise=0.0, pitch=pitch).luminance - 0.5
    channels = [
        0.5 + gain * fringe + level * rng.standard_normal(fringe.shape)
        for gain, level in zip(contrast, noise, strict=True)
    ]
    return np.rint(255 * np.clip(np.dstack(channels), 0, 1)).astype(np.uint8)


@pytest.mark.parametrize("best", range(3))
@pytest.mark.parametrize("pitch", [4.0, 12.0])
def test_a_channel_that_is_clearer_is_taken(rng, best, pitch):
    contrast = np.full(3, 0.1)
    contrast[best] = 1.0
    picture = coloured(rng, contrast, (0.1, 0.1, 0.1), pitch)
    photo = as_photograph(picture)
    # green is most of the mixture already, and little is gained by taking it alone
    assert photo.channel in ({"green", "luminance"} if best == 1 else {CHANNELS[best]})
    if best != 1:
        np.testing.assert_allclose(photo.luminance * 255, picture[..., best], atol=1e-4)


def test_noise_counts_as_much_as_contrast(rng):
    picture = coloured(rng, (1, 1, 1), (0.25, 0.25, 0.02))
    assert as_photograph(picture).channel == "blue"


def test_where_all_are_alike_the_mixture_is_best(rng):
    picture = coloured(rng, (1, 1, 1), (0.1, 0.1, 0.1))
    assert as_photograph(picture).channel == "luminance"


@pytest.mark.parametrize("shape", [(900, 900, 3), (40, 50, 3), (1, 1, 3)])
def test_without_any_fringe_the_mixture_is_taken(rng, shape):
    picture = rng.integers(0, 256, shape, dtype=np.uint8)
    assert as_photograph(picture).channel == "luminance"
    assert as_photograph(np.full(shape, 77, np.uint8)).channel == "luminance"


@pytest.mark.parametrize("channel", [*CHANNELS, "luminance"])
@pytest.mark.parametrize("kind", ["array", "png", "tiff", "blocks"])
def test_the_channel_that_is_asked_for(tmp_path, rng, channel, kind):
    picture = rng.integers(0, 256, (90, 70, 3), dtype=np.uint8)
    settings = PhotoSettings(channel=channel, whole_mb=0.0 if kind == "blocks" else 512.0)
    path = tmp_path / "p"
    if kind == "png":
        path.write_bytes(cv2.imencode(".png", picture[..., ::-1])[1].tobytes())
    elif kind != "array":
        tifffile.imwrite(path, picture, photometric="rgb", tile=(32, 32), compression="lzw")
    photo = as_photograph(picture if kind == "array" else path, settings)
    weights = {"luminance": [0.2126, 0.7152, 0.0722]}
    weights |= dict(zip(CHANNELS, np.eye(3), strict=True))
    np.testing.assert_allclose(photo.luminance * 255, picture @ weights[channel], atol=3e-3)
    assert photo.channel == channel


@pytest.mark.parametrize("whole_mb", [0.0, 512.0])
def test_a_file_is_judged_as_an_array_is(tmp_path, rng, whole_mb):
    picture = coloured(rng, (0.2, 0.3, 1), (0.1, 0.1, 0.05))
    path = tmp_path / "p.tif"
    for options in ({"tile": (128, 128)}, {"rowsperstrip": 10}, {"planarconfig": "separate"}):
        values = np.moveaxis(picture, 2, 0) if "planarconfig" in options else picture
        tifffile.imwrite(path, values, photometric="rgb", compression="zlib", **options)
        assert read_photograph(path, PhotoSettings(whole_mb=whole_mb)).channel == "blue"


def test_grey_leaves_no_choice(picture):
    for channel in ("auto", "red"):
        assert as_photograph(picture, PhotoSettings(channel=channel)).channel == "grey"


def test_an_unknown_channel_is_refused():
    with pytest.raises(SettingsError, match="'green', 'blue', 'luminance', or three"):
        PhotoSettings(channel="gren")


@pytest.mark.parametrize("channel", ["0,0,0", "0.5,0.5", "2,0,0", "1,,0", "0.1,0.2,0.3,0.4"])
def test_weights_that_are_none_are_refused(channel):
    with pytest.raises(SettingsError, match="three weights such as"):
        PhotoSettings(channel=channel)


@pytest.mark.parametrize("kind", ["array", "png", "tiff", "blocks"])
def test_a_mixture_that_is_asked_for(tmp_path, rng, kind):
    picture = rng.integers(0, 256, (90, 70, 3), dtype=np.uint8)
    settings = PhotoSettings(channel="0.5,-0.3,0.2", whole_mb=0.0 if kind == "blocks" else 512.0)
    path = tmp_path / "p"
    if kind == "png":
        path.write_bytes(cv2.imencode(".png", picture[..., ::-1])[1].tobytes())
    elif kind != "array":
        tifffile.imwrite(path, picture, photometric="rgb", tile=(32, 32), compression="lzw")
    photo = as_photograph(picture if kind == "array" else path, settings)
    np.testing.assert_allclose(
        photo.luminance, picture / 255 @ np.array([0.5, -0.3, 0.2]) + 0.3, atol=2e-5
    )
    assert (photo.channel, photo.colours.asked) == ("0.5,-0.3,0.2", True)


@pytest.mark.parametrize("kind", ["tiff", "array"])
def test_given_dpi_go_before_the_file_s(tmp_path, picture, kind):
    path = tmp_path / "p.tif"
    tifffile.imwrite(path, picture, resolution=(600, 600), resolutionunit="INCH")
    image = path if kind == "tiff" else picture
    assert as_photograph(image).dpi == (600 if kind == "tiff" else None)
    assert as_photograph(image, PhotoSettings(dpi=1200)).dpi == 1200


def taken_of(picture, settings=None):
    """The channel in which the groove of a picture is read at last."""
    return Stages(picture, Settings().replace(photo=settings or {})).photograph


def test_noise_that_colours_share_is_taken_off(disc, rng):
    light = disc("plain").image / 255.0
    shared = 0.02 * rng.standard_normal(light.shape)
    noise = 0.004 * rng.standard_normal((*light.shape, 3))
    # the groove shows in red, and in blue only what the film and the sensor do
    picture = np.dstack([0.5 * light, 0.45 + 0 * light, 0.45 + 0 * light]) + 0.2 + noise
    picture[..., [0, 2]] += shared[..., None]
    photo = taken_of(np.clip(np.rint(255 * picture), 0, 255).astype(np.uint8))
    red, green, blue = map(float, photo.channel.split(","))
    assert red == pytest.approx(-blue, abs=0.03)
    assert abs(green) < 0.1
    assert photo.colours is None


def test_a_sensor_with_a_mosaic_of_colours_is_read_by_all_of_them(disc, rng):
    # red and blue are known in every fourth pixel: what lies between is smooth, noise included
    light = disc("plain").image / 255.0 + 0.02 * rng.standard_normal(disc("plain").image.shape)
    mosaic = np.clip(np.rint(255 * light), 0, 255).astype(np.uint8)
    picture = cv2.cvtColor(mosaic, cv2.COLOR_BayerRG2RGB)
    assert as_photograph(picture).channel == "luminance"
    # all that the mosaic holds is in it as often as in its pixels
    weights = [float(part) for part in taken_of(picture).channel.split(",")]
    np.testing.assert_allclose(weights, [0.25, 0.5, 0.25], atol=0.1)


@pytest.mark.parametrize("whole_mb", [0.0, 512.0])
def test_of_a_file_the_channel_of_the_groove_is_read_as_if_it_were_told(
    disc, rng, tmp_path, whole_mb
):
    image = disc("plain").image
    picture = rng.integers(60, 200, (*image.shape, 3), dtype=np.uint8)
    picture[..., 2] = image
    path = tmp_path / "p.tif"
    tifffile.imwrite(path, picture, photometric="rgb", tile=(256, 256), compression="zlib")
    found = taken_of(path, {"whole_mb": whole_mb})
    told = read_photograph(path, PhotoSettings(channel="blue", whole_mb=whole_mb))
    assert (found.channel, told.channel) == ("blue", "blue")
    np.testing.assert_array_equal(found.luminance, told.luminance)


def test_what_was_guessed_wrongly_is_mended(disc, rng):
    # a guess in which there is nothing, and one in which there is less
    image = disc("plain").image
    picture = np.dstack([image, image // 8 + 100, rng.integers(0, 256, image.shape, np.uint8)])
    photo = as_photograph(picture)
    assert photo.channel == "red"
    for wrong in ("blue", "green"):
        guess = replace(photo.taken(wrong), colours=photo.colours)
        assert locate_groove(guess, DiscSettings(), Memo()).photograph.channel == "red"


def test_a_channel_is_told_in_words():
    assert channel_words("red") == "red"
    told = channel_words("0.50,0.00,-0.50")
    assert told == "a mixture: 50 % red -50 % blue (--channel=0.50,0.00,-0.50)"


@pytest.mark.parametrize(("asked", "clearer"), [("red", True), ("blue", False), ("auto", False)])
def test_a_channel_that_was_asked_for_wrongly_is_doubted(disc, rng, asked, clearer):
    """The groove shows in blue, and in red with an eighth of the contrast; red is read."""
    grey = disc("plain").image / 255.0
    faint = grey.mean() + (grey - grey.mean()) / 8
    picture = np.dstack([faint, faint, grey]) + 0.01 * rng.standard_normal((*grey.shape, 3))
    picture = np.rint(255 * np.clip(picture, 0, 1)).astype(np.uint8)
    found = Stages(picture, Settings().replace(photo={"channel": asked})).found
    assert found.photograph.channel == asked or asked == "auto"
    assert bool(found.clearer) is clearer
    if clearer:
        assert found.clearer == "blue" or float(found.clearer.split(",")[2]) > 0.8
