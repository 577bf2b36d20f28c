"""What the output folder remembers of each photograph, so that a run goes on where one ended.

One small file per photograph, put in place in one step by the worker that decoded it: nothing
has to survive in the process that leads the run.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from pathlib import Path, PurePosixPath
from typing import Any

from groovescan.batch.intake.find_photographs import STATE
from groovescan.batch.task import Outcome
from groovescan.core.atomic_files import written_aside

_RECORDS = "records"
_LARGEST = 2.0**63
_OF_THE_RUN = ("kept", "stop")


def number_of(name: str) -> str:
    """What stands for a name where any name has to fit: in records and thumbnails."""
    return hashlib.sha256(os.fsencode(name)).hexdigest()[:32]


def record_path(output: Path, name: str) -> Path:
    """Where the record of a photograph lies; in many folders, since some slow down when full."""
    number = number_of(name)
    return output / STATE / _RECORDS / number[:2] / f"{number}.json"


def write_record(output: Path, outcome: Outcome) -> None:
    """Remember an outcome."""
    path = record_path(output, outcome.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    held = dataclasses.asdict(outcome)
    text = json.dumps({name: value for name, value in held.items() if name not in _OF_THE_RUN})
    with written_aside(path, force=True) as aside:
        aside.write_text(text, encoding="ascii")


def read_record(path: Path) -> Outcome | None:
    """An outcome that was remembered, or none where there is none that can be read."""
    try:
        outcome = Outcome(**json.loads(path.read_text(encoding="ascii")))
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    return outcome if _is_sound(outcome) else None


def _is_sound(outcome: Outcome) -> bool:
    """Whether everything is what it should be: disks rot, and names may not lead elsewhere."""
    held = {item.name: getattr(outcome, item.name) for item in dataclasses.fields(outcome)}
    if not all(_fits(held[item.name], item) for item in dataclasses.fields(outcome)):
        return False
    quality = dict(outcome.quality)
    if not isinstance(quality.pop("notes", ""), str) or not all(map(_is_figure, quality.values())):
        return False
    numbers = outcome.files.values()
    return all(map(_stays_inside, (outcome.name, *outcome.files))) and all(
        isinstance(number, str) for number in numbers
    )


def _fits(value: Any, item: dataclasses.Field) -> bool:
    kind = str(item.type).partition("[")[0]
    if kind in ("int", "float"):
        return value is not None and _is_figure(value) and (kind == "float" or type(value) is int)
    return type(value).__name__ == kind


def _is_figure(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | None):
        return False
    return value is None or abs(value) < _LARGEST  # nor is what is not a number


def _stays_inside(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith("/") and ".." not in parts and "\0" not in path


def all_records(output: Path) -> list[Outcome]:
    """Every outcome that the folder remembers, in no order."""
    # what was half written aside when a worker was killed is none
    paths = (output / STATE / _RECORDS).glob("??/[!.]*.json")
    return [record for record in map(read_record, paths) if record is not None]
