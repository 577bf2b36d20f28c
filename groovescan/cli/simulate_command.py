"""The command that draws a disc."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from groovescan.config.validated import nearest
from groovescan.core.atomic_files import check_output
from groovescan.errors import SettingsError

# named here once more, since loading them takes longer than --help may
_PRESETS = (
    "plain, insideout, lamp, tilted, curled, through, flip, walls, raking, worn, thin, wide, "
    "loud, fine, vertical, brightness, cracked, glue, text, frame, locked, leadout, wow, "
    "clean16"
)


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
    force: Annotated[bool, typer.Option("--force", help="Replace existing files.")] = False,
) -> None:
    """Draw the photograph of a disc that plays a sound, with its truth beside it."""
    given = {"seed": seed, "rpm": rpm, "start": start, "mm_per_px": mm_per_px, "noise": noise}
    given |= {"width_px": size, "height_px": size}
    changes = {name: value for name, value in given.items() if value is not None}
    changes |= dict(_named_value(text) for text in change or ())
    for suffix in (output.suffix, ".truth.json", ".truth.npz"):
        check_output(output.with_suffix(suffix), force=force)

    from groovescan import simulate as simulation

    if preset not in simulation.PRESETS:
        hint = nearest(preset, list(simulation.PRESETS))
        raise SettingsError(f"there is no preset {preset!r}: {hint}")
    chosen = simulation.PRESETS[preset].replace(**changes)
    sound, rate_hz = _read_sound(audio)
    disc = simulation.simulate(sound, rate_hz, chosen)
    _, facts, arrays = simulation.write_simulation(disc, output, force=force)
    typer.echo(f"{output}: {chosen.width_px} x {chosen.height_px} px, preset {preset}")
    typer.echo(f"its truth: {facts}, {arrays}")


def _named_value(text: str) -> tuple[str, Any]:
    """Name and value of ``name=value``; the value is TOML, or else a word."""
    import tomllib

    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise SettingsError(f"--set takes NAME=VALUE, as in --set bones=0, and got {text!r}")
    try:
        return name.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
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
