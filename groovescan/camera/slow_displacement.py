"""The slow part of a displacement: where the groove runs without its sound."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from groovescan.camera.feed_pieces import pieces_of
from groovescan.camera.fit import ObservedPoints
from groovescan.core.geometry.camera_model import angle_at, project, radius_at
from groovescan.core.results import GrooveMap, Reading
from groovescan.runtime.array_types import Float32Vector, Float64Vector, Int64Vector
from groovescan.runtime.jit import compiled

#: What was read is averaged over so many parts of a turn, and then further: what changes faster
#: than so many times per turn is no camera's.
_PARTS, _WAVES = 128, 4.0
#: Averages that err by themselves, per turn: of white noise that passes the filter 2 g - g^2, where
#: g is a Gaussian function of the waves per turn, of deviation `_WAVES`.
PER_TURN = 2.56 * _WAVES
#: One in so many points is used, since neighbours are averaged over the same rows.
_EACH = 4
#: Points at most: a fit of seven terms gains nothing from more.
_MOST = 2000
#: A point counts where so much of what its average reaches over was read: the larger part.
_VISIBLE_SHARE = 0.5
#: No point weighs more than so many usual ones, however certain it claims to be. Arbitrary.
_MOST_TRUST = 4.0
#: So much of a turn at either end is left out, where the average reaches beyond the groove.
_END_TURNS = 0.06
#: Before a groove runs into a circle it is so near to it that its reading is drawn there.
_DRAWN_TURNS = 0.5
#: What it takes to fit a camera.
_LEAST_TURNS, _LEAST_POINTS = 3.0, 64


def observed(
    groove_map: GrooveMap, reading: Reading, turns: np.ndarray | None = None
) -> ObservedPoints:
    """Where the groove runs in the image without its sound, and how well that is known.

    All samples of a part of a turn weigh the same: loud ones must not make the average crooked.

    Parameters
    ----------
    groove_map : GrooveMap
        The map along which was read.
    reading : Reading
        What was read, from the start of the map on.
    turns : ndarray of float64, shape (samples,), optional
        Where the samples lie, in turns, ascending; without them, one after another.

    Returns
    -------
    ObservedPoints
        Few or no points where little was read.
    """
    edges = _edges(reading, turns)
    parts, full = len(edges) - 1, np.diff(edges).astype(float)
    count, moved, square = _sums(edges, reading.displacement_px, reading.standard_error_px)
    near = _slow(count)
    usual = _slow(square) / np.maximum(near, 1e-9)
    weight = count / np.maximum(usual, 1e-30)
    mean = moved / np.maximum(count, 1)
    once = _averaged(weight, mean)
    # Averaged again, what the first average left out: waves once and twice per turn stay whole.
    slow = once + _averaged(weight, mean - once)
    if turns is None:
        middle = (edges[:-1] + edges[1:] - 1) / 2 / reading.samples_per_turn
    else:
        middle = (np.arange(parts) + 0.5) / _PARTS
    end = int(_PARTS * _END_TURNS)
    use = np.arange(end, parts - end, _EACH)
    piece = pieces_of(groove_map, middle)
    use = use[(near[use] > _VISIBLE_SHARE * _slow(full)[use]) & (piece[use] >= 0)]
    use = use[:: max(1, len(use) // _MOST)]
    known = _slow(weight)[use]
    angle = angle_at(groove_map, middle[use])
    return ObservedPoints(
        camera=groove_map.camera,
        image_px=project(groove_map.camera, radius_at(groove_map, middle[use]) + slow[use], angle),
        turns=middle[use],
        trust=np.minimum(known / max(float(np.median(known)), 1e-30), _MOST_TRUST)
        if len(use)
        else known,
        piece=piece[use],
    )


def clear_turns(groove_map: GrooveMap) -> float:
    """How far, in turns from its start, the groove is not drawn to a circle that it runs into."""
    return groove_map.spiral_turns - _DRAWN_TURNS if groove_map.locked else groove_map.turns


def enough(points: ObservedPoints) -> bool:
    """Whether a camera can be told from it: three turns, most of them."""
    return len(points.turns) >= _LEAST_POINTS and float(np.ptp(points.turns)) >= _LEAST_TURNS


def _edges(reading: Reading, turns: np.ndarray | None) -> np.ndarray:
    """First sample of each part of a turn, and one past the last."""
    count, per_turn = len(reading.displacement_px), reading.samples_per_turn
    if turns is not None:
        parts = max(int(turns[-1] * _PARTS), 1)
        return np.searchsorted(turns, np.arange(parts + 1) / _PARTS)
    parts = max(int(count / per_turn * _PARTS), 1)
    return np.minimum(np.ceil(np.arange(parts + 1) * (per_turn / _PARTS)).astype(int), count)


def _slow(values: np.ndarray) -> np.ndarray:
    return ndimage.gaussian_filter1d(values, _PARTS / (2 * np.pi * _WAVES), mode="constant")


def _averaged(weight: np.ndarray, values: np.ndarray) -> np.ndarray:
    return _slow(weight * values) / np.maximum(_slow(weight), 1e-30)


@compiled
def _sums(
    edges: Int64Vector, displacement_px: Float64Vector, error_px: Float32Vector
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How many samples of each part were read, the sum of them, and that of their variances."""
    parts = len(edges) - 1
    count, moved, square = np.zeros(parts), np.zeros(parts), np.zeros(parts)
    for part in range(parts):
        read, total, variance = 0, 0.0, 0.0
        for k in range(edges[part], edges[part + 1]):
            known = np.isfinite(error_px[k])
            read += known
            total += displacement_px[k] if known else 0.0
            variance += np.float64(error_px[k]) ** 2 if known else 0.0
        count[part], moved[part], square[part] = read, total, variance
    return count, moved, square
