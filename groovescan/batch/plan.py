"""From photographs to tasks: their names, and the settings in force for each."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from groovescan.batch.intake.find_photographs import (
    FOLDER_SETTINGS,
    Found,
    find_photographs,
    name_all,
    taken_by,
)
from groovescan.batch.intake.overrides_table import Override, match, read_overrides
from groovescan.batch.record import all_records
from groovescan.batch.task import Outcome, Task, Wanted
from groovescan.config.settings import Settings, tables_of
from groovescan.errors import PhotographError, SettingsError
from groovescan.sound import parse_curve
from groovescan.storage.regular_files import read_limited


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The tasks of a run.

    Attributes
    ----------
    tasks : list of Task
        One for each photograph.
    remarks : tuple of str
        What whoever started it should know beforehand.
    """

    tasks: list[Task]
    remarks: tuple[str, ...] = ()


def make_plan(
    places: list[str],
    output: Path,
    settings: Settings,
    *,
    wanted: Wanted,
    overrides: Path | None = None,
    again: bool = False,
) -> Plan:
    """Find the photographs of a collection, and say what each is to become.

    Settings go from the general to the particular: `settings`, then every ``groovescan.toml``
    from the folder that was named down to the photograph's own, then its rows in the table.

    Parameters
    ----------
    places : list of str
        Files, folders, patterns.
    output : Path
        The output folder.
    settings : Settings
        For all.
    wanted : Wanted
        What is written.
    overrides : Path, optional
        A table with settings of single photographs.
    again : bool
        Whether to decode what was done before, too, and replace files of others.

    Returns
    -------
    Plan
        A task for each photograph, and what of the table fits none.

    Raises
    ------
    SettingsError
        Where nothing is found, or the table cannot be read. A wrong ``groovescan.toml`` is the
        failure of the photographs in its folder alone.
    """
    parse_curve(settings.sound.eq)
    rows = read_overrides(overrides) if overrides is not None else ()
    found = find_photographs(places, output)
    records = all_records(output)
    before = {record.photograph: record.name for record in records}
    names = name_all(found, before, _taken(records, {str(one.path) for one in found}))
    beside = overrides.parent if overrides is not None else Path()
    rows_of = match(rows, [one.path for one in found], beside)
    folders = _Folders()
    tasks = [
        replace(
            _task(one, settings, folders, rows_of.get(one.path, [])),
            output=output,
            name=names[one.path],
            wanted=wanted,
            again=again,
        )
        for one in found
    ]
    return Plan(tasks=tasks, remarks=tuple(_unmatched(row) for row in rows_of.get(None, [])))


def _taken(records: list[Outcome], here: set[str]) -> set[str]:
    """Names of photographs that are not in this run; one that is gone needs its name no more."""
    others = [record for record in records if record.photograph not in here]
    names = [record.name for record in others if os.path.lexists(record.photograph)]
    return {taken for name in names for taken in taken_by(name)}


def _unmatched(row: Override) -> str:
    return f"line {row.line} of the table names {row.photograph}, which is not in this run"


def _task(one: Found, settings: Settings, folders: _Folders, rows: list[Override]) -> Task:
    """A photograph under the settings in force for it."""
    refusal = (PhotographError.exit_code, one.unread) if one.unread else (0, "")
    try:
        for folder in one.folders:
            settings = settings.updated(folders.tables(folder))
        for row in rows:
            settings = settings.updated(row.values)
        parse_curve(settings.sound.eq)
    except SettingsError as error:
        refusal = refusal if one.unread else (error.exit_code, str(error))
    return Task(
        photograph=one.path,
        output=Path(),
        name=one.name,
        settings=settings,
        wanted=Wanted(),
        refusal=refusal,
    )


class _Folders:
    """The settings files of the folders, each read once."""

    def __init__(self) -> None:
        self._read: dict[Path, dict | SettingsError] = {}

    def tables(self, folder: Path) -> dict:
        """The tables of a folder's settings file; empty where there is none."""
        if folder not in self._read:
            self._read[folder] = _tables(folder / FOLDER_SETTINGS)
        held = self._read[folder]
        if isinstance(held, SettingsError):
            raise held
        return held


def _tables(path: Path) -> dict | SettingsError:
    # All settings with their comments have some ten thousand.
    longest_settings_bytes = 1 << 20
    try:
        content = read_limited(path, longest_settings_bytes)
        tables = tables_of(content.decode("utf-8-sig"))
        Settings().updated(tables)
    except FileNotFoundError:
        return {}
    except SettingsError as error:
        return SettingsError(f"{path}: {error}")
    except (OSError, UnicodeDecodeError) as error:
        return SettingsError(f"the settings file {path} cannot be read: {error}")
    return tables
