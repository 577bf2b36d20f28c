"""Cue points of a WAV file: the ``cue `` chunk, and the labels and lengths in a list beside it.

Source: IBM and Microsoft, Multimedia Programming Interface and Data Specifications 1.0 (1991),
"Waveform Audio File Format": Cue-Points Chunk, Associated Data Chunk. Editors show them as markers
and regions.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from groovescan.core.account import Cue

_POINT = struct.Struct("<II4sIII")
_REGION = struct.Struct("<II4sHHHH")


def cue_chunks(cues: Sequence[Cue], rate_hz: int) -> bytes:
    """The chunks that hold cue points, to follow the samples.

    Parameters
    ----------
    cues : sequence of Cue
        In the order of their starts.
    rate_hz : int
        Samples per second.

    Returns
    -------
    bytes
        Of an even number; nothing where there are no cues.
    """
    # Sample positions have 32 bits: what lies beyond, after 24 hours at 48 kHz, cannot be told.
    last_position = 2**32 - 1
    points, labels = [], []
    for number, cue in enumerate(cues, start=1):
        first, last = cue.span(rate_hz)
        if last > last_position:
            continue
        points.append(_POINT.pack(number, first, b"data", 0, 0, first))
        name = cue.label.encode("utf-8", "replace") + b"\0"
        labels.append(chunk(b"labl", struct.pack("<I", number) + name))
        region = _REGION.pack(number, last - first, b"rgn ", 0, 0, 0, 0)
        labels.append(chunk(b"ltxt", region))
    if not points:
        return b""
    return chunk(b"cue ", struct.pack("<I", len(points)) + b"".join(points)) + chunk(
        b"LIST", b"adtl" + b"".join(labels)
    )


def chunk(name: bytes, content: bytes) -> bytes:
    """A RIFF chunk: name, length, content, and a byte that makes it even."""
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
