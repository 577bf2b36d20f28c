"""Read the displacement of the groove from the photograph's own pixels.

What the coarse strip told of each row is the start; sweep by sweep the model of all pixels is
brought nearer to the photograph (Gauss-Newton, all rows at once). What is then left of a row
is its reading, and the sum of the squared slopes over the noise variance its information
(Fisher): no reader can be more certain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from groovescan.config.settings import GrooveSettings
from groovescan.core.geometry.camera_model import angle_at, project, radius_at, unproject
from groovescan.core.results import GrooveMap, Photograph, Reading
from groovescan.core.statistics import wrapped_rad
from groovescan.profile.model_limits import CELL_ROWS, LARGEST_DISPLACEMENT_PITCHES, NEIGHBOUR_TURNS
from groovescan.reading.half_maps import half_difference
from groovescan.reading.illumination import light_of, sharpened, smooth
from groovescan.reading.jpeg_dequantisation import dequantised
from groovescan.reading.kernels.error_estimates import Limits, judged, taken_by_cells, taken_by_rows
from groovescan.reading.merged_turns import without_joined
from groovescan.reading.profile_learning import learn
from groovescan.reading.sweep import State, Sums, search, sweep
from groovescan.reading.tiles import RowGrid, Tile, Tiles, lay_row_grid, lay_tiles
from groovescan.runtime.blas import one_blas_thread
from groovescan.runtime.threads import mapped, together
from groovescan.strip.confidence import snr_db
from groovescan.strip.groove_or_land import Aligned
from groovescan.strip.row_loops import between_any, cheapest, mean_of_near, some
from groovescan.strip.strip_model import per_row
from groovescan.wiener import best_estimate

#: Noise is averaged over so many cells along the groove, and turns across it.
_NOISE_SPREAD = (8.0, NEIGHBOUR_TURNS)
_FITTED_SPREAD = (3.0, NEIGHBOUR_TURNS)
_CLOSE_SPREAD = (0.7, 0.0)
#: Noise round a row over that of its surroundings: odd, and too much to believe it.
_ODD_NOISES = 1.15
#: Share of the pixels that are free to tell the noise, at least.
_LEAST_FREE = 0.2
#: A cell of so many pixels tells its own level and contrast.
_FULL_CELL = 10.0
_DIRT_CONTRAST = 0.1
_DIRTY_NOISES = 1.6
_USUAL_STEP_PX = 0.3
#: In so many sweeps the profile is learnt, and once more from each row's own reading.
_LEARNINGS = 2
#: Displacements tried: how far, and how far apart, over half the groove's width: from there the
#: slope leads on. And how much more a displacement must explain, in units of the noise variance.
_SEARCH_PITCHES = 0.45
_SEARCH_STEP_PX = 0.5
_SEARCH_STEP_WIDTHS = 0.7
_SEARCH_GAIN = 30.0
#: Misfit of a pixel, in the same units, up to which nothing is looked for.
_USUAL_MISFIT = 1.5
#: Displacements are usually smaller than this share of the pitch.
_USUAL_PITCHES = 0.25
#: What the model leaves of a loud groove, over the contrast: at last, and at first.
_MISFIT = 0.06
_EARLY_MISFIT = 0.25
#: What the learnt profile is wrong by, over the contrast. It is alike in many pixels, and so not
#: told by what the model leaves: without noise it is most of a reading's error.
_PROFILE_ERROR = 0.0019
#: Rounds at most. One more tells nothing where the readings have moved by less than this share of
#: their errors, rms, however far some strayed, and where the error has not become less. What comes
#: apart only slowly moves less: what width and brightness carry, and what was rounded away.
_ROUNDS = 4
_CONVERGED_ERRORS, _SLOWLY_CONVERGED_ERRORS = 0.4, 0.2
_STRAYED_ERRORS, _CONVERGED_FALL = 9.0, 0.9
_CLEAR_ROWS = 5
_LEAST_CLEAR = 0.4
#: A row that sees less of the flanks, over what is usual, sees next to nothing but what the model
#: leaves there.
_LEAST_OWN = 0.03
#: How far an estimate about which is read again may be off, in standard deviations.
_TOLERANCE = 0.05
#: The errors' colour is told from blocks of so many rows, and so many of them, and where at least
#: this share of all rows is known.
_COLOUR_ROWS, _COLOUR_BLOCKS, _COLOUR_KNOWN = 2048, 256, 0.2
_LARGEST_COLOUR = 4.0
#: A row that is less certain tells nothing.
_LARGEST_ERROR_PITCHES = 0.5


@one_blas_thread()
def read(
    photo: Photograph,
    groove_map: GrooveMap,
    aligned: Aligned,
    settings: GrooveSettings,
    *,
    along: GrooveMap,
) -> Reading:
    """Read displacement and confidence along a groove map.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    groove_map : GrooveMap
        Where the groove runs.
    aligned : Aligned
        What a coarse strip told of the groove.
    settings : GrooveSettings
        Distance of the rows, and number of sweeps.
    along : GrooveMap
        The map along which the coarse strip was laid.

    Returns
    -------
    Reading
    """
    grid = lay_row_grid(groove_map, settings.step_px, settings.rows_per_turn)
    tiles = lay_tiles(photo, groove_map, grid)
    state = _start(aligned, along, groove_map, grid, settings.carrier)
    rng = np.random.default_rng(0)
    for step in range(settings.iterations - 1):
        sums = sweep(photo, tiles, grid, state)
        state = update_light(grid, state, sums, early=step < settings.iterations - 2)
        # What a coarse strip says of the land is too smooth to move a groove by.
        if step:
            state = _moved(grid, state, sums)
        elif settings.carrier == "lateral":
            state = _searched(photo, tiles, grid, state)
        if step < _LEARNINGS:
            state = learn(photo, tiles, grid, state, rng)
    reading = _converged(photo, tiles, grid, state, rng)
    return without_joined(reading, grid, state.template) if grid.locked else reading


def _start(
    aligned: Aligned, along: GrooveMap, groove_map: GrooveMap, grid: RowGrid, modulation: str
) -> State:
    """First state of the model: the coarse strip's solution, laid out along another map."""
    fit, strip, s = aligned.fit, aligned.strip, aligned.strip.turns
    estimate = np.zeros(len(s))
    if strip.run_rows == len(s):
        estimate = best_estimate(aligned.reading.displacement_px, aligned.reading.standard_error_px)
    x, y = project(along.camera, strip.radius_px + estimate, angle_at(along, s))
    radius, angle = unproject(groove_map.camera, x, y)
    cut = (groove_map.start_rad - along.start_rad) / (along.direction * 2 * np.pi)
    shift = wrapped_rad(angle - angle_at(groove_map, s - cut))
    s = s - cut + groove_map.direction * shift / (2 * np.pi)
    known = (s > -1) & (s < groove_map.turns + 1)
    values = [fit.contrast[known], fit.level[known], fit.tilt[known]]
    # Only a lateral cut has its sound in what the strip read.
    if strip.run_rows == len(s) and modulation == "lateral":
        values.append((radius - radius_at(groove_map, s))[known])
    s, rows = s[known], len(grid.radius_px)
    contrast, level, tilt, *moved = mapped(
        lambda value: between_any(rows, grid.samples_per_turn, s, value), values
    )
    noise = float(np.sqrt(np.mean(fit.level**2)))
    return State(
        displacement_px=groove_rows_only(grid, moved[0]) if moved else np.zeros(rows, np.float32),
        contrast=groove_rows_only(grid, contrast),
        level=level,
        tilt=tilt,
        template=fit.template,
        noise=noise,
        misfit=noise,
        modulation=modulation,
    )


def groove_rows_only(grid: RowGrid, values: np.ndarray) -> np.ndarray:
    """The values of the groove's own rows, zero before and after it."""
    inside = np.zeros_like(values)
    inside[grid.groove] = values[grid.groove]
    return inside


def update_light(grid: RowGrid, state: State, sums: Sums, *, early: bool) -> State:
    """Level, contrast and noise from their normal equations, and the land's slope."""
    rows = len(grid.radius_px)
    light = light_of(grid, sums)
    visible = sums.weight > 0
    noise = float(np.sqrt(np.median(sums.square[visible] / sums.weight[visible]))) + 1e-9
    land, groove = light if early else sharpened(grid, sums, light, noise)
    level, contrast, tilt = together(
        lambda: per_row(land, rows),
        lambda: groove_rows_only(grid, per_row(groove, rows)),
        lambda: per_row(_slope_of(grid, light[0]), rows),
    )
    usual = float(np.percentile(np.abs(some(contrast[grid.groove])), 80))
    return replace(
        state,
        level=level,
        tilt=tilt,
        contrast=contrast,
        noise=noise,
        misfit=max(noise, (_EARLY_MISFIT if early else _MISFIT) * usual),
    )


def _slope_of(grid: RowGrid, level: np.ndarray) -> np.ndarray:
    """Slope of the land across the groove, from the levels of the turns beside it, per px.

    Solved from the pixels of one turn it could not be told from a displacement.
    """
    # The land before and after the groove may be another: the turns themselves tell.
    per_turn, count = grid.samples_per_turn // CELL_ROWS, len(level)
    first, last, cell = per_turn, count - per_turn - 1, np.arange(count)
    within = np.where(cell < first, cell + per_turn, np.where(cell > last, cell - per_turn, cell))
    before = np.where(within - per_turn >= first, within - per_turn, within)
    after = np.where(within + per_turn <= last, within + per_turn, within)
    radius = grid.radius_px[CELL_ROWS // 2 :: CELL_ROWS]
    across = np.where(before == after, np.inf, radius[after] - radius[before])
    return (level[after] - level[before]) / across


def _searched(photo: Photograph, tiles: Sequence[Tile], grid: RowGrid, state: State) -> State:
    """The displacement moved to where a groove is found that no slope leads to.

    A row moves only where that explains much more of the pixels round it.
    """
    step = max(_SEARCH_STEP_PX, _SEARCH_STEP_WIDTHS * state.template.half_width_px)
    count = int(np.ceil(_SEARCH_PITCHES * grid.pitch_px / step))
    tried = (step * np.arange(-count, count + 1)).astype(np.float32)
    usual = _USUAL_MISFIT * state.noise**2, _SEARCH_GAIN / 3 * state.noise**2
    row, cost = search(photo, tiles, grid, state, tried, usual)
    unusual = ((state.noise * tried / (_USUAL_PITCHES * grid.pitch_px)) ** 2).astype(np.float32)
    worth, far = np.float32(_SEARCH_GAIN * state.noise**2), np.float32(1.5 * step)
    moved = cheapest(row, cost, unusual, tried, state.displacement_px, worth, far)
    return replace(state, displacement_px=groove_rows_only(grid, moved))


def _moved(grid: RowGrid, state: State, sums: Sums) -> State:
    """The displacement moved by a Gauss-Newton step."""
    # A row that knows little stays near what its surroundings told.
    doubt = (state.noise / _USUAL_STEP_PX) ** 2
    step = sums.gradient / (sums.hessian + doubt)
    limit = LARGEST_DISPLACEMENT_PITCHES * _unit(grid, state)
    moved = np.clip(state.displacement_px + step, -limit, limit).astype(np.float32)
    return replace(state, displacement_px=groove_rows_only(grid, moved))


def _converged(
    photo: Photograph, tiles: Tiles, grid: RowGrid, state: State, rng: np.random.Generator
) -> Reading:
    """Read again about the best estimate of the displacement, not about each row's own.

    Where the contrast is low, a row by itself strays out of the range in which the model is
    linear. Linearised about the estimate that knows its surroundings it does not, and its
    error is what the information says (an iterated smoother; Bell 1994).
    """
    sums = sweep(photo, tiles, grid, state)
    displacement, error = row_readings(grid, state, sums)
    slow = state.modulation != "lateral" or photo.rounding is not None
    least = _SLOWLY_CONVERGED_ERRORS if slow else _CONVERGED_ERRORS
    for step in range(_ROUNDS):
        state = update_light(grid, state, sums, early=False)
        estimate = np.zeros(len(grid.radius_px), np.float32)
        estimate[grid.groove] = best_estimate(
            displacement, error, tolerance=_TOLERANCE, refinements=0
        )
        limit = LARGEST_DISPLACEMENT_PITCHES * _unit(grid, state)
        estimate = np.clip(estimate, -limit, limit)
        state = replace(state, displacement_px=estimate)
        if not step:
            state = learn(photo, tiles, grid, state, rng)
        known = dequantised(photo, tiles, grid, state)
        sums = known.corrected(sweep(known.photo, tiles, grid, state))
        before, (displacement, error) = (displacement, error), row_readings(grid, state, sums)
        if has_converged(*before, displacement, error, least):
            break
    usual = snr_db(displacement, error)
    colour = 1.0
    if photo.rounding is not None:
        colour = _colour(displacement, state.displacement_px[grid.groove], error)
    return Reading(
        displacement_px=displacement.astype(float),
        standard_error_px=error / np.float32(colour),
        contrast=state.contrast[grid.groove],
        samples_per_turn=grid.samples_per_turn,
        snr_db=usual,
        colour=colour,
        half_difference_px=half_difference(
            known.photo, tiles, grid, state, sums, information_share=known.information_share
        ),
    )


def has_converged(
    before: np.ndarray,
    error_before: np.ndarray,
    displacement: np.ndarray,
    error: np.ndarray,
    least: float,
) -> bool:
    """Whether a round has moved the readings by less than so many errors, rms."""
    before, error_before, displacement, error = map(
        some, (before, error_before, displacement, error)
    )
    if np.median(error) < _CONVERGED_FALL * np.median(error_before):
        return False
    known = np.isfinite(error)
    if not known.any():
        return True
    moved = np.abs(displacement - before)[known] / error[known]
    return bool(np.mean(np.minimum(moved, _STRAYED_ERRORS) ** 2) < least**2)


def _colour(displacement: np.ndarray, estimate: np.ndarray, error: np.ndarray) -> float:
    """Errors in the programme's band over those from row to row.

    Those in the band, white, would be `error`. Of them an estimate (Wiener's filter) keeps the
    share P / (P + N) at each frequency; whatever it does not keep is seen in the readings about it.
    """
    known = np.isfinite(error)
    usual = float(np.median(some(error[known]))) if known.any() else 1.0
    count = len(estimate) // _COLOUR_ROWS
    if not count or known.mean() < _COLOUR_KNOWN:
        return 1.0
    few = slice(None, None, -(-count // _COLOUR_BLOCKS))
    window = np.hanning(_COLOUR_ROWS)
    blocks = estimate[: count * _COLOUR_ROWS].reshape(count, _COLOUR_ROWS)[few] * window
    power = np.abs(np.fft.rfft(blocks, axis=1)) ** 2 / (window**2).sum()
    noise_share = float(np.mean(power / (power + usual**2)))
    apart = (displacement[known] - estimate[known]) / error[known]
    return float(np.clip(1 / np.sqrt(np.mean(apart**2) + noise_share), 1.0, _LARGEST_COLOUR))


def _unit(grid: RowGrid, state: State) -> float:
    """Unit of a large modulation: the pitch in px, or the whole contrast."""
    return 1.0 if state.modulation == "brightness" else grid.pitch_px


def row_readings(grid: RowGrid, state: State, sums: Sums) -> tuple[np.ndarray, np.ndarray]:
    """Displacement and standard error of each row of the groove."""
    groove = grid.groove
    hessian, contrast = sums.hessian[groove], state.contrast[groove]
    wide = _smoothed(grid, sums, _NOISE_SPREAD)
    fitted, noise, close, near, whole = together(
        lambda: _fitted_noise(grid, state, sums, wide),
        lambda: _deviation(grid, *wide),
        lambda: _deviation(grid, *_smoothed(grid, sums, _CLOSE_SPREAD)),
        lambda: mean_of_near(hessian, _CLEAR_ROWS),
        lambda: mean_of_near(sums.whole[groove], _CLEAR_ROWS),
    )
    told = some(hessian) / (some(contrast).astype(float) ** 2 + 1e-12)
    limits = Limits(
        ridge=1e-6 * float(np.median(some(hessian))) + 1e-20,
        step=LARGEST_DISPLACEMENT_PITCHES * _unit(grid, state),
        profile=_PROFILE_ERROR,
        dirt=_DIRT_CONTRAST,
        odd=_ODD_NOISES,
        dirty=_DIRTY_NOISES,
        clear=_LEAST_CLEAR,
        own=_LEAST_OWN * float(np.median(told)),
        error=_LARGEST_ERROR_PITCHES * _unit(grid, state),
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
    square, weight = taken_by_rows(sums.hessian, sums.gradient, sums.whole, CELL_ROWS)
    square += taken_by_cells(sums.normal, sums.target, state.level, state.contrast, 1e-3)
    weight += 2 * np.minimum(sums.weight / _FULL_CELL, 1)
    left = tuple(
        np.maximum(smooth(grid, every - taken, _FITTED_SPREAD), _LEAST_FREE * least)
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
