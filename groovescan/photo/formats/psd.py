"""Photoshop files: the picture of all layers together, which Photoshop keeps beside them.

Libraries that read them take every layer apart first, in a multiple of the file's memory; the
picture is a list of planes behind them.

Source: Adobe Photoshop File Formats Specification, 2019.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import NamedTuple

import imagecodecs
import numpy as np

from groovescan.config.settings import PhotoSettings
from groovescan.core.photograph import Photograph, StatedTone
from groovescan.photo.colour.inks import colours_of_inks
from groovescan.photo.colour.tone import LSTAR, SRGB
from groovescan.photo.containers.file_format import FileFormat, Header, credible_dpi
from groovescan.photo.containers.whole_file import Coding, header_of, read_whole
from groovescan.photo.refusal import refusal, truncated

_MAGIC = b"8BPS"
#: Colour modes (Adobe Photoshop File Formats Specification), and planes that are read of each.
_GREY, _RGB, _INKS, _LAB = 1, 3, 4, 9
_PLANES = {_GREY: 1, _RGB: 3, _INKS: 4, _LAB: 1}  # of Lab the lightness
_MODES = {0: "bitmap", 2: "indexed", 7: "multichannel", 8: "duotone"}
_PROFILE = 1039


class _Start(NamedTuple):
    """The fields of the first 26 bytes."""

    version: int
    channels: int
    rows: int
    columns: int
    bits: int
    mode: int


def _start_of(data: bytes) -> _Start:
    return _Start(*struct.unpack(">H6xHIIHH", data[4:26]))


def psd_header(data: bytes, size: int, name: str) -> Header:
    """The header of a Photoshop file that begins so and has so many bytes.

    Raises
    ------
    PhotographError
        Where the file ends within it, or its colours are not read.
    """
    # Number of an image resource.
    resolution_block = 1005
    if len(data) < 34:
        raise truncated(name, f"it ends after {size} bytes, within the Photoshop header")
    start = _start_of(data)
    if start.mode not in _PLANES or start.bits not in (8, 16):
        raise refusal(
            name,
            f"its colours are {_MODES.get(start.mode, start.mode)} of {start.bits} bits",
            "save it as grey, RGB, CMYK or Lab of 8 or 16 bits, or as TIFF",
        )
    held = _resources(data)
    resolution = held.get(resolution_block, b"")
    across = struct.unpack(">I", resolution[:4])[0] / 65536 if len(resolution) >= 4 else None
    return Header(
        columns=start.columns,
        rows=start.rows,
        bits=start.bits,
        dpi=credible_dpi(across),
        tone=_tone(start.mode, held.get(_PROFILE, b"")),
    )


def _tone(mode: int, profile: bytes) -> StatedTone:
    if mode == _INKS:  # which become sRGB when they are decoded
        return StatedTone(curve=SRGB)
    return StatedTone(curve=LSTAR) if mode == _LAB else StatedTone(profile=profile)


def _resources(data: bytes) -> dict[int, bytes]:
    held, at = {}, 34 + int.from_bytes(data[26:30], "big")
    end = at + int.from_bytes(data[at - 4 : at], "big")
    while at + 12 <= min(end, len(data)) and data[at : at + 4] == b"8BIM":
        name_length = data[at + 6] + 1
        place = at + 6 + name_length + name_length % 2
        length = int.from_bytes(data[place : place + 4], "big")
        held[int.from_bytes(data[at + 4 : at + 6], "big")] = data[place + 4 : place + 4 + length]
        at = place + 4 + length + length % 2
    return held


def _decoded(data: bytes) -> np.ndarray:
    raw = 0
    packed = 1
    start, at = _start_of(data), 26
    wide = 8 if start.version == 2 else 4
    for size in (4, 4, wide):  # colours, resources, layers
        at += size + int.from_bytes(data[at : at + size], "big")
    packing = int.from_bytes(data[at : at + 2], "big")
    body: bytes | bytearray = data[at + 2 :]
    wanted = min(start.channels, _PLANES[start.mode])
    shape = (wanted, start.rows, start.columns)
    count = int(np.prod(shape)) * start.bits // 8
    if packing == packed:
        lengths = start.channels * start.rows * (wide // 2)
        body = imagecodecs.packbits_decode(body[lengths:], out=_total(start))[:count]
    elif packing != raw:
        raise ValueError("its picture is packed in a way that is not read")
    if len(body) < count:
        raise ValueError(f"its picture has {len(body)} bytes where {count} belong")
    planes = np.frombuffer(body[:count], ">u2" if start.bits == 16 else "u1").reshape(shape)
    kind = np.uint16 if start.bits == 16 else np.uint8
    samples = np.ascontiguousarray(np.moveaxis(planes, 0, -1)).astype(kind)
    if start.mode != _INKS:
        return samples
    if wanted < _PLANES[_INKS]:
        raise ValueError(f"its picture has {wanted} inks where four belong")
    # stored is how much of the paper is free
    return colours_of_inks(np.iinfo(kind).max - samples, _resources(data).get(_PROFILE, b""))


def _total(start: _Start) -> int:
    return start.channels * start.rows * start.columns * start.bits // 8


_CODING = Coding(header=psd_header, decode=_decoded)


def _read(path: Path, settings: PhotoSettings) -> Photograph:
    return read_whole(path, settings, _CODING)[0]


PSD = FileFormat(
    name="Photoshop",
    suffixes=(".psd", ".psb"),
    recognises=lambda start, _: start.startswith(_MAGIC),
    header=lambda path: header_of(path, _CODING),
    read=_read,
)
