"""PNG files: headers, whether they are complete, and reading them.

Source: PNG (Portable Network Graphics) Specification, W3C, sections 5, 11.2, 11.3.2
(gAMA, iCCP, sRGB) and 11.3.5.3 (pHYs).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import imagecodecs
import numpy as np

from groovescan.config.settings import PhotoSettings
from groovescan.core.geometry.units import M_PER_INCH
from groovescan.core.photograph import Photograph, StatedTone
from groovescan.photo.colour.tone import LINEAR, SRGB
from groovescan.photo.containers.exif import exif_orientation
from groovescan.photo.containers.file_format import FileFormat, Header, credible_dpi
from groovescan.photo.containers.whole_file import Coding, header_of, read_whole
from groovescan.photo.refusal import damaged, refusal, truncated

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
#: What the pixels depend on. The decoder is given nothing else, so that it has no remarks.
_CRITICAL = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})


class Chunk(NamedTuple):
    """A chunk of a PNG file: its kind, and where its content begins and ends, in bytes."""

    kind: bytes
    start: int
    end: int


def png_chunks(data: bytes) -> Iterator[Chunk]:
    """The chunks of a PNG file, up to its end or the one that is cut."""
    position, kind = len(PNG_MAGIC), b""
    while kind != b"IEND" and position + 8 <= len(data):
        length, kind = struct.unpack(">I4s", data[position : position + 8])
        yield Chunk(kind, position + 8, position + 8 + length)
        position += 12 + length


def png_header(data: bytes, size: int, name: str) -> Header:
    """The header of a PNG file that begins so and has so many bytes.

    Raises
    ------
    PhotographError
        Where there is none.
    """
    # Deflate packs at most 258 bytes into 2 bits. A header that claims more than that lies.
    most_deflated = 1032
    if len(data) < 33:
        raise truncated(name, f"it ends after {size} bytes, within the PNG header")
    if data[12:16] != b"IHDR":
        raise refusal(name, "it starts like a PNG file, but has no header", "export it again")
    columns, rows, bits, kind = struct.unpack(">IIBB", data[16:26])
    raw = rows * (columns * bits * _CHANNELS.get(kind, 1) // 8 + 1)
    remarks = _remarks(data)
    return Header(
        columns=columns,
        rows=rows,
        bits=bits,
        credible=raw <= most_deflated * size,
        dpi=_dpi(remarks.get(b"pHYs", b""), 0),
        dpi_down=_dpi(remarks.get(b"pHYs", b""), 1),
        orientation=exif_orientation(remarks.get(b"eXIf", b"")),
        tone=_tone(remarks),
    )


def _remarks(data: bytes) -> dict[bytes, bytes]:
    """The chunks before the picture's data, by kind."""
    found = {}
    for chunk in png_chunks(data):
        if chunk.kind == b"IDAT":
            break
        found[chunk.kind] = data[chunk.start : chunk.end]
    return found


def _tone(remarks: dict[bytes, bytes]) -> StatedTone:
    """The curve that chunks state: a profile, sRGB, or a power law."""
    # Profiles have some kB; tables of printers, a few MB.
    most_profile = 1 << 24
    if b"iCCP" in remarks:
        _, _, packed = remarks[b"iCCP"].partition(b"\0")
        try:
            return StatedTone(profile=zlib.decompressobj().decompress(packed[1:], most_profile))
        except zlib.error:
            return StatedTone()
    if b"sRGB" in remarks:
        return StatedTone(curve=SRGB)
    exponent = int.from_bytes(remarks.get(b"gAMA", b"")[:4], "big") / 100_000
    if not 0.2 <= exponent <= 5:
        return StatedTone()
    return StatedTone(curve=LINEAR if abs(exponent - 1) < 0.01 else f"{1 / exponent:.4g}")


def _dpi(content: bytes, axis: int) -> float | None:
    if len(content) != 9:
        return None
    *per_metre, unit = struct.unpack(">IIB", content)
    return credible_dpi(per_metre[axis] * M_PER_INCH) if unit == 1 else None


def check_png(data: bytes, header: Header, name: str) -> None:
    """Follow the chunks of a PNG file to its end and compare their check sums.

    Raises
    ------
    PhotographError
        Where the end is missing or a chunk is damaged.
    """
    last = b""
    with memoryview(data) as view:
        for kind, start, end in png_chunks(data):
            if end + 4 > len(data):
                raise truncated(name, f"it has {len(data)} bytes where at least {end + 4} belong")
            (expected,) = struct.unpack(">I", view[end : end + 4])
            if zlib.crc32(view[start - 4 : end]) != expected:
                raise damaged(name, f"the check sum of a chunk at byte {start - 8} is wrong")
            last = kind
    if last != b"IEND":
        raise truncated(name, f"it ends after {len(data)} bytes, before its last chunk")


def decode_png(data: bytes) -> np.ndarray:
    """The samples of a PNG file, as stored."""
    parts = [
        data[start - 8 : end + 4] for kind, start, end in png_chunks(data) if kind in _CRITICAL
    ]
    return imagecodecs.png_decode(b"".join([PNG_MAGIC, *parts]))


_CODING = Coding(header=png_header, check=check_png, decode=decode_png)


def _read(path: Path, settings: PhotoSettings) -> Photograph:
    return read_whole(path, settings, _CODING)[0]


PNG = FileFormat(
    name="PNG",
    suffixes=(".png",),
    recognises=lambda start, _: start.startswith(PNG_MAGIC),
    header=lambda path: header_of(path, _CODING),
    read=_read,
)
