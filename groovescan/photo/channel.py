"""Which channel of a colour photograph shows a groove best.

Film, lamp and sensor decide it: the groove of a bone disc may show in one colour and drown in
the noise of another. The spectra of some patches tell, before the groove itself is found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np
from scipy import fft

from groovescan.photo.luminance import CHANNELS, REC_709

_MIXTURE = "luminance"
_PATCH_PX = 64
_REDUCTIONS = (1, 2, 4, 8)
_WINDOW_PX = _PATCH_PX * _REDUCTIONS[-1]
_WINDOWS = 4
_PATCHES_PER_WINDOW = 16
#: Frequencies at which a fringe is looked for, in cycles per px of the reduced copy, and those
#: among which its noise is.
_FRINGE_CPP = (0.06, 0.36)
_NOISE_CPP = (0.06, 0.47)
#: Of exponentially distributed powers, as those of noise are, so many times their lower
#: quartile is the mean; the quartile does not notice a fringe's harmonics.
_MEAN_OVER_QUARTILE = 1 / np.log(4 / 3)
#: A fringe stands out by so much, as a power; so many patches have to show one.
_CONTRAST = 25.0
_PATCHES_NEEDED = 12
#: What a single channel has to be better by than the mixture of all, in dB.
_BETTER_DB = 1.0

Samples = Callable[[slice, slice], np.ndarray]


def colour_of(count: int, asked: str, samples: Samples, shape: tuple[int, int]) -> str:
    """The channel that is taken of a photograph.

    Parameters
    ----------
    count : int
        Samples per pixel; less than three are grey, and leave no choice.
    asked : str
        'auto', 'red', 'green', 'blue' or 'luminance'.
    samples, shape
        As for `clearest`.
    """
    if count < 3:
        return "grey"
    return clearest(samples, shape) if asked == "auto" else asked


def clearest(samples: Samples, shape: tuple[int, int]) -> str:
    """The channel in which fringes stand out most from the noise.

    Parameters
    ----------
    samples : callable
        Gives the samples of a block, shape (rows, columns, 3): red, green, blue.
    shape : tuple of int
        Rows and columns of the photograph.

    Returns
    -------
    str
        'red', 'green' or 'blue', where one is better than the mixture of all by 1 dB and more;
        else 'luminance'.
    """
    contrast_db = _contrasts_db(samples, shape)
    if contrast_db is None:
        return _MIXTURE
    best = int(np.argmax(contrast_db[:-1]))
    return CHANNELS[best] if contrast_db[best] > contrast_db[-1] + _BETTER_DB else _MIXTURE


def _contrasts_db(samples: Samples, shape: tuple[int, int]) -> np.ndarray | None:
    """Median contrast of the fringes in red, green, blue and their mixture, in dB.

    On the scale on which most patches show one; None where there are few on any.
    """
    found: dict[int, list[np.ndarray]] = {reduction: [] for reduction in _REDUCTIONS}
    for block in _sampled(samples, shape):
        colour = block[..., :3].astype(np.float32)
        for reduction, contrasts in found.items():
            contrasts.append(_fringes(_patches(colour, reduction)))
    scales = [np.concatenate(contrasts) for contrasts in found.values()]
    seen = [scale[scale.max(axis=1) > _CONTRAST] for scale in scales]
    shares = [
        len(some) / max(len(scale), 1) if len(some) >= _PATCHES_NEEDED else 0.0
        for some, scale in zip(seen, scales, strict=True)
    ]
    if not max(shares):
        return None
    return 10 * np.log10(np.median(seen[int(np.argmax(shares))], axis=0) + 1e-12)


def _sampled(samples: Samples, shape: tuple[int, int]) -> Iterator[np.ndarray]:
    """Blocks spread over a photograph, row by row."""
    tops, lefts = (
        np.unique(np.linspace(0, max(size - _WINDOW_PX, 0), _WINDOWS).astype(int)) for size in shape
    )
    for top in tops:
        for left in lefts:
            rows = slice(top, min(top + _WINDOW_PX, shape[0]))
            yield samples(rows, slice(left, min(left + _WINDOW_PX, shape[1])))


def _patches(colour: np.ndarray, reduction: int) -> np.ndarray:
    """Patches of a block, reduced, in all channels: shape (n, 4, 64, 64)."""
    rows, columns = (size // reduction // _PATCH_PX for size in colour.shape[:2])
    if not rows or not columns:
        return np.zeros((0, 4, _PATCH_PX, _PATCH_PX), np.float32)
    size = (columns * _PATCH_PX, rows * _PATCH_PX)
    whole = colour[: size[1] * reduction, : size[0] * reduction]
    if reduction > 1:
        whole = cv2.resize(np.ascontiguousarray(whole), size, interpolation=cv2.INTER_AREA)
    every = np.concatenate([whole, (whole @ REC_709)[..., None]], axis=2)
    tiled = every.reshape(rows, _PATCH_PX, columns, _PATCH_PX, 4)
    patches = tiled.transpose(0, 2, 4, 1, 3).reshape(-1, 4, _PATCH_PX, _PATCH_PX)
    return patches[:: -(-len(patches) // _PATCHES_PER_WINDOW)]


def _fringes(patches: np.ndarray) -> np.ndarray:
    """Power of the strongest fringe of each patch over the noise, in each channel.

    The fringe is the one that is the strongest in all of them together, so that they are
    compared at the same one: shape (n, 4).
    """
    if not len(patches):
        return np.zeros((0, 4))
    window = np.hanning(_PATCH_PX + 2)[1:-1].astype(np.float32)
    level = patches.mean(axis=(2, 3), keepdims=True)
    spectrum = fft.rfft2((patches - level) * (window[:, None] * window))
    frequency = np.hypot(fft.fftfreq(_PATCH_PX)[:, None], fft.rfftfreq(_PATCH_PX))
    power = spectrum.real**2 + spectrum.imag**2
    noise = _lower_quartile(power[..., _band(frequency, _NOISE_CPP)])
    contrast = power[..., _band(frequency, _FRINGE_CPP)] / (
        _MEAN_OVER_QUARTILE * noise[..., None] + 1e-12
    )
    strongest = contrast.sum(axis=1).argmax(axis=1)
    return np.take_along_axis(contrast, strongest[:, None, None], axis=2)[..., 0]


def _lower_quartile(power: np.ndarray) -> np.ndarray:
    place = power.shape[-1] // 4
    return np.partition(power, place, axis=-1)[..., place]


def _band(frequency: np.ndarray, band: tuple[float, float]) -> np.ndarray:
    return (frequency >= band[0]) & (frequency <= band[1])
