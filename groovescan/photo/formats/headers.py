"""Headers of PNG and JPEG files, and whether the files are complete.

Decoders fill what is missing with grey or zeros and say so only on the terminal, if at all.
A groove would go on into that grey without a word, so the files are checked beforehand.

Sources: PNG (Portable Network Graphics) Specification, W3C, sections 5 and 11.2; JPEG,
ITU-T T.81, annex B.
"""

from __future__ import annotations

import mmap
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from groovescan.photo.refusal import refusal, truncated

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
JPEG_MAGIC = b"\xff\xd8\xff"

# Deflate packs at most 258 bytes into 2 bits; one Huffman code has at least one bit for
# each block of 8 x 8 px. A header that claims more than that lies.
_DEFLATE_LIMIT = 1032
_JPEG_PX_PER_BYTE = 8 * 64

_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_HUFFMAN_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
_JPEG_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
JPEG_START_OF_SCAN = 0xDA


@dataclass(frozen=True, kw_only=True)
class Header:
    """Size and type as a file's header claims them.

    Attributes
    ----------
    columns, rows : int
        Size in px, before any EXIF orientation.
    bits : int
        Bits per sample.
    credible : bool
        False where the file is too short to hold that many pixels.
    data_start : int
        Where the picture's data, or the chunks before it, begin, in bytes.
    """

    columns: int
    rows: int
    bits: int
    credible: bool
    data_start: int


def png_header(data: mmap.mmap | bytes, name: str) -> Header:
    """The header of a PNG file.

    Raises
    ------
    PhotographError
        Where there is none.
    """
    if len(data) < 33:
        raise truncated(name, f"it ends after {len(data)} bytes, within the PNG header")
    if data[12:16] != b"IHDR":
        raise refusal(name, "it starts like a PNG file, but has no header", "export it again")
    columns, rows, bits, kind = struct.unpack(">IIBB", data[16:26])
    raw = rows * (columns * bits * _PNG_CHANNELS.get(kind, 1) // 8 + 1)
    credible = raw <= _DEFLATE_LIMIT * len(data)
    return Header(columns=columns, rows=rows, bits=bits, credible=credible, data_start=8)


def check_png_complete(data: mmap.mmap | bytes, header: Header, name: str) -> None:
    """Follow the chunks of a PNG file to its end and compare their check sums.

    Raises
    ------
    PhotographError
        Where the end is missing or a chunk is damaged.
    """
    position, kind = header.data_start, b""
    with memoryview(data) as view:
        while kind != b"IEND":
            if position + 12 > len(data):
                raise truncated(name, f"it ends after {len(data)} bytes, before its last chunk")
            length, kind = struct.unpack(">I4s", view[position : position + 8])
            end = position + 12 + length
            if end > len(data):
                raise truncated(name, f"it has {len(data)} bytes where at least {end} belong")
            (expected,) = struct.unpack(">I", view[end - 4 : end])
            if zlib.crc32(view[position + 4 : end - 4]) != expected:
                raise _damaged(name, f"the check sum of a chunk at byte {position} is wrong")
            position = end


def _damaged(name: str, detail: str) -> Exception:
    return refusal(name, f"the file is damaged, {detail}", "copy it again from its source")


def jpeg_header(data: mmap.mmap | bytes, name: str) -> Header:
    """The header of a JPEG file; `data_start` is where its first scan begins.

    Raises
    ------
    PhotographError
        Where there is none before the first scan.
    """
    frame = None
    for marker, start, end in jpeg_segments(data, name):
        if marker in JPEG_FRAMES and start + 5 <= len(data):
            frame = (marker, *struct.unpack(">BHH", data[start : start + 5]))
        if marker == JPEG_START_OF_SCAN and frame:
            return _jpeg_claims(frame, end, len(data))
    raise truncated(name, f"it ends after {len(data)} bytes, within the JPEG header")


def jpeg_segments(data: mmap.mmap | bytes, name: str) -> Iterator[tuple[int, int, int]]:
    """Marker of each segment of a JPEG file, and where its content begins and ends, in bytes.

    Raises
    ------
    PhotographError
        Where something else stands in place of a marker, as the data of a scan do.
    """
    position = 2
    while position + 4 <= len(data):
        if data[position] != 0xFF:
            raise _damaged(name, f"there is no JPEG marker at byte {position}")
        marker = data[position + 1]
        if marker == 0xFF or marker in _JPEG_ALONE:  # a fill byte, a marker without content
            position += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack(">H", data[position + 2 : position + 4])
        yield marker, position + 4, position + 2 + length
        position += 2 + length


def _jpeg_claims(frame: tuple[int, int, int, int], data_start: int, length: int) -> Header:
    marker, bits, rows, columns = frame
    credible = marker not in _JPEG_HUFFMAN_FRAMES or columns * rows <= _JPEG_PX_PER_BYTE * length
    return Header(columns=columns, rows=rows, bits=bits, credible=credible, data_start=data_start)


def check_jpeg_complete(data: mmap.mmap | bytes, header: Header, name: str) -> None:
    """Look for the end marker of a JPEG file, which no byte of a scan can imitate.

    Raises
    ------
    PhotographError
        Where it is missing.
    """
    if data.find(b"\xff\xd9", header.data_start) < 0:
        raise truncated(name, f"it ends after {len(data)} bytes without the JPEG end marker")
