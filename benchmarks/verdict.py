"""Whether the verdict on a decode is just: against the likeness of its sound to what was drawn.

usage: python benchmarks/verdict.py [--count 300] [--first 0] [--seconds 7] [--json out.json]

Random discs, every condition mixed (pitch, light, noise, profile, feed, film, camera, wear), and of
most of them the photograph is spoilt in one more way: rounded hard, blurred, sharpened, smoothed,
printed as a halftone, put behind a grid, cropped, covered, torn and laid back, or with another disc
in it. Each is decoded without being told anything but the end at which the groove starts. No case
whose likeness is under 0.7 may be called good, none over 0.95 bad, and of these at most one in
twenty doubtful.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

import groovescan
from groovescan.config.settings import Settings
from groovescan.simulate import SimulateSettings, likeness, make_sound, simulate
from groovescan.simulate.model import picture

RATE_HZ = 22050
#: Likeness under which nothing is good, and over which nothing is bad.
UNLIKE, LIKE = 0.7, 0.95
DOUBTFUL_SHARE = 0.05
WORDS = ("good", "doubtful", "bad", "refused")
LEAST_RADIUS_PX = 540
BINS = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1.001)

Picture = np.ndarray
Spoil = Callable[[Picture, float, np.random.Generator], Picture]


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark; the exit code is the number of unjust verdicts, at most 100."""
    options = _options(arguments)
    rows = []
    for seed in range(options.first, options.first + options.count):
        rows.append(measure(seed, options.seconds))
        print(line(rows[-1]), flush=True)
    print(table(rows))
    if options.json:
        Path(options.json).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return min(len(unjust(rows)), 100)


def measure(seed: int, seconds: float) -> dict[str, Any]:
    """Draw one disc, spoil its photograph, decode it, and compare."""
    rng = np.random.default_rng(seed)
    settings = conditions(rng, seconds, seed)
    sound = make_sound(seconds, RATE_HZ, rng, str(rng.choice(["speech", "speech", "music"])))
    image = simulate(sound, RATE_HZ, settings).image
    names = list(SPOILT)
    name = "none" if rng.uniform() < 0.4 else str(rng.choice(names))
    if name != "none":
        image = SPOILT[name](image, settings.pitch_mm / settings.mm_per_px, rng)
    row = {"seed": seed, "spoilt": name, "pitch_px": settings.pitch_mm / settings.mm_per_px}
    begin = time.perf_counter()
    try:
        decoded = groovescan.decode(image, Settings().replace(disc={"start": settings.start}))
    except groovescan.GroovescanError as error:
        return row | {"word": "refused", "likeness": 0.0, "reasons": [str(error)]}
    like = likeness(decoded.waveform.samples, decoded.waveform.rate_hz, sound, RATE_HZ)
    verdict, measured = decoded.verdict, decoded.measured
    return row | {
        "word": verdict.word,
        "likeness": like,
        "reasons": list(verdict.reasons),
        "snr_db": None if measured is None else measured.snr_db,
        "predicted_db": None if decoded.predicted is None else decoded.predicted.snr_db,
        "seconds": time.perf_counter() - begin,
    }


def conditions(rng: np.random.Generator, seconds: float, seed: int) -> SimulateSettings:
    """A random disc; each condition is usual on most of them."""

    def mostly(usual: float, *range_: float, share: float = 0.25) -> float:
        return float(rng.uniform(*range_)) if rng.uniform() < share else usual

    pitch_mm = float(rng.uniform(0.24, 0.34))
    pitch_px = float(np.exp(rng.uniform(np.log(4), np.log(9))))
    mm_per_px = pitch_mm / pitch_px
    turns = seconds * 78 / 60 + 3
    # a smaller ring has too few lines to tell a centre by
    outer_mm = max(float(rng.uniform(18, 24)) + turns * pitch_mm, LEAST_RADIUS_PX * mm_per_px)
    start = str(rng.choice(["outer", "outer", "inner"]))
    side = int(2.16 * (outer_mm + 1.5) / mm_per_px)
    return SimulateSettings(
        width_px=side,
        height_px=side,
        mm_per_px=mm_per_px,
        pitch_mm=pitch_mm,
        width_mm=pitch_mm * float(rng.uniform(0.3, 0.6)),
        amplitude_mm=pitch_mm * float(rng.uniform(0.08, 0.22)),
        start=start,
        start_radius_mm=outer_mm if start == "outer" else outer_mm - turns * pitch_mm,
        film_radius_mm=outer_mm + 1.5,
        film_wobble=0.02,
        hole_radius_mm=1.5,
        lead_in_turns=1.5,
        run_out_turns=1.5,
        start_angle_rad=float(rng.uniform(-3, 3)),
        mirrored=bool(rng.uniform() < 0.3),
        profile=str(rng.choice(["line"] * 6 + ["walls", "raking"])),
        contrast=float(rng.uniform(0.2, 0.6)) * (-1 if rng.uniform() < 0.3 else 1),
        lamp_falloff=mostly(0.0, 0.3, 1.0),
        flip=bool(rng.uniform() < 0.15),
        clouds=float(rng.uniform(0, 0.4)),
        bones=int(rng.integers(0, 5)),
        noise=float(np.exp(rng.uniform(np.log(0.002), np.log(0.025)))),
        blur_px=float(rng.uniform(0.4, 1.2)),
        feed_wander_percent=mostly(0.0, 5, 40),
        feed_loud_percent=mostly(0.0, 20, 100, share=0.1),
        lead_in_pitch_mm=mostly(0.0, 0.5, 1.5, share=0.1),
        tilt_x=mostly(0.0, -0.05, 0.05),
        tilt_y=mostly(0.0, -0.05, 0.05),
        x_scale_error=mostly(0.0, -0.01, 0.01),
        lens=mostly(0.0, -0.02, 0.02),
        curl_mm=mostly(0.0, 0.1, 1.0, share=0.1),
        buckles=int(mostly(0, 1, 6, share=0.1)),
        dust=int(mostly(0, 50, 600)),
        scratches=int(mostly(0, 5, 40)),
        glue_blobs=int(mostly(0, 2, 12, share=0.1)),
        bit_depth=int(rng.choice([8, 16])),
        modulation=str(rng.choice(["lateral"] * 10 + ["vertical", "brightness"])),
        supersampling=2,
        seed=seed,
    )


def _as_float(image: Picture) -> tuple[Picture, float]:
    top = float(np.iinfo(image.dtype).max)
    return image.astype(np.float32) / top, top


def _back(light: Picture, like: Picture, top: float) -> Picture:
    return np.round(np.clip(light, 0, 1) * top).astype(like.dtype)


def _spoilt_light(change: Callable[[Picture, float, np.random.Generator], Picture]) -> Spoil:
    def spoil(image: Picture, pitch_px: float, rng: np.random.Generator) -> Picture:
        light, top = _as_float(image)
        return _back(change(light, pitch_px, rng), image, top)

    return spoil


def _rounded(image: Picture, pitch_px: float, rng: np.random.Generator) -> Picture:
    del pitch_px
    light, _ = _as_float(image)
    return picture.rounded(_back(light, np.zeros(1, np.uint8), 255.0), int(rng.integers(5, 70)))


def _blurred(light: Picture, pitch_px: float, rng: np.random.Generator) -> Picture:
    return cv2.GaussianBlur(light, (0, 0), pitch_px * rng.uniform(0.1, 0.45))


def _sharpened(light: Picture, pitch_px: float, rng: np.random.Generator) -> Picture:
    del pitch_px
    return light + rng.uniform(0.5, 3) * (light - cv2.GaussianBlur(light, (0, 0), 1.2))


def _smoothed(light: Picture, pitch_px: float, rng: np.random.Generator) -> Picture:
    del pitch_px
    grey = _back(light, np.zeros(1, np.uint8), 255.0)
    return cv2.fastNlMeansDenoising(grey, None, float(rng.uniform(5, 20)), 5, 11) / np.float32(255)


def _halftone(light: Picture, pitch_px: float, rng: np.random.Generator) -> Picture:
    period = pitch_px * rng.uniform(0.3, 0.9)
    return picture.halftone(light, period, float(rng.uniform(0, np.pi)))


def _gridded(light: Picture, pitch_px: float, rng: np.random.Generator) -> Picture:
    period = pitch_px * rng.uniform(0.7, 3)
    return picture.gridded(light, period, float(rng.uniform(0.1, 0.5)))


def _cropped(light: Picture, pitch_px: float, rng: np.random.Generator) -> Picture:
    del pitch_px
    return np.ascontiguousarray(light[:, : int(light.shape[1] * rng.uniform(0.45, 0.95))])


def _covered(light: Picture, pitch_px: float, rng: np.random.Generator) -> Picture:
    del pitch_px
    covered, side = light.copy(), light.shape[0]
    for _ in range(int(rng.integers(1, 4))):
        x, y = rng.integers(0, side, 2)
        size = int(side * rng.uniform(0.05, 0.3))
        cv2.rectangle(covered, (int(x), int(y)), (int(x) + size, int(y) + size), 0.4, -1)
    return covered


def _torn(light: Picture, pitch_px: float, rng: np.random.Generator) -> Picture:
    side, turn = light.shape[0], rng.uniform(0, 2 * np.pi)
    shift = pitch_px * rng.uniform(0.3, 1.5)
    y, x = np.mgrid[:side, : light.shape[1]].astype(np.float32)
    angle = np.mod(np.arctan2(y - side / 2, x - side / 2) - turn, 2 * np.pi)
    moved = cv2.warpAffine(light, np.float32([[1, 0, shift * np.cos(turn)],
                                              [0, 1, shift * np.sin(turn)]]),
                           light.shape[::-1], borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
    return np.where(angle < rng.uniform(0.5, 3), moved, light)


def _clipped(light: Picture, pitch_px: float, rng: np.random.Generator) -> Picture:
    del pitch_px
    return light * np.float32(rng.uniform(1.3, 2.5))


def _two_discs(light: Picture, pitch_px: float, rng: np.random.Generator) -> Picture:
    del pitch_px
    return np.concatenate([light, light[:, ::-1] if rng.uniform() < 0.5 else light], axis=1)


def _mosaic(light: Picture, pitch_px: float, rng: np.random.Generator) -> Picture:
    """One colour of a camera's mosaic, interpolated."""
    del pitch_px, rng
    known = np.zeros_like(light)
    known[::2, ::2] = 1
    kernel = np.float32([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 4
    return cv2.filter2D(light * known, -1, kernel)


SPOILT: dict[str, Spoil] = {
    "rounded": _rounded,
    **{
        name: _spoilt_light(change)
        for name, change in {
            "blurred": _blurred,
            "sharpened": _sharpened,
            "smoothed": _smoothed,
            "halftone": _halftone,
            "gridded": _gridded,
            "cropped": _cropped,
            "covered": _covered,
            "torn": _torn,
            "clipped": _clipped,
            "two discs": _two_discs,
            "mosaic": _mosaic,
        }.items()
    },
}


def unjust(rows: list[dict[str, Any]]) -> list[str]:
    """What the verdicts may not be, and are."""
    found = [
        f"seed {row['seed']} ({row['spoilt']}): good, and like {row['likeness']:.2f}"
        for row in rows
        if row["word"] == "good" and row["likeness"] < UNLIKE
    ]
    found += [
        f"seed {row['seed']} ({row['spoilt']}): bad, and like {row['likeness']:.2f}"
        for row in rows
        if row["word"] == "bad" and row["likeness"] > LIKE
    ]
    like = [row for row in rows if row["likeness"] > LIKE]
    doubtful = [row for row in like if row["word"] == "doubtful"]
    if len(doubtful) > max(1, DOUBTFUL_SHARE * len(like)):
        found.append(f"{len(doubtful)} of {len(like)} that are like are doubtful")
    return found


def line(row: dict[str, Any]) -> str:
    """One case, as it goes."""
    ratios = [
        "   - " if row.get(name) is None else f"{row[name]:5.1f}"
        for name in ("predicted_db", "snr_db")
    ]
    return (
        f"{row['seed']:4d} {row['spoilt']:<10} {row['pitch_px']:5.2f} px  {row['likeness']:.3f} "
        f"{' '.join(ratios)} dB {row['word']:<9}{'; '.join(row['reasons'])[:150]}"
    )


def table(rows: list[dict[str, Any]]) -> str:
    """Verdict against likeness, and what is unjust."""
    head = "likeness     " + "".join(f"{word:>10}" for word in WORDS)
    lines = [head]
    for low, high in itertools.pairwise(BINS):
        within = [row for row in rows if low <= row["likeness"] < high]
        counts = [sum(row["word"] == word for row in within) for word in WORDS]
        lines.append(f"{low:.2f} to {min(high, 1):.2f}" + " " + "".join(f"{n:>10}" for n in counts))
    return "\n".join([*lines, "", *(unjust(rows) or ["all are just"])])


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--count", type=int, default=300, help="discs")
    parser.add_argument("--first", type=int, default=0, help="seed of the first")
    parser.add_argument("--seconds", type=float, default=7.0, help="length of each sound")
    parser.add_argument("--json", metavar="FILE", help="write the figures there, too")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
