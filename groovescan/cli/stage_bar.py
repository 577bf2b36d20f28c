"""How far the work is, on the terminal, and where the time went."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import typer

from groovescan.cli.manners.run_log import tell
from groovescan.runtime.progress import COMPILING

#: A bar is worth its lines only where somebody begins to wonder.
_PATIENCE_S = 2.0


class StageBar:
    """Hears of every stage; shows a bar with the time left, and keeps the seconds of each.

    Parameters
    ----------
    shares : Mapping
        Stages in their order, and what share of the time each takes, as far as is known.
    visible : bool
        Whether a bar is shown, where standard error is a terminal.
    lines : bool
        Whether each stage is told by a plain line when it has ended, where it is none and something
        is visible.
    begun_s : float
        When the work began, as `time.perf_counter` tells it.
    """

    def __init__(
        self, shares: Mapping[str, float], *, visible: bool, begun_s: float, lines: bool = False
    ) -> None:
        self._shares = dict(shares)
        self._begun_s = self._since_s = begun_s
        self._stage = ""
        self._done = 0.0
        self._seconds: dict[str, float] = {}
        terminal = sys.stderr is not None and sys.stderr.isatty()
        self._visible = visible and terminal
        self._lines = visible and lines and not terminal
        self._bar: Any = None
        self._lock = threading.Lock()

    def __call__(self, stage: str, done: float) -> None:
        """Hear that of a stage so much is done, 0 to 1."""
        if stage != self._stage:
            self._note()
            self._stage = stage
            tell(f"{time.perf_counter() - self._begun_s:7.1f} s  {stage}")
        self._done = done
        self._show()

    @contextmanager
    def watching(self) -> Iterator[StageBar]:
        """Show the bar, once the work has taken two seconds, until the block ends."""
        timer = threading.Timer(_PATIENCE_S, self._start) if self._visible else None
        if timer:
            timer.daemon = True
            timer.start()
        try:
            yield self
        except BaseException:
            self._lines = False  # what has failed is told by its error alone
            raise
        finally:
            if timer:
                timer.cancel()
            self._note()
            self._stop()

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds of each stage so far, in the order in which they came."""
        return dict(self._seconds)

    def table(self) -> str:
        """Seconds and share of each stage, as lines."""
        total_s = sum(self._seconds.values())
        rows = [*self._seconds.items(), ("total", total_s)]
        return "\n".join(
            f"{name:<16}{seconds:>9.2f} s{100 * seconds / max(total_s, 1e-9):>7.1f} %"
            for name, seconds in rows
        )

    def _note(self) -> None:
        """The stage that was heard of last has ended."""
        if not self._stage:
            return  # the first one counts from when the work began
        now_s = time.perf_counter()
        spent_s = now_s - self._since_s
        self._seconds[self._stage] = self._seconds.get(self._stage, 0.0) + spent_s
        self._since_s = now_s
        if self._lines and self._stage in self._shares and self._stage != next(iter(self._shares)):
            typer.echo(f"groovescan: {self._stage}, {spent_s:.1f} s", err=True)

    def _overall(self) -> float:
        """Share of the whole work that is done, 0 to 1; what is done once has a bar of its own."""
        if self._stage == COMPILING:
            return self._done
        total = sum(self._shares.values())
        before = 0.0
        for stage, share in self._shares.items():
            if stage == self._stage:
                return (before + share * self._done) / total
            before += share
        return 1.0

    def _start(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
        from rich.progress import TimeRemainingColumn as TimeLeft

        with self._lock:
            if not self._visible:
                return
            columns = (
                TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(),
                TimeLeft(), TextColumn("left"),
            )  # fmt: skip
            bar = Progress(*columns, console=Console(stderr=True), transient=True)
            task = bar.add_task(self._stage, total=1.0)
            bar.update(task, completed=self._overall())
            bar.start()
            self._bar = bar

    def _show(self) -> None:
        with self._lock:
            if self._bar is not None:
                self._bar.update(0, description=self._stage, completed=self._overall())

    def _stop(self) -> None:
        with self._lock:
            self._visible = False  # a timer that is late starts nothing
            if self._bar is not None:
                self._bar.stop()
                self._bar = None
