"""Half pitches by which the pieces of a film jump: the likeliest whole numbers of them.

The fringe without its sign repeats with half a pitch; by how many of them a piece lies off is told
by what the motions leave of the phase, and by the sign on both sides of a line.
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np

from groovescan.core.statistics import wrapped_rad
from groovescan.locate.torn_film.fringe_jumps import JumpLine, RingPhase

#: Shifts of so many pitches are usual: film is laid back by eye.
USUAL_PITCHES = 1.5
#: Nearer than this to a line cells count less: beside a fold the film stands up.
KINK_RAD = 0.12


class _Counted(NamedTuple):
    """Motions for n numbers of half pitches, shape (n, 2 motions), and how likely they are."""

    shift: np.ndarray
    left: np.ndarray
    unlikely: np.ndarray


def odd_steps(
    ring: RingPhase,
    lines: tuple[JumpLine, ...],
    piece: np.ndarray,
    phase: np.ndarray,
    away: np.ndarray,
) -> np.ndarray:
    """How surely the fringe with its sign jumps by an odd number of half pitches at each line.

    -1 to 1: with the sign, the phase on both sides of a line is known up to whole pitches, though
    further off dark may have become bright.
    """
    sign = (ring.wave * np.exp(-1j * phase)).real
    near = (away > 0) & (away < KINK_RAD)
    angle = ring.angle_rad[:, None]
    odd = np.zeros(len(lines))
    for k, line in enumerate(lines):
        off = wrapped_rad(angle - line.angle_rad - line.slope_rad * ring.across)
        beside = near & (np.abs(off) < KINK_RAD)
        after = beside & (piece == k) & (off > 0)
        before = beside & (piece == (k - 1) % len(lines)) & (off < 0)
        if after.any() and before.any():
            odd[k] = -float(sign[after].mean() * sign[before].mean())
    return odd


def likeliest_half_pitches(
    pairs: np.ndarray,
    motion: np.ndarray,
    odd: np.ndarray,
    member: np.ndarray,
    pitch_px: float,
    cells: float,
) -> _Counted:
    """Motions with the likeliest half pitches by which each of them jumps.

    They are looked for one after the other, and two at a time.

    `pairs` are the mean products of what the fit leaves of the phase and of half a pitch in each
    motion, `motion` what it makes of them, shape (2 motions, 1 + motions), `odd` whether a line
    is an odd number of half pitches (`odd_steps`), and `member` which piece each motion moves.
    """
    # Half pitches by which a piece may jump: film is laid back up to some three pitches off.
    half_pitches = 9
    rounds = 6
    # What a line counts whose jump has the wrong parity, as a logarithm: the fringe's sign is sure.
    signed = 100.0
    usual = 2 * (USUAL_PITCHES * pitch_px) ** 2

    def tried(counts: np.ndarray) -> _Counted:
        """How well numbers of half pitches explain the pieces."""
        times = np.concatenate([np.ones((len(counts), 1)), counts], axis=1)
        variance = ((times @ pairs) * times).sum(axis=1)
        shift = times @ motion.T
        each = counts @ member.T
        even = np.cos(np.pi * (each - np.roll(each, 1, axis=1)))
        unlikely = cells / 2 * np.log(variance + 1e-6) + (shift**2).sum(axis=1) / usual
        return _Counted(shift, variance, unlikely + signed * even @ odd)

    counts = np.zeros(len(pairs) - 1, int)
    tries = np.arange(-half_pitches, half_pitches + 1)
    together = [[k] for k in range(len(counts))] + list(combinations(range(len(counts)), 2))
    for _ in range(rounds):
        before = counts
        for some in together:
            each = np.repeat(counts[None], len(tries) ** len(some), axis=0)
            each[:, some] = np.stack(np.meshgrid(*[tries] * len(some)), -1).reshape(-1, len(some))
            # of those that are as likely the nearest
            counts = each[np.lexsort((np.abs(each).sum(axis=1), tried(each).unlikely))[0]]
        if (counts == before).all():
            break
    best = tried(counts[None])
    return _Counted(best.shift[0], best.left[0], best.unlikely[0])
