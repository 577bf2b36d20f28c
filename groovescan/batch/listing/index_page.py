"""The pages that show a collection: failures first, then everything that plays.

They need nothing but what lies in the output folder; their content security policy forbids the
browser to load anything from elsewhere. All text from outside is escaped by the template engine,
and links lead to names that the program gave.
"""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2

from groovescan import __version__
from groovescan.batch.listing.summary import in_order, words_of_counts
from groovescan.batch.record import thumbnail_of
from groovescan.batch.task import DONE, FAILED, Outcome
from groovescan.wording.facts import minutes, percent
from groovescan.wording.quality_words import ratio

#: Cards on a page: a browser lays out some hundred pictures at once. Arbitrary.
_PER_PAGE = 500
_EXPLAINED = {
    1: "not enough memory, or a fault of the program",
    2: "settings",
    3: "cannot be read",
    4: "no groove found or resolved",
    5: "groove lost",
    6: "file exists",
}


def page_names(count: int, per_page: int = _PER_PAGE) -> list[str]:
    """Names of the pages for so many photographs."""
    pages = max(1, math.ceil(count / per_page))
    return [f"index-{number + 1}.html" if number else "index.html" for number in range(pages)]


def draw_index(
    title: str, outcomes: list[Outcome], *, made: str, per_page: int = _PER_PAGE
) -> dict[str, Callable[[], bytes]]:
    """The pages: index.html, and as many after it as the collection takes.

    Parameters
    ----------
    title : str
        What the collection is called.
    outcomes : list of Outcome
        Of every photograph.
    made : str
        When.
    per_page : int
        Photographs on a page.

    Returns
    -------
    dict
        For each page, by its name, what draws it: all of a large collection need not be in memory.
    """
    ordered = in_order(outcomes)
    names = page_names(len(ordered), per_page)
    template = _environment().get_template("index.html")
    lead = words_of_counts(outcomes)

    def draw(number: int) -> bytes:
        """One page of the index."""
        part = ordered[number * per_page : (number + 1) * per_page]
        return template.render(
            title=plain_text(title) or "Collection",
            lead=lead,
            troubled=[_card(one) for one in part if one.state != DONE],
            played=[_card(one) for one in part if one.state == DONE],
            pages=names if len(names) > 1 else [],
            number=number,
            made=made[:16].replace("T", " "),
            version=__version__,
        ).encode("utf-8")

    return {name: functools.partial(draw, number) for number, name in enumerate(names)}


def _environment() -> jinja2.Environment:
    web = resources.files("groovescan.batch.listing") / "web"
    texts = {name: (web / name).read_text("utf-8") for name in ("index.html", "index.css")}
    return jinja2.Environment(
        loader=jinja2.DictLoader(texts),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _card(outcome: Outcome) -> dict[str, Any]:
    """The card of a photograph on the page."""
    files = list(outcome.files) if outcome.state == DONE else []
    code = outcome.exit_code
    return {
        "name": plain_text(outcome.name),
        "path": plain_text(outcome.photograph),
        "thumbnail": _link(thumbnail_of(outcome.name, outcome.thumbnail)),
        "state": outcome.state,
        "what": _what(outcome),
        "code": code,
        "reason": plain_text(outcome.reason),
        "sounds": [
            {"label": label, "link": _link(path)}
            for path in files
            if path.endswith((".wav", ".flac")) and (label := _label(path, outcome.name))
        ],
        "links": [
            {"label": label, "link": _link(path)}
            for label, suffix in (("report", ".html"), ("sidecar", ".json"))
            for path in files
            if path == outcome.name + suffix
        ],
        "facts": _facts(outcome),
        "notes": plain_text(
            "; ".join(
                text for name in ("verdict_reasons", "notes") if (text := outcome.quality.get(name))
            )
        ),
    }


def _what(outcome: Outcome) -> str:
    """How it ended, in a few words; of what failed with its cause."""
    if outcome.state != FAILED:
        return outcome.state
    what, cause = _EXPLAINED.get(outcome.exit_code, outcome.state), outcome.quality.get("cause")
    return f"{what}: {plain_text(cause)}" if cause else what


def _label(path: str, name: str) -> str:
    """The label of a sound; empty for what was removed, which nobody listens to."""
    kind = Path(path.removeprefix(name)).stem
    return {".restored": "listening copy", ".removed": ""}.get(kind, "transfer")


def _facts(outcome: Outcome) -> dict[str, str]:
    if outcome.state != DONE:
        return {}
    quality = outcome.quality
    columns: dict[str, tuple[str, Callable[[Any], str]]] = {
        "verdict": ("verdict", str),
        "time": ("duration_s", minutes),
        "read": ("read_fraction", percent),
        "signal to noise": ("snr_db", ratio),
        "up to": ("bandwidth_hz", lambda value: f"{value / 1000:.1f} kHz"),
    }
    return {
        name: words(quality[key])
        for name, (key, words) in columns.items()
        if quality.get(key) not in (None, "")
    }


def plain_text(text: str) -> str:
    """Text that can be written: file names need not be text."""
    return os.fsencode(text).decode("utf-8", "replace")


def _link(path: str) -> str:
    return quote(os.fsencode(path))
