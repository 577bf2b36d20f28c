"""Compiles loops before they are needed, once per machine, and later loads them ahead.

One after the other, whenever one is first called, they would keep the first decode waiting half a
minute. Numba compiles one at a time in each process, so two processes share the work: one goes
through the loops from the largest on, this one from the smallest on, and each loads what the other
has compiled already. Where they meet, all is done. Loops that few decodes call (of JPEG files, of
listening copies, of cameras that were fitted anew) are left until they are called.
"""

from __future__ import annotations

import gc
import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

from groovescan.runtime import jit, jit_cache
from groovescan.runtime.progress import COMPILING, Progress, silent
from groovescan.runtime.threads import thread_count

_HELPER = "from groovescan.runtime.jit_ahead import compile_from_the_largest as run; run()"
#: By this name a debugger, and a test, knows the thread that loads compiled loops.
LOADING_THREAD = "load compiled loops"


@contextmanager
def loops_ready(progress: Progress = silent) -> Iterator[None]:
    """Compile all loops where that was never done; else, while the block runs, load them beside it.

    Each loop takes some milliseconds to load when it is first called, and Numba itself a quarter
    of a second; most of it is done before anyone asks for it.

    Parameters
    ----------
    progress : Progress
        Is told of the compiling, where there is any.
    """
    compile_once(progress)
    stop = Event()
    thread = Thread(target=_load, args=(stop,), name=LOADING_THREAD, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def compile_once(progress: Progress = silent) -> None:
    """Compile all loops where that was never done."""
    if not jit_cache.is_complete() and not all(loop.signatures for loop in jit.loops_ahead()):
        _compile_all(progress)


def compile_from_the_largest() -> None:
    """Compile all loops, the largest first: the part of the second process."""
    gc.disable()  # it ends soon
    for loop, types in _from_the_smallest()[::-1]:
        loop.compile(types)


def _load(stop: Event) -> None:
    """Load the loops of the modules in use, until told to stop."""
    for loop in jit.loops_ahead():
        for types in jit.argument_types(loop):
            if stop.is_set():
                return
            loop.compile(types)


def _compile_all(progress: Progress) -> None:
    """Compile what is not kept yet; other processes that want to, too, wait for this one."""
    progress(COMPILING, 0.0)
    with jit_cache.compiling():
        if jit_cache.is_complete():
            return
        # It is started first: its own imports take as long as those of this process.
        with _helper(wanted=jit_cache.cache_folder() is not None and thread_count() > 1):
            work = _from_the_smallest()
            for number, (loop, types) in enumerate(work):
                loop.compile(types)
                progress(COMPILING, (number + 1) / len(work))
        jit_cache.note_complete()


def _from_the_smallest() -> list[tuple[Any, tuple[Any, ...]]]:
    """The loops that are compiled ahead, with the types for which they are, by their size."""
    for module in jit_cache.kernel_modules():
        importlib.import_module(module)
    found = [(loop, types) for loop in jit.loops_ahead() for types in jit.argument_types(loop)]
    return sorted(found, key=lambda one: _size(one[0]))


def _size(loop: Any) -> int:
    """How large a compiled function is, with those that it calls, in bytes of Python's code."""
    function = loop.py_func
    called = (function.__globals__.get(name) for name in function.__code__.co_names)
    return len(function.__code__.co_code) + sum(
        _size(other) for other in called if hasattr(other, "py_func")
    )


@contextmanager
def _helper(*, wanted: bool) -> Iterator[None]:
    """A second process that compiles while the block runs; without it, all is done here."""
    process = None
    with suppress(OSError):
        process = _started() if wanted else None
    try:
        yield
    finally:
        if process is not None:  # all is done, or given up
            process.kill()
            process.wait()


def _started() -> subprocess.Popen[bytes] | None:
    """The helper; None where the program is not run by an interpreter that could be one."""
    if "python" not in Path(sys.executable or "").name.lower():
        return None
    return subprocess.Popen(
        [sys.executable, "-c", _HELPER],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # of Windows
    )
