"""What EXIF data say of a picture: which way is up, and how many pixels an inch has.

Source: CIPA DC-008 (Exif 2.32), section 4.6.4.
"""

from __future__ import annotations

from PIL import Image

_ORIENTATION, _X_RESOLUTION, _RESOLUTION_UNIT = 274, 282, 296
_EXIF_TAGS, _COLOUR_SPACE = 0x8769, 0xA001
_INCH_CM = 2.54
_BEGINS = b"Exif\x00\x00"


def exif_orientation(content: bytes) -> int:
    """How a picture is to be turned: 1 to 8, and 1 where nothing sensible is said.

    Parameters
    ----------
    content : bytes
        EXIF data: a TIFF header and what follows, with or without ``Exif`` before it.
    """
    value = _tags(content).get(_ORIENTATION, 1)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def exif_dpi(content: bytes) -> float | None:
    """Pixels per inch across; None where nothing sensible is said."""
    tags = _tags(content)
    try:
        value = float(tags[_X_RESOLUTION])
        return value * {2: 1.0, 3: _INCH_CM}[int(tags.get(_RESOLUTION_UNIT, 2))]
    except (KeyError, TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None


def exif_is_srgb(content: bytes) -> bool:
    """Whether the picture's colours are said to be sRGB."""
    held = Image.Exif()
    try:
        held.load(content if content.startswith(_BEGINS) else _BEGINS + content)
        return held.get_ifd(_EXIF_TAGS).get(_COLOUR_SPACE) == 1
    except Exception:  # as below
        return False


def _tags(content: bytes) -> dict:
    held = Image.Exif()
    try:
        held.load(content if content.startswith(_BEGINS) else _BEGINS + content)
        return dict(held)
    except Exception:  # a remark that makes no sense can fail in any way, and says nothing
        return {}
