"""Waves that stand out of the noise of a picture, block by block (windowed Fourier filtering).

Blocks overlap, and each is weighted by a window whose squares add up to the same everywhere (the
root of Hann's). Of its spectrum is kept what stands out (Kemao 2004). How strong noise is at each
scale is told by all blocks together, since a camera's noise is not white: in most of the blocks
most directions of a ring of frequencies show noise alone, and a wave has one direction.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import fft, ndimage

#: Of a block at least this share has to be told by the photograph.
_LEAST_TOLD = 0.05
#: Side of the square of frequencies over which power is averaged: a window's own width.
_MEAN_BINS = 3


@dataclass(frozen=True, kw_only=True)
class BlockSpectra:
    """Power of some blocks of a picture, and that of its noise.

    Attributes
    ----------
    spectrum : ndarray of complex64, shape (blocks, n, n / 2 + 1)
    power : ndarray of float32, shape (blocks, n, n / 2 + 1)
        Averaged over frequencies that a block does not tell apart.
    scale : ndarray of float32, shape (blocks, 1, 1)
        Power of the noise, over that of its kind.
    """

    spectrum: np.ndarray
    power: np.ndarray
    scale: np.ndarray


def waves(
    picture: np.ndarray, told: np.ndarray, block_px: int, *, least_share: float
) -> np.ndarray:
    """Waves that stand out of the noise of a picture.

    Parameters
    ----------
    picture : ndarray of float32, shape (rows, columns)
        Where the photograph tells nothing, what is thought to be there.
    told : ndarray of bool, shape (rows, columns)
        Where the photograph tells the picture.
    block_px : int
        Side of the blocks, even.
    least_share : float
        Power of the weakest wave that is taken, over that of the strongest one in its block.

    Returns
    -------
    ndarray of float32, shape (rows, columns)
        Zero where no wave stands out.
    """
    # Blocks begin half a block apart: a quarter gains 0.05 dB, and takes four times as long.
    steps = 2
    margin = [(block_px, block_px + -size % block_px) for size in picture.shape]
    picture, told = np.pad(picture, margin), np.pad(told, margin)
    tilings = list(_tilings(picture.shape, block_px, block_px // steps))
    chosen = [_chosen(told, tiling, block_px) for tiling in tilings]
    most = int(np.argmax([len(down) for down, _ in chosen]))
    found, weight = np.zeros_like(picture), np.zeros_like(picture)
    if len(chosen[most][0]):
        window = root_window(block_px)
        kind = noise_kind(
            spectra_of(_blocks(picture[tilings[most]], block_px)[chosen[most]] * window)
        )
        for tiling, at in zip(tilings, chosen, strict=True):
            blocks = spectra_of(_blocks(picture[tiling], block_px)[at] * window)
            kept = blocks.spectrum * _share_kept(blocks, kind, least_share)
            kept = fft.irfft2(kept, s=(block_px, block_px))
            _blocks(found[tiling], block_px)[at] += kept * window
            _blocks(weight[tiling], block_px)[at] += window**2
    found /= np.maximum(weight, 1e-3)
    inside = tuple(slice(low, -high) for low, high in margin)
    return found[inside]


def root_window(block_px: int) -> np.ndarray:
    """Root of Hann's window, in both directions; float32, shape (block_px, block_px)."""
    across = np.sin(np.pi * (np.arange(block_px) + 0.5) / block_px).astype(np.float32)
    return across[:, None] * across


def spectra_of(blocks: np.ndarray) -> BlockSpectra:
    """Spectra of blocks that are weighted by a window; float32, shape (blocks, n, n)."""
    spectrum = fft.rfft2(blocks)
    power = ndimage.uniform_filter(
        spectrum.real**2 + spectrum.imag**2,
        (0, _MEAN_BINS, _MEAN_BINS),
        mode=("nearest", "wrap", "nearest"),
    )
    # The noise's own, of fine waves: a pattern that is seen is coarser.
    fine = (frequency(blocks.shape[-1]) > 0.1) & (frequency(blocks.shape[-1]) < 0.5)
    scale = np.median(power[:, fine], axis=1)[:, None, None] + np.float32(1e-30)
    return BlockSpectra(spectrum=spectrum, power=power, scale=scale)


def frequency(block_px: int) -> np.ndarray:
    """Cycles per px of each place in a block's spectrum; shape (n, n / 2 + 1)."""
    return np.hypot(np.fft.fftfreq(block_px)[:, None], np.fft.rfftfreq(block_px))


def noise_kind(blocks: BlockSpectra) -> np.ndarray:
    """Power of the noise at each place in a spectrum, over its scale; shape (n, n / 2 + 1)."""
    size = blocks.power.shape[1]
    ring = (frequency(size) * size).astype(int)
    relative = blocks.power / blocks.scale
    by_ring = [np.median(relative[:, ring == each]) for each in range(ring.max() + 1)]
    return np.array(by_ring, np.float32)[ring]


def _share_kept(blocks: BlockSpectra, kind: np.ndarray, least_share: float) -> np.ndarray:
    """Share of each wave that is kept (Wiener's filter), zero of what may be noise."""
    # Power over that of the noise, averaged: a wave's at least, and that of the strongest in a
    # block. Noise exceeds the first at one place in 10,000.
    wave, strongest = 6.0, 20.0
    signal = blocks.power / (blocks.scale * kind)
    peak = signal.max(axis=(1, 2), keepdims=True)
    power = blocks.power >= least_share * blocks.power.max(axis=(1, 2), keepdims=True)
    kept = power & (signal > wave) & (peak > strongest)
    return np.where(kept, 1 - 1 / np.maximum(signal, 1), np.float32(0))


def _tilings(shape: tuple[int, int], block_px: int, step_px: int) -> Iterator[tuple[slice, slice]]:
    """Parts of a picture, each of whole blocks, that begin so many px apart."""
    for top in range(0, block_px, step_px):
        for left in range(0, block_px, step_px):
            rows, columns = (
                slice(at, at + (size - at) // block_px * block_px)
                for at, size in zip((top, left), shape, strict=True)
            )
            yield rows, columns


def _blocks(part: np.ndarray, block_px: int) -> np.ndarray:
    """A view of a part as blocks; shape (down, across, block_px, block_px)."""
    down, across = (size // block_px for size in part.shape)
    return part.reshape(down, block_px, across, block_px).swapaxes(1, 2)


def _chosen(told: np.ndarray, tiling: tuple[slice, slice], block_px: int) -> tuple[np.ndarray, ...]:
    """Blocks of which enough is told."""
    return np.nonzero(_blocks(told[tiling], block_px).mean(axis=(2, 3)) > _LEAST_TOLD)
