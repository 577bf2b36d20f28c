"""How memory is kept between uses, and searched for what is lost in it.

Both together save 0.75 of 4.45 s of processor time in a decode of `test_images/plain.png`, a third
of the pages that the system hands out, and 44 of 383 MB (medians of three on a busy machine of two
cores; `benchmarks/allocator.py`).
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


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
    # of glibc's malloc.h
    trim_threshold = -1
    top_pad = -2
    mmap_max = -4
    arena_max = -8
    # More than what is ever free at the end of memory.
    never_bytes = (1 << 31) - 1
    # Memory grows by so much at a time: meanwhile all threads wait that touch new memory.
    pad_bytes = 1 << 24
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    told = [
        mallopt(mmap_max, 0),
        mallopt(trim_threshold, never_bytes),
        mallopt(top_pad, pad_bytes),
        # what one thread freed serves the others
        mallopt(arena_max, 1),
    ]
    return all(told)


@contextmanager
def seldom_searched() -> Iterator[None]:
    """While the block runs, Python seldom searches for objects that only hold each other.

    Loading the libraries makes a hundred thousand objects that all stay, and by default each of
    them would be looked at again and again, and once more when the program ends. It is for
    programs, not for libraries.
    """
    # Objects made since the last search for cycles, before the next one.
    seldom = 100_000
    former = gc.get_threshold()
    gc.set_threshold(seldom, *former[1:])
    # What is there when the program ends goes with it.
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)
    try:
        yield
    finally:
        gc.set_threshold(*former)
