"""How long the first decode takes, when nothing was compiled yet, and the second.

usage: python benchmarks/cold.py [PHOTO] [--repeats 3] [--loops] [--environment] [--write]

As whole processes, in turns, are measured: `groovescan decode PHOTO` with an empty cache of
compiled code, and the same again. Machines differ and are busy; the ratio, and the seconds of all
cores, tell more than the first decode's seconds. By default the photograph is
`test_images/plain.png`. One thread (`GROOVESCAN_THREADS=1`) tells what it takes without the second
process that helps.

`--loops` tells for each compiled loop how many seconds of a core it takes, the dearest first: what
several loops have in common counts for the first of them. `--environment` measures once, in a new
virtual environment into which the project is installed: Python's own modules are compiled, too.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

import psutil

_ROOT = Path(__file__).parent.parent
_RESULTS = Path(__file__).parent / "results" / "cold.json"


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark."""
    options = _options(arguments)
    found: dict[str, object] = {"cores": psutil.cpu_count()}
    with tempfile.TemporaryDirectory() as folder:
        if options.environment:
            python = environment(Path(folder) / "environment")
            found["environment"] = first_and_second(options.photo, Path(folder), python)
        else:
            pairs = [
                first_and_second(options.photo, Path(folder) / str(number), sys.executable)
                for number in range(options.repeats)
            ]
            found |= {name: statistics.median(p[name] for p in pairs) for name in pairs[0]}
            found["ratio"] = statistics.median(p["first_s"] / p["second_s"] for p in pairs)
        if options.loops:
            found["loops"] = loop_seconds(Path(folder) / "loops")
    print(json.dumps(found, indent=1))
    if options.write:
        _RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


def first_and_second(photo: Path, folder: Path, python: str) -> dict[str, float]:
    """Seconds on the clock and of all cores, of a decode with an empty cache and of the next."""
    found = {}
    for name in ("first", "second"):
        sound, before = folder / f"{name}.wav", os.times()
        folder.mkdir(parents=True, exist_ok=True)
        began_s = time.perf_counter()
        subprocess.run(
            [python, "-m", "groovescan", "decode", str(photo), "-o", str(sound), "--quiet"],
            env=os.environ | {"NUMBA_CACHE_DIR": str(folder / "cache")},
            cwd=folder,
            check=True,
        )
        found[f"{name}_s"] = round(time.perf_counter() - began_s, 2)
        after = os.times()
        cores_s = sum(after[2:4]) - sum(before[2:4])
        found[f"{name}_cores_s"] = round(cores_s, 2)
    return found


def environment(folder: Path) -> str:
    """The interpreter of a new environment with the project in it."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", str(_ROOT)], check=True)
    return str(python)


def loop_seconds(folder: Path) -> dict[str, float]:
    """Seconds of a core that each loop takes to compile, the dearest first."""
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
    from groovescan.runtime import jit, jit_cache

    for module in jit_cache.kernel_modules():
        importlib.import_module(module)
    spent: dict[str, float] = {}
    for loop in jit.loops():
        name = f"{loop.py_func.__module__}.{loop.py_func.__qualname__}"
        began_s = time.process_time()
        for types in jit.argument_types(loop):
            loop.compile(types)
        spent[name] = round(time.process_time() - began_s, 2)
    return dict(sorted(spent.items(), key=lambda item: -item[1]))


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("photo", nargs="?", type=Path, default=_ROOT / "test_images" / "plain.png")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--loops", action="store_true", help="seconds of each compiled loop, too")
    parser.add_argument(
        "--environment", action="store_true", help="once, in a new virtual environment"
    )
    parser.add_argument("--write", action="store_true", help=f"keep the figures in {_RESULTS.name}")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
