"""What a worker does with one photograph: look whether it is done already, else decode it.

Nothing raises here: whatever happens to a photograph is its outcome.
"""

from __future__ import annotations

import dataclasses
import errno
import logging
import math
import os
import platform
import shutil
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from groovescan import __version__
from groovescan.batch import memory_budget as memory
from groovescan.batch.intake.find_photographs import THUMBNAILS
from groovescan.batch.intake.photograph_size import pixels_of
from groovescan.batch.listing.thumbnail import draw_thumbnail
from groovescan.batch.record import number_of, read_record, record_path, write_record
from groovescan.batch.task import BEGUN, DONE, FAILED, Outcome, Task, failed
from groovescan.core.atomic_files import digest, written_aside
from groovescan.core.results import Decoded, Photograph
from groovescan.errors import (
    GrooveLostError,
    GrooveNotFoundError,
    GroovescanError,
    OutputExistsError,
    PhotographError,
    SettingsError,
)
from groovescan.outputs.decode_outputs import (
    Outputs,
    outputs_of,
    write_displacement,
    write_report,
    write_sounds,
)
from groovescan.photo import read_photograph
from groovescan.pipeline import decode
from groovescan.wording import facts as words

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
#: With less than this left, a failure to write is the disk's.
_LITTLE_BYTES = 1 << 16
#: What is so for a photograph stays so until it, its settings or the program change.
_LASTING = frozenset({GrooveNotFoundError.exit_code, GrooveLostError.exit_code})


@dataclass(frozen=True, kw_only=True)
class Examined:
    """What is known of a photograph before it is decoded.

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
        _check_photograph(task.photograph)
        before = read_record(record_path(task.output, task.name))
        if before is not None and not task.again and _stands(before, task):
            return Examined(outcome=dataclasses.replace(before, kept=True))
        return Examined(pixels=pixels_of(task.photograph))
    except (GroovescanError, OSError) as error:
        reason = str(error) if isinstance(error, GroovescanError) else _unreadable(task, error)
        code = getattr(error, "exit_code", PhotographError.exit_code)
        return Examined(outcome=failed(task, code, reason))


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
    return digest(task.photograph) == before.sha256


def _holds(path: Path, number: str) -> bool:
    try:
        return digest(path) == number
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
    except MemoryError:
        code, reason = 1, "there is not enough memory for this photograph; crop it to the disc"
    except OSError as error:
        if _is_full(task, error):
            reason = f"there is no space left in {task.output}; free some, and run it again"
            return failed(task, 1, reason, stop=True, **known)
        code, reason = PhotographError.exit_code, _unreadable(task, error)
    except Exception as error:
        code = 1
        reason = f"unexpected {type(error).__name__}: {error}; this is a fault of the program"
    return failed(task, code, reason, stop=code != 0 and _is_full(task), **known)


def _is_full(task: Task, error: OSError | None = None) -> bool:
    """Whether a failure is the disk's: some writers do not say why they failed."""
    if error is not None and error.errno in _FULL:
        return True
    try:
        return shutil.disk_usage(task.output).free < _LITTLE_BYTES
    except OSError:
        return False


def _unreadable(task: Task, error: OSError) -> str:
    what = error.filename or task.photograph
    return f"{what}: {error.strerror or error}; check the drive or the network, and run it again"


def _made(task: Task, known: dict[str, Any]) -> Outcome:
    """Decode and write; `known` is filled with what a failure has to keep, too."""
    before = read_record(record_path(task.output, task.name))
    mine = dict(before.files) if before is not None else {}
    known["files"] = mine
    known["sha256"] = digest(task.photograph)
    _check_folder(task)
    outputs, others = _outputs(task)
    paths = [*outputs.files, *others.values()]
    _check_foreign(task, paths, mine)
    picture = read_photograph(task.photograph, task.settings.photo)
    known["quality"] = {"columns": picture.shape[1], "rows": picture.shape[0]}
    known["thumbnail"] = _write_thumbnail(task, picture)
    decoded = decode(picture, task.settings)
    known["quality"] |= quality_of(decoded)
    claimed = mine | {_inside(task, path): "" for path in paths if _inside(task, path) not in mine}
    known["files"] = claimed
    write_record(task.output, _begun(task, known))
    _write(task, picture, decoded, outputs, others)
    files = {_inside(task, path): digest(path) for path in paths}
    for stale in claimed.keys() - files.keys():  # made with other settings, and not wanted now
        if _is_inside(task.output, (task.output / stale).parent):
            (task.output / stale).unlink(missing_ok=True)
    return Outcome(
        photograph=str(task.photograph),
        name=task.name,
        state=DONE,
        key=task.key,
        **(known | {"files": files}),
    )


def _begun(task: Task, known: dict[str, Any]) -> Outcome:
    """What is noted before anything is written: the names are taken, and nothing is done."""
    return Outcome(
        photograph=str(task.photograph), name=task.name, state=BEGUN, key=task.key, **known
    )


def _inside(task: Task, path: Path) -> str:
    return path.relative_to(task.output).as_posix()


def _check_folder(task: Task) -> None:
    """Make the folder of the outputs, and see that no link leads out of the output folder."""
    folder = task.transfer.parent
    if not _is_inside(task.output, folder):
        raise SettingsError(
            f"{folder} leads to {os.path.realpath(folder)}, outside the output folder "
            f"{os.path.realpath(task.output)}; nothing was written there. Remove the link"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise OutputExistsError(
            f"{error.filename} is no folder, where one is needed; name another output folder"
        ) from error


def _is_inside(output: Path, folder: Path) -> bool:
    """Whether a folder lies in the output folder, wherever links on the way lead."""
    real, top = Path(os.path.realpath(folder)), Path(os.path.realpath(output))
    return real == top or top in real.parents


def _outputs(task: Task) -> tuple[Outputs, dict[str, Path]]:
    others = {}
    if task.wanted.report:
        others["report"] = task.transfer.with_suffix(".html")
    if task.wanted.displacement:
        others["displacement"] = task.transfer.with_suffix(".npz")
    outputs = outputs_of(
        task.photograph,
        task.transfer,
        task.settings,
        keep_removed=task.wanted.removed and task.settings.sound.restore,
        others=list(others.values()),
        force=True,
    )
    return outputs, others


def _check_foreign(task: Task, paths: list[Path], mine: dict[str, str]) -> None:
    if task.again:
        return
    for path in paths:
        if os.path.lexists(path) and _inside(task, path) not in mine:
            raise OutputExistsError(
                f"{path} exists already, is of no run before, and was left as it is; name another "
                "output folder, or allow it to be replaced (--force)"
            )


def _write_thumbnail(task: Task, picture: Photograph) -> str:
    path = task.output / THUMBNAILS / f"{number_of(task.name)}.jpg"
    path.parent.mkdir(exist_ok=True)
    with written_aside(path, force=True) as aside:
        aside.write_bytes(draw_thumbnail(picture))
    return _inside(task, path)


def _write(
    task: Task, picture: Photograph, decoded: Decoded, outputs: Outputs, others: dict[str, Path]
) -> None:
    write_sounds(decoded, task.photograph, outputs, force=True)
    if "displacement" in others:
        write_displacement(others["displacement"], decoded, force=True)
    if "report" in others:
        write_report(
            others["report"], task.photograph, decoded, outputs, force=True, picture=picture
        )


def quality_of(decoded: Decoded) -> dict[str, Any]:
    """The figures of a decode that a collection is judged by; names carry their units."""
    account, resolution = decoded.account, decoded.resolution
    figures = {
        "duration_s": decoded.waveform.duration_s,
        "turns": decoded.groove_map.turns,
        "pitch_px": decoded.groove_map.pitch_px,
        "direction": decoded.groove_map.direction,
        "read_fraction": decoded.reading.read_fraction,
        "snr_db": decoded.reading.snr_db,
        "bandwidth_hz": account.octaves.bandwidth_hz if account else math.nan,
        "foretold_snr_db": resolution.snr_db if resolution else math.nan,
        "gaps": len(account.gap_start_s) if account else 0,
        "true_peak_dbfs": account.true_peak_dbfs if account else math.nan,
        "jumps": len(decoded.jumps),
    }
    careful = words.certainty(decoded).get("careful", "")
    notes = [*(account.notes if account else ()), *([careful] if careful else [])]
    return {name: _plain(value) for name, value in figures.items()} | {"notes": "; ".join(notes)}


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
