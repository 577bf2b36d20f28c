"""How many threads the work is shared among."""

from __future__ import annotations

import os

from groovescan.errors import SettingsError

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
