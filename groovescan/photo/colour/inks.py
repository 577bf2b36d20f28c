"""From inks, and from lightness, to colours and greys of a screen.

Sources: ICC.1, by LittleCMS; without a profile, cyan, magenta and yellow each take their share of
red, green and blue, and black of all (TIFF 6.0, section 16); TIFF 6.0, section 23 (CIE L*a*b*).
"""

from __future__ import annotations

from collections.abc import Callable

import imagecodecs
import numpy as np

from groovescan.photo.tiff_layout.tiff_segments import Store

_CMYK = b"CMYK"


def is_of_inks(profile: bytes) -> bool:
    """Whether an ICC profile is one of cyan, magenta, yellow and black."""
    return profile[16:20] == _CMYK


def colours_of_inks(inks: np.ndarray, profile: bytes) -> np.ndarray:
    """Colours under sRGB of cyan, magenta, yellow and black.

    Parameters
    ----------
    inks : ndarray of uint8 or uint16, shape (rows, columns, 4)
        0 where there is none, all bits where all is covered.
    profile : bytes
        The ICC profile of the print; empty where it is not known.

    Returns
    -------
    ndarray of uint16, shape (rows, columns, 3)
        Red, green and blue, as the sRGB curve has them.
    """
    relative_colorimetric = 1
    if is_of_inks(profile):
        return imagecodecs.cms_transform(
            np.ascontiguousarray(inks[..., :4]),
            profile,
            imagecodecs.cms_profile("srgb"),
            colorspace="cmyk",
            outcolorspace="rgb",
            outdtype="uint16",
            intent=relative_colorimetric,
        )
    free = 1 - inks.astype(np.float32) / np.iinfo(inks.dtype).max
    return np.rint(65535 * free[..., :3] * free[..., 3:4]).astype(np.uint16)


class ConvertedStore:
    """The samples of another store as other colours.

    Parameters
    ----------
    store : Store
        Samples as a file has them.
    convert : callable
        From samples to samples of the same rows and columns.
    samples, dtype
        How many a pixel has then, and their type.
    """

    def __init__(
        self,
        store: Store,
        convert: Callable[[np.ndarray], np.ndarray],
        samples: int,
        dtype: type,
    ) -> None:
        self._store, self._convert = store, convert
        self.shape = (*store.shape[:2], samples)
        self.dtype = np.dtype(dtype) if dtype is not None else store.dtype
        self.block = store.block

    def load(self, row: int, column: int) -> np.ndarray:
        """The samples of a block."""
        return self._convert(self._store.load(row, column))


def without_inks(store: Store, profile: bytes) -> ConvertedStore:
    """A store of cyan, magenta, yellow and black as red, green and blue of sRGB."""
    return ConvertedStore(store, lambda inks: colours_of_inks(inks, profile), 3, np.uint16)


def lightness_of(store: Store) -> ConvertedStore:
    """The lightness of a store of CIE L*a*b*, which the curve L* makes light of."""
    return ConvertedStore(store, lambda held: held[..., :1], 1, store.dtype.type)
