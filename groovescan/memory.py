"""How the C library keeps memory between uses."""

from __future__ import annotations

import ctypes
import sys

# of glibc's malloc.h
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
#: The largest block that glibc lets be kept, and more than what is ever free at the end of memory.
_KEPT_BYTES, _NEVER_BYTES = 1 << 25, (1 << 31) - 1


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
        mallopt(_MMAP_THRESHOLD, _KEPT_BYTES),
        mallopt(_TRIM_THRESHOLD, _NEVER_BYTES),
        # what one thread freed serves the others
        mallopt(_ARENA_MAX, 2),
    ]
    return all(told)
