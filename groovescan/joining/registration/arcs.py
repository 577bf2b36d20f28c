"""Arcs: what a photograph shows of turns that lie side by side, read by a coarse strip."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import ndimage

from groovescan.config.settings import DiscSettings
from groovescan.core.geometry.camera_model import angle_at, project, radius_at
from groovescan.core.results import Camera, GrooveMap, Photograph
from groovescan.errors import GrooveNotFoundError
from groovescan.joining.registration.sectors import Sector, map_of_sector, sectors_of
from groovescan.locate.consensus import locate_part
from groovescan.profile.model_limits import CELL_ROWS
from groovescan.profile.template import Template
from groovescan.strip.groove_or_land import align
from groovescan.strip.straighten import Rows


@dataclass(frozen=True, kw_only=True, eq=False)
class Arc:
    """Turns side by side over some angle of a photograph.

    Attributes
    ----------
    photograph : int
        Which photograph it lies in, from 0 on.
    camera : Camera
        The camera of that photograph, as far as it is known.
    pitch_px : float
        Distance between turns.
    angle_rad : ndarray of float64, shape (columns,)
        Angles of the samples about the camera's centre, ascending.
    radius_px : ndarray of float64, shape (turns, columns)
        Radius about which was read; turns are counted outwards.
    displacement_px, error_px : ndarray of float64, shape (turns, columns)
        Displacement from there, and its standard error; infinite where nothing is known.
    contrast : ndarray of float32, shape (turns, columns)
        Signed contrast of the groove, in luminance.
    level, tilt : ndarray of float32, shape (turns, columns)
        Luminance of the land, and its slope per px.
    in_photograph : ndarray of bool, shape (turns, columns)
        Whether a sample's strip lies within the photograph.
    template : Template
        The profile of the groove.
    width_turns : float
        Share of a whole turn that it covers.
    """

    photograph: int
    camera: Camera
    pitch_px: float
    angle_rad: np.ndarray
    radius_px: np.ndarray
    displacement_px: np.ndarray
    error_px: np.ndarray
    contrast: np.ndarray
    level: np.ndarray
    tilt: np.ndarray
    in_photograph: np.ndarray
    template: Template
    width_turns: float

    @property
    def step_rad(self) -> float:
        """Angle from a sample to the next."""
        return float(self.angle_rad[1] - self.angle_rad[0])

    @cached_property
    def known(self) -> np.ndarray:
        """Which samples are known, of turns that lie side by side; bool, shape (turns, columns)."""
        # Errors that are so many times those of the best quarter tell nothing of the recording.
        poor = 4.0
        known = self._readable.copy()
        if known.any():
            known &= self.error_px < poor * np.percentile(self.error_px[known], 25)
        # land beyond the groove is now and then taken for some of it
        band, sums = _bands(known)
        if len(sums):
            known[band != 1 + int(np.argmax(sums))] = False
        return known

    @cached_property
    def _readable(self) -> np.ndarray:
        """Samples whose error and displacement are small, in pitches, and contrast is usual."""
        sure = self.error_px < 0.15 * self.pitch_px
        near = np.abs(self.displacement_px) < 0.6 * self.pitch_px
        strength = np.abs(self.contrast)
        return sure & near & (strength > 0.3 * np.percentile(strength, 80))

    @cached_property
    def bands(self) -> int:
        """Bands of turns with land between them; of `known` the largest alone."""
        _, sums = _bands(self._readable)
        # a band by itself has two turns, nearly, and a quarter of the largest's
        return int(np.sum(sums > max(1.8, 0.25 * sums.max(initial=0.0))))

    @property
    def winding(self) -> float:
        """Turns by which the lines of the arc wind outwards, over those that it covers.

        Told by arcs that go round nearly all of the disc; not a number for shorter ones.
        """
        if self.width_turns < 0.9:
            return np.nan
        last = int(0.9 / self.width_turns * (len(self.angle_rad) - 1))
        line = (self.radius_px[:, : last + 1] - self.radius_px[:, :1]) / self.pitch_px
        turns = (self.angle_rad[: last + 1] - self.angle_rad[0]) / (2 * np.pi)
        waves = 2 * np.pi * turns[:, None] * np.arange(1, 3)
        shape = np.c_[turns, np.ones_like(turns), np.cos(waves), np.sin(waves)]
        return float(np.linalg.lstsq(shape, line.mean(axis=0))[0][0])

    def slow(self) -> tuple[np.ndarray, np.ndarray]:
        """Radius of the groove without its sound, and how much of it is known, 0 to 1."""
        # The slow part of the displacement is averaged over so many degrees.
        slow_degrees = 3.0
        known = self.known * 1.0
        sigma = np.deg2rad(slow_degrees) / self.step_rad
        read = np.where(known > 0, self.displacement_px, 0.0)
        moved, share = (
            ndimage.gaussian_filter1d(values, sigma, axis=1, mode="constant")
            for values in (read, known)
        )
        return self.radius_px + moved / (share + 1e-6), share * known.any(axis=1, keepdims=True)

    def image_px(self, radius_px: np.ndarray, angle_rad: np.ndarray) -> np.ndarray:
        """Image points (x, y) of polar points about the camera's centre; shape (2, ...)."""
        return project(self.camera, radius_px, angle_rad)


def _bands(known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The band in which each turn lies, from 1 on, and how many known turns each band has."""
    share = known.mean(axis=1)
    # a turn is known where so many of its rows are, over the best turn
    band, count = ndimage.label(share > 0.5 * share.max(initial=0.0))
    return band, np.asarray(ndimage.sum_labels(share, band, np.arange(1, count + 1)))


def arcs_of(photo: Photograph, index: int, settings: DiscSettings) -> list[Arc]:
    """The arcs that a photograph shows.

    Parameters
    ----------
    photo : Photograph
        One channel of the photograph; it need not show the centre of the disc.
    index : int
        The number of the photograph.
    settings : DiscSettings
        Limits of the pitch.

    Returns
    -------
    list of Arc

    Raises
    ------
    GrooveNotFoundError
        Where no groove is seen.
    """
    for field in locate_part(photo, settings):
        sectors = sectors_of(photo, field)
        arcs = [_arc(photo, index, sector) for sector in sectors]
        arcs = [arc for arc in arcs if arc.known.any()]
        if arcs:
            return arcs
    raise GrooveNotFoundError(
        f"lines that run round a common centre are seen in {photo.name}, but no groove can be "
        "followed along them: photograph this part closer, sharper or with more contrast."
    )


def _arc(photo: Photograph, index: int, sector: Sector) -> Arc:
    along = map_of_sector(photo, sector)
    rows = _rows(along, sector)
    # An arc of many turns is chosen by shorter runs than a disc: there are several to a disc.
    aligned = align(photo, along, rows, choice_run=2 * CELL_ROWS)
    strip, count = aligned.strip, rows.per_turn
    shape = len(strip.turns) // count, count
    whole = slice(0, shape[0] * count)
    error = np.where(strip.in_photograph, aligned.reading.standard_error_px, np.inf)
    return Arc(
        photograph=index,
        camera=along.camera,
        pitch_px=along.pitch_px,
        angle_rad=angle_at(along, strip.turns[:count]),
        radius_px=(radius_at(along, strip.turns) + aligned.shift_px)[whole].reshape(shape),
        displacement_px=aligned.reading.displacement_px[whole].reshape(shape),
        error_px=error[whole].reshape(shape).astype(float),
        contrast=aligned.reading.contrast[whole].reshape(shape),
        level=aligned.fit.level[whole].reshape(shape),
        tilt=aligned.fit.tilt[whole].reshape(shape),
        in_photograph=strip.in_photograph[whole].reshape(shape),
        template=aligned.fit.template,
        width_turns=sector.width_turns,
    )


def _rows(along: GrooveMap, sector: Sector) -> Rows:
    """Rows of the sector on each turn."""
    # Distance of the strip's rows, as that of any coarse strip; where a photograph shows more rows
    # than so many they lie further apart, up to so many times. Of nine close-ups of 6 megapixels
    # 96,000, 48,000 and 32,000 left the same 0.001 px along the groove.
    step_px = 3.0
    step_pitches = 0.25
    most_rows = 48_000
    thinnest = 4.0
    turns = round(along.turns)
    length = 2 * np.pi * float(along.radius_px.max()) * sector.width_turns
    step = max(step_px, step_pitches * along.pitch_px)
    step *= float(np.clip(turns * length / step / most_rows, 1, thinnest))
    count = max(int(length / step) // 64 * 64, 64)
    step_turns = sector.width_turns / count
    place = np.arange(turns)[:, None] + step_turns * np.arange(count)
    return Rows(turns=place.ravel(), per_turn=count, run_rows=count, step_turns=step_turns)
