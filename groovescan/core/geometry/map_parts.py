"""Parts of groove maps: cut out, lengthened, turned round."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from groovescan.core.geometry.camera_model import angle_at, radius_at
from groovescan.core.results import GrooveMap


def feeds_px(groove_map: GrooveMap) -> np.ndarray:
    """Change of the radius over the turn that begins at each node of the groove, in px.

    Returns
    -------
    ndarray of float64, shape (nodes,)
        Empty where the map is shorter than a turn; negative where the groove goes inward.
    """
    per_turn = groove_map.nodes_per_turn
    radius = groove_map.radius_px[per_turn : len(groove_map.radius_px) - per_turn]
    return radius[per_turn:] - radius[:-per_turn]


def part_of(groove_map: GrooveMap, first: float, last: float) -> GrooveMap:
    """The part of a map between two positions, in turns; they need not lie within it by a turn."""
    per_turn = groove_map.nodes_per_turn
    count = max(round((last - first) * per_turn), per_turn)
    radius = radius_at(groove_map, first + np.arange(count + 1) / per_turn)
    start = groove_map.start_rad + groove_map.direction * 2 * np.pi * first
    return with_radius(replace(groove_map, start_rad=start, lock_turns=None), radius)


def with_radius(groove_map: GrooveMap, radius_px: np.ndarray) -> GrooveMap:
    """A map with these radii from its start on, and the turns beyond both ends a pitch away.

    Parameters
    ----------
    groove_map : GrooveMap
        Camera, start and direction.
    radius_px : ndarray of float64, shape (nodes,)
        Radius of the groove at `nodes_per_turn` nodes a turn, one turn of them at least.
    """
    per_turn = groove_map.nodes_per_turn
    first, last = radius_px[: per_turn + 1], radius_px[-per_turn - 1 :]
    whole = np.concatenate(
        [first[:-1] - (first[-1] - first[0]), radius_px, last[1:] + (last[-1] - last[0])]
    )
    changed = replace(groove_map, radius_px=whole)
    feeds = feeds_px(changed)
    return replace(changed, pitch_px=float(abs(np.median(feeds))))


def turned_round(groove_map: GrooveMap) -> GrooveMap:
    """The same groove from its end to its start."""
    return replace(
        groove_map,
        direction=-groove_map.direction,
        start_rad=float(angle_at(groove_map, groove_map.turns)),
        radius_px=groove_map.radius_px[::-1].copy(),
        lock_turns=None,
    )
