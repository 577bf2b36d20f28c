"""How memory is kept between uses, and searched for what is lost in it."""

from __future__ import annotations

import atexit
import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# of glibc's malloc.h
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX, _ARENA_MAX = -1, -2, -4, -8
#: More than what is ever free at the end of memory.
_NEVER_BYTES = (1 << 31) - 1
#: Memory grows by so much at a time: meanwhile all threads wait that touch new memory.
_PAD_BYTES = 1 << 24
#: Objects made since the last search for cycles, before the next one.
_SELDOM = 100_000


def keep_freed_memory() -> bool:
    """Have freed blocks kept for the next use, instead of given back to the system and asked anew.

    A decode asks for arrays of some megabytes again and again; each time the system would hand
    them out page by page, and clear every page. It is for programs, not for libraries: memory
    that was needed once stays with the process.

    Returns
    -------
    bool
        Whether the C library could be told; only that of GNU can.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    told = [
        mallopt(_MMAP_MAX, 0),
        mallopt(_TRIM_THRESHOLD, _NEVER_BYTES),
        mallopt(_TOP_PAD, _PAD_BYTES),
        # what one thread freed serves the others
        mallopt(_ARENA_MAX, 1),
    ]
    return all(told)


@contextmanager
def seldom_searched() -> Iterator[None]:
    """While the block runs, Python seldom searches for objects that only hold each other.

    Loading the libraries makes a hundred thousand objects that all stay, and by default each of
    them would be looked at again and again, and once more when the program ends. It is for
    programs, not for libraries.
    """
    former = gc.get_threshold()
    gc.set_threshold(_SELDOM, *former[1:])
    # What is there when the program ends goes with it.
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)
    try:
        yield
    finally:
        gc.set_threshold(*former)
