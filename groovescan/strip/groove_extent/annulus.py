"""The disc unrolled beside the turns that are known, along a turn that does not feed.

There a line that is fed is a curve that rises, and a circle lies level. What is kept of the light
is how much of the groove's profile lies at each place, by a matched filter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from groovescan.core.geometry.camera_model import angle_at, project, radius_at
from groovescan.core.results import GrooveMap, Photograph, Strip
from groovescan.profile.template import Template
from groovescan.strip.straighten import Rows, lay_straight

#: Sectors of a turn, a power of two: some rows of the strip in each.
SECTORS = 256
#: The profile is there where so much of what the turns before had is found.
PRESENT = 0.5
#: Rows of the strip in a sector: some px apart on the discs that are usual.
_ROWS_EACH = 8
#: Turns whose shape and contrast stand for what comes.
SHAPE_TURNS = 2


@dataclass(frozen=True, kw_only=True)
class Annulus:
    """Where the groove's profile is found beyond a turn.

    Attributes
    ----------
    from_turns : float
        Position on the groove's map at which the first sector begins.
    level_px : ndarray of float64, shape (sectors,)
        Radius of the groove at the middle of each sector, if it did not feed.
    outward : int
        +1 where the groove goes outward, else -1.
    share : ndarray of float32, shape (sectors, columns)
        How much of the groove's profile is found: 1 on a groove like that of the turns before.
    known : ndarray of bool, shape (sectors, columns)
        Where it could be.
    first_px, step_px : float
        Distance of the first column from the level, the way the groove goes, and between columns.
    """

    from_turns: float
    level_px: np.ndarray
    outward: int
    share: np.ndarray
    known: np.ndarray
    first_px: float
    step_px: float

    def column(self, rise_px: np.ndarray) -> np.ndarray:
        """The column nearest to a distance beyond the level."""
        column = np.rint((rise_px - self.first_px) / self.step_px).astype(int)
        return np.clip(column, 0, self.share.shape[1] - 1)

    def radius_px(self, turns: np.ndarray, rise_px: np.ndarray) -> np.ndarray:
        """Radius at positions from `from_turns` that lie so far beyond the level."""
        middle = (np.arange(SECTORS) + 0.5) / SECTORS
        level = np.interp(turns, middle, self.level_px, period=1.0)
        return level + self.outward * rise_px


def unroll_beyond(
    photo: Photograph,
    groove_map: GrooveMap,
    template: Template,
    from_turns: float,
    *,
    level_px: np.ndarray,
    reach_px: float,
) -> Annulus:
    """Unroll the disc beyond a position on the groove.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    groove_map : GrooveMap
        Where the groove runs, up to that position at least, and two turns before it.
    template : Template
        Its profile.
    from_turns : float
        That position, in turns.
    level_px : ndarray of float64, shape (sectors,)
        Radius of the groove there, if it did not feed.
    reach_px : float
        How far is looked at most, in px.

    Returns
    -------
    Annulus
    """
    # What is found is averaged over a Gaussian of so many sectors: as fast as the steepest lines
    # that are followed cross a half width.
    averaged_sectors = 0.8
    # Columns lie close enough for turns as close as they are, and as close as their width allows.
    columns_per_pitch = 8
    columns_per_half_width = 2
    outward = 1 if groove_map.radius_px[-1] > groove_map.radius_px[0] else -1
    step_px = min(
        groove_map.pitch_px / columns_per_pitch, template.half_width_px / columns_per_half_width
    )
    behind_px = (SHAPE_TURNS + 1) * groove_map.pitch_px
    reach_px = _within_frame(photo, groove_map, level_px, outward, reach_px)
    circle = _circle(groove_map, from_turns, level_px, (reach_px - behind_px) / 2 * outward)
    circle = replace(circle, pitch_px=(reach_px + behind_px) / 2)
    strip = _laid(photo, circle, step_px)
    light = strip.luminance.reshape(SECTORS, _ROWS_EACH, -1).mean(axis=1)
    kernel = _kernel(template, step_px, groove_map.pitch_px)
    found = ndimage.correlate1d(light, kernel, axis=1, mode="nearest")
    found = ndimage.gaussian_filter1d(found, averaged_sectors, axis=0, mode="wrap")
    inside = _inside(photo, circle, strip.offset_px)
    rise = outward * strip.offset_px.astype(float) + (reach_px - behind_px) / 2
    annulus = Annulus(
        from_turns=from_turns,
        level_px=level_px,
        outward=outward,
        share=found[:, ::outward],
        known=inside[:, ::outward],
        first_px=float(rise[::outward][0]),
        step_px=step_px,
    )
    return _against_usual(annulus, groove_map)


def _against_usual(annulus: Annulus, groove_map: GrooveMap) -> Annulus:
    """Contrast over that of the turns before, sector by sector."""
    # Where turns lie closer than those before, less is found of each: down to so much of it, what
    # is found at most within a pitch, and some sectors, counts as all.
    least_found = 0.5
    near_sectors = 12.0
    # The contrast changes along the groove over so many sectors or more.
    contrast_sectors = 5.0
    # Sectors with less of the usual contrast tell nothing.
    least_contrast = 0.25
    sector, part = np.arange(SECTORS), (np.arange(SECTORS) + 0.5) / SECTORS
    usual = np.zeros(SECTORS)
    for before in range(1, SHAPE_TURNS + 1):
        radius = radius_at(groove_map, annulus.from_turns - before + part)
        column = annulus.column(annulus.outward * (radius - annulus.level_px))
        usual += np.where(annulus.known[sector, column], annulus.share[sector, column], 0.0)
    usual = ndimage.gaussian_filter1d(usual / SHAPE_TURNS, contrast_sectors, mode="wrap")
    clear = np.abs(usual) > least_contrast * np.percentile(np.abs(usual), 80)
    share = annulus.share / np.where(clear, usual, np.inf)[:, None]
    known = annulus.known & clear[:, None]
    pitch = int(groove_map.pitch_px / annulus.step_px)
    most = ndimage.maximum_filter1d(np.where(known, share, 0), 2 * pitch + 1, axis=1)
    most = ndimage.gaussian_filter1d(most, near_sectors, axis=0, mode="wrap")
    share = share / np.clip(most, least_found, 1.0)
    return replace(annulus, share=np.where(known, share, 0).astype(np.float32), known=known)


def level_of(groove_map: GrooveMap, until: float) -> np.ndarray:
    """Radius at each sector of the turn that begins at a position, if it did not feed, in px.

    The mean of the turns before, as if they had not been fed either.
    """
    part = (np.arange(SECTORS) + 0.5) / SECTORS
    before = np.arange(1, SHAPE_TURNS + 1)[:, None]
    radius = radius_at(groove_map, until - before + part)
    feed = np.median(radius[:-1] - radius[1:])
    return np.asarray((radius + feed * (before - part)).mean(axis=0))


def _within_frame(
    photo: Photograph, groove_map: GrooveMap, level_px: np.ndarray, outward: int, reach_px: float
) -> float:
    """How far is looked: as far as the photograph reaches, and not to the centre."""
    # A ring has so many pitches of radius at least.
    least_radius_pitches = 4.0
    if outward < 0:
        least = least_radius_pitches * groove_map.pitch_px
        return float(np.clip(level_px.min() - least, groove_map.pitch_px, reach_px))
    rows, columns = photo.shape
    corners = np.array([[0, 0, columns, columns], [0, rows, 0, rows]], float)
    far = np.hypot(*(corners - groove_map.camera.centre_px[:, None])).max()
    return float(np.clip(far - level_px.min(), groove_map.pitch_px, reach_px))


def _circle(
    groove_map: GrooveMap, from_turns: float, level_px: np.ndarray, beyond_px: float
) -> GrooveMap:
    """A map of one turn that lies so far beyond the level."""
    per_turn = groove_map.nodes_per_turn
    middle = (np.arange(SECTORS) + 0.5) / SECTORS
    ring = np.interp(np.arange(per_turn) / per_turn, middle, level_px + beyond_px, period=1.0)
    return replace(
        groove_map,
        start_rad=float(angle_at(groove_map, from_turns)),
        radius_px=np.append(np.tile(ring, 3), ring[0]),
        lock_turns=None,
    )


def _laid(photo: Photograph, circle: GrooveMap, step_px: float) -> Strip:
    """A strip along a turn, a pitch wide to either side, with some rows in each sector."""
    many = _ROWS_EACH * SECTORS
    rows = Rows(
        turns=(np.arange(many) + 0.5) / many, per_turn=many, run_rows=many, step_turns=1 / many
    )
    return lay_straight(photo, circle, rows=rows, reach_pitches=1.0, across_px=step_px, order=1)


def _inside(photo: Photograph, circle: GrooveMap, offset_px: np.ndarray) -> np.ndarray:
    """Which sectors and columns lie in the photograph."""
    turns = (np.arange(SECTORS) + 0.5)[:, None] / SECTORS
    radius = radius_at(circle, turns) + offset_px
    x, y = project(circle.camera, radius, angle_at(circle, turns))
    rows, columns = photo.shape
    return (x >= 0) & (x <= columns - 1) & (y >= 0) & (y <= rows - 1)


def _kernel(template: Template, step_px: float, pitch_px: float) -> np.ndarray:
    """A filter that finds the profile, and neither the level nor the slope of the land.

    It reaches no further than the profile does: turns may lie nearer elsewhere.
    """
    # The filter reaches so many half widths, and no further than this share of a pitch.
    reach_half_widths = 2.2
    reach_pitches = 0.6
    reach_px = min(reach_half_widths * template.half_width_px + 1, reach_pitches * pitch_px)
    count = max(int(reach_px / step_px), 2)
    near = step_px * np.arange(-count, count + 1)
    window = np.cos(np.pi / 2 * near / (reach_px + step_px)) ** 2
    land = np.stack([np.ones_like(near), near], axis=1)
    value = template.value[template.index(near)].astype(float)
    plain = land.T @ (window[:, None] * land)
    kernel = window * (value - land @ np.linalg.solve(plain, land.T @ (window * value)))
    return kernel / float(kernel @ value)
