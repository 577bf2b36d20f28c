"""Figures of single stages, for whoever goes through them one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from scipy import signal

from groovescan.core.geometry.camera_model import radius_at
from groovescan.core.geometry.projection import projection_of
from groovescan.core.results import GrooveField, GrooveMap, Photograph, Reading, Waveform
from groovescan.reporting.embed import thumbnail
from groovescan.reporting.figures.read_trace import image_points
from groovescan.reporting.figures.style import LIGHT, READ, Theme, dress, new_figure


def field_figure(field: GrooveField, theme: Theme = LIGHT) -> Figure:
    """The patches in which the groove was seen, each as a short line along it.

    Parameters
    ----------
    field : GrooveField
        What was found.
    theme : Theme
        Colours.

    Returns
    -------
    Figure
        Axes in px of the photograph.
    """
    # More strokes cover one another, and take seconds to draw.
    most_waves = 4000
    figure = new_figure(theme, 5.4, 5.0)
    axes = dress(figure.subplots(), theme)
    every = max(1, len(field.waves.contrast) // most_waves)
    wave, place = field.waves.wave_cpp[::every], field.waves.position_px[::every]
    unit = wave / np.maximum(np.hypot(*wave.T), 1e-12)[:, None]
    along = np.stack([-unit[:, 1], unit[:, 0]], axis=1) * 0.02 * field.radius_outer_px
    lines = LineCollection(list(np.stack([place - along, place + along], axis=1)))
    lines.set(colors=theme.accent, linewidths=0.8)
    axes.add_collection(lines)
    angle = np.linspace(0, 2 * np.pi, 361)
    x, y = field.centre_px
    for radius in (field.radius_inner_px, field.radius_outer_px):
        ring = x + radius * np.cos(angle), y + radius * np.sin(angle)
        axes.plot(*ring, color=theme.second, linewidth=1.2)
    axes.plot(x, y, "+", color=theme.second, markersize=14, markeredgewidth=1.8)
    axes.autoscale_view()
    axes.set(xlabel="x, px", ylabel="y, px", aspect="equal")
    axes.invert_yaxis()
    return figure


def map_figure(groove_map: GrooveMap, theme: Theme = LIGHT) -> Figure:
    """Where the groove runs, and what its radius deviates from an even spiral.

    Parameters
    ----------
    groove_map : GrooveMap
        Where the groove runs.
    theme : Theme
        Colours.

    Returns
    -------
    Figure
        Px of the photograph; px over turns from the start.
    """
    # As fine as the picture shows it for two hundred turns.
    nodes_shown = 40000
    figure = new_figure(theme, 9.6, 4.2)
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.5))
    turns = np.linspace(0, groove_map.turns, min(nodes_shown, int(180 * groove_map.turns) + 2))
    left.plot(*image_points(groove_map, turns), color=theme.accent, linewidth=0.4)
    x, y = projection_of(groove_map).project(np.zeros(1), np.zeros(1))[:, 0]
    left.plot(x, y, "+", color=theme.second, markersize=12, markeredgewidth=1.6)
    left.set(xlabel="x, px", ylabel="y, px", aspect="equal")
    left.invert_yaxis()
    radius = radius_at(groove_map, turns)
    even = np.polynomial.Polynomial.fit(turns, radius, 1)
    right.plot(turns, radius - even(turns), color=theme.second, linewidth=0.8)
    right.set(xlabel="turns from the start", ylabel="radius less an even feed, px")
    dress(left, theme)
    dress(right, theme, grid=True)
    return figure


def reading_figure(reading: Reading, theme: Theme = LIGHT) -> Figure:
    """The displacement along the groove, with what is claimed for its error.

    Parameters
    ----------
    reading : Reading
        What was read.
    theme : Theme
        Colours.

    Returns
    -------
    Figure
        Px over turns: the least and the largest displacement of each part, and the median
        standard error of its samples; missing parts are marked.
    """
    # Two for each px across.
    parts = 1600
    figure = new_figure(theme, 9.6, 3.6)
    axes = figure.subplots()
    known = np.isfinite(reading.standard_error_px)
    moved = np.where(known, reading.displacement_px, 0.0)
    edges = np.linspace(0, len(moved), min(parts, len(moved)) + 1).astype(int)[:-1]
    turns = edges / reading.samples_per_turn
    low, high = np.minimum.reduceat(moved, edges), np.maximum.reduceat(moved, edges)
    axes.fill_between(turns, low, high, color=theme.accent, linewidth=0.4, label="displacement")
    read = np.add.reduceat(known.astype(float), edges)
    error = np.where(known, reading.standard_error_px, 0.0)
    mean = np.add.reduceat(error, edges) / np.maximum(read, 1)
    axes.plot(turns, mean, color=theme.second, linewidth=1.0, label="standard error of a sample")
    gone = read < 0.5 * np.diff(np.append(edges, len(moved)))
    if gone.any():
        rim = axes.get_xaxis_transform()
        style: dict[str, Any] = {"color": theme.missing, "alpha": 0.4, "lw": 0, "label": "missing"}
        axes.fill_between(turns, 0, 1, where=gone, transform=rim, **style)
    axes.set(xlabel="turns from the start", ylabel="across the groove, px")
    axes.set_xlim(0, max(len(moved) / reading.samples_per_turn, 1e-3))
    reach = 1.3 * float(np.percentile(np.maximum(high, -low), 99)) + 1e-9
    axes.set_ylim(-reach, reach)
    axes.legend(frameon=False, fontsize=9, labelcolor=theme.ink, ncols=3, loc="lower left")
    dress(axes, theme, grid=True)
    return figure


def place_figure(
    photo: Photograph, groove_map: GrooveMap, turn: float, theme: Theme = LIGHT
) -> Figure:
    """The groove field on the photograph, with the turn that begins at one place.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    groove_map : GrooveMap
        Where the groove runs.
    turn : float
        The place, in turns from the start.
    theme : Theme
        Colours.

    Returns
    -------
    Figure
        Axes in px of the photograph.
    """
    figure = new_figure(theme, 4.8, 4.8)
    axes = reduced_photograph(figure, photo, theme)
    for end in (0.0, max(groove_map.turns - 1, 0.0)):
        edge = np.linspace(end, min(end + 1, groove_map.turns), 400)
        axes.plot(*image_points(groove_map, edge), color="#8fcdf0", linewidth=1.2)
    chosen = np.linspace(turn, min(turn + 1, groove_map.turns), 400)
    points = image_points(groove_map, chosen)
    axes.plot(*points, color=READ, linewidth=1.8)
    axes.plot(*points[:, 0], "o", color=READ, markersize=6, markeredgecolor="black")
    x, y = projection_of(groove_map).project(np.zeros(1), np.zeros(1))[:, 0]
    axes.plot(x, y, "+", color="#ffb454", markersize=13, markeredgewidth=2)
    axes.set_title(f"groove field, and turn {turn:.0f}")
    return dressed(figure, theme)


def reduced_photograph(figure: Figure, photo: Photograph, theme: Theme) -> Axes:
    """Axes in px of the photograph, with a small copy of it."""
    # What a notebook shows of it.
    shown_px = 700
    axes = dress(figure.subplots(), theme)
    rows, columns = photo.shape
    small = thumbnail(photo, shown_px)
    axes.imshow(small, cmap="gray", extent=(-0.5, columns - 0.5, rows - 0.5, -0.5))
    axes.set(xlabel="x, px", ylabel="y, px", xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5))
    return axes


def spectrum_figure(part: Waveform, whole: Waveform, theme: Theme = LIGHT) -> Figure:
    """Mean spectrum of a part of a sound, before that of the whole.

    Parameters
    ----------
    part, whole : Waveform
        The part, and the sound that it is of.
    theme : Theme
        Colours.

    Returns
    -------
    Figure
        Level in dB below full scale per third of an octave, over frequency in Hz.
    """
    # What lies deeper is not heard, and would squeeze the rest.
    spectrum_depth_db = 70.0
    figure = new_figure(theme, 4.8, 3.4)
    axes = figure.subplots()
    for waveform, colour, label in (
        (whole, theme.faint, "the whole side"),
        (part, theme.accent, "what is heard here"),
    ):
        hertz, level_db = third_octaves(waveform)
        axes.step(hertz, level_db, where="mid", color=colour, linewidth=1.6, label=label)
    axes.set(xscale="log", xlabel="frequency, Hz", ylabel="level per 1/3 octave, dB")
    axes.set_ylim(bottom=axes.get_ylim()[1] - spectrum_depth_db)
    ticks = [t for t in (50, 100, 250, 500, 1000, 2500, 5000, 10000) if t < whole.rate_hz / 2]
    axes.set_xticks(ticks, [f"{t:g}" for t in ticks], minor=False)
    axes.minorticks_off()
    axes.legend(frameon=False, fontsize=9, labelcolor=theme.ink)
    dress(axes, theme, grid=True)
    return figure


def third_octaves(waveform: Waveform) -> tuple[np.ndarray, np.ndarray]:
    """Level of a sound in each third of an octave (Welch's method).

    Returns
    -------
    frequency_hz : ndarray of float64, shape (bands,)
        Middle of each band.
    level_db : ndarray of float64, shape (bands,)
        Against a sine of full scale; -120 at least.
    """
    # What these discs hold; and thrice the longest period of it.
    spectrum_hz = (30.0, 12_000.0)
    window_s = 0.1
    rate_hz, sound = waveform.rate_hz, waveform.samples
    window = min(max(8, round(window_s * rate_hz)), max(len(sound), 1))
    high_hz = min(spectrum_hz[1], 0.45 * rate_hz)
    count = max(2, int(3 * np.log2(high_hz / spectrum_hz[0])))
    middle = spectrum_hz[0] * 2 ** (np.arange(count) / 3)
    if len(sound) < 2:
        return middle, np.full(count, -120.0)
    hertz, density = signal.welch(sound, rate_hz, nperseg=window, detrend=False)
    total = np.concatenate([[0.0], np.cumsum(density) * (hertz[1] - hertz[0])])
    edges = np.concatenate([hertz - hertz[1] / 2, [hertz[-1] + hertz[1] / 2]])
    band = np.interp(middle * 2 ** (1 / 6), edges, total)
    band -= np.interp(middle * 2 ** (-1 / 6), edges, total)
    return middle, 10 * np.log10(np.maximum(2 * band, 1e-12))


def dressed(figure: Figure, theme: Theme) -> Figure:
    """A figure whose axes all have the colours of a theme."""
    for axes in figure.axes:
        dress(axes, theme)
    return figure
