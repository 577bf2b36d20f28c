"""Image points of rows across the groove under a camera, compiled.

A coarse strip asks for some millions of points; as array operations each step of `geometry.project`
would be written to memory and read again.
"""

from __future__ import annotations

import numpy as np

from groovescan.core.results import Camera
from groovescan.runtime.jit import compiled


def camera_terms(camera: Camera) -> tuple[float, ...]:
    """What `rows_in_image` takes of a camera."""
    along, across = camera.perspective / camera.scale_px
    return (
        *camera.middle_px.tolist(),
        *(camera.centre_px - camera.middle_px).tolist(),
        float(camera.stretch),
        float(camera.shear),
        float(along),
        float(across),
        float(camera.lens / camera.scale_px**2),
    )


@compiled
def rows_in_image(
    terms: tuple[float, ...],
    radius: np.ndarray,
    offset: np.ndarray,
    cosine: np.ndarray,
    sine: np.ndarray,
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
