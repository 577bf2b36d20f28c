"""How soon a changed setting is answered, against a decode from the start.

usage: python benchmarks/tuning.py [--seconds 60] [--size 4000] [--repeats 3] [--write]

A disc of 16 megapixels is simulated and decoded; then one setting after another is changed, and
what has to be done again is timed, with the stages that it took, and at last in the panel of
`groovescan.tune`, from the change to the sound in the player, and to the last picture. The floor of
each run is the whole decode: a ratio tells more than seconds of one machine. Processor seconds
count where others use the machine.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import groovescan
from groovescan.simulate import SimulateSettings, make_sound, simulate

RATE_HZ = 22050
_RESULTS = Path(__file__).parent / "results" / "tuning.json"
#: Of each kind the change that is made first, and further ones; none has been answered before.
CHANGES: dict[str, list[dict[str, dict]]] = {
    "curve": [{"sound": {"eq": eq}} for eq in ("500N-13.7", "flat", "300N-0", "riaa")],
    "phase": [
        {"sound": {"linear_phase": True, "eq": eq}} for eq in ("250N-0", "flat", "300N-0", "riaa")
    ],
    "gain": [{"sound": {"level": "gain", "gain_db": gain_db}} for gain_db in (0.0, 1.0, 2.0, 3.0)],
    "aperture": [
        {"sound": {"aperture": "on", "eq": eq}} for eq in ("250N-0", "flat", "300N-0", "riaa")
    ],
    "speed": [{"sound": {"rpm": rpm}} for rpm in (77.92, 78.26, 77.0, 79.0)],
    "as read": [
        {"sound": {"weigh": False}},
        {"sound": {"repair": False}},
        {"sound": {"weigh": False, "repair": False}},
    ],
    "listening copy": [
        {"sound": {"restore": True}},
        *({"sound": {"restore": True}, "restore": {"rumble_hz": hz}} for hz in (60.0, 50.0, 40.0)),
    ],
}


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark."""
    options = _options(arguments)
    image = draw(options.seconds, options.size)
    whole = min(timed(lambda: groovescan.decode(image)) for _ in range(options.repeats))
    stages = groovescan.Stages(image)
    decoded = stages.decoded
    print(
        f"{image.size / 1e6:.0f} megapixels, {decoded.groove_map.turns:.0f} turns, "
        f"{decoded.waveform.duration_s:.0f} s of sound; a whole decode takes {whole[0]:.2f} s "
        f"(processor {whole[1]:.2f} s)"
    )
    print("changed             first (processor)     again (processor)  of the decode   done again")
    rows = {name: timed_change(stages, changes) for name, changes in CHANGES.items()}
    rows |= in_panel(image, options.repeats)
    for name, row in rows.items():
        print(line(name, row, whole[0]), flush=True)
    if options.write:
        held = {"megapixels": image.size / 1e6, "decode": whole, "changes": rows}
        _RESULTS.write_text(json.dumps(held, indent=1) + "\n", encoding="utf-8")
    return 0


def draw(seconds: float, size: int) -> np.ndarray:
    """A photograph of a disc that fills it."""
    scale = 200.0 / size
    chosen = SimulateSettings(
        width_px=size, height_px=size, mm_per_px=scale, start_radius_mm=95.0, supersampling=2
    )
    return simulate(make_sound(seconds, RATE_HZ, np.random.default_rng(1)), RATE_HZ, chosen).image


def timed_change(stages: groovescan.Stages, changes: list[dict[str, dict]]) -> dict:
    """The first answer to a change, the quickest of those to further ones, and what it took."""
    answers = []
    assert stages.decoded  # what stands is remembered
    for change in changes:
        stages.memo.start_anew()
        answers.append(timed(lambda change=change: stages.replace(**change).decoded))
    first, *again = answers
    return {"first": first, "again": min(again), "done": list(stages.memo.done)}


def in_panel(image: np.ndarray, repeats: int) -> dict[str, dict]:
    """A curve chosen in the panel: until it can be heard, and until all views are drawn."""
    panel = groovescan.tune(image)
    curve = panel.controls.by_name["sound.eq"].value_widget
    heard: list[tuple[float, float]] = []
    drawn: list[tuple[float, float]] = []
    begun = clocks()
    panel.views.audio.observe(lambda _: heard.append(since(begun)), "value")
    for code in ("500N-13.7", "flat", "300N-0", "riaa", "400N-12")[: repeats + 1]:
        begun = clocks()
        curve.value = code
        drawn.append(since(begun))
    return {
        name: {"first": times[0], "again": min(times[1:]), "done": ["play"]}
        for name, times in (("panel, heard", heard), ("panel, all views", drawn))
    }


def line(name: str, row: dict, whole_s: float) -> str:
    """A row of the table."""
    times = "".join(f"{seconds:8.2f} s ({processor:5.2f})" for seconds, processor in
                    (row["first"], row["again"]))  # fmt: skip
    return f"{name:16s} {times} {row['again'][0] / whole_s:13.4f}      {', '.join(row['done'])}"


def clocks() -> tuple[float, float]:
    """Seconds on the clock, and of the processor."""
    return time.perf_counter(), time.process_time()


def since(begun: tuple[float, float]) -> tuple[float, float]:
    """Seconds that have passed since."""
    now = clocks()
    return now[0] - begun[0], now[1] - begun[1]


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds that some work takes, on the clock and of the processor."""
    begun = clocks()
    work()
    return since(begun)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="of sound on the disc")
    parser.add_argument("--size", type=int, default=4000, help="of the photograph, in px")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="write benchmarks/results/tuning.json")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
