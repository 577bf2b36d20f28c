"""The command that opens the window."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groovescan.cli.common import say
from groovescan.cli.interrupt import be_patient
from groovescan.errors import SettingsError
from groovescan.runtime.installation import install_words


def app(
    photos: Annotated[
        list[Path] | None,
        typer.Argument(help="Photographs to open.", metavar="[PHOTO]...", show_default=False),
    ] = None,
    port: Annotated[
        int,
        typer.Option(
            min=0,
            max=65535,
            help="Port of the address on this machine; 0 takes one that is free.",
            metavar="PORT",
        ),
    ] = 0,
    browser: Annotated[
        bool,
        typer.Option(
            "--browser/--no-browser",
            help="Open the browser, or only print the address [default: open it].",
            show_default=False,
        ),
    ] = True,
    shortcut: Annotated[
        bool,
        typer.Option(
            "--shortcut", help="Put a starter for the window on the desktop, and open nothing."
        ),
    ] = False,
) -> None:
    """Open a window in the browser: drop photographs, listen, tune, save.

    It runs on this machine alone: nothing is sent anywhere, and nobody else can look in.
    """
    if shortcut:
        from groovescan.app.shortcut import put_shortcut

        say(f"starter   {put_shortcut()}")
        return
    try:
        from groovescan.app.server import serve
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in ("nicegui", "fastapi", "uvicorn"):
            raise
        raise SettingsError(
            f"the window needs NiceGUI, which is not installed; {install_words('app')}"
        ) from error
    be_patient()  # the first interrupt ends it in order
    try:
        serve(photos or (), port=port, browser=browser, tell=_opened if browser else _waits)
    except OSError as error:
        raise SettingsError(
            f"the window cannot be opened at port {port}: {error.strerror}; leave --port out"
        ) from error


def _opened(address: str) -> None:
    say("groovescan opens in your browser. If no page appears, open this address:")
    _waits(address, first="")


def _waits(address: str, first: str = "Open this address in your browser:\n") -> None:
    say(f"{first}{address}")
    say("It is a secret: whoever has it can look in. Ctrl-C, or 'End the program', ends it.")
