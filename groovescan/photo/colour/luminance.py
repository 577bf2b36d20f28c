"""From samples of any kind to one channel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groovescan.errors import PhotographError

# Rec. ITU-R BT.709-6, item 3.2.
REC_709 = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
CHANNELS = ("red", "green", "blue")
#: The luminance of whole numbers is rounded to so many steps: a 257th of one of eight bits.
_STEPS = 65535


def weights_of(channel: str) -> np.ndarray:
    """Weights of red, green and blue in a channel.

    Parameters
    ----------
    channel : str
        'red', 'green', 'blue', 'luminance', or a mixture by its weights, with commas between.

    Returns
    -------
    ndarray of float32, shape (3,)
        Of a mixture, their sizes add up to 1.
    """
    if channel in CHANNELS:
        return np.eye(3, dtype=np.float32)[CHANNELS.index(channel)]
    if channel == "luminance":
        return REC_709
    weight = np.array([float(part) for part in channel.split(",")], np.float32)
    return weight / np.abs(weight).sum()


@dataclass(frozen=True, kw_only=True)
class Development:
    """How the samples of a file become one channel, block by block.

    Whole numbers of up to 16 bits stay what they are, where one channel is taken, and become
    16 bits, where several are mixed; all others become float32, 0 to 1.

    Attributes
    ----------
    channel : str
        'grey', 'red', 'green', 'blue', 'luminance', or the weights of a mixture.
    dtype : dtype
        Type of the samples.
    low, high : float
        Values of the samples that become 0 and 1.
    inverted : bool
        Whether these change places: white is zero.
    """

    channel: str
    dtype: np.dtype
    low: float
    high: float
    inverted: bool = False

    @property
    def _is_unchanged(self) -> bool:
        """Whether samples are kept as the file has them."""
        return self.dtype.kind in "bu" and self.dtype.itemsize <= 2 and not self._mixed

    @property
    def _mixed(self) -> bool:
        return self.channel != "grey" and self.channel not in CHANNELS

    @property
    def held(self) -> np.dtype:
        """Type of what `develop` gives."""
        if self._is_unchanged:
            return np.dtype(np.uint8) if self.dtype.kind == "b" else self.dtype.newbyteorder("=")
        small = self.dtype.kind in "bu" and self.dtype.itemsize <= 2
        return np.dtype(np.uint16 if small else np.float32)

    @property
    def levels(self) -> tuple[float, float]:
        """Values of what `develop` gives that are luminance 0 and 1."""
        held = self.held
        if self._is_unchanged:
            levels = self.low, self.high
        else:
            levels = 0.0, float(_STEPS if held == np.uint16 else 1)
        return levels[::-1] if self.inverted else levels

    def _moved(self, samples: np.ndarray) -> tuple[np.ndarray, float]:
        """Samples from 0 on, and which of them is white."""
        # Spans whose samples single precision holds with room to spare.
        single = (1e-30, 1e30)
        span = self.high - self.low
        if self.dtype.kind == "f" and not single[0] < span < single[1]:
            # halves, since the difference itself may be more than any number
            half = self.high / 2 - self.low / 2
            return (samples / 2 - samples.dtype.type(self.low / 2)) / samples.dtype.type(half), 1.0
        if self.dtype == np.float16:
            samples = samples.astype(np.float32)
        # floats are moved before they are narrowed: a small contrast on a large value survives
        return (samples - self.low if self.low else samples), span

    def develop(self, samples: np.ndarray) -> np.ndarray:
        """One channel of some samples.

        Parameters
        ----------
        samples : ndarray, shape (rows, columns, channels)
            Grey, or red, green and blue; more channels are dropped.

        Returns
        -------
        ndarray of type `held`, shape (rows, columns)
            A view where nothing changes.
        """
        if self.channel in CHANNELS:
            samples = samples[..., CHANNELS.index(self.channel)]
        elif self.channel == "grey":
            samples = samples[..., 0]
        if self._is_unchanged:
            return samples.astype(self.held, copy=False)
        moved, span = self._moved(samples[..., :3] if self._mixed else samples)
        if self._mixed:
            weight = weights_of(self.channel)
            light = moved.astype(np.float32, copy=False) @ (weight / np.float32(span))
            # where a colour is taken off, what is left lies between 0 and 1 all the same
            light -= np.minimum(weight, 0).sum()
        else:
            light = np.divide(moved, np.float32(span), dtype=np.float32, casting="same_kind")
        light = np.clip(light, 0.0, 1.0)
        return np.rint(light * _STEPS).astype(np.uint16) if self.held == np.uint16 else light


def development(
    dtype: np.dtype,
    channel: str,
    *,
    bits: int | None = None,
    range_of_floats: tuple[float, float] = (0.0, 1.0),
    inverted: bool = False,
) -> Development:
    """How samples of a type become one channel.

    Parameters
    ----------
    dtype : dtype
        Of the samples: bool, unsigned integers or floats.
    channel : str
        The one to take.
    bits : int, optional
        Bits that whole numbers fill, where it is less than their type holds.
    range_of_floats : tuple of float
        Lowest and highest value, for floats.
    inverted : bool
        Whether white is zero.

    Raises
    ------
    PhotographError
        Where the type is another.
    """
    if dtype.kind == "b":
        low, high = 0.0, 1.0
    elif dtype.kind == "u":
        low, high = 0.0, float(2 ** (bits or 8 * dtype.itemsize) - 1)
    elif dtype.kind == "f":
        low, high = spread(*range_of_floats)
    else:
        raise PhotographError(
            f"an image of type {dtype} cannot be read; it takes bool, unsigned integers "
            "(uint8, uint16, uint32) or floats"
        )
    return Development(channel=channel, dtype=dtype, low=low, high=high, inverted=inverted)


def spread(low: float, high: float) -> tuple[float, float]:
    """The values that become 0 and 1 where floats lie between two others.

    Floats between 0 and 1 stay; where any lies beyond, all are scaled together.

    Raises
    ------
    PhotographError
        Where one is infinite or not a number.
    """
    if not (np.isfinite(low) and np.isfinite(high)):
        raise PhotographError(
            "the image holds infinite values or values that are not numbers; fill them, for "
            "example with the median of their surroundings"
        )
    if low >= 0.0 and high <= 1.0:
        return 0.0, 1.0
    return (low, high) if high > low else (low, low + max(1.0, abs(low)))


def as_samples(image: np.ndarray) -> np.ndarray:
    """An image as (rows, columns, 1 or 3), a view without alpha.

    Raises
    ------
    PhotographError
        Where its shape is another.
    """
    if image.ndim not in (2, 3) or image.size == 0:
        raise PhotographError(
            f"an image of shape {image.shape} cannot be read; it takes (rows, columns) or "
            "(rows, columns, channels), neither of them 0"
        )
    samples = image[..., np.newaxis] if image.ndim == 2 else image
    channels = samples.shape[2]
    if channels > 4:
        raise PhotographError(
            f"an image of {channels} channels cannot be read; it takes 1 (grey), 2 (grey and "
            "alpha), 3 (RGB) or 4 (RGB and alpha)"
        )
    return samples[..., : 1 if channels < 3 else 3]


def developed(samples: np.ndarray, how: Development) -> np.ndarray:
    """One channel of a whole image in memory, a copy, made band by band."""
    # Rows converted at a time: no second copy of a large photograph is held in float.
    rows = 256
    out = np.empty(samples.shape[:2], how.held)
    for start in range(0, len(out), rows):
        out[start : start + rows] = how.develop(samples[start : start + rows])
    return out
