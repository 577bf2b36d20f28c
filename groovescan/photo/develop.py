"""From samples in memory to a photograph."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from groovescan.config.settings import PhotoSettings
from groovescan.core.photograph import ArrayPixels, Photograph, StatedTone
from groovescan.photo.colour.channel import colour_of
from groovescan.photo.colour.colours import OpenColours
from groovescan.photo.colour.luminance import developed, development
from groovescan.photo.colour.mixture import LUMINANCE


def photograph_of(
    samples: np.ndarray,
    settings: PhotoSettings,
    name: str,
    bits: int,
    *,
    filled_bits: int | None = None,
    dpi: float | None = None,
    tone: StatedTone | None = None,
) -> Photograph:
    """A photograph from samples in memory, of which it holds one channel, copied.

    Of colours it holds the samples themselves, too.

    Parameters
    ----------
    samples : ndarray, shape (rows, columns, 1 or 3)
        Upright.
    settings : PhotoSettings
        Which channel is taken, and a density that goes before the one that is stated.
    name : str
        Where they came from.
    bits : int
        Bits per sample of the file.
    filled_bits : int, optional
        Bits that whole numbers fill, where it is less than their type holds.
    dpi : float, optional
        Pixels per inch that the file states.
    tone : StatedTone, optional
        The curve that it states.

    Raises
    ------
    PhotographError
        Where samples of their type cannot be read.
    """
    # Of whole numbers the type tells black and white.
    limits = (0.0, 1.0)
    if samples.dtype.kind == "f":
        limits = float(samples.min()), float(samples.max())

    def block(rows: slice, columns: slice) -> np.ndarray:
        """Samples of a block, as the file has them."""
        return samples[rows, columns]

    def make(channel: str) -> Photograph:
        """The photograph of a channel."""
        how = development(samples.dtype, channel, bits=filled_bits, range_of_floats=limits)
        black, white = how.levels
        return Photograph(
            pixels=ArrayPixels(developed(samples, how)),
            black=black,
            white=white,
            name=name,
            bits=bits,
            dpi=settings.dpi or dpi,
            channel=how.channel,
            tone=tone,
        )

    photo = make(colour_of(samples.shape[2], settings.channel, block, samples.shape[:2]))
    if photo.channel == "grey":
        return photo
    how = development(samples.dtype, LUMINANCE, bits=filled_bits, range_of_floats=limits)
    colours = OpenColours(samples=block, low=how.low, high=how.high, make=make)
    colours = replace(colours, asked=settings.channel != "auto")
    return replace(photo, colours=colours)
