"""Results that show themselves in a notebook.

Everything may import the results, and the pictures are drawn from results; so a result cannot
import what draws it. It names it instead, and the drawing is loaded when a notebook asks.
"""

from __future__ import annotations

import importlib

_DRAWN_BY = "groovescan.reporting.notebook"


class NotebookResult:
    """Something that a notebook shows as summary, picture and player."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        """HTML for a notebook; drawn by `groovescan.reporting.notebook`."""
        html: str = importlib.import_module(_DRAWN_BY).as_html(self)
        return html
