"""Files of one set change together, whatever ends the program in between."""

import hashlib
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import warnings

import pytest

from groovescan.errors import OutputExistsError, SettingsError
from groovescan.storage import file_sets
from groovescan.storage.atomic_files import asides_of, is_aside, name_aside, remove_unfinished
from groovescan.storage.file_sets import finish_switches, switch
from groovescan.storage.regular_files import digest, open_regular, read_limited

posix = pytest.mark.skipif(os.name != "posix", reason="by POSIX's means")
OLD = {"a.wav": b"old sound", "a.json": b"old facts", "gone.wav": b"old copy"}
NEW = {"a.wav": b"new sound", "a.json": b"new facts", "a.npz": b"new numbers"}
STEPS = {"open", "os.rename", "os.link", "os.remove"}


def held(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def visible(folder):
    return {name: content for name, content in held(folder).items() if not is_aside(name)}


def begun(folder):
    return any(name.endswith(".journal") for name in held(folder))


def lay(folder, files):
    for name, content in files.items():
        (folder / name).write_bytes(content)


def change(folder, new=NEW, gone=("gone.wav",), may_replace=lambda place, here: True):
    places = [folder / name for name in new]
    with asides_of(places) as asides:
        for place in places:
            asides[place].write_bytes(new[place.name])
        return switch(asides, may_replace, removed=[folder / name for name in gone])


def digest_of(content):
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("old", [{}, OLD], ids=["nothing there", "replaced"])
def test_a_set_takes_its_places(tmp_path, old):
    lay(tmp_path, old)
    digests = change(tmp_path)
    assert held(tmp_path) == NEW
    assert digests == {tmp_path / name: digest_of(content) for name, content in NEW.items()}


def test_what_may_not_be_replaced_stops_all(tmp_path):
    lay(tmp_path, OLD)
    mine = {"a.wav": digest_of(OLD["a.wav"]), "gone.wav": digest_of(OLD["gone.wav"])}
    with pytest.raises(OutputExistsError, match=r"a\.json exists already"):
        change(tmp_path, may_replace=lambda place, here: mine.get(place.name) == here)
    assert held(tmp_path) == OLD


def test_a_name_that_is_taken_meanwhile_undoes_the_others(tmp_path, monkeypatch):
    place_new, others = file_sets.place_new, {"a.npz": b"of others"}

    def place(aside, path):
        if path.name == "a.npz":
            lay(tmp_path, others)
        place_new(aside, path)

    monkeypatch.setattr(file_sets, "place_new", place)
    with pytest.raises(OutputExistsError):
        change(tmp_path, gone=())
    assert held(tmp_path) == others


def test_a_link_is_replaced_and_not_what_it_leads_to(tmp_path):
    outside = tmp_path / "outside"
    outside.write_bytes(b"theirs")
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.wav").symlink_to(outside)
    asked = []
    change(folder, gone=(), may_replace=lambda place, here: asked.append(here) or True)
    assert asked == ["link"]
    assert outside.read_bytes() == b"theirs"
    assert held(folder) == NEW


def test_files_in_two_folders(tmp_path):
    (tmp_path / "x").mkdir()
    places = [tmp_path / "a.wav", tmp_path / "x" / "a.npz"]
    with asides_of(places) as asides:
        for place in places:
            asides[place].write_bytes(b"new")
        switch(asides, lambda place, here: False)
    assert held(tmp_path) == {"a.wav": b"new"}
    assert held(tmp_path / "x") == {"a.npz": b"new"}


def killed(folder, before):
    """Change a set in a process that is killed before one of its steps; whether it was."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the other threads are idle
        pid = os.fork()
    if not pid:
        try:
            steps = itertools.count(1)

            def hear(event, arguments):
                inside = event in STEPS and str(arguments[0]).startswith(str(folder))
                if inside and next(steps) == before:
                    os.kill(os.getpid(), signal.SIGKILL)

            sys.addaudithook(hear)
            change(folder)
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


@posix
@pytest.mark.parametrize("old", [{}, OLD], ids=["nothing there", "replaced"])
def test_killed_before_any_step_it_is_the_old_set_or_the_new(tmp_path, old):
    """Where the journal lies there, whoever comes next finishes it; before, all is as it was."""
    ends = set()
    for step in itertools.count(1):
        folder = tmp_path / str(step)
        folder.mkdir()
        lay(folder, old)
        was = killed(folder, step)
        new = begun(folder) or not was
        for _ in range(2):  # once more does no harm
            finish_switches([folder])
            left = visible(folder)
            assert left in ((NEW,) if new else (old, NEW))
        ends.add(left == NEW)
        if not was:
            break
    assert step > 15
    assert ends == {True, False}
    assert held(folder) == NEW


@posix
def test_what_was_changed_since_stays_when_a_journal_is_followed(tmp_path):
    lay(tmp_path, OLD)
    for step in itertools.count(1):
        assert killed(tmp_path, step)
        if begun(tmp_path):
            break
    lay(tmp_path, {"a.json": b"edited by hand"})
    finish_switches([tmp_path])
    assert visible(tmp_path) == NEW | {"a.json": b"edited by hand"}


@posix
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_waits_for_the_set(tmp_path, monkeypatch, number):
    replace, heard = os.replace, []

    def interrupted(source, target):
        replace(source, target)
        if str(target).endswith("a.wav"):
            signal.raise_signal(number)

    former = signal.signal(number, lambda *_: heard.append(held(tmp_path)))
    lay(tmp_path, OLD)
    monkeypatch.setattr(file_sets.os, "replace", interrupted)
    try:
        change(tmp_path)
    finally:
        signal.signal(number, former)
    assert heard == [NEW]


@posix
def test_a_real_signal_leaves_no_mixture_and_nothing_aside(tmp_path):
    """A program that changes a set without end, ended by signals at many moments."""
    program = (
        "import signal, sys, pathlib\n"
        "signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"  # it may be ignored from outside
        "from groovescan.cli.interrupt import prompt_interrupts\n"
        "from groovescan.storage.atomic_files import asides_of\n"
        "from groovescan.storage.file_sets import switch\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "places = [folder / f'a.{number}' for number in range(6)]\n"
        "with prompt_interrupts():\n"
        "    print('ready', flush=True)\n"
        "    while True:\n"
        "        for content in (b'old', b'new'):\n"
        "            with asides_of(places) as asides:\n"
        "                for aside in asides.values():\n"
        "                    aside.write_bytes(content)\n"
        "                switch(asides, lambda *_: True)\n"
    )
    for number, after_s in [(signal.SIGTERM, 0.11), (signal.SIGHUP, 0.17), (signal.SIGTERM, 0.23)]:
        process = subprocess.Popen(
            [sys.executable, "-c", program, tmp_path], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout.readline() == "ready\n"
        threading.Event().wait(after_s)
        process.send_signal(number)
        assert process.wait(30) == 128 + number
        process.stdout.close()
        found = held(tmp_path)
        assert set(found) <= {f"a.{one}" for one in range(6)}
        assert len(set(found.values())) <= 1


def journal(folder, *lines):
    path = name_aside(folder / "set.journal")
    path.write_text(json.dumps(lines))
    return path


ASIDE = ".groovescan-1-0123456789abcdef.wav"


@pytest.mark.parametrize(
    ("place", "aside"),
    [
        ("../a.wav", ASIDE),
        ("/etc/a.wav", ASIDE),
        (".groovescan", ASIDE),
        ("x/a.wav", ASIDE),
        ("a.wav", "letters.txt"),
        ("a.wav", "../" + ASIDE),
        ("a.wav", 5),
        (None, ASIDE),
    ],
)
def test_a_journal_names_nothing_but_what_the_program_names(tmp_path, place, aside):
    folder = tmp_path / "in"
    (folder / "x").mkdir(parents=True)
    lay(folder, {ASIDE: b"new", "letters.txt": b"new"})
    lay(tmp_path, {ASIDE: b"new"})
    journal(folder, [place, aside, "", digest_of(b"new")])
    finish_switches([folder])
    assert set(held(folder)) >= {ASIDE, "letters.txt"}
    assert "a.wav" not in set(held(folder)) | set(held(tmp_path)) | set(held(folder / "x"))


@pytest.mark.parametrize("text", ["", "5", "[5]", "[[]]", "[" * 5000, '[["a","b","c"]]', "{}"])
def test_a_broken_journal_does_nothing(tmp_path, text):
    journal(tmp_path).write_text(text)
    lay(tmp_path, OLD)
    finish_switches([tmp_path, tmp_path / "gone"])
    assert held(tmp_path).items() >= OLD.items()


@posix
def test_a_journal_of_somebody_else_is_not_followed(tmp_path):
    if os.geteuid():
        pytest.skip("only root can give files away")
    lay(tmp_path, {"a.wav": b"old", ASIDE: b"evil"})
    path = journal(tmp_path, ["a.wav", ASIDE, digest_of(b"old"), digest_of(b"evil")])
    os.chown(path, 65534, 65534)
    finish_switches([tmp_path])
    assert held(tmp_path)["a.wav"] == b"old"
    os.chown(path, os.geteuid(), 0)
    finish_switches([tmp_path])
    assert held(tmp_path) == {"a.wav": b"evil"}


@posix
def test_a_journal_that_is_a_pipe_or_a_link_is_not_waited_for(tmp_path):
    os.mkfifo(name_aside(tmp_path / "set.journal"))
    name_aside(tmp_path / "set.journal").symlink_to("/dev/zero")
    finish_switches([tmp_path])
    assert len(list(tmp_path.iterdir())) == 2


def test_many_follow_the_same_journals_at_once(tmp_path):
    """What one does under the hands of another comes to the same."""
    stop, failed = threading.Event(), []

    def follow():
        while not stop.is_set():
            finish_switches([tmp_path])

    def work():
        try:
            for number in range(40):
                change(tmp_path, dict.fromkeys(NEW, b"%d" % number), gone=())
        except Exception as error:
            failed.append(error)

    others = [threading.Thread(target=follow) for _ in range(2)]
    for one in others:
        one.start()
    work()
    stop.set()
    for one in others:
        one.join()
    assert failed == []
    assert held(tmp_path) == dict.fromkeys(NEW, b"39")


def test_the_end_of_the_program_removes_what_is_not_placed(tmp_path):
    with asides_of([tmp_path / "a.wav", tmp_path / "b.wav"]):
        assert len(list(tmp_path.iterdir())) == 2
        remove_unfinished()
        assert list(tmp_path.iterdir()) == []


# reading what others may have laid there


@posix
def test_only_ordinary_files_are_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "endless").symlink_to("/dev/zero")
    (tmp_path / "good").write_bytes(b"content")
    (tmp_path / "link").symlink_to(tmp_path / "good")
    for name in ("pipe", "endless", ".", "gone"):
        with pytest.raises(OSError, match=r"ordinary|directory|file"):
            open_regular(tmp_path / name)
    assert digest(tmp_path / "link") == digest_of(b"content")
    with pytest.raises(OSError, match="link"):
        digest(tmp_path / "link", follow_links=False)
    assert read_limited(tmp_path / "good", 7) == b"content"
    with pytest.raises(OSError, match="longer than 6 bytes"):
        read_limited(tmp_path / "good", 6)


@posix
def test_a_device_is_no_output(tmp_path):
    from groovescan.storage.atomic_files import check_output

    with pytest.raises(SettingsError, match="no ordinary file"):
        check_output("/dev/null", force=True)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SettingsError, match="no ordinary file"):
        check_output(tmp_path / "pipe", force=True)
    with pytest.raises(SettingsError, match="has 300 bytes"):
        check_output(tmp_path / ("x" * 300))
