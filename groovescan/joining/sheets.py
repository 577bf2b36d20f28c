"""The part of a photograph that shows the disc."""

from __future__ import annotations

from typing import Protocol

import numpy as np


class PieceSheet(Protocol):
    """A sheet of film in a photograph: beyond its edges nothing is looked at."""

    def covers(self, x_px: np.ndarray, y_px: np.ndarray) -> np.ndarray:
        """Whether points of the photograph lie on it; bool, of their shape."""
        ...
