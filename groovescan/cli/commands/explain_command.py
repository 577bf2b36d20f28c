"""The command that explains a word of a summary."""

from __future__ import annotations

import shutil
import textwrap
from typing import Annotated

import typer

from groovescan.cli.common import say
from groovescan.wording.glossary import explained, glossary


def explain(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            help="A word of a summary, such as snr or wow; without one, all that are explained.",
            metavar="[WORD]...",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Explain a word of a summary: what it means, and which numbers are good."""
    if not words:
        say(_filled(f"Explained are: {', '.join(glossary())}."))
        return
    word, meaning = explained(" ".join(words))
    say(f"{word}\n{_filled(meaning)}")


def _filled(text: str) -> str:
    # Letters in a line that are read with ease, at most.
    widest = 100
    width = min(shutil.get_terminal_size().columns, widest)
    return textwrap.fill(text, width, break_long_words=False, break_on_hyphens=False)
