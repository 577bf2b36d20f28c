"""Check that the map keeps to its turn.

A map that slips by a turn runs on along the next one: within a short stretch its radius changes
by a whole pitch more, or less, than the feed of the groove. Turns are told apart by nothing else,
so what is found is said, and not mended.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from groovescan.core.results import GrooveMap

_STRETCH_TURNS = 0.12
_JUMP_PITCHES = 0.6
_USUAL_TURNS = 5.0


def jumps(groove_map: GrooveMap) -> np.ndarray:
    """Positions at which the map leaves its turn.

    Parameters
    ----------
    groove_map : GrooveMap
        The map; its slow changes (feed, curl, which repeat from turn to turn) are no jumps.

    Returns
    -------
    ndarray of float64, shape (n,)
        In turns from the start; empty where the map runs through.
    """
    per_turn = groove_map.nodes_per_turn
    radius = groove_map.radius_px[per_turn : len(groove_map.radius_px) - per_turn]
    if len(radius) < 3 * per_turn:
        return np.zeros(0)
    # From turn to turn the radius changes by the feed; where one turn slips, twice or not at
    # all, and from there on in all angles alike.
    feed = radius[per_turn:] - radius[:-per_turn]
    usual = ndimage.median_filter(feed, size=int(_USUAL_TURNS * per_turn) | 1, mode="nearest")
    apart = np.abs(feed - usual) > _JUMP_PITCHES * groove_map.pitch_px
    labels, count = ndimage.label(apart)
    middles = ndimage.mean(np.arange(len(apart)), labels, np.arange(1, count + 1))
    wide = np.bincount(labels, minlength=count + 1)[1:] > _STRETCH_TURNS * per_turn
    return np.atleast_1d(middles)[wide] / per_turn + 0.5 if count else np.zeros(0)
