"""The strongest fringe of each small patch of the photograph, by its spectrum.

A groove field looks, patch by patch, like a plane wave whose direction passes through the
centre of the disc and whose frequency is one over the pitch. The cost does not grow with the
photograph: the number of patches is bounded, and coarse grooves are looked for on a reduced
copy.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor

import cv2
import numpy as np

from groovescan.core.results import PatchWaves
from groovescan.locate.pyramid import Copies
from groovescan.runtime.threads import thread_pool

#: Side of a patch: some ten turns of a usual pitch, over which they are straight.
PATCH_PX = 64
#: Frequencies searched on each scale, in cycles per px of that scale. Bones, edges and
#: clouds lie below, and what lies above is noise.
BAND_CPP = (0.06, 0.36)
_FY = np.fft.fftfreq(PATCH_PX)
#: What lies beyond the band to the right, but for one bin beside it, is not looked at.
_FX = np.arange(int(BAND_CPP[1] * PATCH_PX) + 2) / PATCH_PX
_INSIDE = np.abs(np.hypot(_FX, _FY[:, None]) - np.mean(BAND_CPP)) <= np.ptp(BAND_CPP) / 2
#: Every second bin tells the noise floor as well as all of them.
_FLOOR_BINS = np.flatnonzero(_INSIDE)[::2]
_WINDOW = np.outer(*2 * [np.hanning(PATCH_PX + 2)[1:-1]]).astype(np.float32)


def patch_waves(copies: Copies, *, reduction: int, most: int) -> PatchWaves:
    """Find the strongest fringe in patches on a regular grid.

    Parameters
    ----------
    copies : Copies
        The photograph and its reduced copies.
    reduction : int
        The copy that is looked at, a power of two: the search covers pitches from about 3 to
        16 times `reduction` px.
    most : int
        Number of patches at most.

    Returns
    -------
    PatchWaves
        In px of the photograph as given, whatever the reduction.
    """
    with thread_pool() as pool:
        return begin_waves(copies, pool, reduction=reduction, most=most)()


def begin_waves(
    copies: Copies, pool: Executor, *, reduction: int, most: int
) -> Callable[[], PatchWaves]:
    """Begin `patch_waves` in the threads of a pool; the function that is returned waits for it."""
    tops, lefts = _grid(copies.shape(reduction), most)

    def peaks(top: int) -> tuple[np.ndarray, np.ndarray]:
        """Peaks of a row of patches."""
        band = copies.at(reduction)(slice(top, top + PATCH_PX), slice(None))
        windows = np.lib.stride_tricks.sliding_window_view(band, PATCH_PX, axis=1)
        return _peaks(windows[:, lefts].transpose(1, 0, 2))

    found = pool.map(peaks, tops.tolist() if len(lefts) else ())

    def waves() -> PatchWaves:
        """All patches, once their peaks are there."""
        wave, contrast = zip((np.zeros((0, 2)), np.zeros(0)), *found, strict=True)
        corner = np.stack(np.meshgrid(lefts, tops), axis=-1).reshape(-1, 2)
        middle = corner + (PATCH_PX - 1) / 2
        return PatchWaves(
            position_px=(middle + 0.5) * reduction - 0.5,
            wave_cpp=np.concatenate(wave) / reduction,
            contrast=np.concatenate(contrast),
        )

    return waves


def _grid(shape: tuple[int, ...], most: int) -> tuple[np.ndarray, np.ndarray]:
    """Upper rows and left columns of at most `most` patches, overlapping by half at most."""
    rows, columns = (size - PATCH_PX for size in shape)
    if rows < 0 or columns < 0:
        return np.zeros(0, int), np.zeros(0, int)
    step = max(PATCH_PX // 2, int(np.ceil(np.sqrt((rows + 1) * (columns + 1) / most))))
    return np.arange(0, rows + 1, step), np.arange(0, columns + 1, step)


def _peaks(patches: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Wave vectors (cycles per px) and contrasts of the strongest peaks of some patches."""
    power = _power(patches)
    flat = power.reshape(len(power), -1)
    floor = _median(flat[:, _FLOOR_BINS]) + 1e-12
    row, column = np.unravel_index((flat * _INSIDE.ravel()).argmax(axis=1), _INSIDE.shape)
    best = power[np.arange(len(power)), row, column]
    dy, summit_y = _vertex(power, row, column, (1, 0))
    dx, summit_x = _vertex(power, row, column, (0, 1))
    wave = np.stack([_FX[column] + dx / PATCH_PX, _FY[row] + dy / PATCH_PX], axis=1)
    # The slope of something coarser, cut off by the band's edge, is no fringe.
    return wave, np.where(summit_x & summit_y, best / floor, 0.0)


def _median(rows: np.ndarray) -> np.ndarray:
    """Median of each row; `np.median` takes five times as long over rows this short."""
    middle = [(rows.shape[1] - 1) // 2, rows.shape[1] // 2]
    return np.sort(rows, axis=1)[:, middle].mean(axis=1)


def _power(patches: np.ndarray) -> np.ndarray:
    """Power of the windowed patches at the frequencies `_FY` (rows) and `_FX` (columns).

    OpenCV's transform takes half the time of others. It packs the spectrum of real numbers: in two
    columns real and imaginary part of each frequency to the right, but in the first column those
    without any, in two rows each, as far as they do not mirror others.
    """
    windowed = np.array(patches, order="C")
    windowed -= windowed.mean(axis=(1, 2), keepdims=True)
    windowed *= _WINDOW
    packed = np.empty_like(windowed)
    for patch, spectrum in zip(windowed, packed, strict=True):
        cv2.dft(patch, spectrum)
    last = 2 * len(_FX) - 1
    power = np.empty((len(patches), PATCH_PX, len(_FX)), np.float32)
    power[:, :, 1:] = packed[:, :, 1:last:2] ** 2 + packed[:, :, 2:last:2] ** 2
    upright, half = packed[:, :, 0], PATCH_PX // 2
    power[:, [0, half], 0] = upright[:, [0, -1]] ** 2
    power[:, 1:half, 0] = upright[:, 1:-1:2] ** 2 + upright[:, 2:-1:2] ** 2
    power[:, half + 1 :, 0] = power[:, half - 1 : 0 : -1, 0]
    return power


def _vertex(
    power: np.ndarray, row: np.ndarray, column: np.ndarray, step: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Offset of the peak from its bin, in bins, by a parabola through the log power.

    And whether it is a peak: no bin beside it is higher.
    """
    each = np.arange(len(power))

    def level(sign: int) -> np.ndarray:
        """Logarithm of the power one bin before (-1), at (0) or after (1) the peak."""
        c = column + sign * step[1]
        # A real signal's spectrum is mirrored through the origin.
        r = np.where(c < 0, -(row + sign * step[0]), row + sign * step[0]) % PATCH_PX
        return np.log(power[each, r, np.abs(c)] + 1e-20)

    before, here, after = level(-1), level(0), level(1)
    curve = before - 2 * here + after
    offset = np.clip(0.5 * (before - after) / np.where(curve == 0, -1, curve), -0.5, 0.5)
    return offset, (before <= here) & (after <= here)
