"""Refusals of the system, in words that say what to do about them."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from groovescan.errors import GroovescanError, PhotographError, SettingsError, StorageError

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_TOO_LARGE = errno.EFBIG
_REFUSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def as_groovescan_error(error: OSError, photograph: Path | None = None) -> GroovescanError:
    """An error of the system as one of ours.

    Parameters
    ----------
    error : OSError
        What the system said.
    photograph : Path, optional
        The photograph that is being read: an error that names no other file is of it.

    Returns
    -------
    GroovescanError
        A `StorageError` where there is no room, or what is written is refused, a `SettingsError`
        for a name that is too long, a `PhotographError` for the photograph.
    """
    what = _name(error.filename)
    why = error.strerror or str(error) or type(error).__name__
    if error.errno in FULL:
        where = f" of {what}" if what else ""
        return StorageError(
            f"there is no space left on the disk{where}; free some, and run it again"
        )
    if error.errno == _TOO_LARGE:
        return StorageError(
            f"{what or 'an output'} would be larger than the file system or the limit on files "
            "(ulimit -f) allows; write it elsewhere, or raise the limit"
        )
    if error.errno == errno.ENAMETOOLONG:
        return SettingsError(f"the name of {what or 'a file'} is too long; name a shorter output")
    if photograph is not None and what in ("", str(photograph)):
        return PhotographError(f"{photograph}: {why}; check the file, and the drive or network")
    if error.errno in _REFUSED:
        return StorageError(f"{what or 'a file'}: {why}; check who may write there")
    return StorageError(f"{what or 'a file'}: {why}; check the drive or the network")


@contextmanager
def told_as_ours(photograph: Path | None = None) -> Iterator[None]:
    """Raise what the system refuses inside the block as `as_groovescan_error` has it."""
    try:
        yield
    except OSError as error:
        raise as_groovescan_error(error, photograph) from error


def _name(filename: object) -> str:
    """The file that an error is of, as text; files that are known by a number have no name."""
    if isinstance(filename, bytes):
        return filename.decode("utf-8", "surrogateescape")
    return filename if isinstance(filename, str) else ""
