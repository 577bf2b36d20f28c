"""Quality along the disc, turn by turn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from groovescan.core.geometry.camera_model import radius_at
from groovescan.core.inspection import Inspection
from groovescan.core.results import Decoded, GrooveMap
from groovescan.reporting.figures.read_trace import signal_power
from groovescan.reporting.figures.style import LIGHT, Theme, dress, new_figure


@dataclass(frozen=True, kw_only=True)
class Quality:
    """How well each turn was read.

    Attributes
    ----------
    turn : ndarray of float64, shape (turns,)
        Middle of each turn, in turns from the start; the last may be a part of one.
    snr_db : ndarray of float64, shape (turns,)
        Signal to noise ratio of a sample, in dB, by the power of the whole side; not a number
        where nothing was read.
    filled : ndarray of float64, shape (turns,)
        Share of the turn that could not be read and was filled in, 0 to 1.
    wow_percent : ndarray of float64, shape (turns,)
        Speed error that the groove map leaves open, root mean square, in percent.
    lathe_percent : ndarray of float64, shape (turns,), or None
        Speed error of the lathe about its mean over the side, root mean square, in percent: what
        the hum told, and what was taken out by it. None where no hum was asked, or usable.
    """

    turn: np.ndarray
    snr_db: np.ndarray
    filled: np.ndarray
    wow_percent: np.ndarray
    lathe_percent: np.ndarray | None = None


def quality(decoded: Decoded) -> Quality:
    """Signal to noise ratio, fills and wow of each turn.

    Parameters
    ----------
    decoded : Decoded
        What was read.

    Returns
    -------
    Quality
        One value per turn of each.
    """
    reading = decoded.reading
    error = reading.standard_error_px.astype(float) * reading.colour
    known = np.isfinite(error)
    edges = np.arange(0, len(error), reading.samples_per_turn)
    if len(edges) > 1 and len(error) - edges[-1] < reading.samples_per_turn / 4:
        edges = edges[:-1]  # a sliver tells nothing by itself: it goes with the turn before
    count = np.diff(np.append(edges, len(error)))
    read = np.add.reduceat(known.astype(float), edges)
    information = np.add.reduceat(np.where(known, error, np.inf) ** -2.0, edges)
    snr_db = 10 * np.log10(signal_power(reading) * information / np.maximum(read, 1) + 1e-12)
    turn = (edges + count / 2) / reading.samples_per_turn
    return Quality(
        turn=turn,
        snr_db=np.where(read > 0, snr_db, np.nan),
        filled=1 - read / count,
        wow_percent=wow_percent(decoded.groove_map, turn),
        lathe_percent=_lathe_percent(decoded, edges),
    )


def _lathe_percent(decoded: Decoded, edges: np.ndarray) -> np.ndarray | None:
    """Speed error that the hum told, over the samples from each edge to the next."""
    clock = decoded.account.clock if decoded.account else None
    if clock is None or clock.time_s is None:
        return None
    step_s = np.gradient(clock.time_s)
    error = np.mean(step_s) / step_s - 1
    count = np.diff(np.append(edges, len(error)))
    return 100 * np.sqrt(np.add.reduceat(error**2, edges) / count)


def wow_percent(groove_map: GrooveMap, turn: np.ndarray) -> np.ndarray:
    r"""Speed error that the shape of the groove map leaves open, about some positions.

    A centre that is wrong by :math:`e` at the radius :math:`r` is a speed error of
    :math:`e / r` once per turn, an oval the same twice per turn. What the radius still wavers
    by, in the first harmonics of each turn and after its steady feed is taken out, is therefore
    the size of the speed error that the geometry can hide. The lathe's own is not in it.

    Parameters
    ----------
    groove_map : GrooveMap
        Where the groove runs.
    turn : ndarray of float64, shape (n,)
        Positions in turns.

    Returns
    -------
    ndarray of float64, shape (n,)
        Root mean square, in percent.
    """
    # An off-centre hole, a bent disc, a buckled one; faster is flutter. Samples resolve them well.
    harmonics = 3
    per_turn = 64
    phase = (np.arange(per_turn) + 0.5) / per_turn - 0.5
    radius = radius_at(groove_map, np.asarray(turn)[:, None] + phase)
    wave = 2 * np.pi * np.arange(1, harmonics + 1) * phase[:, None]
    design = np.concatenate([np.ones_like(phase)[:, None], phase[:, None]], axis=1)
    design = np.concatenate([design, np.cos(wave), np.sin(wave)], axis=1)
    weights = np.linalg.lstsq(design, radius.T, rcond=None)[0]
    wavering = np.sqrt((weights[2:] ** 2).sum(axis=0) / 2)
    return 100 * wavering / radius.mean(axis=1)


def quality_figure(decoded: Decoded, theme: Theme = LIGHT) -> Figure:
    """Signal to noise ratio, filled share and wow over the turns.

    Where hum in the groove told the lathe's own speed error, that is drawn, too.

    Parameters
    ----------
    decoded : Decoded
        What was read.
    theme : Theme
        Colours.

    Returns
    -------
    Figure
        In dB, percent and percent, over turns from the start.
    """
    found = quality(decoded)
    lathe = found.lathe_percent
    timed = lathe is not None
    figure = new_figure(theme, 9.6, 6.8 if timed else 5.4)
    rows = figure.subplots(3 + timed, 1, sharex=True, height_ratios=(1.4, *[1] * (2 + timed)))
    style = {"where": "mid", "linewidth": 1.6}
    rows[0].step(found.turn, found.snr_db, color=theme.second, **style)
    middle = float(np.nanmean(found.snr_db)) if np.isfinite(found.snr_db).any() else 0.0
    reach = max(5.0, 1.1 * float(np.nanmax(np.abs(found.snr_db - middle), initial=0.0)))
    rows[0].set(ylabel="SNR of a\nsample, dB", ylim=(middle - reach, middle + reach))
    half = found.turn - np.arange(len(found.turn))  # the last turn may be a part of one
    rows[1].bar(found.turn, 100 * found.filled, color=theme.missing, width=1.6 * half)
    rows[1].set(ylabel="filled in, %", ylim=(0, max(5, 100 * float(found.filled.max()) * 1.1)))
    rows[2].step(found.turn, found.wow_percent, color=theme.accent, **style)
    most = max(0.1, 1.15 * float(found.wow_percent.max()))
    rows[2].set(ylabel="wow left by\nthe geometry, %", ylim=(0, most))
    if lathe is not None:
        rows[3].step(found.turn, lathe, color=theme.second, **style)
        most = max(0.1, 1.15 * float(lathe.max()))
        rows[3].set(ylabel="wow of the lathe,\ntaken out, %", ylim=(0, most))
    end = max(float(found.turn[-1] + half[-1]), 1)
    rows[-1].set(xlabel="turns from the start", xlim=(0, end))
    rows[-1].xaxis.set_major_locator(MaxNLocator(integer=True))
    for axes in rows:
        dress(axes, theme, grid=True)
    figure.align_ylabels(rows)
    return figure


def contrast_figure(inspection: Inspection, theme: Theme = LIGHT) -> Figure:
    """Contrast of the groove over its length: where it flips or vanishes, reading suffers.

    Parameters
    ----------
    inspection : Inspection
        What was seen.
    theme : Theme
        Colours.

    Returns
    -------
    Figure
        In luminance, negative where the groove is darker than the land, over turns.
    """
    figure = new_figure(theme, 9.6, 2.6)
    axes = dress(figure.subplots(), theme, grid=True)
    turns = (np.arange(len(inspection.contrast)) + 0.5) / inspection.parts_per_turn
    axes.plot(turns, inspection.contrast, color=theme.second, linewidth=0.9)
    axes.axhline(0, color=theme.ink, linewidth=0.8)
    axes.set(xlabel="turns from the start", ylabel="contrast of the groove,\nof full scale")
    axes.set_xlim(0, len(inspection.contrast) / inspection.parts_per_turn)
    return figure
