"""Discs of three minutes as large photographs, drawn band by band and kept for the next run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import tifffile

from groovescan.simulate import SimulateSettings, make_sound, simulate_bands

SECONDS = 180.0
#: What is larger than this is enlarged from it, in bands of so many rows and columns.
_DRAWN_PX = 16000
_BAND_ROWS, _BAND_COLUMNS = 500, 12000
_NOISE = 0.01
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
    bands = _enlarged(side_px, folder, bits) if side_px > _DRAWN_PX else _drawn(side_px, bits)
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


def _drawn(side_px: int, bits: int) -> Iterator[np.ndarray]:
    """The photograph as the simulation draws it, band by band."""
    yield from simulate_bands(sound(), RATE_HZ, settings(side_px, bits))


def _enlarged(side_px: int, folder: Path, bits: int) -> Iterator[np.ndarray]:
    """The largest photograph that is drawn, enlarged, with noise of its own, band by band.

    Drawn at this size it would take hours, and show nothing that is finer.
    """
    source = tifffile.imread(photograph(_DRAWN_PX, folder))
    scale, most = len(source) / side_px, 2**bits - 1
    rng = np.random.default_rng(side_px + bits)
    for top in range(0, side_px, _BAND_ROWS):
        rows = min(_BAND_ROWS, side_px - top)
        low = max(int(top * scale) - 2, 0)
        crop = source[low : int((top + rows) * scale) + 4]
        band = np.empty((rows, side_px), f"uint{bits}")
        for left in range(0, side_px, _BAND_COLUMNS):
            columns = min(_BAND_COLUMNS, side_px - left)
            place = np.array([[scale, 0, left * scale], [0, scale, top * scale - low]])
            part = cv2.warpAffine(
                crop,
                place,
                (columns, rows),
                flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            )
            noise = rng.standard_normal(part.shape, np.float32)
            light = part.astype(np.float32) / 255 + np.float32(_NOISE) * noise
            band[:, left : left + columns] = np.clip(light * most + 0.5, 0, most)
        yield band
