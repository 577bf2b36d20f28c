"""Which photograph is meant by what stands on the command line, and what to say where none is."""

from __future__ import annotations

import glob
import re
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from groovescan.cli.common import check_photograph
from groovescan.cli.manners.standard_streams import STREAM, standard_input
from groovescan.errors import PhotographError, SettingsError

_SOUNDS = (".wav", ".flac", ".mp3", ".aif", ".aiff", ".ogg", ".opus", ".m4a", ".wma", ".w64")
_ADDRESS = re.compile(r"(?i)(?:https?|ftp|s3|file):/")


def given_photographs(
    names: Sequence[str], streams: ExitStack, command: str = "decode"
) -> list[Path]:
    """The photographs of one disc that are named.

    Parameters
    ----------
    names : sequence of str
        What stands on the command line: files, patterns that no shell has resolved, as those of
        Windows leave them, or `-` for the one that standard input holds.
    streams : ExitStack
        What is kept open until the work is done.
    command : str
        Which command they are named for.

    Returns
    -------
    list of Path
        At least one.

    Raises
    ------
    PhotographError
        Where one is no photograph; it says what was meant.
    """
    if list(names) == [STREAM]:
        return [streams.enter_context(standard_input())]
    return _checked(names, command)


def refuse_nameless(names: Sequence[str], output: Path | None) -> None:
    """Refuse standard input where nothing names the result, which it would be called after."""
    if list(names) == [STREAM] and output is None:
        raise SettingsError(
            f"{STREAM} is standard input, and has no name that the result could be called "
            "after; name it with -o"
        )


def _checked(names: Sequence[str], command: str) -> list[Path]:
    found = [(path, name) for name in names for path in _meant(name)]
    for path, name in found:
        _refuse_others(path, name, command)
        check_photograph(path)
    return [path for path, _ in found]


def _meant(name: str) -> list[Path]:
    """The files that a name stands for: itself, or the files that a pattern matches."""
    if any(letter in name for letter in "*?[") and not Path(name).exists():
        matches = sorted(glob.glob(name, recursive=True))
        if not matches:
            raise PhotographError(f"there is no photograph {name}; no file is called so")
        return [Path(match) for match in matches]
    return [Path(name)]


def _refuse_others(path: Path, name: str, command: str) -> None:
    """Refuse what is plainly no photograph, with what would do what was meant."""
    if _ADDRESS.match(name):
        raise PhotographError(
            f"{name} is an address; groovescan fetches nothing from the network. Save the "
            "photograph on this computer, and name the file"
        )
    if path.is_dir():
        raise PhotographError(
            f"{path} is a folder; groovescan batch {path} -o transfers decodes all photographs in "
            f"it, and {command} takes one of them"
        )
    if path.suffix.lower() in _SOUNDS:
        raise PhotographError(
            f"{path} is a sound by its name, and {command} takes the photograph of a disc. The "
            f"other way, from a sound to a picture, is: groovescan simulate {path} -o disc.png"
        )
