"""How many threads the work is shared among."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event, Lock, Thread
from typing import Any, TypeVar

from groovescan.errors import SettingsError

Item = TypeVar("Item")
Result = TypeVar("Result")

VARIABLE = "GROOVESCAN_THREADS"


def thread_count() -> int:
    """Threads to use: what the environment variable GROOVESCAN_THREADS says, or one per core.

    What is found does not depend on it.

    Returns
    -------
    int
        One or more.

    Raises
    ------
    SettingsError
        Where the variable is no whole number from 1 to 1024.
    """
    # More than any machine has cores; arbitrary within 256 to 10,000.
    most_threads = 1024
    asked = os.environ.get(VARIABLE, "").strip()
    if not asked:
        return core_count()
    whole = asked.isascii() and asked.isdigit() and len(asked) < 10
    if not whole or not 1 <= int(asked) <= most_threads:
        raise SettingsError(
            f"the environment variable {VARIABLE} is {asked[:40]!r}; it takes a whole number from "
            f"1 to {most_threads}"
        )
    return int(asked)


def core_count() -> int:
    """Cores that this process may use, which a cluster or a container may have made fewer."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def together(*jobs: Callable[[], Any]) -> tuple[Any, ...]:
    """Results of several functions that run at the same time, in their order."""
    with ThreadPoolExecutor(max_workers=thread_count()) as pool:
        return tuple(pool.map(lambda job: job(), jobs))


def begun(job: Callable[[], Result]) -> Callable[[], Result]:
    """Begin a job, whose result, or error, the function that is returned waits for."""
    future: Future[Result] = Future()

    def run() -> None:
        """Do the job, and keep what came of it."""
        try:
            future.set_result(job())
        except BaseException as error:
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    return future.result


def in_order(
    function: Callable[[Item], Result], use: Callable[[Result], object], items: Sequence[Item]
) -> None:
    """Work out what a function gives for each item by several threads, and use it, in their order.

    What is used is used by one thread at a time, most often by the one that worked it out, near
    whose processor it still lies.
    """
    lock, stop, numbers = Lock(), Event(), iter(range(len(items)))
    ready: dict[int, Result] = {}
    turn, busy = 0, False

    def run() -> None:
        """Do jobs until there are none left, and hand on their results in order."""
        nonlocal turn, busy
        while not stop.is_set():
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            found = function(items[number])
            with lock:
                ready[number] = found
                if busy:  # who is using will come to it
                    continue
                busy = True
            while True:
                with lock:
                    if turn not in ready:
                        busy = False
                        break
                    found, turn = ready.pop(turn), turn + 1
                use(found)

    def watched() -> None:
        """Run, and stop the other threads where that fails."""
        try:
            run()
        except BaseException:
            stop.set()
            raise

    threads = thread_count()
    with ThreadPoolExecutor(max_workers=threads) as pool:
        try:
            for job in [pool.submit(watched) for _ in range(threads)]:
                job.result()
        finally:
            stop.set()


def for_each(function: Callable[[Item], object], items: Sequence[Item]) -> None:
    """Call a function for each item, by several threads."""
    in_order(function, lambda _: None, items)


def thread_pool() -> ThreadPoolExecutor:
    """A pool of as many threads as the work is shared among, for jobs begun at several places."""
    return ThreadPoolExecutor(max_workers=thread_count())


def mapped(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Results of a function for each item, in their order, by several threads.

    Only a few items are under way at a time, so that neither they nor their results pile up,
    and whoever stops listening, or is interrupted, waits for no more than these few.
    """
    threads = thread_count()
    waiting: deque = deque()
    pool = ThreadPoolExecutor(max_workers=threads)
    try:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) > 4 * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
