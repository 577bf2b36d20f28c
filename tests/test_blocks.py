"""Photographs that are read by blocks give what they give when they are read whole."""

import dataclasses
import io
import subprocess
import sys
import textwrap
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from groovescan.config.settings import PhotoSettings
from groovescan.core.photograph import ArrayPixels, Photograph
from groovescan.errors import PhotographError
from groovescan.photo import read_photograph
from groovescan.photo.blocks import BlockCache, BlockPixels
from groovescan.photo.orientation import as_stored, stored_block, upright

#: Nothing is kept whole, and little at a time.
BLOCKS = PhotoSettings(whole_mb=0.0, cache_mb=1.0)
SHAPE = (310, 430)

LAYOUTS = {
    "strips": {"rowsperstrip": 7, "compression": "lzw"},
    "contiguous": {},
    "one strip": {"rowsperstrip": SHAPE[0], "compression": "zlib"},
    "tiles": {"tile": (32, 48), "compression": "zlib"},
    "plain tiles": {"tile": (64, 64)},
    "predicted": {"rowsperstrip": 20, "compression": "lzw", "predictor": True},
    "packbits": {"rowsperstrip": 30, "compression": "packbits"},
    "zstd": {"tile": (128, 128), "compression": "zstd"},
    "bigtiff": {"bigtiff": True, "rowsperstrip": 11, "compression": "zlib"},
    "big-endian": {"byteorder": ">"},
    "big-endian tiles": {"byteorder": ">", "tile": (64, 32), "compression": "lzw"},
}
KINDS = ("uint8", "uint16", "uint32", "float32", "float64", "rgb8", "rgb16", "rgba8", "planes8")


def samples(kind, rng):
    """Samples of a kind, and what tifffile has to be told of them."""
    if kind.startswith(("rgb", "planes")):
        count = 4 if kind.startswith("rgba") else 3
        dtype = np.uint16 if kind.endswith("16") else np.uint8
        values = rng.integers(0, np.iinfo(dtype).max + 1, (*SHAPE, count), dtype=dtype)
        if kind.startswith("planes"):
            return values, {"photometric": "rgb", "planarconfig": "separate"}
        return values, {"photometric": "rgb"}
    if kind.startswith("float"):
        return rng.normal(5, 20, SHAPE).astype(kind), {}
    return rng.integers(0, np.iinfo(kind).max, SHAPE, dtype=kind), {}


def luminance_of(values):
    """The truth, in 64 bits."""
    colour = values[..., :3] if values.ndim == 3 else values[..., None]
    weights = [0.2126, 0.7152, 0.0722] if values.ndim == 3 else [1.0]
    if values.dtype.kind == "f":
        low, high = values.min(), values.max()
        return (colour[..., 0].astype(float) - low) / (float(high) - low)
    return colour @ np.array(weights) / np.iinfo(values.dtype).max


def write(path, values, **options):
    if options.get("planarconfig") == "separate":
        values = np.moveaxis(values, -1, 0)
    tifffile.imwrite(path, np.ascontiguousarray(values), **options)
    return path


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_truth(tmp_path, rng, layout, kind):
    values, told = samples(kind, rng)
    path = write(tmp_path / "p.tif", values, **told, **LAYOUTS[layout])
    photo, whole = read_photograph(path, BLOCKS), read_photograph(path)
    assert isinstance(photo.pixels, BlockPixels)
    assert isinstance(whole.pixels, ArrayPixels)
    expected = luminance_of(values)
    np.testing.assert_allclose(whole.luminance, expected, atol=1e-5)
    for rows, columns in windows(rng):
        block = photo.window(rows, columns)
        assert block.dtype == np.float32
        np.testing.assert_array_equal(block, whole.luminance[rows, columns])
    np.testing.assert_array_equal(photo.luminance, whole.luminance)


def windows(rng, count=12):
    for _ in range(count):
        top, bottom = np.sort(rng.integers(0, SHAPE[0] + 1, 2))
        left, right = np.sort(rng.integers(0, SHAPE[1] + 1, 2))
        yield slice(top, bottom), slice(left, right)
    yield slice(64, 128), slice(None)  # on the edges of blocks
    yield slice(-5, None), slice(425, 600)
    yield slice(63, 64), slice(100, 100)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("layout", ["strips", "contiguous", "tiles"])
def test_orientation_of_blocks(tmp_path, rng, layout, orientation):
    values, _ = samples("uint8", rng)
    tags = [(274, "H", 1, orientation, True)]
    path = write(tmp_path / "p.tif", values, extratags=tags, **LAYOUTS[layout])
    photo = read_photograph(path, BLOCKS)
    expected = upright(values, orientation) / np.float32(255)
    assert photo.shape == expected.shape
    np.testing.assert_array_equal(photo.luminance, expected)
    np.testing.assert_array_equal(read_photograph(path).luminance, expected)
    block = photo.window(slice(30, 171), slice(101, 300))
    np.testing.assert_array_equal(block, expected[30:171, 101:300])


@given(st.integers(1, 8), st.data())
def test_a_block_of_the_upright_is_found_in_the_stored(orientation, data):
    stored = np.arange(7 * 11).reshape(7, 11)
    turned = upright(stored, orientation)
    rows, columns = (
        slice(*sorted(data.draw(st.tuples(st.integers(0, size), st.integers(0, size)))))
        for size in turned.shape
    )
    there = stored_block(rows, columns, stored.shape, orientation)
    np.testing.assert_array_equal(upright(stored[there], orientation), turned[rows, columns])
    np.testing.assert_array_equal(as_stored(turned, orientation), stored)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_white_is_zero_by_blocks(tmp_path, rng, dtype):
    values = rng.integers(0, 250, SHAPE).astype(dtype)
    path = write(tmp_path / "p.tif", values, photometric="miniswhite", compression="lzw")
    top = values.max() if dtype is np.float32 else np.iinfo(dtype).max
    low = values.min() if dtype is np.float32 else 0
    for settings in (BLOCKS, None):
        light = read_photograph(path, settings).luminance
        np.testing.assert_allclose(light, (top - values.astype(float)) / (top - low), atol=1e-6)


def test_palettes_and_single_bits_by_blocks(tmp_path, rng):
    values = rng.integers(0, 256, SHAPE, dtype=np.uint8)
    colours = rng.integers(0, 65536, (3, 256), dtype=np.uint16)
    path = tmp_path / "p.tif"
    write(path, values, photometric="palette", colormap=colours, tile=(64, 64))
    expected = colours.T[values] @ np.array([0.2126, 0.7152, 0.0722]) / 65535
    np.testing.assert_allclose(read_photograph(path, BLOCKS).luminance, expected, atol=1e-5)
    bits = values > 128
    write(path, bits, photometric="minisblack", rowsperstrip=16)
    np.testing.assert_array_equal(read_photograph(path, BLOCKS).luminance, bits)


@pytest.mark.parametrize("colour", [False, True])
def test_jpeg_in_tiff_by_blocks(tmp_path, colour):
    wave = np.sin(np.arange(SHAPE[1]) / 9) * np.cos(np.arange(SHAPE[0]) / 7)[:, None]
    values = (127 + 100 * wave).astype(np.uint8)
    values = np.dstack([values] * 3) if colour else values
    path = write(tmp_path / "p.tif", values, tile=(64, 64), compression="jpeg")
    photo = read_photograph(path, BLOCKS)
    np.testing.assert_array_equal(photo.luminance, read_photograph(path).luminance)
    assert np.abs(photo.luminance * 255 - values.reshape(*SHAPE, -1)[..., 0]).max() < 6


def test_tiles_that_the_file_leaves_out_are_black(tmp_path):
    path = tmp_path / "sparse.tif"
    with tifffile.TiffWriter(path) as writer:
        pieces = (np.full((64, 64), 200, np.uint8) if k == 0 else None for k in range(4))
        writer.write(pieces, shape=(128, 128), dtype=np.uint8, tile=(64, 64), compression="zlib")
    light = read_photograph(path, BLOCKS).luminance * 255
    np.testing.assert_allclose(light[:64, :64], 200, atol=1e-4)
    assert not light[64:].any()
    assert not light[:, 64:].any()


# --- the photograph itself


@pytest.mark.parametrize("factor", [1, 2, 3, 7, 310, 400])
def test_a_reduced_copy_is_the_mean(tmp_path, rng, factor):
    values, _ = samples("uint16", rng)
    path = write(tmp_path / "p.tif", values, tile=(64, 64))
    rows, columns = (size // factor for size in SHAPE)
    whole = values[: rows * factor, : columns * factor] / 65535
    expected = whole.reshape(rows, factor, columns, factor).mean(axis=(1, 3))
    photo = read_photograph(path, BLOCKS)
    copy = photo.reduced(factor)
    np.testing.assert_allclose(copy, expected, atol=1e-6)
    part = photo.reduced(factor, slice(1, 5), slice(2, None))
    np.testing.assert_array_equal(part, copy[1:5, 2:])
    fresh = read_photograph(path, BLOCKS).reduced(factor, slice(1, 5), slice(2, None))
    np.testing.assert_allclose(fresh, part, atol=1e-7)


def test_a_reduced_copy_does_not_depend_on_the_bands(rng, monkeypatch):
    light = rng.random((300, 200), dtype=np.float32)
    whole = Photograph(luminance=light).reduced(4)
    monkeypatch.setattr("groovescan.core.photograph._BAND_PX", 5000)
    np.testing.assert_array_equal(Photograph(luminance=light).reduced(4), whole)


def test_reduced_copies_are_remembered_within_bounds(rng, monkeypatch):
    monkeypatch.setattr("groovescan.core.photograph._REMEMBERED_BYTES", 4 * 50 * 50)
    photo = Photograph(luminance=rng.random((200, 200), dtype=np.float32))
    assert photo.reduced(2) is not photo.reduced(2)
    assert np.shares_memory(photo.reduced(4), photo.reduced(4))
    assert not np.shares_memory(photo.reduced(8), photo.reduced(8))


def test_a_photograph_is_data_and_its_copies_stand_outside(rng):
    photo = Photograph(luminance=rng.random((64, 64), dtype=np.float32))
    before = dict(vars(photo))
    copy = photo.reduced(2)
    assert vars(photo) == before
    assert np.shares_memory(photo.taken("grey").reduced(2), copy)
    brighter = dataclasses.replace(photo, white=2.0)
    np.testing.assert_allclose(brighter.reduced(2), copy / 2, rtol=1e-6)
    gone = weakref.ref(photo.pixels)
    del photo, brighter, before
    assert gone() is None


def test_a_step_is_refused(picture):
    with pytest.raises(ValueError, match="step"):
        Photograph(luminance=picture).window(slice(0, 10, 2), slice(None))


def test_eight_bits_stay_eight_bits(tmp_path, rng):
    values, _ = samples("uint8", rng)
    path = write(tmp_path / "p.tif", values)
    pixels = read_photograph(path).pixels
    assert pixels.block(slice(None), slice(None)).dtype == np.uint8
    assert cv2.imwrite(str(tmp_path / "p.png"), values)
    pixels = read_photograph(tmp_path / "p.png").pixels
    assert pixels.block(slice(None), slice(None)).dtype == np.uint8


# --- memory


def block(value):
    return lambda: np.full(100, value, np.uint8)


def test_the_cache_lets_go_of_what_was_unused_longest():
    cache = BlockCache(300)
    for key in (1, 2, 3):
        cache.get(key, block(key))
    cache.get(1, block(9))  # is used once more
    cache.get(4, block(4))
    assert cache.nbytes == 300
    assert cache.get(1, block(9))[0] == 1
    assert cache.get(2, block(9))[0] == 9


def test_the_cache_keeps_one_block_that_is_too_large():
    cache = BlockCache(10)
    cache.get(1, block(1))
    cache.get(2, block(2))
    assert cache.nbytes == 100


def test_a_block_that_many_want_is_loaded_once():
    cache, loads, gate = BlockCache(1000), [], threading.Event()

    def load():
        gate.wait(10)
        loads.append(1)
        return np.zeros(100, np.uint8)

    with ThreadPoolExecutor(8) as pool:
        wanted = [pool.submit(cache.get, "key", load) for _ in range(8)]
        gate.set()
        found = [future.result(10) for future in wanted]
    assert len(loads) == 1
    assert all(one is found[0] for one in found)


def test_a_block_that_cannot_be_loaded_is_tried_again():
    cache = BlockCache(1000)

    def fail():
        raise PhotographError("damaged")

    for _ in range(2):
        with pytest.raises(PhotographError):
            cache.get(1, fail)
    assert cache.get(1, block(1))[0] == 1


def test_threads_see_the_same_pixels(tmp_path, rng):
    values, _ = samples("uint8", rng)
    path = write(tmp_path / "p.tif", values, tile=(16, 16), compression="zlib")
    photo = read_photograph(path, BLOCKS)
    photo.pixels.cache._most = 3 * 256 * 256  # so that blocks come and go
    tiles = [
        (slice(y, y + 60), slice(x, x + 60)) for y in range(0, 310, 37) for x in range(0, 430, 41)
    ]

    def differs(tile):
        return np.abs(photo.window(*tile) * 255 - values[tile]).max() > 1e-3

    with ThreadPoolExecutor(6) as pool:
        assert not any(pool.map(differs, tiles * 5))


PEAK = """
    import resource, sys, numpy as np
    from groovescan.photo import read_photograph
    from groovescan.config.settings import PhotoSettings
    def peak_mb():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    read_photograph(sys.argv[2])
    before = peak_mb()
    photo = read_photograph(sys.argv[1], PhotoSettings(whole_mb=50, cache_mb=40))
    total = 0.0
    for top in range(0, photo.shape[0], 700):
        for left in range(0, photo.shape[1], 700):
            total += photo.window(slice(top, top + 160), slice(left, left + 160)).sum()
    small = photo.reduced(32)
    print(peak_mb() - before, photo.shape, total, small.max())
"""


@pytest.mark.parametrize("tile", [None, (512, 512)])
def test_memory_stays_bounded(tmp_path, tile):
    """196 megapixels of 8 bits, most of it holes in the file: 196 MB whole, or 800 MB as floats."""
    pytest.importorskip("resource")
    side, path = 14000, tmp_path / "large.tif"
    if tile is None:
        memory = tifffile.memmap(path, shape=(side, side), dtype=np.uint8, bigtiff=True)
        memory[100:120, 100:120] = 255
        memory.flush()
        del memory
    else:
        pieces = (
            np.full(tile, 255 if k == 0 else 0, np.uint8) for k in range((-(-side // tile[0])) ** 2)
        )
        tifffile.imwrite(
            path, pieces, shape=(side, side), dtype=np.uint8, tile=tile, compression="zlib",
            bigtiff=True,
        )  # fmt: skip
    write(tmp_path / "small.tif", np.zeros((64, 64), np.uint8))
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PEAK), path, tmp_path / "small.tif"],
        capture_output=True,
        text=True,
        check=True,
    )
    grown_mb, rest = done.stdout.split(" ", 1)
    assert "(14000, 14000)" in rest
    assert float(rest.split()[-2]) > 0
    assert float(grown_mb) < 130, done.stdout


# --- what is refused


def refused(path, settings, *words):
    with pytest.raises(PhotographError) as error:
        read_photograph(path, settings).luminance  # noqa: B018
    for word in (path.name, *words):
        assert word in str(error.value)


def test_one_huge_strip_is_read_whole_or_refused(tmp_path, rng):
    values = rng.integers(0, 255, (3000, 1000), dtype=np.uint8)
    path = write(tmp_path / "p.tif", values, rowsperstrip=3000, compression="zlib")
    photo = read_photograph(path, BLOCKS)
    assert isinstance(photo.pixels, ArrayPixels)
    tight = BLOCKS.replace(max_whole_megapixels=2.0)
    refused(path, tight, "blocks of 1000 x 3000 px", "limit", "tiles", "cache_mb")
    write(path, values, rowsperstrip=3000)  # what is not compressed is read in parts all the same
    assert isinstance(read_photograph(path, tight).pixels, BlockPixels)


def test_damage_that_is_met_late_is_told(tmp_path, rng):
    values = rng.integers(0, 255, (300, 400), dtype=np.uint8)
    path = write(tmp_path / "p.tif", values, rowsperstrip=50, compression="zlib")
    content = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as tiff:
        at = tiff.pages[0].dataoffsets[4]
    content[at : at + 200] = bytes(200)
    path.write_bytes(content)
    photo = read_photograph(path, BLOCKS)
    assert photo.window(slice(0, 50), slice(0, 50)).size
    refused(path, BLOCKS, "damaged", "export it again")
    refused(path, None, "damaged", "export it again")


def test_a_file_that_becomes_shorter(tmp_path, rng):
    path = write(tmp_path / "p.tif", rng.integers(0, 255, (300, 400), dtype=np.uint8))
    photo = read_photograph(path, BLOCKS)
    path.write_bytes(path.read_bytes()[:60_000])
    with pytest.raises(PhotographError, match="shorter"):
        photo.luminance  # noqa: B018


@pytest.mark.parametrize("compression", ["none", "lzw", "zlib", "packbits"])
def test_tiff_headers_that_lie_take_no_memory(tmp_path, compression):
    import tracemalloc

    file = io.BytesIO()
    options = {} if compression == "none" else {"compression": compression}
    tifffile.imwrite(file, np.zeros((256, 256), np.uint8), tile=(128, 128), **options)
    content = bytearray(file.getvalue())
    with tifffile.TiffFile(io.BytesIO(content)) as tiff:
        for name, value in (("TileWidth", 32768), ("TileLength", 32768)):
            tag = tiff.pages[0].tags[name]
            content[tag.valueoffset : tag.valueoffset + 2] = value.to_bytes(2, "little")
    path = tmp_path / "p.tif"
    path.write_bytes(content)
    tracemalloc.start()
    refused(path, None)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5e6


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_small_and_large_blocks_have_the_same_luminance(rng, kind):
    pixels = rng.integers(0, np.iinfo(kind).max, (400, 500)).astype(kind)
    photo = Photograph(pixels=ArrayPixels(pixels), black=3.0, white=float(np.iinfo(kind).max))
    whole = photo.window(slice(0, 400), slice(0, 500))
    part = photo.window(slice(100, 200), slice(30, 400))
    np.testing.assert_array_equal(part, whole[100:200, 30:400])
    expected = (pixels - 3.0) / (np.iinfo(kind).max - 3.0)
    np.testing.assert_allclose(whole, expected, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(photo.reduced(4)[0, 0], expected[:4, :4].mean(), rtol=1e-5)


def test_copies_can_be_let_go():
    photo = Photograph(luminance=np.random.default_rng(2).random((64, 64), np.float32))
    copy = photo.reduced(4)
    assert np.shares_memory(photo.reduced(4), copy)
    photo.forget_reduced()
    again = photo.reduced(4)
    assert not np.shares_memory(again, copy)
    np.testing.assert_array_equal(again, copy)
    photo.forget_reduced()
    photo.forget_reduced()  # of nothing
