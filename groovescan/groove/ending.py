"""Find where the groove ends in a circle: a locked groove, or a circle beside it.

About the groove's last turns the disc is unrolled along a turn without feed. There the groove
falls by a pitch per turn, and a circle lies level: all round, or as far as it can be seen, the
groove's profile is found at one distance. A spiral crosses that distance once, and is beside it on
the rest of the turn.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from groovescan.geometry import angle_at, radius_at
from groovescan.groove.align import Aligned
from groovescan.groove.straighten import Rows, lay_straight
from groovescan.groove.template import Template
from groovescan.results import GrooveMap, Photograph, Strip

#: The turn that stands for the last ones is so far before the end that was seen, and the mean of
#: so many; the feed is that of some more.
_BEFORE_TURNS, _SHAPE_TURNS, _FEED_TURNS = 2.0, 2, 4
#: Pitches that are looked at to either side of it.
_REACH_PITCHES = 7.0
_ACROSS_PITCHES, _ALONG_PX, _SECTORS, _ROWS = 1 / 16, 3.0, 256, 8192
#: The profile is looked for over so many pitches, and is there where this share of what the turns
#: before had is found, averaged over so much of a turn.
_PROFILE_PITCHES, _AVERAGED_TURNS, _THERE = 0.6, 1 / 24, 0.5
#: Sectors with less of the usual contrast, or less of the turns before, tell nothing; so many must.
_CONTRAST, _KNOWN = 0.25, 0.5
#: A circle is there on so much of what can be seen, and may stray from the shape of the turns
#: before it by so many pitches.
_ALL_ROUND, _STRAY_PITCHES = 0.75, 0.12
#: The groove is followed in steps of so much of a turn, from one turn before that turn on.
_STEPS, _FROM_TURNS = 64, -1.0
_ON_IT_PITCHES, _LATEST_TURNS, _SMOOTH_STEPS = 0.1, 2.0, 6.0
#: Where it is still so far from the circle, its way tells where it meets it: nearer, the two are
#: one. Nearer, a way so fast, in pitches per turn, and over land for so much of a turn, is none of
#: the groove's.
_WAY_PITCHES, _NEAR_PITCHES, _FAST, _GAP_TURNS = (0.6, 1.4), (0.25, 1.0), 2.5, 0.1
#: Where it is not to be seen on its way past the circle, in turns from where it meets it.
_PASSES, _PASSED = (0.4, 1.0), 0.4
_SHORTEST_TURNS = 4.0


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How the groove ends beside a circle.

    Attributes
    ----------
    groove_map : GrooveMap
        The map, with the circle as its last turn where the groove runs into it.
    last_turns : float
        Where the groove ends, in turns from the map's start.
    locked : bool
        Whether the groove runs into the circle.
    """

    groove_map: GrooveMap
    last_turns: float
    locked: bool


@dataclass(frozen=True, kw_only=True)
class _Level:
    """The disc unrolled along a turn without feed.

    Attributes
    ----------
    from_turns : float
        Position on the groove's map at which that turn begins.
    feed_px : float
        Change of the groove's radius from turn to turn; negative inwards.
    radius_px : ndarray of float64, shape (nodes,)
        Radius of the groove if it did not feed, at the map's nodes of one turn.
    share : ndarray of float64, shape (sectors, columns)
        How much of the groove's profile is found: 1 on a groove like those of the turns before.
    known : ndarray of bool, shape (sectors,)
        Where it could be.
    first_pitches, step_pitches : float
        Place of the first column, and distance between columns, in the direction of the feed.
    """

    from_turns: float
    feed_px: float
    radius_px: np.ndarray
    share: np.ndarray
    known: np.ndarray
    first_pitches: float
    step_pitches: float

    @property
    def places(self) -> np.ndarray:
        """Place of each column, in pitches."""
        return self.first_pitches + self.step_pitches * np.arange(self.share.shape[1])

    def all_round(self) -> np.ndarray:
        """Share of what can be seen on which the profile is there, for each column."""
        stray = int(_STRAY_PITCHES / self.step_pitches)
        best = ndimage.maximum_filter1d(self.share[self.known], 2 * stray + 1, axis=1)
        return (best > _THERE).mean(axis=0)

    def column(self, place: np.ndarray | float) -> np.ndarray:
        """The column nearest to a place in pitches."""
        column = np.rint((np.asarray(place) - self.first_pitches) / self.step_pitches)
        return np.clip(column, 1, self.share.shape[1] - 2).astype(int)

    def on_the_spiral(self, first: float, last: float) -> np.ndarray:
        """`share` on the way of an even feed, in turns from `from_turns`, in steps of a sector."""
        sectors = np.arange(round(first * _SECTORS), round(last * _SECTORS))
        place = (sectors + 0.5) / _SECTORS
        return self.share[sectors % _SECTORS, self.column(place)]


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
        None where there is no circle.
    """
    if groove_map.turns < _SHORTEST_TURNS:
        return None
    level = _level(photo, groove_map, aligned, along)
    if level is None:
        return None
    place = _circle(level)
    if place is None:
        return None
    way = _followed(level, place)
    if way.ends is not None:
        return Ending(groove_map=groove_map, last_turns=level.from_turns + way.ends, locked=False)
    return None if _passes(level, way, place) else _locked(groove_map, level, way, place)


def _level(
    photo: Photograph, groove_map: GrooveMap, aligned: Aligned, along: GrooveMap
) -> _Level | None:
    """Unroll the disc about the groove's end; None where too little of the turns before is seen."""
    begin = groove_map.turns - _BEFORE_TURNS
    feed = _feed(groove_map, begin)
    circle = _without_feed(groove_map, begin, feed)
    strip = _unrolled(photo, circle)
    light, seen = _sectors(strip)
    contrast = _contrast(groove_map, aligned, along, begin)
    kernel = _kernel(aligned.fit.template, strip.offset_px, abs(feed))
    found = np.sign(contrast)[:, None] * ndimage.correlate1d(light, kernel, mode="nearest")
    usual = np.abs(contrast)
    found, usual = (
        ndimage.gaussian_filter1d(part, _AVERAGED_TURNS / 2 * _SECTORS, axis=0, mode="wrap")
        for part in (np.where(seen[:, None], found, 0.0), np.where(seen, usual, 0.0))
    )
    share = found / (usual[:, None] + 1e-12)
    places = np.sign(feed) * strip.offset_px / abs(feed)
    if feed < 0:
        share, places = share[:, ::-1], places[::-1]
    level = _Level(
        from_turns=begin,
        feed_px=feed,
        radius_px=circle.radius_px[: circle.nodes_per_turn],
        share=share,
        known=usual > _CONTRAST * np.percentile(usual, 80),
        first_pitches=float(places[0]),
        step_pitches=float(places[1] - places[0]),
    )
    # the turns before tell how much is usual, and where nothing can be seen
    before = (level.on_the_spiral(-2.0, -1.0) + level.on_the_spiral(-1.0, 0.0)) / 2
    normal = float(np.median(before[level.known]))
    known = level.known & (before > _THERE * normal)
    if known.mean() < _KNOWN:
        return None
    return replace(level, share=share / normal, known=known)


def _feed(groove_map: GrooveMap, until: float) -> float:
    """Change of the radius from turn to turn before a position, in px."""
    turns = np.arange(max(until - _FEED_TURNS, 0.0), until - 1, 1 / _SECTORS)
    return float(np.median(radius_at(groove_map, turns + 1) - radius_at(groove_map, turns)))


def _without_feed(groove_map: GrooveMap, until: float, feed_px: float) -> GrooveMap:
    """The map of a turn that stands still where the groove is at a position."""
    part = np.arange(groove_map.nodes_per_turn) / groove_map.nodes_per_turn
    before = np.arange(1, _SHAPE_TURNS + 1)[:, None]
    radius = radius_at(groove_map, until - before + part) + feed_px * (before - part)
    return replace(
        groove_map,
        pitch_px=abs(feed_px),
        start_rad=float(angle_at(groove_map, until)),
        radius_px=np.append(np.tile(radius.mean(axis=0), 3), radius.mean(axis=0)[0]),
    )


def _unrolled(photo: Photograph, circle: GrooveMap) -> Strip:
    """A wide strip along one turn, with some rows in each sector."""
    length = 2 * np.pi * float(circle.radius_px.mean())
    each = int(np.clip(length / _ALONG_PX / _SECTORS, 1, _ROWS // _SECTORS))
    per_turn = each * _SECTORS
    rows = Rows(
        turns=(np.arange(per_turn) + 0.5) / per_turn,
        per_turn=per_turn,
        run_rows=per_turn,
        step_turns=1 / per_turn,
    )
    return lay_straight(
        photo,
        circle,
        rows=rows,
        reach_pitches=_REACH_PITCHES,
        across_px=_ACROSS_PITCHES * circle.pitch_px,
    )


def _sectors(strip: Strip) -> tuple[np.ndarray, np.ndarray]:
    """Mean light of each sector, and whether most of it was seen."""
    each = strip.samples_per_turn // _SECTORS
    seen = strip.seen.reshape(_SECTORS, each)
    light = strip.luminance.reshape(_SECTORS, each, -1)
    total = (light * seen[:, :, None]).sum(axis=1)
    return total / np.maximum(seen.sum(axis=1), 1)[:, None], seen.mean(axis=1) > 0.5


def _kernel(template: Template, offset_px: np.ndarray, pitch_px: float) -> np.ndarray:
    """What finds the profile, and neither the level nor the slope of the land."""
    near = offset_px[np.abs(offset_px) < _PROFILE_PITCHES * pitch_px]
    window = np.cos(np.pi / 2 * near / (_PROFILE_PITCHES * pitch_px)) ** 2
    land = np.stack([np.ones_like(near), near], axis=1)
    value = template.value[template.index(near)].astype(float)
    plain = land.T @ (window[:, None] * land)
    kernel = window * (value - land @ np.linalg.solve(plain, land.T @ (window * value)))
    return kernel / float(kernel @ value)


def _contrast(
    groove_map: GrooveMap, aligned: Aligned, along: GrooveMap, until: float
) -> np.ndarray:
    """Signed contrast of the turns before a position, sector by sector."""
    cut = (groove_map.start_rad - along.start_rad) / (along.direction * 2 * np.pi)
    turns = aligned.strip.turns - cut - until
    use = (turns >= -_SHAPE_TURNS) & (turns < 0)
    sector = (turns[use] % 1.0 * _SECTORS).astype(int) % _SECTORS
    count = np.bincount(sector, minlength=_SECTORS)
    total = np.bincount(sector, weights=aligned.fit.contrast[use], minlength=_SECTORS)
    # a strip in runs tells some sectors only
    place, told = np.arange(_SECTORS), count > 0
    if not told.any():
        return np.zeros(_SECTORS)
    return np.interp(place, place[told], total[told] / count[told], period=_SECTORS)


def _circle(level: _Level) -> float | None:
    """The nearest place at which the profile is there all round, in pitches."""
    round_it = level.all_round()
    good = (level.places > -0.5) & (round_it > _ALL_ROUND)
    labels, count = ndimage.label(good)
    if not count:
        return None
    nearest = labels == 1
    mean = np.where(nearest, np.maximum(level.share[level.known].mean(axis=0), 0), 0.0)
    return float((mean * level.places).sum() / (mean.sum() + 1e-12))


def _followed(level: _Level, place: float) -> _Way:
    """Follow the groove from the turns before to the circle: the way with most of its profile."""
    every = _SECTORS // _STEPS
    known = np.where(level.known[:, None], np.clip(level.share, -1, 1), 0.0)
    round_it = known.reshape(_STEPS, every, -1).mean(axis=1)
    first = int(_FROM_TURNS * _STEPS)
    steps = np.arange(first, int((place + _LATEST_TURNS) * _STEPS))
    columns = _best_way(round_it[steps % _STEPS], level.column(_FROM_TURNS))
    turns, places = (steps + 0.5) / _STEPS, level.places[columns]
    there = round_it[steps % _STEPS, columns] > _THERE
    before = turns < _first(turns, places > place - _ON_IT_PITCHES)
    slope, base = _line(turns, places, before, place, _WAY_PITCHES)
    fast = _line(turns, places, before, place, _NEAR_PITCHES)[0] > _FAST
    late = turns > _first(turns, places > place - _WAY_PITCHES[0])
    return _Way(
        turns=turns,
        places=np.where(late, np.minimum(base + slope * turns, place), places),
        meets=(place - base) / slope,
        pitches_per_turn=slope,
        ends=_ends(turns[before], there[before]) if fast else None,
    )


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


def _best_way(share: np.ndarray, first: int) -> np.ndarray:
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


def _ends(turns: np.ndarray, there: np.ndarray) -> float | None:
    """Where the groove ends, if what leads on from there to the circle is land."""
    labels, count = ndimage.label(~there)
    wide = np.bincount(labels, minlength=count + 1)[1:] > _GAP_TURNS * _STEPS
    return float(turns[labels == np.flatnonzero(wide)[-1] + 1][0]) if wide.any() else None


def _passes(level: _Level, way: _Way, place: float) -> bool:
    """Whether the groove goes on where it would have run into a circle."""
    sectors = np.arange(*(round((way.meets + turns) * _SECTORS) for turns in _PASSES))
    beyond = (sectors + 0.5) / _SECTORS - way.meets
    column = level.column(place + way.pitches_per_turn * beyond)
    known = level.known[sectors % _SECTORS]
    there = level.share[sectors % _SECTORS, column][known] > _THERE
    return bool(len(there) and there.mean() > _PASSED)


def _locked(groove_map: GrooveMap, level: _Level, way: _Way, place: float) -> Ending:
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
    return Ending(
        groove_map=replace(groove_map, radius_px=radius, locked=True),
        last_turns=count / per_turn,
        locked=True,
    )
