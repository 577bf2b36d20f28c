"""What a collection is made of: photographs, names, settings, records, tables, pages, workers."""

import csv
import dataclasses
import io
import json
import math
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import psutil
import pytest
from conftest import as_photo

import groovescan
from groovescan.batch import collection as decode
from groovescan.batch.execution import memory_budget as memory
from groovescan.batch.execution.memory_budget import Need
from groovescan.batch.execution.run import WorkerPool, run
from groovescan.batch.execution.workers import WorkerDiedError, Workers
from groovescan.batch.intake.find_photographs import find_photographs, name_all
from groovescan.batch.intake.overrides_table import match, parse_overrides, read_overrides
from groovescan.batch.intake.photograph_size import pixels_of
from groovescan.batch.listing import summary
from groovescan.batch.listing.console_table import Outcomes
from groovescan.batch.listing.index_page import draw_index
from groovescan.batch.listing.thumbnail import draw_thumbnail
from groovescan.batch.listing.write_listing import write_listing
from groovescan.batch.lock import locked
from groovescan.batch.plan import Plan, make_plan
from groovescan.batch.record import (
    all_records,
    number_of,
    read_record,
    record_path,
    write_record,
    write_sealed,
)
from groovescan.batch.task import DONE, FAILED, LEFT, Outcome, Task, Wanted
from groovescan.cli.batch_display import BatchDisplay
from groovescan.config.settings import Settings
from groovescan.errors import OutputBusyError, SettingsError

HASH = "0123456789abcdef" * 4
HOSTILE = "<img src=x onerror=alert(1)>&\"'"


def touch(*paths):
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def write_index(folder, outcomes, made, per_page=500):
    drawn = draw_index(folder.name, outcomes, made=made, per_page=per_page)
    write_listing(folder, drawn, again=False)


def names_of(found):
    return [one.name for one in found]


# finding


def test_folders_are_searched_and_only_for_photographs(tmp_path):
    touch(
        *(
            tmp_path / "in" / name
            for name in ("a.tif", "b/c.PNG", "b/d/e.jpeg", "b/f.NEF", "b/notes.txt")
        )
    )
    touch(tmp_path / "in" / "b" / "._c.png", tmp_path / "in" / ".hidden" / "f.png")
    found = find_photographs([str(tmp_path / "in")], tmp_path / "out")
    assert names_of(found) == ["a", "b/c", "b/d/e", "b/f"]
    assert found[1].folders == (tmp_path / "in", tmp_path / "in" / "b")


def test_patterns_and_files_count_once(tmp_path, monkeypatch):
    files = ("box 1/a.tif", "box 2/x/b.tif", "box 2/b.json", "odd.dat")
    touch(*(tmp_path / name for name in files))
    monkeypatch.chdir(tmp_path)
    places = ["box*/**/*", "box 1/a.tif", "./box 1", "odd.dat"]
    found = find_photographs(places, tmp_path / "out")
    assert [one.path.name for one in found] == ["a.tif", "b.tif", "odd.dat"]


@pytest.mark.parametrize("place", ["gone", "*.tif", "."])
def test_nothing_found_is_told_before_the_night(tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match="there is no"):
        find_photographs([place], tmp_path / "out")


def test_links_are_followed_and_never_in_a_circle(tmp_path):
    touch(tmp_path / "store" / "a.tif")
    inside = tmp_path / "in" / "b"
    inside.mkdir(parents=True)
    (inside / "up").symlink_to(tmp_path / "in")
    (inside / "store").symlink_to(tmp_path / "store")
    (inside / "one.tif").symlink_to(tmp_path / "store" / "a.tif")
    found = find_photographs([str(tmp_path / "in")], tmp_path / "out")
    assert names_of(found) == ["b/one", "b/store/a"]


def test_what_the_program_wrote_is_no_photograph(tmp_path):
    touch(tmp_path / "a.tif", tmp_path / "out" / "b.png")
    touch(tmp_path / "old" / ".groovescan" / "lock", tmp_path / "old" / "thumbnails" / "c.jpg")
    touch(tmp_path / "thumbnails" / "mine.jpg")  # of somebody else, who calls a folder so
    found = find_photographs([str(tmp_path)], tmp_path / "out")
    assert names_of(found) == ["a", "thumbnails/mine"]
    (tmp_path / ".groovescan").mkdir()
    assert names_of(find_photographs([str(tmp_path)], tmp_path)) == ["a", "out/b"]


# names


def named(tmp_path, names, before=None):
    touch(*(tmp_path / name for name in names))
    found = find_photographs([str(tmp_path)], tmp_path / "out")
    given = name_all(found, before or {})
    return {path.relative_to(tmp_path).as_posix(): name for path, name in given.items()}


def test_two_photographs_never_share_a_name(tmp_path):
    files = ("a.png", "a.tif", "A.jpg", "a.restored.tif", "b/a.png", "index.png", "summary.tif")
    given = named(tmp_path, files)
    assert len({name.casefold() for name in given.values()}) == len(files)
    assert given["b/a.png"] == "b/a"
    assert not {"index", "summary", "a.restored"} & set(given.values())


def test_parts_of_a_photograph_are_called_like_no_other(tmp_path):
    given = named(tmp_path, ["a.png", "a-1.png", "a-2.png", "b-1.png", "b-2.png"])
    assert (given["b-1.png"], given["b-2.png"]) == ("b-1", "b-2")
    parts = {f"{name}-{number}" for name in given.values() for number in (1, 2)}
    assert not parts & set(given.values())


def test_a_name_stays_when_others_come(tmp_path):
    first = named(tmp_path, ["b.tif"])
    later = named(tmp_path, ["b.png"], {str(tmp_path / "b.tif"): first["b.tif"]})
    assert later["b.tif"] == "b"
    assert later["b.png"] == "b-png"


def test_the_same_name_in_two_roots(tmp_path):
    touch(tmp_path / "x" / "a.tif", tmp_path / "y" / "a.tif")
    found = find_photographs([str(tmp_path / "x"), str(tmp_path / "y")], tmp_path / "out")
    assert len(set(name_all(found, {}).values())) == 2


def test_the_longest_names_leave_room(tmp_path):
    long, other = "я" * 125, "я" * 124 + "ю"
    given = named(tmp_path, [f"{long}.tif", f"{other}.tif", f"{'x' * 250}/a.tif"])
    assert len(set(given.values())) == 3
    parts = [part for name in given.values() for part in name.split("/")]
    assert all(len(f"{part}.restored.json".encode()) <= 255 for part in parts)


# settings


def test_settings_go_from_the_general_to_the_particular(tmp_path):
    touch(*(tmp_path / "in" / name for name in ("a.tif", "box/b.tif", "box/c.tif")))
    (tmp_path / "in" / "groovescan.toml").write_text("[sound]\nrpm = 45\neq = 'riaa'\n")
    (tmp_path / "in" / "box" / "groovescan.toml").write_text("[sound]\nrpm = 33\n")
    table = tmp_path / "table.csv"
    table.write_text("photograph;start;sound.gain_db\nbox/c.tif;inner;-3.5\nd.tif;;\n")
    base = Settings().replace(sound={"rpm": 80.0, "rate_hz": 96000})
    plan = make_plan(
        [str(tmp_path / "in")], tmp_path / "out", base, wanted=Wanted(), overrides=table
    )
    a, b, c = (task.settings for task in plan.tasks)
    assert (a.sound.rpm, a.sound.eq, a.sound.rate_hz) == (45.0, "riaa", 96000)
    assert (b.sound.rpm, b.sound.eq, b.disc.start) == (100 / 3, "riaa", "outer")
    assert (c.sound.rpm, c.disc.start, c.sound.gain_db) == (100 / 3, "inner", -3.5)
    assert plan.remarks == ("line 3 of the table names d.tif, which is not in this run",)
    assert len({task.key for task in plan.tasks}) == 3


@pytest.mark.parametrize("text", ["[sound]\nrpn = 45", "[sound", "sound = 1", "[sound]\neq = 'no'"])
def test_a_wrong_file_in_a_folder_fails_its_photographs_alone(tmp_path, text):
    touch(tmp_path / "good" / "a.tif", tmp_path / "bad" / "b.tif")
    (tmp_path / "bad" / "groovescan.toml").write_text(text)
    plan = make_plan([str(tmp_path)], tmp_path / "out", Settings(), wanted=Wanted())
    assert [task.refusal[0] for task in plan.tasks] == [2, 0]


TABLES = [
    ("", "no column 'photograph'"),
    ("name,rpm\na.tif,33\n", "no column 'photograph'"),
    ("photograph,rpn\na.tif,33\n", "did you mean 'rpm'"),
    ("photograph,rpm\na.tif,fast\n", "line 2: rpm is 'fast'"),
    ("photograph,rpm\na.tif,33\nb.tif,5000\n", "line 3: rpm is 5000"),
    ("photograph,rpm\n,33\n", "line 2, names no photograph"),
    ("photograph,rpm\na.tif,33,1\n", "line 2, has 3 cells"),
    ("photograph,sound.restore\na.tif,maybe\n", "line 2: restore is 'maybe'"),
    ("photograph,disc.seed\na.tif,1.5\n", "line 2: seed is 1.5"),
]


@pytest.mark.parametrize(("text", "message"), TABLES)
def test_a_wrong_table_says_where(text, message):
    with pytest.raises(SettingsError, match=message):
        parse_overrides(text)


def test_a_table_that_is_no_text(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"photograph,rpm\n\xff\xfe,33")
    for name in ("t.csv", "gone.csv", "."):
        with pytest.raises(SettingsError, match="table"):
            read_overrides(tmp_path / name)


def test_cells_become_what_their_setting_is():
    (row,) = parse_overrides("photograph\trestore\tbits\trpm\nx\tYes\t16\t 45\n")
    assert row.values == {"sound": {"restore": True, "bits": "16", "rpm": 45}}


def test_rows_mean_photographs_by_the_end_of_their_path(tmp_path):
    rows = parse_overrides("photograph,rpm\na.tif,33\nbox/a.tif,45\n./x/b.tif,16\n")
    paths = [tmp_path / name for name in ("a.tif", "box/a.tif", "x/b.tif", "ba.tif")]
    found = match(rows, paths, tmp_path)
    assert [row.line for row in found[tmp_path / "a.tif"]] == [2]
    assert [row.line for row in found[tmp_path / "box/a.tif"]] == [3]
    assert [row.line for row in found[tmp_path / "x/b.tif"]] == [4]
    assert tmp_path / "ba.tif" not in found


# records


def outcome(name="a", **more):
    return Outcome(photograph=f"/in/{name}.tif", name=name, **({"state": DONE} | more))


def test_records_come_back(tmp_path):
    name = "я" * 300 + "\udcff"
    written = outcome(name, files={f"{name}.wav": HASH}, quality={"snr_db": None})
    write_record(tmp_path, written)
    assert all_records(tmp_path) == [written]


@pytest.mark.parametrize("text", ["", "{", "[]", "5", '{"no": 1}', "[" * 5000])
def test_a_broken_record_counts_as_none(tmp_path, text):
    path = record_path(tmp_path, "a")
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert read_record(path) is None
    assert all_records(tmp_path) == []


@pytest.mark.parametrize("damage", [b"", b"\0" * 900, b'{"sha256": "", "held": {}}'])
@pytest.mark.parametrize("suffix", [".json", ".copy"])
def test_a_damaged_record_has_a_copy(tmp_path, damage, suffix):
    written = outcome("a", files={"a.wav": HASH})
    write_record(tmp_path, written)
    path = record_path(tmp_path, "a")
    path.with_suffix(suffix).write_bytes(damage)
    assert read_record(path) == written
    path.with_suffix(suffix).unlink()
    assert all_records(tmp_path) == [written]


def test_a_record_that_was_edited_counts_as_damaged(tmp_path):
    write_record(tmp_path, outcome("a", seconds=1.5))
    path = record_path(tmp_path, "a")
    path.with_suffix(".copy").unlink()
    path.write_text(path.read_text().replace("1.5", "2.5"))
    assert read_record(path) is None


def test_a_record_of_another_name_is_none(tmp_path):
    write_record(tmp_path, outcome("a"))
    for suffix in (".json", ".copy"):
        path = record_path(tmp_path, "a").with_suffix(suffix)
        path.rename(path.with_name("0" * 32 + suffix))
    assert all_records(tmp_path) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such pipes")
def test_nobody_waits_for_a_record_that_is_a_pipe_or_has_no_end(tmp_path):
    path = record_path(tmp_path, "a")
    path.parent.mkdir(parents=True)
    os.mkfifo(path)
    path.with_suffix(".copy").symlink_to("/dev/zero")
    assert read_record(path) is None
    assert all_records(tmp_path) == []


WRONG = [
    {"name": "../a"},
    {"name": "/etc/a"},
    {"name": ""},
    {"name": 5},
    {"photograph": {}},
    {"seconds": math.nan},
    {"peak_bytes": 10**400},
    {"exit_code": True},
    {"name": "b"},
    {"files": {"../a.wav": HASH}},
    {"files": {"in/b.png": HASH}},
    {"files": {"letters.txt": HASH}},
    {"files": {"a.png": HASH}},
    {"former": {"b.wav": HASH}},
    {"files": {"a.wav": 5}},
    {"files": {"a.wav": ""}},
    {"key": "5"},
    {"thumbnail": "//evil.example/x.png"},
    {"thumbnail": "thumbnails/../a.jpg"},
    {"thumbnail": f"thumbnails/{number_of('b')}-{HASH[:16]}.jpg"},
    {"files": ["a.wav"]},
    {"quality": {"snr_db": math.inf}},
    {"quality": {"snr_db": "loud"}},
    {"quality": {"notes": []}},
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_a_record_that_cannot_be_true_counts_as_none(tmp_path, wrong):
    """Disks rot: one damaged record stopped the run, or let it remove what is not its own."""
    path = record_path(tmp_path, "a")
    path.parent.mkdir(parents=True)
    known = {"files": {"a.wav": HASH}, "quality": {"snr_db": None}}
    known |= {"thumbnail": f"thumbnails/{number_of('a')}-{HASH[:16]}.jpg"}
    good = dataclasses.asdict(outcome("a", **known))
    write_sealed(path, good)
    assert read_record(path) is not None
    write_sealed(path, good | wrong)
    assert read_record(path) is None


# the tables and the pages


def test_the_tables_say_the_same_and_failures_come_first(tmp_path):
    figures = {"duration_s": 1.5, "snr_db": 20.0, "notes": 'a, "b"\nc'}
    outcomes = [
        outcome("a", quality=figures, files={"a.wav": HASH, "a.json": HASH}),
        outcome("=cmd|x", state=FAILED, exit_code=4, reason="=1+1"),
        outcome("c\udcff", state=LEFT, reason="the disk is full"),
        outcome("b", kept=True),
    ]
    drawn = summary.draw_summaries(outcomes, made="2026-01-01T00:00:00", seconds=1.0)
    held = json.loads(drawn["summary.json"]())
    table = drawn["summary.csv"]().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(table, newline="")))
    assert [row["outcome"] for row in rows] == [FAILED, LEFT, DONE, DONE]
    assert [row["outcome"] for row in held["photographs"]] == [row["outcome"] for row in rows]
    assert rows[0]["reason"] == "'=1+1"  # no formula in a spreadsheet
    assert rows[2]["notes"] == figures["notes"]
    assert rows[2]["sound"] == "a.wav"
    assert (rows[1]["exit_code"], rows[2]["exit_code"]) == ("", "0")
    counts = {"photographs": 4, "decoded": 1, "kept": 1, "failed": 1, "not reached": 1}
    assert held["counts"] == counts


def test_failures_of_one_cause_stand_together_and_are_named(tmp_path):
    refused = {"state": FAILED, "exit_code": 4, "reason": "why"}
    outcomes = [
        outcome("a", quality={"cause": "a seam"}, **refused),
        outcome("b", quality={"cause": "rings"}, **refused),
        outcome("c", quality={"cause": "a seam"}, **refused),
        outcome("d", quality={"verdict": "bad"}),
    ]
    drawn = summary.draw_summaries(outcomes, made="2026-01-01T00:00:00", seconds=1.0)
    rows = list(csv.DictReader(io.StringIO(drawn["summary.csv"]().decode("utf-8-sig"))))
    assert [row["cause"] for row in rows] == ["a seam", "a seam", "rings", ""]
    write_index(tmp_path, outcomes, made="2026-01-01T00:00:00")
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert text.count("no groove found or resolved: a seam") == 2
    assert "failed, rings:" in Outcomes(outcomes)._repr_html_()


def test_the_page_escapes_whatever_comes_from_outside(tmp_path):
    files = {f"{HOSTILE}.wav": "0", f"{HOSTILE}.html": "0", f"{HOSTILE}.json": "0"}
    outcomes = [
        outcome(HOSTILE, files=files, quality={"notes": HOSTILE}),
        outcome(HOSTILE + "2", state=FAILED, exit_code=3, reason=HOSTILE),
        outcome("\udcff%#?", files={"\udcff%#?.wav": ""}, thumbnail="javascript:alert(1)"),
    ]
    write_index(tmp_path, outcomes, made="2026-01-01T00:00:00")
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "<img src=x" not in text
    assert "&lt;img src=x onerror" in text
    assert 'src="%FF%25%23%3F.wav"' in text
    assert "javascript:alert" not in text
    assert "http" not in text.replace("http-equiv", "")


def test_a_notebook_shows_a_table_and_escapes_what_comes_from_outside():
    figures = {"duration_s": 61.0, "snr_db": 20.4, "direction": -1, "bandwidth_hz": None}
    shown = Outcomes(
        [
            outcome("a", quality=figures),
            outcome(HOSTILE, state=FAILED, exit_code=4, reason=HOSTILE),
            outcome("b\udcff", state=LEFT, reason="the disk is full"),
        ]
    )._repr_html_()
    assert shown.index("onerror") < shown.index("the disk is full") < shown.index("20 dB")
    assert "<img src=x" not in shown
    assert "3 photographs, 1 min 1.0 s of sound, 1 failed, 1 not reached" in shown
    assert shown.count("<tr>") == 4
    assert ">yes</td>" in shown
    shown.encode()  # whatever a name is, it can be written


def test_a_large_collection_is_spread_over_pages(tmp_path):
    outcomes = [outcome(f"{number:03d}") for number in range(7)]
    outcomes[6] = dataclasses.replace(outcomes[6], state=FAILED, exit_code=4, reason="none")
    write_index(tmp_path, outcomes, made="2026-01-01T00:00:00", per_page=1)
    assert (tmp_path / "index-7.html").exists()
    (tmp_path / "index-6.html").write_text("of somebody else")
    (tmp_path / "index-8.html").write_text("of somebody else")
    (tmp_path / "index-mine.html").write_text("of somebody else")
    write_index(tmp_path, outcomes, made="2026-01-01T00:00:00", per_page=3)
    assert (tmp_path / "index-6.html").read_text() == "of somebody else"
    (tmp_path / "index-6.html").unlink()
    (tmp_path / "index-8.html").unlink()
    pages = sorted(path.name for path in tmp_path.glob("*.html"))
    assert pages == ["index-2.html", "index-3.html", "index-mine.html", "index.html"]
    assert "006" in (tmp_path / "index.html").read_text()
    assert 'aria-current="page">2<' in (tmp_path / "index-2.html").read_text()


def test_a_thumbnail_shows_the_photograph(rng):
    image = rng.random((701, 1501), dtype=np.float32) * 0.1
    image[:350, :750] += 0.6
    drawn = cv2.imdecode(np.frombuffer(draw_thumbnail(as_photo(image)), np.uint8), 0)
    assert max(drawn.shape) <= 320
    assert drawn.shape[1] / drawn.shape[0] == pytest.approx(1501 / 701, rel=0.05)
    quarter = drawn[: drawn.shape[0] // 2 - 3, : drawn.shape[1] // 2 - 3]
    assert quarter.mean() > 200 > 60 > drawn[drawn.shape[0] // 2 + 3 :].mean()
    assert draw_thumbnail(as_photo(np.full((1, 1), 0.5, np.float32)))[:2] == b"\xff\xd8"


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif"])
def test_the_size_is_read_from_the_header(tmp_path, picture, suffix):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(cv2.imencode(suffix, picture)[1].tobytes())
    assert pixels_of(path) == picture.size
    path.write_bytes(path.read_bytes()[:20])
    assert pixels_of(path) == 0


# memory


def test_the_need_is_learnt_from_what_was_measured():
    need = Need().learnt(10_000_000, 100 << 20, (100 << 20) + 400_000_000)
    assert need.measured
    assert need.of(20_000_000) == pytest.approx((100 << 20) + 1.15 * 800_000_000)
    assert need.learnt(10_000_000, 0, 1).of(20_000_000) == need.of(20_000_000)
    assert need.learnt(100, 0, 10**12) == need  # too small to tell


def test_control_groups_limit_what_is_free(tmp_path):
    group = tmp_path / "job" / "step"
    group.mkdir(parents=True)
    (tmp_path / "job" / "memory.max").write_text("1000\n")
    (tmp_path / "job" / "memory.current").write_text("400\n")
    (group / "memory.max").write_text("max\n")
    (group / "memory.current").write_text("400\n")
    assert memory._left(tmp_path / "job", "memory.max", "memory.current") == 600.0
    assert memory._left(group, "memory.max", "memory.current") is None
    assert 0 < memory.free_bytes() <= psutil.virtual_memory().total


@pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="only Linux measures peaks anew"
)
def test_the_peak_is_of_this_photograph_alone():
    # in a process of its own: the command line, which other tests call, keeps memory
    code = """
import numpy as np
from groovescan.batch.execution import memory_budget as memory
np.ones(25_000_000).sum()
before = memory.peak_begins()
print(memory.peak_bytes() - before)
np.ones(25_000_000).sum()
print(memory.peak_bytes() - before)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    nothing, something = map(float, run.stdout.split())
    assert nothing < 100e6
    assert something > 150e6


# workers


@pytest.fixture
def crew():
    made = []

    def get(count, **more):
        made.append(Workers(count, threads=1, **more))
        return made[-1]

    yield get
    for one in made:
        one.shutdown(cancel_futures=True)


def test_workers_give_back_what_is_returned_and_raised(crew):
    two = crew(2)
    assert [two.submit(pow, 2, n).result(60) for n in range(5)] == [1, 2, 4, 8, 16]
    with pytest.raises(ZeroDivisionError):
        two.submit(divmod, 1, 0).result(60)


def test_a_killed_worker_takes_only_its_own_call_with_it(crew):
    two = crew(2)
    long = two.submit(time.sleep, 600)
    pid = two.submit(os.getpid).result(60)
    (other,) = set(two.pids) - {pid}
    os.kill(other, signal.SIGKILL)
    with pytest.raises(WorkerDiedError, match="SIGKILL, as systems do when memory runs out"):
        long.result(60)
    pids = {two.submit(os.getpid).result(60) for _ in range(6)}
    assert other not in pids


def test_a_call_that_takes_too_long_is_given_up(crew):
    one = crew(1, limit_s=0.3)
    with pytest.raises(WorkerDiedError, match=r"given up after 0\.3 seconds"):
        one.submit(time.sleep, 600).result(60)


def test_dismissed_workers_stop_at_once(crew):
    one = crew(1)
    running, queued = one.submit(time.sleep, 600), one.submit(pow, 2, 2)
    while not one.busy[0]:
        time.sleep(0.01)
    one.shutdown(cancel_futures=True)
    assert queued.cancelled()
    with pytest.raises(WorkerDiedError):
        running.result(60)
    assert one.pids == []
    with pytest.raises(RuntimeError, match="dismissed"):
        one.submit(pow, 1, 1)


# the run, with calls in this process


class AtOnce(Workers):
    """Does nothing until it is told to, and remembers how many calls were open."""

    def __init__(self, answers):
        self.answers, self.open, self.most, self.seen = answers, 0, 0, []
        self.lock = threading.Lock()

    def submit(self, fn, task):
        from concurrent.futures import Future

        from groovescan.batch.execution.work import Examined, examine

        future = Future()
        if fn is examine:
            future.set_result(Examined(pixels=self.answers[task.name][0]))
            return future
        with self.lock:
            self.open += 1
            self.most = max(self.most, self.open)
            self.seen.append((task.name, self.open))

        def end():
            with self.lock:
                self.open -= 1
            answers = self.answers[task.name][1]
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)

        threading.Timer(0.05, end).start()
        return future


def tasks_of(*names):
    return [
        Task(
            photograph=Path(f"/in/{name}.tif"),
            output=Path("/out"),
            name=name,
            settings=Settings(),
            wanted=Wanted(),
        )
        for name in names
    ]


def test_memory_decides_how_many_run_side_by_side():
    names = "abcdef"
    slot = AtOnce({name: (10_000_000, [outcome(name)]) for name in names})
    fits = Need().of(10_000_000) * 2.5
    ended = list(
        run(tasks_of(*names), WorkerPool(executor=slot, slots=6, fits=lambda n, t: n + t <= fits))
    )
    assert sorted(one.name for one in ended) == list(names)
    assert slot.most == 2


def test_a_photograph_too_large_for_memory_runs_alone():
    slot = AtOnce({name: (10**9, [outcome(name)]) for name in "abc"})
    ended = list(run(tasks_of(*"abc"), WorkerPool(executor=slot, slots=3, fits=lambda n, t: False)))
    assert len(ended) == 3
    assert slot.most == 1


def test_after_its_workers_death_a_photograph_is_tried_once_more_alone():
    died = WorkerDiedError("its worker was ended by SIGKILL")
    answers = {name: (10**6, [outcome(name)]) for name in "bcd"}
    answers |= {"a": (10**6, [died, outcome("a")]), "e": (10**6, [died])}
    slot = AtOnce(answers)
    crew = WorkerPool(executor=slot, slots=2, died=(WorkerDiedError,))
    ended = {one.name: one for one in run(tasks_of(*"aebcd"), crew)}
    assert ended["a"].state == DONE
    assert ended["e"].state == FAILED
    assert "twice, the second time alone: its worker was ended by SIGKILL" in ended["e"].reason
    assert [name for name, _ in slot.seen].count("e") == 2
    assert [count for name, count in slot.seen[-2:]] == [1, 1]


def test_a_full_disk_stops_the_run():
    full = outcome("b", state=FAILED, exit_code=1, reason="no space", stop=True)
    answers = {name: (10**6, [outcome(name)]) for name in "acdefg"} | {"b": (10**6, [full])}
    crew = WorkerPool(executor=AtOnce(answers), slots=1)
    ended = {one.name: one for one in run(tasks_of(*"abcdefg"), crew)}
    assert [ended[name].state for name in "abcdefg"] == [DONE, FAILED] + 5 * [LEFT]
    assert ended["g"].reason == "no space"


def test_the_summary_of_a_large_collection_takes_little_of_the_time(tmp_path, monkeypatch):
    """Where writing it takes ten seconds, it is not written every minute."""
    passed_s, written = [0.0], []

    def passes(seconds):
        passed_s[0] += seconds

    def write(*_, **more):
        passes(10.0)
        written.append(passed_s[0])

    monkeypatch.setattr(decode, "time", SimpleNamespace(monotonic=lambda: passed_s[0]))
    monkeypatch.setattr(decode, "_write", write)
    monkeypatch.setattr(decode, "run", lambda tasks, *_: (outcome(one.name) for one in tasks))
    watch = decode.RunCallbacks(ends=lambda one: passes(1.0))
    ended = decode._run(tmp_path, tasks_of(*map(str, range(1000))), None, watch)
    assert len(ended) == 1000
    assert written[0] == 71.0
    assert 10.0 * (len(written) - 2) <= 0.05 * 1000  # the last one is for the end


# the lock


def test_one_run_at_a_time(tmp_path):
    with locked(tmp_path / "out"):
        with pytest.raises(OutputBusyError, match="another run works"), locked(tmp_path / "out"):
            pytest.fail("two runs in one folder")
        threading.Timer(0.2, lambda: None).start()
    with locked(tmp_path / "out", wait=True):
        pass


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    touch(tmp_path / "file")
    with pytest.raises(SettingsError, match="cannot write"), locked(tmp_path / "file" / "out"):
        pytest.fail("a folder in a file")


# the progress on a terminal


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Busy:
    """Stands for workers of whom one decodes, and one waits for work."""

    def __init__(self, task):
        self.busy = [((task,), 12.3), None]


def test_a_terminal_shows_the_whole_and_each_worker(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    stream, tasks = Terminal(), tasks_of("a[b]c", "d")
    with BatchDisplay(stream) as progress:
        watch = progress.watch
        watch.begins(Plan(tasks=tasks, remarks=("line 3 is odd",)), Busy(tasks[0]))
        watch.ends(outcome("d", state=FAILED))
        watch.ticks()
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue())
    lines = [line.rstrip() for line in re.split(r"[\r\n]+", shown)]
    assert "groovescan: line 3 is odd" in lines
    assert any(re.fullmatch(r"collection, 1 failed .* 1/2 \S+ left", line) for line in lines)
    assert "  1  a[b]c.tif  12 s" in lines
    assert "  2  idle" in lines


def test_what_is_no_terminal_gets_remarks_alone():
    stream, tasks = io.StringIO(), tasks_of("a")
    with BatchDisplay(stream) as progress:
        progress.watch.begins(Plan(tasks=tasks, remarks=("line 3 is odd",)), None)
        progress.watch.ends(outcome("a"))
        progress.watch.ticks()
    assert stream.getvalue().splitlines() == [
        "groovescan: line 3 is odd",
        "groovescan: 1 of 1  /in/a.tif: done",
    ]


@pytest.mark.parametrize(
    ("former", "name"), [("Asked", "CollectionRequest"), ("Watch", "RunCallbacks")]
)
def test_former_names_still_work_and_say_the_new_one(former, name):
    with pytest.warns(DeprecationWarning, match=f"{former} is now {name}"):
        assert getattr(groovescan.batch, former) is getattr(groovescan.batch, name)
    with pytest.raises(AttributeError, match="Neither"):
        groovescan.batch.Neither  # noqa: B018
