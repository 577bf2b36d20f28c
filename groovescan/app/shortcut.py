"""A starter for the window on the desktop, for people who never open a terminal."""

from __future__ import annotations

import os
import shlex
import sys
from importlib import resources
from pathlib import Path

import platformdirs

from groovescan.errors import OutputExistsError, SettingsError, StorageError
from groovescan.runtime.installation import install_words

_NAME = "groovescan"
_ABOUT = "Plays records from a photograph"
_DESKTOP = """[Desktop Entry]
Type=Application
Name={name}
Comment={about}
Exec={command}
Icon={icon}
Terminal=false
Categories=AudioVideo;Audio;
"""


def put_shortcut(
    platform: str = sys.platform, folder: Path | None = None, command: list[str] | None = None
) -> Path:
    """Put a starter for the window on the desktop.

    Parameters
    ----------
    platform : str
        As `sys.platform`: 'win32' gets a link, 'darwin' a `.command`, others a freedesktop entry.
    folder : Path, optional
        Where to; the user's desktop where left out.
    command : list of str, optional
        What is started; this very program where left out.

    Returns
    -------
    Path
        The starter.

    Raises
    ------
    OutputExistsError
        Where something of that name lies there that is no starter of this program.
    StorageError
        Where the desktop takes no file.
    """
    folder = folder or Path(platformdirs.user_desktop_dir())
    command = command or [sys.executable, "-m", _NAME, "app"]
    endings = {"win32": ".lnk", "darwin": ".command"}
    place = folder / f"{_NAME}{endings.get(platform, '.desktop')}"
    _check(place, platform)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if platform == "win32":
            _link(place, command)
        elif platform == "darwin":
            _script(place, f"#!/bin/sh\nexec {shlex.join(command)}\n")
        else:
            _script(place, desktop_entry(command))
    except OSError as error:
        raise StorageError(f"the starter {place} cannot be written: {error.strerror}") from error
    return place


def desktop_entry(command: list[str]) -> str:
    """A freedesktop entry that starts a command.

    Parameters
    ----------
    command : list of str
        The program and its arguments.

    Returns
    -------
    str
        As the Desktop Entry Specification 1.5 has it: arguments are quoted, and what is special
        in a quoted argument, or in the file, is escaped.
    """
    icon = resources.files("groovescan.app") / "web" / "icon.svg"
    words = " ".join(_quoted(word) for word in command)
    return _DESKTOP.format(name=_NAME, about=_ABOUT, command=words, icon=_escaped(str(icon)))


def _quoted(word: str) -> str:
    for special in '\\"`$':
        word = word.replace(special, f"\\{special}")
    return _escaped(f'"{word}"').replace("%", "%%")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _check(place: Path, platform: str) -> None:
    """Refuse to replace what is not ours."""
    if not os.path.lexists(place):
        return
    ours = not place.is_symlink() and place.is_file() and b"groovescan" in _content(place, platform)
    if not ours:
        raise OutputExistsError(f"{place} exists already and is no starter; move it away first")


def _content(place: Path, platform: str) -> bytes:
    with place.open("rb") as file:
        content = file.read(1 << 16)
    return content.replace(b"\0", b"") if platform == "win32" else content


def _script(place: Path, text: str) -> None:
    place.write_text(text, encoding="utf-8")
    place.chmod(0o755)


def _link(place: Path, command: list[str]) -> None:
    """A link of Windows; without a console, where Python has a program for that."""
    try:
        import pylnk3
    except ModuleNotFoundError as error:
        raise SettingsError(f"a starter needs pylnk3; {install_words('app')}") from error
    program = Path(command[0])
    silent = program.with_name("pythonw.exe")
    pylnk3.for_file(
        str(silent if silent.exists() else program),
        str(place),
        arguments=" ".join(f'"{word}"' if " " in word else word for word in command[1:]),
        description=_ABOUT,
    )
