"""The command that looks at photographs of a disc without decoding them."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from groovescan import _BEGUN_S
from groovescan.cli import options
from groovescan.cli.commands.inspect_together import inspect_together, tell_together
from groovescan.cli.common import (
    json_text,
    quieten_readers,
    say,
    settings_of,
    table_of,
)
from groovescan.cli.manners.named_photograph import given_photographs
from groovescan.cli.manners.run_log import begin_log, tell_settings
from groovescan.cli.stage_bar import StageBar
from groovescan.errors import GrooveNotFoundError, SettingsError
from groovescan.runtime.installation import check_figures
from groovescan.storage.atomic_files import check_output, written_aside

if TYPE_CHECKING:
    from groovescan.config.settings import Settings
    from groovescan.core.inspection import Inspection
    from groovescan.core.results import Photograph

_FIGURE_KINDS = (".png", ".pdf", ".svg", ".jpg")
_SHARES = {"photograph": 0.1, "groove field": 0.3, "groove map": 0.3, "coarse strip": 0.3}


def inspect(
    photos: options.Photos,
    figure: Annotated[
        Path | None,
        typer.Option(help="Also draw what was seen: .png, .pdf, .svg or .jpg.", metavar="OUT.png"),
    ] = None,
    dark: Annotated[bool, typer.Option("--dark", help="Draw it for a dark room.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print numbers for programs.")] = False,
    channel: options.Channel = None,
    tone: options.Tone = None,
    page: options.Page = None,
    disc: options.Disc = None,
    dpi: options.Dpi = None,
    rpm: options.Rpm = None,
    start: Annotated[
        str | None,
        typer.Option(help="Which end is played first: outer or inner [default: outer]."),
    ] = None,
    settings: Annotated[
        Path | None,
        typer.Option(
            help="Settings to use; options given here go before them.", metavar="FILE.toml"
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing figure.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
    verbose: options.Verbose = False,
    log_file: options.LogFile = None,
) -> None:
    """Tell what the decoder sees in a photograph, and what would make it better.

    Of several photographs of one disc it tells how they lie on it, what of the groove each shows,
    what is missing, and what the next photograph should show.
    """
    in_force = settings_of(
        settings,
        photo={"channel": channel, "tone": tone, "page": page, "dpi": dpi},
        disc={"start": start, "disc": disc},
        sound={"rpm": rpm},
    )
    begin_log(verbose, log_file)
    tell_settings(in_force)
    watch = StageBar(_SHARES, visible=not (quiet or verbose), begun_s=_BEGUN_S)
    with contextlib.ExitStack() as streams:
        given = given_photographs(photos, streams, "inspect")
        _check_figure(given, figure, force=force)
        if len(given) > 1:
            joined = inspect_together(given, in_force, watch, figure, dark=dark, force=force)
            tell_together(joined, figure, as_json=as_json)
            return
        found = _inspected(given[0], in_force, watch, figure, dark=dark, force=force)
    from groovescan.wording import facts as words

    if as_json:
        typer.echo(json_text(words.inspection_numbers(found)))
    else:
        say(words.inspection_table(found))
        if figure is not None:
            say(table_of({"figure": figure}, 12))
    if found.refusal is not None:
        raise GrooveNotFoundError(found.refusal)


def _inspected(
    photo: Path,
    settings: Settings,
    watch: StageBar,
    figure: Path | None,
    *,
    dark: bool,
    force: bool,
) -> Inspection:
    """Look at a photograph, and draw what was seen where a figure is asked for."""
    quieten_readers()
    from groovescan.photo import read_photograph
    from groovescan.pipeline import inspect_photograph as inspection

    with watch.watching():
        watch("photograph", 0.0)
        picture = read_photograph(photo, settings.photo)
        found = inspection.inspect(picture, settings, progress=watch)
        if figure is not None:
            watch("figure", 0.0)
            _draw(figure, picture.taken(found.channel), found, dark=dark, force=force)
    return found


def _check_figure(photos: list[Path], figure: Path | None, *, force: bool) -> None:
    if figure is None:
        return
    check_figures("--figure")
    if figure.suffix.lower() not in _FIGURE_KINDS:
        raise SettingsError(
            f"the figure {figure} would be of no known kind; let its name end in one of "
            f"{', '.join(_FIGURE_KINDS)}"
        )
    if figure.resolve() in {photo.resolve() for photo in photos}:
        raise SettingsError(f"the figure {figure} would replace a photograph; name another file")
    check_output(figure, force=force)


def _draw(figure: Path, picture: Photograph, found: Inspection, *, dark: bool, force: bool) -> None:
    # Sharp in print and on a screen of high density: arbitrary.
    figure_dpi = 150
    from groovescan.reporting import DARK, LIGHT, inspection_figure

    drawn = inspection_figure(picture, found, DARK if dark else LIGHT)
    with written_aside(figure, force=force) as aside:
        drawn.savefig(aside, dpi=figure_dpi)
