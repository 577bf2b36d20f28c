"""Lay the groove straight: one row per sample along it, one column per offset across it.

The samples are taken once, from the photograph's own pixels, by an interpolating B-spline
(Unser 1999): a kernel that is worse than the photograph costs treble.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from groovescan.geometry import angle_at, project, radius_at
from groovescan.results import GrooveMap, Photograph, Strip

_BLOCK_ROWS = 1 << 15


def lay_straight(
    photo: Photograph,
    groove_map: GrooveMap,
    *,
    step_px: float,
    reach_pitches: float,
    across_px: float,
    order: int = 3,
) -> Strip:
    """Sample the photograph along the groove map.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    groove_map : GrooveMap
        Where the groove runs.
    step_px : float
        Distance between rows at the outermost turn, in px.
    reach_pitches : float
        How far the strip reaches to either side of the groove, in pitches.
    across_px : float
        Distance between columns, in px.
    order : int
        Order of the spline, 1 to 5.

    Returns
    -------
    Strip
        Rows that leave the photograph are marked as not seen.
    """
    circumference = 2 * np.pi * float(groove_map.radius_px.max())
    per_turn = 64 * int(np.ceil(circumference / step_px / 64))
    count = int(np.floor(groove_map.turns * per_turn))
    half = int(np.ceil(reach_pitches * groove_map.pitch_px / across_px))
    offset = across_px * np.arange(-half, half + 1)
    turns = np.arange(count) / per_turn
    radius = radius_at(groove_map, turns)
    spacing = np.stack(
        [radius_at(groove_map, turns - 1) - radius, radius_at(groove_map, turns + 1) - radius], 1
    )
    coefficients = photo.luminance
    if order > 1:
        coefficients = ndimage.spline_filter(coefficients, order, output=np.float32, mode="mirror")
    luminance = np.empty((count, len(offset)), np.float32)
    seen = np.empty(count, bool)
    rows, columns = photo.shape
    for start in range(0, count, _BLOCK_ROWS):
        part = slice(start, start + _BLOCK_ROWS)
        angle = angle_at(groove_map, turns[part])[:, None]
        x, y = project(groove_map.camera, radius[part, None] + offset, angle)
        luminance[part] = ndimage.map_coordinates(
            coefficients, np.stack([y, x]), order=order, prefilter=False, mode="mirror"
        )
        inside = (x >= 0) & (x <= columns - 1) & (y >= 0) & (y <= rows - 1)
        seen[part] = inside.all(axis=1)
    return Strip(
        luminance=luminance,
        offset_px=offset.astype(np.float32),
        samples_per_turn=per_turn,
        radius_px=radius,
        spacing_px=spacing.astype(np.float32),
        seen=seen,
    )
