"""The window's end of the line to the process that does its work."""

from __future__ import annotations

import contextlib
import multiprocessing
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from groovescan.app.messages import PhotographRequest, RefusalReport, Report, StageNews
from groovescan.app.stage_worker import work

_SPAWN = multiprocessing.get_context("spawn")
_DIED = (
    "the process that read the photograph ended, as systems do to it when memory runs out; "
    "crop the photograph to the disc, or close other programs, and try again"
)


class WorkerHandle:
    """A process that does what it is asked, and another one when it was cancelled or died.

    Parameters
    ----------
    folder : Path
        Sounds and pictures are put here.
    hear : callable
        Told news and reports, from a thread.
    """

    def __init__(self, folder: Path, hear: Callable[[StageNews | Report], None]) -> None:
        self._folder, self._hear = folder, hear
        self._lock = threading.Lock()
        self._process: Any = None
        self._asked = False
        self._begin()

    @property
    def pid(self) -> int:
        """The process that works, or waits for work."""
        return int(self._process.pid)

    def ask(self, request: PhotographRequest) -> None:
        """Have something done; its report is heard when it is done."""
        with self._lock:
            if not self._process.is_alive():
                self._begin()
            self._asked = True
            self._line.send(request)

    def cancel(self) -> None:
        """End what is being done, at once; of its reports nothing is heard any more."""
        with self._lock:
            self._end()
            self._begin()

    def close(self) -> None:
        """End the process, and begin no other."""
        with self._lock:
            self._end()

    def _begin(self) -> None:
        self._line, far = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=work, args=(far, self._folder), daemon=True)
        self._process.start()
        far.close()
        self._asked = False
        threading.Thread(target=self._listen, args=(self._line,), daemon=True).start()

    def _end(self) -> None:
        # How long a process that is to leave may take to remove what it was writing.
        leave_s = 1.5
        process = self._process
        self._asked = False
        process.terminate()
        process.join(leave_s)
        if process.is_alive():
            process.kill()
            process.join(leave_s)

    def _listen(self, line: Connection) -> None:
        """Pass on what a process says, until it is gone."""
        with line, contextlib.suppress(EOFError, OSError):
            while True:
                news = line.recv()
                if line is self._line:
                    self._asked = self._asked and isinstance(news, StageNews)
                    self._hear(news)
        if line is self._line and self._asked:
            self._asked = False
            self._hear(RefusalReport(message=_DIED))
