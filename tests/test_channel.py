"""Of a colour photograph, the channel is read that shows the groove best."""

import cv2
import numpy as np
import pytest
import tifffile
from conftest import draw_fringe

from groovescan.config.settings import PhotoSettings
from groovescan.errors import SettingsError
from groovescan.photo import as_photograph, read_photograph

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
    with pytest.raises(SettingsError, match="did you mean 'green'"):
        PhotoSettings(channel="gren")


@pytest.mark.parametrize("kind", ["tiff", "array"])
def test_given_dpi_go_before_the_file_s(tmp_path, picture, kind):
    path = tmp_path / "p.tif"
    tifffile.imwrite(path, picture, resolution=(600, 600), resolutionunit="INCH")
    image = path if kind == "tiff" else picture
    assert as_photograph(image).dpi == (600 if kind == "tiff" else None)
    assert as_photograph(image, PhotoSettings(dpi=1200)).dpi == 1200
