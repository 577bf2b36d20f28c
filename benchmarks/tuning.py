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
    "level": ({"sound": {"peak_dbfs": -3.0}}, {"sound": {"peak_dbfs": -6.0}}),
    "aperture": ({"sound": {"aperture": "on"}}, {"sound": {"aperture": "off"}}),
    "speed": ({"sound": {"rpm": 77.92}}, {"sound": {"rpm": 78.26}}),
    "as read": ({"sound": {"weigh": False}}, {"sound": {"weigh": True, "repair": False}}),
    "listening copy": ({"sound": {"restore": True}}, {"restore": {"rumble_hz": 60.0}}),
}


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark."""
    options = _options(arguments)
    image = draw(options.seconds, options.size)
    whole_s = min(timed(lambda: groovescan.decode(image)) for _ in range(options.repeats))
    stages = groovescan.Stages(image)
    decoded = stages.decoded
    print(
        f"{image.size / 1e6:.0f} megapixels, {decoded.groove_map.turns:.0f} turns, "
        f"{decoded.waveform.duration_s:.0f} s of sound; a whole decode takes {whole_s:.2f} s"
    )
    print("changed           first    again   of the decode   done again")
    for name, (first, second) in CHANGES.items():
        print(line(name, stages, first, second, whole_s, options.repeats), flush=True)
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
    first_s = timed(lambda: fresh.replace(**first).decoded)
    again = []
    for number in range(repeats):
        # another peak each time, or the answer would be remembered whole
        peak = {"peak_dbfs": -1.5 - 0.01 * number}
        changed = fresh.replace(**first).replace(**second)
        changed = changed.replace(sound={**peak, **second.get("sound", {})})
        stages.kept.start_anew()
        again.append(timed(lambda changed=changed: changed.decoded))
    done = ", ".join(stages.kept.done) or "nothing"
    best_s = min(again)
    return f"{name:15s} {first_s:6.2f} s {best_s:6.2f} s {best_s / whole_s:12.3f}      {done}"


def timed(work: Callable[[], object]) -> float:
    """Seconds that some work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="of sound on the disc")
    parser.add_argument("--size", type=int, default=4000, help="of the photograph, in px")
    parser.add_argument("--repeats", type=int, default=3)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
