"""Find where the groove ends in a circle: a locked groove, or a circle beside it.

Unrolled along a turn that does not feed, a circle is the one place at which the groove's profile is
found all round, or as far as can be seen. A spiral crosses every place once, and is beside it on
the rest of the turn. The groove is then followed from its last sure turns to the circle, as the way
with most of its profile: over land leads no way of a groove.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from groovescan.core.geometry.camera_model import radius_at
from groovescan.core.results import GrooveMap, Photograph
from groovescan.strip.groove_extent.unrolled import SECTORS, THERE, Level, Reach, unroll
from groovescan.strip.groove_or_land import Aligned

#: Where a circle may be that the spiral itself runs into, and where one at the end of a lead-out.
_NEAR = Reach(first=-7.0, last=7.0, columns=16, rows=8192, averaged_turns=1 / 24)
_FAR = Reach(first=-3.0, last=60.0, columns=8, rows=2048, averaged_turns=1 / 128)
#: The groove is followed in steps of so much of a turn, from one turn before that turn on.
_STEPS, _FAR_STEPS, _FROM_TURNS = 64, 128, -1.0
#: Nearer than this to a line the groove is on it, and steps over which its way is averaged: its
#: sound moves it to and fro.
_ON_IT_PITCHES, _SMOOTH_STEPS = 0.1, 6.0


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How the groove ends in a circle, or beside one.

    Attributes
    ----------
    groove_map : GrooveMap
        The map, with the circle as its last turn where the spiral runs into it.
    last_turns : float or None
        Where the groove ends, in turns from the map's start; None where that stays as it was: it
        goes on in a lead-out, of which the map knows nothing but where it locks.
    """

    groove_map: GrooveMap
    last_turns: float | None


@dataclass(frozen=True, kw_only=True)
class _Way:
    """How the groove comes to a circle.

    Attributes
    ----------
    turns, places : ndarray of float64, shape (steps,)
        The way that was followed: positions from the level's turn, and places in pitches.
    meets : float
        Where on it the groove has come to the circle.
    pitches_per_turn : float
        How fast it came there.
    ends : float or None
        Where the groove ended before; None where it runs into the circle.
    """

    turns: np.ndarray
    places: np.ndarray
    meets: float
    pitches_per_turn: float
    ends: float | None


def find_ending(
    photo: Photograph, groove_map: GrooveMap, aligned: Aligned, *, along: GrooveMap
) -> Ending | None:
    """Find a circle in which the groove ends, or that lies beside its end.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    groove_map : GrooveMap
        Where the groove runs; at its end it may follow the circle for a part of a turn.
    aligned : Aligned
        What a coarse strip told of profile and contrast.
    along : GrooveMap
        The map along which that strip was laid.

    Returns
    -------
    Ending or None
        None where there is no such circle.
    """
    # Where a circle is looked for, in pitches beyond the last turn: in the level that is unrolled
    # round it, and further out.
    near_places = (-0.5, 4.5)
    far_places = (3.5, 59.0)
    # A circle is there on so much of what can be seen, and may stray from the shape of the turns
    # before it by so many pitches, near to them and far from them.
    stray_pitches = (0.12, 0.25)
    shortest_turns = 4.0
    if groove_map.turns < shortest_turns:
        return None
    level = unroll(photo, groove_map, aligned, _NEAR, along=along)
    place = _circle(level, near_places, stray_pitches[0])
    if level is None or place is None:
        level = unroll(photo, groove_map, aligned, _FAR, along=along)
        place = _circle(level, far_places, stray_pitches[1])
        return None if level is None or place is None else _led_out(groove_map, level, place)
    way = _followed(level, place)
    if way.ends is not None:
        return Ending(groove_map=groove_map, last_turns=level.from_turns + way.ends)
    return None if _passes(level, way, place) else _locked(groove_map, level, way, place)


def _circle(level: Level | None, places: tuple[float, float], stray: float) -> float | None:
    """The nearest place at which the profile is there all round, in pitches."""
    # A circle is there on so much of what can be seen, and may stray from the shape of the turns
    # before it by so many pitches, near to them and far from them.
    all_round = 0.75
    # Where more of a circle is missing in one piece, it cannot be told from an arc of the spiral.
    most_unknown = 0.25
    if level is None or _longest_unknown(level) > most_unknown:
        return None
    good = (level.places > places[0]) & (level.places < places[1])
    labels, count = ndimage.label(good & (level.all_round(stray) > all_round))
    if not count:
        return None
    mean = np.where(labels == 1, level.share[level.known].mean(axis=0), 0.0).clip(0)
    return float((mean * level.places).sum() / (mean.sum() + 1e-12))


def _longest_unknown(level: Level) -> float:
    """The longest arc on which nothing is known, as a part of the circle."""
    twice = np.concatenate([~level.known, ~level.known])
    labels, count = ndimage.label(twice)
    sizes = np.bincount(labels)[1:] if count else np.zeros(1)
    return min(float(sizes.max()), len(level.known)) / len(level.known)


def _followed(level: Level, place: float) -> _Way:
    """Follow the groove from the turns before to the circle."""
    # How much longer it is followed than an even feed would take, and a lead-out at most, in turns.
    latest_turns = 2.0
    # Where it is still so far from the circle, its way tells where it meets it: nearer, the two are
    # one. Nearer, a way so fast, in pitches per turn, and over land for so much of a turn, is none
    # of the groove's.
    way_pitches = (0.6, 1.4)
    near_pitches = (0.25, 1.0)
    fast_feeds = 2.5
    turns, columns, share, _ = _way(level, _STEPS, place + latest_turns)
    places, there = level.places[columns], share > THERE
    before = turns < _first(turns, places > place - _ON_IT_PITCHES)
    slope, base = _line(turns, places, before, place, way_pitches)
    fast = _line(turns, places, before, place, near_pitches)[0] > fast_feeds
    late = turns > _first(turns, places > place - way_pitches[0])
    return _Way(
        turns=turns,
        places=np.where(late, np.minimum(base + slope * turns, place), places),
        meets=(place - base) / slope,
        pitches_per_turn=slope,
        ends=_ends(turns[before], there[before]) if fast else None,
    )


def _led_out(groove_map: GrooveMap, level: Level, place: float) -> Ending | None:
    """Where a lead-out runs into a circle; None where nothing leads there."""
    # How much longer it is followed than an even feed would take, and a lead-out at most, in turns.
    lead_out_turns = 8.0
    # A lead-out is at least so long, and over less of a turn on land, or where nothing is known.
    least_lead_out_turns = 0.2
    lead_gap_turns = 0.055
    unknown_turns = 0.15
    turns, columns, share, known = _way(level, _FAR_STEPS, lead_out_turns)
    on_it = level.places[columns] > place - 2 * _ON_IT_PITCHES
    if not on_it.any():
        return None
    meets = _first(turns, on_it)
    missing = (turns < meets) & ((share < THERE) | ~known)
    if _longest(missing & known) > lead_gap_turns or _longest(missing) > unknown_turns:
        return None
    lock = level.from_turns + meets + 1
    if lock < groove_map.turns + least_lead_out_turns:
        return None
    return Ending(groove_map=replace(groove_map, lock_turns=lock), last_turns=None)


def _longest(of: np.ndarray) -> float:
    """Length of the longest stretch of steps, in turns."""
    return float(np.bincount(ndimage.label(of)[0])[1:].max(initial=0)) / _FAR_STEPS


def _way(
    level: Level, steps: int, until: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The way with most of the groove's profile: turns, columns, share, and where it is known."""
    every = SECTORS // steps
    sharp = np.where(level.known[:, None], np.clip(level.share, -1, 1), 0.0)
    sharp = sharp.reshape(steps, every, -1).mean(axis=1)
    step = np.arange(int(_FROM_TURNS * steps), int(until * steps))
    columns = _best(sharp[step % steps], int(level.column(_FROM_TURNS)))
    share, known = sharp[step % steps, columns], level.known[step % steps * every]
    return (step + 0.5) / steps, columns, share, known


def _best(share: np.ndarray, first: int) -> np.ndarray:
    """Columns of the way with most in it, which moves on by a column a step or not at all."""
    total = np.full(share.shape[1], -np.inf)
    total[first - 1 : first + 2] = share[0, first - 1 : first + 2]
    moved = np.zeros(share.shape, bool)
    for step in range(1, len(share)):
        before = np.append(-np.inf, total[:-1])
        moved[step] = before > total
        total = np.maximum(before, total) + share[step]
    columns = np.empty(len(share), int)
    columns[-1] = int(np.argmax(total))
    for step in range(len(share) - 1, 0, -1):
        columns[step - 1] = columns[step] - moved[step, columns[step]]
    return columns


def _line(
    turns: np.ndarray, places: np.ndarray, before: np.ndarray, place: float, ends: tuple[float, ...]
) -> tuple[float, float]:
    """The line through the way at some distance from the circle: its slope, and where it begins."""
    use = before & (places > place - ends[1]) & (places < place - ends[0])
    if use.sum() < 3:
        return 1.0, place - float(turns[before][-1])
    slope, base = np.polyfit(turns[use], places[use], 1)
    return float(slope), float(base)


def _first(turns: np.ndarray, there: np.ndarray) -> float:
    """The first position of some."""
    return float(turns[np.argmax(there)]) if there.any() else float(turns[-1])


def _ends(turns: np.ndarray, there: np.ndarray) -> float | None:
    """Where the groove ends, if what leads on from there to the circle is land."""
    # Where it is still so far from the circle, its way tells where it meets it: nearer, the two are
    # one. Nearer, a way so fast, in pitches per turn, and over land for so much of a turn, is none
    # of the groove's.
    gap_turns = 0.1
    labels, count = ndimage.label(~there)
    wide = np.bincount(labels, minlength=count + 1)[1:] > gap_turns * _STEPS
    return float(turns[labels == np.flatnonzero(wide)[-1] + 1][0]) if wide.any() else None


def _passes(level: Level, way: _Way, place: float) -> bool:
    """Whether the groove goes on where it would have run into a circle."""
    # Where it is not to be seen on its way past the circle, in turns from where it meets it.
    passes = (0.4, 1.0)
    passed = 0.4
    sectors = np.arange(*(round((way.meets + turns) * SECTORS) for turns in passes))
    beyond = (sectors + 0.5) / SECTORS - way.meets
    column = level.column(place + way.pitches_per_turn * beyond)
    known = level.known[sectors % SECTORS]
    there = level.share[sectors % SECTORS, column][known] > THERE
    return bool(len(there) and there.mean() > passed)


def _locked(groove_map: GrooveMap, level: Level, way: _Way, place: float) -> Ending:
    """Lay the map along the groove into the circle and once round it."""
    per_turn = groove_map.nodes_per_turn
    meets = level.from_turns + way.meets
    count = round((meets + 1) * per_turn)
    s = np.arange(-per_turn, count + per_turn + 1) / per_turn
    part = np.arange(per_turn + 1) / per_turn
    still = np.append(level.radius_px, level.radius_px[0])
    shape = np.interp((s - level.from_turns) % 1.0, part, still)
    followed = ndimage.gaussian_filter1d(way.places, _SMOOTH_STEPS, mode="nearest")
    coming = np.interp(s - level.from_turns, way.turns, followed)
    known = radius_at(groove_map, np.minimum(s, groove_map.turns))
    # what was read of the groove gives way to where it was followed
    blend = np.clip(2 * (s - level.from_turns) + 1, 0, 1)
    radius = known + blend * (shape + level.feed_px * coming - known)
    radius = np.where(s < meets, radius, shape + level.feed_px * place)
    radius = np.where(s > count / per_turn, radius + level.feed_px, radius)
    lock = count / per_turn
    return Ending(
        groove_map=replace(groove_map, radius_px=radius, lock_turns=lock), last_turns=lock
    )
