"""Simulated discs on the disk: the photograph and its truth."""

from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile

from groovescan.core.atomic_files import check_output, written_aside
from groovescan.errors import SettingsError
from groovescan.simulate.simulated_disc import SimulatedDisc

_SUFFIXES = (".png", ".tif", ".tiff", ".jpg", ".jpeg")


def write_simulation(
    disc: SimulatedDisc, path: str | Path, force: bool = False
) -> tuple[Path, Path, Path]:
    """Write a photograph with its truth beside it.

    Parameters
    ----------
    disc : SimulatedDisc
        What was simulated.
    path : str or Path
        The photograph: PNG, TIFF or JPEG by its suffix. The truth goes to `NAME.truth.json` and
        `NAME.truth.npz` in the same folder.
    force : bool
        Whether existing files may be replaced.

    Returns
    -------
    tuple of Path
        The photograph, the JSON file and the NumPy archive.

    Raises
    ------
    OutputExistsError
        Where one of the three exists already and `force` is not given.
    SettingsError
        Where the suffix is not known, or the folder does not exist.
    """
    path = Path(path)
    places = (path, path.with_suffix(".truth.json"), path.with_suffix(".truth.npz"))
    picture = _encoded(disc, path.suffix.lower())
    contents = (picture, _truth_text(disc, path.name).encode(), _truth_arrays(disc))
    for place in places:
        check_output(place, force=force)
    for place, content in zip(places, contents, strict=True):
        with written_aside(place, force=force) as aside:
            aside.write_bytes(content)
    return places


def _encoded(disc: SimulatedDisc, suffix: str) -> bytes:
    if suffix not in _SUFFIXES:
        raise SettingsError(
            f"the photograph ends in {suffix!r}; it must end in one of {', '.join(_SUFFIXES)}"
        )
    if suffix in (".tif", ".tiff"):
        return _tiff(disc.image)
    jpeg = suffix in (".jpg", ".jpeg")
    if jpeg and disc.image.dtype != np.uint8:
        raise SettingsError("bit_depth is 16; a JPEG holds 8 bits: write a PNG or a TIFF")
    options = [cv2.IMWRITE_JPEG_QUALITY, disc.settings.jpeg_quality] if jpeg else []
    pixels = disc.image if disc.image.ndim == 2 else disc.image[..., ::-1]
    return cv2.imencode(suffix, pixels, options)[1].tobytes()


def _tiff(image: np.ndarray) -> bytes:
    file = io.BytesIO()
    kind = "minisblack" if image.ndim == 2 else "rgb"
    tifffile.imwrite(file, image, photometric=kind, metadata=None)
    return file.getvalue()


def _truth_text(disc: SimulatedDisc, name: str) -> str:
    s = disc.settings
    truth: dict[str, Any] = {
        "photograph": name,
        "rpm": s.rpm,
        "sample_rate_hz": disc.rate_hz,
        "lead_in_turns": s.lead_in_turns,
        "turns": disc.turns,
        "lock_turns": disc.lock[0] if disc.lock else None,
        "lock_radius_mm": disc.lock[1] if disc.lock else None,
        "seconds_per_turn": s.seconds_per_turn,
        "centre_px": list(s.centre_px),
        "groove_pitch_px": s.pitch_mm / s.mm_per_px,
        "mm_per_px": s.mm_per_px,
        "start": s.start,
        "mirrored": s.mirrored,
        "settings": dataclasses.asdict(s),
    }
    return json.dumps(truth, indent=1, ensure_ascii=False) + "\n"


def _truth_arrays(disc: SimulatedDisc) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(
        file,
        displacement_mm=disc.displacement_mm.astype(np.float32),
        audio=disc.audio.astype(np.float32),
        bound_time=disc.bound.time_s,
        bound_density=disc.bound.density_mm2_per_hz,
        bound_radius=disc.bound.radius_mm,
        bound_mtf_mm=np.float32(disc.bound.mtf_mm),
    )
    return file.getvalue()
