"""Whether anything that is heard has changed: digests of what is decoded, before and after.

usage: python benchmarks/digests.py record BEFORE.json [--reference FOLDER] [--only plain,jpeg]
       python benchmarks/digests.py check BEFORE.json [--reference FOLDER] [--only plain,jpeg]

For whoever moves walls. `record` decodes a fixed set of photographs and notes the SHA-256 of
what each stage found, of the displacement with its standard error, and of the sound's samples.
`check` decodes them again and tells which photograph differs, at which result first, and by how
much: rms in px, and dB below the sound. Its exit code is 1 where anything differs.

The set: `test_images/`, simulated discs of each modulation and kind of file, and, with
`--reference`, the photographs of a folder (`NAME.truth.json` beside them tells the start; the
modulation where it is told there, or by `--modulation NAME=vertical`). Simulated photographs are
drawn once and kept in `--cache`: both sides have to use the same, and their digests are compared,
too. Of each array, at most 65536 values are kept in BEFORE.npz, to tell by how much it moved.

Only public names are used, so that this works before a move and after. Run either twice and
believe the second run: code that was just compiled may round the last bit otherwise than the same
code from the cache does.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile

import groovescan
from groovescan.simulate import SimulateSettings, make_sound, simulate

_ROOT = Path(__file__).parent.parent
_SUFFIXES = (".png", ".tif", ".tiff", ".jpg", ".jpeg")
_RATE_HZ = 22050.0
_MOST_KEPT = 1 << 16
#: Eleven turns about the size of a small label.
_SMALL = SimulateSettings(
    width_px=1200,
    height_px=1200,
    start_radius_mm=32.0,
    film_radius_mm=33.5,
    lead_in_turns=1.5,
    run_out_turns=1.5,
    hole_radius_mm=1.5,
    bones=4,
    seed=7,
)


@dataclass(frozen=True)
class Case:
    """A photograph and how it is decoded.

    Attributes
    ----------
    name : str
        What it is called here.
    path : Path
        The photograph.
    settings : dict
        Tables of settings that differ from the default.
    """

    name: str
    path: Path
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)


#: Name: suffix, what differs in the disc, what differs in the decode.
_DRAWN: dict[str, tuple[str, dict[str, Any], dict[str, dict[str, Any]]]] = {
    "lateral": (".png", {}, {}),
    "vertical": (
        ".png",
        {"modulation": "vertical", "amplitude_mm": 0.035},
        {"groove": {"modulation": "vertical"}},
    ),
    "brightness": (
        ".png",
        {"modulation": "brightness"},
        {"groove": {"modulation": "brightness"}},
    ),
    "jpeg": (".jpg", {"jpeg_quality": 80}, {}),
    "16 bit": (".tif", {"bit_depth": 16, "noise": 0.002}, {}),
    "blocks": (".tif", {"bit_depth": 16, "noise": 0.002}, {"photo": {"whole_mb": 0.0}}),
    "tiles": (".tiled.tif", {}, {"photo": {"whole_mb": 0.0, "cache_mb": 1.0}}),
    "colour": (".jpg", {"colour": True, "background": "cloth"}, {}),
    "locked": (".png", {"ending": "locked"}, {}),
    "lead-out": (
        ".png",
        {"ending": "locked", "lead_out_turns": 1.5, "lead_out_pitch_mm": 3.0},
        {},
    ),
    "mirrored inner": (
        ".png",
        {
            "mirrored": True,
            "start": "inner",
            "start_radius_mm": 28.0,
            "start_angle_rad": -1.7,
            "flip": True,
            "contrast": 0.34,
            "tilt_x": 0.06,
            "tilt_y": -0.04,
            "x_scale_error": 0.006,
            "shear": 0.003,
            "lens": 0.006,
        },
        {"disc": {"start": "inner"}},
    ),
    "walls": (".png", {"profile": "walls"}, {}),
    "raking": (".png", {"profile": "raking", "lamp_falloff": 0.3}, {}),
    "worn": (".png", {"dust": 150, "scratches": 10, "cracks": 1}, {}),
    "curled": (".png", {"curl_mm": 0.2, "feed_wander_mm": 0.03}, {}),
    "hum": (
        ".png",
        {"wow_percent": 0.3, "wow_once_percent": 0.3, "hum_mm": 0.004},
        {"sound": {"clock": "hum:50"}},
    ),
    "listening": (
        ".png",
        {"dust": 60},
        {
            "sound": {"restore": True, "aperture": "on", "eq": "500N-13.7", "level": "gain"},
            "restore": {"reduction_db": 10.0},
        },
    ),
}


def main(arguments: list[str] | None = None) -> int:
    """Record or check; the exit code is 1 where anything differs."""
    options = _options(arguments)
    cases = [case for case in _cases(options) if not options.only or case.name in options.only]
    if options.action == "record":
        return _record(cases, options.file)
    return _check(cases, options.file)


def _record(cases: list[Case], place: Path) -> int:
    found: dict[str, Any] = {}
    arrays: dict[str, np.ndarray] = {}
    for case in cases:
        begun_s = time.perf_counter()
        found[case.name], few = _digests(case)
        arrays |= {f"{case.name}/{key}": values for key, values in few.items()}
        seconds = time.perf_counter() - begun_s
        print(f"{case.name:24s} {seconds:6.1f} s  {_told(found[case.name])}", flush=True)
    place.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    np.savez(place.with_suffix(".npz"), **arrays)  # type: ignore[arg-type]
    return 0


def _check(cases: list[Case], place: Path) -> int:
    before = json.loads(place.read_text(encoding="utf-8"))
    changed = 0
    with np.load(place.with_suffix(".npz")) as arrays:
        for case in cases:
            if case.name not in before:
                print(f"{case.name:24s} was not recorded")
                continue
            now, few = _digests(case)
            old = {
                key: arrays[f"{case.name}/{key}"] for key in few if f"{case.name}/{key}" in arrays
            }
            lines = _differences(before[case.name], now, old, few)
            changed += bool(lines)
            print(f"{case.name:24s} {'CHANGED' if lines else 'unchanged'}", flush=True)
            for line in lines:
                print(f"    {line}", flush=True)
    missing = sorted(set(before) - {case.name for case in cases})
    if missing:
        print(f"recorded, not looked at: {', '.join(missing)}")
    print(f"{changed} of {len(cases)} changed")
    return int(changed > 0)


def _digests(case: Case) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    """Digest of each result of a decode, in the order of the stages, and a few of its values."""
    digests = {"photograph": hashlib.sha256(case.path.read_bytes()).hexdigest()}
    few: dict[str, np.ndarray] = {}
    try:
        settings = groovescan.Settings.from_dict(case.settings)
        for key, values in _results(groovescan.Stages(case.path, settings)):
            digests[key] = _digest(values)
            few[key] = _few(values)
    except groovescan.GroovescanError as error:
        digests["refused"] = type(error).__name__
    return digests, few


def _results(stages: groovescan.Stages) -> Iterator[tuple[str, np.ndarray]]:
    """What each stage found, in their order."""
    for number, one in enumerate(stages.fields):
        yield f"field {number}", np.array([*one.centre_px, one.pitch_px])
    yield "first map", stages.first_map.radius_px
    yield "refined map", stages.groove_map.radius_px
    yield "refined camera", _camera(stages.groove_map.camera)
    yield "read displacement", stages.reading.displacement_px
    decoded = stages.decoded
    yield "settled map", decoded.groove_map.radius_px
    yield "settled camera", _camera(decoded.groove_map.camera)
    yield "displacement", decoded.reading.displacement_px
    yield "standard error", decoded.reading.standard_error_px
    yield "contrast", decoded.reading.contrast
    yield "bandwidth", np.array([decoded.resolution.bandwidth_hz])
    yield "sound", decoded.waveform.samples
    if decoded.restored is not None:
        yield "listening copy", decoded.restored.samples


def _camera(camera: Any) -> np.ndarray:
    """Every number of a camera model, field by field."""
    values = [getattr(camera, item.name) for item in dataclasses.fields(camera)]
    return np.concatenate([np.ravel(np.asarray(value, float)) for value in values])


def _digest(values: np.ndarray) -> str:
    values = np.ascontiguousarray(values)
    told = f"{values.dtype.str} {values.shape} ".encode()
    return hashlib.sha256(told + values.tobytes()).hexdigest()


def _few(values: np.ndarray) -> np.ndarray:
    """Every so manieth value; the first is their number, so that another length is noticed."""
    step = -(-len(values) // _MOST_KEPT) or 1
    return np.concatenate([[len(values)], np.asarray(values[::step], float)])


def _differences(
    before: dict[str, str],
    now: dict[str, str],
    old: dict[str, np.ndarray],
    new: dict[str, np.ndarray],
) -> list[str]:
    """One line for each result that differs."""
    lines = []
    for key in dict.fromkeys([*before, *now]):
        if before.get(key) == now.get(key):
            continue
        if key in old and key in new:
            lines.append(f"{key}: {_moved(key, old[key], new[key])}")
        else:
            lines.append(f"{key}: was {_short(before.get(key))}, is {_short(now.get(key))}")
    return lines


def _moved(key: str, old: np.ndarray, new: np.ndarray) -> str:
    """By how much a result moved."""
    if old[0] != new[0]:
        return f"{old[0]:.0f} values before, {new[0]:.0f} now"
    old, new = old[1:], new[1:]
    fit = np.isfinite(old) & np.isfinite(new)
    odd = np.count_nonzero(np.isfinite(old) != np.isfinite(new))
    moved, signal = (_rms(values) for values in (new[fit] - old[fit], old[fit] - old[fit].mean()))
    said = f"moved by {moved:.3g} rms, {np.abs(new[fit] - old[fit]).max(initial=0):.3g} at most"
    if key in ("sound", "listening copy", "displacement", "read displacement") and moved > 0:
        said += f", {20 * np.log10(signal / moved):.1f} dB below the signal"
    if odd:
        said += f", {odd} of {len(old)} read on one side only"
    return said if moved or odd else "differs, though not in the values that were kept"


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(values)))) if len(values) else 0.0


def _short(digest: str | None) -> str:
    return "not there" if digest is None else digest[:20]


def _told(digests: dict[str, str]) -> str:
    if "refused" in digests:
        return f"refused: {digests['refused']}"
    return f"displacement {digests['displacement'][:12]}, sound {digests['sound'][:12]}"


def _cases(options: argparse.Namespace) -> list[Case]:
    return [
        *(_of_file(path, {}) for path in _photographs(_ROOT / "test_images")),
        *(_drawn(name, options.cache, options.only) for name in _DRAWN),
        *(
            dataclasses.replace(one, name=f"{options.reference.name}/{one.name}")
            for path in (_photographs(options.reference) if options.reference else [])
            for one in [_of_file(path, dict(item.split("=") for item in options.modulation))]
        ),
    ]


def _photographs(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if path.suffix.lower() in _SUFFIXES]


def _of_file(path: Path, modulations: dict[str, str]) -> Case:
    """A photograph, decoded as the truth beside it says."""
    place = path.with_suffix(".truth.json")
    truth = json.loads(place.read_text(encoding="utf-8")) if place.exists() else {}
    told = truth.get("settings", {}).get("modulation", "lateral")
    settings = {
        "disc": {"start": truth.get("start", "outer")},
        "groove": {"modulation": modulations.get(path.stem, told)},
    }
    return Case(path.stem, path, settings)


def _drawn(name: str, cache: Path, only: list[str]) -> Case:
    """A simulated disc, drawn where it is not there yet."""
    suffix, changes, settings = _DRAWN[name]
    path = cache / f"{name}{suffix}"
    if not path.exists() and (not only or name in only):
        cache.mkdir(parents=True, exist_ok=True)
        sound = make_sound(6.0, _RATE_HZ, np.random.default_rng(5))
        disc = simulate(sound, _RATE_HZ, _SMALL.replace(**changes))
        _write(path, disc.image, disc.settings.jpeg_quality)
    return Case(name, path, settings)


def _write(path: Path, image: np.ndarray, quality: int) -> None:
    aside = path.with_name(f"aside-{path.name}")
    if path.suffix == ".tif":
        tile = (256, 256) if ".tiled" in path.name else None
        packing = "zlib" if tile else None
        tifffile.imwrite(aside, image, photometric="minisblack", tile=tile, compression=packing)
    else:
        pixels = image if image.ndim == 2 else image[..., ::-1]
        options = [cv2.IMWRITE_JPEG_QUALITY, quality] if path.suffix == ".jpg" else []
        cv2.imwrite(str(aside), pixels, options)
    aside.replace(path)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").split("\n\n")[0], allow_abbrev=False
    )
    parser.add_argument("action", choices=("record", "check"))
    parser.add_argument("file", type=Path, metavar="BEFORE.json")
    parser.add_argument("--reference", type=Path, help="a folder of photographs to decode, too")
    parser.add_argument("--only", type=lambda text: text.split(","), default=[], metavar="A,B")
    parser.add_argument(
        "--modulation", action="append", default=[], metavar="NAME=KIND", help="of a reference"
    )
    cache = Path(__file__).parent / ".cache" / "digests"
    parser.add_argument("--cache", type=Path, default=cache, help="where drawn discs are kept")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
