"""The record of each photograph in the output folder, so that a run goes on where one ended.

One small file per photograph, put in place in one step by the worker that decoded it: nothing
has to survive in the process that leads the run. It is kept twice and carries a check sum, since
without it nothing proves whose the outputs are; what it says is believed only as far as the
program could have written it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from groovescan.batch.intake.find_photographs import STATE, THUMBNAILS
from groovescan.batch.listing.summary import WORDS
from groovescan.batch.ownership import is_claim, is_inside, make_folder
from groovescan.batch.parts import PART
from groovescan.batch.task import Outcome
from groovescan.outputs.decode_outputs import ENDINGS
from groovescan.storage.atomic_files import written_aside
from groovescan.storage.regular_files import read_limited

_RECORDS = "records"
#: Besides the record itself: what damages one file rarely damages both.
_COPY = ".copy"
_OF_THE_RUN = ("kept", "stop")
_HASH = re.compile(r"([0-9a-f]{64})?")


def number_of(name: str) -> str:
    """The number that stands for a name where any name has to fit: in records and thumbnails."""
    return hashlib.sha256(os.fsencode(name)).hexdigest()[:32]


def record_path(output: Path, name: str) -> Path:
    """Where the record of a photograph lies; in many folders, since some slow down when full."""
    number = number_of(name)
    return output / STATE / _RECORDS / number[:2] / f"{number}.json"


def write_record(output: Path, outcome: Outcome) -> None:
    """Remember an outcome."""
    path = record_path(output, outcome.name)
    make_folder(output, path.parent)
    held = dataclasses.asdict(outcome)
    write_sealed(path, {name: held[name] for name in held if name not in _OF_THE_RUN})


def write_sealed(path: Path, held: dict[str, Any]) -> None:
    """Write what only the program writes, twice, each time with its check sum."""
    text = json.dumps(held)
    sealed = json.dumps({"sha256": _sum_of(text), "held": held})
    for place in (path, path.with_suffix(_COPY)):
        with written_aside(place, force=True) as aside:
            aside.write_text(sealed, encoding="ascii")


def read_sealed(path: Path) -> Iterator[Any]:
    """The contents of sealed files that can be read and whose check sum is right."""
    # Records have some kB: whatever is larger is none, and is not read.
    longest_bytes = 4 << 20
    for place in (path, path.with_suffix(_COPY)):
        try:
            held = json.loads(read_limited(place, longest_bytes, follow_links=False))
            sound = held["sha256"] == _sum_of(json.dumps(held["held"]))
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            continue
        if sound:
            yield held["held"]


def _sum_of(text: str) -> str:
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def read_record(path: Path) -> Outcome | None:
    """An outcome that was remembered, or none where there is none that can be believed."""
    for held in read_sealed(path):
        try:
            outcome = Outcome(**held)
        except TypeError:
            continue
        if _is_sound(outcome) and number_of(outcome.name) == path.stem:
            return outcome
    return None


def _is_sound(outcome: Outcome) -> bool:
    """Whether everything is what it should be: disks rot, and names may not lead elsewhere."""
    held = {item.name: getattr(outcome, item.name) for item in dataclasses.fields(outcome)}
    if not all(_fits(held[item.name], item) for item in dataclasses.fields(outcome)):
        return False
    quality = dict(outcome.quality)
    if not all(isinstance(quality.pop(name, ""), str) for name in WORDS):
        return False
    if not all(map(_is_figure, quality.values())):
        return False
    return _names_its_own(outcome)


def _names_its_own(outcome: Outcome) -> bool:
    """Whether it names nothing but files of its photograph, as the program calls them."""
    hashes = (outcome.key, outcome.sha256)
    return (
        is_inside(outcome.name)
        and is_claim(outcome.files)
        and is_claim(outcome.former)
        and is_claim(outcome.others)
        and all(_is_of(outcome.name, path) for path in {*outcome.files, *outcome.former})
        and outcome.thumbnail in ("", thumbnail_of(outcome.name, outcome.thumbnail))
        and all(_HASH.fullmatch(number) for number in hashes)
    )


def _is_of(name: str, path: str) -> bool:
    """Whether a path is one that outputs of a photograph have, or of a part of it."""
    rest = path.removeprefix(name)
    part = PART.match(rest)
    return path != rest and (rest[part.end() :] if part else rest) in ENDINGS


def thumbnail_of(name: str, path: str) -> str:
    """A path as it is where it can be of a thumbnail of a name, else nothing."""
    number = re.escape(number_of(name))
    return path if re.fullmatch(rf"{THUMBNAILS}/{number}-[0-9a-f]{{16}}\.jpg", path) else ""


def _fits(value: Any, item: dataclasses.Field) -> bool:
    kind = str(item.type).partition("[")[0]
    if kind in ("int", "float"):
        return value is not None and _is_figure(value) and (kind == "float" or type(value) is int)
    return type(value).__name__ == kind


def _is_figure(value: Any) -> bool:
    # JSON knows no limit, what reckons with it does: 64 bits.
    largest = 2.0**63
    if isinstance(value, bool) or not isinstance(value, int | float | None):
        return False
    return value is None or abs(value) < largest  # nor is what is not a number


def all_records(output: Path) -> list[Outcome]:
    """Every outcome that the folder remembers, in no order."""
    # what was half written aside when a worker was killed is none
    found = (output / STATE / _RECORDS).glob("??/[!.]*")
    paths = {path.with_suffix(".json") for path in found}
    return [record for record in map(read_record, paths) if record is not None]
