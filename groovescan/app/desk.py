"""The window's desk: the photographs on it, and what has become of the one that is open."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groovescan.app.messages import (
    CompareReport,
    CompareRequest,
    ListeningTrack,
    LookReport,
    LookRequest,
    PhotographRequest,
    ReadReport,
    ReadRequest,
    RefusalReport,
    Report,
    SaveReport,
    SaveRequest,
    StageNews,
)
from groovescan.config.settings import Settings
from groovescan.errors import GroovescanError
from groovescan.wording.setting_words import label_of

#: Changes here are answered at once; the others read the photograph again.
_AT_ONCE = ("sound", "restore")
_DOING = {
    LookRequest: "Looking at the photograph",
    ReadRequest: "Reading the groove",
    CompareRequest: "Trying the other curve",
    SaveRequest: "Saving",
}


@dataclass(frozen=True, kw_only=True)
class PhotographOnDesk:
    """A photograph that was brought, or several of one disc.

    Attributes
    ----------
    path : Path
        Where it lies.
    others : tuple of Path
        Where further photographs of the same side of the same disc lie.
    state : str
        What has become of it: 'waiting', 'open', 'read', 'refused', 'saved', 'stopped'.
    brought : bool
        Whether it is a copy that the browser brought, so that nothing can be saved beside it.
    """

    path: Path
    others: tuple[Path, ...] = ()
    state: str = "waiting"
    brought: bool = True

    @property
    def name(self) -> str:
        """Its name."""
        return f"{self.path.name} and {len(self.others)} more" if self.others else self.path.name


@dataclass(frozen=True, kw_only=True)
class Notice:
    """A message for whoever sits at the window.

    Attributes
    ----------
    mood : str
        'plain', 'busy', 'good', 'doubtful' or 'bad'.
    title, text : str
        In a few words, and in some more.
    """

    mood: str = "plain"
    title: str = ""
    text: str = ""


_WELCOME = Notice(
    title="No photograph yet",
    text="Drop one here, or choose one. Nothing leaves this computer.",
)

_ONE_OR_SEVERAL = (
    "Close-ups, strips or repeats of one side of one disc are read as one. Photographs of several "
    "discs are read one after the other."
)


class Desk:
    """The state behind the window; whoever shows it is told which part has changed.

    Parameters
    ----------
    ask : callable
        Has the other process do something.
    cancel : callable
        Ends what it does.
    """

    def __init__(
        self, ask: Callable[[PhotographRequest], None], cancel: Callable[[], None]
    ) -> None:
        self._ask, self._cancel = ask, cancel
        self.photographs: list[PhotographOnDesk] = []
        self.current: int | None = None
        self.settings = Settings()
        self.dark = False
        self.notice = _WELCOME
        self.refused: list[str] = []
        self.together: tuple[PhotographOnDesk, ...] = ()
        self.listeners: list[Callable[[str], None]] = []
        self._read_with: Settings | None = None
        self._again = False
        self._doing: PhotographRequest | None = None
        self.stage, self.done = "", 0.0
        self._clear()

    def _clear(self) -> None:
        """Nothing is known of the photograph."""
        self.look: LookReport | None = None
        self.read: ReadReport | None = None
        self.other: tuple[str, ListeningTrack] | None = None
        self.saved: tuple[Path, ...] = ()
        self._read_with = None

    @property
    def busy(self) -> str:
        """The work under way, in words; empty where there is none."""
        return _DOING[type(self._doing)] if self._doing is not None else ""

    @property
    def open_photograph(self) -> PhotographOnDesk | None:
        """The photograph that is worked on."""
        return None if self.current is None else self.photographs[self.current]

    @property
    def waits(self) -> list[str]:
        """Settings that were changed and wait for the groove to be read again, in words."""
        if self._read_with is None:
            return []
        before, now = (dataclasses.asdict(s) for s in (self._read_with, self.settings))
        return [
            label_of(stage, name)
            for stage, values in now.items()
            for name, value in values.items()
            if value != before[stage][name]
        ]

    def tell(self, *parts: str) -> None:
        """Let everybody who shows the desk know that parts of it have changed."""
        for part in parts:
            for listener in list(self.listeners):
                listener(part)

    def add(self, path: Path, *, brought: bool = True) -> None:
        """Put a photograph on the desk; the first is opened."""
        self.photographs.append(PhotographOnDesk(path=path, brought=brought))
        self.tell("photographs")
        if self._doing is None and (self.current is None or self._done_with(self.current)):
            self.open(len(self.photographs) - 1)

    def add_several(self, paths: Sequence[Path], *, brought: bool = True) -> None:
        """Put photographs on the desk that came together, and ask whether they are of one disc."""
        if len(paths) < 2:
            for path in paths:
                self.add(path, brought=brought)
            return
        new = tuple(PhotographOnDesk(path=path, brought=brought) for path in paths)
        self.photographs.extend(new)
        self.together = new
        if self._doing is None:
            self._say(Notice(title="One disc, or several?", text=_ONE_OR_SEVERAL))
        self.tell("photographs")

    def answer(self, *, one_disc: bool) -> None:
        """Take the photographs that came together for one disc, or each for a disc of its own."""
        asked, self.together = self.together, ()
        numbers = [k for k, one in enumerate(self.photographs) if any(one is a for a in asked)]
        if one_disc and len(numbers) > 1:
            first, *others = (self.photographs[k] for k in numbers)
            now = self.open_photograph
            self.photographs[numbers[0]] = dataclasses.replace(
                first, others=tuple(one.path for one in others)
            )
            for number in reversed(numbers[1:]):
                del self.photographs[number]
            if now is not None:
                self.current = next(k for k, one in enumerate(self.photographs) if one is now)
        self.tell("photographs")
        if numbers and self._doing is None:
            self.open(numbers[0])

    def _done_with(self, number: int) -> bool:
        return self.photographs[number].state in ("saved", "refused")

    def refuse(self, name: str, why: str) -> None:
        """Say that a file was not taken."""
        self.refused.append(f"{name}: {why}")
        self.tell("photographs")

    @property
    def next_number(self) -> int | None:
        """The next photograph that waits, after the open one, or else the first."""
        count, first = len(self.photographs), (self.current or 0) + 1
        for number in (n % count for n in range(first, first + count)):
            if number != self.current and self.photographs[number].state in ("waiting", "stopped"):
                return number
        return None

    def open(self, number: int) -> None:
        """Look at a photograph, and then read it."""
        if self._doing is not None:
            return
        if any(self.photographs[number] is one for one in self.together):
            self.together = ()  # who opens one of them by itself has answered
        if self.current is not None and self.photographs[self.current].state == "open":
            self._become("waiting")
        self.current = number
        self._become("open")
        self._clear()
        self._start(LookRequest(**self._asked))
        self.tell("photographs", "settings", "result", "sound", "saved")

    @property
    def _asked(self) -> dict[str, Any]:
        assert self.open_photograph is not None
        return {
            "photo": self.open_photograph.path,
            "others": self.open_photograph.others,
            "settings": self.settings,
            "dark": self.dark,
        }

    def read_again(self) -> None:
        """Read the open photograph with the settings as they are."""
        if self._doing is None and self.current is not None:
            self._start(ReadRequest(**self._asked))

    def cancel(self) -> None:
        """Stop what is being done; what was there before stays."""
        if self._doing is None:
            return
        self._cancel()
        doing, self._doing, self._again = self.busy, None, False
        if self.read is None:
            self._become("stopped")
        text = "Nothing was written. Open the photograph again, or another one."
        self._say(Notice(title=f"Stopped: {doing.lower()}", text=text))
        self.tell("photographs", "settings")

    def change(self, stage: str, name: str, value: Any) -> None:
        """Change a setting; what concerns the sound alone is heard at once."""
        if getattr(getattr(self.settings, stage), name) == value:
            return
        try:
            self.settings = self.settings.replace(**{stage: {name: value}})
        except GroovescanError as error:
            self._say(Notice(mood="bad", title="This cannot be", text=str(error)))
            return
        self._follow(stage in _AT_ONCE)

    def use(self, settings: Settings) -> None:
        """Change all settings."""
        self.settings = settings
        self._follow(True)

    def _follow(self, at_once: bool) -> None:
        """Have heard what was changed, where the groove need not be read again for it."""
        self.other = None
        if at_once and self._read_with is not None and not self._needs_reading():
            self._again = self._doing is not None
            self.read_again()
        self.tell("settings", "sound")

    def _needs_reading(self) -> bool:
        assert self._read_with is not None
        stages = ("photo", "disc", "groove")
        return any(getattr(self._read_with, s) != getattr(self.settings, s) for s in stages)

    def compare(self, eq: str) -> None:
        """Make the same sound with another curve, to be heard beside the first."""
        if self._doing is None and self.read is not None:
            settings = (self._read_with or self.settings).replace(sound={"eq": eq})
            self._start(CompareRequest(**{**self._asked, "settings": settings}))

    def save(self, sound: Path, *, page: bool, toml: bool, replace: bool) -> None:
        """Write what was read."""
        if self._doing is None and self.read is not None:
            asked = {**self._asked, "settings": self._read_with or self.settings}
            self._start(SaveRequest(**asked, sound=sound, page=page, toml=toml, replace=replace))

    def _start(self, request: PhotographRequest) -> None:
        self._doing = request
        self.stage, self.done = "start", 0.0
        self._say(Notice(mood="busy", title=self.busy))
        self._ask(request)

    def hear(self, news: StageNews | Report) -> None:
        """Take what the other process says."""
        if isinstance(news, StageNews):
            self.stage, self.done = news.stage, news.done
            self.tell("status")
            return
        done, self._doing = self._doing, None
        match news:
            case LookReport():
                self._looked(news)
            case ReadReport():
                self._has_read(news, done)
            case CompareReport() if done is not None:
                self.other = (done.settings.sound.eq, news.track)
                self._say(Notice(mood="good", title="Ready to compare"))
                self.tell("sound")
            case SaveReport():
                self.saved = news.files
                self._become("saved")
                self._say(Notice(mood="good", title="Saved", text=str(news.files[0].parent)))
                self.tell("saved", "photographs")
            case RefusalReport():
                self._refused(news, done)
        self.tell("settings")

    def _looked(self, report: LookReport) -> None:
        self.look = report
        self.tell("result")
        if report.refusal:
            self._become("refused")
            title = "This photograph cannot be read"
            self._say(Notice(mood="bad", title=title, text=report.refusal))
            self.tell("photographs")
        else:
            self.read_again()

    def _has_read(self, report: ReadReport, request: PhotographRequest | None) -> None:
        self.read, self.other, self.saved = report, None, ()
        self._read_with = request.settings if request is not None else self.settings
        self._become("read")
        title = {"good": "Good", "doubtful": "Doubtful", "bad": "Bad"}.get(report.verdict, "Read")
        told = report.line.partition(":")[2].strip() or report.facts.get("measured", "")
        self._say(Notice(mood=report.verdict or "plain", title=title, text=told))
        self.tell("result", "sound", "saved", "photographs")
        if self._again:
            self._again = False
            self.read_again()

    def _refused(self, report: RefusalReport, request: PhotographRequest | None) -> None:
        text = report.message
        if report.exists:
            text = f"{text.split(';')[0]}. Tick 'Replace files', or choose another name."
        elif not isinstance(request, SaveRequest | CompareRequest):
            self.read, self.other = None, None
            self._become("refused")
            self.tell("result", "sound", "photographs")
        self._say(Notice(mood="bad", title=_refusal_title(request), text=text))

    def _become(self, state: str) -> None:
        if self.current is not None:
            old = self.photographs[self.current]
            self.photographs[self.current] = dataclasses.replace(old, state=state)

    def _say(self, notice: Notice) -> None:
        self.notice = notice
        self.tell("status")


def _refusal_title(request: PhotographRequest | None) -> str:
    match request:
        case SaveRequest():
            return "Not saved"
        case CompareRequest():
            return "This curve cannot be tried"
        case _:
            return "This photograph cannot be read"
