"""Photographs spoiled in every way that people spoil them, decoded, and held against their truth.

Run as a program it decodes cases in one process, whose memory is bounded by the system, and says of
each what the verdict was, and how much what is heard is like what was cut.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

#: Bound of the process's address space, libraries and compiled loops and all.
MEMORY_BYTES = 6 << 30
#: What is called good is like the truth by so much at least.
LEAST_LIKENESS = 0.7

Picture = np.ndarray
Change = Callable[[Picture, random.Random], Picture]


def _gain(picture: Picture, rng: random.Random) -> Picture:
    """Too bright or too dark: what is beyond white is white."""
    return (picture * rng.choice((0.05, 0.15, 1.6, 3.0))).clip(0, 255)


def _gamma(picture: Picture, rng: random.Random) -> Picture:
    return 255 * (picture / 255) ** rng.choice((0.3, 0.45, 2.2, 4.0))


def _occluded(picture: Picture, rng: random.Random) -> Picture:
    """A hand, a sheet, a clamp in front of it."""
    rows, columns = picture.shape
    high, wide = (int(size * rng.uniform(0.2, 0.7)) for size in (rows, columns))
    top, left = rng.randrange(rows - high), rng.randrange(columns - wide)
    out = picture.copy()
    out[top : top + high, left : left + wide] = rng.choice((0, 128, 255))
    return out


def _grid(picture: Picture, rng: random.Random) -> Picture:
    """A screen, a cloth, a moire of lines."""
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]]
    pitch, angle = rng.uniform(3, 12), rng.uniform(0, np.pi)
    lines = np.sin(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / pitch)
    return (picture + rng.choice((5, 20, 60)) * lines).clip(0, 255)


def _blurred(picture: Picture, rng: random.Random) -> Picture:
    return cv2.GaussianBlur(picture, (0, 0), rng.choice((0.8, 1.5, 2.5, 4.0)))


def _quantised(picture: Picture, rng: random.Random) -> Picture:
    step = 255 / rng.choice((1, 2, 3, 7))
    return np.rint(picture / step) * step


def _jpeg(picture: Picture, rng: random.Random) -> Picture:
    quality = rng.choice((5, 10, 20, 35, 50))
    coded = cv2.imencode(
        ".jpg", np.rint(picture).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )[1]
    return cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE).astype(np.float32)


CHANGES: dict[str, Change] = {
    "gain": _gain,
    "gamma": _gamma,
    "occlusion": _occluded,
    "grid": _grid,
    "blur": _blurred,
    "quantising": _quantised,
    "jpeg": _jpeg,
}


def spoiled(picture: Picture, number: int) -> tuple[str, Picture]:
    """The case of a number, the same every time: its name, and the photograph, uint8."""
    rng = random.Random(f"photograph {number}")
    names = [list(CHANGES)[number % len(CHANGES)]]
    if rng.random() < 0.4:
        names.append(rng.choice(sorted(CHANGES)))
    out = picture.astype(np.float32)
    for name in names:
        out = CHANGES[name](out, rng)
    return "+".join(names), np.rint(out.clip(0, 255)).astype(np.uint8)


def heard(picture: Picture, sound: np.ndarray, rate_hz: int) -> dict[str, Any]:
    """What becomes of a photograph: a refusal, or a verdict and how like the sound is."""
    import groovescan
    from groovescan.simulate.likeness import likeness

    try:
        decoded = groovescan.decode(picture)
    except groovescan.GroovescanError as error:
        return {"end": type(error).__name__}
    wave = decoded.waveform
    like = likeness(wave.samples, wave.rate_hz, sound, rate_hz)
    verdict = decoded.verdict.word if decoded.verdict is not None else "none"
    return {"end": verdict, "likeness": round(like, 3)}


def main() -> None:
    """Decode the cases from a number to another; one line of JSON for each."""
    import resource

    from conftest import SMALL, SOUND_HZ

    from groovescan.simulate import make_sound, simulate

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    sound = make_sound(5.0, SOUND_HZ, np.random.default_rng(8))
    picture = simulate(sound, SOUND_HZ, SMALL).image
    for number in range(int(sys.argv[1]), int(sys.argv[2])):
        name, photograph = spoiled(picture, number)
        try:
            end = heard(photograph, sound, SOUND_HZ)
        except BaseException as error:
            end = {"end": f"ESCAPED {type(error).__name__}: {str(error)[:200]}"}
        sys.stdout.write(json.dumps({"case": number, "spoiled": name} | end) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
