"""The pages of a TIFF file."""

from __future__ import annotations

from typing import cast

import tifffile


def pages_of(tiff: tifffile.TiffFile) -> list[tifffile.TiffPage]:
    """All pages, each with its own tags.

    A list asks for their number first, and so sees where pages follow one another in a circle.
    """
    return cast(list[tifffile.TiffPage], list(tiff.pages))


def largest_of(pages: list[tifffile.TiffPage]) -> tifffile.TiffPage:
    """The page with most pixels."""
    return max(pages, key=lambda page: page.imagewidth * page.imagelength)
