"""The cuts of a disc: each groove of it, and where its sound lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groovescan.core.account import Account
from groovescan.core.results import CameraCheck, GrooveMap, Reading, Resolution


@dataclass(frozen=True, kw_only=True)
class Cut:
    """One groove of a disc, from its start to its end, and its place in the sound.

    Attributes
    ----------
    groove_map : GrooveMap
        Where the groove runs.
    reading : Reading
        What was read of it.
    bands_turns : ndarray of float64, shape (bands, 2)
        Where each band begins and ends, in turns; between them the turns lie further apart.
    start_s, duration_s : float
        Where the cut begins in the sound of the disc, and how long it lasts.
    camera_check, resolution
        As for `Decoded`.
    account : Account
        What was done to the sound; times are counted from the start of the cut.
    """

    groove_map: GrooveMap
    reading: Reading
    bands_turns: np.ndarray
    start_s: float
    duration_s: float
    camera_check: CameraCheck | None
    resolution: Resolution | None
    account: Account
