"""WebP files. Source: RFC 9649."""

from __future__ import annotations

import struct
from pathlib import Path

import imagecodecs

from groovescan.config.settings import PhotoSettings
from groovescan.core.photograph import Photograph, StatedTone
from groovescan.photo.containers.coded_size import webp_size
from groovescan.photo.containers.exif import exif_dpi, exif_orientation
from groovescan.photo.containers.file_format import FileFormat, Header, credible_dpi
from groovescan.photo.containers.whole_file import Coding, header_of, read_whole
from groovescan.photo.refusal import truncated


def webp_header(data: bytes, size: int, name: str) -> Header:
    """The header of a WebP file that begins so and has so many bytes.

    Raises
    ------
    PhotographError
        Where the file ends within it.
    """
    try:
        found = webp_size(data)
    except (struct.error, IndexError) as error:
        raise truncated(name, f"it ends after {size} bytes, within the WebP header") from error
    held = _chunks(data)
    exif = held.get(b"EXIF", b"")
    return Header(
        columns=found.columns,
        rows=found.rows,
        bits=8,
        dpi=credible_dpi(exif_dpi(exif)),
        orientation=exif_orientation(exif),
        tone=StatedTone(profile=held.get(b"ICCP", b"")),
    )


def _chunks(data: bytes) -> dict[bytes, bytes]:
    # RIFF, the length, WEBP.
    header_bytes = 12
    held, at = {}, header_bytes
    while at + 8 <= len(data):
        kind, length = struct.unpack("<4sI", data[at : at + 8])
        held[kind] = data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
    return held


_CODING = Coding(header=webp_header, decode=lambda data: imagecodecs.webp_decode(data))


def _read(path: Path, settings: PhotoSettings) -> Photograph:
    return read_whole(path, settings, _CODING)[0]


WEBP = FileFormat(
    name="WebP",
    suffixes=(".webp",),
    recognises=lambda start, _: start.startswith(b"RIFF") and start[8:12] == b"WEBP",
    header=lambda path: header_of(path, _CODING),
    read=_read,
)
