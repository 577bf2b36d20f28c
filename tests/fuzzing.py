"""Cases for the readers that nobody would think of, and the process that is fed with them.

Run as a program it reads cases and says of each how it ended; its memory is bounded by the
system, and whoever started it bounds its time.
"""

from __future__ import annotations

import io
import json
import random
import struct
import sys
import zlib
from pathlib import Path

#: Bound of the process's address space, libraries and all.
MEMORY_BYTES = 2 << 30
LONGEST_S = 10.0
KINDS = ("tiff", "png", "jpeg", "toml", "sidecar", "overrides")
_SIZES = (0, 1, 2, 7, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def seeds(kind: str) -> list[bytes]:
    """Sound files and texts, from which the cases are made."""
    if kind in ("toml", "sidecar", "overrides"):
        return _texts(kind)
    import cv2
    import numpy as np
    import tifffile

    rng = np.random.default_rng(1)
    grey = rng.integers(0, 256, (24, 40), dtype=np.uint8)
    deep, colour = grey.astype(np.uint16) * 257, np.dstack([grey, grey.T.copy().T, grey])
    if kind != "tiff":
        suffix = ".png" if kind == "png" else ".jpg"
        pictures = (grey, colour, deep) if kind == "png" else (grey, colour)
        return [cv2.imencode(suffix, one)[1].tobytes() for one in pictures]
    found = []
    for pixels, more in (
        (grey, {}),
        (deep, {"compression": "lzw", "predictor": True}),
        (colour, {"photometric": "rgb", "compression": "jpeg"}),
        (grey, {"compression": "deflate", "tile": (16, 16)}),
        (grey.astype(np.float32) / 255, {"compression": "packbits"}),
        (grey > 128, {}),
        (grey, {"bigtiff": True, "resolution": (600, 600), "resolutionunit": 2}),
        (np.stack([grey, grey]), {"photometric": "minisblack"}),
    ):
        file = io.BytesIO()
        big = more.pop("bigtiff", False)
        tifffile.imwrite(file, pixels, bigtiff=big, **more)
        found.append(file.getvalue())
    return found


def _texts(kind: str) -> list[bytes]:
    from groovescan.settings import Settings

    if kind == "toml":
        small = b"[sound]\nrpm = 33\neq = 'riaa'\nclock = 'hum:50'\n[disc]\nstart = \"inner\"\n"
        return [Settings().to_toml().encode(), small]
    if kind == "overrides":
        return [
            'photograph,rpm,sound.eq,restore\na.tif,33,riaa,yes\n"b, я.tif",45,,no\n'.encode(),
            b"photograph;disc.start;disc.seed\na.tif;inner;5\n",
        ]
    import dataclasses

    held = {"groovescan": 1, "settings": dataclasses.asdict(Settings())}
    return [json.dumps(held).encode(), json.dumps(held, indent=1).encode()]


def mutated(data: bytes, rng: random.Random) -> bytes:
    """A case: some bytes of a sound one changed, cut, doubled, or replaced by awkward numbers."""
    held = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 3, 8, 30))):
        _change(held, rng)
    return bytes(held)


def _change(held: bytearray, rng: random.Random) -> None:
    if not held:
        held += bytes([rng.randrange(256)])
        return
    # headers are where lies are told
    place = rng.randrange(len(held) if rng.random() < 0.5 else min(len(held), 400))
    match rng.randrange(7):
        case 0:
            held[place] = rng.randrange(256)
        case 1:
            held[place] ^= 1 << rng.randrange(8)
        case 2:
            form = rng.choice(("<H", ">H", "<I", ">I"))
            number = struct.pack(form, rng.choice(_SIZES) % 256 ** struct.calcsize(form))
            held[place : place + len(number)] = number
        case 3:
            del held[place:]
        case 4:
            del held[place : place + rng.randrange(1, 40)]
        case 5:
            held[place:place] = held[place : place + rng.randrange(1, 60)]
        case _:
            other = rng.randrange(len(held))
            held[place : place + 4] = held[other : other + 4]


def with_sums(data: bytes) -> bytes:
    """A PNG file whose check sums are right again, so that more than the first check is tried."""
    held, place = bytearray(data), 8
    while place + 12 <= len(held):
        (length,) = struct.unpack(">I", held[place : place + 4])
        end = place + 8 + length
        if end + 4 > len(held):
            break
        held[end : end + 4] = struct.pack(">I", zlib.crc32(held[place + 4 : end]))
        place = end + 4
    return bytes(held)


def case(kind: str, number: int, bases: list[bytes]) -> bytes:
    """The case of a number, the same every time."""
    rng = random.Random(f"{kind} {number}")
    data = mutated(rng.choice(bases), rng)
    return with_sums(data) if kind == "png" and rng.random() < 0.7 else data


def feed(kind: str, data: bytes, folder: Path) -> str:
    """Give a case to its reader; how it ended: 'fine', or the name of one of our errors."""
    from groovescan.errors import GroovescanError

    path = folder / f"case.{'json' if kind == 'sidecar' else kind}"
    path.write_bytes(data)
    try:
        _read(kind, path)
    except GroovescanError as error:
        return type(error).__name__ if str(error) else "ESCAPED an error that says nothing"
    return "fine"


def _read(kind: str, path: Path) -> None:
    if kind in ("toml", "sidecar"):
        from groovescan.cli.common import settings_of

        settings_of(path)
    elif kind == "overrides":
        from groovescan.collection.overrides import match, read_overrides

        match(read_overrides(path), [path], path.parent)
    else:
        from groovescan.photo import read_photograph
        from groovescan.settings import PhotoSettings

        photo = read_photograph(path, PhotoSettings(max_megapixels=4.0))
        photo.window(slice(0, photo.shape[0]), slice(0, photo.shape[1]))


def main() -> None:
    """Feed the cases of a kind, from a number to another; one line for each, before and after."""
    import logging
    import resource

    kind, first, last, folder = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    bases = seeds(kind)
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    for number in range(first, last):
        sys.stdout.write(f"{number} ")
        sys.stdout.flush()
        sys.stdout.write(_line(kind, case(kind, number, bases), folder) + "\n")
        sys.stdout.flush()


def _line(kind: str, data: bytes, folder: Path) -> str:
    try:
        return feed(kind, data, folder)
    except BaseException as error:
        return f"ESCAPED {type(error).__name__}: {str(error)[:200]!r}"


if __name__ == "__main__":
    main()
