"""Loops over pixels, compiled.

The reader goes over every pixel several times, and what it works out of one takes some hundred
steps. As array operations each of them would be written to memory and read again; compiled, they
stay in the processor. Numba does it, once per machine: what it compiled is kept by
`groovescan.runtime.jit_cache`, and compiled ahead by `groovescan.runtime.jit_ahead`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import numba
import numpy as np

from groovescan.runtime.array_types import ArrayLayout, Float32Vector
from groovescan.runtime.jit_cache import cache_folder

Function = TypeVar("Function", bound=Callable[..., Any])

#: What is called from outside, in the order of the modules that hold it.
_LOOPS: list[Any] = []
#: Those of them that are compiled when they are first called.
_WHEN_USED: list[Any] = []
# No entry for C, which nobody calls, and for parts none for Python: a tenth less to compile.
_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
_PART_OPTIONS: dict[str, Any] = {**_OPTIONS, "no_cpython_wrapper": True}
_CONFIG: Any = numba.config
_CONFIG_LOCK = Lock()


def compiled(function: Function) -> Function:
    """The function, compiled when it is first called; other threads go on while it runs.

    Its annotations say for which types it is compiled ahead: see `argument_types`.
    """
    return _cached(function, **_OPTIONS)


def fused(function: Function) -> Function:
    """As `compiled`, where sums may be taken in any order, which is then always the same one.

    Only then does the compiler work out several of them at once. No value may be infinite or NaN.
    """
    return _cached(function, fastmath=True, **_OPTIONS)


def compiled_when_used(function: Function) -> Function:
    """As `compiled`, but not ahead: few decodes call it, and it need not keep the first waiting."""
    return _later(compiled(function))


def fused_when_used(function: Function) -> Function:
    """As `fused`, but not ahead."""
    return _later(fused(function))


def part(function: Function) -> Function:
    """The function, compiled with the loops that call it, and kept with them alone.

    Python itself cannot call it: a test takes its `py_func`.
    """
    return numba.njit(**_PART_OPTIONS)(function)


def fused_part(function: Function) -> Function:
    """As `part`, fused."""
    return numba.njit(fastmath=True, **_PART_OPTIONS)(function)


def inlined(function: Function) -> Function:
    """The function as a part of compiled ones that call it for every pixel."""
    return numba.njit(inline="always", **_PART_OPTIONS)(function)


def inlined_fused(function: Function) -> Function:
    """As `fused_part`, a part of what calls it for every pixel: LLVM does it, not Numba.

    What is used in several places is compiled in half the time.
    """
    return numba.njit(fastmath=True, forceinline=True, **_PART_OPTIONS)(function)


def loops() -> tuple[Any, ...]:
    """All functions so far that are called from outside, as Numba's dispatchers."""
    return tuple(_LOOPS)


def loops_ahead() -> tuple[Any, ...]:
    """Those of `loops` that are compiled, and loaded, before anything calls them."""
    return tuple(loop for loop in _LOOPS if loop not in _WHEN_USED)


def argument_types(loop: Any) -> list[tuple[Any, ...]]:
    """The types of arguments for which a loop is compiled ahead, as its annotations say.

    Parameters
    ----------
    loop : dispatcher
        A function of `loops`.

    Returns
    -------
    list of tuple
        Numba's types; more than one where an array may lie in memory in several ways, and none
        where an annotation leaves that open.
    """
    hints = get_type_hints(loop.py_func, include_extras=True)
    hints.pop("return", None)
    choices = itertools.product(*map(_examples, hints.values()))
    return [tuple(map(numba.typeof, examples)) for examples in choices]


def _examples(hint: Any) -> list[Any]:
    """A value of each type that an annotation allows."""
    if get_origin(hint) is Annotated:
        layouts = [each for each in hint.__metadata__ if isinstance(each, ArrayLayout)]
        return [layout.example() for layout in layouts]
    if get_origin(hint) is tuple:
        return list(itertools.product(*map(_examples, get_args(hint))))
    if hasattr(hint, "_fields"):
        fields = get_type_hints(hint, include_extras=True).values()
        return list(itertools.starmap(hint, itertools.product(*map(_examples, fields))))
    return [] if hint is np.ndarray else [hint()]


def _later(loop: Function) -> Function:
    _WHEN_USED.append(loop)
    return loop


def _cached(function: Function, **options: Any) -> Function:
    try:
        with _kept_in_our_folder():
            loop = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # no folder in which anything can be kept
        loop = numba.njit(**options)(function)
    _LOOPS.append(loop)
    return loop


@contextmanager
def _kept_in_our_folder() -> Iterator[None]:
    """While the block runs, Numba decides to keep what it compiles in our folder.

    It settles that when a function is decorated.
    """
    folder = cache_folder()
    with _CONFIG_LOCK:
        former = _CONFIG.CACHE_DIR
        _CONFIG.CACHE_DIR = former if folder is None else str(folder)
        try:
            yield
        finally:
            _CONFIG.CACHE_DIR = former


@compiled
def _nothing(values: Float32Vector) -> int:
    return len(values)
