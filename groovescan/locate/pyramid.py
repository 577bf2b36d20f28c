"""Reduced copies of a photograph, for the stages that look at all of it.

A photograph may be larger than memory. What is small is made once and held; of the rest, blocks
are read where they are looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock

import cv2
import numpy as np

from groovescan.core.results import Photograph

#: A photograph of no more pixels is copied as a whole. Arbitrary: it bounds memory.
_HELD_PX = 24_000_000


class Copies:
    """Copies of a photograph, each reduced by a power of two.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    """

    def __init__(self, photo: Photograph) -> None:
        self._photo = photo
        self._held: dict[int, np.ndarray] = {}
        self._lock = RLock()

    def shape(self, factor: int) -> tuple[int, int]:
        """Rows and columns of a copy; what is left over by the factor is dropped."""
        rows, columns = self._photo.shape
        return rows // factor, columns // factor

    def at(self, factor: int) -> Callable[[slice, slice], np.ndarray]:
        """Function that returns blocks (rows, columns) of the copy reduced by `factor`, float32.

        Any thread may call it.
        """
        if factor == 1:
            return self._photo.window
        rows, columns = self.shape(factor)
        if rows * columns <= _HELD_PX:
            copy = self._whole(factor)
            return lambda rows, columns: copy[rows, columns]
        return lambda rows, columns: self._photo.reduced(factor, rows, columns)

    def _whole(self, factor: int) -> np.ndarray:
        """The copy, from the next finer one where that is held: the file is read once for all."""
        with self._lock:
            if factor not in self._held:
                rows, columns = self.shape(factor // 2)
                if factor > 2 and rows * columns <= _HELD_PX:
                    self._held[factor] = _halved(self._whole(factor // 2), self.shape(factor))
                else:
                    self._held[factor] = self._photo.reduced(factor)
            return self._held[factor]


def _halved(copy: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    if min(shape) < 1:
        return np.zeros(shape, np.float32)
    even = copy[: 2 * shape[0], : 2 * shape[1]]
    return cv2.resize(even, shape[::-1], interpolation=cv2.INTER_AREA)
