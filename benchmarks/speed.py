"""How fast a large photograph is decoded, against a floor, and in how much memory.

usage: python benchmarks/speed.py [--repeats 5] [--sides 4000 8000 16000] [--huge] [--write]

Discs of three minutes are drawn once and kept (`--folder`). As whole processes, in turns, are
measured: A, `groovescan decode` of the disc of 8000 x 8000 px and 8 bits, and B, the floor, which
reads the same file with `cv2.imread` and unrolls it once at full resolution with `cv2.warpPolar`,
bicubic. Machines differ and are busy; their ratio tells more than either. Before that, every
photograph is decoded once, so that nothing is compiled and every file lies in the cache; and the
program's modules are compiled, as an installer does, where the system is told not to keep them.

Cost is told per pixel of the strip that the groove covers: its length times its pitch.

`--huge` also makes and decodes 36000 x 36000 px with 8 and with 16 bits, block by block: the disc
of 16000 px, enlarged. That takes half an hour, and 4 GB on the disk.
"""

from __future__ import annotations

import argparse
import compileall
import json
import math
import multiprocessing
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import large
from large import SECONDS, settings

import groovescan
from groovescan.runtime.threads import core_count

_RESULTS = Path(__file__).parent / "results" / "speed.json"
_SIDE_PX, _HUGE_PX = 8000, 36000
_ROW_REPEATS = 3
_FLOOR = """
import sys, cv2, numpy as np
image = cv2.imread(sys.argv[1], cv2.IMREAD_UNCHANGED)
radius = min(image.shape) / 2
size = round(radius), round(2 * np.pi * radius)
cv2.warpPolar(image, size, (radius, radius), radius, cv2.INTER_CUBIC | cv2.WARP_POLAR_LINEAR)
"""


@dataclass(frozen=True)
class Run:
    """One process: seconds on the clock, seconds of all cores, and its most memory in GB."""

    wall_s: float
    cpu_s: float
    peak_gb: float


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark."""
    options = _options(arguments)
    folder = options.folder
    compileall.compile_dir(Path(groovescan.__file__).parent, quiet=1)
    disc = photograph(_SIDE_PX, folder)
    print(f"{core_count()} cores, {processor()}")
    run(decode(disc)), run(floor(disc))
    pairs = [(run(decode(disc)), run(floor(disc))) for _ in range(options.repeats)]
    found = {"cores": core_count(), "processor": processor(), **compared(pairs)}
    found["rows"] = [row(side, folder) for side in options.sides]
    if options.huge:
        found["huge"] = [huge(bits, folder) for bits in (8, 16)]
    print(table(found))
    if options.write:
        _RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


def photograph(side_px: int, folder: Path, bits: int = 8) -> Path:
    """The photograph, drawn by a process of its own where it is not there yet.

    The system counts the memory of who starts a process among that process's own.
    """
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(large.photograph, side_px, folder, bits).result()


def compared(pairs: list[tuple[Run, Run]]) -> dict[str, float]:
    """Medians of A, B, of the ratio of each pair, and of A's memory."""
    a_s, b_s = (statistics.median(pair[k].wall_s for pair in pairs) for k in (0, 1))
    return {
        "A_s": a_s,
        "B_s": b_s,
        "ratio": statistics.median(a.wall_s / b.wall_s for a, b in pairs),
        "cpu_ratio": statistics.median(a.cpu_s / b.cpu_s for a, b in pairs),
        "real_time": SECONDS / a_s,
        "peak_gb": statistics.median(a.peak_gb for a, _ in pairs),
    }


def row(side_px: int, folder: Path) -> dict[str, float]:
    """Cost of a photograph of some size, the median of several decodes."""
    path = photograph(side_px, folder)
    run(decode(path))
    runs = [run(decode(path)) for _ in range(_ROW_REPEATS)]
    wall_s = statistics.median(one.wall_s for one in runs)
    cpu_s = statistics.median(one.cpu_s for one in runs)
    strip_px = strip_pixels(side_px)
    return {
        "side_px": side_px,
        "strip_mpx": strip_px / 1e6,
        "A_s": wall_s,
        "ns_per_px": 1e9 * wall_s / strip_px,
        "cpu_ns_per_px": 1e9 * cpu_s / strip_px,
        "peak_gb": max(one.peak_gb for one in runs),
    }


def huge(bits: int, folder: Path) -> dict[str, float]:
    """Time and memory of a scan that does not fit in memory at once."""
    one = run(decode(photograph(_HUGE_PX, folder, bits)))
    return {"bits": bits, "A_s": one.wall_s, "peak_gb": one.peak_gb}


def strip_pixels(side_px: int) -> float:
    """Length of the groove times its pitch, in px of the photograph."""
    chosen = settings(side_px)
    turns = SECONDS * chosen.rpm / 60
    middle_mm = chosen.start_radius_mm - turns / 2 * chosen.pitch_mm
    area_mm2 = 2 * math.pi * middle_mm * turns * chosen.pitch_mm
    return area_mm2 / chosen.mm_per_px**2


def decode(path: Path) -> list[str]:
    """The command of A."""
    sound = Path(tempfile.gettempdir()) / f"groovescan-speed-{os.getpid()}.wav"
    program = Path(sys.executable).with_name("groovescan")
    return [str(program), "decode", str(path), "-o", str(sound), "--force", "--quiet"]


def floor(path: Path) -> list[str]:
    """The command of B."""
    return [sys.executable, "-c", _FLOOR, str(path)]


def run(command: list[str]) -> Run:
    """Run a process and measure it."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with code {process.returncode}")
    return Run(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e9)


def processor() -> str:
    """The processor's name, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def table(found: dict) -> str:
    """The figures as Markdown."""
    lines = [
        "| | A: decode | B: floor | A / B | A / B, cores' time | times real time | peak memory |",
        "|---|---|---|---|---|---|---|",
        f"| 8000 px | {found['A_s']:.1f} s | {found['B_s']:.2f} s | {found['ratio']:.1f} "
        f"| {found['cpu_ratio']:.1f} | {found['real_time']:.1f} | {found['peak_gb']:.2f} GB |",
        "",
        "| side | px of the strip | A | per px of the strip | cores' time per px | peak memory |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['side_px']} px | {row['strip_mpx']:.1f} M | {row['A_s']:.1f} s "
        f"| {row['ns_per_px']:.0f} ns | {row['cpu_ns_per_px']:.0f} ns | {row['peak_gb']:.2f} GB |"
        for row in found["rows"]
    ]
    lines += [
        f"| {_HUGE_PX} px, {one['bits']} bits | "
        f"| {one['A_s']:.0f} s | | | {one['peak_gb']:.2f} GB |"
        for one in found.get("huge", [])
    ]
    return "\n".join(lines)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--sides", type=int, nargs="*", default=[4000, 8000, 16000])
    parser.add_argument("--huge", action="store_true", help="36000 x 36000 px, too")
    cache = Path(tempfile.gettempdir()) / "groovescan-large"
    parser.add_argument("--folder", type=Path, default=cache, help="where photographs are kept")
    parser.add_argument("--write", action="store_true", help="write results/speed.json")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
