"""Messages between the window and the process that does its work."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from groovescan.config.settings import Settings


@dataclass(frozen=True, kw_only=True)
class PhotographRequest:
    """Something is to be done with a photograph.

    Attributes
    ----------
    photo : Path
        The photograph.
    others : tuple of Path
        Further photographs of the same side of the same disc.
    settings : Settings
        With which settings.
    dark : bool
        Whether pictures are for a dark room.
    """

    photo: Path
    others: tuple[Path, ...] = ()
    settings: Settings = field(default_factory=Settings)
    dark: bool = False


@dataclass(frozen=True, kw_only=True)
class LookRequest(PhotographRequest):
    """It is to be looked at, to tell what a decode would be like."""


@dataclass(frozen=True, kw_only=True)
class ReadRequest(PhotographRequest):
    """Its groove is to be read and played."""


@dataclass(frozen=True, kw_only=True)
class CompareRequest(PhotographRequest):
    """It is to be played with another curve, which the settings name, beside the first."""


@dataclass(frozen=True, kw_only=True)
class SaveRequest(PhotographRequest):
    """A request to write the sound that was read.

    Attributes
    ----------
    sound : Path
        Where the sound goes; its name says whether it is WAV or FLAC, the rest lies beside it.
    page, toml : bool
        Whether the page with the player, and the settings, are written, too.
    replace : bool
        Whether files that are there may be replaced.
    """

    sound: Path
    page: bool = False
    toml: bool = False
    replace: bool = False


@dataclass(frozen=True, kw_only=True)
class StageNews:
    """A stage has begun, or is so far.

    Attributes
    ----------
    stage : str
        Of `groovescan.runtime.progress.STAGES`, or what is done but once.
    done : float
        How much of it is done, 0 to 1.
    """

    stage: str
    done: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture to be shown.

    Attributes
    ----------
    title, words : str
        What it is called, and what is to be seen in it.
    file : Path
        Where it lies.
    """

    title: str
    words: str
    file: Path


@dataclass(frozen=True, kw_only=True)
class ListeningTrack:
    """A sound to be heard.

    Attributes
    ----------
    name : str
        What it is called.
    file : Path
        Where it lies: a WAV file.
    loudness_db : float
        Its level over full scale, in dB, by which two sounds are made equally loud.
    """

    name: str
    file: Path
    loudness_db: float


@dataclass(frozen=True, kw_only=True)
class LookReport:
    """The findings of a look at a photograph.

    Attributes
    ----------
    facts : dict of str to str
        Names and facts.
    advice : tuple of str
        What would make the photograph better.
    refusal : str
        Why it cannot be read; empty where it can.
    picture : Picture
        What was seen.
    """

    facts: dict[str, str]
    advice: tuple[str, ...]
    refusal: str
    picture: Picture


@dataclass(frozen=True, kw_only=True)
class ReadReport:
    """The result of a reading.

    Attributes
    ----------
    verdict : str
        'good', 'doubtful' or 'bad'; empty where it was not judged.
    line : str
        The verdict with its reasons.
    facts : dict of str to str
        Names and facts.
    tracks : tuple of ListeningTrack
        The transfer, and the listening copy where there is one.
    pictures : tuple of Picture
        What was read.
    """

    verdict: str
    line: str
    facts: dict[str, str]
    tracks: tuple[ListeningTrack, ...]
    pictures: tuple[Picture, ...]


@dataclass(frozen=True, kw_only=True)
class CompareReport:
    """The same with another curve.

    Attributes
    ----------
    track : ListeningTrack
        The sound.
    """

    track: ListeningTrack


@dataclass(frozen=True, kw_only=True)
class SaveReport:
    """It is written.

    Attributes
    ----------
    files : tuple of Path
        All that was written.
    """

    files: tuple[Path, ...]


@dataclass(frozen=True, kw_only=True)
class RefusalReport:
    """It could not be done.

    Attributes
    ----------
    message : str
        What happened, why, and what to try.
    exists : bool
        Whether it is only that a file is there already.
    """

    message: str
    exists: bool = False


Request = LookRequest | ReadRequest | CompareRequest | SaveRequest
Report = LookReport | ReadReport | CompareReport | SaveReport | RefusalReport
