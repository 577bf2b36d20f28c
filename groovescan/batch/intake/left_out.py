"""Files of a collection that are taken for no photographs, and why."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from groovescan.batch.intake.find_photographs import files_besides
from groovescan.errors import PhotographError
from groovescan.photo.formats import first_bytes, format_of

#: What people keep beside photographs, by how the names end.
_KINDS = {
    "a film: save one picture of it": (".mp4", ".mov", ".avi", ".mkv", ".m4v"),
    "an archive: unpack it": (".zip", ".rar", ".7z", ".tar", ".gz", ".bz2", ".xz"),
    "a drawing: export it as TIFF": (".svg", ".eps", ".ai", ".cdr", ".xcf", ".kra", ".afphoto"),
    "a document: decode it by itself, if it holds one photograph": (".pdf",),
    "a text or a table": (".txt", ".md", ".doc", ".docx", ".odt", ".csv", ".xls", ".xlsx", ".xml"),
    "a sound": (".wav", ".flac", ".mp3", ".aif", ".aiff", ".ogg", ".m4a"),
    "what a program notes beside photographs": (".xmp", ".json", ".toml", ".ini", ".db", ".html"),
}
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
        The output folder, whose files do not count.

    Returns
    -------
    list of LeftOut
        In the order of their paths.
    """
    return [LeftOut(path=path, why=_why(path)) for path in files_besides(places, output)]


def _why(path: Path) -> str:
    known = _WHY.get(path.suffix.lower())
    if known is not None:
        return known
    try:
        kind = format_of(first_bytes(path), path)
    except PhotographError:
        return "it cannot be opened"
    if kind is not None:
        end = f"ends in {path.suffix}" if path.suffix else "has no ending"
        return f"it holds {kind.name}, but its name {end}: let it end in {kind.suffixes[0]}"
    return "of a kind that is not known: save it as TIFF from the program that made it"
