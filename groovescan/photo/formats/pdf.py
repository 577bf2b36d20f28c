"""PDF files that hold one picture, as scanners write them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from groovescan.config.settings import PhotoSettings
from groovescan.core.photograph import Photograph
from groovescan.errors import GroovescanError
from groovescan.photo.containers.file_format import FileFormat, Header, credible_dpi
from groovescan.photo.containers.whole_file import Coding, photograph_in
from groovescan.photo.formats.jpeg import JPEG_CODING
from groovescan.photo.formats.jpeg2000 import JPEG2000_CODING
from groovescan.photo.refusal import check_whole_size, refusal

_MAGIC = b"%PDF-"
_CODINGS = {"/DCTDecode": JPEG_CODING, "/JPXDecode": JPEG2000_CODING}
_PLAIN = ("", "/FlateDecode", "/LZWDecode", "/RunLengthDecode")
_CHANNELS = {"/DeviceGray": 1, "/CalGray": 1, "/DeviceRGB": 3, "/CalRGB": 3}
_EXPORT = "export the picture as TIFF"


class _Picture(NamedTuple):
    """The one picture of a document, and the page's width in inches."""

    stream: Any
    page_inches: float

    @property
    def header(self) -> Header:
        """The header of the picture, as the document states it."""
        columns, rows = int(self.stream["/Width"]), int(self.stream["/Height"])
        dpi = credible_dpi(columns / self.page_inches) if self.page_inches > 0 else None
        bits = int(self.stream.get("/BitsPerComponent", 8))
        return Header(columns=columns, rows=rows, bits=bits, dpi=dpi)


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Tell of anything that a damaged document makes the library raise."""
    try:
        yield
    except (GroovescanError, MemoryError):
        raise
    except Exception as error:
        raise refusal(name, f"the document is damaged ({error})", _EXPORT) from error


def _the_picture(path: Path) -> _Picture:
    # Unit of a page (ISO 32000-1, section 8.3.2.3).
    points_per_inch = 72
    import pypdf

    reader = pypdf.PdfReader(path)
    if reader.is_encrypted:
        raise refusal(path.name, "the document is locked with a password", _EXPORT)
    found = [
        _Picture(stream, float(page.mediabox.width) / points_per_inch)
        for page in reader.pages
        for stream in _streams(page)
    ]
    if len(found) != 1:
        raise refusal(
            path.name,
            f"the document holds {len(found) or 'no'} pictures, and one is a photograph",
            _EXPORT,
        )
    return found[0]


def _streams(page: Any) -> Iterator[Any]:
    held = page.get("/Resources", {}).get_object().get("/XObject", {}).get_object()
    for name in held:
        stream = held[name].get_object()
        if stream.get("/Subtype") == "/Image":
            yield stream


def _read(path: Path, settings: PhotoSettings) -> Photograph:
    with _told(path.name):
        return _photograph(path, settings)


def _photograph(path: Path, settings: PhotoSettings) -> Photograph:
    picture = _the_picture(path)
    stream, header = picture.stream, picture.header
    check_whole_size(path.name, header.columns, header.rows, settings)
    filters = stream.get("/Filter", "")
    packing = str(filters[-1] if isinstance(filters, list) and filters else filters)
    if packing in _CODINGS and not (isinstance(filters, list) and len(filters) > 1):
        photo = photograph_in(stream._data, path.name, settings, _CODINGS[packing])
        return replace(photo, dpi=photo.dpi or header.dpi)
    if packing not in _PLAIN or header.bits != 8:
        raise refusal(path.name, f"its picture is packed by {packing}, {header.bits} bits", _EXPORT)
    coding = Coding(header=lambda *_: header, decode=lambda data: _plain(data, stream, header))
    return photograph_in(stream.get_data(), path.name, settings, coding)


def _plain(data: bytes, stream: Any, header: Header) -> np.ndarray:
    channels = _CHANNELS.get(str(stream.get("/ColorSpace")))
    if channels is None:
        channels = len(data) // (header.rows * header.columns)
    shape = (header.rows, header.columns, channels)
    if channels not in (1, 3) or len(data) < np.prod(shape):
        raise ValueError(f"its picture has {len(data)} bytes where {np.prod(shape)} belong")
    return np.frombuffer(data, np.uint8)[: np.prod(shape)].reshape(shape)


PDF = FileFormat(
    name="PDF",
    suffixes=(".pdf",),
    recognises=lambda start, _: start.startswith(_MAGIC),
    header=lambda path: _the_picture(path).header,
    read=_read,
    searched=False,
)
