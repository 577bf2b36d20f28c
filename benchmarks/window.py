"""How long the window takes to open a large photograph, beside `inspect`.

usage: python benchmarks/window.py [PHOTO] [--size 8000]

What the window does with a photograph that was dropped, the look with its figure, is asked of its
worker as the window asks it, and beside it stands `groovescan inspect PHOTO --figure`, which does
the same in a process of its own; both when the loops are compiled. Told are seconds, and seconds
of the processor: on a busy machine the latter say more. Without a photograph one is drawn.
"""

from __future__ import annotations

import argparse
import queue
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from large import photograph

from groovescan.app.messages import LookReport, LookRequest
from groovescan.app.worker_handle import WorkerHandle
from groovescan.config.settings import Settings


def inspected(photo: Path, folder: Path) -> tuple[float, float]:
    """Seconds, and seconds of the processor, of `groovescan inspect`."""
    command = [sys.executable, "-m", "groovescan", "inspect", str(photo)]
    before, begun = psutil.Process().cpu_times(), time.perf_counter()
    figure = str(folder / "seen.png")
    subprocess.run([*command, "--figure", figure, "--force"], check=True, capture_output=True)
    after = psutil.Process().cpu_times()
    used = after.children_user + after.children_system
    return time.perf_counter() - begun, used - before.children_user - before.children_system


def opened(photo: Path, folder: Path) -> tuple[float, float]:
    """The same of the window's worker, which waits already, from the drop to what is seen."""
    heard: queue.Queue[object] = queue.Queue()
    worker = WorkerHandle(folder, heard.put)
    try:
        process = psutil.Process(worker.pid)
        while process.cpu_times().user < 0.5 or process.cpu_percent(interval=1.0) > 5:
            pass  # it loads its libraries, for which nobody waits in the window
        before, begun = process.cpu_times(), time.perf_counter()
        worker.ask(LookRequest(photo=photo, settings=Settings()))
        while not isinstance(report := heard.get(timeout=600), LookReport):
            if type(report).__name__ == "RefusalReport":
                raise SystemExit(str(report))
        seconds, after = time.perf_counter() - begun, process.cpu_times()
    finally:
        worker.close()
    return seconds, after.user + after.system - before.user - before.system


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("photo", nargs="?", type=Path)
    parser.add_argument("--size", type=int, default=8000, metavar="PX")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photo = asked.photo or photograph(asked.size, folder)
        inspected(photo, folder)  # compiles what is not compiled, and has the file in memory
        for what, measure in (("inspect", inspected), ("window", opened)):
            seconds, used = measure(photo, folder)
            print(f"{what:<9}{seconds:>7.1f} s {used:>7.1f} s of the processor", flush=True)


if __name__ == "__main__":
    main()
