"""Which turns of a first map follow the groove for sure.

A map that was fitted to the fringe across a gap runs over land there, and one that was fitted where
the pitch changes leaves its turn. A coarse strip shows both: there is no groove, or the map that
follows it is not fed as it is before and after.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from groovescan.core.geometry.map_parts import feeds_px
from groovescan.core.results import GrooveMap
from groovescan.strip.groove_or_land import Aligned

#: Parts of a turn in which the groove's strength is told.
_PARTS = 64


def sure_part(groove_map: GrooveMap, aligned: Aligned, *, along: GrooveMap) -> tuple[float, float]:
    """The longest part of a map that follows the groove for sure.

    Parameters
    ----------
    groove_map : GrooveMap
        The map, as a coarse strip has refined it.
    aligned : Aligned
        What that strip told.
    along : GrooveMap
        The map along which it was laid.

    Returns
    -------
    first, last : float
        Positions in turns from the start of `groove_map`; its ends where all of it is sure.
    """
    # Turns beside those that are not sure are not, over so much of a turn.
    margin_turns = 0.5
    per_turn = groove_map.nodes_per_turn
    doubt = _uneven(groove_map)
    weak = _weak(groove_map, aligned, along)
    place = np.arange(len(doubt)) * _PARTS // per_turn
    doubt |= weak[np.minimum(place, len(weak) - 1)]
    labels, count = ndimage.label(~doubt)
    if not count:
        return 0.0, 0.0
    (part,) = ndimage.find_objects(labels)[int(np.argmax(np.bincount(labels)[1:]))]
    first = 0.0 if part.start == 0 else part.start / per_turn + margin_turns
    whole = part.stop == len(doubt)
    return first, groove_map.turns if whole else (part.stop - 1) / per_turn - margin_turns


def _uneven(groove_map: GrooveMap) -> np.ndarray:
    """Nodes whose turn is not fed as those round it; bool, shape (nodes,)."""
    # The feed is compared with its median over so many turns, and may differ by so much of it.
    usual_turns = 2.0
    uneven = 0.12
    per_turn = groove_map.nodes_per_turn
    feed = np.abs(feeds_px(groove_map))
    doubt = np.zeros(len(feed) + per_turn, bool)
    if not len(feed):
        return doubt
    usual = ndimage.median_filter(feed, size=int(usual_turns * per_turn) | 1, mode="reflect")
    apart = np.abs(feed - usual) > uneven * usual
    # where the groove runs into a circle it is not fed
    apart[int(groove_map.spiral_turns * per_turn) - per_turn :] &= not groove_map.locked
    for turn in (0, per_turn):
        doubt[turn : turn + len(feed)] |= apart
    return doubt


def _weak(groove_map: GrooveMap, aligned: Aligned, along: GrooveMap) -> np.ndarray:
    """Parts of turns where less of the groove is found than beside them; bool, shape (parts,)."""
    # There is no groove where less than so much of what is usual at that angle is found, on more
    # than so much of a turn; where little is usual nothing can be told.
    weak_share = 0.5
    weak_turns = 0.1
    usual_share = 0.25
    beside_turns = 9
    beside_parts = 5
    cut = (groove_map.start_rad - along.start_rad) / (along.direction * 2 * np.pi)
    count = max(int(np.ceil(groove_map.turns)), 1) * _PARTS
    part = np.floor((aligned.strip.turns - cut) * _PARTS).astype(int)
    inside = (part >= 0) & (part < count) & aligned.strip.in_photograph
    many = np.bincount(part[inside], minlength=count)
    size = np.abs(aligned.fit.contrast[inside])
    strength = np.bincount(part[inside], weights=size, minlength=count) / np.maximum(many, 1)
    beside = (beside_turns, beside_parts)
    turns = strength.reshape(-1, _PARTS)
    usual = ndimage.percentile_filter(turns, 75, size=beside, mode="nearest").ravel()
    told = (many > 0) & (usual > usual_share * np.percentile(strength, 80))
    weak = told & (strength < weak_share * usual)
    return ndimage.binary_opening(weak, np.ones(int(weak_turns * _PARTS)))
