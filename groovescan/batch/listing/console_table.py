"""The outcomes of a collection, as a notebook shows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jinja2

from groovescan.batch.listing.index_page import plain_text
from groovescan.batch.listing.summary import in_order, words_of_counts
from groovescan.batch.task import DONE, Outcome
from groovescan.wording.facts import minutes, percent
from groovescan.wording.quality_words import ratio

_LINE = "border-bottom:1px solid rgba(128,128,128,.3);padding:2px 14px 2px 0;text-align:left"
_COLUMNS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "verdict": ("verdict", str),
    "time": ("duration_s", minutes),
    "read": ("read_fraction", percent),
    "signal to noise": ("snr_db", ratio),
    "up to": ("bandwidth_hz", lambda value: f"{value / 1000:.1f} kHz"),
    "turns": ("turns", lambda value: f"{value:.0f}"),
    "pitch": ("pitch_px", lambda value: f"{value:.1f} px"),
    "mirrored": ("direction", lambda value: "yes" if value < 0 else "no"),
}
_TEMPLATE = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(
    """<div style="max-width:960px;color:inherit;background:transparent">
<div style="font-weight:600;font-size:1.1em;margin:4px 0">{{ title }}</div>
<table style="border-collapse:collapse;margin:4px 0">
<tr>{% for name in head %}<th style="{{ line }}">{{ name }}</th>{% endfor %}</tr>
{% for row in rows %}<tr><th scope="row" style="{{ line }}">{{ row.name }}</th>
{% if row.reason %}<td colspan="{{ head|length - 1 }}" style="{{ line }}"><b>{{ row.state }}:</b>
{{ row.reason }}</td>
{% else %}{% for cell in row.cells %}<td style="{{ line }}">{{ cell }}</td>{% endfor %}
{% endif %}</tr>
{% endfor %}</table></div>"""
)


class Outcomes(tuple[Outcome, ...]):
    """The outcome of every photograph of a collection; a notebook shows it as a table.

    Parameters
    ----------
    iterable : iterable of Outcome
        One for each photograph.
    """

    __slots__ = ()

    def _repr_html_(self) -> str:
        """One line for each photograph, failures first; what comes from outside is escaped."""
        rows = [_row(one) for one in in_order(list(self))]
        head = ["photograph", *_COLUMNS]
        return _TEMPLATE.render(title=words_of_counts(list(self)), head=head, rows=rows, line=_LINE)


def _row(outcome: Outcome) -> dict[str, Any]:
    values = {name: outcome.quality.get(key) for name, (key, _) in _COLUMNS.items()}
    return {
        "name": plain_text(outcome.name),
        "state": plain_text(", ".join(filter(None, (outcome.state, outcome.quality.get("cause"))))),
        "reason": plain_text(outcome.reason) if outcome.state != DONE else "",
        "cells": [
            "" if values[name] is None else words(values[name])
            for name, (_, words) in _COLUMNS.items()
        ],
    }
