"""Files that a run through folders does not take are named, with why."""

import cv2
import numpy as np
import pytest

from groovescan.batch import Outcome, left_out
from groovescan.batch.intake.find_photographs import find_photographs
from groovescan.batch.record import write_record
from groovescan.errors import PhotographError
from groovescan.photo import read_photograph

PNG = cv2.imencode(".png", np.zeros((9, 9), np.uint8))[1].tobytes()


def laid(folder, **files):
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def test_each_file_is_taken_or_named_with_a_reason(tmp_path):
    laid(
        tmp_path,
        a_png=PNG,
        b_jp2=b"x",
        c_heic=b"x",
        box__d_iiq=b"x",
        box__notes_txt=b"x",
        box__film_mp4=b"x",
        box__paper_pdf=b"x",
        box__scan=PNG,
        box__scan_dat=PNG,
        odd_qqq=b"\0\1",
        groovescan_toml=b"",
        out__old_txt=b"x",
    )
    (tmp_path / ".hidden").write_bytes(b"x")
    taken = {one.path.name for one in find_photographs([str(tmp_path)], tmp_path / "out")}
    assert taken == {"a.png", "b.jp2", "c.heic", "d.iiq"}
    named = {one.path.name: one.why for one in left_out([str(tmp_path)], tmp_path / "out")}
    assert set(named) == {"notes.txt", "film.mp4", "paper.pdf", "scan", "scan.dat", "odd.qqq"}
    assert named["scan"] == "it holds PNG, but its name has no ending: let it end in .png"
    assert "ends in .dat" in named["scan.dat"]
    assert "of a kind that is not known" in named["odd.qqq"]
    assert "a film" in named["film.mp4"]
    assert "document" in named["paper.pdf"]


def test_files_that_are_named_are_not_searched(tmp_path):
    laid(tmp_path, a_png=PNG, notes_txt=b"x")
    assert left_out([str(tmp_path / "a.png"), str(tmp_path / "*.png")], tmp_path / "out") == []


def test_the_command_names_them(tmp_path, run):
    laid(tmp_path, a_png=b"x", notes_txt=b"x")
    ended = run("batch", tmp_path, "-o", tmp_path / "out", "--jobs", "1")
    assert "not taken 1, no photographs" in ended.out
    assert "notes.txt: a text or a table" in ended.out


def test_what_runs_wrote_beside_photographs_is_not_named(tmp_path):
    laid(tmp_path, a_png=PNG, a_wav=b"of others", b_wav=b"ours", b_json=b"{}", b__old_wav=b"x")
    laid(tmp_path, within__c_restored_wav=b"ours", within__notes_txt=b"x", b_1_wav=b"a part's")
    (tmp_path / "b.1.wav").rename(tmp_path / "b-1.wav")
    files = dict.fromkeys(("b.wav", "b.json", "b-1.wav"), "0" * 64)
    write_record(tmp_path, outcome("b", tmp_path / "b.png", files))
    inner = tmp_path / "within"
    write_record(inner, outcome("c", tmp_path / "c.png", {"c.restored.wav": "0" * 64}))
    named = {one.path.name for one in left_out([str(tmp_path)], tmp_path)}
    assert named == {"a.wav", "old.wav", "notes.txt"}


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (bytes(128) + b"DICM", "DICOM"),
        (b"PK\x03\x04", "unpack it"),
        (b"\xef\xbb\xbf<!DOCTYPE HTML>", "page of the web"),
        (b'<?xml version="1.0"?>\n<svg>', "SVG"),
        (b"RIFF\0\0\0\0WAVE", "groovescan simulate"),
        (b"\0\0\0\x14ftypisom", "a film"),
    ],
)
def test_kinds_that_are_not_read_are_called_by_their_names(tmp_path, start, words):
    path = tmp_path / "odd.qqq"
    path.write_bytes(start + b"\0\1")
    with pytest.raises(PhotographError, match=r"odd\.qqq.*" + words):
        read_photograph(path)
    assert words in left_out([str(tmp_path)], tmp_path / "out")[0].why


def outcome(name, path, files):
    return Outcome(name=name, photograph=str(path), state="done", files=files)
