"""How many threads the work is shared among."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
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
        Where the variable is no whole number from 1 on.
    """
    asked = os.environ.get(VARIABLE, "").strip()
    if not asked:
        return core_count()
    if not (asked.isascii() and asked.isdigit()) or int(asked) < 1:
        raise SettingsError(
            f"the environment variable {VARIABLE} is {asked!r}; it takes a whole number from 1 on"
        )
    return int(asked)


def core_count() -> int:
    """Cores that this process may use, which a cluster or a container may have made fewer."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def together(*jobs: Callable[[], Any]) -> tuple[Any, ...]:
    """What several functions give, worked out at the same time; in their order."""
    with ThreadPoolExecutor(max_workers=thread_count()) as pool:
        return tuple(pool.map(lambda job: job(), jobs))


def mapped(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """What a function gives for each item, in their order, worked out by several threads.

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
