"""How long three minutes of displacement take to become sound, against a transform of them.

The floor is one real Fourier transform of the whole, there and back, in the same run.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable

import numpy as np
from scipy import fft, signal

from groovescan.config.settings import Settings
from groovescan.core.results import Camera, GrooveMap, Reading
from groovescan.sound import play
from groovescan.wiener import best_estimate

PER_TURN = 20480


def reading(turns: int, gaps: int, rng: np.random.Generator) -> Reading:
    """A programme of two resonances in noise of uneven errors, with gaps."""
    count = PER_TURN * turns
    poles = np.array([0.98 * np.exp(0.12j), 0.95 * np.exp(0.4j)])
    sound = signal.lfilter([1.0], np.poly([*poles, *poles.conj()]).real, rng.standard_normal(count))
    error = 0.3 * np.exp(0.3 * rng.standard_normal(count))
    value = sound / sound.std() + error * rng.standard_normal(count)
    error[rng.integers(100, count, gaps)[:, None] - np.arange(20)] = np.inf
    return Reading(
        displacement_px=value,
        standard_error_px=error.astype(np.float32),
        contrast=np.ones(count, np.float32),
        samples_per_turn=PER_TURN,
        snr_db=10.0,
    )


def spiral(turns: int) -> GrooveMap:
    """A flat disc."""
    return GrooveMap(
        camera=Camera(centre_px=np.zeros(2)),
        pitch_px=8.0,
        direction=1,
        start_rad=0.0,
        nodes_per_turn=16,
        radius_px=3900 - 0.5 * np.arange((turns + 2) * 16 + 1),
    )


def median_s(call: Callable[[], object], times: int) -> float:
    """Median duration."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return float(np.median(taken))


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--turns", type=int, default=238)
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args(arguments)
    for name, gaps in (("clean", 0), ("dusty", 3 * options.turns)):
        read = reading(options.turns, gaps, np.random.default_rng(1))
        value, error = read.displacement_px, read.standard_error_px
        floor = median_s(lambda value=value: fft.irfft(fft.rfft(value), len(value)), options.times)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        calls = {
            "best estimate": lambda value=value, error=error: best_estimate(value, error),
            "play, that included": lambda read=read: play(read, spiral(options.turns), Settings()),
        }
        for label, call in calls.items():
            taken = median_s(call, options.times)
            print(f"{name:6s} {label:20s} {taken:6.2f} s, {taken / floor:5.1f} times the floor")
        more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        print(f"{name:6s} floor {floor:.2f} s; memory beyond that before {more:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
