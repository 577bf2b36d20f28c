"""Ctrl-C ends the program within a second or two, whatever it is doing."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from groovescan.core.atomic_files import remove_unfinished

CODE = 130
_GRACE_S = 1.0
_patient = threading.Event()


def be_patient() -> None:
    """Say that the interrupt was heeded, and that what is left to do may take its time.

    The next interrupt ends the program all the same.
    """
    _patient.set()


@contextmanager
def prompt_interrupts() -> Iterator[None]:
    """While the block runs, an interrupt that is not heeded in a second ends the program.

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
    threading.Thread(target=_wait_for_interrupt, args=(there,), daemon=True).start()
    try:
        yield
    finally:
        # a thread that has heard its signal by now goes on: other threads may hold up the end
        signal.set_wakeup_fd(former)
        here.close()


def _wait_for_interrupt(there: socket.socket) -> None:
    with there, suppress(OSError):
        waited = False
        while heard := there.recv(1):
            if heard[0] != signal.SIGINT:
                continue
            time.sleep(_GRACE_S)
            if waited or not _patient.is_set():
                remove_unfinished()
                os._exit(CODE)
            waited = True
