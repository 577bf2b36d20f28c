"""Settings of single photographs, from a table."""

from __future__ import annotations

import csv
import dataclasses
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groovescan.config.settings import Settings
from groovescan.config.validated import nearest
from groovescan.errors import SettingsError

_KEY = "photograph"
#: Photographs whose rows say the same here show one disc; the setting is called `disc.disc`.
_DISC = "disc"
_YES, _NO = frozenset({"true", "yes", "1", "on"}), frozenset({"false", "no", "0", "off"})


@dataclass(frozen=True, kw_only=True)
class Override:
    """A row of the table.

    Attributes
    ----------
    line : int
        Where it stands.
    photograph : str
        Name or path, as it is written there.
    values : dict of dict
        The settings it gives, stage by stage.
    disc : str
        What the disc is called that it shows; nothing where the table does not say.
    """

    line: int
    photograph: str
    values: dict[str, dict[str, Any]]
    disc: str = ""


def read_overrides(path: Path) -> tuple[Override, ...]:
    """Settings of single photographs, from a CSV file.

    Its first line names the columns: `photograph`, and settings such as ``sound.rpm`` or, for
    short, ``rpm``; or `disc`, which is the same for all photographs of one disc. An empty cell
    leaves the setting as it is. Commas, semicolons and tabs separate; the text is UTF-8.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    tuple of Override

    Raises
    ------
    SettingsError
        Where it cannot be read, or a line of it cannot be: which, and why.
    """
    # A line for each of a million photographs.
    longest_bytes = 256 << 20
    try:
        with path.open("rb") as file:
            content = file.read(longest_bytes + 1)
        if len(content) > longest_bytes:
            raise SettingsError(f"the table {path} is longer than {longest_bytes >> 20} MB")
        text = content.decode("utf-8-sig")
    except FileNotFoundError as error:
        raise SettingsError(f"there is no table {path}; check its name") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"the table {path} is not UTF-8: {error}; save it so") from error
    except OSError as error:
        raise SettingsError(f"the table {path} cannot be read: {error}") from error
    return parse_overrides(text, str(path))


def parse_overrides(text: str, name: str = "the table") -> tuple[Override, ...]:
    """`read_overrides` of a text."""
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise SettingsError(f"{name} is no CSV file: {error}") from error
    columns = [cell.strip() for cell in rows[0]] if rows else []
    if _KEY not in columns:
        raise SettingsError(f"{name} has no column {_KEY!r} in its first line; add it")
    others = {_KEY, _DISC, ""}
    places = [None if column in others else _place(column, name) for column in columns]
    return tuple(
        _override(row, line, columns, places, name)
        for line, row in enumerate(rows[1:], 2)
        if any(cell.strip() for cell in row)
    )


def _place(column: str, name: str) -> tuple[str, dataclasses.Field]:
    """Stage and field that a column's title names."""
    fields = {
        f"{stage.name}.{item.name}": (stage.name, item)
        for stage in dataclasses.fields(Settings)
        for item in dataclasses.fields(getattr(Settings(), stage.name))
    }
    known = dict(fields)
    for title, place in fields.items():
        known.setdefault(title.partition(".")[2], place)
    if column not in known:
        raise SettingsError(
            f"{name} has a column {column!r}, which is no setting: {nearest(column, list(known))}"
        )
    return known[column]


def _override(
    row: list[str], line: int, columns: list[str], places: list[Any], name: str
) -> Override:
    cells = {column: cell.strip() for column, cell in zip(columns, row, strict=False)}
    if len(row) > len(places):
        raise SettingsError(
            f"{name}, line {line}, has {len(row)} cells where {len(places)} columns are named"
        )
    photograph = cells.get(_KEY, "")
    if not photograph:
        raise SettingsError(f"{name}, line {line}, names no photograph")
    values: dict[str, dict[str, Any]] = {}
    for cell, place in zip(row, places, strict=False):
        if place is not None and cell.strip():
            stage, item = place
            values.setdefault(stage, {})[item.name] = _value(cell.strip(), item)
    try:
        Settings().updated(values)
    except SettingsError as error:
        raise SettingsError(f"{name}, line {line}: {error}") from error
    return Override(line=line, photograph=photograph, values=values, disc=cells.get(_DISC, ""))


def _value(cell: str, item: dataclasses.Field) -> Any:
    """A cell as the type of its setting; what is none is left to the setting to refuse."""
    if isinstance(item.default, bool):
        word = cell.lower()
        return word in _YES if word in _YES | _NO else cell
    if isinstance(item.default, str):
        return cell
    for kind in (int, float):
        try:
            return kind(cell)
        except ValueError:
            continue
    return cell


def match(overrides: tuple[Override, ...], photographs: list[Path], beside: Path) -> dict:
    """Which photographs the rows of a table mean.

    A row names one by its path, absolute or from the table's folder or the current one, or by
    the end of its path (``box 3/side a.tif``), which then holds for all that end so.

    Parameters
    ----------
    overrides : tuple of Override
        The rows.
    photographs : list of Path
        All photographs, absolute.
    beside : Path
        Folder of the table.

    Returns
    -------
    dict
        For each photograph its rows, in their order; under None those that mean none.
    """
    by_path = {str(path): path for path in photographs}
    by_last: dict[str, list[Path]] = {}
    for path in photographs:
        by_last.setdefault(path.name, []).append(path)
    rows: dict[Path | None, list[Override]] = {}
    for override in overrides:
        written = override.photograph.replace("\\", "/") if os.sep == "\\" else override.photograph
        full = [os.path.abspath(beside / written), os.path.abspath(written)]
        exact = [by_path[path] for path in full if path in by_path][:1]
        parts = Path(os.path.normpath(written)).parts
        ends = [
            path
            for path in by_last.get(parts[-1] if parts else "", [])
            if path.parts[-len(parts) :] == parts
        ]
        meant: list[Path | None] = list(exact or ends)
        for one in meant or [None]:
            rows.setdefault(one, []).append(override)
    return rows
