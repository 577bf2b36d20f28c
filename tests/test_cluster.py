"""A collection on a Dask cluster: a real scheduler and two workers on this machine."""

import contextlib
import json
import os
import subprocess
import sys
import time

import pytest
from test_batch import batch, check_whole, drawn, photos, rows, started, until  # noqa: F401 - fixtures

from groovescan.batch import DONE

distributed = pytest.importorskip("distributed", reason="the extra 'cluster' is not installed")
ALONE = {"OPENBLAS_NUM_THREADS": "1", "GROOVESCAN_THREADS": "1"}


@pytest.fixture
def cluster(tmp_path):
    """Address of a scheduler, and its two workers as processes."""
    begun = []

    def begin(*arguments):
        begun.append(
            subprocess.Popen(
                [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]],
                cwd=tmp_path,
                env=os.environ | ALONE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
        return begun[-1]

    begin(
        *("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"),
        *("--scheduler-file", "scheduler.json"),
    )
    held = tmp_path / "scheduler.json"

    def address():
        with contextlib.suppress(OSError, ValueError):
            return json.loads(held.read_text())["address"]

    where = until(address)
    workers = [
        begin(
            *("dask_worker", where, "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny"),
            *("--no-dashboard", "--local-directory", str(tmp_path / f"worker{number}")),
        )
        for number in (1, 2)
    ]
    with distributed.Client(where, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=120)
    yield where, workers
    for process in reversed(begun):
        process.terminate()
    for process in begun:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()


def test_a_worker_that_is_killed_loses_nothing(cluster, batch, started, tmp_path, photos):  # noqa: F811
    where, workers = cluster
    (photos / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    out = tmp_path / "out"
    running = started(photos, "-o", out, "--scheduler", where)
    # both have begun with a photograph
    until(lambda: len(list(out.glob("thumbnails/*.jpg"))) >= 2)
    workers[0].kill()
    code, text, err = running.end()
    assert code == 7, err
    assert "decoded   3 of 4" in text
    found = rows(out)
    assert found["broken.png"]["exit_code"] == 3
    done = [row for row in found.values() if row["outcome"] == DONE]
    assert len(done) == 3
    assert any(str(workers[1].pid) in row["worker"] for row in done)
    check_whole(out)
    code, text, _ = batch(photos, "-o", out, "--scheduler", where)
    assert (code, "kept      3" in text) == (7, True)


def test_what_is_wrong_with_a_cluster_is_told(run, tmp_path, photos, monkeypatch):  # noqa: F811
    from groovescan.batch.execution import cluster as module

    monkeypatch.setattr(module, "_CONNECT_S", 0.5)
    begun_s = time.monotonic()
    ended = run("batch", photos, "-o", tmp_path / "out", "--scheduler", "tcp://127.0.0.1:9")
    assert ended.code == 2
    assert "no scheduler answers at tcp://127.0.0.1:9" in ended.err
    assert time.monotonic() - begun_s < 60


class Answers:
    """Stands for a client whose workers answer in some way."""

    def __init__(self, *answer):
        self.answer = answer

    def run(self, function, probe):
        return {"tcp://w:1": self.answer}


@pytest.mark.parametrize(
    ("answer", "message"),
    [(("0.0.0", "x"), "has groovescan 0.0.0"), ((None, "no such file"), "does not see the output")],
)
def test_workers_have_to_see_the_folder_and_be_of_one_version(tmp_path, answer, message):
    from groovescan import __version__
    from groovescan.batch.execution.cluster import _check_workers
    from groovescan.errors import SettingsError

    (tmp_path / ".groovescan").mkdir()
    with pytest.raises(SettingsError, match=message):
        _check_workers(Answers(answer[0] or __version__, answer[1]), tmp_path)
    assert not list((tmp_path / ".groovescan").iterdir())
