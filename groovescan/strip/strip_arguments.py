"""Arguments of the loops over a strip: the land, the grooves that a row may show, their profile."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from groovescan.runtime.array_types import Float32Matrix, Float32Vector


class LandRows(NamedTuple):
    """The land of each row: level, and slope per px; shape (rows,)."""

    level: Float32Vector
    tilt: Float32Vector


class GrooveRows(NamedTuple):
    """The grooves that a row may show: its own, and those one turn before and after it.

    Each is of shape (3, rows), in that order.

    Attributes
    ----------
    place_px : where the groove lies across the strip
    squareness : cosine of the angle between groove and strip
    contrast : luminance of its middle less that of the land
    """

    place_px: Float32Matrix
    squareness: Float32Matrix
    contrast: Float32Matrix


class TemplateTables(NamedTuple):
    """The groove's profile, with its derivative across the groove, as tables.

    Attributes
    ----------
    value, slope : shape (n,); the slope per px
    reach_px, steps_per_px : half the length, and the steps, of a table
    """

    value: Float32Vector
    slope: Float32Vector
    reach_px: np.float32
    steps_per_px: np.float32


class RowCertainty(NamedTuple):
    """Sums over the samples of each row; shape (rows,).

    Attributes
    ----------
    flanks, clear_flanks : squares of the template's slope; the same by the samples' weights
    weight : weights of the samples
    square : squared residual by the weights
    """

    flanks: np.ndarray
    clear_flanks: np.ndarray
    weight: np.ndarray
    square: np.ndarray
