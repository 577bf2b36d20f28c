"""A look at several photographs of one disc: how they lie, and what the next should show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from groovescan.cli.common import json_text, quieten_readers, say, table_of
from groovescan.cli.stage_bar import StageBar
from groovescan.storage.atomic_files import written_aside

if TYPE_CHECKING:
    from groovescan.config.settings import Settings
    from groovescan.core.joined import Joined


def inspect_together(
    photos: list[Path], settings: Settings, watch: StageBar, figure: Path | None, *, dark: bool,
    force: bool,
) -> Joined:  # fmt: skip
    """Look at the photographs, and draw how they lie where a figure is asked for."""
    quieten_readers()
    from groovescan.pipeline.inspect_joined import inspect_joined

    with watch.watching():
        watch("photograph", 0.0)
        found = inspect_joined(photos, settings, progress=watch)
        if figure is not None:
            watch("figure", 0.0)
            _draw(figure, found, dark=dark, force=force)
    return found


def tell_together(joined: Joined, figure: Path | None, *, as_json: bool) -> None:
    """Print what was found, in words or as numbers for programs."""
    from groovescan.wording.joined_facts import placed_facts, placed_numbers

    if as_json:
        typer.echo(json_text(placed_numbers(joined)))
        return
    facts = dict(placed_facts(joined))
    if figure is not None:
        facts["figure"] = str(figure)
    say(table_of(facts, 2 + max(len(name) for name in facts)))


def _draw(figure: Path, joined: Joined, *, dark: bool, force: bool) -> None:
    # As fine as print in a book, on some 12 inches: arbitrary from 100 to 300.
    figure_dpi = 150
    from groovescan.reporting import DARK, LIGHT, joined_figure

    drawn = joined_figure(joined, DARK if dark else LIGHT)
    with written_aside(figure, force=force) as aside:
        drawn.savefig(aside, dpi=figure_dpi)
