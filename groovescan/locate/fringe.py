"""Read the groove field as an interference fringe.

Unwrapped to polar coordinates, the turns are a fringe of frequency one over the pitch, whose
phase tells where each turn runs (Takeda, Ina and Kobayashi 1982). The phase is squared before
it is averaged: a groove that changes from bright to dark, or from one lit wall to the other,
keeps its place in the square. No step follows a line, so that no scratch can lead astray.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np

from groovescan.locate.feed_phase import UNEVEN_RAD, Feed, feed_phase_rad
from groovescan.locate.phase_unwrapping import largest_part, unwrapped_phase
from groovescan.locate.pyramid import Copies
from groovescan.locate.winding_rate import winding_rate
from groovescan.runtime.threads import mapped

#: Sectors of a turn in which the fringe is sampled, a power of two; how many are worked on at a
#: time, which bounds memory; and samples of a pitch, three for each period of what is told apart.
SECTORS = 2048
#: Sectors at a time: memory alone, arbitrary; the result is the same.
_BLOCK = 64
#: Three for each period of the second harmonic, which is the finest that is told apart.
_SAMPLES_PER_PITCH = 6
#: Samples from one column to the next: two columns per pitch.
_EVERY = 3
#: Length of the window in pitches: a Hann window of three has its zeros at the carrier and its
#: second harmonic.
_WINDOW_PITCHES = 3
#: Cells whose waves agree so well show a fringe: half of what equal waves do. Arbitrary.
COHERENT = 0.5
#: A band has so many columns at least, three pitches; and is seen on so much of the ring, or of
#: what is seen most. Arbitrary.
_FEWEST_COLUMNS, _MOST_OF_RING = 6, 0.6
#: A single line is as wide as the filter, in columns; turns wind by a whole number, to within so
#: much.
_LINE_COLUMNS = _WINDOW_PITCHES * _SAMPLES_PER_PITCH // _EVERY
#: A band winds by a whole number of turns, to within so many: well within the half by which two
#: whole numbers are told apart.
_OFF_TURNS = 0.1
#: A spiral winds once, to within so many turns where part of it cannot be seen.
WHOLE_TURN = 0.35


@dataclass(frozen=True, kw_only=True)
class Fringe:
    """The squared fringe on a grid of sectors and radii.

    Attributes
    ----------
    square : ndarray of complex64, shape (sectors, radii)
        Mean squared fringe, demodulated at one cycle per turn of `turns`.
    power : ndarray of float32, shape (sectors, radii)
        Mean power of the fringe; `abs(square) / power` is its coherence, 0 to 1.
    angle_rad : ndarray of float64, shape (sectors,)
        Middle of each sector.
    radius_px : ndarray of float64, shape (radii,)
        Radius of each column.
    pitch_px : float
        The pitch at which it was demodulated.
    centre_px : ndarray of float64, shape (2,)
        The centre about which it was unwrapped, (x, y) in px.
    wave : ndarray of complex64, shape (sectors, radii), or None
        Mean fringe itself, with its sign: it is none where contrast changes from dark to bright.
    turns : ndarray of float64, shape (radii,), or None
        Turns of the groove within each radius, as it is fed on the mean of all sides: where the
        feed is even, which None stands for, that is the radius over the pitch.
    """

    square: np.ndarray
    power: np.ndarray
    angle_rad: np.ndarray
    radius_px: np.ndarray
    pitch_px: float
    centre_px: np.ndarray
    wave: np.ndarray | None = None
    turns: np.ndarray | None = None

    @property
    def turns_within(self) -> np.ndarray:
        """Turns within each radius, even where none were told."""
        return self.radius_px / self.pitch_px if self.turns is None else self.turns

    @property
    def ahead_rad(self) -> np.ndarray:
        """Phase by which the turns run ahead of an even pitch at each radius."""
        return 2 * np.pi * (self.turns_within - self.radius_px / self.pitch_px)

    @property
    def coherence(self) -> np.ndarray:
        """How far neighbouring cells agree on the fringe's place, 0 to 1."""
        return np.abs(self.square) / (self.power + 1e-12)


def fringe(
    copies: Copies,
    centre_px: np.ndarray,
    pitch_px: float,
    ring_px: tuple[float, float],
    feed: Feed | None = None,
) -> Fringe:
    """Demodulate the groove field round the disc.

    A coarse groove is read from a reduced copy, so that the cost follows from the number of
    turns and not from the size of the photograph.

    Parameters
    ----------
    copies : Copies
        The photograph and its reduced copies.
    centre_px : ndarray of float64, shape (2,)
        Centre of the spiral, (x, y) in px.
    pitch_px : float
        Distance between turns, in px.
    ring_px : tuple of float
        Inner and outer radius of the ring, in px.
    feed : Feed, optional
        How the distance between turns changes, where that is known.
    """
    # At the outer edge rays lie no further apart than this: a third of a pitch along the groove, on
    # which its sound hardly moves it. Flat (docs/method.md, constants).
    ray_pitches = 1 / 3
    # The filter across the groove reaches beyond the ring.
    beyond = _WINDOW_PITCHES * _SAMPLES_PER_PITCH // 2
    radius = _sampled_radii_px(pitch_px, ring_px, feed, beyond)
    rays = max(2, int(2 * np.pi * ring_px[1] / (ray_pitches * pitch_px) / SECTORS))
    even = feed is None
    least_px = pitch_px if even else float(np.diff(radius).min()) * _SAMPLES_PER_PITCH
    polar = partial(_Polar(copies, centre_px, least_px).sectors, radius=radius, rays=rays)
    cells = list(mapped(partial(_demodulated, polar), range(0, SECTORS, _BLOCK)))
    z = np.concatenate(cells)
    # The carrier's phase at each column.
    radius = radius[beyond : len(radius) - beyond : _EVERY]
    turns = (Feed.even(pitch_px) if feed is None else feed).turns_within(radius)
    z *= np.exp(-2j * np.pi * turns).astype(np.complex64)
    square, power = z * z, z.real**2 + z.imag**2
    # Of a feed that is given less is left: it is followed as it is.
    ahead_rad = feed_phase_rad(square, power, least_rad=UNEVEN_RAD if even else 0.0)
    if ahead_rad.any():
        z *= np.exp(-1j * ahead_rad).astype(np.complex64)
        square = z * z
    square, wave, power = (_smooth(each) for each in (square, z, power))
    if ahead_rad.any():
        # Noise, which steps by nothing, drew the steps of single cells that way; of means it
        # does not.
        left_rad = feed_phase_rad(square, power, least_rad=0.0)
        square *= np.exp(-2j * left_rad).astype(np.complex64)
        wave *= np.exp(-1j * left_rad).astype(np.complex64)
        ahead_rad += left_rad
    return Fringe(
        square=square,
        power=power,
        angle_rad=2 * np.pi * (np.arange(SECTORS) + 0.5) / SECTORS,
        radius_px=radius,
        pitch_px=pitch_px,
        centre_px=np.asarray(centre_px, float),
        wave=wave,
        turns=None if even and not ahead_rad.any() else turns + ahead_rad / (2 * np.pi),
    )


def _sampled_radii_px(
    pitch_px: float, ring_px: tuple[float, float], feed: Feed | None, beyond: int
) -> np.ndarray:
    """Radii at even parts of a turn, from so many samples before the ring to as many after it."""
    inner, fine_px = max(ring_px[0], pitch_px), pitch_px / _SAMPLES_PER_PITCH
    if feed is None:
        count = max(int((ring_px[1] - inner) / fine_px / _EVERY), 4)
        return inner + fine_px * (np.arange((count - 1) * _EVERY + 1 + 2 * beyond) - beyond)
    first, last = feed.turns_within(np.array([inner, ring_px[1]]))
    count = max(int((last - first) * _SAMPLES_PER_PITCH / _EVERY), 4)
    samples = np.arange((count - 1) * _EVERY + 1 + 2 * beyond) - beyond
    return feed.radius_px(first + samples / _SAMPLES_PER_PITCH)


def _smooth(cells: np.ndarray) -> np.ndarray:
    """A Gaussian of 1.5 sectors, which close to a ring, and of one column; real or complex."""
    if np.iscomplexobj(cells):
        return _smooth(cells.real) + 1j * _smooth(cells.imag)
    # Sectors by which the ring is continued: more than the kernel of 13 reaches, 6.
    reach = 8
    ring = np.concatenate([cells[-reach:], cells, cells[:reach]])
    smooth = cv2.GaussianBlur(ring, (9, 13), 1.0, sigmaY=1.5, borderType=cv2.BORDER_REPLICATE)
    return smooth[reach:-reach]


def _demodulated(polar: Callable[[int], tuple[np.ndarray, np.ndarray]], start: int) -> np.ndarray:
    """Complex fringe of a block of sectors at every column, without the carrier's own phase."""
    lines, inside = polar(start)
    # A Hann window of three pitches has a zero at the carrier and at its second harmonic.
    reach = _WINDOW_PITCHES * _SAMPLES_PER_PITCH // 2
    window = np.hanning(2 * reach + 1)
    kernel = (
        window
        / window.sum()
        * np.exp(-2j * np.pi * np.arange(-reach, reach + 1) / _SAMPLES_PER_PITCH)
    )
    # Mixed and filtered in one: the carrier is a whole number of samples long.
    real, imag = (
        cv2.sepFilter2D(lines, -1, part.astype(np.float32), np.ones(1, np.float32))
        for part in (kernel.real, kernel.imag)
    )
    columns = slice(reach, lines.shape[1] - reach, _EVERY)
    return (real[:, columns] + 1j * imag[:, columns]) * inside[:, columns]


class _Polar:
    """The photograph along rays from a centre."""

    def __init__(self, copies: Copies, centre_px: np.ndarray, pitch_px: float) -> None:
        # The copy that is looked at still has so many px from turn to turn.
        least_pitch_px = 4.0
        octaves = int(np.log2(max(pitch_px / least_pitch_px, 1.0)))
        self._factor = 2**octaves
        self._block = copies.at(self._factor)
        self._shape = copies.shape(self._factor)
        self._centre = (np.asarray(centre_px) + 0.5) / self._factor - 0.5

    def sectors(
        self, start: int, *, radius: np.ndarray, rays: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Mean luminance of the rays of each sector of a block, and what lies in the frame."""
        angle = 2 * np.pi * (start + (np.arange(_BLOCK * rays) + 0.5) / rays) / SECTORS
        radius = radius / self._factor
        lines = self._lines(angle, radius).reshape(_BLOCK, rays, -1).mean(axis=1)
        # Between the two edges of a sector nothing leaves the frame, which has no dents.
        edges = angle.reshape(_BLOCK, rays)[:, [0, -1]].ravel()
        inside = self._inside(edges, radius[[0, -1]])
        inside = np.ones((len(edges), 1), bool) if inside.all() else self._inside(edges, radius)
        inside = np.all(inside.reshape(_BLOCK, 2, -1), axis=1)
        return lines, np.broadcast_to(inside, lines.shape)

    def _inside(self, angle: np.ndarray, radius: np.ndarray) -> np.ndarray:
        """Which polar points lie in the frame, rays by radii."""
        rows, columns = self._shape
        x, y = self._points(angle, radius)
        return (x >= 0) & (x <= columns - 1) & (y >= 0) & (y <= rows - 1)

    def _points(self, angle: np.ndarray, radius: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x = self._centre[0] + np.outer(np.cos(angle), radius)
        return x, self._centre[1] - np.outer(np.sin(angle), radius)

    def _lines(self, angle: np.ndarray, radius: np.ndarray) -> np.ndarray:
        """Luminance at polar points, rays by radii, read in blocks of bounded size."""
        # A block of the photograph that is larger is read in two.
        most_px = 1 << 24
        x, y = self._points(angle[[0, len(angle) // 2, -1]], radius[[0, -1]])
        left, top = (int(max(part.min() - 2, 0)) for part in (x, y))
        right = int(min(x.max() + 3, self._shape[1]))
        bottom = int(min(y.max() + 3, self._shape[0]))
        if right <= left or bottom <= top:
            return np.zeros((len(angle), len(radius)), np.float32)
        if (right - left) * (bottom - top) > most_px and len(radius) > 2 * _EVERY:
            half = len(radius) // 2
            parts = (self._lines(angle, part) for part in (radius[:half], radius[half:]))
            return np.concatenate(list(parts), axis=1)
        block = self._block(slice(top, bottom), slice(left, right))
        across, up = (
            np.outer(wave(angle).astype(np.float32), radius.astype(np.float32))
            for wave in (np.cos, np.sin)
        )
        across += np.float32(self._centre[0] - left)
        np.subtract(np.float32(self._centre[1] - top), up, out=up)
        return cv2.remap(block, across, up, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def winding(field: Fringe, *, strongest: bool = False) -> float:
    """Turns by which the fringe's phase winds round the centre, weighted over the radii.

    A spiral winds by one: +1 where its radius grows counter-clockwise as seen on the screen,
    -1 where it shrinks. 0 is a set of rings, and 2 a spiral whose second harmonic was taken
    for its pitch.

    Only of the strongest band where so asked: beside it, at twice the distance of their lines, two
    grooves within one another wind once here and there.
    """
    # A column is visible whose power is more than this share of what is usual: 15 dB below it.
    # Arbitrary. Flat (docs/method.md, constants).
    faint = 0.03
    # Of what winds round the centre so much, by its power, lies in the bands of a spiral.
    most_in_bands = 0.7
    step = np.roll(field.square, -1, axis=0) * np.conj(field.square)
    turns = -np.angle(step).sum(axis=0) / (2 * np.pi) / 2
    coherent = field.coherence.mean(axis=0)
    # Without noise the film's own shades are coherent, too, but they are faint.
    strong = field.power.mean(axis=0)
    visible = strong > faint * np.percentile(strong, 75)
    weight = np.where((coherent > COHERENT) & visible, coherent, 0)
    bands = _bands(weight > 0, weight * strong)[: 1 if strongest else None]
    wound = [_whole_turns(turns[band], weight[band]) for band in bands]
    if (whole := _once(wound, bands)) is not None:
        return whole
    # Where a lamp shows one wall here and the other there, the phase turns by half a pitch at both
    # places where the contrast vanishes; everywhere else it winds as the groove does.
    known = field.coherence > COHERENT
    rates = [
        winding_rate(step[:, band], _where_most(known[:, band]), strong[band]) for band in bands
    ]
    if (whole := _once(rates, bands)) is not None:
        return whole
    if bands and wound[0] is not None:
        return wound[0]
    # Between two bands a line crosses the gap, and winds as often as it will; it is faint.
    if bands:
        weight = (weight * strong)[bands[0]]
        once = _middle(turns[bands[0]], weight)
        if abs(abs(once) - 1) < _OFF_TURNS:
            agreeing = weight[np.abs(turns[bands[0]] - once) < _OFF_TURNS].sum() / weight.sum()
            if agreeing > most_in_bands:
                return once
    # Where part of the ring cannot be seen, or the film is torn, what can be seen tells how fast it
    # winds: in a groove field at the same rate on every radius.
    ring = largest_part(known)
    length = ring.sum(axis=0)
    # The film's edge and its picture are seen here and there, the groove on most of what there is.
    wide = length > max(SECTORS / 4, _MOST_OF_RING * length.max())
    if wide.sum() < _FEWEST_COLUMNS:
        return 0.0
    bands = _bands(wide, strong)[: 1 if strongest else None]
    rates = [winding_rate(step[:, band], ring[:, band], strong[band]) for band in bands]
    whole = _once(rates, bands)
    return winding_rate(step[:, wide], ring[:, wide], strong[wide]) if whole is None else whole


def _whole_turns(turns: np.ndarray, weight: np.ndarray) -> float | None:
    """By how many whole turns the columns of a band wind, or None where they do not agree."""
    whole = _middle(turns, weight)
    agreeing = weight[np.abs(turns - whole) < _OFF_TURNS].sum() / weight.sum()
    return whole if abs(whole - round(whole)) < _OFF_TURNS and agreeing > 0.5 else None


def _where_most(known: np.ndarray) -> np.ndarray:
    """Values on the sectors on which most of a band is known; those of the others are chance."""
    return known & (known.mean(axis=1, keepdims=True) > _MOST_OF_RING)


def _once(wound: Sequence[float | None], bands: list[np.ndarray]) -> float | None:
    """How the strongest band winds that is more than a line and winds once; None without one.

    Beside a faint groove the film's edge is the strongest band, and winds not at all.
    """
    for turns, band in zip(wound, bands, strict=True):
        once = turns is not None and abs(abs(turns) - 1) < WHOLE_TURN
        if once and len(band) >= _LINE_COLUMNS + _FEWEST_COLUMNS:
            return turns
    return None


def _bands(seen: np.ndarray, strength: np.ndarray) -> list[np.ndarray]:
    """Columns of each band without a gap, the strongest band first."""
    edges = np.flatnonzero(np.diff(np.r_[0, seen.astype(int), 0]))
    bands = [np.arange(first, last) for first, last in edges.reshape(-1, 2)]
    return sorted(bands, key=lambda band: -strength[band].sum())


def _middle(values: np.ndarray, weight: np.ndarray) -> float:
    """Their weighted median."""
    order = np.argsort(values)
    total = np.cumsum(weight[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])


def unwrapped(field: Fringe, wind: int) -> np.ma.MaskedArray:
    """Phase of the fringe without the spiral's winding, unwrapped in both directions.

    Returns
    -------
    MaskedArray of float64, shape (sectors, radii)
        Half the unwrapped phase of the square, in rad, beside that of the feed: known up to a
        multiple of pi, which is half a pitch. Masked where neighbouring cells do not agree.
    """
    flat = field.square * np.exp(2j * wind * field.angle_rad)[:, None]
    size = np.abs(field.square)
    mask = (field.coherence < COHERENT) | (size < 1e-3 * size.max())
    phase = unwrapped_phase(np.angle(flat), ~mask)
    return np.ma.array(phase / 2, mask=mask)
