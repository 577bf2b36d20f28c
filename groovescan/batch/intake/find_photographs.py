"""Which photographs a collection has, and what each is called in the output folder."""

from __future__ import annotations

import dataclasses
import glob
import hashlib
import itertools
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from groovescan.errors import SettingsError
from groovescan.photo.formats import SUFFIXES

#: Where the program keeps its records, and the pictures of the index, in an output folder.
STATE = ".groovescan"
THUMBNAILS = "thumbnails"
#: Settings for all photographs of a folder.
FOLDER_SETTINGS = "groovescan.toml"
#: Letters of a hash that tell two long names apart: 16^8 of them.
_HASH_LETTERS = 8
#: Names at the top of the output folder that are the collection's own.
_RESERVED = re.compile(r"index(-\d+)?|summary")
#: What a part of a photograph is called like, and marks that no name has.
_NUMBERED = re.compile(r"(.+)-\d+", re.DOTALL)
_HAS_PARTS, _IS_PART = "\0has parts", "\0is a part"
#: A folder that is called like an output could be in the place of one.
_LIKE_OUTPUT = re.compile(r"\.(wav|flac|json|html|npz|csv)$", re.IGNORECASE)


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
        for match in _matches(place):
            matched = Path(os.path.abspath(match))
            if matched.is_dir():
                yield from _inside(matched, output)
            elif _is_photograph(matched.name):
                yield _found(matched, (matched.parent,))
    else:
        raise SettingsError(f"there is no file or folder {place}; check its name")


def _matches(pattern: str) -> list[str]:
    try:
        return sorted(glob.glob(pattern, recursive=True))
    except RecursionError as error:
        raise SettingsError(
            f"{pattern} leads through more folders in folders than patterns can follow; name the "
            "folder itself, which is searched however deep it is"
        ) from error


def _inside(
    root: Path, output: Path, is_taken: Callable[[str], bool] | None = None
) -> Iterator[Found]:
    is_taken = is_taken or _is_photograph
    seen: set[tuple[int, int]] = set()
    waiting: list[tuple[Path, ...]] = [(root,)]  # not by recursion: there may be a thousand levels
    while waiting:
        chain = waiting.pop()
        folder = chain[-1]
        try:
            about = os.stat(folder)  # by its number: links lead to one folder by many names
            if (about.st_dev, about.st_ino) in seen or (folder == output != root):
                continue
            seen.add((about.st_dev, about.st_ino))
            folders, files = _listed(folder)
        except OSError as error:
            yield _unread(error, root)
            continue
        own = STATE in folders  # an output folder, of this run or another
        waiting += [
            (*chain, folder / name)
            for name in sorted(folders, reverse=True)
            if not name.startswith(".") and not (own and name == THUMBNAILS)
        ]
        yield from (_found(folder / name, chain) for name in files if is_taken(name))


def _listed(folder: Path) -> tuple[list[str], list[str]]:
    """Names of the folders in a folder, and of what else is in it."""
    folders: list[str] = []
    files: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            (folders if _is_folder(entry) else files).append(entry.name)
    return folders, files


def _is_folder(entry: os.DirEntry) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link in a circle
        return False


def files_besides(places: list[str], output: Path) -> list[Path]:
    """Files in the folders among some places that are no photographs by their names.

    Hidden ones are left out, and the program's own settings.
    """
    found: set[Path] = set()
    for place in places:
        root = Path(os.path.abspath(place))
        if root.is_dir():
            inside = _inside(root, Path(os.path.abspath(output)), _is_beside)
            found.update(one.path for one in inside if not one.unread)
    return sorted(found)


def _is_beside(name: str) -> bool:
    return not (name.startswith(".") or name == FOLDER_SETTINGS or _is_photograph(name))


def _is_photograph(name: str) -> bool:
    return not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES


def _found(path: Path, folders: tuple[Path, ...]) -> Found:
    name = path.relative_to(folders[0]).with_suffix("").as_posix()
    return Found(path=path, folders=folders, name=name)


def _unread(error: OSError, root: Path) -> Found:
    path = Path(str(error.filename or root))
    why = f"the folder {path} cannot be searched: {error.strerror}; check its permissions"
    return Found(path=path, folders=(root,), name=path.name or "folder", unread=why)


def name_all(
    found: list[Found], before: dict[str, str], taken: Iterable[str] = ()
) -> dict[Path, str]:
    """The name of each photograph's outputs, without suffix, relative to the output folder.

    Two photographs never share one, nor does one change because others come later: names of an
    earlier run stay.

    Parameters
    ----------
    found : list of Found
        The photographs.
    before : dict of str
        Names that an earlier run gave, by the photograph's path.
    taken : iterable of str
        Names of photographs that are not in this run, as `taken_by` gives them.

    Returns
    -------
    dict of str
        By path.
    """
    used = set(taken)
    names: dict[Path, str] = {}
    earlier = {one.path: before.get(str(one.path), "") for one in found}
    for one in found:
        if _could_be(earlier[one.path], one) and _take(earlier[one.path], used):
            names[one.path] = earlier[one.path]
    for one in found:
        if one.path not in names:
            names[one.path] = next(name for name in _choices(one) if _take(name, used))
    return names


def _choices(one: Found) -> Iterator[str]:
    """Names for a photograph, the plainest first, without end."""
    *folders, last = one.name.split("/")
    folder = "".join(_as_folder(part) + "/" for part in folders)
    last = folder + _short(last)
    yield last
    if one.path.suffix:
        yield f"{last}-{one.path.suffix.removeprefix('.')}"
    number = _hash(str(one.path))
    yield f"{last}-{number}"
    yield from (f"{last}-{number}x{count}" for count in itertools.count(2))


def _could_be(name: str, one: Found) -> bool:
    """Whether a name, which a record tells, can have been given to a photograph."""
    # More photographs would have to fight for one name than anybody has.
    choices_at_most = 100
    *folders, _ = name.split("/")
    above = [_as_folder(part) for part in one.path.parent.parts]
    if folders != above[len(above) - len(folders) :]:
        return False
    plain = dataclasses.replace(one, name="/".join([*folders, one.path.with_suffix("").name]))
    return name in itertools.islice(_choices(plain), choices_at_most)


def _as_folder(name: str) -> str:
    return _LIKE_OUTPUT.sub(r"-\1", _short(name))


def _short(name: str) -> str:
    """A name that is not hidden and leaves room for what is added to it, or ends in a number."""
    # What the program adds to a name (".restored.json") has to fit into 255 bytes, too.
    longest_name_bytes = 200
    if name.startswith("."):
        name = "_" + name[1:]
    raw = os.fsencode(name)
    if len(raw) <= longest_name_bytes:
        return name
    cut = raw[: longest_name_bytes - _HASH_LETTERS - 1].decode("utf-8", "ignore")
    return f"{cut}-{_hash(name)}"


def _hash(text: str) -> str:
    return hashlib.sha256(os.fsencode(text)).hexdigest()[:_HASH_LETTERS]


def taken_by(name: str) -> set[str]:
    """Names that a name takes: itself, without its case (some file systems see none), and more.

    Where a photograph has several parts, these are called ``NAME-1``, ``NAME-2``: no other
    photograph may be. So it is marked who has parts, and whose part a name could be.
    """
    folded = _folded(name)
    return {*_forms(folded), folded + _HAS_PARTS, *(base + _IS_PART for base in _base_of(folded))}


def _take(name: str, used: set[str]) -> bool:
    """Use a name, if nothing of it is used yet."""
    folded = _folded(name)
    others = {*_forms(folded), folded + _IS_PART}
    others |= {base + _HAS_PARTS for base in _base_of(folded)}
    if others & used or any(map(_RESERVED.fullmatch, _forms(folded))):
        return False
    used |= taken_by(name)
    return True


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _forms(folded: str) -> set[str]:
    return {folded, f"{folded}.restored", f"{folded}.removed"}


def _base_of(folded: str) -> list[str]:
    """Of whose parts a name could be one."""
    found = _NUMBERED.fullmatch(folded)
    return [found[1]] if found else []
