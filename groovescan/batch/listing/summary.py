"""The outcomes of a collection, as tables for people and for programs."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from typing import Any

from groovescan import __version__
from groovescan.batch.task import DONE, FAILED, LEFT, Outcome
from groovescan.storage.printable import printable
from groovescan.wording.facts import minutes

FIGURES = (
    *("duration_s", "read_fraction", "snr_db", "predicted_snr_db", "bandwidth_hz"),
    *("turns", "pitch_px", "direction", "gaps", "jumps", "true_peak_dbfs", "intelligibility"),
    *("columns", "rows"),
)
WORDS = ("verdict", "verdict_reasons", "notes", "cause")
_COLUMNS = (
    *("photograph", "outcome", "exit_code", "reason", "sound", *FIGURES),
    *WORDS,
    *("seconds", "peak_mb", "worker", "decoded", "kept", "sha256"),
)
_ORDER = {FAILED: 0, LEFT: 1, DONE: 2}
#: Of what was decoded, what is to be looked after comes first.
_VERDICTS = {"bad": 0, "doubtful": 1, "good": 2}
#: Spreadsheets take what begins so for a formula (the last four in East Asian settings).
_FORMULA = re.compile(r"(^|[;,|\t\n\"'])(\s*[=+\-@\uff1d\uff0b\uff0d\uff20])")


def in_order(outcomes: list[Outcome]) -> list[Outcome]:
    """Failures first, then what was not reached, then the rest from bad to good; by their path.

    Failures of one cause stand together.
    """
    return sorted(
        outcomes,
        key=lambda one: (
            _ORDER.get(one.state, 1),
            _VERDICTS.get(one.quality.get("verdict", ""), 1) if one.state == DONE else 0,
            one.quality.get("cause", ""),
            one.photograph,
        ),
    )


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
    sounds = [path for path in _files_of(outcome) if path.endswith((".wav", ".flac"))]
    return {
        "photograph": outcome.photograph,
        "outcome": outcome.state,
        "exit_code": outcome.exit_code if outcome.state != LEFT else None,
        "reason": outcome.reason,
        "sound": sounds[0] if sounds else "",
        **{name: quality.get(name) for name in FIGURES},
        **{name: quality.get(name, "") for name in WORDS},
        "seconds": outcome.seconds,
        "peak_mb": round(outcome.peak_bytes / 1e6, 1),
        "worker": outcome.worker,
        "decoded": outcome.made,
        "kept": outcome.kept,
        "sha256": outcome.sha256,
    }


def draw_summaries(
    outcomes: list[Outcome], *, made: str, seconds: float
) -> dict[str, Callable[[], bytes]]:
    """The tables: summary.json and summary.csv.

    Parameters
    ----------
    outcomes : list of Outcome
        Of every photograph.
    made : str
        When.
    seconds : float
        How long the run took.

    Returns
    -------
    dict
        For each, by its name, what gives its content.
    """
    ordered = in_order(outcomes)
    held = {
        "groovescan": __version__,
        "made": made,
        "seconds": round(seconds, 1),
        "counts": counts(outcomes),
        "photographs": [row_of(one) | {"files": _files_of(one)} for one in ordered],
    }
    # names that are no text have letters that only escapes can write
    return {
        "summary.json": lambda: json.dumps(held, indent=1, allow_nan=False).encode("ascii") + b"\n",
        "summary.csv": lambda: as_csv([row_of(one) for one in ordered]),
    }


def _files_of(outcome: Outcome) -> list[str]:
    """The files that an outcome has: one that failed may name some that did not come to be."""
    return list(outcome.files) if outcome.state == DONE else []


def as_csv(rows: list[dict[str, Any]]) -> bytes:
    """Rows as CSV, in UTF-8 with the mark that spreadsheets look for; all text is in quotes."""
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, _COLUMNS, quoting=csv.QUOTE_NONNUMERIC)
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in row.items()})
    return file.getvalue().encode("utf-8-sig", "backslashreplace")


def _cell(value: Any) -> Any:
    """A value that is no formula, whichever separator a spreadsheet cuts the line at.

    It may take ``a;=1+1`` for two cells whatever the quotes say, so an apostrophe stands before
    whatever begins like a formula at the start of the text or behind a separator.
    """
    if not isinstance(value, str):
        return value
    lines = "\n".join(map(printable, value.splitlines()))
    return _FORMULA.sub(r"\1'\2", lines)
