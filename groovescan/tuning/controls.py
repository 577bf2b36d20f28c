"""Controls made from what the settings say of themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from groovescan.config.descriptions import Described, describe_all, summary_of
from groovescan.config.settings import Settings
from groovescan.sound import CATALOGUE
from groovescan.wording.setting_words import (
    choice_words,
    curve_choices,
    label_of,
    stage_title,
)

_FULL = widgets.Layout(width="auto")
#: Names stand before their fields, which they belong to for screen readers, too.
_NAMED = {"description_width": "12em"}
_NARROW = widgets.Layout(width="18.5em", flex="0 0 18.5em")
_WHOLE = widgets.Layout(flex="0 0 auto")


class Control(widgets.VBox):
    """A control for one setting: name, value, unit, and its effect to be unfolded.

    Parameters
    ----------
    field : Described
        The setting.
    value : object
        Where it begins.
    changed : callable
        Called without arguments after each change by a person.
    """

    def __init__(self, field: Described, value: Any, changed: Callable[[], None]) -> None:
        self.field = field
        self._changed = changed
        self._quiet = False
        self.value_widget = _value_widget(field, value)
        self.value_widget.tooltip = field.text
        parts = [self.value_widget]
        if field.name == "eq":
            parts.append(self._curves_by_name())
        self.slider: widgets.Widget | None = None
        if field.kind in ("number", "whole"):
            self.slider = _slider(field, value)
            self.slider.observe(self._slid, "value")
            parts = [self.value_widget, self.slider, widgets.Label(field.unit, layout=_WHOLE)]
        self.value_widget.observe(self._set, "value")
        effect = widgets.HTML(
            f'<details style="opacity:.75;line-height:1.3"><summary>{_escaped(_hint(field))}'
            f"</summary>{_escaped(field.text)}</details>"
        )
        row = widgets.Layout(flex_flow="row wrap")
        super().__init__([widgets.HBox(parts, layout=row), effect])

    def _curves_by_name(self) -> widgets.Dropdown:
        """A list of all curves with who cut with them; what is taken goes into the field."""
        words = {text: value for value, text in curve_choices(CATALOGUE).items()}
        names = widgets.Dropdown(
            options=[("choose by name", ""), *words.items()], value="", layout={"width": "16em"}
        )
        names.tooltip = "Recording curves by name"

        def take(change: Any) -> None:
            """Take over a name that was chosen."""
            if change["new"]:
                self.value_widget.value = change["new"]

        names.observe(take, "value")
        self.names = names
        return names

    @property
    def value(self) -> Any:
        """Value of the control, as the settings take it."""
        return self.value_widget.value

    @value.setter
    def value(self, value: Any) -> None:
        """Set it without telling anybody."""
        self._quiet = True
        try:
            self.value_widget.value = value
            self._follow()
        finally:
            self._quiet = False

    def _slid(self, change: Any) -> None:
        if not self._quiet:
            self.value_widget.value = change["new"]

    def _set(self, _: Any) -> None:
        if self._quiet:
            return
        self._follow()
        self._changed()

    def _follow(self) -> None:
        """Bring the slider to the value, as far as it reaches."""
        if self.slider is None:
            return
        before, self._quiet = self._quiet, True
        low, high = self.slider.min, self.slider.max
        self.slider.value = min(max(self.value_widget.value, low), high)
        self._quiet = before


def _hint(field: Described) -> str:
    """Help under a control, unfolded by whoever wants to know more.

    Of a choice and a switch the control itself says what they can be.
    """
    if field.kind in ("choice", "switch"):
        return "what it does"
    return field.range


def _value_widget(field: Described, value: Any) -> widgets.Widget:
    """Widget of the value itself, with its name and all of its bounds."""
    named = {"description": label_of(field.stage, field.name), "style": _NAMED}
    if field.kind == "switch":
        return widgets.Checkbox(value=value, layout=_FULL, **named)
    if field.kind == "choice":
        options = [(choice_words(field.stage, field.name, one), one) for one in field.choices]
        style = {**_NAMED, "button_width": "auto"}
        return widgets.ToggleButtons(options=options, value=value, **{**named, "style": style})
    if field.kind == "text":
        examples = [*field.examples, *_catalogue(field)]
        return widgets.Combobox(
            value=value, options=examples, ensure_option=False, continuous_update=False, **named
        )
    kind = widgets.BoundedIntText if field.kind == "whole" else widgets.BoundedFloatText
    step = field.step or (1 if field.kind == "whole" else None)
    bounds = {"min": field.low, "max": field.high, "step": step}
    return kind(value=value, layout=_NARROW, continuous_update=False, **bounds, **named)


def _slider(field: Described, value: Any) -> widgets.Widget:
    """A slider over what is usual; the box beside it takes all that is allowed."""
    # About a step for each px of a slider: arbitrary.
    slider_steps = 200
    low, high = field.usual
    kind = widgets.IntSlider if field.kind == "whole" else widgets.FloatSlider
    step = field.step or (1 if field.kind == "whole" else (high - low) / slider_steps)
    return kind(
        value=min(max(value, low), high),
        min=low,
        max=high,
        step=step,
        readout=False,
        continuous_update=False,  # one answer when it is let go, not fifty on the way
        layout=widgets.Layout(width="12em", flex="0 1 12em", min_width="3em"),
    )


def _catalogue(field: Described) -> list[str]:
    """Names of all curves, for the one setting that takes them."""
    if field.name != "eq":
        return []
    return [name for row in CATALOGUE for name in row.names if name not in field.examples]


class Controls(widgets.Accordion):
    """The controls of all settings, a drawer for each stage.

    Parameters
    ----------
    settings : Settings
        Where they begin.
    changed : callable
        Called without arguments after each change by a person.
    """

    def __init__(self, settings: Settings, changed: Callable[[], None]) -> None:
        self.by_name = {
            f"{stage}.{field.name}": Control(
                field, getattr(getattr(settings, stage), field.name), changed
            )
            for stage, fields in describe_all().items()
            for field in fields
        }
        stages = list(describe_all())
        drawers = [
            widgets.VBox([c for c in self.by_name.values() if c.field.stage == stage])
            for stage in stages
        ]
        super().__init__(drawers)
        for place, stage in enumerate(stages):
            self.set_title(place, f"{stage_title(stage)}: {summary_of(stage)}")
        self.selected_index = stages.index("sound")

    def values(self) -> dict[str, dict[str, Any]]:
        """Values of all controls, by stage and name."""
        found: dict[str, dict[str, Any]] = {}
        for control in self.by_name.values():
            found.setdefault(control.field.stage, {})[control.field.name] = control.value
        return found

    def show(self, settings: Settings) -> None:
        """Set every control to some settings."""
        for control in self.by_name.values():
            stage = getattr(settings, control.field.stage)
            control.value = getattr(stage, control.field.name)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
