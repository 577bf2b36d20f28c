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
import numpy as np

Function = TypeVar("Function", bound=Callable[..., Any])

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}


def compiled(function: Function) -> Function:
    """The function, compiled when it is first called; other threads go on while it runs."""
    return _kept(function, **_OPTIONS)


def fused(function: Function) -> Function:
    """The same, where sums may be taken in any order, which is then always the same one.

    Only then does the compiler work out several of them at once. No value may be infinite or NaN.
    """
    return _kept(function, fastmath=True, **_OPTIONS)


def _kept(function: Function, **options: Any) -> Function:
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:  # no folder in which anything can be kept
        return numba.njit(**options)(function)


def inlined(function: Function) -> Function:
    """The function as a part of compiled ones that call it for every pixel."""
    return numba.njit(inline="always", **_OPTIONS)(function)


@compiled
def _nothing(values: np.ndarray) -> int:
    return len(values)


def make_ready() -> None:
    """Load what every compiled loop needs, which takes a moment: it may be done beforehand."""
    _nothing(np.zeros(1, np.float32))
