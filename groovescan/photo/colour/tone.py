"""From the values of a file to light: the curves that files state, or are known to have, undone.

Sources: IEC 61966-2-1 (sRGB); CIE 15, section 8.2.1 (L*); ICC.1, read by LittleCMS. A profile's
curve is that of its greys.
"""

from __future__ import annotations

from dataclasses import replace

import imagecodecs
import numpy as np

from groovescan.core.photograph import Photograph, Pixels, StatedTone
from groovescan.photo.colour.colours import OpenColours

LINEAR, SRGB, LSTAR = "linear", "srgb", "lstar"
#: Light is held in so many steps: the darkest two values of eight bits of sRGB are 20 apart.
LIGHT_STEPS = 65535


def light_of(curve: str, value: np.ndarray) -> np.ndarray:
    """Light of values between 0 and 1, under a curve.

    Parameters
    ----------
    curve : str
        'linear', 'srgb', 'lstar', or the exponent of a power law.
    value : ndarray of float64
        From 0, black, to 1, white.

    Returns
    -------
    ndarray of float64
        From 0 to 1.
    """
    if curve == LINEAR:
        return value
    if curve == SRGB:
        return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    if curve == LSTAR:
        return np.where(value <= 0.08, value * 100 / 903.3, ((value + 0.16) / 1.16) ** 3)
    return value ** float(curve)


def light_table(tone: StatedTone, colours: bool) -> np.ndarray | None:
    """Light of all values, in steps of `LIGHT_STEPS`, from black to white.

    Parameters
    ----------
    tone : StatedTone
        What is undone.
    colours : bool
        Whether the file holds red, green and blue: profiles are of these, or of greys.

    Returns
    -------
    ndarray of uint16, shape (65536,), or None
        None where there is nothing to undo, or where the profile makes no sense.
    """
    value = np.arange(LIGHT_STEPS + 1) / LIGHT_STEPS
    if tone.profile:
        return _of_profile(tone.profile, colours=colours)
    if tone.curve in ("", LINEAR):
        return None
    return np.rint(light_of(tone.curve, value) * LIGHT_STEPS).astype(np.uint16)


def _of_profile(profile: bytes, *, colours: bool) -> np.ndarray | None:
    """The curve of a profile's greys; None where it is straight, or is none of such colours."""
    # LittleCMS rounds by so much on its way; a curve bends by thousands.
    straight_points = 64
    greys = np.arange(LIGHT_STEPS + 1, dtype=np.uint16)[None]
    kind = {b"RGB ": "rgb", b"GRAY": "gray"}.get(profile[16:20])
    if kind is None or (kind == "rgb") != colours:
        return None
    try:
        light = _transformed(np.dstack([greys] * 3) if colours else greys, profile, kind).ravel()
    except Exception:  # a profile that makes no sense says nothing
        return None
    light = np.maximum.accumulate(light)
    straight = np.abs(light - greys[0].astype(int)).max() <= straight_points
    return None if straight or light[-1] < LIGHT_STEPS // 2 else light


def _transformed(samples: np.ndarray, profile: bytes, kind: str) -> np.ndarray:
    relative_colorimetric = 1
    return imagecodecs.cms_transform(
        samples,
        profile,
        imagecodecs.cms_profile("gray", gamma=1.0),
        colorspace=kind,
        outcolorspace="gray",
        outdtype="uint16",
        intent=relative_colorimetric,
    )


class _LightPixels:
    """Pixels as light.

    Parameters
    ----------
    pixels : Pixels
        Values of a file.
    black, white : float
        Values that are no light, and all of it.
    table : ndarray of uint16, shape (65536,)
        Light of values between these.
    """

    def __init__(self, pixels: Pixels, black: float, white: float, table: np.ndarray) -> None:
        self._pixels, self._black, self._white, self._table = pixels, black, white, table

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self._pixels.shape

    def block(self, rows: slice, columns: slice) -> np.ndarray:
        """The light of a block."""
        block = self._pixels.block(rows, columns).astype(np.float32)
        value = (block - np.float32(self._black)) / np.float32(self._white - self._black)
        return self._table[np.rint(value.clip(0, 1) * LIGHT_STEPS).astype(np.uint16)]


def in_light(photo: Photograph, asked: str, *, needed: bool) -> Photograph:
    """A photograph in proportion to light.

    Parameters
    ----------
    photo : Photograph
        As the file has it.
    asked : str
        The curve to undo: 'linear', 'srgb', 'lstar', an exponent; or 'auto': where light is needed,
        what the file states, and sRGB where a file of 8 bits states nothing.
    needed : bool
        Whether what is read is in proportion to light, as sound in brightness is. A line is found
        where it is under any curve, and its noise is more even under the file's.

    Returns
    -------
    Photograph
        The same where there is nothing to undo.
    """
    if asked == "auto" and not needed:
        return photo
    tone = _tone_of(photo, asked)
    table = light_table(tone, colours=photo.channel != "grey")
    if table is None:
        return photo
    lit = replace(
        photo,
        pixels=_LightPixels(photo.pixels, photo.black, photo.white, table),
        black=0.0,
        white=float(LIGHT_STEPS),
        rounding=None,  # of the file's values, not of light
        undone="profile" if tone.profile else tone.curve,
    )
    if not isinstance(photo.colours, OpenColours):
        return lit
    taken = photo.colours.make
    return replace(
        lit,
        colours=replace(
            photo.colours, make=lambda channel: in_light(taken(channel), asked, needed=needed)
        ),
    )


def _tone_of(photo: Photograph, asked: str) -> StatedTone:
    if asked != "auto":
        return StatedTone(curve=asked)
    if photo.tone:
        return photo.tone
    return StatedTone(curve=SRGB if photo.bits == 8 else LINEAR)
