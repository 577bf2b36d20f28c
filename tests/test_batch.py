"""Collections for real: what is killed, full, broken or in the way loses nothing."""

import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest
import soundfile
from conftest import SMALL, SOUND_HZ

from groovescan.batch import DONE, FAILED
from groovescan.batch.record import all_records
from groovescan.simulate import make_sound, simulate

TINY = SMALL.replace(
    width_px=500,
    height_px=500,
    start_radius_mm=11.0,
    film_radius_mm=12.5,
    bones=0,
    lead_in_turns=1.0,
    run_out_turns=1.0,
    supersampling=2,
)
LONGEST_S = 240


@pytest.fixture(scope="session")
def drawn():
    """Three small photographs, as PNG files hold them."""
    images = []
    for seed in range(3):
        sound = make_sound(1.5, SOUND_HZ, np.random.default_rng(seed))
        images.append(simulate(sound, SOUND_HZ, TINY.replace(seed=seed)).image)
    return [cv2.imencode(".png", image)[1].tobytes() for image in images]


@pytest.fixture
def photos(tmp_path, drawn):
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, data in enumerate(drawn):
        (folder / f"disc {number}.png").write_bytes(data)
    return folder


class Batch:
    """A run of the command in a process of its own."""

    def __init__(self, *arguments, program=("-m", "groovescan")):
        self.process = subprocess.Popen(
            [sys.executable, *program, "batch", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
            # a shell that runs the tests in the background has the signal ignored
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def workers(self):
        """Processes that decode, as far as they have begun."""
        found = []
        with contextlib.suppress(psutil.Error):
            for child in psutil.Process(self.process.pid).children(recursive=True):
                with contextlib.suppress(psutil.Error):  # this one has just ended
                    if "spawn_main" in " ".join(child.cmdline()):
                        found.append(child)
        return found

    def end(self):
        out, err = self.process.communicate(timeout=LONGEST_S)
        return self.process.returncode, out, err


@pytest.fixture
def batch(run):
    """Call the command in this process: as the console script does, and sooner loaded.

    With one worker, where nothing else is said: each of them takes a second to load.
    """

    def call(*arguments):
        more = () if {"--jobs", "--scheduler"} & set(arguments) else ("--jobs", 1)
        ended = run("batch", *arguments, *more)
        return ended.code, ended.out, ended.err

    return call


@pytest.fixture
def started():
    """Start the command; what still runs at the end of a test is killed."""
    begun = []

    def begin(*arguments, **more):
        begun.append(Batch(*arguments, **more))
        return begun[-1]

    yield begin
    for one in begun:
        for process in [*one.workers(), one.process]:
            with contextlib.suppress(psutil.Error, OSError):
                process.kill()
        one.process.communicate()


def until(condition, seconds=LONGEST_S):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
    return found


def rows(out):
    held = json.loads((out / "summary.json").read_text())["photographs"]
    return {Path(row["photograph"]).name: row for row in held}


def check_whole(out):
    """Every file with the name of an output is whole, and its sidecar is of it."""
    for sound in out.rglob("*.wav"):
        if not sound.name.startswith("."):
            with open(sound, "rb") as file:  # its name may be no text
                assert soundfile.info(file).frames > 0
            sidecar = sound.with_suffix(".json")
            if sidecar.exists():
                json.loads(sidecar.read_text(encoding="utf-8"))
    for outcome in all_records(out):
        for name, number in outcome.files.items():
            if outcome.state == DONE:
                assert hashlib.sha256((out / name).read_bytes()).hexdigest() == number


def snapshot(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_everything_odd_at_once_and_then_again(batch, tmp_path, photos, drawn):
    """One photograph that fails is recorded and skipped; names may be anything."""
    odd = photos / "Я, 磁盘" / "x y"
    odd.mkdir(parents=True)
    (odd / "<b>&\"'.png").write_bytes(drawn[0])
    (odd / f"{'длинное' * 17}.png").write_bytes(drawn[1])  # 242 bytes of 255
    with contextlib.suppress(OSError):  # no text at all, where the file system allows it
        (odd / "no text \udcff.png").write_bytes(drawn[2])
    (photos / "link.png").symlink_to(photos / "disc 0.png")
    (photos / "dangling.png").symlink_to(tmp_path / "nothing.png")
    (photos / "broken.png").write_bytes(drawn[0][: len(drawn[0]) // 2])
    noise = np.random.default_rng(1).integers(0, 256, (300, 300), np.uint8)
    (photos / "no groove.png").write_bytes(cv2.imencode(".png", noise)[1].tobytes())
    os.mkfifo(photos / "pipe.png")
    if Path("/proc/self/mem").exists():  # opens, and cannot be read: EIO
        (photos / "unreadable.png").symlink_to("/proc/self/mem")
    (photos / "bad settings").mkdir()
    shutil.copy(photos / "disc 0.png", photos / "bad settings" / "a.png")
    (photos / "bad settings" / "groovescan.toml").write_text("[sound]\nrpm = 'fast'\n")
    os.chmod(photos, 0o555)
    before = snapshot(photos / "bad settings") | snapshot(odd)
    around = set(tmp_path.iterdir())

    out = tmp_path / "out дир"
    code, text, err = batch(photos, "-o", out, "--jobs", 2)
    assert code == 7, err
    assert "Traceback" not in err
    found = rows(out)
    codes = {name: row["exit_code"] for name, row in found.items() if row["exit_code"]}
    wrong = {"dangling.png": 3, "broken.png": 3, "no groove.png": 4, "pipe.png": 3, "a.png": 2}
    if (photos / "unreadable.png").is_symlink():
        wrong["unreadable.png"] = 3
        assert "nput/output error" in found["unreadable.png"]["reason"]
    assert codes == wrong
    done = [row for row in found.values() if row["outcome"] == DONE]
    expected = 6 + (odd / "no text \udcff.png").exists()
    assert len(done) == expected
    assert all((out / row["sound"]).is_file() for row in done)
    assert all(row["read_fraction"] > 0.5 and row["seconds"] > 0 for row in done)
    assert all(row["reason"] for row in found.values() if row["exit_code"])
    assert (out / "index.html").read_text(encoding="utf-8").count("<audio") == expected
    check_whole(out)
    # nothing elsewhere
    assert snapshot(photos / "bad settings") | snapshot(odd) == before
    assert set(tmp_path.iterdir()) == around | {out}

    os.chmod(photos, 0o755)
    (photos / "broken.png").write_bytes(drawn[0])
    for name in ("dangling.png", "pipe.png", "unreadable.png", "no groove.png"):
        (photos / name).unlink(missing_ok=True)
    (photos / "bad settings" / "groovescan.toml").write_text("[sound]\nrpm = 45\n")
    times = {path: path.stat().st_mtime_ns for path in out.rglob("*.wav")}
    code, text, err = batch(photos, "-o", out)
    assert code == 0, err
    assert f"decoded   2 of {expected + 2}" in text
    assert f"kept      {expected}" in text
    assert all(path.stat().st_mtime_ns == then for path, then in times.items())
    assert rows(out)["a.png"]["duration_s"] == pytest.approx(
        rows(out)["disc 0.png"]["duration_s"] * 78 / 45, rel=0.02
    )


def test_again_does_what_changed_and_nothing_else(batch, tmp_path, photos, drawn):
    out, box = tmp_path / "out", photos / "box"
    box.mkdir()
    (box / "disc 3.png").write_bytes(drawn[0])
    (box / "groovescan.toml").write_text("[sound]\nrestore = true\n")
    assert batch(photos, "-o", out, "--keep-removed")[0] == 0
    assert (out / "box" / "disc 3.removed.wav").exists()
    os.utime(photos / "disc 0.png")  # a date is not a change
    (out / "disc 1.wav").unlink()
    (photos / "disc 2.png").write_bytes(drawn[0])
    # settings are a change; a listening copy that is not wanted any more goes
    (box / "groovescan.toml").unlink()
    code, text, _ = batch(photos, "-o", out, "--keep-removed")
    assert (code, "decoded   3 of 4" in text, "kept      1" in text) == (0, True, True)
    assert len(list(out.rglob("*.wav"))) == 4
    check_whole(out)


def test_files_of_others_stay(batch, tmp_path, photos):
    out = tmp_path / "out"
    out.mkdir()
    (out / "disc 0.wav").write_bytes(b"mine")
    (photos / "disc 2.png").unlink()
    (tmp_path / "elsewhere").mkdir()
    shutil.move(photos / "disc 1.png", (photos / "box").mkdir() or photos / "box")
    (out / "box").symlink_to(tmp_path / "elsewhere")
    code, _, _ = batch(photos, "-o", out)
    found = rows(out)
    assert code == 7
    assert (found["disc 0.png"]["exit_code"], found["disc 1.png"]["exit_code"]) == (6, 2)
    assert "outside the output folder" in found["disc 1.png"]["reason"]
    assert (out / "disc 0.wav").read_bytes() == b"mine"
    assert not list((tmp_path / "elsewhere").iterdir())
    # beside the photographs is allowed, too
    same = (photos, "-o", photos, "--channel", "green", "--dpi", 600)
    assert batch(*same, "--quiet") == (0, "", "")
    sidecar = json.loads((photos / "box" / "disc 1.json").read_text(encoding="utf-8"))
    asked = sidecar["settings"]["photo"]
    assert (asked["channel"], asked["dpi"]) == ("green", 600)
    assert (photos / "box" / "disc 1.wav").exists()
    assert batch(*same)[1].startswith("decoded   0 of 2")


def test_what_is_killed_loses_nothing(started, tmp_path, photos):
    """The run itself is killed at two moments, and at last a worker of it."""
    out = tmp_path / "out"
    for moment in (".groovescan/records/*/*.json", "*.wav"):
        running = started(photos, "-o", out, "--jobs", 1)
        there = set(out.glob(moment))
        until(lambda moment=moment, there=there: set(out.glob(moment)) - there)
        workers = until(running.workers)
        running.process.kill()
        running.process.wait()
        check_whole(out)
        # nobody goes on behind our back
        _, alive = psutil.wait_procs(workers, 20)
        assert not alive
    # what was written aside is removed once it is old enough to be nobody's
    for left in out.glob(".groovescan-*"):
        os.utime(left, (1, 1))
    (out / ".groovescan-1-0123456789abcdef.wav").write_bytes(b"half")
    os.utime(out / ".groovescan-1-0123456789abcdef.wav", (1, 1))
    for picture in out.glob("thumbnails/*.jpg"):
        picture.unlink()
    (photos / "disc 0.png").write_bytes((photos / "disc 1.png").read_bytes())
    running = started(photos, "-o", out, "--jobs", 2)
    until(lambda: list(out.glob("thumbnails/*.jpg")))
    max(until(running.workers), key=lambda worker: worker.memory_info().rss).kill()
    code, _, err = running.end()
    assert code == 0, err
    assert {row["outcome"] for row in rows(out).values()} == {DONE}
    check_whole(out)
    assert len(list(out.glob("*.wav"))) == 3
    assert not list(out.glob(".groovescan-*"))
    assert all(record.state == DONE for record in all_records(out))


def test_a_photograph_that_always_kills_its_worker_is_recorded(batch, started, tmp_path, photos):
    for name in ("disc 1.png", "disc 2.png"):
        (photos / name).unlink()
    out = tmp_path / "out"
    running = started(photos, "-o", out, "--jobs", 1)
    for _ in range(2):
        until(lambda: list(out.glob("thumbnails/*.jpg")))
        for picture in out.glob("thumbnails/*.jpg"):
            picture.unlink()
        for worker in until(running.workers):
            worker.kill()
    code, _, _ = running.end()
    (row,) = rows(out).values()
    assert (code, row["outcome"], row["exit_code"]) == (7, FAILED, 1)
    assert "SIGKILL" in row["reason"]
    assert batch(photos, "-o", out)[0] == 0


class MemoryGroup:
    """A control group inside our own, of Linux, in which there is next to no memory."""

    def __init__(self):
        groups = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
        own = {kind: path.lstrip("/") for _, kind, path in groups}
        old = "memory" in own
        root = Path("/sys/fs/cgroup") / ("memory" if old else "")
        self.place = root / own["memory" if old else ""] / f"groovescan-test-{os.getpid()}"
        self.place.mkdir()
        self.limit = self.place / ("memory.limit_in_bytes" if old else "memory.max")
        self.events = self.place / ("memory.oom_control" if old else "memory.events")

    def take(self, pid):
        """What this process takes from now on has to fit in 4 MB."""
        self.limit.write_text(str(4 << 20))
        (self.place / "cgroup.procs").write_text(str(pid))

    @property
    def kills(self):
        return int(re.search(r"^oom_kill (\d+)", self.events.read_text(), re.MULTILINE)[1])


@pytest.fixture
def memory_group():
    try:
        group = MemoryGroup()
    except (OSError, KeyError) as error:
        pytest.skip(f"only who may limit memory can run out of it: {error}")
    yield group
    until(lambda: not (group.place / "cgroup.procs").read_text(), 20)
    group.place.rmdir()


def test_a_worker_that_the_system_kills_for_memory(started, tmp_path, photos, memory_group):
    if not memory_group.limit.exists():
        pytest.skip("memory cannot be limited here")
    out = tmp_path / "out"
    running = started(photos, "-o", out, "--jobs", 1)
    until(lambda: list(out.glob("thumbnails/*.jpg")))
    (worker,) = until(running.workers)
    memory_group.take(worker.pid)
    code, _, err = running.end()
    assert memory_group.kills >= 1
    assert code == 0, err
    assert {row["outcome"] for row in rows(out).values()} == {DONE}
    check_whole(out)


@pytest.fixture
def small_disk(tmp_path):
    """A disk with room for some of the sounds."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = (
        shutil.which("mount")
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=700k", "none", place], capture_output=True
        ).returncode
    )
    if not mounted:
        pytest.skip("only who may mount can have a small disk")
    yield place
    subprocess.run(["umount", place], check=True)


def test_the_disk_is_full(batch, tmp_path, photos, small_disk):
    out = small_disk / "out"
    ballast = small_disk / "ballast"
    for number in range(3, 6):
        shutil.copy(photos / "disc 0.png", photos / f"disc {number}.png")
    ballast.write_bytes(bytes(150_000))
    code, text, err = batch(photos, "-o", out, "--jobs", 1)
    assert code in (1, 7)
    assert "Traceback" not in err
    assert "space" in err or "room" in err
    done = [record for record in all_records(out) if record.state == DONE]
    assert 0 < len(done) < 6
    check_whole(out)
    assert not list(out.glob(".groovescan-*"))
    # with room again it goes on where it stopped
    subprocess.run(["mount", "-o", "remount,size=8m", small_disk], check=True)
    code, text, _ = batch(photos, "-o", out)
    assert code == 0
    assert f"kept      {len(done)}" in text
    check_whole(out)


def test_two_runs_in_one_folder(batch, started, tmp_path, photos):
    out = tmp_path / "out"
    first = started(photos, "-o", out, "--jobs", 1)
    until(lambda: list(out.glob("thumbnails/*.jpg")))
    code, _, err = batch(photos, "-o", out)
    assert code == 6
    assert "another run works in" in err
    waited = started(photos, "-o", out, "--wait")
    assert first.end()[0] == 0
    code, text, _ = waited.end()
    assert code == 0
    assert "kept      3" in text


#: The command, with an index that takes longer than a process has that does not heed Ctrl-C.
SLOW_INDEX = """
import sys, time
from groovescan.cli import main
from groovescan.batch import collection as decode
write_listing, seconds = decode.write_listing, float(sys.argv.pop())
def slowly(*arguments, **more):
    print("summing up", flush=True)
    time.sleep(seconds)
    write_listing(*arguments, **more)
decode.write_listing = slowly
main(sys.argv[1:])
"""


def test_ctrl_c_ends_the_run_and_keeps_what_is_done(batch, started, tmp_path, photos):
    out = tmp_path / "out"
    running = started(photos, "-o", out, "--jobs", 1, 3, program=("-c", SLOW_INDEX))
    until(lambda: list(out.glob("*.json")))
    workers = running.workers()
    running.process.send_signal(signal.SIGINT)
    code, _, err = running.end()
    assert code == 130, err
    assert not psutil.wait_procs(workers, 20)[1]
    assert (out / "index.html").exists()  # the summary is written to its end
    assert {row["outcome"] for row in rows(out).values()} <= {DONE, "not reached"}
    assert batch(photos, "-o", out)[0] == 0


def test_a_second_ctrl_c_does_not_wait_for_the_summary(started, tmp_path, photos):
    out = tmp_path / "out"
    running = started(photos, "-o", out, "--jobs", 1, 600, program=("-c", SLOW_INDEX))
    until(lambda: list(out.glob("thumbnails/*.jpg")))
    running.process.send_signal(signal.SIGINT)
    assert running.process.stdout.readline() == "summing up\n"
    time.sleep(1.5)
    assert running.process.poll() is None
    running.process.send_signal(signal.SIGINT)
    assert running.end()[0] == 130
    assert not list(out.glob(".groovescan-*"))


def test_a_program_whose_every_line_is_run_by_workers_is_told(tmp_path, photos):
    program = tmp_path / "mine.py"
    program.write_text(
        "import groovescan\n"
        f"done = groovescan.decode_collection([{str(photos / 'disc 0.png')!r}], 'out')\n"
        "print(done[0].state)\n"
    )
    ended = subprocess.run(
        [sys.executable, program], cwd=tmp_path, capture_output=True, text=True, timeout=LONGEST_S
    )
    assert ended.stdout == "failed\n"
    assert "put the call under if __name__ == '__main__':" in ended.stderr
    text = program.read_text().replace("done =", "if __name__ == '__main__':\n    done =")
    program.write_text(text.replace("print", "    print"))
    ended = subprocess.run(
        [sys.executable, program], cwd=tmp_path, capture_output=True, text=True, timeout=LONGEST_S
    )
    assert (ended.stdout, ended.stderr) == ("done\n", "")


def test_wrong_use_is_told_at_once(run, tmp_path, photos):
    (tmp_path / "t.csv").write_text("photograph,rpn\n")
    cases = [
        ((tmp_path / "gone", "-o", tmp_path / "out"), "there is no file or folder"),
        ((photos, "-o", photos / "disc 0.png"), "is no folder"),
        ((photos, "-o", "/dev/null/out"), "is no folder|cannot write"),
        ((photos, "-o", tmp_path / "out", "--settings", tmp_path / "no.toml"), "no settings file"),
        ((photos, "-o", tmp_path / "out", "--overrides", tmp_path / "t.csv"), "rpm"),
        ((photos, "-o", tmp_path / "out", "--eq", "nothing"), "nothing"),
        ((photos, "-o", tmp_path / "out", "--jobs", 2, "--scheduler", "tcp://a:1"), "--jobs"),
        ((photos, "-o", tmp_path / "out", "--jobs", 0), "jobs"),
    ]
    for arguments, message in cases:
        ended = run("batch", *arguments)
        assert ended.code == 2, ended
        assert re.search(message, ended.err), ended
