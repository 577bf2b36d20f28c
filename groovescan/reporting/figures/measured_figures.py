"""How good the sound is, as two halves of the pixels measured it: over time, and over pitch."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from groovescan.core.quality import GOOD_DB, SPEECH_HZ, MeasuredQuality
from groovescan.reporting.figures.style import LIGHT, Theme, dress, new_figure

#: What lies below is nothing but noise, and what lies above is not told apart by ear, in dB.
_LEAST_DB, _MOST_DB = -15.0, 45.0


def measured_figure(measured: MeasuredQuality, theme: Theme = LIGHT) -> Figure:
    """Signal to noise ratio from moment to moment, and in thirds of an octave.

    Parameters
    ----------
    measured : MeasuredQuality
        What the halves of the pixels measured.
    theme : Theme
        Colours.

    Returns
    -------
    Figure
        In dB, over s from the start and over Hz. What was not read has no line.
    """
    figure = new_figure(theme, 9.6, 4.6)
    over_time, over_pitch = figure.subplots(2, 1, height_ratios=(1.2, 1))
    _draw_time(over_time, measured, theme)
    _draw_pitch(over_pitch, measured, theme)
    for axes in (over_time, over_pitch):
        axes.axhline(GOOD_DB, color=theme.ink, linewidth=0.8, linestyle=(0, (4, 3)))
        axes.axhspan(_LEAST_DB, 0, color=theme.missing, alpha=0.1, linewidth=0)
        axes.set_ylim(_LEAST_DB, _top_db(measured))
        dress(axes, theme, grid=True)
    figure.align_ylabels((over_time, over_pitch))
    return figure


def _draw_time(axes: Axes, measured: MeasuredQuality, theme: Theme) -> None:
    ratio = np.clip(measured.over_time_db, _LEAST_DB, _MOST_DB)
    axes.step(measured.time_s, ratio, where="mid", color=theme.second, linewidth=1.6)
    low, high = (f"{hz / 1000:g}" for hz in SPEECH_HZ)
    axes.set(xlabel="s from the start", ylabel=f"SNR, {low} to\n{high} kHz, dB")
    axes.set_xlim(0, max(float(np.max(measured.time_s, initial=0.0)), 1.0))


def _draw_pitch(axes: Axes, measured: MeasuredQuality, theme: Theme) -> None:
    # 1, 2 and 5 of each decade.
    ticks_hz = (100, 200, 500, 1000, 2000, 5000, 10000)
    known = np.isfinite(measured.band_db)
    hertz = measured.centre_hz[known]
    height = np.clip(measured.band_db[known], _LEAST_DB, _MOST_DB) - _LEAST_DB
    width = hertz * (2 ** (1 / 6) - 2 ** (-1 / 6)) * 0.85
    axes.bar(hertz, height, width, bottom=_LEAST_DB, color=theme.second)
    axes.set_xscale("log")
    axes.set_xticks(ticks_hz, [f"{hz:g}" for hz in ticks_hz])
    axes.minorticks_off()
    axes.set(xlabel="Hz, by thirds of an octave", ylabel="SNR, dB")
    axes.set_xlim(measured.centre_hz[0] / 1.15, measured.centre_hz[-1] * 1.15)


def _top_db(measured: MeasuredQuality) -> float:
    found = np.concatenate([measured.over_time_db, measured.band_db])
    return float(np.clip(np.nanmax(found, initial=GOOD_DB) + 3, GOOD_DB + 10, _MOST_DB))
