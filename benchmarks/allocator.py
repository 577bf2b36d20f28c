"""What keeping freed memory, and seldom searching it, saves: decodes with and without, in turns.

usage: python benchmarks/allocator.py [PHOTO] [--repeats 3]

`groovescan` tells the C library to keep what was freed, and Python to search seldom for objects
that hold each other (`groovescan.runtime.allocator`). Whole processes are measured, each way once
in every round: seconds of all cores in the program and in the system, pages that the system had to
hand out, and the most memory. Printed are the medians.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

_ROOT = Path(__file__).parent.parent
_PROGRAM = """
import contextlib, sys
from groovescan.runtime import allocator
if "{way}" == "neither":
    allocator.keep_freed_memory = lambda: False
    allocator.seldom_searched = contextlib.nullcontext
from groovescan.cli import main
main(sys.argv[1:])
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("photo", nargs="?", type=Path, default=_ROOT / "test_images" / "plain.png")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args(arguments)
    found: dict[str, list[tuple[float, ...]]] = {"both": [], "neither": []}
    with tempfile.TemporaryDirectory() as folder:
        used("both", options.photo, folder)  # compiles, where nothing was
        for _ in range(options.repeats):
            for way, rows in found.items():
                rows.append(used(way, options.photo, folder))
    for way, rows in found.items():
        user_s, system_s, pages, peak_kb = map(statistics.median, zip(*rows, strict=True))
        print(
            f"{way:8s} program {user_s:6.2f} s, system {system_s:5.2f} s, "
            f"{pages:9.0f} pages, at most {peak_kb / 1024:5.0f} MB"
        )
    return 0


def used(way: str, photo: Path, folder: str) -> tuple[float, ...]:
    """Seconds in the program and in the system, pages handed out, most memory in kB."""
    program = [sys.executable, "-c", _PROGRAM.replace("{way}", way)]
    process = subprocess.Popen(
        [*program, "decode", str(photo), "-o", f"{folder}/x.wav", "--force", "--quiet"]
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"the decode ended with {status}")
    return usage.ru_utime, usage.ru_stime, usage.ru_minflt, usage.ru_maxrss


if __name__ == "__main__":
    sys.exit(main())
