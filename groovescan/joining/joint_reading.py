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

from groovescan.config.settings import GrooveSettings
from groovescan.core.results import GrooveMap, Photograph, Reading
from groovescan.joining.joint_evidence import (
    RowReadings,
    clearest_contrast,
    contradicting_turns_of,
    fused,
    fused_halves,
    with_slow_differences,
)
from groovescan.joining.joint_photograph import JointPhotograph, begin_jointly
from groovescan.joining.placements import Placement
from groovescan.joining.registration.arcs import Arc
from groovescan.profile.model_limits import LARGEST_DISPLACEMENT_PITCHES
from groovescan.reading.displacement_reader import has_converged, update_light
from groovescan.reading.half_maps import half_difference
from groovescan.reading.iteration import ITERATION
from groovescan.reading.jpeg_dequantisation import dequantised
from groovescan.reading.light.illumination import groove_rows_only
from groovescan.reading.profile_learning import learn
from groovescan.reading.row_certainty import row_readings
from groovescan.reading.sweep import Sums, search, sweep
from groovescan.reading.tiles import CACHED_BYTES, RowGrid, Tiles, lay_tiles
from groovescan.runtime.blas import one_blas_thread
from groovescan.runtime.progress import Advance, unheard
from groovescan.strip.confidence import snr_db
from groovescan.strip.row_loops import added, cheapest, some
from groovescan.strip.strip_model import per_row
from groovescan.wiener import best_estimate


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


@one_blas_thread()
def read_jointly(
    photographs: Sequence[Photograph],
    placements: dict[int, Placement],
    groove_map: GrooveMap,
    arcs: Sequence[Arc],
    settings: GrooveSettings,
    *,
    advance: Advance = unheard,
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
    advance : callable
        Is told after each sweep how much is done, 0 to 1.

    Returns
    -------
    JointReading
    """
    rng = np.random.default_rng(0)
    parts, displacement, whole = begin_jointly(photographs, placements, groove_map, arcs, settings)
    tiles = {
        number: lay_tiles(
            part.photo,
            part.groove_map,
            part.grid,
            part.sheet.covers if part.sheet else None,
            shown=part.shown,
            cached_bytes=CACHED_BYTES // len(parts),
        )
        for number, part in parts.items()
    }
    for step in range(settings.iterations - 1):
        sums = {
            k: sweep(p.photo, tiles[k], p.grid, p.about(displacement)) for k, p in parts.items()
        }
        early = step < settings.iterations - 2
        parts = {k: _with_light(p, displacement, sums[k], early=early) for k, p in parts.items()}
        if step:
            displacement = groove_rows_only(whole, _moved(parts, sums, displacement))
        else:
            found = _searched(parts, tiles, sums, displacement)
            displacement = groove_rows_only(whole, found)
        if step < ITERATION.learnings:
            parts = {k: _learnt(p, tiles[k], displacement, rng) for k, p in parts.items()}
        advance((step + 1) / (settings.iterations - 1 + ITERATION.rounds))
    return _settled(parts, tiles, whole, displacement, rng)


def _with_light(
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
    misfit = ITERATION.misfit_of(state.noise, float(usual), early=early)
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
    hessian, gradient = np.zeros(len(displacement)), np.zeros(len(displacement))
    for number, part in parts.items():
        hessian[part.rows] += _weight(part) * sums[number].hessian
        gradient[part.rows] += _weight(part) / part.scale * sums[number].gradient
    finest = max(part.scale for part in parts.values())
    step = gradient / (hessian + (finest / ITERATION.usual_step_px) ** 2)
    return _limited(parts, displacement + step)


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
    # Photographs that have not this share of a row's information do not move it far.
    most_information = 0.5
    finest = max(parts.values(), key=lambda part: part.scale)
    pitch = finest.grid.pitch_px / finest.scale
    width = max(p.state.template.half_width_px / p.scale for p in parts.values())
    step = ITERATION.search_step(width, 1 / finest.scale)
    tried = ITERATION.tried_px(step, pitch)
    rows, costs = [], []
    whole, told = np.zeros(len(displacement)), np.zeros(len(displacement))
    for number, part in parts.items():
        square = part.state.noise**2
        usual = ITERATION.usual_costs(part.state.noise)
        own = tried * np.float32(part.scale)
        row, cost = search(
            part.photo, tiles[number], part.grid, part.about(displacement), own, usual
        )
        information = _weight(part) * sums[number].hessian
        whole[part.rows] += information
        on_disc = row if isinstance(part.rows, slice) else part.rows[row].astype(row.dtype)
        told[on_disc] += information[row]
        rows.append(on_disc)
        costs.append(cost / np.float32(square))
    row, cost = np.concatenate(rows), np.concatenate(costs)
    order = np.argsort(row, kind="stable")
    row, cost = added(row[order], np.ascontiguousarray(cost[order]))
    most = told[row] >= most_information * whole[row]
    row, cost = row[most], np.ascontiguousarray(cost[most])
    unusual = ITERATION.unusual(tried, pitch)
    worth, far = np.float32(ITERATION.search_gain), np.float32(1.5 * step)
    return cheapest(row, cost, unusual, tried, displacement, worth, far)


def _settled(
    parts: dict[int, JointPhotograph],
    tiles: dict[int, Tiles],
    whole: RowGrid,
    displacement: np.ndarray,
    rng: np.random.Generator,
) -> JointReading:
    """Read again about the best estimate of the displacement from all photographs."""
    count = len(whole.radius_px[whole.groove])
    sums = {k: sweep(p.photo, tiles[k], p.grid, p.about(displacement)) for k, p in parts.items()}
    told = {k: _rows_of(p, displacement, sums[k]) for k, p in parts.items()}
    mean, error = fused(parts, told, count)
    rounded = any(part.photo.rounding is not None for part in parts.values())
    half: dict[int, np.ndarray] = {}
    for step in range(ITERATION.rounds):
        parts = {k: _with_light(p, displacement, sums[k], early=False) for k, p in parts.items()}
        parts = with_slow_differences(parts, told, mean, error)
        displacement = np.zeros(len(whole.radius_px), np.float32)
        displacement[whole.groove] = best_estimate(
            mean, error, tolerance=ITERATION.tolerance, refinements=0
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
            sums[number] = restored.corrected(
                sweep(restored.photo, tiles[number], part.grid, state)
            )
            told[number] = _rows_of(part, displacement, sums[number])
        mean, error = fused(parts, told, count)
        if has_converged(before, (mean, error.astype(np.float32)), slowly=rounded):
            break
    for number, part in parts.items():
        state = part.about(displacement)
        restored = dequantised(part.photo, tiles[number], part.grid, state)
        half[number] = half_difference(
            restored.photo,
            tiles[number],
            part.grid,
            state,
            sums[number],
            information_share=restored.information_share,
        ) / np.float32(part.scale)
    return _as_reading(parts, told, (mean, error), half, whole)


def _rows_of(part: JointPhotograph, displacement: np.ndarray, sums: Sums) -> RowReadings:
    """Readings of the rows of the groove by a photograph."""
    state = part.about(displacement)
    own, error = row_readings(part.grid, state, sums)
    groove = part.grid.groove
    return RowReadings(
        displacement_px=own / part.scale - part.apart_px[groove],
        error_px=np.asarray(error, float) / part.scale,
        contrast=state.contrast[groove],
    )


def _as_reading(
    parts: dict[int, JointPhotograph],
    told: dict[int, RowReadings],
    found: tuple[np.ndarray, np.ndarray],
    half: dict[int, np.ndarray],
    whole: RowGrid,
) -> JointReading:
    (mean, error), per_turn = found, whole.samples_per_turn
    weights = {k: 1 / each.error_px**2 for k, each in told.items()}
    every = sum(float(np.sum(w)) for w in weights.values())
    single = error.astype(np.float32)
    reading = Reading(
        displacement_px=mean,
        standard_error_px=single,
        contrast=clearest_contrast(parts, told, weights, len(mean)),
        samples_per_turn=per_turn,
        snr_db=snr_db(mean, single),
        half_difference_px=fused_halves(parts, weights, half, len(mean)),
    )
    return JointReading(
        reading=reading,
        shares={k: float(np.sum(w)) / max(every, 1e-30) for k, w in weights.items()},
        read={k: float(np.sum(w > 0)) / len(mean) for k, w in weights.items()},
        contradicting_turns=contradicting_turns_of(parts, told, mean, error, per_turn),
    )
