"""Files that appear whole or not at all, and never in the place of another by accident."""

from __future__ import annotations

import errno
import os
import re
import stat
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from groovescan.config.settings import Settings
from groovescan.errors import OutputExistsError, SettingsError

#: What file systems say that know no such step.
_CANNOT_SYNC = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP})
#: What the program writes aside is called so: the process, and a number that no other file has.
_ASIDE = re.compile(r"\.groovescan-(?P<process>\d+)-[0-9a-f]{16}(\.[^/\0]*)?")
_unfinished: set[Path] = set()
_placing = threading.Lock()


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
        Where the path is a folder or a device, its name is too long, or the folder that it lies in
        does not exist.
    """
    path = Path(path)
    try:
        about = path.lstat()
    except FileNotFoundError:
        about = None
    except (OSError, ValueError) as error:
        raise _impossible(path, error) from error
    if path.is_dir():
        raise SettingsError(f"{path} is a folder; name the file to write in it")
    if not path.parent.is_dir():
        raise SettingsError(
            f"cannot write {path}: the folder {path.parent} does not exist; make it first"
        )
    if about is not None and not (stat.S_ISREG(about.st_mode) or stat.S_ISLNK(about.st_mode)):
        raise SettingsError(f"{path} is no ordinary file, and stays as it is; name another output")
    if not force and about is not None:
        raise exists_already(path)
    return path


def _impossible(path: Path, error: OSError | ValueError) -> SettingsError:
    if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
        length = len(os.fsencode(path.name))
        return SettingsError(
            f"the name {path.name} has {length} bytes, more than the disk allows (255 as a rule), "
            "or its path is too long; name a shorter output"
        )
    return SettingsError(f"cannot write {path}: {getattr(error, 'strerror', None) or error}")


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
    with asides_of([path]) as asides:
        aside = asides[path]
        yield aside
        reach_the_disk(aside)
        if force:
            os.replace(aside, path)
        else:
            place_new(aside, path)


@contextmanager
def asides_of(places: Iterable[Path]) -> Iterator[dict[Path, Path]]:
    """Empty files to write to, each beside its place; what is left of them at the end is removed.

    Parameters
    ----------
    places : iterable of Path
        Where the files are to be.

    Yields
    ------
    dict of Path to Path
        For each place a file in the same folder, with the same suffix.

    Raises
    ------
    SettingsError
        Where a folder may not be written to.
    """
    asides = {place: name_aside(place) for place in places}
    _unfinished.update(asides.values())  # beforehand: an interrupt may come between any two steps
    try:
        for aside in asides.values():
            _reserve(aside)
        yield asides
    finally:
        for aside in _unfinished.intersection(asides.values()):
            remove_quietly(aside)
        _unfinished.difference_update(asides.values())


def name_aside(place: Path) -> Path:
    """A name beside a place that no other file has, short enough whatever the place is called."""
    # Longer ones do not fit into a name that is made here.
    longest_suffix_bytes = 32
    suffix = place.suffix if len(os.fsencode(place.suffix)) <= longest_suffix_bytes else ""
    return place.with_name(f".groovescan-{os.getpid()}-{os.urandom(8).hex()}{suffix}")


def is_aside(name: str) -> bool:
    """Whether a name is of the kind that the program gives to what it writes aside."""
    return _ASIDE.fullmatch(name) is not None


def process_of(name: str) -> int:
    """Number of the process that gave such a name; 0 where it is none."""
    found = _ASIDE.fullmatch(name)
    return int(found["process"]) if found else 0


@contextmanager
def kept_at_the_end(asides: Iterable[Path]) -> Iterator[None]:
    """Files aside that have got their places as good as taken: an end of the program keeps them.

    It waits, too, until the block is through.
    """
    with _placing:
        _unfinished.difference_update(asides)
        yield


def remove_unfinished() -> None:
    """Remove what is being written at this moment, before the program is left at once."""
    # How long the end of the program waits for a set of files that is just taking its places.
    placing_s = 10.0
    waited = _placing.acquire(timeout=placing_s)
    for aside in list(_unfinished):
        remove_quietly(aside)
    if waited:
        _placing.release()


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


def reach_the_disk(aside: Path) -> None:
    """Have the content on the disk before it gets its name: the power may fail between."""
    file = os.open(aside, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(file)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC:  # what a full disk says at last, it says here
            raise
    finally:
        os.close(file)


def remove_quietly(aside: Path) -> None:
    """Remove a file aside."""
    with suppress(OSError):  # it was moved, or never made; and no disk error may hide the first one
        aside.unlink()


def place_new(aside: Path, path: Path) -> None:
    """Move `aside` to `path`, unless something is there: no gap between look and move."""
    try:
        os.link(aside, path)
    except FileExistsError as error:
        raise exists_already(path) from error
    except FileNotFoundError:
        raise
    except (OSError, NotImplementedError):  # no hard links here: FAT, some network shares
        _place_reserved(aside, path)


def _place_reserved(aside: Path, path: Path) -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except FileExistsError as error:
        raise exists_already(path) from error
    os.replace(aside, path)


def exists_already(path: Path) -> OutputExistsError:
    """The error for a file that must not be replaced."""
    return OutputExistsError(
        f"{path} exists already and was left as it is; "
        "name another output, or allow it to be replaced (--force)"
    )
