"""From the first groove map to the one that is read, by way of a coarse strip.

The strip tells groove from land, where the groove runs exactly, and how it ends. Where it ends in a
circle, or beside one, it is laid once more, along what is then known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from groovescan.camera.map_refinement import refine_map
from groovescan.core.geometry.map_parts import part_of
from groovescan.core.results import GrooveMap, Photograph
from groovescan.runtime.blas import one_blas_thread
from groovescan.runtime.progress import Advance, unheard
from groovescan.strip.groove_extent.continuation import continue_both
from groovescan.strip.groove_extent.locked_groove import find_ending
from groovescan.strip.groove_extent.sure_turns import sure_part
from groovescan.strip.groove_or_land import Aligned, align

#: A map need not be sure over so much of a turn at its ends, and is the same as what was followed
#: from it where their lengths differ by no more than so much of one. Fewer turns tell nothing.
_UNSURE_TURNS, _SAME_TURNS, _LEAST_SURE_TURNS = 1.2, 0.3, 1.5
#: The ends of what was followed are known to so much of a turn; what can be read there tells more.
_END_TURNS = 0.15


@dataclass(frozen=True, kw_only=True)
class TracedGroove:
    """Where the groove runs.

    Attributes
    ----------
    along : GrooveMap
        The map along which the coarse strip was laid.
    aligned : Aligned
        What that strip told of groove and land.
    groove_map : GrooveMap
        Where the groove itself runs, from its start to its end.
    followed : bool
        Whether its line was followed from end to end, so that it cannot have left its turn.
    """

    along: GrooveMap
    aligned: Aligned
    groove_map: GrooveMap
    followed: bool = False


@one_blas_thread()
def trace_grooves(
    photo: Photograph, first: GrooveMap, *, harmonics: int, advance: Advance = unheard
) -> tuple[TracedGroove, ...]:
    """Find where the groove itself runs, and other grooves that are not connected with it.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    first : GrooveMap
        A first map, which may run beside the groove and beyond its ends.
    harmonics : int
        Highest harmonic per turn that the map follows; what is faster is sound.
    advance : callable
        Hears how much of it is done.

    Returns
    -------
    tuple of TracedGroove
        In the order in which they are played.

    Raises
    ------
    GrooveLostError
        Where less than one turn was readable.
    """
    # Shares of the time that it takes up to there, of a disc with one groove.
    laid_share, followed_share = 0.4, 0.7
    traced = _laid(photo, first, harmonics)
    advance(laid_share)
    sure = sure_part(traced.groove_map, traced.aligned, along=traced.along)
    seed = _seed(photo, traced, sure, harmonics)
    template = seed.aligned.fit.template
    grown, others = continue_both(photo, seed.groove_map, template)
    advance(followed_share)
    laid = _as_laid(photo, traced, sure, grown, harmonics)
    traced = laid or _traced(photo, grown, seed, harmonics)
    grooves = [traced]
    for other in others:
        grown, _ = continue_both(photo, other, template)
        grooves.append(_traced(photo, grown, seed, harmonics))
    inward = traced.groove_map.radius_px[-1] < traced.groove_map.radius_px[0]
    return tuple(sorted(grooves, key=lambda c: c.groove_map.radius_px[0], reverse=bool(inward)))


@one_blas_thread()
def trace_along(photo: Photograph, first: GrooveMap, *, harmonics: int) -> TracedGroove:
    """Find where the groove runs near a map that is sure, without following it beyond.

    Parameters
    ----------
    photo : Photograph
        The photograph, of which sectors may be missing.
    first : GrooveMap
        A map that may run beside the groove and beyond its ends, but does not leave its turn.
    harmonics : int
        Highest harmonic per turn that the map follows; what is faster is sound.

    Returns
    -------
    TracedGroove

    Raises
    ------
    GrooveLostError
        Where less than one turn was readable.
    """
    return replace(_laid(photo, first, harmonics), followed=True)


def _seed(
    photo: Photograph, traced: TracedGroove, sure: tuple[float, float], harmonics: int
) -> TracedGroove:
    """The groove along the turns that are sure; the same where those are all of them.

    Where a map leaves the groove, what is groove and what land may change: the strip is laid anew.
    """
    begin, end = sure
    whole = begin < _UNSURE_TURNS and end > traced.groove_map.turns - _UNSURE_TURNS
    if whole or end - begin < _LEAST_SURE_TURNS:
        return traced
    return _laid(photo, part_of(traced.groove_map, begin, end), harmonics)


def _as_laid(
    photo: Photograph,
    traced: TracedGroove,
    sure: tuple[float, float],
    grown: GrooveMap,
    harmonics: int,
) -> TracedGroove | None:
    """The groove, and how it ends, where following the groove has told of no other one.

    It need not be sure where it comes to a circle.
    """
    # Where it runs into a circle it need not be over so much more.
    locking_turns = 3.0
    begin, end = sure
    if begin > _UNSURE_TURNS or end < traced.groove_map.turns - locking_turns:
        return None
    ended = _ended(photo, traced, harmonics)
    longer = grown.turns - ended.groove_map.turns
    # beside a circle the line that was followed may have gone on round it
    told = ended is not traced and ended.groove_map.lock_turns in (None, ended.groove_map.turns)
    if longer > (locking_turns if told else _SAME_TURNS):
        return None
    if told and not ended.groove_map.locked:
        return ended
    as_sure = end > traced.groove_map.turns - _UNSURE_TURNS and longer > -_SAME_TURNS
    return ended if ended.groove_map.locked or as_sure else None


def _traced(
    photo: Photograph, grown: GrooveMap, seed: TracedGroove, harmonics: int
) -> TracedGroove:
    """The groove along a map that follows the groove from end to end."""
    if not grown.locked:
        longer = part_of(grown, -_END_TURNS, grown.turns + _END_TURNS)
        ends = _END_TURNS, _END_TURNS + grown.turns
        return replace(_laid(photo, longer, harmonics, ends, _END_TURNS), followed=True)
    traced = replace(_laid(photo, grown, harmonics, (0.0, grown.turns)), followed=True)
    # Of the profile the first has told more: where two turns become one none is to be seen.
    fit = replace(traced.aligned.fit, template=seed.aligned.fit.template)
    return replace(traced, aligned=replace(traced.aligned, fit=fit))


def _ended(photo: Photograph, traced: TracedGroove, harmonics: int) -> TracedGroove:
    """The groove, and how it ends: where it ends in a circle, or beside one, it is laid again."""
    ending = find_ending(photo, traced.groove_map, traced.aligned, along=traced.along)
    if ending is None:
        return traced
    if ending.last_turns is None:
        return replace(traced, groove_map=ending.groove_map)
    again = _laid(photo, ending.groove_map, harmonics, (None, ending.last_turns))
    fit = replace(again.aligned.fit, template=traced.aligned.fit.template)
    return replace(again, aligned=replace(again.aligned, fit=fit))


def _laid(
    photo: Photograph,
    along: GrooveMap,
    harmonics: int,
    ends: tuple[float | None, float | None] = (None, None),
    near_turns: float = 0.0,
) -> TracedGroove:
    aligned = align(photo, along)
    groove_map = refine_map(
        along,
        aligned.reading,
        aligned.strip,
        shift_px=aligned.shift_px,
        harmonics=harmonics,
        first_turns=ends[0],
        last_turns=ends[1],
        near_turns=near_turns,
    )
    return TracedGroove(along=along, aligned=aligned, groove_map=groove_map)
