"""A worker is killed before every single step that it takes in the output folder.

What is decoded is known beforehand, so that the steps are tried one after the other: open, link,
rename, remove. At each, what has a name is whole, and doing the photograph again completes it.
"""

import itertools
import os
import signal
import sys
import warnings

import pytest
from test_batch import check_whole, drawn, photos  # noqa: F401 - fixtures

import groovescan
from groovescan.batch import parts
from groovescan.batch.execution import work
from groovescan.batch.record import record_path
from groovescan.batch.task import DONE, Task, Wanted
from groovescan.config.settings import Settings

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
STEPS = {"open", "os.rename", "os.link", "os.remove", "os.mkdir"}
KILLED = -signal.SIGKILL


ONE, SEVERAL = "one photograph", "several of one disc"


@pytest.fixture
def task(request, tmp_path, photos, monkeypatch):  # noqa: F811
    """A photograph, or several of one disc, whose decode takes no time."""
    path = photos / "disc 0.png"
    settings = Settings().replace(sound={"rate_hz": 8000, "restore": True})
    picture = groovescan.read_photograph(path)
    decoded = groovescan.decode(picture, settings)
    monkeypatch.setattr(work, "read_photograph", lambda *_: picture)
    monkeypatch.setattr(parts, "decode", lambda *_: decoded)
    others = (photos / "disc 1.png", photos / "disc 2.png")
    return Task(
        photograph=path,
        output=tmp_path / "out",
        name="a",
        settings=settings,
        wanted=Wanted(),
        others=others if request.param == SEVERAL else (),
    )


def worker(task, kill_before=0):
    """Do a photograph in a process of its own, killed before a step; how that ended."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the other threads are idle
        pid = os.fork()
    if not pid:
        try:
            _be_killed(task.output, kill_before)
            os._exit(0 if work.process(task).state == DONE else 1)
        finally:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _be_killed(folder, before):
    steps = itertools.count(1)

    def hear(event, arguments):
        inside = event in STEPS and str(arguments[0]).startswith(str(folder))
        if inside and next(steps) == before:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hear)


@pytest.mark.parametrize(("task", "every"), [(ONE, 1), (SEVERAL, 4)], indirect=["task"])
def test_no_step_of_a_worker_is_one_too_many_to_be_killed_before(task, every):
    """Of several photographs the steps are the same, and only what is noted of them is not."""
    task.output.mkdir()
    for step in itertools.count(1, every):
        ended = worker(task, kill_before=step)
        check_whole(task.output)
        if ended != KILLED:
            break
        assert worker(task) == 0, step
        check_whole(task.output)
        assert work.examine(task).outcome.state == DONE
        for path in sorted(task.output.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
    assert ended == 0
    assert step > 20


@pytest.mark.parametrize("task", [SEVERAL], indirect=True)
def test_what_was_there_before_is_the_old_or_the_new(task):
    """The same where a record and outputs of other settings lie there already."""
    task.output.mkdir()
    assert worker(task) == 0
    changed = [
        Task(**(vars(task) | {"settings": task.settings.replace(sound={"eq": eq})}))
        for eq in ("flat", "riaa")
    ]
    for step, now in zip(itertools.count(1), itertools.cycle(changed)):
        ended = worker(now, kill_before=step)
        check_whole(task.output)
        assert record_path(task.output, task.name).exists()
        if ended != KILLED:
            break
        assert {path.name for path in task.output.glob("a.*")} >= {"a.wav", "a.restored.wav"}
    assert ended == 0
    assert step > 20
    assert work.examine(now).outcome.state == DONE
    assert len(list(task.output.glob("a.*"))) == 4
