"""How a file is refused: what, why, what to try."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from groovescan.config.settings import PhotoSettings
from groovescan.errors import PhotographError


def refusal(name: str, why: str, remedy: str) -> PhotographError:
    """The error that says that `name` cannot be read, why, and what to try."""
    return PhotographError(f"{name} cannot be read as a photograph: {why}; {remedy}")


@contextmanager
def named(name: str) -> Iterator[None]:
    """Say of which file an error about its pixels is."""
    try:
        yield
    except PhotographError as error:
        raise refusal(name, str(error), "export it as grey or RGB") from error


def truncated(name: str, detail: str) -> PhotographError:
    """The error for a file of which a part is missing."""
    return refusal(name, f"the file is incomplete, {detail}", "copy it again from its source")


def untrue(name: str, columns: int, rows: int) -> PhotographError:
    """The error for a header that claims more pixels than the file's bytes can hold."""
    return refusal(
        name,
        f"its header claims {columns} x {rows} px, more than a file of this length can hold",
        "copy it again from its source",
    )


def check_size(name: str, columns: int, rows: int, settings: PhotoSettings) -> None:
    """Refuse a photograph by the size that its header claims, before memory is taken.

    Raises
    ------
    PhotographError
        Where a side is not positive, or the area exceeds ``settings.max_megapixels``.
    """
    _check_sides(name, columns, rows)
    if columns * rows > settings.max_megapixels * 1e6:
        raise refusal(
            name,
            f"it has {_size(columns, rows)}, and the limit is {settings.max_megapixels:g}",
            "crop it to the disc, or raise photo.max_megapixels in the settings file",
        )


def check_whole_size(name: str, columns: int, rows: int, settings: PhotoSettings) -> None:
    """Check the size of a file that can only be decoded whole: PNG, JPEG, camera raw.

    Raises
    ------
    PhotographError
        Where the area exceeds ``settings.max_whole_megapixels``, too.
    """
    check_size(name, columns, rows, settings)
    if columns * rows > settings.max_whole_megapixels * 1e6:
        raise refusal(
            name,
            f"it has {_size(columns, rows)}; a file of this kind has to be decoded whole, and "
            f"the limit for that is {settings.max_whole_megapixels:g}",
            "save it as TIFF, which is read in parts, or crop it to the disc, or raise "
            "photo.max_whole_megapixels in the settings file",
        )


def _check_sides(name: str, columns: int, rows: int) -> None:
    if columns < 1 or rows < 1:
        raise refusal(
            name, f"its header says {columns} x {rows} px", "export it again from its source"
        )


def _size(columns: int, rows: int) -> str:
    return f"{columns} x {rows} px, {columns * rows / 1e6:.1f} megapixels"


def damaged(name: str, detail: str) -> PhotographError:
    """The error for a file whose bytes are not what was written."""
    return refusal(name, f"the file is damaged, {detail}", "copy it again from its source")
