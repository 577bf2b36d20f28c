"""Read the displacement of the groove from the photograph's own pixels.

What the coarse strip told of each row is the start; sweep by sweep the model of all pixels is
brought nearer to the photograph (Gauss-Newton, all rows at once). What is then left of a row
is its reading, and the sum of the squared slopes over the noise variance its information
(Fisher): no reader can be more certain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from groovescan.config.settings import GrooveSettings
from groovescan.core.geometry.camera_model import angle_at, project, radius_at, unproject
from groovescan.core.results import GrooveMap, Photograph, Reading
from groovescan.core.statistics import wrapped_rad
from groovescan.modulation import modulation_of
from groovescan.profile.model_limits import LARGEST_DISPLACEMENT_PITCHES
from groovescan.reading.correlated_noise.error_spectrum import (
    error_spectrum,
    with_displacing_errors,
)
from groovescan.reading.correlated_noise.turn_crosstalk import without_crosstalk
from groovescan.reading.direction.direction_reader import (
    begin_by_direction,
    depends_on_direction,
    finish_by_direction,
)
from groovescan.reading.direction.light_pattern import without_light_pattern
from groovescan.reading.direction.look_centre import centred_on_look
from groovescan.reading.film_pattern.surface_pattern import no_pattern, shows_pattern, told_pattern
from groovescan.reading.half_maps import half_difference, noise_is_correlated
from groovescan.reading.iteration import ITERATION
from groovescan.reading.jpeg_dequantisation import Dequantised, dequantised
from groovescan.reading.light.illumination import (
    groove_rows_only,
    light_of,
    sharpened,
    slope_across,
)
from groovescan.reading.light.slope_contrast import slope_contrast, with_slope_contrast
from groovescan.reading.merged_turns import without_joined
from groovescan.reading.profile_learning import learn
from groovescan.reading.row_certainty import error_colour, large_signal, row_readings
from groovescan.reading.sweep import State, Sums, search, sweep
from groovescan.reading.tiles import RowGrid, Tile, Tiles, lay_row_grid, lay_tiles
from groovescan.runtime.blas import one_blas_thread
from groovescan.runtime.progress import Advance, unheard
from groovescan.runtime.threads import mapped, together
from groovescan.strip.confidence import snr_db
from groovescan.strip.groove_or_land import Aligned
from groovescan.strip.row_loops import between_any, cheapest, mean_of_near, some
from groovescan.strip.strip_model import per_row
from groovescan.wiener import best_estimate


@one_blas_thread()
def read(
    photo: Photograph,
    groove_map: GrooveMap,
    aligned: Aligned,
    settings: GrooveSettings,
    *,
    along: GrooveMap,
    advance: Advance = unheard,
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
    advance : callable
        Is told after each sweep how much is done, 0 to 1.

    Returns
    -------
    Reading
    """
    grid = lay_row_grid(groove_map, settings.step_px, settings.rows_per_turn)
    tiles = lay_tiles(photo, groove_map, grid)
    state = _start(aligned, along, groove_map, grid, settings.carrier)
    rng = np.random.default_rng(0)
    steps = settings.iterations - 1 + ITERATION.rounds
    for step in range(settings.iterations - 1):
        sums = sweep(photo, tiles, grid, state)
        state = update_light(grid, state, sums, early=step < settings.iterations - 2)
        # What a coarse strip says of the land is too smooth to move a groove by.
        if step:
            state = _moved(grid, state, sums)
        elif modulation_of(state.modulation).is_displacement:
            state = _searched(photo, tiles, grid, state)
        if step < ITERATION.learnings:
            state = learn(photo, tiles, grid, state, rng)
        advance((step + 1) / steps)
    lit = _by_direction(photo, tiles, grid, groove_map, state, settings)
    if lit is not None:
        return without_joined(lit, grid, state.template) if grid.locked else lit
    doubt_px: float | np.ndarray = 0.0
    if modulation_of(state.modulation).is_displacement and shows_pattern(
        photo, tiles, grid, groove_map, state
    ):
        photo, state, doubt_px = _without_pattern(photo, tiles, grid, state, rng)
    reading = _converged(photo, tiles, grid, state, rng, lambda left: advance(1 - left / steps))
    if np.any(doubt_px):
        error = np.hypot(reading.standard_error_px, np.asarray(doubt_px, np.float32))
        reading = replace(reading, standard_error_px=error)
    return without_joined(reading, grid, state.template) if grid.locked else reading


def _by_direction(
    photo: Photograph,
    tiles: Tiles,
    grid: RowGrid,
    groove_map: GrooveMap,
    state: State,
    settings: GrooveSettings,
) -> Reading | None:
    """The reading with a profile that follows the groove's direction, where one does not do."""
    # On fewer turns a profile of each direction would be told by the sound of one or two alone.
    least_turns = 4.0
    rng = np.random.default_rng(1)
    if groove_map.turns < least_turns or not modulation_of(state.modulation).is_displacement:
        return None
    if not depends_on_direction(photo, tiles, grid, groove_map, state, rng):
        return None
    begun = []
    for middle in centred_on_look(photo, without_light_pattern(groove_map)):
        row_grid = lay_row_grid(middle, settings.step_px, grid.samples_per_turn)
        row_tiles = lay_tiles(photo, middle, row_grid)
        begun.append(begin_by_direction(photo, row_tiles, row_grid, middle, state, rng))
    told = [each for each in begun if each is not None]
    if not told:
        return None
    best = min(told, key=lambda each: each.misfit)
    reading = finish_by_direction(photo, best, state, rng)
    if reading is None:
        return None
    apart = (best.grid.radius_px - grid.radius_px)[grid.groove]
    return replace(reading, displacement_px=reading.displacement_px + apart)


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
    if strip.run_rows == len(s) and modulation_of(modulation).is_displacement:
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
        lambda: per_row(slope_across(grid, light[0]), rows),
    )
    usual = float(np.percentile(np.abs(some(contrast[grid.groove])), 80))
    return replace(
        state,
        level=level,
        tilt=tilt,
        contrast=contrast,
        noise=noise,
        misfit=ITERATION.misfit_of(noise, usual, early=early),
    )


def _searched(photo: Photograph, tiles: Sequence[Tile], grid: RowGrid, state: State) -> State:
    """The displacement moved to where a groove is found that no slope leads to.

    A row moves only where that explains much more of the pixels round it.
    """
    step = ITERATION.search_step(state.template.half_width_px)
    tried = ITERATION.tried_px(step, grid.pitch_px)
    row, cost = search(photo, tiles, grid, state, tried, ITERATION.usual_costs(state.noise))
    unusual = ITERATION.unusual(tried, grid.pitch_px, state.noise)
    worth, far = np.float32(ITERATION.search_gain * state.noise**2), np.float32(1.5 * step)
    moved = cheapest(row, cost, unusual, tried, state.displacement_px, worth, far)
    return replace(state, displacement_px=groove_rows_only(grid, moved))


def _moved(grid: RowGrid, state: State, sums: Sums) -> State:
    """The displacement moved by a Gauss-Newton step."""
    # A row that knows little stays near what its surroundings told.
    doubt = (state.noise / ITERATION.usual_step_px) ** 2
    step = sums.gradient / (sums.hessian + doubt)
    limit = LARGEST_DISPLACEMENT_PITCHES * large_signal(grid, state)
    moved = np.clip(state.displacement_px + step, -limit, limit).astype(np.float32)
    return replace(state, displacement_px=groove_rows_only(grid, moved))


def _without_pattern(
    photo: Photograph, tiles: Tiles, grid: RowGrid, state: State, rng: np.random.Generator
) -> tuple[Photograph, State, np.ndarray]:
    """The photograph without the pattern that lies on the film, and the model about it.

    Pattern and displacement are told in turns, each about the other. How far the last round moved
    the displacement tells how much of the pattern is still in it, in px, row by row.
    """
    # Rounds, and power of the weakest wave that is taken in the first, over the strongest; in each
    # further one this share of it. With all waves taken at once 4 dB less of a print's sound come
    # out; from 0.5 to 0.7 in 6 to 12 rounds the references differ by 0.4 dB.
    rounds, first_share, next_share = 8, 0.3, 0.6
    # Each round moves the pattern further than it tells (over-relaxation), since the next one would
    # tell more of the same; from 1.5 to 1.9 the references differ by 0.1 dB.
    relaxation = 1.8
    # What is left of the pattern over the last move, averaged over so many rows. On two small
    # discs it was 1.9 and 3.1 times that, rms.
    left_moves, near_rows = 2.5, 101
    pattern, without = no_pattern(tiles), photo
    displacement = error = np.zeros(0, np.float32)
    for step in range(rounds):
        sums, before = sweep(without, tiles, grid, state), displacement
        displacement, error = row_readings(grid, state, sums)
        state = _about_estimate(grid, state, sums, displacement, error)
        if not step:
            state = learn(without, tiles, grid, state, rng)
        share = first_share * next_share**step
        told = told_pattern(photo, tiles, grid, state, pattern, least_share=share)
        pattern = pattern.towards(told, relaxation if 0 < step < rounds - 1 else 1.0)
        without = pattern.removed(photo)
    moved = np.where(np.isfinite(error), displacement - before, 0).astype(np.float32)
    return without, state, left_moves * np.sqrt(mean_of_near(moved**2, near_rows))


def _about_estimate(
    grid: RowGrid, state: State, sums: Sums, displacement: np.ndarray, error: np.ndarray
) -> State:
    """The model about the best estimate of the displacement, in the light that a sweep told."""
    state = update_light(grid, state, sums, early=False)
    estimate = np.zeros(len(grid.radius_px), np.float32)
    estimate[grid.groove] = best_estimate(
        displacement, error, tolerance=ITERATION.tolerance, refinements=0
    )
    limit = LARGEST_DISPLACEMENT_PITCHES * large_signal(grid, state)
    return replace(state, displacement_px=np.clip(estimate, -limit, limit))


def _converged(
    photo: Photograph,
    tiles: Tiles,
    grid: RowGrid,
    state: State,
    rng: np.random.Generator,
    rounds_left: Callable[[int], None],
) -> Reading:
    """Read again about the best estimate of the displacement, not about each row's own.

    Where the contrast is low, a row by itself strays out of the range in which the model is
    linear. Linearised about the estimate that knows its surroundings it does not, and its
    error is what the information says (an iterated smoother; Bell 1994).
    """
    sums = sweep(photo, tiles, grid, state)
    displacement, error = row_readings(grid, state, sums)
    modulation = modulation_of(state.modulation)
    slow = modulation.couples_to_light or photo.rounding is not None
    slope_change = 0.0
    for step in range(ITERATION.rounds):
        state = _about_estimate(grid, state, sums, displacement, error)
        if not step:
            state = learn(photo, tiles, grid, state, rng)
        if modulation.changes_width:
            film = state
            steep = with_slope_contrast(grid, film, slope_change)
            slope_change += slope_contrast(photo, tiles, grid, steep, rng)
            state = with_slope_contrast(grid, film, slope_change)
        known = dequantised(photo, tiles, grid, state)
        sums = known.corrected(sweep(known.photo, tiles, grid, state))
        before, (displacement, error) = (
            (displacement, error),
            row_readings(grid, state, sums),
        )
        rounds_left(ITERATION.rounds - 1 - step)
        if has_converged(before, (displacement, error), slowly=slow):
            break
    rounded = photo.rounding is not None
    return _as_reading(known, tiles, grid, state, (sums, displacement, error), rounded=rounded)


def _as_reading(
    known: Dequantised,
    tiles: Tiles,
    grid: RowGrid,
    state: State,
    found: tuple[Sums, np.ndarray, np.ndarray],
    *,
    rounded: bool,
) -> Reading:
    """The reading, from sums, displacements and errors of the rows, with what its noise is like."""
    photo, share, (sums, displacement, error) = known.photo, known.information_share, found
    lateral = modulation_of(state.modulation).is_displacement
    colour, read_px, mixed = 1.0, displacement.astype(float), False
    if rounded:
        colour = error_colour(displacement, state.displacement_px[grid.groove], error)
    if lateral:
        step_px = float(np.median(grid.along_px[grid.groove]))
        read_px, mixed = without_crosstalk(read_px, error, grid.samples_per_turn, step_px)
    correlated = mixed or rounded or noise_is_correlated(photo, tiles, grid, state)
    reading = Reading(
        displacement_px=read_px,
        standard_error_px=error / np.float32(colour),
        contrast=state.contrast[grid.groove],
        samples_per_turn=grid.samples_per_turn,
        snr_db=snr_db(displacement, error),
        colour=colour,
        half_difference_px=half_difference(
            photo, tiles, grid, state, sums, information_share=share, correlated=correlated
        ),
    )
    if not (correlated and lateral):
        return reading
    spectrum = error_spectrum(
        photo, tiles, grid, state, reading.standard_error_px, information_share=share
    )
    if spectrum is None:
        return reading
    if rounded:  # how large errors are from row to row is told by what is left
        return replace(reading, error_spectrum=spectrum)
    return _with_spectrum(reading, spectrum, mixed=mixed)


def _with_spectrum(reading: Reading, spectrum: np.ndarray, *, mixed: bool) -> Reading:
    """The reading with the spectrum of its errors.

    How large they are altogether is claimed of each sample, and never less than by white noise.
    """
    if mixed:
        spectrum = with_displacing_errors(
            spectrum, reading.displacement_px, reading.standard_error_px
        )
    larger = np.float32(max(1.0, float(np.sqrt(spectrum.mean()))))
    return replace(
        reading,
        standard_error_px=reading.standard_error_px * larger,
        error_spectrum=spectrum / larger**2,
    )


def has_converged(
    before: tuple[np.ndarray, np.ndarray],
    after: tuple[np.ndarray, np.ndarray],
    *,
    slowly: bool,
) -> bool:
    """Whether one more round would tell nothing: see `Iteration.has_converged`."""
    few = [(some(displacement), some(error)) for displacement, error in (before, after)]
    return ITERATION.has_converged(*few, slowly=slowly)
