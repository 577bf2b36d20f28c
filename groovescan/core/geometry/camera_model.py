"""From the plane of the disc to the image and back, and along the groove map.

Shared by the rooms that find the groove and that read it. Image points are (x, y) in px with y
down; a point of the disc is ``(r cos a, r sin a)`` with its y axis up.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage

from groovescan.core.results import Camera, GrooveMap


def project(camera: Camera, radius_px: np.ndarray, angle_rad: np.ndarray) -> np.ndarray:
    """Image points of polar points of the disc's plane.

    Parameters
    ----------
    camera : Camera
        The camera model.
    radius_px, angle_rad : ndarray, broadcastable
        Polar coordinates about the centre of the spiral, angles counter-clockwise.

    Returns
    -------
    ndarray of float64, shape (2, ...)
        x and y in px.
    """
    right, up = radius_px * np.cos(angle_rad), radius_px * np.sin(angle_rad)
    px, py = camera.perspective / camera.scale_px
    depth = 1 + px * right + py * up
    x = ((1 + camera.stretch) * right + camera.shear * up) / depth
    y = (camera.shear * right + (1 - camera.stretch) * up) / depth
    qx = camera.centre_px[0] - camera.middle_px[0] + x
    qy = camera.centre_px[1] - camera.middle_px[1] - y
    bend = 1 + camera.lens / camera.scale_px**2 * (qx * qx + qy * qy)
    return np.stack([camera.middle_px[0] + qx * bend, camera.middle_px[1] + qy * bend])


def unproject(camera: Camera, x_px: np.ndarray, y_px: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Polar points of the disc's plane that the camera saw at image points.

    The inverse of `project`; the lens term is inverted by fixed-point steps.

    Returns
    -------
    radius_px, angle_rad : ndarray of float64
        Angle in (-pi, pi].
    """
    # Each step leaves twice the bend of what was missing (the derivative of the step): of a bend of
    # 4 % in a corner, eight leave 2e-9.
    lens_steps = 8
    dx, dy = x_px - camera.middle_px[0], y_px - camera.middle_px[1]
    far = camera.lens / camera.scale_px**2 * (dx * dx + dy * dy)
    bend = 1 + far
    for _ in range(lens_steps - 1 if camera.lens else 0):
        bend = 1 + far / (bend * bend)
    x = dx / bend + camera.middle_px[0] - camera.centre_px[0]
    y = camera.centre_px[1] - camera.middle_px[1] - dy / bend
    px, py = camera.perspective / camera.scale_px
    a, b = 1 + camera.stretch - x * px, camera.shear - x * py
    c, d = camera.shear - y * px, 1 - camera.stretch - y * py
    determinant = a * d - b * c
    right, up = (d * x - b * y) / determinant, (a * y - c * x) / determinant
    return np.hypot(right, up), np.arctan2(up, right)


def angle_at(groove_map: GrooveMap, turns: ArrayLike) -> np.ndarray:
    """Angle of the groove at positions counted in turns from its start, in rad."""
    return groove_map.start_rad + groove_map.direction * 2 * np.pi * np.asarray(turns)


def radius_at(groove_map: GrooveMap, turns: ArrayLike) -> np.ndarray:
    """Radius of the smooth spiral at positions counted in turns from its start, in px.

    Cubic interpolation of the map's nodes; valid from -1 to `GrooveMap.turns` + 1.
    """
    node = (np.asarray(turns) + 1) * groove_map.nodes_per_turn
    return ndimage.map_coordinates(groove_map.radius_px, node[None], order=3, mode="nearest")
