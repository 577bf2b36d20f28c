"""The file beside a sound that says how it was made: docs/sidecar.schema.json in words.

A sound of an archive is worth what is known of it. The sidecar holds what was decoded, with
which settings and versions, and how good it is; from it the sound can be made again.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import importlib.metadata
import json
import math
import platform
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from groovescan.core.account import Account, Cue
from groovescan.core.cuts import Cut
from groovescan.core.joined import Joined
from groovescan.core.quality import MeasuredQuality, PredictedQuality
from groovescan.core.results import Decoded
from groovescan.errors import GroovescanError
from groovescan.sound.equalisation.curves import parse_curve
from groovescan.sound.files.bext import Origin, to_ascii
from groovescan.sound.pieces import cues_of
from groovescan.storage.atomic_files import written_aside

_LIBRARIES = (
    *("numpy", "scipy", "opencv-python-headless", "opencv-python"),
    *("soundfile", "soxr", "tifffile"),
)
_KINDS = {"transfer": "Transfer", "restored": "Listening copy", "removed": "What was removed"}


def origin_of(
    decoded: Decoded,
    kind: str,
    bits: str,
    *,
    photograph_sha256: str,
    program: str,
    made: datetime,
    piece: Cue | None = None,
) -> Origin:
    """Origin of a sound file, for its metadata.

    Parameters
    ----------
    decoded : Decoded
        The result.
    kind : {'transfer', 'restored', 'removed'}
        Which of its sounds.
    bits : str
        Bits per sample of the file.
    photograph_sha256 : str
        Of the photograph.
    program : str
        Name and version.
    made : datetime
        When the sound was made, in local time.
    piece : Cue, optional
        The piece of the disc that the file holds, where it does not hold all of it.

    Returns
    -------
    Origin
    """
    sound = decoded.settings.sound
    stem = Path(decoded.photograph_name).stem
    plain = to_ascii(stem) == stem and 0 < len(stem) <= 32
    number = hashlib.sha256(np.ascontiguousarray(decoded.waveform.samples).data)
    number.update(kind.encode() if piece is None else f"{kind} {piece.label}".encode())
    what = _KINDS[kind] if piece is None else f"{_KINDS[kind]} ({piece.label})"
    how = f"{sound.rpm:g} rpm; curve {sound.eq}; clock {sound.clock}"
    if kind != "transfer":
        how += "; declicked, denoised, rumble filtered" if kind == "restored" else "; difference"
    width = bits.removesuffix("f")
    return Origin(
        description=(
            f"{what} of a disc read from its photograph {decoded.photograph_name}. "
            f"{sound.rpm:g} rpm, recording curve {sound.eq}. SHA-256 of the photograph: "
            f"{photograph_sha256}"
        ),
        originator=sound.originator or program,
        reference=stem if plain else photograph_sha256[:32],
        made=made,
        umid=number.digest()[:16],
        history=(
            f"A=ANALOGUE,M=mono,T=disc; optical; {sound.rpm:g} rpm",
            f"A=PCM,F={sound.rate_hz},W={width},M=mono,T={program}; {how}",
        ),
    )


def describe(
    decoded: Decoded,
    kind: str,
    photograph: dict[str, Any],
    file: dict[str, Any],
    *,
    program: str,
    made: datetime,
    piece: Cue | None = None,
) -> dict[str, Any]:
    """Everything that is known of a sound, as the sidecar holds it.

    Parameters
    ----------
    decoded : Decoded
        The result, with its account.
    kind : {'transfer', 'restored', 'removed'}
        Which of its sounds.
    photograph, file : dict
        Name, bytes and SHA-256 of both.
    program : str
        Version of the program.
    made : datetime
        When, in local time.
    piece : Cue, optional
        The piece of the disc that the file holds, where it does not hold all of it.

    Returns
    -------
    dict
        Of what JSON can hold; no infinities.
    """
    version = 1
    account = decoded.account
    if account is None:
        raise GroovescanError("a sidecar tells how a sound was made; this one has no account of it")
    held = _format(decoded)
    if piece is not None:
        first, last = piece.span(held["rate_hz"])
        held |= {"samples": last - first, "duration_s": (last - first) / held["rate_hz"]}
    return {
        "groovescan": version,
        "kind": kind,
        "made": made.isoformat(timespec="seconds"),
        "photograph": photograph,
        "sound": file | held,
        **({} if piece is None else {"piece": dataclasses.asdict(piece)}),
        "settings": dataclasses.asdict(decoded.settings),
        "curve": _curve(decoded.settings.sound.eq),
        "geometry": _geometry(decoded),
        **({} if decoded.joined is None else {"joined": _joined(decoded.joined)}),
        "cuts": [_cut(cut, cues_of(decoded)) for cut in decoded.cuts],
        "quality": _quality(decoded, account),
        "verdict": _verdict(decoded),
        "notes": list(account.notes),
        "versions": _versions(program),
    }


def write_sidecar(path: str | Path, contents: dict[str, Any], *, force: bool = False) -> Path:
    """Write a sidecar as JSON; it appears whole or not at all."""
    text = _as_text(contents)
    with written_aside(path, force=force) as aside:
        # a file name need not be text; what is none becomes an escape, as JSON has it
        aside.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
    return Path(path)


def _as_text(contents: dict[str, Any]) -> str:
    """JSON for people: indented, but for the gaps, which may be many, each on a line of its own."""
    quality = contents.get("quality", {})
    gaps = quality.get("gaps")
    if gaps:
        contents = contents | {"quality": quality | {"gaps": []}}
    text = json.dumps(contents, indent=1, ensure_ascii=False, allow_nan=False)
    if not gaps:
        return text
    # within a text the quotation marks would not stand alone
    lines = json.dumps(gaps, allow_nan=False).replace("}, {", "},\n   {")
    return text.replace('"gaps": []', f'"gaps": {lines}', 1)


def _cut(cut: Cut, cues: tuple[Cue, ...]) -> dict[str, Any]:
    """A groove of the disc, its place in the sound, and its pieces, where it has several."""
    inside = [cue for cue in cues if 0 <= cue.start_s - cut.start_s < cut.duration_s]
    return {
        "start_s": cut.start_s,
        "length_s": cut.duration_s,
        "turns": cut.groove_map.turns,
        "pitch_px": cut.groove_map.pitch_px,
        "read_fraction": cut.reading.read_fraction,
        "cues": [dataclasses.asdict(cue) for cue in inside],
    }


def _joined(joined: Joined) -> dict[str, Any]:
    """How several photographs lie on the disc."""
    return {
        "photographs": [
            {
                "name": photo.name,
                "turned_deg": photo.turned_deg,
                "scale": photo.scale,
                "mirrored": photo.mirrored,
                "centre_px": photo.camera.centre_px.tolist(),
                "stretch": photo.camera.stretch,
                "shear": photo.camera.shear,
                "perspective": photo.camera.perspective.tolist(),
                "lens": photo.camera.lens,
                "outline_px": photo.outline_px.round(1).tolist(),
                "read_fraction": photo.read_fraction,
                "information_share": photo.information_share,
            }
            for photo in joined.photographs
        ],
        "left_out": [dataclasses.asdict(left) for left in joined.left_out],
        "missing": [dataclasses.asdict(sector) for sector in joined.missing],
        "contradicting_turns": joined.contradicting_turns.tolist(),
        "across_px": joined.across_px,
        "along_px": joined.along_px,
    }


def _format(decoded: Decoded) -> dict[str, Any]:
    sound, waveform = decoded.settings.sound, decoded.waveform
    return {
        "rate_hz": waveform.rate_hz,
        "bits": sound.bits,
        "channels": 1,
        "samples": len(waveform.samples),
        "duration_s": waveform.duration_s,
    }


def _curve(code: str) -> dict[str, Any]:
    curve = parse_curve(code)
    corners = dataclasses.asdict(curve) if curve else {}
    names = ("turnover_hz", "shelf_hz", "roll_off_hz")
    return {"name": code} | {name: _number(corners.get(name, math.nan)) for name in names}


def _geometry(decoded: Decoded) -> dict[str, Any]:
    # By definition.
    um_per_inch = 25400.0
    groove_map = decoded.groove_map
    camera = groove_map.camera
    return {
        "centre_px": [float(value) for value in camera.centre_px],
        "pitch_px": groove_map.pitch_px,
        "pitch_um": groove_map.pitch_px / decoded.dpi * um_per_inch if decoded.dpi else None,
        "turns": groove_map.turns,
        "lock_turns": groove_map.lock_turns,
        "direction": groove_map.direction,
        "start_rad": groove_map.start_rad,
        "radius_px": [float(groove_map.radius_px.min()), float(groove_map.radius_px.max())],
        "stretch": camera.stretch,
        "shear": camera.shear,
        "perspective": [float(value) for value in camera.perspective],
        "lens": camera.lens,
    }


def _quality(decoded: Decoded, account: Account) -> dict[str, Any]:
    check, predicted, measured = decoded.camera_check, decoded.predicted, decoded.measured
    return {
        "read_fraction": decoded.reading.read_fraction,
        "measured": None
        if measured is None
        else _ratios(measured) | {"bandwidth_hz": measured.bandwidth_hz, "bands": _bands(measured)},
        "predicted": None if predicted is None else _ratios(predicted),
        "wow_percent": _number(check.wow_percent) if check else None,
        "gain_db": _number(account.gain_db),
        "true_peak_dbfs": _number(account.true_peak_dbfs),
        "restored_gain_db": account.restored_gain_db,
        "restored_true_peak_dbfs": _number(account.restored_true_peak_dbfs),
        "clicks": account.clicks,
        "blur_px": account.blur_px,
        "clock": _clock(account),
        "gaps_filled": account.filled,
        "gaps": [
            {"start_s": start, "length_s": length}
            for start, length in zip(
                np.round(account.gap_start_s, 6).tolist(),
                np.round(account.gap_length_s, 6).tolist(),
                strict=True,
            )
        ],
    }


def _ratios(quality: MeasuredQuality | PredictedQuality) -> dict[str, Any]:
    """Ratios that a prediction and a measurement have in common, by the same names."""
    return {
        "snr_db": _number(quality.snr_db),
        "displacement_snr_db": _number(quality.displacement_snr_db),
        "intelligibility": _number(quality.intelligibility),
    }


def _bands(measured: MeasuredQuality) -> list[dict[str, Any]]:
    return [
        {"centre_hz": round(float(hz), 1), "snr_db": _number(ratio)}
        for hz, ratio in zip(measured.centre_hz, measured.band_db, strict=True)
    ]


def _verdict(decoded: Decoded) -> dict[str, Any] | None:
    verdict = decoded.verdict
    return None if verdict is None else {"word": verdict.word, "reasons": list(verdict.reasons)}


def _clock(account: Account) -> dict[str, Any] | None:
    clock = account.clock
    if clock is None:
        return None
    return {
        "hum_hz": clock.hum_hz,
        "usable": clock.usable,
        "speed_ratio": clock.speed_ratio,
        "wow_percent": clock.wow_percent,
        "coherence": clock.coherence,
        "heard_fraction": clock.share,
        "speed_error": _number(clock.speed_error),
        "reason": clock.reason,
    }


def _versions(program: str) -> dict[str, str]:
    versions = {"groovescan": program, "python": platform.python_version()}
    for name in _LIBRARIES:
        with contextlib.suppress(
            importlib.metadata.PackageNotFoundError
        ):  # a build of another name
            versions[name] = importlib.metadata.version(name)
    return versions


def _number(value: float) -> float | None:
    """A number that JSON can hold, or nothing."""
    return float(value) if np.isfinite(value) else None
