"""The panel: settings on the left, what comes of them on the right."""

from __future__ import annotations

import time
from collections.abc import Sequence
from html import escape
from os import PathLike
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import numpy as np

from groovescan.config.settings import Settings
from groovescan.core.results import Decoded
from groovescan.errors import GroovescanError, SettingsError
from groovescan.pipeline import Stages, stages_of
from groovescan.pipeline.inspect_photograph import inspect
from groovescan.pipeline.joined_stages import JoinedStages
from groovescan.pipeline.stages import Photo
from groovescan.reporting import DARK, LIGHT, inspection_figure
from groovescan.storage.atomic_files import write_settings
from groovescan.tuning.controls import Controls
from groovescan.tuning.file_picker import FilePicker
from groovescan.tuning.sound_files import sound_files
from groovescan.tuning.views import Place, Views
from groovescan.wording.facts import certainty, decode_facts
from groovescan.wording.quality_words import verdict_facts

#: Changes here are answered at once; the others read the photograph again.
_AT_ONCE = ("sound", "restore")
_HEARD_S = {"5 s": 5.0, "15 s": 15.0, "60 s": 60.0, "the whole side": np.inf}
_TOLD = {"good": "#2e8540", "busy": "#8a6d00", "wrong": "#c0392b"}


class Panel(widgets.VBox):
    """Controls for every setting, and views that follow them.

    Made by `groovescan.tune`.

    Attributes
    ----------
    controls : Controls
        Made from the settings classes; `controls.by_name["sound.rpm"].value_widget`.
    views : Views
        Groove field, strip, spectrum and sound.
    decoded : Decoded or None
        What came of the settings that were last tried; None where they failed.
    stages : Stages
        The stages under the settings that were last tried, and what they keep.
    """

    def __init__(
        self,
        photo: Photo | Sequence[Photo],
        settings: Settings,
        *,
        dark: bool = False,
    ) -> None:
        self.theme = DARK if dark else LIGHT
        self.decoded: Decoded | None = None
        self._drawing = False
        self.stages = _stages(photo, settings)
        self._settings = settings
        self._name = self.stages.source.name  # what is no photograph is told here
        self._make(settings)
        self.read_again()

    def _make(self, settings: Settings) -> None:
        """Lay out the widgets."""
        self.controls = Controls(settings, self._changed)
        self.views = Views(self.theme)
        self.message = widgets.HTML()
        self.facts = widgets.HTML()
        self.read_button = widgets.Button(description="Read again", icon="refresh")
        self.reset_button = widgets.Button(
            description="Back to the defaults", icon="undo", layout={"width": "auto"}
        )
        self.save_button = widgets.Button(description="Save settings", icon="save")
        self.sound_button = widgets.Button(description="Save the sound", icon="music")
        self.picker = FilePicker(self._folder(), self.turn_to, self._name)
        self.file_name = widgets.Text(
            value=self._file_name(), description="File", layout={"width": "20em"}
        )
        self.replace = widgets.Checkbox(
            value=False, description="replace the file", indent=False, layout={"width": "10em"}
        )
        self.turn = widgets.FloatSlider(
            value=0.0, min=0.0, max=1.0, step=0.1, description="turn", continuous_update=False
        )
        self.length = widgets.Dropdown(
            options=list(_HEARD_S), value="15 s", description="listen to"
        )
        self.copy = widgets.Checkbox(value=False, description="listening copy", disabled=True)
        self.read_button.on_click(lambda _: self.read_again())
        self.reset_button.on_click(lambda _: self.reset())
        self.save_button.on_click(lambda _: self.save())
        self.sound_button.on_click(lambda _: self.save_sound())
        for place in (self.turn, self.length, self.copy):
            place.observe(lambda _: self._show(), "value")
        row = widgets.Layout(flex_flow="row wrap")
        left = widgets.VBox(
            [
                widgets.HBox([self.read_button, self.reset_button], layout=row),
                self.controls,
                widgets.HBox([self.file_name, self.replace], layout=row),
                widgets.HBox([self.save_button, self.sound_button], layout=row),
            ],
            layout=widgets.Layout(width="32em", min_width="24em"),
        )
        where = widgets.HBox([self.turn, self.length, self.copy], layout=row)
        right = widgets.VBox(
            [self.facts, where, self.views], layout=widgets.Layout(flex="1 1 24em")
        )
        body = widgets.HBox([left, right], layout=row)
        super().__init__([self.picker, self.message, body])

    @property
    def settings(self) -> Settings:
        """Settings of the controls; while some contradict each other, the last that did not."""
        return self._settings

    def read_again(self) -> None:
        """Do again all that the changed settings go into."""
        self._try(self._settings)

    def reset(self) -> None:
        """Set every control to its default, and read again."""
        self._settings = Settings()
        self.controls.show(self._settings)
        self.read_again()

    def save(self) -> None:
        """Write the settings as TOML; what is in the way is told in the panel."""
        try:
            path = write_settings(self.file_name.value, self._settings, force=self.replace.value)
        except GroovescanError as error:
            self._say("wrong", "Not saved", _in_the_panel(error))
            return
        self.replace.value = False
        command = f"groovescan decode {self._name} --settings {path.name}"
        self._say("good", "Saved", f"{path}. On the command line: {command}")

    def save_sound(self) -> None:
        """Write the sound with all that is known of it, beside where the settings go."""
        if self.decoded is None:
            self._say("wrong", "Not saved", "there is no sound yet; read the disc first")
            return
        place = Path(self.file_name.value).with_suffix(".wav")
        try:
            photos = getattr(self.stages, "photos", ()) or (self.stages.photo,)
            files = sound_files(photos, self.decoded, place, replace=self.replace.value)
        except GroovescanError as error:
            self._say("wrong", "Not saved", _in_the_panel(error))
            return
        self.replace.value = False
        self._say("good", "Saved", ", ".join(map(str, files)))

    def turn_to(self, photo: Photo | Sequence[Photo]) -> None:
        """Turn to another photograph, or several of one disc, with the settings as they are."""
        try:
            stages = _stages(photo, self._settings)
            self._name = stages.source.name
        except GroovescanError as error:
            self._say("wrong", "This is no photograph", str(error))
            return
        self.stages = stages
        self.file_name.value = str(Path(self.file_name.value).with_name(self._file_name()))
        self.read_again()

    def _folder(self) -> Path:
        """The folder of the photograph, where it came from one."""
        photo = self.stages.photo
        return Path(photo).resolve().parent if isinstance(photo, str | PathLike) else Path.cwd()

    def _changed(self) -> None:
        """Try at once what a person changed, where that is quick."""
        try:
            wanted = self._settings.replace(**self.controls.values())
        except GroovescanError as error:
            self._say("wrong", "This cannot be", str(error))
            return
        before, self._settings = self._settings, wanted
        tried = self.stages.settings
        waiting = [s for s in ("photo", "disc", "groove") if _stage(wanted, s) != _stage(tried, s)]
        self.read_button.button_style = "warning" if waiting else ""
        if any(_stage(wanted, name) != _stage(before, name) for name in _AT_ONCE):
            quick = {name: _stage(wanted, name) for name in _AT_ONCE}
            self._try(tried.replace(**quick))
        elif waiting:
            self._say("busy", "Changed", f"[{waiting[0]}]. Press 'Read again' to try it.")

    def _try(self, settings: Settings) -> None:
        """Decode with some settings, and show what comes of it."""
        self._say("busy", "Working", "...")
        self.stages = self.stages.using(settings)
        start = time.perf_counter()
        try:
            self.decoded = self.stages.decoded
        except SettingsError as error:
            self._say("wrong", "This cannot be", str(error))
            return
        except GroovescanError as error:
            self._refused(error)
            return
        except Exception as error:  # a panel that says nothing is worse than an unkind word
            self.decoded = None
            what = f"unexpected {type(error).__name__}: {error}; this is a fault of the program"
            self._say("wrong", "It went wrong", what)
            return
        self._fit_place(self.decoded)
        self._show()
        self._say("good", "Done", f"in {time.perf_counter() - start:.1f} s." + self._waiting())

    def _waiting(self) -> str:
        if self.stages.settings == self._settings:
            self.read_button.button_style = ""
            return ""
        return " Other changes wait for 'Read again'."

    def _refused(self, error: GroovescanError) -> None:
        """Say why nothing was read, and show what the decoder saw."""
        self.decoded = None
        self.facts.value = ""
        self._say("wrong", "This disc cannot be read so", str(error))
        try:
            source = self.stages.source
            inspection = inspect(source, self.stages.settings)
            figure = inspection_figure(source.taken(inspection.channel), inspection, self.theme)
            self.views.refused(figure)
        except GroovescanError:
            return
        advice = "".join(f"<li>{escape(line)}</li>" for line in inspection.advice)
        self.facts.value = f"<ul>{advice}</ul>"

    def _fit_place(self, decoded: Decoded) -> None:
        """Keep the chosen turn within the groove, without drawing for it."""
        self._drawing = True
        self.turn.max = round(max(decoded.groove_map.turns - 0.5, 0.1), 1)
        self.copy.disabled = decoded.restored is None
        self._drawing = False

    def _show(self) -> None:
        if self.decoded is None or self._drawing:
            return
        place = Place(
            turn=self.turn.value, length_s=_HEARD_S[self.length.value], copy=self.copy.value
        )
        self.views.show(self.stages.photograph, self.decoded, place)
        facts = verdict_facts(self.decoded) | decode_facts(self.decoded) | certainty(self.decoded)
        rows = "".join(
            f"<tr><td><b>{escape(name)}</b>&emsp;</td><td>{escape(fact)}</td></tr>"
            for name, fact in facts.items()
        )
        self.facts.value = f'<table style="line-height:1.4">{rows}</table>'

    def _say(self, mood: str, title: str, text: str) -> None:
        self.message.value = (
            f'<div role="status" style="border-left:4px solid {_TOLD[mood]};padding:2px 10px">'
            f"<b>{escape(title)}:</b> {escape(text)}</div>"
        )

    def _file_name(self) -> str:
        first = self._name.split(", ")[0] if isinstance(self.stages, JoinedStages) else self._name
        stem = first.rsplit(".", 1)[0]
        return f"{stem or 'disc'}.toml"


def _stages(photo: Photo | Sequence[Photo], settings: Settings) -> Stages:
    """The stages of one photograph, or of several of one disc."""
    if isinstance(photo, list | tuple):
        return stages_of(photo, settings)
    single: Any = photo
    return Stages(single, settings)


def _in_the_panel(error: GroovescanError) -> str:
    """Message of an error, with what is done about it here and not on the command line."""
    exists = "tick 'replace the file', or choose another name"
    return str(error).replace("allow it to be replaced (--force)", exists)


def _stage(settings: Settings, name: str) -> Any:
    return getattr(settings, name)
