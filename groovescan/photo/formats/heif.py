"""HEIF files, as telephones write them (HEIC), and AVIF files, which are built alike.

Source: ISO/IEC 23008-12, section 6.5 (properties).
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import imagecodecs
import numpy as np

from groovescan.config.settings import PhotoSettings
from groovescan.core.photograph import Photograph, StatedTone
from groovescan.photo.colour.tone import LINEAR, SRGB
from groovescan.photo.containers.boxes import Box, boxes
from groovescan.photo.containers.file_format import FileFormat, Header
from groovescan.photo.containers.whole_file import Coding, header_of, read_whole
from groovescan.photo.refusal import truncated

_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
#: Bytes of version and flags before the contents of a full box (ISO/IEC 14496-12, 4.2).
_FULL_BOX = 4
#: Boxes that hold others, and how many bytes of their own come first.
_HOLDERS = {b"meta": _FULL_BOX, b"iprp": 0, b"ipco": 0}
#: Transfer characteristics (ITU-T H.273, table 3).
_CURVES = {1: SRGB, 4: "2.2", 5: "2.8", 8: LINEAR, 13: SRGB}


def heif_header(data: bytes, size: int, name: str) -> Header:
    """The header of a HEIF or AVIF file that begins so and has so many bytes.

    Its largest picture is the photograph: of one that is cut into tiles, the whole of it is named.

    Raises
    ------
    PhotographError
        Where the file ends within it.
    """
    found: dict[bytes, list[bytes]] = {}
    for box in _properties(data):
        found.setdefault(box.kind, []).append(data[box.start : box.end])
    sizes = [struct.unpack(">II", one[4:12]) for one in found.get(b"ispe", ()) if len(one) >= 12]
    if not sizes:
        raise truncated(name, f"of its {size} bytes, none say how large its picture is")
    columns, rows = max(sizes, key=lambda one: one[0] * one[1])
    depths = [max(one[5 : 5 + one[4]], default=8) for one in found.get(b"pixi", ()) if len(one) > 5]
    return Header(
        columns=columns, rows=rows, bits=max(depths, default=8), tone=_tone(found.get(b"colr", []))
    )


def _avif_header(data: bytes, size: int, name: str) -> Header:
    """The same of an AVIF file, whose decoder leaves the picture as it is stored."""
    # Orientations of quarter turns to the left.
    turned = (1, 8, 3, 6)
    header = heif_header(data, size, name)
    turns = (data[box.start] & 3 for box in _properties(data) if box.kind == b"irot")
    return replace(header, orientation=turned[next(turns, 0)])


def _properties(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    for box in boxes(data, start, end):
        if box.kind in _HOLDERS:
            yield from _properties(data, box.start + _HOLDERS[box.kind], box.end)
        else:
            yield box


def _tone(colours: list[bytes]) -> StatedTone:
    for one in colours:
        if one[:4] in (b"prof", b"rICC"):
            return StatedTone(profile=one[4:])
    for one in colours:
        if one[:4] == b"nclx" and len(one) >= 8:
            return StatedTone(curve=_CURVES.get(int.from_bytes(one[6:8], "big"), ""))
    return StatedTone()


def _decoded_heif(data: bytes) -> np.ndarray:
    import pi_heif

    picture = pi_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=False)
    return np.array(picture)  # a copy: the library's memory goes with the picture


def _kinds(start: bytes) -> set[bytes]:
    """Kinds with which the file is compatible, as its first box says."""
    if start[4:8] != b"ftyp":
        return set()
    length = min(int.from_bytes(start[:4], "big"), len(start))
    return {start[8:12], *(start[at : at + 4] for at in range(16, length - 3, 4))}


def _heif_format(
    name: str, suffixes: tuple[str, ...], brands: frozenset[bytes], coding: Coding
) -> FileFormat:
    def read(path: Path, settings: PhotoSettings) -> Photograph:
        """Read a file of this kind."""
        return read_whole(path, settings, coding)[0]

    return FileFormat(
        name=name,
        suffixes=suffixes,
        recognises=lambda start, _: bool(_kinds(start) & brands),
        header=lambda path: header_of(path, coding),
        read=read,
    )


_AVIF_CODING = Coding(header=_avif_header, decode=lambda data: imagecodecs.avif_decode(data))
_HEIF_CODING = Coding(header=heif_header, decode=_decoded_heif, turned=True, filled=True)
AVIF = _heif_format("AVIF", (".avif",), _AVIF_BRANDS, _AVIF_CODING)
HEIF = _heif_format("HEIF", (".heic", ".heif", ".hif"), _HEIF_BRANDS, _HEIF_CODING)
