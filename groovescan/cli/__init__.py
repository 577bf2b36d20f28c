"""The command line: parse, call, report."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

# Only what is quick to load stands here; whatever needs arrays is imported by the commands,
# so that --help and a mistyped option are answered at once.
from groovescan import _BEGUN_S, __version__
from groovescan.cli import options
from groovescan.cli.batch_command import batch
from groovescan.cli.commands.app_command import app as app_window
from groovescan.cli.commands.explain_command import explain
from groovescan.cli.common import (
    quieten_readers,
    say,
    settings_of,
    table_of,
)
from groovescan.cli.curves_command import curves
from groovescan.cli.inspect_command import inspect
from groovescan.cli.interrupt import prompt_interrupts
from groovescan.cli.manners.help_pages import WIDTH, HelpfulCommand, HelpfulGroup
from groovescan.cli.manners.named_photograph import given_photographs, refuse_nameless
from groovescan.cli.manners.run_log import begin_log, end_log, tell, tell_settings
from groovescan.cli.manners.standard_streams import (
    STREAM,
    refuse_more_than_a_sound,
    standard_output,
)
from groovescan.cli.manners.usage_errors import usage_text
from groovescan.cli.simulate_command import simulate
from groovescan.cli.sound_facts import sound_facts
from groovescan.cli.stage_bar import StageBar
from groovescan.errors import GroovescanError
from groovescan.outputs.decode_outputs import Outputs, facts_of_all, outputs_of, write_outputs
from groovescan.runtime.allocator import keep_freed_memory, seldom_searched
from groovescan.runtime.progress import STAGES
from groovescan.runtime.threads import begun
from groovescan.storage.os_errors import as_groovescan_error, told_as_ours
from groovescan.storage.printable import printable, printable_lines

if TYPE_CHECKING:
    from groovescan.config.settings import Settings
    from groovescan.core.results import Decoded

_EPILOG = (
    "Exit codes: 0 done, 1 unexpected error, 2 wrong usage or settings, 3 unreadable "
    "photograph, 4 no groove found or resolved, 5 groove lost, 6 output exists, 7 some photographs "
    "of a collection failed, 130 interrupted."
)
app = typer.Typer(
    cls=HelpfulGroup,
    help="Plays records from a photograph.",
    epilog=_EPILOG,
    rich_markup_mode=None,  # plain text for logs and small terminals; also quicker to start
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": WIDTH},
)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code.

    Parameters
    ----------
    arguments : list of str, optional
        What stands behind the program's name; by default what it was called with.

    Raises
    ------
    SystemExit
        Always, with one of the codes of the table in README.md.
    """
    # The matrices are small: threads that wait for each other on a busy machine cost ten times
    # what they save. So do OpenCV's, where the work is already shared among threads. It counts only
    # before the libraries are loaded, and a user's own choice goes first.
    for variable in ("OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"):
        os.environ.setdefault(variable, "1")
    keep_freed_memory()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # of a terminal that knows few letters, too
            stream.reconfigure(errors="backslashreplace")
    try:
        with prompt_interrupts(), seldom_searched():
            code = app(args=arguments, prog_name="groovescan", standalone_mode=False)
            if sys.stdout is not None:  # a starter of Windows has none
                sys.stdout.flush()
        ended = code if isinstance(code, int) else 0
        tell(f"ended with code {ended}")
        end_log()
        sys.exit(ended)
    except GroovescanError as error:
        _fail(str(error), error.exit_code)
    except OSError as error:
        _fail(str(as_groovescan_error(error)), as_groovescan_error(error).exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except MemoryError:
        _fail("there is not enough memory for this photograph; crop it to the disc", 1)
    except Exception as error:
        if hasattr(error, "format_message"):
            _fail_usage(error)
        if os.environ.get("GROOVESCAN_TRACEBACK"):
            raise
        _fail(
            f"unexpected {type(error).__name__}: {error}; this is a fault of the program. "
            "Set the environment variable GROOVESCAN_TRACEBACK=1 to see where it happened",
            1,
        )


def _fail(message: str, code: int) -> None:
    tell(f"ended with code {code}: {message}")
    end_log()
    text = f"groovescan: {printable(message)}"
    if sys.stderr.isatty():  # in a log, one line is easier to search
        width = shutil.get_terminal_size().columns
        text = textwrap.fill(text, width, break_long_words=False, break_on_hyphens=False)
    typer.echo(text, err=True)
    _give_up_unwritable()
    sys.exit(code)


def _give_up_unwritable() -> None:
    """Give up text that standard output did not take: a second try at the end would complain."""
    try:
        sys.stdout.flush()
    except OSError:
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail_usage(error: Any) -> None:
    """End with the words of the library that parses arguments; wrong ones may hold anything."""
    typer.echo(printable_lines(usage_text(error)), err=True)
    sys.exit(error.exit_code)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"groovescan {__version__}")
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[
        bool,
        typer.Option(
            "--version", "-V", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    pass


@app.command(cls=HelpfulCommand)
def decode(
    photos: options.Photos,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="The sound file; - sends it to standard output [default: the first PHOTO with "
            ".wav].",
        ),
    ] = None,
    channel: options.Channel = None,
    tone: options.Tone = None,
    page: options.Page = None,
    disc: options.Disc = None,
    dpi: options.Dpi = None,
    rpm: options.Rpm = None,
    clock: options.Clock = None,
    start: Annotated[
        str | None,
        typer.Option(
            help="Which end is played first: outer or inner [default: outer]. The direction "
            "of turning is found, mirrored or not."
        ),
    ] = None,
    modulation: Annotated[
        str | None,
        typer.Option(
            help="What carries the sound: auto (the groove tells), lateral (displacement), "
            "vertical (the groove's width) or brightness [default: auto]."
        ),
    ] = None,
    eq: options.Eq = None,
    linear_phase: options.LinearPhase = None,
    repair: options.Repair = None,
    as_read: options.AsRead = None,
    restore: options.Restore = None,
    keep_removed: options.KeepRemoved = False,
    aperture: options.Aperture = None,
    gain: options.Gain = None,
    rate: options.Rate = None,
    bits: options.Bits = None,
    keep_bad: options.KeepBad = None,
    originator: options.Originator = None,
    save_displacement: Annotated[
        Path | None,
        typer.Option(help="Also save the displacement as .npz.", metavar="FILE.npz"),
    ] = None,
    report: Annotated[
        bool,
        typer.Option(
            "--report", help="Also write a page with a player beside the sound: NAME.html."
        ),
    ] = False,
    split: Annotated[
        bool,
        typer.Option(
            "--split",
            help="Also write each cut, and each band between gaps, to a file of its own: "
            "NAME-1.wav and so on.",
        ),
    ] = False,
    settings: Annotated[
        Path | None,
        typer.Option(
            help="Settings to use, or the .json beside a sound, to make it again; options given "
            "here go before them.",
            metavar="FILE.toml",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace existing files.")] = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    log_file: options.LogFile = None,
    timings: options.Timings = False,
) -> None:
    """Turn the photograph of a disc, or several of one disc, into a sound file."""
    sound = {
        "rpm": rpm,
        "clock": clock,
        "eq": eq,
        "linear_phase": linear_phase,
        "repair": repair,
        "weigh": None if as_read is None else not as_read,
        "restore": restore,
        "aperture": aperture,
        "level": None if gain is None else "gain",
        "gain_db": gain,
        "rate_hz": rate,
        "bits": bits,
        "keep_bad": keep_bad,
        "originator": originator,
    }
    in_force = settings_of(
        settings,
        photo={"channel": channel, "tone": tone, "page": page, "dpi": dpi},
        disc={"start": start, "disc": disc},
        groove={"modulation": modulation},
        sound=sound,
    )
    begin_log(verbose, log_file)
    tell_settings(in_force)
    watch = StageBar(STAGES, visible=not (quiet or verbose), lines=True, begun_s=_BEGUN_S)
    watch("start-up", 0.0)
    with contextlib.ExitStack() as streams:
        refuse_nameless(photos, output)
        photo, *others = given_photographs(photos, streams)
        place = output
        if str(output) == STREAM:
            refuse_more_than_a_sound(page=report, split=split, restore=in_force.sound.restore)
            place = streams.enter_context(standard_output())
        outputs = outputs_of(
            photo,
            place,
            in_force,
            keep_removed=keep_removed,
            page=report,
            displacement=save_displacement,
            split=split,
            others=others,
            force=force,
        )
        decoded = _decode_to([photo, *others], outputs, in_force, watch, force=force)
        _say_summary(photo, decoded, outputs, output, quiet=quiet)
    if timings:
        say(watch.table(), err=str(output) == STREAM)


def _say_summary(
    photo: Path, decoded: Decoded, outputs: Outputs, output: Path | None, *, quiet: bool
) -> None:
    """Log the verdict, say what was decoded, and to a person how to learn the words."""
    if decoded.verdict is not None:
        tell(f"{photo}: {decoded.verdict.line}")
    if quiet:
        return
    say(summary(decoded, outputs), err=str(output) == STREAM)
    if sys.stdout.isatty():
        say("words     groovescan explain WORD says what each of them means")


def _decode_to(
    photos: list[Path], outputs: Outputs, settings: Settings, watch: StageBar, *, force: bool
) -> Decoded:
    """Decode photographs of one disc, and write what comes of them."""
    digested = begun(lambda: facts_of_all(photos))  # a large file takes long to read through
    quieten_readers()
    from groovescan import pipeline

    photo, *others = photos
    with watch.watching():
        with told_as_ours(photo):
            decoded = pipeline.decode(photos if others else photo, settings, progress=watch)
            facts = digested()
        write_outputs(
            decoded,
            photo,
            outputs,
            lambda place, here: force,
            photograph=lambda: facts,
            others=others,
            progress=watch,
        )
    return decoded


app.command("app", cls=HelpfulCommand)(app_window)
app.command(cls=HelpfulCommand)(inspect)
app.command(cls=HelpfulCommand)(batch)
app.command(cls=HelpfulCommand)(curves)
app.command(cls=HelpfulCommand)(explain)
app.command(cls=HelpfulCommand)(simulate)


def summary(decoded: Decoded, outputs: Outputs) -> str:
    """Summary of a decode for people, one fact a line.

    Parameters
    ----------
    decoded : Decoded
        The result.
    outputs : Outputs
        Where everything was written.

    Returns
    -------
    str
        The lines, without an end of line.
    """
    from groovescan.wording.facts import certainty, decode_facts
    from groovescan.wording.quality_words import verdict_facts

    facts = verdict_facts(decoded) | decode_facts(decoded) | certainty(decoded)
    facts |= sound_facts(decoded, outputs)
    if outputs.page is not None:
        facts["report"] = str(outputs.page)
    return table_of(facts)
