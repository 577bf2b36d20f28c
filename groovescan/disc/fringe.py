"""Read the groove field as an interference fringe.

Unwrapped to polar coordinates, the turns are a fringe of frequency one over the pitch, whose
phase tells where each turn runs (Takeda, Ina and Kobayashi 1982). The phase is squared before
it is averaged: a groove that changes from bright to dark, or from one lit wall to the other,
keeps its place in the square. No step follows a line, so that no scratch can lead astray.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage
from skimage.restoration import unwrap_phase

from groovescan.geometry import project
from groovescan.results import Camera, Photograph

SECTORS = 2048
_BLOCK = 64
_ROWS_PER_PITCH = 2
_COHERENT = 0.5
_FAINT = 0.03
_FEWEST_COLUMNS = 6


@dataclass(frozen=True, kw_only=True)
class Fringe:
    """The squared fringe on a grid of sectors and radii.

    Attributes
    ----------
    square : ndarray of complex64, shape (sectors, radii)
        Mean squared fringe, demodulated at one cycle per pitch.
    power : ndarray of float32, shape (sectors, radii)
        Mean power of the fringe; `abs(square) / power` is its coherence, 0 to 1.
    angle_rad : ndarray of float64, shape (sectors,)
        Middle of each sector.
    radius_px : ndarray of float64, shape (radii,)
        Radius of each column.
    pitch_px : float
        The pitch at which it was demodulated.
    """

    square: np.ndarray
    power: np.ndarray
    angle_rad: np.ndarray
    radius_px: np.ndarray
    pitch_px: float

    @property
    def coherence(self) -> np.ndarray:
        """How far neighbouring cells agree on the fringe's place, 0 to 1."""
        return np.abs(self.square) / (self.power + 1e-12)


def fringe(
    photo: Photograph, camera: Camera, pitch_px: float, ring_px: tuple[float, float]
) -> Fringe:
    """Demodulate the groove field round the disc.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    camera : Camera
        The camera as far as it is known.
    pitch_px : float
        Distance between turns, in px.
    ring_px : tuple of float
        Inner and outer radius of the ring, in px.
    """
    fine_px = min(pitch_px / 6, 1.0)
    every = max(1, round(pitch_px / _ROWS_PER_PITCH / fine_px))
    # The filter across the groove needs two pitches of margin, which are cut off again.
    margin = every * int(np.ceil(2 * pitch_px / fine_px / every))
    inner = max(ring_px[0], pitch_px)
    count = max(int((ring_px[1] - inner) / fine_px), 4 * every)
    radius = inner + fine_px * (np.arange(count + 2 * margin) - margin)
    rays = max(2, int(2 * np.pi * ring_px[1] / max(pitch_px / 3, 1.0) / SECTORS))
    cells = [
        _sector_block(photo.luminance, camera, pitch_px, radius, rays, start)
        for start in range(0, SECTORS, _BLOCK)
    ]
    z = np.concatenate(cells)[:, margin:-margin:every]
    square, power = z * z, np.abs(z) ** 2
    return Fringe(
        square=_smooth(square.real) + 1j * _smooth(square.imag),
        power=_smooth(power),
        angle_rad=2 * np.pi * (np.arange(SECTORS) + 0.5) / SECTORS,
        radius_px=radius[margin:-margin:every],
        pitch_px=pitch_px,
    )


def _smooth(cells: np.ndarray) -> np.ndarray:
    return ndimage.gaussian_filter(cells, (1.5, 1.0), mode=("wrap", "nearest"))


def _sector_block(
    luminance: np.ndarray,
    camera: Camera,
    pitch_px: float,
    radius: np.ndarray,
    rays: int,
    start: int,
) -> np.ndarray:
    """Complex fringe of some sectors, averaged over the rays of each."""
    angle = 2 * np.pi * (start + (np.arange(_BLOCK * rays) + 0.5) / rays) / SECTORS
    x, y = project(camera, radius[None], angle[:, None]).astype(np.float32)
    polar = cv2.remap(luminance, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    polar = polar.reshape(_BLOCK, rays, -1).mean(axis=1)
    carrier = np.exp(-2j * np.pi * radius / pitch_px)
    # A Hann window of three pitches has a zero at the carrier and at its second harmonic.
    window = np.hanning(round(3 * pitch_px / float(radius[1] - radius[0])) + 1)
    window = (window / window.sum()).astype(np.float32)
    mixed = (polar * carrier).astype(np.complex64)
    real = ndimage.convolve1d(mixed.real, window, axis=1, mode="nearest")
    imag = ndimage.convolve1d(mixed.imag, window, axis=1, mode="nearest")
    rows, columns = luminance.shape
    inside = (x >= 0) & (x <= columns - 1) & (y >= 0) & (y <= rows - 1)
    return (real + 1j * imag) * inside.reshape(_BLOCK, rays, -1).all(axis=1)


def winding(field: Fringe) -> float:
    """Turns by which the fringe's phase winds round the centre, weighted over the radii.

    A spiral winds by one: +1 where its radius grows counter-clockwise as seen on the screen,
    -1 where it shrinks. 0 is a set of rings, and 2 a spiral whose second harmonic was taken
    for its pitch.
    """
    step = np.roll(field.square, -1, axis=0) * np.conj(field.square)
    turns = -np.angle(step).sum(axis=0) / (2 * np.pi) / 2
    coherent = field.coherence.mean(axis=0)
    # Without noise the film's own shades are coherent, too, but they are faint.
    strong = field.power.mean(axis=0)
    seen = strong > _FAINT * np.percentile(strong, 75)
    weight = np.where((coherent > _COHERENT) & seen, coherent, 0)
    if weight.any():
        order = np.argsort(turns)
        total = np.cumsum(weight[order])
        whole = float(turns[order][np.searchsorted(total, total[-1] / 2)])
        agreeing = weight[np.abs(turns - whole) < 0.1].sum() / total[-1]
        if abs(whole - round(whole)) < 0.1 and agreeing > 0.5:
            return whole
    # Where part of the ring cannot be seen, what can be seen tells how fast it winds: in a
    # groove field at the same rate on every radius.
    ring = largest_part(field.coherence > _COHERENT)
    wide = ring.sum(axis=0) > SECTORS / 4
    if wide.sum() < _FEWEST_COLUMNS:
        return 0.0
    good = np.where(ring, step / (np.abs(step) + 1e-20), 0)[:, wide].sum(axis=0)
    rate = -np.angle(good) / (2 * np.pi) / 2 * SECTORS
    middle = float(np.median(rate))
    return middle if np.mean(np.abs(rate - middle) < 0.5) > 0.7 else 0.0


def largest_part(good: np.ndarray) -> np.ndarray:
    """The largest connected part, round the disc."""
    labels, count = ndimage.label(good)
    seam = (labels[0] > 0) & (labels[-1] > 0)
    for low, high in np.unique(labels[[0, -1]][:, seam], axis=1).T:
        labels[labels == high] = low
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    sizes[0] = 0
    return labels == sizes.argmax() if count else good


def unwrapped(field: Fringe, wind: int) -> np.ma.MaskedArray:
    """Phase of the fringe without the spiral's winding, unwrapped in both directions.

    Returns
    -------
    MaskedArray of float64, shape (sectors, radii)
        Half the unwrapped phase of the square, in rad: known up to a multiple of pi, which is
        half a pitch. Masked where neighbouring cells do not agree.
    """
    flat = field.square * np.exp(2j * wind * field.angle_rad)[:, None]
    size = np.abs(field.square)
    mask = (field.coherence < _COHERENT) | (size < 1e-3 * size.max())
    if mask.all():
        return np.ma.masked_all(flat.shape)
    phase = np.ma.array(np.angle(flat), mask=mask)
    return unwrap_phase(phase, wrap_around=(True, False), rng=0) / 2
