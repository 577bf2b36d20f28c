"""Spectrum of the readings' errors where the noise of neighbouring pixels goes together.

The groove's two flanks change the light of their pixels by opposite amounts when it is displaced,
and alike when it widens. A lateral cut keeps its width: what the pixels say of it, from row to
row, is noise that went through the same pixels with the same weights as that of the displacement,
with or without a programme. So its spectrum is that of the displacement's errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import fft, ndimage

from groovescan.core.results import Photograph
from groovescan.profile.template import Template
from groovescan.reading.sweep import State, sweep
from groovescan.reading.tiles import RowGrid, Tile

_SIZE = 512


def error_spectrum(
    photo: Photograph,
    tiles: Sequence[Tile],
    grid: RowGrid,
    state: State,
    error: np.ndarray,
    *,
    information_share: float = 1.0,
) -> np.ndarray | None:
    """Density of the errors over that of white ones of the size that is claimed.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    tiles : sequence of Tile
        Where its pixels lie.
    grid : RowGrid
        The rows along the groove.
    state : State
        The model about which was read; of a lateral cut.
    error : ndarray of float32, shape (samples,)
        Standard errors that are claimed, in px; infinite where a row is missing.
    information_share : float
        See `groovescan.reading.half_maps.half_difference`.

    Returns
    -------
    ndarray of float32, shape (257,), or None
        At frequencies from zero to half a cycle per row; None where too little was read.
    """
    # Film changes the groove's width and contrast, too, over longer waves than these; there the
    # noise is taken for what it is from here to half as much again.
    longest_px = 30.0
    # What dirt adds is no more than so many errors; and fewer rows tell nothing.
    most_errors = 6.0
    least_known = 0.5
    # Interpolation, rounding and noise reduction leave at most so many times the usual error at any
    # frequency (1.3 to 2.1 measured); fringes and lamps, which are not noise, some 3.6.
    most_coloured = 2.0
    # Such noise moves a groove further than it widens it: 1.0 to 1.25 times, measured on mosaics
    # and JPEG files.
    displacing = 1.25
    sums = sweep(photo, tiles, grid, replace(state, template=_of_widths(state.template)))
    groove, known = grid.groove, np.isfinite(error)
    told = known & (sums.hessian[groove] > 0)
    below = np.where(told, information_share * sums.hessian[groove] * np.where(told, error, 1), 1)
    widths = np.clip(np.where(told, sums.gradient[groove] / below, 0), -most_errors, most_errors)
    framed = [frames(values) for values in (widths, told)]
    enough = framed[1].mean(axis=1) > least_known
    if enough.sum() < 2:
        return None
    power = np.abs(fft.rfft(framed[0][enough] * window(), axis=1)) ** 2
    power /= (framed[1][enough] @ window() ** 2)[:, None]
    density = _typical(power)
    first = int(np.ceil(_SIZE * np.median(grid.along_px) / longest_px))
    density[:first] = density[first : max(3 * first // 2, first + 1)].mean()
    most = most_coloured**2 * np.median(density)
    return np.asarray(displacing**2 * np.clip(density, 1e-3, most + 1e-3), np.float32)


def with_displacing_errors(
    spectrum: np.ndarray, displacement: np.ndarray, error: np.ndarray
) -> np.ndarray:
    """The spectrum of errors that move a groove further than they widen it.

    Noise reduction draws the groove in steps of whole pixels. How far it moves, the quietest
    moments tell, of which not all is noise.

    Parameters
    ----------
    spectrum : ndarray of float32, shape (257,)
        As `error_spectrum` gives it.
    displacement : ndarray of float64, shape (samples,)
        As it was read, in px.
    error : ndarray of float32, shape (samples,)
        Standard errors that are claimed, in px; infinite where a row is missing.

    Returns
    -------
    ndarray of float32, shape (257,)
        From `spectrum` to sixteen times as much.
    """
    # The share of the moments that is quiet; errors of all moments over theirs (1.1 to 1.5 measured
    # on discs from which non-local means has taken the noise); and how much larger than usual they
    # may be at most.
    quietest = 0.1
    loud = 1.5
    furthest = 4.0
    known = np.isfinite(error)
    relative = frames(np.where(known, displacement / np.where(known, error, 1), 0))
    power = np.abs(fft.rfft(relative * window(), axis=1)) ** 2 / np.sum(window() ** 2)
    enough = frames(known).mean(axis=1) > 1 - quietest
    if not enough.any():
        return spectrum
    power = power[enough]
    loudness = power[:, 1 : power.shape[1] // 4].sum(axis=1)
    quiet = _typical(power[loudness <= np.quantile(loudness, quietest)])
    return np.clip(loud**2 * quiet, spectrum, furthest**2 * spectrum).astype(np.float32)


def _of_widths(template: Template) -> Template:
    """The template with the derivative of a growth of its width, by the same weights."""
    return replace(template, slope=np.abs(template.slope))


def frames(values: np.ndarray) -> np.ndarray:
    """Half overlapping stretches of a signal; float64, shape (stretches, 512)."""
    short = max(_SIZE - len(values), 0)
    padded = np.pad(np.asarray(values, float), (0, short))
    return np.lib.stride_tricks.sliding_window_view(padded, _SIZE)[:: _SIZE // 2]


def window() -> np.ndarray:
    """The window of a stretch: Hann's."""
    return np.asarray(np.sin(np.pi * (np.arange(_SIZE) + 0.5) / _SIZE) ** 2)


def _typical(power: np.ndarray) -> np.ndarray:
    """Usual power at each frequency: that of so many round it, in the middle one of all moments."""
    # Of one frame a bin is off by its own size, the mean of nine by a third.
    bins = 9
    return np.asarray(
        np.median(ndimage.uniform_filter1d(power, bins, axis=1, mode="mirror"), axis=0)
    )
