"""Plain pictures: BMP, GIF, and PBM, PGM and PPM (PNM)."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import BmpImagePlugin, GifImagePlugin, Image

from groovescan.config.settings import PhotoSettings
from groovescan.core.geometry.units import M_PER_INCH
from groovescan.core.photograph import Photograph
from groovescan.photo.containers.file_format import FileFormat, Header, credible_dpi
from groovescan.photo.containers.whole_file import Coding, header_of, read_whole
from groovescan.photo.refusal import refusal, truncated

#: Kinds of PNM whose samples have one bit.
_BITMAPS = (b"P1", b"P4")
_PNM_KINDS = (b"P1", b"P2", b"P3", b"P4", b"P5", b"P6")


def bmp_header(data: bytes, size: int, name: str) -> Header:
    """The header of a BMP file (Windows, version 3 and later, or OS/2)."""
    # Bytes of BITMAPCOREHEADER, of OS/2.
    old_bmp_header = 12
    if len(data) < 54:
        raise truncated(name, f"it ends after {size} bytes, within the BMP header")
    (length,) = struct.unpack("<I", data[14:18])
    if length == old_bmp_header:
        columns, rows = struct.unpack("<HH", data[18:22])
        return Header(columns=columns, rows=rows, bits=8)
    columns, rows, *_, across, down = struct.unpack("<iiHHIIii", data[18:46])
    return Header(
        columns=columns,
        rows=abs(rows),
        bits=8,
        dpi=credible_dpi(across * M_PER_INCH),
        dpi_down=credible_dpi(down * M_PER_INCH),
    )


def gif_header(data: bytes, size: int, name: str) -> Header:
    """The header of a GIF file; its first picture counts."""
    if len(data) < 13:
        raise truncated(name, f"it ends after {size} bytes, within the GIF header")
    columns, rows = struct.unpack("<HH", data[6:10])
    return Header(columns=columns, rows=rows, bits=8)


def pnm_header(data: bytes, size: int, name: str) -> Header:
    """The header of a PBM, PGM or PPM file."""
    words = _pnm_words(data)
    try:
        columns, rows, most = (int(word) for word in words)
    except ValueError as error:
        raise truncated(name, f"of its {size} bytes, none hold the numbers of its size") from error
    if not 0 < most < 1 << 16:
        raise refusal(name, f"its header says that white is {most}", "export it again")
    return Header(columns=columns, rows=rows, bits=most.bit_length())


def _pnm_words(data: bytes) -> list[bytes]:
    """Columns, rows and white, without the remarks between them."""
    lines = (line.partition(b"#")[0] for line in data[2:4096].split(b"\n"))
    words = b" ".join(lines).split()
    return [*words[:2], b"1"] if data[:2] in _BITMAPS else words[:3]


def _decoded_pnm(data: bytes) -> np.ndarray:
    samples = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if samples is None:
        raise ValueError("it ends before its last pixel")
    if samples.ndim == 3:
        samples = samples[..., ::-1]
    most, full = int(_pnm_words(data)[2]), (1 << 8 * samples.dtype.itemsize) - 1
    if data[:2] in _BITMAPS or most == full:
        return samples
    return np.rint(samples * (65535 / most)).clip(0, 65535).astype(np.uint16)


def _by_pillow(plugin: Callable[[io.BytesIO], Image.Image]) -> Callable[[bytes], np.ndarray]:
    def decode(data: bytes) -> np.ndarray:
        """Samples of a file, grey where all colours are alike."""
        picture = plugin(io.BytesIO(data))
        picture.load()
        samples = np.array(picture if picture.mode in ("L", "RGB") else picture.convert("RGB"))
        return samples[..., 0] if _is_grey(samples) else samples

    return decode


def _is_grey(samples: np.ndarray) -> bool:
    """Whether red, green and blue are the same everywhere."""
    return samples.ndim == 3 and all(
        np.array_equal(samples[..., 0], samples[..., other]) for other in (1, 2)
    )


def _raster(
    name: str, suffixes: tuple[str, ...], magics: tuple[bytes, ...], coding: Coding
) -> FileFormat:
    def read(path: Path, settings: PhotoSettings) -> Photograph:
        """Read a file of this kind."""
        return read_whole(path, settings, coding)[0]

    return FileFormat(
        name=name,
        suffixes=suffixes,
        recognises=lambda start, _: start.startswith(magics) and _is_binary_or_pnm(start),
        header=lambda path: header_of(path, coding),
        read=read,
    )


def _is_binary_or_pnm(start: bytes) -> bool:
    """Letters alone may begin a text: after P5 there is a space, and a BMP file has zeros."""
    if start[:2] in _PNM_KINDS:
        return start[2:3].isspace()
    return start[:2] != b"BM" or start[6:10] == bytes(4)


BMP = _raster(
    "BMP",
    (".bmp", ".dib"),
    (b"BM",),
    Coding(header=bmp_header, decode=_by_pillow(BmpImagePlugin.BmpImageFile)),
)
GIF = _raster(
    "GIF",
    (".gif",),
    (b"GIF87a", b"GIF89a"),
    Coding(header=gif_header, decode=_by_pillow(GifImagePlugin.GifImageFile)),
)
PNM = _raster(
    "PNM",
    (".pnm", ".pgm", ".ppm", ".pbm"),
    _PNM_KINDS,
    Coding(header=pnm_header, decode=_decoded_pnm, filled=True),
)
