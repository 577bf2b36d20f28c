"""Reading camera raw files, as linear as the sensor, through the extra `raw`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from groovescan.config.settings import PhotoSettings
from groovescan.photo.refusal import check_whole_size, refusal

#: How the names of cameras' raw files usually end.
RAW_SUFFIXES = frozenset(
    {".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2", ".pef", ".srw"}
)
#: How raw files begin that are not laid out as TIFF: Canon CR3, Fujifilm, Olympus, Panasonic.
_MAGICS = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\x00")
_CR3 = b"ftypcrx "
_DEVELOP = "develop it to a 16-bit TIFF without sharpening"


def is_raw(start: bytes) -> bool:
    """Whether a file that begins so is a camera's raw file; those in TIFF's layout are not told."""
    return start.startswith(_MAGICS) or start[4:12] == _CR3


def raw_pixels(path: Path) -> int:
    """Pixels of a camera's raw file; 0 where the extra is missing, or the file is damaged."""
    try:
        import rawpy
    except ImportError:
        return 0
    try:
        with rawpy.imread(str(path)) as raw:
            return int(raw.sizes.width * raw.sizes.height)
    except rawpy.LibRawError:
        return 0


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
    try:
        import rawpy
    except ImportError as error:
        raise refusal(
            path.name,
            "it is a camera's raw file, and the extra that reads these is not installed",
            f"install it with pip install 'groovescan[raw]', or {_DEVELOP}",
        ) from error
    try:
        with rawpy.imread(str(path)) as raw:
            check_whole_size(path.name, raw.sizes.width, raw.sizes.height, settings)
            samples = raw.postprocess(
                gamma=(1, 1),
                no_auto_bright=True,
                output_bps=16,
                user_wb=[1, 1, 1, 1],
                output_color=rawpy.ColorSpace.raw,
            )
            bits, colours = int(raw.white_level).bit_length(), raw.num_colors
    except rawpy.LibRawError as error:
        raise refusal(
            path.name, f"it is a camera's raw file that cannot be decoded ({error})", _DEVELOP
        ) from error
    return (samples if colours > 1 else samples[..., :1]), bits
