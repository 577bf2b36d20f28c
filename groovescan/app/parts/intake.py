"""Where photographs are brought, and the list of those that are there."""

from __future__ import annotations

from pathlib import Path

from nicegui import ui

from groovescan.app.desk import Desk, PhotographOnDesk
from groovescan.app.parts.elements import button, card, tag

_STATES = {
    "waiting": "waits",
    "open": "open",
    "read": "read",
    "refused": "cannot be read",
    "saved": "saved",
    "stopped": "stopped",
}
_DROP = (
    '<p class="drop-title">Drop photographs here</p>'
    '<p class="soft">one, several, or a whole folder; or choose them:</p>'
    '<label class="choose">Choose photographs<input type="file" id="files" multiple></label>'
    '<label class="choose">Choose a folder<input type="file" id="folder" webkitdirectory></label>'
)


class PhotographList:
    """The place to drop photographs, and the list of them.

    Parameters
    ----------
    desk : Desk
        What they are put on.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        with card("Photographs") as self._card:
            with tag("div", "drop"):
                ui.html(_DROP, sanitize=False)
            ui.html('<p id="arriving" role="status" class="soft"></p>', sanitize=False)
            with ui.expansion("A file by its path").classes("more").props("dense"):
                path = ui.input("Path on this computer").props("outlined dense")
                path.on("keydown.enter", lambda: self._open_path(path.value))
                button("Open", lambda: self._open_path(path.value))
            self.photographs()

    def _open_path(self, text: str) -> None:
        path = Path(text.strip().strip('"')).expanduser()
        if path.is_file():
            self._desk.add(path, brought=False)
        else:
            self._desk.refuse(text, "there is no such file")

    @ui.refreshable_method
    def photographs(self) -> None:
        """The list, what was not taken, and the way to the next."""
        # As many names as fit beside the drop area: arbitrary.
        most_refused = 8
        desk = self._desk
        if desk.photographs:
            self._card.classes(add="has-photographs")
        if desk.together:
            self._question(len(desk.together))
        with tag("ol", "photographs"):
            for number, one in enumerate(desk.photographs):
                self._entry(number, one)
        if desk.refused:
            with tag("ul", "refused"):
                for line in desk.refused[-most_refused:]:
                    with tag("li"):
                        ui.label(line)
        if desk.next_number is not None and desk.current is not None:
            button("Next photograph", self._next, classes="next")

    def _question(self, count: int) -> None:
        with tag("div", "question", label="One disc, or several?").props("role=group"):
            ui.label(f"These {count} photographs came together. Do they show")
            button("one disc in several photographs", lambda: self._desk.answer(one_disc=True))
            button("several discs", lambda: self._desk.answer(one_disc=False))

    def _entry(self, number: int, one: PhotographOnDesk) -> None:
        with tag("li", f"is-{one.state}"):
            entry = button("", lambda: self._desk.open(number), "quiet", "photograph")
            entry.props("align=left")
            if number == self._desk.current:
                entry.props("aria-current=true")
            with entry:
                ui.label(one.name).classes("name")
                ui.label(_STATES[one.state]).classes("state")

    def _next(self) -> None:
        if (number := self._desk.next_number) is not None:
            self._desk.open(number)
