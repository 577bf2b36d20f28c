"""Camera raw files are read through the extra, or refused with its name."""

import sys

import numpy as np
import pytest
from raws import WHITE, dng

from groovescan.batch.intake.photograph_size import pixels_of
from groovescan.config.settings import PhotoSettings
from groovescan.errors import PhotographError
from groovescan.photo import read_photograph


@pytest.fixture
def rawpy():
    return pytest.importorskip("rawpy", reason="the extra raw is not installed")


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_raw_file_is_read_linear_and_upright(tmp_path, rawpy, orientation):
    mosaic = np.zeros((96, 128), np.uint16)
    mosaic[:48, :64], mosaic[:48, 64:] = WHITE // 2, WHITE // 4
    light = read_photograph(dng(tmp_path / "снимок.dng", mosaic, orientation)).luminance
    assert light.shape == ((96, 128) if orientation in (1, 3) else (128, 96))
    stored = {1: light, 3: light[::-1, ::-1], 6: np.rot90(light), 8: np.rot90(light, -1)}
    places = stored[orientation]
    assert places[20, 30] == pytest.approx(2 * places[20, 100], rel=0.01)
    assert places[20, 30] > 0.3
    assert places[80].max() < 0.01


def test_its_size_is_known_before_it_is_developed(tmp_path, rawpy):
    path = dng(tmp_path / "p.dng", np.zeros((96, 128), np.uint16))
    assert pixels_of(path) == 96 * 128
    path.write_bytes(path.read_bytes()[:300])
    assert pixels_of(path) == 0


def test_of_the_mosaic_a_channel_is_taken(tmp_path, rawpy):
    mosaic = np.zeros((96, 128), np.uint16)
    mosaic[::2, ::2] = 12000  # red alone
    path = dng(tmp_path / "p.dng", mosaic)
    red, blue = (read_photograph(path, PhotoSettings(channel=name)) for name in ("red", "blue"))
    assert (red.channel, red.bits) == ("red", 14)
    assert np.median(red.luminance) > 0.3
    assert np.median(blue.luminance) < 0.05


def test_the_limit_holds_for_raw_files(tmp_path, rawpy):
    path = dng(tmp_path / "p.dng", np.zeros((96, 128), np.uint16))
    with pytest.raises(PhotographError, match=r"128 x 96 px.*whole.*limit for that is 0\.01"):
        read_photograph(path, PhotoSettings(max_whole_megapixels=0.01))


def test_a_damaged_raw_file_is_refused(tmp_path, rawpy):
    path = tmp_path / "p.cr3"
    path.write_bytes(b"\0\0\0\x18ftypcrx \0\0\0\1crx isom" + bytes(range(256)) * 8)
    with pytest.raises(PhotographError, match=r"raw file that cannot be decoded.*16-bit TIFF"):
        read_photograph(path)


@pytest.mark.parametrize("kind", ["dng", "cr3", "raf"])
def test_a_missing_extra_is_named(tmp_path, monkeypatch, kind):
    monkeypatch.setitem(sys.modules, "rawpy", None)
    path = tmp_path / f"p.{kind}"
    if kind == "dng":
        dng(path, np.zeros((96, 128), np.uint16))
    else:
        start = {"cr3": b"\0\0\0\x18ftypcrx ", "raf": b"FUJIFILMCCD-RAW 0201"}[kind]
        path.write_bytes(start + bytes(300))
    with pytest.raises(PhotographError, match=r"install it with: .*\[raw\]"):
        read_photograph(path)
