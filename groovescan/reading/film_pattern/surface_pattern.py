"""Patterns on the film that are not groove: fingerprints, Newton's rings, printed screens, streaks.

They change the light by a factor, in waves of some px, and a turn takes the part of a wave that
runs aslant of it for sound. The turns beside it show the same wave, and another sound. So what the
model leaves of the photograph is laid back to the plane of the image, and what stands out of its
noise there is told apart from the displacement as the parts of a picture are that are sparse in
different terms: the strongest waves first, and weaker ones the better the rest is known
(morphological component analysis; Starck, Elad and Donoho 2005). What a reading took of a wave
beats with the turns and leaves weaker waves beside it, which go when the strong one is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from groovescan.core.photograph import Photograph
from groovescan.core.results import GrooveMap
from groovescan.reading.film_pattern.wave_filter import (
    frequency,
    noise_kind,
    root_window,
    spectra_of,
    waves,
)
from groovescan.reading.kernels.model_arguments import PixelModel
from groovescan.reading.sweep import State, model_of, view
from groovescan.reading.tiles import RowGrid, Tile
from groovescan.runtime.threads import in_order, mapped

#: Pixels that are trusted less show dirt, not film.
_TRUSTED = 0.3
#: Light that is all but gone tells no factor.
_DARKEST = np.float32(0.02)


@dataclass(frozen=True, kw_only=True)
class SurfacePattern:
    """By how much a pattern on the film changes the light.

    Attributes
    ----------
    block : tuple of slice
        Rows and columns of the photograph that hold the groove.
    relative : ndarray of float32, shape (rows, columns)
        Change of the light over the light without it, -1 upwards.
    """

    block: tuple[slice, slice]
    relative: np.ndarray

    def towards(self, other: SurfacePattern, share: float) -> SurfacePattern:
        """The pattern moved towards another one by a share of the way, or beyond."""
        moved = self.relative + np.float32(share) * (other.relative - self.relative)
        return replace(self, relative=moved)

    def removed(self, photo: Photograph) -> Photograph:
        """The photograph as it would be without the pattern.

        How a file rounded its pixels says nothing of those.
        """
        # What is left of the light, at least: darkness is not made up to light again.
        least_left = np.float32(0.3)
        light = photo.luminance.astype(np.float32, copy=True)
        light[self.block] /= np.maximum(1 + self.relative, least_left)
        return Photograph(luminance=light, name=photo.name, bits=photo.bits, dpi=photo.dpi)


def no_pattern(tiles: Sequence[Tile]) -> SurfacePattern:
    """A pattern that changes nothing, over all that the tiles show."""
    blocks = [tiles[k].block for k in range(len(tiles))]
    rows, columns = (
        slice(min(b[k].start for b in blocks), max(b[k].stop for b in blocks)) for k in range(2)
    )
    size = rows.stop - rows.start, columns.stop - columns.start
    return SurfacePattern(block=(rows, columns), relative=np.zeros(size, np.float32))


def told_pattern(
    photo: Photograph,
    tiles: Sequence[Tile],
    grid: RowGrid,
    state: State,
    before: SurfacePattern,
    *,
    least_share: float,
) -> SurfacePattern:
    """The pattern as what a model leaves tells it.

    Parameters
    ----------
    photo : Photograph
        The photograph, with the pattern.
    tiles : sequence of Tile
        Where its pixels lie.
    grid : RowGrid
        The rows along the groove.
    state : State
        The model of each row, without the pattern.
    before : SurfacePattern
        What was told of it before: it stands where the photograph tells nothing.
    least_share : float
        Power of the weakest wave that is taken, over that of the strongest one beside it.

    Returns
    -------
    SurfacePattern
    """
    picture, told = before.relative.copy(), np.zeros(before.relative.shape, bool)
    model, corner = model_of(grid, state), [part.start for part in before.block]

    def add(found: tuple[Tile, np.ndarray, np.ndarray]) -> None:
        """Add the residual of a tile."""
        tile, left, known = found
        part = tuple(
            slice(each.start - at, each.stop - at)
            for each, at in zip(tile.block, corner, strict=True)
        )
        picture[part][known], told[part][known] = left[known], True

    in_order(lambda k: (tiles[k], *_left(photo, tiles[k], model)), add, range(len(tiles)))
    relative = waves(picture, told, block_px(grid.pitch_px), least_share=least_share)
    return SurfacePattern(block=before.block, relative=relative)


def shows_pattern(
    photo: Photograph, tiles: Sequence[Tile], grid: RowGrid, groove_map: GrooveMap, state: State
) -> bool:
    """Whether what a model leaves shows waves, besides the groove's own, that can be heard.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    tiles : sequence of Tile
        Where its pixels lie; some of them are looked at.
    grid : RowGrid
        The rows along the groove.
    groove_map : GrooveMap
        Where the groove runs.
    state : State
        The model of each row.
    """
    # Tiles that are looked at, at most; arbitrary within 20 to 200.
    most_tiles = 32
    # A pattern has as much power as the noise in at least this share of the blocks. Discs with
    # rings or prints have it in a third to a half, others in none; where the model of the groove is
    # off, as on a light box, in 0.04.
    least_power, least_blocks = 1.0, 0.06
    # And it has so many times the power of what is left of the groove itself, or the model is
    # wrong: on discs with rings or prints it has 45 to 58 times as much, under a low lamp and on a
    # light box a quarter.
    least_ratio = 2.0
    # What is told of a pattern takes some 30 bytes per px: that of larger photographs stays.
    most_px = 80_000_000
    if photo.shape[0] * photo.shape[1] > most_px:
        return False
    model, size = model_of(grid, state), block_px(grid.pitch_px)
    some = np.unique(np.linspace(0, len(tiles) - 1, min(most_tiles, len(tiles))).astype(int))
    found = list(mapped(lambda k: _blocks_of(photo, tiles[int(k)], model, size), some))
    blocks, middle = (np.concatenate(each) for each in zip(*found, strict=True))
    if not len(blocks):
        return False
    power, own = _power_left(blocks, middle - groove_map.camera.centre_px, grid.pitch_px)
    shown = (power > least_power) & (power > least_ratio * own)
    return bool(np.mean(shown) > least_blocks)


def block_px(pitch_px: float) -> int:
    """Side of the blocks in which waves are told apart: a power of two.

    Enough turns to tell a wave from the turns themselves, few enough for it to keep its direction.
    """
    # A dozen turns; arbitrary within 8 to 16.
    pitches, smallest, largest = 12, 5, 8
    return int(2 ** np.clip(round(np.log2(pitches * pitch_px)), smallest, largest))


def _left(photo: Photograph, tile: Tile, model: PixelModel) -> tuple[np.ndarray, np.ndarray]:
    """Residual of a tile's own pixels, over their light, and which are told."""
    pixels = view(photo, tile, model)
    shape = tuple(part.stop - part.start for part in tile.block)
    left, known = np.zeros(shape, np.float32), np.zeros(shape, bool)
    used = tile.own & (pixels.trust > _TRUSTED)
    at = tile.pixel[used]
    light = photo.window(*tile.block).ravel()[at] - pixels.rest[used]
    left.ravel()[at] = pixels.rest[used] / np.maximum(light, _DARKEST)
    known.ravel()[at] = True
    return left, known


def _blocks_of(
    photo: Photograph, tile: Tile, model: PixelModel, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Residual in blocks of a tile, and where these lie: x and y of their middles."""
    # A block tells where at least this share of it is groove.
    least_told = 0.35
    left, known = _left(photo, tile, model)
    every = slice(None, None, size)
    blocks, told = (_windows(each, size)[every, every] for each in (left, known))
    down, across = np.nonzero(told.mean(axis=(2, 3)) > least_told)
    corner = np.column_stack((across, down)) * size
    begin = np.array([tile.block[1].start, tile.block[0].start])
    return blocks[down, across], corner + begin + (size - 1) / 2


def _windows(picture: np.ndarray, size: int) -> np.ndarray:
    if min(picture.shape) < size:
        return np.empty((0, 0, size, size), picture.dtype)
    return np.lib.stride_tricks.sliding_window_view(picture, (size, size))


def _power_left(
    blocks: np.ndarray, from_centre: np.ndarray, pitch_px: float
) -> tuple[np.ndarray, np.ndarray]:
    """Power of what stands out of each block, over that of the noise; two of shape (blocks,).

    That of a pattern, and apart from it the groove's own waves, which follow one another outwards
    by a pitch, and what the sound makes of them.
    """
    # Waves that can be heard: up to so many pitches, and coarser than pixels.
    most_pitches, finest = 6.0, 0.35
    standing_out, own_bins = 8.0, 4.5
    size = blocks.shape[-1]
    found = spectra_of(blocks * root_window(size))
    noise = found.scale * noise_kind(found)
    down, across = np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)
    length = frequency(size)
    counted = (found.power > standing_out * noise) & (length < finest)
    counted &= length > 1 / (most_pitches * pitch_px)
    outwards = from_centre / np.maximum(np.linalg.norm(from_centre, axis=1), 1e-9)[:, None]
    x, y = (outwards[:, k, None, None] / pitch_px for k in range(2))
    own = np.zeros(counted.shape, bool)
    for order in (-3, -2, -1, 1, 2, 3):
        own |= np.hypot(down - order * y, across - order * x) <= own_bins / size
    twice = np.where(across == 0, 1.0, 2.0)
    above = (found.power - noise) * counted * twice / np.sum(noise * twice, (1, 2), keepdims=True)
    return np.sum(above * ~own, axis=(1, 2)), np.sum(above * own, axis=(1, 2))
