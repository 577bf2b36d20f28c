"""Ordinary causes are told as what they are: a full disk, a name too long, a file that is gone."""

import errno
import os
import shutil
import signal
import subprocess
import sys

import numpy as np
import psutil
import pytest
from test_batch import Batch, drawn, photos, started, until  # noqa: F401 - fixtures
from test_cli import photo, pipeline  # noqa: F401 - fixtures
from test_sound_file import ORIGIN

from groovescan.errors import PhotographError, SettingsError, StorageError
from groovescan.sound import write_sound
from groovescan.storage.os_errors import as_groovescan_error, told_as_ours

posix = pytest.mark.skipif(os.name != "posix", reason="by POSIX's means")
A_FAULT = "fault of the program"


@pytest.fixture
def full_disk(tmp_path):
    """A disk with room for 64 kB."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", place]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("only who may mount can have a small disk")
    yield place
    subprocess.run(["umount", place], check=True)


@pytest.mark.parametrize(
    ("number", "name", "kind", "words"),
    [
        (errno.ENOSPC, None, StorageError, "no space left on the disk; free some"),
        (errno.EDQUOT, "/x/a.wav", StorageError, "no space left on the disk of /x/a.wav"),
        (errno.EFBIG, None, StorageError, "ulimit -f"),
        (errno.ENAMETOOLONG, "a", SettingsError, "too long"),
        (errno.EIO, None, PhotographError, "photo.png: "),
        (errno.ENOENT, "photo.png", PhotographError, "photo.png: No such file"),
        (errno.EACCES, "out.wav", StorageError, "who may write there"),
        (errno.EIO, "out.wav", StorageError, "out.wav: "),
        (errno.EIO, b"out\xff.wav", StorageError, "out\udcff.wav: "),
    ],
)
def test_each_cause_has_its_words_and_code(number, name, kind, words):
    error = OSError(number, os.strerror(number), name)
    told = as_groovescan_error(error, "photo.png")
    assert type(told) is kind
    assert words in str(told)


def test_an_error_without_any_number_says_something():
    with pytest.raises(StorageError, match="Timeout"), told_as_ours():
        raise TimeoutError


def test_a_full_disk(run, photo, pipeline, full_disk):  # noqa: F811
    ended = run("decode", photo, "-o", full_disk / "a.wav")
    assert (ended.code, A_FAULT in ended.err) == (1, False)
    assert "no space left on the disk" in ended.err
    assert list(full_disk.iterdir()) == []


def test_a_full_disk_and_flac(full_disk, rng):
    """The library that codes it does not say why it could not write."""
    steps = rng.integers(-(2**23), 2**23, 200_000).astype(np.int32)
    for count in (
        len(steps),
        21_800,
    ):  # where the room ends in the middle, and within the last part
        with pytest.raises(StorageError, match="no space left on the disk"):
            write_sound(full_disk / "a.flac", steps[:count], 48000, "24", ORIGIN)
        assert list(full_disk.iterdir()) == []
    assert write_sound(full_disk / "a.flac", steps[:15_000], 48000, "24", ORIGIN).exists()


@posix
def test_a_limit_on_the_size_of_files(run, photo, pipeline, tmp_path):  # noqa: F811
    import resource

    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, former[1]))
    try:
        ended = run("decode", photo)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)
    assert (ended.code, A_FAULT in ended.err) == (1, False)
    assert "ulimit" in ended.err
    assert [path.name for path in tmp_path.iterdir()] == [photo.name]


@posix
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no such device")
def test_standard_output_that_takes_nothing(tmp_path):
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "groovescan", "curves"],
            stdout=full, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    assert (ended.returncode, A_FAULT in ended.stderr) == (1, False)
    assert "no space left" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


@posix
@pytest.mark.parametrize("force", [[], ["--force"]])
def test_a_device_as_output_stays_one(run, photo, pipeline, force):  # noqa: F811
    ended = run("decode", photo, "--save-displacement", "/dev/full", *force)
    assert ended.code in (2, 6)
    assert pipeline.count == 0
    assert not os.path.isfile("/dev/full")


def test_the_longest_name_of_a_photograph(run, photo, pipeline):  # noqa: F811
    long = photo.with_name("x" * 251 + ".png")
    shutil.copy(photo, long)
    ended = run("decode", long)
    assert (ended.code, A_FAULT in ended.err) == (2, False)
    assert "256 bytes" in ended.err
    assert pipeline.count == 0
    assert run("decode", long, "-o", photo.with_name("short.wav")).code == 0


def test_a_photograph_that_vanishes(run, photo, pipeline):  # noqa: F811
    pipeline.error = FileNotFoundError(errno.ENOENT, "No such file or directory", str(photo))
    ended = run("decode", photo)
    assert (ended.code, A_FAULT in ended.err) == (3, False)
    assert photo.name in ended.err


def test_a_displacement_where_the_page_is_to_be(run, photo, pipeline):  # noqa: F811
    other = photo.with_name("a.html")
    ended = run("decode", photo, "-o", photo.with_name("a.wav"), "--report",
                "--save-displacement", other)  # fmt: skip
    assert (ended.code, pipeline.count) == (2, 0)
    assert "must be different files" in ended.err


def test_a_scheduler_of_a_kind_that_is_not_there(run, photos, tmp_path):  # noqa: F811
    pytest.importorskip("distributed")
    ended = run("batch", photos, "-o", tmp_path / "out", "--scheduler", "ucx://localhost:1")
    assert (ended.code, A_FAULT in ended.err) == (2, False)
    assert "no scheduler answers" in ended.err


#: The command, whose sound takes longer to write than anybody waits.
SLOW_SOUND = """
import sys, time
from groovescan import pipeline
from groovescan.sound.files import audio_file
from test_cli import decoded
def slowly(*arguments):
    print("writing", flush=True)
    time.sleep(60)
pipeline.decode = lambda photo, settings, progress: decoded(settings)
audio_file._write_chunks = slowly
from groovescan.cli import main
main(sys.argv[1:])
"""


@posix
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_a_sound_is_written(photo, number):  # noqa: F811
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW_SOUND, "decode", photo],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([os.path.dirname(__file__), *sys.path])},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    assert process.stdout.readline() == "writing\n"
    assert len(list(photo.parent.glob(".groovescan-*"))) >= 2
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (128 + number, "")
    assert [path.name for path in photo.parent.iterdir()] == [photo.name]


@posix
def test_a_collection_that_is_told_to_end(started, photos, tmp_path):  # noqa: F811
    out = tmp_path / "out"
    running = started(photos, "-o", out, "--jobs", 2)
    until(lambda: list(out.glob("thumbnails/*.jpg")))
    workers = until(running.workers)
    running.process.terminate()
    code, _, err = running.end()
    assert (code, "Traceback" in err) == (143, False)
    assert not psutil.wait_procs(workers, 20)[1]
    assert (out / "summary.csv").exists()
    assert not list(out.rglob(".groovescan-*"))
