"""From the first groove map to the one that is read, by way of a coarse strip.

The strip tells groove from land, where the groove runs exactly, and how it ends. Where it ends in a
circle, or beside one, it is laid once more, along what is then known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from groovescan.camera.map_refinement import refine_map
from groovescan.core.results import GrooveMap, Photograph
from groovescan.runtime.blas import one_blas_thread
from groovescan.strip.groove_or_land import Aligned, align
from groovescan.strip.locked_groove import find_ending


@dataclass(frozen=True, kw_only=True)
class Course:
    """Where the groove runs.

    Attributes
    ----------
    along : GrooveMap
        The map along which the coarse strip was laid.
    aligned : Aligned
        What that strip told of groove and land.
    groove_map : GrooveMap
        Where the groove itself runs, from its start to its end.
    """

    along: GrooveMap
    aligned: Aligned
    groove_map: GrooveMap


@one_blas_thread()
def lay_course(photo: Photograph, first: GrooveMap, *, harmonics: int) -> Course:
    """Find where the groove itself runs.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    first : GrooveMap
        A first map, which may run beside the groove and beyond its ends.
    harmonics : int
        Highest harmonic per turn that the map follows; what is faster is sound.

    Returns
    -------
    Course

    Raises
    ------
    GrooveLostError
        Where less than one turn was readable.
    """
    course = _laid(photo, first, harmonics)
    ending = find_ending(photo, course.groove_map, course.aligned, along=first)
    if ending is None:
        return course
    if ending.last_turns is None:
        return replace(course, groove_map=ending.groove_map)
    again = _laid(photo, ending.groove_map, harmonics, ending.last_turns)
    # Of the profile the first has told more: where two turns become one none is to be seen.
    fit = replace(again.aligned.fit, template=course.aligned.fit.template)
    return replace(again, aligned=replace(again.aligned, fit=fit))


def _laid(
    photo: Photograph, along: GrooveMap, harmonics: int, last_turns: float | None = None
) -> Course:
    aligned = align(photo, along)
    groove_map = refine_map(
        along,
        aligned.reading,
        aligned.strip,
        shift_px=aligned.shift_px,
        harmonics=harmonics,
        last_turns=last_turns,
    )
    return Course(along=along, aligned=aligned, groove_map=groove_map)
