"""Files in an output folder, and which of them the program can prove to have written.

Others write there, too. A file is the program's own where a record names it with the content that
it has; nothing else is ever replaced or removed. Folders are entered only where they are folders:
a link may lead anywhere.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from groovescan.errors import OutputExistsError, SettingsError
from groovescan.storage.file_sets import state_of

_DIGEST = re.compile(r"[0-9a-f]{64}")


def proven(output: Path, *claims: Mapping[str, str]) -> dict[str, str]:
    """Of the files that records name, those that lie there as they were written.

    Parameters
    ----------
    output : Path
        The output folder.
    *claims : Mapping of str to str
        SHA-256 of files, by their path in it.

    Returns
    -------
    dict of str
        SHA-256 of the program's own files, by their path.
    """
    mine = {}
    for name in dict.fromkeys(name for claim in claims for name in claim):
        try:
            here = state_of(output / name)
        except OSError:  # a folder, a pipe, or what cannot be read: it proves nothing
            continue
        if here in {claim.get(name) for claim in claims}:
            mine[name] = here
    return mine


def is_claim(value: object) -> bool:
    """Whether a value can be what a record says of files: SHA-256 by path."""
    return isinstance(value, dict) and all(
        isinstance(number, str) and _DIGEST.fullmatch(number) for number in value.values()
    )


def is_inside(path: str) -> bool:
    """Whether a path leads to something below a folder, by names alone."""
    parts = path.split("/")
    return "\0" not in path and not {"", ".", ".."} & set(parts)


def exists_of_others(path: Path) -> OutputExistsError:
    """The error for a file that no run can prove to have written."""
    return OutputExistsError(
        f"{path} exists already, is not as a run before wrote it, and was left as it is; move it "
        "elsewhere, name another output folder, or allow it to be replaced (--force)"
    )


def make_folder(output: Path, folder: Path) -> None:
    """Make a folder in the output folder, and refuse to go through links.

    Parameters
    ----------
    output : Path
        The output folder, which exists.
    folder : Path
        A folder below it.

    Raises
    ------
    SettingsError
        Where a link is on the way.
    OutputExistsError
        Where something else is.
    OSError
        Where it cannot be made.
    """
    here = output
    for part in folder.relative_to(output).parts:  # one by one: there may be a thousand
        here = here / part
        try:
            os.mkdir(here)
        except FileExistsError:
            _check_folder(here)


def _check_folder(folder: Path) -> None:
    mode = folder.lstat().st_mode
    if stat.S_ISLNK(mode):
        raise SettingsError(
            f"{folder} is a link to {os.path.realpath(folder)}; links in an output folder are not "
            "followed, since they may lead outside the output folder. Nothing was written there; "
            "remove the link"
        )
    if not stat.S_ISDIR(mode):
        raise OutputExistsError(
            f"{folder} is no folder, where one is needed; name another output folder"
        )
