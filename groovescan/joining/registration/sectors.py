"""Sectors of the disc that a photograph shows, and how the turns run in each.

The fringe of a sector is unwrapped by itself. Which way the spiral winds a short sector does not
tell, nor is it asked: over a sector a shifted centre looks the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.polynomial.chebyshev import chebvander
from scipy import ndimage

from groovescan.core.results import Camera, GrooveField, GrooveMap, Photograph
from groovescan.locate.fringe import SECTORS, Fringe, fringe
from groovescan.locate.phase_unwrapping import unwrapped_phase
from groovescan.locate.pyramid import Copies

#: A part of the fringe is taken where it is as coherent, and as strong against the strongest.
_COHERENT, _FAINT = 0.5, 1e-3
#: A part has so many cells at least, and of the largest part's this share; and so many parts.
_LEAST_CELLS, _LEAST_SHARE, _MOST_PARTS = 150, 0.1, 8
#: A sector is seen on so much of its turns, and so wide, in cells.
_SEEN, _LEAST_SECTORS, _LEAST_COLUMNS = 0.3, 24, 6
#: The ring is looked at so many pitches beyond where patches showed it; a map so many turns.
_MARGIN_PITCHES, _MARGIN_TURNS = 3.0, 1.5
#: Lines bend over so many radians; terms of the bend, from a whole ring to a short sector.
_BEND_RAD, _BENDS = 0.35, (7, 16)
#: Rounds of reweighted least squares; residuals of more than so many spreads count less; what is
#: told less than so well of the best told, is not moved.
_ROUNDS, _OUTLYING, _RIDGE = 8, 3.0, 1e-6
#: As of the first map (`locate/phase_map`); and steps to where a line is, whose bend there decides
#: where it is: each takes off all but the bend's slope, a few per cent.
_NODES_PER_TURN, _STEPS = 128, 8


@dataclass(frozen=True, kw_only=True)
class Sector:
    """A sector of the disc as a photograph shows it.

    Attributes
    ----------
    centre_px : ndarray of float64, shape (2,)
        Centre about which it was unwrapped, (x, y) in px; where that is wrong, lines bend.
    first_rad, last_rad : float
        Its ends, counter-clockwise as seen on the screen.
    inner_px, outer_px : float
        Radii between which turns were seen.
    pitch_px : float
        Distance between turns.
    terms : tuple of ndarray
        Chebyshev polynomials of the lines' bend by angle: the bend, its change across the ring,
        and the change of that.
    left_px : float
        What the bend leaves of the lines' radius, robust.
    """

    centre_px: np.ndarray
    first_rad: float
    last_rad: float
    inner_px: float
    outer_px: float
    pitch_px: float
    terms: tuple[np.ndarray, np.ndarray, np.ndarray]
    left_px: float

    @property
    def width_turns(self) -> float:
        """Share of a whole turn that it covers."""
        return (self.last_rad - self.first_rad) / (2 * np.pi)

    def bend_px(self, angle_rad: np.ndarray, radius_px: np.ndarray) -> np.ndarray:
        """Radius of the line near a point, less a multiple of the pitch."""
        x = 2 * (angle_rad - self.first_rad) / (self.last_rad - self.first_rad) - 1
        y = (2 * radius_px - self.inner_px - self.outer_px) / (self.outer_px - self.inner_px)
        x, y = np.clip(x, -1, 1), np.clip(y, -1.2, 1.2)
        across = np.stack([np.ones_like(y), y, 2 * y * y - 1])
        along = [chebvander(x, len(terms) - 1) @ terms for terms in self.terms]
        return (across * np.stack(along)).sum(axis=0)

    def line_px(self, angle_rad: np.ndarray, number: np.ndarray) -> np.ndarray:
        """Radius of the lines, counted from the centre outwards."""
        radius = self.pitch_px * number
        for _ in range(_STEPS):
            radius = self.pitch_px * number + self.bend_px(angle_rad, radius)
        return radius


def sectors_of(photo: Photograph, field: GrooveField) -> list[Sector]:
    """The sectors of a groove field that a photograph shows, the largest first.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    field : GrooveField
        Centre and pitch, roughly, and the ring.

    Returns
    -------
    list of Sector
        Empty where the lines of no sector go together.
    """
    margin = _MARGIN_PITCHES * field.pitch_px
    ring = field.radius_inner_px - margin, field.radius_outer_px + margin
    seen = fringe(Copies(photo), field.centre_px, field.pitch_px, ring)
    size = np.abs(seen.square)
    good = (seen.coherence > _COHERENT) & (size > _FAINT * size.max(initial=0.0))
    # the ring is opened where least of it is seen
    reach = SECTORS // 64 + 1
    opened = int(np.argmin(ndimage.uniform_filter1d(good.sum(axis=1) * 1.0, reach, mode="wrap")))
    good, square = np.roll(good, -opened, axis=0), np.roll(seen.square, -opened, axis=0)
    angle = seen.angle_rad[0] + 2 * np.pi * (opened + np.arange(SECTORS)) / SECTORS
    labels, count = ndimage.label(good)
    cells = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    least = max(_LEAST_CELLS, _LEAST_SHARE * cells.max(initial=0))
    largest = [k for k in np.argsort(-cells, kind="stable")[:_MOST_PARTS] if cells[k] >= least]
    found = [_sector(seen, square, labels == k + 1, angle) for k in largest]
    return [sector for sector in found if sector is not None]


def _sector(seen: Fringe, square: np.ndarray, part: np.ndarray, angle: np.ndarray) -> Sector | None:
    """One connected part of the fringe, with polynomials for its lines."""
    rows, columns = _usual(part.sum(axis=1)), _usual(part.sum(axis=0))
    if len(rows) < _LEAST_SECTORS or len(columns) < _LEAST_COLUMNS:
        return None
    phase = unwrapped_phase(np.angle(square), part, closed=(False, False)) / 2
    phase = phase + seen.ahead_rad
    at_angle, at_radius = _evenly(*np.nonzero(part))
    empty = Sector(
        centre_px=seen.centre_px,
        first_rad=float(angle[rows[0]]),
        last_rad=float(angle[rows[-1]]),
        inner_px=float(seen.radius_px[columns[0]]),
        outer_px=float(seen.radius_px[columns[-1]]),
        pitch_px=seen.pitch_px,
        terms=(np.zeros(1), np.zeros(1), np.zeros(1)),
        left_px=0.0,
    )
    radius = -seen.pitch_px / (2 * np.pi) * np.asarray(phase[at_angle, at_radius])
    return _fitted(empty, angle[at_angle], seen.radius_px[at_radius], radius)


def _evenly(at_angle: np.ndarray, at_radius: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Some of the cells, evenly: neighbours overlap, and tell the twenty terms no better."""
    # So many cells tell a term to a hundredth of a cell's own error.
    enough = 16_000
    # a step that is prime to most widths, so that no radius is left out
    every = max(len(at_angle) // enough, 1) | 1
    return at_angle[::every], at_radius[::every]


def _usual(count: np.ndarray) -> np.ndarray:
    """Rows or columns that are seen about as much as most."""
    return np.flatnonzero(count > _SEEN * np.percentile(count[count > 0], 80))


def _fitted(sector: Sector, angle: np.ndarray, radius: np.ndarray, bend_px: np.ndarray) -> Sector:
    """The sector with polynomials through its lines, robustly.

    Across a faint place the phase may slip by a turn, which is half a pitch. So a spiral about a
    shifted centre is laid through most of it, too, and whatever lies off by more than a quarter of
    a pitch is taken back to it.
    """
    width = sector.last_rad - sector.first_rad
    many = int(np.clip(_BENDS[0] - 3 + width / _BEND_RAD, *_BENDS)) + 1
    x = np.clip(2 * (angle - sector.first_rad) / width - 1, -1, 1)
    y = (2 * radius - sector.inner_px - sector.outer_px) / (sector.outer_px - sector.inner_px)
    y = np.clip(y, -1.2, 1.2)[:, None]
    shift = np.stack([np.ones_like(x), x, np.cos(angle), np.sin(angle)], axis=1)
    parts = chebvander(x, many - 1), y * chebvander(x, 3), (2 * y * y - 1) * chebvander(x, 1)
    slip_px, free = sector.pitch_px / 2, np.concatenate(parts, axis=1)
    even, _ = _robust(np.c_[shift, y * shift[:, :1]], bend_px)
    found = []
    # a film that is bent, or a feed that swings, strays as far from a spiral: what fits holds
    for guess in (bend_px, _near(bend_px, np.c_[shift, y * shift[:, :1]] @ even, slip_px)):
        terms, _ = _robust(free, guess)
        near = _near(bend_px, free @ terms, slip_px)
        terms, spread = _robust(free, near)
        found.append((float(np.mean(np.abs(near - free @ terms))), spread, terms))
    _, spread, terms = min(found, key=lambda each: each[0])
    bend, change, curve = np.split(terms, [many, many + 4])
    return replace(sector, terms=(bend, change, curve), left_px=spread)


def _near(values: np.ndarray, guess: np.ndarray, step: float) -> np.ndarray:
    """The values, each by as many steps nearer to a guess as there are between them."""
    return values - step * np.rint((values - guess) / step)


def _robust(design: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, float]:
    """Least squares in which outlying values count less, and the spread of what is left.

    A ring has a hundred thousand cells and some twenty terms: their normal equations take a
    twentieth of the time of the design's singular values, whose squares are theirs.
    """
    weight: np.ndarray = np.ones(len(target))
    terms, spread = np.zeros(design.shape[1]), 0.0
    for _ in range(_ROUNDS):
        counted = (design * (weight * weight)[:, None]).T
        inverse = np.linalg.pinv(counted @ design, rcond=_RIDGE**2, hermitian=True)
        terms = inverse @ (counted @ target)
        off = target - design @ terms
        spread = 1.4826 * float(np.median(np.abs(off))) + 1e-3
        weight = 1 / (1 + (off / (_OUTLYING * spread)) ** 2)
    return terms, spread


def map_of_sector(photo: Photograph, sector: Sector) -> GrooveMap:
    """A groove map that follows the lines of a sector, counted outwards.

    Along the part of each turn that is not seen it leads steadily from line to line.
    """
    middle = np.array([(sector.first_rad + sector.last_rad) / 2])
    pitch = sector.pitch_px
    ends = np.array([sector.inner_px, sector.outer_px])
    count = (ends - sector.bend_px(np.repeat(middle, 2), ends)) / pitch
    first = int(np.floor(count[0] - _MARGIN_TURNS))
    turns = int(np.ceil(count[1] + _MARGIN_TURNS)) - first
    s = np.arange((turns + 2) * _NODES_PER_TURN + 1) / _NODES_PER_TURN - 1
    turn = np.floor(s + 1e-9)
    part, width = s - turn, sector.width_turns
    angle = sector.first_rad + 2 * np.pi * np.minimum(part, width)
    here = sector.line_px(angle, first + turn)
    beyond = sector.line_px(np.full_like(angle, sector.first_rad), first + turn + 1)
    share = np.clip((part - width) / max(1 - width, 1e-9), 0, 1)
    rows, columns = photo.shape
    return GrooveMap(
        camera=Camera(
            centre_px=np.asarray(sector.centre_px, float),
            middle_px=np.array([(columns - 1) / 2, (rows - 1) / 2]),
            scale_px=max(rows, columns) / 2,
        ),
        pitch_px=pitch,
        direction=1,
        start_rad=sector.first_rad,
        nodes_per_turn=_NODES_PER_TURN,
        radius_px=here + share * (beyond - here),
    )
