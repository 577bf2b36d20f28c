"""Where the time of a decode goes, stage by stage, how it grows, and what more cores would give.

usage: python benchmarks/stage_times.py PHOTO...
       python benchmarks/stage_times.py --growth pixels turns

Processor time, not that on the clock, which other programs on the machine lengthen: each photograph
is decoded by a process of its own, with one thread for the work that is shared among threads, once
to have everything compiled and in the cache, and then `--repeats` times; medians are told.

The share that is shared is that of the threads that the work was given to; what the others do,
one after the other, stays whatever the cores (Amdahl 1967). The times on more cores are reckoned
from that, as if memory were no limit.

`--growth` draws discs first, and keeps them (`--folder`): `pixels`, the same disc with more and
more pixels, and `turns`, longer and longer sounds in the same scale.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_CORES = (2, 4, 8, 16)
#: Sides in px of the disc of `--growth pixels`, and seconds of sound of `--growth turns`.
_SIDES_PX, _SECONDS = (1000, 2000, 4000), (6.0, 12.0, 24.0)


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark."""
    options = _options(arguments)
    if options.child:
        print(json.dumps(decode_alone(options.photographs[0])))
        return 0
    photographs = list(options.photographs)
    for kind in options.growth:
        photographs += drawn(kind, options.folder)
    found = {str(path): medians(path, options.repeats) for path in photographs}
    print(table(found))
    print(scaling(found))
    return 0


def decode_alone(photograph: Path) -> dict[str, float]:
    """Processor seconds of this process by what it does, and those of its threads.

    The photograph is decoded as the command does it, but for writing files.
    """
    from groovescan.runtime.allocator import keep_freed_memory, seldom_searched

    keep_freed_memory()
    with seldom_searched():
        from groovescan import pipeline
        from groovescan.runtime import jit, jit_ahead

        found = {"loading the program": time.process_time()}
        jit_ahead.compile_once()
        for loop in jit.loops_ahead():
            for types in jit.argument_types(loop):
                loop.compile(types)
        found["loading loops"] = time.process_time() - found["loading the program"]
        stage, since_s = "start-up", time.process_time()
        alone_s, whole_s = time.thread_time(), since_s

        def hear(begun: str, done: float) -> None:
            """Count the time up to now to the stage that was under way."""
            nonlocal stage, since_s
            now_s = time.process_time()
            found[stage] = found.get(stage, 0.0) + now_s - since_s
            stage, since_s = begun, now_s

        decoded = pipeline.decode(photograph, progress=hear)
        hear("", 1.0)
        whole_s, alone_s = time.process_time() - whole_s, time.thread_time() - alone_s
    found["all"] = time.process_time()
    found["by threads"] = whole_s - alone_s
    found["megapixels"] = decoded.groove_map.turns * _turn_px2(decoded) / 1e6
    return found


def _turn_px2(decoded) -> float:
    """Pixels of a turn of the groove: its length times its pitch."""
    radius_px = float(decoded.groove_map.radius_px.mean())
    return 2 * 3.1416 * radius_px * decoded.groove_map.pitch_px


def medians(photograph: Path, repeats: int) -> dict[str, float]:
    """Medians of some processes that decode a photograph, after a first one."""
    runs = [process(photograph) for _ in range(repeats + 1)][1:]
    names = dict.fromkeys(name for run in runs for name in run)
    return {name: statistics.median(run.get(name, 0.0) for run in runs) for name in names}


def process(photograph: Path) -> dict[str, float]:
    """What `decode_alone` tells of a photograph, in a process of its own and with one thread."""
    libraries = ("GROOVESCAN_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
    command = [sys.executable, str(Path(__file__)), "--child", str(photograph)]
    environment = os.environ | dict.fromkeys(libraries, "1")
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout.splitlines()[-1])


def drawn(kind: str, folder: Path) -> list[Path]:
    """Discs that differ in one thing, as photographs; drawn where they are not there yet."""
    import cv2
    import numpy as np

    from groovescan.simulate import SimulateSettings, make_sound, simulate

    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(3):
        side_px = _SIDES_PX[number] if kind == "pixels" else _SIDES_PX[1]
        seconds = _SECONDS[1] if kind == "pixels" else _SECONDS[number]
        path = folder / f"{kind}-{side_px}px-{seconds:g}s.png"
        paths.append(path)
        if path.exists():
            continue
        # Turns of 0.4 mm at radii from 50 mm down: 32 of them, for 24 s, end at 37 mm.
        settings = SimulateSettings(
            start_radius_mm=50.0, film_radius_mm=54.0, pitch_mm=0.4, width_mm=0.14,
            width_px=side_px, height_px=side_px, mm_per_px=112.0 / side_px,
        )  # fmt: skip
        sound = make_sound(seconds, 22050.0, np.random.default_rng(1), "speech")
        disc = simulate(sound, 22050.0, settings, np.random.default_rng(2))
        cv2.imwrite(str(path), disc.image)
    return paths


def table(found: dict[str, dict[str, float]]) -> str:
    """The stages as a table in Markdown, in seconds of one processor."""
    heads = [Path(path).stem for path in found]
    names = dict.fromkeys(name for run in found.values() for name in run)
    lines = [f"| s of processor | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    for name in names:
        values = [f"{run.get(name, 0.0):.2f}" for run in found.values()]
        lines.append(f"| {name} | {' | '.join(values)} |")
    return "\n".join(lines)


def scaling(found: dict[str, dict[str, float]]) -> str:
    """How much of each decode is shared among threads, and what cores then give, in Markdown."""
    heads = " | ".join(f"{cores} cores" for cores in _CORES)
    lines = ["", f"| photograph | shared | {heads} |", "|---" * (len(_CORES) + 2) + "|"]
    for path, run in found.items():
        alone_s = run["all"] - run["by threads"]
        times = [f"{alone_s + run['by threads'] / cores:.2f} s" for cores in _CORES]
        share = run["by threads"] / run["all"]
        lines.append(f"| {Path(path).stem} | {share:.0%} | {' | '.join(times)} |")
    return "\n".join(lines)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("photographs", nargs="*", type=Path, metavar="PHOTO")
    parser.add_argument("--growth", nargs="*", choices=("pixels", "turns"), default=[])
    parser.add_argument("--repeats", type=int, default=3)
    cache = Path(tempfile.gettempdir()) / "groovescan-growth"
    parser.add_argument("--folder", type=Path, default=cache, help="where discs are kept")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
