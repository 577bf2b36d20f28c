"""JPEG files: headers, whether they are whole, and reading them.

Sources: ITU-T T.81, annex B; JPEG File Interchange Format 1.02, section on the APP0 marker;
ITU-T T.871 (luma).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import imagecodecs
import numpy as np

from groovescan.config.settings import PhotoSettings
from groovescan.core.geometry.units import CM_PER_INCH
from groovescan.core.photograph import ArrayPixels, Photograph, StatedTone
from groovescan.photo.colour.colours import OpenColours
from groovescan.photo.colour.inks import colours_of_inks, is_of_inks
from groovescan.photo.colour.mixture import LUMINANCE
from groovescan.photo.colour.tone import SRGB
from groovescan.photo.containers.exif import exif_dpi, exif_is_srgb, exif_orientation
from groovescan.photo.containers.file_format import FileFormat, Header, credible_dpi
from groovescan.photo.containers.whole_file import Coding, header_of, read_whole
from groovescan.photo.jpeg_coding.jpeg_entropy import jpeg_damage
from groovescan.photo.jpeg_coding.jpeg_markers import (
    JPEG_END,
    JPEG_FRAMES,
    JPEG_HUFFMAN_FRAMES,
    JPEG_MAGIC,
    JPEG_START_OF_SCAN,
    jpeg_segments,
)
from groovescan.photo.jpeg_coding.jpeg_quantisation import jpeg_steps, rounding_of
from groovescan.photo.orientation import upright
from groovescan.photo.refusal import refusal, truncated

#: Markers of application data (T.81, table B.1).
_APP0, _APP1, _APP2 = 0xE0, 0xE1, 0xE2
_JFIF, _EXIF, _PROFILE = b"JFIF\x00", b"Exif\x00\x00", b"ICC_PROFILE\x00"
_END_MARKER = bytes([0xFF, JPEG_END])


def jpeg_header(data: bytes, size: int, name: str) -> Header:
    """The header of a JPEG file that begins so and has so many bytes.

    Raises
    ------
    PhotographError
        Where there is none before the first scan.
    """
    frame: tuple[int, ...] | None = None
    jfif, exif, profile = b"", b"", b""
    for marker, start, end in jpeg_segments(data, name):
        if marker in JPEG_FRAMES and start + 5 <= len(data):
            frame = (marker, *struct.unpack(">BHH", data[start : start + 5]))
        elif marker == _APP0 and data[start : start + 5] == _JFIF:
            jfif = data[start:end]
        elif marker == _APP1 and data[start : start + 6] == _EXIF:
            exif = data[start:end]
        elif marker == _APP2 and data[start : start + 12] == _PROFILE:
            profile += data[start + 14 : end]  # its parts come in their order
        if marker == JPEG_START_OF_SCAN and frame:
            inks = is_of_inks(profile)  # which become sRGB when they are decoded
            srgb = inks or exif_is_srgb(exif)
            tone = StatedTone(profile=b"" if inks else profile, curve=SRGB if srgb else "")
            return _header(frame, size, jfif, exif, tone)
    raise truncated(name, f"it ends after {size} bytes, within the JPEG header")


def _header(
    frame: tuple[int, ...], size: int, jfif: bytes, exif: bytes, tone: StatedTone
) -> Header:
    # One Huffman code has at least one bit for each block of 8 x 8 px.
    px_per_byte = 8 * 64
    marker, bits, rows, columns = frame
    return Header(
        columns=columns,
        rows=rows,
        bits=bits,
        credible=marker not in JPEG_HUFFMAN_FRAMES or columns * rows <= px_per_byte * size,
        dpi=credible_dpi(_jfif_dpi(jfif, 0)) or credible_dpi(exif_dpi(exif)),
        dpi_down=credible_dpi(_jfif_dpi(jfif, 1)),
        orientation=exif_orientation(exif),
        tone=tone,
    )


def _jfif_dpi(content: bytes, axis: int) -> float | None:
    if len(content) < 12:
        return None
    unit, *density = struct.unpack(">BHH", content[7:12])
    return {1: float(density[axis]), 2: density[axis] * CM_PER_INCH}.get(unit)


def check_jpeg(data: bytes, header: Header, name: str) -> None:
    """Look for the end marker of a JPEG file, and walk along its codes.

    Raises
    ------
    PhotographError
        Where the marker is missing, or where the data are damaged: from where on.
    """
    coded = next(
        end for marker, _, end in jpeg_segments(data, name) if marker == JPEG_START_OF_SCAN
    )
    if data.find(_END_MARKER, coded) < 0:
        raise truncated(name, f"it ends after {len(data)} bytes without the JPEG end marker")
    found = jpeg_damage(data, name)
    if found is None:
        return
    row = min(found.row, header.rows)
    raise refusal(
        name,
        f"the file is damaged: at byte {found.byte} of {len(data)} its data make no sense any "
        f"more, which is row {row} of {header.rows}, {100 * row / header.rows:.0f} % of the way "
        "down the picture as it is stored",
        "copy it again from its source; if this is all there is, cut off what follows with a "
        "picture editor and save the rest as TIFF",
    )


def _decoded(data: bytes) -> np.ndarray:
    # Samples of a pixel: cyan, magenta, yellow and black.
    cmyk = 4
    samples = imagecodecs.jpeg8_decode(data)
    if samples.ndim == 3 and samples.shape[2] == cmyk:
        # Adobe stores how much of the paper is free
        return colours_of_inks(np.iinfo(samples.dtype).max - samples, _profile(data))
    return samples


def _profile(data: bytes) -> bytes:
    """The ICC profile of a file, whose parts come in their order."""
    parts = (data[a:b] for marker, a, b in _before_scan(data) if marker == _APP2)
    return b"".join(part[14:] for part in parts if part.startswith(_PROFILE))


def _before_scan(data: bytes) -> Iterator[tuple[int, int, int]]:
    for segment in jpeg_segments(data, "the file"):
        if segment[0] == JPEG_START_OF_SCAN:
            return
        yield segment


JPEG_CODING = Coding(header=jpeg_header, check=check_jpeg, decode=_decoded)


def _read(path: Path, settings: PhotoSettings) -> Photograph:
    photo, data = read_whole(path, settings, JPEG_CODING)
    if photo.bits != 8:
        return photo
    orientation = jpeg_header(data, len(data), path.name).orientation
    colours = photo.colours
    if isinstance(colours, OpenColours):
        make = colours.make
        colours = replace(
            colours,
            make=lambda channel: _as_luma(make(channel), data, orientation),
            has_luma=True,
        )
    return replace(_as_luma(photo, data, orientation), colours=colours)


def _as_luma(photo: Photograph, data: bytes, orientation: int) -> Photograph:
    """The luma of a JPEG file in place of a mixture of its colours.

    It is what the file holds; red, green and blue are made of it and of coarser colours. How it
    was rounded is known.
    """
    if photo.channel not in ("grey", LUMINANCE):
        return photo
    try:
        luma = imagecodecs.jpeg8_decode(data, outcolorspace="GRAYSCALE")
    except imagecodecs.Jpeg8Error:  # inks, which no luma is made of
        return photo
    if luma.ndim != 2:
        return photo
    luma = np.ascontiguousarray(upright(luma, orientation))
    return replace(
        photo,
        pixels=ArrayPixels(luma),
        black=0.0,
        white=255.0,
        rounding=rounding_of(luma, jpeg_steps(data)),
    )


JPEG = FileFormat(
    name="JPEG",
    suffixes=(".jpg", ".jpeg"),
    recognises=lambda start, _: start.startswith(JPEG_MAGIC),
    header=lambda path: header_of(path, JPEG_CODING),
    read=_read,
)
