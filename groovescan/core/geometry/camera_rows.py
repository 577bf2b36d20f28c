"""Image points of rows across the groove under a camera, compiled.

A coarse strip asks for some millions of points; as array operations each step of `geometry.project`
would be written to memory and read again.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from groovescan.core.results import Camera
from groovescan.runtime.array_types import Float64Vector
from groovescan.runtime.jit import compiled


class CameraTerms(NamedTuple):
    """A camera as `rows_in_image` takes it: `Camera`, per px of the disc where it is divided."""

    middle_x_px: float
    middle_y_px: float
    right_px: float
    down_px: float
    stretch: float
    shear: float
    tilt_x_per_px: float
    tilt_y_per_px: float
    lens_per_px2: float


def camera_terms(camera: Camera) -> CameraTerms:
    """The terms of a camera that `rows_in_image` takes."""
    middle_x, middle_y = camera.middle_px.tolist()
    right, down = (camera.centre_px - camera.middle_px).tolist()
    tilt_x, tilt_y = (camera.perspective / camera.scale_px).tolist()
    return CameraTerms(
        middle_x_px=middle_x,
        middle_y_px=middle_y,
        right_px=right,
        down_px=down,
        stretch=float(camera.stretch),
        shear=float(camera.shear),
        tilt_x_per_px=tilt_x,
        tilt_y_per_px=tilt_y,
        lens_per_px2=float(camera.lens / camera.scale_px**2),
    )


@compiled
def rows_in_image(
    terms: CameraTerms,
    radius: Float64Vector,
    offset: Float64Vector,
    cosine: Float64Vector,
    sine: Float64Vector,
    shape: tuple[int, int],
) -> tuple[np.ndarray, np.ndarray]:
    """Places (x, y) in px, float32, as `geometry.project`; which rows lie in the photograph."""
    middle_x, middle_y, right_px, down_px, stretch, shear, tilt_x, tilt_y, lens = terms
    rows, columns = len(radius), len(offset)
    place, inside = np.empty((2, rows, columns), np.float32), np.empty(rows, np.bool_)
    wide, high = shape[1] - 1, shape[0] - 1
    for r in range(rows):
        out = 0
        for j in range(columns):
            right, up = (radius[r] + offset[j]) * cosine[r], (radius[r] + offset[j]) * sine[r]
            nearer = 1 / (1 + tilt_x * right + tilt_y * up)
            x = right_px + ((1 + stretch) * right + shear * up) * nearer
            y = down_px - (shear * right + (1 - stretch) * up) * nearer
            bend = 1 + lens * (x * x + y * y)
            x, y = middle_x + x * bend, middle_y + y * bend
            place[0, r, j], place[1, r, j] = x, y
            out += (x < 0) | (x > wide) | (y < 0) | (y > high)
        inside[r] = out == 0
    return place, inside
