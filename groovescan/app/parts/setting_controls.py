"""Controls of the settings, made from what these say of themselves."""

from __future__ import annotations

import contextlib
from typing import Any

from nicegui import ui

from groovescan.app.desk import Desk
from groovescan.app.parts.elements import button, heading
from groovescan.config.descriptions import Described, describe_all
from groovescan.config.settings import Settings
from groovescan.sound import CATALOGUE
from groovescan.wording.setting_words import choice_words, curve_choices, label_of, stage_title

#: What is turned for most discs, in this order; the rest is behind 'More settings'.
_FIRST = (
    "sound.rpm",
    "disc.start",
    "sound.eq",
    "groove.modulation",
    "sound.clock",
    "sound.restore",
)


class SettingControls:
    """A control for every setting of a desk; those that matter first.

    Parameters
    ----------
    desk : Desk
        Whose settings they turn.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._quiet = False
        self._shown: dict[str, Any] = {}
        fields = {f"{f.stage}.{f.name}": f for group in describe_all().values() for f in group}
        for name in _FIRST:
            self._shown[name] = self._control(fields[name])
        with ui.expansion("More settings").classes("more"):
            for stage, group in describe_all().items():
                rest = [field for field in group if f"{stage}.{field.name}" not in _FIRST]
                if rest:
                    heading(stage_title(stage), 3)
                for field in rest:
                    self._shown[f"{stage}.{field.name}"] = self._control(field)
            button("Back to the defaults", lambda: desk.use(Settings()))

    def follow(self, settings: Settings) -> None:
        """Show these settings."""
        self._quiet = True
        for name, control in self._shown.items():
            stage, _, own = name.partition(".")
            value = getattr(getattr(settings, stage), own)
            if isinstance(control, ui.select) and value not in control.options:
                control.set_options({**dict(control.options), value: str(value)})
            if control.value != value:
                control.set_value(value)
        self._quiet = False

    def _control(self, field: Described) -> Any:
        value = getattr(getattr(self._desk.settings, field.stage), field.name)
        label = label_of(field.stage, field.name)
        control = _made(field, label, value)
        with control:
            ui.tooltip(field.text).classes("hint")
        if isinstance(control, ui.number):
            control.on("change", lambda: self._changed(field, control.value))
        else:
            control.on_value_change(lambda event: self._changed(field, event.value))
        return control

    def _changed(self, field: Described, value: Any) -> None:
        if self._quiet or value is None:
            return
        if field.kind == "whole" and isinstance(value, float) and value.is_integer():
            value = int(value)
        with contextlib.suppress(AttributeError):
            self._desk.change(field.stage, field.name, value)


def _made(field: Described, label: str, value: Any) -> Any:
    """The control that fits what a setting takes."""
    if field.kind == "switch":
        return ui.switch(label, value=value)
    choices = _choices(field)
    if choices:
        free = field.kind == "text"
        shown = {**choices} if value in choices else {**choices, value: str(value)}
        control: Any = ui.select(
            shown,
            label=label,
            value=value,
            with_input=free,
            new_value_mode="add-unique" if free else None,
        )
        return control.props("outlined dense options-dense")
    if field.kind == "text":
        return ui.input(label, value=value).props("outlined dense debounce=600")
    unit = "rpm" if field.name == "rpm" else field.unit
    number = ui.number(
        label, value=value, min=field.low, max=field.high, step=field.step or 1, suffix=unit
    )
    return number.props("outlined dense")


def _choices(field: Described) -> dict[Any, str]:
    if field.name == "eq":
        return curve_choices(CATALOGUE)
    values = field.choices or field.examples
    return {value: choice_words(field.stage, field.name, value) for value in values}
