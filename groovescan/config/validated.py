"""Base of every settings class: fields that know their bounds, and are checked."""

from __future__ import annotations

import dataclasses
import difflib
import re
from dataclasses import field
from typing import Any, Self

from groovescan.display import NotebookResult
from groovescan.errors import SettingsError


def number(
    default: float,
    low: float,
    high: float,
    unit: str,
    usual: tuple[float, float] | None = None,
    step: float | None = None,
) -> Any:
    """A number with its bounds; between the `usual` ones, in steps, a slider is worth having."""
    meta = {"low": low, "high": high, "unit": unit, "usual": usual or (low, high), "step": step}
    return field(default=default, metadata=meta)


def choice(default: Any, *choices: Any) -> Any:
    """One of some values, the default first."""
    return field(default=default, metadata={"choices": (default, *choices)})


def switch(default: bool) -> Any:
    """True or False."""
    return choice(default, not default)


def text(default: str, pattern: str, form: str, examples: tuple[str, ...] = ()) -> Any:
    """A text that matches a pattern; `form` says in words what it takes."""
    return field(default=default, metadata={"pattern": pattern, "form": form, "examples": examples})


def nearest(word: str, known: list[str]) -> str:
    """A hint that names the known word closest to `word`, or all known words."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"known are {', '.join(sorted(known))}"


class Stage(NotebookResult):
    """Shared behaviour of the stages' settings: every field is checked against its bounds."""

    def __post_init__(self) -> None:
        for item in dataclasses.fields(self):  # type: ignore[arg-type]
            _check(item, getattr(self, item.name))

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed; the original stays as it is."""
        refuse_unknown(changes, type(self))
        return dataclasses.replace(self, **changes)  # type: ignore[type-var]


def _check(item: dataclasses.Field, value: Any) -> None:
    meta = item.metadata
    if "choices" in meta:
        _check_choice(item, value)
    if "pattern" in meta and not (isinstance(value, str) and re.fullmatch(meta["pattern"], value)):
        raise SettingsError(f"{item.name} is {value!r}; it takes {meta['form']}")
    if "low" not in meta:
        return
    whole = isinstance(item.default, int)
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        raise SettingsError(f"{item.name} is {value!r}; it takes a {'whole ' * whole}number")
    if not meta["low"] <= value <= meta["high"]:  # nor does NaN
        limits = f"{meta['low']} and {meta['high']} {meta['unit']}".rstrip()
        raise SettingsError(f"{item.name} is {value}; it must lie between {limits}")


def _check_choice(item: dataclasses.Field, value: Any) -> None:
    choices = item.metadata["choices"]
    if value in choices and isinstance(value, type(item.default)):
        return
    known = [str(choice) for choice in choices]
    close = difflib.get_close_matches(str(value), known, n=1, cutoff=0.5)
    hint = f": did you mean {close[0]!r}?" if close else ""
    raise SettingsError(f"{item.name} is {value!r}, which is not one of {', '.join(known)}{hint}")


def refuse_unknown(values: dict[str, Any], cls: type, prefix: str = "") -> None:
    """Raise an error for the first name that no field has, with the nearest that one has."""
    known = [item.name for item in dataclasses.fields(cls)]
    for key in values:
        if key not in known:
            raise SettingsError(f"there is no setting {prefix + key!r}: {nearest(key, known)}")
