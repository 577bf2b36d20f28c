"""Choose a folder of this machine, where a browser can only choose where downloads go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nicegui import ui

from groovescan.app.parts.elements import button, tag


class FolderDialog(ui.dialog):
    """A dialog that gives the folder that was chosen, or None.

    Parameters
    ----------
    begin : Path
        Where it begins; where that is not there, at the next folder above it that is.
    """

    def __init__(self, begin: Path) -> None:
        super().__init__()
        begin = begin.expanduser().absolute()
        self._here = next((p for p in (begin, *begin.parents) if p.is_dir()), Path.home())
        self.props('aria-label="Choose a folder"')
        with self, ui.card().classes("folders"):
            self.content()

    @ui.refreshable_method
    def content(self) -> None:
        """The folder, what is in it, and the buttons."""
        ui.label(str(self._here)).classes("here")
        with tag("ul", "folder-list"):
            if self._here.parent != self._here:
                self._entry("The folder above", self._here.parent)
            for folder in folders_in(self._here):
                self._entry(folder.name, folder)
        with tag("div", "line-up"):
            button("Use this folder", lambda: self.submit(str(self._here)), "main")
            button("Leave it", lambda: self.submit(None))

    def _entry(self, name: str, folder: Path) -> None:
        with tag("li"):
            button(name, lambda: self._go(folder), "quiet").props("align=left icon=folder")

    def _go(self, folder: Path) -> None:
        self._here = folder
        self.content.refresh()

    def __await__(self) -> Any:
        """Wait until a folder is chosen, then be gone."""
        self.open()
        chosen = yield from super().__await__()
        self.delete()
        return chosen


def folders_in(folder: Path) -> list[Path]:
    """The folders in a folder by name, without those that are hidden or cannot be looked into."""
    # More than anybody reads through: arbitrary.
    most = 400
    try:
        inside = [one for one in folder.iterdir() if not one.name.startswith(".") and one.is_dir()]
    except OSError:
        return []
    return sorted(inside, key=lambda one: one.name.casefold())[:most]
