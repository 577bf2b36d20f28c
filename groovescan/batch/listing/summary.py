"""What became of a collection, as tables for people and for programs."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from groovescan import __version__
from groovescan.batch.task import DONE, FAILED, LEFT, Outcome
from groovescan.core.atomic_files import written_aside
from groovescan.wording.facts import minutes

FIGURES = (
    *("duration_s", "read_fraction", "snr_db", "bandwidth_hz", "foretold_snr_db"),
    *("turns", "pitch_px", "direction", "gaps", "jumps", "true_peak_dbfs"),
    *("columns", "rows"),
)
_COLUMNS = (
    *("photograph", "outcome", "exit_code", "reason", "sound", *FIGURES, "notes"),
    *("seconds", "peak_mb", "worker", "decoded", "kept", "sha256"),
)
_ORDER = {FAILED: 0, LEFT: 1, DONE: 2}
#: Spreadsheets take what begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def in_order(outcomes: list[Outcome]) -> list[Outcome]:
    """Failures first, then what was not reached, then the rest; each by its path."""
    return sorted(outcomes, key=lambda one: (_ORDER.get(one.state, 1), one.photograph))


def counts(outcomes: list[Outcome]) -> dict[str, int]:
    """How many photographs ended how.

    Parameters
    ----------
    outcomes : list of Outcome
        One for each photograph.

    Returns
    -------
    dict of int
        Numbers of photographs: all, and those that were decoded, kept of an earlier run, failed,
        or not reached.
    """
    return {
        "photographs": len(outcomes),
        "decoded": sum(one.state == DONE and not one.kept for one in outcomes),
        "kept": sum(one.state == DONE and one.kept for one in outcomes),
        "failed": sum(one.state == FAILED for one in outcomes),
        "not reached": sum(one.state == LEFT for one in outcomes),
    }


def words_of_counts(outcomes: list[Outcome]) -> str:
    """How many photographs there are, how long they play, and how many are to be looked after."""
    found = counts(outcomes)
    played = sum(one.quality.get("duration_s") or 0 for one in outcomes if one.state == DONE)
    words = [f"{found['photographs']} photograph{'s' * (found['photographs'] != 1)}"]
    words.append(f"{minutes(played)} of sound")
    words += [f"{found[state]} {state}" for state in (FAILED, LEFT) if found[state]]
    return ", ".join(words)


def row_of(outcome: Outcome) -> dict[str, Any]:
    """A photograph's line of the summary."""
    quality = outcome.quality
    sounds = [path for path in outcome.files if path.endswith((".wav", ".flac"))]
    return {
        "photograph": outcome.photograph,
        "outcome": outcome.state,
        "exit_code": outcome.exit_code if outcome.state != LEFT else None,
        "reason": outcome.reason,
        "sound": sounds[0] if sounds and outcome.state == DONE else "",
        **{name: quality.get(name) for name in FIGURES},
        "notes": quality.get("notes", ""),
        "seconds": outcome.seconds,
        "peak_mb": round(outcome.peak_bytes / 1e6, 1),
        "worker": outcome.worker,
        "decoded": outcome.made,
        "kept": outcome.kept,
        "sha256": outcome.sha256,
    }


def write_summaries(output: Path, outcomes: list[Outcome], *, made: str, seconds: float) -> None:
    """Write summary.csv and summary.json; each appears whole or not at all.

    Parameters
    ----------
    output : Path
        The output folder.
    outcomes : list of Outcome
        Of every photograph.
    made : str
        When.
    seconds : float
        How long the run took.
    """
    ordered = in_order(outcomes)
    held = {
        "groovescan": __version__,
        "made": made,
        "seconds": round(seconds, 1),
        "counts": counts(outcomes),
        "photographs": [row_of(one) | {"files": list(one.files)} for one in ordered],
    }
    # names that are no text have letters that only escapes can write
    text = json.dumps(held, indent=1, allow_nan=False)
    with written_aside(output / "summary.json", force=True) as aside:
        aside.write_text(text + "\n", encoding="ascii")
    with written_aside(output / "summary.csv", force=True) as aside:
        aside.write_bytes(as_csv([row_of(one) for one in ordered]))


def as_csv(rows: list[dict[str, Any]]) -> bytes:
    """Rows as CSV, in UTF-8 with the mark that spreadsheets look for."""
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, _COLUMNS)
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in row.items()})
    return file.getvalue().encode("utf-8-sig", "backslashreplace")


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return value
