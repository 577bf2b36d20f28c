"""Where what was read is to be saved, and what of it."""

from __future__ import annotations

from pathlib import Path

import platformdirs
from nicegui import ui

from groovescan.app.desk import Desk
from groovescan.app.parts.elements import button, card, tag
from groovescan.app.parts.folder_dialog import FolderDialog

_FIELD = "outlined dense"


class SaveForm:
    """Folder, name and kind of what is saved, and the button that saves it.

    Parameters
    ----------
    desk : Desk
        Whose sound is saved.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._proposed: Path | None = None
        with card("Save", "save"):
            with tag("div", "line-up"):
                self._folder = ui.input("Folder").props(_FIELD).classes("grow")
                button("Choose folder", self._choose_folder)
            with tag("div", "line-up"):
                self._name = ui.input("Name").props(_FIELD).classes("grow")
                forms = {"wav": "WAV", "flac": "FLAC"}
                self._form = ui.select(forms, value="wav", label="Format")
                self._form.props(_FIELD).classes("form")
            with tag("div", "line-up"):
                self._page = ui.checkbox("Page with a player", value=True)
                self._toml = ui.checkbox("Settings", value=True)
                self._replace = ui.checkbox("Replace files")
            self._save_button = button("Save", self._save, "main")
            self.saved()
        self.follow()

    def follow(self) -> None:
        """Show what can be saved, and propose where."""
        self._save_button.set_enabled(self._desk.read is not None and not self._desk.busy)
        self._propose()

    def _propose(self) -> None:
        """Propose folder and name for a photograph that was just opened."""
        one = self._desk.open_photograph
        if one is None or one.path == self._proposed:
            return
        self._proposed = one.path
        self._name.set_value(one.path.stem)
        if not one.brought:
            self._folder.set_value(str(one.path.absolute().parent))
        elif not self._folder.value:
            self._folder.set_value(str(Path(platformdirs.user_documents_dir()) / "groovescan"))

    async def _choose_folder(self) -> None:
        chosen = await FolderDialog(Path(self._folder.value or Path.home()))
        if chosen:
            self._folder.set_value(chosen)

    def _save(self) -> None:
        self._desk.save(
            place_of(self._folder.value, self._name.value, self._form.value),
            page=self._page.value,
            toml=self._toml.value,
            replace=self._replace.value,
        )
        self._replace.set_value(False)

    @ui.refreshable_method
    def saved(self) -> None:
        """The files that were written."""
        if self._desk.saved:
            with tag("ul", "saved"):
                for path in self._desk.saved:
                    with tag("li"):
                        ui.label(path.name)


def place_of(folder: str, name: str, form: str) -> Path:
    """Where a sound goes.

    Parameters
    ----------
    folder, name : str
        As somebody typed them.
    form : {'wav', 'flac'}
        Its format.

    Returns
    -------
    Path

    Examples
    --------
    >>> place_of("/tmp/a ", "side 1.WAV", "wav").as_posix()
    '/tmp/a/side 1.wav'
    """
    plain = name.strip()
    if plain.lower().endswith((".wav", ".flac")):
        plain = plain.rpartition(".")[0]
    return Path(folder.strip() or Path.home()).expanduser() / f"{plain or 'sound'}.{form}"
