"""Kinds of file: how each is told, measured and read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from groovescan.config.settings import PhotoSettings
from groovescan.core.photograph import Photograph, StatedTone


@dataclass(frozen=True, kw_only=True)
class Header:
    """The claims of a file's header.

    Attributes
    ----------
    columns, rows : int
        Size in px as stored, before it is turned upright.
    bits : int
        Bits per sample.
    credible : bool
        False where the file is too short to hold that many pixels.
    dpi, dpi_down : float or None
        Pixels per inch across and down the stored picture, where the file states them.
    orientation : int
        How the picture is to be turned: 1 to 8, as in TIFF and EXIF.
    tone : StatedTone
        The curve between light and the file's values, where it states one.
    """

    columns: int
    rows: int
    bits: int
    credible: bool = True
    dpi: float | None = None
    dpi_down: float | None = None
    orientation: int = 1
    tone: StatedTone = field(default_factory=StatedTone)


@dataclass(frozen=True, kw_only=True)
class FileFormat:
    """A kind of file that holds photographs.

    Attributes
    ----------
    name : str
        What people call it.
    suffixes : tuple of str
        How names of such files usually end: small letters, with the dot.
    recognises : callable
        Whether a file is of this kind, by its first bytes and, where these do not tell, its path.
    header : callable
        The header of a file. It may fail in any way where the file is damaged.
    read : callable
        The photograph of a file. It raises `PhotographError` where that cannot be read.
    searched : bool
        Whether a search through folders takes such files; most documents hold no photograph.
    """

    name: str
    suffixes: tuple[str, ...]
    recognises: Callable[[bytes, Path], bool]
    header: Callable[[Path], Header]
    read: Callable[[Path, PhotoSettings], Photograph]
    searched: bool = True


def credible_dpi(dpi: float | None) -> float | None:
    """A density that a camera or scanner may have; None for what programs write without one."""
    # What programs write where they know nothing, and what no camera or scanner has.
    credible_range = (73.0, 20_000.0)
    return dpi if dpi and credible_range[0] <= dpi <= credible_range[1] else None
