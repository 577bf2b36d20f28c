"""What lamps do to a map: the line wanders from wall to wall, on all turns alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import ndimage

from groovescan.core.results import GrooveMap


def without_light_pattern(groove_map: GrooveMap) -> GrooveMap:
    """The map without what changes quickly round the disc, on all turns alike.

    Where another wall shines, the line that was followed leaves the groove's middle. A profile that
    follows the direction says where it lies, if the map goes straight on.

    Parameters
    ----------
    groove_map : GrooveMap
        A map that followed the light.

    Returns
    -------
    GrooveMap
        Without harmonics per turn from the third on: those below are a centre and a tilt. The same
        where these are so large that it is the film that is bent.
    """
    # Walls lie less than half a pitch apart: what strays by more than this, rms, is no light.
    largest_pitches = 0.25
    first_harmonic = 3
    per_turn = groove_map.nodes_per_turn
    inside = groove_map.radius_px[per_turn:-per_turn]
    turns = (len(inside) - 1) // per_turn
    if turns < 2:
        return groove_map
    feed = ndimage.uniform_filter1d(groove_map.radius_px, per_turn, mode="nearest")
    away = (groove_map.radius_px - feed)[per_turn : per_turn * (turns + 1)]
    spectrum = np.fft.rfft(np.median(away.reshape(turns, per_turn), axis=0))
    spectrum[:first_harmonic] = 0
    pattern = np.fft.irfft(spectrum, per_turn)
    if np.std(pattern) > largest_pitches * groove_map.pitch_px:
        return groove_map
    around = np.resize(pattern, len(groove_map.radius_px))
    return replace(groove_map, radius_px=groove_map.radius_px - around)
