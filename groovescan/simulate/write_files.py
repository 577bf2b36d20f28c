"""Simulated discs on the disk: the photograph and its truth."""

from __future__ import annotations

import dataclasses
import io
import json
import zlib
from pathlib import Path
from typing import Any

import cv2
import imagecodecs
import numpy as np
import tifffile

from groovescan.errors import SettingsError
from groovescan.simulate.photograph_sets import PhotographSet
from groovescan.simulate.simulated_disc import CutTruth, SimulatedDisc
from groovescan.storage.atomic_files import asides_of, check_output
from groovescan.storage.file_sets import finish_switches, switch

_SUFFIXES = (".png", ".tif", ".tiff", ".jpg", ".jpeg")


def write_simulation(
    disc: SimulatedDisc, path: str | Path, force: bool = False
) -> tuple[Path, ...]:
    """Write a photograph with its truth beside it.

    Parameters
    ----------
    disc : SimulatedDisc
        What was simulated.
    path : str or Path
        The photograph: PNG, TIFF or JPEG by its suffix. The truth goes to `NAME.truth.json` and
        `NAME.truth.npz` in the same folder; that of several grooves to `NAME-1.truth.json`,
        `NAME-1.truth.npz`, `NAME-2.truth.json` and so on.
    force : bool
        Whether existing files may be replaced.

    Returns
    -------
    tuple of Path
        The photograph, then the JSON file and the NumPy archive of each groove.

    Raises
    ------
    OutputExistsError
        Where one of them exists already and `force` is not given.
    SettingsError
        Where the suffix is not known, or the folder does not exist.
    """
    path = Path(path)
    places, contents = [path], [_encoded(disc, path.suffix.lower())]
    for place, index in zip(truth_places(path, len(disc.cuts)), range(len(disc.cuts)), strict=True):
        places += [place, place.with_suffix(".npz")]
        contents += [_truth_text(disc, index, path.name).encode(), _truth_arrays(disc.cuts[index])]
    _put(places, contents, force=force)
    return tuple(places)


def write_photograph_set(
    taken: PhotographSet, path: str | Path, force: bool = False
) -> tuple[Path, ...]:
    """Write several photographs of one disc, and its truth.

    Parameters
    ----------
    taken : PhotographSet
        The photographs.
    path : str or Path
        What they are called after: `NAME-1.png`, `NAME-2.png` and so on. The truth goes to
        `NAME.truth.json` and `NAME.truth.npz`.
    force : bool
        Whether existing files may be replaced.

    Returns
    -------
    tuple of Path
        The photographs, then the truth as of `write_simulation`.

    Raises
    ------
    OutputExistsError, SettingsError
        As of `write_simulation`.
    """
    path = Path(path)
    photographs = set_places(path, len(taken.images))
    suffix = path.suffix.lower()
    contents = [
        _encoded(dataclasses.replace(taken.disc, image=image), suffix) for image in taken.images
    ]
    places = [*photographs]
    for index, place in enumerate(truth_places(path, len(taken.disc.cuts))):
        truth = json.loads(_truth_text(taken.disc, index, photographs[0].name))
        truth["photographs"] = [
            {"name": photo.name, **how}
            for photo, how in zip(photographs, taken.places, strict=True)
        ]
        text = json.dumps(truth, indent=1, ensure_ascii=False) + "\n"
        places += [place, place.with_suffix(".npz")]
        contents += [text.encode(), _truth_arrays(taken.disc.cuts[index])]
    _put(places, contents, force=force)
    return tuple(places)


def set_places(path: Path, count: int) -> list[Path]:
    """Where several photographs lie that are called after a path.

    Parameters
    ----------
    path : Path
        What they are called after.
    count : int
        How many.

    Returns
    -------
    list of Path
        `NAME-1.png`, `NAME-2.png` and so on.
    """
    return [path.with_name(f"{path.stem}-{k}{path.suffix}") for k in range(1, count + 1)]


def _put(places: list[Path], contents: list[bytes], *, force: bool) -> None:
    finish_switches([places[0].parent])
    for place in places:
        check_output(place, force=force)
    with asides_of(places) as asides:
        for place, content in zip(places, contents, strict=True):
            asides[place].write_bytes(content)
        switch(asides, lambda place, here: force)


def truth_places(photograph: str | Path, cuts: int = 1) -> list[Path]:
    """The JSON files with the truth of each groove of a photograph; archives lie beside them.

    Parameters
    ----------
    photograph : path
        The photograph.
    cuts : int
        How many grooves it shows that are not connected.

    Returns
    -------
    list of Path
        One per groove, in the order in which they are played.
    """
    path = Path(photograph)
    if cuts == 1:
        return [path.with_suffix(".truth.json")]
    return [path.with_name(f"{path.stem}-{cut}.truth.json") for cut in range(1, cuts + 1)]


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
    coded = cv2.imencode(suffix, pixels, options)[1].tobytes()
    return _jpeg_in_light(coded, colours=disc.image.ndim == 3) if jpeg else _png_in_light(coded)


def _linear_profile(*, colours: bool) -> bytes:
    """The profile that says that values are in proportion to light, as the simulator's are."""
    return imagecodecs.cms_profile("rgb" if colours else "gray", gamma=1.0)


def _png_in_light(coded: bytes) -> bytes:
    """A PNG file with a gAMA chunk of 1 behind its header (PNG specification, 11.3.2.2)."""
    # Magic number and IHDR chunk, which comes first.
    png_header_bytes = 33
    content = b"gAMA" + (100_000).to_bytes(4, "big")
    chunk = (4).to_bytes(4, "big") + content + zlib.crc32(content).to_bytes(4, "big")
    return coded[:png_header_bytes] + chunk + coded[png_header_bytes:]


def _jpeg_in_light(coded: bytes, *, colours: bool) -> bytes:
    """A JPEG file with a profile in an APP2 segment behind its first marker (ICC.1, annex B.4)."""
    content = b"ICC_PROFILE\0\1\1" + _linear_profile(colours=colours)
    return coded[:2] + b"\xff\xe2" + (2 + len(content)).to_bytes(2, "big") + content + coded[2:]


def _tiff(image: np.ndarray) -> bytes:
    file = io.BytesIO()
    kind = "minisblack" if image.ndim == 2 else "rgb"
    tifffile.imwrite(
        file,
        image,
        photometric=kind,
        metadata=None,
        iccprofile=_linear_profile(colours=image.ndim == 3),
    )
    return file.getvalue()


def _truth_text(disc: SimulatedDisc, index: int, name: str) -> str:
    s, cut = disc.settings, disc.cuts[index]
    truth: dict[str, Any] = {
        "photograph": name,
        "cut": index + 1,
        "cuts": len(disc.cuts),
        "rpm": s.rpm,
        "sample_rate_hz": disc.rate_hz,
        "lead_in_turns": s.lead_in_turns,
        "turns": cut.turns,
        "bands_turns": [list(band) for band in cut.bands_turns],
        "lock_turns": cut.lock[0] if cut.lock else None,
        "lock_radius_mm": cut.lock[1] if cut.lock else None,
        "seconds_per_turn": s.seconds_per_turn,
        "centre_px": list(s.centre_px),
        "start_angle_rad": cut.start_rad,
        "groove_pitch_px": s.pitch_mm / s.mm_per_px,
        "mm_per_px": s.mm_per_px,
        "start": s.start,
        "mirrored": s.mirrored,
        "settings": dataclasses.asdict(s),
    }
    return json.dumps(truth, indent=1, ensure_ascii=False) + "\n"


def _truth_arrays(cut: CutTruth) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(
        file,
        displacement_mm=cut.displacement_mm.astype(np.float32),
        audio=cut.audio.astype(np.float32),
        radius_mm=cut.radius_mm.astype(np.float32),
        bound_time=cut.bound.time_s,
        bound_density=cut.bound.density_mm2_per_hz,
        bound_radius=cut.bound.radius_mm,
        bound_mtf_mm=np.float32(cut.bound.mtf_mm),
    )
    return file.getvalue()
