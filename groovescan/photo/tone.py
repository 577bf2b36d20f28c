"""From the values of a file to light: the curves that files state, or are known to have, undone.

Sources: IEC 61966-2-1 (sRGB); CIE 15, section 8.2.1 (L*); ICC.1, read by LittleCMS. A profile's
curve is that of its greys.
"""

from __future__ import annotations

from dataclasses import dataclass

import imagecodecs
import numpy as np

from groovescan.errors import PhotographError

LINEAR, SRGB, LSTAR = "linear", "srgb", "lstar"
#: Light is held in so many steps: the darkest two values of eight bits of sRGB are 20 apart.
LIGHT_STEPS = 65535
_RELATIVE_COLORIMETRIC = 1


@dataclass(frozen=True, kw_only=True)
class StatedTone:
    """What a file says of the curve between light and its values.

    Attributes
    ----------
    profile : bytes
        An ICC profile; it goes before the rest.
    curve : str
        'linear', 'srgb', 'lstar', or the exponent of a power law, such as '2.2'; empty where the
        file says nothing.
    """

    profile: bytes = b""
    curve: str = ""

    def __bool__(self) -> bool:
        return bool(self.profile or self.curve)


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


def light_table(tone: StatedTone, bits: int, channels: int) -> np.ndarray | None:
    """The light of each value of so many bits, in steps of `LIGHT_STEPS`.

    Parameters
    ----------
    tone : StatedTone
        What is undone.
    bits : int
        Bits that the values fill, up to 16.
    channels : int
        1 for grey, 3 for red, green and blue: profiles are of one of them.

    Returns
    -------
    ndarray of uint16, shape (2 ** bits,), or None
        None where there is nothing to undo, or where the profile makes no sense.
    """
    value = np.arange(1 << bits) / ((1 << bits) - 1)
    if tone.profile:
        return _of_profile(tone.profile, value, channels)
    if tone.curve in ("", LINEAR):
        return None
    return np.rint(light_of(tone.curve, value) * LIGHT_STEPS).astype(np.uint16)


def _of_profile(profile: bytes, value: np.ndarray, channels: int) -> np.ndarray | None:
    greys = np.rint(value * LIGHT_STEPS).astype(np.uint16)
    kind = "rgb" if profile[16:20] == b"RGB " else "gray"
    ramp = np.repeat(greys[None, :, None], 3, axis=2) if kind == "rgb" else greys[None]
    try:
        light = transformed(ramp, profile, kind, "gray").ravel()
    except Exception:  # a profile that makes no sense says nothing
        return None
    light = np.maximum.accumulate(light)
    if light[-1] <= light[0] or np.abs(light - greys.astype(int)).max() <= 1 << 6:
        return None  # no curve, or a straight one
    return light


def transformed(samples: np.ndarray, profile: bytes, kind: str, to: str) -> np.ndarray:
    """Samples of a profile as light, by LittleCMS.

    Parameters
    ----------
    samples : ndarray of uint8 or uint16, shape (rows, columns, channels) or (rows, columns)
        In the profile's colours.
    profile : bytes
        An ICC profile.
    kind : str
        Its colours: 'rgb', 'gray', 'cmyk', 'lab'.
    to : str
        'rgb' or 'gray': colours of the result, in proportion to light.

    Returns
    -------
    ndarray of uint16
    """
    linear = imagecodecs.cms_profile(to, gamma=1.0)
    return imagecodecs.cms_transform(
        samples,
        profile,
        linear,
        colorspace=kind,
        outcolorspace=to,
        outdtype="uint16",
        intent=_RELATIVE_COLORIMETRIC,
    )


def tone_named(curve: str) -> StatedTone:
    """What a setting says: 'linear', 'srgb', 'lstar', or an exponent.

    Raises
    ------
    PhotographError
        Where it is none of these.
    """
    if curve in (LINEAR, SRGB, LSTAR):
        return StatedTone(curve=curve)
    try:
        exponent = float(curve)
    except ValueError:
        exponent = 0.0
    if not 0.2 <= exponent <= 5:
        raise PhotographError(
            f"the tone {curve!r} is not known; it is linear, srgb, lstar or an exponent, 0.2 to 5"
        )
    return StatedTone(curve=f"{exponent:g}")
