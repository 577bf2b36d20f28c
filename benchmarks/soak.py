"""Memory and losses over hundreds of photographs of every kind, with processes killed meanwhile.

usage: python benchmarks/soak.py [--photographs 500] [--kill-every 60] [--jobs 2] [--write]

A few discs are simulated, and hundreds of photographs of them made that differ in format, bits,
colour, size, exposure, sharpness and noise; some are cut short, empty, or show no groove. They
are decoded, at the same time,

- one after the other in one process, whose memory is noted after each;
- as a collection, of whose workers one is killed every so often, and whose leader is killed once
  with all of them; then it is run again until it ends by itself.

Both have to come to the same outcome for each photograph. Every output has to be whole and what
its record says, nothing may be left aside, and a last run has to find nothing to do.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ.setdefault("GROOVESCAN_THREADS", "1")

import cv2
import numpy as np
import psutil
import tifffile

import groovescan
from groovescan.batch.record import all_records
from groovescan.batch.task import DONE
from groovescan.simulate import PRESETS, make_sound, simulate

RATE_HZ = 22050
_RESULTS = Path(__file__).parent / "results" / "soak.json"
_DISCS = 6
#: Memory is level once every kind of photograph has been met.
_WARM = 0.3
_MB = 1e6
_LEADER_LIVES = 0.4


def main(arguments: list[str] | None = None) -> int:
    """Run the soak; 1 where anything was lost."""
    options = _options(arguments)
    if options.alone:
        return _alone(Path(options.alone))
    with tempfile.TemporaryDirectory() as folder:
        photographs = Path(folder) / "photographs"
        kinds = draw(photographs, options.photographs, random.Random(options.seed))
        print(f"{options.photographs} photographs of {len(kinds)} kinds: {dict(kinds)}", flush=True)
        with ThreadPoolExecutor(1) as meanwhile:  # two things to wait for, and not one after one
            waiting = meanwhile.submit(one_process, photographs)
            killed = killed_batch(photographs, Path(folder) / "out", options)
            print(killed, flush=True)
            alone = waiting.result()
        found = {"photographs": options.photographs, "kinds": len(kinds)} | level(alone) | killed
        found |= compared(Path(folder) / "out", alone)
    for name, value in found.items():
        print(f"{name:44s} {value}")
    if options.write:
        _RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return int(any(found[name] for name in ("lost", "half-written", "left aside", "otherwise")))


# the photographs


def _coded(image: np.ndarray, suffix: str, *options: int) -> bytes:
    return cv2.imencode(suffix, image, list(options))[1].tobytes()


def _tiff(image: np.ndarray, **options: object) -> bytes:
    file = io.BytesIO()
    big = bool(options.pop("bigtiff", False))
    tifffile.imwrite(file, image, bigtiff=big, **options)
    return file.getvalue()


def _deep(image: np.ndarray) -> np.ndarray:
    return image.astype(np.uint16) * 257


def _colour(image: np.ndarray) -> np.ndarray:
    tint = np.array([0.82, 0.95, 1.0])
    return np.round(image[..., None] * tint).astype(np.uint8)


#: Kinds of files that hold a disc.
KINDS: dict[str, tuple[str, Callable[[np.ndarray], bytes]]] = {
    "png": (".png", lambda image: _coded(image, ".png")),
    "png of 16 bits": (".png", lambda image: _coded(_deep(image), ".png")),
    "png in colour": (".png", lambda image: _coded(_colour(image), ".png")),
    "jpeg 95": (".jpg", lambda image: _coded(image, ".jpg", cv2.IMWRITE_JPEG_QUALITY, 95)),
    "jpeg 80": (".jpg", lambda image: _coded(image, ".jpg", cv2.IMWRITE_JPEG_QUALITY, 80)),
    "jpeg in colour": (".jpg", lambda image: _coded(_colour(image), ".jpg")),
    "jpeg, progressive": (
        ".jpg",
        lambda image: _coded(image, ".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
    ),
    "tiff": (".tif", _tiff),
    "tiff of 16 bits, LZW": (
        ".tif",
        lambda image: _tiff(_deep(image), compression="lzw", predictor=True),
    ),
    "tiff in tiles": (
        ".tif",
        lambda image: _tiff(image, compression="deflate", tile=(128, 128)),
    ),
    "tiff of JPEG": (
        ".tif",
        lambda image: _tiff(_colour(image)[..., ::-1], photometric="rgb", compression="jpeg"),
    ),
    "tiff, floating point": (".tif", lambda image: _tiff(image.astype(np.float32) / 255)),
    "bigtiff, with dpi": (
        ".tif",
        lambda image: _tiff(image, bigtiff=True, resolution=(600, 600), resolutionunit=2),
    ),
    "cut short": (".png", lambda image: _coded(image, ".png")[: image.size // 3]),
    "cut short, jpeg": (".jpg", lambda image: _coded(image, ".jpg")[:-2000]),
    "no groove": (".png", lambda image: _coded(np.sort(image, axis=1), ".png")),
    "empty": (".tif", lambda image: b""),
    "no photograph": (".jpg", lambda image: hashlib.sha256(image.tobytes()).digest() * 99),
}


def draw(folder: Path, count: int, rng: random.Random) -> Counter[str]:
    """Write photographs; how many of each kind."""
    folder.mkdir()
    discs = [_disc(number) for number in range(min(_DISCS, count))]
    kinds: Counter[str] = Counter()
    for number in range(count):
        kind = list(KINDS)[number % len(KINDS)]
        suffix, write = KINDS[kind]
        image = _changed(rng.choice(discs), rng)
        box = folder / f"box {number % 7}"
        box.mkdir(exist_ok=True)
        (box / f"диск {number}{suffix}").write_bytes(write(image))
        kinds[kind] += 1
    return kinds


def _disc(number: int) -> np.ndarray:
    large = number == 5
    small = {"width_px": 500, "height_px": 500, "start_radius_mm": 11.0, "film_radius_mm": 12.5}
    size = {"width_px": 800, "height_px": 800, "start_radius_mm": 20.0, "film_radius_mm": 21.5}
    chosen = PRESETS["plain"].replace(
        seed=number,
        lead_in_turns=1.0,
        run_out_turns=1.0,
        supersampling=2,
        **(size if large else small),
    )
    sound = make_sound(3.0 if large else 1.5, RATE_HZ, np.random.default_rng(number))
    image = simulate(sound, RATE_HZ, chosen).image
    return image if image.ndim == 2 else image[..., 1]


def _changed(image: np.ndarray, rng: random.Random) -> np.ndarray:
    """The same disc under another lamp, by another camera, held otherwise."""
    found = np.rot90(image, rng.randrange(4))
    bright = (found / 255.0) ** rng.uniform(0.7, 1.4) * rng.uniform(0.6, 1.0)
    if rng.random() < 0.4:
        bright = cv2.GaussianBlur(bright, (0, 0), rng.uniform(0.4, 0.9))
    noise = np.random.default_rng(rng.randrange(2**31)).normal(0, rng.uniform(0, 0.02), found.shape)
    return np.clip(np.round(255 * (bright + noise)), 0, 255).astype(np.uint8)


# in one process


def one_process(photographs: Path) -> list[dict]:
    """Decode all in a process of its own: what came of each, and its memory after it."""
    command = [sys.executable, __file__, "--alone", str(photographs)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        found = [json.loads(line) for line in process.stdout or ()]
    if process.returncode:
        raise SystemExit(f"the process ended with {process.returncode} after {len(found)}")
    return found


def _alone(photographs: Path) -> int:
    own = psutil.Process()
    for path in _files(photographs):
        begun = time.perf_counter()
        try:
            groovescan.decode(path)
            code = 0
        except groovescan.GroovescanError as error:
            code = error.exit_code
        line = {
            "name": path.name,
            "code": code,
            "seconds": round(time.perf_counter() - begun, 3),
            "bytes": own.memory_info().rss,
        }
        print(json.dumps(line), flush=True)
    return 0


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def level(alone: list[dict]) -> dict:
    """Whether memory stayed level: its growth per hundred photographs once it was warm."""
    memory = np.array([one["bytes"] for one in alone]) / _MB
    warm = memory[round(_WARM * len(memory)) :]
    slope = np.polyfit(np.arange(len(warm)), warm, 1)[0] if len(warm) > 2 else 0.0
    codes = Counter(one["code"] for one in alone)
    return {
        "one process: decoded": codes[0],
        "one process: refused, by exit code": {
            str(code): number for code, number in sorted(codes.items()) if code
        },
        "one process: seconds": round(sum(one["seconds"] for one in alone), 1),
        "one process: memory when warm, MB": round(float(warm[0]), 1),
        "one process: memory at the end, MB": round(float(memory[-1]), 1),
        "one process: most after any, MB": round(float(memory.max()), 1),
        "one process: growth per hundred, MB": round(100 * float(slope), 2),
    }


# as a collection


def killed_batch(photographs: Path, out: Path, options: argparse.Namespace) -> dict:
    """Decode all as a collection under kills, and look at what is there at the end."""
    begun, kills, leaders = time.monotonic(), 0, 0
    while True:
        done, killed = _run(photographs, out, options, lives=leaders > 0)
        kills += killed
        if done is not None:
            break
        leaders += 1
    seconds = time.monotonic() - begun
    again, _ = _run(photographs, out, options, lives=True, kill=False)
    return {
        "batch: jobs": options.jobs,
        "batch: seconds": round(seconds, 1),
        "batch: workers killed": kills,
        "batch: leaders killed": leaders,
        "batch: exit code": done,
        "batch: exit code of one more run": again,
        "half-written": len(list(_half_written(out))),
        "left aside": sum(path.name.startswith(".groovescan-") for path in out.rglob("*")),
        "decoded again by one more run": _counts(out)["decoded"],
    }


def compared(out: Path, alone: list[dict]) -> dict:
    """Whether each photograph came to the same in both."""
    expected = {one["name"]: one["code"] for one in alone}
    found = _outcomes(out)
    otherwise = {name: code for name, code in expected.items() if found.get(name) != code}
    if otherwise:
        print("otherwise:", {name: (code, found.get(name)) for name, code in otherwise.items()})
    return {"lost": len(expected.keys() - found.keys()), "otherwise": len(otherwise)}


def _run(
    photographs: Path, out: Path, options: argparse.Namespace, *, lives: bool, kill: bool = True
) -> tuple[int | None, int]:
    """A run and how it ended, none where its leader was killed; and how many workers were."""
    rng = random.Random(options.seed)
    command = [sys.executable, "-m", "groovescan", "batch", str(photographs), "-o", str(out)]
    process = subprocess.Popen([*command, "--jobs", str(options.jobs), "--quiet"])
    ends = time.monotonic() + options.kill_every
    kills = 0
    while process.poll() is None:
        time.sleep(0.05)
        if not lives and _remembered(out) > _LEADER_LIVES * options.photographs:
            process.kill()
            process.wait()
            return None, kills
        if kill and time.monotonic() > ends:
            ends += options.kill_every
            with contextlib.suppress(psutil.Error, IndexError):
                rng.choice(_workers(process.pid)).kill()
                kills += 1
    return process.returncode, kills


def _remembered(out: Path) -> int:
    return sum(1 for _ in out.glob(".groovescan/records/??/*.copy"))


def _workers(pid: int) -> list[psutil.Process]:
    children = psutil.Process(pid).children(recursive=True)
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]


def _outcomes(out: Path) -> dict[str, int]:
    rows = json.loads((out / "summary.json").read_text(encoding="ascii"))["photographs"]
    return {Path(row["photograph"]).name: row["exit_code"] for row in rows}


def _counts(out: Path) -> dict[str, int]:
    return json.loads((out / "summary.json").read_text(encoding="ascii"))["counts"]


def _half_written(out: Path) -> Iterator[str]:
    """Outputs that are not what their record, or their sidecar, says."""
    for record in all_records(out):
        if record.state != DONE:
            continue
        for name, number in record.files.items():
            content = (out / name).read_bytes() if (out / name).exists() else b""
            if hashlib.sha256(content).hexdigest() != number:
                yield name
            elif name.endswith(".json"):
                sound = json.loads(content)["sound"]
                beside = (out / name).with_name(sound["name"])
                if hashlib.sha256(beside.read_bytes()).hexdigest() != sound["sha256"]:
                    yield name


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--photographs", type=int, default=500)
    parser.add_argument("--kill-every", type=float, default=60.0, help="seconds")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="write benchmarks/results/soak.json")
    parser.add_argument("--alone", default="", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
