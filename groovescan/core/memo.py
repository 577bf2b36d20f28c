"""A memory for stages: a call with the same arguments is not done again.

A stage is a function from results and settings to a result, and nothing that goes in is ever
changed. So a call with the same results and equal settings gives the same result, and it is
enough to remember the last calls of each stage: nobody has to declare what depends on what.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import PurePath
from typing import Any, ParamSpec, TypeVar

from groovescan.config.settings import Settings
from groovescan.config.validated import Stage
from groovescan.errors import SettingsError

P = ParamSpec("P")
R = TypeVar("R")

#: What is compared by value; anything else (results, arrays) is the same only if it is the same.
_VALUES = (bool, int, float, str, PurePath, type(None), Stage, Settings)


class Memo:
    """A memory for stages: ``memo(stage, ...)`` is ``stage(...)``, done anew only where it must be.

    It holds results alone, belongs to whoever made it, and forgets the oldest; reduced copies of
    photographs alone have another memory (`photograph.ReducedCopies`). What a stage raises is not
    kept.

    Parameters
    ----------
    depth : int
        Calls that are remembered of each stage, at least 1. Two let one go back and forth
        between two curves.
    hear : callable, optional
        Is called with the name of each stage before it is done.
    advance : callable, optional
        Is called with the name of a stage and how much of it is done, 0 to 1, by those that tell
        it: they take a function `advance`, which is no part of what they are remembered by.

    Examples
    --------
    >>> memo = Memo()
    >>> squares = [1, 4, 9]
    >>> memo(sum, squares), memo(sum, squares), memo.done
    (14, 14, ('sum',))
    """

    def __init__(
        self,
        depth: int = 2,
        hear: Callable[[str], None] | None = None,
        advance: Callable[[str, float], None] | None = None,
    ) -> None:
        if isinstance(depth, bool) or not isinstance(depth, int) or depth < 1:
            raise SettingsError(f"depth is {depth!r}; at least 1 call of each stage must be kept")
        self._depth, self._hear, self._advance = depth, hear, advance
        self._calls: dict[Callable[..., Any], list[tuple[tuple[Any, ...], dict[str, Any], Any]]]
        self._calls = {}
        self._done: list[str] = []

    def __call__(self, stage: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Result of the stage, from memory where its arguments are those of a call before.

        Parameters
        ----------
        stage : callable
            A function that gives the same for the same.
        *args, **kwargs
            What it takes. Settings, numbers and texts are compared by value, results and arrays
            by identity.

        Returns
        -------
        object
            The stage's result.
        """
        calls = self._calls.setdefault(stage, [])
        for place, (known_args, known_kwargs, result) in enumerate(calls):
            if _same(known_args, args) and _same_named(known_kwargs, kwargs):
                calls.insert(0, calls.pop(place))
                return result
        name = getattr(stage, "__name__", repr(stage)).lstrip("_")
        if self._hear is not None:
            self._hear(name)
        told: Any = {}
        if self._advance is not None and "advance" in inspect.signature(stage).parameters:
            told = {"advance": partial(self._advance, name)}
        result = stage(*args, **kwargs, **told)
        self._done.append(name)
        calls.insert(0, (args, kwargs, result))
        del calls[self._depth :]
        return result

    @property
    def done(self) -> tuple[str, ...]:
        """Names of the stages that were done, and not taken from memory, since `start_anew`."""
        return tuple(self._done)

    def start_anew(self) -> None:
        """Begin a new list of what is `done`; what is kept stays."""
        self._done.clear()

    def forget(self) -> None:
        """Let go of every result."""
        self._calls.clear()


def __getattr__(name: str) -> Any:
    if name != "Kept":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    warnings.warn("groovescan.Kept is now groovescan.Memo", DeprecationWarning, stacklevel=2)
    return Memo


def _same(known: tuple[Any, ...], asked: tuple[Any, ...]) -> bool:
    return len(known) == len(asked) and all(map(_equal, known, asked))


def _same_named(known: dict[str, Any], asked: dict[str, Any]) -> bool:
    return known.keys() == asked.keys() and all(_equal(known[key], asked[key]) for key in known)


def _equal(known: Any, asked: Any) -> bool:
    if known is asked:
        return True
    if type(known) is tuple and type(asked) is tuple:
        return _same(known, asked)
    return isinstance(known, _VALUES) and type(known) is type(asked) and known == asked
