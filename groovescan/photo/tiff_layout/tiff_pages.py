"""The pages of a TIFF file."""

from __future__ import annotations

from typing import cast

import tifffile


def pages_of(tiff: tifffile.TiffFile) -> list[tifffile.TiffPage]:
    """All pages, each with its own tags.

    A list asks for their number first, and so sees where pages follow one another in a circle.
    """
    return cast(list[tifffile.TiffPage], list(tiff.pages))


def sides_of(pages: list[tifffile.TiffPage]) -> list[int]:
    """Numbers, from 1, of the pages that may each show a side of a disc.

    Thumbnails, reduced copies and masks are none: they say so (TIFF 6.0, NewSubfileType), or have
    less than a quarter of the largest page's pixels.
    """
    # A side has at least so much of the largest page's pixels: sides are photographed alike, and
    # what a scanner or a pyramid adds is a quarter or less.
    side_share = 0.26
    # Bits of NewSubfileType: a reduced copy of another page, and a mask.
    no_photograph = 1 | 4
    least = side_share * max(page.imagewidth * page.imagelength for page in pages)
    return [
        number
        for number, page in enumerate(pages, start=1)
        if page.imagewidth * page.imagelength >= least and not page.subfiletype & no_photograph
    ]


def chosen_of(pages: list[tifffile.TiffPage], number: int) -> tifffile.TiffPage:
    """The page of a number from 1 on, and the largest for 0; IndexError where there is none."""
    return pages[number - 1] if number else largest_of(pages)


def largest_of(pages: list[tifffile.TiffPage]) -> tifffile.TiffPage:
    """The page with most pixels."""
    return max(pages, key=lambda page: page.imagewidth * page.imagelength)
