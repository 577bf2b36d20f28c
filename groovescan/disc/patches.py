"""The strongest fringe of each small patch of the photograph, by its spectrum.

A groove field looks, patch by patch, like a plane wave whose direction passes through the
centre of the disc and whose frequency is one over the pitch. The cost does not grow with the
photograph: the number of patches is bounded, and coarse grooves are looked for on a reduced
copy.
"""

from __future__ import annotations

import cv2
import numpy as np
from scipy import fft

from groovescan.results import PatchWaves
from groovescan.threads import thread_count

PATCH_PX = 64
#: Frequencies searched on each scale, in cycles per px of that scale. Bones, edges and
#: clouds lie below, and what lies above is noise.
BAND_CPP = (0.06, 0.36)
_BATCH = 512


def patch_waves(luminance: np.ndarray, *, reduction: int, most: int) -> PatchWaves:
    """Find the strongest fringe in patches on a regular grid.

    Parameters
    ----------
    luminance : ndarray of float32, shape (rows, columns)
        The photograph, 0 to 1.
    reduction : int
        The photograph is reduced by this whole factor first, so that the search covers
        pitches from about 3 to 16 times `reduction` px.
    most : int
        Number of patches at most.

    Returns
    -------
    PatchWaves
        In px of the photograph as given, whatever the reduction.
    """
    small = _reduced(luminance, reduction)
    corners = _grid(small.shape, most)
    if not len(corners):
        return PatchWaves(
            position_px=np.zeros((0, 2)), wave_cpp=np.zeros((0, 2)), contrast=np.zeros(0)
        )
    windows = np.lib.stride_tricks.sliding_window_view(small, (PATCH_PX, PATCH_PX))
    found = [
        _peaks(windows[batch[:, 0], batch[:, 1]])
        for batch in np.array_split(corners, -(-len(corners) // _BATCH))
    ]
    wave = np.concatenate([peak[0] for peak in found]) / reduction
    contrast = np.concatenate([peak[1] for peak in found])
    middle = corners[:, ::-1] + (PATCH_PX - 1) / 2
    return PatchWaves(
        position_px=(middle + 0.5) * reduction - 0.5, wave_cpp=wave, contrast=contrast
    )


def _reduced(luminance: np.ndarray, reduction: int) -> np.ndarray:
    if reduction == 1:
        return luminance
    rows, columns = (size // reduction for size in luminance.shape)
    if min(rows, columns) < 1:
        return luminance[:0, :0]
    whole = luminance[: rows * reduction, : columns * reduction]
    return cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA)


def _grid(shape: tuple[int, ...], most: int) -> np.ndarray:
    """Upper left corners (row, column) of at most `most` patches, half overlapping."""
    rows, columns = (size - PATCH_PX for size in shape)
    if rows < 0 or columns < 0:
        return np.zeros((0, 2), int)
    step = max(PATCH_PX // 2, int(np.ceil(np.sqrt((rows + 1) * (columns + 1) / most))))
    grid = np.meshgrid(np.arange(0, rows + 1, step), np.arange(0, columns + 1, step), indexing="ij")
    return np.stack([axis.ravel() for axis in grid], axis=1)


def _peaks(patches: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Wave vectors (cycles per px) and contrasts of the strongest peaks of some patches."""
    window = np.hanning(PATCH_PX + 2)[1:-1].astype(np.float32)
    level = patches.mean(axis=(1, 2), keepdims=True)
    spectrum = fft.rfft2((patches - level) * (window[:, None] * window), workers=thread_count())
    power = spectrum.real**2 + spectrum.imag**2
    fy = fft.fftfreq(PATCH_PX)[:, None]
    fx = fft.rfftfreq(PATCH_PX)[None, :]
    inside = (np.hypot(fx, fy) >= BAND_CPP[0]) & (np.hypot(fx, fy) <= BAND_CPP[1])
    floor = np.median(power[:, inside], axis=1) + 1e-12
    flat = np.where(inside, power, 0).reshape(len(power), -1).argmax(axis=1)
    row, column = np.unravel_index(flat, inside.shape)
    best = power[np.arange(len(power)), row, column]
    dy, summit_y = _vertex(power, row, column, (1, 0))
    dx, summit_x = _vertex(power, row, column, (0, 1))
    wave = np.stack([fx[0, column] + dx / PATCH_PX, fy[row, 0] + dy / PATCH_PX], axis=1)
    # The slope of something coarser, cut off by the band's edge, is no fringe.
    return wave, np.where(summit_x & summit_y, best / floor, 0.0)


def _vertex(
    power: np.ndarray, row: np.ndarray, column: np.ndarray, step: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Offset of the peak from its bin, in bins, by a parabola through the log power.

    And whether it is a peak: no bin beside it is higher.
    """
    each = np.arange(len(power))
    last = power.shape[2] - 1

    def level(sign: int) -> np.ndarray:
        c = column + sign * step[1]
        # A real signal's spectrum is mirrored through the origin beyond either end.
        over = (c < 0) | (c > last)
        r = np.where(over, -(row + sign * step[0]), row + sign * step[0]) % PATCH_PX
        c = np.where(c < 0, -c, np.where(c > last, 2 * last - c, c))
        return np.log(power[each, r, c] + 1e-20)

    before, here, after = level(-1), level(0), level(1)
    curve = before - 2 * here + after
    offset = np.clip(0.5 * (before - after) / np.where(curve == 0, -1, curve), -0.5, 0.5)
    return offset, (before <= here) & (after <= here)
