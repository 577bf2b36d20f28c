"""Strips and tiles before they are decoded: how they are coded, how large, and whether whole.

A page says how large its strips are; a picture that is coded inside one says it once more, and
the decoder believes that. So it is asked first.
"""

from __future__ import annotations

from dataclasses import dataclass

import tifffile

from groovescan.photo.containers.coded_size import coded_size
from groovescan.photo.jpeg_coding.jpeg_entropy import jpeg_damage
from groovescan.photo.refusal import damaged, refusal

#: Codes of bytes, whose decoders are told how much may come out: none, CCITT, LZW, Deflate,
#: PackBits, LZMA, Zstandard.
_OF_BYTES = frozenset({1, 2, 3, 4, 5, 8, 32771, 32773, 32946, 34925, 34926, 50000})
#: Codes of pictures, which begin with a header of their own: JPEG, JPEG 2000, WebP, JPEG XL, PNG,
#: JPEG XR. Lerc is left out: it holds maps, not photographs.
_JPEG = frozenset({6, 7, 33007, 34892})
_OF_PICTURES = _JPEG | {
    *(33003, 33004, 33005, 34712, 34927, 50001, 50002, 52546, 34933, 22610, 34934)
}


def check_coding(page: tifffile.TiffPage, name: str) -> None:
    """Refuse a page whose pixels are coded in a way of which nothing is known.

    Raises
    ------
    PhotographError
        Where neither what comes out nor what goes in says how large it is.
    """
    coding = page.compression
    if int(coding) not in _OF_BYTES | _OF_PICTURES:
        raise refusal(
            name,
            f"its pixels are packed in a way that is not read, {getattr(coding, 'name', coding)}",
            "save it as TIFF with LZW or Deflate compression, or without",
        )


@dataclass(frozen=True, kw_only=True)
class SegmentCheck:
    """The properties of a page that its strips or tiles have to have.

    Attributes
    ----------
    rows, columns : int
        Of a segment.
    pictures, jpeg : bool
        Whether it is a coded picture; whether by JPEG.
    tables : bytes
        What the page holds of every segment's JPEG header.
    """

    rows: int
    columns: int
    pictures: bool
    jpeg: bool
    tables: bytes

    @classmethod
    def of(cls, page: tifffile.TiffPage) -> SegmentCheck:
        """The check of a page."""
        rows, columns = segment_shape(page)
        coding = int(page.compression)
        return cls(
            rows=rows,
            columns=columns,
            pictures=coding in _OF_PICTURES,
            jpeg=coding in _JPEG,
            tables=page.jpegtables or b"",
        )

    def __call__(self, data: bytes, row: int, name: str) -> None:
        """Refuse a segment that claims more than the page, or whose codes are damaged.

        Parameters
        ----------
        data : bytes
            The segment.
        row : int
            Row of the page with which it begins.
        name : str
            Name of the file.

        Raises
        ------
        PhotographError
            Where it does.
        """
        # Coders fill blocks up to whole ones, at most so many px more on a side.
        padded_px = 64
        if not self.pictures:
            return
        size = coded_size(data)
        if size is None:
            if self.jpeg and not data.startswith(b"\xff\xd8"):
                return  # the oldest kind keeps its header elsewhere, made from the page's tags
            raise damaged(name, f"the strip or tile at row {row} has no header")
        if size.columns > self.columns + padded_px or size.rows > self.rows + padded_px:
            raise damaged(
                name,
                f"the strip or tile at row {row} claims {size.columns} x {size.rows} px, where "
                f"the page has {self.columns} x {self.rows}",
            )
        if self.jpeg and data.startswith(b"\xff\xd8"):
            self._check_codes(data, row, name)

    def _check_codes(self, data: bytes, row: int, name: str) -> None:
        found = jpeg_damage(self.tables[:-2] + data[2:] if self.tables else data, name)
        if found is not None:
            raise damaged(
                name,
                f"the data of the strip or tile at row {row} make no sense from row "
                f"{row + found.row} on",
            )


def segment_shape(page: tifffile.TiffPage) -> tuple[int, int]:
    """Rows and columns of a strip or tile."""
    if page.is_tiled:
        return page.tilelength, page.tilewidth
    return min(page.rowsperstrip, page.imagelength), page.imagewidth
