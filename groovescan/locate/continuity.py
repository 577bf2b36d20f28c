"""Check that the map keeps to its turn, and that it is known where the pitch steps.

A map that slips by a turn runs on along the next one: within a short stretch its radius changes
by a whole pitch more, or less, than the feed of the groove. Turns are told apart by nothing else,
so what is found is said, and not mended.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from groovescan.core.geometry.camera_model import radius_at
from groovescan.core.results import GrooveMap


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
    # A slip shows over more of a turn than this, by more pitches than this, against what is usual
    # in so many turns. A whole slip is one pitch: arbitrary from a third to two thirds of it.
    stretch_turns = 0.12
    jump_pitches = 0.6
    usual_turns = 5.0
    per_turn = groove_map.nodes_per_turn
    radius = groove_map.radius_px[per_turn : len(groove_map.radius_px) - per_turn]
    if len(radius) < 3 * per_turn:
        return np.zeros(0)
    # From turn to turn the radius changes by the feed; where one turn slips, twice or not at
    # all, and from there on in all angles alike.
    feed = radius[per_turn:] - radius[:-per_turn]
    usual = ndimage.median_filter(feed, size=int(usual_turns * per_turn) | 1, mode="nearest")
    apart = np.abs(feed - usual) > jump_pitches * groove_map.pitch_px
    labels, count = ndimage.label(apart)
    middles = ndimage.mean(np.arange(len(apart)), labels, np.arange(1, count + 1))
    wide = np.bincount(labels, minlength=count + 1)[1:] > stretch_turns * per_turn
    return np.atleast_1d(middles)[wide] / per_turn + 0.5 if count else np.zeros(0)


def unsure_joins(groove_map: GrooveMap, unread: np.ndarray) -> np.ndarray:
    """Positions at which the pitch steps where the groove could not be read.

    How many turns lie between what was read before and after is not known there.

    Parameters
    ----------
    groove_map : GrooveMap
        The map.
    unread : ndarray of bool, shape (samples,)
        Samples that could not be read, evenly spaced along the map.

    Returns
    -------
    ndarray of float64, shape (n,)
        In turns from the start; empty where the groove goes on beyond as it came.
    """
    # Less that could not be read leaves no doubt about the turn, so little that was read within it
    # is chance, and as much of a pitch apart the turn may be another.
    unread_turns = 0.1
    chance_turns = 0.02
    unsure_pitches = 0.5
    if not unread.any():
        return np.zeros(0)
    per_turn = len(unread) / max(groove_map.turns, 1e-9)
    edges = np.flatnonzero(np.diff(np.r_[0, unread.astype(np.int8), 0])).reshape(-1, 2)
    apart = edges[1:, 0] - edges[:-1, 1] > 2 * int(chance_turns * per_turn)
    ends = np.stack([edges[np.r_[True, apart], 0], edges[np.r_[apart, True], 1]], axis=1) / per_turn
    long = ends[:, 1] - ends[:, 0] > unread_turns
    inside = (ends[:, 0] >= 1) & (ends[:, 1] <= groove_map.turns - 1)
    begin, end = ends[long & inside].T
    before = radius_at(groove_map, begin) - radius_at(groove_map, begin - 1)
    after = radius_at(groove_map, end + 1) - radius_at(groove_map, end)
    across = radius_at(groove_map, end) - radius_at(groove_map, begin)
    due = (before + after) / 2 * (end - begin)
    unsure = np.abs(across - due) > unsure_pitches * groove_map.pitch_px
    return np.asarray((begin + end)[unsure] / 2)
