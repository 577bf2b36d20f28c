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
from groovescan.reading.direction.direction_learning import learn_profile
from groovescan.reading.direction.direction_model import (
    DirectionModel,
    first_model,
    moved,
    relit,
    told_about,
)
from groovescan.reading.direction.direction_profile import (
    same_in_all_directions,
)
from groovescan.reading.direction.direction_sweep import (
    TurnedRows,
    direction_sweep,
    rows_of,
)
from groovescan.reading.half_maps import half_difference
from groovescan.reading.sweep import State, Sums
from groovescan.reading.tiles import RowGrid, Tile
from groovescan.strip.confidence import snr_db
from groovescan.wiener import best_estimate

#: The smoother takes errors for so many times as large itself (`groovescan.sound.repair`).
_CAUTION = 1.2


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


@dataclass(frozen=True, kw_only=True)
class BegunReading:
    """A reading after its first rounds, along one of the maps that may be the groove's.

    Attributes
    ----------
    tiles, grid, groove_map
        Where the photograph's pixels lie, the rows, and the map along which they lie.
    model : DirectionModel
        What is known of the groove.
    misfit : float
        What is left of the light, and the more of it the less the sound's slope explains: along the
        middle of the land both are larger than along that of the groove.
    """

    tiles: Sequence[Tile]
    grid: RowGrid
    groove_map: GrooveMap
    model: DirectionModel
    misfit: float


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
    begun = begin_by_direction(photo, tiles, grid, groove_map, state, rng)
    return None if begun is None else finish_by_direction(photo, begun, state, rng)


#: Noise that may be left, over that with one profile, once a reading has begun: from then on it
#: hardly falls.
_MOST_NOISE = 0.85


def begin_by_direction(
    photo: Photograph,
    tiles: Sequence[Tile],
    grid: RowGrid,
    groove_map: GrooveMap,
    state: State,
    rng: np.random.Generator,
) -> BegunReading | None:
    """The first rounds of a reading; parameters and None as for `read_by_direction`."""
    # The number of harmonics that are tried in each round: coarse ones first, so that the first
    # displacements lie where the model is linear. For the same reason errors are thought to be so
    # many times as large.
    harmonics = ((2,), (4,), (4,), (6,), (4, 8))
    inflations = (5.0, 4.0, 3.0, 2.5, 2.0)
    model = first_model(grid, state)
    for tried, inflation in zip(harmonics, inflations, strict=True):
        model, told = relit(photo, tiles, grid, groove_map, model, rng, tried)
        model = moved(grid, model, told, inflation)
    model, _ = relit(photo, tiles, grid, groove_map, model, rng, harmonics[-1])
    if model.state.noise > _MOST_NOISE * state.noise:
        return None
    rows = rows_of(groove_map, grid, model.state.displacement_px)
    turned = _left_by_turning(photo, tiles, grid, model, rows, rng)
    # Of what is left without the slope lamps leave 0.4 to 0.9, the more where glints are so bright
    # that no profile explains them; where the film differs it is all (1.1 on a box). With the share
    # of the noise that is 0.1 to 0.33, and 0.7 under even light, on few turns and a wide lead-out.
    most_turned, most_left = 0.92, 0.5
    misfit = model.state.noise * turned
    if turned > most_turned or misfit > most_left * state.noise:
        return None
    return BegunReading(
        tiles=tiles,
        grid=grid,
        groove_map=groove_map,
        model=model,
        misfit=misfit,
    )


def finish_by_direction(
    photo: Photograph, begun: BegunReading, state: State, rng: np.random.Generator
) -> Reading | None:
    """The last rounds of a reading; parameters and None as for `read_by_direction`."""
    # The last is what is left: a profile that is not known exactly errs alike in many pixels.
    harmonics, inflations = (4, 8), (1.6, 1.3, 1.2, 1.2, 1.2)
    tiles, grid, groove_map, model = begun.tiles, begun.grid, begun.groove_map, begun.model
    for inflation in inflations:
        model, told = relit(photo, tiles, grid, groove_map, model, rng, harmonics)
        if model.state.noise > _MOST_NOISE * state.noise:
            return None
        model = moved(grid, model, told, inflation)
    rows = rows_of(groove_map, grid, model.state.displacement_px)
    told = told_about(photo, tiles, grid, model, rows)
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


def _left_by_turning(
    photo: Photograph,
    tiles: Sequence[Tile],
    grid: RowGrid,
    model: DirectionModel,
    rows: TurnedRows,
    rng: np.random.Generator,
) -> float:
    """What is left where the sound turns the look as the azimuth does, over where it does not.

    Both are told by what they leave of pixels that nothing was learnt from.
    """
    count, pixels = 8, 40_000
    straight = replace(rows, slope=np.zeros_like(rows.slope))
    turned, left = (
        learn_profile(
            photo, tiles, grid, model.state, each, model.profile, rng,
            harmonics=(count,), most_pixels=pixels,
        ).left[count]
        for each in (rows, straight)
    )  # fmt: skip
    return turned / max(left, 1e-30)
