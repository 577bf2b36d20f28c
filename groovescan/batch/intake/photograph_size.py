"""How many pixels a photograph has, by its header."""

from __future__ import annotations

import mmap
from pathlib import Path

import tifffile

from groovescan.photo.formats.headers import JPEG_MAGIC, PNG_MAGIC, jpeg_header, png_header
from groovescan.photo.formats.raw import is_raw, raw_pixels
from groovescan.photo.formats.tiff import TIFF_MAGICS, is_raw_tiff
from groovescan.photo.formats.tiff_pages import pages_of


def pixels_of(path: Path) -> int:
    """Pixels of a photograph, as its header says.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    int
        0 where the header cannot be made out: reading it will tell why.

    Raises
    ------
    OSError
        Where the file cannot be read.
    """
    with path.open("rb") as file:
        start = file.read(16)
    try:
        if is_raw(start) or (start.startswith(TIFF_MAGICS) and is_raw_tiff(path)):
            return raw_pixels(path)
        if start.startswith(TIFF_MAGICS):
            with tifffile.TiffFile(path) as tiff:
                return max(page.imagewidth * page.imagelength for page in pages_of(tiff))
        if start.startswith((PNG_MAGIC, JPEG_MAGIC)):
            return _by_header(path, png=start.startswith(PNG_MAGIC))
    except OSError:
        raise
    except Exception:  # a damaged file can fail in any way here, and will be refused
        return 0
    return 0


def _by_header(path: Path, *, png: bool) -> int:
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        header = (png_header if png else jpeg_header)(data, path.name)
        return header.columns * header.rows
