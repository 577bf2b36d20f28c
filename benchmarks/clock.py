"""What hum in the groove leaves of wow, drift and a wrong speed.

usage: python benchmarks/clock.py [--seconds 60] [--seeds 2] [--once 1.0] [--wow 0.0] [--hum-db -40]

A disc is simulated with speech or music, a speed error once per turn, slow random wow, and hum
below the largest amplitude of the programme; it is decoded once and played with and without the
clock. The residual is the slow speed error against the recording, rms, that the score finds.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import tempfile
from pathlib import Path

import numpy as np
from scoring import Score, Truth, load_truth, score

import groovescan
from groovescan.simulate import PRESETS, SimulatedDisc, make_sound, simulate, write_simulation
from groovescan.simulate.model.lathe_cut import curve_response
from groovescan.sound import play

RATE_HZ = 22050
_LOWEST_HZ = 20.0


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark."""
    options = _options(arguments)
    print("kind    seed  wow before   after   SNR before   after   claimed error   mean speed")
    for kind in ("speech", "music"):
        for seed in range(1, options.seeds + 1):
            print(f"{kind:6s} {seed:5d} " + measure(kind, seed, options), flush=True)
    return 0


def measure(kind: str, seed: int, options: argparse.Namespace) -> str:
    """One disc, as a line of the table."""
    plain = PRESETS["plain"]
    chosen = plain.replace(
        seed=seed,
        noise=0.003,
        wow_once_percent=options.once,
        wow_percent=options.wow,
        hum_mm=plain.amplitude_mm * 10 ** (options.hum_db / 20),
    )
    sound = make_sound(options.seconds, RATE_HZ, np.random.default_rng(seed), kind)
    drawn = simulate(sound, RATE_HZ, chosen)
    truth, decoded = as_recorded(drawn), groovescan.decode(drawn.image)
    rows = []
    for clock in ("none", "hum:50"):
        settings = groovescan.Settings().replace(sound={"clock": clock})
        played = play(decoded.reading, decoded.groove_map, settings)
        rows.append((score(played.waveform.samples, 48000, truth), played.account.clock))
    (before, _), (after, found) = rows
    return _line(before, after) + (
        f"{100 * found.speed_error:11.3f} %   {found.speed_ratio:10.5f}"
        if found.usable
        else f"   {found.reason}"
    )


def _line(before: Score, after: Score) -> str:
    return (
        f"{before.wow_percent:9.3f} % {after.wow_percent:7.3f} % "
        f"{before.snr_db:9.1f} {after.snr_db:8.1f} dB"
    )


def as_recorded(drawn: SimulatedDisc) -> Truth:
    """The truth on the time of the recording, not of the groove, and without the hum."""
    with tempfile.TemporaryDirectory() as folder:
        truth = load_truth(write_simulation(drawn, Path(folder) / "disc.png")[1])
    hertz = np.fft.rfftfreq(len(drawn.audio), 1 / drawn.rate_hz)
    shape = np.zeros(len(hertz), complex)
    shape[1:] = curve_response(drawn.settings.recording_curve, hertz[1:])
    shape *= hertz**2 / (hertz**2 + _LOWEST_HZ**2)
    moved = np.fft.irfft(np.fft.rfft(drawn.audio) * shape, len(drawn.audio))
    length_s = len(moved) / drawn.rate_hz
    return dataclasses.replace(truth, displacement_mm=moved, sound_s=(0.0, length_s))


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seeds", type=int, default=2, help="discs of each kind")
    parser.add_argument("--once", type=float, default=1.0, help="percent, peak, once per turn")
    parser.add_argument("--wow", type=float, default=0.0, help="percent, rms, slow and random")
    parser.add_argument("--hum-db", type=float, default=-40.0, help="against the largest amplitude")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
