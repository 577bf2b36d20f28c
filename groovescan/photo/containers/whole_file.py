"""Reading files that can only be decoded whole: they are measured, checked, and then decoded.

A file is read into memory once, up to what a picture of its size can take, and what was checked is
what is decoded: whoever shortens or replaces it meanwhile changes nothing. A map of the file into
memory would end the process where the file shrinks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from groovescan.config.settings import PhotoSettings
from groovescan.core.photograph import Photograph
from groovescan.errors import PhotographError
from groovescan.photo.colour.luminance import as_samples
from groovescan.photo.containers.file_format import Header
from groovescan.photo.develop import photograph_of
from groovescan.photo.orientation import upright
from groovescan.photo.refusal import check_whole_size, named, refusal, untrue

#: Room for what a file may hold beside its picture, in bytes: arbitrary, a telephone's film has
#: some MB.
_OTHER_BYTES = 1 << 28


def _nothing(data: bytes, header: Header, name: str) -> None:
    """A format whose decoder tells itself what is missing."""


@dataclass(frozen=True, kw_only=True)
class Coding:
    """How files of a kind are taken apart.

    Attributes
    ----------
    header : callable
        From the first bytes of a file, its length in bytes, and its name.
    decode : callable
        The samples, of shape (rows, columns) or (rows, columns, channels), as stored: grey, or red,
        green and blue, with or without alpha. It may raise anything.
    filled : bool
        Whether samples of more than 8 bits fill their type, whatever the header says of them.
    turned : bool
        Whether the decoder turns the picture upright.
    check : callable
        Raises `PhotographError` where the file is incomplete or damaged, before it is decoded.
    """

    header: Callable[[bytes, int, str], Header]
    decode: Callable[[bytes], np.ndarray]
    check: Callable[[bytes, Header, str], None] = _nothing
    filled: bool = False
    turned: bool = False


def header_of(path: Path, coding: Coding) -> Header:
    """The header of a file, of which no more is read than that takes.

    Raises
    ------
    PhotographError
        Where it makes no sense, or the file ends within it.
    """
    # Most headers end within so many bytes; of others the whole file is read.
    head_bytes = 1 << 18
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(head_bytes)
        try:
            return coding.header(head, size, path.name)
        except PhotographError:
            if len(head) >= size:
                raise
        return coding.header(head + file.read(_OTHER_BYTES), size, path.name)


def read_whole(path: Path, settings: PhotoSettings, coding: Coding) -> tuple[Photograph, bytes]:
    """A photograph from a file that is decoded whole, and the bytes of the file.

    Raises
    ------
    PhotographError
        Where it is too large, incomplete, damaged or of a kind that is not read.
    """
    data = _checked_bytes(path, settings, coding)
    return photograph_in(data, path.name, settings, coding), data


def _checked_bytes(path: Path, settings: PhotoSettings, coding: Coding) -> bytes:
    """All bytes of a file, no more than a picture of its size can take."""
    # A pixel of four samples of 32 bits takes 16 bytes; what else a file may hold, such as a film
    # that a telephone adds, has some room on top.
    pixel_bytes = 16
    header = header_of(path, coding)
    _check_claims(header, path.name, settings)
    most = pixel_bytes * header.columns * header.rows + _OTHER_BYTES
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise refusal(
            path.name,
            f"it has more than {most / 1e6:.0f} MB, which no picture of {header.columns} x "
            f"{header.rows} px takes",
            "export it again",
        )
    return data


def photograph_in(data: bytes, name: str, settings: PhotoSettings, coding: Coding) -> Photograph:
    """A photograph from the bytes of a file.

    Raises
    ------
    PhotographError
        As `read_whole` does.
    """
    header = coding.header(data, len(data), name)
    _check_claims(header, name, settings)
    coding.check(data, header, name)
    with named(name):
        samples = as_samples(_decoded(data, header, name, coding))
        samples = upright(samples, header.orientation)
        fill = not coding.filled and 8 < header.bits < 16 and samples.dtype == np.uint16
        return photograph_of(
            samples,
            settings,
            name,
            max(header.bits, 8 * samples.dtype.itemsize) if coding.filled else header.bits,
            filled_bits=header.bits if fill else None,
            dpi=header.dpi,
            tone=header.tone,
        )


def _check_claims(header: Header, name: str, settings: PhotoSettings) -> None:
    check_whole_size(name, header.columns, header.rows, settings)
    if not header.credible:
        raise untrue(name, header.columns, header.rows)


def _decoded(data: bytes, header: Header, name: str, coding: Coding) -> np.ndarray:
    try:
        samples = coding.decode(data)
    except MemoryError:
        raise
    except Exception as error:  # damaged files make the decoders raise nearly anything
        raise refusal(
            name, f"its data are damaged ({error})", "copy it again from its source"
        ) from error
    shape = samples.shape[:2]
    if shape != (header.rows, header.columns) and not (
        coding.turned and shape == (header.columns, header.rows)
    ):
        raise refusal(
            name,
            f"its header claims {header.columns} x {header.rows} px, and its data have "
            f"{' x '.join(str(size) for size in samples.shape[1::-1])}",
            "export it again",
        )
    return samples
