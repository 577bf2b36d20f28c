"""Where the groove has run into its own path, two turns are one, and neither can be read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from groovescan.core.results import Reading
from groovescan.profile.template import Template
from groovescan.reading.tiles import RowGrid


def without_joined(reading: Reading, grid: RowGrid, template: Template) -> Reading:
    """Count as missing what was read where two turns lie in one another.

    Parameters
    ----------
    reading : Reading
        What was read of a groove that locks.
    grid : RowGrid
        The rows along which it was read.
    template : Template
        The profile of the groove, which tells how wide it is.

    Returns
    -------
    Reading
    """
    # Turns that are nearer to each other than so many half widths are one groove; and so near that
    # their profiles are not to be told apart, which on a wide groove they never quite are.
    joined_half_widths = 2.0
    # What lies between joined rows no more than so many turns apart is joined, too.
    wanders_turns = 0.125
    joined = _beside_px(grid)[grid.groove] < joined_half_widths * template.half_width_px
    # Where nothing tells of the map it may wander, for a while, off the turn in which it lies.
    at, most = np.arange(len(joined)), wanders_turns * grid.samples_per_turn
    before = np.maximum.accumulate(np.where(joined, at, -len(at)))
    after = np.minimum.accumulate(np.where(joined, at, 2 * len(at))[::-1])[::-1]
    joined |= after - before < most
    return replace(
        reading,
        standard_error_px=np.where(joined, np.float32(np.inf), reading.standard_error_px),
    )


def single_rows(grid: RowGrid, template: Template) -> np.ndarray:
    """Rows of the grid whose groove can be told from the turns beside it; bool, shape (rows,)."""
    # Turns that are nearer to each other than so many half widths are one groove; and so near that
    # their profiles are not to be told apart, which on a wide groove they never quite are.
    single_half_widths = 3.0
    single_pitches = 0.8
    apart = min(single_half_widths * template.half_width_px, single_pitches * grid.pitch_px)
    return _beside_px(grid) > apart if grid.locked else np.ones(len(grid.radius_px), bool)


def _beside_px(grid: RowGrid) -> np.ndarray:
    """Distance of each row from the nearer of the turns beside it, in px; shape (rows,)."""
    per_turn, none = grid.samples_per_turn, np.full(grid.samples_per_turn, np.inf)
    apart = np.abs(grid.radius_px[per_turn:] - grid.radius_px[:-per_turn])
    return np.minimum(np.append(none, apart), np.append(apart, none))
