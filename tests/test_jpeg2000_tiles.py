"""JPEG 2000 files by tiles: the same as whole, in the memory of some tiles."""

import io
import struct

import cv2
import imagecodecs
import numpy as np
import pytest
from PIL import Image

from groovescan.config.settings import PhotoSettings
from groovescan.errors import PhotographError
from groovescan.photo import read_photograph
from groovescan.photo.blocks import BlockPixels
from groovescan.photo.containers.jpeg2000_tiles import TileStore, tiled_code

ROWS, COLUMNS = 700, 901
#: Everything is read by tiles, and held by blocks.
BY_TILES = PhotoSettings(whole_mb=0.0)


def picture(kind=np.uint8, samples=1):
    rng = np.random.default_rng(1)
    smooth = cv2.resize(rng.random((30, 40, samples)), (COLUMNS, ROWS)).reshape(ROWS, COLUMNS, -1)
    noisy = 0.9 * smooth + 0.1 * rng.random((ROWS, COLUMNS, samples))
    return (noisy * np.iinfo(kind).max).astype(kind).squeeze()


def coded(pixels, tile=(128, 100), **options):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG2000", tile_size=tile, **options)
    return file.getvalue()


def saved(folder, data, name="disc.jp2"):
    path = folder / name
    path.write_bytes(data)
    return path


LOSSY = {"irreversible": True, "quality_mode": "dB", "quality_layers": [38, 45]}
KINDS = {
    "grey": (picture(), {}),
    "16 bits": (picture(np.uint16), {}),
    "colours": (picture(samples=3), {}),
    "colours and alpha": (picture(samples=4), {}),
    "lossy": (picture(), LOSSY),
    "lossy colours": (picture(samples=3), LOSSY),
    "by position": (picture(), {"progression": "PCRL", "num_resolutions": 3}),
    "large tiles": (picture(), {"tile": (512, 640)}),
    "tiles of a part": (picture(), {"tile": (1024, 256)}),
    "code alone": (picture(), {"no_jp2": True}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_tiles_are_the_same_as_the_whole(kind, tmp_path):
    pixels, options = KINDS[kind]
    path = saved(tmp_path, coded(pixels, **options))
    whole = imagecodecs.jpeg2k_decode(path.read_bytes()).reshape(ROWS, COLUMNS, -1)
    store = TileStore(path, tiled_code(path))
    assert (store.shape, store.dtype) == (whole.shape, whole.dtype)
    height, width = store.block
    for row in range(-(-ROWS // height)):
        for column in range(-(-COLUMNS // width)):
            part = (slice(row * height, (row + 1) * height),)
            part += (slice(column * width, (column + 1) * width),)
            np.testing.assert_array_equal(store.load(row, column), whole[part])


@pytest.mark.parametrize("kind", KINDS)
def test_a_photograph_is_the_same_by_tiles(kind, tmp_path):
    pixels, options = KINDS[kind]
    path = saved(tmp_path, coded(pixels, **options))
    whole, tiled = read_photograph(path), read_photograph(path, BY_TILES)
    assert isinstance(tiled.pixels, BlockPixels)
    assert (tiled.bits, tiled.dpi, tiled.channel) == (whole.bits, whole.dpi, whole.channel)
    assert tiled.tone == whole.tone
    for rows, columns in ((slice(0, ROWS), slice(0, COLUMNS)), (slice(90, 333), slice(400, 777))):
        np.testing.assert_array_equal(tiled.window(rows, columns), whole.window(rows, columns))


def test_twelve_bits_are_as_bright_by_tiles(tmp_path):
    data = bytearray(coded(picture(np.uint16) >> 4))
    data[data.index(b"\xff\x51") + 40] = 11  # as if it had been of twelve bits
    path = saved(tmp_path, bytes(data))
    assert tiled_code(path) is not None
    whole, tiled = read_photograph(path), read_photograph(path, BY_TILES)
    assert (whole.bits, tiled.bits) == (12, 12)
    np.testing.assert_array_equal(tiled.luminance, whole.luminance)


@pytest.mark.parametrize("tile", [None, (1024, 1024)])
def test_one_tile_is_decoded_whole(tile, tmp_path):
    path = saved(tmp_path, coded(picture(), tile=tile))
    assert tiled_code(path) is None
    assert read_photograph(path, BY_TILES).shape == (ROWS, COLUMNS)


def test_what_can_only_be_decoded_whole_is(tmp_path):
    data = coded(picture(samples=3))
    place = data.index(b"\xff\x51")
    odd = {
        "signs": (place + 40, b"\x87"),
        "samples of two sizes": (place + 44, b"\x02"),
        "begins within a tile": (place + 14, struct.pack(">I", 3)),
        "luma and chroma": (data.index(b"colr") + 7, b"\0\0\0\x12"),
        "a palette": (data.index(b"colr"), b"pclr"),
    }
    assert tiled_code(saved(tmp_path, data)) is not None
    for at, changed in odd.values():
        assert tiled_code(saved(tmp_path, data[:at] + changed + data[at + len(changed) :])) is None


@pytest.mark.parametrize("share", [0.05, 0.3, 0.7, 0.99])
def test_what_is_cut_is_refused_before_it_is_decoded(share, tmp_path, monkeypatch):
    data = coded(picture())
    monkeypatch.setattr(imagecodecs, "jpeg2k_decode", pytest.fail)
    with pytest.raises(PhotographError, match=r"incomplete, .*copy it again"):
        read_photograph(saved(tmp_path, data[: int(share * len(data))]), BY_TILES)


def test_a_damaged_tile_is_named(tmp_path, monkeypatch):
    path = saved(tmp_path, coded(picture()))

    def fails(data):
        raise ValueError("bad code")

    photo = read_photograph(path, BY_TILES)
    monkeypatch.setattr(imagecodecs, "jpeg2k_decode", fails)
    with pytest.raises(PhotographError, match=r"its tile 0 is damaged \(bad code\)"):
        photo.window(slice(0, 10), slice(0, 10))


def test_a_file_that_becomes_shorter_is_told(tmp_path):
    data = coded(picture())
    path = saved(tmp_path, data)
    photo = read_photograph(path, BY_TILES)
    saved(tmp_path, data[: len(data) // 2])
    with pytest.raises(PhotographError, match="has become shorter"):
        photo.window(slice(ROWS - 10, ROWS), slice(COLUMNS - 10, COLUMNS))


def test_by_tiles_the_limit_of_what_is_decoded_whole_does_not_count(tmp_path):
    settings = PhotoSettings(whole_mb=0.0, max_whole_megapixels=0.1)
    assert read_photograph(saved(tmp_path, coded(picture())), settings).shape == (ROWS, COLUMNS)
    with pytest.raises(PhotographError, match=r"whole, and the limit for that is 0\.1"):
        read_photograph(saved(tmp_path, coded(picture(), tile=None)), settings)
    with pytest.raises(PhotographError, match=r"the limit is 0\.1"):
        read_photograph(tmp_path / "disc.jp2", PhotoSettings(whole_mb=0.0, max_megapixels=0.1))


def test_tiles_that_no_file_can_hold_are_refused(tmp_path):
    data = bytearray(coded(picture()))
    place = data.index(b"\xff\x51") + 22
    data[place : place + 8] = struct.pack(">2I", 1, 1)  # 630 700 tiles of a px
    with pytest.raises(PhotographError, match="of its 630700 tiles, 56 are there"):
        read_photograph(saved(tmp_path, bytes(data)), BY_TILES)


def test_broken_headers_end_well(tmp_path):
    data = coded(picture()[:200, :300].copy(), tile=(64, 64))
    rng = np.random.default_rng(2)
    for at in rng.integers(0, 400, 150):
        broken = bytearray(data)
        broken[at] = rng.integers(256)
        try:
            photo = read_photograph(saved(tmp_path, bytes(broken)), BY_TILES)
            photo.window(slice(0, 64), slice(0, 64))
        except PhotographError:
            pass
