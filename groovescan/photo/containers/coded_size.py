"""How many pixels coded pictures have, by their first bytes: what a decoder would take memory for.

Sources: ITU-T T.81, annex B.2.2 (JPEG); T.87 (JPEG-LS); T.800, annex A.5.1 (JPEG 2000); RFC 9649
(WebP); ISO/IEC 18181-1, annex D.1 (JPEG XL); T.832, annex A (JPEG XR); Esri, Lerc2 header.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from groovescan.photo.containers.boxes import boxes
from groovescan.photo.jpeg_coding.jpeg_markers import JPEG_FRAMES, jpeg_segments

_SIZE_MARKER = b"\xff\x4f\xff\x51"
_JXL_CODESTREAM = b"\xff\x0a"
#: Width over height (table D.2).
_JXL_RATIOS = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}


class CodedSize(NamedTuple):
    """Columns and rows of a coded picture, in px, and bits per sample where they are known."""

    columns: int
    rows: int
    bits: int = 8


def coded_size(data: bytes) -> CodedSize | None:
    """The size of a coded picture; None where its kind, or its header, cannot be made out."""
    for begins, size in _KINDS:
        if data.startswith(begins):
            try:
                return size(data)
            except (struct.error, IndexError, StopIteration):
                return None
    return None


def jpeg_size(data: bytes) -> CodedSize:
    """The size of a JPEG or JPEG-LS picture."""
    # Marker SOF55 (ITU-T T.87).
    jpeg_ls_frame = 0xF7
    frames = JPEG_FRAMES | {jpeg_ls_frame}
    start = next(start for marker, start, _ in jpeg_segments(data, "it") if marker in frames)
    bits, rows, columns = struct.unpack(">BHH", data[start : start + 5])
    return CodedSize(columns, rows, bits)


def jpeg2000_size(data: bytes) -> CodedSize:
    """The size of a JPEG 2000 picture, of its code alone or in boxes."""
    at = 0 if data.startswith(_SIZE_MARKER) else _content(data, b"jp2c")
    if data[at : at + 4] != _SIZE_MARKER:
        raise IndexError("no size marker")
    right, bottom, left, top = struct.unpack(">4I", data[at + 8 : at + 24])
    return CodedSize(right - left, bottom - top, (data[at + 42] & 127) + 1)


def webp_size(data: bytes) -> CodedSize:
    """The size of a WebP picture."""
    kind = data[12:16]
    if kind == b"VP8X":
        return CodedSize(*(1 + int.from_bytes(data[at : at + 3], "little") for at in (24, 27)))
    if kind == b"VP8L":
        (held,) = struct.unpack("<I", data[21:25])
        return CodedSize(1 + (held & 0x3FFF), 1 + (held >> 14 & 0x3FFF))
    columns, rows = struct.unpack("<HH", data[26:30])
    return CodedSize(columns & 0x3FFF, rows & 0x3FFF)


def jpegxl_size(data: bytes) -> CodedSize:
    """The size of a JPEG XL picture, of its code alone or in boxes."""
    at = 0
    if not data.startswith(_JXL_CODESTREAM):
        box = next(box for box in boxes(data) if box.kind in (b"jxlc", b"jxlp"))
        at = box.start + (4 if box.kind == b"jxlp" else 0)
    held = int.from_bytes(data[at + 2 : at + 14].ljust(12, b"\0"), "little")
    small, held = held & 1, held >> 1
    rows, held = _jxl_side(held, small)
    ratio, held = held & 7, held >> 3
    if ratio:
        over, under = _JXL_RATIOS[ratio]
        return CodedSize(rows * over // under, rows)
    return CodedSize(_jxl_side(held, small)[0], rows)


def _jxl_side(held: int, small: int) -> tuple[int, int]:
    # Bits of a side, by its selector (ISO/IEC 18181-1, size header).
    jxl_bits = (9, 13, 18, 30)
    if small:
        return 8 * (1 + (held & 31)), held >> 5
    bits = jxl_bits[held & 3]
    return 1 + (held >> 2 & (1 << bits) - 1), held >> (2 + bits)


def _jpegxr_size(data: bytes) -> CodedSize:
    # Type of a value of two bytes, and tags (ITU-T T.832, annex A).
    short = 3
    jxr_width = 0xBC80
    jxr_height = 0xBC81
    (place,) = struct.unpack("<I", data[4:8])
    (count,) = struct.unpack("<H", data[place : place + 2])
    sides = {}
    for at in range(place + 2, place + 2 + 12 * count, 12):
        tag, kind = struct.unpack("<HH", data[at : at + 4])
        sides[tag] = int.from_bytes(data[at + 8 : at + (10 if kind == short else 12)], "little")
    return CodedSize(sides.get(jxr_width, 0), sides.get(jxr_height, 0))


def _png_size(data: bytes) -> CodedSize:
    columns, rows, bits = struct.unpack(">IIB", data[16:25])
    return CodedSize(columns, rows, bits)


def _lerc_size(data: bytes) -> CodedSize:
    (version,) = struct.unpack("<i", data[6:10])
    at = 14 if version >= 3 else 10  # a check sum
    rows, columns = struct.unpack("<ii", data[at : at + 8])
    return CodedSize(columns, rows)


def _content(data: bytes, kind: bytes) -> int:
    return next(box.start for box in boxes(data) if box.kind == kind)


_KINDS = (
    (b"\xff\xd8", jpeg_size),
    (_SIZE_MARKER, jpeg2000_size),
    (b"\x00\x00\x00\x0cjP  ", jpeg2000_size),
    (b"RIFF", webp_size),
    (_JXL_CODESTREAM, jpegxl_size),
    (b"\x00\x00\x00\x0cJXL ", jpegxl_size),
    (b"\x89PNG", _png_size),
    (b"II\xbc\x01", _jpegxr_size),
    (b"Lerc2 ", _lerc_size),
)
