"""The command that decodes a whole collection."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from groovescan.cli import options
from groovescan.cli.common import say, settings_of
from groovescan.cli.interrupt import be_patient
from groovescan.cli.manners.run_log import begin_log, tell_settings
from groovescan.errors import CollectionError, SettingsError
from groovescan.storage.printable import printable

if TYPE_CHECKING:
    from groovescan.batch import Outcome


def batch(
    paths: Annotated[
        list[str],
        typer.Argument(
            help="Photographs, folders that are searched with all in them, or patterns such as "
            "'box*/**/*.tif'.",
            metavar="PATHS...",
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The folder for everything.", metavar="OUTDIR")
    ],
    jobs: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1024,
            help="Photographs side by side at most [default: one per core, fewer where memory "
            "would not suffice].",
            metavar="N",
        ),
    ] = None,
    scheduler: Annotated[
        str,
        typer.Option(
            help="Let the workers of a Dask cluster do it: address of its scheduler.",
            metavar="tcp://HOST:8786",
        ),
    ] = "",
    settings: Annotated[
        Path | None,
        typer.Option(
            help="Settings for all photographs; a groovescan.toml in a folder goes before them "
            "for what lies in it.",
            metavar="FILE.toml",
        ),
    ] = None,
    overrides: Annotated[
        Path | None,
        typer.Option(
            help="A table with settings of single photographs, which go before all others: a "
            "column 'photograph', one per setting, such as sound.rpm, and 'disc', which is the "
            "same for all photographs of one disc.",
            metavar="FILE.csv",
        ),
    ] = None,
    channel: options.Channel = None,
    dpi: options.Dpi = None,
    rpm: options.Rpm = None,
    start: Annotated[
        str | None,
        typer.Option(help="Which end is played first: outer or inner [default: outer]."),
    ] = None,
    eq: options.Eq = None,
    restore: options.Restore = None,
    keep_removed: options.KeepRemoved = False,
    keep_bad: options.KeepBad = None,
    originator: options.Originator = None,
    flac: Annotated[bool, typer.Option("--flac", help="Write FLAC instead of WAV.")] = False,
    report: Annotated[
        bool, typer.Option("--report", help="Also write a page with a player for each: NAME.html.")
    ] = False,
    save_displacement: Annotated[
        bool, typer.Option("--save-displacement", help="Also save the displacements: NAME.npz.")
    ] = False,
    time_limit: Annotated[
        float | None,
        typer.Option(
            min=0.001,
            max=1e6,
            help="Give a photograph up that takes longer, such as one on a drive that does not "
            "answer; not with --scheduler.",
            metavar="MINUTES",
        ),
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait while another run works in OUTDIR.")
    ] = False,
    together: Annotated[
        bool,
        typer.Option(
            "--together",
            help="All photographs that lie in one folder show one side of one disc, and are read "
            "as one.",
        ),
    ] = False,
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Decode again what is done already, and replace files of others."
        ),
    ] = False,
    quiet: options.Quiet = False,
    log_file: options.LogFile = None,
) -> None:
    """Decode a whole collection; run again, it does what is missing or has changed."""
    sound = {
        "rpm": rpm,
        "eq": eq,
        "restore": restore,
        "keep_bad": keep_bad,
        "originator": originator,
    }
    photo = {"channel": channel, "dpi": dpi}
    in_force = settings_of(settings, photo=photo, disc={"start": start}, sound=sound)
    if scheduler and jobs:
        raise SettingsError("--jobs is for this machine; a cluster has the workers that it has")
    _check_room(output)
    begin_log(False, log_file)
    tell_settings(in_force)

    from groovescan.batch import CollectionRequest, RunCallbacks, Wanted, decode_collection
    from groovescan.cli.batch_display import BatchDisplay

    wanted = Wanted(
        sound="flac" if flac else "wav",
        report=report,
        removed=keep_removed,
        displacement=save_displacement,
    )
    asked = CollectionRequest(
        settings=in_force,
        wanted=wanted,
        overrides=overrides,
        jobs=jobs,
        scheduler=scheduler,
        limit_s=None if time_limit is None else 60 * time_limit,
        again=force,
        wait=wait,
        together=together,
    )
    if quiet:
        outcomes = decode_collection(paths, output, asked, RunCallbacks(stops=be_patient))
    else:
        with BatchDisplay(sys.stderr) as progress:
            outcomes = decode_collection(paths, output, asked, progress.watch)
        say(summary(outcomes, output))
        for line in _left_out(paths, output):
            say(line)
    if any(outcome.exit_code or outcome.state != "done" for outcome in outcomes):
        raise CollectionError(_verdict(outcomes, output))


def _left_out(paths: list[str], output: Path) -> list[str]:
    """Which files of the folders were not taken, and why."""
    from groovescan.batch import left_out

    held = left_out(paths, output)
    if not held:
        return []
    head = f"not taken {len(held)}, no photographs by their names"
    return [head, *(f"{printable(str(one.path))}: {one.why}" for one in held)]


def _check_room(output: Path) -> None:
    if os.path.lexists(output) and not output.is_dir():
        raise SettingsError(f"{output} is no folder; name the folder for everything")


def summary(outcomes: Sequence[Outcome], output: Path) -> str:
    """Summary of a collection, one fact a line, then what failed.

    Parameters
    ----------
    outcomes : sequence of Outcome
        Of every photograph.
    output : Path
        The output folder.

    Returns
    -------
    str
        The lines, without an end of line.
    """
    # So many are listed one by one: arbitrary.
    few = 20
    from groovescan.batch import FAILED, counts

    found = counts(list(outcomes))
    lines = [f"decoded   {found['decoded']} of {found['photographs']}"]
    if found["kept"]:
        lines.append(f"kept      {found['kept']}, done before and not changed since")
    lines += [f"{state:<10}{found[state]}" for state in ("failed", "not reached") if found[state]]
    wrong = [one for one in outcomes if one.state == FAILED]
    lines += [f"  code {one.exit_code}  {printable(one.reason)}" for one in wrong[:few]]
    if len(wrong) > few:
        lines.append(f"  and {len(wrong) - few} more, in summary.csv")
    lines.append(f"index     {printable(str(output / 'index.html'))}")
    return "\n".join(lines)


def _verdict(outcomes: Sequence[Outcome], output: Path) -> str:
    from groovescan.batch import DONE, LEFT

    left = [one for one in outcomes if one.state == LEFT]
    if left:
        return f"{len(left)} photographs were not reached: {left[0].reason}"
    wrong = sum(one.state != DONE for one in outcomes)
    return (
        f"{wrong} of {len(outcomes)} photographs failed; {output / 'summary.csv'} says why, and "
        "running it again tries again what may succeed"
    )
