"""Reading TIFF files: the largest page, in any of the layouts that scanners write."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tifffile

from groovescan.errors import PhotographError
from groovescan.photo.refusal import check_size, refusal, truncated
from groovescan.settings import PhotoSettings

TIFF_MAGICS = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")

_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _YCBCR = 0, 1, 2, 3, 6
_JPEG_COMPRESSIONS = (6, 7)
_RAW_PHOTOMETRICS = (32803, 34892)  # colour filter array, linear raw
_DNG_VERSION = 50706
_ORIENTATION = 274


def read_tiff(path: Path, settings: PhotoSettings) -> tuple[np.ndarray, int]:
    """Read the largest page of a TIFF file.

    Parameters
    ----------
    path : Path
        The file.
    settings : PhotoSettings
        Its `max_megapixels` is held before a pixel is read.

    Returns
    -------
    pixels : ndarray, shape (rows, columns) or (rows, columns, channels)
        As the file holds them, upright; where white is zero, inverted; palettes resolved.
    bits : int
        Bits per sample of the file.

    Raises
    ------
    PhotographError
        Where the file is incomplete, damaged, too large or of a kind that is not read.
    """
    try:
        with tifffile.TiffFile(path) as tiff:
            page = _largest_page(tiff, path.name)
            check_size(path.name, page.imagewidth, page.imagelength, settings)
            _check_kind(page, path.name)
            _check_complete(page, tiff.filehandle.size, path.name)
            return _pixels(page), int(page.bitspersample)
    except PhotographError:
        raise
    except Exception as error:  # a damaged file makes the decoders raise nearly anything
        raise refusal(
            path.name, f"the TIFF file is damaged ({error})", "export it again"
        ) from error


def _largest_page(tiff: tifffile.TiffFile, name: str) -> tifffile.TiffPage:
    pages = list(tiff.pages)
    if not pages:
        # most programs write the list of pages last: it is the first to go
        raise truncated(
            name, f"its list of pages lies beyond its end at {tiff.filehandle.size} bytes"
        )
    if _is_camera_raw(tiff, pages):
        raise refusal(
            name, "it is a camera's raw file", "develop it to a 16-bit TIFF without sharpening"
        )
    return max(pages, key=lambda page: page.imagewidth * page.imagelength)


def _is_camera_raw(tiff: tifffile.TiffFile, pages: list[tifffile.TiffPage]) -> bool:
    tiff.filehandle.seek(8)
    if tiff.filehandle.read(2) == b"CR" or _DNG_VERSION in pages[0].tags:
        return True
    return any(page.photometric in _RAW_PHOTOMETRICS for page in _with_sub_pages(pages))


def _with_sub_pages(pages: list[tifffile.TiffPage]) -> Iterator[tifffile.TiffPage]:
    for page in pages:
        yield page
        yield from page.pages or ()


def _check_kind(page: tifffile.TiffPage, name: str) -> None:
    kind = page.photometric
    known = kind in (_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE)
    if known or (kind == _YCBCR and page.compression in _JPEG_COMPRESSIONS):
        return
    raise refusal(
        name,
        f"its colours are of the kind {getattr(kind, 'name', kind)}",
        "export it as grey or RGB",
    )


def _check_complete(page: tifffile.TiffPage, size: int, name: str) -> None:
    """Some decoders return what there is of a cut strip, so the strips' ends are compared."""
    ends = (a + n for a, n in zip(page.dataoffsets, page.databytecounts, strict=True))
    needed = max(ends, default=0)
    if needed > size:
        raise truncated(name, f"it has {size} bytes where {needed} belong")


def _pixels(page: tifffile.TiffPage) -> np.ndarray:
    # planes, depth, rows, columns, samples: the one layout that all pages share
    raw = page.asarray(squeeze=False)
    if raw.ndim != 5 or raw.shape[1] != 1:
        raise ValueError(f"{raw.shape[1]} layers in depth")
    planes = raw[:, 0]
    pixels = planes[0] if len(planes) == 1 else np.moveaxis(planes[..., 0], 0, -1)
    if page.photometric == _PALETTE:
        pixels = np.moveaxis(page.colormap[:, pixels[..., 0]], 0, -1)
    if page.photometric == _WHITE_IS_ZERO:
        pixels = _inverted(pixels, int(page.bitspersample))
    return upright(_full_range(pixels, page), _orientation(page))


def _inverted(pixels: np.ndarray, bits: int) -> np.ndarray:
    if pixels.dtype.kind == "f":
        return pixels.max() + pixels.min() - pixels
    if pixels.dtype.kind == "b":
        return ~pixels
    return pixels.dtype.type(2**bits - 1) - pixels


def _full_range(pixels: np.ndarray, page: tifffile.TiffPage) -> np.ndarray:
    """Spread samples of odd depth (2, 4, 10, 12 bits) over the type that holds them."""
    bits = int(page.bitspersample)
    held = 8 * pixels.dtype.itemsize
    if pixels.dtype.kind != "u" or bits == held or page.photometric == _PALETTE:
        return pixels
    scale = (2**held - 1) / (2**bits - 1)
    return np.round(pixels * scale).astype(pixels.dtype)


def _orientation(page: tifffile.TiffPage) -> int:
    tag = page.tags.get(_ORIENTATION)
    return int(tag.value) if tag is not None else 1


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Turn a picture as its orientation tag says; a view where possible.

    Parameters
    ----------
    pixels : ndarray, shape (rows, columns, ...)
        As stored.
    orientation : int
        1 to 8, as in TIFF 6.0, page 36, and EXIF; others count as 1.

    Returns
    -------
    ndarray
        With its first row on top.
    """
    if orientation in (5, 6, 7, 8):
        pixels = np.swapaxes(pixels, 0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels
