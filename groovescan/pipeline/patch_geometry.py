"""Directions of lines as evidence, in a photograph in which no groove could be followed.

The lines of a groove run round one centre. Where two parts of a picture do not fit together, those
on either side of a straight seam have a centre of their own, and the centres lie as far apart as
the parts were moved. Where the camera looked at the disc from aside, the lines are no circles, but
those that a plane projective map makes of circles.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from groovescan.core.results import GrooveField, PatchWaves

#: Patches on either side of a chord at least, and rounds of a fit, each of which moves outlying
#: patches less.
_FEWEST, _ROUNDS = 15, 6
#: A direction is known to so many rad, and a distance of lines, which the feed changes, to such a
#: share of it; what lies beyond so many rad shows something else.
_ANGLE_RAD, _PITCH_SHARE, _CAPPED_RAD = 0.01, 0.1, 0.08


@dataclass(frozen=True, kw_only=True)
class PatchGeometry:
    """An explanation of the lines' directions that is better than one centre.

    Attributes
    ----------
    seam_px : float
        How far two parts of the picture are set off against each other; 0 where they are not.
    tilt : float
        Relative change of scale from the centre to the outermost turn; 0 where that explains
        nothing.
    grooves : int
        Grooves that lie between one another: 1 is a spiral, 0 are rings.
    """

    seam_px: float = 0.0
    tilt: float = 0.0
    grooves: int = 0


def patch_geometry(waves: PatchWaves, field: GrooveField) -> PatchGeometry:
    """Look for a seam or a tilt in the directions of lines.

    Parameters
    ----------
    waves : PatchWaves
        Patches that show a fringe.
    field : GrooveField
        Where some of them agree on a centre.

    Returns
    -------
    PatchGeometry
        At most one of both: what leaves least.
    """
    # Change of the scale across the disc, less of which is not said: arbitrary.
    least_tilt = 0.08
    # Patches whose lines lie by less than this factor nearer or wider than the field's show a
    # groove.
    other_pitch = 1.8
    # What explains the lines leaves so much of what one centre leaves, and a seam no more than
    # this.
    gain = 0.7
    most_left_rad = 0.03
    # Least seam in pitches: less is followed.
    least_seam = 0.3
    near = np.abs(np.log(np.hypot(*waves.wave_cpp.T) * field.pitch_px)) < np.log(other_pitch)
    place = waves.position_px[near] - field.centre_px
    wave = waves.wave_cpp[near]
    if len(place) < 2 * _FEWEST:
        return PatchGeometry()
    tilt, left, untilted = _tilt(place, wave, field)
    if tilt > least_tilt and left < gain * untilted:
        return PatchGeometry(tilt=tilt)
    once_px = field.pitch_px / (2 * np.pi)
    missed = {many: _one_centre(place, wave, many * once_px)[1] for many in range(-2, 3)}
    _, grooves = min((float(np.median(np.abs(miss))), abs(many)) for many, miss in missed.items())
    whole = min(map(_left, missed.values()))
    parted, seam_px = min(
        _seam(place, wave, field.radius_outer_px, past_px) for past_px in (-once_px, once_px)
    )
    if seam_px < least_seam * field.pitch_px or parted > min(gain * whole, most_left_rad):
        return PatchGeometry(grooves=grooves)
    return PatchGeometry(seam_px=seam_px, grooves=grooves)


def _left(miss_rad: np.ndarray) -> float:
    """Root mean square of a miss, in which what shows something else counts no more than a cap."""
    return float(np.sqrt(np.mean(np.minimum(np.abs(miss_rad), _CAPPED_RAD) ** 2)))


def _one_centre(
    place: np.ndarray, wave: np.ndarray, past_px: float
) -> tuple[np.ndarray, np.ndarray]:
    """Where the directions of waves cross, and by what angle each of them misses, in rad.

    Across the lines of a spiral one passes its centre at a distance that is the same for all. Least
    squares, in which what lies off counts less.
    """
    outwards = np.sign(np.sum(place * wave, axis=1)) / np.hypot(*wave.T)
    normal = wave[:, ::-1] * [1, -1] * outwards[:, None]
    target = np.sum(normal * place, axis=1) - past_px
    near = 1 / (np.hypot(*place.T) + 1)
    centre, miss = np.zeros(2), np.zeros(len(place))
    for _ in range(_ROUNDS):
        root = near / (1 + (miss / (2 * _ANGLE_RAD)) ** 2)
        centre = np.linalg.lstsq(normal * root[:, None], target * root)[0]
        miss = (target - normal @ centre) * near
    return centre, miss


def _seam(
    place: np.ndarray, wave: np.ndarray, reach_px: float, past_px: float
) -> tuple[float, float]:
    """The misfit in rad along the chord that explains most, and how far it sets two parts off."""
    best = np.inf, 0.0
    for side in _chords(place, reach_px):
        (one, missed), (other, others) = (
            _one_centre(place[part], wave[part], past_px) for part in (side, ~side)
        )
        left = _left(np.concatenate([missed, others]))
        best = min(best, (left, float(np.hypot(*(other - one)))))
    return best


def _chords(place: np.ndarray, reach_px: float) -> Iterator[np.ndarray]:
    """Which patches lie on one side of each chord that has enough of them on both."""
    # Chords that are tried: so many directions, at so many distances up to such a share of the
    # ring.
    directions = 24
    distances = 17
    furthest = 0.8
    for angle in np.pi * np.arange(directions) / directions:
        along = place @ [np.cos(angle), np.sin(angle)]
        for distance in np.linspace(-furthest, furthest, distances) * reach_px:
            side = along > distance
            if _FEWEST <= np.count_nonzero(side) <= len(side) - _FEWEST:
                yield side


def _tilt(place: np.ndarray, wave: np.ndarray, field: GrooveField) -> tuple[float, float, float]:
    """Change of scale up to the outermost turn under which the lines are even circles.

    The plane projective map from the image to the disc has a centre, a perspective, and scales
    that differ between two axes; lengths are in outer radii. Also what is left of the distances of
    the lines, as a logarithm, with it and without.
    """
    reach = field.radius_outer_px
    scaled, length = place / reach, np.hypot(*wave.T)
    unit, length = wave / length[:, None], length * field.pitch_px

    def miss(terms: np.ndarray) -> np.ndarray:
        """Residuals of direction and pitch, over their errors."""
        slope = _radial(scaled, terms)
        size = np.hypot(*slope.T)
        turned = (slope[:, 0] * unit[:, 1] - slope[:, 1] * unit[:, 0]) / size
        return np.concatenate([turned / _ANGLE_RAD, np.log(size / length) + terms[6]])

    start = np.r_[_one_centre(place, wave, 0.0)[0] / reach, np.zeros(5)]
    fit = least_squares(
        lambda terms: miss(terms) / np.repeat([1, _PITCH_SHARE], len(place)), start, loss="cauchy"
    )
    spread = miss(fit.x)[len(place) :]
    flat = np.log(length) - np.median(np.log(length))
    return float(np.hypot(*fit.x[2:4])), _usual(spread), _usual(flat)


def _usual(values: np.ndarray) -> float:
    return float(np.median(np.abs(values - np.median(values))))


def _radial(place: np.ndarray, terms: np.ndarray) -> np.ndarray:
    """Gradient of the distance from the centre on the disc, at places of the image."""
    arm = place - terms[:2]
    stretch = np.array([[1 + terms[4], terms[5]], [terms[5], 1 - terms[4]]])
    divisor = np.maximum(1 + arm @ terms[2:4], 0.1)[:, None]
    flat = arm @ stretch / divisor
    way = flat / np.maximum(np.hypot(*flat.T), 1e-9)[:, None]
    return (way @ stretch - np.sum(way * flat, axis=1)[:, None] * terms[2:4]) / divisor
