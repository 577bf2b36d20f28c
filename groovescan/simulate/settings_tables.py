"""Settings that are tables: rows of numbers, each column with its unit and its limits."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from groovescan.errors import SettingsError


class Column(NamedTuple):
    """A column of a table, with its unit and its limits."""

    name: str
    low: float
    high: float
    unit: str


Table = tuple[tuple[float, ...], ...]
"""Rows of numbers."""

_ANGLE = (-7.0, 7.0, "rad")

FEED = (Column("turn", 0.0, 1000.0, "turns"), Column("pitch", 0.02, 30.0, "mm"))
"""Pitch by turn."""

GAPS = (
    Column("turn", 0.0, 1000.0, "turns"),
    Column("pitches", 0.0, 200.0, "pitches"),
    Column("turns", 0.02, 50.0, "turns"),
)
"""Pauses between songs: where, how much wider than the groove would be, in how many turns."""

CREASES = (
    Column("distance", -400.0, 400.0, "mm"),
    Column("azimuth", *_ANGLE),
    Column("shorter", 0.0, 5.0, "mm"),
    Column("kink", -2.0, 2.0, "mm"),
)
"""Folds: the chord's distance from the centre and its direction, what is gone, what stands up."""

TEARS = (
    Column("azimuth", *_ANGLE),
    Column("width", 1.0, 180.0, "degrees"),
    Column("apex", -400.0, 400.0, "mm"),
    Column("shift", 0.0, 5.0, "mm"),
    Column("way", *_ANGLE),
    Column("turned", -0.1, 0.1, "rad"),
)
"""Pieces torn off: a sector by its middle, width and apex; how it was laid back."""

MISSING = (Column("azimuth", *_ANGLE), Column("width", 0.0, 330.0, "degrees"))
"""Sectors that are not there."""

LAMPS = (Column("azimuth", *_ANGLE), Column("elevation", 0.02, 1.57, "rad"))
"""Lamps: in which direction they stand, and how high."""

SEAMS = (
    Column("distance", -40000.0, 40000.0, "px"),
    Column("azimuth", *_ANGLE),
    Column("right", -1000.0, 1000.0, "px"),
    Column("down", -1000.0, 1000.0, "px"),
)
"""Parts of a picture that do not fit together: a chord of it, and how what is beyond was moved."""


def checked_table(name: str, value: Any, columns: tuple[Column, ...]) -> Table:
    """The rows as tuples of floats.

    Parameters
    ----------
    name : str
        Name of the setting.
    value : sequence of sequences of float
        Its rows; none is an empty table, and one row may stand alone.
    columns : tuple of Column
        What they hold.

    Raises
    ------
    SettingsError
        Where a row has another length, or a value lies outside its limits.
    """
    wanted = f"rows of {len(columns)} numbers: {', '.join(f'{c.name} ({c.unit})' for c in columns)}"
    if not isinstance(value, (list, tuple)):
        raise SettingsError(f"{name} is {value!r}; it must be {wanted}")
    rows = [value] if value and not isinstance(value[0], (list, tuple)) else value
    return tuple(_row(name, row, columns, wanted) for row in rows)


def _row(name: str, row: Any, columns: tuple[Column, ...], wanted: str) -> tuple[float, ...]:
    fits = isinstance(row, (list, tuple)) and len(row) == len(columns)
    if not fits or any(isinstance(one, bool) or not isinstance(one, (int, float)) for one in row):
        raise SettingsError(f"{name} has the row {row!r}; it must be {wanted}")
    for one, column in zip(row, columns, strict=True):
        if not (math.isfinite(one) and column.low <= one <= column.high):
            raise SettingsError(
                f"{name} has {one} as its {column.name}; it must lie between {column.low} and "
                f"{column.high} {column.unit}"
            )
    return tuple(float(one) for one in row)
