"""From a picture whose blocks lie in a file to a photograph."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from groovescan.config.settings import PhotoSettings
from groovescan.core.photograph import Photograph, Pixels, StatedTone
from groovescan.photo.blocks import BlockPixels, StoredBlocks, in_memory, lowest_and_highest
from groovescan.photo.colour.channel import colour_of
from groovescan.photo.colour.colours import OpenColours
from groovescan.photo.colour.luminance import Development, development
from groovescan.photo.colour.mixture import LUMINANCE
from groovescan.photo.orientation import stored_block, transposes, upright
from groovescan.photo.refusal import named, refusal
from groovescan.photo.tiff_layout.tiff_segments import Store


@dataclass(frozen=True, kw_only=True)
class StoredPicture:
    """A picture that can be read by blocks.

    Attributes
    ----------
    store : Store
        Its samples.
    dpi : float or None
        Pixels per inch that the file states.
    tone : StatedTone
        The curve that it states.
    orientation : int
        How it is to be turned, 1 to 8, as in TIFF.
    bits : int
        Bits per sample of the file.
    filled_bits : int
        Bits that whole numbers fill.
    inverted : bool
        Whether 0 is white.
    sides : tuple of int
        Pages of the file that may each show a side of a disc.
    """

    store: Store
    dpi: float | None
    tone: StatedTone
    bits: int
    filled_bits: int
    orientation: int = 1
    inverted: bool = False
    sides: tuple[int, ...] = ()

    @property
    def colours(self) -> int:
        """Samples per pixel that are colours, without alpha."""
        return 1 if self.store.shape[2] < 3 else 3


def photograph_in_store(opened: StoredPicture, settings: PhotoSettings, name: str) -> Photograph:
    """One channel of a stored picture; where it is to be found, with all colours, which stay there.

    Parameters
    ----------
    opened : StoredPicture
        The picture.
    settings : PhotoSettings
        Their limits are held before a pixel is read.
    name : str
        Of the file.

    Returns
    -------
    Photograph
        Upright; in memory, or by blocks where it is large.

    Raises
    ------
    PhotographError
        Where it can only be read whole, and is too large for that.
    """
    store = opened.store
    whole = _is_read_whole(opened, settings, name)
    stored = StoredBlocks(store, int(settings.cache_mb * 1e6))
    channel = colour_of(store.shape[2], settings.channel, stored.part, store.shape[:2])
    # Of whole numbers the type tells black and white.
    limits = (0.0, 1.0)
    if store.dtype.kind == "f":
        limits = lowest_and_highest(store, opened.colours)

    def developed(channel: str) -> Development:
        """How samples become a channel."""
        with named(name):
            return development(
                store.dtype,
                channel,
                bits=opened.filled_bits,
                range_of_floats=limits,
                inverted=opened.inverted,
            )

    def make(channel: str) -> Photograph:
        """The photograph of a channel."""
        how = developed(channel)
        black, white = how.levels
        return Photograph(
            pixels=_pixels(opened, how, settings, whole=whole),
            black=black,
            white=white,
            name=name,
            bits=opened.bits,
            dpi=settings.dpi or opened.dpi,
            tone=opened.tone,
            channel=how.channel,
            sides=opened.sides,
        )

    def block(rows: slice, columns: slice) -> np.ndarray:
        """Upright samples of a block."""
        part = stored_block(rows, columns, store.shape[:2], opened.orientation)
        return upright(stored.part(*part), opened.orientation)

    photo = make(channel)
    if channel == "grey":
        return photo
    how, asked = developed(LUMINANCE), settings.channel != "auto"
    colours = OpenColours(samples=block, low=how.low, high=how.high, make=make, asked=asked)
    return replace(photo, colours=colours)


def _is_read_whole(opened: StoredPicture, settings: PhotoSettings, name: str) -> bool:
    """Whether a page is held in memory: a small one, or one whose layout allows nothing else.

    Raises
    ------
    PhotographError
        Where it is too large for that. Nothing of it has been decoded yet.
    """
    store, cache_bytes = opened.store, int(settings.cache_mb * 1e6)
    rows, columns, _ = store.shape
    itemsize = _held_bytes(store)
    if rows * columns * itemsize <= settings.whole_mb * 1e6:
        return True
    if _looked_at_px(store, opened.orientation) * itemsize <= cache_bytes:
        return False
    if rows * columns <= settings.max_whole_megapixels * 1e6:
        return True
    height, width = store.block
    raise refusal(
        name,
        f"its {columns} x {rows} px, {rows * columns / 1e6:.1f} megapixels, lie in blocks of "
        f"{width} x {height} px, which are too large to be read one by one in "
        f"{settings.cache_mb:g} MB of memory; whole, {settings.max_whole_megapixels:g} "
        "megapixels are the limit",
        "save it in tiles, or raise photo.cache_mb in the settings file",
    )


def _held_bytes(store: Store) -> int:
    """Bytes of a pixel in memory, at most: a mixture of colours has 16 bits, and floats 32."""
    if store.dtype.kind == "f" or store.dtype.itemsize > 2:
        return 4
    return 2 if store.shape[2] >= 3 else store.dtype.itemsize


def _pixels(
    opened: StoredPicture, how: Development, settings: PhotoSettings, *, whole: bool
) -> Pixels:
    if whole:
        return in_memory(opened.store, how, opened.orientation)
    return BlockPixels(opened.store, how, opened.orientation, int(settings.cache_mb * 1e6))


def _looked_at_px(store: Store, orientation: int) -> int:
    """Pixels of the blocks that a row of small windows, from edge to edge, lies on."""
    # Height of such a window: three patches. Arbitrary from 64 to 512.
    window_px = 192
    rows, columns, _ = store.shape
    if transposes(orientation):
        (columns, rows), (side, _) = (rows, columns), store.block[::-1]
    else:
        side = store.block[0]
    return min(rows, (2 + window_px // side) * side) * columns
