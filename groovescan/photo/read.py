"""Reading a photograph from a file or an array."""

from __future__ import annotations

import codecs
import mmap
from dataclasses import replace
from os import PathLike
from pathlib import Path

import cv2
import numpy as np

from groovescan.config.settings import PhotoSettings
from groovescan.core.photograph import ArrayPixels, Photograph
from groovescan.errors import PhotographError
from groovescan.photo.channel import colour_of
from groovescan.photo.formats.headers import (
    JPEG_MAGIC,
    PNG_MAGIC,
    Header,
    check_jpeg_complete,
    check_png_complete,
    jpeg_header,
    png_header,
)
from groovescan.photo.formats.jpeg_quantisation import jpeg_steps, rounding_of
from groovescan.photo.formats.raw import is_raw, read_raw
from groovescan.photo.formats.resolution_tags import stated_dpi
from groovescan.photo.formats.tiff import TIFF_MAGICS, is_raw_tiff, read_tiff
from groovescan.photo.luminance import as_samples, developed, development
from groovescan.photo.refusal import check_size, check_whole_size, named, refusal, untrue

# These two together keep 16 bits, drop alpha and turn the picture as its EXIF tag says.
_DECODE = cv2.IMREAD_ANYDEPTH | cv2.IMREAD_ANYCOLOR


def as_photograph(
    image: str | PathLike[str] | np.ndarray, settings: PhotoSettings | None = None
) -> Photograph:
    """A photograph from a file, or from an array as another program gives it.

    Parameters
    ----------
    image : str, Path or ndarray of shape (rows, columns) or (rows, columns, channels)
        A file's name, or pixels: grey or RGB, with or without alpha; bool, unsigned integers
        or floats. An array is not changed.
    settings : PhotoSettings, optional
        How it is read.

    Returns
    -------
    Photograph
        Its luminance, 0 to 1.

    Raises
    ------
    PhotographError
        Where it cannot be read, with the reason.
    """
    if isinstance(image, (str, PathLike)):
        return read_photograph(image, settings)
    if not isinstance(image, np.ndarray):
        raise PhotographError(
            f"a {type(image).__name__} cannot be read as a photograph; "
            "it takes a file's name or a numpy array"
        )
    settings = settings or PhotoSettings()
    samples = as_samples(image)
    rows, columns, _ = samples.shape
    check_size("the array", columns, rows, settings)
    return _photograph(samples, settings, "array", _bits(image.dtype))


def _bits(dtype: np.dtype) -> int:
    return 1 if dtype.kind == "b" else 8 * dtype.itemsize


def _photograph(samples: np.ndarray, settings: PhotoSettings, name: str, bits: int) -> Photograph:
    """A photograph from samples in memory, of which it holds one channel, copied."""
    limits = (0.0, 1.0)
    if samples.dtype.kind == "f":
        limits = float(samples.min()), float(samples.max())
    channel = colour_of(
        samples.shape[2],
        settings.channel,
        lambda rows, columns: samples[rows, columns],
        samples.shape[:2],
    )
    how = development(samples.dtype, channel, range_of_floats=limits)
    black, white = how.levels
    return Photograph(
        pixels=ArrayPixels(developed(samples, how)),
        black=black,
        white=white,
        name=name,
        bits=bits,
        dpi=settings.dpi or None,
        channel=how.channel,
    )


def read_photograph(path: str | PathLike[str], settings: PhotoSettings | None = None) -> Photograph:
    """Read a TIFF, PNG, JPEG or camera raw file as luminance.

    The kind is told by the content; the suffix does not matter. Orientation tags are honoured,
    of colours the one that shows a groove best is taken, or what the settings say; alpha is
    dropped. Files that are incomplete, damaged or larger than the settings allow are refused
    before memory is taken.

    Parameters
    ----------
    path : str or Path
        The file.
    settings : PhotoSettings, optional
        How it is read.

    Returns
    -------
    Photograph
        Its luminance, 0 to 1.

    Raises
    ------
    PhotographError
        Where it cannot be read: what is wrong, and what to try.
    """
    path, settings = Path(path), settings or PhotoSettings()
    start = _first_bytes(path)
    if is_raw(start) or (start.startswith(TIFF_MAGICS) and is_raw_tiff(path)):
        samples, bits = read_raw(path, settings)
        return _photograph(samples, settings, path.name, bits)  # what it states of dpi is made up
    if start.startswith(TIFF_MAGICS):
        photo = read_tiff(path, settings)
    elif start.startswith((PNG_MAGIC, JPEG_MAGIC)):
        photo = _read_mapped(path, settings)
    else:
        raise refusal(
            path.name, _what_it_is(start), "it takes a TIFF, PNG or JPEG file, or camera raw"
        )
    return replace(photo, dpi=settings.dpi or stated_dpi(path))


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(256)
    except FileNotFoundError as error:
        raise PhotographError(f"there is no file {path}; check its name and folder") from error
    except IsADirectoryError as error:
        raise PhotographError(f"{path} is a folder; name one photograph in it") from error
    except (OSError, ValueError) as error:
        raise PhotographError(f"{path} cannot be opened: {error}") from error


def _what_it_is(start: bytes) -> str:
    if not start:
        return "the file is empty"
    try:  # letter by letter, since the last one may be cut in two
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(start)
    except UnicodeDecodeError:
        return "it is of a kind that is not known"
    if all(letter.isprintable() or letter.isspace() for letter in text):
        return "it holds text"
    return "it is of a kind that is not known"


def _read_mapped(path: Path, settings: PhotoSettings) -> Photograph:
    """Read PNG or JPEG; the file is mapped, so that a refusal costs no memory."""
    with path.open("rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    jpeg = data[:8] != PNG_MAGIC
    header = jpeg_header(data, path.name) if jpeg else png_header(data, path.name)
    _check_claims(header, path.name, settings)
    check = check_jpeg_complete if jpeg else check_png_complete
    check(data, header, path.name)
    with named(path.name):
        samples = as_samples(_decode(data, path.name))
        photo = _photograph(samples, settings, path.name, header.bits)
    if jpeg and photo.channel in ("grey", "luminance"):
        return _as_luma(photo, data)
    return photo


def _as_luma(photo: Photograph, data: mmap.mmap) -> Photograph:
    """The luma of a JPEG file (ITU-T T.871) in place of a mixture of its colours.

    It is what the file holds; red, green and blue are made of it and of coarser colours. How it
    was rounded is known.
    """
    luma = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_GRAYSCALE)
    if luma is None:  # it was decoded before, in colour
        return photo
    return replace(
        photo,
        pixels=ArrayPixels(luma),
        black=0.0,
        white=255.0,
        rounding=rounding_of(luma, jpeg_steps(data)),
    )


def _check_claims(header: Header, name: str, settings: PhotoSettings) -> None:
    check_whole_size(name, header.columns, header.rows, settings)
    if not header.credible:
        raise untrue(name, header.columns, header.rows)


def _decode(data: mmap.mmap, name: str) -> np.ndarray:
    try:
        pixels = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), _DECODE)
    except cv2.error as error:
        raise refusal(name, f"the decoder says {error.err}", "export it as TIFF") from error
    if pixels is None:
        raise refusal(name, "its data are damaged", "copy it again from its source")
    return pixels if pixels.ndim == 2 else pixels[..., ::-1]  # OpenCV holds blue, green, red
