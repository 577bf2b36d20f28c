"""What the output folder remembers of each photograph, so that a run goes on where one ended.

One small file per photograph, put in place in one step by the worker that decoded it: nothing
has to survive in the process that leads the run.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from pathlib import Path

from groovescan.collection.find import STATE
from groovescan.collection.task import Outcome
from groovescan.files import written_aside

_RECORDS = "records"
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
        held = json.loads(path.read_text(encoding="ascii"))
        return Outcome(**held)
    except (OSError, ValueError, TypeError, RecursionError):
        return None


def all_records(output: Path) -> list[Outcome]:
    """Every outcome that the folder remembers, in no order."""
    paths = (output / STATE / _RECORDS).glob("??/*.json")
    return [record for record in map(read_record, paths) if record is not None]
