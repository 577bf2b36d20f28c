"""Files of every kind, each written by another library than the one that reads it."""

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
from groovescan.photo.formats import FORMATS, SUFFIXES, header_of_file

ROWS, COLUMNS = 120, 160


@pytest.fixture
def grey():
    """Rings without noise: what a coder loses of them is little."""
    y, x = np.mgrid[:ROWS, :COLUMNS]
    return (128 + 90 * np.sin(np.hypot(x - 70, y - 50) / 4)).astype(np.uint8)


def by_pillow(picture, kind, **options):
    file = io.BytesIO()
    Image.fromarray(picture).save(file, kind, **options)
    return file.getvalue()


def heic(picture, **options):
    pillow_heif = pytest.importorskip("pillow_heif")
    rows, columns = picture.shape[:2]
    deep = picture.dtype == np.uint16
    colours = np.ascontiguousarray(np.dstack([picture] * 3))
    made = pillow_heif.from_bytes("RGB;16" if deep else "RGB", (columns, rows), colours.tobytes())
    file = io.BytesIO()
    made.save(file, quality=100, **options)
    return file.getvalue()


def photoshop(picture, *, packed, profile=b"", mode=None):
    """A file with one layer that is no picture, as Photoshop writes it."""
    planes = np.moveaxis(np.atleast_3d(picture), 2, 0)
    bits = 8 * picture.dtype.itemsize
    mode = mode or (3 if len(planes) > 1 else 1)
    rows, columns = picture.shape[:2]
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, len(planes), rows, columns, bits, mode)
    resolution = struct.pack(">IHHIHH", 600 << 16, 1, 1, 600 << 16, 1, 1)
    listed = b"8BIM" + struct.pack(">HHI", 1005, 0, len(resolution)) + resolution
    layers = b"\x07" * 50
    data = planes.astype(f">u{bits // 8}")
    if packed:
        lines = [imagecodecs.packbits_encode(line.tobytes()) for plane in data for line in plane]
        body = struct.pack(f">{len(lines)}H", *map(len, lines)) + b"".join(lines)
    else:
        body = data.tobytes()
    sections = (b"", listed, layers)
    parts = b"".join(struct.pack(">I", len(part)) + part for part in sections)
    return head + parts + struct.pack(">H", int(packed)) + body


def pdf(*pictures):
    """A document with one picture per page, as JPEG, an inch and a half wide."""
    pypdf = pytest.importorskip("pypdf")
    from pypdf.generic import ArrayObject, NameObject, NumberObject, StreamObject

    writer = pypdf.PdfWriter()
    for picture in pictures:
        page = writer.add_blank_page(width=108, height=81)
        stream = StreamObject()
        stream._data = by_pillow(picture, "JPEG", quality=98)
        for name, value in (
            ("/Type", NameObject("/XObject")),
            ("/Subtype", NameObject("/Image")),
            ("/Width", NumberObject(picture.shape[1])),
            ("/Height", NumberObject(picture.shape[0])),
            ("/BitsPerComponent", NumberObject(8)),
            ("/ColorSpace", NameObject("/DeviceGray")),
            ("/Filter", NameObject("/DCTDecode")),
        ):
            stream[NameObject(name)] = value
        held = pypdf.generic.DictionaryObject()
        held[NameObject("/Im0")] = writer._add_object(stream)
        resources = pypdf.generic.DictionaryObject()
        resources[NameObject("/XObject")] = held
        page[NameObject("/Resources")] = resources
        assert ArrayObject
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


LOSSLESS = {
    "jp2": lambda p: by_pillow(p, "JPEG2000"),
    "webp": lambda p: by_pillow(np.dstack([p] * 3), "WEBP", lossless=True),
    "jxl": lambda p: imagecodecs.jpegxl_encode(p, lossless=True),
    "bmp": lambda p: cv2.imencode(".bmp", p)[1].tobytes(),
    "bmp, colours": lambda p: imagecodecs.bmp_encode(np.dstack([p] * 3)),
    "gif": lambda p: by_pillow(p, "GIF"),
    "pgm": lambda p: by_pillow(p, "PPM"),
    "ppm": lambda p: by_pillow(np.dstack([p] * 3), "PPM"),
    "pgm, letters": lambda p: cv2.imencode(".pgm", p, [cv2.IMWRITE_PXM_BINARY, 0])[1].tobytes(),
    "psd": lambda p: photoshop(p, packed=False),
    "psd, packed": lambda p: photoshop(np.dstack([p] * 3), packed=True),
}
LOSSY = {
    "jp2": lambda p: by_pillow(p, "JPEG2000", quality_mode="dB", quality_layers=[45]),
    "webp": lambda p: by_pillow(np.dstack([p] * 3), "WEBP", quality=98),
    "avif": lambda p: by_pillow(np.dstack([p] * 3), "AVIF", quality=98),
    "heic": heic,
    "jxl": lambda p: imagecodecs.jpegxl_encode(p, level=95),
    "pdf": pdf,
}
EXACT = ("jxl", "pgm", "psd")
DEEP = {
    "jp2": lambda p: cv2.imencode(".jp2", p)[1].tobytes(),
    "jxl": lambda p: imagecodecs.jpegxl_encode(p, lossless=True),
    "pgm": lambda p: cv2.imencode(".pgm", p)[1].tobytes(),
    "psd": lambda p: photoshop(p, packed=True),
    "avif": lambda p: imagecodecs.avif_encode(np.dstack([p >> 6] * 3), bitspersample=10, level=100),
    "heic": heic,
}


def saved(folder, data, name="photo"):
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("kind", LOSSLESS)
def test_what_is_stored_exactly_is_read_exactly(kind, grey, tmp_path):
    photo = read_photograph(saved(tmp_path, LOSSLESS[kind](grey)))
    np.testing.assert_allclose(photo.luminance, grey / 255, atol=1e-4)


@pytest.mark.parametrize("kind", LOSSY)
def test_what_is_coded_is_read_closely(kind, grey, tmp_path):
    photo = read_photograph(saved(tmp_path, LOSSY[kind](grey)))
    assert np.abs(photo.luminance - grey / 255).mean() < 0.01
    assert np.corrcoef(photo.luminance.ravel(), grey.ravel())[0, 1] > 0.999


@pytest.mark.parametrize("kind", DEEP)
def test_more_than_eight_bits_are_kept(kind, grey, tmp_path):
    deep = (grey.astype(np.uint16) << 7) + 10000
    photo = read_photograph(saved(tmp_path, DEEP[kind](deep)))
    assert photo.bits >= 10
    assert np.abs(photo.luminance - deep / 65535).max() < (1e-4 if kind in EXACT else 0.012)


@pytest.mark.parametrize("most", [15, 100, 255, 1000, 4095, 65535])
def test_white_of_a_pgm_is_what_its_header_says(most, tmp_path):
    ramp = np.linspace(0, most, 64).round().reshape(4, 16).astype(">u2" if most > 255 else "u1")
    data = b"P5\n# somebody's remark\n16 4\n%d\n" % most + ramp.tobytes()
    photo = read_photograph(saved(tmp_path, data))
    np.testing.assert_allclose(photo.luminance, ramp / most, atol=1e-4)


@pytest.mark.parametrize("name", ["骨.heic", "no suffix", "a.png"])
def test_the_content_tells_the_kind(name, grey, tmp_path):
    path = saved(tmp_path, LOSSLESS["psd"](grey), name)
    assert read_photograph(path).shape == grey.shape
    assert (header_of_file(path).columns, header_of_file(path).dpi) == (COLUMNS, 600)


@pytest.mark.parametrize("kind", [*LOSSY, "bmp", "gif", "pgm", "psd"])
@pytest.mark.parametrize("share", [0.3, 0.9, 0.98])
def test_what_is_cut_is_refused(kind, share, grey, tmp_path):
    data = (LOSSY | LOSSLESS)[kind](grey) if kind not in LOSSY else LOSSY[kind](grey)
    path = saved(tmp_path, data[: int(share * len(data))])
    with pytest.raises(PhotographError, match="photo cannot be read"):
        read_photograph(path)


@pytest.mark.parametrize("kind", [*LOSSY, "bmp", "gif", "pgm", "psd"])
def test_limits_are_held_before_decoding(kind, grey, tmp_path, monkeypatch):
    data = LOSSY[kind](grey) if kind in LOSSY else LOSSLESS[kind](grey)
    path = saved(tmp_path, data)
    for module in ("jpeg2k", "jpegxl", "webp", "avif", "jpeg8", "packbits"):
        monkeypatch.setattr(imagecodecs, f"{module}_decode", pytest.fail)
    with pytest.raises(PhotographError, match="the limit is"):
        read_photograph(path, PhotoSettings(max_megapixels=0.01))


def test_each_kind_has_suffixes_of_its_own():
    listed = [suffix for one in FORMATS for suffix in one.suffixes]
    assert len(listed) == len(set(listed))
    assert set(listed) - SUFFIXES == {".pdf"}
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in listed)


def test_a_document_with_more_than_one_picture_is_refused(grey, tmp_path):
    with pytest.raises(PhotographError, match="the document holds 2 pictures"):
        read_photograph(saved(tmp_path, pdf(grey, grey)))
    with pytest.raises(PhotographError, match="the document holds no pictures"):
        read_photograph(saved(tmp_path, pdf()))
    assert read_photograph(saved(tmp_path, pdf(grey))).dpi == pytest.approx(COLUMNS / 1.5)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("kind", ["WEBP", "AVIF", "heic"])
def test_pictures_are_turned_upright(kind, orientation, grey, tmp_path):
    tags = Image.Exif()
    tags[274] = orientation
    colours = np.dstack([grey] * 3)
    if kind == "heic":
        data = heic(grey, exif=tags.tobytes())
    else:
        data = by_pillow(colours, kind, quality=95, exif=tags.tobytes())
    photo = read_photograph(saved(tmp_path, data))
    expected = {1: grey, 3: grey[::-1, ::-1], 6: np.rot90(grey, -1), 8: np.rot90(grey)}
    assert np.corrcoef(photo.luminance.ravel(), expected[orientation].ravel())[0, 1] > 0.99


def test_a_document_whose_picture_states_no_size_is_damaged(grey, tmp_path):
    with pytest.raises(PhotographError, match="the document is damaged"):
        read_photograph(saved(tmp_path, pdf(grey).replace(b"/Height", b"/Heighx")))


@pytest.mark.parametrize("packed", [False, True])
def test_inks_of_photoshop_are_stored_as_what_they_leave_of_the_paper(grey, packed, tmp_path):
    full = np.full_like(grey, 255)
    path = saved(tmp_path, photoshop(np.dstack([full, full, full, grey]), packed=packed, mode=4))
    photo = read_photograph(path)
    np.testing.assert_allclose(photo.luminance, grey / 255, atol=1e-4)
    assert photo.tone.curve == "srgb"
    assert header_of_file(path).tone.curve == "srgb"
    short = saved(tmp_path, photoshop(np.dstack([grey] * 3), packed=packed, mode=4), "short")
    with pytest.raises(PhotographError, match="3 inks where four belong"):
        read_photograph(short)


def test_of_lab_of_photoshop_lightness_is_read(grey, tmp_path):
    middle = np.full_like(grey, 128)
    path = saved(tmp_path, photoshop(np.dstack([grey, middle, middle]), packed=True, mode=9))
    photo = read_photograph(path)
    np.testing.assert_allclose(photo.luminance, grey / 255, atol=1e-4)
    assert photo.tone.curve == "lstar"
