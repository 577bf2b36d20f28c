"""The model of a groove whose look depends on its direction, and a round of bringing it nearer.

A round learns the profile anew, then level and contrast, and moves the displacement to the best
estimate that place and slope tell together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from groovescan.core.results import GrooveMap, Photograph
from groovescan.profile.model_limits import CELL_ROWS, LARGEST_DISPLACEMENT_PITCHES
from groovescan.reading.direction.direction_learning import learn_profile
from groovescan.reading.direction.direction_profile import DirectionProfile, empty_profile
from groovescan.reading.direction.direction_sweep import (
    DirectionSums,
    TurnedRows,
    direction_sweep,
    rows_of,
)
from groovescan.reading.light.illumination import groove_rows_only, slope_across, smooth
from groovescan.reading.row_certainty import row_readings
from groovescan.reading.sweep import State, Sums
from groovescan.reading.tiles import RowGrid, Tile
from groovescan.strip.row_loops import solved, some
from groovescan.strip.strip_model import per_row
from groovescan.wiener.two_witnesses import Witnesses, joint_estimate, slope


@dataclass(frozen=True, kw_only=True)
class DirectionModel:
    """What is known of the groove: its rows, and its profile in each direction."""

    state: State
    profile: DirectionProfile


@dataclass(frozen=True, kw_only=True)
class DirectionReadings:
    """What a sweep tells about a model: sums, as if of the displacement alone, and readings."""

    by_direction: DirectionSums
    sums: Sums
    steepness: float
    displacement_px: np.ndarray
    error_px: np.ndarray


def relit(
    photo: Photograph,
    tiles: Sequence[Tile],
    grid: RowGrid,
    groove_map: GrooveMap,
    model: DirectionModel,
    rng: np.random.Generator,
    harmonics: tuple[int, ...],
) -> tuple[DirectionModel, DirectionReadings]:
    """The model with profile and light anew, and what the pixels tell about it."""
    model = relearnt(photo, tiles, grid, groove_map, model, rng, harmonics)
    rows = rows_of(groove_map, grid, model.state.displacement_px)
    model = _lit(grid, model, told_about(photo, tiles, grid, model, rows).sums)
    return model, told_about(photo, tiles, grid, model, rows)


def first_model(grid: RowGrid, state: State) -> DirectionModel:
    """A groove without displacement, of one contrast, on the land that is known."""
    # So far from the groove's middle light may still be its own, in pitches: its look may lie
    # beside the map.
    reach_pitches = 0.8
    contrast = float(np.percentile(np.abs(some(state.contrast[grid.groove])), 80))
    one = np.full(len(grid.radius_px), contrast, np.float32)
    return DirectionModel(
        state=replace(
            state,
            displacement_px=np.zeros(len(grid.radius_px), np.float32),
            contrast=groove_rows_only(grid, one),
            misfit=max(contrast, 4 * state.noise),
        ),
        profile=empty_profile(reach_pitches * grid.pitch_px),
    )


def relearnt(
    photo: Photograph,
    tiles: Sequence[Tile],
    grid: RowGrid,
    groove_map: GrooveMap,
    model: DirectionModel,
    rng: np.random.Generator,
    harmonics: tuple[int, ...],
) -> DirectionModel:
    """The model with a profile learnt anew."""
    rows = rows_of(groove_map, grid, model.state.displacement_px)
    learnt = learn_profile(
        photo, tiles, grid, model.state, rows, model.profile, rng, harmonics=harmonics
    )
    contrast = model.state.contrast * np.float32(learnt.peak)
    return DirectionModel(state=replace(model.state, contrast=contrast), profile=learnt.profile)


def told_about(
    photo: Photograph,
    tiles: Sequence[Tile],
    grid: RowGrid,
    model: DirectionModel,
    rows: TurnedRows,
) -> DirectionReadings:
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
    return DirectionReadings(
        by_direction=found,
        sums=sums,
        steepness=steepness,
        displacement_px=displacement,
        error_px=error,
    )


def _doubted(grid: RowGrid, model: DirectionModel, sums: DirectionSums) -> DirectionSums:
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


def _lit(grid: RowGrid, model: DirectionModel, sums: Sums) -> DirectionModel:
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


def moved(
    grid: RowGrid, model: DirectionModel, told: DirectionReadings, inflation: float
) -> DirectionModel:
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
    there = np.zeros_like(model.state.displacement_px)
    there[groove] = np.clip(about + share * (estimate - about), -limit, limit)
    return replace(model, state=replace(model.state, displacement_px=there))
