"""How a file is refused: what, why, what to try."""

from __future__ import annotations

from groovescan.errors import PhotographError
from groovescan.settings import PhotoSettings


def refusal(name: str, why: str, remedy: str) -> PhotographError:
    """The error that says that `name` cannot be read, why, and what to try."""
    return PhotographError(f"{name} cannot be read as a photograph: {why}; {remedy}")


def truncated(name: str, detail: str) -> PhotographError:
    """The error for a file of which a part is missing."""
    return refusal(name, f"the file is incomplete, {detail}", "copy it again from its source")


def check_size(name: str, columns: int, rows: int, settings: PhotoSettings) -> None:
    """Refuse a photograph by the size that its header claims, before memory is taken.

    Raises
    ------
    PhotographError
        Where a side is not positive, or the area exceeds ``settings.max_megapixels``.
    """
    if columns < 1 or rows < 1:
        raise refusal(
            name, f"its header says {columns} x {rows} px", "export it again from its source"
        )
    megapixels = columns * rows / 1e6
    if megapixels > settings.max_megapixels:
        raise refusal(
            name,
            f"it has {columns} x {rows} px, {megapixels:.1f} megapixels, "
            f"and the limit is {settings.max_megapixels:g}",
            "crop it to the disc, or raise photo.max_megapixels in the settings file",
        )
