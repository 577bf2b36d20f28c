"""What fuzzing found, each as small as it gets."""

import struct
import subprocess
import sys

import pytest
from conftest import ROOT

READ = """
import sys
from groovescan.errors import GroovescanError
from groovescan.photo import read_photograph
try:
    print(read_photograph(sys.argv[1]).shape)
except GroovescanError as error:
    print(type(error).__name__)
"""


def page(next_at, rows=4, more=()):
    """The list of tags of a grey page of 4 columns whose pixels lie at byte 8."""
    tags = [(256, 4), (257, rows), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, rows)]
    tags = [(tag, 4, 1, value) for tag, value in (*tags, (279, 4 * rows))] + list(more)
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return struct.pack("<H", len(tags)) + entries + struct.pack("<I", next_at)


def in_a_circle():
    """A TIFF file whose second page is followed by its first."""
    pixels = bytes(range(16))
    first = 8 + len(pixels)
    second = first + len(page(0))
    return b"II*\x00" + struct.pack("<I", first) + pixels + page(second) + page(first)


def of_many_units():
    """A TIFF file whose resolution has three units: it has to say one number, and says a list."""
    resolution = [(282, 5, 1, 8), (296, 4, 3, 8)]
    return b"II*\x00" + struct.pack("<I", 24) + bytes(range(1, 17)) + page(0, more=resolution)


CASES = {"pages in a circle": in_a_circle(), "many units": of_many_units()}


@pytest.mark.parametrize("data", CASES.values(), ids=CASES)
def test_it_comes_to_an_end(tmp_path, data):
    path = tmp_path / "case.tif"
    path.write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", READ, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
    )
    assert done.stdout.strip() in ("(4, 4)", "PhotographError"), done.stderr


def test_the_size_of_pages_in_a_circle(tmp_path):
    from groovescan.batch.intake.photograph_size import pixels_of

    (tmp_path / "case.tif").write_bytes(in_a_circle())
    assert pixels_of(tmp_path / "case.tif") == 16
