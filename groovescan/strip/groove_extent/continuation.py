"""Follow the groove beyond what is mapped of it: gaps, other bands, lead-in and run-out.

Step by step the disc is unrolled beyond the last turns that are known, and the path with most of a
line is taken. Where it leads over land, the groove has ended, and what lies beyond is another cut.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from groovescan.core.geometry.camera_model import radius_at
from groovescan.core.geometry.map_parts import turned_round, with_radius
from groovescan.core.results import GrooveMap, Photograph
from groovescan.profile.template import Template
from groovescan.strip.groove_extent.annulus import SECTORS, Annulus, level_of, unroll_beyond
from groovescan.strip.groove_extent.line_path import LinePath, best_path

#: A path begins so many turns before the end of what is known, and is followed for so many.
_BACK_TURNS, _FOLLOWED_TURNS = 1.0, 16.0


@dataclass(frozen=True, kw_only=True)
class Continued:
    """A map that goes on as far as the groove does.

    Attributes
    ----------
    groove_map : GrooveMap
        The map; where the groove runs into a circle, that is its last turn.
    beyond : GrooveMap or None
        Part of another cut, that lies beyond and is not connected.
    """

    groove_map: GrooveMap
    beyond: GrooveMap | None


def continue_both(
    photo: Photograph, groove_map: GrooveMap, template: Template
) -> tuple[GrooveMap, tuple[GrooveMap, ...]]:
    """Continue a map beyond both its ends.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    groove_map : GrooveMap
        Some turns of the groove, all of them sure.
    template : Template
        Its profile.

    Returns
    -------
    groove_map : GrooveMap
        The whole groove.
    others : tuple of GrooveMap
        Parts of other cuts, before it and after it.
    """
    before = continue_map(photo, turned_round(groove_map), template, into_circle=False)
    after = continue_map(photo, turned_round(before.groove_map), template)
    found = [other for other in (before.beyond, after.beyond) if other is not None]
    # all cuts are played in the same direction
    others = [m if m.direction == groove_map.direction else turned_round(m) for m in found]
    return after.groove_map, tuple(others)


def continue_map(
    photo: Photograph, groove_map: GrooveMap, template: Template, *, into_circle: bool = True
) -> Continued:
    """Continue a map beyond its end, as far as its line can be followed.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    groove_map : GrooveMap
        Some turns of the groove, all of them sure.
    template : Template
        Its profile.
    into_circle : bool
        Whether a circle that it runs into is its last turn, or none of the groove's.
    """
    # How far is looked in one step, in pitches.
    reach_pitches = 60.0
    # A map grows by so much of a turn at least: less is within the error of an end.
    least_turns = 0.02
    begin = groove_map.turns - _BACK_TURNS
    level = level_of(groove_map, begin)
    reach_px = reach_pitches * groove_map.pitch_px
    while True:
        annulus = unroll_beyond(
            photo, groove_map, template, begin, level_px=level, reach_px=reach_px
        )
        whole = best_path(annulus, _FOLLOWED_TURNS, _least_feed_px(template))
        path = _up_to_land(annulus, whole, template)
        ends = float(path.turns[-1])
        goes_on = path is whole and ends > _FOLLOWED_TURNS - 1
        circle = None if goes_on else _circle(annulus, path, template)
        if circle is not None:
            ends = _meets(path, circle, template)
        if begin + ends > groove_map.turns + least_turns:
            groove_map = _lengthened(groove_map, annulus, path, ends)
        if not goes_on:
            break
        by = int(_FOLLOWED_TURNS - 2 * _BACK_TURNS)
        level = level + annulus.outward * float(np.interp(by, path.turns, path.rise_px))
        begin += by
    if circle is not None and into_circle:
        groove_map = _round_the_circle(groove_map, annulus, circle, begin + ends)
    return Continued(
        groove_map=groove_map,
        beyond=None if path is whole else _beyond(groove_map, annulus, whole, template),
    )


def _up_to_land(annulus: Annulus, path: LinePath, template: Template) -> LinePath:
    """A path that does not lead over land; the same where it did not.

    Towards what lies beyond it may have left its line early.
    """
    # Up to so much of the path across that land its line is looked for once more.
    land_share = 0.8
    lands = _lands(path, template)
    if not len(lands):
        return path
    before, after = path.rise_px[np.minimum(lands[0], len(path.rise_px) - 1)]
    column = int(annulus.column(np.array(before + land_share * (after - before))))
    nearer = replace(
        annulus, share=annulus.share[:, : column + 1], known=annulus.known[:, : column + 1]
    )
    path = best_path(nearer, _FOLLOWED_TURNS, _least_feed_px(template))
    lands = _lands(path, template)
    return path.up_to(int(lands[0, 0])) if len(lands) else path


def _lands(path: LinePath, template: Template) -> np.ndarray:
    """Stretches of a path over land: first step and the one past the last, shape (n, 2)."""
    # Land for so much of a turn ends the groove, and so does land across which it has risen by so
    # many half widths: from there on it is another line.
    land_turns = 0.12
    land_half_widths = 3.0
    found = []
    for (part,) in ndimage.find_objects(ndimage.label(path.on_land)[0]):
        long = part.stop - part.start > land_turns * SECTORS
        last = min(part.stop, len(path.rise_px) - 1)
        risen = path.rise_px[last] - path.rise_px[max(part.start - 1, 0)]
        if long or risen > land_half_widths * template.half_width_px:
            found.append((part.start, part.stop))
    return np.array(found, int).reshape(-1, 2)


def _circle(annulus: Annulus, path: LinePath, template: Template) -> np.ndarray | None:
    """Distance of a circle beyond the level, sector by sector, on which a path has come to its end.

    A circle is there all round. Across the turns of a spiral the filter finds nothing on the mean.
    """
    # A circle lies within so many half widths of the end of a path and strays by so many; of it
    # there is so much on the mean, and its place is averaged over so many sectors.
    same_half_widths = 2.0
    stray_half_widths = 0.8
    all_round = 0.55
    circle_sectors = 4.0
    stray = int(stray_half_widths * template.half_width_px / annulus.step_px)
    reach_px = same_half_widths * template.half_width_px
    first, last = annulus.column(path.rise_px[-1] + np.array([-reach_px, reach_px]))
    visible = annulus.known.any(axis=1)
    if not visible.any():
        return None
    found = np.clip(annulus.share[visible, first : last + 1], -1, 1).mean(axis=0)
    if found.max() < all_round:
        return None
    near = np.clip(first + int(found.argmax()) + np.arange(-stray, stray + 1), 0, None)
    near = near[near < annulus.share.shape[1]]
    column = near[annulus.share[:, near].argmax(axis=1)].astype(float)
    column = ndimage.gaussian_filter1d(column, circle_sectors, mode="wrap")
    return np.asarray(annulus.first_px + annulus.step_px * column)


def _meets(path: LinePath, circle_px: np.ndarray, template: Template) -> float:
    """Where a path comes to a circle, in turns from where it begins.

    Near the circle the two lines are one, so that the path further away tells it.
    """
    # The last part of the path that is apart from it, so long, tells where the two meet.
    circle_turns = 0.25
    # Lines that are so many half widths apart are followed each for itself.
    apart_half_widths = 1.5
    apart = circle_px[np.arange(len(path.rise_px)) % SECTORS] - path.rise_px
    use = np.flatnonzero(apart > apart_half_widths * template.half_width_px)
    use = use[use > use.max(initial=0) - circle_turns * SECTORS]
    if len(use) < 3:
        return float(path.turns[-1])
    slope, base = np.polyfit(path.turns[use], apart[use], 1)
    return float(np.clip(-base / min(slope, -1e-6), path.turns[use[-1]], path.turns[-1]))


def _least_feed_px(template: Template) -> float:
    # Turns are at least so many half widths apart.
    least_feed_half_widths = 1.5
    return least_feed_half_widths * template.half_width_px


def _lengthened(groove_map: GrooveMap, annulus: Annulus, path: LinePath, ends: float) -> GrooveMap:
    """The map with what was followed of a path."""
    # From where it was known to where it was followed a map changes over so much of a turn.
    blend_turns = 0.5
    per_turn, begin = groove_map.nodes_per_turn, annulus.from_turns
    s = np.arange(int((begin + ends) * per_turn) + 1) / per_turn
    known = radius_at(groove_map, np.minimum(s, groove_map.turns))
    followed = annulus.radius_px(s - begin, np.interp(s - begin, path.turns, path.rise_px))
    blend = np.clip((s - begin - (_BACK_TURNS - blend_turns)) / blend_turns, 0, 1)
    return with_radius(groove_map, known + blend * (followed - known))


def _round_the_circle(
    groove_map: GrooveMap, annulus: Annulus, circle_px: np.ndarray, meets: float
) -> GrooveMap:
    """The map with a circle as its last turn."""
    per_turn, begin = groove_map.nodes_per_turn, annulus.from_turns
    s = np.arange(round((meets + 1) * per_turn) + 1) / per_turn
    middle = (np.arange(SECTORS) + 0.5) / SECTORS
    circle = annulus.radius_px(s - begin, np.interp(s - begin, middle, circle_px, period=1.0))
    known = radius_at(groove_map, np.minimum(s, groove_map.turns))
    whole = with_radius(groove_map, np.where(s < meets, known, circle))
    return replace(whole, lock_turns=whole.turns)


def _beyond(
    groove_map: GrooveMap, annulus: Annulus, path: LinePath, template: Template
) -> GrooveMap | None:
    """The longest part of a path beyond the land that it first led over, without land in it."""
    # What lies beyond is another cut where so much of it was followed.
    cut_turns = 2.0
    # but for so much of a turn at its ends, where it may not have come to its line yet.
    margin_turns = 0.3
    lands = _lands(path, template)
    first, last = lands[:, 1], np.append(lands[1:, 0], len(path.turns) - 1)
    longest = int(np.argmax(last - first))
    begin = first[longest] / SECTORS + margin_turns
    end = last[longest] / SECTORS - margin_turns
    if end - begin < cut_turns:
        return None
    per_turn = groove_map.nodes_per_turn
    s = begin + np.arange(int((end - begin) * per_turn) + 1) / per_turn
    radius = annulus.radius_px(s, np.interp(s, path.turns, path.rise_px))
    start = groove_map.start_rad + groove_map.direction * 2 * np.pi * (annulus.from_turns + begin)
    return with_radius(replace(groove_map, start_rad=start, lock_turns=None), radius)
