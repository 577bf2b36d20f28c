"""Kinds of files that people have and that are not read: what they are, and how to convert them.

Sources: the specifications of the kinds; DICOM PS3.10, section 7.1; FITS 4.0, section 4.4.1;
ISO/IEC 14496-12, section 4.3 (brands of films).
"""

from __future__ import annotations

from dataclasses import dataclass

_EXPORT = "export it as TIFF from the program that made it"
_DRAWING = "export it as TIFF, with some 1000 pixels per inch of the disc"


@dataclass(frozen=True)
class OtherKind:
    """A kind of file that is not read.

    Attributes
    ----------
    name : str
        What it is, with its article.
    remedy : str
        How to come to a photograph.
    """

    name: str
    remedy: str


_ZIP = OtherKind("an archive (ZIP), or a document that is kept as one", "unpack it")
_FILM = OtherKind("a film", "save one picture of it as TIFF or PNG")
_SOUND = OtherKind(
    "a sound", "the other way, from a sound to a picture, is groovescan simulate SOUND -o disc.png"
)
_PAGE = OtherKind(
    "a page of the web", "save the picture itself: on most pages by a right click, *Save image as*"
)
_SVG = OtherKind("a drawing (SVG)", _DRAWING)
#: By what stands in a file, and where.
_MARKS: tuple[tuple[int, bytes, OtherKind], ...] = (
    (128, b"DICM", OtherKind("an x-ray or a scan of medicine (DICOM)", _EXPORT)),
    (0, b"SIMPLE  =", OtherKind("a picture of astronomy (FITS)", _EXPORT)),
    (0, b"\x76\x2f\x31\x01", OtherKind("OpenEXR", "save it as TIFF of 32 bits, float")),
    (0, b"#?RADIANCE", OtherKind("Radiance HDR", "save it as TIFF of 32 bits, float")),
    (0, b"II\xbc\x01", OtherKind("JPEG XR", _EXPORT)),
    (0, b"AT&TFORM", OtherKind("DjVu", "export the page as TIFF, since DjVu smooths pictures")),
    (0, b"gimp xcf", OtherKind("a file of GIMP (XCF)", "export it as TIFF: File, Export As")),
    (0, b"FOVb", OtherKind("raw of a Sigma camera (X3F)", "convert it to DNG or TIFF")),
    (0, b"%!PS", OtherKind("PostScript", _DRAWING)),
    (0, b"\xc5\xd0\xd3\xc6", OtherKind("PostScript (EPS)", _DRAWING)),
    (0, b"<svg", _SVG),
    (0, b"PK\x03\x04", _ZIP),
    (0, b"Rar!\x1a\x07", OtherKind("an archive (RAR)", "unpack it")),
    (0, b"7z\xbc\xaf\x27\x1c", OtherKind("an archive (7z)", "unpack it")),
    (0, b"\x1f\x8b", OtherKind("an archive (gzip)", "unpack it")),
    (8, b"WAVE", _SOUND),
    (0, b"fLaC", _SOUND),
    (0, b"OggS", _SOUND),
    (0, b"ID3", _SOUND),
    (8, b"AVI ", _FILM),
    (0, b"\x1a\x45\xdf\xa3", _FILM),
    (4, b"ftypqt", _FILM),
    (4, b"ftypisom", _FILM),
    (4, b"ftypmp4", _FILM),
)


def other_kind(start: bytes) -> OtherKind | None:
    """What a file is that begins so, where its kind is known and not read.

    Parameters
    ----------
    start : bytes
        Some 256 bytes, or all where there are fewer.

    Returns
    -------
    OtherKind or None
        None where it is not known either.

    Examples
    --------
    >>> other_kind(b"gimp xcf v011").name
    'a file of GIMP (XCF)'
    """
    for at, mark, kind in _MARKS:
        if start[at : at + len(mark)] == mark:
            return kind
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return _PAGE
    return _SVG if text.startswith(b"<?xml") and b"<svg" in text else None
