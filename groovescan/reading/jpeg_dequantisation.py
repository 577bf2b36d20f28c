r"""JPEG dequantisation: the expected light before rounding, given the model of the groove.

JPEG rounds the cosine coefficients of blocks of 8 x 8 px to multiples of a step (ITU-T T.81, annex
A.3). What lies between is lost, but it is not noise like any other: of each coefficient it is known
between which two values it was. Given what the model shows there and the noise before rounding,
its mean is that of a truncated normal distribution. A reading of these means about the model is
a step of expectation and maximisation (Dempster, Laird and Rubin 1977) towards the likeliest
displacement. The variance of the means is the information that rounding left (Fisher's, as the
variance of the score), which tells how far a step has to go and what error is left. That error
is not white: in the programme's band it is as claimed, from row to row it is less.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.fft import dctn, idctn
from scipy.special import ndtr

from groovescan.core.photograph import Photograph, Rounding
from groovescan.reading.sweep import State, Sums, model_of, view
from groovescan.reading.tiles import RowGrid, Tile
from groovescan.runtime.threads import mapped

#: Side of a block of JPEG (T.81, A.1.3).
_SIDE = 8
#: Steps of expectation and maximisation for the noise before rounding: arbitrary. Each brings it
#: nearer by at least the share that rounding left.
_STEPS = 12


@dataclass(frozen=True, kw_only=True)
class Dequantised:
    """A photograph as it may have been, given the model.

    Attributes
    ----------
    photo : Photograph
        With the mean of what is known between two values in place of the rounded one.
    information_share : float
        Share of the information on the groove that is reckoned with, 0 to 1: the root of what
        rounding left.
    predicted : float
        Variance of what the model leaves of `photo`, over that of the noise before rounding.
    """

    photo: Photograph
    information_share: float = 1.0
    predicted: float = 1.0

    def corrected(self, sums: Sums) -> Sums:
        """Sums over `photo` as what they tell: less information, more noise."""
        information_share = np.float32(self.information_share)
        return replace(
            sums,
            hessian=sums.hessian * information_share,
            whole=sums.whole * information_share,
            square=sums.square / self.predicted,
        )


def dequantised(
    photo: Photograph, tiles: Sequence[Tile], grid: RowGrid, state: State
) -> Dequantised:
    """Undo the rounding of a JPEG file as far as the model tells.

    Parameters
    ----------
    photo : Photograph
        As the file shows it; one that is not rounded is returned as it is.
    tiles : sequence of Tile
        Where its pixels lie.
    grid : RowGrid
        The rows along the groove.
    state : State
        The model of each row.

    Returns
    -------
    Dequantised
    """
    # Blocks that are worked on at a time: memory alone.
    band_blocks = 4096
    rounding = photo.rounding
    if rounding is None:
        return Dequantised(photo=photo)
    predicted, covered = _model_of(photo, tiles, grid, state)
    places = _blocks_of(covered, rounding)
    if not len(places):
        return Dequantised(photo=photo)
    noise, information_share, left = _before(photo, predicted, places, rounding, state.noise)
    for first in range(0, len(places), band_blocks):
        part = places[first : first + band_blocks]
        known, model = _coefficients(photo.luminance, part), _coefficients(predicted, part)
        mean, _ = _between(known, model, rounding.steps, noise)
        _put(predicted, part, (model + noise * mean).astype(np.float32))
    result = Photograph(
        luminance=np.clip(predicted, 0.0, 1.0), name=photo.name, bits=photo.bits, dpi=photo.dpi
    )
    return Dequantised(photo=result, information_share=information_share, predicted=left)


def _model_of(
    photo: Photograph, tiles: Sequence[Tile], grid: RowGrid, state: State
) -> tuple[np.ndarray, np.ndarray]:
    """The photograph with the model in place of what it explains, and where that is."""
    light = photo.luminance.astype(np.float32, copy=True)
    covered, model = np.zeros(light.shape, bool), model_of(grid, state)

    def explained(index: int) -> tuple[Tile, np.ndarray]:
        """A tile, and its residual and trust."""
        return tiles[index], view(photo, tiles[index], model).left[1:]

    for tile, (rest, trust) in mapped(explained, range(len(tiles))):
        rows, columns = tile.block
        used = trust > 0
        y, x = np.divmod(tile.pixel[used].astype(np.intp), columns.stop - columns.start)
        light[rows.start + y, columns.start + x] -= rest[used]
        covered[rows.start + y, columns.start + x] = True
    return light, covered


def _blocks_of(covered: np.ndarray, rounding: Rounding) -> np.ndarray:
    """First row and column of each whole block of which the model explains most; shape (n, 2)."""
    top, left = rounding.first_row, rounding.first_column
    rows, columns = (
        (size - at) // _SIDE for size, at in zip(covered.shape, (top, left), strict=True)
    )
    whole = covered[top : top + rows * _SIDE, left : left + columns * _SIDE]
    share = whole.reshape(rows, _SIDE, columns, _SIDE).mean(axis=(1, 3))
    return np.argwhere(share > 0.5) * _SIDE + (top, left)


def _windows(light: np.ndarray) -> np.ndarray:
    return np.lib.stride_tricks.sliding_window_view(light, (_SIDE, _SIDE))


def _coefficients(light: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Cosine coefficients of blocks, of what lies about the middle grey; shape (n, 8, 8)."""
    blocks = _windows(light)[places[:, 0], places[:, 1]] - np.float32(128 / 255)
    return dctn(blocks, axes=(1, 2), norm="ortho")


def _put(light: np.ndarray, places: np.ndarray, coefficients: np.ndarray) -> None:
    """Write blocks back, in place."""
    blocks = idctn(coefficients, axes=(1, 2), norm="ortho") + np.float32(128 / 255)
    inside = np.arange(_SIDE)
    rows, columns = (places[:, k, None] + inside for k in range(2))
    light[rows[:, :, None], columns[:, None, :]] = blocks


def _before(
    photo: Photograph, predicted: np.ndarray, places: np.ndarray, rounding: Rounding, noise: float
) -> tuple[float, float, float]:
    """Standard deviation of the noise before rounding, and what rounding left, from a sample.

    The latter is the share of the information on the groove, and of the noise's variance.
    """
    # Blocks from which the noise before rounding is told, and steps towards it.
    sample_blocks = 8192
    # Noise before rounding at least, over the residual and over the finest step.
    least_noise = 0.1
    sample = places[:: -(-len(places) // sample_blocks)]
    known, model = _coefficients(photo.luminance, sample), _coefficients(predicted, sample)
    least = least_noise * max(noise, float(rounding.steps.min()))
    mean = np.zeros_like(model)
    for _ in range(_STEPS):
        mean, variance = _between(known, model, rounding.steps, noise)
        noise = max(noise * float(np.sqrt(np.mean(mean**2 + variance))), least)
    # A displacement changes most what is strong and fine in a block: there it has to be known.
    down, across = np.mgrid[:_SIDE, :_SIDE]
    telling = model**2 * (down**2 + across**2)
    information_share = float((telling * mean**2).sum() / (telling.sum() + 1e-30))
    # A step of expectation and maximisation (one) is slow and sure, Fisher's (what is kept)
    # overshoots where less is left than on average: the step between them does neither.
    return noise, float(np.sqrt(min(information_share, 1.0))), float(np.mean(mean**2))


def _between(
    known: np.ndarray, model: np.ndarray, steps: np.ndarray, noise: float
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of what lies about the model within its step, in units of the noise."""
    # Further from a step's edges than so many standard deviations all lies at the nearer edge.
    farthest = 5.0
    middle = np.rint(known / steps) * steps
    low, high = (middle - steps / 2 - model) / noise, (middle + steps / 2 - model) / noise
    # of two tails the one that is not rounded away
    swap = low > 0
    low, high = np.where(swap, -high, low), np.where(swap, -low, high)
    share = ndtr(high) - ndtr(low)
    at_low, at_high = _bell(low), _bell(high)
    inside = high > -farthest
    share = np.where(inside, share, 1.0)
    mean = np.where(inside, (at_low - at_high) / share, high)
    spread = 1 + (_finite(low) * at_low - _finite(high) * at_high) / share - mean**2
    variance = np.where(inside, np.clip(spread, 0.0, 1.0), 0.0)
    return np.where(swap, -mean, mean), variance


def _bell(at: np.ndarray) -> np.ndarray:
    return np.exp(-0.5 * _finite(at) ** 2) / np.sqrt(2 * np.pi)


def _finite(at: np.ndarray) -> np.ndarray:
    return np.clip(at, -30.0, 30.0)
