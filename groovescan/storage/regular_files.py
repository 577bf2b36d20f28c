"""Reading files that others may have laid there: no pipe, no device, no more than was agreed."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from io import BufferedReader
from pathlib import Path


def open_regular(path: str | Path, *, follow_links: bool = True) -> BufferedReader:
    """Open an ordinary file for reading; anything else is refused and never waited for.

    Parameters
    ----------
    path : str or Path
        The file.
    follow_links : bool
        Whether a link to an ordinary file is one, too.

    Returns
    -------
    BufferedReader

    Raises
    ------
    OSError
        Where it cannot be opened, or is a folder, a pipe, a device or, unless they are followed, a
        link.
    """
    # opening a pipe would wait for a writer; systems without such pipes lack the flag, too
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    if not follow_links:
        flags |= getattr(os, "O_NOFOLLOW", 0)
        if os.path.islink(path):  # where the system knows no such flag
            raise _refused(path, "is a link, and is not followed")
    number = os.open(path, flags)
    try:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise _refused(path, "is no ordinary file")
        return os.fdopen(number, "rb")
    except BaseException:
        os.close(number)
        raise


def read_limited(path: str | Path, limit_bytes: int, *, follow_links: bool = True) -> bytes:
    """The content of an ordinary file that is not longer than a limit.

    Raises
    ------
    OSError
        As of `open_regular`, and where it is longer.
    """
    with open_regular(path, follow_links=follow_links) as file:
        content = file.read(limit_bytes + 1)
    if len(content) > limit_bytes:
        raise _refused(path, f"is longer than {limit_bytes} bytes, the most that is read of it")
    return content


def digest(path: str | Path, *, follow_links: bool = True) -> str:
    """SHA-256 of an ordinary file, in hexadecimal."""
    with open_regular(path, follow_links=follow_links) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _refused(path: str | Path, why: str) -> OSError:
    return OSError(errno.EINVAL, why, str(path))
