"""All kinds of files that are read: a new one is a module of its own, and a line here."""

from __future__ import annotations

import stat
from pathlib import Path

from groovescan.errors import PhotographError
from groovescan.photo.containers.file_format import FileFormat, Header
from groovescan.photo.formats.heif import AVIF, HEIF
from groovescan.photo.formats.jpeg import JPEG
from groovescan.photo.formats.jpeg2000 import JPEG2000
from groovescan.photo.formats.jpegxl import JPEGXL
from groovescan.photo.formats.pdf import PDF
from groovescan.photo.formats.png import PNG
from groovescan.photo.formats.psd import PSD
from groovescan.photo.formats.rasters import BMP, GIF, PNM
from groovescan.photo.formats.raw import RAW
from groovescan.photo.formats.tiff import TIFF
from groovescan.photo.formats.webp import WEBP

#: In the order in which they are asked: camera raw may be laid out as TIFF.
FORMATS: tuple[FileFormat, ...] = (
    *(RAW, TIFF, PNG, JPEG, JPEG2000, JPEGXL, WEBP, AVIF, HEIF, BMP, GIF, PNM, PSD, PDF),
)
SUFFIXES = frozenset(suffix for one in FORMATS if one.searched for suffix in one.suffixes)
#: Every format that is read is told by less.
_START_BYTES = 256


def first_bytes(path: Path) -> bytes:
    """How a file begins.

    Raises
    ------
    PhotographError
        Where there is none, or it cannot be opened.
    """
    try:
        _check_regular(path)
        with path.open("rb") as file:
            return file.read(_START_BYTES)
    except FileNotFoundError as error:
        raise PhotographError(f"there is no file {path}; check its name and folder") from error
    except (OSError, ValueError) as error:
        raise PhotographError(
            f"{path} cannot be opened: {getattr(error, 'strerror', None) or error}; check its "
            "permissions"
        ) from error


def _check_regular(path: Path) -> None:
    """Refuse what has no end, or waits for somebody to write: devices, pipes, sockets."""
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise PhotographError(f"{path} is a folder; name one photograph in it")
    if not stat.S_ISREG(mode):
        raise PhotographError(f"{path} is no file, but a device or a pipe; name a file")


def format_of(start: bytes, path: Path) -> FileFormat | None:
    """The kind of a file that begins so; None where it is not known."""
    return next((one for one in FORMATS if one.recognises(start, path)), None)


def header_of_file(path: Path) -> Header | None:
    """The header of a file; None where it cannot be made out: reading it will tell why.

    Raises
    ------
    OSError
        Where the file cannot be read.
    """
    with path.open("rb") as file:
        start = file.read(_START_BYTES)
    try:
        kind = format_of(start, path)
        return None if kind is None else kind.header(path)
    except OSError:
        raise
    except Exception:  # a damaged file can fail in any way here, and will be refused
        return None


def stated_dpi(path: Path) -> float | None:
    """Pixels per inch across that a file states.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    float or None
        None where it states nothing, or 72 and less, which programs write for want of better.
    """
    header = header_of_file(path)
    return None if header is None else header.dpi
