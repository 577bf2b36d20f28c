"""The page: photographs and settings on the left, what came of them on the right."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any

from nicegui import ui

from groovescan.app.desk import Desk
from groovescan.app.parts.elements import button, card, heading, tag
from groovescan.app.parts.intake import PhotographList
from groovescan.app.parts.listening import listening_part
from groovescan.app.parts.save_form import SaveForm
from groovescan.app.parts.setting_controls import SettingControls
from groovescan.app.parts.status_line import StatusLine
from groovescan.errors import SettingsError
from groovescan.photo.formats import SUFFIXES
from groovescan.wording.glossary import explained

_HEAD = (
    '<link rel="stylesheet" href="web/window.css"><script src="web/window.js" defer></script>'
    '<meta name="color-scheme" content="light dark">'
)
_DARK_ROOM = "matchMedia('(prefers-color-scheme: dark)').matches"
#: How long a browser may take to answer, in s: arbitrary from 2 to 10. One that has gone answers
#: never.
_ANSWER_S = 5.0


class Window:
    """The page of one browser window; several may show the same desk.

    Parameters
    ----------
    desk : Desk
        What is shown.
    stop : callable
        Ends the program.
    """

    def __init__(self, desk: Desk, *, stop: Callable[[], None]) -> None:
        self._desk, self._stop = desk, stop

    async def build(self) -> None:
        """Lay the page out, and follow the desk until it is closed."""
        endings = json.dumps(sorted(SUFFIXES))
        ui.add_head_html(f"{_HEAD}<script>window.photographEndings = {endings};</script>")
        with tag("div", "window"):
            with tag("header", "masthead"):
                ui.html('<h1 class="mark">groovescan</h1>', sanitize=False)
                button("End the program", self._end, "quiet")
            with tag("div", "columns"):
                with tag("div", "left"):
                    self._photographs = PhotographList(self._desk)
                    self._settings_part()
                with tag("div", "right"):
                    self._status = StatusLine(self._desk)
                    self.result()
                    self.sound()
                    self.pictures()
                    self._save_form = SaveForm(self._desk)
        await self._attend()

    async def _attend(self) -> None:
        """Hear of changes until the page is closed, and know the room that it is in."""
        client = ui.context.client
        self._desk.listeners.append(self._follow)
        client.on_delete(self._leave)
        await client.connected()
        with contextlib.suppress(TimeoutError):
            self._desk.dark = bool(await ui.run_javascript(_DARK_ROOM, timeout=_ANSWER_S))

    def _leave(self) -> None:
        with contextlib.suppress(ValueError):
            self._desk.listeners.remove(self._follow)

    def _follow(self, part: str) -> None:
        """Show again what has changed."""
        shows: dict[str, tuple[Callable[[], Any], ...]] = {
            "photographs": (self._photographs.photographs.refresh,),
            "status": (self._status.follow,),
            "settings": (self._show_settings, self._save_form.follow),
            "result": (self.result.refresh, self.pictures.refresh),
            "sound": (self.sound.refresh,),
            "saved": (self._save_form.saved.refresh, self._save_form.follow),
        }
        for show in shows[part]:
            show()

    async def _end(self) -> None:
        with contextlib.suppress(TimeoutError):
            await ui.run_javascript("window.hasEnded()", timeout=_ANSWER_S)
        self._stop()

    def _settings_part(self) -> None:
        with card("Settings"):
            self._controls = SettingControls(self._desk)
            self._waits = ui.label().classes("soft waits").props("role=status")
            self._read_button = button("Read again", self._desk.read_again)
        self._show_settings()

    def _show_settings(self) -> None:
        desk = self._desk
        self._controls.follow(desk.settings)
        waits = "" if desk.busy else ", ".join(desk.waits).lower()
        self._waits.set_text(f"Changed, and not yet read with it: {waits}." if waits else "")
        self._waits.set_visibility(bool(waits))
        self._read_button.set_visibility(desk.current is not None)
        self._read_button.set_enabled(not desk.busy)
        if waits:
            self._read_button.classes(add="primary")
        else:
            self._read_button.classes(remove="primary")

    @ui.refreshable_method
    def result(self) -> None:
        """Facts, and advice where the photograph falls short."""
        desk = self._desk
        if desk.open_photograph is None:
            return
        facts = desk.read.facts if desk.read else desk.look.facts if desk.look else {}
        with card(desk.open_photograph.name):
            if desk.look and desk.look.advice:
                heading("What would make the photograph better", 3)
                with tag("ul", "advice"):
                    for line in desk.look.advice:
                        with tag("li"):
                            ui.label(line)
            if facts:
                with ui.expansion("What was found", value=desk.read is None).classes("more"):
                    _list_of(facts)

    @ui.refreshable_method
    def sound(self) -> None:
        """The sounds, of which one is heard."""
        listening_part(self._desk)

    @ui.refreshable_method
    def pictures(self) -> None:
        """Pictures of the photograph and of its reading."""
        desk = self._desk
        shown = (
            *(desk.read.pictures if desk.read else ()),
            *((desk.look.picture,) if desk.look else ()),
        )
        if not shown:
            return
        with card("Pictures"):
            with ui.tabs().props("dense no-caps align=left") as tabs:
                named = [ui.tab(picture.title) for picture in shown]
            with ui.tab_panels(tabs, value=named[0]).classes("panels"):
                for tab, picture in zip(named, shown, strict=True):
                    with ui.tab_panel(tab):
                        image = tag("img", "picture")
                        image.props(f'src="results/{picture.file.name}" alt="{picture.words}"')


def _list_of(facts: dict[str, str]) -> None:
    with tag("dl", "facts"):
        for name, fact in facts.items():
            with tag("dt"):
                ui.label(name)
                with contextlib.suppress(SettingsError):
                    ui.tooltip(explained(name)[1]).classes("hint")
            with tag("dd"):
                ui.label(fact)
