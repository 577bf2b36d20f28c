"""All placements, and the spiral that they share, adjusted together (bundle adjustment).

Points that two photographs share have to fall together on the disc (Triggs et al. 2000), and the
turns of all photographs have to lie on one spiral. How far cameras differ from a flat view is told
by the evidence, as for a single one (MacKay 1992): one kind of term has the same usual size in all
photographs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.polynomial.chebyshev import chebvander

from groovescan.camera.fit import USUAL
from groovescan.core.statistics import median_deviation
from groovescan.errors import GrooveLostError
from groovescan.joining.placements import TERMS, Placement
from groovescan.joining.registration.arcs import Arc
from groovescan.joining.registration.numbering import Numbered
from groovescan.joining.registration.programme_rows import Programmes
from groovescan.joining.registration.tie_points import TiePoints, tie_points

#: Usual sizes of stretch, shear, perspective and lens, of which the evidence may make less. Not
#: more: on a narrow ring a lens could else shrink the disc, and all that is left with it.
_USUAL, _LEAST_USUAL = USUAL[2:], 1e-6
#: Residuals of more than so many of their errors count less (Cauchy's weight): 2.4 of them leave 95
#: % of the efficiency on Gaussian errors (Holland and Welsch 1977), more is gentler.
_OUTLYING = 3.0


@dataclass(frozen=True, kw_only=True)
class SpiralPoints:
    """Points of the groove in one photograph.

    Attributes
    ----------
    photograph : int
        The photograph.
    image_px : ndarray of float64, shape (2, n)
        Where they lie, without the sound.
    turns : ndarray of float64, shape (n,)
        Their number on the disc: turns outwards, from that of an arc.
    """

    photograph: int
    image_px: np.ndarray
    turns: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Adjusted:
    """Placements that agree.

    Attributes
    ----------
    placements : dict of int to Placement
        How each photograph lies on the disc.
    spiral : tuple of SpiralPoints
        The groove as each photograph shows it.
    across_px, along_px : float
        What is left between photographs, across the groove and along it, robust; 0 without ties.
    misfit : float
        Weighted sum of the squares of all that is left.
    numbers : Numbered
        Which turn is which.
    """

    placements: dict[int, Placement]
    spiral: tuple[SpiralPoints, ...]
    across_px: float
    along_px: float
    misfit: float
    numbers: Numbered


class _Equations:
    """Normal equations of all placements and the feed."""

    def __init__(self, placements: dict[int, Placement], feed: int) -> None:
        self.place = {number: TERMS * k for k, number in enumerate(placements)}
        self.feed = TERMS * len(placements)
        size = self.feed + feed
        self.normal, self.target = np.zeros((size, size)), np.zeros(size)
        self.misfit = 0.0

    def add(self, parts: list[tuple[int, np.ndarray]], left: np.ndarray) -> None:
        """Add residuals and their derivatives, of shape (terms, n), by terms from a place on."""
        weight = 1 / (1 + (left / _OUTLYING) ** 2)
        self.misfit += float(_OUTLYING**2 * np.sum(np.log1p((left / _OUTLYING) ** 2)))
        for at, by in parts:
            rows = slice(at, at + len(by))
            self.target[rows] -= by @ (weight * left)
            for beside, other in parts:
                self.normal[rows, beside : beside + len(other)] += (by * weight) @ other.T


def adjusted(
    arcs: Sequence[Arc], candidates: Sequence[Numbered], programmes: Programmes
) -> Adjusted:
    """Adjust all placements.

    Parameters
    ----------
    arcs : sequence of Arc
        The arcs of all photographs.
    candidates : sequence of Numbered
        How the photographs lie, roughly; of several the one is taken that leaves the least.
    programmes : Programmes
        The recordings of the arcs.

    Returns
    -------
    Adjusted

    Raises
    ------
    GrooveLostError
        Where they do not tell which turn follows on which.
    """
    found = [
        adjusted_with(arcs, numbers, tie_points(arcs, numbers, programmes))
        for numbers in candidates
    ]
    best, *others = sorted(found, key=lambda one: one.misfit)
    # Twice the log of the likelihood ratio by which one sense of the spiral is believed: three
    # quarters of reference discs told it by 50, and those of torn and folded films wrongly by 13.
    sure = 30.0
    if others and others[0].misfit < best.misfit + sure:
        raise GrooveLostError(
            "the photographs do not go all round the disc, and what they show does not tell in "
            "which direction its spiral winds: which turn follows on which cannot be known. "
            "Photograph the part that is missing, or add one photograph of the whole disc."
        )
    if not others:
        return best
    # Round the disc nothing closes: what slow displacements of neighbouring points have in common
    # would be taken for a tilt, which turns one photograph against the next. Of four quarters, each
    # left out in turn, that turned them by up to 0.49 degrees, and by 0.07 from 0.03 px on to 0.1.
    common_px = 0.05
    ties = tie_points(arcs, best.numbers, programmes)
    return adjusted_with(arcs, best.numbers, ties, common_px=common_px)


def adjusted_with(
    arcs: Sequence[Arc],
    numbers: Numbered,
    ties: Sequence[TiePoints],
    *,
    common_px: float = 0.0,
) -> Adjusted:
    """Adjust all placements, with turns that are numbered and points that are shared.

    Parameters
    ----------
    arcs : sequence of Arc
        The arcs of all photographs.
    numbers : Numbered
        How the photographs lie, roughly, and which turn is which.
    ties : sequence of TiePoints
        Points that two of them share.
    common_px : float
        Error of slow displacements that neighbouring points have in common.

    Returns
    -------
    Adjusted
    """
    # Gauss-Newton steps; the first few with the usual sizes of the terms, the others with those
    # that were learnt.
    rounds = 20
    learnt_from = 4
    # The feed has a term for so many turns; of the points of a turn so many err by themselves.
    feed_turns = 3.0
    most_feed = 30
    points_per_turn = 40
    spiral = [_spiral_points(arcs[k], first, numbers) for k, first in numbers.first_turns.items()]
    spiral = [points for points in spiral if len(points.turns)]
    turns = np.concatenate([points.turns for points in spiral])
    low, high = float(turns.min()), float(turns.max())
    many = int(np.clip((high - low) / feed_turns, 2, most_feed))
    shapes = [chebvander(2 * (p.turns - low) / (high - low) - 1, many).T for p in spiral]
    shared = max(len(turns) / (points_per_turn * (high - low)), 1.0)
    placements, usual, feed = dict(numbers.placements), _USUAL, np.zeros(0)
    across = along = misfit = 0.0
    for step in range(rounds):
        equations = _Equations(placements, many + 1)
        across, along = _add_ties(equations, placements, ties, common_px)
        seen = [placements[p.photograph].on_disc_by_terms(p.image_px) for p in spiral]
        if not step:
            radii = np.concatenate([np.abs(z) for z, _ in seen])
            feed = np.linalg.lstsq(np.concatenate(shapes, axis=1).T, radii)[0]
        _add_spiral(equations, spiral, seen, shapes, feed, shared, common_px)
        misfit = equations.misfit
        _add_usual(equations, placements, numbers.base, usual)
        move = np.linalg.solve(equations.normal, equations.target)
        feed = feed + move[equations.feed :]
        placements = {
            k: p.with_vector(p.vector + move[equations.place[k] : equations.place[k] + TERMS])
            for k, p in placements.items()
        }
        if step >= learnt_from:
            usual = _learnt(equations, placements)
    return Adjusted(
        placements=placements,
        spiral=tuple(spiral),
        across_px=across,
        along_px=along,
        misfit=misfit,
        numbers=numbers,
    )


def _spiral_points(arc: Arc, first: int, numbers: Numbered) -> SpiralPoints:
    """Places of the groove on an arc."""
    # A point for so many degrees, of what was read for the most part: arbitrary, the spiral bends
    # by slow terms only.
    spiral_degrees = 2.0
    spiral_known = 0.8
    radius, known = arc.slow()
    columns = np.arange(len(arc.angle_rad))
    columns = columns[:: max(1, int(np.deg2rad(spiral_degrees) / arc.step_rad))]
    turn, column = np.nonzero(known[:, columns] > spiral_known)
    column = columns[column]
    angle = arc.angle_rad[column]
    ahead = numbers.angle_rad(arc, angle) / (2 * np.pi)
    return SpiralPoints(
        photograph=arc.photograph,
        image_px=arc.image_px(radius[turn, column], angle),
        turns=first + turn + numbers.sense * ahead,
    )


def _add_ties(
    equations: _Equations,
    placements: dict[int, Placement],
    ties: Sequence[TiePoints],
    common_px: float,
) -> tuple[float, float]:
    """Points that photographs share; what is left of them, across the groove and along it."""
    # Errors in px that no tie is without: across and along the groove; and of the spiral's radius.
    least_across_px = float(np.hypot(0.03, common_px))
    least_along_px = 0.05
    left: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    for tie in ties:
        one, by_one = placements[tie.one].on_disc_by_terms(tie.one_px)
        other, by_other = placements[tie.other].on_disc_by_terms(tie.other_px)
        outwards = one / np.abs(one)
        along = np.hypot(tie.error_rad * np.abs(one), least_along_px)
        apart = (other - one) / outwards
        moved = [
            (equations.place[tie.one], -by_one / outwards),
            (equations.place[tie.other], by_other / outwards),
        ]
        left[1].append(apart.imag)
        if tie.across:
            left[0].append(apart.real)
            equations.add(
                [(at, by.real / least_across_px) for at, by in moved], apart.real / least_across_px
            )
        equations.add([(at, by.imag / along) for at, by in moved], apart.imag / along)
    across, along_px = (_spread(np.concatenate(part)) if part else 0.0 for part in left)
    return across, along_px


def _spread(values: np.ndarray) -> float:
    return 1.4826 * float(np.median(np.abs(values))) if len(values) else 0.0


def _add_spiral(
    equations: _Equations,
    spiral: Sequence[SpiralPoints],
    seen: Sequence[tuple[np.ndarray, np.ndarray]],
    shapes: Sequence[np.ndarray],
    feed: np.ndarray,
    shared: float,
    common_px: float,
) -> None:
    """The turns of all photographs lie on one spiral."""
    # Errors in px that no tie is without: across and along the groove; and of the spiral's radius.
    least_noise_px = float(np.hypot(0.01, common_px))
    left = [np.abs(z) - feed @ shape for (z, _), shape in zip(seen, shapes, strict=True)]
    noise = max(median_deviation(np.concatenate(left)), least_noise_px)
    each = noise * np.sqrt(shared)
    for points, (z, by), shape, rest in zip(spiral, seen, shapes, left, strict=True):
        outwards = (by / (z / np.abs(z))).real
        at = equations.place[points.photograph]
        # what lies far off does so by the noise of one point, not by that of what they share
        weight = 1 / np.sqrt(1 + (rest / (_OUTLYING * noise)) ** 2) / each
        parts = [(at, outwards * weight), (equations.feed, -shape * weight)]
        equations.add(parts, rest * weight)


def _add_usual(
    equations: _Equations, placements: dict[int, Placement], base: int, usual: np.ndarray
) -> None:
    """Terms that nothing tells stay small, and the base stays where it is."""
    for number, at in equations.place.items():
        small = np.arange(at + 4, at + TERMS)
        equations.normal[small, small] += 1 / usual**2
        equations.target[small] -= placements[number].vector[4:] / usual**2
    fixed = equations.place[base] + np.array([2, 3])
    equations.normal[fixed, fixed] += 1e12
    every = np.arange(len(equations.target))
    equations.normal[every, every] *= 1 + 1e-9
    equations.normal[every, every] += 1e-9


def _learnt(equations: _Equations, placements: dict[int, Placement]) -> np.ndarray:
    """Usual sizes of the terms, by those that were found and how well they are known."""
    # Terms that have one usual size: stretch and shear, perspective, lens.
    kinds = (slice(0, 2), slice(2, 4), slice(4, 5))
    variance = np.diag(np.linalg.inv(equations.normal))
    found = np.array([placements[k].vector[4:] for k in equations.place])
    unsure = np.array([variance[at + 4 : at + TERMS] for at in equations.place.values()])
    usual = np.empty(len(_USUAL))
    for kind in kinds:
        size = float(np.sqrt(np.mean(found[:, kind] ** 2 + unsure[:, kind])))
        usual[kind] = np.clip(size, _LEAST_USUAL, _USUAL[kind])
    return usual
