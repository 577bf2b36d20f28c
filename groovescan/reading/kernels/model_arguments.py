"""Arguments of the loops over pixels: a tile's pixels, and the forward model with all it needs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from groovescan.runtime.array_types import (
    BoolVector,
    Float32Vector,
    Float64Vector,
    Int16Vector,
    Int64Vector,
    UInt16Vector,
)


class TilePixels(NamedTuple):
    """The pixels of a tile, in layers: see `groovescan.reading.tiles.Tile` for the fields."""

    pixel: UInt16Vector
    parts: Int16Vector
    offsets: Int16Vector
    own: BoolVector
    row: Int64Vector
    first: Int64Vector


class RowState(NamedTuple):
    """The state of each row of the grid: arrays of shape (rows,).

    Attributes
    ----------
    signal : displacement (px), growth of the half width (px), or relative change of the contrast
    contrast, level, tilt : of the groove; luminance of the land, and its slope per px
    squareness : cosine of the angle between the groove and the spiral
    """

    signal: Float32Vector
    contrast: Float32Vector
    level: Float32Vector
    tilt: Float32Vector
    squareness: Float32Vector


class Scales(NamedTuple):
    """Numbers of the model, all of single precision: with a double, all would become double.

    Attributes
    ----------
    reach_px, steps_per_px, last_place : half the length, the steps and the last index of a table
    half_width_px : of the groove
    misfit : what the model may leave of a pixel without being distrusted, in luminance
    offset_unit_px : step in which a pixel's distance from the spiral is kept
    """

    reach_px: np.float32
    steps_per_px: np.float32
    half_width_px: np.float32
    misfit: np.float32
    offset_unit_px: np.float32
    last_place: np.float32


class PixelModel(NamedTuple):
    """The forward model as the loops take it.

    Attributes
    ----------
    radius_px : radius of the smooth spiral at each row, shape (rows,)
    state : what is known of each row
    table : the template's value and slope as `forward_model.paired` joins them; for a vertical cut
        those of all widths, and their derivatives by the half width (`groovescan.profile.widths`)
    scales : numbers
    outward : rows to the turn further out
    effect : what the signal does to the light, of `groovescan.modulation.effects`
    """

    radius_px: Float64Vector
    state: RowState
    table: Float64Vector
    scales: Scales
    outward: int
    effect: int
