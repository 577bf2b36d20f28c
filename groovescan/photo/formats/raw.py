"""Reading camera raw files, as linear as the sensor, through the extra `raw`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from groovescan.config.settings import PhotoSettings
from groovescan.core.photograph import Photograph, StatedTone
from groovescan.photo.containers.file_format import FileFormat, Header
from groovescan.photo.develop import photograph_of
from groovescan.photo.formats.tiff import TIFF_MAGICS, is_raw_tiff
from groovescan.photo.refusal import check_whole_size, refusal
from groovescan.runtime.installation import install_words

#: How the names of cameras' raw files usually end.
_SUFFIXES = (
    *(".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2", ".pef", ".srw"),
    *(".iiq", ".3fr", ".fff", ".rwl", ".nrw", ".erf", ".mef", ".mos", ".kdc", ".x3f", ".gpr"),
)
#: How raw files begin that are not laid out as TIFF: Canon CR3, Fujifilm, Olympus, Panasonic.
_MAGICS = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\x00")
_CR3 = b"ftypcrx "
_DEVELOP = "develop it to a 16-bit TIFF without sharpening"


def is_raw(start: bytes, path: Path) -> bool:
    """Whether a file is a camera's raw file, of a kind of its own or laid out as TIFF."""
    if start.startswith(_MAGICS) or start[4:12] == _CR3:
        return True
    return start.startswith(TIFF_MAGICS) and is_raw_tiff(path)


def raw_header(path: Path) -> Header:
    """The header of a camera's raw file.

    Raises
    ------
    PhotographError
        Where the extra is missing, or the file is damaged.
    """
    with _opened(path) as raw:
        sizes = raw.sizes
        return Header(columns=sizes.width, rows=sizes.height, bits=_bits(raw))


def read_raw(path: Path, settings: PhotoSettings) -> tuple[np.ndarray, int]:
    """Develop a camera's raw file: linear, 16 bits, no automatic brightness, no colour matrix.

    Colours are the sensor's own, unbalanced: mixing them would mix their noise.

    Parameters
    ----------
    path : Path
        The file.
    settings : PhotoSettings
        Its limits are held before a pixel is read.

    Returns
    -------
    samples : ndarray of uint16, shape (rows, columns, 3), or 1 from a sensor without colours
        Upright.
    bits : int
        Bits per sample of the sensor.

    Raises
    ------
    PhotographError
        Where it cannot be read, or the extra is missing.
    """
    with _opened(path) as raw:
        import rawpy

        check_whole_size(path.name, raw.sizes.width, raw.sizes.height, settings)
        samples = raw.postprocess(
            gamma=(1, 1),
            no_auto_bright=True,
            output_bps=16,
            user_wb=[1, 1, 1, 1],
            output_color=rawpy.ColorSpace.raw,
        )
        bits, colours = _bits(raw), raw.num_colors
    return (samples if colours > 1 else samples[..., :1]), bits


def _bits(raw: Any) -> int:
    return int(raw.white_level).bit_length()


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """A camera's raw file, opened by the library that the extra brings."""
    try:
        import rawpy
    except ImportError as error:
        raise refusal(
            path.name,
            "it is a camera's raw file, and the extra that reads these is not installed",
            f"{install_words('raw')}; or {_DEVELOP}",
        ) from error
    try:
        with rawpy.imread(str(path)) as raw:
            yield raw
    except rawpy.LibRawError as error:
        raise refusal(
            path.name, f"it is a camera's raw file that cannot be decoded ({error})", _DEVELOP
        ) from error


def _read(path: Path, settings: PhotoSettings) -> Photograph:
    samples, bits = read_raw(path, settings)
    return photograph_of(
        samples, settings, path.name, bits, tone=StatedTone(curve="linear")
    )  # what it states of dpi is made up


RAW = FileFormat(
    name="camera raw",
    suffixes=_SUFFIXES,
    recognises=is_raw,
    header=raw_header,
    read=_read,
)
