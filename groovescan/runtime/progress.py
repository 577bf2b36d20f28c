"""How a stage tells how far it is, without printing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

#: The stages of a decode in their order, and what share of the time each takes, about.
STAGES: Mapping[str, float] = MappingProxyType(
    {
        "start-up": 0.04,
        "photograph": 0.06,
        "groove field": 0.10,
        "groove map": 0.10,
        "coarse strip": 0.10,
        "prediction": 0.03,
        "reading": 0.45,
        "sound": 0.08,
        "files": 0.04,
    }
)
#: Before the first decode of a machine, beside these: see `groovescan.runtime.jit_ahead`.
COMPILING = "compiling (this once)"


class Progress(Protocol):
    """Whoever wants to know how far the work is.

    It is called when a stage begins, with 0, and as often as the stage likes; when the next
    stage begins, the one before has ended. Stages call it from the thread that called them.
    """

    def __call__(self, stage: str, done: float) -> None:
        """Hear that of a stage so much is done, 0 to 1."""


class Advance(Protocol):
    """Whoever wants to know how far a single stage is."""

    def __call__(self, done: float) -> None:
        """Hear that so much of the stage is done, 0 to 1."""


def unheard(done: float) -> None:
    """Nobody wants to know how far the stage is."""


def silent(stage: str, done: float) -> None:
    """Nobody wants to know."""
