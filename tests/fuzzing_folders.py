"""Cases for what is written: hostile folders, names that want the same output, ends at any step.

Each case is laid out in a folder of its own, done with it what a run does, and looked at: what
others had there is as it was, what the program wrote is whole, and nothing is left aside.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import os
import random
import re
import shutil
import signal
import sys
import unicodedata
from pathlib import Path
from typing import Any

KINDS = ("folder", "names", "signals")
ESCAPE = "\x1b]0;owned\x07"
#: Names that are somebody's already, that mean something to somebody, or are hardly any.
_NAMES = (
    *("a.png", "a.tif", "A.PNG", "a.wav", "a.json", "a.html", "a.npz", "a.restored.wav", "b.png"),
    *("index.html", "index-2.html", "summary.csv", "summary.json", "index.png", "summary.png"),
    *(".groovescan", "thumbnails", "records", "lock", "groovescan.toml", "listing.json"),
    *(".groovescan-1-0123456789abcdef.wav", ".groovescan-1-0123456789abcdef.journal"),
    *(
        "-rf.png",
        "--force.png",
        " .png",
        "a .png",
        "a;=1+1;.png",
        "=cmd|calc.png",
        "..png",
        "….png",
    ),
    *(f"a{ESCAPE}.png", "a\n.png", "a\udcff.png", "á.png", "á.png", "я" * 120 + ".png"),
    *("x" * 251 + ".png", "con.png", "a-png.png", "a-1.png", "a-12.png", "a.png.png", "%2e%2e.png"),
)
_THINGS = ("photo", "photo", "text", "folder", "folder", "link", "dangling", "pipe", "endless")
#: How many steps a set of a few files takes.
_STEPS = 60


def case(kind: str, number: int) -> bytes:
    """The case of a number, the same every time."""
    rng = random.Random(f"{kind} {number}")
    if kind == "names":
        held: Any = [_path(rng) for _ in range(rng.randrange(1, 12))]
        for _ in range(rng.randrange(4)):  # and what the program would call them
            base, end = rng.choice(held).rpartition(".")[0], rng.choice(("png", "tif", "PNG"))
            held.append(f"{base}-{rng.choice(('png', 'tif', _hash(base)))}.{end}")
    elif kind == "signals":
        names = rng.sample(("a.wav", "a.json", "a.html", "b.npz", "c.wav"), rng.randrange(2, 6))
        held = {
            "old": [name for name in names if rng.random() < 0.6],
            "new": [name for name in names if rng.random() < 0.8] or names[:1],
            "step": rng.randrange(1, _STEPS),
            "signal": rng.choice(("SIGKILL", "SIGKILL", "SIGTERM", "SIGHUP", "SIGINT")),
        }
    else:
        things = ("photo",) * 15 + _THINGS
        photos = [[rng.choice(things), _path(rng)] for _ in range(rng.randrange(1, 8))]
        held = {
            "in": photos,
            "out": [_in_the_way(photos, rng) for _ in range(rng.randrange(6))],
            "later": [_in_the_way(photos, rng) for _ in range(rng.randrange(3))],
            "again": rng.random() < 0.2,
            "restore": rng.random() < 0.3,
        }
    return json.dumps(held).encode()


def _path(rng: random.Random) -> str:
    return "/".join(rng.choice(_NAMES) for _ in range(rng.choice((1, 1, 1, 2, 3))))


def _in_the_way(photos: list[list[str]], rng: random.Random) -> list[str]:
    """Something in the output folder, as a rule where a photograph's outputs are to be."""
    kind, (_, path) = rng.choice(_THINGS), rng.choice(photos)
    if rng.random() < 0.3:
        return [kind, _path(rng)]
    if rng.random() < 0.3:
        return [kind, path.rpartition("/")[0] or rng.choice(_NAMES)]
    end = rng.choice((".wav", ".json", ".restored.wav", ".restored.json"))
    return [rng.choice((kind, "text")), path.rpartition(".")[0] + end]


def _hash(text: str) -> str:
    return hashlib.sha256(os.fsencode(text)).hexdigest()[:8]


def feed(kind: str, data: bytes, folder: Path) -> None:
    """Do a case; AssertionError where it ends as it must not."""
    place = folder / "case"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    {"names": _name, "signals": _end, "folder": _run}[kind](json.loads(data), place)


# names


def _name(paths: list[str], folder: Path) -> None:
    """Names that photographs of these paths get: none shares anything with another."""
    from groovescan.batch.intake.find_photographs import Found, name_all
    from groovescan.outputs.decode_outputs import ENDINGS

    found = [
        Found(path=folder / path, folders=(folder,), name=_stem(path))
        for path in dict.fromkeys(paths)
    ]
    given = name_all(found, {})
    parts = ("", "-1", "-2", "-12345678")
    files = [_folded(n + part + end) for n in given.values() for part in parts for end in ENDINGS]
    folders = {
        _folded("/".join(parts[:count]))
        for name in given.values()
        for parts in [name.split("/")]
        for count in range(1, len(parts))
    }
    assert len(set(files)) == len(files), "two photographs share an output"
    assert not set(files) & folders, "a folder is where an output is to be"
    own = re.compile(r"(index(-\d+)?\.html|summary\.(csv|json))(/.*)?|\.groovescan.*")
    assert not any(map(own.fullmatch, {*files, *folders})), "an output is called like our own"
    for name in files:
        assert all(len(os.fsencode(part)) <= 255 for part in name.split("/")), "too long"
        assert not {"", ".", ".."} & set(name.split("/"))
    again = name_all(found[::-1], {str(path): name for path, name in given.items()})
    assert again == given, "a name did not stay"


def _stem(path: str) -> str:
    return Path(path).with_suffix("").as_posix()


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


# signals


def _end(held: dict[str, Any], folder: Path) -> None:
    """Change a set in a process that a signal ends at a step of it."""
    from groovescan.storage.atomic_files import is_aside
    from groovescan.storage.file_sets import finish_switches

    old = {name: b"old " + name.encode() for name in held["old"]}
    new = {name: b"new " + name.encode() for name in held["new"]}
    for name, content in old.items():
        (folder / name).write_bytes(content)
    number = getattr(signal, held["signal"])
    if not (pid := os.fork()):
        try:
            _switch(folder, new, list(set(old) - set(new)), number, held["step"])
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    finish_switches([folder])
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    visible = {name: content for name, content in found.items() if not is_aside(name)}
    assert visible in (old, new), f"neither the old set nor the new: {sorted(visible)}"
    assert number == signal.SIGKILL or visible == found, f"left aside: {sorted(found)}"


def _switch(folder: Path, new: dict[str, bytes], gone: list[str], number: int, before: int) -> None:
    from groovescan.cli.interrupt import prompt_interrupts
    from groovescan.storage.atomic_files import asides_of
    from groovescan.storage.file_sets import switch

    steps = itertools.count(1)

    def hear(event: str, arguments: tuple) -> None:
        inside = event in ("open", "os.rename", "os.link", "os.remove")
        if inside and str(arguments[0]).startswith(str(folder)) and next(steps) == before:
            os.kill(os.getpid(), number)

    sys.addaudithook(hear)
    with prompt_interrupts(), asides_of([folder / name for name in new]) as asides:
        for place, aside in asides.items():
            aside.write_bytes(new[place.name])
        switch(asides, lambda *_: True, removed=[folder / name for name in gone])


# folders


def _run(held: dict[str, Any], folder: Path) -> None:
    """Run a collection twice over what lies there, with more that comes in between."""
    photos, out, outside = (folder / name for name in ("in", "out", "outside"))
    for place in (photos, out, outside):
        place.mkdir()
    (outside / "letters.txt").write_bytes(b"theirs")
    _lay(photos, held["in"], outside)
    _lay(out, held["out"], outside)
    theirs = {out: _contents(out), photos: _contents(photos), outside: _contents(outside)}
    for number, again in enumerate((held["again"], False)):
        outcomes = _decoded(photos, out, again=again, restore=held["restore"])
        for place, before in theirs.items():
            if place != out or not again:
                now = _contents(place)
                assert before.items() <= now.items(), "what others wrote was changed"
        assert _contents(outside) == theirs[outside], "something was written outside"
        _check_own(out, outcomes)
        if not number:
            _lay(out, held["later"], outside)
            ours = _contents(out)
            theirs[out] = {} if again else {n: c for n, c in ours.items() if n in theirs[out]}


def _lay(folder: Path, things: list[list[str]], outside: Path) -> None:
    """Put things there, as far as names and what lies there already allow."""
    for kind, name in things:
        place = folder / name
        with contextlib.suppress(OSError):
            if any(one.is_symlink() for one in place.parents):
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            if os.path.lexists(place):
                continue
            if kind == "photo":
                place.write_bytes(_png())
            elif kind == "text":
                place.write_bytes(b"theirs " + os.fsencode(name))
            elif kind == "folder":
                place.mkdir()
            elif kind == "pipe":
                os.mkfifo(place)
            else:
                leads = {"link": outside, "dangling": outside / "gone", "endless": "/dev/zero"}
                place.symlink_to(leads[kind])


def _contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, its own record of what it did left out, and where links lead."""
    found = {}
    for here, folders, files in os.walk(folder):
        for name in [*files, *folders]:
            path = Path(here, name)
            if path.is_symlink():
                found[str(path)] = os.fsencode(os.readlink(path))
            elif path.is_file() and ".groovescan" not in path.relative_to(folder).parts:
                found[str(path)] = path.read_bytes()
    return found


def _decoded(photos: Path, out: Path, *, again: bool, restore: bool) -> list[Any]:
    """A run in this process, whose decode takes no time; nothing where it is refused as a whole."""
    from concurrent.futures import ThreadPoolExecutor

    from test_cli import decoded

    from groovescan.batch import collection
    from groovescan.batch.execution import work
    from groovescan.batch.execution.run import WorkerPool
    from groovescan.batch.parts import Part
    from groovescan.config.settings import Settings
    from groovescan.errors import GroovescanError

    @contextlib.contextmanager
    def crew(*_: object) -> Any:
        with ThreadPoolExecutor(1) as executor:
            yield WorkerPool(executor=executor, slots=1)

    def parts(task: Any, picture: Any) -> Any:
        """One part, or several where the name is of an even length."""
        several = len(task.name) % 2 == 0
        for suffix in ("-1", "-2") if several else ("",):
            found = decoded(task.settings, seconds=0.1)
            yield Part(suffix=suffix, picture=picture, decoded=found)

    collection._crew = crew
    work.parts_of = parts
    settings = Settings().replace(sound={"restore": restore})
    try:
        return list(
            collection.decode_collection(
                [str(photos)], out, collection.CollectionRequest(settings=settings, again=again)
            )
        )
    except GroovescanError:
        return []


def _check_own(out: Path, outcomes: list[Any]) -> None:
    """What the program wrote is whole; what it says of it holds nothing to obey."""
    for outcome in outcomes:
        assert "fault of the program" not in outcome.reason, outcome.reason
        for name, number in outcome.files.items() if outcome.state == "done" else ():
            assert hashlib.sha256((out / name).read_bytes()).hexdigest() == number
    if not outcomes:
        return
    table = (out / "summary.csv").read_bytes()
    assert not set(b"\x1b\x07\x00") & set(table)
    left = [path.name for path in out.rglob(f".groovescan-{os.getpid()}-*")]
    assert left == [], f"left aside: {left}"


_PNG: list[bytes] = []


def _png() -> bytes:
    if not _PNG:
        import cv2
        import numpy as np

        pixels = np.random.default_rng(1).integers(0, 256, (24, 40), dtype=np.uint8)
        _PNG.append(cv2.imencode(".png", pixels)[1].tobytes())
    return _PNG[0]
