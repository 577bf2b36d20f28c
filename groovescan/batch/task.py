"""The task that one photograph of a collection is, and its outcome."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from groovescan.config.settings import Settings

BEGUN, DONE, FAILED, LEFT = "begun", "done", "failed", "not reached"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The outputs of each photograph besides the transfer with its sidecar.

    Attributes
    ----------
    sound : {'wav', 'flac'}
        Format of the sounds.
    report, removed, displacement : bool
        Whether the page, what the listening copy is without, and the displacement are written.
    """

    sound: str = "wav"
    report: bool = False
    removed: bool = False
    displacement: bool = False


@dataclass(frozen=True, kw_only=True)
class Task:
    """One photograph to decode.

    Attributes
    ----------
    photograph : Path
        Where it lies, absolute.
    output : Path
        The output folder, absolute.
    name : str
        What its outputs are called there, without suffix.
    settings : Settings
        Those in force for it.
    wanted : Wanted
        What is written.
    refusal : tuple of (int, str)
        Exit code and reason where it cannot even be tried; code 0 where it can.
    again : bool
        Whether it is decoded though it was done before, and files of others are replaced.
    others : tuple of Path
        Further photographs of the same disc, which are read with it as one.
    """

    photograph: Path
    output: Path
    name: str
    settings: Settings
    wanted: Wanted
    refusal: tuple[int, str] = (0, "")
    again: bool = False
    others: tuple[Path, ...] = ()

    @property
    def photographs(self) -> tuple[Path, ...]:
        """All photographs of the disc."""
        return self.photograph, *self.others

    @property
    def key(self) -> str:
        """A number for everything that the outputs depend on, besides the photograph."""
        asked = dataclasses.asdict(self.settings) | {"wanted": dataclasses.asdict(self.wanted)}
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()

    @property
    def transfer(self) -> Path:
        """The transfer."""
        return self.output / f"{self.name}.{self.wanted.sound}"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The outcome of a photograph.

    Attributes
    ----------
    photograph, name : str
        Its path, and the name of its outputs.
    state : {'begun', 'done', 'failed', 'not reached'}
        How it ended.
    exit_code : int
        As of a decode of its own; 0 where it is done.
    reason : str
        Why it failed.
    key, sha256 : str
        The task's, and the photograph's.
    others : dict of str
        SHA-256 of further photographs of the disc, by their paths.
    files : dict of str
        SHA-256 of what was written, or is about to be, by its path in the output folder.
    former : dict of str
        The same of what an earlier run wrote and may still lie there.
    thumbnail : str
        Its small picture there, or nothing.
    quality : dict
        Figures, by name with unit.
    seconds : float
        Time it took.
    peak_bytes : int
        Most memory that the worker had meanwhile; 0 where it is not known.
    base_bytes : int
        Memory that the worker had before.
    program, made, worker : str
        Version, when, and where.
    kept : bool
        Whether this is of an earlier run, and nothing had to be done.
    stop : bool
        Whether it is no use to go on with others: the disk is full.
    """

    photograph: str
    name: str
    state: str
    exit_code: int = 0
    reason: str = ""
    key: str = ""
    sha256: str = ""
    others: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    former: dict[str, str] = field(default_factory=dict)
    thumbnail: str = ""
    quality: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    peak_bytes: int = 0
    base_bytes: int = 0
    program: str = ""
    made: str = ""
    worker: str = ""
    kept: bool = False
    stop: bool = False


def failed(task: Task, exit_code: int, reason: str, **known: Any) -> Outcome:
    """The outcome of a photograph that could not be decoded."""
    return Outcome(
        photograph=str(task.photograph),
        name=task.name,
        state=FAILED,
        exit_code=exit_code,
        reason=reason,
        key=task.key,
        **known,
    )
