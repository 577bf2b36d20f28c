"""A photograph from standard input, and a sound to standard output: both are `-`."""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from groovescan.errors import PhotographError, SettingsError

STREAM = "-"
#: So much is copied at a time: arbitrary from 64 KB to some MB.
_PIECE_BYTES = 1 << 20


@contextmanager
def standard_input() -> Iterator[Path]:
    """The photograph that standard input holds, as a file that goes when the block ends.

    Raises
    ------
    PhotographError
        Where there is none.
    """
    if sys.stdin is None or sys.stdin.isatty():
        raise PhotographError(
            "- is standard input, and nothing is fed into it; name a photograph, or: groovescan "
            "decode - -o sound.wav < photo.tif"
        )
    with tempfile.TemporaryDirectory(prefix="groovescan-") as folder:
        path = Path(folder) / "standard-input"
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file, _PIECE_BYTES)
        if not path.stat().st_size:
            raise PhotographError("- is standard input, and it is empty")
        yield path


def refuse_more_than_a_sound(*, page: bool, split: bool, restore: bool) -> None:
    """Standard output holds one sound; what else was asked for would be lost."""
    asked = {"--report": page, "--split": split, "--restore": restore}
    more = [name for name, wanted in asked.items() if wanted]
    if more:
        raise SettingsError(
            f"-o - sends one sound to standard output, and {', '.join(more)} would write more "
            "files; name a file with -o, or leave that out"
        )


@contextmanager
def standard_output() -> Iterator[Path]:
    """A place for a sound, which goes to standard output when the block ends well.

    Raises
    ------
    SettingsError
        Where standard output is a terminal.
    """
    if sys.stdout.isatty():
        raise SettingsError(
            "-o - writes the sound to standard output, which is a terminal; send it into a file or "
            "a program: groovescan decode photo.tif -o - > sound.wav"
        )
    with tempfile.TemporaryDirectory(prefix="groovescan-") as folder:
        path = Path(folder) / "sound.wav"
        yield path
        with path.open("rb") as file, contextlib.suppress(BrokenPipeError):
            shutil.copyfileobj(file, sys.stdout.buffer, _PIECE_BYTES)
            sys.stdout.buffer.flush()
