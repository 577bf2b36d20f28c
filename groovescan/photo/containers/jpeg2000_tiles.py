"""The tiles of a JPEG 2000 picture, each decoded by itself.

A tile is coded as if it were alone: with a main header whose picture is the tile's part of the
reference grid, its tile-parts are a code of their own, which any decoder takes. So a picture is
read by tiles without a library that does so, and whatever it is coded with comes out the same.

Source: ITU-T T.800, annexes A.4 (tile-parts) and A.5.1 (size), B.3 (tiles on the reference grid).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import NamedTuple

import imagecodecs
import numpy as np

from groovescan.errors import PhotographError
from groovescan.photo.containers.boxes import boxes
from groovescan.photo.refusal import refusal, truncated

_CODE, _SIZE, _TILE_PART = b"\xff\x4f", 0xFF51, 0xFF90
#: Segments of the main header that tell where tile-parts and packets lie in the whole code.
_PLACES = (0xFF55, 0xFF57)
#: Headers of all packets, of all tiles, in one.
_PACKED = 0xFF60
_GRID = struct.Struct(">8I")
_PART = struct.Struct(">HHHIBB")


class TilePart(NamedTuple):
    """Where a tile-part lies in the file, and how many bytes it has."""

    offset: int
    length: int


@dataclass(frozen=True, kw_only=True)
class TiledCode:
    """A code whose tiles can be decoded one by one.

    Attributes
    ----------
    size : bytes
        The size segment of the main header.
    other : bytes
        The segments after it.
    parts : dict of int to tuple of TilePart
        Of each tile.
    bits : int
        Bits per sample.
    samples : int
        Samples per pixel.
    """

    size: bytes
    other: bytes
    parts: dict[int, tuple[TilePart, ...]]
    bits: int
    samples: int

    @property
    def grid(self) -> tuple[int, ...]:
        """Right, bottom, left and top of the picture; width, height, left and top of tiles."""
        return _GRID.unpack(self.size[6 : 6 + _GRID.size])


def tiled_code(path: Path) -> TiledCode | None:
    """The code of a JPEG 2000 file by tiles.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    TiledCode or None
        None where it is one tile, or of a kind that has to be decoded whole: with a palette, luma
        and chroma by its boxes, samples of several sizes, signs or more than 16 bits, packet
        headers packed together, or a picture that begins within a tile.

    Raises
    ------
    PhotographError
        Where parts of it are missing.
    """
    # Boxes before the code, and its main header, end within so many bytes in all but odd files.
    head_bytes = 1 << 22
    with path.open("rb", buffering=0) as file:
        head = file.read(head_bytes)
        begin, end = _code_in(head, path.stat().st_size)
        segments = _segments(head, begin)
        kinds = [kind for kind, _ in segments]
        if not kinds or kinds[0] != _SIZE or _PACKED in kinds or not _is_plain(segments[0][1]):
            return None
        size = segments[0][1]
        first = begin + len(_CODE) + sum(len(segment) for _, segment in segments)
        parts = _parts(file, first, end, path.name)
    found = TiledCode(
        size=size,
        other=b"".join(segment for kind, segment in segments[1:] if kind not in _PLACES),
        parts=parts,
        bits=(size[40] & 127) + 1,
        samples=struct.unpack(">H", size[38:40])[0],
    )
    right, bottom, left, top, width, height, *_ = found.grid
    count = -(-(right - left) // width) * -(-(bottom - top) // height)
    if len(parts) != count or max(parts) >= count:
        raise truncated(path.name, f"of its {count} tiles, {len(parts)} are there")
    return found if count > 1 else None


def _code_in(head: bytes, size: int) -> tuple[int, int]:
    """Where the code begins and ends, in bytes; a beginning beyond the head where it is not met."""
    if head.startswith(_CODE):
        return 0, size
    for outer in boxes(head):
        if outer.kind == b"jp2c":
            return outer.start, min(outer.end, size)
        inside = boxes(head, outer.start, outer.end) if outer.kind == b"jp2h" else ()
        for box in inside:
            luma_chroma = box.kind == b"colr" and head[box.start : box.start + 7] == (
                b"\x01\x00\x00\x00\x00\x00\x12"
            )
            if box.kind == b"pclr" or luma_chroma:
                return len(head), size
    return len(head), size


def _segments(head: bytes, begin: int) -> list[tuple[int, bytes]]:
    """Segments of the main header, each with its marker; none where it does not end in the head."""
    at = begin + len(_CODE)
    found: list[tuple[int, bytes]] = []
    while at + 4 <= len(head):
        kind, length = struct.unpack(">HH", head[at : at + 4])
        if kind == _TILE_PART:
            return found
        if kind < 0xFF00 or length < 2:
            return []
        found.append((kind, head[at : at + 2 + length]))
        at += 2 + length
    return []


def _is_plain(size: bytes) -> bool:
    """Whether all samples are alike, and the picture begins where its tiles do."""
    # Colours and alpha; and what is held in two bytes.
    most_samples, most_bits = 4, 16
    if len(size) < 43:
        return False
    _, _, left, top, width, height, tiles_left, tiles_top = _GRID.unpack(size[6 : 6 + _GRID.size])
    (samples,) = struct.unpack(">H", size[38:40])
    kinds = {size[at : at + 3] for at in range(40, 40 + 3 * samples, 3)}
    whole = kinds == {size[40:41] + b"\x01\x01"} and size[40] < most_bits
    begins = (left, top) == (tiles_left, tiles_top) and width > 0 and height > 0
    return samples <= most_samples and whole and begins


def _parts(file: FileIO, at: int, end: int, name: str) -> dict[int, tuple[TilePart, ...]]:
    """The tile-parts of each tile."""
    found: dict[int, tuple[TilePart, ...]] = {}
    while at + _PART.size <= end:
        file.seek(at)
        marker, _, tile, count, _, _ = _PART.unpack(file.read(_PART.size))
        if marker != _TILE_PART:
            break
        count = count or end - at - 2  # the last may leave its length out: up to the end marker
        if count < _PART.size + 2 or at + count > end:
            raise truncated(name, f"a part of tile {tile} ends beyond its {end} bytes")
        found[tile] = (*found.get(tile, ()), TilePart(at, count))
        at += count
    return found


class TileStore:
    """Samples of a JPEG 2000 picture, tile by tile.

    Parameters
    ----------
    path : Path
        The file.
    code : TiledCode
        Its code.
    """

    def __init__(self, path: Path, code: TiledCode) -> None:
        least_px = 256  # blocks are whole tiles, of about this side at least: arbitrary
        right, bottom, left, top, width, height, *_ = code.grid
        self._path, self._code, self._tile = path, code, (height, width)
        self.shape = (bottom - top, right - left, code.samples)
        self.dtype = np.dtype(np.uint8 if code.bits <= 8 else np.uint16)
        self.block = (height * -(-least_px // height), width * -(-least_px // width))

    def load(self, row: int, column: int) -> np.ndarray:
        """The samples of a block, shape (rows, columns, samples), less at the edges.

        Raises
        ------
        PhotographError
            Where they cannot be decoded.
        """
        (height, width), (rows, columns, samples) = self._tile, self.shape
        top, left = row * self.block[0], column * self.block[1]
        bottom, right = min(top + self.block[0], rows), min(left + self.block[1], columns)
        out = np.empty((bottom - top, right - left, samples), self.dtype)
        with self._path.open("rb", buffering=0) as file:
            for y in range(top, bottom, height):
                for x in range(left, right, width):
                    place = out[y - top : y - top + height, x - left : x - left + width]
                    place[:] = self._decoded(file, y // height, x // width, place.shape)
        return out

    def _decoded(self, file: FileIO, down: int, across: int, shape: tuple[int, ...]) -> np.ndarray:
        tile = down * -(-self.shape[1] // self._tile[1]) + across
        try:
            found: np.ndarray = imagecodecs.jpeg2k_decode(self._alone(file, tile, down, across))
            return found.reshape(shape)
        except (PhotographError, MemoryError):
            raise
        except Exception as error:  # damaged files make the decoders raise nearly anything
            raise refusal(
                self._path.name,
                f"its tile {tile} is damaged ({error})",
                "copy it again from its source",
            ) from error

    def _alone(self, file: FileIO, tile: int, down: int, across: int) -> bytes:
        """The code of a tile as that of a picture."""
        right, bottom, left, top, width, height, *_ = self._code.grid
        left, top = left + across * width, top + down * height
        right, bottom = min(left + width, right), min(top + height, bottom)
        grid = _GRID.pack(right, bottom, left, top, width, height, left, top)
        size = self._code.size[:6] + grid + self._code.size[6 + _GRID.size :]
        parts = [self._part(file, part) for part in self._code.parts[tile]]
        return b"".join((_CODE, size, self._code.other, *parts, b"\xff\xd9"))

    def _part(self, file: FileIO, part: TilePart) -> bytes:
        """A tile-part as one of the first tile, with its length."""
        file.seek(part.offset)
        data = bytearray(file.read(part.length))
        if len(data) < part.length:
            raise refusal(
                self._path.name, "it has become shorter since it was opened", "start again"
            )
        data[4:10] = struct.pack(">HI", 0, part.length)
        return bytes(data)
