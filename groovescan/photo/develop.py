"""From samples in memory to a photograph."""

from __future__ import annotations

import numpy as np

from groovescan.config.settings import PhotoSettings
from groovescan.core.photograph import ArrayPixels, Photograph
from groovescan.photo.channel import colour_of
from groovescan.photo.luminance import developed, development


def photograph_of(
    samples: np.ndarray,
    settings: PhotoSettings,
    name: str,
    bits: int,
    *,
    dpi: float | None = None,
) -> Photograph:
    """A photograph from samples in memory, of which it holds one channel, copied.

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
    dpi : float, optional
        Pixels per inch that the file states.

    Raises
    ------
    PhotographError
        Where samples of their type cannot be read.
    """
    limits = (0.0, 1.0)
    if samples.dtype.kind == "f":
        limits = float(samples.min()), float(samples.max())
    channel = colour_of(
        samples.shape[2],
        settings.channel,
        lambda rows, columns: samples[rows, columns],
        samples.shape[:2],
    )
    how = development(samples.dtype, channel, range_of_floats=limits)
    black, white = how.levels
    return Photograph(
        pixels=ArrayPixels(developed(samples, how)),
        black=black,
        white=white,
        name=name,
        bits=bits,
        dpi=settings.dpi or dpi,
        channel=how.channel,
    )
