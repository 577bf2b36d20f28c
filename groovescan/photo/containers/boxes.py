"""The boxes of which JPEG 2000, JPEG XL, HEIF and AVIF files are made.

Source: ISO/IEC 14496-12, section 4.2; ITU-T T.800, annex I.4.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple


class Box(NamedTuple):
    """A box: its kind, and where its content begins and ends, in bytes."""

    kind: bytes
    start: int
    end: int


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """The boxes between two places, in their order; the last may end beyond the data."""
    end = len(data) if end is None else end
    while start + 8 <= min(end, len(data)):
        length, kind = struct.unpack(">I4s", data[start : start + 8])
        begin = start + 8
        if length == 1 and begin + 8 <= len(data):
            (length,) = struct.unpack(">Q", data[begin : begin + 8])
            begin += 8
        stop = end if length == 0 else start + length
        if stop < begin:
            return
        yield Box(kind, begin, stop)
        start = stop
