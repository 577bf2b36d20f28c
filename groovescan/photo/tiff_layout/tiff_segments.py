"""The samples of a TIFF page as the file stores them, by blocks.

A block is a whole number of strips or tiles, or some rows of a page that lies in the file as
it would in memory. Any number of threads may load at once: each opens the file for itself.
"""

from __future__ import annotations

from io import FileIO
from pathlib import Path
from typing import Protocol

import numpy as np
import tifffile

from groovescan.errors import PhotographError
from groovescan.photo.refusal import refusal
from groovescan.photo.tiff_layout.tiff_segment_check import SegmentCheck, segment_shape

#: Strips are taken together until a block has so many rows, tiles until a side has so many px.
_STRIP_ROWS = 64
#: Photometric interpretation of indices into a palette (TIFF 6.0).
_PALETTE = 3


class Store(Protocol):
    """Samples by blocks, in the orientation in which they are stored.

    Attributes
    ----------
    shape : tuple of int
        Rows, columns, samples per pixel.
    dtype : dtype
        Of the samples.
    block : tuple of int
        Rows and columns of a block.
    """

    shape: tuple[int, int, int]
    dtype: np.dtype
    block: tuple[int, int]

    def load(self, row: int, column: int) -> np.ndarray:
        """The samples of a block, shape (rows, columns, samples), less at the edges.

        Raises
        ------
        PhotographError
            Where they cannot be decoded.
        """


def store_of(path: Path, page: tifffile.TiffPage, *, turned: bool) -> Store:
    """The store of a page; `turned` is one whose columns will be looked at as rows."""
    plain = page.is_contiguous and page.predictor == 1 and page.fillorder == 1
    if plain and page.photometric != _PALETTE:
        return ContiguousStore(path, page, turned=turned)
    return SegmentStore(path, page)


class ContiguousStore:
    """A page that lies in the file as it would in memory, plane by plane."""

    def __init__(self, path: Path, page: tifffile.TiffPage, *, turned: bool) -> None:
        # Of a page that is turned, blocks are tall: memory alone, arbitrary.
        turned_rows = 4096
        self._path, self._start = path, page.dataoffsets[0]
        self._planes, _, rows, columns, samples = page.shaped
        self._held = samples
        self.dtype = _dtype(page)
        self._stored = self.dtype.newbyteorder(page.parent.byteorder)
        self.shape = (rows, columns, self._planes * samples)
        tall = (min(turned_rows, rows), min(_STRIP_ROWS, columns))
        self.block = tall if turned else (min(_STRIP_ROWS, rows), columns)

    def load(self, row: int, column: int) -> np.ndarray:
        """The samples of a block."""
        (top, bottom), (left, right) = _edges(self, row, column)
        out = np.empty((self._planes, bottom - top, right - left, self._held), self._stored)
        with self._path.open("rb", buffering=0) as file:
            for plane, part in enumerate(out):
                self._read(file, part, plane, top, left)
        if self._planes > 1:
            return np.moveaxis(out[..., 0], 0, -1).astype(self.dtype, copy=False)
        return out[0].astype(self.dtype, copy=False)

    def _read(self, file: FileIO, part: np.ndarray, plane: int, top: int, left: int) -> None:
        rows, columns, _ = self.shape
        pixel = self._held * self._stored.itemsize
        line = columns * pixel
        begin = self._start + (plane * rows + top) * line + left * pixel
        whole_rows = part.shape[1] == columns
        for index, piece in enumerate([part] if whole_rows else part):
            file.seek(begin + index * line)
            _fill(file, memoryview(piece).cast("B"), self._path.name)


def _fill(file: FileIO, memory: memoryview, name: str) -> None:
    while len(memory):
        count = file.readinto(memory)
        if not count:
            raise refusal(name, "it has become shorter since it was opened", "start again")
        memory = memory[count:]


class SegmentStore:
    """A page of strips or tiles that have to be decoded."""

    def __init__(self, path: Path, page: tifffile.TiffPage) -> None:
        # Blocks are whole tiles, of about this side: memory alone, arbitrary.
        tile_px = 256
        self._path = path
        self._offsets, self._counts = page.dataoffsets, page.databytecounts
        self._decode = page.decode
        self._check = SegmentCheck.of(page)
        self._tables = {"jpegtables": page.jpegtables} if page.jpegtables is not None else {}
        self._planes, _, rows, columns, self._held = page.shaped
        self._colours = _colours(page)
        samples = self._planes * self._held if self._colours is None else 3
        self.shape = (rows, columns, samples)
        self.dtype = _dtype(page) if self._colours is None else self._colours.dtype
        self._segment = segment_shape(page)
        least = tile_px if page.is_tiled else _STRIP_ROWS
        height, width = self._segment
        self.block = (height * -(-least // height), width * -(-least // width))
        self._across = -(-columns // self._segment[1])
        self._of_plane = self._across * -(-rows // self._segment[0])

    def load(self, row: int, column: int) -> np.ndarray:
        """The samples of a block."""
        try:
            samples = self._samples(*_edges(self, row, column))
        except (PhotographError, MemoryError):
            raise
        except Exception as error:  # a damaged file makes the decoders raise nearly anything
            raise refusal(
                self._path.name, f"the TIFF file is damaged ({error})", "export it again"
            ) from error
        return samples if self._colours is None else self._colours[samples[..., 0]]

    def _samples(self, rows: tuple[int, int], columns: tuple[int, int]) -> np.ndarray:
        height, width = self._segment
        (top, bottom), (left, right) = rows, columns
        held = self.dtype if self._colours is None else None
        out: np.ndarray | None = None
        with self._path.open("rb", buffering=0) as file:
            for plane in range(self._planes):
                for y in range(top // height, -(-bottom // height)):
                    for x in range(left // width, -(-right // width)):
                        index = plane * self._of_plane + y * self._across + x
                        piece = self._piece(file, index, y * height)
                        if out is None:
                            kind = held or (np.uint8 if piece is None else piece.dtype)
                            count = self._planes * self._held
                            out = np.zeros((bottom - top, right - left, count), kind)
                        if piece is not None:
                            place = out[y * height - top :, x * width - left :]
                            place = place[: piece.shape[0], : piece.shape[1]]
                            piece = piece[: place.shape[0], : place.shape[1]]
                            place[..., plane * self._held :][..., : self._held] = piece
        if out is None:
            raise ValueError("it has no samples")
        return out

    def _piece(self, file: FileIO, index: int, row: int) -> np.ndarray | None:
        """A decoded segment, (rows, columns, samples); None where the file leaves it out."""
        if not self._counts[index]:
            return None
        file.seek(self._offsets[index])
        data = bytearray(self._counts[index])
        _fill(file, memoryview(data), self._path.name)
        self._check(bytes(data), row, self._path.name)
        decoded = self._decode(bytes(data), index, **self._tables)[0]
        return None if decoded is None else decoded[0]


def _dtype(page: tifffile.TiffPage) -> np.dtype:
    if page.dtype is None:
        raise ValueError("the page has samples of no known type")
    return page.dtype


def _colours(page: tifffile.TiffPage) -> np.ndarray | None:
    """The colours of a palette, uint16 of shape (indices, 3)."""
    if page.photometric != _PALETTE:
        return None
    return np.ascontiguousarray(np.asarray(page.colormap, np.uint16).reshape(3, -1).T)


def _edges(store: Store, row: int, column: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """First and last, exclusive, of rows and columns of a block."""
    height, width = store.block
    rows, columns, _ = store.shape
    return (
        (row * height, min((row + 1) * height, rows)),
        (column * width, min((column + 1) * width, columns)),
    )
