"""Files that change together: whatever ends the program, all are the old ones or all the new.

A set is written aside. A journal then says which file takes which place, and from that moment on
the set is the new one. Should the program end before every file has its name, whoever comes next
to the folder does what the journal says (`finish_switches`), which may be done again and again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import signal
import stat
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groovescan.errors import OutputExistsError
from groovescan.storage.atomic_files import (
    exists_already,
    is_aside,
    kept_at_the_end,
    name_aside,
    place_new,
    reach_the_disk,
    remove_quietly,
)
from groovescan.storage.regular_files import digest, read_limited

_JOURNAL = ".journal"
_LINK = "link"
_SHA256 = re.compile(r"[0-9a-f]{64}")
#: Where there are no hard links, an empty file holds a new name for a moment.
_EMPTY = hashlib.sha256(b"").hexdigest()
_ENDING = tuple(getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP"))


@dataclass(frozen=True, kw_only=True)
class Change:
    """The change of one name in a set.

    Attributes
    ----------
    place : Path
        The name.
    aside : Path or None
        Where the new file was written; None where the old one is to go.
    old, new : str
        SHA-256 of the file that lies there, and of the one that will; empty where there is none.
    """

    place: Path
    aside: Path | None
    old: str
    new: str


def state_of(place: Path) -> str:
    """The state of a place: SHA-256 of a file, 'link' for a link, empty where there is nothing.

    Raises
    ------
    OSError
        Where it cannot be read, or is none of these.
    """
    if os.path.islink(place):
        return _LINK
    return digest(place, follow_links=False) if os.path.lexists(place) else ""


def switch(
    asides: Mapping[Path, Path],
    may_replace: Callable[[Path, str], bool],
    *,
    digests: Mapping[Path, str] | None = None,
    removed: Iterable[Path] = (),
) -> dict[Path, str]:
    """Let the files of a set, which were written aside, take their places together.

    Parameters
    ----------
    asides : Mapping of Path to Path
        For each place the file aside, as `atomic_files.asides_of` gives them.
    may_replace : callable
        Told a place and what lies there (`state_of`); says whether that may be replaced.
    digests : Mapping of Path to str, optional
        SHA-256 of each new file, by its place, where they are known.
    removed : iterable of Path
        What else is to go, in the same step.

    Returns
    -------
    dict of Path to str
        SHA-256 of each new file, by its place.

    Raises
    ------
    OutputExistsError
        Where something lies at a place that may not be replaced. Nothing has changed then.
    """
    found = dict(digests or {place: digest(aside) for place, aside in asides.items()})
    changes = _changes(asides, found, removed)
    for change in changes:
        if change.old and not may_replace(change.place, change.old):
            raise exists_already(change.place)
    for aside in asides.values():
        reach_the_disk(aside)
    with _signals_held(), kept_at_the_end(asides.values()):
        journals = _write_journals(changes)
        _carry_out(changes, journals)
    return found


def _changes(
    asides: Mapping[Path, Path], digests: Mapping[Path, str], removed: Iterable[Path]
) -> list[Change]:
    """The changes of a set, new names first: only these can still be refused."""
    changes = [
        Change(place=place, aside=aside, old=state_of(place), new=digests[place])
        for place, aside in asides.items()
    ]
    gone = [Change(place=place, aside=None, old=state_of(place), new="") for place in removed]
    return sorted(changes + [one for one in gone if one.old], key=lambda one: bool(one.old))


def _carry_out(changes: list[Change], journals: list[Path]) -> None:
    """Do what the journals say; a name that was taken meanwhile undoes it."""
    done: list[Change] = []
    try:
        for change in changes:
            _take_place(change)
            done.append(change)
    except OutputExistsError:
        for change in done:
            remove_quietly(change.place)
        for change in changes:
            if change.aside is not None:
                remove_quietly(change.aside)
        _remove_journals(journals)
        raise
    _remove_journals(journals)


def _take_place(change: Change) -> None:
    try:
        if change.aside is None:
            change.place.unlink()
        elif change.old:
            os.replace(change.aside, change.place)
        else:
            place_new(change.aside, change.place)
            remove_quietly(change.aside)  # it has two names now
    except (FileNotFoundError, OutputExistsError):
        if state_of(change.place) != change.new:
            raise
        # somebody else has followed the journal already
        if change.aside is not None:
            remove_quietly(change.aside)


def finish_switches(folders: Iterable[Path]) -> None:
    """Finish what a program that was killed had begun: the journals in some folders are followed.

    A journal counts where it is a file of the user who runs the program; it may name nothing but
    files of its own folder. A name under which something else has come to lie stays as it is.

    Parameters
    ----------
    folders : iterable of Path
        Where to look. Folders that are not there, or may not be read, have no journals.
    """
    for folder in set(folders):
        for journal in _journals_in(folder):
            finished = [_finish(change) for change in _read_journal(journal)]
            if finished and all(finished):
                _remove_journals([journal])


def _journals_in(folder: Path) -> list[Path]:
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        return [
            folder / entry.name
            for entry in entries
            if entry.name.endswith(_JOURNAL) and is_aside(entry.name)
        ]
    return []


def _finish(change: Change) -> bool:
    """Follow a line of a journal; False where the disk refuses, so that it is tried again."""
    try:
        here = state_of(change.place)
        mine = {change.old} if change.old else {"", _EMPTY}
        if change.aside is None:
            if here == change.old:
                change.place.unlink()
        elif os.path.lexists(change.aside):
            if here in mine and state_of(change.aside) == change.new:
                os.replace(change.aside, change.place)
            remove_quietly(change.aside)
    except OSError:
        return False
    return True


def _write_journals(changes: list[Change]) -> list[Path]:
    """One for each folder; a single change is a single step of the system and needs none."""
    if len(changes) < 2:
        return []
    folders = list(dict.fromkeys(change.place.parent for change in changes))
    return [
        _write_journal(folder, [one for one in changes if one.place.parent == folder])
        for folder in folders
    ]


def _write_journal(folder: Path, changes: list[Change]) -> Path:
    held = [
        [one.place.name, one.aside.name if one.aside else None, one.old, one.new] for one in changes
    ]
    path = name_aside(folder / f"set{_JOURNAL}")
    aside = name_aside(folder / "set.json")
    try:
        aside.write_text(json.dumps(held), encoding="ascii")
        reach_the_disk(aside)
        os.replace(aside, path)
    except BaseException:
        remove_quietly(aside)
        raise
    _sync_folder(folder)
    return path


def _read_journal(path: Path) -> list[Change]:
    """The contents of a journal; nothing where it cannot be of this program and this user."""
    # A journal has a line for each of a handful of files: whatever is larger is none.
    longest_journal_bytes = 1 << 20
    try:
        about = path.lstat()
        if not stat.S_ISREG(about.st_mode) or about.st_uid != getattr(os, "geteuid", int)():
            return []
        held = json.loads(read_limited(path, longest_journal_bytes, follow_links=False))
        return [_change(path.parent, *line) for line in held]
    except (OSError, ValueError, TypeError, RecursionError):
        return []


def _change(folder: Path, place: Any, aside: Any, old: Any, new: Any) -> Change:
    """A line of a journal; ValueError where it says what none says."""
    _check(_is_name(place) and not place.startswith("."))
    _check(aside is None or (_is_name(aside) and is_aside(aside)))
    _check(old in ("", _LINK) or _is_digest(old))
    _check(new == "" if aside is None else _is_digest(new))
    return Change(
        place=folder / place, aside=None if aside is None else folder / aside, old=old, new=new
    )


def _check(good: bool) -> None:
    if not good:
        raise ValueError("no journal says this")


def _is_name(text: Any) -> bool:
    return isinstance(text, str) and bool(text) and not set(text) & {"/", os.sep, "\0"}


def _is_digest(text: Any) -> bool:
    return isinstance(text, str) and _SHA256.fullmatch(text) is not None


def _remove_journals(journals: list[Path]) -> None:
    for journal in journals:
        _sync_folder(journal.parent)
        journal.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Have the names on the disk in the order in which they were given, where the system can."""
    with contextlib.suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


@contextmanager
def _signals_held() -> Iterator[None]:
    """Let signals that end the program wait until the block is through, which is a moment."""
    if threading.current_thread() is not threading.main_thread():
        yield  # others are not interrupted
        return
    heard: list[int] = []
    former = {}
    for number in _ENDING:
        if number is not None and signal.getsignal(number) is not None:
            former[number] = signal.signal(number, lambda one, _: heard.append(one))
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
        for number in heard:
            signal.raise_signal(number)
