"""One frozen settings class per stage, with bounds, and TOML in and out."""

from __future__ import annotations

import dataclasses
import difflib
import math
import tomllib
from dataclasses import dataclass, field
from typing import Any, Self

import tomli_w

from groovescan.errors import SettingsError


def _number(default: float, low: float, high: float, unit: str) -> Any:
    return field(default=default, metadata={"low": low, "high": high, "unit": unit})


def _choice(default: str, *choices: str) -> Any:
    return field(default=default, metadata={"choices": (default, *choices)})


def nearest(word: str, known: list[str]) -> str:
    """A hint that names the known word closest to `word`, or all known words."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"known are {', '.join(sorted(known))}"


class _Stage:
    """Shared behaviour of the stages' settings: every field is checked against its bounds."""

    def __post_init__(self) -> None:
        for item in dataclasses.fields(self):  # type: ignore[arg-type]
            _check(item, getattr(self, item.name))

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed; the original stays as it is."""
        _refuse_unknown(changes, type(self))
        return dataclasses.replace(self, **changes)  # type: ignore[type-var]


def _check(item: dataclasses.Field, value: Any) -> None:
    meta = item.metadata
    if "choices" in meta and value not in meta["choices"]:
        known = list(meta["choices"])
        hint = nearest(str(value), known)
        raise SettingsError(f"{item.name} is {value!r}, which is not one of {known}: {hint}")
    if "low" not in meta:
        return
    whole = isinstance(item.default, int)
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        raise SettingsError(f"{item.name} is {value!r}; it takes a {'whole ' * whole}number")
    if not math.isfinite(value) or not meta["low"] <= value <= meta["high"]:
        low, high, unit = meta["low"], meta["high"], meta["unit"]
        raise SettingsError(f"{item.name} is {value}; it must lie between {low} and {high} {unit}")


def _refuse_unknown(values: dict[str, Any], cls: type, prefix: str = "") -> None:
    known = [item.name for item in dataclasses.fields(cls)]
    for key in values:
        if key not in known:
            raise SettingsError(f"there is no setting {prefix + key!r}: {nearest(key, known)}")


@dataclass(frozen=True, kw_only=True)
class PhotoSettings(_Stage):
    """How the photograph is read.

    Attributes
    ----------
    max_megapixels : float
        Largest photograph accepted, in megapixels; larger headers are refused unread.
    """

    max_megapixels: float = _number(400.0, 0.01, 4000.0, "megapixels")


@dataclass(frozen=True, kw_only=True)
class DiscSettings(_Stage):
    """How the groove field is found and mapped.

    Attributes
    ----------
    start : {'outer', 'inner'}
        Which end of the groove is played first.
    pitch_min_px, pitch_max_px : float
        Limits of the distance between turns that is searched, in px.
    patches : int
        Number of patches, at most, whose spectra are taken per scale.
    map_harmonics : int
        Highest harmonic per turn that the groove map follows (curl of the film, uneven
        scales); what is faster is sound. At 78 rpm, one harmonic is 1.3 Hz.
    seed : int
        Seed of the consensus search, so that two runs agree bit by bit.
    """

    start: str = _choice("outer", "inner")
    pitch_min_px: float = _number(3.0, 2.2, 1000.0, "px")
    pitch_max_px: float = _number(160.0, 4.0, 1000.0, "px")
    patches: int = _number(20000, 200, 1000000, "patches")
    map_harmonics: int = _number(12, 2, 60, "per turn")
    seed: int = _number(0, 0, 2**31, "")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.pitch_min_px >= self.pitch_max_px:
            raise SettingsError(
                f"pitch_min_px is {self.pitch_min_px}; it must be less than "
                f"pitch_max_px, which is {self.pitch_max_px}"
            )


@dataclass(frozen=True, kw_only=True)
class GrooveSettings(_Stage):
    """How the groove is read.

    Attributes
    ----------
    modulation : {'lateral', 'vertical', 'brightness'}
        What carries the sound: the groove's displacement, its width (hill-and-dale), or its
        brightness (variable density, or a hill-and-dale groove under one-sided light).
    step_px : float
        Distance between samples along the groove at its outer edge, in px.
    iterations : int
        Sweeps over the pixels that bring the model to the photograph.
    """

    modulation: str = _choice("lateral", "vertical", "brightness")
    step_px: float = _number(0.9, 0.2, 4.0, "px")
    iterations: int = _number(8, 1, 50, "steps")


@dataclass(frozen=True, kw_only=True)
class SoundSettings(_Stage):
    """How displacement becomes sound.

    Attributes
    ----------
    rpm : float
        Speed of the turntable, in revolutions per minute.
    eq : {'250N-0', 'flat', 'displacement'}
        Recording curve that is undone: 250 Hz turnover; `flat` gives velocity as a
        magnetic pick-up would; `displacement` gives the groove's displacement itself.
    rate_hz : int
        Sample rate of the waveform, in Hz.
    peak_dbfs : float
        Level that the highest peak is brought to, in dB below full scale.
    """

    rpm: float = _number(78.0, 1.0, 1000.0, "revolutions per minute")
    eq: str = _choice("250N-0", "flat", "displacement")
    rate_hz: int = _number(48000, 8000, 384000, "Hz")
    peak_dbfs: float = _number(-1.0, -60.0, 0.0, "dB")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of a decode, one class per stage."""

    photo: PhotoSettings = field(default_factory=PhotoSettings)
    disc: DiscSettings = field(default_factory=DiscSettings)
    groove: GrooveSettings = field(default_factory=GrooveSettings)
    sound: SoundSettings = field(default_factory=SoundSettings)

    def replace(self, **stages: dict[str, Any] | _Stage) -> Settings:
        """A copy with some fields changed: ``settings.replace(sound={'rpm': 45})``.

        Each keyword names a stage; its value is a new settings object of that stage or a
        dictionary of the fields to change in it.
        """
        _refuse_unknown(stages, Settings)
        new = {
            name: getattr(self, name).replace(**value) if isinstance(value, dict) else value
            for name, value in stages.items()
        }
        return dataclasses.replace(self, **new)

    def to_toml(self) -> str:
        """Every setting as TOML text that `from_toml` reads back to an equal object."""
        return tomli_w.dumps(dataclasses.asdict(self))

    @classmethod
    def from_toml(cls, text: str) -> Settings:
        """Settings from TOML text; what it leaves out keeps its default.

        Raises
        ------
        SettingsError
            Where the text is no TOML, or names a stage or setting that does not exist.
        """
        try:
            values = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(f"the settings are not valid TOML: {error}") from error
        _refuse_unknown(values, cls)
        for name, stage in values.items():
            if not isinstance(stage, dict):
                raise SettingsError(f"{name} is {stage!r}; it must be a table, [{name}]")
            _refuse_unknown(stage, type(getattr(cls(), name)), prefix=f"{name}.")
        return cls().replace(**values)
