"""JPEG 2000 files, the code alone or in boxes (JP2, JPX): archives keep their masters in them.

Source: ITU-T T.800, annexes A (code) and I (boxes).
"""

from __future__ import annotations

import struct
from pathlib import Path

import imagecodecs

from groovescan.config.settings import PhotoSettings
from groovescan.core.geometry.units import M_PER_INCH
from groovescan.core.photograph import Photograph, StatedTone
from groovescan.photo.colour.tone import SRGB
from groovescan.photo.containers.boxes import boxes
from groovescan.photo.containers.coded_size import jpeg2000_size
from groovescan.photo.containers.file_format import FileFormat, Header, credible_dpi
from groovescan.photo.containers.jpeg2000_tiles import TileStore, tiled_code
from groovescan.photo.containers.whole_file import Coding, header_of, read_whole
from groovescan.photo.refusal import check_size, truncated
from groovescan.photo.stored_picture import StoredPicture, photograph_in_store

_MAGICS = (b"\x00\x00\x00\x0cjP  ", b"\xff\x4f\xff\x51")
_END_OF_CODE = b"\xff\xd9"


def jpeg2000_header(data: bytes, size: int, name: str) -> Header:
    """The header of a JPEG 2000 file that begins so and has so many bytes.

    Raises
    ------
    PhotographError
        Where the file ends within it.
    """
    try:
        found = jpeg2000_size(data)
    except (struct.error, IndexError, StopIteration) as error:
        raise truncated(name, f"of its {size} bytes, none hold the JPEG 2000 header") from error
    stated = _stated(data)
    return Header(
        columns=found.columns,
        rows=found.rows,
        bits=found.bits,
        dpi=_dpi(stated),
        tone=_tone(stated.get(b"colr", b"")),
    )


def _stated(data: bytes) -> dict[bytes, bytes]:
    """The boxes before the code, by kind; of each kind the first."""
    if data.startswith(_END_OF_CODE[:1]):
        return {}
    held: dict[bytes, bytes] = {}
    for outer in boxes(data):
        if outer.kind == b"jp2c":
            break
        inside = boxes(data, outer.start, outer.end) if outer.kind == b"jp2h" else ()
        for box in inside:
            deeper = boxes(data, box.start, box.end) if box.kind == b"res " else (box,)
            for one in deeper:
                held.setdefault(one.kind, data[one.start : one.end])
    return held


def _tone(colour: bytes) -> StatedTone:
    # Kinds of colour that are stated by number: sRGB, its greys, and its luma and chroma.
    srgb_kinds = (16, 17, 18)
    if len(colour) > 7 and colour[0] in (2, 3):
        return StatedTone(profile=colour[3:])
    if len(colour) >= 7 and int.from_bytes(colour[3:7], "big") in srgb_kinds:
        return StatedTone(curve=SRGB)
    return StatedTone()


def _dpi(stated: dict[bytes, bytes]) -> float | None:
    content = stated.get(b"resc") or stated.get(b"resd") or b""
    if len(content) != 10:
        return None
    _, _, over, under, _, power = struct.unpack(">4H2b", content)
    return credible_dpi(over / max(under, 1) * 10.0**power * M_PER_INCH)


def check_jpeg2000(data: bytes, header: Header, name: str) -> None:
    """Look for the end of the code.

    Raises
    ------
    PhotographError
        Where it is missing.
    """
    if data.rfind(_END_OF_CODE) < len(data) // 2:
        raise truncated(name, f"it ends after {len(data)} bytes without the end of its code")


JPEG2000_CODING = Coding(
    header=jpeg2000_header,
    check=check_jpeg2000,
    decode=lambda data: imagecodecs.jpeg2k_decode(data),
)


def _read(path: Path, settings: PhotoSettings) -> Photograph:
    # The decoder holds each sample, of which colours have three, as a whole number of 32 bits.
    pixel_bytes = 12
    header = header_of(path, JPEG2000_CODING)
    check_size(path.name, header.columns, header.rows, settings)
    code = None
    if header.columns * header.rows * pixel_bytes > settings.whole_mb * 1e6:
        code = tiled_code(path)
    if code is None:
        return read_whole(path, settings, JPEG2000_CODING)[0]
    return photograph_in_store(
        StoredPicture(
            store=TileStore(path, code),
            dpi=header.dpi,
            tone=header.tone,
            bits=code.bits,
            filled_bits=code.bits,
        ),
        settings,
        path.name,
    )


JPEG2000 = FileFormat(
    name="JPEG 2000",
    suffixes=(".jp2", ".j2k", ".jpf", ".jpx", ".j2c", ".jpc"),
    recognises=lambda start, _: start.startswith(_MAGICS),
    header=lambda path: header_of(path, JPEG2000_CODING),
    read=_read,
)
