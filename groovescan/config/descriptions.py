"""Descriptions of the settings, one per field, for references and panels."""

from __future__ import annotations

import dataclasses
import inspect
import re
from dataclasses import dataclass
from typing import Any

from groovescan.config.settings import Settings
from groovescan.config.validated import Stage

_HEAD = re.compile(r"^(\w+) : (.+)$")


@dataclass(frozen=True, kw_only=True)
class Described:
    """A field of the settings.

    Attributes
    ----------
    stage, name : str
        Where it stands: the stage's name in `Settings`, and its own.
    kind : {'number', 'whole', 'switch', 'choice', 'text'}
        What it takes.
    default : object
        What it is without being set.
    unit : str
        Unit of a number.
    low, high : float or None
        Bounds of a number.
    usual : tuple of float
        Bounds between which a number is tried first.
    step : float or None
        Step in which it is tried.
    choices : tuple
        What a switch or a choice can be.
    form : str
        What a text has to look like.
    examples : tuple of str
        Texts that are often right.
    typed : str
        Type, as the docstring has it.
    text : str
        Effect, unit and range, as the docstring has them, on one line.
    """

    stage: str
    name: str
    kind: str
    default: Any
    unit: str = ""
    low: float | None = None
    high: float | None = None
    usual: tuple[float, ...] = ()
    step: float | None = None
    choices: tuple[Any, ...] = ()
    form: str = ""
    examples: tuple[str, ...] = ()
    typed: str = ""
    text: str = ""

    @property
    def range(self) -> str:
        """Range of the setting, in words."""
        if self.low is not None:
            return f"{self.low:.10g} to {self.high:.10g} {self.unit}".rstrip()
        return ", ".join(map(str, self.choices)) or self.form


def describe(stage: str) -> tuple[Described, ...]:
    """Describe every setting of a stage.

    Parameters
    ----------
    stage : str
        Name of the stage in `Settings`.

    Returns
    -------
    tuple of Described
        In the order of the class.

    Examples
    --------
    >>> [field.name for field in describe("groove")]
    ['modulation', 'step_px', 'rows_per_turn', 'iterations']
    >>> describe("groove")[1].range
    '0.2 to 4 px'
    """
    cls = type(getattr(Settings(), stage))
    told = attributes_of(cls)
    return tuple(
        Described(
            stage=stage,
            name=item.name,
            kind=_kind(item),
            default=item.default,
            typed=told.get(item.name, ("", ""))[0],
            text=told.get(item.name, ("", ""))[1],
            **{key: value for key, value in item.metadata.items() if key != "pattern"},
        )
        for item in dataclasses.fields(cls)
    )


def describe_all() -> dict[str, tuple[Described, ...]]:
    """The descriptions of every stage, in the order of the stages."""
    return {item.name: describe(item.name) for item in dataclasses.fields(Settings)}


def summary_of(stage: str) -> str:
    """Subject of a stage's settings, in one line."""
    return (inspect.getdoc(type(getattr(Settings(), stage))) or "").split("\n", 1)[0]


def attributes_of(cls: type[Stage]) -> dict[str, tuple[str, str]]:
    """Type and text of each attribute in a numpydoc docstring."""
    found: dict[str, tuple[str, str]] = {}
    name = ""
    for line in (inspect.getdoc(cls) or "").split("\n"):
        if match := _HEAD.match(line):
            name = match[1]
            found[name] = (match[2], "")
        elif name and line.startswith("    "):
            typed, text = found[name]
            found[name] = (typed, f"{text} {line.strip()}".strip())
    return found


def _kind(item: dataclasses.Field[Any]) -> str:
    if "choices" in item.metadata:
        return "switch" if isinstance(item.default, bool) else "choice"
    if "low" in item.metadata:
        return "whole" if isinstance(item.default, int) else "number"
    return "text"
