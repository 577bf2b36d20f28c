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
from groovescan.reading.shown_rows import ShownRows, shown_rows
from groovescan.reading.sweep import State
from groovescan.reading.tiles import RowGrid, lay_row_grid
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
        The rows along the groove that it shows.
    rows, groove_rows : ndarray of int32, or slice
        Which of the rows of the disc they are; and, of those of the groove alone, which of the
        rows of the groove.
    shown : ShownRows or None
        Which part of each turn that is; None for all of it.
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
    rows: np.ndarray | slice
    groove_rows: np.ndarray | slice
    shown: ShownRows | None
    state: State
    apart_px: np.ndarray
    sheet: PieceSheet | None = None

    def about(self, displacement_px: np.ndarray) -> State:
        """The state about a displacement, in px of the disc."""
        own = (displacement_px[self.rows] + self.apart_px) * np.float32(self.scale)
        return replace(
            self.state, displacement_px=groove_rows_only(self.grid, own.astype(np.float32))
        )


def begin_jointly(
    photographs: Sequence[Photograph],
    placements: dict[int, Placement],
    groove_map: GrooveMap,
    arcs: Sequence[Arc],
    settings: GrooveSettings,
) -> tuple[dict[int, JointPhotograph], np.ndarray, RowGrid]:
    """The photographs as their coarse strips tell of them, a first displacement, and the rows.

    The rows are those of the disc, in px of the photograph with the finest px.
    """
    finest = max(placements, key=lambda k: placements[k].scale)
    laid = map_in_photograph(groove_map, placements[finest])
    whole = lay_row_grid(laid, settings.step_px, settings.rows_per_turn)
    parts: dict[int, JointPhotograph] = {}
    weight, moment = (np.zeros(len(whole.radius_px)) for _ in range(2))
    for number, placement in placements.items():
        mine = [arc for arc in arcs if arc.photograph == number]
        part, told, error = _begun(photographs[number], placement, groove_map, whole, mine)
        parts[number] = part
        certain = np.where(np.isfinite(error), (placement.scale / error) ** 2, 0.0)
        weight[part.rows] += certain
        moment[part.rows] += certain * told / placement.scale
    known = weight > 0
    mean = np.where(known, moment / np.where(known, weight, 1.0), 0.0)
    error = np.where(known, 1 / np.sqrt(np.where(known, weight, 1.0)), np.inf)
    first = np.zeros(len(whole.radius_px), np.float32)
    first[whole.groove] = best_estimate(mean[whole.groove], error[whole.groove])
    return parts, first, whole


def _begun(
    photo: Photograph,
    placement: Placement,
    groove_map: GrooveMap,
    whole: RowGrid,
    arcs: Sequence[Arc],
) -> tuple[JointPhotograph, np.ndarray, np.ndarray]:
    """A photograph, the displacement of its rows that its strips tell, and the error of that."""
    here = map_in_photograph(groove_map, placement)
    covers = placement.sheet.covers if placement.sheet else None
    shown = shown_rows(here, whole.samples_per_turn, photo.shape, covers)
    rows: np.ndarray | slice = slice(None)
    groove_rows: np.ndarray | slice = slice(None)
    grid = whole
    if shown is not None:
        rows = shown.rows(len(whole.radius_px))
        grid = rows_alone(whole, shown)
        groove_rows = rows[grid.groove] - np.int32(whole.samples_per_turn)
    finer = here.pitch_px / whole.pitch_px
    grid = replace(grid, pitch_px=here.pitch_px, radius_px=grid.radius_px * finer)
    row = np.arange(len(grid.radius_px)) if shown is None else rows
    state, told, error = _first_state(here, grid, np.asarray(row), arcs)
    part = JointPhotograph(
        photo=photo,
        groove_map=here,
        scale=placement.scale,
        grid=grid,
        rows=rows,
        groove_rows=groove_rows,
        shown=shown,
        state=state,
        apart_px=np.zeros(len(grid.radius_px), np.float32),
        sheet=placement.sheet,
    )
    return part, told, error


def rows_alone(whole: RowGrid, shown: ShownRows) -> RowGrid:
    """The grid with the rows alone that a photograph shows."""
    return replace(
        whole,
        samples_per_turn=shown.of_turn,
        outward=shown.of_turn if whole.outward > 0 else -shown.of_turn,
        radius_px=whole.radius_px[shown.rows(len(whole.radius_px))],
        turn_share=shown.of_turn / shown.per_turn,
    )


def _first_state(
    groove_map: GrooveMap, grid: RowGrid, row: np.ndarray, arcs: Sequence[Arc]
) -> tuple[State, np.ndarray, np.ndarray]:
    """First state of the model of a photograph, its displacement and the error of that."""
    columns: list[np.ndarray] = []
    for arc in arcs:
        read = arc.radius_px + np.where(arc.known, arc.displacement_px, 0.0)
        turns, apart = _along(groove_map, arc, read)
        error = np.where(arc.known, arc.error_px, np.inf)
        columns.append(
            np.stack([turns, apart, error, arc.contrast, arc.level, arc.tilt])[:, arc.in_photograph]
        )
    table = np.concatenate(columns, axis=1)
    table = table[:, np.argsort(table[0], kind="stable")]
    table = table[:, (table[0] > -1) & (table[0] < groove_map.turns + 1)]
    per_turn = grid.whole_turn_rows
    here = row / per_turn - 1

    def at_rows(turns: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Linear interpolation to the rows."""
        return np.interp(here, turns, values).astype(np.float32)

    contrast, level, tilt = (at_rows(table[0], table[k]) for k in (3, 4, 5))
    known = np.isfinite(table[2])
    turns = table[0, known]
    displacement = at_rows(turns, table[1, known])
    error = at_rows(turns, table[2, known]).astype(float)
    # rows far from any that is known are not
    near = np.searchsorted(turns, here)
    at = np.concatenate([[-np.inf], turns, [np.inf]])
    gap = np.minimum(here - at[near], at[near + 1] - here)
    step_rad = max(arc.step_rad for arc in arcs)
    error[gap > 2 * step_rad / (2 * np.pi)] = np.inf
    # strips have fewer rows than the grid
    dense = np.sqrt(step_rad / (2 * np.pi) * per_turn)
    noise = float(np.median([arc.level.std() for arc in arcs])) + 1e-9
    usual = float(np.percentile(np.abs(table[3]), 80))
    state = State(
        displacement_px=np.zeros(len(here), np.float32),
        contrast=groove_rows_only(grid, contrast),
        level=level,
        tilt=tilt,
        template=arcs[0].template,
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
