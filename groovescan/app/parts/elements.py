"""Elements of the page that several of its parts are made of."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from nicegui import ui

#: How important a button is, as Quasar and our style sheet take it.
_KINDS = {"main": "unelevated", "plain": "outline", "quiet": "flat"}


def tag(name: str, classes: str = "", *, label: str = "") -> ui.element:
    """An element of plain HTML, to be entered; `label` is its name for screen readers."""
    element = ui.element(name).classes(classes)
    return element.props(f'aria-label="{escape(label)}"') if label else element


def heading(text: str, level: int = 2) -> None:
    """A heading."""
    ui.html(f"<h{level}>{escape(text)}</h{level}>", sanitize=False)


def button(
    text: str, on_click: Callable[[], Any], kind: str = "plain", classes: str = ""
) -> ui.button:
    """A button; its colour comes from the style sheet, which knows light and dark rooms.

    Parameters
    ----------
    text : str
        What it says.
    on_click : callable
        What it does.
    kind : {'main', 'plain', 'quiet'}
        How much it stands out.
    classes : str
        For the style sheet.

    Returns
    -------
    ui.button
    """
    made = ui.button(text, on_click=on_click, color=None).props(f"no-caps {_KINDS[kind]}")
    return made.classes(f"{classes} {'primary' if kind == 'main' else ''}".strip())


def card(title: str, classes: str = "") -> ui.element:
    """A part of the page with its heading, to be entered."""
    element = tag("section", f"card {classes}".strip(), label=title)
    with element:
        heading(title)
    return element
