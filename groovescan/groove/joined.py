"""Where the groove has run into its own path, two turns are one, and neither can be read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from groovescan.groove.template import Template
from groovescan.groove.tiles import Lane
from groovescan.results import Reading

#: Turns that are nearer to each other than so many half widths are one groove.
_JOINED_HALF_WIDTHS = 1.5


def without_joined(reading: Reading, lane: Lane, template: Template) -> Reading:
    """Count as missing what was read where two turns lie in one another.

    Parameters
    ----------
    reading : Reading
        What was read of a groove that locks.
    lane : Lane
        The rows along which it was read.
    template : Template
        The profile of the groove, which tells how wide it is.

    Returns
    -------
    Reading
    """
    per_turn, radius = lane.samples_per_turn, lane.radius_px
    apart = np.abs(radius[per_turn:] - radius[:-per_turn])
    # of each row of the groove, how far the turn before it and the one after it are
    nearest = np.minimum(apart[:-per_turn], apart[per_turn:])
    joined = nearest < _JOINED_HALF_WIDTHS * template.half_width_px
    return replace(
        reading,
        standard_error_px=np.where(joined, np.float32(np.inf), reading.standard_error_px),
    )
