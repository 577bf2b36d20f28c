"""What others may do to a run: files in its way, links, pipes, edited records, hostile names.

The decode itself is replaced by a known result, so that a whole collection takes a moment.
"""

import contextlib
import csv
import io
import json
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import pytest
from test_cli import decoded

from groovescan.batch import collection
from groovescan.batch.execution import work
from groovescan.batch.execution.run import WorkerPool
from groovescan.batch.intake.find_photographs import find_photographs, name_all
from groovescan.batch.listing.summary import as_csv, row_of
from groovescan.batch.parts import Part
from groovescan.batch.record import (
    all_records,
    number_of,
    read_record,
    record_path,
    write_record,
    write_sealed,
)
from groovescan.batch.task import DONE, FAILED, Outcome
from groovescan.outputs.decode_outputs import ENDINGS, Outputs, same_again
from groovescan.storage.printable import printable, printable_lines

posix = pytest.mark.skipif(os.name != "posix", reason="by POSIX's means")
ESCAPE = "\x1b[2J\x1b]0;owned\x07"


@pytest.fixture
def batch(run, monkeypatch):
    """The command, with one worker in this process and a decode that takes no time."""

    @contextlib.contextmanager
    def here(asked, folder, plan, watch):
        watch.begins(plan, None)
        with ThreadPoolExecutor(1) as executor:
            yield WorkerPool(executor=executor, slots=1)

    def parts(task, picture):
        yield Part(suffix="", picture=picture, decoded=decoded(task.settings))

    monkeypatch.setattr(collection, "_crew", here)
    monkeypatch.setattr(work, "parts_of", parts)
    return lambda *arguments: run("batch", *arguments)


@pytest.fixture
def png(picture):
    return cv2.imencode(".png", picture)[1].tobytes()


@pytest.fixture
def photos(tmp_path, png):
    folder = tmp_path / "photos"
    (folder / "box").mkdir(parents=True)
    for name in ("a.png", "b.png", "box/c.png"):
        (folder / name).write_bytes(png)
    return folder


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def rows(out):
    held = json.loads((out / "summary.json").read_text())["photographs"]
    return {Path(row["photograph"]).name: row for row in held}


def lay(folder, files):
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


# files of others


@pytest.mark.parametrize("name", ["index.html", "summary.csv", "summary.json"])
def test_a_page_or_table_of_others_stops_the_run_before_its_work(batch, tmp_path, photos, name):
    out = tmp_path / "out"
    lay(out, {name: b"mine", "index-7.html": b"mine, too"})
    ended = batch(photos, "-o", out)
    assert ended.code == 6
    assert name in ended.err
    assert {name: one for name, one in contents(out).items() if not name.startswith(".")} == {
        name: b"mine",
        "index-7.html": b"mine, too",
    }
    assert batch(photos, "-o", out, "--force").code == 0
    assert (out / name).read_bytes() != b"mine"
    assert (out / "index-7.html").read_bytes() == b"mine, too"


def test_what_was_edited_by_hand_stays(batch, tmp_path, photos):
    out = tmp_path / "out"
    assert batch(photos, "-o", out).code == 0
    lay(out, {"a.wav": b"edited"})
    sidecar = (out / "a.json").read_bytes()
    ended = batch(photos, "-o", out)
    assert ended.code == 7
    assert rows(out)["a.png"]["exit_code"] == 6
    assert "move it elsewhere" in rows(out)["a.png"]["reason"]
    assert ((out / "a.wav").read_bytes(), (out / "a.json").read_bytes()) == (b"edited", sidecar)
    # and out of the way it is decoded again
    (out / "a.wav").rename(tmp_path / "edited.wav")
    assert batch(photos, "-o", out).code == 0
    lay(out, {"summary.csv": b"with remarks"})
    assert batch(photos, "-o", out).code == 6
    assert (out / "summary.csv").read_bytes() == b"with remarks"
    assert batch(photos, "-o", out, "--force").code == 0
    assert b"with remarks" not in (out / "summary.csv").read_bytes()


def test_what_comes_while_the_run_goes_on_stays(batch, tmp_path, photos, monkeypatch):
    out, draw = tmp_path / "out", collection.draw_summaries

    def slow(*arguments, **more):
        lay(out, {"index.html": b"mine"})
        return draw(*arguments, **more)

    monkeypatch.setattr(collection, "draw_summaries", slow)
    ended = batch(photos, "-o", out)
    assert (ended.code, (out / "index.html").read_bytes()) == (6, b"mine")
    assert not (out / "summary.csv").exists()  # all together, or nothing
    assert {record.state for record in all_records(out)} == {DONE}


def test_a_photograph_of_another_run_keeps_its_outputs(batch, tmp_path, photos, png):
    out, other = tmp_path / "out", tmp_path / "other"
    lay(other, {"a.png": png})
    assert batch(photos, "-o", out).code == 0
    before = contents(out)
    assert batch(other, "-o", out).code == 0
    after = contents(out)
    assert {name: after[name] for name in before if name.endswith(".wav")} == {
        name: one for name, one in before.items() if name.endswith(".wav")
    }
    assert (out / "a-png.wav").exists()
    # where the first is gone, its name is free
    shutil.rmtree(photos)
    (other / "a.png").rename(other / "b.png")
    assert batch(other, "-o", out).code == 0
    assert (out / "b.wav").exists()


def test_outputs_that_are_not_wanted_any_more_go_if_nobody_touched_them(batch, tmp_path, photos):
    out = tmp_path / "out"
    assert batch(photos, "-o", out, "--restore").code == 0
    lay(out, {"a.restored.wav": b"edited"})
    assert batch(photos, "-o", out).code == 0
    restored = {name: one for name, one in contents(out).items() if ".restored." in name}
    assert restored == {"a.restored.wav": b"edited"}


# a folder that is not believed


def test_a_record_removes_and_replaces_nothing_that_it_may_not_name(batch, tmp_path, photos):
    """Edited by hand, with the right check sum."""
    out = tmp_path / "out"
    shutil.rmtree(photos / "box")
    assert batch(photos, "-o", out).code == 0
    lay(out, {"letters.txt": b"mine", "in/b.png": b"mine", "b.txt": b"mine"})
    lay(tmp_path, {"outside.wav": b"mine"})
    path = record_path(out, "a")
    held = vars(read_record(path))
    held = {name: held[name] for name in held if name not in ("kept", "stop")}
    for named in ("letters.txt", "in/b.png", "../outside.wav", "b.txt", "/etc/passwd"):
        sum_of_mine = "5bb1c3d11ea0a0fb3d2f4e7ecb0f2d0a9f8a7f2b9f1d1d4c8d0ffb5f7ecfa3c1"
        write_sealed(path, held | {"files": held["files"] | {named: sum_of_mine}})
        batch(photos, "-o", out, "--eq", "riaa")
    assert (out / "letters.txt").read_bytes() == (out / "in" / "b.png").read_bytes() == b"mine"
    assert (tmp_path / "outside.wav").read_bytes() == b"mine"


@posix
@pytest.mark.parametrize("name", [".groovescan", "thumbnails", "box", ".groovescan/records"])
def test_links_in_the_output_folder_are_not_followed(batch, tmp_path, photos, name):
    out, outside = tmp_path / "out", tmp_path / "outside"
    lay(outside, {"letters.txt": b"mine"})
    (out / name).parent.mkdir(parents=True)
    (out / name).symlink_to(outside)
    ended = batch(photos, "-o", out)
    assert ended.code in (2, 7)
    assert contents(outside) == {"letters.txt": b"mine"}
    assert [path.name for path in outside.iterdir()] == ["letters.txt"]
    told = ended.err if ended.code == 2 else rows(out)["c.png"]["reason"]
    assert "is a link" in told


@posix
def test_a_lock_that_is_a_link_empties_nothing(batch, tmp_path, photos):
    out = tmp_path / "out"
    lay(tmp_path, {"letters.txt": b"mine"})
    (out / ".groovescan").mkdir(parents=True)
    (out / ".groovescan" / "lock").symlink_to(tmp_path / "letters.txt")
    assert batch(photos, "-o", out).code == 2
    assert (tmp_path / "letters.txt").read_bytes() == b"mine"


@posix
def test_outputs_that_are_links_or_pipes_are_left(batch, tmp_path, photos):
    out = tmp_path / "out"
    lay(tmp_path, {"letters.txt": b"mine"})
    out.mkdir()
    (out / "a.wav").symlink_to(tmp_path / "letters.txt")
    os.mkfifo(out / "b.json")
    (out / "box").mkdir()
    (out / "box" / "c.wav").mkdir()
    assert batch(photos, "-o", out).code == 7
    codes = {name: row["exit_code"] for name, row in rows(out).items()}
    assert codes == {"a.png": 6, "b.png": 2, "c.png": 2}
    assert (tmp_path / "letters.txt").read_bytes() == b"mine"
    # with --force the link goes, and not what it leads to
    batch(photos, "-o", out, "--force")
    assert not (out / "a.wav").is_symlink()
    assert (tmp_path / "letters.txt").read_bytes() == b"mine"


def test_a_page_shows_no_picture_from_elsewhere(batch, tmp_path, photos):
    out = tmp_path / "out"
    assert batch(photos, "-o", out).code == 0
    path = record_path(out, "a")
    held = {name: one for name, one in vars(read_record(path)).items() if name != "kept"}
    held.pop("stop")
    for evil in ("//evil.example/x.png", "file:///etc/x", f"thumbnails/{number_of('b')}.jpg"):
        write_sealed(path, held | {"thumbnail": evil})
        assert batch(photos, "-o", out).code == 7  # nothing proves now whose its outputs are
        text = (out / "index.html").read_text()
        assert "evil" not in text
        assert set(re.findall(r'(?:src|href)="([^"]*)"', text)) <= {"data:,"} | set(contents(out))
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    assert "file:" not in policy
    assert "default-src 'none'" in policy


def test_a_thumbnail_of_others_stays(batch, tmp_path, photos):
    out = tmp_path / "out"
    assert batch(photos, "-o", out).code == 0
    (picture,) = out.glob(f"thumbnails/{number_of('a')}-*.jpg")
    picture.write_bytes(b"mine")
    (out / "thumbnails" / f"{number_of('a')}-mine.jpg").write_bytes(b"mine")
    assert batch(photos, "-o", out, "--eq", "riaa").code == 0
    assert picture.read_bytes() == b"mine"
    assert rows(out)["a.png"]["outcome"] == DONE
    assert picture.name not in (out / "index.html").read_text()


@pytest.mark.parametrize("both", [False, True])
def test_a_damaged_record_is_made_good_or_told(batch, tmp_path, photos, both):
    """One copy is enough; without any, nothing proves whose the outputs are."""
    out = tmp_path / "out"
    assert batch(photos, "-o", out).code == 0
    path = record_path(out, "a")
    path.write_bytes(path.read_bytes()[:40])
    if both:
        path.with_suffix(".copy").write_bytes(b"\0" * 500)
    before = contents(out)
    ended = batch(photos, "-o", out, "--eq", "riaa")
    assert ended.code == (7 if both else 0)
    assert rows(out)["a.png"]["exit_code"] == (6 if both else 0)
    assert (contents(out)["a.wav"] == before["a.wav"]) is both
    assert batch(photos, "-o", out, "--eq", "riaa", "--force").code == 0
    assert read_record(path).state == DONE


# hostile archives


@posix
@pytest.mark.parametrize("kind", ["pipe", "endless", "folder", "long", "no text"])
def test_settings_of_a_folder_that_are_no_text_file(batch, tmp_path, photos, kind):
    place = photos / "box" / "groovescan.toml"
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "endless":
        place.symlink_to("/dev/zero")
    elif kind == "folder":
        place.mkdir()
    else:
        place.write_bytes(b"#" * (2 << 20) if kind == "long" else b"\xff\xfe")
    out = tmp_path / "out"
    assert batch(photos, "-o", out).code == 7
    assert {name: row["exit_code"] for name, row in rows(out).items()} == {
        "a.png": 0,
        "b.png": 0,
        "c.png": 2,
    }
    assert "groovescan.toml" in rows(out)["c.png"]["reason"]


def test_folders_that_are_called_like_outputs(batch, tmp_path, png):
    names = ["a.png", "a.wav/b.png", "a.json/a.png", "A.WAV/b.png", "summary.csv/c.png"]
    names += ["index.html/d.png", "thumbnails/e.png", "a.restored.wav/f.png", "a-wav/b.png"]
    lay(tmp_path / "in", dict.fromkeys(names, png))
    out = tmp_path / "out"
    assert batch(tmp_path / "in", "-o", out, "--restore").code == 0
    assert len(all_records(out)) == len(names)
    assert (out / "a.wav").is_file()
    assert batch(tmp_path / "in", "-o", out, "--restore").out.count("kept") == 1


@posix
def test_nine_hundred_and_ninety_folders_deep(batch, tmp_path, png):
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(990):
        os.mkdir("d", dir_fd=here)
        inside = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inside
    with os.fdopen(os.open("a.png", os.O_CREAT | os.O_WRONLY, dir_fd=here), "wb") as file:
        file.write(png)
    os.close(here)
    out = tmp_path / "out"
    ended = batch(tmp_path / "d", "-o", out)
    try:
        assert ended.code == 0, ended.err
        assert rows(out)["a.png"]["sound"] == "d/" * 989 + "a.wav"
        assert batch(tmp_path / "d" / "**" / "*.png", "-o", tmp_path / "two").code in (0, 2)
    finally:
        for folder in (tmp_path / "d", out):
            remove_deep(folder)


def remove_deep(folder):
    """Remove folders in folders, which the library does by recursion."""
    for here, _, files in reversed(list(walk(folder))):
        for name in files:
            os.unlink(os.path.join(here, name))
        os.rmdir(here)


def walk(folder):
    waiting = [str(folder)]
    while waiting:
        here = waiting.pop()
        entries = list(os.scandir(here))
        yield here, None, [one.name for one in entries if not one.is_dir(follow_symlinks=False)]
        waiting += [one.path for one in entries if one.is_dir(follow_symlinks=False)]


def test_crafted_names_never_share_an_output(tmp_path):
    def names_of(names):
        found = find_photographs([str(tmp_path / "in")], tmp_path / "out")
        assert len(found) == len(names)
        given = name_all(found, {})
        files = [f"{name}{end}".casefold() for name in given.values() for end in ENDINGS]
        assert len(set(files)) == len(files)
        return {path.name: name for path, name in given.items()}

    names = ["a.png", "a.tif", "a.jpg", "a-tif.png", "a-jpg.png"]
    for _ in range(4):  # each time with photographs that are called as others were to be
        lay(tmp_path / "in", dict.fromkeys(names, b""))
        given = names_of(names)
        names += [f"{Path(name).name}.png" for name in given.values() if f"{name}.png" not in given]
    assert len(names) > 5


def test_a_record_gives_no_photograph_a_name_of_its_own_choice(batch, tmp_path, photos):
    out = tmp_path / "out"
    (out / ".groovescan").mkdir(parents=True)
    for name in ("index", "summary", "box/x", ".groovescan/lock", "b"):
        evil = Outcome(photograph=str(photos / "a.png"), name=name, state=FAILED)
        write_record(out, evil)
    assert batch(photos, "-o", out).code == 0
    assert (out / "a.wav").exists()
    assert (out / "b.wav").exists()


def test_hidden_photographs_that_are_named_have_outputs_that_are_not(batch, tmp_path, png):
    files = [".groovescan-1-0123456789abcdef.png", "..png", ".x.png"]
    lay(tmp_path / "in", dict.fromkeys(files, png))
    out = tmp_path / "out"
    assert batch(*(tmp_path / "in" / name for name in files), "-o", out).code == 0
    sounds = [path.name for path in out.glob("*.wav")]
    assert len(sounds) == 3
    assert all(name.startswith("_") for name in sounds)


# what is said of names


FORMULAS = [
    ("=1+1", "'=1+1"),
    ("-5", "'-5"),
    ("a;=1+cmd|calc!A0;.png", "a;'=1+cmd|calc!A0;.png"),
    ('a,"=1', "a,\"'=1"),
    ("a; @SUM(1)", "a;' @SUM(1)"),
    ("a\t+1", "a\\x09+1"),
    ("＝1+1", "'＝1+1"),
    ("a=b-c", "a=b-c"),
    ("диск 3.png", "диск 3.png"),
    (f"a{ESCAPE}", "a\\x1b[2J\\x1b]0;owned\\x07"),
]


@pytest.mark.parametrize(("text", "cell"), FORMULAS)
def test_a_table_holds_no_formula_for_any_separator(text, cell):
    one = Outcome(photograph=text, name="a", state=FAILED, reason=text)
    table = as_csv([row_of(one)]).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(table, newline=""))
    assert (row["photograph"], row["reason"]) == (cell, cell)
    for separator in ",;\t":
        for line in csv.reader(io.StringIO(table, newline=""), delimiter=separator):
            assert not any(re.match(r"\s*[=+@-]", cell) for cell in line)


def test_what_terminals_obey_is_made_visible():
    assert printable(ESCAPE + "\x9b1m\u202e\udcff\n") == (
        "\\x1b[2J\\x1b]0;owned\\x07\\x9b1m\\u202e\\xff\\x0a"
    )
    assert printable("Я, 磁盘 é <b>") == "Я, 磁盘 é <b>"
    assert printable_lines("a\nb\r") == "a\nb\\x0d"


@posix
def test_names_reach_neither_the_terminal_nor_a_second_line(batch, run, tmp_path, png, photos):
    name = f"a{ESCAPE}\nsound     /etc/passwd\udcff.png"
    lay(photos, {name: png, f"bad{ESCAPE}\n.png": b"no photograph"})
    out = tmp_path / f"out{ESCAPE}"
    said = [batch(photos, "-o", out)]
    said.append(run("inspect", photos / name))
    said.append(run("inspect", photos / name, "--json"))
    said.append(run("decode", photos / f"gone{ESCAPE}.png"))
    said.append(run("decode", photos / name, "-o", photos / f"x{ESCAPE}"))
    said.append(run("decode", photos / name, f"--no{ESCAPE}"))
    said.append(run("decode", photos / name, photos / name))
    said.append(run("curves", f"x{ESCAPE}"))
    for ended in said:
        assert not set("\x1b\x07\x9b") & set(ended.out + ended.err), ended
        assert "\nsound     /etc" not in ended.out + ended.err
        (ended.out + ended.err).encode()
        assert "fault of the program" not in ended.err
    assert b"\x1b" not in (out / "summary.csv").read_bytes()
    assert said[0].code == 7


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("-rf.png", ["./-rf.png", "./-rf.json"]),
        ("--force.png", ["./--force.png", "./--force.json"]),
        ("a b.png", ["'a b.png'", "'a b.json'"]),
        ("a\x1b.png", [r"$'\x61\x1b\x2e\x70\x6e\x67'", r"$'\x61\x1b\x2e\x6a\x73\x6f\x6e'"]),
    ],
)
def test_the_command_of_the_page_takes_any_name(name, words):
    photo = Path(name)
    command = same_again([photo], Outputs(transfer=photo.with_suffix(".wav")))
    assert command == (f"groovescan decode {words[0]} -o again.wav --settings {words[1]} --report")
