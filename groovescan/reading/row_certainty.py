"""How well the displacement of each row is known, from what the model leaves of the pixels.

The standard error is the noise round a row over the root of its information (Fisher); a row whose
groove is hidden, odd or faint is missing.
"""

from __future__ import annotations

import numpy as np

from groovescan.modulation import modulation_of
from groovescan.profile.model_limits import CELL_ROWS, LARGEST_DISPLACEMENT_PITCHES, NEIGHBOUR_TURNS
from groovescan.reading.kernels.error_estimates import Limits, judged, taken_by_cells, taken_by_rows
from groovescan.reading.light.illumination import smooth
from groovescan.reading.sweep import State, Sums
from groovescan.reading.tiles import RowGrid
from groovescan.runtime.threads import together
from groovescan.strip.row_loops import mean_of_near, some
from groovescan.strip.strip_model import per_row


def error_colour(displacement: np.ndarray, estimate: np.ndarray, error: np.ndarray) -> float:
    """Errors in the programme's band over those from row to row.

    Those in the band, white, would be `error`. Of them an estimate (Wiener's filter) keeps the
    share P / (P + N) at each frequency; whatever it does not keep is seen in the readings about it.
    """
    # The errors' colour is told from blocks of so many rows, and so many of them, and where at
    # least this share of all rows is known.
    colour_rows = 2048
    colour_blocks = 256
    colour_known = 0.2
    largest_colour = 4.0
    known = np.isfinite(error)
    usual = float(np.median(some(error[known]))) if known.any() else 1.0
    count = len(estimate) // colour_rows
    if not count or known.mean() < colour_known:
        return 1.0
    few = slice(None, None, -(-count // colour_blocks))
    window = np.hanning(colour_rows)
    blocks = estimate[: count * colour_rows].reshape(count, colour_rows)[few] * window
    power = np.abs(np.fft.rfft(blocks, axis=1)) ** 2 / (window**2).sum()
    noise_share = float(np.mean(power / (power + usual**2)))
    apart = (displacement[known] - estimate[known]) / error[known]
    return float(np.clip(1 / np.sqrt(np.mean(apart**2) + noise_share), 1.0, largest_colour))


def large_signal(grid: RowGrid, state: State) -> float:
    """Unit of a large modulation: the pitch in px, or the whole contrast."""
    return modulation_of(state.modulation).largest(grid.pitch_px)


def row_readings(grid: RowGrid, state: State, sums: Sums) -> tuple[np.ndarray, np.ndarray]:
    """Displacement and standard error of each row of the groove."""
    # Noise round a row over that of its surroundings: odd, and too much to believe it.
    odd_noises = 1.15
    dirt_contrast = 0.1
    dirty_noises = 1.6
    # What the learnt profile is wrong by, over the contrast. It is alike in many pixels, and so not
    # told by what the model leaves: without noise it is most of a reading's error.
    profile_error = 0.0019
    clear_rows = 5
    least_clear = 0.4
    # A row that sees less of the flanks, over what is usual, sees next to nothing but what the
    # model leaves there.
    least_own = 0.03
    # A row that is less certain tells nothing.
    largest_error_pitches = 0.5
    groove = grid.groove
    hessian, contrast = sums.hessian[groove], state.contrast[groove]
    # Noise is averaged over so many cells along the groove, and turns across it.
    wide = _smoothed(grid, sums, (8.0, NEIGHBOUR_TURNS))
    fitted, noise, close, near, whole = together(
        lambda: _fitted_noise(grid, state, sums, wide),
        lambda: _deviation(grid, *wide),
        lambda: _deviation(grid, *_smoothed(grid, sums, (0.7, 0.0))),
        lambda: mean_of_near(hessian, clear_rows),
        lambda: mean_of_near(sums.whole[groove], clear_rows),
    )
    told = some(hessian) / (some(contrast).astype(float) ** 2 + 1e-12)
    limits = Limits(
        ridge=1e-6 * float(np.median(some(hessian))) + 1e-20,
        step=LARGEST_DISPLACEMENT_PITCHES * large_signal(grid, state),
        profile=profile_error,
        dirt=dirt_contrast,
        odd=odd_noises,
        dirty=dirty_noises,
        clear=least_clear,
        own=least_own * float(np.median(told)),
        error=largest_error_pitches * large_signal(grid, state),
    )
    return judged(
        (state.displacement_px[groove], contrast),
        (hessian, sums.gradient[groove], near, whole),
        (noise, close, fitted),
        limits,
    )


def _fitted_noise(
    grid: RowGrid, state: State, sums: Sums, wide: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """Standard deviation of the pixels' noise about each row's own reading.

    An estimate that follows the rows, as far as it does, leaves less than the noise: what is left
    is told by its degrees of freedom (Kay 1993, 7.8), of which each row takes one, and level and
    contrast of a cell one each. What stands is smoother than a cell's own fit: what it misses of
    the film is no noise on the displacement. A share of the noise `wide` round it is always left.
    """
    # Share of the pixels that are free to tell the noise, at least.
    least_free = 0.2
    # A cell of so many pixels tells its own level and contrast.
    full_cell = 10.0
    square, weight = taken_by_rows(sums.hessian, sums.gradient, sums.whole, CELL_ROWS)
    square += taken_by_cells(sums.normal, sums.target, state.level, state.contrast, 1e-3)
    weight += 2 * np.minimum(sums.weight / full_cell, 1)
    left = tuple(
        np.maximum(smooth(grid, every - taken, (3.0, NEIGHBOUR_TURNS)), least_free * least)
        for every, taken, least in zip(
            (sums.square, sums.weight), (square, weight), wide, strict=True
        )
    )
    return _deviation(grid, *left)


def _smoothed(
    grid: RowGrid, sums: Sums, spread: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Squared residuals and their weights, of each cell and those round it."""
    return smooth(grid, sums.square, spread), smooth(grid, sums.weight, spread)


def _deviation(grid: RowGrid, square: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Standard deviation of the pixels' noise round each row of the groove."""
    variance = square / (weight + 1e-9)
    least = 1e-3 * np.median(some(variance)) + 1e-14
    return per_row(np.sqrt(variance + least), len(grid.radius_px))[grid.groove]
