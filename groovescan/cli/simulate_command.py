"""The command that draws a disc."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

import typer

from groovescan.cli.common import by_options, say
from groovescan.config.validated import nearest
from groovescan.errors import SettingsError
from groovescan.storage.atomic_files import check_output
from groovescan.storage.printable import printable

# named here once more, since loading them takes longer than --help may
_PRESETS = (
    "plain, insideout, lamp, tilted, curled, through, flip, walls, raking, worn, thin, wide, "
    "loud, fine, vertical, brightness, cracked, glue, text, frame, locked, leadout, wow, "
    "wander, steps, vari, widein, gap, bands, longgap, twocuts, interleaved, crease, creases, "
    "buckled, torn, torntwice, missing, "
    "halftone, grid, rounded, seam, rings, prints, "
    "lightbox, onelamp, fourlamps, bayer, telephone, flatbed, clean16"
)
_FEED, _SHEET = "The feed, and what is on the disc", "The sheet of film (angles counter-clockwise)"
_PICTURE = "What became of the picture"
_SETS = "Several photographs, NAME-1.png and so on, with one truth"
#: Options whose value is a row of a table: the setting, and what each number is multiplied by to
#: make it one of the setting's.
_DEGREE = math.pi / 180
_ROWS: dict[str, tuple[str, tuple[float, ...]]] = {
    "--feed": ("feed_table", (1, 1)),
    "--gap": ("gaps", (1, 1, 1)),
    "--crease": ("creases", (1, _DEGREE, 1, 1)),
    "--tear": ("tears", (_DEGREE, 1, 1, 1, _DEGREE, _DEGREE)),
    "--missing": ("missing", (_DEGREE, 1)),
    "--seam": ("seams", (1, _DEGREE, 1, 1)),
}

#: Options that are not called like their setting.
_CALLED = {
    **{setting: option for option, (setting, _) in _ROWS.items()},
    "width_px": "--size",
    "feed_wander_percent": "--wander",
    "feed_loud_percent": "--loud",
    "screen_px": "--screen",
    "grid_px": "--grid",
    "rounded_quality": "--rounded",
}


def simulate(
    audio: Annotated[Path, typer.Argument(help="Sound file to cut.", metavar="AUDIO")],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="The photograph: .png, .tif or .jpg.", metavar="DISC.png"
        ),
    ],
    preset: Annotated[
        str, typer.Option(help=f"What disc and camera are like: {_PRESETS}.")
    ] = "plain",
    seed: Annotated[int | None, typer.Option(help="Seed of everything random.")] = None,
    rpm: Annotated[float | None, typer.Option(help="Speed of the lathe.")] = None,
    start: Annotated[str | None, typer.Option(help="Where it starts: outer or inner.")] = None,
    size: Annotated[
        int | None, typer.Option(help="Width and height of the photograph in px.")
    ] = None,
    mm_per_px: Annotated[float | None, typer.Option(help="Size of a pixel in mm.")] = None,
    noise: Annotated[
        float | None, typer.Option(help="Noise of a pixel, 0 to 1 of full scale.")
    ] = None,
    change: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="Any other quantity, as in --set bones=0; repeatable.",
            metavar="NAME=VALUE",
        ),
    ] = None,
    wander: Annotated[
        float | None,
        typer.Option(
            help="How far the pitch wanders, in percent.", metavar="PERCENT", rich_help_panel=_FEED
        ),
    ] = None,
    loud: Annotated[
        float | None,
        typer.Option(
            help="How much wider the pitch is where it is loud, in percent.",
            metavar="PERCENT",
            rich_help_panel=_FEED,
        ),
    ] = None,
    feed: Annotated[
        list[str] | None,
        typer.Option(
            help="Pitch by turn, even between; the same turn twice is a step. Repeatable.",
            metavar="TURN:MM",
            rich_help_panel=_FEED,
        ),
    ] = None,
    gap: Annotated[
        list[str] | None,
        typer.Option(
            help="A silent gap: the turn where it begins, how many pitches wide it is, in how "
            "many turns the groove crosses it (0.3 or 5). Repeatable.",
            metavar="TURN:PITCHES:TURNS",
            rich_help_panel=_FEED,
        ),
    ] = None,
    cuts: Annotated[
        int | None,
        typer.Option(
            help="Grooves that are not connected, which share the sound.", rich_help_panel=_FEED
        ),
    ] = None,
    interleaved: Annotated[
        bool,
        typer.Option(
            "--interleaved",
            help="The cuts, two where --cuts says nothing, lie one within the other.",
            rich_help_panel=_FEED,
        ),
    ] = False,
    crease: Annotated[
        list[str] | None,
        typer.Option(
            help="A fold along a chord: its distance from the centre, its direction in degrees, "
            "how much film is gone in it, how far it stands up. Repeatable.",
            metavar="MM:DEG:MM:MM",
            rich_help_panel=_SHEET,
        ),
    ] = None,
    buckles: Annotated[
        int | None, typer.Option(help="Bumps and hollows.", rich_help_panel=_SHEET)
    ] = None,
    tear: Annotated[
        list[str] | None,
        typer.Option(
            help="A sector torn off and laid back: its middle and width in degrees, its point's "
            "distance from the centre; moved how far in which direction, turned by how many "
            "degrees. Repeatable.",
            metavar="DEG:DEG:MM:MM:DEG:DEG",
            rich_help_panel=_SHEET,
        ),
    ] = None,
    missing: Annotated[
        list[str] | None,
        typer.Option(
            help="A sector that is not there: its middle and width in degrees. Repeatable.",
            metavar="DEG:DEG",
            rich_help_panel=_SHEET,
        ),
    ] = None,
    screen: Annotated[
        float | None,
        typer.Option(
            help="It is a printed one: distance of the dots.",
            metavar="PX",
            rich_help_panel=_PICTURE,
        ),
    ] = None,
    grid: Annotated[
        float | None,
        typer.Option(
            help="A grid lies over the disc: distance of its lines.",
            metavar="PX",
            rich_help_panel=_PICTURE,
        ),
    ] = None,
    rounded: Annotated[
        int | None,
        typer.Option(
            help="It went through a JPEG file of this quality, 1 to 100.",
            metavar="QUALITY",
            rich_help_panel=_PICTURE,
        ),
    ] = None,
    seam: Annotated[
        list[str] | None,
        typer.Option(
            help="Parts do not fit together: a chord's distance from the middle of the picture and "
            "its direction; how far right and down what is beyond was moved. Repeatable.",
            metavar="PX:DEG:PX:PX",
            rich_help_panel=_PICTURE,
        ),
    ] = None,
    tiles: Annotated[
        str | None,
        typer.Option(
            help="Close-ups side by side and below one another, each turned otherwise.",
            metavar="3x3",
            rich_help_panel=_SETS,
        ),
    ] = None,
    lamps: Annotated[
        int | None,
        typer.Option(
            help="So many photographs, under a lamp that goes round the disc.",
            rich_help_panel=_SETS,
        ),
    ] = None,
    repeats: Annotated[
        int | None, typer.Option(help="The same photograph so many times.", rich_help_panel=_SETS)
    ] = None,
    pieces: Annotated[
        int | None,
        typer.Option(
            help="The disc is cut into so many pieces, one a photograph.", rich_help_panel=_SETS
        ),
    ] = None,
    together: Annotated[
        bool,
        typer.Option("--together", help="The pieces lie in one photograph.", rich_help_panel=_SETS),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace existing files.")] = False,
) -> None:
    """Draw the photograph of a disc that plays a sound, with its truth beside it."""
    given: dict[str, Any] = {"seed": seed, "rpm": rpm, "start": start}
    given |= {"mm_per_px": mm_per_px, "noise": noise}
    given |= {"width_px": size, "height_px": size, "buckles": buckles, "cuts": cuts}
    given |= {"feed_wander_percent": wander, "feed_loud_percent": loud}
    given |= {"screen_px": screen, "grid_px": grid, "rounded_quality": rounded}
    rows = {"--feed": feed, "--gap": gap, "--crease": crease, "--tear": tear}
    given |= _tables(rows | {"--missing": missing, "--seam": seam})
    if interleaved:
        given |= {"cuts_lie": "interleaved", "cuts": cuts or 2}
    changes = {name: value for name, value in given.items() if value is not None}
    changes |= dict(_named_value(text) for text in change or ())
    if not any((tiles, lamps, repeats, pieces)):
        check_output(output, force=force)

    from groovescan import simulate as simulation

    if preset not in simulation.PRESETS:
        known = list(simulation.PRESETS)
        hint = nearest(preset, known)
        every = "" if hint.startswith("known") else f"; known are {', '.join(known)}"
        raise SettingsError(f"there is no preset {preset!r}: {hint}{every}")
    with by_options(given, _CALLED):
        chosen = simulation.PRESETS[preset].replace(**changes)
    for place in simulation.truth_places(output, chosen.cuts):
        check_output(place, force=force)
        check_output(place.with_suffix(".npz"), force=force)
    sound, rate_hz = _read_sound(audio)
    if together and pieces is None:
        raise SettingsError("--together is about pieces: how many, --pieces says")
    asked = {"tiles": tiles, "lamps": lamps, "repeats": repeats, "pieces": pieces}
    kinds = {kind: value for kind, value in asked.items() if value is not None}
    if kinds:
        if together:
            kinds = {"pieces together" if kind == "pieces" else kind: kinds[kind] for kind in kinds}
        _write_set(kinds, (sound, rate_hz, chosen), output, force=force)
        return
    disc = simulation.simulate(sound, rate_hz, chosen)
    _, *truth = simulation.write_simulation(disc, output, force=force)
    drawn = f"{chosen.width_px} x {chosen.height_px} px, preset {preset}"
    say(printable(f"{output}: {drawn}"))
    say(printable(f"its truth: {', '.join(map(str, truth))}"))


def _write_set(
    kinds: dict[str, Any], asked: tuple[Any, int, Any], output: Path, *, force: bool
) -> None:
    """Draw several photographs of the disc."""
    from groovescan import simulate as simulation

    if len(kinds) > 1:
        named = " and ".join(f"--{kind}" for kind in kinds)
        raise SettingsError(f"{named} are given; one kind of several photographs at a time")
    ((kind, value),) = kinds.items()
    if kind == "tiles":
        across, down = _tiles(value)
        taken = simulation.tiles_of(*asked, across=across, down=down)
    else:
        draw = {"lamps": simulation.lamps_of, "repeats": simulation.repeats_of}
        draw["pieces together"] = simulation.pieces_together_of
        taken = draw.get(kind, simulation.pieces_of)(*asked, value)
    places = simulation.write_photograph_set(taken, output, force=force)
    count = len(taken.images)
    many = "photographs" if count > 1 else "photograph"
    say(printable(f"{', '.join(map(str, places[:count]))}: {count} {many} of one disc"))
    say(printable(f"their truth: {', '.join(map(str, places[count:]))}"))


def _tiles(text: str) -> tuple[int, int]:
    across, times, down = text.partition("x")
    if not (times and across.isdecimal() and down.isdecimal()):
        raise SettingsError(f"--tiles takes two numbers, as in --tiles 3x3, and got {text!r}")
    return int(across), int(down)


def _tables(options: dict[str, list[str] | None]) -> dict[str, list[list[float]]]:
    """The settings that the options give row by row."""
    return {
        _ROWS[name][0]: [_row(name, text) for text in texts]
        for name, texts in options.items()
        if texts
    }


def _row(option: str, text: str) -> list[float]:
    """Numbers between colons, in the units of the setting."""
    units = _ROWS[option][1]
    try:
        numbers = [float(part) for part in text.split(":")]
    except ValueError as error:
        raise SettingsError(f"{option} takes numbers between colons, and got {text!r}") from error
    if len(numbers) != len(units):
        raise SettingsError(f"{option} takes {len(units)} numbers between colons, and got {text!r}")
    return [number * unit for number, unit in zip(numbers, units, strict=True)]


def _named_value(text: str) -> tuple[str, Any]:
    """Name and value of ``name=value``; the value is TOML, or else a word."""
    import tomllib

    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise SettingsError(f"--set takes NAME=VALUE, as in --set bones=0, and got {text!r}")
    try:
        return name.strip(), tomllib.loads(f"value = {value}")["value"]
    except (ValueError, RecursionError):  # no TOML, a number too long, brackets too deep
        return name.strip(), value.strip()


def _read_sound(path: Path) -> tuple[Any, int]:
    """A sound file as one channel of float64, and its rate in Hz."""
    import soundfile

    if not path.is_file():
        raise SettingsError(f"there is no sound {path}; check its name and folder")
    try:
        sound, rate_hz = soundfile.read(path, dtype="float64", always_2d=True)
    except (OSError, soundfile.SoundFileError) as error:
        raise SettingsError(f"the sound {path} cannot be read: {error}") from error
    if not len(sound):
        raise SettingsError(f"the sound {path} is empty; there is nothing to cut")
    return sound.mean(axis=1), rate_hz
