"""JPEG XL files."""

from __future__ import annotations

import struct
from pathlib import Path

import imagecodecs

from groovescan.config.settings import PhotoSettings
from groovescan.core.photograph import Photograph
from groovescan.photo.containers.coded_size import jpegxl_size
from groovescan.photo.containers.file_format import FileFormat, Header
from groovescan.photo.containers.whole_file import Coding, header_of, read_whole
from groovescan.photo.refusal import truncated

_MAGICS = (b"\xff\x0a", b"\x00\x00\x00\x0cJXL ")


def jpegxl_header(data: bytes, size: int, name: str) -> Header:
    """The header of a JPEG XL file that begins so and has so many bytes.

    Raises
    ------
    PhotographError
        Where the file ends within it.
    """
    try:
        found = jpegxl_size(data)
    except (struct.error, IndexError, StopIteration) as error:
        raise truncated(name, f"of its {size} bytes, none hold the JPEG XL header") from error
    return Header(columns=found.columns, rows=found.rows, bits=found.bits)


_CODING = Coding(
    header=jpegxl_header, decode=lambda data: imagecodecs.jpegxl_decode(data), filled=True
)


def _read(path: Path, settings: PhotoSettings) -> Photograph:
    return read_whole(path, settings, _CODING)[0]


JPEGXL = FileFormat(
    name="JPEG XL",
    suffixes=(".jxl",),
    recognises=lambda start, _: start.startswith(_MAGICS),
    header=lambda path: header_of(path, _CODING),
    read=_read,
)
