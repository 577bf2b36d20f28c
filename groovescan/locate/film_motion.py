"""How the pieces of a film lie: from the jumps of the fringe to the motion of each piece.

A piece that is moved by the vector (a, b) moves its turns outwards by a cos(angle) + b sin(angle).
That changes round the piece, so that the fringe, which shows what is moved outwards alone, tells
both components of the motion, and the whole turns by which it jumps. What a film bends besides is
smooth round the whole disc.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from skimage.restoration import unwrap_phase

from groovescan.core.film_pieces import FilmPieces, piece_at
from groovescan.core.statistics import wrapped_rad
from groovescan.locate.fringe import Fringe
from groovescan.locate.fringe_jumps import JumpLine, RingPhase, jump_lines, ring_phase

#: A line counts where it is so strong and so much stronger than usual; others, from so strong on,
#: where the film with them is likelier.
_STRONG, _STRONGER, _WEAK = 0.6, 4.0, 0.12
#: A line is kept where it leaves so much less of the phase's variance, and the film as a whole
#: where its pieces do.
_LINE_GAIN, _FILM_GAIN = 0.85, 0.7
_MOST_LINES = 8
#: Shifts of less than so much of a pitch are followed by the map without.
_LEAST_SHIFT = 0.04
#: Half pitches by which a piece may jump: film is laid back up to some three pitches off.
_HALF_PITCHES = 9
#: Smooth film: harmonics round it, order of the polynomials across the ring.
_HARMONICS, _ORDER = 4, 2
_STIFF = 1e-5
_EVERY = 4
#: Pixels this near to a boundary may see both sides; and it is known to half a sector.
_MARGIN_PX, _SECTORS = 2.0, 2048
#: Cells this near to a line see both sides of it, and another line is at least so far from it.
_EDGE_RAD, _APART_RAD = 0.015, 0.06
_COHERENT = 0.5
#: How far from a line's own slope the other end of its chord is looked for: its error.
_CHORD_SLOPES_RAD = 0.003 * np.arange(-4, 5)


@dataclass(frozen=True, kw_only=True)
class _Fit:
    """What a set of lines leaves of the phase, and how the pieces between them lie.

    `shift_px` is that of each piece counter-clockwise of a line, shape (lines, 2).
    """

    lines: tuple[JumpLine, ...]
    shift_px: np.ndarray
    left: float


def find_film(field: Fringe, wind: int) -> FilmPieces | None:
    """The pieces in which a film lies, or None where it is one sheet.

    Parameters
    ----------
    field : Fringe
        The demodulated groove field.
    wind : int
        +1 or -1, the winding of the spiral.
    """
    ring = ring_phase(field, wind)
    if ring is None:
        return None
    lines, usual = jump_lines(ring, _STRONG)
    strong = [line for line in lines if line.strength > max(_STRONG, _STRONGER * usual)]
    if not strong:
        return None
    coarse = _thinned(ring)
    whole = _fit(coarse, ())
    best = _with_others(coarse, _fit(coarse, tuple(strong)), lines)
    apart = np.hypot(*best.shift_px.T).max(initial=0.0)
    if best.left > _FILM_GAIN * whole.left or apart < _LEAST_SHIFT * ring.pitch_px:
        return None
    return _as_film(ring, best)


def _thinned(ring: RingPhase) -> RingPhase:
    """The fringe in larger sectors: within a piece it is smooth, and every trial unwraps it."""
    return replace(
        ring,
        square=ring.square.reshape(-1, _EVERY, len(ring.radius_px)).mean(axis=1),
        angle_rad=ring.angle_rad.reshape(-1, _EVERY).mean(axis=1),
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
    while len(best.lines) < _MOST_LINES:
        taken = np.array([line.angle_rad for line in best.lines])
        weak = [line for line in lines if line.strength > _WEAK]
        others = [line for each in best.lines for line in _other_ends(ring, each)]
        tried = [
            _fit(ring, (*best.lines, line))
            for line in (*weak, *others)
            if np.abs(wrapped_rad(line.angle_rad - taken)).min() > _APART_RAD
        ]
        found = min(tried, key=lambda fit: fit.left, default=best)
        # a single line parts nothing: a ring that is cut once is whole
        if found.left > (_LINE_GAIN if len(best.lines) > 1 else 1.0) * best.left:
            break
        best = found
    return best


def _other_ends(ring: RingPhase, line: JumpLine) -> list[JumpLine]:
    """Where a chord along a line crosses the ring again, for slopes near its own."""
    found = []
    for slope in line.slope_rad + _CHORD_SLOPES_RAD:
        normal, _, _ = _as_line(ring, replace(line, slope_rad=float(slope)))
        angle = float((2 * normal - line.angle_rad) % (2 * np.pi))
        found.append(JumpLine(angle_rad=angle, slope_rad=-float(slope), strength=0.0))
    return found


def _as_line(ring: RingPhase, line: JumpLine) -> tuple[float, float, int]:
    """Direction of the normal, distance from the centre, and side of a line through the ring.

    Of a line at the distance d the angle changes with the radius r by side / (r tan a) where
    cos a = d / r.
    """
    radius, width = float(ring.radius_px.mean()), float(np.ptp(ring.radius_px))
    steep = radius * line.slope_rad / width
    side = 1 if steep >= 0 else -1
    away = np.arctan2(1.0, abs(steep))
    return line.angle_rad - side * away, radius * float(np.cos(away)), side


def _as_film(ring: RingPhase, fit: _Fit) -> FilmPieces:
    line = np.array([_as_line(ring, each) for each in fit.lines])
    return FilmPieces(
        normal_rad=line[:, 0],
        distance_px=line[:, 1],
        side=line[:, 2].astype(int),
        shift_px=fit.shift_px,
        turned_rad=np.zeros(len(line)),
        margin_px=_MARGIN_PX + np.pi * float(ring.radius_px.mean()) / _SECTORS,
    )


def _fit(ring: RingPhase, lines: tuple[JumpLine, ...]) -> _Fit:
    """Least squares of the phase: a smooth film, and a motion of every piece but the largest."""
    lines = tuple(sorted(lines, key=lambda line: line.angle_rad))
    piece, edge = _pieces(ring, lines)
    sizes = np.bincount(piece.ravel(), minlength=max(len(lines), 1))
    moved = [k for k in range(len(sizes)) if k != sizes.argmax()]
    phase, seen = _unwrapped(ring, piece, edge)
    weight = np.where(seen, np.abs(ring.square) ** 2, 0).ravel()
    inside = [(piece == k).ravel().astype(float) for k in moved]
    design, stiff = _terms(ring, inside)
    normal = (design * weight[:, None]).T @ design
    solve = np.linalg.inv(normal + np.diag(stiff * weight.sum() + 1e-9))

    def of(target: np.ndarray) -> np.ndarray:
        return solve @ (design.T @ (weight * target))

    steps = [phase.ravel(), *(np.pi * part for part in inside)]
    left = np.stack([step - design @ of(step) for step in steps])
    counts = _half_pitches(left, weight)
    target = steps[0] + sum(n * step for n, step in zip(counts, steps[1:], strict=True))
    shift = np.zeros((len(lines), 2))
    if moved:
        shift[moved] = of(target)[-2 * len(moved) :].reshape(-1, 2)
    return _Fit(lines=lines, shift_px=shift, left=_variance(left, counts, weight))


def _pieces(ring: RingPhase, lines: tuple[JumpLine, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Piece of each cell, counted by the line before it, and whether it lies beside a line."""
    piece = np.zeros(ring.square.shape, int)
    edge = np.zeros(ring.square.shape, bool)
    angle = ring.angle_rad[:, None]
    first = lines[0].angle_rad + lines[0].slope_rad * ring.across if lines else 0.0
    for k, line in enumerate(lines):
        at = line.angle_rad + line.slope_rad * ring.across
        edge |= np.abs(wrapped_rad(angle - at)) < _EDGE_RAD
        if k:
            piece += (angle - first) % (2 * np.pi) >= (at - first) % (2 * np.pi)
    return piece, edge


def _unwrapped(
    ring: RingPhase, piece: np.ndarray, edge: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Half the phase, unwrapped within each piece, and where it is known."""
    unseen = edge | (np.abs(ring.square) < _COHERENT)
    phase, known = np.zeros(piece.shape), np.zeros(piece.shape, bool)
    for k in range(int(piece.max()) + 1):
        mask = unseen | (piece != k)
        if mask.all():
            continue
        part = unwrap_phase(
            np.ma.array(np.angle(ring.square), mask=mask), wrap_around=(True, False), rng=0
        )
        phase[~mask], known[~mask] = part.data[~mask] / 2, True
    return phase, known


def _terms(ring: RingPhase, inside: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Columns of the design, and how stiff each is: the smooth film, then two for each piece."""
    angle = np.repeat(ring.angle_rad, len(ring.radius_px))
    across = np.tile(2 * ring.across, len(angle) // len(ring.radius_px))
    across = np.polynomial.chebyshev.chebvander(across, _ORDER)
    turn = np.arange(1, _HARMONICS + 1) * angle[:, None]
    waves = np.concatenate([np.ones((len(angle), 1)), np.cos(turn), np.sin(turn)], axis=1)
    smooth = (waves[:, :, None] * across[:, None, :]).reshape(len(angle), -1)
    harmonic = np.r_[0, np.tile(np.arange(1, _HARMONICS + 1), 2)]
    stiff = (harmonic[:, None] ** 4 + 3.0 * np.arange(_ORDER + 1) ** 4).ravel() * _STIFF
    way = -2 * np.pi / ring.pitch_px * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    motions = [way * part[:, None] for part in inside]
    design = np.concatenate([smooth, *motions], axis=1)
    return design, np.r_[stiff, np.zeros(2 * len(inside))]


def _half_pitches(left: np.ndarray, weight: np.ndarray) -> list[int]:
    """Half pitches by which each piece jumps, so that least is left: one after the other."""
    counts = [0] * (len(left) - 1)
    for _ in range(3):
        for k in range(len(counts)):
            tried = [
                (_variance(left, [*counts[:k], n, *counts[k + 1 :]], weight), abs(n), n)
                for n in range(-_HALF_PITCHES, _HALF_PITCHES + 1)
            ]
            counts[k] = min(tried)[2]
    return counts


def _variance(left: np.ndarray, counts: list[int], weight: np.ndarray) -> float:
    rest = left[0] + np.asarray(counts, float) @ left[1:]
    return float(np.average(rest**2, weights=weight + 1e-12))
