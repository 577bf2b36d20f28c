"""Fit the camera to the groove map, and lay the map out under another camera.

A spiral cut at an even feed is known but for its first radius and its pitch; how the camera
bent it shows as harmonics per turn of its radius. A shifted centre is one once per turn,
unequal scales and shear are two per turn, perspective changes the pitch once per turn.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.optimize import least_squares

from groovescan.errors import GrooveNotFoundError
from groovescan.geometry import angle_at, project, unproject
from groovescan.results import Camera, CameraCheck, GrooveMap

#: How large each term usually is: centre (px over `scale_px`), stretch, shear, perspective
#: (two), lens. Terms that the photograph does not tell stay near zero.
_USUAL = np.array([1.0, 1.0, 0.005, 0.005, 0.02, 0.02, 0.005])
_MOST_NODES = 3000
_ROUNDS = 4
#: Beyond this many times the noise, shared by all turns, the film is not flat.
_BENT_NOISES = 6.0


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
    seen = _Seen(
        camera=groove_map.camera,
        image_px=project(
            groove_map.camera, groove_map.radius_px[use], angle_at(groove_map, s[use])
        ),
        turns=s[use],
        trust=np.ones(len(use)) if weight is None else weight[use],
    )
    vector, left = _solve(seen, _vector(groove_map.camera), noise_px, free=7)
    if _bent(left, seen) > _BENT_NOISES * noise_px:
        centre_only = np.r_[_vector(groove_map.camera)[:2], np.zeros(5)]
        vector, left = _solve(seen, centre_only, noise_px, free=2)
    return _camera(groove_map.camera, vector)


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """Points of the groove in the image, where along the groove they lie, and their weights."""

    camera: Camera
    image_px: np.ndarray
    turns: np.ndarray
    trust: np.ndarray


def _solve(
    seen: _Seen, start: np.ndarray, noise_px: float, *, free: int
) -> tuple[np.ndarray, np.ndarray]:
    """Fit the first `free` terms robustly; the rest stay. Also what is left of the radius."""
    feed = _feed_basis(seen.turns)
    # Neighbouring nodes share their errors: a turn holds some twenty independent ones.
    shared = np.sqrt(max(len(seen.turns) / (20 * max(np.ptp(seen.turns), 1)), 1))

    def radii(vector: np.ndarray) -> np.ndarray:
        return unproject(_camera(seen.camera, vector), *seen.image_px)[0]

    # Errors are those of the image: a lens that shrank the disc would else shrink them, too.
    camera = seen.camera
    beyond = ((seen.image_px - camera.middle_px[:, None]) ** 2).sum(axis=0) / camera.scale_px**2
    vector, noise, weight = start, noise_px, np.sqrt(seen.trust)
    for _ in range(_ROUNDS):
        fed = np.linalg.qr(feed * weight[:, None])[0]

        def rest(
            terms: np.ndarray,
            weight: np.ndarray = weight,
            noise: float = noise,
            fed: np.ndarray = fed,
        ) -> np.ndarray:
            whole = np.r_[terms, start[free:]]
            radius = radii(whole) * weight
            uneven = (radius - fed @ (fed.T @ radius)) * (1 + 3 * whole[6] * beyond)
            return np.r_[uneven / (noise * shared), (whole / _USUAL)[2:]]

        vector = np.r_[least_squares(rest, vector[:free], x_scale="jac", ftol=1e-7).x, start[free:]]
        radius = radii(vector)
        even = np.linalg.lstsq(feed * weight[:, None], radius * weight)[0]
        left = radius - feed @ even
        # What no camera explains (curl, an uneven feed) is noise to the camera's terms.
        noise = max(noise_px, 1.4826 * float(np.median(np.abs(left))))
        weight = np.sqrt(seen.trust / (1 + (left / (3 * noise)) ** 2))
    return vector, left


def _bent(left_px: np.ndarray, seen: _Seen) -> float:
    """Amplitude of the third to the eighth harmonic per turn that all turns share, in px.

    No camera makes them, a film that is not flat does; and it then makes the lower ones, too,
    which would be taken for unequal scales.
    """
    wave = np.exp(-2j * np.pi * np.arange(3, 9)[:, None] * seen.turns)
    return float(np.linalg.norm(2 * (wave @ (seen.trust * left_px)) / seen.trust.sum()))


def check_camera(groove_map: GrooveMap, *, noise_px: float = 0.05) -> CameraCheck:
    """How well the camera of a map is known, and the wow that is to be expected of it.

    The errors of the terms come from the curvature of their fit (the inverse of its normal
    equations); a centre that is off by e at the radius r is a speed error of e / r once per
    turn, a stretch of s one of s twice per turn, each over the square root of two as rms.

    Parameters
    ----------
    groove_map : GrooveMap
        The map under its camera.
    noise_px : float
        Error of the map's nodes that is not independent from node to node, in px.
    """
    s = np.arange(len(groove_map.radius_px)) / groove_map.nodes_per_turn - 1
    use = np.flatnonzero((s >= 0) & (s <= groove_map.turns))
    use = use[:: max(1, len(use) // _MOST_NODES)]
    camera, feed = groove_map.camera, _feed_basis(s[use])
    image = project(camera, groove_map.radius_px[use], angle_at(groove_map, s[use]))

    def left(vector: np.ndarray) -> np.ndarray:
        radius, _ = unproject(_camera(camera, vector), *image)
        return radius - feed @ np.linalg.lstsq(feed, radius)[0]

    here = _vector(camera)
    steps = 1e-4 * _USUAL
    columns = [(left(here + step) - left(here - step)) / 2e-4 for step in np.diag(steps)]
    rest = left(here)
    noise = max(noise_px, 1.4826 * float(np.median(np.abs(rest))))
    shared = max(len(use) / (20 * max(np.ptp(s[use]), 1)), 1)
    design = np.stack(columns, axis=1)
    normal = design.T @ design / (noise**2 * shared)
    error = np.sqrt(np.diag(np.linalg.inv(normal + np.eye(len(normal))))) * _USUAL
    wave = np.exp(-2j * np.pi * np.arange(1, 9)[:, None] * s[use])
    harmonics = np.abs(2 * (wave @ rest) / len(use))
    centre, scale = float(error[:2].max() * camera.scale_px), float(error[2:4].max())
    radius = float(np.mean(groove_map.radius_px[use]))
    once, twice = np.hypot(centre, harmonics[0]) / radius, np.hypot(scale, harmonics[1] / radius)
    return CameraCheck(
        centre_error_px=centre,
        scale_error=scale,
        wow_percent=float(100 * np.hypot(once, twice) / np.sqrt(2)),
        harmonics_px=harmonics[:2],
        bend_px=float(np.linalg.norm(harmonics[2:])),
    )


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
    """The same groove in the image, described under another camera.

    Raises
    ------
    GrooveNotFoundError
        Where the map does not run round the centre in one direction.
    """
    s = np.arange(len(groove_map.radius_px)) / groove_map.nodes_per_turn - 1
    x, y = project(groove_map.camera, groove_map.radius_px, angle_at(groove_map, s))
    radius, angle = unproject(camera, x, y)
    # The angle changes little: its difference from the old one, not itself, is unwrapped.
    shift = np.angle(np.exp(1j * (angle - angle_at(groove_map, s))))
    moved = s + groove_map.direction * shift / (2 * np.pi)
    if np.any(np.diff(moved) <= 0):
        raise GrooveNotFoundError(
            "the lines that were found fold back on themselves round their centre, which no "
            "groove does: they are something else, or the groove is not resolved. Photograph "
            "the disc closer, sharper or with more contrast."
        )
    spiral = CubicSpline(moved, radius)
    radius = spiral(np.clip(s, moved[0], moved[-1]))
    return dataclasses.replace(groove_map, camera=camera, radius_px=radius)
