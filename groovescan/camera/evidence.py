"""Fit the camera with its terms only as free as what was read tells of them.

On a narrow ring a shifted centre, a tilt, a lens and a feed that changes are nearly alike. A usual
size for each would pull those that are there and let noise into those that are not. So the size
itself is told by the evidence (MacKay 1992): what the groove does not show is nothing, and what it
shows is not pulled.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groovescan.camera.feed_pieces import feed_shapes
from groovescan.camera.fit import (
    USUAL,
    ObservedPoints,
    as_vector,
    bend_of,
    is_bent,
    with_vector,
)
from groovescan.camera.slow_displacement import PER_TURN, enough
from groovescan.core.geometry.camera_model import angle_at, project, unproject
from groovescan.core.results import Camera, GrooveMap
from groovescan.core.statistics import median_deviation

#: Noise is never less: a drawn map without any would have no scale. Far below what float32 holds.
_LEAST_NOISE_PX = 1e-6
#: Step of a term, over its usual size, by which its derivative is told: small beside its curvature,
#: large beside the rounding of float64. Arbitrary within that.
_STEP = 1e-4


@dataclass(frozen=True, kw_only=True)
class Likely:
    """The likeliest camera, and how well it is known.

    Attributes
    ----------
    camera : Camera
        The camera.
    left_px : ndarray of float64, shape (n,)
        What is left of the radius at each point.
    noise_px : float
        Standard deviation of it, robust.
    error : ndarray of float64, shape (7,)
        Standard errors of the terms, of `as_vector`, were all of them there in their usual size.
    """

    camera: Camera
    left_px: np.ndarray
    noise_px: float
    error: np.ndarray


@dataclass(frozen=True, kw_only=True)
class _Step:
    """A Gauss-Newton step: the terms, what is left, and the logarithm of the evidence."""

    vector: np.ndarray
    left_px: np.ndarray
    evidence: float
    error: np.ndarray


def flat_camera(points: ObservedPoints, groove_map: GrooveMap) -> tuple[Likely, float] | None:
    """The likeliest camera over a film that is flat.

    Parameters
    ----------
    points : ObservedPoints
        Points of the groove, as they are observed along the map.
    groove_map : GrooveMap
        That map.

    Returns
    -------
    tuple of Likely and float, or None
        The camera, and the bend of the film that is left, in px. None where too little was read,
        and on a film that is not flat: its bend would be taken for terms of the camera.
    """
    if not enough(points):
        return None
    likely = likely_camera(points, groove_map, per_turn=PER_TURN)
    bend_px = bend_of(likely.left_px, points)
    if is_bent(likely.camera, bend_px, float(groove_map.radius_px.mean())):
        return None
    return likely, bend_px


def likely_camera(points: ObservedPoints, groove_map: GrooveMap, *, per_turn: float) -> Likely:
    """The camera under which the groove is a spiral, as even as what was read allows.

    Parameters
    ----------
    points : ObservedPoints
        Points of the groove.
    groove_map : GrooveMap
        The map along which they were read.
    per_turn : float
        How many of them per turn have errors of their own.

    Returns
    -------
    Likely
    """
    # An uneven feed is believed where it makes what was read so many times likelier, as a
    # logarithm.
    doubt = 3.0
    # The feed changes over so many turns, and has so many terms at most.
    feed_turns = 2.0
    most_feed = 12
    span = float(np.ptp(points.turns))
    shared = max(len(points.turns) / (per_turn * span), 1.0)
    feed = feed_shapes(points.turns, points.piece, feed_turns, most_feed)
    none = feed[0], feed[1][:, :0]
    root = np.sqrt(points.trust / shared)
    even = _step(points, groove_map, as_vector(points.camera), none, root, np.nan)
    even, noise, root = _robust(points, groove_map, even, none, shared)
    best = even
    if feed[1].shape[1]:
        uneven, noise, root = _robust(points, groove_map, even, feed, shared)
        even = _step(points, groove_map, even.vector, none, root, noise)
        best = uneven if uneven.evidence > even.evidence + doubt else even
    return Likely(
        camera=with_vector(points.camera, best.vector),
        left_px=best.left_px,
        noise_px=noise,
        error=best.error,
    )


def _robust(
    points: ObservedPoints,
    groove_map: GrooveMap,
    step: _Step,
    feed: tuple[np.ndarray, np.ndarray],
    shared: float,
) -> tuple[_Step, float, np.ndarray]:
    """Some more steps, in which outlying points lose their weight.

    Also the noise that is then left, and the root of the weights.
    """
    # Rounds of reweighted least squares; residuals of more than so many times the noise count less
    # (Cauchy's weight). Arbitrary: with 0.7 or 1.4 times as many, two drawn discs score the same to
    # 0.02 dB (benchmarks/sensitivity.py).
    rounds = 3
    outlying = 3.0
    for _ in range(rounds):
        left = np.abs(step.left_px) * np.sqrt(points.trust)
        noise = max(median_deviation(left), _LEAST_NOISE_PX)
        trust = points.trust / (1 + (left / (outlying * noise)) ** 2)
        root = np.sqrt(trust / shared)
        step = _step(points, groove_map, step.vector, feed, root, noise)
    return step, noise, root


def _step(
    points: ObservedPoints,
    groove_map: GrooveMap,
    vector: np.ndarray,
    feed: tuple[np.ndarray, np.ndarray],
    root: np.ndarray,
    noise_px: float,
) -> _Step:
    """One step towards the likeliest terms, from errors of `noise_px` over `root`.

    Where the noise is not known yet, terms of their usual size tell it.
    """
    camera = with_vector(points.camera, vector)
    radius, angle = unproject(camera, *points.image_px)
    placed, changing = feed
    # By an even spiral, not by what was seen: a lens that shrinks the disc shrinks errors, too, and
    # would be taken for real where it does nothing else.
    plain = placed @ np.linalg.lstsq(placed * root[:, None], radius * root)[0]
    slope = _slope(points, groove_map, vector, project(camera, plain, angle))
    # The centre, and the place and the pitch of the spiral, are free.
    free = np.c_[-slope[:, :2], placed, _ends(points.turns)] * root[:, None]
    terms = np.c_[-slope[:, 2:], changing] * root[:, None]
    unbent = _radius(points, groove_map, vector, points.image_px)
    target = (unbent - slope[:, 2:] @ (vector / USUAL)[2:]) * root
    span, triangle = np.linalg.qr(free)
    design, rest = terms - span @ (span.T @ terms), target - span @ (span.T @ target)
    if np.isnan(noise_px):
        ridge = design.T @ design + 1e-3 * len(rest) * np.eye(design.shape[1])
        tried = rest - design @ np.linalg.solve(ridge, design.T @ rest)
        noise_px = max(median_deviation(tried / root), _LEAST_NOISE_PX)
    values, evidence = _weighed(design / noise_px, rest / noise_px)
    others = np.linalg.solve(triangle, span.T @ (target - terms @ values))
    left = (target - terms @ values - free @ others) / root
    moved = np.r_[vector[:2] / USUAL[:2] + others[:2], values[:5]] * USUAL
    return _Step(
        vector=moved,
        left_px=left,
        evidence=evidence,
        error=_errors(slope * root[:, None], free[:, 2:], terms[:, 5:], noise_px),
    )


def _radius(
    points: ObservedPoints, groove_map: GrooveMap, vector: np.ndarray, image_px: np.ndarray
) -> np.ndarray:
    """Radius under other terms, where the spiral passes the angle of the map's camera."""
    radius, angle = unproject(with_vector(points.camera, vector), *image_px)
    turned = (angle - angle_at(groove_map, points.turns)) / (2 * np.pi)
    inward = np.sign(groove_map.radius_px[-1] - groove_map.radius_px[0])
    feed = inward * groove_map.direction * groove_map.pitch_px
    return radius - feed * (turned - np.rint(turned))


def _slope(
    points: ObservedPoints, groove_map: GrooveMap, vector: np.ndarray, image_px: np.ndarray
) -> np.ndarray:
    """Change of the radius by each term over its usual size, at points of the image."""
    here = _radius(points, groove_map, vector, image_px)
    moved = [
        _radius(points, groove_map, vector + by, image_px) - here for by in _STEP * np.diag(USUAL)
    ]
    return np.stack(moved, axis=1) / _STEP


def _weighed(design: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, float]:
    """Terms of sizes that make the target likeliest, and the logarithm of that evidence.

    With precisions a of the groups of terms, F the information and x the terms: a = g / |x|^2,
    g = n - a tr (F + a)^-1 the number of terms that the target tells (MacKay 1992, 4.4).
    """
    # How often sizes and terms are told from each other, in turns: 0.7 and 1.4 times as many change
    # nothing (two drawn discs, benchmarks/sensitivity.py).
    estimates = 25
    # The terms whose size is told together: stretch and shear, perspective, lens; then the feed.
    groups_of_terms = (slice(0, 2), slice(2, 4), slice(4, 5))
    # Terms larger than so many times their usual size, and changes of the feed larger than so many
    # px, are not expected.
    largest = np.array([10.0, 10.0, 10.0, 10.0, 2.0])
    largest_feed_px = 10.0
    # A term so precise is zero: arbitrary, as large as double precision inverts.
    no_freedom = 1e10
    information, right = design.T @ design, design.T @ target
    count = design.shape[1]
    groups = [*groups_of_terms, slice(5, count)] if count > 5 else list(groups_of_terms)
    least = np.r_[largest, np.full(count - 5, largest_feed_px)] ** -2.0
    precision = np.ones(count)
    for _ in range(estimates):
        before = precision.copy()
        covariance = np.linalg.inv(information + np.diag(precision))
        values, spread = covariance @ right, np.diag(covariance)
        for group in groups:
            told = spread[group].size - precision[group] @ spread[group]
            size = float((values[group] ** 2).sum())
            precision[group] = np.clip(max(told, 1e-6) / max(size, 1e-30), least[group], no_freedom)
        if (precision == before).all():
            break
    whole = information + np.diag(precision)
    values = np.linalg.solve(whole, right)
    evidence = np.log(precision).sum() - np.linalg.slogdet(whole)[1]
    return values, float(evidence - target @ target + right @ values) / 2


def _ends(turns: np.ndarray) -> np.ndarray:
    """How far beside the groove the two turns at either end are read, shape (n, 2) or (n, 0).

    The outermost has a turn beside it on one side only, and is read some thousandths of a px
    nearer to it or farther from it; so the two ends differ in sign.
    """
    # Turns at either end that are read beside the groove, and the least turns to tell it.
    ends = 2
    least_with_ends = 8.0
    if np.ptp(turns) < least_with_ends:
        return np.zeros((len(turns), 0))
    begin, end = np.floor(turns - turns.min()), np.floor(turns.max() - turns)
    return np.stack([(begin == k) * 1.0 - (end == k) for k in range(ends)], axis=1)


def _errors(slope: np.ndarray, spiral: np.ndarray, feed: np.ndarray, noise_px: float) -> np.ndarray:
    """Standard errors of the camera's terms, were all of them there in their usual size."""
    design = np.c_[slope, spiral, feed] / noise_px
    usual = np.zeros(design.shape[1])
    usual[2 : len(USUAL)] = 1.0
    covariance = np.linalg.inv(design.T @ design + np.diag(usual))
    return np.sqrt(np.diag(covariance)[: len(USUAL)]) * USUAL
