"""Loops over pixels, compiled.

The reader goes over every pixel several times, and what it works out of one takes some hundred
steps. As array operations each of them would be written to memory and read again; compiled, they
stay in the processor. Numba does it, once per machine: what it compiled is kept beside the
program, or among the user's caches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import Any, TypeVar

import numba
import numpy as np

Function = TypeVar("Function", bound=Callable[..., Any])

#: What was compiled, in the order of the modules that hold it.
_KEPT: list[Any] = []
_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}


def compiled(function: Function) -> Function:
    """The function, compiled when it is first called; other threads go on while it runs."""
    return _kept(function, **_OPTIONS)


def fused(function: Function) -> Function:
    """As `compiled`, where sums may be taken in any order, which is then always the same one.

    Only then does the compiler work out several of them at once. No value may be infinite or NaN.
    """
    return _kept(function, fastmath=True, **_OPTIONS)


def _kept(function: Function, **options: Any) -> Function:
    try:
        made = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # no folder in which anything can be kept
        return numba.njit(**options)(function)
    _KEPT.append(made)
    return made


def part(function: Function) -> Function:
    """The function, compiled with the loops that call it, and kept with them alone."""
    return numba.njit(**_OPTIONS)(function)


def fused_part(function: Function) -> Function:
    """As `part`, fused."""
    return numba.njit(fastmath=True, **_OPTIONS)(function)


def inlined(function: Function) -> Function:
    """The function as a part of compiled ones that call it for every pixel."""
    return numba.njit(inline="always", **_OPTIONS)(function)


@compiled
def _nothing(values: np.ndarray) -> int:
    return len(values)


@contextmanager
def made_ready() -> Iterator[None]:
    """While the block runs, what was compiled before is loaded beside it.

    Each loop takes some milliseconds when it is first called, and Numba itself a quarter of a
    second; most of it is done before anyone asks for it.
    """
    stop = Event()
    thread = Thread(target=_load, args=(stop,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _load(stop: Event) -> None:
    """Load what is kept of each compiled loop, until it is told to stop."""
    _nothing(np.zeros(1, np.float32))
    for made in _KEPT:
        # Where Numba keeps what is not told to others: without it, a loop is loaded when called.
        with suppress(Exception):
            for signature, *_ in made._cache._cache_file._load_index():
                if stop.is_set():
                    return
                if signature not in made.overloads:
                    made.compile(signature)
