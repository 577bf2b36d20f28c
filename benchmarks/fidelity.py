"""How well the decoder does, condition by condition, against what the photographs allow.

usage: python benchmarks/fidelity.py [--conditions plain,flip] [--seeds 3] [--json out.json]
                                     [--keep FOLDER] [--table out.json]

Each named condition is simulated with several seeds, decoded without being told anything but the
end at which the groove starts, and scored. A decode that fails is a row with its reason. `--table`
measures nothing: it prints the table of the README from figures that were written before.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

import numpy as np
from calibration import calibration
from scoring import Truth, load_truth, score

import groovescan
from groovescan.simulate import PRESETS, make_sound, simulate, truth_places, write_simulation

RATE_HZ = 22050
COLUMNS = (
    *("snr_db", "bound_db", "gap_db", "predicted_db", "lost", "wow_percent", "centre_error_px"),
    *("least_calibration", "largest_calibration", "seconds"),
)


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark; the exit code is the number of failed decodes, at most 100."""
    options = _options(arguments)
    if options.table:
        print(table(json.loads(Path(options.table).read_text(encoding="utf-8"))))
        return 0
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(options.keep or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        print(heading(), flush=True)
        for name in options.conditions:
            for seed in range(1, options.seeds + 1):
                found = measure(name, seed, options.seconds, folder)
                print("\n".join(map(line, found)), flush=True)
                rows += found
    _print_means(rows)
    if options.json:
        text = json.dumps([plain(row) for row in rows], indent=1, ensure_ascii=False)
        Path(options.json).write_text(text + "\n", encoding="utf-8")
    return min(sum("failure" in row for row in rows), 100)


def measure(name: str, seed: int, seconds: float, folder: Path) -> list[dict[str, Any]]:
    """Simulate one disc, decode it, and score the sound of each groove on it.

    Parameters
    ----------
    name : str
        Name of a preset.
    seed : int
        Seed of the disc and its sound; odd ones speak, even ones play.
    seconds : float
        Length of the sound.
    folder : Path
        Where the photograph and its truth go.

    Returns
    -------
    list of dict
        Of each cut `condition` and `seed`, and either the figures of `COLUMNS` or the `failure`.
    """
    photograph = draw(name, seed, seconds, folder)
    begin = time.perf_counter()
    try:
        rows = decode_and_score_cuts(photograph, PRESETS[name].cuts)
    except groovescan.GroovescanError as error:
        rows = [{"failure": f"{type(error).__name__}: {error}"}]
    except Exception as error:  # a benchmark goes on to its next row, whatever happens in one
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"({where.name}, line {where.lineno})"
        rows = [{"failure": f"{type(error).__name__}: {error} {place}"}]
    shared = {"condition": name, "seed": seed, "seconds": time.perf_counter() - begin}
    return [shared | row for row in rows]


def draw(name: str, seed: int, seconds: float, folder: Path) -> Path:
    """Write the photograph of a condition, as the kind of file that it stands for."""
    settings = PRESETS[name].replace(seed=seed)
    kind = "speech" if seed % 2 else "music"
    sound = make_sound(seconds, RATE_HZ, np.random.default_rng(1000 + seed), kind)
    suffix = ".jpg" if settings.colour else ".tif" if settings.bit_depth == 16 else ".png"
    path = folder / f"{name}-{seed}{suffix}"
    write_simulation(simulate(sound, RATE_HZ, settings), path, force=True)
    return path


def decode_and_score_cuts(photograph: Path, cuts: int) -> list[dict[str, Any]]:
    """Figures of each groove of a photograph, from one decode of it.

    Where there are several, each is looked for in all that was heard: the score knows a sound
    wherever it begins.
    """
    truths = [load_truth(place) for place in truth_places(photograph, cuts)]
    decoded = _decoded(photograph, truths[0])
    if cuts == 1:
        return [figures(decoded, truths[0])]
    return [
        {"cut": number} | figures(decoded, truth, whole=False)
        for number, truth in enumerate(truths, 1)
    ]


def _decoded(photograph: Path, truth: Truth) -> groovescan.Decoded:
    settings = groovescan.Settings().replace(
        disc={"start": truth.start}, groove={"modulation": truth.modulation}
    )
    return groovescan.decode(photograph, settings=settings)


def figures(decoded: groovescan.Decoded, truth: Truth, *, whole: bool = True) -> dict[str, Any]:
    """How like the truth a decode is; `whole` where the truth is that of all that was decoded."""
    result = score(decoded.waveform.samples, decoded.waveform.rate_hz, truth)
    centre = np.asarray(decoded.groove_map.camera.centre_px, float)
    true_centre = (np.nan, np.nan) if truth.centre_px is None else truth.centre_px
    ratio = without_wow = np.array([np.nan])
    if whole and truth.mm_per_px and len(truth.bound_radius_mm):
        ratio = calibration(decoded, truth, truth.mm_per_px)
        without_wow = calibration(decoded, truth, truth.mm_per_px, delayed=True)
    return {
        "snr_db": result.snr_db,
        "bound_db": result.bound_db,
        "gap_db": result.gap_db,
        "predicted_db": decoded.resolution.snr_db,
        "lost": result.lost,
        "segments": result.segments,
        "wow_percent": result.wow_percent,
        "centre_error_px": float(np.hypot(*(centre - true_centre))),
        "least_calibration": float(ratio.min()),
        "largest_calibration": float(ratio.max()),
        "calibration": [round(float(part), 3) for part in ratio],
        "least_without_wow": float(without_wow.min()),
        "largest_without_wow": float(without_wow.max()),
        "calibration_without_wow": [round(float(part), 3) for part in without_wow],
    }


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--conditions", type=conditions, default=list(PRESETS), metavar="A,B")
    parser.add_argument("--seeds", type=int, default=3, help="discs per condition")
    parser.add_argument("--seconds", type=float, default=6.0, help="length of each sound")
    parser.add_argument("--json", metavar="FILE", help="write the figures there, too")
    parser.add_argument("--keep", metavar="FOLDER", help="leave the photographs there")
    parser.add_argument("--table", metavar="FILE", help="print the table of such a JSON file")
    return parser.parse_args(arguments)


def conditions(text: str) -> list[str]:
    """Names of presets, from a list with commas."""
    names = text.split(",")
    unknown = [name for name in names if name not in PRESETS]
    if unknown:
        raise argparse.ArgumentTypeError(
            f"no condition {unknown[0]!r}; known: {', '.join(PRESETS)}"
        )
    return names


def heading() -> str:
    """Names of the columns."""
    return (
        f"{'condition':12s} seed    SNR  bound    gap  told    lost   wow %  centre px "
        "  claims        less wow     s"
    )


def line(row: dict[str, Any]) -> str:
    """One row of the table; a row without figures says why."""
    name = f"{row['condition']} {row['cut']}" if "cut" in row else row["condition"]
    start = f"{name:12s} {row['seed']!s:>4s}"
    for reason in ("failure", "refused"):
        if reason in row:
            return f"{start}  {reason}: {row[reason]}"
    return (
        f"{start} {row['snr_db']:6.2f} {row['bound_db']:6.2f} {row['gap_db']:6.2f} "
        f"{row['predicted_db']:5.1f} {row['lost']:4.0f}/{row['segments']:<3.0f}"
        f"{row['wow_percent']:7.3f} "
        f"{row['centre_error_px']:9.3f} {row['least_calibration']:5.2f} to "
        f"{row['largest_calibration']:4.2f} {row['least_without_wow']:5.2f} to "
        f"{row['largest_without_wow']:4.2f} {row['seconds']:6.1f}"
    )


def _print_means(rows: list[dict[str, Any]]) -> None:
    """One line per condition: means over the decodes that did not fail."""
    print("\nmeans over seeds\n" + heading())
    for name in dict.fromkeys(row["condition"] for row in rows):
        own = [row for row in rows if row["condition"] == name]
        good = [row for row in own if "failure" not in row]
        mean: dict[str, Any] = {"condition": name, "seed": f"{len(good)}/{len(own)}"}
        if good:
            keys = (*COLUMNS, "segments", "least_without_wow", "largest_without_wow")
            mean |= {key: float(np.mean([row[key] for row in good])) for key in keys}
        else:
            mean["failure"] = "all failed"
        print(line(mean))


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as a table in Markdown, one line per condition."""
    lines = [
        "| condition | discs | gap dB, mean (worst) | predicted less measured dB | wow %, worst "
        "| centre error px, worst | claimed error: true over claimed, per tenth | lost |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in dict.fromkeys(row["condition"] for row in rows):
        own = [row for row in rows if row["condition"] == name]
        good = [row for row in own if "gap_db" in row]
        if not good:
            lines.append(f"| {name} | 0 of {len(own)} | - | - | - | - | - | - |")
            continue
        of = {key: [row[key] for row in good] for key in (*COLUMNS, "segments")}
        told = np.mean(np.subtract(of["predicted_db"], of["snr_db"]))
        claims = "-"
        if None not in of["least_calibration"]:
            claims = f"{min(of['least_calibration']):.2f} to {max(of['largest_calibration']):.2f}"
        lines.append(
            f"| {name} | {len(good)} of {len(own)} | {np.mean(of['gap_db']):.2f} "
            f"({max(of['gap_db']):.2f}) | {told:+.1f} | {max(of['wow_percent']):.3f} "
            f"| {max(of['centre_error_px']):.2f} | {claims} "
            f"| {sum(of['lost']):.0f}/{sum(of['segments']):.0f} |"
        )
    return "\n".join(lines)


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """The row as JSON holds it: no infinities."""
    return {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in row.items()
    }


if __name__ == "__main__":
    sys.exit(main())
