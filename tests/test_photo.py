"""Photographs are read as they are, or refused with a reason."""

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groovescan.config.settings import PhotoSettings
from groovescan.errors import PhotographError, SettingsError
from groovescan.photo import as_photograph, read_photograph
from groovescan.photo.orientation import upright
from groovescan.wording.facts import page_facts

#: Luminance is rounded to 16 bits.
ROUNDED = 0.5 / 65535 + 1e-6
REC_709 = np.array([0.2126, 0.7152, 0.0722])


def encoded(suffix, picture, *options):
    """A file's bytes as OpenCV writes them; colour pictures are given as RGB."""
    if picture.ndim == 3:
        picture = np.concatenate([picture[..., 2::-1], picture[..., 3:]], axis=2)
    return cv2.imencode(suffix, np.ascontiguousarray(picture), list(options))[1].tobytes()


def tiff(picture, **options):
    file = io.BytesIO()
    tifffile.imwrite(file, picture, **options)
    return file.getvalue()


def chunk(kind, content):
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check


def png(columns, rows, raw, bits=8, kind=0):
    header = struct.pack(">IIBBBBB", columns, rows, bits, kind, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(raw)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


@pytest.fixture
def saved(tmp_path):
    def save(content, name="photo.png"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return save


# --- what is read


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("kind", ["png", "tiff"])
def test_grey_is_read_exactly(saved, picture, dtype, kind):
    picture = picture.astype(dtype) * (257 if dtype == np.uint16 else 1) // 2
    content = tiff(picture) if kind == "tiff" else encoded(".png", picture)
    photo = read_photograph(saved(content))
    assert photo.luminance.dtype == np.float32
    assert photo.bits == 8 * picture.itemsize
    expected = picture / np.iinfo(dtype).max
    np.testing.assert_allclose(photo.luminance, expected, atol=1e-7)


@pytest.mark.parametrize("kind", ["png", "tiff", "tiff-planes", "array"])
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_colour_becomes_luminance_and_alpha_is_dropped(saved, rng, kind, channels, dtype):
    picture = rng.integers(0, 256, (20, 30, channels)).astype(dtype)
    if kind == "array":
        photo = as_photograph(picture)
    elif kind == "png":
        photo = read_photograph(saved(encoded(".png", picture)))
    elif kind == "tiff":
        photo = read_photograph(saved(tiff(picture, photometric="rgb")))
    else:
        planes = np.moveaxis(picture, 2, 0)
        photo = read_photograph(saved(tiff(planes, photometric="rgb", planarconfig="separate")))
    expected = picture[..., :3] @ REC_709 / np.iinfo(dtype).max
    np.testing.assert_allclose(photo.luminance, expected, atol=ROUNDED)


def test_grey_with_alpha(saved):
    raw = b"".join(b"\0" + bytes([10 * row, 7] * 4) for row in range(5))
    photo = read_photograph(saved(png(4, 5, raw, kind=4)))
    np.testing.assert_allclose(photo.luminance * 255, np.outer(10 * np.arange(5), np.ones(4)))
    picture = np.dstack([np.full((4, 4), 51, np.uint8), np.zeros((4, 4), np.uint8)])
    np.testing.assert_allclose(as_photograph(picture).luminance, 0.2)


def test_jpeg_is_read_closely(saved):
    x = np.linspace(0, 255, 64)
    picture = np.tile(x, (48, 1)).astype(np.uint8)
    photo = read_photograph(saved(encoded(".jpg", picture, cv2.IMWRITE_JPEG_QUALITY, 95)))
    assert np.abs(photo.luminance * 255 - picture).max() < 4


@pytest.mark.parametrize("compression", ["lzw", "zlib", "packbits", "zstd", "jpeg"])
@pytest.mark.parametrize("colour", [False, True])
def test_compressed_tiff(saved, compression, colour):
    row = np.linspace(0, 255, 64).astype(np.uint8)
    picture = np.tile(row, (48, 1))
    if colour:
        picture = np.dstack([picture, picture // 2, picture // 4])
    photo = read_photograph(saved(tiff(picture, compression=compression, rowsperstrip=16)))
    expected = picture @ REC_709 if colour else picture
    assert np.abs(photo.luminance * 255 - expected).max() < (5 if compression == "jpeg" else 0.01)


@pytest.mark.parametrize(
    "options",
    [
        {"tile": (16, 16), "compression": "lzw"},
        {"bigtiff": True},
        {"byteorder": ">"},
        {"predictor": True, "compression": "zlib"},
    ],
    ids=["tiled", "bigtiff", "big-endian", "predictor"],
)
def test_layouts_of_tiff(saved, picture, options):
    photo = read_photograph(saved(tiff(picture.astype(np.uint16) * 200, **options)))
    np.testing.assert_allclose(photo.luminance, picture * (200 / 65535), atol=1e-7)


def test_the_largest_page_is_taken(saved, picture):
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        for page in (picture[::4, ::4], picture, picture[:3]):
            writer.write(page)
    photo = read_photograph(saved(file.getvalue()))
    np.testing.assert_allclose(photo.luminance * 255, picture, atol=1e-4)


def two_sides(picture):
    """Two sides, a thumbnail and a reduced copy."""
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        writer.write(picture)
        writer.write(picture[::4, ::4])
        writer.write(255 - picture)
        writer.write(picture, subfiletype=1)
    return file.getvalue()


@pytest.mark.parametrize(("page", "turned"), [(0, False), (1, False), (3, True)])
def test_a_page_is_chosen_and_the_sides_are_known(saved, picture, page, turned):
    photo = read_photograph(saved(two_sides(picture)), PhotoSettings(page=page))
    np.testing.assert_allclose(
        photo.luminance * 255, 255 - picture if turned else picture, atol=1e-4
    )
    assert photo.sides == (1, 3)
    facts = page_facts(photo.sides, page)
    assert "pages 1 and 3" in facts["page"]


def test_a_page_that_is_not_there(saved, picture):
    with pytest.raises(SettingsError, match=r"page 5 was asked for, and .* has 4"):
        read_photograph(saved(two_sides(picture)), PhotoSettings(page=5))


def test_files_of_one_page_name_no_sides(saved, picture):
    assert read_photograph(saved(tiff(picture))).sides == (1,)
    assert page_facts((1,), 0) == page_facts((), 0) == {}


def test_white_is_zero_is_turned_round(saved, picture):
    photo = read_photograph(saved(tiff(picture, photometric="miniswhite")))
    np.testing.assert_allclose(photo.luminance * 255, 255 - picture, atol=1e-4)


def test_palettes_are_resolved(saved, picture):
    colours = np.zeros((3, 256), dtype=np.uint16)
    colours[1] = 65535 - 257 * np.arange(256)  # green, reversed
    photo = read_photograph(saved(tiff(picture, photometric="palette", colormap=colours)))
    np.testing.assert_allclose(photo.luminance, (255 - picture) / 255 * 0.7152, atol=ROUNDED)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_between_0_and_1_stay(saved, dtype):
    picture = np.linspace(0.25, 0.5, 600).reshape(20, 30).astype(dtype)
    expected = picture.astype(np.float32)
    np.testing.assert_array_equal(read_photograph(saved(tiff(picture))).luminance, expected)
    np.testing.assert_array_equal(as_photograph(picture).luminance, expected)


def test_other_floats_are_scaled_together():
    picture = np.linspace(-50.0, 150.0, 600).reshape(20, 30)
    expected = np.linspace(0, 1, 600).reshape(20, 30)
    np.testing.assert_allclose(as_photograph(picture).luminance, expected, atol=1e-6)
    small_on_large = 1e9 + picture
    np.testing.assert_allclose(as_photograph(small_on_large).luminance, expected, atol=1e-6)


def test_one_value_beyond_the_range_stays_finite():
    assert np.isfinite(as_photograph(np.full((5, 5), 300.0)).luminance).all()


def test_bits_of_odd_depth_are_spread(saved):
    assert as_photograph(np.eye(4, dtype=bool)).luminance.max() == 1.0
    photo = read_photograph(saved(png(8, 1, b"\0\xaa", bits=1)))
    np.testing.assert_array_equal(photo.luminance, [[1, 0] * 4])
    assert photo.bits == 1
    photo = read_photograph(saved(twelve_bits(0, 4095, 2048, 1)))
    np.testing.assert_allclose(photo.luminance * 4095, [[0, 4095], [2048, 1]], atol=0.1)
    assert photo.bits == 12


def twelve_bits(*values):
    """A TIFF of two by two pixels, packed by hand: no library that we have writes it."""
    tags = [(256, 2), (257, 2), (258, 12), (259, 1), (262, 1), (273, 122), (277, 1), (278, 2)]
    entries = b"".join(struct.pack("<HHIHH", tag, 3, 1, v, 0) for tag, v in [*tags, (279, 6)])
    packed = "".join(f"{value:012b}" for value in values)
    content = b"II*\0" + struct.pack("<IH", 8, 9) + entries + bytes(4)
    return content + int(packed, 2).to_bytes(6, "big")


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["tiff", "jpeg", "png"])
def test_orientation_is_honoured(saved, orientation, kind):
    stored = np.zeros((32, 48), dtype=np.uint8)
    stored[:16, :16] = 255  # one corner is bright, and the next to the right half so
    stored[:16, 32:] = 128
    if kind == "tiff":
        tags = [(274, "H", 1, orientation, True)]
        photo = read_photograph(saved(tiff(stored, extratags=tags)))
    elif kind == "jpeg":
        photo = read_photograph(saved(with_exif(encoded(".jpg", stored), orientation)))
    else:
        content = encoded(".png", stored)
        content = content[:33] + chunk(b"eXIf", exif_of(orientation)) + content[33:]
        photo = read_photograph(saved(content))
    # where the stored first corner, and the corner to its right, belong: TIFF 6.0, page 36
    corners = {
        1: ((0, 0), (0, -1)),
        2: ((0, -1), (0, 0)),
        3: ((-1, -1), (-1, 0)),
        4: ((-1, 0), (-1, -1)),
        5: ((0, 0), (-1, 0)),
        6: ((0, -1), (-1, -1)),
        7: ((-1, -1), (0, -1)),
        8: ((-1, 0), (0, 0)),
    }[orientation]
    assert photo.luminance.shape == ((32, 48) if orientation < 5 else (48, 32))
    assert photo.luminance[corners[0]] > 0.9
    assert 0.4 < photo.luminance[corners[1]] < 0.6


def exif_of(orientation):
    entry = struct.pack("<HHIHH", 274, 3, 1, orientation, 0)
    return b"II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 0)


def with_exif(jpeg, orientation):
    exif = b"Exif\0\0" + exif_of(orientation)
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:]


def test_upright_is_a_view(picture):
    for orientation in range(10):
        assert np.shares_memory(upright(picture, orientation), picture)


@pytest.mark.parametrize("name", ["снимок.tif", "骨.jpg", "no suffix", "photo.wav"])
def test_the_content_counts_and_not_the_name(saved, picture, name):
    photo = read_photograph(saved(encoded(".png", picture), name))
    assert photo.name == name
    np.testing.assert_allclose(photo.luminance * 255, picture, atol=1e-4)


def test_bytes_behind_the_end_do_no_harm(saved, picture):
    for suffix in (".png", ".jpg"):
        path = saved(encoded(suffix, picture) + b"appended by a camera")
        assert read_photograph(path).luminance.shape == picture.shape


def test_a_thumbnail_inside_a_jpeg_is_not_taken_for_its_end(saved, picture):
    inner = encoded(".jpg", picture[:8, :8])
    outer = encoded(".jpg", picture)
    segment = b"\xff\xe2" + struct.pack(">H", len(inner) + 2) + inner
    content = outer[:2] + segment + outer[2:]
    assert read_photograph(saved(content)).luminance.shape == picture.shape
    with pytest.raises(PhotographError, match="incomplete"):
        read_photograph(saved(content[:-20]))


# --- arrays


def test_arrays_are_not_changed(picture):
    for image in (picture, picture / 255.0, np.dstack([picture] * 3)):
        former = image.copy()
        photo = as_photograph(image)
        assert not np.shares_memory(photo.luminance, image)
        np.testing.assert_array_equal(image, former)
    assert photo.name == "array"


def test_a_float32_array_is_copied(picture):
    image = (picture / 255).astype(np.float32)
    assert not np.shares_memory(as_photograph(image).luminance, image)


def test_views_and_read_only_arrays_are_taken(picture):
    view = picture[::-2, ::3]
    view.flags.writeable = False
    np.testing.assert_allclose(as_photograph(view).luminance * 255, view, atol=1e-4)


def test_a_path_goes_through_as_photograph(saved, picture):
    path = saved(encoded(".png", picture))
    assert as_photograph(str(path)).name == path.name


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros(5), "shape"),
        (np.zeros((0, 5)), "shape"),
        (np.zeros((5, 5, 0)), "shape"),
        (np.zeros((2, 2, 2, 2)), "shape"),
        (np.zeros((5, 5, 5)), "5 channels"),
        (np.zeros((5, 5), dtype=np.int32), "int32"),
        (np.zeros((5, 5), dtype=complex), "complex"),
        (np.full((5, 5), np.nan), "not numbers"),
        (np.array([[0.0, np.inf]]), "infinite"),
        ([[0, 1]], "list"),
        (None, "NoneType"),
    ],
)
def test_arrays_of_the_wrong_kind_are_refused(image, message):
    with pytest.raises(PhotographError, match=message):
        as_photograph(image)


def test_the_limit_holds_for_arrays_too():
    with pytest.raises(PhotographError, match=r"200 x 100 px.*limit is 0\.01"):
        as_photograph(np.zeros((100, 200)), PhotoSettings(max_megapixels=0.01))


@given(rows=st.integers(1, 600), columns=st.integers(1, 9), channels=st.sampled_from([1, 2, 3, 4]))
@settings(max_examples=30, deadline=None)
def test_luminance_does_not_depend_on_the_blocks(rows, columns, channels):
    pixels = np.random.default_rng(rows).integers(0, 256, (rows, columns, channels), np.uint8)
    expected = pixels[..., 0] if channels < 3 else pixels[..., :3] @ REC_709
    np.testing.assert_allclose(
        as_photograph(pixels).luminance * 255, expected, atol=ROUNDED * 255 + 1e-4
    )


# --- what is refused


def refused(path, *words, settings=None):
    with pytest.raises(PhotographError) as error:
        read_photograph(path, settings)
    message = str(error.value)
    for word in (path.name, *words):
        assert word in message
    return message


def test_a_missing_file(tmp_path):
    refused(tmp_path / "нет.tif", "there is no file", "check its name")


def test_a_folder(tmp_path):
    refused(tmp_path, "is a folder")


def test_an_empty_file(saved):
    refused(saved(b""), "is empty")


@pytest.mark.parametrize(
    "text", [b"not a picture\n", "Это не снимок. ".encode() * 40, b"x", b"\xef\xbb\xbf<p>"]
)
def test_text_named_png(saved, text):
    refused(saved(text), "it holds text", "TIFF, PNG, JPEG")


def test_binary_of_another_kind(saved):
    refused(saved(b"RIFF\x10\x00\xff\xfeWAVEfmt \x01"), "a sound, which is not read", "simulate")
    refused(saved(b"\x10\x00\xff\xfe\x01"), "not known", "TIFF, PNG, JPEG")


@pytest.mark.parametrize("kind", ["png", "jpg", "tiff", "lzw", "tiled"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.999])
def test_truncated_files(saved, rng, kind, share):
    picture = rng.integers(0, 256, (200, 300), dtype=np.uint8)
    content = {
        "png": lambda: encoded(".png", picture),
        "jpg": lambda: encoded(".jpg", picture),
        "tiff": lambda: tiff(picture),
        "lzw": lambda: tiff(picture, compression="lzw", rowsperstrip=20),
        "tiled": lambda: tiff(picture, tile=(64, 64)),
    }[kind]()
    refused(saved(content[: int(share * len(content))]), "incomplete")


def test_a_tiff_that_lost_the_list_of_pages_at_its_end(saved):
    content = twelve_bits(0, 1, 2, 3)
    moved = b"II*\0" + struct.pack("<I", 100_000) + content[8:]
    refused(saved(moved), "incomplete", "list of pages")


@given(share=st.floats(0, 1, exclude_max=True), kind=st.sampled_from(["png", "jpg", "tiff"]))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_part_of_a_file_is_taken_for_the_whole(saved, picture, share, kind):
    content = tiff(picture) if kind == "tiff" else encoded(f".{kind}", picture)
    path = saved(content[: int(share * len(content))])
    with pytest.raises(PhotographError):
        read_photograph(path)


@given(data=st.data())
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_damaged_files_are_read_or_refused_and_nothing_else(saved, picture, data):
    kind = data.draw(st.sampled_from(["png", "jpg", "tiff"]))
    content = bytearray(tiff(picture) if kind == "tiff" else encoded(f".{kind}", picture))
    for _ in range(data.draw(st.integers(1, 4))):
        # headers are where the interesting damage is
        place = data.draw(st.integers(0, min(len(content), 400) - 1))
        content[place] = data.draw(st.integers(0, 255))
    path = saved(bytes(content))
    try:
        luminance = read_photograph(path, PhotoSettings(max_megapixels=1.0)).luminance
    except PhotographError:
        return
    assert luminance.ndim == 2
    assert np.isfinite(luminance).all()


def test_a_damaged_png_is_not_read_in_part(saved, picture):
    content = bytearray(encoded(".png", picture))
    content[len(content) // 2] ^= 0x10
    refused(saved(bytes(content)), "damaged", "check sum")


def test_a_png_with_too_few_rows(saved):
    refused(saved(png(100, 100, bytes(101 * 50))), "damaged")


@pytest.mark.parametrize("kind", ["png", "jpg", "tiff"])
def test_the_limit_is_held_before_decoding(saved, picture, kind):
    content = tiff(picture) if kind == "tiff" else encoded(f".{kind}", np.tile(picture, (5, 5)))
    if kind == "tiff":
        content = tiff(np.tile(picture, (5, 5)))
    limit = PhotoSettings(max_megapixels=0.01)
    refused(saved(content), "300 x 200 px", "limit is 0.01", "max_megapixels", settings=limit)


def test_lying_headers_take_no_memory(saved, picture):
    import tracemalloc

    lying_png = png(19000, 19000, bytes(1000))
    jpeg = encoded(".jpg", picture)
    at = jpeg.index(b"\xff\xc0") + 5
    lying_jpeg = jpeg[:at] + struct.pack(">HH", 19000, 19000) + jpeg[at + 4 :]
    for content in (lying_png, lying_jpeg):
        path = saved(content)
        tracemalloc.start()
        refused(path, "claims 19000 x 19000 px")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 1e6


def test_a_black_png_is_not_taken_for_a_lie(saved):
    black = np.zeros((3000, 3000), dtype=np.uint8)
    for suffix in (".png", ".jpg"):
        assert not read_photograph(saved(encoded(suffix, black))).luminance.any()


@pytest.mark.parametrize("columns", [0, 2**31])
def test_absurd_sizes(saved, columns):
    refused(saved(png(columns, 10, bytes(100))), f"{columns} x 10 px")


def test_colours_that_are_not_read(saved, rng):
    picture = rng.integers(0, 2, (20, 30), dtype=np.uint8)
    refused(saved(tiff(picture, photometric="mask")), "MASK", "grey or RGB")


def test_camera_raw_is_named(saved, picture):
    raw = tiff(picture, extratags=[(50706, "B", 4, (1, 4, 0, 0), True)])
    refused(saved(raw), "raw", "develop")


def test_numbers_that_are_none_are_refused(saved):
    picture = np.full((20, 30), np.nan, dtype=np.float32)
    refused(saved(tiff(picture)), "not numbers")


def test_nothing_is_said_on_standard_output(saved, picture, capfd):
    read_photograph(saved(tiff(picture)))
    with pytest.raises(PhotographError):
        read_photograph(saved(encoded(".png", picture)[:-30]))
    assert capfd.readouterr() == ("", "")
