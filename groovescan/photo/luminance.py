"""From pixels of any kind to luminance."""

from __future__ import annotations

import numpy as np

from groovescan.errors import PhotographError

# Rec. ITU-R BT.709-6, item 3.2. Which mixture shows a groove best depends on the film and the
# lamp; until that is measured in the photograph itself, the eye's own weights are as good as any.
REC_709 = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)

# Rows converted at a time: no second copy of a large photograph is held in float.
_ROWS = 256


def to_luminance(pixels: np.ndarray) -> np.ndarray:
    """Luminance of an image, linear in what it holds.

    Colour becomes luminance with the weights of Rec. 709; alpha is dropped. Whole numbers are
    divided by the largest of their type. Floats between 0 and 1 stay; where any lies beyond,
    all are scaled together, so that the lowest becomes 0 and the highest 1.

    Parameters
    ----------
    pixels : ndarray, shape (rows, columns) or (rows, columns, channels)
        Grey, grey and alpha, RGB or RGB and alpha; bool, unsigned integers or floats. It is
        not changed.

    Returns
    -------
    ndarray of float32, shape (rows, columns)
        0 to 1.

    Raises
    ------
    PhotographError
        Where the shape or type is another, or a value is infinite or not a number.
    """
    colour = _colour_channels(pixels)
    low, high = _range(colour)
    weights = REC_709 if colour.shape[2] == 3 else np.ones(1, dtype=np.float32)
    weights = (weights / (high - low)).astype(np.float32)
    out = np.empty(colour.shape[:2], dtype=np.float32)
    for start in range(0, len(out), _ROWS):
        block = colour[start : start + _ROWS]
        # floats are moved before they are narrowed: a small contrast on a large value survives
        block = block - low if low else block
        out[start : start + _ROWS] = block.astype(np.float32) @ weights
    return np.clip(out, 0.0, 1.0, out=out)


def _colour_channels(pixels: np.ndarray) -> np.ndarray:
    """The image as (rows, columns, 1 or 3), a view without alpha."""
    if pixels.ndim not in (2, 3) or pixels.size == 0:
        raise PhotographError(
            f"an image of shape {pixels.shape} cannot be read; it takes (rows, columns) or "
            "(rows, columns, channels), neither of them 0"
        )
    image = pixels[..., np.newaxis] if pixels.ndim == 2 else pixels
    channels = image.shape[2]
    if channels > 4:
        raise PhotographError(
            f"an image of {channels} channels cannot be read; it takes 1 (grey), 2 (grey and "
            "alpha), 3 (RGB) or 4 (RGB and alpha)"
        )
    return image[..., : 1 if channels < 3 else 3]


def _range(colour: np.ndarray) -> tuple[float, float]:
    """The values that become 0 and 1."""
    kind = colour.dtype.kind
    if kind == "b":
        return 0.0, 1.0
    if kind == "u":
        return 0.0, float(np.iinfo(colour.dtype).max)
    if kind == "f":
        return _float_range(colour)
    raise PhotographError(
        f"an image of type {colour.dtype} cannot be read; it takes bool, unsigned integers "
        "(uint8, uint16, uint32) or floats"
    )


def _float_range(colour: np.ndarray) -> tuple[float, float]:
    low, high = float(colour.min()), float(colour.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise PhotographError(
            "the image holds infinite values or values that are not numbers; fill them, for "
            "example with the median of their surroundings"
        )
    if low >= 0.0 and high <= 1.0:
        return 0.0, 1.0
    return (low, high) if high > low else (low, low + 1.0)
