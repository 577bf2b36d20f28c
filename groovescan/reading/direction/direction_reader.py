"""Read the displacement of a groove whose look depends on the direction in which it runs.

Under lamps a wall shines where it faces one. Which does changes round the disc, and with the sound:
the slope of the displacement turns the groove, and so moves and brightens its light. The profile is
therefore learnt as a function of the direction, and the displacement is read from where the groove
lies and from where it runs, together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from groovescan.core.results import GrooveMap, Photograph, Reading
from groovescan.profile.model_limits import CELL_ROWS, LARGEST_DISPLACEMENT_PITCHES
from groovescan.reading.direction.direction_learning import learn_profile
from groovescan.reading.direction.direction_profile import (
    DirectionProfile,
    empty_profile,
    same_in_all_directions,
)
from groovescan.reading.direction.direction_sweep import (
    DirectionSums,
    TurnedRows,
    direction_sweep,
    rows_of,
)
from groovescan.reading.half_maps import half_difference
from groovescan.reading.light.illumination import groove_rows_only, slope_across, smooth
from groovescan.reading.row_certainty import row_readings
from groovescan.reading.sweep import State, Sums
from groovescan.reading.tiles import RowGrid, Tile
from groovescan.strip.confidence import snr_db
from groovescan.strip.row_loops import solved, some
from groovescan.strip.strip_model import per_row
from groovescan.wiener import best_estimate
from groovescan.wiener.two_witnesses import Witnesses, joint_estimate, slope

#: The smoother takes errors for so many times as large itself (`groovescan.sound.repair`).
_CAUTION = 1.2


@dataclass(frozen=True, kw_only=True)
class _DirectionModel:
    """What is known of the groove: its rows, and its profile in each direction."""

    state: State
    profile: DirectionProfile


@dataclass(frozen=True, kw_only=True)
class _DirectionReadings:
    """What a sweep tells about a model: sums, as if of the displacement alone, and readings."""

    by_direction: DirectionSums
    sums: Sums
    steepness: float
    displacement_px: np.ndarray
    error_px: np.ndarray


def depends_on_direction(
    photo: Photograph,
    tiles: Sequence[Tile],
    grid: RowGrid,
    groove_map: GrooveMap,
    state: State,
    rng: np.random.Generator,
) -> bool:
    """Whether the groove's profile changes so much with its direction that one does not do.

    Told by what is left of pixels that nothing was learnt from (cross-validation; Stone 1974), with
    a profile that is the same all round and with one that follows the direction.
    """
    # Of a groove with one profile 0.995 and more are left; under lamps that light one wall 0.2 to
    # 0.96, the more the nearer the first displacements are to the truth.
    most_left = 0.97
    harmonics, pixels = (0, 2, 4), 15_000
    profile = same_in_all_directions(state.template)
    rows = rows_of(groove_map, grid, state.displacement_px)
    left = learn_profile(
        photo, tiles, grid, state, rows, profile, rng, harmonics=harmonics, most_pixels=pixels
    ).left
    return min(left.values()) < most_left * left[0]


def read_by_direction(
    photo: Photograph,
    tiles: Sequence[Tile],
    grid: RowGrid,
    groove_map: GrooveMap,
    state: State,
    rng: np.random.Generator,
) -> Reading | None:
    """Read displacement and confidence of a groove whose profile follows its direction.

    Parameters
    ----------
    photo, tiles, grid, groove_map
        The photograph, where its pixels lie, the rows, and the map along which they lie.
    state : State
        What is known of land and groove with one profile.
    rng : numpy.random.Generator
        Draws the pixels from which is learnt.

    Returns
    -------
    Reading or None
        None where this explains the photograph no better than one profile does.
    """
    # Rounds, and the number of harmonics that are tried in each: coarse ones first, so that the
    # first displacements lie where the model is linear. For the same reason errors are thought to
    # be so many times as large in the first rounds. The last is what is left: a profile that is not
    # known exactly errs alike in many pixels.
    harmonics = ((2,), (4,), (4,), (6,), (4, 8))
    inflations = (5.0, 4.0, 3.0, 2.5, 2.0, 1.6, 1.3, 1.2, 1.2, 1.2)
    # Noise that may be left, over that with one profile, when so many rounds are done: from then on
    # it hardly falls.
    most_noise, settled_rounds = 0.85, 5
    model = _start(grid, state)
    for step, inflation in enumerate(inflations):
        tried = harmonics[min(step, len(harmonics) - 1)]
        model = _relearnt(photo, tiles, grid, groove_map, model, rng, tried)
        rows = rows_of(groove_map, grid, model.state.displacement_px)
        model = _lit(grid, model, _told(photo, tiles, grid, model, rows).sums)
        told = _told(photo, tiles, grid, model, rows)
        if step >= settled_rounds and model.state.noise > most_noise * state.noise:
            return None
        if step == settled_rounds and not _is_turned(photo, tiles, grid, model, rows, rng):
            return None
        model = _moved(grid, model, told, inflation)
    rows = rows_of(groove_map, grid, model.state.displacement_px)
    told = _told(photo, tiles, grid, model, rows)
    error = told.error_px * np.float32(inflations[-1] / _CAUTION)

    def gather(photo: Photograph, some_tiles: Sequence[Tile], grid: RowGrid, state: State) -> Sums:
        """The equations of some tiles, the slope's share counted with the displacement."""
        found = direction_sweep(photo, some_tiles, grid, state, rows, model.profile)
        return found.at_usual_steepness(told.steepness)

    whole = told.by_direction.at_usual_steepness(told.steepness)
    displacement = handed_on(told.displacement_px, error, model.state.displacement_px[grid.groove])
    return Reading(
        displacement_px=displacement,
        standard_error_px=error,
        contrast=model.state.contrast[grid.groove],
        samples_per_turn=grid.samples_per_turn,
        snr_db=snr_db(displacement, error),
        half_difference_px=half_difference(
            photo, tiles, grid, model.state, whole, gather=gather, correlated=True
        ),
    )


def handed_on(displacement: np.ndarray, error: np.ndarray, estimate: np.ndarray) -> np.ndarray:
    """Readings of which the best estimate is that which place and slope told together.

    What a row's slope tells lies in the rows beside it. Readings row by row, with an error each,
    cannot say that, and their best estimate would be another: the difference is added to them.

    Parameters
    ----------
    displacement, error : ndarray of float, shape (rows,)
        Readings in px, and their errors; infinite where missing.
    estimate : ndarray of float, shape (rows,)
        What place and slope told, in px.

    Returns
    -------
    ndarray of float64, shape (rows,)
    """
    again = best_estimate(displacement, _CAUTION * error)
    return np.asarray(displacement + (estimate - again), float)


def _is_turned(
    photo: Photograph,
    tiles: Sequence[Tile],
    grid: RowGrid,
    model: _DirectionModel,
    rows: TurnedRows,
    rng: np.random.Generator,
) -> bool:
    """Whether the sound turns the look as the azimuth does, which film does not.

    Both are told by what they leave of pixels that nothing was learnt from.
    """
    # Under lamps 0.6 to 0.82 is left of what is left without the slope, the more where glints are
    # so bright that no profile explains them; where the film differs, all of it (1.1 on a box).
    most_left, count, pixels = 0.92, 8, 40_000
    straight = replace(rows, slope=np.zeros_like(rows.slope))
    left = [
        learn_profile(
            photo, tiles, grid, model.state, each, model.profile, rng,
            harmonics=(count,), most_pixels=pixels,
        ).left[count]
        for each in (rows, straight)
    ]  # fmt: skip
    return left[0] < most_left * left[1]


def _start(grid: RowGrid, state: State) -> _DirectionModel:
    """A groove without displacement, of one contrast, on the land that is known."""
    # So far from the groove's middle light may still be its own, in pitches: its look may lie
    # beside the map.
    reach_pitches = 0.8
    contrast = float(np.percentile(np.abs(some(state.contrast[grid.groove])), 80))
    one = np.full(len(grid.radius_px), contrast, np.float32)
    return _DirectionModel(
        state=replace(
            state,
            displacement_px=np.zeros(len(grid.radius_px), np.float32),
            contrast=groove_rows_only(grid, one),
            misfit=max(contrast, 4 * state.noise),
        ),
        profile=empty_profile(reach_pitches * grid.pitch_px),
    )


def _relearnt(
    photo: Photograph,
    tiles: Sequence[Tile],
    grid: RowGrid,
    groove_map: GrooveMap,
    model: _DirectionModel,
    rng: np.random.Generator,
    harmonics: tuple[int, ...],
) -> _DirectionModel:
    """The model with a profile learnt anew."""
    rows = rows_of(groove_map, grid, model.state.displacement_px)
    learnt = learn_profile(
        photo, tiles, grid, model.state, rows, model.profile, rng, harmonics=harmonics
    )
    contrast = model.state.contrast * np.float32(learnt.peak)
    return _DirectionModel(state=replace(model.state, contrast=contrast), profile=learnt.profile)


def _told(
    photo: Photograph,
    tiles: Sequence[Tile],
    grid: RowGrid,
    model: _DirectionModel,
    rows: TurnedRows,
) -> _DirectionReadings:
    """What the pixels tell about a model."""
    # Slope of a usual programme over its displacement, per row, before any is known.
    usual_steepness = 0.3
    found = _doubted(
        grid, model, direction_sweep(photo, tiles, grid, model.state, rows, model.profile)
    )
    signal = model.state.displacement_px[grid.groove]
    power = float(np.mean(signal**2))
    steepness = float(np.sqrt(np.mean(slope(signal) ** 2) / power)) if power else usual_steepness
    sums = found.as_sums(steepness)
    displacement, error = row_readings(grid, model.state, sums)
    return _DirectionReadings(
        by_direction=found,
        sums=sums,
        steepness=steepness,
        displacement_px=displacement,
        error_px=error,
    )


def _doubted(grid: RowGrid, model: _DirectionModel, sums: DirectionSums) -> DirectionSums:
    """The sums, with what the profile's own errors seem to tell drawn to no displacement.

    Where no wall shines its derivatives are little but errors, which tell nothing.
    """
    # Error of the profile's derivatives, per px and per radian, over the contrast. Of the errors
    # that four lamps' profile shows between the lamps (0.02 to 0.05, and 0.1).
    offset_error, direction_error = 0.01, 0.03
    about = model.state.displacement_px.astype(float)
    light = sums.weight * model.state.contrast.astype(float) ** 2
    place, turned = light * offset_error**2, light * (direction_error / grid.along_px) ** 2
    return replace(
        sums,
        by_value=sums.by_value + place,
        by_slope=sums.by_slope + turned,
        gradient=sums.gradient - place * about,
        slope_gradient=sums.slope_gradient - turned * slope(about),
    )


def _lit(grid: RowGrid, model: _DirectionModel, sums: Sums) -> _DirectionModel:
    """Level and contrast anew: brightness that is quick is the sound's.

    The contrast is averaged until it is slower than sound; where no wall shines nothing tells it,
    and it is near to what it is elsewhere.
    """
    # Cells over which contrast and land are averaged: slower than sound.
    groove_spread, land_spread = (3.0, 2.0), (1.0, 1.0)
    # The contrast is thought to vary by this share round the disc.
    usual_change = 0.3
    # What the model leaves of a loud groove, over the contrast.
    misfit = 0.06
    state, rows = model.state, len(grid.radius_px)
    usual = float(np.median(some(state.contrast[grid.groove])))
    doubt = (state.noise / (usual_change * max(abs(usual), 1e-9))) ** 2
    normal, target = sums.normal.copy(), sums.target.copy()
    normal[:, 1, 1] += doubt
    target[:, 1] += doubt * usual
    near, wanted = smooth(grid, normal, groove_spread), smooth(grid, target, groove_spread)
    ridge = 1e-6 * np.trace(near, axis1=1, axis2=2) + 1e-20
    contrast = solved(near, wanted, ridge)[:, 1]
    per_turn = grid.samples_per_turn // CELL_ROWS
    contrast[:per_turn] = contrast[-per_turn:] = 0
    weight = smooth(grid, sums.normal[:, 0, 0], land_spread)
    light = smooth(grid, sums.target[:, 0] - sums.normal[:, 0, 1] * contrast, land_spread)
    level = light / (weight + 1e-3 * weight.mean() + 1e-12)
    visible = sums.weight > 0
    noise = float(np.sqrt(np.median(sums.square[visible] / sums.weight[visible]))) + 1e-9
    shown = groove_rows_only(grid, per_row(contrast, rows))
    largest = float(np.percentile(np.abs(some(shown[grid.groove])), 80))
    lit = replace(
        state,
        level=per_row(level, rows),
        contrast=shown,
        tilt=per_row(slope_across(grid, level), rows),
        noise=noise,
        misfit=max(noise, misfit * largest),
    )
    return replace(model, state=lit)


def _moved(
    grid: RowGrid, model: _DirectionModel, told: _DirectionReadings, inflation: float
) -> _DirectionModel:
    """The model with the best estimate of the displacement that place and slope tell together."""
    # Most of each step is taken, since the model is linear only near it.
    share = 0.8
    tolerance = 0.05
    groove, about = grid.groove, model.state.displacement_px[grid.groove]
    error = told.error_px * np.float32(inflation)
    known = np.isfinite(error)
    hessian = told.sums.hessian[groove]
    scale = np.zeros_like(hessian)
    scale[known] = 1 / (np.maximum(hessian[known], 1e-12) * error[known] ** 2)
    of = told.by_direction
    witnesses = Witnesses(
        by_value=(of.by_value[groove] * scale).astype(np.float32),
        by_slope=(of.by_slope[groove] * scale).astype(np.float32),
        by_both=(of.by_both[groove] * scale).astype(np.float32),
        gradient=(of.gradient[groove] * scale).astype(np.float32),
        slope_gradient=(of.slope_gradient[groove] * scale).astype(np.float32),
        about=about,
    )
    estimate = joint_estimate(
        witnesses, told.displacement_px, error, tolerance=tolerance, refinements=1
    )
    limit = LARGEST_DISPLACEMENT_PITCHES * grid.pitch_px
    moved = np.zeros_like(model.state.displacement_px)
    moved[groove] = np.clip(about + share * (estimate - about), -limit, limit)
    return replace(model, state=replace(model.state, displacement_px=moved))
