"""A small picture of a photograph."""

from __future__ import annotations

import cv2
import numpy as np

from groovescan.core.results import Photograph

_SIDE_PX = 320
_ROWS = 64
_QUALITY = 82


def draw_thumbnail(photo: Photograph) -> bytes:
    """The photograph, at most 320 px wide and high, as JPEG.

    It is read window by window: a large one need not be in memory.

    Parameters
    ----------
    photo : Photograph
        The photograph.

    Returns
    -------
    bytes
        A JPEG file.
    """
    rows, columns = photo.shape
    factor = max(1, -(-max(rows, columns) // _SIDE_PX))
    step = factor * _ROWS
    parts = [
        _reduced(photo.window(slice(top, min(top + step, rows)), slice(0, columns)), factor)
        for top in range(0, rows, step)
    ]
    picture = np.concatenate(parts)
    black, white = np.percentile(picture, [0.2, 99.8])
    scaled = np.clip((picture - black) / max(float(white - black), 1e-3), 0, 1)
    coded = cv2.imencode(
        ".jpg", np.round(255 * scaled).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    )
    return coded[1].tobytes()


def _reduced(block: np.ndarray, factor: int) -> np.ndarray:
    rows, columns = block.shape
    size = (max(1, columns // factor), max(1, rows // factor))
    return cv2.resize(np.ascontiguousarray(block), size, interpolation=cv2.INTER_AREA)
