"""Workers on this machine, with the interface of `concurrent.futures`.

A `ProcessPoolExecutor` loses all that is under way when one of its processes dies. Here each
worker is alone with its photograph: when it is killed, just that one is affected, and another
worker takes its place.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import signal
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from groovescan.runtime.threads import VARIABLE
from groovescan.storage.atomic_files import remove_unfinished

_NAME = "groovescan-worker"
_SPAWN = multiprocessing.get_context("spawn")
#: How much sooner than others the system kills a worker when memory runs out (Linux, 0 to 1000).
_KILL_FIRST = "500"
_ENDING = ("SIGTERM", "SIGHUP")


class WorkerDiedError(RuntimeError):
    """The process that did the work is gone, or did not come to an end."""


def in_worker() -> bool:
    """Whether this process is one of the workers, or is about to become one.

    Before it works, Python has it run the program that started it, but for what stands there
    under ``if __name__ == "__main__":``.
    """
    return multiprocessing.current_process().name == _NAME


class Workers(Executor):
    """Processes that each do one call at a time.

    Parameters
    ----------
    count : int
        How many.
    threads : int
        Threads that each may use.
    limit_s : float, optional
        A call that takes longer is given up.
    """

    def __init__(self, count: int, *, threads: int, limit_s: float | None = None) -> None:
        self._calls: queue.SimpleQueue = queue.SimpleQueue()
        self._limit_s = limit_s
        self._open = True
        self._slots = [_Slot(threads) for _ in range(count)]
        self._guards = [
            threading.Thread(target=self._serve, args=(slot,), daemon=True) for slot in self._slots
        ]
        for guard in self._guards:
            guard.start()

    def submit(self, fn: Callable, /, *args: Any, **kwargs: Any) -> Future:
        """Let a worker call a function; what it is and what it takes and gives is pickled."""
        if not self._open:
            raise RuntimeError("the workers were dismissed")
        future: Future = Future()
        self._calls.put((future, fn, args, kwargs))
        return future

    @property
    def pids(self) -> list[int]:
        """The processes."""
        return [slot.process.pid for slot in self._slots if slot.process and slot.process.pid]

    @property
    def former_pids(self) -> frozenset[int]:
        """All processes that there were."""
        return frozenset(pid for slot in self._slots for pid in slot.pids)

    @property
    def busy(self) -> list[tuple[Any, float] | None]:
        """For each worker the arguments of its call and the seconds since it began, or none."""
        now = time.monotonic()
        calls = [slot.call for slot in self._slots]
        return [call and (call[0], now - call[1]) for call in calls]

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Dismiss the workers; with `cancel_futures`, those that are at work, too."""
        self._open = False
        if cancel_futures:
            with contextlib.suppress(queue.Empty):
                while True:
                    self._calls.get_nowait()[0].cancel()
            for slot in self._slots:
                slot.dismiss()
            for slot in self._slots:
                slot.end()
        for _ in self._guards:
            self._calls.put(None)
        if wait:
            for guard in self._guards:
                guard.join()

    def _serve(self, slot: _Slot) -> None:
        while (call := self._calls.get()) is not None:
            future, fn, args, kwargs = call
            if not future.set_running_or_notify_cancel():
                continue
            try:
                good, result = slot.do(fn, args, kwargs, self._limit_s)
            except Exception as error:
                good, result = False, error
            (future.set_result if good else future.set_exception)(result)
        slot.end()


class _Slot:
    """One worker, and another in its place when it dies."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self.process: Any = None
        self.pids: list[int] = []
        self.call: tuple[Any, float] | None = None

    def do(self, fn: Callable, args: tuple, kwargs: dict, limit_s: float | None) -> Any:
        """Do one call in the worker's process, which is begun where it is not there."""
        if self.process is None or not self.process.is_alive():
            self._begin()
        process = self.process  # another thread may dismiss it
        self.call = (args, time.monotonic())
        try:
            self._line.send((fn, args, kwargs))
            if not wait([self._line, process.sentinel], limit_s):
                self.end()
                raise WorkerDiedError(f"it was given up after {limit_s:g} seconds")
            return self._line.recv()
        except (EOFError, OSError) as error:
            self.end()
            process.join(5)
            raise WorkerDiedError(_how_it_ended(process.exitcode)) from error
        finally:
            self.call = None

    def _begin(self) -> None:
        self._line, far = _SPAWN.Pipe()
        self.process = _SPAWN.Process(
            target=_work, args=(far, self._threads), name=_NAME, daemon=True
        )
        self.process.start()
        self.pids.append(self.process.pid)
        far.close()

    def dismiss(self) -> None:
        """Ask the worker to leave, for which it removes what it was writing."""
        if process := self.process:
            process.terminate()

    def end(self) -> None:
        """End the process, at first by asking."""
        # How long a worker that is dismissed may take to remove what it was writing.
        leave_s = 1.0
        self.dismiss()
        process, self.process = self.process, None
        if process is not None:
            process.join(leave_s)
            process.kill()
            process.join(5)  # one that waits for a dead network drive cannot even be killed
            self._line.close()


def _how_it_ended(code: int | None) -> str:
    if code is not None and code < 0:
        name = signal.Signals(-code).name if -code in list(signal.Signals) else str(-code)
        memory = ", as systems do when memory runs out" if name == "SIGKILL" else ""
        return f"its worker was ended by {name}{memory}"
    return f"its worker ended with code {code}"


def _work(line: Connection, threads: int) -> None:
    """A worker's loop: one call after the other, until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one that leads
    leave_when_told()
    threading.Thread(target=end_with_parent, daemon=True).start()
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_KILL_FIRST)
    use_threads(threads)
    with contextlib.suppress(EOFError, OSError):
        while True:
            fn, args, kwargs = line.recv()
            try:
                answer = (True, fn(*args, **kwargs))
            except Exception as error:
                answer = (False, error)
            line.send(answer)


def leave_when_told() -> None:
    """Signals that end processes are heard by a thread: the work itself may be long in one step."""
    here, there = socket.socketpair()
    here.setblocking(False)
    signal.set_wakeup_fd(here.detach(), warn_on_full_buffer=False)
    for name in _ENDING:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda number, frame: None)
    threading.Thread(target=_leave, args=(there,), daemon=True).start()


def _leave(there: socket.socket) -> None:
    ending = {int(getattr(signal, name)) for name in _ENDING if hasattr(signal, name)}
    while heard := there.recv(1):
        if heard[0] in ending:
            remove_unfinished()
            os._exit(128 + heard[0])


def end_with_parent() -> None:
    """A worker whose leader was killed must not go on writing behind another run's back."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        remove_unfinished()
        os._exit(1)


def use_threads(count: int) -> None:
    """Let this process use so many threads; the environment variable goes first."""
    os.environ.setdefault(VARIABLE, str(count))
    import cv2

    cv2.setNumThreads(1)  # the threads that share the work would wait for those of OpenCV
