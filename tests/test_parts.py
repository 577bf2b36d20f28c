"""Two discs in a photograph and two sides in a file: each has outputs of its own."""

import json

import cv2
import numpy as np
import pytest
import soundfile
import tifffile
from conftest import SMALL

from groovescan.batch.record import read_record, record_path
from groovescan.simulate import likeness, make_sound, simulate

RATE_HZ = 22050


@pytest.fixture(scope="module")
def sides():
    """Two small discs with other sounds: their photographs and the sounds."""
    found = []
    for seed, side in ((1, 1000), (2, 900)):
        audio = make_sound(3.0, RATE_HZ, np.random.default_rng(seed), "speech")
        drawn = simulate(
            audio,
            RATE_HZ,
            SMALL.replace(
                width_px=side,
                height_px=side,
                start_radius_mm=25.0,
                film_radius_mm=26.0,
                bones=0,
                seed=seed,
            ),
        )
        found.append((drawn.image, audio))
    return found


@pytest.fixture
def two_discs(sides, tmp_path):
    """Both in one photograph, the smaller one on the right and a little lower."""
    (left, _), (right, _) = sides
    picture = np.full((1000, 1930), left[0, 0], np.uint8)
    picture[:, :1000] = left
    picture[60:960, 1030:] = right
    path = tmp_path / "in" / "два.png"
    path.parent.mkdir()
    path.write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    return path


@pytest.fixture
def two_pages(sides, tmp_path):
    path = tmp_path / "in" / "box.tif"
    path.parent.mkdir()
    with tifffile.TiffWriter(path) as writer:
        for image, _ in sides:
            writer.write(image, photometric="minisblack")
    return path


def is_like(path, audio):
    samples, rate = soundfile.read(path)
    return likeness(samples, rate, audio, RATE_HZ)


def test_a_disc_is_chosen(run, two_discs, sides, tmp_path):
    # the first one is decoded with the others of the collection below
    sound = tmp_path / "2.wav"
    ended = run("decode", two_discs, "-o", sound, "--disc", 2)
    assert ended.code == 0, ended.err
    assert "number 2 of 2 in the photograph" in ended.out
    assert is_like(sound, sides[1][1]) > 0.9
    ended = run("decode", two_discs, "-o", tmp_path / "3.wav", "--disc", 3)
    assert ended.code == 2
    assert "2 discs are seen" in ended.err


def test_a_page_is_chosen(run, two_pages, sides, tmp_path):
    sound = tmp_path / "a.wav"
    ended = run("decode", two_pages, "-o", sound, "--page", 2)
    assert ended.code == 0, ended.err
    assert "number 2 of the pages 1 and 2" in ended.out
    assert is_like(sound, sides[1][1]) > 0.9


@pytest.mark.parametrize("kind", ["two_discs", "two_pages"])
def test_a_collection_decodes_all_of_them(run, request, sides, tmp_path, kind):
    path, out = request.getfixturevalue(kind), tmp_path / "out"
    assert run("batch", path.parent, "-o", out).code == 0
    assert sorted(p.name for p in out.glob("*.wav")) == [f"{path.stem}-{n}.wav" for n in (1, 2)]
    for number, (_, audio) in enumerate(sides, start=1):
        assert is_like(out / f"{path.stem}-{number}.wav", audio) > 0.9
        sidecar = json.loads((out / f"{path.stem}-{number}.json").read_text("utf-8"))
        assert sidecar["sound"]["name"] == f"{path.stem}-{number}.wav"
    record = read_record(record_path(out, path.stem))
    assert len(record.files) == 4
    # all of it stands, and is known to
    again = run("batch", path.parent, "-o", out)
    assert again.code == 0
    assert "done before and not changed since" in again.out
    # of the two only one is wanted: the other goes, as what the run itself wrote
    (path.parent / "groovescan.toml").write_text("[disc]\ndisc = 1\n[photo]\npage = 1\n")
    assert run("batch", path.parent, "-o", out).code == 0
    assert [p.name for p in out.glob("*.wav")] == [f"{path.stem}.wav"]


def test_a_page_without_a_groove_is_told_and_the_other_kept(run, sides, tmp_path):
    path, out = tmp_path / "in" / "label.tif", tmp_path / "out"
    path.parent.mkdir()
    with tifffile.TiffWriter(path) as writer:
        writer.write(sides[0][0], photometric="minisblack")
        writer.write(np.full_like(sides[0][0], 130), photometric="minisblack")
    assert run("batch", path.parent, "-o", out).code == 0
    assert [p.name for p in out.glob("*.wav")] == ["label-1.wav"]
    assert "label-2: no groove was found" in read_record(record_path(out, "label")).quality["notes"]
