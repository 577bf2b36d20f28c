"""How well the camera is found from the groove, and how well it could be.

usage: python benchmarks/geometry.py [--conditions plain,tilted] [--seeds 3] [--tilt 0 0.003]
                                     [--keep FOLDER] [--json out.json] [--table out.json]

Each named condition is simulated with several seeds, as in `fidelity.py`; it is located, followed,
refined and read, but not played. Most of them are seen without any tilt or lens; `--tilt` adds
random ones, of this rms at 100 mm, since what is nothing is the easiest to find. Told are

- how far the centre is off, x and y and altogether, in px: as refined by a coarse strip, and as
  settled by the reading; and the standard error that is claimed of it, each coordinate;
- the Cramer-Rao bound of the same, rms: from the groove's radius, with as little noise in each
  stretch as the photograph allows, all terms of the camera are told at once with the place and the
  pitch of the spiral (`even`), and with a feed that may change, too (`free`: a polynomial of half
  as many terms as there are turns, at most 12); known beforehand is how large terms usually are;
- wow, rms, of the place along the groove that the camera tells, against the true one; what is
  claimed; and what the bound implies.

A film that is not flat has no such bound: the bend once per turn is the film's, and no camera's.
`--table` measures nothing: it prints the table of figures that were written before.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from fidelity import RATE_HZ, conditions
from scoring import Truth, load_truth

import groovescan
from groovescan.camera.fit import USUAL, as_vector, polynomials, with_vector
from groovescan.core.geometry.camera_model import angle_at, project, unproject
from groovescan.core.results import Camera, GrooveMap
from groovescan.simulate import PRESETS, SimulateSettings, make_sound, simulate, write_simulation
from groovescan.simulate.model.lathe_cut import CutGroove, cut
from groovescan.simulate.model.sensor import SensorView, make_view

_TERMS = ("centre_x", "centre_y", "stretch", "shear", "perspective_x", "perspective_y", "lens")
_BOUNDS = ("even_px", "free_px", "wow_percent")
_SECONDS = 6.0
_STEP = 1e-4
_END_TURNS = 0.1


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark."""
    options = _options(arguments)
    if options.table:
        print(table(json.loads(Path(options.table).read_text(encoding="utf-8"))))
        return 0
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(options.keep or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        print(heading(), flush=True)
        seeds = range(1, options.seeds + 1)
        for tilt, name, seed in product(options.tilt, options.conditions, seeds):
            rows.append(measure(name, seed, folder, tilt))
            print(line(rows[-1]), flush=True)
    print("\n" + table(rows))
    if options.json:
        text = json.dumps(rows, indent=1)
        Path(options.json).write_text(text + "\n", encoding="utf-8")
    return 0


def measure(name: str, seed: int, folder: Path, tilt: float = 0.0) -> dict[str, Any]:
    """Geometry of one disc.

    Parameters
    ----------
    name : str
        Name of a preset.
    seed : int
        Seed of the disc and its sound.
    folder : Path
        Where its photograph is, or goes.
    tilt : float
        Rms of the tilt and of the lens that are added.

    Returns
    -------
    dict
        Figures, by the names of `heading` and those of the camera's terms.
    """
    settings = _taken_askew(PRESETS[name].replace(seed=seed), tilt)
    photograph = _photograph(name, settings, folder, tilt)
    truth = load_truth(photograph.with_suffix(".truth.json"))
    stages = groovescan.Stages(
        photograph,
        groovescan.Settings().replace(
            disc={"start": truth.start}, groove={"modulation": truth.modulation}
        ),
    )
    refit, refined = stages.refit, stages.groove_map.camera
    camera, check = refit.groove_map.camera, refit.camera_check
    view, groove = _scene(settings)
    off = camera.centre_px - settings.centre_px
    row = {
        "condition": f"{name}, askew {tilt:g}" if tilt else name,
        "seed": seed,
        "refined_px": float(np.hypot(*(refined.centre_px - settings.centre_px))),
        "off_x_px": float(off[0]),
        "off_y_px": float(off[1]),
        "off_px": float(np.hypot(*off)),
        "claimed_px": check.centre_error_px,
        "wow_percent": wow_percent(refit.groove_map, view, groove),
        "claimed_wow_percent": check.wow_percent,
        "harmonics_px": [float(size) for size in check.harmonics_px],
        "bend_px": check.bend_px,
        "camera": dict(zip(_TERMS, as_vector(camera).tolist(), strict=True)),
    }
    if not settings.curl_mm:
        even, free = (bound(camera, view, groove, truth, order) for order in (1, None))
        radius_px = float(groove.smooth_mm.mean()) / settings.mm_per_px
        row |= {
            "bound_even_px": float(np.hypot(*even[:2]) * camera.scale_px),
            "bound_free_px": float(np.hypot(*free[:2]) * camera.scale_px),
            "bound_wow_percent": bound_wow_percent(even, camera, radius_px),
            "bound": dict(zip(_TERMS, free.tolist(), strict=True)),
        }
    return row


def _taken_askew(settings: SimulateSettings, tilt: float) -> SimulateSettings:
    across, up, lens = tilt * np.random.default_rng(2000 + settings.seed).standard_normal(3)
    return settings.replace(
        tilt_x=settings.tilt_x + float(across),
        tilt_y=settings.tilt_y + float(up),
        lens=settings.lens + float(lens),
    )


def _sound(seed: int) -> np.ndarray:
    kind = "speech" if seed % 2 else "music"
    return make_sound(_SECONDS, RATE_HZ, np.random.default_rng(1000 + seed), kind)


def _photograph(name: str, settings: SimulateSettings, folder: Path, tilt: float) -> Path:
    """The photograph of a condition, of the name that `fidelity.draw` gives it."""
    suffix = ".jpg" if settings.colour else ".tif" if settings.bit_depth == 16 else ".png"
    path = folder / f"{name}-{settings.seed}{f'-{tilt:g}'.replace('.', '_') * (tilt > 0)}{suffix}"
    if not path.with_suffix(".truth.npz").exists():
        drawn = simulate(_sound(settings.seed), RATE_HZ, settings)
        write_simulation(drawn, path, force=True)
    return path


def _scene(settings: SimulateSettings) -> tuple[SensorView, CutGroove]:
    """Camera and groove of a disc that `simulate` drew, from the same random numbers."""
    lathe, camera, *_ = np.random.default_rng(settings.seed).spawn(5)
    sound = np.asarray(_sound(settings.seed), float)
    return make_view(settings, camera), cut(sound, RATE_HZ, settings, lathe)


def bound(
    camera: Camera, view: SensorView, groove: CutGroove, truth: Truth, order: int | None
) -> np.ndarray:
    """Cramer-Rao bound of the camera's terms, of `_TERMS`, as standard deviations.

    The noise of the radius is that of the displacement (`simulate/bound.py`): a stretch of t
    seconds has the variance N / (2 t).

    Parameters
    ----------
    camera : Camera
        One near enough to the true one.
    view, groove : SensorView, CutGroove
        What was photographed.
    truth : Truth
        With the density N.
    order : int or None
        Order of the polynomial by which the feed may change: 1 is an even one.

    Returns
    -------
    ndarray of float64, shape (7,)
        The centre over the camera's `scale_px`.
    """
    settings = view.settings
    turns = truth.bound_time_s / truth.seconds_per_turn
    step_s = float(truth.bound_time_s[1] - truth.bound_time_s[0])
    variance = truth.bound_density_mm2_per_hz / settings.mm_per_px**2 / (2 * step_s)
    sense = -1.0 if settings.mirrored else 1.0
    angle = settings.start_angle_rad + sense * 2 * np.pi * turns
    points = np.stack(view.to_image(groove.smooth_radius_at(turns), angle))
    here = as_vector(camera)
    slope = [
        unproject(with_vector(camera, here + by), *points)[0]
        - unproject(with_vector(camera, here - by), *points)[0]
        for by in _STEP * np.diag(USUAL)
    ]
    if order is None:
        order = int(np.clip(np.ptp(turns) / 2, 1, 12))
    design = np.c_[np.stack(slope, axis=1) / (2 * _STEP), polynomials(turns, order)]
    usual = np.eye(len(USUAL), design.shape[1])[2:]
    whitened = np.r_[design / np.sqrt(variance)[:, None], usual]
    size = np.linalg.norm(whitened, axis=0)
    inverse = np.linalg.inv(np.linalg.qr(whitened / size)[1]) / size[:, None]
    return np.hypot.reduce(inverse, axis=1)[: len(USUAL)] * USUAL


def bound_wow_percent(error: np.ndarray, camera: Camera, radius_px: float) -> float:
    """Wow, rms, of errors of the terms; perspective and lens leave the angle as it is."""
    once = np.hypot(*error[:2]) * camera.scale_px / radius_px
    return float(100 * np.hypot(once, 2 * np.hypot(*error[2:4])) / np.sqrt(2))


def wow_percent(groove_map: GrooveMap, view: SensorView, groove: CutGroove) -> float:
    """Rms of the speed of the true place along the groove where the map tells an even one."""
    per_turn = groove_map.nodes_per_turn
    s = np.arange(len(groove_map.radius_px)) / per_turn - 1
    inside = (s > _END_TURNS) & (s < groove_map.turns - _END_TURNS)
    s = s[inside]
    points = project(groove_map.camera, groove_map.radius_px[inside], angle_at(groove_map, s))
    settings = view.settings
    _, angle = view.to_disc(*points)
    sense = -1.0 if settings.mirrored else 1.0
    true = np.unwrap(sense * (angle - settings.start_angle_rad)) / (2 * np.pi)
    speed = np.gradient(true - np.polyval(np.polyfit(s, true, 1), s), s)
    return float(100 * np.sqrt(np.mean(speed**2)))


def heading() -> str:
    """Names of the columns."""
    return (
        "condition               seed  refined   off x   off y     off  claimed"
        "  bound: even    free   wow %  claimed   bound"
    )


def line(row: dict[str, Any]) -> str:
    """One row."""
    even, free, wow = (row.get(f"bound_{key}", math.nan) for key in _BOUNDS)
    found = f"{row['refined_px']:8.3f}  {row['off_x_px']:+.3f}  {row['off_y_px']:+.3f}"
    return (
        f"{row['condition']:23s} {row['seed']:4d} {found} {row['off_px']:7.3f} "
        f"{row['claimed_px']:8.3f} {even:12.3f} {free:7.3f} {row['wow_percent']:7.4f} "
        f"{row['claimed_wow_percent']:8.4f} {wow:7.4f}"
    )


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as a table in Markdown, one line per condition, of the worst disc."""
    lines = [
        "| condition | centre off px: refined, settled | claimed, each coordinate "
        "| bound rms: even, any feed | wow % of it | claimed |",
        "|---|---|---|---|---|---|",
    ]
    for name in dict.fromkeys(row["condition"] for row in rows):
        own = [row for row in rows if row["condition"] == name]
        worst = {
            key: max(row[key] for row in own) if key in own[0] else math.nan
            for key in (
                *("refined_px", "off_px", "claimed_px", "bound_even_px", "bound_free_px"),
                *("wow_percent", "claimed_wow_percent"),
            )
        }
        limit = f"{worst['bound_even_px']:.3f}, {worst['bound_free_px']:.3f}"
        lines.append(
            f"| {name} | {worst['refined_px']:.3f}, {worst['off_px']:.3f} "
            f"| {worst['claimed_px']:.3f} | {'-' if 'nan' in limit else limit} "
            f"| {worst['wow_percent']:.4f} | {worst['claimed_wow_percent']:.4f} |"
        )
    return "\n".join(lines)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--conditions", type=conditions, default=list(PRESETS), metavar="A,B")
    parser.add_argument("--seeds", type=int, default=3, help="discs per condition")
    parser.add_argument(
        "--tilt", type=float, nargs="+", default=[0.0], help="rms of added tilt and lens"
    )
    parser.add_argument("--keep", metavar="FOLDER", help="photographs are there, or stay there")
    parser.add_argument("--json", metavar="FILE", help="write the figures there, too")
    parser.add_argument("--table", metavar="FILE", help="print the table of such a JSON file")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
