"""A run through a collection, from the lock on its output folder to its summary."""

from __future__ import annotations

import contextlib
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from groovescan.batch.execution import memory_budget as memory
from groovescan.batch.execution.run import WorkerPool, run
from groovescan.batch.execution.workers import WorkerDiedError, Workers, in_worker
from groovescan.batch.intake.find_photographs import STATE, THUMBNAILS
from groovescan.batch.listing.console_table import Outcomes
from groovescan.batch.listing.index_page import draw_index, page_names
from groovescan.batch.listing.summary import draw_summaries
from groovescan.batch.listing.write_listing import check_listing, write_listing
from groovescan.batch.lock import locked
from groovescan.batch.plan import Plan, make_plan
from groovescan.batch.task import LEFT, Outcome, Task, Wanted
from groovescan.config.settings import Settings
from groovescan.errors import CollectionError, GroovescanError, OutputExistsError, SettingsError
from groovescan.runtime.installation import check_figures
from groovescan.runtime.threads import core_count, thread_count
from groovescan.storage.atomic_files import is_aside, process_of
from groovescan.storage.file_sets import finish_switches

_INTERRUPTED = "the run was interrupted; run it again to go on"


@dataclass(frozen=True, kw_only=True)
class CollectionRequest:
    """How a collection is decoded.

    Attributes
    ----------
    settings : Settings
        For all photographs.
    wanted : Wanted
        What is written for each.
    overrides : Path or None
        A table with settings of single photographs.
    jobs : int or None
        Workers on this machine at most; without, one per core.
    scheduler : str
        Address of a Dask scheduler whose workers do it instead.
    limit_s : float or None
        A photograph that takes longer is given up.
    again : bool
        Whether what was done before is done again, and files of others are replaced.
    wait : bool
        Whether to wait for another run in the same folder.
    together : bool
        Whether all photographs that lie in one folder show one disc.
    """

    settings: Settings
    wanted: Wanted = field(default_factory=Wanted)
    overrides: Path | None = None
    jobs: int | None = None
    scheduler: str = ""
    limit_s: float | None = None
    again: bool = False
    wait: bool = False
    together: bool = False

    def __post_init__(self) -> None:
        # More than any machine has cores, and longer than any run.
        most_jobs = 1024
        longest_s = 6e7
        if self.jobs is not None and not 1 <= self.jobs <= most_jobs:
            raise SettingsError(f"jobs is {self.jobs}; it must lie between 1 and {most_jobs}")
        if self.limit_s is not None and not 0 < self.limit_s <= longest_s:
            raise SettingsError(
                f"the time limit is {self.limit_s / 60:g} minutes; it must lie above 0 and up to "
                f"{longest_s / 60:g}"
            )


@dataclass(frozen=True, kw_only=True)
class RunCallbacks:
    """Who is told how a run goes on; each may be left out.

    Attributes
    ----------
    begins : callable
        Told the plan, and the workers of this machine or none.
    ends : callable
        Told each outcome.
    ticks : callable
        Called several times a second.
    stops : callable
        Called when the run is interrupted, before it writes its summary.
    """

    begins: Callable[[Plan, Workers | None], None] = lambda plan, workers: None
    ends: Callable[[Outcome], None] = lambda outcome: None
    ticks: Callable[[], None] = lambda: None
    stops: Callable[[], None] = lambda: None


def decode_collection(
    places: list[str],
    output: str | Path,
    asked: CollectionRequest | None = None,
    watch: RunCallbacks | None = None,
) -> Outcomes:
    """Decode the photographs of a collection into a folder.

    What was done there before with the same photograph and settings is kept. The folder gets
    the sounds under the names of the photographs, ``summary.csv``, ``summary.json``,
    ``index.html``, and what the program remembers. In a program of your own, call it under
    ``if __name__ == "__main__":``, since every worker runs the program's other lines, too.

    Parameters
    ----------
    places : list of str
        Photographs, folders that are searched, or patterns.
    output : str or Path
        The output folder; it is made where it is missing.
    asked : CollectionRequest, optional
        How.
    watch : RunCallbacks, optional
        Who is told how it goes on.

    Returns
    -------
    Outcomes
        A tuple with an Outcome for every photograph, which a notebook shows as a table; one that
        fails is an outcome, no exception.

    Raises
    ------
    SettingsError
        Where what is asked cannot be done at all, or a worker of it asks.
    OutputBusyError
        Where another run works in the folder.
    CollectionError
        Where the summary cannot be written.
    """
    if in_worker():
        raise SettingsError(
            "decode_collection was called again where a worker of it begins; put the call under "
            "if __name__ == '__main__': in your program, whose lines every worker runs"
        )
    asked, watch = asked or CollectionRequest(settings=Settings()), watch or RunCallbacks()
    if asked.wanted.report:
        check_figures("the page of each photograph (--report)")
    folder = Path(output).absolute()
    with locked(folder, wait=asked.wait):
        plan = make_plan(
            list(map(str, places)),
            folder,
            asked.settings,
            wanted=asked.wanted,
            overrides=asked.overrides,
            again=asked.again,
            together=asked.together,
        )
        names = [*page_names(len(plan.tasks)), "summary.json", "summary.csv"]
        check_listing(folder, names, again=asked.again)
        _remove_leftovers(folder, plan.tasks)
        with _crew(asked, folder, plan, watch) as crew:
            return Outcomes(_run(folder, plan.tasks, crew, watch, again=asked.again))


def _remove_leftovers(
    folder: Path, tasks: list[Task], processes: frozenset[int] = frozenset()
) -> None:
    """Remove what was half written aside when an earlier run was killed, or a process of this one.

    What is new may be of a decode that someone runs in the same folder by hand.
    """
    # Nobody writes a file for so long without touching it.
    aside_s = 60.0
    parents = {task.transfer.parent for task in tasks} | {folder, folder / THUMBNAILS}
    finish_switches(parents)
    left = [path for parent in parents for path in parent.glob(".groovescan-*")]
    left += (folder / STATE).glob("records/??/.groovescan-*")
    for path in left:
        with contextlib.suppress(OSError):
            about = path.lstat()
            old = time.time() - about.st_mtime > aside_s
            mine = is_aside(path.name) and stat.S_ISREG(about.st_mode)
            if mine and (old or process_of(path.name) in processes):
                path.unlink()


def _crew(
    asked: CollectionRequest, folder: Path, plan: Plan, watch: RunCallbacks
) -> AbstractContextManager[WorkerPool]:
    if asked.scheduler:
        from groovescan.batch.execution.cluster import cluster

        watch.begins(plan, None)
        return cluster(asked.scheduler, folder)
    return _here(asked, folder, plan, watch)


@contextmanager
def _here(
    asked: CollectionRequest, folder: Path, plan: Plan, watch: RunCallbacks
) -> Iterator[WorkerPool]:
    """Workers on this machine, as many as there is work for."""
    jobs = max(1, min(asked.jobs or core_count(), len(plan.tasks)))
    threads = 1 if jobs > 1 else thread_count()
    workers = Workers(jobs, threads=threads, limit_s=asked.limit_s)

    def fits(needed: float, taken: float) -> bool:
        """Whether what is needed fits into memory beside what will be taken."""
        return needed + taken <= memory.free_bytes() + memory.resident_bytes(workers.pids)

    watch.begins(plan, workers)
    try:
        yield WorkerPool(executor=workers, slots=jobs, fits=fits, died=(WorkerDiedError,))
    except BaseException:
        workers.shutdown(cancel_futures=True)
        raise
    finally:
        workers.shutdown()
        _remove_leftovers(folder, plan.tasks, workers.former_pids)


def _run(
    folder: Path, tasks: list[Task], crew: WorkerPool, watch: RunCallbacks, *, again: bool = False
) -> list[Outcome]:
    # A collection's summary is written so often while the run goes on, and never for more than this
    # share of the time: that of a million photographs takes minutes.
    summary_s = 60.0
    summary_share = 0.05
    outcomes: dict[str, Outcome] = {}
    started = time.monotonic()
    due = started + summary_s
    try:
        for outcome in run(tasks, crew, watch.ticks):
            outcomes[outcome.name] = outcome
            watch.ends(outcome)
            if (now := time.monotonic()) > due:
                # what others have written meanwhile is said at the end
                with contextlib.suppress(OutputExistsError):
                    _write(folder, tasks, outcomes, started, "the run is under way", again=again)
                took_s = time.monotonic() - now
                due = time.monotonic() + max(summary_s, took_s / summary_share)
    except BaseException:
        watch.stops()
        raise
    finally:
        _write(folder, tasks, outcomes, started, _INTERRUPTED, again=again)
    return _all(tasks, outcomes, "")


def _all(tasks: list[Task], outcomes: dict[str, Outcome], why: str) -> list[Outcome]:
    """An outcome for every photograph: those without one were not reached."""
    return [
        outcomes.get(task.name)
        or Outcome(photograph=str(task.photograph), name=task.name, state=LEFT, reason=why)
        for task in tasks
    ]


def _write(
    folder: Path,
    tasks: list[Task],
    outcomes: dict[str, Outcome],
    started: float,
    why: str,
    *,
    again: bool,
) -> None:
    made = datetime.now().astimezone().isoformat(timespec="seconds")
    everything = _all(tasks, outcomes, why)
    tables = draw_summaries(everything, made=made, seconds=time.monotonic() - started)
    try:
        pages = draw_index(folder.name, everything, made=made)
        write_listing(folder, tables | pages, again=again)
    except OutputExistsError:
        raise
    except (OSError, GroovescanError) as error:
        told = getattr(error, "strerror", None) or error
        raise CollectionError(
            f"the summary cannot be written in {folder}: {told}; make room for it, and run it "
            "again: what is done is kept"
        ) from error
