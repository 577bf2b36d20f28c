"""Which photographs a collection has, and what each is called in the output folder."""

from __future__ import annotations

import glob
import hashlib
import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from groovescan.errors import SettingsError
from groovescan.photo.formats import SUFFIXES

#: Where the program keeps its records, and the pictures of the index, in an output folder.
STATE = ".groovescan"
THUMBNAILS = "thumbnails"
#: What the program adds to a name (".restored.json") has to fit into 255 bytes, too.
_LONGEST_NAME_BYTES = 200
_HASH_LETTERS = 8
#: Names at the top of the output folder that are the collection's own.
_RESERVED = ("index", "summary")


@dataclass(frozen=True, kw_only=True)
class Found:
    """A photograph of the collection.

    Attributes
    ----------
    path : Path
        Where it lies, absolute.
    folders : tuple of Path
        From the folder that was named down to the one in which it lies.
    name : str
        Its path from there without the suffix, with slashes.
    unread : str
        Why it, or the folder that stands here for its photographs, cannot be read.
    """

    path: Path
    folders: tuple[Path, ...]
    name: str
    unread: str = ""


def find_photographs(places: list[str], output: Path) -> list[Found]:
    """Photographs in files, folders and glob patterns, each once, in the order of their paths.

    Folders are searched with all that is in them; links are followed, each folder once. What
    is hidden is left out (``._name.tif`` holds a Mac's notes, no photograph), and what lies in
    the output folder, or is the program's own in another one.

    Parameters
    ----------
    places : list of str
        Files, folders, or patterns such as ``box*/**/*.tif``.
    output : Path
        The output folder.

    Returns
    -------
    list of Found

    Raises
    ------
    SettingsError
        Where a place does not exist, or nothing at all is found.
    """
    found: dict[Path, Found] = {}
    for place in places:
        for one in _at(place, Path(os.path.abspath(output))):
            found.setdefault(one.path, one)
    if not found:
        raise SettingsError(
            f"there is no photograph in {', '.join(places)}; names end in "
            f"{', '.join(sorted(SUFFIXES))}"
        )
    return [found[path] for path in sorted(found)]


def _at(place: str, output: Path) -> Iterator[Found]:
    path = Path(os.path.abspath(place))
    if path.is_dir():
        yield from _inside(path, output)
    elif os.path.lexists(path):
        yield _found(path, (path.parent,))
    elif glob.has_magic(place):
        for match in sorted(glob.glob(place, recursive=True)):
            matched = Path(os.path.abspath(match))
            if matched.is_dir():
                yield from _inside(matched, output)
            elif _is_photograph(matched.name):
                yield _found(matched, (matched.parent,))
    else:
        raise SettingsError(f"there is no file or folder {place}; check its name")


def _inside(root: Path, output: Path) -> Iterator[Found]:
    seen: set[str] = set()
    unread: list[OSError] = []
    for here, folders, files in os.walk(root, followlinks=True, onerror=unread.append):
        folder = Path(here)
        real = os.path.realpath(folder)
        if real in seen or (folder == output != root):
            folders.clear()
            continue
        seen.add(real)
        own = STATE in folders  # an output folder, of this run or another
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and not (own and name == THUMBNAILS)
        )
        parts = folder.relative_to(root).parts
        chain = tuple(root.joinpath(*parts[:count]) for count in range(len(parts) + 1))
        yield from (_found(folder / name, chain) for name in files if _is_photograph(name))
    for error in unread:
        yield _unread(error, root)


def _is_photograph(name: str) -> bool:
    return not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES


def _found(path: Path, folders: tuple[Path, ...]) -> Found:
    name = path.relative_to(folders[0]).with_suffix("").as_posix()
    return Found(path=path, folders=folders, name=name)


def _unread(error: OSError, root: Path) -> Found:
    path = Path(str(error.filename or root))
    why = f"the folder {path} cannot be searched: {error.strerror}; check its permissions"
    return Found(path=path, folders=(root,), name=path.name or "folder", unread=why)


def name_all(found: list[Found], before: dict[str, str]) -> dict[Path, str]:
    """The name of each photograph's outputs, without suffix, relative to the output folder.

    Two photographs never share one, nor does one change because others come later: names of an
    earlier run stay.

    Parameters
    ----------
    found : list of Found
        The photographs.
    before : dict of str
        Names that an earlier run gave, by the photograph's path.

    Returns
    -------
    dict of str
        By path.
    """
    used: set[str] = set()
    names: dict[Path, str] = {}
    for earlier in (True, False):
        for one in found:
            if (str(one.path) in before) is earlier:
                choices = [before[str(one.path)]] if earlier else []
                names[one.path] = _free([*choices, *_choices(one)], used)
    return names


def _choices(one: Found) -> Iterator[str]:
    folder, _, last = one.name.rpartition("/")
    folder, last = _shortened(folder + "/" if folder else ""), _short(last)
    number = _hash(str(one.path))
    yield folder + last
    if one.path.suffix:
        yield f"{folder}{last}-{one.path.suffix.removeprefix('.')}"
    yield f"{folder}{last}-{number}"


def _shortened(folder: str) -> str:
    return "".join(_short(part) + "/" for part in folder.split("/")[:-1])


def _short(name: str) -> str:
    """A name that leaves room for what is added to it; what is too long ends in a number."""
    raw = os.fsencode(name)
    if len(raw) <= _LONGEST_NAME_BYTES:
        return name
    cut = raw[: _LONGEST_NAME_BYTES - _HASH_LETTERS - 1].decode("utf-8", "ignore")
    return f"{cut}-{_hash(name)}"


def _hash(text: str) -> str:
    return hashlib.sha256(os.fsencode(text)).hexdigest()[:_HASH_LETTERS]


def _free(choices: list[str], used: set[str]) -> str:
    """The first name of which nothing is used yet; it is then."""
    for name in choices:
        folded = unicodedata.normalize("NFC", name).casefold()  # some file systems see no case
        wanted = {folded, f"{folded}.restored", f"{folded}.removed"}
        own = "/" not in folded and folded.partition("-")[0] in _RESERVED
        if not own and not wanted & used:
            break
    used |= wanted
    return name
