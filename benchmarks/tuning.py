"""How soon a changed setting is answered, against a decode from the start.

usage: python benchmarks/tuning.py [--seconds 60] [--size 4000] [--repeats 3]

A disc of 16 megapixels is simulated and decoded; then one setting after another is changed, and
what has to be done again is timed, with the stages that it took. The floor of each run is the
whole decode: a ratio tells more than seconds of one machine.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

import numpy as np

import groovescan
from groovescan.simulate import SimulateSettings, make_sound, simulate

RATE_HZ = 22050
CHANGES = {
    "curve": ({"sound": {"eq": "500N-13.7"}}, {"sound": {"eq": "flat"}}),
    "phase": ({"sound": {"linear_phase": True}}, {"sound": {"linear_phase": False}}),
    "gain": ({"sound": {"level": "gain"}}, {"sound": {"level": "gain", "gain_db": 1.0}}),
    "aperture": ({"sound": {"aperture": "on"}}, {"sound": {"aperture": "off"}}),
    "speed": ({"sound": {"rpm": 77.92}}, {"sound": {"rpm": 78.26}}),
    "as read": ({"sound": {"weigh": False}}, {"sound": {"weigh": True, "repair": False}}),
    "listening copy": ({"sound": {"restore": True}}, {"restore": {"rumble_hz": 60.0}}),
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
    print("changed           first    again  processor  of the decode   done again")
    for name, (first, second) in CHANGES.items():
        print(line(name, stages, first, second, whole[0], options.repeats), flush=True)
    return 0


def draw(seconds: float, size: int) -> np.ndarray:
    """A photograph of a disc that fills it."""
    scale = 200.0 / size
    chosen = SimulateSettings(
        width_px=size, height_px=size, mm_per_px=scale, start_radius_mm=95.0, supersampling=2
    )
    return simulate(make_sound(seconds, RATE_HZ, np.random.default_rng(1)), RATE_HZ, chosen).image


def line(
    name: str,
    stages: groovescan.Stages,
    first: dict[str, dict],
    second: dict[str, dict],
    whole_s: float,
    repeats: int,
) -> str:
    """One changed setting: the first answer, and those to further changes of the same kind."""
    fresh = groovescan.Stages(stages.photo, stages.settings, stages.kept)
    stages.kept.start_anew()
    first_s = timed(lambda: fresh.replace(**first).decoded)[0]
    again = []
    for number in range(repeats):
        # another peak each time, or the answer would be remembered whole
        peak = {"peak_dbfs": -1.5 - 0.01 * number}
        changed = fresh.replace(**first).replace(sound=peak).replace(**second)
        stages.kept.start_anew()
        again.append(timed(lambda changed=changed: changed.decoded))
    done = ", ".join(stages.kept.done) or "nothing"
    best_s, processor_s = min(again)
    times = f"{first_s:6.2f} s {best_s:6.2f} s {processor_s:8.2f} s {best_s / whole_s:13.4f}"
    return f"{name:15s} {times}      {done}"


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds that some work takes, on the clock and of the processor."""
    start, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - start, time.process_time() - processor


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="of sound on the disc")
    parser.add_argument("--size", type=int, default=4000, help="of the photograph, in px")
    parser.add_argument("--repeats", type=int, default=3)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
