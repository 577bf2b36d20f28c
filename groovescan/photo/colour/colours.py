"""All colours of a photograph, as long as it is open which channel of them is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from groovescan.core.photograph import Photograph


@dataclass(frozen=True, kw_only=True)
class OpenColours:
    """Colours in memory or in a file, and how a photograph is made of one channel of them.

    Attributes
    ----------
    samples : callable
        Gives the samples of an upright block, shape (rows, columns, 3 or more), as the file has
        them.
    low, high : float
        Values of the samples that are luminance 0 and 1.
    make : callable
        Gives the photograph of a channel.
    has_luma : bool
        Whether the file holds its luminance by itself, and finer than the colours (JPEG).
    asked : bool
        Whether the channel that the photograph is was asked for, so that no other is taken.
    """

    samples: Callable[[slice, slice], np.ndarray]
    low: float
    high: float
    make: Callable[[str], Photograph]
    has_luma: bool = False
    asked: bool = False

    def block(self, rows: slice, columns: slice) -> np.ndarray:
        """The colours of a block: float32, 0 to 1, shape (rows, columns, 3)."""
        moved = self.samples(rows, columns)[..., :3] - self.low
        return np.divide(moved, self.high - self.low, dtype=np.float32, casting="same_kind")

    def taken(self, channel: str) -> Photograph:
        """The photograph in a channel."""
        return self.make(channel)
