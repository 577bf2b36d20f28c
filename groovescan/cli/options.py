"""The options of `decode` that say what becomes of the displacement."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Photos = Annotated[
    list[str],
    typer.Argument(
        help="Photograph of a disc: TIFF, PNG, JPEG, camera raw and others; - is standard input. "
        "Or several of one side of one disc, whole views, close-ups or strips in any order, which "
        "are read as one.",
        metavar="PHOTO...",
    ),
]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Tell each stage, with the seconds since the start.")
]
LogFile = Annotated[
    Path | None,
    typer.Option(help="Add what is told, and how it ended, to a file.", metavar="FILE.log"),
]
Channel = Annotated[
    str | None,
    typer.Option(
        help="What is taken of a colour photograph: auto (what shows the groove best), red, "
        "green, blue, luminance, or the weights of a mixture, =0.5,-0.3,0.2 [default: auto].",
        metavar="CHANNEL",
    ),
]
Page = Annotated[
    int | None,
    typer.Option(
        help="Page of a TIFF file, where two sides are two pages [default: the largest].",
        metavar="NUMBER",
    ),
]
Disc = Annotated[
    int | None,
    typer.Option(
        help="Which disc, where several lie in the photograph: counted from left to right, or "
        "from the top down [default: 1].",
        metavar="NUMBER",
    ),
]
Tone = Annotated[
    str | None,
    typer.Option(
        help="Curve between light and the file's values that is undone: linear (none), srgb, lstar "
        "or an exponent such as 2.2 [default: what the file states, else sRGB at 8 bits; only with "
        "--modulation brightness].",
        metavar="CURVE",
    ),
]
Dpi = Annotated[
    float | None,
    typer.Option(
        help="Pixels per inch, where the file states none, or wrong ones.", metavar="NUMBER"
    ),
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Show no progress and no summary: only errors.")
]
Timings = Annotated[
    bool, typer.Option("--timings", help="Also say how many seconds each stage took.")
]
Rpm = Annotated[
    float | None,
    typer.Option(
        help="Revolutions per minute; 33 is 33 1/3 and 16 is 16 2/3 [default: 78]. European 78s "
        "turn at 77.92, American ones at 78.26.",
        metavar="NUMBER",
    ),
]
Clock = Annotated[
    str | None,
    typer.Option(
        help="hum:50 or hum:60: correct wow, drift and speed by mains hum in the groove.",
        metavar="hum:HZ",
    ),
]
Eq = Annotated[
    str | None,
    typer.Option(
        help="Recording curve: a code such as 500N-13.7, a name that `groovescan curves` lists, "
        "flat (velocity) or displacement [default: 250N-0].",
        metavar="CODE",
    ),
]
LinearPhase = Annotated[
    bool | None,
    typer.Option(
        "--linear-phase/--minimum-phase",
        help="Leave the curve's phases, or undo them as the analogue network does "
        "[default: undone].",
    ),
]
Repair = Annotated[
    bool | None,
    typer.Option(
        "--repair/--no-repair",
        help="Fill missing samples in, or leave them silent [default: filled in].",
    ),
]
AsRead = Annotated[
    bool | None,
    typer.Option(
        "--as-read/--weighed",
        help="Leave each sample as it was read, or weigh it by how well it is seen "
        "[default: weighed].",
    ),
]
Restore = Annotated[
    bool | None,
    typer.Option("--restore/--no-restore", help="Also write a listening copy, NAME.restored.wav."),
]
KeepRemoved = Annotated[
    bool,
    typer.Option(
        "--keep-removed",
        help="With --restore, also write what was taken out, NAME.removed.wav.",
    ),
]
Aperture = Annotated[
    str | None,
    typer.Option(
        help="Give back the treble that blur and pixels took: on or off "
        "[default: on in the listening copy, off in the transfer].",
        metavar="on|off",
    ),
]
Gain = Annotated[
    float | None,
    typer.Option(
        help="Gain in dB, instead of a true peak at -1 dBFS; at 0, a wave at 1 kHz that deviates "
        "by a tenth of the pitch is at full scale.",
        metavar="DB",
    ),
]
Rate = Annotated[
    int | None,
    typer.Option(help="Samples per second, 8000 to 192000 [default: 48000].", metavar="HZ"),
]
Bits = Annotated[
    str | None,
    typer.Option(
        help="Bits per sample: 16 (dithered), 24 or 32f [default: 24].", metavar="16|24|32f"
    ),
]
KeepBad = Annotated[
    bool | None,
    typer.Option(
        "--keep-bad/--refuse-bad",
        help="Write a sound even where less than a tenth of the groove was read, or what two "
        "halves of the pixels say of it has nothing in common [default: refused].",
    ),
]
Originator = Annotated[
    str | None,
    typer.Option(help="Who makes the transfer, for the file.", metavar="NAME"),
]
