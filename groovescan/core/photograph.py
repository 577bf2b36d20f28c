"""A photograph, of which a stage asks for the block of luminance that it looks at.

Its pixels stay as the file has them, in memory or in the file: eight bits remain eight bits,
and what does not fit in memory need not.
"""

from __future__ import annotations

import weakref
from collections.abc import Hashable
from dataclasses import dataclass, replace
from threading import Lock
from typing import Protocol

import cv2
import numpy as np

from groovescan.display import NotebookResult

_ALL = slice(None)
#: Pixels that are reduced at a time: some 16 MB of float32. Arbitrary: it bounds memory.
_BAND_PX = 1 << 22
#: Copies of one photograph that are remembered take no more than this. Arbitrary: it bounds memory.
_REMEMBERED_BYTES = 512 << 20


class Pixels(Protocol):
    """Where the pixels of a photograph are: one channel, upright, of any type of number."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""

    def block(self, rows: slice, columns: slice) -> np.ndarray:
        """The pixels of a block that lies within; not to be written to. Any thread may ask."""

    def __hash__(self) -> int:
        """Of the object, not of its pixels, which never change: it is what copies are kept by."""


class ArrayPixels:
    """Pixels in memory.

    Parameters
    ----------
    values : ndarray, shape (rows, columns)
        Held as it is, not copied.
    """

    def __init__(self, values: np.ndarray) -> None:
        self._values = values

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self._values.shape

    def block(self, rows: slice, columns: slice) -> np.ndarray:
        """The pixels of a block, a view."""
        return self._values[rows, columns]


class Colours(Protocol):
    """Red, green and blue of a photograph, of which one channel after another can be taken."""

    @property
    def has_luma(self) -> bool:
        """Whether the file holds its luminance by itself, and finer than the colours (JPEG)."""

    @property
    def asked(self) -> bool:
        """Whether the channel that the photograph is was asked for."""

    def block(self, rows: slice, columns: slice) -> np.ndarray:
        """The colours of a block that lies within: float32, 0 to 1, shape (rows, columns, 3)."""

    def taken(self, channel: str) -> Photograph:
        """The same photograph in another channel, without `colours`."""


@dataclass(frozen=True, kw_only=True)
class StatedTone:
    """The curve between light and the values of a file, as it states it.

    Attributes
    ----------
    profile : bytes
        An ICC profile; it goes before the rest.
    curve : str
        'linear', 'srgb', 'lstar', or the exponent of a power law, such as '2.2'; empty where the
        file says nothing.
    """

    profile: bytes = b""
    curve: str = ""

    def __bool__(self) -> bool:
        return bool(self.profile or self.curve)


@dataclass(frozen=True, kw_only=True)
class Rounding:
    """How a JPEG file rounded what it shows: cosine coefficients of blocks of 8 x 8 px.

    Attributes
    ----------
    steps : ndarray of float32, shape (8, 8)
        Step to whose multiples each coefficient was rounded, in luminance, of orthonormal
        coefficients; down, and across.
    first_row, first_column : int
        Where the first whole block begins, in px.
    """

    steps: np.ndarray
    first_row: int = 0
    first_column: int = 0


class ReducedCopies:
    """A memory of reduced copies of pixels, since several stages look at the same ones.

    It stands outside the photographs, which are data and nothing else, and changes no result: what
    is not remembered is made again, and comes to the same. Copies go when the pixels go that they
    were made of. Threads may ask at once.

    Examples
    --------
    >>> class Pixels: ...
    >>> pixels, copies = Pixels(), ReducedCopies()
    >>> copies.add(pixels, 2, np.ones((3, 3)))
    >>> copies.get(pixels, 2).shape
    (3, 3)
    """

    def __init__(self) -> None:
        self._copies: weakref.WeakKeyDictionary[object, dict[Hashable, np.ndarray]]
        self._copies = weakref.WeakKeyDictionary()
        self._lock = Lock()

    def get(self, pixels: object, key: Hashable) -> np.ndarray | None:
        """The copy of some pixels that is remembered.

        Parameters
        ----------
        pixels : object
            What it is a copy of; the same only if it is the same object.
        key : hashable
            How it was made.

        Returns
        -------
        ndarray or None
            None where there is none.
        """
        with self._lock:
            return self._copies.get(pixels, {}).get(key)

    def add(self, pixels: object, key: Hashable, copy: np.ndarray) -> None:
        """Remember a copy of some pixels, as far as there is room.

        Parameters
        ----------
        pixels : object
            What it is a copy of.
        key : hashable
            How it was made.
        copy : ndarray
            Not to be changed from now on.
        """
        with self._lock:
            held = self._copies.setdefault(pixels, {})
            if sum(other.nbytes for other in held.values()) + copy.nbytes <= _REMEMBERED_BYTES:
                held.setdefault(key, copy)

    def forget(self, pixels: object) -> None:
        """Let go of the copies of some pixels."""
        with self._lock:
            self._copies.pop(pixels, None)


#: Of all photographs of the process.
_COPIES = ReducedCopies()


@dataclass(frozen=True, kw_only=True, init=False, eq=False)
class Photograph(NotebookResult):
    """A photograph as luminance: float32, 0 to 1, linear in what the file holds.

    Attributes
    ----------
    pixels : Pixels
        One channel of it, as the file holds it. An array in memory is given as `luminance`
        instead, float32, 0 to 1.
    black, white : float
        Values of the pixels that are luminance 0 and 1.
    name : str
        Where it came from: a file's name, or 'array'.
    bits : int
        Bits per sample of the file.
    dpi : float or None
        Pixels per inch, as the settings or else the file state; None where neither does.
    channel : str
        What of the file it is: 'grey', 'red', 'green', 'blue', 'luminance', or a mixture of the
        three by its weights, such as '0.35,0.50,-0.15'.
    rounding : Rounding or None
        How a JPEG file rounded it; None where it did not, or where it is not known.
    colours : Colours or None
        All of its colours, as long as it is open which channel shows the groove best, or whether
        another shows it better than the one that was asked for; else None.
    sides : tuple of int
        Pages of the file that may each show a side of a disc, counted from 1; empty where a file
        has no pages.
    tone : StatedTone
        The curve between light and values that the file states.
    undone : str
        The curve that was undone: 'profile', 'srgb', 'lstar' or an exponent; empty where the values
        are as the file has them.
    """

    pixels: Pixels
    black: float
    white: float
    name: str
    bits: int
    dpi: float | None
    channel: str
    rounding: Rounding | None
    colours: Colours | None
    sides: tuple[int, ...]
    tone: StatedTone
    undone: str

    def __init__(
        self,
        *,
        luminance: np.ndarray | None = None,
        pixels: Pixels | None = None,
        black: float = 0.0,
        white: float = 1.0,
        name: str = "array",
        bits: int = 8,
        dpi: float | None = None,
        channel: str = "grey",
        rounding: Rounding | None = None,
        colours: Colours | None = None,
        sides: tuple[int, ...] = (),
        tone: StatedTone | None = None,
        undone: str = "",
    ) -> None:
        if luminance is not None:  # goes before what `dataclasses.replace` passes on
            pixels, black, white = ArrayPixels(luminance), 0.0, 1.0
        if pixels is None:
            raise TypeError("a photograph takes its pixels, or luminance as an array")
        given = {"pixels": pixels, "black": black, "white": white, "name": name, "bits": bits}
        given |= {"dpi": dpi, "channel": channel, "rounding": rounding, "colours": colours}
        given |= {"sides": sides, "tone": tone or StatedTone(), "undone": undone}
        for key, value in given.items():
            object.__setattr__(self, key, value)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.pixels.shape

    def taken(self, channel: str) -> Photograph:
        """The photograph in another of its channels, and without its colours."""
        if self.colours is None:
            return self
        if channel != self.channel:
            return replace(self.colours.taken(channel), dpi=self.dpi)
        return replace(self, colours=None)

    @property
    def luminance(self) -> np.ndarray:
        """All of it, float32 of shape (rows, columns): for small photographs only."""
        return self.window(_ALL, _ALL)

    def window(self, rows: slice, columns: slice) -> np.ndarray:
        """Luminance of a block.

        Parameters
        ----------
        rows, columns : slice
            Without step; what lies beyond the photograph is left out, as numpy does.

        Returns
        -------
        ndarray of float32, shape (rows, columns)
            Not to be written to: it may be the photograph's own. Threads may ask at once.
        """
        rows, columns = _within(rows, self.shape[0]), _within(columns, self.shape[1])
        block = self.pixels.block(rows, columns)
        if block.dtype == np.float32 and (self.black, self.white) == (0.0, 1.0):
            return block
        return self._in_luminance(np.array(block, np.float32, order="C"))

    def reduced(self, factor: int, rows: slice = _ALL, columns: slice = _ALL) -> np.ndarray:
        """Luminance of the photograph, or of a block of it, reduced by a whole factor.

        Parameters
        ----------
        factor : int
            Every so many rows and columns become one, their mean; what is left over at the
            right and at the bottom is dropped.
        rows, columns : slice
            The block, in px of the reduced copy.

        Returns
        -------
        ndarray of float32, shape (rows, columns)
            Not to be written to: whole copies are remembered, up to 512 MB of one photograph.
        """
        if factor == 1:
            return self.window(rows, columns)
        key = factor, self.black, self.white
        made = _COPIES.get(self.pixels, key)
        if made is None:
            rows_all, columns_all = (size // factor for size in self.shape)
            block = _within(rows, rows_all), _within(columns, columns_all)
            made = self._reduce(factor, *block)
            if made.shape != (rows_all, columns_all):
                return made
            _COPIES.add(self.pixels, key, made)
        return made[rows, columns]

    def forget_reduced(self) -> None:
        """Let go of reduced copies that are remembered; they are made again where asked for."""
        _COPIES.forget(self.pixels)

    def _reduce(self, factor: int, rows: slice, columns: slice) -> np.ndarray:
        """Reduce band by band, so that little more than the result is held."""
        height, width = rows.stop - rows.start, columns.stop - columns.start
        out = np.empty((max(height, 0), max(width, 0)), np.float32)
        across = slice(columns.start * factor, columns.stop * factor)
        step = max(1, _BAND_PX // max(width * factor * factor, 1))
        for start in range(0, height if width > 0 else 0, step):
            part = out[start : start + step]
            top = (rows.start + start) * factor
            band = self.pixels.block(slice(top, top + len(part) * factor), across)
            band = band.astype(np.float32, copy=False)
            part[...] = cv2.resize(band, (width, len(part)), interpolation=cv2.INTER_AREA)
            self._in_luminance(part)
        return out

    def _in_luminance(self, pixels: np.ndarray) -> np.ndarray:
        """Values of pixels made into luminance, in place."""
        if self.black:
            pixels -= np.float32(self.black)
        pixels /= np.float32(self.white - self.black)
        return pixels


def _within(part: slice, size: int) -> slice:
    start, stop, step = part.indices(size)
    if step != 1:
        raise ValueError(f"a block of a photograph has no step, and {part} has")
    return slice(start, max(start, stop))
