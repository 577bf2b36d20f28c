"""Draw the figures of the guide and of the method from a test image and from formulas.

usage: python docs/images/figures.py [FOLDER]

It decodes `test_images/plain.png` and writes `method.png`, `bands.png`, `curves.png` and
`resolution.png` into the folder, by default its own.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from scipy import ndimage

import groovescan
from groovescan.core.geometry.camera_model import project, radius_at
from groovescan.core.quality import SPEECH_HZ
from groovescan.core.results import Decoded
from groovescan.simulate import SimulateSettings, make_sound, simulate
from groovescan.sound import parse_curve, response

PHOTO = Path(__file__).parents[2] / "test_images" / "plain.png"
INK, FAINT, TRACE, SECOND = "#26231f", "#9b948a", "#e8542f", "#0072b2"
PATCH_PX = 64
PITCHES_PX = (3.2, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0)


def main(folder: Path) -> None:
    """Write all figures into a folder."""
    plt.rcParams.update(
        {"font.size": 10, "text.color": INK, "axes.edgecolor": FAINT, "axes.labelcolor": INK}
        | {"xtick.color": INK, "ytick.color": INK, "axes.titlesize": 10}
    )
    stages = groovescan.Stages(PHOTO)
    for name, figure in {
        "method.png": method_figure(stages),
        "bands.png": bands_figure(stages.decoded),
        "curves.png": curves_figure(("250N-0", "500N-13.7", "flat")),
        "resolution.png": resolution_figure(),
    }.items():
        figure.savefig(folder / name, dpi=90)
        plt.close(figure)
        print(f"{name}  {(folder / name).stat().st_size / 1e3:.0f} kB")


def method_figure(stages: groovescan.Stages) -> Figure:
    """A patch and its spectrum, the groove unwrapped, and its profile."""
    figure, rows = plt.subplots(2, 2, figsize=(9.6, 6.4), layout="constrained")
    patch = _patch(stages)
    rows[0, 0].imshow(patch, cmap="gray", interpolation="nearest")
    rows[0, 0].set(title="a patch of the photograph", xlabel="x, px", ylabel="y, px")
    window = np.hanning(PATCH_PX)[:, None] * np.hanning(PATCH_PX)
    spectrum = np.fft.fftshift(np.abs(np.fft.fft2((patch - patch.mean()) * window)) ** 2)
    level = 10 * np.log10(spectrum / spectrum.max() + 1e-6)
    axes = rows[0, 1]
    half = 0.5 / PATCH_PX  # a pixel of the spectrum is centred on its frequency; y goes down
    edges = (-0.5 - half, 0.5 - half, 0.5 - half, -0.5 - half)
    axes.imshow(level, cmap="gray", vmin=-45, extent=edges)
    axes.set(title="its spectrum: the groove is one pair of peaks", xlabel="x, cycles per px")
    axes.set_ylabel("y, cycles per px")
    _unwrapped(rows[1, 0], stages)
    template = stages.aligned.fit.template
    across = np.linspace(-template.reach_px, template.reach_px, len(template.value))
    rows[1, 1].plot(across, template.value, color=TRACE)
    rows[1, 1].set(title="the groove's profile, as learnt", xlabel="across the groove, px")
    rows[1, 1].set_ylabel("light, contrast one")
    return figure


def _patch(stages: groovescan.Stages) -> np.ndarray:
    """Pixels about one place of the groove."""
    found = stages.groove_map
    middle = float(np.median(found.radius_px))
    x, y = project(found.camera, np.array([middle]), np.array([0.7]))[:, 0].astype(int)
    half = PATCH_PX // 2
    return stages.photograph.window(slice(y - half, y + half), slice(x - half, x + half))


def _unwrapped(axes: plt.Axes, stages: groovescan.Stages) -> None:
    """A part of the photograph in polar coordinates, with the map drawn over it."""
    found, photo = stages.groove_map, stages.photograph
    inner, outer = np.sort(found.radius_px[[0, -1]])
    radius, angle = np.linspace(inner, outer, 300), np.linspace(0, 1.2, 500)
    x, y = project(found.camera, radius[:, None], angle[None])
    left, top = int(x.min()) - 1, int(y.min()) - 1
    part = photo.window(slice(top, int(y.max()) + 3), slice(left, int(x.max()) + 3))
    light = ndimage.map_coordinates(part, [y - top, x - left], order=1)
    extent = (0, 1.2, inner, outer)
    axes.imshow(light, cmap="gray", aspect="auto", origin="lower", extent=extent)
    sense = found.direction
    for turn in range(int(found.turns)):
        turns = turn + (sense * (angle - found.start_rad) / (2 * np.pi)) % 1.0
        order = np.argsort(angle)
        line = radius_at(found, turns)[order]
        axes.plot(angle[order], np.where(np.abs(np.gradient(line)) < 1, line, np.nan),
                  color=TRACE, linewidth=0.9)  # fmt: skip
    axes.set(title="unwrapped: a fringe, and the map in it", xlabel="angle, rad")
    axes.set(ylabel="radius, px", ylim=(inner, outer))


def bands_figure(decoded: Decoded) -> Figure:
    """Signal to noise ratio in thirds of an octave, as two halves of the pixels measure it."""
    found = decoded.measured
    figure, axes = plt.subplots(figsize=(7.2, 3.2), layout="constrained")
    axes.semilogx(found.centre_hz, found.band_db, "s-", color=TRACE)
    axes.axvspan(*SPEECH_HZ, color=FAINT, alpha=0.2, linewidth=0)
    axes.set(xlabel="frequency, Hz", ylabel="signal to noise ratio, dB")
    octaves = found.centre_hz[::3]
    axes.set_xticks(octaves, [f"{hertz:.0f}" for hertz in octaves])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    return figure


def curves_figure(codes: tuple[str, ...]) -> Figure:
    """What curves do to the sound of a magnetic pick-up."""
    hertz = np.geomspace(30, 15000, 400)
    velocity = np.abs(response(parse_curve("flat"), hertz))
    figure, axes = plt.subplots(figsize=(7.2, 3.2), layout="constrained")
    for code, colour in zip(codes, (TRACE, SECOND, FAINT), strict=True):
        level = np.abs(response(parse_curve(code), hertz)) / velocity
        level = 20 * np.log10(level / np.interp(1000, hertz, level))
        axes.semilogx(hertz, level, color=colour, label=code, linewidth=1.8)
    axes.set(xlabel="frequency, Hz", ylabel="playback, dB against 1 kHz")
    ticks = (50, 100, 250, 500, 1000, 2500, 5000, 10000)
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    return figure


def resolution_figure() -> Figure:
    """What to expect of one disc, photographed with more and more pixels of equal noise."""
    snr, understood = [], []
    for pitch_px in PITCHES_PX:
        size = round(66 / 0.28 * pitch_px)
        chosen = SimulateSettings(
            width_px=size, height_px=size, mm_per_px=0.28 / pitch_px, start_radius_mm=31.0,
            film_radius_mm=33.0, noise=0.01, bones=0, supersampling=2, hole_radius_mm=1.5,
        )  # fmt: skip
        sound = make_sound(4.0, 22050.0, np.random.default_rng(1), "speech")
        found = groovescan.inspect(simulate(sound, 22050.0, chosen).image).predicted
        snr.append(found.snr_db if found else np.nan)
        understood.append(found.intelligibility if found else np.nan)
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.4, 3.0), layout="constrained")
    left.plot(PITCHES_PX, snr, "o-", color=TRACE)
    left.set(xlabel="px from turn to turn", ylabel="signal to noise ratio, dB")
    right.plot(PITCHES_PX, understood, "o-", color=SECOND)
    right.set(xlabel="px from turn to turn", ylabel="speech understood (STOI)", ylim=(0.4, 1))
    for least, words in ((0.85, "without effort"), (0.72, "understood"), (0.6, "in part")):
        right.axhline(least, color=FAINT, linewidth=0.8)
        right.text(PITCHES_PX[0], least, words, ha="left", va="bottom", color=FAINT, fontsize=8)
    for axes in (left, right):
        axes.grid(alpha=0.3)
    return figure


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
