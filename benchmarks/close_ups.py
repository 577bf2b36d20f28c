"""What nine close-ups of a disc cost, against one photograph with as many pixels of groove.

usage: python benchmarks/close_ups.py [--side 4900] [--seconds 60] [--repeats 3] [--folder DIR]

A disc is drawn once and kept: whole, and as 3 x 3 close-ups of 6 megapixels that overlap by half of
their width. Both are decoded as whole processes, in turns, after one decode of each that is not
measured. Told are seconds of all cores for a megapixel of groove, their ratio, and the most memory.
It is asked to be 1.6 at most.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from groovescan.simulate import SimulateSettings, make_sound, simulate, tiles_of

_RATE_HZ, _TURN_S, _OVERLAP = 22050.0, 60 / 78, 0.5


def settings_of(side_px: int) -> SimulateSettings:
    """A disc that fills a photograph of so many px."""
    return SimulateSettings(
        width_px=side_px,
        height_px=side_px,
        mm_per_px=204.0 / side_px,
        centre_x_offset_px=0.0,
        centre_y_offset_px=0.0,
        supersampling=3,
        seed=6,
    )


def draw(folder: Path, side_px: int, seconds: float) -> tuple[Path, list[Path]]:
    """The whole disc, and its close-ups, as files."""
    whole = folder / f"whole-{side_px}-{seconds:g}.png"
    parts = [folder / f"part-{side_px}-{seconds:g}-{k}.png" for k in range(1, 10)]
    if not all(path.exists() for path in (whole, *parts)):
        sound = make_sound(seconds, _RATE_HZ, np.random.default_rng(6))
        settings = settings_of(side_px)
        cv2.imwrite(str(whole), simulate(sound, _RATE_HZ, settings).image)
        taken = tiles_of(sound, _RATE_HZ, settings, across=3, down=3, overlap=_OVERLAP)
        for path, image in zip(parts, taken.images, strict=True):
            cv2.imwrite(str(path), image)
    return whole, parts


def groove_megapixels(side_px: int, seconds: float) -> tuple[float, float]:
    """Megapixels of groove in the whole, and in all close-ups."""
    settings = settings_of(side_px)
    turns = seconds / _TURN_S + settings.lead_in_turns + settings.run_out_turns
    outer = settings.start_radius_mm / settings.mm_per_px
    inner = outer - turns * settings.pitch_mm / settings.mm_per_px
    axis = np.arange(side_px) - (side_px - 1) / 2
    part = int(np.ceil(side_px / (3 - 2 * _OVERLAP)))
    shown = np.zeros(side_px)
    for first in np.linspace(0, side_px - part, 3).astype(int):
        shown[first : first + part] += 1
    once = twice = 0.0
    for row, times in zip(axis, shown, strict=True):
        ring = (np.hypot(axis, row) < outer) & (np.hypot(axis, row) > inner)
        once += float(ring.sum())
        twice += times * float(shown[ring].sum())
    return once / 1e6, twice / 1e6


def run(photographs: list[Path], sound: Path) -> tuple[float, float]:
    """Seconds of all cores, and GB, of a decode in a process of its own."""
    named = [str(path) for path in photographs]
    command = [
        sys.executable,
        "-m",
        "groovescan",
        "decode",
        *named,
        "-o",
        str(sound),
        "--force",
        "-q",
    ]
    process = subprocess.Popen(command)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"a decode has ended with {os.waitstatus_to_exitcode(status)}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6


def main() -> None:
    """Draw, decode in turns, and tell."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--side", type=int, default=4900)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    asked = parser.parse_args()
    whole, parts = draw(asked.folder, asked.side, asked.seconds)
    pixels = groove_megapixels(asked.side, asked.seconds)
    costs: list[list[float]] = [[], []]
    memory = [0.0, 0.0]
    for turn in range(asked.repeats + 1):
        for k, photographs in enumerate(([whole], parts)):
            begun = time.perf_counter()
            cpu_s, peak_gb = run(photographs, asked.folder / f"close-ups-{k}.wav")
            print(
                f"{len(photographs)}: {cpu_s:.1f} s of cores, {time.perf_counter() - begun:.1f} s"
            )
            memory[k] = max(memory[k], peak_gb)
            if turn:
                costs[k].append(cpu_s / pixels[k])
    one, nine = (statistics.median(each) for each in costs)
    print(f"one photograph   {pixels[0]:.1f} MP of groove, {one:.2f} s per MP, {memory[0]:.2f} GB")
    print(f"nine close-ups   {pixels[1]:.1f} MP of groove, {nine:.2f} s per MP, {memory[1]:.2f} GB")
    print(f"ratio            {nine / one:.2f}")


if __name__ == "__main__":
    main()
