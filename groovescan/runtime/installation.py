"""How the program was installed, and so how an extra of it is."""

from __future__ import annotations

import json
import os
import shlex
import sys
from importlib import metadata, util
from pathlib import Path
from urllib.parse import unquote, urlparse

from groovescan.errors import SettingsError

_NAME = "groovescan"


def check_figures(what: str) -> None:
    """Check that pictures can be drawn, before any work is done for one.

    Parameters
    ----------
    what : str
        What is to be drawn, as the beginning of a message.

    Raises
    ------
    SettingsError
        Where matplotlib is not installed.
    """
    if util.find_spec("matplotlib") is None:
        raise SettingsError(
            f"{what} needs matplotlib, which is not installed; {install_words('figures')}"
        )


def install_words(extra: str) -> str:
    """How to get an extra, in words, true for the way in which the program was installed.

    Parameters
    ----------
    extra : str
        An extra of pyproject.toml, such as 'raw'.

    Returns
    -------
    str
        A command, as a part of a message.
    """
    return f"install it with: {install_command(extra, Path(sys.prefix), source_folder())}"


def install_command(extra: str, prefix: Path, source: str | None) -> str:
    """The command that adds an extra.

    Parameters
    ----------
    extra : str
        The extra.
    prefix : Path
        Folder of the environment that the program runs in: it tells who made it.
    source : str or None
        Folder that the program was installed from, where it was one.

    Returns
    -------
    str

    Examples
    --------
    >>> install_command("raw", Path("share/pipx/venvs/groovescan"), None)
    "pipx install --force 'groovescan[raw]'"
    """
    what = _word(f"{source or _NAME}[{extra}]")
    if "pipx" in prefix.parts:
        return f"pipx install --force {what}"
    if (prefix / "uv-receipt.toml").exists() or prefix.parts[-3:-1] == ("uv", "tools"):
        return f"uv tool install --force {what}"
    if (prefix / "pyvenv.cfg").exists() and "uv =" in _text(prefix / "pyvenv.cfg"):
        return f"uv pip install --python {_word(str(prefix))} {what}"
    return f"{_word(_python(prefix))} -m pip install {what}"


def source_folder() -> str | None:
    """The folder that the program was installed from; None where it came from an index."""
    try:
        told = metadata.distribution(_NAME).read_text("direct_url.json")
        url = urlparse(json.loads(told)["url"]) if told else None
    except (metadata.PackageNotFoundError, ValueError, KeyError, OSError):
        return None
    if url is None or url.scheme != "file":
        return None
    folder = Path(unquote(url.path.lstrip("/") if os.name == "nt" else url.path))
    return str(folder) if (folder / "pyproject.toml").exists() else None


def _python(prefix: Path) -> str:
    """The interpreter of an environment, as it is called from where the user is."""
    for place in ("bin/python", "Scripts/python.exe", "python.exe"):
        if (prefix / place).exists():
            path = prefix / place
            try:
                return str(path.relative_to(Path.cwd()))
            except ValueError:
                return str(path)
    return "python3"


def _word(text: str) -> str:
    """A text as shells take it; in Windows' only double quotes hold."""
    return f'"{text}"' if os.name == "nt" else shlex.quote(text)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
