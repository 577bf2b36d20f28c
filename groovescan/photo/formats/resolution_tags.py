"""How many pixels per inch a file says it has.

Sources: PNG (Portable Network Graphics) Specification, W3C, section 11.3.5.3 (pHYs); JPEG File
Interchange Format 1.02, section on the APP0 marker; TIFF 6.0, XResolution and ResolutionUnit.
"""

from __future__ import annotations

import struct
from pathlib import Path

import tifffile

from groovescan.photo.formats.headers import JPEG_MAGIC, PNG_MAGIC
from groovescan.photo.formats.tiff_pages import largest_of, pages_of

_HEAD_BYTES = 1 << 16
_INCH_MM = 25.4
_INCH, _CENTIMETRE = 2, 3
#: What programs write where they know nothing, and what no camera or scanner has.
_CREDIBLE_DPI = (73.0, 20_000.0)


def stated_dpi(path: Path) -> float | None:
    """Pixels per inch that a TIFF, PNG or JPEG file states along x.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    float or None
        None where it states nothing, or 72 and less, which programs write for want of better.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    try:
        if head.startswith(PNG_MAGIC):
            dpi = _of_png(head)
        elif head.startswith(JPEG_MAGIC):
            dpi = _of_jpeg(head)
        else:
            dpi = _of_tiff(path)
    except Exception:  # a remark in the file that makes no sense can fail in any way,
        return None  # and says nothing about its pixels
    return dpi if dpi and _CREDIBLE_DPI[0] <= dpi <= _CREDIBLE_DPI[1] else None


def _of_png(head: bytes) -> float | None:
    place = head.find(b"pHYs", 8)
    if place < 0:
        return None
    per_metre, _, unit = struct.unpack(">IIB", head[place + 4 : place + 13])
    return per_metre * _INCH_MM / 1000 if unit == 1 else None


def _of_jpeg(head: bytes) -> float | None:
    if head[6:11] != b"JFIF\x00":
        return None
    unit, across = struct.unpack(">BH", head[13:16])
    return {1: across, 2: across * _INCH_MM / 10}.get(unit)


def _of_tiff(path: Path) -> float | None:
    with tifffile.TiffFile(path) as tiff:
        page = largest_of(pages_of(tiff))
        resolution = page.tags.valueof("XResolution")
        unit = page.tags.valueof("ResolutionUnit", default=_INCH)
    if not resolution:
        return None
    value = resolution[0] / resolution[1]
    return {_INCH: value, _CENTIMETRE: value * _INCH_MM / 10}.get(int(unit))
