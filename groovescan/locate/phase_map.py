"""From the fringe's phase to a first groove map.

The phase without the spiral's winding is smooth: a few harmonics round the disc times a low
polynomial across the ring describe it. They are fitted to the phase where neighbouring cells
agree, starting from the largest connected part; the rest joins by its phase modulo half a
pitch, so that a gap (vanished contrast, a tear) does not break the count of turns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
from scipy import ndimage

from groovescan.core.results import Camera, GrooveMap
from groovescan.errors import GrooveNotFoundError
from groovescan.locate.feed_phase import Feed
from groovescan.locate.fringe import COHERENT, Fringe, unwrapped
from groovescan.locate.phase_unwrapping import largest_part

#: Turns that a first map has beyond the groove at either end, for what follows to cut.
MARGIN_TURNS = 1.5


def first_map(
    field: Fringe, camera: Camera, wind: int, *, start: str, harmonics: int
) -> tuple[GrooveMap, float]:
    """Follow the fringe into a groove map.

    Parameters
    ----------
    field : Fringe
        The demodulated groove field.
    camera : Camera
        The camera under which it was unwrapped.
    wind : int
        +1 or -1, the winding of the spiral.
    start : {'outer', 'inner'}
        Which end is played first.
    harmonics : int
        Highest harmonic per turn of the map.

    Returns
    -------
    groove_map : GrooveMap
        It reaches somewhat beyond both ends of the groove, and its turns run either along
        the groove or half a pitch beside it, on the land: the fringe alone cannot tell.
    residual_turns : float
        Root mean square of what the fit left of the phase, in turns.
    """
    # Of the columns: arbitrary.
    share = 0.12
    field = _thinned(field)
    phase = unwrapped(field, wind)
    body = largest_part(~np.ma.getmaskarray(phase))
    alike = _spiral_columns(field, body, wind)
    if not alike.all():
        field = _only(field, alike)
        phase = unwrapped(field, wind)
        body = largest_part(~np.ma.getmaskarray(phase))
    columns = np.flatnonzero(body.mean(axis=0) > share)
    if len(columns) < 3:
        raise GrooveNotFoundError(
            "a fringe was seen, but no connected ring of at least three turns: the groove is "
            "not resolved. Photograph it closer, sharper or with more contrast."
        )
    model, residual = _fit(field, phase, body, columns, wind, harmonics)
    ring = field.radius_px[[columns[0], columns[-1]]]
    return _as_map(field, camera, wind, model, ring, start), residual


def _thinned(field: Fringe) -> Fringe:
    """The fringe in fewer, larger cells, as far as it changes little within each.

    Following it costs more than seeing it, and a long groove has many cells.
    """
    # How many sectors become one, where the fringe changes by less than so much from one to the
    # next.
    thinning = (4, 2)
    steepest_rad = 0.5
    most_columns = 120
    step = np.angle(np.roll(field.square, -1, axis=0) * np.conj(field.square))
    visible = field.coherence > COHERENT
    steep = float(np.percentile(np.abs(step[visible]), 95)) if visible.any() else np.pi
    sectors = next((many for many in thinning if many * steep < steepest_rad), 1)
    columns = max(1, len(field.radius_px) // most_columns)
    if sectors * columns == 1:
        return field
    whole_columns = len(field.radius_px) // columns * columns

    def mean(cells: np.ndarray) -> np.ndarray:
        """Means over whole cells."""
        whole = np.ascontiguousarray(cells[:, :whole_columns])
        size = (whole_columns // columns, len(whole) // sectors)
        return cv2.resize(whole, size, interpolation=cv2.INTER_AREA)

    return replace(
        field,
        square=mean(field.square.real) + 1j * mean(field.square.imag),
        power=mean(field.power),
        angle_rad=field.angle_rad.reshape(-1, sectors).mean(axis=1),
        radius_px=field.radius_px[:whole_columns].reshape(-1, columns).mean(axis=1),
        turns=None
        if field.turns is None
        else field.turns[:whole_columns].reshape(-1, columns).mean(axis=1),
    )


def _spiral_columns(field: Fringe, body: np.ndarray, wind: int) -> np.ndarray:
    """Columns from one end of the spiral to the other, shape (radii,).

    A circle beside it does not wind, and a lead-out winds faster: their phase would bend the map.
    The film bends the turns beside them as it bends them; what is left is how they wind.
    """
    # Columns that are seen on so much of the disc say how often they wind, to within so many turns;
    # so many of them beside each other are a spiral. What winds by so much more or less is another.
    whole_share = 0.6
    as_usual = 0.1
    least_columns = 4
    another = 0.6
    # Its fringe is fainter than so much of the strong ones: where turns lie side by side is a
    # spiral.
    strong_percent = 90
    faint_share = 0.6
    together = 3
    visible_share = 0.3
    step = np.roll(field.square, -1, axis=0) * np.conj(field.square)
    step = np.where(body, step / (np.abs(step) + 1e-20), 0)
    visible = body.mean(axis=0)
    turns = -np.angle(step).sum(axis=0) / (4 * np.pi)
    usual = (visible > whole_share) & (np.abs(turns - wind * visible) < as_usual)
    usual = ndimage.binary_opening(usual, np.ones(least_columns))
    alike = np.ones(body.shape[1], bool)
    if not usual.any():
        return alike
    others = (visible < visible_share) | (visible > whole_share) & (
        np.abs(turns - wind * visible) > another
    )
    others = ndimage.binary_opening(others, np.ones(least_columns))
    band = _widest_band(usual, others)
    if band is not None:
        return band
    inner, outer = np.flatnonzero(usual)[[0, -1]]
    strength = np.where(body, field.power, 0).mean(axis=0)
    faint = strength < faint_share * np.percentile(strength, strong_percent)
    for beyond, edge in (
        (np.arange(inner)[::-1], np.arange(inner, inner + least_columns)),
        (np.arange(outer + 1, len(alike)), np.arange(outer - least_columns + 1, outer + 1)),
    ):
        if len(beyond) < together:
            continue
        beside = step[:, edge].sum(axis=1, keepdims=True)
        apart = (step[:, beyond] * np.conj(beside)).sum(axis=0)
        winds = np.angle(apart) / (4 * np.pi) * len(step)
        winds[visible[beyond] < visible_share] = 0  # that is noise
        # some columns together: one may be noise, and so may many before a strong one
        other = np.abs(np.convolve(winds, np.full(together, 1 / together), "valid")) > another
        other &= np.logical_and.accumulate(faint[beyond][::-1])[::-1][: len(other)]
        if other.any():
            alike[beyond[np.argmax(other) :]] = False
    return alike


def _widest_band(usual: np.ndarray, others: np.ndarray) -> np.ndarray | None:
    """The widest of several bands with land or other lines between them; None of one alone.

    Across a gap a line winds as often as it will, and no phase tells how often the groove does.
    """
    inner, outer = np.flatnonzero(usual)[[0, -1]]
    if not others[inner:outer].any():
        return None
    labels, count = ndimage.label(~others)
    wide = np.bincount(labels[usual], minlength=count + 1)
    wide[0] = 0
    inside = np.flatnonzero(usual & (labels == wide.argmax()))
    band = np.zeros(len(usual), bool)
    band[inside[0] : inside[-1] + 1] = True
    return band


def _only(field: Fringe, columns: np.ndarray) -> Fringe:
    return replace(
        field,
        square=field.square[:, columns],
        power=field.power[:, columns],
        radius_px=field.radius_px[columns],
        turns=None if field.turns is None else field.turns[columns],
    )


class _Model:
    """Harmonics round the disc times Chebyshev polynomials across the ring."""

    def __init__(self, ring: np.ndarray, harmonics: int, order: int) -> None:
        self.middle, self.half = ring.mean(), max(np.ptp(ring) / 2, 1.0)
        self.harmonics, self.order = harmonics, order
        self.weights = np.zeros((2 * harmonics + 1) * (order + 1))

    def round(self, angle: np.ndarray) -> np.ndarray:
        """One, the cosines and the sines of the harmonics, in the last axis."""
        turns = np.arange(1, self.harmonics + 1) * np.asarray(angle)[..., None]
        return np.concatenate([np.ones_like(turns[..., :1]), np.cos(turns), np.sin(turns)], -1)

    def across(self, radius: np.ndarray) -> np.ndarray:
        """The polynomials across the ring, in the last axis; held level beyond it."""
        x = np.clip((np.asarray(radius) - self.middle) / self.half, -1.1, 1.1)
        return np.polynomial.chebyshev.chebvander(x, self.order)

    def stiffness(self) -> np.ndarray:
        """Penalty of each term: the quicker it turns, the larger."""
        h = np.r_[0, np.tile(np.arange(1, self.harmonics + 1), 2)]
        p = np.arange(self.order + 1)
        return (h[:, None] ** 4 + 3.0 * p[None] ** 4).ravel()

    def along(self, angle: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        """The model at these angles, as a function of the radius at each."""
        table = self.weights.reshape(2 * self.harmonics + 1, self.order + 1)
        level = self.round(angle) @ table
        return lambda radius: np.einsum("...p,...p->...", level, self.across(radius))


def _fit(
    field: Fringe,
    phase: np.ma.MaskedArray,
    body: np.ndarray,
    columns: np.ndarray,
    wind: int,
    harmonics: int,
) -> tuple[_Model, float]:
    # Rounds in which outlying phases come to count less (arbitrary); the surface is fitted by so
    # many sectors, since all 2048 tell no more of a slow one; phases off by more than this count
    # less. Flat (docs/method.md, constants).
    passes = 8
    sectors_fitted = 512
    loose_rad = 0.35
    sectors = np.arange(0, len(field.angle_rad), max(1, len(field.angle_rad) // sectors_fitted))
    angle, radius = field.angle_rad[sectors], field.radius_px[columns]
    # Columns are halves of a pitch, which are counted whole.
    turns = round(2 * np.ptp(radius) / field.pitch_px) / 2
    model = _Model(radius, harmonics, int(np.clip(turns // 3, 1, 6)))
    design = _Separable(model.round(angle), model.across(radius))
    cells = np.ix_(sectors, columns)
    weight = field.coherence[cells] ** 2
    weight = np.where(body[cells] | (field.coherence[cells] > 0.6), weight, 0)
    square = field.square[cells] * np.exp(2j * wind * angle)[:, None]
    stiff = 1e-6 * weight.size * model.stiffness()
    target, now = phase.filled(0.0)[cells], weight * body[cells]
    for _ in range(passes):
        normal, right = design.normal(now, target)
        model.weights = np.linalg.solve(normal + np.diag(stiff) + 1e-9, right)
        said = design.of(model.weights)
        rest = np.angle(square * np.exp(-2j * said)) / 2
        target, now = said + rest, weight / (1 + (rest / loose_rad) ** 2)
        stiff = stiff * 0.3
    return model, float(np.sqrt(np.average(rest**2, weights=now)) / (2 * np.pi))


class _Separable:
    """Least squares on a grid whose every term is a function of its row times one of its column.

    The sums over the grid are taken over its columns first and its rows then.
    """

    def __init__(self, rows: np.ndarray, columns: np.ndarray) -> None:
        self.rows, self.columns = rows, columns
        self._row_pairs = _pairs(rows)
        self._column_pairs = _pairs(columns)

    def normal(self, weight: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The normal equations: their matrix and right-hand side."""
        many, few = self.rows.shape[1], self.columns.shape[1]
        matrix = self._row_pairs.T @ (weight @ self._column_pairs)
        matrix = matrix.reshape(many, many, few, few).transpose(0, 2, 1, 3)
        right = self.rows.T @ (weight * target) @ self.columns
        return matrix.reshape(many * few, many * few), right.ravel()

    def of(self, weights: np.ndarray) -> np.ndarray:
        """The sum of the terms over the grid."""
        table = weights.reshape(self.rows.shape[1], self.columns.shape[1])
        return self.rows @ table @ self.columns.T


def _pairs(terms: np.ndarray) -> np.ndarray:
    """Products of every term with every other, at each place."""
    return (terms[:, :, None] * terms[:, None, :]).reshape(len(terms), -1)


def _as_map(
    field: Fringe,
    camera: Camera,
    wind: int,
    model: _Model,
    ring: np.ndarray,
    start: str,
) -> GrooveMap:
    # What bends more than 64 times in a turn is not followed: arbitrary. The radius is solved by
    # fixed-point steps, each of which leaves the slope of the bend along the radius of what was
    # missing.
    nodes_per_turn = 128
    map_steps = 12
    direction = -wind if start == "outer" else wind
    first = ring[1] if start == "outer" else ring[0]
    inward = -1 if start == "outer" else 1
    feed = Feed.even(field.pitch_px)
    if field.turns is not None:
        feed = Feed.through(field.radius_px, field.turns)
    ends = feed.turns_within(ring)
    # A whole number of turns may come out a little less.
    most = int(np.ptp(ends) + 2 * MARGIN_TURNS + 1e-6)
    count = (most + 3) * nodes_per_turn + 1
    s = np.arange(count) / nodes_per_turn - 1
    angle = direction * 2 * np.pi * s
    # The whole number of turns that puts the map's start just outside the groove.
    at_start = feed.turns_within(np.array([first]))[0]
    bent = float(model.along(np.zeros(1))(np.array([first]))[0]) / (2 * np.pi)
    whole = np.ceil(at_start + bent - inward * MARGIN_TURNS)
    radius = first + inward * field.pitch_px * (s - MARGIN_TURNS)
    bend = model.along(angle)
    for _ in range(map_steps):
        radius = feed.radius_px(whole + inward * s - bend(radius) / (2 * np.pi))
    inside = (radius >= ring[0]) & (radius <= ring[1])
    return GrooveMap(
        camera=camera,
        pitch_px=float(abs(np.polyfit(s[inside], radius[inside], 1)[0])),
        direction=direction,
        start_rad=0.0,
        nodes_per_turn=nodes_per_turn,
        radius_px=radius,
    )
