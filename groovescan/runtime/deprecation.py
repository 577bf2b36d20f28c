"""Names that have changed: the old ones still work, and a warning says the new one."""

from __future__ import annotations

import warnings
from typing import Any


class Renamed:
    """An attribute under its old name.

    Parameters
    ----------
    new : str
        Its name now.
    """

    def __init__(self, new: str) -> None:
        self._new = new

    def __set_name__(self, owner: type, name: str) -> None:
        self._owner, self._old = owner.__name__, name

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        said = f"{self._owner}.{self._old} is now {self._owner}.{self._new}"
        warnings.warn(said, DeprecationWarning, stacklevel=2)
        return getattr(instance, self._new)
