"""Tell the groove from the land.

A fringe does not say which of its sides is the groove, nor where in it the groove's middle
lies. The groove does: it keeps its width while the land between two modulated turns does not.
The strip is read about each possible middle, and the one that leaves the least is taken.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from groovescan.groove.model import Fit
from groovescan.groove.solve import Solved, as_reading, solve
from groovescan.results import Reading, Strip

_MIDDLES_PITCHES = (0.0, 0.5, 0.25, -0.25)
_REACH_PITCHES = 0.9
#: How far a strip must reach to be aligned, in pitches.
NEEDED_REACH_PITCHES = _REACH_PITCHES + 0.5
_ITERATIONS = 9


@dataclass(frozen=True, kw_only=True)
class Aligned:
    """A strip read about the middle of the groove.

    Attributes
    ----------
    shift_px : float
        Distance of the groove's middle from the map's spiral.
    reading : Reading
        Displacement from the shifted spiral.
    fit : Fit
        What was found of each row, with the groove's profile.
    radius_px : ndarray of float64, shape (rows,)
        Radius of the shifted spiral at each row, in px.
    unexplained : tuple of float
        Noise that each middle tried left; the least was taken.
    """

    shift_px: float
    reading: Reading
    fit: Fit
    radius_px: np.ndarray
    unexplained: tuple[float, ...]


def align(strip: Strip) -> Aligned:
    """Read a wide strip about each possible middle of the groove and take the best."""
    pitch = float(np.median(np.abs(strip.spacing_px)))
    tried = [
        solve(_about(strip, middle * pitch, pitch), iterations=_ITERATIONS, turns=0.0)
        for middle in _MIDDLES_PITCHES
    ]
    left = [_left(solved) for solved in tried]
    best = int(np.argmin(left))
    return Aligned(
        shift_px=_MIDDLES_PITCHES[best] * pitch,
        reading=as_reading(tried[best], tried[best].fit.displacement_px),
        fit=tried[best].fit,
        radius_px=tried[best].strip.radius_px,
        unexplained=tuple(left),
    )


def _about(strip: Strip, middle_px: float, pitch_px: float) -> Strip:
    """The part of a wide strip about another middle."""
    offset = strip.offset_px - np.float32(middle_px)
    use = np.abs(offset) <= _REACH_PITCHES * pitch_px
    return replace(
        strip,
        luminance=np.ascontiguousarray(strip.luminance[:, use]),
        offset_px=offset[use],
        radius_px=strip.radius_px + middle_px,
    )


def _left(solved: Solved) -> float:
    """Residual over the contrast where there is a groove, robust against dirt."""
    contrast = np.abs(solved.fit.contrast)
    rows = (contrast > 0.3 * np.percentile(contrast, 80)) & solved.strip.seen
    if not rows.any():
        return np.inf
    return float(np.median(np.sqrt((solved.rest[rows] ** 2).mean(axis=1))))
