"""One reading from all photographs of a disc.

A pixel of a second photograph is one more pixel: it is compared with the same model, under its own
camera, light, profile and noise, and counts in the same equations of the displacement. So each
photograph is swept over about the displacement that all of them together tell, and the rows' own
equations are summed, each over the variance of its photograph's noise: that is the best linear
estimate from all pixels (Kay 1993, 4.5), and its information is the sum of theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from groovescan.config.settings import GrooveSettings
from groovescan.core.geometry.camera_model import angle_at, radius_at, unproject
from groovescan.core.results import GrooveMap, Photograph, Reading
from groovescan.joining.placements import Placement, map_in_photograph
from groovescan.joining.registration.arcs import Arc
from groovescan.profile.model_limits import CELL_ROWS, LARGEST_DISPLACEMENT_PITCHES
from groovescan.reading.displacement_reader import (
    groove_rows_only,
    has_converged,
    row_readings,
    update_light,
)
from groovescan.reading.half_maps import half_difference
from groovescan.reading.jpeg_dequantisation import dequantised
from groovescan.reading.profile_learning import learn
from groovescan.reading.sweep import State, Sums, search, sweep
from groovescan.reading.tiles import RowGrid, Tiles, lay_row_grid, lay_tiles
from groovescan.runtime.blas import one_blas_thread
from groovescan.strip.confidence import snr_db
from groovescan.strip.row_loops import added, between_any, cheapest, some
from groovescan.strip.strip_model import per_row
from groovescan.wiener import best_estimate

#: As in reading a single photograph.
_LEARNINGS, _ROUNDS, _TOLERANCE = 2, 4, 0.05
_SETTLED_ERRORS, _SLOWLY_SETTLED_ERRORS = 0.4, 0.2
_USUAL_STEP_PX, _EARLY_MISFIT, _MISFIT = 0.3, 0.25, 0.06
_SEARCH_PITCHES, _SEARCH_STEP_PX, _SEARCH_STEP_WIDTHS = 0.45, 0.5, 0.7
_SEARCH_GAIN, _USUAL_MISFIT, _USUAL_PITCHES = 30.0, 1.5, 0.25
#: Photographs that have not this share of a row's information do not move it far.
_MOST_INFORMATION = 0.5
#: What photographs differ by in slow displacement is averaged over such parts of a turn, and turns;
#: so much variance, in px, tells that there is none.
_SLOW_PARTS, _SLOW_SPREAD, _NO_DIFFERENCE_PX = 64, (2.0, 1.0), 0.05
#: Photographs contradict one another where what they read of a part of a turn differs by so many
#: times its errors, rms.
_CONTRADICTS = 3.0


@dataclass(frozen=True, kw_only=True)
class JointPhotograph:
    """What is known of a photograph while all are read.

    Attributes
    ----------
    photo : Photograph
        One channel of it.
    groove_map : GrooveMap
        Where the groove runs in it.
    scale : float
        Px of the photograph per px of the disc.
    grid : RowGrid
        The rows along the groove, the same in all photographs.
    state : State
        Its own light, profile and noise.
    apart_px : ndarray of float32, shape (rows,)
        By how much more than the others it shows the groove displaced, slowly: a lamp on another
        side lights another wall.
    """

    photo: Photograph
    groove_map: GrooveMap
    scale: float
    grid: RowGrid
    state: State
    apart_px: np.ndarray

    def about(self, displacement_px: np.ndarray) -> State:
        """The state about a displacement, in px of the disc."""
        own = (displacement_px + self.apart_px) * np.float32(self.scale)
        return replace(self.state, displacement_px=groove_rows_only(self.grid, own.astype(np.float32)))


@dataclass(frozen=True, kw_only=True)
class JointReading:
    """A reading from several photographs.

    Attributes
    ----------
    reading : Reading
        The displacement, in px of the disc.
    shares : dict of int to float
        Share of the information that each photograph has given, 0 to 1.
    read : dict of int to float
        Share of the groove that each photograph shows, 0 to 1.
    contradicting_turns : ndarray of float64, shape (n, 2)
        First and last position, in turns, of stretches in which photographs contradict each other.
    """

    reading: Reading
    shares: dict[int, float]
    read: dict[int, float]
    contradicting_turns: np.ndarray


@dataclass(frozen=True, kw_only=True)
class _Told:
    """What one photograph tells of the rows, in px of the disc."""

    displacement_px: np.ndarray
    error_px: np.ndarray
    contrast: np.ndarray


@one_blas_thread()
def read_jointly(
    photographs: Sequence[Photograph],
    placements: dict[int, Placement],
    groove_map: GrooveMap,
    arcs: Sequence[Arc],
    settings: GrooveSettings,
) -> JointReading:
    """Read displacement and confidence from all photographs of a disc.

    Parameters
    ----------
    photographs : sequence of Photograph
        One channel of each.
    placements : dict of int to Placement
        How those that are read lie on the disc.
    groove_map : GrooveMap
        Where the groove runs on the disc.
    arcs : sequence of Arc
        What coarse strips told.
    settings : GrooveSettings
        Distance of the rows, and number of sweeps.

    Returns
    -------
    JointReading
    """
    rng = np.random.default_rng(0)
    parts, displacement = _begun(photographs, placements, groove_map, arcs, settings)
    tiles = {number: lay_tiles(part.photo, part.groove_map, part.grid) for number, part in parts.items()}
    for step in range(settings.iterations - 1):
        sums = {k: sweep(p.photo, tiles[k], p.grid, p.about(displacement)) for k, p in parts.items()}
        early = step < settings.iterations - 2
        parts = {k: _relit(p, displacement, sums[k], early=early) for k, p in parts.items()}
        if step:
            displacement = _moved(parts, sums, displacement)
        else:
            displacement = _searched(parts, tiles, sums, displacement)
        if step < _LEARNINGS:
            parts = {k: _learnt(p, tiles[k], displacement, rng) for k, p in parts.items()}
    return _settled(parts, tiles, displacement, rng)


def _begun(
    photographs: Sequence[Photograph],
    placements: dict[int, Placement],
    groove_map: GrooveMap,
    arcs: Sequence[Arc],
    settings: GrooveSettings,
) -> tuple[dict[int, JointPhotograph], np.ndarray]:
    """The photographs as their coarse strips tell of them, and a first displacement."""
    finest = max(placements, key=lambda k: placements[k].scale)
    laid = map_in_photograph(groove_map, placements[finest])
    per_turn = lay_row_grid(laid, settings.step_px, settings.rows_per_turn).samples_per_turn
    parts, weight, moved = {}, 0.0, 0.0
    for number, placement in placements.items():
        here = map_in_photograph(groove_map, placement)
        step = 2 * np.pi * float(here.radius_px.max()) / per_turn * (1 + 1e-9)
        grid = lay_row_grid(here, step, per_turn)
        mine = [arc for arc in arcs if arc.photograph == number]
        state, told, error = _first_state(here, grid, mine)
        parts[number] = JointPhotograph(
            photo=photographs[number],
            groove_map=here,
            scale=placement.scale,
            grid=grid,
            state=state,
            apart_px=np.zeros(len(grid.radius_px), np.float32),
        )
        certain = np.where(np.isfinite(error), (placement.scale / error) ** 2, 0.0)
        weight, moved = weight + certain, moved + certain * told / placement.scale
    grid = parts[finest].grid
    known = weight > 0
    mean = np.where(known, moved / np.where(known, weight, 1.0), 0.0)
    error = np.where(known, 1 / np.sqrt(np.where(known, weight, 1.0)), np.inf)
    first = np.zeros(len(grid.radius_px), np.float32)
    first[grid.groove] = best_estimate(mean[grid.groove], error[grid.groove])
    return parts, first


def _first_state(
    groove_map: GrooveMap, grid: RowGrid, arcs: Sequence[Arc]
) -> tuple[State, np.ndarray, np.ndarray]:
    """First state of the model of a photograph, its displacement and the error of that."""
    columns: list[np.ndarray] = []
    for arc in arcs:
        strip, fit = arc.aligned.strip, arc.aligned.fit
        count = arc.radius_px.size
        read = arc.radius_px + np.where(arc.known, arc.displacement_px, 0.0)
        turns, apart = _along(groove_map, arc, read)
        error = np.where(arc.known, arc.error_px, np.inf).ravel()
        light = fit.contrast[:count], fit.level[:count], fit.tilt[:count]
        columns.append(np.stack([turns.ravel(), apart.ravel(), error, *light])[:, strip.in_photograph[:count]])
    table = np.concatenate(columns, axis=1)
    table = table[:, np.argsort(table[0], kind="stable")]
    table = table[:, (table[0] > -1) & (table[0] < groove_map.turns + 1)]
    rows, per_turn = len(grid.radius_px), grid.samples_per_turn
    contrast, level, tilt = (between_any(rows, per_turn, table[0], table[k]) for k in (3, 4, 5))
    known = np.isfinite(table[2])
    displacement = between_any(rows, per_turn, table[0, known], table[1, known])
    error = between_any(rows, per_turn, table[0, known], table[2, known]).astype(float)
    # rows far from any that is known are not
    near = np.searchsorted(table[0, known], np.arange(rows) / per_turn - 1)
    at = np.concatenate([[-np.inf], table[0, known], [np.inf]])
    here = np.arange(rows) / per_turn - 1
    gap = np.minimum(here - at[near], at[near + 1] - here)
    error[gap > 2 * max(arc.step_rad for arc in arcs) / (2 * np.pi)] = np.inf
    # strips have fewer rows than the grid
    dense = np.sqrt(max(arc.step_rad for arc in arcs) / (2 * np.pi) * per_turn)
    noise = float(np.median([arc.aligned.fit.level.std() for arc in arcs])) + 1e-9
    usual = float(np.percentile(np.abs(table[3]), 80))
    state = State(
        displacement_px=np.zeros(rows, np.float32),
        contrast=groove_rows_only(grid, contrast),
        level=level,
        tilt=tilt,
        template=arcs[0].aligned.fit.template,
        noise=noise,
        misfit=max(noise, _EARLY_MISFIT * usual),
    )
    return state, displacement.astype(float), error * dense


def _along(groove_map: GrooveMap, arc: Arc, radius_px: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions along the groove, in turns, of an arc's samples, and their distance from it."""
    image = arc.image_px(radius_px, arc.angle_rad)
    radius, angle = unproject(groove_map.camera, *image)
    part = np.mod((angle - groove_map.start_rad) * groove_map.direction / (2 * np.pi), 1.0)
    inner = groove_map.radius_px[groove_map.nodes_per_turn : -groove_map.nodes_per_turn]
    feed = (inner[-1] - inner[0]) / max(groove_map.turns, 1e-9)
    turn = np.rint((radius - inner[0]) / feed - part)
    tried = np.stack([part + turn + more for more in (-2, -1, 0, 1, 2)])
    apart = radius - radius_at(groove_map, tried.reshape(-1)).reshape(tried.shape)
    apart = np.where((tried > -1) & (tried < groove_map.turns + 1), apart, np.inf)
    best = np.abs(apart).argmin(axis=0)[None]
    nearest = np.take_along_axis(tried, best, axis=0)[0]
    found = np.take_along_axis(apart, best, axis=0)[0]
    return np.where(np.isfinite(found), nearest, -2.0), np.where(np.isfinite(found), found, 0.0)


def _relit(
    part: JointPhotograph, displacement: np.ndarray, sums: Sums, *, early: bool
) -> JointPhotograph:
    """Light and noise of a photograph anew, as of what it shows of the groove."""
    state = update_light(part.grid, part.about(displacement), sums, early=early)
    shown = per_row((sums.weight > 0) * 1.0, len(part.grid.radius_px)) > 0
    shown &= groove_rows_only(part.grid, np.ones_like(shown))
    if not shown.any():
        return replace(part, state=state)
    usual = np.float32(np.percentile(np.abs(some(state.contrast[shown])), 80))
    # no pixel lies on the others, which are not to make the usual contrast less than it is
    contrast = np.where(shown, state.contrast, usual)
    misfit = max(state.noise, (_EARLY_MISFIT if early else _MISFIT) * float(usual))
    state = replace(state, contrast=groove_rows_only(part.grid, contrast), misfit=misfit)
    return replace(part, state=state)


def _learnt(
    part: JointPhotograph, tiles: Tiles, displacement: np.ndarray, rng: np.random.Generator
) -> JointPhotograph:
    """The photograph's profile learnt anew."""
    return replace(part, state=learn(part.photo, tiles, part.grid, part.about(displacement), rng))


def _weight(part: JointPhotograph) -> float:
    """Weight of a photograph's equations of the displacement on the disc."""
    return (part.scale / part.state.noise) ** 2


def _moved(
    parts: dict[int, JointPhotograph], sums: dict[int, Sums], displacement: np.ndarray
) -> np.ndarray:
    """The displacement moved by a Gauss-Newton step of all photographs together."""
    grid = next(iter(parts.values())).grid
    curvature, moment = np.zeros(len(displacement)), np.zeros(len(displacement))
    for number, part in parts.items():
        curvature += _weight(part) * sums[number].hessian
        moment += _weight(part) / part.scale * sums[number].gradient
    finest = max(part.scale for part in parts.values())
    step = moment / (curvature + (finest / _USUAL_STEP_PX) ** 2)
    return groove_rows_only(grid, _limited(parts, displacement + step))


def _limited(parts: dict[int, JointPhotograph], displacement: np.ndarray) -> np.ndarray:
    part = next(iter(parts.values()))
    limit = LARGEST_DISPLACEMENT_PITCHES * part.grid.pitch_px / part.scale
    return np.clip(displacement, -limit, limit).astype(np.float32)


def _searched(
    parts: dict[int, JointPhotograph],
    tiles: dict[int, Tiles],
    sums: dict[int, Sums],
    displacement: np.ndarray,
) -> np.ndarray:
    """The displacement moved to where a groove is found that no slope leads to."""
    finest = max(parts.values(), key=lambda part: part.scale)
    pitch = finest.grid.pitch_px / finest.scale
    width = max(p.state.template.half_width_px / p.scale for p in parts.values())
    step = max(_SEARCH_STEP_PX / finest.scale, _SEARCH_STEP_WIDTHS * width)
    count = int(np.ceil(_SEARCH_PITCHES * pitch / step))
    tried = (step * np.arange(-count, count + 1)).astype(np.float32)
    whole = sum(_weight(p) * sums[k].hessian for k, p in parts.items())
    rows, costs, told = [], [], np.zeros(len(displacement))
    for number, part in parts.items():
        square = part.state.noise**2
        usual = _USUAL_MISFIT * square, _SEARCH_GAIN / 3 * square
        own = tried * np.float32(part.scale)
        row, cost = search(part.photo, tiles[number], part.grid, part.about(displacement), own, usual)
        told[row] += _weight(part) * sums[number].hessian[row]
        rows.append(row)
        costs.append(cost / np.float32(square))
    row, cost = np.concatenate(rows), np.concatenate(costs)
    order = np.argsort(row, kind="stable")
    row, cost = added(row[order], np.ascontiguousarray(cost[order]))
    most = told[row] >= _MOST_INFORMATION * np.asarray(whole)[row]
    row, cost = row[most], np.ascontiguousarray(cost[most])
    unusual = ((tried / (_USUAL_PITCHES * pitch)) ** 2).astype(np.float32)
    far = np.float32(1.5 * step)
    moved = cheapest(row, cost, unusual, tried, displacement, np.float32(_SEARCH_GAIN), far)
    return groove_rows_only(finest.grid, moved)


def _settled(
    parts: dict[int, JointPhotograph],
    tiles: dict[int, Tiles],
    displacement: np.ndarray,
    rng: np.random.Generator,
) -> JointReading:
    """Read again about the best estimate of the displacement from all photographs."""
    grid = next(iter(parts.values())).grid
    sums = {k: sweep(p.photo, tiles[k], p.grid, p.about(displacement)) for k, p in parts.items()}
    told = {k: _told(p, displacement, sums[k]) for k, p in parts.items()}
    mean, error = _fused(told)
    rounded = any(part.photo.rounding is not None for part in parts.values())
    least = _SLOWLY_SETTLED_ERRORS if rounded else _SETTLED_ERRORS
    half: dict[int, np.ndarray] = {}
    for step in range(_ROUNDS):
        parts = {k: _relit(p, displacement, sums[k], early=False) for k, p in parts.items()}
        parts = _set_apart(parts, told, mean, error)
        displacement = np.zeros(len(grid.radius_px), np.float32)
        displacement[grid.groove] = best_estimate(
            mean, error, tolerance=_TOLERANCE, refinements=0
        )
        displacement = _limited(parts, displacement)
        before = mean, error.astype(np.float32)
        sums, told, half = {}, {}, {}
        for number, part in parts.items():
            if not step:
                part = _learnt(part, tiles[number], displacement, rng)
                parts[number] = part
            state = part.about(displacement)
            restored = dequantised(part.photo, tiles[number], part.grid, state)
            sums[number] = restored.corrected(sweep(restored.photo, tiles[number], part.grid, state))
            told[number] = _told(part, displacement, sums[number])
        mean, error = _fused(told)
        if has_converged(*before, mean, error.astype(np.float32), least):
            break
    for number, part in parts.items():
        state = part.about(displacement)
        restored = dequantised(part.photo, tiles[number], part.grid, state)
        half[number] = half_difference(
            restored.photo, tiles[number], part.grid, state, sums[number], information_share=restored.information_share
        ) / np.float32(part.scale)
    return _as_reading(parts, told, mean, error, half, grid)


def _told(part: JointPhotograph, displacement: np.ndarray, sums: Sums) -> _Told:
    """What a photograph tells of the rows of the groove."""
    state = part.about(displacement)
    own, error = row_readings(part.grid, state, sums)
    groove = part.grid.groove
    return _Told(
        displacement_px=own / part.scale - part.apart_px[groove],
        error_px=np.asarray(error, float) / part.scale,
        contrast=state.contrast[groove],
    )


def _fused(told: dict[int, _Told]) -> tuple[np.ndarray, np.ndarray]:
    """Weighted by the inverse of their variances: the sum of the photographs' equations."""
    weight = sum(1 / each.error_px**2 for each in told.values())
    moment = sum(_weighted(each) for each in told.values())
    known = np.asarray(weight) > 0
    mean = np.where(known, moment / np.where(known, weight, 1.0), 0.0)
    return mean, np.where(known, 1 / np.sqrt(np.where(known, weight, 1.0)), np.inf)


def _weighted(each: _Told) -> np.ndarray:
    known = np.isfinite(each.error_px)
    return np.where(known, each.displacement_px, 0.0) / each.error_px**2


def _set_apart(
    parts: dict[int, JointPhotograph],
    told: dict[int, _Told],
    mean: np.ndarray,
    error: np.ndarray,
) -> dict[int, JointPhotograph]:
    """The photographs with what each shows displaced more than all, slowly."""
    found = {}
    for number, part in parts.items():
        each = told[number]
        shared = np.isfinite(each.error_px) & (error < 0.9 * each.error_px)
        apart = np.where(shared, each.displacement_px - mean, 0.0)
        certain = np.where(shared, 1 / each.error_px**2, 0.0)
        slow = _slow(apart, certain, part.grid.samples_per_turn)
        moved = part.apart_px.copy()
        moved[part.grid.groove] += slow.astype(np.float32)
        found[number] = replace(part, apart_px=moved)
    return found


def _slow(values: np.ndarray, certain: np.ndarray, per_turn: int) -> np.ndarray:
    """Slow part of values, the same on turns that lie side by side; nothing where little tells."""
    size = per_turn // _SLOW_PARTS
    count = -(-len(values) // (size * _SLOW_PARTS)) * _SLOW_PARTS
    padded = np.zeros((2, count * size))
    padded[0, : len(values)], padded[1, : len(values)] = values * certain, certain
    sums = padded.reshape(2, -1, _SLOW_PARTS, size).sum(axis=3)
    moment, weight = (ndimage.gaussian_filter(each, _SLOW_SPREAD, mode="nearest") for each in sums)
    slow = moment / (weight + 1 / _NO_DIFFERENCE_PX**2)
    at = (np.arange(len(values)) + 0.5) / size - 0.5
    return np.interp(at, np.arange(count), slow.ravel())


def _as_reading(
    parts: dict[int, JointPhotograph],
    told: dict[int, _Told],
    mean: np.ndarray,
    error: np.ndarray,
    half: dict[int, np.ndarray],
    grid: RowGrid,
) -> JointReading:
    weights = {k: 1 / each.error_px**2 for k, each in told.items()}
    whole = sum(float(np.sum(w)) for w in weights.values())
    clearest = np.argmax(np.stack(list(weights.values())), axis=0)
    contrast = np.stack([each.contrast for each in told.values()])
    single = error.astype(np.float32)
    reading = Reading(
        displacement_px=mean,
        standard_error_px=single,
        contrast=np.take_along_axis(contrast, clearest[None], axis=0)[0],
        samples_per_turn=grid.samples_per_turn,
        snr_db=snr_db(mean, single),
        half_difference_px=_halves(weights, half),
    )
    return JointReading(
        reading=reading,
        shares={k: float(np.sum(w)) / max(whole, 1e-30) for k, w in weights.items()},
        read={k: float(np.mean(w > 0)) for k, w in weights.items()},
        contradicting_turns=_contradicting(told, mean, error, grid.samples_per_turn),
    )


def _halves(weights: dict[int, np.ndarray], half: dict[int, np.ndarray]) -> np.ndarray:
    """A sample of the errors of the whole from those of its parts."""
    every = sum(weights.values())
    told = {k: np.where(np.isfinite(half[k]), w, 0.0) for k, w in weights.items()}
    known = np.asarray(sum(told.values()))
    sums = np.asarray(sum(w * np.nan_to_num(half[k]) for k, w in told.items()))
    use = known > 0.05 * np.asarray(every)
    scale = np.sqrt(np.where(use, known, 1.0) * np.where(use, every, 1.0))
    return np.where(use, sums / scale, np.nan).astype(np.float32)


def _contradicting(
    told: dict[int, _Told], mean: np.ndarray, error: np.ndarray, per_turn: int
) -> np.ndarray:
    """Stretches in which photographs differ by more than their errors."""
    size = per_turn // _SLOW_PARTS
    count = len(mean) // size
    square, number = np.zeros(count), np.zeros(count)
    for each in told.values():
        shared = np.isfinite(each.error_px) & (error < 0.9 * each.error_px)
        # of each the others' mean is apart by more than by that of all
        variance = np.where(shared, np.where(shared, each.error_px, 0) ** 2 - np.where(shared, error, 0) ** 2, 1.0)
        apart = np.where(shared, (each.displacement_px - mean) ** 2 / variance, 0.0)
        square += np.minimum(apart, 100.0)[: count * size].reshape(count, size).sum(axis=1)
        number += shared[: count * size].reshape(count, size).sum(axis=1)
    bad = (number > size / 2) & (square > _CONTRADICTS**2 * number)
    edges = np.flatnonzero(np.diff(np.r_[0, bad.astype(int), 0]))
    return edges.reshape(-1, 2) / _SLOW_PARTS
