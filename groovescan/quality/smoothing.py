"""Whether noise was taken out of a photograph before it was saved, and with it what it hid.

Whoever rounds a light to whole steps adds an error that is spread evenly over a step, of a twelfth
of its square (Bennett 1948), unless neighbouring pixels hardly differ. Every sensor's noise makes
them differ; where land shows less noise than rounding alone would add, noise reduction has
replaced pixels by means of others, along the groove, too.
"""

from __future__ import annotations

import numpy as np

from groovescan.core.geometry.projection import projection_of
from groovescan.core.photograph import Photograph
from groovescan.core.results import GrooveMap
from groovescan.runtime.blas import one_blas_thread

#: Side of a patch in px, whose spectrum resolves the band below by three bins, and patches on
#: either circle: arbitrary.
_SIDE_PX, _PATCHES_PER_CIRCLE = 32, 100


@one_blas_thread()
def smoother_than_rounded(photo: Photograph, groove_map: GrooveMap) -> bool:
    """Whether land beside the groove has less noise than rounding alone would leave.

    Parameters
    ----------
    photo : Photograph
        The photograph. Of one of more than eight bits nothing is said, since its steps are finer
        than any noise; of a JPEG file, whose rounding is known to the reader; or where a curve of
        tone was undone, which makes the steps uneven.
    groove_map : GrooveMap
        Where the groove runs: land is looked for within and beyond it.
    """
    # Between these frequencies no film is as restless as noise is, and demosaicing leaves some of
    # it.
    band_cpp = (0.25, 0.35)
    # The flattest share of the patches shows land alone.
    flattest_percent = 15
    # Less than so much of the rounding's own variance: non-local means and bilateral filters of any
    # strength leave 0.03 to 0.6, noise of half a step with its rounding 4 (of three colours that
    # are added up to luminance 1.8), and 24 photographs of other models of cameras and scanners 1.6
    # on.
    less_than_rounded = 0.65
    if photo.bits > 8 or photo.rounding is not None or photo.undone:
        return False
    patches = _patches(photo, groove_map)
    if len(patches) < _PATCHES_PER_CIRCLE // 4:
        return False
    window = np.hanning(_SIDE_PX + 2)[1:-1, None] * np.hanning(_SIDE_PX + 2)[1:-1]
    spectrum = np.fft.rfft2((_levelled(patches)) * window)
    frequency = np.hypot(np.fft.fftfreq(_SIDE_PX)[:, None], np.fft.rfftfreq(_SIDE_PX))
    band = (frequency > band_cpp[0]) & (frequency < band_cpp[1])
    power = (np.abs(spectrum[:, band]) ** 2).mean(axis=1) / np.sum(window**2)
    flattest = np.median(power[power <= np.percentile(power, flattest_percent)])
    return bool(flattest < less_than_rounded / 12 / (2**photo.bits - 1) ** 2)


def _patches(photo: Photograph, groove_map: GrooveMap) -> np.ndarray:
    """Patches on a circle within the groove and on one beyond it; shape (n, side, side).

    Those that the photograph does not hold whole, and those that are white or black to the limit,
    are left out.
    """
    beside = _SIDE_PX + groove_map.pitch_px
    radius = np.array([groove_map.radius_px.min() - beside, groove_map.radius_px.max() + beside])
    angle = 2 * np.pi * np.arange(_PATCHES_PER_CIRCLE) / _PATCHES_PER_CIRCLE
    circles = np.repeat(np.maximum(radius, _SIDE_PX), len(angle))
    x, y = projection_of(groove_map).project(circles, np.tile(angle, len(radius)))
    corner = np.stack([y, x], axis=1) - _SIDE_PX / 2
    held = np.all((corner >= 0) & (corner <= np.array(photo.shape) - _SIDE_PX), axis=1)
    patches = np.array(
        [
            photo.window(slice(row, row + _SIDE_PX), slice(column, column + _SIDE_PX))
            for row, column in corner[held].astype(int)
        ]
    ).reshape(-1, _SIDE_PX, _SIDE_PX)
    return patches[(patches.max(axis=(1, 2)) < 1) & (patches.min(axis=(1, 2)) > 0)]


def _levelled(patches: np.ndarray) -> np.ndarray:
    """Patches without the quadratic surface that the film's own shade is."""
    place = np.linspace(-1, 1, _SIDE_PX)
    across, down = (each.ravel() for each in np.meshgrid(place, place))
    design = np.stack([np.ones_like(across), across, down, across * down, across**2, down**2])
    basis = np.linalg.qr(design.T)[0]
    flat = patches.reshape(len(patches), -1).astype(float)
    return (flat - flat @ basis @ basis.T).reshape(patches.shape)
