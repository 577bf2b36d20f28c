"""Shared by several commands: settings from a file and from options, and paths that are checked."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

from groovescan.config.settings import Settings
from groovescan.errors import PhotographError, SettingsError
from groovescan.storage.printable import printable, printable_lines


def say(text: str, *, err: bool = False) -> None:
    """Print lines in which nothing stands that a terminal would obey."""
    typer.echo(printable_lines(text), err=err)


def json_text(numbers: dict[str, Any]) -> str:
    """Numbers for programs as JSON: ASCII, and null where there is no finite number."""
    return json.dumps(_finite(numbers), indent=1, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(held) for name, held in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(held) for held in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def table_of(facts: Mapping[str, object], width: int = 10) -> str:
    """Facts as lines, each on one whatever its names hold."""
    return "\n".join(f"{name:<{width}}{printable(str(fact))}" for name, fact in facts.items())


def settings_of(path: Path | None, **options: dict[str, Any]) -> Settings:
    """The settings of a file, or the defaults, with the options that were given put over them."""
    base = _from_file(path) if path else Settings()
    given = {
        stage: {name: value for name, value in values.items() if value is not None}
        for stage, values in options.items()
    }
    names = {name for values in given.values() for name in values}
    with by_options(names, {"rate_hz": "--rate", "gain_db": "--gain"}):
        found = base.replace(**given)
        if "eq" in names:
            from groovescan.sound.equalisation.curves import parse_curve

            parse_curve(found.sound.eq)
    return found


@contextlib.contextmanager
def by_options(names: Iterable[str], called: Mapping[str, str]) -> Iterator[None]:
    """Have what is wrong with a setting told by the option that it was given by.

    Parameters
    ----------
    names : iterable of str
        Settings that options gave.
    called : mapping of str to str
        Options that are not called like their setting.

    Raises
    ------
    SettingsError
        As it was raised within, but for its first word.
    """
    try:
        yield
    except SettingsError as error:
        name = str(error).partition(" ")[0]
        if name not in names:
            raise
        option = called.get(name, f"--{name.replace('_', '-')}")
        raise SettingsError(option + str(error).removeprefix(name)) from error


def _from_file(path: Path) -> Settings:
    """Settings from a TOML file, or from the sidecar of a sound."""
    text = _read(path)
    if path.suffix.lower() != ".json":
        return Settings.from_toml(text)
    try:
        held = json.loads(text)
    except (ValueError, RecursionError) as error:  # numbers too long, brackets too deep
        raise SettingsError(f"the settings file {path} is not valid JSON: {error}") from error
    if not isinstance(held, dict) or not isinstance(held.get("settings"), dict):
        raise SettingsError(
            f"the settings file {path} holds no settings; give the .json that lies beside a "
            "decoded sound, or a .toml"
        )
    return Settings.from_dict(held["settings"])


def _read(path: Path) -> str:
    # No settings or sidecar is longer: a sidecar with ten thousand gaps has half a megabyte.
    longest_settings_bytes = 64 << 20
    try:
        with path.open("rb") as file:  # a pipe is welcome here: whoever names it knows it
            content = file.read(longest_settings_bytes + 1)
        if len(content) > longest_settings_bytes:
            raise SettingsError(
                f"the settings file {path} is longer than {longest_settings_bytes >> 20} MB; give "
                "the .json that lies beside a decoded sound, or a .toml"
            )
        return content.decode("utf-8-sig")
    except FileNotFoundError as error:
        raise SettingsError(f"there is no settings file {path}; check its name") from error
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"the settings file {path} holds no text; give the .json that lies beside a decoded "
            "sound, or a .toml"
        ) from error
    except OSError as error:
        raise SettingsError(f"the settings file {path} cannot be read: {error}") from error


def check_photograph(photo: Path) -> None:
    """Refuse what is no file, before anything heavy is loaded."""
    try:
        if photo.is_dir():
            raise PhotographError(
                f"{photo} is a folder; check its name, and give one photograph in it"
            )
        if not photo.exists():
            raise PhotographError(f"there is no photograph {photo}; check its name and folder")
        if not photo.is_file():
            raise PhotographError(f"{photo} is no file, but a device or a pipe; name a file")
        with photo.open("rb"):
            pass
    except OSError as error:
        raise PhotographError(
            f"the photograph {photo} cannot be opened: {error.strerror}; check its permissions "
            "and those of its folder"
        ) from error


def quieten_readers() -> None:
    """Keep remarks of the TIFF library from the terminal: what matters becomes an error."""
    import logging

    logging.getLogger("tifffile").setLevel(logging.CRITICAL)
