"""Files of a collection that are taken for no photographs, and why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from groovescan.batch.intake.find_photographs import STATE, files_besides
from groovescan.batch.listing.write_listing import own_listing
from groovescan.batch.record import read_record, record_path
from groovescan.errors import PhotographError
from groovescan.outputs.decode_outputs import ENDINGS
from groovescan.photo.formats import first_bytes, format_of
from groovescan.photo.other_kinds import other_kind

#: What people keep beside photographs, by how the names end.
_KINDS = {
    "a film: save one picture of it": (".mp4", ".mov", ".avi", ".mkv", ".m4v"),
    "an archive: unpack it": (".zip", ".rar", ".7z", ".tar", ".gz", ".bz2", ".xz"),
    "a drawing: export it as TIFF": (".svg", ".eps", ".ai", ".cdr", ".xcf", ".kra", ".afphoto"),
    "a document: decode it by itself, if it holds one photograph": (".pdf",),
    "a text or a table": (".txt", ".md", ".doc", ".docx", ".odt", ".csv", ".xls", ".xlsx", ".xml"),
    "a sound": (".wav", ".flac", ".mp3", ".aif", ".aiff", ".ogg", ".m4a"),
    "what a program notes beside photographs": (
        ".xmp",
        ".json",
        ".log",
        ".toml",
        ".ini",
        ".db",
        ".html",
    ),
}
#: A part's name is its photograph's, with a number.
_NUMBERED = re.compile(r"(.+)-\d+", re.DOTALL)
#: Files of one photograph lie beside one another: arbitrary from a few to thousands.
_RECORDS_HELD = 64
_WHY = {suffix: why for why, suffixes in _KINDS.items() for suffix in suffixes}


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """A file that is taken for no photograph.

    Attributes
    ----------
    path : Path
        Where it lies.
    why : str
        What it is, or seems to be.
    """

    path: Path
    why: str


def left_out(places: list[str], output: Path) -> list[LeftOut]:
    """Files that a run does not take, in the folders that it searches; hidden ones are not named.

    Parameters
    ----------
    places : list of str
        Files, folders, or patterns, as of `find_photographs`.
    output : Path
        The output folder, whose files do not count. Nor do those of other runs, or those of this
        one where it writes beside the photographs.

    Returns
    -------
    list of LeftOut
        In the order of their paths.
    """
    runs = _Runs()
    return [
        LeftOut(path=path, why=_why(path))
        for path in files_besides(places, output)
        if not runs.wrote(path)
    ]


class _Runs:
    """Output folders on the way to files, and what their records name as their own."""

    def __init__(self) -> None:
        self._is_output = lru_cache(maxsize=None)(lambda folder: (folder / STATE).is_dir())
        self._listing = lru_cache(maxsize=None)(own_listing)
        self._record = lru_cache(maxsize=_RECORDS_HELD)(
            lambda folder, name: read_record(record_path(folder, name))
        )

    def wrote(self, path: Path) -> bool:
        """Whether a run remembers a file: a record of a photograph, or that of the tables."""
        return any(
            self._wrote_in(folder, path.relative_to(folder).as_posix())
            for folder in path.parents
            if self._is_output(folder)
        )

    def _wrote_in(self, folder: Path, name: str) -> bool:
        bases = {name.removesuffix(ending) for ending in ENDINGS if name.endswith(ending)}
        bases |= {found[1] for found in map(_NUMBERED.fullmatch, bases) if found}
        records = (self._record(folder, base) for base in bases)
        return name in self._listing(folder) or any(one and name in one.files for one in records)


def _why(path: Path) -> str:
    known = _WHY.get(path.suffix.lower())
    if known is not None:
        return known
    try:
        start = first_bytes(path)
    except PhotographError:
        return "it cannot be opened"
    kind, other = format_of(start, path), other_kind(start)
    if kind is not None:
        end = f"ends in {path.suffix}" if path.suffix else "has no ending"
        return f"it holds {kind.name}, but its name {end}: let it end in {kind.suffixes[0]}"
    if other is not None:
        return f"{other.name}: {other.remedy}"
    return "of a kind that is not known: save it as TIFF from the program that made it"
