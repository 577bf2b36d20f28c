"""Files that appear whole or not at all, and never in the place of another by accident."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from groovescan.config.settings import Settings
from groovescan.errors import OutputExistsError, SettingsError

#: What file systems say that know no such step.
_CANNOT_SYNC = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP})
_unfinished: set[Path] = set()


def digest(path: str | Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_output(path: str | Path, *, force: bool = False) -> Path:
    """Refuse an output that could not be written, before any work is done for it.

    Parameters
    ----------
    path : str or Path
        Where the file is to be.
    force : bool
        Whether an existing file may be replaced.

    Returns
    -------
    Path
        The same path.

    Raises
    ------
    OutputExistsError
        Where there is a file already and `force` is not given.
    SettingsError
        Where the path is a folder, or the folder that it lies in does not exist.
    """
    path = Path(path)
    if path.is_dir():
        raise SettingsError(f"{path} is a folder; name the file to write in it")
    if not path.parent.is_dir():
        raise SettingsError(
            f"cannot write {path}: the folder {path.parent} does not exist; make it first"
        )
    if not force and os.path.lexists(path):
        raise _exists(path)
    return path


@contextmanager
def written_aside(path: str | Path, *, force: bool = False) -> Iterator[Path]:
    """Write a file under a temporary name beside its place, then put it there in one step.

    Use it as ``with written_aside(path) as aside: ...`` and write to `aside`. When the block
    ends well the file takes its place; when it ends with any exception, an interrupt too,
    nothing is left. Without `force`, another file that has come to be at `path` meanwhile
    stays as it is.

    Parameters
    ----------
    path : str or Path
        Where the file is to be.
    force : bool
        Whether an existing file may be replaced.

    Yields
    ------
    Path
        An empty file in the same folder, with the same suffix.

    Raises
    ------
    OutputExistsError
        Where there is a file already and `force` is not given.
    SettingsError
        Where the folder does not exist or may not be written to.
    """
    path = check_output(path, force=force)
    # a short name of its own: one derived from `path` could exceed the longest allowed
    aside = path.with_name(f".groovescan-{os.urandom(8).hex()}{path.suffix}")
    _unfinished.add(aside)  # before it is there: an interrupt may come between any two steps
    try:
        _reserve(aside)
        yield aside
        _reach_the_disk(aside)
        if force:
            os.replace(aside, path)
        else:
            _place_new(aside, path)
    finally:
        _remove(aside)
        _unfinished.discard(aside)


def remove_unfinished() -> None:
    """Remove what is being written at this moment, before the program is left at once."""
    for aside in list(_unfinished):
        _remove(aside)


def write_settings(path: str | Path, settings: Settings, *, force: bool = False) -> Path:
    """Write settings as TOML, for ``groovescan decode PHOTO --settings FILE``.

    Parameters
    ----------
    path : str or Path
        The file; it takes a name that ends in ``.toml``.
    settings : Settings
        All of them are written, so that the file says the same whatever the defaults become.
    force : bool
        Whether an existing file may be replaced.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    OutputExistsError
        Where there is a file already and `force` is not given.
    SettingsError
        Where the name does not end in ``.toml``, or the file cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() != ".toml":
        raise SettingsError(f"the settings' file is {str(path)!r}; its name must end in .toml")
    with written_aside(path, force=force) as aside:
        aside.write_text(settings.to_toml(), encoding="utf-8")
    return path


def _reserve(aside: Path) -> None:
    """Create an empty file, with the permissions that a new file gets."""
    try:
        os.close(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except OSError as error:
        raise SettingsError(f"cannot write in {aside.parent}: {error.strerror}") from error


def _reach_the_disk(aside: Path) -> None:
    """Have the content on the disk before it gets its name: the power may fail between."""
    file = os.open(aside, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(file)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC:  # what a full disk says at last, it says here
            raise
    finally:
        os.close(file)


def _remove(aside: Path) -> None:
    with suppress(OSError):  # it was moved, or never made; and no disk error may hide the first one
        aside.unlink()


def _place_new(aside: Path, path: Path) -> None:
    """Move `aside` to `path`, unless something is there: no gap between look and move."""
    try:
        os.link(aside, path)
    except FileExistsError as error:
        raise _exists(path) from error
    except (OSError, NotImplementedError):  # no hard links here: FAT, some network shares
        _place_reserved(aside, path)


def _place_reserved(aside: Path, path: Path) -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except FileExistsError as error:
        raise _exists(path) from error
    os.replace(aside, path)


def _exists(path: Path) -> OutputExistsError:
    return OutputExistsError(
        f"{path} exists already and was left as it is; "
        "name another output, or allow it to be replaced (--force)"
    )
