"""How fast a collection is decoded, what a photograph costs besides, and how much memory it takes.

usage: python benchmarks/batch.py [--photographs 6] [--size 1200] [--repeats 2] [--write]

Discs are simulated and decoded as a collection by one worker and by two, in turns, each worker with
one thread. Rates and memory are of this machine, and worth little where others use it; what is
compared is compared within one run. The overhead of a photograph is the time that passes between
two photographs of a worker, and what is done for each besides decoding and writing its sound:
looking whether it was done before, its hash, its thumbnail, and its record, twice.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ["GROOVESCAN_THREADS"] = "1"
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import cv2
import numpy as np

from groovescan.batch import DONE, Outcome, Task, Wanted, decode_collection
from groovescan.batch.collection import CollectionRequest, RunCallbacks
from groovescan.batch.execution.work import examine
from groovescan.batch.listing.thumbnail import draw_thumbnail
from groovescan.batch.record import write_record
from groovescan.config.settings import Settings
from groovescan.photo import read_photograph
from groovescan.simulate import PRESETS, make_sound, simulate
from groovescan.storage.regular_files import digest

RATE_HZ = 22050
_RESULTS = Path(__file__).parent / "results" / "batch.json"
_TIMES = 20


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        photographs = draw(place / "photographs", options.photographs, options.size)
        runs: dict[int, list[dict]] = {1: [], 2: []}
        for repeat in range(options.repeats):
            for jobs in runs:
                runs[jobs].append(decode(place / "photographs", place / f"{jobs}-{repeat}", jobs))
                print(f"{jobs} worker(s): {runs[jobs][-1]}", flush=True)
        extra_ms = 1000 * beside(photographs[0], place / "beside")
    found = summed(runs, extra_ms, options)
    for name, value in found.items():
        print(f"{name:32s} {value}")
    if options.write:
        _RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


def draw(folder: Path, count: int, size: int) -> list[Path]:
    """Photographs of different discs."""
    folder.mkdir()
    paths = [folder / f"disc {number}.png" for number in range(count)]
    for number, path in enumerate(paths):
        chosen = PRESETS["plain"].replace(
            seed=number, width_px=size, height_px=size, start_radius_mm=32.0, film_radius_mm=33.5
        )
        sound = make_sound(6.0, RATE_HZ, np.random.default_rng(number))
        cv2.imwrite(str(path), simulate(sound, RATE_HZ, chosen).image)
    return paths


def decode(folder: Path, output: Path, jobs: int) -> dict:
    """A run: photographs per minute once the workers have begun, and what passes between them."""
    ends: list[float] = []
    watch = RunCallbacks(ends=lambda outcome: ends.append(time.monotonic()))
    asked = CollectionRequest(settings=Settings(), jobs=jobs)
    outcomes = decode_collection([str(folder)], output, asked, watch)
    wrong = [one.reason for one in outcomes if one.state != DONE]
    if wrong:
        raise SystemExit(f"not every disc was decoded: {wrong}")
    # the first of each worker has the start of the worker in it, so that the others count
    span, counted = ends[-1] - ends[jobs - 1], len(ends) - jobs
    seconds = sum(one.seconds for one in sorted(outcomes, key=lambda one: one.made)[jobs:])
    return {
        "per_minute": round(60 * counted / span, 2),
        "between_ms": round(1000 * (jobs * span - seconds) / counted, 1) if jobs == 1 else None,
        "seconds": round(statistics.mean(one.seconds for one in outcomes), 2),
        "peak_mb": round(max(one.peak_bytes for one in outcomes) / 1e6, 1),
        "sound_bytes": sum(f.stat().st_size for f in output.glob("disc*")) // len(outcomes),
    }


def beside(photograph: Path, output: Path) -> float:
    """Seconds per photograph of what a collection does besides decoding and writing sounds."""
    task = Task(
        photograph=photograph, output=output, name="a", settings=Settings(), wanted=Wanted()
    )
    picture = read_photograph(photograph)
    record = Outcome(photograph=str(photograph), name="a", state="begun")
    output.mkdir()
    begun = time.perf_counter()
    for _ in range(_TIMES):
        examine(task)
        digest(photograph)
        draw_thumbnail(picture)
        write_record(output, record)
        write_record(output, record)
    return (time.perf_counter() - begun) / _TIMES


def summed(runs: dict[int, list[dict]], extra_ms: float, options: argparse.Namespace) -> dict:
    """The figures, medians over the repeats."""

    def middle(jobs: int, name: str) -> float:
        return statistics.median(one[name] for one in runs[jobs])

    one, two = middle(1, "per_minute"), middle(2, "per_minute")
    return {
        "photographs": options.photographs,
        "megapixels": round(options.size**2 / 1e6, 2),
        "one worker, per minute": one,
        "two workers, per minute": two,
        "efficiency of two, percent": round(50 * two / one, 1),
        "overhead per photograph, ms": round(middle(1, "between_ms") + extra_ms, 1),
        "seconds per photograph": middle(1, "seconds"),
        "peak of a worker, MB": max(run["peak_mb"] for each in runs.values() for run in each),
        "bytes written per photograph": round(middle(1, "sound_bytes")),
    }


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--photographs", type=int, default=6)
    parser.add_argument("--size", type=int, default=1200, help="px, each side")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--write", action="store_true", help="write benchmarks/results/batch.json")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
