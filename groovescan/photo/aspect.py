"""Photographs whose pixels are not square: scanners may step finer than their line of sensors."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from groovescan.config.settings import PhotoSettings
from groovescan.core.photograph import ArrayPixels, Photograph
from groovescan.photo.colour.mixture import LUMINANCE
from groovescan.photo.containers.file_format import Header
from groovescan.photo.orientation import transposes
from groovescan.photo.refusal import check_whole_size


def with_square_pixels(photo: Photograph, header: Header, settings: PhotoSettings) -> Photograph:
    """A photograph as dense across as down, as its file states both densities.

    The coarser side is interpolated: what the scanner did not see is not made up, and circles are
    round.

    Parameters
    ----------
    photo : Photograph
        Upright, as the file has it.
    header : Header
        Of its file.
    settings : PhotoSettings
        A density that is given says that the file's are wrong.

    Returns
    -------
    Photograph
        The same where its pixels are square, or where nothing says that they are not.

    Raises
    ------
    PhotographError
        Where it would be larger than what is held in memory.
    """
    # Densities so close are rounded, and the camera's own scales take care of them; further apart
    # than the other, and they are made up.
    close = 1.02
    far = 4.5
    across, down = header.dpi, header.dpi_down
    if settings.dpi or not across or not down:
        return photo
    if transposes(header.orientation):
        across, down = down, across
    finest = max(across, down)
    if not close <= finest / min(across, down) <= far:
        return photo
    rows, columns = (
        round(size * finest / dpi) for size, dpi in zip(photo.shape, (down, across), strict=True)
    )
    check_whole_size(photo.name, columns, rows, settings)
    alone = photo if photo.colours is None else photo.taken(LUMINANCE)
    stored = alone.pixels.block(slice(0, photo.shape[0]), slice(0, photo.shape[1]))
    kind = stored.dtype if stored.dtype in (np.uint8, np.uint16) else np.dtype(np.float32)
    held = np.ascontiguousarray(stored.astype(kind, copy=False))
    pixels = cv2.resize(held, (columns, rows), interpolation=cv2.INTER_CUBIC)
    return replace(alone, pixels=ArrayPixels(pixels), dpi=finest, rounding=None)
