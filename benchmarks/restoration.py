"""How much easier speech is to understand in the listening copy, and against other programs.

usage: python benchmarks/restoration.py [--conditions plain,worn] [--seeds 2] [--seconds 8]
                                        [--speech FILE.wav ...] [--json out.json]

Each condition is simulated with speech, decoded once, and played; both sounds are compared with
what was cut, by STOI (Taal and others 2011) and PESQ (ITU-T P.862.2, wide band). With
noisereduce installed, its two reductions of the transfer stand beside.
Needs: pip install pystoi pesq, and noisereduce for the comparison.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from pesq import pesq
from pystoi import stoi

import groovescan
from groovescan.simulate import PRESETS, make_sound, simulate

RATE_HZ = 22050
HEARD_HZ = 16000
CONDITIONS = ("plain", "worn", "flip", "fine", "insideout", "lamp")


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark; the exit code tells whether a copy is worse than its transfer."""
    options = _options(arguments)
    rows = []
    print(f"{'condition':12s} {'speech':12s} sound          STOI    PESQ", flush=True)
    for name in options.conditions.split(","):
        for label, speech in _voices(options):
            rows.append(measure(name, label, speech))
            _print(rows[-1])
    if options.json:
        Path(options.json).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return _verdict(rows)


def measure(name: str, label: str, speech: np.ndarray) -> dict[str, Any]:
    """STOI and PESQ of each sound of one disc.

    Parameters
    ----------
    name : str
        Name of a preset.
    label : str
        Name of the speech.
    speech : ndarray of float64, shape (samples,)
        What is cut, at `RATE_HZ`.

    Returns
    -------
    dict
        Condition, speech, and per sound its two figures.
    """
    drawn = simulate(speech, RATE_HZ, PRESETS[name].replace(seed=len(label)))
    settings = groovescan.Settings().replace(
        disc={"start": drawn.settings.start}, sound={"restore": True}
    )
    decoded = groovescan.decode(drawn.image, settings)
    transfer = _heard(decoded.waveform.samples, 48000)
    sounds = {"transfer": transfer, "restored": _heard(decoded.restored.samples, 48000)}
    sounds |= _others(transfer)
    truth = _heard(speech, RATE_HZ)
    delay, sign = _laid(transfer, truth)
    figures = {
        key: _figures(_cut(one, delay, sign, len(truth)), truth) for key, one in sounds.items()
    }
    return {"condition": name, "speech": label, "sounds": figures}


def _others(transfer: np.ndarray) -> dict[str, np.ndarray]:
    try:
        from noisereduce import reduce_noise
    except ImportError:
        return {}
    return {
        f"noisereduce {'steady' if steady else 'adaptive'}": reduce_noise(
            y=transfer, sr=HEARD_HZ, stationary=steady, prop_decrease=0.5, n_fft=512
        )
        for steady in (True, False)
    }


def _heard(sound: np.ndarray, rate_hz: int) -> np.ndarray:
    return soxr.resample(np.asarray(sound, float), rate_hz, HEARD_HZ, quality="VHQ")


def _laid(heard: np.ndarray, truth: np.ndarray) -> tuple[int, float]:
    """Where the truth begins in the heard sound, and its sign."""
    size = 1 << (len(heard) + len(truth)).bit_length()
    spectrum = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(truth, size))
    likeness = np.fft.irfft(spectrum, size)
    delay = int(np.abs(likeness).argmax())
    return (delay if delay < size // 2 else delay - size), float(np.sign(likeness[delay]))


def _cut(sound: np.ndarray, delay: int, sign: float, count: int) -> np.ndarray:
    padded = np.pad(sound, (max(0, -delay), count))
    return sign * padded[max(0, delay) :][:count]


def _figures(sound: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    sound, truth = 0.5 * sound / np.abs(sound).max(), 0.5 * truth / np.abs(truth).max()
    return {
        "stoi": float(stoi(truth, sound, HEARD_HZ)),
        "pesq": float(pesq(HEARD_HZ, truth, sound, "wb")),
    }


def _print(row: dict[str, Any]) -> None:
    for key, value in row["sounds"].items():
        print(
            f"{row['condition']:12s} {row['speech']:12s} {key:22s} "
            f"{value['stoi']:.3f}   {value['pesq']:.3f}",
            flush=True,
        )


def _verdict(rows: list[dict[str, Any]]) -> int:
    """Mean and worst change of each sound against the transfer; 1 where the copy fails."""
    print("\nagainst the transfer           STOI mean   worst    PESQ mean   worst")
    changes = {}
    for key in rows[0]["sounds"]:
        change = np.array(
            [
                [row["sounds"][key][figure] - row["sounds"]["transfer"][figure] for row in rows]
                for figure in ("stoi", "pesq")
            ]
        )
        changes[key] = change
        cells = "    ".join(f"{one.mean():+8.3f} {one.min():+8.3f}" for one in change)
        print(f"{key:30s} {cells}")
    copy = changes["restored"]
    return int(np.any(copy < -0.01) or np.any(np.all(copy <= 0, axis=0)))


def _voices(options: argparse.Namespace) -> list[tuple[str, np.ndarray]]:
    made = [
        (f"made-{seed}", make_sound(options.seconds, RATE_HZ, np.random.default_rng(seed)))
        for seed in range(1, options.seeds + 1)
    ]
    for path in options.speech:
        sound, rate_hz = soundfile.read(path, dtype="float64", always_2d=True)
        made.append((Path(path).stem[:12], soxr.resample(sound.mean(axis=1), rate_hz, RATE_HZ)))
    return made


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--conditions", default=",".join(CONDITIONS), metavar="A,B")
    parser.add_argument("--seeds", type=int, default=2, help="made voices per condition")
    parser.add_argument("--seconds", type=float, default=8.0, help="length of a made voice")
    parser.add_argument("--speech", nargs="*", default=[], help="recordings to cut, too")
    parser.add_argument("--json", metavar="FILE", help="write the figures there, too")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
