"""Many photographs: decoded side by side, on one machine or many, so that nothing is lost."""

from __future__ import annotations

import warnings
from typing import Any

from groovescan.batch.collection import CollectionRequest, RunCallbacks, decode_collection
from groovescan.batch.intake.left_out import LeftOut, left_out
from groovescan.batch.listing.console_table import Outcomes
from groovescan.batch.listing.summary import counts
from groovescan.batch.plan import Plan, make_plan
from groovescan.batch.task import DONE, FAILED, LEFT, Outcome, Task, Wanted

__all__ = [
    "DONE",
    "FAILED",
    "LEFT",
    "CollectionRequest",
    "LeftOut",
    "Outcome",
    "Outcomes",
    "Plan",
    "RunCallbacks",
    "Task",
    "Wanted",
    "counts",
    "decode_collection",
    "left_out",
    "make_plan",
]


def __getattr__(name: str) -> Any:
    """A name as it was before."""
    renamed = {"Asked": CollectionRequest, "Watch": RunCallbacks}
    if name not in renamed:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    new = renamed[name]
    warnings.warn(f"{name} is now {new.__name__}", DeprecationWarning, stacklevel=2)
    return new
