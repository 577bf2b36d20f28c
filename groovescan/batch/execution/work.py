"""A worker's part in a run: look whether a photograph is done already, else decode it.

Nothing raises here: whatever happens to a photograph is its outcome.
"""

from __future__ import annotations

import dataclasses
import logging
import math
import os
import platform
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from groovescan import __version__
from groovescan.batch.execution import memory_budget as memory
from groovescan.batch.intake.photograph_size import pixels_of
from groovescan.batch.listing.thumbnail import write_thumbnail
from groovescan.batch.ownership import exists_of_others, make_folder, proven
from groovescan.batch.parts import PART, Part, parts_of
from groovescan.batch.record import read_record, record_path, write_record
from groovescan.batch.task import BEGUN, DONE, FAILED, Outcome, Task, failed
from groovescan.core.results import Decoded
from groovescan.errors import (
    GrooveLostError,
    GrooveNotFoundError,
    GroovescanError,
    PhotographError,
)
from groovescan.outputs.decode_outputs import Outputs, outputs_of, write_outputs
from groovescan.photo import read_photograph
from groovescan.storage.file_sets import finish_switches, switch
from groovescan.storage.os_errors import FULL, as_groovescan_error
from groovescan.storage.regular_files import digest
from groovescan.wording import facts as words

#: What is so for a photograph stays so until it, its settings or the program change.
_LASTING = frozenset({GrooveNotFoundError.exit_code, GrooveLostError.exit_code})


@dataclass(frozen=True, kw_only=True)
class Examined:
    """A photograph's state before it is decoded.

    Attributes
    ----------
    outcome : Outcome or None
        Where nothing has to be done: the earlier outcome, or why it fails.
    pixels : int
        How many it has; 0 where it is not known.
    """

    outcome: Outcome | None = None
    pixels: int = 0


def examine(task: Task) -> Examined:
    """Look whether a photograph has to be decoded, and how large it is.

    Nothing is written: a drive that is away for a moment must not undo what is remembered.
    """
    code, reason = task.refusal
    if code:
        return Examined(outcome=failed(task, code, reason))
    try:
        for path in task.photographs:
            _check_photograph(path)
        before = read_record(record_path(task.output, task.name))
        if before is not None and not task.again and _stands(before, task):
            return Examined(outcome=dataclasses.replace(before, kept=True))
        return Examined(pixels=sum(map(pixels_of, task.photographs)))
    except GroovescanError as error:
        return Examined(outcome=failed(task, error.exit_code, str(error)))
    except OSError as error:
        told = as_groovescan_error(error, task.photograph)
        return Examined(outcome=failed(task, told.exit_code, str(told)))


def _check_photograph(path: Path) -> None:
    if path.is_dir():
        raise PhotographError(f"{path} is a folder; give one photograph in it")
    if not path.is_file():
        what = "is no file, or a link to none" if os.path.lexists(path) else "is not there any more"
        raise PhotographError(f"{path} {what}; check it")


def _stands(before: Outcome, task: Task) -> bool:
    """Whether what an earlier run made is what this one would make."""
    if before.photograph != str(task.photograph) or before.key != task.key or not before.sha256:
        return False
    lasting = before.exit_code in _LASTING and before.program == __version__
    if before.state != DONE and not (before.state == FAILED and lasting):
        return False
    if before.state == DONE and not all(
        _holds(task.output / path, number) for path, number in before.files.items()
    ):
        return False
    if {str(path) for path in task.others} != set(before.others):
        return False
    return digest(task.photograph) == before.sha256 and all(
        digest(path) == before.others[str(path)] for path in task.others
    )


def _holds(path: Path, number: str) -> bool:
    try:
        return digest(path, follow_links=False) == number
    except OSError:
        return False


def process(task: Task) -> Outcome:
    """Decode a photograph and write what is wanted of it."""
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # what matters becomes an error
    started, base_bytes = time.monotonic(), memory.peak_begins()
    outcome = _processed(task)
    outcome = dataclasses.replace(
        outcome,
        seconds=round(time.monotonic() - started, 3),
        peak_bytes=memory.peak_bytes(),
        base_bytes=base_bytes,
        program=__version__,
        made=datetime.now().astimezone().isoformat(timespec="seconds"),
        worker=f"{platform.node()}:{os.getpid()}",
    )
    return _noted(task, outcome)


def _processed(task: Task) -> Outcome:
    known: dict[str, Any] = {}
    try:
        return _made(task, known)
    except GroovescanError as error:
        code, reason = error.exit_code, str(error)
        if isinstance(error, GrooveNotFoundError) and error.cause:
            known["quality"] = {"cause": error.cause}
    except MemoryError:
        code, reason = 1, "there is not enough memory for this photograph; crop it to the disc"
    except OSError as error:
        told = as_groovescan_error(error, task.photograph)
        return failed(task, told.exit_code, str(told), stop=_is_full(task, error), **known)
    except Exception as error:
        code = 1
        reason = f"unexpected {type(error).__name__}: {error}; this is a fault of the program"
    return failed(task, code, reason, stop=_is_full(task), **known)


def _is_full(task: Task, error: OSError | None = None) -> bool:
    """Whether a failure is the disk's: some writers do not say why they failed."""
    # With less than this left, a failure to write is the disk's.
    little_bytes = 1 << 16
    if error is not None and error.errno in FULL:
        return True
    try:
        return shutil.disk_usage(task.output).free < little_bytes
    except OSError:
        return False


def _made(task: Task, known: dict[str, Any]) -> Outcome:
    """Decode and write; `known` is filled with what a failure has to keep, too."""
    make_folder(task.output, task.transfer.parent)
    finish_switches([task.transfer.parent])
    mine = _own_files(task)
    known["former"] = mine
    known["sha256"] = digest(task.photograph)
    known["others"] = {str(path): digest(path) for path in task.others}
    outputs = _outputs(task)
    _check_foreign(task, outputs, mine)
    picture = read_photograph(task.photograph, task.settings.photo)
    known["quality"] = {"columns": picture.shape[1], "rows": picture.shape[0]}
    known["thumbnail"] = write_thumbnail(task.output, task.name, picture)
    unread, written = [], dict[str, str]()
    for part in parts_of(task, picture):
        if part.decoded is None:
            unread.append(f"{task.name}{part.suffix}: {part.reason}")
            continue
        if not written:
            known["quality"] |= quality_of(part.decoded)
        written |= _write(task, part, known, written)
    if not written:
        raise GrooveNotFoundError("; ".join(unread))
    _add_notes(known["quality"], unread)
    # parts that there are no more
    gone = [name for name in known["former"] if name not in written]
    switch({}, _may_replace(task, known["former"]), removed=[task.output / name for name in gone])
    return Outcome(
        photograph=str(task.photograph),
        name=task.name,
        state=DONE,
        key=task.key,
        **(known | {"former": {}}),
    )


def _own_files(task: Task) -> dict[str, str]:
    """Files of an earlier run that still are as it wrote them."""
    before = read_record(record_path(task.output, task.name))
    return {} if before is None else proven(task.output, before.files, before.former)


def _inside(task: Task, path: Path) -> str:
    return path.relative_to(task.output).as_posix()


def _add_notes(quality: dict[str, Any], more: list[str]) -> None:
    quality["notes"] = "; ".join(note for note in (quality.get("notes"), *more) if note)


def _outputs(task: Task, suffix: str = "") -> Outputs:
    transfer = task.transfer.with_name(f"{task.transfer.stem}{suffix}{task.transfer.suffix}")
    return outputs_of(
        task.photograph,
        transfer,
        task.settings,
        keep_removed=task.wanted.removed and task.settings.sound.restore,
        page=task.wanted.report,
        others=task.others,
        displacement=transfer.with_suffix(".npz") if task.wanted.displacement else None,
        force=True,
    )


def _check_foreign(task: Task, outputs: Outputs, mine: dict[str, str]) -> None:
    """Refuse before the work what would be refused after it."""
    for path in outputs.files:
        if os.path.lexists(path) and not (task.again or _inside(task, path) in mine):
            raise exists_of_others(path)


def _write(
    task: Task, part: Part, known: dict[str, Any], written: dict[str, str]
) -> dict[str, str]:
    """Write a part in one step; what is there before and after it is noted before it.

    What was made with other settings, and is not wanted now, goes with the first part.
    """
    mine, outputs = known["former"], _outputs(task, part.suffix)

    def note(digests: dict[Path, str]) -> None:
        """Note which files are about to take their places."""
        known["files"] = written | {_inside(task, path): n for path, n in digests.items()}
        begun = Outcome(
            photograph=str(task.photograph), name=task.name, state=BEGUN, key=task.key, **known
        )
        write_record(task.output, begun)

    assert part.decoded is not None
    digests = write_outputs(
        part.decoded,
        task.photograph,
        outputs,
        _may_replace(task, mine),
        picture=part.picture,
        others=task.others,
        written=note,
        removed=[] if written else _stale(task, mine, outputs),
    )
    return {_inside(task, path): number for path, number in digests.items()}


def _may_replace(task: Task, mine: dict[str, str]) -> Callable[[Path, str], bool]:
    return lambda path, here: task.again or here == mine.get(_inside(task, path))


def _stale(task: Task, mine: dict[str, str], outputs: Outputs) -> list[Path]:
    """Files of an earlier run that no part of this one will replace."""
    last = outputs.transfer.stem.removeprefix(task.transfer.stem)
    others = [task.output / name for name in mine]
    if PART.fullmatch(last):  # more parts are to come, and take their places by themselves
        numbered = re.compile(re.escape(task.transfer.stem) + PART.pattern + r"\..*")
        others = [path for path in others if not numbered.fullmatch(path.name)]
    return [path for path in others if path not in outputs.files]


def quality_of(decoded: Decoded) -> dict[str, Any]:
    """The figures of a decode that a collection is judged by; names carry their units."""
    account, predicted, measured = decoded.account, decoded.predicted, decoded.measured
    figures = {
        "duration_s": decoded.waveform.duration_s,
        "turns": decoded.groove_map.turns,
        "pitch_px": decoded.groove_map.pitch_px,
        "direction": decoded.groove_map.direction,
        "read_fraction": decoded.reading.read_fraction,
        "snr_db": measured.snr_db if measured else math.nan,
        "predicted_snr_db": predicted.snr_db if predicted else math.nan,
        "bandwidth_hz": measured.bandwidth_hz if measured else math.nan,
        "intelligibility": measured.intelligibility if measured else math.nan,
        "gaps": len(account.gap_start_s) if account else 0,
        "true_peak_dbfs": account.true_peak_dbfs if account else math.nan,
        "jumps": len(decoded.jumps),
    }
    careful = words.certainty(decoded).get("careful", "")
    notes = [*(account.notes if account else ()), *([careful] if careful else [])]
    if decoded.joined is not None:
        notes += dict.fromkeys(left.reason for left in decoded.joined.left_out)
    words_of = {"notes": "; ".join(notes)}
    if decoded.verdict is not None:
        words_of |= {
            "verdict": decoded.verdict.word,
            "verdict_reasons": "; ".join(decoded.verdict.reasons),
        }
    return {name: _plain(value) for name, value in figures.items()} | words_of


def _plain(value: Any) -> int | float | None:
    if isinstance(value, int):
        return value
    return round(float(value), 6) if math.isfinite(value) else None


def _noted(task: Task, outcome: Outcome) -> Outcome:
    """Remember an outcome; a disk that is full must not take the outcome with it."""
    try:
        write_record(task.output, outcome)
    except (OSError, GroovescanError) as error:
        if _is_full(task):
            return dataclasses.replace(outcome, stop=True)
        return dataclasses.replace(
            outcome, state=FAILED, exit_code=outcome.exit_code or 1, reason=str(error)
        )
    return outcome
