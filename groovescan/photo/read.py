"""Reading a photograph from a file or an array."""

from __future__ import annotations

import codecs
from os import PathLike
from pathlib import Path

import numpy as np

from groovescan.config.settings import PhotoSettings
from groovescan.core.photograph import Photograph, StatedTone
from groovescan.errors import PhotographError
from groovescan.photo.aspect import with_square_pixels
from groovescan.photo.colour.luminance import as_samples
from groovescan.photo.develop import photograph_of
from groovescan.photo.formats import FORMATS, first_bytes, format_of
from groovescan.photo.other_kinds import other_kind
from groovescan.photo.refusal import check_size, refusal
from groovescan.runtime.blas import one_blas_thread


@one_blas_thread()
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
    return photograph_of(
        samples, settings, "array", _bits(image.dtype), tone=StatedTone(curve="linear")
    )


def _bits(dtype: np.dtype) -> int:
    return 1 if dtype.kind == "b" else 8 * dtype.itemsize


@one_blas_thread()
def read_photograph(path: str | PathLike[str], settings: PhotoSettings | None = None) -> Photograph:
    """Read a file of one of the kinds in `photo.formats` as luminance.

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
    start = first_bytes(path)
    kind = format_of(start, path)
    if kind is None:
        raise _of_another_kind(start, path)
    photo = kind.read(path, settings)
    return with_square_pixels(photo, kind.header(path), settings) if photo.dpi else photo


def _of_another_kind(start: bytes, path: Path) -> PhotographError:
    other = other_kind(start)
    if other is not None:
        return refusal(path.name, f"it is {other.name}, which is not read", other.remedy)
    return refusal(
        path.name,
        _what_it_is(start),
        f"it takes {', '.join(one.name for one in FORMATS)}; save it as TIFF from the program "
        "that made it",
    )


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
