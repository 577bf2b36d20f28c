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
from groovescan.batch.intake.grouping import DiscPhotographs, discs_of
from groovescan.batch.intake.overrides_table import Override, match, read_overrides
from groovescan.batch.record import all_records
from groovescan.batch.task import Outcome, Task, Wanted
from groovescan.config.settings import Settings, tables_of
from groovescan.errors import PhotographError, SettingsError
from groovescan.sound import parse_curve
from groovescan.storage.regular_files import read_limited

#: Said at the top of a folder's settings file: all photographs in the folder show one disc.
_TOGETHER = "together"


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
    together: bool = False,
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
    together : bool
        Whether all photographs that lie in one folder show one disc, where no ``groovescan.toml``
        says whether they do.

    Returns
    -------
    Plan
        A task for each disc, and what of the table fits no photograph.

    Raises
    ------
    SettingsError
        Where nothing is found, or the table cannot be read. A wrong ``groovescan.toml`` is the
        failure of the photographs in its folder alone.
    """
    parse_curve(settings.sound.eq)
    rows = read_overrides(overrides) if overrides is not None else ()
    found = find_photographs(places, output)
    beside = overrides.parent if overrides is not None else Path()
    rows_of = match(rows, [one.path for one in found], beside)
    folders = _Folders(together=together)
    labels = {path: row.disc for path, held in rows_of.items() if path for row in held if row.disc}
    discs = discs_of(found, labels, folders.is_together)
    names = _names(discs, all_records(output))
    tasks = [
        replace(
            _task(
                disc, settings, folders, [r for m in disc.members for r in rows_of.get(m.path, [])]
            ),
            output=output,
            name=names[disc.named_as.path],
            wanted=wanted,
            again=again,
        )
        for disc in discs
    ]
    return Plan(tasks=tasks, remarks=tuple(_unmatched(row) for row in rows_of.get(None, [])))


def _names(discs: list[DiscPhotographs], records: list[Outcome]) -> dict[Path, str]:
    """Names of the outputs of each disc, by the path of what it is named after."""
    given = {(record.photograph, bool(record.others)): record.name for record in records}
    before = {
        str(disc.named_as.path): given.get((str(disc.first.path), len(disc.members) > 1), "")
        for disc in discs
    }
    here = {str(disc.first.path) for disc in discs}
    return name_all([disc.named_as for disc in discs], before, _taken(records, here))


def _taken(records: list[Outcome], here: set[str]) -> set[str]:
    """Names of photographs that are not in this run; one that is gone needs its name no more."""
    others = [record for record in records if record.photograph not in here]
    names = [record.name for record in others if os.path.lexists(record.photograph)]
    return {taken for name in names for taken in taken_by(name)}


def _unmatched(row: Override) -> str:
    return f"line {row.line} of the table names {row.photograph}, which is not in this run"


def _task(
    disc: DiscPhotographs, settings: Settings, folders: _Folders, rows: list[Override]
) -> Task:
    """The photographs of a disc under the settings in force for them."""
    one = disc.first
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
        others=tuple(member.path for member in disc.members[1:]),
    )


class _Folders:
    """The settings files of the folders, each read once."""

    def __init__(self, *, together: bool) -> None:
        self._read: dict[Path, dict | SettingsError] = {}
        self._together = together

    def is_together(self, one: Found) -> bool:
        """Whether all photographs in the folder of one show one disc: the nearest file says."""
        together = self._together
        for folder in one.folders:
            held = self._held(folder)
            if not isinstance(held, SettingsError):
                together = held.get(_TOGETHER, together)
        return together

    def tables(self, folder: Path) -> dict:
        """The tables of a folder's settings file; empty where there is none."""
        held = self._held(folder)
        if isinstance(held, SettingsError):
            raise held
        return {name: table for name, table in held.items() if name != _TOGETHER}

    def _held(self, folder: Path) -> dict | SettingsError:
        if folder not in self._read:
            self._read[folder] = _tables(folder / FOLDER_SETTINGS)
        return self._read[folder]


def _tables(path: Path) -> dict | SettingsError:
    # All settings with their comments have some ten thousand.
    longest_settings_bytes = 1 << 20
    try:
        content = read_limited(path, longest_settings_bytes)
        tables = tables_of(content.decode("utf-8-sig"))
        if not isinstance(tables.get(_TOGETHER, False), bool):
            raise SettingsError(
                f"{_TOGETHER} is {tables[_TOGETHER]!r}; it must be true, where all photographs in "
                "the folder show one disc, or false"
            )
        Settings().updated({name: tables[name] for name in tables if name != _TOGETHER})
    except FileNotFoundError:
        return {}
    except SettingsError as error:
        return SettingsError(f"{path}: {error}")
    except (OSError, UnicodeDecodeError) as error:
        return SettingsError(f"the settings file {path} cannot be read: {error}")
    return tables
