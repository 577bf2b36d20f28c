"""How the pieces of a film lie: from the jumps of the fringe to the motion of each piece.

A piece that is moved by the vector (a, b) moves its turns outwards by a cos(angle) + b sin(angle).
That changes round the piece, so that the fringe, which shows what is moved outwards alone, tells
both components of the motion, and the whole turns by which it jumps. What a film bends besides is
smooth round the whole disc.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from groovescan.core.geometry.film_pieces import FilmPieces, piece_at
from groovescan.core.statistics import wrapped_rad
from groovescan.locate.fringe import Fringe
from groovescan.locate.phase_unwrapping import unwrapped_phase
from groovescan.locate.torn_film.film_lines import (
    as_chord,
    moved_together,
    other_ends,
    without_other_end,
)
from groovescan.locate.torn_film.fringe_jumps import JumpLine, RingPhase, jump_lines, ring_phase
from groovescan.locate.torn_film.half_pitches import (
    KINK_RAD,
    USUAL_PITCHES,
    likeliest_half_pitches,
    odd_steps,
)

#: So many cells of the thinned fringe share one error of so many rad, the sound's.
_SHARED_CELLS, _ERROR_RAD = 24, 0.1
#: A line counts where it is so strong and so much stronger than usual; others, from so strong on,
#: where the film with them is likelier.
_STRONG, _STRONGER, _WEAK = 0.6, 3.0, 0.12


@dataclass(frozen=True, kw_only=True)
class _Fit:
    """A set of lines: the phase that it leaves, and how the pieces between them lie.

    `shift_px` is that of each piece counter-clockwise of a line, shape (lines, 2); `left` the
    variance of the phase, and `unlikely` half the logarithm of the posterior, negative, but for a
    constant.
    """

    lines: tuple[JumpLine, ...]
    shift_px: np.ndarray
    left: float
    unlikely: float


def film_winding(field: Fringe) -> int | None:
    """Turns by which the spiral on a film in pieces winds, +1 or -1; None where it is one sheet.

    Round a torn disc the phase jumps, and pieces that are moved wind faster or slower: so both ways
    are tried with the motions that they take.

    Parameters
    ----------
    field : Fringe
        The demodulated groove field.
    """
    ring = ring_phase(field, 0)
    if ring is None:
        return None
    strong = _strong(*jump_lines(ring, _STRONG))
    if len(strong) < 2:
        return None
    tried = {}
    for wind in (-1, 1):
        turned = np.exp(1j * wind * ring.angle_rad)[:, None]
        wound = replace(ring, square=ring.square * turned**2, wave=ring.wave * turned)
        wound = _thinned(wound)
        whole, parted = _fit(wound, ()), _fit(wound, strong)
        tried[wind] = parted.unlikely, _explained(parted, whole)
    best = min(tried, key=lambda wind: tried[wind][0])
    return best if tried[best][1] else None


def _explained(parted: _Fit, whole: _Fit) -> bool:
    """Whether pieces explain what one sheet does not."""
    # A further line is kept where it leaves so much less of the phase's variance, and the film
    # counts as in pieces where these leave so much less and no more than that, in rad^2: of torn
    # and folded films 0.18 and 0.011 were left; where lamps and walls make the phase jump, 0.36 and
    # 0.02.
    film_gain = 0.25
    most_left = 0.016
    return parted.left < min(film_gain * whole.left, most_left)


def _strong(lines: list[JumpLine], usual: float) -> tuple[JumpLine, ...]:
    return tuple(line for line in lines if line.strength > max(_STRONG, _STRONGER * usual))


def find_film(field: Fringe, wind: int) -> FilmPieces | None:
    """The pieces in which a film lies, or None where it is one sheet.

    Parameters
    ----------
    field : Fringe
        The demodulated groove field.
    wind : int
        +1 or -1, the winding of the spiral.
    """
    # Shifts of less than so much of a pitch are followed by the map without.
    least_shift = 0.04
    ring = ring_phase(field, wind)
    if ring is None:
        return None
    lines, usual = jump_lines(ring, _STRONG)
    strong = _strong(lines, usual)
    if not strong:
        return None
    coarse = _thinned(ring)
    whole = _fit(coarse, ())
    best = _with_others(coarse, _fit(coarse, strong), lines)
    apart = np.hypot(*best.shift_px.T).max(initial=0.0)
    if not _explained(best, whole) or apart < least_shift * ring.pitch_px:
        return None
    return _as_film(ring, best)


def unexplained_jumps(field: Fringe, wind: int) -> int:
    """Places round the disc where its turns jump as torn or folded film makes them.

    For a film whose pieces `find_film` could not tell. Where a lamp makes the contrast vanish the
    phase jumps, too, and the turns do not.

    Parameters
    ----------
    field : Fringe
        The demodulated groove field.
    wind : int
        +1 or -1, the winding of the spiral.
    """
    # A jump is sure that is so strong and so much stronger than usual, and not where the power of
    # the fringe beside it is less than so much of the median. Of 150 drawn discs of every
    # condition, those that were torn had 1.05 to 2.0, 9.9 to 50 and 0.5 on; of the others one
    # reached all three.
    sure = 0.8
    surer = 8.0
    least_lit = 0.5
    next_sectors = 8
    beside_sectors = 60
    ring = ring_phase(field, wind)
    if ring is None:
        return 0
    lines, usual = jump_lines(ring, sure)
    within = (field.radius_px >= ring.radius_px[0]) & (field.radius_px <= ring.radius_px[-1])
    power = field.power[:, within].mean(axis=1)
    power = power / (np.median(power) + 1e-20)
    beside = np.r_[-beside_sectors:-next_sectors, next_sectors:beside_sectors]
    sectors = np.rint([line.angle_rad / (2 * np.pi) * len(power) for line in lines]).astype(int)
    lit = power[(sectors[:, None] + beside) % len(power)].mean(axis=1) > least_lit
    return sum(
        bool(bright) and line.strength > max(sure, surer * usual)
        for line, bright in zip(lines, lit, strict=True)
    )


def _thinned(ring: RingPhase) -> RingPhase:
    """The fringe in larger sectors: within a piece it is smooth, and every trial unwraps it."""
    # One of so many sectors tells: neighbours were smoothed together.
    every = 4
    return replace(
        ring,
        square=ring.square.reshape(-1, every, len(ring.radius_px)).mean(axis=1),
        wave=ring.wave.reshape(-1, every, len(ring.radius_px)).mean(axis=1),
        angle_rad=ring.angle_rad.reshape(-1, every).mean(axis=1),
    )


def flattened(field: Fringe, film: FilmPieces) -> Fringe:
    """The fringe as if all pieces lay where they were cut."""
    cells = field.radius_px * np.exp(1j * field.angle_rad)[:, None]
    piece = piece_at(film, cells)
    shift = film.shift_px[:, 0] + 1j * film.shift_px[:, 1]
    away = np.exp(-1j * field.angle_rad)[:, None]
    outwards = (shift[piece] * away).real
    turned = np.exp(4j * np.pi * outwards / field.pitch_px)
    return replace(field, square=(field.square * turned).astype(field.square.dtype))


def _with_others(ring: RingPhase, best: _Fit, lines: list[JumpLine]) -> _Fit:
    """Add weaker lines, and the other ends of folds, as long as they explain the phase better."""
    # A further line is kept where it leaves so much less of the phase's variance, and the film
    # counts as in pieces where these leave so much less and no more than that, in rad^2: of torn
    # and folded films 0.18 and 0.011 were left; where lamps and walls make the phase jump, 0.36 and
    # 0.02.
    line_gain = 0.5
    most_lines = 8
    # Cells this near to a line see both sides of it, and another line is at least so far from it.
    apart_rad = 0.06
    while len(best.lines) < most_lines:
        taken = np.array([line.angle_rad for line in best.lines])
        weak = [line for line in lines if line.strength > _WEAK]
        others = [
            line for each in without_other_end(ring, best.lines) for line in other_ends(ring, each)
        ]
        tried = [
            _fit(ring, (*best.lines, line))
            for line in (*weak, *others)
            if np.abs(wrapped_rad(line.angle_rad - taken)).min() > apart_rad
        ]
        found = min(tried, key=lambda fit: fit.left, default=best)
        # a single line parts nothing: a ring that is cut once is whole
        if found.left > (line_gain if len(best.lines) > 1 else 1.0) * best.left:
            break
        best = found
    return best


def _as_film(ring: RingPhase, fit: _Fit) -> FilmPieces:
    # Pixels this near to a boundary may see both sides; and it is known to half a sector.
    margin_px = 2.0
    sector_count = 2048
    line = np.array([as_chord(ring, each) for each in fit.lines])
    return FilmPieces(
        normal_rad=line[:, 0],
        distance_px=line[:, 1],
        side=line[:, 2].astype(int),
        shift_px=fit.shift_px,
        turned_rad=np.zeros(len(line)),
        margin_px=margin_px + np.pi * float(ring.radius_px.mean()) / sector_count,
    )


def _fit(ring: RingPhase, lines: tuple[JumpLine, ...]) -> _Fit:
    """Least squares of the phase: a smooth film, and the motions of what lies between the lines."""
    lines = tuple(sorted(lines, key=lambda line: line.angle_rad))
    piece, edge = _pieces(ring, lines)
    sizes = np.bincount(piece.ravel(), minlength=max(len(lines), 1))
    moving = moved_together(ring, lines, sizes)
    phase, visible = _unwrapped(ring, piece, edge)
    weight = np.where(visible, np.abs(ring.square) ** 2 * (edge / KINK_RAD) ** 2, 0).ravel()
    inside = [np.isin(piece, part).ravel().astype(float) for part in moving]
    design, stiff = _terms(ring, inside)
    normal = (design * weight[:, None]).T @ design
    solve = np.linalg.inv(normal + np.diag(stiff + 1e-9))

    steps = np.stack([phase.ravel(), *(np.pi * part for part in inside)])
    terms = solve @ (design.T @ (weight[:, None] * steps.T))
    left = steps - (design @ terms).T
    pairs = (left * weight) @ left.T / (weight.sum() + 1e-12)
    member = np.array([[k in part for part in moving] for k in range(len(lines))], float)
    found = likeliest_half_pitches(
        pairs,
        terms[-2 * len(moving) :] if moving else np.zeros((0, 1)),
        odd_steps(ring, lines, piece, phase, edge),
        member.reshape(len(lines), len(moving)),
        ring.pitch_px,
        weight.sum() / _SHARED_CELLS,
    )
    shift = np.zeros((len(lines), 2))
    for part, each in zip(moving, found.shift.reshape(-1, 2), strict=True):
        shift[part] += each
    return _Fit(lines=lines, shift_px=shift, left=float(found.left), unlikely=float(found.unlikely))


def _pieces(ring: RingPhase, lines: tuple[JumpLine, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Piece of each cell, counted by the line before it, and how far it is from a line, in rad.

    Beside a line itself, where both sides are seen, that is 0; and never more than `KINK_RAD`.
    """
    # Cells this near to a line see both sides of it, and another line is at least so far from it.
    edge_rad = 0.015
    piece = np.zeros(ring.square.shape, int)
    away = np.full(ring.square.shape, KINK_RAD)
    angle = ring.angle_rad[:, None]
    first = lines[0].angle_rad + lines[0].slope_rad * ring.across if lines else 0.0
    for k, line in enumerate(lines):
        at = line.angle_rad + line.slope_rad * ring.across
        off = np.abs(wrapped_rad(angle - at))
        away = np.minimum(away, np.where(off < edge_rad, 0.0, off))
        if k:
            piece += (angle - first) % (2 * np.pi) >= (at - first) % (2 * np.pi)
    return piece, away


def _unwrapped(
    ring: RingPhase, piece: np.ndarray, edge: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Half the phase, unwrapped within each piece, and where it is known."""
    # As a cell that shows a fringe (`locate/fringe`).
    coherent = 0.5
    known = (edge > 0) & (np.abs(ring.square) >= coherent)
    phase = unwrapped_phase(np.angle(ring.square), known, part=piece)
    return np.where(known, phase / 2, 0.0), known


def _terms(ring: RingPhase, inside: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Columns of the design, and how stiff each is: the smooth film, then two for each piece."""
    # Smooth film: harmonics round it, order of the polynomials across the ring. The feed, which is
    # the same all round, may change as often as six polynomials do: so does that of the first map.
    harmonics = 4
    order = 2
    feed_order = 6
    stiffness = 1e-5
    angle = np.repeat(ring.angle_rad, len(ring.radius_px))
    across = np.tile(2 * ring.across, len(angle) // len(ring.radius_px))
    across = np.polynomial.chebyshev.chebvander(across, feed_order)
    across, feed = across[:, : order + 1], across[:, order + 1 :]
    turn = np.arange(1, harmonics + 1) * angle[:, None]
    waves = np.concatenate([np.ones((len(angle), 1)), np.cos(turn), np.sin(turn)], axis=1)
    smooth = (waves[:, :, None] * across[:, None, :]).reshape(len(angle), -1)
    harmonic = np.r_[0, np.tile(np.arange(1, harmonics + 1), 2)]
    stiff = (harmonic[:, None] ** 4 + 3.0 * np.arange(order + 1) ** 4).ravel() * stiffness
    way = -2 * np.pi / ring.pitch_px * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    motions = [way * part[:, None] for part in inside]
    design = np.concatenate([smooth, feed, *motions], axis=1)
    stiff = np.r_[stiff, 3.0 * np.arange(order + 1, feed_order + 1) ** 4 * stiffness]
    loose = _SHARED_CELLS * (_ERROR_RAD / (USUAL_PITCHES * ring.pitch_px)) ** 2
    return design, np.r_[stiff * len(angle), np.full(2 * len(inside), loose)]
