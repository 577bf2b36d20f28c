"""The `bext` chunk of a Broadcast WAV file.

Sources: EBU Tech 3285 version 2 (the chunk), EBU R 98-1999 (coding history), FADGI, Guidelines for
Embedding Metadata in Broadcast WAVE Files (which fields, and how), SMPTE 330M (UMID).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import datetime

from anyascii import anyascii

_LAYOUT = struct.Struct("<256s32s32s10s8sQH64s190s")
#: A basic UMID: one component of audio, its number a UUID, 0x13 bytes to follow.
_UMID_LABEL = bytes.fromhex("060a2b340101010501010820") + b"\x13\x00\x00\x00"


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a sound comes from.

    Attributes
    ----------
    description : str
        What it is, its first 64 characters by themselves, too; at most 256.
    originator : str
        Who made it; at most 32 characters.
    reference : str
        What the originator calls it; at most 32 characters.
    made : datetime
        When, in local time.
    umid : bytes
        16 bytes that no other sound has.
    history : tuple of str
        Coding history, a line each.
    """

    description: str
    originator: str
    reference: str
    made: datetime
    umid: bytes
    history: tuple[str, ...]


def bext_chunk(origin: Origin) -> bytes:
    """The content of the ``bext`` chunk.

    Parameters
    ----------
    origin : Origin
        What it is to say. The chunk holds ASCII: accents are dropped, and other alphabets are
        written in Latin letters.

    Returns
    -------
    bytes
        Of an even number.
    """
    # Version 1 has the UMID; version 2 would add loudness, which a transfer need not be played at.
    version = 1
    history = "".join(f"{to_ascii(line)}\r\n" for line in origin.history).encode("ascii")
    head = _LAYOUT.pack(
        _field(origin.description, 256),
        _field(origin.originator, 32),
        _field(origin.reference, 32),
        origin.made.strftime("%Y-%m-%d").encode("ascii"),
        origin.made.strftime("%H:%M:%S").encode("ascii"),
        0,  # a disc has no time of day
        version,
        _UMID_LABEL + origin.umid[:16].ljust(16, b"\0"),
        b"",
    )
    return head + history + b"\0" * (len(history) % 2)


def to_ascii(text: str) -> str:
    """Text as one would write it in ASCII: without accents, other alphabets in Latin letters.

    Examples
    --------
    >>> to_ascii("Музей звука, Łódź")
    'Muzey zvuka, Lodz'
    """
    # a file name may hold what is no text at all
    return anyascii(text.encode("utf-8", "replace").decode("utf-8"))


def _field(text: str, length: int) -> bytes:
    return to_ascii(text).encode("ascii")[:length]
