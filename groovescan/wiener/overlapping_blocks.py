"""A signal in blocks that overlap: each has a spectrum of its own, and is solved by itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groovescan.runtime.array_types import BoolVector, Float32Vector, FloatVector
from groovescan.runtime.jit import compiled

#: Samples that one spectrum serves, and those round them that are solved with them.
HOP = 1024
#: Half a hop on either side: with it a block has 2048 samples, a power of two.
MARGIN = 512
SPAN = HOP + 2 * MARGIN
#: Neighbouring solutions are faded over so many samples.
FADE = 512
#: A bound for single precision: a sample that is a million times better than the usual one holds
#: the estimate as one that is certain.
_MOST_WEIGHT = 1e12
# So few at a time that they stay near the processor, and so many that threads seldom wait for each
# other between two calls. The groups do not depend on the number of threads: these change no bit.
_BLOCKS = 48
#: So many missing samples are begun on a line between those beside them; longer gaps fade.
_SHORT_GAP = 32
#: So many errors tell what is usual.
_ENOUGH = 100_000


@dataclass(frozen=True, kw_only=True)
class Samples:
    """Samples with room round them, in blocks that overlap.

    Attributes
    ----------
    value : ndarray of float32, shape (n,)
        Samples, interpolated where a few are missing; zero in longer gaps, before their start and
        after their end.
    weight : ndarray of float32, shape (n,)
        One over the variance of each, times the square of `scale`.
    scale : float
        Median standard error.
    start : int
        Where the first of them is.
    """

    value: np.ndarray
    weight: np.ndarray
    scale: float
    start: int

    @property
    def count(self) -> int:
        """Number of blocks."""
        return (len(self.value) - 2 * MARGIN) // HOP

    def blocks(self, group: slice) -> tuple[np.ndarray, np.ndarray]:
        """Values and weights of a group of blocks, each of shape (blocks, span)."""
        return blocks(self.value, group), blocks(self.weight, group)


def blocks(values: np.ndarray, group: slice) -> np.ndarray:
    """A group of blocks of a whole signal, shape (blocks, span)."""
    return np.lib.stride_tricks.sliding_window_view(values, SPAN)[::HOP][group]


def groups_of(count: int) -> list[slice]:
    """The groups that so many blocks are taken in."""
    return [slice(first, min(first + _BLOCKS, count)) for first in range(0, count, _BLOCKS)]


def laid_out(value: np.ndarray, error: np.ndarray, known: np.ndarray) -> Samples:
    """The samples laid out so that the first lies in the middle of the first block.

    Parameters
    ----------
    value, error : ndarray of float, shape (n,)
        Samples and their standard errors.
    known : ndarray of bool, shape (n,)
        Which of them are not missing; one or more.
    """
    # at the last sample no block fades out
    length = -(-(len(value) + (HOP + FADE) // 2) // HOP) * HOP + 2 * MARGIN
    some = slice(None, None, -(-len(error) // _ENOUGH))
    errors = error[some][known[some]]
    scale = float(np.median(errors if len(errors) else error[known]))
    values, weights = np.zeros(length, np.float32), np.zeros(length, np.float32)
    start = MARGIN + HOP // 2
    place = slice(start, start + len(value))
    _fill(value, known, values[place])
    relative = np.divide(scale, error, dtype=np.float32, casting="same_kind")
    np.minimum(relative * relative, _MOST_WEIGHT, out=weights[place])
    return Samples(value=values, weight=weights, scale=scale, start=start)


@compiled
def _fill(value: FloatVector, known: BoolVector, found: Float32Vector) -> None:
    """Write samples, and where a few are missing what lies on a line between those beside them."""
    last = -1
    for n in range(len(value)):
        if not known[n]:
            continue
        found[n] = value[n]
        if last >= 0 and n - last <= _SHORT_GAP:
            for k in range(last + 1, n):
                share = np.float32((k - last) / (n - last))
                found[k] = found[last] + (found[n] - found[last]) * share
        last = n
