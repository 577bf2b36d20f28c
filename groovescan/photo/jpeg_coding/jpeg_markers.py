"""The segments of a JPEG file.

Source: ITU-T T.81, annex B.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from groovescan.photo.refusal import damaged

JPEG_MAGIC = b"\xff\xd8\xff"
JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
JPEG_HUFFMAN_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
#: Second bytes of markers (T.81, table B.1), and the byte that may stand before them (B.1.1.2).
JPEG_START_OF_SCAN, JPEG_END = 0xDA, 0xD9
#: T.81, table B.1.
JPEG_QUANTISATION_TABLES = 0xDB
#: T.81, B.1.1.2.
_FILL = 0xFF
_WITHOUT_CONTENT = frozenset({0x01, *range(0xD0, 0xD9)})


def jpeg_segments(
    data: bytes, name: str, position: int = len(JPEG_MAGIC) - 1
) -> Iterator[tuple[int, int, int]]:
    """Marker of each segment of a JPEG file, and where its content begins and ends, in bytes.

    Parameters
    ----------
    data : bytes
        The file, or its first part.
    name : str
        Its name, for errors.
    position : int
        Where a marker is expected; behind the coded data of a scan it is given anew.

    Raises
    ------
    PhotographError
        Where something else stands in place of a marker, as the data of a scan do.
    """
    while position + 2 <= len(data):
        if data[position] != 0xFF:
            raise damaged(name, f"there is no JPEG marker at byte {position}")
        marker = data[position + 1]
        if marker == _FILL or marker in _WITHOUT_CONTENT:
            position += 1 if marker == _FILL else 2
            continue
        if marker == JPEG_END:
            yield marker, position + 2, position + 2
            return
        if position + 4 > len(data):
            return
        (length,) = struct.unpack(">H", data[position + 2 : position + 4])
        if length < 2:
            raise damaged(name, f"the segment at byte {position} has no length")
        yield marker, position + 4, position + 2 + length
        position += 2 + length
