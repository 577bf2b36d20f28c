"""The groove laid straight: all turns under one another, and a short stretch enlarged."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from groovescan.core.results import Reading, Strip
from groovescan.reporting.figures.style import LIGHT, READ, Theme, dress, new_figure


def turns_figure(strip: Strip, theme: Theme = LIGHT) -> Figure:
    """Every turn as one line, the first on top, like the lines of a page.

    Parameters
    ----------
    strip : Strip
        The whole groove laid straight; a coarse one will do.
    theme : Theme
        Colours.

    Returns
    -------
    Figure
        Angle in degrees from the start of each turn, over turns. Of long sides every second,
        third and so on turn is shown.
    """
    bands, every = turn_bands(strip)
    turns, width, _ = bands.shape
    picture = bands.transpose(0, 2, 1)[:, ::-1].reshape(-1, width)
    figure = new_figure(theme, 9.6, float(np.clip(0.28 * turns, 2.0, 7.5)))
    axes = dress(figure.subplots(), theme)
    axes.imshow(
        picture,
        cmap="gray",
        aspect="auto",
        extent=(0, 360, turns * every, 0),
        interpolation="nearest",
        vmin=-2.5,
        vmax=2.5,
    )
    axes.set(xlabel="angle from the start of each turn, degrees", ylabel="turns from the start")
    axes.set_xticks(range(0, 361, 45))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.spines[:].set_visible(False)
    return figure


def turn_bands(strip: Strip) -> tuple[np.ndarray, int]:
    """The strip cut into turns, reduced to a size that can be shown, and evened in light.

    Returns
    -------
    bands : ndarray of float32, shape (turns, columns, offsets)
        Luminance less its mean, in standard deviations, half a pitch to either side of the
        groove; 0 where the groove leaves the photograph and beyond its end.
    every : int
        One turn in so many is shown.
    """
    # Columns of a screen, and bands of which each is some 10 px high.
    most_columns = 1500
    most_bands = 60
    per_turn = strip.samples_per_turn
    near = np.abs(strip.offset_px) <= 0.5 * np.median(np.abs(strip.spacing_px))
    light = np.where(strip.in_photograph[:, None], strip.luminance[:, near], np.nan)
    turns = -(-len(light) // per_turn)
    whole = np.full((turns * per_turn, light.shape[1]), np.nan, np.float32)
    whole[: len(light)] = light
    every = -(-turns // most_bands)
    step = max(1, per_turn // most_columns)
    laid = whole.reshape(turns, per_turn, -1)[::every, : per_turn // step * step]
    parts = laid.reshape(len(laid), -1, step, light.shape[1])
    count = np.isfinite(parts).sum(axis=2)
    total = np.nansum(parts, axis=2)
    bands = total / np.maximum(count, 1)
    level = bands.sum(axis=2, keepdims=True) / np.maximum((count > 0).sum(axis=2), 1)[..., None]
    spread = np.sqrt(np.mean((bands - level) ** 2)) + 1e-9
    return np.where(count > 0, (bands - level) / spread, 0.0).astype(np.float32), every


def strip_figure(
    strip: Strip, reading: Reading, start_turns: float, rpm: float, theme: Theme = LIGHT
) -> Figure:
    """A short stretch of the groove, laid straight, with what was read drawn over it.

    Parameters
    ----------
    strip : Strip
        The stretch, and what lies beside it.
    reading : Reading
        The reading of the whole groove.
    start_turns : float
        Where the strip begins, in turns from the start of the groove.
    rpm : float
        Speed, in revolutions per minute.
    theme : Theme
        Colours.

    Returns
    -------
    Figure
        Px across the groove over ms along it. Missing stretches are marked.
    """
    figure = new_figure(theme, 9.6, 3.6)
    axes = dress(figure.subplots(), theme)
    ms_per_turn = 60e3 / rpm
    begin_ms = start_turns * ms_per_turn
    end_ms = begin_ms + len(strip.luminance) / strip.samples_per_turn * ms_per_turn
    across = strip.offset_px
    # Here the light of a bone must not drown the groove: each column is evened by itself.
    light = strip.luminance - np.median(strip.luminance, axis=1, keepdims=True)
    limit = float(np.percentile(np.abs(light), 99)) + 1e-6
    axes.imshow(
        light.T,
        cmap="gray",
        aspect="auto",
        origin="lower",
        extent=(begin_ms, end_ms, across[0], across[-1]),
        interpolation="bilinear",
        vmin=-limit,
        vmax=limit,
    )
    _draw_reading(axes, reading, (begin_ms, end_ms), ms_per_turn, theme)
    axes.set(
        xlabel="time, ms",
        ylabel="across the groove, px",
        xlim=(begin_ms, end_ms),
        ylim=(across[0], across[-1]),
    )
    return figure


def light_figure(strip: Strip, theme: Theme = LIGHT) -> Figure:
    """A short strip by itself: px across the groove over samples along it.

    Parameters
    ----------
    strip : Strip
        The stretch.
    theme : Theme
        Colours.

    Returns
    -------
    Figure
    """
    figure = new_figure(theme, 9.6, 3.0)
    axes = dress(figure.subplots(), theme)
    across, rows = strip.offset_px, len(strip.luminance)
    axes.imshow(
        strip.luminance.T,
        cmap="gray",
        aspect="auto",
        origin="lower",
        extent=(0, rows, across[0], across[-1]),
    )
    axes.set(xlabel="samples along the groove", ylabel="across the groove, px")
    return figure


def _draw_reading(
    axes: Axes,
    reading: Reading,
    between_ms: tuple[float, float],
    ms_per_turn: float,
    theme: Theme,
) -> None:
    """The displacement between two moments, and where there is none."""
    per_ms = reading.samples_per_turn / ms_per_turn
    first, last = (round(time_ms * per_ms) for time_ms in between_ms)
    part = slice(max(first, 0), min(last, len(reading.displacement_px)))
    time_ms = np.arange(part.start, part.stop) / per_ms
    known = np.isfinite(reading.standard_error_px[part])
    read = np.where(known, reading.displacement_px[part], np.nan)
    axes.plot(time_ms, read, color=READ, linewidth=1.5)
    if not known.all():
        rim = axes.get_xaxis_transform()
        axes.fill_between(
            time_ms, 0, 1, where=~known, transform=rim, color=theme.missing, alpha=0.25, lw=0
        )
