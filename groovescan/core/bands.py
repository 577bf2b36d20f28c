"""The bands of a groove, between which its turns lie further apart."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from groovescan.core.geometry.map_parts import feeds_px
from groovescan.core.results import GrooveMap

#: Turns that lie so many pitches apart part two bands: cutters that follow the loudness stay below.
_APART_PITCHES = 1.6


def bands_of(groove_map: GrooveMap) -> np.ndarray:
    """Where the bands of a groove begin and end.

    Parameters
    ----------
    groove_map : GrooveMap
        Where the groove runs.

    Returns
    -------
    ndarray of float64, shape (bands, 2)
        In turns from the start of the groove; the whole groove where it has one band.
    """
    # A band is so many turns long at least.
    least_band_turns = 1.0
    per_turn, feed = groove_map.nodes_per_turn, np.abs(feeds_px(groove_map))
    whole = np.array([[0.0, groove_map.turns]])
    if not len(feed):
        return whole
    usual = float(np.percentile(feed[: max(int(groove_map.spiral_turns * per_turn), 1)], 40))
    wide = ndimage.find_objects(ndimage.label(feed > _APART_PITCHES * usual)[0])
    gaps = [_gap(feed, part, per_turn, usual) for (part,) in wide]
    edges = np.array([0.0, *(place for gap in gaps for place in gap), groove_map.turns])
    bands = np.clip(edges.reshape(-1, 2), 0.0, groove_map.turns)
    long = bands[bands[:, 1] - bands[:, 0] >= least_band_turns]
    return long if len(long) else whole


def _gap(feed: np.ndarray, part: slice, per_turn: int, usual: float) -> tuple[float, float]:
    """Where the turns are apart, by the nodes whose turn is fed too far.

    It is from shortly after the gap has begun on; how shortly, the largest feed tells.
    """
    largest = float(feed[part].max())
    late = (_APART_PITCHES - 1) * usual / max(largest - usual, 1e-9)
    first = part.start / per_turn + 1 - late if part.start else 0.0
    last = (part.stop - 1) / per_turn + late
    if part.stop == len(feed):
        last = np.inf
    # a gap that is crossed in less than a turn is seen for a turn
    return first, max(first, last)
