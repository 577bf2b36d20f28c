"""How far the work is, and how it is stopped."""

import os
import re
import signal
import subprocess
import sys
import time

import cv2
import pytest

import groovescan
from groovescan.cli.stage_bar import StageBar
from groovescan.runtime.progress import COMPILING, STAGES, silent


def test_a_decode_tells_its_stages_in_order(disc):
    heard = []
    groovescan.decode(disc("plain").image, progress=lambda stage, done: heard.append((stage, done)))
    stages = [stage for stage in dict.fromkeys(stage for stage, _ in heard) if stage != COMPILING]
    expected = [stage for stage in STAGES if stage not in ("start-up", "files")]
    assert stages == expected
    assert all(0 <= done <= 1 for _, done in heard)
    # the longer stages tell how far they are
    for longer, least in {
        "groove field": 3,
        "groove map": 2,
        "coarse strip": 3,
        "reading": 4,
    }.items():
        told = [done for stage, done in heard if stage == longer]
        assert len(told) >= least, longer
        assert told == sorted(told), longer
    assert silent("reading", 0.5) is None


def test_seconds_are_kept_stage_by_stage():
    watch = StageBar({"one": 0.5, "two": 0.5}, visible=False, begun_s=time.perf_counter() - 2.0)
    with watch.watching():
        watch("one", 0.0)
        watch("two", 0.0)
        watch("one", 0.5)
    seconds = watch.seconds
    assert list(seconds) == ["one", "two"]
    assert all(value >= 0 for value in seconds.values())
    lines = watch.table().splitlines()
    assert lines[-1].startswith("total")
    assert lines[-1].endswith("100.0 %")


def test_compiling_has_a_bar_of_its_own():
    watch = StageBar(STAGES, visible=False, begun_s=time.perf_counter())
    watch("start-up", 0.0)
    watch(COMPILING, 0.75)
    assert watch._overall() == 0.75
    watch("photograph", 0.0)
    assert watch._overall() == pytest.approx(STAGES["start-up"] / sum(STAGES.values()))


def test_the_first_stage_counts_from_the_beginning():
    watch = StageBar({"start-up": 1.0}, visible=False, begun_s=time.perf_counter() - 2.0)
    watch("start-up", 0.0)
    watch("next", 0.0)
    assert watch.seconds["start-up"] >= 2.0


@pytest.fixture
def photo(tmp_path, disc):
    path = tmp_path / "disc.png"
    cv2.imwrite(str(path), disc("plain").image)
    return path


def test_timings_and_quiet(run, photo):
    ended = run("decode", photo, "--timings", "--quiet")
    assert ended.code == 0
    assert ended.err == ""  # no terminal, no bar
    lines = [line for line in ended.out.splitlines() if not line.startswith(COMPILING)]
    rows = [line.split() for line in lines]
    assert len(rows) == len(STAGES) + 1
    shares = [float(line.split()[-2]) for line in ended.out.splitlines()]
    assert sum(shares[:-1]) == pytest.approx(100, abs=0.6)
    assert "centre" not in ended.out


posix = pytest.mark.skipif(os.name != "posix", reason="signals and terminals are POSIX's")
PROGRAM = "from groovescan.cli import main; main()"
# a small photograph may be done before a bar would be worth while
AT_ONCE = "from groovescan.cli import main, stage_bar; stage_bar._PATIENCE_S = 0.0; main()"


@posix
def test_a_bar_on_a_terminal(photo):
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", AT_ONCE, "decode", str(photo)],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "90"},
    )
    os.close(theirs)
    seen = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    os.close(ours)
    out = process.communicate(timeout=60)[0]
    assert process.returncode == 0
    text = seen.decode("utf-8", "replace")
    assert "reading" in text
    assert re.search(r"\d+%", text)
    assert "left" in text
    assert b"reading" not in out


BUSY = """
import signal, sys, time, types
from concurrent.futures import ThreadPoolExecutor
pipeline = types.ModuleType('groovescan.pipeline')
def decode(*arguments, progress):
    print('started', flush=True)
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(time.sleep, 0.5) for _ in range(200)]:
            done.result()
pipeline.decode = decode
sys.modules['groovescan.pipeline'] = pipeline
import groovescan
groovescan.pipeline = pipeline
from groovescan.cli import main
main()
"""


def interrupted(program, *arguments, line):
    """Interrupt a program at a line of its output: exit code, and seconds until it ended."""
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout.readline() == line
    begun_s = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert "Traceback" not in err
    return process.returncode, time.monotonic() - begun_s


@posix
def test_threads_with_work_left_do_not_hold_ctrl_c_up(photo):
    code, seconds = interrupted(BUSY, "decode", str(photo), line="started\n")
    assert code == 130
    assert seconds < 20  # all the work would take 50
    assert [path.name for path in photo.parent.iterdir()] == ["disc.png"]


@posix
def test_what_is_half_written_is_removed_at_once(tmp_path, photo):
    place = str(tmp_path / "other.txt")
    program = BUSY.replace(
        "    print('started', flush=True)\n",
        "    from groovescan.storage.atomic_files import written_aside\n"
        f"    writing = written_aside({place!r})\n"
        "    print(writing.__enter__().exists(), flush=True)\n",
    )
    code, _ = interrupted(program, "decode", str(photo), line="True\n")
    assert code == 130
    assert [path.name for path in photo.parent.iterdir()] == ["disc.png"]


@posix
def test_ctrl_c_in_the_middle_of_a_decode(photo):
    program = (
        "from groovescan.pipeline import stages as pipeline\n"
        "whole = pipeline.read\n"
        "def read(*arguments, **options):\n"
        "    print('reading', flush=True)\n"
        "    return whole(*arguments, **options)\n"
        "pipeline.read = read\n" + PROGRAM
    )
    code, _ = interrupted(program, "decode", str(photo), line="reading\n")
    assert code == 130
    assert [path.name for path in photo.parent.iterdir()] == ["disc.png"]
