"""The page: photographs and settings on the left, what came of them on the right."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import platformdirs
from nicegui import ui

from groovescan.app.desk import Desk
from groovescan.app.folder_dialog import FolderDialog
from groovescan.app.messages import ListeningTrack, Picture
from groovescan.app.setting_controls import SettingControls
from groovescan.photo.formats import SUFFIXES
from groovescan.runtime.progress import COMPILING, STAGES
from groovescan.sound import CATALOGUE
from groovescan.wording.setting_words import curve_choices

_STATES = {
    "waiting": "waits",
    "open": "open",
    "read": "read",
    "refused": "cannot be read",
    "saved": "saved",
    "stopped": "stopped",
}
_HEAD = (
    '<link rel="stylesheet" href="web/window.css"><script src="web/window.js" defer></script>'
    '<meta name="color-scheme" content="light dark">'
)
_DROP = (
    '<p class="drop-title">Drop photographs here</p>'
    '<p class="soft">one, several, or a whole folder; or choose them:</p>'
)


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
        ui.add_head_html(_HEAD)
        suffixes = json.dumps(sorted(SUFFIXES))
        ui.add_head_html(f"<script>window.photographEndings = {suffixes};</script>")
        with _tag("div", "window"):
            self._masthead()
            with _tag("div", "columns"):
                with _tag("div", "left") as self._left:
                    self._photographs_part()
                    self._settings_part()
                with _tag("div", "right"):
                    self._status_part()
                    self.result()
                    self.sound()
                    self.pictures()
                    self._saving_part()
        client = ui.context.client
        self._desk.listeners.append(self._follow)
        client.on_delete(lambda: self._leave())
        await client.connected()
        with contextlib.suppress(TimeoutError):
            room = "matchMedia('(prefers-color-scheme: dark)').matches"
            self._desk.dark = bool(await ui.run_javascript(room, timeout=5))

    def _leave(self) -> None:
        with contextlib.suppress(ValueError):
            self._desk.listeners.remove(self._follow)

    def _follow(self, part: str) -> None:
        """Show again what has changed."""
        shows: dict[str, tuple[Callable[[], Any], ...]] = {
            "photographs": (self.photographs.refresh,),
            "status": (self._show_status,),
            "settings": (self._show_settings,),
            "result": (self.result.refresh, self.pictures.refresh),
            "sound": (self.sound.refresh,),
            "saved": (self.saved.refresh, self._show_settings),
        }
        for show in shows[part]:
            show()

    def _masthead(self) -> None:
        with _tag("header", "masthead"):
            ui.html('<h1 class="mark">groovescan</h1>', sanitize=False)
            button = ui.button("End the program", on_click=self._end, color=None)
            button.props("flat no-caps").classes("quiet")

    async def _end(self) -> None:
        await ui.run_javascript("window.hasEnded()", timeout=5)
        self._stop()

    # --- photographs

    def _photographs_part(self) -> None:
        with _tag("section", "card", label="Photographs"):
            ui.html("<h2>Photographs</h2>", sanitize=False)
            with _tag("div", "drop").props("id=drop"):
                ui.html(_DROP, sanitize=False)
                ui.html(
                    '<label class="choose">Choose photographs<input type="file" id="files" '
                    'multiple></label><label class="choose">Choose a folder<input type="file" '
                    'id="folder" webkitdirectory></label>',
                    sanitize=False,
                )
            ui.html('<p id="arriving" role="status" class="soft"></p>', sanitize=False)
            with ui.expansion("A file by its path").classes("more").props("dense"):
                path = ui.input("Path on this computer").props("outlined dense")
                path.on("keydown.enter", lambda: self._open_path(path.value))
                ui.button("Open", on_click=lambda: self._open_path(path.value), color=None).props(
                    "outline no-caps"
                )
            self.photographs()

    def _open_path(self, text: str) -> None:
        path = Path(text.strip().strip('"')).expanduser()
        if path.is_file():
            self._desk.add(path, brought=False)
        else:
            self._desk.refuse(text, "there is no such file")

    @ui.refreshable_method
    def photographs(self) -> None:
        """List of what was brought."""
        desk = self._desk
        if desk.photographs:
            self._left.classes(add="has-photographs")
        with _tag("ol", "photographs"):
            for number, one in enumerate(desk.photographs):
                with _tag("li", f"is-{one.state}"):
                    button = ui.button(on_click=lambda number=number: desk.open(number), color=None)
                    button.props("flat no-caps align=left").classes("photograph")
                    if number == desk.current:
                        button.props("aria-current=true")
                    with button:
                        ui.label(one.path.name).classes("name")
                        ui.label(_STATES[one.state]).classes("state")
        if desk.refused:
            with _tag("ul", "refused"):
                for line in desk.refused[-8:]:
                    with _tag("li"):
                        ui.label(line)
        if desk.next_number is not None and desk.current is not None:
            ui.button("Next photograph", on_click=self._next, color=None).props("outline no-caps").classes(
                "next"
            )

    def _next(self) -> None:
        if (number := self._desk.next_number) is not None:
            self._desk.open(number)

    # --- settings

    def _settings_part(self) -> None:
        with _tag("section", "card", label="Settings"):
            ui.html("<h2>Settings</h2>", sanitize=False)
            self._controls = SettingControls(self._desk)
            self._waits = ui.label().classes("soft waits").props("role=status")
            self._read_button = ui.button("Read again", on_click=self._desk.read_again, color=None)
            self._read_button.props("unelevated no-caps").classes("primary")
        self._show_settings()

    def _show_settings(self) -> None:
        desk = self._desk
        self._controls.follow(desk.settings)
        waits = [] if desk.busy else desk.waits
        text = f"Changed, and not yet read with it: {', '.join(waits).lower()}."
        self._waits.set_text(text if waits else "")
        self._waits.set_visibility(bool(waits))
        self._read_button.set_visibility(desk.current is not None)
        self._read_button.set_enabled(not desk.busy)
        self._read_button.classes(
            remove="primary" if not waits else "", add="primary" if waits else ""
        )
        if hasattr(self, "_save_button"):
            self._save_button.set_enabled(desk.read is not None and not desk.busy)
            self._fit_place()

    # --- what is being done

    def _status_part(self) -> None:
        with _tag("section", "status", label="What is being done") as self._status:
            with _tag("div", "told").props("role=status aria-live=polite"):
                self._title = ui.label().classes("title")
                self._text = ui.label().classes("text")
            with _tag("div", "progress") as self._progress:
                self._bar = ui.linear_progress(0.0, show_value=False, size="8px")
                self._bar.props('aria-label="How far it is" instant-feedback')
                self._stage = ui.label().classes("soft stage")
                self._cancel = ui.button("Cancel", on_click=self._desk.cancel, color=None)
                self._cancel.props("outline no-caps")
        self._show_status()

    def _show_status(self) -> None:
        desk = self._desk
        notice, busy = desk.notice, bool(desk.busy)
        self._title.set_text(notice.title)
        self._text.set_text(notice.text)
        self._status.classes(
            remove="is-plain is-busy is-good is-doubtful is-bad", add=f"is-{notice.mood}"
        )
        self._progress.set_visibility(busy)
        self._bar.set_value(_overall(desk.stage, desk.done))
        self._stage.set_text(desk.stage if busy else "")

    # --- what came of it

    @ui.refreshable_method
    def result(self) -> None:
        """Facts, and advice where the photograph falls short."""
        desk = self._desk
        if desk.open_photograph is None:
            return
        facts = desk.read.facts if desk.read else desk.look.facts if desk.look else {}
        advice = desk.look.advice if desk.look else ()
        with _tag("section", "card", label="What was found"):
            with _tag("h2", "name"):
                ui.label(desk.open_photograph.path.name)
            if advice:
                heading = "What would make the photograph better"
                ui.html(f"<h3>{heading}</h3>", sanitize=False)
                with _tag("ul", "advice"):
                    for line in advice:
                        with _tag("li"):
                            ui.label(line)
            if facts:
                with ui.expansion("What was found", value=desk.read is None).classes("more"):
                    with _tag("dl", "facts"):
                        for name, fact in facts.items():
                            with _tag("dt"):
                                ui.label(name)
                            with _tag("dd"):
                                ui.label(fact)

    @ui.refreshable_method
    def sound(self) -> None:
        """The sounds, of which one is heard, and the choice of a curve to compare."""
        desk = self._desk
        if desk.read is None:
            return
        tracks: list[ListeningTrack] = list(desk.read.tracks)
        names = [track.name for track in tracks]
        if desk.other is not None:
            tracks.append(desk.other[1])
            names.append(f"With {desk.other[0]}")
        quietest = min(track.loudness_db for track in tracks)
        with _tag("section", "card listen", label="Listen"):
            ui.html("<h2>Listen</h2>", sanitize=False)
            with _tag("div", "tracks").props('role=group aria-label="Which sound is heard"'):
                for number, name in enumerate(names):
                    button = _tag("button", "track")
                    button.props(f"type=button data-track={number}")
                    button.props(f'aria-pressed={"false" if number else "true"}')
                    with button:
                        ui.label(name)
            for number, (name, track) in enumerate(zip(names, tracks, strict=True)):
                volume = 10 ** ((quietest - track.loudness_db) / 20) if desk.other else 1.0
                audio = _tag("audio", "" if number == 0 else "off")
                audio.props(f'controls preload=auto src="results/{track.file.name}"')
                audio.props(f'data-track={number} data-volume={volume:.4f} aria-label="{name}"')
            self._comparing()

    def _comparing(self) -> None:
        desk = self._desk
        with _tag("div", "compare"):
            curves = curve_choices(CATALOGUE)
            chosen = ui.select(curves, label="Compare with the curve", with_input=True)
            chosen.props("outlined dense options-dense").classes("curve")
            if desk.other is not None and desk.other[0] in curves:
                chosen.set_value(desk.other[0])
            ui.button("Compare", on_click=lambda: chosen.value and desk.compare(chosen.value), color=None).props(
                "outline no-caps"
            )
        if desk.other is not None:
            with _tag("p", "soft"):
                ui.label(
                    "Both are equally loud, and go on from the same place when you change over."
                )

    @ui.refreshable_method
    def pictures(self) -> None:
        """What was seen and read."""
        desk = self._desk
        shown: list[Picture] = [*([desk.look.picture] if desk.look else [])]
        shown = [*(desk.read.pictures if desk.read else ()), *shown]
        if not shown:
            return
        with _tag("section", "card", label="Pictures"):
            ui.html("<h2>Pictures</h2>", sanitize=False)
            with ui.tabs().props("dense no-caps align=left inline-label") as tabs:
                named = [ui.tab(picture.title) for picture in shown]
            with ui.tab_panels(tabs, value=named[0]).classes("panels"):
                for tab, picture in zip(named, shown, strict=True):
                    with ui.tab_panel(tab):
                        image = _tag("img", "picture")
                        image.props(f'src="results/{picture.file.name}" alt="{picture.words}"')

    # --- saving

    def _saving_part(self) -> None:
        with _tag("section", "card save", label="Save"):
            ui.html("<h2>Save</h2>", sanitize=False)
            with _tag("div", "line-up"):
                self._folder = ui.input("Folder").props("outlined dense").classes("grow")
                ui.button("Choose folder", on_click=self._choose_folder, color=None).props("outline no-caps")
            with _tag("div", "line-up"):
                self._name = ui.input("Name").props("outlined dense").classes("grow")
                self._form = ui.select(
                    {"wav": "WAV", "flac": "FLAC"}, value="wav", label="Format"
                ).props("outlined dense").classes("form")
            with _tag("div", "line-up"):
                self._page = ui.checkbox("Page with a player", value=True)
                self._toml = ui.checkbox("Settings", value=True)
                self._replace = ui.checkbox("Replace files")
            self._save_button = ui.button("Save", on_click=self._save, color=None)
            self._save_button.props("unelevated no-caps").classes("primary")
            self.saved()
        self._fitted: Path | None = None
        self._show_settings()

    def _fit_place(self) -> None:
        """Propose folder and name for a photograph that was just opened."""
        one = self._desk.open_photograph
        if one is None or one.path == self._fitted:
            return
        self._fitted = one.path
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
        name = self._name.value.strip() or "sound"
        place = Path(self._folder.value).expanduser() / f"{name}.{self._form.value}"
        self._desk.save(
            place,
            page=self._page.value,
            toml=self._toml.value,
            replace=self._replace.value,
        )
        self._replace.set_value(False)

    @ui.refreshable_method
    def saved(self) -> None:
        """What was written."""
        if self._desk.saved:
            with _tag("ul", "saved"):
                for path in self._desk.saved:
                    with _tag("li"):
                        ui.label(path.name)


def _tag(name: str, classes: str = "", *, label: str = "") -> Any:
    """An element of plain HTML."""
    element = ui.element(name).classes(classes)
    return element.props(f'aria-label="{label}"') if label else element


def _overall(stage: str, done: float) -> float:
    """How far a decode is, 0 to 1; what is done once has a bar of its own."""
    if stage == COMPILING:
        return round(done, 3)
    names = list(STAGES)
    if stage not in names:
        return 0.97
    before = sum(list(STAGES.values())[: names.index(stage)])
    return round((before + STAGES[stage] * done) / sum(STAGES.values()), 3)
