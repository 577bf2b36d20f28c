"""Files that a bad disk, a bad copy or somebody with bad intentions has changed."""

import io
import os
import struct
import subprocess
import sys
import zlib

import imagecodecs
import numpy as np
import pytest
import tifffile
from conftest import ROOT
from PIL import Image

from groovescan.cli import main
from groovescan.config.settings import PhotoSettings
from groovescan.errors import PhotographError
from groovescan.photo import read_photograph
from groovescan.photo.containers.coded_size import coded_size
from groovescan.photo.formats import stated_dpi
from groovescan.photo.jpeg_coding.jpeg_entropy import jpeg_damage
from groovescan.photo.jpeg_coding.jpeg_markers import JPEG_START_OF_SCAN, jpeg_segments

ROWS, COLUMNS = 181, 333
CODERS = {
    "jpeg": (7, imagecodecs.jpeg8_encode),
    "jpeg 2000": (34712, imagecodecs.jpeg2k_encode),
    "webp": (50001, lambda picture: imagecodecs.webp_encode(np.dstack([picture] * 3))),
    "jpeg xl": (50002, imagecodecs.jpegxl_encode),
    "png": (34933, imagecodecs.png_encode),
    "jpeg xr": (34934, imagecodecs.jpegxr_encode),
}


@pytest.fixture
def picture(rng):
    """Rings, with some noise."""
    y, x = np.mgrid[:ROWS, :COLUMNS]
    rings = 128 + 80 * np.sin(np.hypot(x - 160, y - 90) / 3)
    return (rings + rng.normal(0, 5, rings.shape)).clip(0, 255).astype(np.uint8)


def jpeg(picture, **options):
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", **options)
    return file.getvalue()


def coded_from(data):
    """Where the coded data of the first scan begin."""
    found = jpeg_segments(data, "it")
    return next(end for marker, _, end in found if marker == JPEG_START_OF_SCAN)


def tiff_of(coding, data, columns=64, rows=64, samples=1):
    """A TIFF file of one strip, which says of itself what it is told to."""
    tags = [(256, 4, columns), (257, 4, rows), (258, 3, 8), (259, 3, coding)]
    tags += [(262, 3, 1 if samples == 1 else 2), (273, 4, 8), (277, 3, samples)]
    tags += [(278, 4, rows), (279, 4, len(data))]
    data += b"\0" * (len(data) % 2)
    listed = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    place = struct.pack("<I", 8 + len(data))
    return b"II*\0" + place + data + struct.pack("<H", len(tags)) + listed + bytes(4)


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("options", [{}, {"restart_marker_rows": 2}, {"optimize": True}], ids=str)
@pytest.mark.parametrize("subsampling", [0, 1, 2])
def test_sound_jpeg_files_are_walked_to_their_end(picture, progressive, options, subsampling):
    colour = np.dstack([picture, picture[::-1], picture[:, ::-1]])
    options = options | {"progressive": progressive, "subsampling": subsampling}
    for quality in (4, 50, 95, 100):
        assert jpeg_damage(jpeg(colour, quality=quality, **options), "it") is None
        assert jpeg_damage(jpeg(picture, quality=quality, **options), "it") is None
    for size in (1, 7, 8, 9, 17):
        assert jpeg_damage(jpeg(colour[:size, :size], **options), "it") is None


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("options", [{}, {"restart_marker_rows": 2}], ids=str)
def test_a_jpeg_that_is_cut_and_ended_tells_the_row(tmp_path, picture, share, options, capfd):
    whole = jpeg(picture, quality=90, **options)
    start = coded_from(whole)
    cut = start + int(share * (len(whole) - start))
    path = tmp_path / "cut.jpg"
    path.write_bytes(whole[:cut] + b"\xff\xd9")
    found = jpeg_damage(path.read_bytes(), "it")
    assert abs(found.byte - cut) < 4
    assert found.row == pytest.approx(share * ROWS, abs=24)
    with pytest.raises(PhotographError, match=f"row {found.row} of {ROWS}"):
        read_photograph(path)
    assert capfd.readouterr() == ("", "")  # the decoder's own words stay away


@pytest.mark.parametrize("progressive", [False, True])
def test_holes_in_a_jpeg_are_found_near_where_they_are(picture, progressive):
    """Not all are: where codes fit again, and as many blocks, little more than these is lost."""
    rng = np.random.default_rng(5)
    whole = jpeg(picture, quality=90, progressive=progressive)
    start, behind = coded_from(whole), []
    for _ in range(60):
        at = int(rng.integers(start, len(whole) - 300))
        held = bytearray(whole)
        held[at : at + 100] = rng.integers(0, 256, 100, dtype=np.uint8).tobytes()
        try:
            found = jpeg_damage(bytes(held), "it")
        except PhotographError:  # something that looks like a marker
            found = (at, 0)
        if found is not None:
            behind.append(found[0] - at)
    assert len(behind) > 50
    assert min(behind) > -8
    assert np.median(behind) < 500


def test_a_file_that_lost_a_component_or_a_table_is_refused(picture, tmp_path):
    whole = bytearray(jpeg(picture))
    table = whole.find(b"\xff\xc4")
    whole[table + 1] = 0xFE  # a comment
    path = tmp_path / "a.jpg"
    path.write_bytes(bytes(whole))
    with pytest.raises(PhotographError, match="row 0 of"):
        read_photograph(path)


def test_the_command_line_ends_with_3(tmp_path, picture, capfd):
    whole = jpeg(picture)
    path = tmp_path / "cut.jpg"
    path.write_bytes(whole[: len(whole) // 2] + b"\xff\xd9")
    with pytest.raises(SystemExit) as ended:
        main(["decode", str(path), "-q"])
    assert ended.value.code == 3
    said = capfd.readouterr().err
    assert "no sense any more" in said
    assert "Corrupt JPEG" not in said


def test_a_damaged_segment_of_a_tiff_tells_the_row(tmp_path, picture):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, picture[:160], compression="jpeg", rowsperstrip=16)
    with tifffile.TiffFile(path) as tiff:
        page = tiff.pages[0]
        place, count = page.dataoffsets[4], page.databytecounts[4]
    held = bytearray(path.read_bytes())
    held[place + count // 2 : place + count - 2] = bytes(count - count // 2 - 2)
    path.write_bytes(bytes(held))
    with pytest.raises(PhotographError, match="the strip or tile at row 64"):
        read_photograph(path)


@pytest.mark.parametrize("kind", CODERS)
def test_coded_pictures_are_measured_by_their_first_bytes(picture, kind):
    _, encode = CODERS[kind]
    for part in (picture, picture[:8, :16], picture[:41, :82], picture[:1, :9]):
        found = coded_size(encode(np.ascontiguousarray(part)))
        assert (found.rows, found.columns) == part.shape


@pytest.mark.parametrize("kind", CODERS)
def test_coded_segments_are_measured_before_they_are_decoded(tmp_path, kind, monkeypatch):
    """A strip that says of itself more than the page says of it."""
    coding, encode = CODERS[kind]
    samples = 3 if kind == "webp" else 1
    path = tmp_path / "bomb.tif"
    path.write_bytes(tiff_of(coding, encode(np.zeros((3000, 3000), np.uint8)), samples=samples))
    with pytest.raises(PhotographError, match="claims 3000 x 3000 px, where the page has 64 x 64"):
        read_photograph(path)
    path.write_bytes(tiff_of(coding, encode(np.full((64, 64), 9, np.uint8)), samples=samples))
    photo = read_photograph(path)
    assert photo.shape == (64, 64)
    assert photo.luminance.mean() == pytest.approx(9 / 255, abs=0.01)


def test_a_page_that_is_one_huge_segment_is_refused_unread(tmp_path):
    """Header and segment agree; what is too large to be held is not even looked at."""
    size = 60_000
    header = bytearray(jpeg(np.zeros((8, 8), np.uint8)))
    frame = header.find(b"\xff\xc0")
    header[frame + 5 : frame + 9] = struct.pack(">HH", size, size)
    path = tmp_path / "a.tif"
    path.write_bytes(tiff_of(7, bytes(header) + bytes(8_000_000), size, size))
    with pytest.raises(PhotographError, match="too large to be read one by one"):
        read_photograph(path, PhotoSettings(max_megapixels=4000))


def test_pixels_packed_in_an_unknown_way_are_refused(tmp_path):
    path = tmp_path / "a.tif"
    path.write_bytes(tiff_of(32809, bytes(100)))
    with pytest.raises(PhotographError, match="packed in a way that is not read"):
        read_photograph(path)


SHRINKS = """
import sys
from pathlib import Path
from groovescan.errors import PhotographError
from groovescan.photo import read_photograph
from groovescan.photo.containers import whole_file

path, checked = Path(sys.argv[1]), whole_file.check_whole_size
def shrunk(*arguments):
    checked(*arguments)
    path.write_bytes(path.read_bytes()[:4096])
whole_file.check_whole_size = shrunk
try:
    read_photograph(path)
except PhotographError as error:
    print("refused:", error)
"""


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_file_that_shrinks_while_it_is_read_ends_no_process(tmp_path, rng, suffix):
    path = tmp_path / f"a{suffix}"
    picture = rng.integers(0, 256, (900, 900), dtype=np.uint8)
    Image.fromarray(picture).save(path)
    end = subprocess.run(
        [sys.executable, "-c", SHRINKS, path],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert end.returncode == 0, end.stderr
    assert "refused:" in end.stdout


def test_no_file_is_mapped_into_memory():
    for path in (ROOT / "groovescan").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "import mmap" not in text
        assert "memmap(" not in text


def test_words_in_a_comment_are_no_dpi(tmp_path):
    def chunk(kind, content):
        sum_ = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + sum_

    data = imagecodecs.png_encode(np.zeros((9, 9), np.uint8))
    fake = b"Comment\0" + b"pHYs" + struct.pack(">IIB", 47244, 47244, 1)
    path = tmp_path / "a.png"
    path.write_bytes(data[:33] + chunk(b"tEXt", fake) + data[33:])
    assert stated_dpi(path) is None
    path.write_bytes(data[:33] + chunk(b"pHYs", fake[12:]) + data[33:])
    assert stated_dpi(path) == pytest.approx(1200, abs=0.1)


@pytest.mark.skipif(os.name != "posix", reason="there are no named pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    path = tmp_path / "a.png"
    os.mkfifo(path)
    with pytest.raises(PhotographError, match="a device or a pipe"):
        read_photograph(path)
