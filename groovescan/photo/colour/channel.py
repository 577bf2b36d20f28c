"""Which channel of a colour photograph shows a groove best.

Film, lamp and sensor decide it: the groove of a bone disc may show in one colour and drown in
the noise of another. The spectra of some patches tell it roughly, before the groove is found, and
those of patches along the groove when it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np
from scipy import fft

from groovescan.core.geometry.camera_model import angle_at, project, radius_at
from groovescan.core.results import GrooveMap, Photograph
from groovescan.photo.colour.mixture import LUMINANCE, Visibility, visibility

#: Side of a patch, as for finding the groove, and the scales on which it is looked at.
_PATCH_PX = 64
#: Doubled as long as the largest window stays a small part of a photograph.
_REDUCTIONS = (1, 2, 4, 8)
_WINDOW_PX = _PATCH_PX * _REDUCTIONS[-1]


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
        'red', 'green' or 'blue', where one is clearer than the luminance by 1 dB and more; else
        'luminance'.
    """
    found = _visible_fringes(samples, shape)
    return LUMINANCE if found is None else found.clearest_named()


def clearest_of_groove(photo: Photograph, groove_map: GrooveMap) -> str:
    """The channel in which a groove that was found stands out most from the noise.

    Parameters
    ----------
    photo : Photograph
        The photograph, with its colours.
    groove_map : GrooveMap
        Where the groove runs.

    Returns
    -------
    str
        As `clearest`, or the weights of a mixture that is clearer than these by 1 dB; of a
        photograph without colours, the channel that it is.
    """
    found = _visibility_of(photo, groove_map)
    if found is None or photo.colours is None:
        return photo.channel
    return found.clearest(luma=photo.colours.has_luma)


def clearer_than_asked(photo: Photograph, groove_map: GrooveMap) -> str:
    """A channel in which a groove stands out clearly more than in the one that was asked for.

    Parameters
    ----------
    photo, groove_map
        As for `clearest_of_groove`.

    Returns
    -------
    str
        As `clearest_of_groove`; empty where nobody asked for a channel, or none is clearer by 3 dB.
    """
    # A channel is worth a word where it is clearer than another by so many dB: it is heard.
    clearly_db = 3.0
    if photo.colours is None or not photo.colours.asked:
        return ""
    found = _visibility_of(photo, groove_map)
    if found is None:
        return ""
    best = found.clearest(luma=photo.colours.has_luma)
    return best if found.snr_db(best) > found.snr_db(photo.channel) + clearly_db else ""


def _visibility_of(photo: Photograph, groove_map: GrooveMap) -> Visibility | None:
    """How well a groove shows in the colours of a photograph; None where it has none."""
    # Patches along a groove, and px that a turn still has in the reduced copy of a coarse one.
    groove_patches = 200
    least_pitch_px = 4.0
    if photo.colours is None:
        return None
    turns = np.linspace(0, max(groove_map.turns, 0.0), groove_patches) * (1 - 1e-9)
    place = project(groove_map.camera, radius_at(groove_map, turns), angle_at(groove_map, turns)).T
    factor = 2 ** int(max(np.log2(groove_map.pitch_px / least_pitch_px), 0))
    patches, middle = _patches_at(photo, place, factor)
    arm = middle - groove_map.camera.centre_px
    wave = arm / np.hypot(*arm.T)[:, None] * factor / groove_map.pitch_px
    return visibility(patches, wave)


def _patches_at(
    photo: Photograph, place_px: np.ndarray, factor: int
) -> tuple[np.ndarray, np.ndarray]:
    """Reduced patches of all colours about some places, and where their middles are, in px."""
    side = _PATCH_PX * factor
    room = np.array(photo.shape) - side
    if photo.colours is None or room.min() < 0:
        return np.zeros((0, _PATCH_PX, _PATCH_PX, 3), np.float32), np.zeros((0, 2))
    corner = np.unique(np.clip(place_px[:, ::-1] - side / 2, 0, room).astype(int), axis=0)
    # from the top to the bottom, so that blocks of a file are read once
    blocks = [
        photo.colours.block(slice(y, y + side), slice(x, x + side)) for y, x in corner.tolist()
    ]
    size = (_PATCH_PX, _PATCH_PX)
    if factor > 1:
        blocks = [cv2.resize(block, size, interpolation=cv2.INTER_AREA) for block in blocks]
    return np.stack(blocks), corner[:, ::-1] + (side - 1) / 2


def _visible_fringes(samples: Samples, shape: tuple[int, int]) -> Visibility | None:
    """How well the fringes of some patches show, on the scale on which most show one."""
    # A fringe stands out by so much, as a power; so many patches have to show one.
    least_contrast = 25.0
    patches_needed = 12
    best: tuple[np.ndarray, np.ndarray] | None = None
    most = 0.0
    blocks = [_in_single(block[..., :3]) for block in _sampled(samples, shape)]
    for reduction in _REDUCTIONS:
        patches = np.concatenate([_patches(block, reduction) for block in blocks])
        wave, contrast = _fringes(patches)
        stands_out = contrast > least_contrast
        share = float(stands_out.mean()) if stands_out.sum() >= patches_needed else 0.0
        if share > most:
            most, best = share, (patches[stands_out], wave[stands_out])
    return None if best is None else visibility(*best)


def _in_single(block: np.ndarray) -> np.ndarray:
    """A block in single precision, scaled where its squares would be too large for that."""
    # Spectra of samples up to this are finite in single precision.
    largest_weight = 1e12
    if block.dtype.kind == "f" and block.size:
        largest = np.abs(block).max()
        if np.isfinite(largest) and largest > largest_weight:
            block = block / largest
    return block.astype(np.float32)


def _sampled(samples: Samples, shape: tuple[int, int]) -> Iterator[np.ndarray]:
    """Blocks spread over a photograph, row by row."""
    # Windows down and across, spread over a photograph: arbitrary, 16 of 512 px show what light
    # there is.
    windows = 4
    tops, lefts = (
        np.unique(np.linspace(0, max(size - _WINDOW_PX, 0), windows).astype(int)) for size in shape
    )
    for top in tops:
        for left in lefts:
            rows = slice(top, min(top + _WINDOW_PX, shape[0]))
            yield samples(rows, slice(left, min(left + _WINDOW_PX, shape[1])))


def _patches(colour: np.ndarray, reduction: int) -> np.ndarray:
    """Patches of a block, reduced, in all colours: shape (n, 64, 64, 3)."""
    # More of a window tell the same: arbitrary.
    patches_per_window = 8
    rows, columns = (size // reduction // _PATCH_PX for size in colour.shape[:2])
    if not rows or not columns:
        return np.zeros((0, _PATCH_PX, _PATCH_PX, 3), np.float32)
    size = (columns * _PATCH_PX, rows * _PATCH_PX)
    whole = np.ascontiguousarray(colour[: size[1] * reduction, : size[0] * reduction])
    if reduction > 1:
        whole = cv2.resize(whole, size, interpolation=cv2.INTER_AREA)
    tiles = whole.reshape(rows, _PATCH_PX, columns, _PATCH_PX, 3)
    few = np.arange(0, rows * columns, -(-rows * columns // patches_per_window))
    return tiles[few // columns, :, few % columns]


def _fringes(patches: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Wave vector (x, y) of each patch's strongest fringe, and its largest contrast to noise.

    The fringe is the one that is the strongest in all colours together.
    """
    # Frequencies at which a fringe is looked for, in cycles per px of the reduced copy, and those
    # among which its noise is.
    fringe_cpp = (0.06, 0.36)
    noise_cpp = (0.06, 0.47)
    # Of exponentially distributed powers, as those of noise are, so many times their lower
    # quartile is the mean; the quartile does not notice a fringe's harmonics.
    mean_over_quartile = 1 / np.log(4 / 3)
    if not len(patches):
        return np.zeros((0, 2)), np.zeros(0)
    window = np.hanning(_PATCH_PX + 2)[1:-1].astype(np.float32)
    level = patches.mean(axis=(1, 2), keepdims=True)
    spectrum = fft.rfft2((patches - level) * (window[:, None] * window)[..., None], axes=(1, 2))
    down, right = np.meshgrid(fft.fftfreq(_PATCH_PX), fft.rfftfreq(_PATCH_PX), indexing="ij")
    frequency = np.hypot(down, right)
    power = (spectrum.real**2 + spectrum.imag**2).transpose(0, 3, 1, 2)
    noise = _lower_quartile(power[..., _band(frequency, noise_cpp)])
    inside = _band(frequency, fringe_cpp)
    contrast = power[..., inside] / (mean_over_quartile * noise[..., None] + 1e-12)
    strongest = contrast.sum(axis=1).argmax(axis=1)
    wave = np.stack([right[inside], down[inside]], axis=1)[strongest]
    largest = np.take_along_axis(contrast, strongest[:, None, None], axis=2).max(axis=1)[:, 0]
    return wave, largest


def _lower_quartile(power: np.ndarray) -> np.ndarray:
    place = power.shape[-1] // 4
    return np.partition(power, place, axis=-1)[..., place]


def _band(frequency: np.ndarray, band: tuple[float, float]) -> np.ndarray:
    return (frequency >= band[0]) & (frequency <= band[1])
