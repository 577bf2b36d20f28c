"""Pieces of a disc laid out: in which order they lie round it, and which turn goes on as which.

How far each is turned the edges tell, which fit one another; in which order pieces that fit alike
lie, and in which sense the spiral winds, the sound tells, which goes on across the cuts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

import numpy as np

from groovescan.core.photograph import Photograph
from groovescan.joining.pieces.cut_evidence import EdgeRows, covariance_of, edge_rows, goes_on
from groovescan.joining.pieces.piece_edges import PieceEdges, piece_edges
from groovescan.joining.pieces.pieces_in_one import of_one_photograph
from groovescan.joining.placements import Placement
from groovescan.joining.registration.arcs import Arc
from groovescan.joining.registration.numbering import Numbered
from groovescan.joining.registration.tie_points import TiePoints

#: So many pieces are tried in all orders.
_MOST_PIECES = 6


@dataclass(frozen=True, kw_only=True, eq=False)
class LaidOut:
    """Pieces that lie on one disc.

    Attributes
    ----------
    numbers : Numbered
        How they lie, and which turn is which.
    ties : tuple of TiePoints
        Points of the cuts.
    likely : float
        Logarithm of how much likelier it is that the sound goes on across the cuts than not.
    turns : int
        How many turns cross the cuts.
    radius_px : tuple of float
        Radius of the pieces, about the centre of the groove.
    """

    numbers: Numbered
    ties: tuple[TiePoints, ...]
    likely: float
    turns: int
    radius_px: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Piece:
    """A piece before it is laid."""

    index: int
    arc: Arc
    edges: PieceEdges
    first: EdgeRows
    last: EdgeRows
    radius_px: float
    pitch_px: float
    middle_rad: float


@dataclass(frozen=True, kw_only=True, eq=False)
class _Cut:
    """Two pieces as they lie where the edges fit."""

    turned_rad: float
    left_px: float
    tie: TiePoints


def laid_out(
    photographs: Sequence[Photograph], arcs: Sequence[Arc], alone: Sequence[int]
) -> LaidOut | None:
    """Lay out pieces of a disc.

    Parameters
    ----------
    photographs : sequence of Photograph
        One channel of each.
    arcs : sequence of Arc
        The arcs of all photographs.
    alone : sequence of int
        Photographs that share nothing with any other one.

    Returns
    -------
    LaidOut or None
        None where they are no pieces that go once round a disc, or the sound does not tell how.
        Pieces that fit nowhere among the others are left out of it.
    """
    # So many pieces may be of another disc.
    most_foreign = 2
    pieces = [piece for number in alone if (piece := _piece(photographs, arcs, number))]
    if len(pieces) > _MOST_PIECES:
        return None
    for foreign in range(most_foreign + 1):
        if len(pieces) - foreign < 2:
            break
        found = [
            laid
            for some in combinations(pieces, len(pieces) - foreign)
            for laid in _all_laid(list(some))
        ]
        as_they_lie = [laid for laid in found if _lies_so(laid, photographs)]
        if len(as_they_lie) == 1:
            return as_they_lie[0]
        if found:
            return _surest(found)
    return None


def _lies_so(laid: LaidOut, photographs: Sequence[Photograph]) -> bool:
    """Whether pieces lie in one photograph nearly as on the disc: so has somebody laid them.

    Pieces that are laid down as chance has it do not lie so: two further ones within this of their
    places in one case of ten thousand.
    """
    # Pieces are turned, and moved over their radius, by so much at most.
    turned_rad, moved_radii = 0.2, 0.2
    placements = laid.numbers.placements
    if not of_one_photograph([photographs[k] for k in placements]):
        return False
    first, *others = placements.values()
    furthest = moved_radii * max(laid.radius_px)
    return all(
        abs(np.angle(np.exp(1j * (each.rotation_rad - first.rotation_rad)))) < turned_rad
        and np.hypot(*(each.camera.centre_px - first.camera.centre_px)) < furthest
        for each in others
    )


def _all_laid(pieces: list[_Piece]) -> list[LaidOut]:
    """The ways in which the edges of pieces fit all round a disc."""
    covariance = covariance_of([piece.arc for piece in pieces])
    return [
        laid
        for order in _orders(pieces)
        for sense in (1, -1)
        if (laid := _laid(order, sense, covariance))
    ]


def _surest(found: list[LaidOut]) -> LaidOut | None:
    """The likeliest way; none where the sound contradicts it, or does not tell it from another."""
    # The sound tells one order from the next by so much, as the logarithm of a likelihood ratio: a
    # hundred to one.
    sure = 4.6
    found.sort(key=lambda laid: -laid.likely)
    # Edges that fit tell that the pieces are of one disc, and the sound must not contradict: where
    # it goes on, a turn tells -0.01 to 0.04 across a cut, and where not, -0.4 (measured).
    if found[0].likely < -0.1 * found[0].turns:
        return None
    if len(found) > 1 and found[1].likely > found[0].likely - sure:
        return None
    return found[0]


def _piece(photographs: Sequence[Photograph], arcs: Sequence[Arc], number: int) -> _Piece | None:
    """A photograph as a piece, where both edges of the cut are seen in it."""
    mine = [k for k, arc in enumerate(arcs) if arc.photograph == number]
    if not mine:
        return None
    index = max(mine, key=lambda k: int(arcs[k].known.sum()))
    arc = arcs[index]
    edges = piece_edges(photographs[number], arc)
    if not all(edges.found):
        return None
    radius, pitch, middle = _mean_line(arc, edges)
    return _Piece(
        index=index,
        arc=arc,
        edges=edges,
        first=edge_rows(arc, edges, last=False),
        last=edge_rows(arc, edges, last=True),
        radius_px=radius,
        pitch_px=pitch,
        middle_rad=middle,
    )


def _mean_line(arc: Arc, edges: PieceEdges) -> tuple[float, float, float]:
    """Mean radius of the arc's turn 0, from turn to turn, and the angle for which that is."""
    slow, known = arc.slow()
    turns = np.flatnonzero(arc.known.mean(axis=1) > 0.8 * arc.known.mean(axis=1).max())
    column = np.flatnonzero((known[turns] > 0.5).all(axis=0))
    x, y = arc.image_px(slow[np.ix_(turns, column)], arc.angle_rad[column])
    right, up = x - edges.camera.centre_px[0], edges.camera.centre_px[1] - y
    radius = np.hypot(right, up).mean(axis=1)
    pitch, first = np.polyfit(turns, radius, 1) if len(turns) > 1 else (arc.pitch_px, radius[0])
    return float(first), float(pitch), float(arc.angle_rad[column].mean())


def _orders(pieces: list[_Piece]) -> Iterator[list[_Piece]]:
    first, *others = pieces
    for order in permutations(others):
        yield [first, *order]


def _laid(order: list[_Piece], sense: int, covariance: np.ndarray) -> LaidOut | None:
    """The pieces in an order, counter-clockwise; none where they do not fit."""
    # Edges fit to so many pitches, round the disc to so many for each; turns to so much of one.
    fit_pitches, round_pitches, fit_turns = 1.0, 0.5, 0.25
    following = [*order[1:], order[0]]
    cuts = [_cut(*pair) for pair in zip(order, following, strict=True)]
    turned = np.cumsum([0.0, *(cut.turned_rad for cut in cuts)])
    round_px = abs(turned[-1] - 2 * np.pi) * order[0].radius_px
    if round_px > round_pitches * len(order) * order[0].pitch_px:
        return None
    if any(cut.left_px > fit_pitches * order[0].pitch_px for cut in cuts):
        return None
    ahead = np.array([p.middle_rad for p in order]) + turned[:-1]
    count = np.array([p.radius_px / p.pitch_px for p in order]) - sense * ahead / (2 * np.pi)
    first = np.rint(count - count[0]).astype(int)
    if np.abs(count - count[0] - first).max() > fit_turns:
        return None
    # whoever comes to the first piece once more is a turn further on
    after = np.r_[first[1:], first[0] + sense]
    likely = [
        goes_on(one.last, other.first, int(a - b), covariance)
        for one, other, a, b in zip(order, following, first, after, strict=True)
    ]
    return LaidOut(
        numbers=_numbered(order, turned, first, sense),
        ties=tuple(cut.tie for cut in cuts),
        likely=float(np.sum(likely)),
        turns=sum(len(piece.last.turn) for piece in order),
        radius_px=tuple(piece.radius_px for piece in order),
    )


def _numbered(
    order: list[_Piece], turned_rad: np.ndarray, first: np.ndarray, sense: int
) -> Numbered:
    base = max(order, key=lambda piece: piece.pitch_px)
    placements = {
        piece.arc.photograph: Placement(
            camera=piece.edges.camera,
            rotation_rad=float(turned),
            scale=piece.pitch_px / base.pitch_px,
            sheet=piece.edges,
        )
        for piece, turned in zip(order, turned_rad, strict=False)
    }
    return Numbered(
        placements=placements,
        base=base.arc.photograph,
        first_turns={p.index: int(n) for p, n in zip(order, first, strict=True)},
        sense=sense,
        matches=(),
    )


def _cut(one: _Piece, other: _Piece) -> _Cut:
    """By how much the next piece is turned against one, so that their edges fit."""
    # What edges leave goes together over so many radii.
    together = 15
    rounds = 8
    scale = other.pitch_px / one.pitch_px
    radius = one.edges.radius_px
    beside = other.edges.angle_at(radius * scale, last=False)
    here = one.edges.last_rad
    known = np.isfinite(here) & other.edges.seen_at(radius * scale, last=False)
    apart, at = (here - beside)[known], radius[known]
    weight, turned, spread = np.ones(len(at)), float(np.median(apart)), 0.0
    for _ in range(rounds):
        turned = float(np.average(apart, weights=weight * at**2))
        left = (apart - turned) * at
        spread = 1.4826 * float(np.median(np.abs(left))) + 1e-3
        weight = 1 / (1 + (left / (3 * spread)) ** 2)
    use = np.abs((apart - turned) * at) < 3 * spread
    return _Cut(
        turned_rad=turned,
        left_px=spread,
        tie=TiePoints(
            one=one.arc.photograph,
            other=other.arc.photograph,
            one_px=_image_px(one.edges, at[use], here[known][use]),
            other_px=_image_px(other.edges, at[use] * scale, beside[known][use]),
            error_rad=spread * np.sqrt(together) / at[use],
            across=False,
        ),
    )


def _image_px(edges: PieceEdges, radius_px: np.ndarray, angle_rad: np.ndarray) -> np.ndarray:
    x, y = edges.camera.centre_px
    return np.stack([x + radius_px * np.cos(angle_rad), y - radius_px * np.sin(angle_rad)])
