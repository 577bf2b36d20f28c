"""Loops over pixels, compiled.

The reader goes over every pixel several times, and what it works out of one takes some hundred
steps. As array operations each of them would be written to memory and read again; compiled, they
stay in the processor. Numba does it, once per machine: what it compiled is kept beside the
program, or among the user's caches.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

Function = TypeVar("Function", bound=Callable[..., Any])

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}


def compiled(function: Function) -> Function:
    """The function, compiled when it is first called; other threads go on while it runs."""
    try:
        return numba.njit(cache=True, **_OPTIONS)(function)
    except RuntimeError:  # no folder in which anything can be kept
        return numba.njit(**_OPTIONS)(function)


def inlined(function: Function) -> Function:
    """The function as a part of compiled ones that call it for every pixel."""
    return numba.njit(inline="always", **_OPTIONS)(function)
