"""How far a collection is: overall, and what each worker does; on terminals alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from groovescan.batch.collection import RunCallbacks
from groovescan.cli.interrupt import be_patient
from groovescan.cli.manners.run_log import tell
from groovescan.storage.printable import printable

if TYPE_CHECKING:
    from groovescan.batch import Outcome, Plan
    from groovescan.batch.execution.workers import Workers


class BatchDisplay:
    """A bar for the collection and a line per worker, while it is entered.

    Parameters
    ----------
    stream : text file
        Where to; what is no terminal gets remarks, and a plain line for each photograph.
    """

    def __init__(self, stream: TextIO) -> None:
        self._console = Console(file=stream, highlight=False, soft_wrap=True)
        self._bar = Bars(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("left"),
        )
        self._lines = Bars(TextColumn("  {task.description}"))
        self._live = Live(Group(self._bar, self._lines), console=self._console, transient=True)
        self._workers: Workers | None = None
        self._whole: Any = None
        self._each: list[Any] = []
        self._failed = self._ended = self._count = 0

    @property
    def watch(self) -> RunCallbacks:
        """The observer that a run tells its progress to."""
        return RunCallbacks(
            begins=self._begins, ends=self._ends, ticks=self._ticks, stops=be_patient
        )

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._live.stop()

    def _begins(self, plan: Plan, workers: Workers | None) -> None:
        for remark in plan.remarks:
            self._console.out(f"groovescan: {printable(remark)}")
        self._workers, self._count = workers, len(plan.tasks)
        self._whole = self._bar.add_task("collection", total=len(plan.tasks))

    def _ends(self, outcome: Outcome) -> None:
        self._ended += 1
        line = (
            f"{self._ended} of {self._count}  {printable(outcome.photograph)}: {_became(outcome)}"
        )
        tell(line)
        if not self._console.is_terminal:
            self._console.out(f"groovescan: {line}")
        self._failed += outcome.state != "done"
        failed = f", {self._failed} failed" if self._failed else ""
        self._bar.update(self._whole, advance=1, description=f"collection{failed}")

    def _ticks(self) -> None:
        for number, call in enumerate(self._workers.busy if self._workers else ()):
            if number == len(self._each):
                self._each.append(self._lines.add_task("", total=None))
            self._lines.update(self._each[number], description=_doing(number, call))


def _became(outcome: Outcome) -> str:
    """Outcome of a photograph, in a few words."""
    if outcome.state != "done":
        return f"{outcome.state}, {printable(outcome.reason)}"
    return str(outcome.quality.get("verdict") or outcome.state)


def _doing(number: int, call: tuple[Any, float] | None) -> str:
    """The line of a worker: the photograph and the stage it is at."""
    if call is None:
        return f"[dim]{number + 1}  idle[/]"
    (task, *_), seconds = call
    name = printable(Path(task.photograph).name)
    return f"{number + 1}  {escape(name[:40])}  {seconds:.0f} s"
