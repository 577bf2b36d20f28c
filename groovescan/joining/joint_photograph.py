"""State of the model of each photograph while all of them are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from groovescan.config.settings import GrooveSettings
from groovescan.core.geometry.camera_model import radius_at, unproject
from groovescan.core.results import GrooveMap, Photograph
from groovescan.joining.placements import Placement, map_in_photograph
from groovescan.joining.registration.arcs import Arc
from groovescan.joining.sheets import PieceSheet
from groovescan.reading.iteration import ITERATION
from groovescan.reading.light.illumination import groove_rows_only
from groovescan.reading.sweep import State
from groovescan.reading.tiles import RowGrid, lay_row_grid
from groovescan.strip.row_loops import between_any
from groovescan.wiener import best_estimate


@dataclass(frozen=True, kw_only=True)
class JointPhotograph:
    """State of the model of a photograph while all are read.

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
    sheet : PieceSheet or None
        The part of it that is looked at; None for all of it.
    """

    photo: Photograph
    groove_map: GrooveMap
    scale: float
    grid: RowGrid
    state: State
    apart_px: np.ndarray
    sheet: PieceSheet | None = None

    def about(self, displacement_px: np.ndarray) -> State:
        """The state about a displacement, in px of the disc."""
        own = (displacement_px + self.apart_px) * np.float32(self.scale)
        return replace(
            self.state, displacement_px=groove_rows_only(self.grid, own.astype(np.float32))
        )


def begin_jointly(
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
    parts: dict[int, JointPhotograph] = {}
    certain, moved = [], []
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
            sheet=placement.sheet,
        )
        certain.append(np.where(np.isfinite(error), (placement.scale / error) ** 2, 0.0))
        moved.append(certain[-1] * told / placement.scale)
    grid = parts[finest].grid
    weight = np.sum(certain, axis=0)
    known = weight > 0
    mean = np.where(known, np.sum(moved, axis=0) / np.where(known, weight, 1.0), 0.0)
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
        columns.append(
            np.stack([turns.ravel(), apart.ravel(), error, *light])[:, strip.in_photograph[:count]]
        )
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
        misfit=ITERATION.misfit_of(noise, usual, early=True),
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
