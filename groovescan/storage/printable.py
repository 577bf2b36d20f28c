"""Text from outside, made safe to show: file names may hold what terminals obey."""

from __future__ import annotations

import re

#: Control characters (C0, C1), marks that turn the direction of writing, line separators, and the
#: halves of pairs by which Python holds the bytes of names that are no text.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def printable(text: str) -> str:
    r"""Text in which what a terminal would obey is written as an escape, such as ``\x1b``.

    Parameters
    ----------
    text : str
        Anything.

    Returns
    -------
    str
        One line that can be encoded.
    """
    return _UNSAFE.sub(_escape, text)


def printable_lines(text: str) -> str:
    """`printable` of each line of a text that was laid out in lines."""
    return "\n".join(map(printable, text.split("\n")))


def _escape(found: re.Match[str]) -> str:
    # Where Python puts bytes of a name that are no text (PEP 383), 0x80 to 0xff.
    first_byte = 0xDC80
    last_byte = 0xDCFF
    number = ord(found[0])
    if first_byte <= number <= last_byte:
        number -= first_byte - 0x80
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"
