"""The disc unrolled about the groove's end, along a turn that does not feed.

There the groove falls by a pitch per turn, and a circle lies level.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from groovescan.core.geometry.camera_model import angle_at, radius_at
from groovescan.core.geometry.projection import projection_of
from groovescan.core.results import GrooveMap, Photograph, Strip
from groovescan.profile.template import Template
from groovescan.strip.groove_or_land import Aligned
from groovescan.strip.straighten import Rows, lay_straight

#: Sectors of a turn, a power of two: some rows of the strip in each.
SECTORS = 256
#: The profile is there where so much of what the turns before had is found.
THERE = 0.5
#: The turn that stands for the last ones is so far before the end that was seen, and the mean of
#: so many; the feed is that of some more.
_BEFORE_TURNS, _SHAPE_TURNS, _FEED_TURNS = 2.0, 2, 4


@dataclass(frozen=True, kw_only=True)
class Reach:
    """How far and how closely is looked.

    Attributes
    ----------
    first, last : float
        Places that are looked at, in pitches along the feed from the turn that does not feed.
    columns : int
        Columns in a pitch.
    rows : int
        Rows of a turn at most.
    averaged_turns : float
        What is found is averaged over so much of a turn.
    """

    first: float
    last: float
    columns: int
    rows: int
    averaged_turns: float


@dataclass(frozen=True, kw_only=True)
class Level:
    """Where the groove's profile is found about its end.

    Attributes
    ----------
    from_turns : float
        Position on the groove's map at which the turn that does not feed begins.
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

    def all_round(self, stray_pitches: float) -> np.ndarray:
        """Share of what can be seen on which the profile is there, for each column."""
        stray = int(stray_pitches / self.step_pitches)
        best = ndimage.maximum_filter1d(self.share[self.known], 2 * stray + 1, axis=1)
        return (best > THERE).mean(axis=0)

    def column(self, place: np.ndarray | float) -> np.ndarray:
        """The column nearest to a place in pitches."""
        column = np.rint((np.asarray(place) - self.first_pitches) / self.step_pitches)
        return np.clip(column, 1, self.share.shape[1] - 2).astype(int)

    def on_the_spiral(self, first: float, last: float) -> np.ndarray:
        """`share` on the way of an even feed, in turns from `from_turns`, in steps of a sector."""
        sectors = np.arange(round(first * SECTORS), round(last * SECTORS))
        return self.share[sectors % SECTORS, self.column((sectors + 0.5) / SECTORS)]


def unroll(
    photo: Photograph, groove_map: GrooveMap, aligned: Aligned, reach: Reach, *, along: GrooveMap
) -> Level | None:
    """Unroll the disc about the groove's end.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    groove_map : GrooveMap
        Where the groove runs.
    aligned : Aligned
        What a coarse strip told of profile and contrast.
    reach : Reach
        How far and how closely is looked.
    along : GrooveMap
        The map along which that strip was laid.

    Returns
    -------
    Level or None
        None where too little of the turns before can be seen.
    """
    # Sectors with less of the usual contrast tell nothing; so many must.
    least_contrast = 0.25
    begin = groove_map.turns - _BEFORE_TURNS
    feed = _feed(groove_map, begin)
    still = _circular_map(groove_map, begin, feed)
    reach = replace(reach, last=_last(photo, still, feed, reach))
    middle = (reach.first + reach.last) / 2
    circle = replace(still, radius_px=still.radius_px + middle * feed)
    strip = _laid(photo, circle, reach)
    light, visible = _sectors(strip)
    contrast = _contrast(groove_map, aligned, along, begin)
    kernel = _kernel(aligned.fit.template, strip.offset_px, abs(feed))
    found = np.sign(contrast)[:, None] * ndimage.correlate1d(light, kernel, mode="nearest")
    usual = np.abs(contrast)
    found, usual = (
        ndimage.gaussian_filter1d(part, reach.averaged_turns / 2 * SECTORS, axis=0, mode="wrap")
        for part in (np.where(visible[:, None], found, 0.0), np.where(visible, usual, 0.0))
    )
    share = found / (usual[:, None] + 1e-12)
    places = middle + np.sign(feed) * strip.offset_px / abs(feed)
    if feed < 0:
        share, places = share[:, ::-1], places[::-1]
    level = Level(
        from_turns=begin,
        feed_px=feed,
        radius_px=still.radius_px[: still.nodes_per_turn],
        share=share,
        known=usual > least_contrast * np.percentile(usual, 80),
        first_pitches=float(places[0]),
        step_pitches=float(places[1] - places[0]),
    )
    return _as_usual(level)


def _as_usual(level: Level) -> Level | None:
    """The turns before tell how much is usual, and where nothing can be seen."""
    # Sectors with less of the usual contrast tell nothing; so many must.
    least_known = 0.5
    before = (level.on_the_spiral(-2.0, -1.0) + level.on_the_spiral(-1.0, 0.0)) / 2
    usual = float(np.median(before[level.known])) if level.known.any() else 0.0
    known = level.known & (before > THERE * usual)
    if known.mean() < least_known or usual <= 0:
        return None
    return replace(level, share=level.share / usual, known=known)


def _feed(groove_map: GrooveMap, until: float) -> float:
    """Change of the radius from turn to turn before a position, in px."""
    turns = np.arange(max(until - _FEED_TURNS, 0.0), until - 1, 1 / SECTORS)
    return float(np.median(radius_at(groove_map, turns + 1) - radius_at(groove_map, turns)))


def _circular_map(groove_map: GrooveMap, until: float, feed_px: float) -> GrooveMap:
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


def _last(photo: Photograph, still: GrooveMap, feed_px: float, reach: Reach) -> float:
    """The last place at which a circle would lie in the photograph, and not about the centre."""
    # A circle has so many pitches of radius at least, and lies in the photograph but for a little.
    least_radius = 6.0
    in_frame = 0.9
    rows, columns = photo.shape
    places = np.arange(0.0, reach.last + 0.5, 0.5)
    part = np.arange(0, still.nodes_per_turn)
    radius = still.radius_px[part] + places[:, None] * feed_px
    x, y = projection_of(still).project(radius, angle_at(still, part / still.nodes_per_turn))
    inside = (x >= 0) & (x <= columns - 1) & (y >= 0) & (y <= rows - 1)
    fits = (inside.mean(axis=1) > in_frame) & (radius.min(axis=1) > least_radius * abs(feed_px))
    return float(places[fits].max(initial=0.5))


def _laid(photo: Photograph, circle: GrooveMap, reach: Reach) -> Strip:
    """A wide strip along one turn, with some rows in each sector."""
    # Rows as far apart as this tell a sector: arbitrary.
    along_px = 3.0
    length = 2 * np.pi * float(circle.radius_px.mean())
    each = int(np.clip(length / along_px / SECTORS, 1, reach.rows // SECTORS))
    per_turn = each * SECTORS
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
        reach_pitches=(reach.last - reach.first) / 2,
        across_px=circle.pitch_px / reach.columns,
    )


def _sectors(strip: Strip) -> tuple[np.ndarray, np.ndarray]:
    """Mean light of each sector, and whether most of it was seen."""
    each = strip.samples_per_turn // SECTORS
    visible = strip.in_photograph.reshape(SECTORS, each)
    light = strip.luminance.reshape(SECTORS, each, -1)
    total = (light * visible[:, :, None]).sum(axis=1)
    return total / np.maximum(visible.sum(axis=1), 1)[:, None], visible.mean(axis=1) > 0.5


def _kernel(template: Template, offset_px: np.ndarray, pitch_px: float) -> np.ndarray:
    """Matched filter of the profile, blind to level and slope of the land."""
    # The profile is looked for over so many pitches.
    profile_pitches = 0.6
    near = offset_px[np.abs(offset_px) < profile_pitches * pitch_px]
    window = np.cos(np.pi / 2 * near / (profile_pitches * pitch_px)) ** 2
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
    sector = (turns[use] % 1.0 * SECTORS).astype(int) % SECTORS
    count = np.bincount(sector, minlength=SECTORS)
    total = np.bincount(sector, weights=aligned.fit.contrast[use], minlength=SECTORS)
    # a strip in runs tells some sectors only
    place, told = np.arange(SECTORS), count > 0
    if not told.any():
        return np.zeros(SECTORS)
    return np.interp(place, place[told], total[told] / count[told], period=SECTORS)
