"""Scans that are denser across than down, or the other way round."""

import io

import numpy as np
import pytest
import tifffile
from PIL import Image

from groovescan.config.settings import PhotoSettings
from groovescan.errors import PhotographError
from groovescan.photo import read_photograph

SIDE = 240


def rings(across=1, down=1):
    """Rings as a scanner sees them that steps over so many px."""
    y, x = np.mgrid[:SIDE:down, :SIDE:across].astype(float)
    x, y = x + (across - 1) / 2, y + (down - 1) / 2
    return (128 + 90 * np.sin(np.hypot(x - 100, y - 130) / 5)).astype(np.uint8)


def written(picture, kind, dpi):
    file = io.BytesIO()
    if kind == "tiff":
        tifffile.imwrite(file, picture, resolution=dpi, resolutionunit=2, rowsperstrip=16)
    else:
        Image.fromarray(picture).save(
            file, kind, dpi=dpi, **({} if kind != "JPEG" else {"quality": 98})
        )
    return file.getvalue()


@pytest.mark.parametrize("kind", ["tiff", "PNG", "JPEG", "BMP"])
@pytest.mark.parametrize(("across", "down"), [(1, 2), (2, 1), (1, 3)])
def test_circles_are_round(kind, across, down, tmp_path):
    path = tmp_path / "scan"
    path.write_bytes(written(rings(across, down), kind, (600 / across, 600 / down)))
    photo = read_photograph(path)
    assert photo.shape == (SIDE, SIDE)
    assert photo.dpi == pytest.approx(600, abs=0.1)
    inner = slice(8, -8)
    off = (photo.luminance - rings() / 255)[inner, inner]
    assert np.abs(off).max() < 0.08


def test_colours_and_pictures_on_their_side(tmp_path):
    path = tmp_path / "scan.tif"
    colours = np.dstack([rings(1, 2)] * 3)
    options = {"photometric": "rgb", "resolution": (600, 300), "resolutionunit": 2}
    tifffile.imwrite(path, colours, extratags=[(274, "H", 1, 6, True)], **options)
    photo = read_photograph(path)
    assert photo.shape == (SIDE, SIDE)
    expected = np.rot90(rings(), -1) / 255
    assert np.abs((photo.luminance - expected)[8:-8, 8:-8]).max() < 0.08


@pytest.mark.parametrize("dpi", [(600, 600), (600, 595), (600, 100), (600, 72), (300, 1e9)])
def test_what_is_close_or_made_up_stays(dpi, tmp_path):
    path = tmp_path / "scan.tif"
    path.write_bytes(written(rings(), "tiff", dpi))
    assert read_photograph(path).shape == (SIDE, SIDE)


def test_a_density_that_is_given_goes_before_both(tmp_path):
    path = tmp_path / "scan.png"
    path.write_bytes(written(rings(1, 2), "PNG", (600, 300)))
    assert read_photograph(path, PhotoSettings(dpi=600)).shape == (SIDE // 2, SIDE)


def test_the_limit_holds_for_what_it_becomes(tmp_path):
    path = tmp_path / "scan.png"
    path.write_bytes(written(rings(1, 2), "PNG", (600, 300)))
    with pytest.raises(PhotographError, match="240 x 240 px"):
        read_photograph(path, PhotoSettings(max_megapixels=0.04))
