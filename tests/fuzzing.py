"""Cases for the readers that nobody would think of, and the process that is fed with them.

Run as a program it reads cases and says of each how it ended; its memory is bounded by the
system, and whoever started it bounds its time.
"""

from __future__ import annotations

import copy
import hashlib
import importlib
import io
import json
import random
import struct
import sys
import zlib
from pathlib import Path
from typing import Any

import fuzzing_folders

#: Bound of the process's address space, libraries and all.
MEMORY_BYTES = 2 << 30
LONGEST_S = 10.0
KINDS = (
    "tiff",
    "tiff-coded",
    "png",
    "jpeg",
    "jpeg-data",
    "pictures",
    "raw",
    "toml",
    "sidecar",
    "overrides",
    "record",
    *fuzzing_folders.KINDS,
)
_TEXTS = ("toml", "sidecar", "overrides", "record")
#: Values that fit nowhere, or look as if they did.
_ODD = (
    *(None, True, -1, 0, 2**70, 10**400, 0.5, -1e300, float("nan"), float("inf"), "", "x" * 999),
    *("../../x", "/etc/passwd", "\udcff", "a\0b", "done", [], [1], {}, {"a": None}, {"a": []}),
    *({"../../x": ""}, {"/etc/passwd": ""}, {"a.wav": 5}),
)
_SUFFIXES = {"sidecar": "json", "record": "json", "raw": "dng"}
#: What stands for the path of the photograph in a record, and what is in its files.
_HERE, _CONTENT = "PHOTOGRAPH", b"content"
_SIZES = (0, 1, 2, 7, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def seeds(kind: str) -> list[bytes]:
    """Sound files and texts, from which the cases are made."""
    if kind in fuzzing_folders.KINDS:
        return []
    if kind in _TEXTS:
        return _texts(kind)
    if kind == "raw":
        return _raws()
    if kind == "jpeg-data":
        return _jpegs()
    if kind == "tiff-coded":
        return _coded_tiffs()
    if kind == "pictures":
        return _pictures()
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


def _rings() -> Any:
    """A picture that is not a constant, and no noise: uint8, shape (96, 120)."""
    import numpy as np

    y, x = np.mgrid[:96, :120]
    return (128 + 90 * np.sin(np.hypot(x - 60, y - 50) / 2)).astype(np.uint8)


def _jpegs() -> list[bytes]:
    """JPEG files of every kind that cameras and programs write."""
    import numpy as np
    from PIL import Image

    grey = _rings()
    held = []
    for picture in (grey, np.dstack([grey, grey[::-1], grey[:, ::-1]])):
        for options in ({}, {"progressive": True}, {"restart_marker_rows": 1}, {"quality": 20}):
            file = io.BytesIO()
            Image.fromarray(picture).save(file, "JPEG", **options)
            held.append(file.getvalue())
    return held


def _pictures() -> list[bytes]:
    """Files of the kinds that are decoded whole, besides PNG and JPEG."""
    import test_formats as made

    makers = {**made.LOSSLESS, **{f"{name}, lossy": one for name, one in made.LOSSY.items()}}
    return [make(_rings()) for make in makers.values()]


def _coded_tiffs() -> list[bytes]:
    """TIFF files whose strips or tiles are coded pictures."""
    import tifffile

    grey = _rings()
    held = []
    for coding in ("jpeg", "jpeg2000", "webp", "jpegxl", "png", "jpegxr"):
        picture = grey if coding != "webp" else grey[..., None].repeat(3, axis=2)
        for options in ({"tile": (48, 64)}, {"rowsperstrip": 96}):
            file = io.BytesIO()
            colours = "minisblack" if picture.ndim == 2 else "rgb"
            tifffile.imwrite(file, picture, compression=coding, photometric=colours, **options)
            held.append(file.getvalue())
    return held


def damaged_data(data: bytes, rng: random.Random) -> bytes:
    """A JPEG file with bits turned, with holes, or cut and ended as if it were whole."""
    held = bytearray(data)
    start = held.find(b"\xff\xda") + 14
    match rng.randrange(3):
        case 0:
            for _ in range(rng.choice((1, 2, 20))):
                held[rng.randrange(start, len(held))] ^= 1 << rng.randrange(8)
        case 1:
            at, size = rng.randrange(start, len(held)), rng.choice((4, 64, 512))
            filling = rng.choice((b"\0", b"\xff", b"\xaa"))
            held[at : at + size] = filling * min(size, len(held) - at)
        case _:
            held[rng.randrange(start, len(held)) :] = b"\xff\xd9"
    return bytes(held)


def _raws() -> list[bytes]:
    """What two cameras write: raw files laid out as TIFF, of 16 bits, upright and not."""
    import numpy as np
    from raws import dng

    mosaic = np.random.default_rng(1).integers(0, 16383, (48, 64), dtype=np.uint16)
    held = []
    for orientation in (1, 6):
        file = io.BytesIO()
        dng(file, mosaic, orientation)
        held.append(file.getvalue())
    return held


def _texts(kind: str) -> list[bytes]:
    from groovescan.config.settings import Settings

    if kind == "toml":
        small = b"[sound]\nrpm = 33\neq = 'riaa'\nclock = 'hum:50'\n[disc]\nstart = \"inner\"\n"
        return [Settings().to_toml().encode(), small]
    if kind == "overrides":
        return [
            'photograph,rpm,sound.eq,restore\na.tif,33,riaa,yes\n"b, я.tif",45,,no\n'.encode(),
            b"photograph;disc.start;disc.seed\na.tif;inner;5\n",
        ]
    import dataclasses

    if kind == "record":
        return [json.dumps(dataclasses.asdict(one)).encode() for one in _records()]
    held = {"groovescan": 1, "settings": dataclasses.asdict(Settings())}
    return [json.dumps(held).encode(), json.dumps(held, indent=1).encode()]


def _task(folder: Path) -> Any:
    from groovescan.batch.task import Task, Wanted
    from groovescan.config.settings import Settings

    return Task(
        photograph=folder / "a.tif", output=folder, name="a", settings=Settings(), wanted=Wanted()
    )


def _records() -> list[Any]:
    """What a run remembers of a photograph that it decoded, and of one that it could not."""
    from groovescan import __version__
    from groovescan.batch.record import number_of
    from groovescan.batch.task import Outcome

    number = hashlib.sha256(_CONTENT).hexdigest()
    thumbnail = f"thumbnails/{number_of('a')}-{number[:16]}.jpg"
    known = {
        "photograph": _HERE, "name": "a", "key": _task(Path()).key, "sha256": number,
        "thumbnail": thumbnail, "program": __version__, "seconds": 1.5,
        "peak_bytes": 400_000_000, "made": "2026-01-01T00:00:00+00:00", "worker": "here:1",
    }  # fmt: skip
    quality = {"duration_s": 7.5, "read_fraction": 0.9, "snr_db": None, "gaps": 3, "notes": "none"}
    return [
        Outcome(state="done", files={"a.wav": number}, quality=quality, **known),
        Outcome(state="failed", exit_code=4, reason="no groove", quality={"rows": 5}, **known),
    ]


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


def with_other_values(data: bytes, rng: random.Random) -> bytes:
    """A JSON text that is still one, with some values that nobody would write there."""
    held = json.loads(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        inside = held
        while isinstance(inside, dict) and inside:
            name, at = rng.choice(sorted(inside)), inside
            inside = at[name]
            if not isinstance(inside, dict) or rng.random() < 0.3:
                at[name] = copy.deepcopy(rng.choice(_ODD))
                break
    return json.dumps(held).encode()


def case(kind: str, number: int, bases: list[bytes]) -> bytes:
    """The case of a number, the same every time."""
    if kind in fuzzing_folders.KINDS:
        return fuzzing_folders.case(kind, number)
    rng = random.Random(f"{kind} {number}")
    base = rng.choice(bases)
    if kind in ("sidecar", "record") and rng.random() < 0.6:
        return with_other_values(base, rng)
    if kind == "jpeg-data" and rng.random() < 0.8:
        return damaged_data(base, rng)
    data = mutated(base, rng)
    return with_sums(data) if kind == "png" and rng.random() < 0.7 else data


def feed(kind: str, data: bytes, folder: Path) -> str:
    """Give a case to its reader; how it ended: 'fine', or the name of one of our errors."""
    from groovescan.errors import GroovescanError

    path = folder / f"case.{_SUFFIXES.get(kind, kind)}"
    path.write_bytes(data)
    try:
        _read(kind, path)
    except GroovescanError as error:
        return type(error).__name__ if str(error) else "ESCAPED an error that says nothing"
    return "fine"


def _read(kind: str, path: Path) -> None:
    if kind in fuzzing_folders.KINDS:
        fuzzing_folders.feed(kind, path.read_bytes(), path.parent)
    elif kind in ("toml", "sidecar"):
        from groovescan.cli.common import settings_of

        settings_of(path)
    elif kind == "overrides":
        from groovescan.batch.intake.overrides_table import match, read_overrides

        match(read_overrides(path), [path], path.parent)
    elif kind == "record":
        _go_by(path)
    else:
        from groovescan.batch.intake.photograph_size import pixels_of
        from groovescan.config.settings import PhotoSettings
        from groovescan.photo import read_photograph

        pixels_of(path)
        photo = read_photograph(path, PhotoSettings(max_megapixels=4.0))
        photo.window(slice(0, photo.shape[0]), slice(0, photo.shape[1]))


def _go_by(path: Path) -> None:
    """Do with a record what a run does before it decodes, and with what it was then."""
    from groovescan.batch.execution.work import examine
    from groovescan.batch.listing.index_page import draw_index
    from groovescan.batch.listing.summary import draw_summaries
    from groovescan.batch.listing.write_listing import write_listing
    from groovescan.batch.plan import make_plan
    from groovescan.batch.record import record_path, write_sealed
    from groovescan.errors import GroovescanError

    folder = path.parent
    task = _task(folder)
    for file in (task.photograph, task.transfer):
        file.write_bytes(_CONTENT)
    place = record_path(folder, task.name)
    place.parent.mkdir(parents=True, exist_ok=True)
    here = json.dumps(str(task.photograph))[1:-1].encode()
    data = path.read_bytes().replace(_HERE.encode(), here)
    try:  # what can be sealed is, so that more than the check sum is tried
        write_sealed(place, json.loads(data))
    except (ValueError, TypeError, RecursionError, GroovescanError):
        place.write_bytes(data)
    make_plan([str(task.photograph)], folder, task.settings, wanted=task.wanted)
    outcome = examine(task).outcome
    if outcome is None:
        return  # the photograph would be decoded again
    made = "2026-01-01T00:00:00+00:00"
    tables = draw_summaries([outcome], made=made, seconds=1.0)
    write_listing(folder, tables | draw_index(folder.name, [outcome], made=made), again=False)


def cases(asked: str) -> list[tuple[str, int]]:
    """Kind and number of each case that is asked for by a text like ``png:40,raw:40``."""
    parts = [part.split(":") for part in asked.split(",")]
    return [(kind, number) for kind, count in parts for number in range(int(count))]


def main() -> None:
    """Feed cases, from one place in their list to another; one line for each, before and after."""
    import logging
    import resource

    asked, first, last, folder = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    wanted = cases(asked)
    bases = {kind: seeds(kind) for kind in dict.fromkeys(kind for kind, _ in wanted[first:last])}
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)
    _load(bases, folder)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    for place in range(first, last):
        kind, number = wanted[place]
        sys.stdout.write(f"{place} ")
        sys.stdout.flush()
        sys.stdout.write(_line(kind, case(kind, number, bases[kind]), folder) + "\n")
        sys.stdout.flush()


def _load(bases: dict[str, list[bytes]], folder: Path) -> None:
    """Let all libraries be loaded before the first case, since the time of each is bounded."""
    for kind, sound in bases.items():
        for data in sound[:1]:
            feed(kind, data, folder)
    if set(bases) & set(fuzzing_folders.KINDS):
        importlib.import_module("groovescan.batch.collection")
        importlib.import_module("test_cli")


def _line(kind: str, data: bytes, folder: Path) -> str:
    try:
        return feed(kind, data, folder)
    except BaseException as error:
        return f"ESCAPED {type(error).__name__}: {str(error)[:200]!r}"


if __name__ == "__main__":
    main()
