"""Pick a photograph from the folders of the machine that the notebook runs on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from groovescan.photo.formats import SUFFIXES

_WIDE = {"description_width": "initial"}
_ABOVE = "(the folder above)"
#: More names than a list can show with use: arbitrary.
_MOST = 2000


class FilePicker(widgets.HBox):
    """A folder, what lies in it, and a button that opens it.

    Parameters
    ----------
    begin : Path
        The folder where it begins.
    open_photograph : callable
        Told the photograph that was picked.
    chosen : str
        Name of the photograph that is open already.
    """

    def __init__(
        self, begin: Path, open_photograph: Callable[[Path], None], chosen: str = ""
    ) -> None:
        self._open_photograph = open_photograph
        self.folder = widgets.Text(
            value=str(begin), description="Folder", continuous_update=False, style=_WIDE
        )
        self.choice = widgets.Dropdown(description="Photograph", style=_WIDE)
        self.open_button = widgets.Button(description="Open", icon="folder-open")
        self.folder.observe(lambda _: self._list(), "value")
        self.open_button.on_click(self._open)
        self._list()
        if any(chosen == name for _, name in self.choice.options):
            self.choice.value = chosen
        row = widgets.Layout(flex_flow="row wrap")
        super().__init__([self.folder, self.choice, self.open_button], layout=row)

    def _list(self) -> None:
        folder = Path(self.folder.value).expanduser()
        self.choice.options = [(_ABOVE, ".."), *listed(folder)]

    def _open(self, _: Any) -> None:
        place = Path(self.folder.value).expanduser() / self.choice.value
        if place.is_dir():
            self.folder.value = str(place.resolve())
        else:
            self._open_photograph(place)


def listed(folder: Path) -> list[tuple[str, str]]:
    """Contents of a folder: other folders, then photographs by their names.

    Parameters
    ----------
    folder : Path
        The folder; what cannot be looked into is empty.

    Returns
    -------
    list of tuple of str
        What is shown, and its name.
    """
    try:
        inside = sorted(folder.iterdir(), key=lambda one: one.name.casefold())[:_MOST]
        seen = [one for one in inside if not one.name.startswith(".")]
        folders = [(f"{one.name}/", one.name) for one in seen if one.is_dir()]
        return folders + [(one.name, one.name) for one in seen if one.suffix.lower() in SUFFIXES]
    except OSError:
        return []
