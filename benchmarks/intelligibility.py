"""How well the intelligibility that is told fits that of the sound: STOI, against what was drawn.

usage: python benchmarks/intelligibility.py [--seconds 6] [--only 3,7]

Twelve simulated discs of speech, of 4 to 12 px per turn and with more and less noise, are decoded;
STOI of the sound against the one that was drawn is what was to be told. A difference of
more than 0.05 counts as failed.

Needs: pip install pystoi.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np
from pystoi import stoi
from scipy.signal import fftconvolve, resample_poly

import groovescan
from groovescan.simulate import SimulateSettings, make_sound, simulate

DRAWN_HZ, HEARD_HZ = 20000, 10000
PITCHES_PX = np.linspace(4, 12, 12)
NOISES = (0.004, 0.012, 0.03)
MOST_APART = 0.05


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark; the exit code is the number of figures that are too far off."""
    options = _options(arguments)
    failed = 0
    print("px per turn  noise   true  predicted  measured")
    for number in options.only:
        pitch_px, noise = float(PITCHES_PX[number]), NOISES[number % len(NOISES)]
        true, *told = measure(number, pitch_px, noise, options.seconds)
        failed += sum(not abs(each - true) <= MOST_APART for each in told)
        print(
            f"{pitch_px:11.2f} {noise:6.3f} {true:6.3f} {told[0]:10.3f} {told[1]:9.3f}", flush=True
        )
    print(f"{failed} further off than {MOST_APART:g}")
    return failed


def measure(
    number: int, pitch_px: float, noise: float, seconds: float
) -> tuple[float, float, float]:
    """True, predicted and measured intelligibility of one disc."""
    turns, outer_mm = seconds * 78 / 60 + 3, 30.0
    side = int(2.12 * (outer_mm + 1) * pitch_px / 0.28)
    settings = SimulateSettings(
        width_px=side,
        height_px=side,
        mm_per_px=0.28 / pitch_px,
        start_radius_mm=outer_mm,
        film_radius_mm=outer_mm + 1,
        film_wobble=0.02,
        hole_radius_mm=1.5,
        lead_in_turns=1.5,
        run_out_turns=turns - seconds * 78 / 60 - 1.5,
        noise=noise,
        bones=2,
        supersampling=3,
        seed=number,
    )
    sound = make_sound(seconds, DRAWN_HZ, np.random.default_rng(number))
    decoded = groovescan.decode(simulate(sound, DRAWN_HZ, settings).image)
    heard = resample_poly(decoded.waveform.samples.astype(float), 10, 48)
    clean = resample_poly(sound, 1, DRAWN_HZ // HEARD_HZ)
    true = float(stoi(clean, aligned(heard, clean), HEARD_HZ))
    return true, decoded.predicted.intelligibility, decoded.measured.intelligibility


def aligned(heard: np.ndarray, clean: np.ndarray) -> np.ndarray:
    """The part of a sound that is most like another, as long as that, and of its sign."""
    alike = fftconvolve(heard, clean[::-1])
    best = int(np.abs(alike).argmax())
    first = best - len(clean) + 1
    padded = np.pad(heard, (max(-first, 0), len(clean)))
    part = padded[max(first, 0) : max(first, 0) + len(clean)]
    return part * np.sign(alike[best])


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seconds", type=float, default=6.0, help="length of each sound")
    parser.add_argument(
        "--only",
        type=lambda text: [int(part) for part in text.split(",")],
        default=range(len(PITCHES_PX)),
        help="numbers of the discs, from 0",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
