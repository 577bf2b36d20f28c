"""The run through a collection: which photograph goes to a worker when.

One piece of code for the workers of this machine and for a cluster: whatever has the interface
of `concurrent.futures.Executor`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field
from typing import Any

from groovescan.batch.execution.memory_budget import Need
from groovescan.batch.execution.work import Examined, examine, process
from groovescan.batch.task import DONE, LEFT, Outcome, Task, failed


@dataclass(frozen=True, kw_only=True)
class WorkerPool:
    """Who does the work.

    Attributes
    ----------
    executor : Executor
        Takes calls.
    slots : int
        How many calls may be under way.
    fits : callable
        Whether a decode that needs so many bytes may begin, beside others that need so many.
    died : tuple of type
        Exceptions that say that a worker died, and not why.
    repeats : bool
        Whether a photograph whose worker died is tried once more, alone, at the end.
    """

    executor: Executor
    slots: int
    fits: Callable[[float, float], bool] = lambda needed, taken: True
    died: tuple[type[BaseException], ...] = ()
    repeats: bool = True


@dataclass
class _Run:
    """Where a run stands."""

    crew: WorkerPool
    waiting: deque[Task]
    examined: deque[tuple[Task, int]] = field(default_factory=deque)
    alone: deque[tuple[Task, int]] = field(default_factory=deque)
    second: set[str] = field(default_factory=set)
    flight: dict[Future, tuple[Task, int, float]] = field(default_factory=dict)
    need: Need = field(default_factory=Need)
    stopped: str = ""


def run(
    tasks: list[Task], crew: WorkerPool, tick: Callable[[], None] = lambda: None
) -> Iterator[Outcome]:
    """Have every photograph examined and, where need be, decoded.

    Parameters
    ----------
    tasks : list of Task
        The photographs.
    crew : WorkerPool
        Who does it.
    tick : callable
        Called several times a second.

    Yields
    ------
    Outcome
        One for each photograph, in the order in which they end.
    """
    # How often those who watch are told that time passes.
    tick_s = 0.25
    state = _Run(crew=crew, waiting=deque(tasks))
    while state.waiting or state.examined or state.alone or state.flight:
        if state.stopped:
            yield from _left(state)
        else:
            _begin(state)
        if not state.flight:
            continue
        done, _ = wait(state.flight, tick_s, FIRST_COMPLETED)
        tick()
        for future in done:
            task, pixels, _ = state.flight.pop(future)
            outcome = _ended(state, future, task, pixels)
            if outcome is not None:
                if outcome.stop:
                    state.stopped = outcome.reason
                yield outcome


def _begin(state: _Run) -> None:
    """Give work to whoever is free: decodes first, then looks at what comes next."""
    crew = state.crew
    while len(state.flight) < crew.slots:
        ready = _ready(state)
        if ready is not None:
            _submit(state, process, *ready)
        elif state.waiting and len(state.examined) < crew.slots:
            _submit(state, examine, state.waiting.popleft(), 0)
        else:
            return


def _ready(state: _Run) -> tuple[Task, int] | None:
    """A photograph whose decode may begin; the largest memory is of no use to one too large.

    Those whose worker died come at the end, one at a time, and have all memory to themselves.
    """
    taken = sum(needed for _, _, needed in state.flight.values())
    for index, (task, pixels) in enumerate(state.examined):
        if not taken or state.crew.fits(state.need.of(pixels), taken):
            del state.examined[index]
            return task, pixels
    if state.alone and not (state.flight or state.waiting or state.examined):
        return state.alone.popleft()
    return None


def _submit(state: _Run, what: Callable[[Task], Any], task: Task, pixels: int) -> None:
    needed = state.need.of(pixels) if what is process else 0.0
    state.flight[state.crew.executor.submit(what, task)] = (task, pixels, needed)


def _ended(state: _Run, future: Future, task: Task, pixels: int) -> Outcome | None:
    """The outcome of a call, or none where more is to be done."""
    try:
        result = future.result()
    except state.crew.died as error:
        return _after_death(state, task, pixels, error)
    except Exception as error:
        reason = f"unexpected {type(error).__name__}: {error}; this is a fault of the program"
        return failed(task, 1, reason)
    if isinstance(result, Examined):
        if result.outcome is None:
            state.examined.append((task, result.pixels))
        return result.outcome
    if result.state == DONE:
        state.need = state.need.learnt(pixels, result.base_bytes, result.peak_bytes)
    return result


def _after_death(state: _Run, task: Task, pixels: int, error: BaseException) -> Outcome | None:
    if state.crew.repeats and task.name not in state.second:
        state.second.add(task.name)
        state.alone.append((task, pixels))
        return None
    tries = "twice, the second time alone" if task.name in state.second else "again and again"
    return failed(
        task,
        1,
        f"the decode did not end, {tries}: {error}. Crop the photograph to the disc, or try it on "
        "a machine with more memory",
    )


def _left(state: _Run) -> Iterator[Outcome]:
    """Outcomes of the photographs that a run which has to stop does not reach."""
    for future in [future for future in state.flight if future.cancel()]:
        state.waiting.append(state.flight.pop(future)[0])
    left = [*state.waiting, *(task for task, _ in (*state.examined, *state.alone))]
    for queue in (state.waiting, state.examined, state.alone):
        queue.clear()
    for task in left:
        yield Outcome(
            photograph=str(task.photograph), name=task.name, state=LEFT, reason=state.stopped
        )
