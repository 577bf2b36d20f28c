"""The photograph with what was found in it."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from groovescan.core.geometry.projection import projection_of
from groovescan.core.inspection import Inspection
from groovescan.core.results import Decoded, GrooveMap, PatchWaves, Photograph
from groovescan.reporting.figures.joined_figures import outlines
from groovescan.reporting.figures.read_trace import (
    image_points,
    pieces,
    shown_copy,
    shown_luminance,
)
from groovescan.reporting.figures.style import (
    CONFIDENCE,
    CONFIDENCE_DB,
    LIGHT,
    READ,
    NotebookFigure,
    Theme,
    dress,
    dress_bar,
    new_figure,
)

#: Turns at the start that are shown by themselves: as many as can be told apart in the figure.
_FIRST_TURNS = 3


def disc_figure(photo: Photograph, decoded: Decoded, theme: Theme = LIGHT) -> Figure:
    """The photograph with the traced groove, coloured by how sure its reading is.

    Parameters
    ----------
    photo : Photograph
        The photograph that was decoded.
    decoded : Decoded
        What was read.
    theme : Theme
        Colours.

    Returns
    -------
    Figure
        Axes in px of the photograph, wider where the groove leaves it; of long sides some forty
        turns are drawn.
    """
    # More lines on some 1000 px flow together.
    traced_turns = 40
    figure = new_figure(theme, 9.0, 7.6)
    axes = _photograph(figure, photo, theme)
    every = max(1, int(np.ceil(decoded.groove_map.turns / traced_turns)))
    traced = pieces(decoded)
    drawn = traced.turns[:, 0].astype(int) % every == 0
    radius, angle = traced.radius_px[drawn], traced.angle_rad[drawn]
    points = np.moveaxis(projection_of(decoded.groove_map).project(radius, angle), 0, -1)
    scale = Normalize(*CONFIDENCE_DB, clip=True)
    missing = traced.missing[drawn]
    lines = LineCollection(
        points[~missing],
        colors=CONFIDENCE(scale(traced.snr_db[drawn][~missing])),
        linewidths=0.7,
        rasterized=True,
    )
    axes.add_collection(lines)
    axes.add_collection(LineCollection(points[missing], colors=theme.missing, linewidths=1.4))
    _centre(axes, decoded.groove_map)
    _hold_whole(axes, decoded.groove_map)
    if decoded.joined is not None:
        outlines(axes, decoded.joined, theme)
    bar = figure.colorbar(ScalarMappable(scale, CONFIDENCE), ax=axes, shrink=0.7, pad=0.02)
    dress_bar(bar, theme, "signal to noise ratio of a sample, dB")
    if missing.any():
        gone = Line2D([], [], color=theme.missing, linewidth=1.8, label="missing, filled in")
        axes.legend(handles=[gone], frameon=False, fontsize=9, labelcolor=theme.ink, loc=(0, 1.01))
    return figure


def inspection_figure(photo: Photograph, inspection: Inspection, theme: Theme = LIGHT) -> Figure:
    """Findings of an inspection, drawn over the photograph.

    The groove field, its centre, the camera's grid and the first turns; where no groove was
    found, the fringes that were seen, and what is wrong.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    inspection : Inspection
        What was found in it.
    theme : Theme
        Colours.

    Returns
    -------
    Figure
        The whole photograph, axes in px; beside it a part of it at full size.
    """
    # Letters of the text that fit on the width of the figure.
    wide_letters = 140
    figure = NotebookFigure(figsize=(12.0, 7.2), facecolor=theme.paper)
    room = 0.83 if inspection.refusal is None else 0.78
    axes = _photograph(figure, photo, theme, box=(0.065, 0.085, 0.535, room))
    close = figure.add_axes((0.66, 0.30, 0.31, 0.31 * 12.0 / 7.2))
    if inspection.groove_map is None:
        middle = _waves(axes, inspection.waves, theme)
        _title(figure, theme, f"{inspection.photograph_name}: no groove can be read")
    else:
        groove_map = inspection.groove_map
        _grid(axes, groove_map)
        _first_turns(axes, groove_map)
        _centre(axes, groove_map)
        _hold_whole(axes, groove_map)
        middle = image_points(groove_map, np.array([_clearest(inspection)]))[:, 0]
        _title(figure, theme, f"{inspection.photograph_name}: what the decoder sees")
    if inspection.refusal is not None:
        why, *_ = inspection.refusal.partition(". ")
        _say(figure, (0.065, 0.93), why[:1].upper() + why[1:] + ".", wide_letters, theme)
    _enlarged(close, photo, middle, inspection, theme)
    _legend(figure, axes, theme)
    _advice(figure, inspection, theme)
    return figure


def _clearest(inspection: Inspection) -> float:
    """Where in the first turns the groove shows best, in turns from the start."""
    first = np.abs(inspection.contrast[: _FIRST_TURNS * inspection.parts_per_turn])
    if not np.isfinite(first).any():
        return 1.0
    return (int(np.nanargmax(first)) + 0.5) / inspection.parts_per_turn


def _photograph(
    figure: Figure,
    photo: Photograph,
    theme: Theme,
    box: tuple[float, float, float, float] | None = None,
) -> Axes:
    """Axes in px of the photograph, with a reduced copy of it."""
    # What the page shows at its finest.
    shown_px = 1400
    axes = dress(figure.add_axes(box) if box else figure.subplots(), theme)
    rows, columns = photo.shape
    small, factor = shown_copy(photo, shown_px)
    right, bottom = factor * small.shape[1] - 0.5, factor * small.shape[0] - 0.5
    black, white = shown_luminance(photo)
    axes.imshow(
        small,
        cmap="gray",
        vmin=black,
        vmax=white,
        extent=(-0.5, right, bottom, -0.5),
    )
    axes.set(xlabel="x, px", ylabel="y, px", xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5))
    return axes


def _centre(axes: Axes, groove_map: GrooveMap) -> None:
    x, y = projection_of(groove_map).project(np.zeros(1), np.zeros(1))[:, 0]
    for width, colour in ((4.0, "black"), (1.8, "#ffb454")):
        axes.plot(x, y, "+", color=colour, markersize=15, markeredgewidth=width)


def _hold_whole(axes: Axes, groove_map: GrooveMap) -> None:
    """Widen the axes to where the groove leaves the photograph: what is missing is to be seen."""
    edge = np.full(361, groove_map.radius_px[[0, -1]].max() + 4 * groove_map.pitch_px)
    x, y = projection_of(groove_map).project(edge, np.linspace(0, 2 * np.pi, 361))
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    axes.set_xlim(min(left, x.min()), max(right, x.max()))
    axes.set_ylim(max(bottom, y.max()), min(top, y.min()))


def _grid(axes: Axes, groove_map: GrooveMap) -> None:
    """Circles and spokes of the disc's plane as the camera saw them."""
    # Enough to see a tilt by, and the groove through them: arbitrary.
    grid_rings = 4
    grid_spokes = 12
    inner, outer = np.sort(groove_map.radius_px[[0, -1]])
    angle = np.linspace(0, 2 * np.pi, 361)
    style: dict[str, Any] = {"color": "#6cb8ea", "linewidth": 0.7, "alpha": 0.75}
    for ring in np.linspace(outer / grid_rings, outer, grid_rings)[:-1]:
        axes.plot(*projection_of(groove_map).project(np.full(361, ring), angle), **style)
    spokes = 2 * np.pi * np.arange(grid_spokes) / grid_spokes
    ends = projection_of(groove_map).project(np.array([[0.06 * outer], [outer]]), spokes)
    axes.plot(*ends, **style)
    axes.plot([], [], label="the camera's grid, in the plane of the disc", **style)
    edge: dict[str, Any] = {"color": "#8fcdf0", "linewidth": 1.5}
    for ring in (inner, outer):
        axes.plot(*projection_of(groove_map).project(np.full(361, ring), angle), **edge)
    axes.plot([], [], label="the groove field", **edge)


def _first_turns(axes: Axes, groove_map: GrooveMap) -> None:
    count = min(_FIRST_TURNS, groove_map.turns)
    turns = np.linspace(0, count, int(720 * count) + 2)
    style: dict[str, Any] = {"color": READ, "linewidth": 1.1}
    axes.plot(*image_points(groove_map, turns), label=f"the first {count:.0f} turns", **style)


def _waves(axes: Axes, waves: PatchWaves, theme: Theme) -> np.ndarray:
    """Short lines along the fringes that were seen; where the strongest of them is."""
    rows = float(axes.get_ylim()[0])
    if not len(waves.contrast):
        axes.plot([], [], color=READ, label="no fringe was seen anywhere")
        return np.array([np.mean(axes.get_xlim()), rows / 2])
    best = np.argsort(-waves.contrast)[:1500]
    wave, place = waves.wave_cpp[best], waves.position_px[best]
    unit = wave / np.hypot(*wave.T)[:, None]
    along = np.stack([-unit[:, 1], unit[:, 0]], axis=1) * 0.012 * rows
    ends = np.stack([place - along, place + along], axis=1)
    axes.add_collection(LineCollection(list(ends), colors=READ, linewidths=1.1))
    axes.plot([], [], color=READ, label="lines that were seen, by their direction")
    return place[0]


def _enlarged(
    axes: Axes, photo: Photograph, middle: np.ndarray, inspection: Inspection, theme: Theme
) -> None:
    """The photograph's own pixels about one place."""
    found = inspection.groove_map
    half = float(np.clip(6 * found.pitch_px, 20, 400)) if found else 40.0
    rows, columns = photo.shape
    half = min(half, rows / 2, columns / 2)
    x, y = np.clip(middle, half, [columns - half, rows - half])
    top, left = max(int(y - half), 0), max(int(x - half), 0)
    part = photo.window(slice(top, int(y + half) + 1), slice(left, int(x + half) + 1))
    axes.imshow(
        part,
        cmap="gray",
        interpolation="nearest",
        extent=(left - 0.5, left + part.shape[1] - 0.5, top + part.shape[0] - 0.5, top - 0.5),
    )
    if found:
        turns = np.linspace(0, min(found.turns, 8), 16000)
        axes.plot(*image_points(found, turns), color=READ, linewidth=1.0)
    axes.set(xlim=(x - half, x + half), ylim=(y + half, y - half))
    dress(axes, theme)
    axes.spines[:].set_visible(False)
    axes.set_title(f"{2 * half:.0f} px of it, enlarged", loc="left", color=theme.ink, fontsize=11)
    axes.tick_params(labelsize=8)


def _title(figure: Figure, theme: Theme, text: str) -> None:
    figure.text(0.065, 0.95, text, color=theme.ink, fontsize=14, parse_math=False)


def _legend(figure: Figure, axes: Axes, theme: Theme) -> None:
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="upper left",
        bbox_to_anchor=(0.655, 0.255),
        frameon=False,
        fontsize=9.5,
        labelcolor=theme.ink,
    )


def _advice(figure: Figure, inspection: Inspection, theme: Theme) -> None:
    """The first advice under the enlarged part."""
    # Letters of 9.5 points on the width of the enlarged part.
    line_letters = 58
    _say(figure, (0.66, 0.145), "\n".join(inspection.advice[:2]), line_letters, theme)


def _say(figure: Figure, place: tuple[float, float], text: str, letters: int, theme: Theme) -> None:
    """A few lines of text, from the upper left on."""
    # What fits between the part and the edge.
    most_lines = 6
    lines = [line for part in text.split("\n") for line in textwrap.wrap(part, letters)]
    text = "\n".join(lines[:most_lines] + (["..."] if len(lines) > most_lines else []))
    figure.text(
        *place, text, color=theme.ink, fontsize=9.5, va="top", linespacing=1.35, parse_math=False
    )
