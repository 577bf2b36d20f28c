"""The processing of cameras and scanners between the light on their sensor and a file.

A camera sees one colour in each pixel, and two more are interpolated (Bayer 1976); then noise is
reduced, edges are sharpened, and a file may be rounded. A flatbed scanner that is asked for more
than its optics resolve interpolates all of it. OpenCV does the work, as it does for many programs.
"""

from __future__ import annotations

import cv2
import numpy as np

from groovescan.simulate.model.sensor import TINT, exposed
from groovescan.simulate.simulate_settings import SimulateSettings

_DEMOSAICING = {"bilinear": cv2.COLOR_BayerRGGB2RGB, "edges": cv2.COLOR_BayerRGGB2RGB_EA}


def needs_whole_picture(settings: SimulateSettings) -> bool:
    """Whether what is done to the pixels reaches across bands of rows."""
    return (
        settings.mosaic != "none"
        or settings.interpolated > 1
        or settings.denoised > 0
        or settings.sharpened > 0
    )


def processed(
    light: np.ndarray, settings: SimulateSettings, rng: np.random.Generator
) -> np.ndarray:
    """The picture that a camera or a scanner makes of the light on its sensor.

    Parameters
    ----------
    light : ndarray of float32, shape (rows, columns)
        Noise-free light, 0 to 1.
    settings : SimulateSettings
        `mosaic`, `interpolated`, `denoised`, `sharpened`; noise and depth of the sensor.
    rng : numpy.random.Generator
        Where the noise comes from.

    Returns
    -------
    ndarray of uint8 or uint16, shape (rows, columns) or (rows, columns, 3)
        Red, green, blue where there is colour.
    """
    image = _sensed(light, settings, rng)
    if settings.denoised:
        image = _denoised(image, settings.denoised)
    if settings.sharpened:
        blurred = cv2.GaussianBlur(image, (0, 0), settings.sharpen_px)
        image = cv2.addWeighted(image, 1 + settings.sharpened, blurred, -settings.sharpened, 0)
    return np.asarray(image)


def _sensed(light: np.ndarray, s: SimulateSettings, rng: np.random.Generator) -> np.ndarray:
    """Pixels as the sensor has them, all colours at each place."""
    size = light.shape[::-1]
    if s.interpolated > 1:
        fewer = tuple(max(1, round(n / s.interpolated)) for n in size)
        light = cv2.resize(light, fewer, interpolation=cv2.INTER_AREA)
    if s.mosaic == "none":
        image = exposed(light, s, rng)
    else:
        grey = s.replace(colour=False)
        raw = exposed(_through_mosaic(light), grey, rng)
        image = cv2.cvtColor(raw, _DEMOSAICING[s.mosaic])
        if not s.colour:
            image = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    if s.interpolated > 1:
        image = cv2.resize(image, size, interpolation=cv2.INTER_CUBIC)
    return np.asarray(image)


def _through_mosaic(light: np.ndarray) -> np.ndarray:
    """Light behind a mosaic of colours: red and green in one row, green and blue in the next."""
    red, green, blue = TINT.astype(np.float32)
    tile = np.array([[red, green], [green, blue]], np.float32)
    rows, columns = light.shape
    return light * np.tile(tile, (-(-rows // 2), -(-columns // 2)))[:rows, :columns]


def _denoised(image: np.ndarray, strength: float) -> np.ndarray:
    """Noise reduced by non-local means (Buades, Coll and Morel 2005), 8 bits."""
    if image.ndim == 2:
        return np.asarray(cv2.fastNlMeansDenoising(image, None, strength))
    return np.asarray(cv2.fastNlMeansDenoisingColored(image, None, strength, strength))
