"""Ctrl-C, and the signals that end programs: within two seconds, and nothing is left half done."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from groovescan.storage.atomic_files import remove_unfinished

#: A program that a signal ended leaves with 128 and its number: 130 after Ctrl-C.
_BASE_CODE = 128
_ENDING = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)
)
_patient = threading.Event()


def be_patient() -> None:
    """Say that the interrupt was heeded, and that what is left to do may take its time.

    The next interrupt ends the program all the same.
    """
    _patient.set()


@contextmanager
def prompt_interrupts() -> Iterator[None]:
    """While the block runs, a signal to end that is not heeded in a second ends the program.

    Python hears Ctrl-C between two of its own steps only: a long step of a library, or threads
    that have work left, would hold it up. The signal itself is seen at once by a thread of its
    own, which waits for the ordinary end, removes what is half written, and leaves.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _patient.clear()
    here, there = socket.socketpair()
    here.setblocking(False)
    former = signal.set_wakeup_fd(here.fileno(), warn_on_full_buffer=False)
    handlers = _heed_signals()
    ends = frozenset({int(signal.SIGINT), *handlers})
    threading.Thread(target=_wait_for_signal, args=(there, ends), daemon=True).start()
    try:
        yield
    finally:
        # a thread that has heard its signal by now goes on: other threads may hold up the end
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(former)
        here.close()


def _heed_signals() -> dict[int, Any]:
    """Have the signals that end programs do so in order; what is ignored (nohup) stays so."""
    former = {number: signal.getsignal(number) for number in _ENDING}
    heeded = {number: handler for number, handler in former.items() if handler == signal.SIG_DFL}
    for number in heeded:
        signal.signal(number, _leave)
    return heeded


def _leave(number: int, frame: object) -> None:
    raise SystemExit(_BASE_CODE + number)


def _wait_for_signal(there: socket.socket, ends: frozenset[int]) -> None:
    grace_s = 1.0
    with there, suppress(OSError):
        waited = False
        while heard := there.recv(1):
            if heard[0] not in ends:
                continue
            time.sleep(grace_s)
            if waited or not _patient.is_set():
                remove_unfinished()
                os._exit(_BASE_CODE + heard[0])
            waited = True
