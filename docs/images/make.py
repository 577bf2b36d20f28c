"""Draw the pictures of the README from a test image: a disc, and its groove laid straight.

usage: python docs/images/make.py [FOLDER]

It decodes `test_images/bones.png` and writes
`disc.png` and `groove.png` into the folder, by default its own.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import ConnectionPatch, Rectangle

import groovescan
from groovescan.core.geometry.camera_model import angle_at, project, radius_at
from groovescan.core.results import Decoded, Photograph, Strip
from groovescan.strip.straighten import lay_straight

PHOTO = Path(__file__).parents[2] / "test_images" / "bones.png"
PAPER, INK, FAINT, TRACE = "#ffffff", "#26231f", "#9b948a", "#e8542f"
ZOOM_PX = 32
SHOWN_S = 0.075
FRAME = {"edgecolor": TRACE, "linewidth": 1.4, "facecolor": "none"}


def main(folder: Path) -> None:
    """Decode the photograph and write both pictures into a folder."""
    plt.rcParams.update(
        {"font.size": 10, "text.color": INK, "axes.edgecolor": FAINT, "axes.labelcolor": INK}
        | {"xtick.color": INK, "ytick.color": INK, "figure.facecolor": PAPER}
    )
    photo = groovescan.read_photograph(PHOTO)
    decoded = groovescan.decode(PHOTO)
    first = loudest_place(decoded)
    for name, figure in {
        "disc.png": disc_figure(photo, decoded, first),
        "groove.png": groove_figure(photo, decoded, first),
    }.items():
        figure.savefig(folder / name, dpi=100)
        plt.close(figure)
        print(f"{name}  {(folder / name).stat().st_size / 1e3:.0f} kB")


def seconds_per_turn(decoded: Decoded) -> float:
    """Duration of a turn in s."""
    return 60 / decoded.settings.sound.rpm


def loudest_place(decoded: Decoded) -> int:
    """First sample of the loudest stretch that is read without a gap and with good contrast."""
    reading = decoded.reading
    length = shown_samples(decoded)
    window = np.ones(length) / length
    power = np.convolve(reading.displacement_px**2, window, mode="valid")
    worst = np.where(np.isfinite(reading.standard_error_px), reading.standard_error_px**2, 1e3)
    return int(np.argmax(power - 30 * np.convolve(worst, window, mode="valid")))


def shown_samples(decoded: Decoded) -> int:
    """Samples of the stretch that is shown."""
    return round(SHOWN_S / seconds_per_turn(decoded) * decoded.reading.samples_per_turn)


def traced(decoded: Decoded, samples: np.ndarray) -> np.ndarray:
    """Image points, x and y in px, where the groove was read at some samples."""
    turns = samples / decoded.reading.samples_per_turn
    radius = radius_at(decoded.groove_map, turns) + decoded.reading.displacement_px[samples]
    return project(decoded.groove_map.camera, radius, angle_at(decoded.groove_map, turns))


def disc_figure(photo: Photograph, decoded: Decoded, first: int) -> Figure:
    """The photograph with the groove field, and a small part of it enlarged."""
    figure = plt.figure(figsize=(9.6, 5.6))
    whole = figure.add_axes((0.01, 0.09, 0.50, 0.86))
    close = figure.add_axes((0.575, 0.16, 0.41, 0.41 * 9.6 / 5.6))
    rows, columns = photo.shape
    small = photo.reduced(4)
    whole.imshow(
        small, cmap="gray", vmin=0, vmax=0.85, extent=(-0.5, columns - 0.5, rows - 0.5, -0.5)
    )
    for end in (0, int(decoded.groove_map.turns) - 1):
        every = np.arange(0, decoded.reading.samples_per_turn, 8)
        whole.plot(
            *traced(decoded, end * decoded.reading.samples_per_turn + every), color=TRACE, lw=0.9
        )
    x, y = decoded.groove_map.camera.centre_px
    whole.plot(x, y, "+", color=TRACE, markersize=11, markeredgewidth=1.4)
    _enlarged(close, photo, decoded, first)
    corner = (close.get_xlim()[0], close.get_ylim()[1])
    whole.add_patch(Rectangle(corner, ZOOM_PX, ZOOM_PX, **FRAME))
    for side in (0, 1):
        ends = (corner[0] + ZOOM_PX, corner[1] + side * ZOOM_PX), (0, 1 - side)
        figure.add_artist(
            ConnectionPatch(
                *ends,
                "data",
                "axes fraction",
                axesA=whole,
                axesB=close,
                color=TRACE,
                lw=0.7,
                alpha=0.6,
            )
        )
    whole.axis("off")
    figure.text(
        0.26, 0.035, "The disc, with the groove's two ends and centre as found", ha="center"
    )
    figure.text(0.78, 0.035, f"{ZOOM_PX} px of it: the groove as read", ha="center")
    return figure


def _enlarged(axes: Axes, photo: Photograph, decoded: Decoded, first: int) -> None:
    """The pixels about one place of the groove, with every turn that was read there."""
    middle = traced(decoded, np.array([first + shown_samples(decoded) // 2]))[:, 0]
    left, top = np.round(middle - ZOOM_PX / 2)
    axes.imshow(photo.luminance, cmap="gray", vmin=0.1, vmax=0.75, interpolation="nearest")
    x, y = traced(decoded, np.arange(len(decoded.reading.displacement_px)))
    inside = (np.abs(x - middle[0]) < ZOOM_PX) & (np.abs(y - middle[1]) < ZOOM_PX)
    x, y = np.where(inside, x, np.nan), np.where(inside, y, np.nan)
    axes.plot(x, y, color=TRACE, lw=1.0)
    axes.set(xlim=(left, left + ZOOM_PX), ylim=(top + ZOOM_PX, top), xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(color=TRACE, linewidth=1.4)


def groove_figure(photo: Photograph, decoded: Decoded, first: int) -> Figure:
    """The groove laid straight, its displacement, and the sound of the same moment."""
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(9.6, 5.6), sharex=True, height_ratios=(1.25, 1), layout="constrained"
    )
    shown = slice(first, first + shown_samples(decoded))
    per_sample_ms = 1e3 * seconds_per_turn(decoded) / decoded.reading.samples_per_turn
    begin_ms, end_ms = shown.start * per_sample_ms, shown.stop * per_sample_ms
    strip = straight(photo, decoded)
    across = strip.offset_px
    above.imshow(
        strip.luminance[shown].T,
        cmap="gray",
        aspect="auto",
        origin="lower",
        extent=(begin_ms, end_ms, across[0], across[-1]),
        interpolation="nearest",
    )
    time_ms = np.arange(shown.start, shown.stop) * per_sample_ms
    above.plot(time_ms, decoded.reading.displacement_px[shown], color=TRACE, lw=1.6)
    above.set(ylabel="across the groove, px", ylim=(across[0], across[-1]))
    above.set_title(
        "The groove laid straight, with its neighbours, and its displacement", fontsize=11
    )
    sound = decoded.waveform
    part = slice(*(round(edge * sound.rate_hz / 1e3) for edge in (begin_ms, end_ms)))
    below.plot(
        np.arange(part.start, part.stop) * 1e3 / sound.rate_hz, sound.samples[part], color=INK, lw=1
    )
    below.axhline(0, color=FAINT, lw=0.6)
    below.set(xlabel="time, ms", ylabel="sound, of full scale", xlim=(begin_ms, end_ms))
    below.set_title("The sound of the same moment, with its recording curve undone", fontsize=11)
    for axes in (above, below):
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def straight(photo: Photograph, decoded: Decoded) -> Strip:
    """The strip that the decode was read from, a little wider."""
    step_px = decoded.settings.groove.step_px
    return lay_straight(
        photo, decoded.groove_map, step_px=step_px, reach_pitches=1.7, across_px=0.25
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
