"""Reading TIFF files: the largest page, in any of the layouts that scanners write."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import tifffile

from groovescan.config.settings import PhotoSettings
from groovescan.core.geometry.units import CM_PER_INCH
from groovescan.core.photograph import Photograph, StatedTone
from groovescan.errors import GroovescanError, SettingsError
from groovescan.photo.colour.inks import lightness_of, without_inks
from groovescan.photo.colour.tone import LSTAR, SRGB
from groovescan.photo.containers.file_format import FileFormat, Header, credible_dpi
from groovescan.photo.orientation import transposes
from groovescan.photo.refusal import check_size, refusal, truncated, untrue
from groovescan.photo.stored_picture import StoredPicture, photograph_in_store
from groovescan.photo.tiff_layout.tiff_pages import chosen_of, largest_of, pages_of, sides_of
from groovescan.photo.tiff_layout.tiff_segment_check import check_coding, segment_shape
from groovescan.photo.tiff_layout.tiff_segments import Store, store_of

TIFF_MAGICS = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")

#: Photometric interpretations (TIFF 6.0).
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _INKS, _YCBCR = 0, 1, 2, 3, 5, 6
#: CIE L*a*b*, in two ways of writing its colours; lightness is the same in both.
_LABS = (8, 9)
# How much a byte holds at most, in bytes: nothing is packed; packed runs of 128 in two; codes of
# 9 to 12 bits for strings that grow by one; and 258 bytes in two bits (PNG, section 10).
_PACKING = {1: 1, 32773: 64, 5: 1400, 8: 1032, 32946: 1032}


def is_raw_tiff(path: Path) -> bool:
    """Whether a file in the layout of TIFF is a camera's raw file: DNG, CR2, NEF, ARW."""
    try:
        with tifffile.TiffFile(path) as tiff:
            pages = pages_of(tiff)
            return bool(pages) and _is_camera_raw(tiff, pages)
    except Exception:  # a damaged file is told of by the reader of TIFF
        return False


def read_tiff(path: Path, settings: PhotoSettings) -> Photograph:
    """The largest page of a TIFF file: in memory, or by blocks where it is large.

    Parameters
    ----------
    path : Path
        The file.
    settings : PhotoSettings
        Its limits are held before a pixel is read.

    Returns
    -------
    Photograph
        Upright; palettes resolved.

    Raises
    ------
    PhotographError
        Where the file is incomplete, damaged, too large or of a kind that is not read.
    """
    try:
        return photograph_in_store(_opened(path, settings), settings, path.name)
    except GroovescanError:
        raise
    except Exception as error:  # a damaged file makes the decoders raise nearly anything
        raise refusal(
            path.name, f"the TIFF file is damaged ({error})", "export it again"
        ) from error


def _opened(path: Path, settings: PhotoSettings) -> StoredPicture:
    with tifffile.TiffFile(path) as tiff:
        pages = _pages(tiff, path.name)
        try:
            page = chosen_of(pages, settings.page)
        except IndexError:
            raise SettingsError(
                f"page {settings.page} was asked for, and {path.name} has {len(pages)}"
            ) from None
        check_size(path.name, page.imagewidth, page.imagelength, settings)
        _check_kind(page, path.name)
        check_coding(page, path.name)
        _check_complete(page, tiff.filehandle.size, path.name)
        _check_claims(page, path.name)
        orientation = _orientation(page)
        bits = int(page.bitspersample)
        store, tone = _colours_of(store_of(path, page, turned=transposes(orientation)), page)
        return StoredPicture(
            store=store,
            dpi=_dpi(page),
            tone=tone,
            orientation=orientation,
            bits=bits,
            filled_bits=16 if page.photometric in (_PALETTE, _INKS) else bits,
            inverted=page.photometric == _WHITE_IS_ZERO,
            sides=tuple(sides_of(pages)),
        )


def _colours_of(store: Store, page: tifffile.TiffPage) -> tuple[Store, StatedTone]:
    """Grey, or red, green and blue, of whatever colours a page has, and their curve."""
    tone = _tone(page)
    if page.photometric == _INKS:
        return without_inks(store, tone.profile), StatedTone(curve=SRGB)
    if page.photometric in _LABS:
        return lightness_of(store), StatedTone(curve=LSTAR)
    return store, tone


def _pages(tiff: tifffile.TiffFile, name: str) -> list[tifffile.TiffPage]:
    pages = pages_of(tiff)
    if not pages:
        # most programs write the list of pages last: it is the first to go
        raise truncated(
            name, f"its list of pages lies beyond its end at {tiff.filehandle.size} bytes"
        )
    return pages


def _is_camera_raw(tiff: tifffile.TiffFile, pages: list[tifffile.TiffPage]) -> bool:
    raw_photometrics = (32803, 34892)  # colour filter array, linear raw
    dng_version = 50706
    tiff.filehandle.seek(8)
    if tiff.filehandle.read(2) == b"CR" or dng_version in pages[0].tags:
        return True
    return any(page.photometric in raw_photometrics for page in _with_sub_pages(pages))


def _with_sub_pages(pages: list[tifffile.TiffPage]) -> Iterator[tifffile.TiffPage]:
    for page in pages:
        yield page
        yield from cast(list[tifffile.TiffPage], page.pages or ())


def _check_kind(page: tifffile.TiffPage, name: str) -> None:
    # Old and new JPEG (TIFF 6.0, section 22, and its Technical Note 2).
    jpeg_compressions = (6, 7)
    kind = page.photometric
    known = kind in (_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _INKS, *_LABS)
    if known or (kind == _YCBCR and page.compression in jpeg_compressions):
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


def _check_claims(page: tifffile.TiffPage, name: str) -> None:
    """Compare what the header claims with what the bytes of its strips or tiles can hold."""
    # A tile may be larger than its page, but not without limit.
    most_padded = 4
    height, width = segment_shape(page)
    planes, depth, rows, columns, samples = page.shaped
    if depth != 1:
        raise ValueError(f"{depth} layers in depth")
    if planes * samples > 4:
        raise ValueError(f"{planes * samples} samples per pixel")
    if height < 1 or width < 1 or height * width > most_padded * max(rows * columns, 1 << 20):
        raise ValueError(f"tiles of {width} x {height} px in a page of {columns} x {rows} px")
    across, down = -(-columns // width), -(-rows // height)
    if len(page.dataoffsets) < planes * across * down:
        raise truncated(name, "the places of some of its strips or tiles are missing")
    packing = _PACKING.get(int(page.compression))
    if packing is None or (page.compression == 1 and page.is_contiguous):
        return  # the latter's length is known from its size and was compared with the file's
    there = [count for count in page.databytecounts if count]
    segment = height * width * samples * page.bitspersample / 8
    # the last strip, or the last row of tiles, may hold less
    least = segment * max(len(there) - planes * across, 0)
    if least > packing * sum(there):
        raise untrue(name, columns, rows)


def _orientation(page: tifffile.TiffPage) -> int:
    # TIFF 6.0, section 8.
    orientation_tag = 274
    tag = page.tags.get(orientation_tag)
    return int(tag.value) if tag is not None else 1


def _tone(page: tifffile.TiffPage) -> StatedTone:
    # ICC.1, annex B.4.
    profile_tag = 34675
    profile = page.tags.valueof(profile_tag)
    return StatedTone(profile=profile if isinstance(profile, bytes) else b"")


def _dpi(page: tifffile.TiffPage, tag: str = "XResolution") -> float | None:
    """Pixels per inch, as the tags of a resolution and of its unit say."""
    # Values of ResolutionUnit (TIFF 6.0, section 8).
    inch = 2
    centimetre = 3
    try:
        over, under = page.tags.valueof(tag)
        unit = int(page.tags.valueof("ResolutionUnit", default=inch))
        return credible_dpi(over / under * {inch: 1.0, centimetre: CM_PER_INCH}[unit])
    except (TypeError, ValueError, KeyError, ArithmeticError):
        return None


def tiff_header(path: Path) -> Header:
    """The header of the largest page of a TIFF file.

    Raises
    ------
    Exception
        Of nearly any kind, where the file is damaged.
    """
    with tifffile.TiffFile(path) as tiff:
        page = largest_of(_pages(tiff, path.name))
        return Header(
            columns=page.imagewidth,
            rows=page.imagelength,
            bits=int(page.bitspersample),
            dpi=_dpi(page),
            dpi_down=_dpi(page, "YResolution"),
            orientation=_orientation(page),
        )


TIFF = FileFormat(
    name="TIFF",
    suffixes=(".tif", ".tiff"),
    recognises=lambda start, _: start.startswith(TIFF_MAGICS),
    header=tiff_header,
    read=read_tiff,
)
