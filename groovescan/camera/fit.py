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

from groovescan.camera.feed_pieces import feed_shapes, pieces_of
from groovescan.core.geometry.camera_model import angle_at, project, unproject
from groovescan.core.geometry.film_pieces import FilmPieces, boundary_ends
from groovescan.core.results import Camera, CameraCheck, GrooveMap
from groovescan.core.statistics import median_deviation, wrapped_rad
from groovescan.errors import GrooveNotFoundError

#: How large each term usually is: centre (px over `scale_px`), stretch, shear, perspective
#: (two), lens. Terms that the photograph does not tell stay near zero.
USUAL = np.array([1.0, 1.0, 0.005, 0.005, 0.02, 0.02, 0.005])
#: The same in px, for a map that follows what was read; and so many times it, a bend may do twice
#: per turn: what is more are unequal scales.
BENT_PX, _BENT_TWICE = 0.1, 10.0
#: The terms by their places in the vector.
_EVERY, _CENTRE_AND_TILT = np.arange(7), np.array([0, 1, 4, 5])
#: Changes of the feed take so many turns; on a bent film less is left to hide them.
_FEED_TURNS, _BENT_FEED_TURNS = 4.0, 2.0


def fit_camera(
    groove_map: GrooveMap,
    *,
    turns: tuple[float, float],
    weight: np.ndarray | None = None,
    noise_px: float = 0.3,
    bent_px: float | None = None,
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
    bent_px : float, optional
        Bend beyond which the film is not flat, in px; else six times the noise.

    Returns
    -------
    Camera
        Centre, stretch, shear, perspective and lens refitted.
    """
    # Beyond this many times the noise, shared by all turns, the film is not flat.
    bent_noises = 6.0
    points = _observed_points(groove_map, turns, weight)
    here = as_vector(groove_map.camera)
    vector, left = _solve(points, here, noise_px, *_flat(points))
    if bend_of(left, points) > (bent_px or bent_noises * noise_px):
        loose, terms = _curled(points)
        start = np.where(np.isin(_EVERY, terms), here, 0.0)
        vector, _ = _solve(points, start, noise_px, loose, terms)
    return with_vector(groove_map.camera, vector)


@dataclass(frozen=True, kw_only=True)
class ObservedPoints:
    """Points of the groove in the image, and where along the groove they lie.

    Attributes
    ----------
    camera : Camera
        The camera under which they were seen.
    image_px : ndarray of float64, shape (2, n)
        x and y in px.
    turns : ndarray of float64, shape (n,)
        Position along the groove, in turns.
    trust : ndarray of float64, shape (n,)
        Weight of each, about 1.
    piece : ndarray of int, shape (n,)
        Which evenly fed piece of the groove it lies in.
    """

    camera: Camera
    image_px: np.ndarray
    turns: np.ndarray
    trust: np.ndarray
    piece: np.ndarray


def _observed_points(
    groove_map: GrooveMap, turns: tuple[float, float], weight: np.ndarray | None
) -> ObservedPoints:
    """Some of the map's nodes between two positions."""
    # Of so many nodes neighbours err alike: more tell nothing. Flat (docs/method.md, constants).
    most_nodes = 3000
    s = groove_map.node_turns
    piece = pieces_of(groove_map, s)
    use = np.flatnonzero((s >= turns[0]) & (s <= turns[1]) & (piece >= 0))
    use = use[:: max(1, len(use) // most_nodes)]
    return ObservedPoints(
        camera=groove_map.camera,
        image_px=project(
            groove_map.camera, groove_map.radius_px[use], angle_at(groove_map, s[use])
        ),
        turns=s[use],
        trust=np.ones(len(use)) if weight is None else weight[use],
        piece=piece[use],
    )


def _shared(turns: np.ndarray) -> float:
    """How many nodes share one error: a turn holds some twenty independent ones."""
    return max(len(turns) / (20 * max(np.ptp(turns), 1)), 1)


def _solve(
    points: ObservedPoints, start: np.ndarray, noise_px: float, loose: np.ndarray, terms: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Fit some terms robustly; the rest stay. Also what is left of the radius.

    `loose` are the shapes, shape (n, m), by which the radius may change at no cost.
    """
    # Gauss-Newton steps, with weights anew in each: arbitrary.
    rounds = 4
    shared = np.sqrt(_shared(points.turns))

    def radii(vector: np.ndarray) -> np.ndarray:
        """Radius of each point under other terms, in px."""
        return unproject(with_vector(points.camera, vector), *points.image_px)[0]

    # Errors are those of the image: a lens that shrank the disc would else shrink them, too.
    camera = points.camera
    beyond = ((points.image_px - camera.middle_px[:, None]) ** 2).sum(axis=0) / camera.scale_px**2
    vector, noise, weight = start.copy(), noise_px, np.sqrt(points.trust)
    for _ in range(rounds):
        span = np.linalg.qr(loose * weight[:, None])[0]

        def rest(
            values: np.ndarray,
            weight: np.ndarray = weight,
            noise: float = noise,
            span: np.ndarray = span,
        ) -> np.ndarray:
            """Weighted residuals of the even spiral, over the noise."""
            whole = start.copy()
            whole[terms] = values
            radius = radii(whole) * weight
            uneven = (radius - span @ (span.T @ radius)) * (1 + 3 * whole[6] * beyond)
            return np.r_[uneven / (noise * shared), (whole / USUAL)[2:]]

        vector[terms] = least_squares(rest, vector[terms], x_scale="jac", ftol=1e-7).x
        radius = radii(vector)
        left = radius - loose @ np.linalg.lstsq(loose * weight[:, None], radius * weight)[0]
        # What no camera explains (curl, an uneven feed) is noise to the camera's terms.
        noise = max(noise_px, median_deviation(left))
        weight = np.sqrt(points.trust / (1 + (left / (3 * noise)) ** 2))
    return vector, left


def bend_of(left_px: np.ndarray, points: ObservedPoints) -> float:
    """Amplitude of the third to the eighth harmonic per turn that all turns share, in px.

    No camera makes them, a film that is not flat does; and it then makes the lower ones, too,
    which would be taken for unequal scales.
    """
    wave = np.exp(-2j * np.pi * np.arange(3, 9)[:, None] * points.turns)
    return float(np.linalg.norm(2 * (wave @ (points.trust * left_px)) / points.trust.sum()))


def check_camera(groove_map: GrooveMap, *, noise_px: float = 0.01) -> CameraCheck:
    """How well the camera of a map is known, and the wow that is to be expected of it.

    The errors of the terms come from the curvature of their fit (the inverse of its normal
    equations); a centre that is off by e at the radius r is a speed error of e / r once per
    turn, a stretch of s one of 2 s twice per turn, each over the square root of two as rms. Of a
    film that is not flat, part of the bend may pass for a shifted centre.

    Parameters
    ----------
    groove_map : GrooveMap
        The map under its camera.
    noise_px : float
        Error of the map's nodes that is not independent from node to node, in px.
    """
    points = _observed_points(groove_map, (0.0, groove_map.spiral_turns), None)
    camera, here = groove_map.camera, as_vector(groove_map.camera)

    def left(vector: np.ndarray, span: np.ndarray) -> np.ndarray:
        """Radii without what the free shapes explain, in px."""
        radius, _ = unproject(with_vector(camera, vector), *points.image_px)
        return radius - span @ (span.T @ radius)

    loose, terms = _flat(points)
    bend = bend_of(left(here, np.linalg.qr(loose)[0]), points)
    if bend > BENT_PX:
        loose, terms = _curled(points)
    span, steps = np.linalg.qr(loose)[0], 1e-4 * np.diag(USUAL)[terms]
    rest = left(here, span)
    columns = [(left(here + step, span) - left(here - step, span)) / 2e-4 for step in steps]
    design = np.stack(columns, axis=1)
    noise = max(noise_px, median_deviation(rest))
    normal = design.T @ design / (noise**2 * _shared(points.turns))
    error = np.zeros(len(USUAL))
    error[terms] = np.sqrt(np.diag(np.linalg.inv(normal + np.eye(len(normal))))) * USUAL[terms]
    return expected_check(groove_map, points, rest, error, bend)


def is_bent(camera: Camera, bend_px: float, radius_px: float) -> bool:
    """Whether a film is not flat, and what is fitted as unequal scales may be its bend."""
    twice_px = radius_px * np.hypot(camera.stretch, camera.shear)
    return bend_px > BENT_PX and twice_px < _BENT_TWICE * bend_px


def expected_check(
    groove_map: GrooveMap,
    points: ObservedPoints,
    left_px: np.ndarray,
    error: np.ndarray,
    bend_px: float,
) -> CameraCheck:
    """Errors of centre and speed that follow from those of the camera's terms and from a bend.

    Parameters
    ----------
    groove_map : GrooveMap
        The map.
    points : ObservedPoints
        Points of the groove.
    left_px : ndarray of float64, shape (n,)
        What is left of their radius.
    error : ndarray of float64, shape (7,)
        Standard errors of the terms.
    bend_px : float
        Bend of the film, of `bend_of`, which may pass for a shifted centre.
    """
    # So many times the third to the eighth harmonic of a bend, its first may shift the centre: a
    # film bends in long waves, and the lower harmonics are the larger ones.
    bend_as_centre = 4.0
    wave = np.exp(-2j * np.pi * np.arange(1, 3)[:, None] * points.turns)
    harmonics = np.abs(2 * (wave @ left_px) / len(points.turns))
    centre = float(np.hypot(error[:2].max() * groove_map.camera.scale_px, bend_as_centre * bend_px))
    scale, radius = float(error[2:4].max()), float(np.mean(groove_map.radius_px))
    once = np.hypot(centre, harmonics[0]) / radius
    # A stretch s moves the angle a by s sin 2a.
    twice = 2 * np.hypot(scale, harmonics[1] / radius)
    return CameraCheck(
        centre_error_px=centre,
        scale_error=scale,
        wow_percent=float(100 * np.hypot(once, twice) / np.sqrt(2)),
        harmonics_px=harmonics,
        bend_px=bend_px,
    )


def _flat(points: ObservedPoints) -> tuple[np.ndarray, np.ndarray]:
    """Free shapes of the radius and free camera terms of a flat film."""
    return _feed_basis(points), _EVERY


def _curled(points: ObservedPoints) -> tuple[np.ndarray, np.ndarray]:
    """Free shapes of the radius and free camera terms of a film that is not flat.

    What the bend does twice per turn is not to be taken for unequal scales. What it does once per
    turn is nothing at the centre and grows with the square of the radius, as on any smooth film:
    that is what a tilt does, too.
    """
    feed = _feed_basis(points, _BENT_FEED_TURNS)
    return np.c_[feed, _bend_basis(points.turns)], _CENTRE_AND_TILT


def _feed_basis(points: ObservedPoints, turns_each: float = _FEED_TURNS) -> np.ndarray:
    """Slow changes of the feed: Chebyshev polynomials, one for every few turns of a piece."""
    return np.concatenate(feed_shapes(points.turns, points.piece, turns_each, 12), axis=1)


def _bend_basis(turns: np.ndarray) -> np.ndarray:
    """Harmonics of a bent film from the second per turn on, changing along the groove."""
    # Waves per turn of a bent film that are no camera's.
    bends = np.arange(2, 11)
    angle = 2 * np.pi * bends[:, None] * turns
    waves = np.concatenate([np.cos(angle), np.sin(angle)])
    along = _polynomials(turns, int(np.clip(np.ptp(turns) // _FEED_TURNS, 1, 3)))
    return (waves[:, None] * along.T).reshape(-1, len(turns)).T


def _polynomials(turns: np.ndarray, order: int) -> np.ndarray:
    """Chebyshev polynomials along the groove, shape (n, order + 1)."""
    x = 2 * (turns - turns.min()) / max(np.ptp(turns), 1e-9) - 1
    return np.polynomial.chebyshev.chebvander(x, order)


def as_vector(camera: Camera) -> np.ndarray:
    """Terms of a camera: centre from the middle over `scale_px`, and the rest, shape (7,)."""
    shift = (camera.centre_px - camera.middle_px) / camera.scale_px
    return np.r_[shift, camera.stretch, camera.shear, camera.perspective, camera.lens]


def with_vector(camera: Camera, vector: np.ndarray) -> Camera:
    """The camera with other terms."""
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
    s = groove_map.node_turns
    x, y = project(groove_map.camera, groove_map.radius_px, angle_at(groove_map, s))
    radius, angle = unproject(camera, x, y)
    # The angle changes little: its difference from the old one, not itself, is unwrapped.
    shift = wrapped_rad(angle - angle_at(groove_map, s))
    moved = s + groove_map.direction * shift / (2 * np.pi)
    if np.any(np.diff(moved) <= 0):
        raise GrooveNotFoundError(
            "the lines that were found fold back on themselves round their centre, which no "
            "groove does: they are something else, or the groove is not resolved. Photograph "
            "the disc closer, sharper or with more contrast."
        )
    spiral = CubicSpline(moved, radius)
    radius = spiral(np.clip(s, moved[0], moved[-1]))
    film = groove_map.film and _recast_film(groove_map.film, groove_map, camera)
    return dataclasses.replace(groove_map, camera=camera, radius_px=radius, film=film)


def _recast_film(film: FilmPieces, groove_map: GrooveMap, camera: Camera) -> FilmPieces:
    """The same boundaries in the image under another camera; how pieces lie is hardly changed."""
    ends = boundary_ends(film, groove_map.radius_px.min(), groove_map.radius_px.max())
    image = project(groove_map.camera, np.abs(ends), np.angle(ends))
    radius, angle = unproject(camera, *image)
    inner, outer = (radius * np.exp(1j * angle)).T
    normal = -1j * (outer - inner) / np.abs(outer - inner)
    distance = (inner * np.conj(normal)).real
    normal, distance = normal * np.where(distance < 0, -1, 1), np.abs(distance)
    side = np.where((outer * np.conj(normal)).imag >= 0, 1, -1)
    return dataclasses.replace(film, normal_rad=np.angle(normal), distance_px=distance, side=side)
