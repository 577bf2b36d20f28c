"""The line that tells the work under way, how far it is, and its messages."""

from __future__ import annotations

from nicegui import ui

from groovescan.app.desk import Desk
from groovescan.app.parts.elements import button, tag
from groovescan.runtime.progress import COMPILING, STAGES

_MOODS = "is-plain is-busy is-good is-doubtful is-bad"


class StatusLine:
    """The notice of a desk, and its progress while something is done.

    Parameters
    ----------
    desk : Desk
        What is done there.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        with tag("section", "status", label="What is being done") as self._status:
            with tag("div", "told").props("role=status aria-live=polite"):
                self._title = ui.label().classes("title")
                self._text = ui.label().classes("text")
            with tag("div", "progress") as self._progress:
                self._bar = ui.linear_progress(0.0, show_value=False, size="8px")
                self._bar.props('aria-label="How far it is"')
                self._stage = ui.label().classes("soft stage")
                button("Cancel", desk.cancel)
        self.follow()

    def follow(self) -> None:
        """Show what has changed."""
        notice = self._desk.notice
        self._title.set_text(notice.title)
        self._text.set_text(notice.text)
        self._status.classes(remove=_MOODS, add=f"is-{notice.mood}")
        self._progress.set_visibility(bool(self._desk.busy))
        self._bar.set_value(overall(self._desk.stage, self._desk.done))
        self._stage.set_text(self._desk.stage)


def overall(stage: str, done: float) -> float:
    """How far a decode is.

    Parameters
    ----------
    stage : str
        Its stage; what is done but once has a bar of its own.
    done : float
        How much of it is done, 0 to 1.

    Returns
    -------
    float
        0 to 1.

    Examples
    --------
    >>> overall("start-up", 0.0), overall("figures", 0.0)
    (0.0, 0.97)
    """
    # What is no stage of a decode comes at its end: figures, files.
    near_the_end = 0.97
    if stage == COMPILING:
        return round(done, 3)
    names = list(STAGES)
    if stage not in names:
        return near_the_end
    before = sum(list(STAGES.values())[: names.index(stage)])
    return round((before + STAGES[stage] * done) / sum(STAGES.values()), 3)
