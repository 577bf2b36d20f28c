"""Discs of three minutes as large photographs, drawn band by band and kept for the next run."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import tifffile

from groovescan.simulate import SimulateSettings, make_sound, simulate_bands

SECONDS = 180.0
RATE_HZ = 22050.0
#: Side of the film's photograph, and of the groove: 25 cm, 100 turns per inch.
_SIDE_MM = 250.0
_GROOVE = SimulateSettings(
    pitch_mm=0.254, width_mm=0.11, start_radius_mm=121.0, film_radius_mm=122.5, film_wobble=0.01
)


def settings(side_px: int, bits: int = 8) -> SimulateSettings:
    """A disc of 25 cm that fills a square photograph."""
    return _GROOVE.replace(
        width_px=side_px,
        height_px=side_px,
        mm_per_px=_SIDE_MM / side_px,
        bit_depth=bits,
        # Twice as fine is enough for grooves that are many pixels wide.
        supersampling=4 if side_px <= 8000 else 2,
    )


def sound() -> np.ndarray:
    """Three minutes of speech."""
    return make_sound(SECONDS, RATE_HZ, np.random.default_rng(1), "speech")


def photograph(side_px: int, folder: Path, bits: int = 8) -> Path:
    """The photograph as a TIFF file, drawn where it is not there yet."""
    path = folder / f"three-minutes-{side_px}-{bits}.tif"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".part")
    chosen = settings(side_px, bits)
    bands = simulate_bands(sound(), RATE_HZ, chosen)
    first = next(bands)

    def strips():
        yield first
        yield from bands

    tifffile.imwrite(
        aside,
        strips(),
        shape=(side_px, side_px),
        dtype=first.dtype,
        photometric="minisblack",
        rowsperstrip=len(first),
        bigtiff=side_px >= 30000,
        metadata=None,
    )
    os.replace(aside, path)
    return path
