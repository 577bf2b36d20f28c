"""EXIF data of a picture: which way is up, and how many pixels an inch has.

Source: CIPA DC-008 (Exif 2.32), section 4.6.4.
"""

from __future__ import annotations

from PIL import Image

from groovescan.core.geometry.units import CM_PER_INCH

_BEGINS = b"Exif\x00\x00"


def exif_orientation(content: bytes) -> int:
    """How a picture is to be turned: 1 to 8, and 1 where nothing sensible is said.

    Parameters
    ----------
    content : bytes
        EXIF data: a TIFF header and what follows, with or without ``Exif`` before it.
    """
    # Tag (TIFF 6.0, section 8).
    orientation = 274
    value = _tags(content).get(orientation, 1)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def exif_dpi(content: bytes) -> float | None:
    """Pixels per inch across; None where nothing sensible is said."""
    # Tags (TIFF 6.0, section 8).
    x_resolution = 282
    resolution_unit = 296
    tags = _tags(content)
    try:
        value = float(tags[x_resolution])
        return value * {2: 1.0, 3: CM_PER_INCH}[int(tags.get(resolution_unit, 2))]
    except (KeyError, TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None


def exif_is_srgb(content: bytes) -> bool:
    """Whether the picture's colours are said to be sRGB."""
    # Tags (Exif 2.32, sections 4.6.3 and 4.6.5).
    exif_tags = 0x8769
    colour_space = 0xA001
    held = Image.Exif()
    try:
        held.load(content if content.startswith(_BEGINS) else _BEGINS + content)
        return held.get_ifd(exif_tags).get(colour_space) == 1
    except Exception:  # as below
        return False


def _tags(content: bytes) -> dict:
    held = Image.Exif()
    try:
        held.load(content if content.startswith(_BEGINS) else _BEGINS + content)
        return dict(held)
    except Exception:  # a remark that makes no sense can fail in any way, and says nothing
        return {}
