"""Fit the camera to the groove map, and lay the map out under another camera.

A spiral cut at an even feed is known but for its first radius and its pitch; how the camera
bent it shows as harmonics per turn of its radius. A shifted centre is one once per turn,
unequal scales and shear are two per turn, perspective changes the pitch once per turn.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.optimize import least_squares

from groovescan.geometry import angle_at, project, radius_at, unproject
from groovescan.results import Camera, GrooveMap

#: How large each term usually is: centre (px over `scale_px`), stretch, shear, perspective
#: (two), lens. Terms that the photograph does not tell stay near zero.
_USUAL = np.array([1.0, 1.0, 0.005, 0.005, 0.02, 0.02, 0.005])
_MOST_NODES = 3000
_ROUNDS = 4


def fit_camera(
    groove_map: GrooveMap,
    *,
    turns: tuple[float, float],
    weight: np.ndarray | None = None,
    noise_px: float = 0.3,
) -> Camera:
    """Find the camera under which the mapped groove is an even spiral.

    Parameters
    ----------
    groove_map : GrooveMap
        The map, under any camera near enough.
    turns : tuple of float
        Positions between which the map is known to follow the groove.
    weight : ndarray, optional
        Weight of each node, 0 to 1.
    noise_px : float
        Error of the map's nodes that is not independent from node to node, in px.

    Returns
    -------
    Camera
        Centre, stretch, shear, perspective and lens refitted.
    """
    s = np.arange(len(groove_map.radius_px)) / groove_map.nodes_per_turn - 1
    use = np.flatnonzero((s >= turns[0]) & (s <= turns[1]))
    use = use[:: max(1, len(use) // _MOST_NODES)]
    camera, s = groove_map.camera, s[use]
    x, y = project(camera, groove_map.radius_px[use], angle_at(groove_map, s))
    given = np.ones(len(s)) if weight is None else weight[use]
    trust, feed = np.sqrt(given), _feed_basis(s)
    # Neighbouring nodes share their errors: a turn holds some twenty independent ones.
    shared = np.sqrt(max(len(s) / (20 * max(np.ptp(turns), 1)), 1))

    def misfit(vector: np.ndarray, trust: np.ndarray) -> np.ndarray:
        radius, _ = unproject(_camera(camera, vector), x, y)
        even = np.linalg.lstsq(feed * trust[:, None], radius * trust)[0]
        return radius - feed @ even

    vector, noise = _vector(camera), noise_px
    for _ in range(_ROUNDS):
        scaled = trust / (noise * shared)
        fit = least_squares(
            lambda v, w=scaled, trust=trust: np.r_[misfit(v, trust) * w, (v / _USUAL)[2:]], vector
        )
        vector = fit.x
        left = misfit(vector, trust)
        # What no camera explains (curl, an uneven feed) is noise to the camera's terms.
        noise = max(noise_px, 1.4826 * float(np.median(np.abs(left))))
        trust = np.sqrt(given / (1 + (left / (3 * noise)) ** 2))
    return _camera(camera, vector)


def _feed_basis(turns: np.ndarray) -> np.ndarray:
    """Slow changes of the feed: Chebyshev polynomials, one for every four turns."""
    span = np.ptp(turns)
    x = 2 * (turns - turns.min()) / max(span, 1e-9) - 1
    return np.polynomial.chebyshev.chebvander(x, int(np.clip(span // 4, 1, 12)))


def _vector(camera: Camera) -> np.ndarray:
    shift = (camera.centre_px - camera.middle_px) / camera.scale_px
    return np.r_[shift, camera.stretch, camera.shear, camera.perspective, camera.lens]


def _camera(camera: Camera, vector: np.ndarray) -> Camera:
    return dataclasses.replace(
        camera,
        centre_px=camera.middle_px + vector[:2] * camera.scale_px,
        stretch=float(vector[2]),
        shear=float(vector[3]),
        perspective=vector[4:6].copy(),
        lens=float(vector[6]),
    )


def recast(groove_map: GrooveMap, camera: Camera) -> GrooveMap:
    """The same groove in the image, described under another camera."""
    s = np.arange(len(groove_map.radius_px)) / groove_map.nodes_per_turn - 1
    x, y = project(groove_map.camera, groove_map.radius_px, angle_at(groove_map, s))
    radius, angle = unproject(camera, x, y)
    # The angle changes little: its difference from the old one, not itself, is unwrapped.
    shift = np.angle(np.exp(1j * (angle - angle_at(groove_map, s))))
    moved = s + groove_map.direction * shift / (2 * np.pi)
    spiral = CubicSpline(moved, radius)
    radius = spiral(np.clip(s, moved[0], moved[-1]))
    return dataclasses.replace(groove_map, camera=camera, radius_px=radius)


def shifted(groove_map: GrooveMap, shift_px: np.ndarray) -> GrooveMap:
    """The map moved outwards by a distance per node, in px."""
    return dataclasses.replace(groove_map, radius_px=groove_map.radius_px + shift_px)


__all__ = ["fit_camera", "radius_at", "recast", "shifted"]
