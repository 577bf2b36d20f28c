"""Names of the settings in words, for panels and windows, and of the curves that they take."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

#: What a setting is called where people turn it, by its stage and name.
_LABELS = {
    "photo.channel": "Colour that is read",
    "photo.tone": "Tone curve of the file",
    "photo.page": "Page of the file",
    "photo.dpi": "Pixels per inch",
    "photo.max_megapixels": "Largest photograph",
    "photo.max_whole_megapixels": "Largest that is decoded whole",
    "photo.whole_mb": "Held in memory up to",
    "photo.cache_mb": "Memory for blocks",
    "disc.start": "Played from",
    "disc.pitch_min_px": "Least distance of turns",
    "disc.pitch_max_px": "Largest distance of turns",
    "disc.patches": "Patches that are searched",
    "disc.map_harmonics": "Shape of the film, harmonics",
    "disc.disc": "Which disc",
    "disc.seed": "Seed of the search",
    "groove.modulation": "What carries the sound",
    "groove.step_px": "Distance of samples",
    "groove.rows_per_turn": "Samples of a turn, at most",
    "groove.iterations": "Sweeps over the pixels",
    "sound.rpm": "Speed",
    "sound.clock": "Clock against wow",
    "sound.eq": "Recording curve",
    "sound.linear_phase": "Leave the curve's phases",
    "sound.repair": "Fill missing samples in",
    "sound.weigh": "Weigh samples by certainty",
    "sound.aperture": "Give treble back",
    "sound.blur_px": "Blur of the optics",
    "sound.restore": "Make a listening copy",
    "sound.rate_hz": "Sample rate",
    "sound.bits": "Bits of a sample",
    "sound.level": "Level is set by",
    "sound.peak_dbfs": "Peak level",
    "sound.gain_db": "Gain",
    "sound.keep_bad": "Keep a bad reading",
    "sound.originator": "Made by",
    "restore.click_threshold": "A click is, from",
    "restore.reduction_db": "Noise reduction, at most",
    "restore.rumble_hz": "Rumble is below",
    "restore.aperture_db": "Treble raised, at most",
}
#: Choices of a setting, in words.
_CHOICES = {
    "disc.start": {"outer": "the outer edge", "inner": "the inside"},
    "groove.modulation": {
        "auto": "as the groove shows",
        "lateral": "its displacement (most discs)",
        "vertical": "its width (hill-and-dale)",
        "brightness": "its brightness",
    },
    "sound.aperture": {"auto": "in the listening copy", "on": "everywhere", "off": "nowhere"},
    "sound.bits": {"24": "24", "16": "16", "32f": "32, floating point"},
    "sound.level": {"peak": "its peak", "gain": "a fixed gain"},
    "sound.clock": {
        "none": "none",
        "hum:50": "mains hum of 50 Hz",
        "hum:60": "mains hum of 60 Hz",
    },
}
_FREE_CURVES = {
    "flat": "flat: the groove's velocity",
    "displacement": "displacement: the groove itself",
}
_STAGES = {
    "photo": "The photograph",
    "disc": "The disc",
    "groove": "The groove",
    "sound": "The sound",
    "restore": "The listening copy",
}


class CatalogueRow(Protocol):
    """A recording curve that has a name, as the catalogue holds it."""

    @property
    def names(self) -> tuple[str, ...]:
        """Its names, the usual one first."""

    @property
    def code(self) -> str:
        """Its code."""

    @property
    def used_by(self) -> str:
        """Labels that cut with it."""

    @property
    def years(self) -> str:
        """When."""


def label_of(stage: str, name: str) -> str:
    """The label of a setting where people turn it.

    Parameters
    ----------
    stage, name : str
        Its stage in `Settings`, and its own name.

    Returns
    -------
    str
        Words; the name with spaces, where it has none of its own.

    Examples
    --------
    >>> label_of("sound", "rpm")
    'Speed'
    """
    return _LABELS.get(f"{stage}.{name}", name.replace("_", " "))


def choice_words(stage: str, name: str, choice: object) -> str:
    """One of a setting's choices, in words.

    Examples
    --------
    >>> choice_words("disc", "start", "inner")
    'the inside'
    """
    return _CHOICES.get(f"{stage}.{name}", {}).get(str(choice), str(choice))


def stage_title(stage: str) -> str:
    """The title of a stage's settings.

    Examples
    --------
    >>> stage_title("restore")
    'The listening copy'
    """
    return _STAGES.get(stage, stage)


def curve_choices(catalogue: Iterable[CatalogueRow]) -> dict[str, str]:
    """Recording curves to choose from: what the setting takes, and who cut with it.

    Parameters
    ----------
    catalogue : iterable of CatalogueRow
        The curves that have a name.

    Returns
    -------
    dict of str to str
        The first entry of each code is the code itself, so that the default is among them.
    """
    found: dict[str, str] = {}
    for row in catalogue:
        value = row.names[0] if row.code in found else row.code
        found[value] = f"{row.names[0]} ({row.code}): {row.used_by}, {row.years}"
    return {**found, **_FREE_CURVES}
