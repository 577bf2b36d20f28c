r"""Profiles of grooves that are cut deeper, and so wider, or shallower (hill-and-dale).

The groove's own look grows with its width, but the blur of the photograph stays what it is. With
the standard deviation :math:`s` of the blur and :math:`S(v)` the profile of a groove of the usual
width, blur included, a groove that is :math:`g` times as wide has the profile

.. math:: T(u) = e^{-q s^2 \partial^2} S(u / g), \quad q = (1 - g^{-2}) / 2,

since the widened profile has the blur :math:`g s`, of which the excess is taken away: this solves
:math:`\partial T / \partial \ln g = -u T' - s^2 T''`, which is what widening does to a profile
that is blurred by a Gaussian. Where the excess is negative it is a Gaussian blur; a positive one
is taken away to the first order, which does not lift the noise of a profile that was learnt.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from groovescan.profile.template import Template
from groovescan.runtime.jit import inlined

#: Widths whose profiles are kept, over the usual one: the narrowest, steps per width, and how many.
NARROWEST, STEPS_PER_WIDTH, WIDTHS = 0.2, 16, 38
_HALF, _ONE, _FIRST, _LAST = np.float32(0.5), np.float32(1), np.int32(0), np.int32(WIDTHS - 1)
_NARROWEST, _STEPS_PER_WIDTH = np.float32(NARROWEST), np.float32(STEPS_PER_WIDTH)
#: Change of the squared blur by which its effect is told, and the most blur, over the half width:
#: a profile that is nothing but blur has 0.88 (Gaussian).
_BLUR_STEP_PX2, _MOST_BLUR = 0.02, 0.85


@inlined
def width_of(signal: np.float32, half_width: np.float32) -> np.int32:
    """Which of the tabled widths is nearest to that of a groove."""
    grown = (_ONE + signal / half_width - _NARROWEST) * _STEPS_PER_WIDTH
    return min(max(np.int32(grown + _HALF), _FIRST), _LAST)


@inlined
def widened(
    signal: np.float32, half_width: np.float32, value: np.float32, growth: np.float32
) -> np.float32:
    """The profile of a groove that is a little wider than the tabled one, whose growth is known."""
    grown = np.float32(width_of(signal, half_width)) / _STEPS_PER_WIDTH + _NARROWEST
    return value + growth * (signal - half_width * (grown - _ONE))


def width_tables(template: Template, blur_px: float) -> tuple[np.ndarray, np.ndarray]:
    """Profiles of grooves of all widths, and how they change with the half width.

    Parameters
    ----------
    template : Template
        Profile of a groove of the usual width.
    blur_px : float
        Standard deviation of the photograph's blur across the groove.

    Returns
    -------
    value, growth : ndarray of float32, shape (widths * n,)
        Width by width tables as `template.value`, and their derivatives by the half width, per px.
    """
    grown = _grown()
    excess = blur_px**2 * (1 - 1 / grown**2) / 2
    value, middle = template.value.astype(float), (len(template.value) - 1) / 2
    bend = np.gradient(np.gradient(value)) * template.steps_per_px**2
    place = np.arange(len(value)) - middle
    table = np.stack(
        [
            np.interp(place / wide, place, _sharpened(template, value, bend, more), 0.0, 0.0)
            for wide, more in zip(grown, excess, strict=True)
        ]
    )
    table[:, [0, -1]] = 0
    growth = np.gradient(table, axis=0) * (STEPS_PER_WIDTH / template.half_width_px)
    return table.ravel().astype(np.float32), growth.ravel().astype(np.float32)


def growth(template: Template, blur_px: float) -> np.ndarray:
    """Derivative of the profile of the usual width by the half width, per px; shape (n,)."""
    slope, middle = template.slope.astype(float), (len(template.slope) - 1) / 2
    place_px = (np.arange(len(slope)) - middle) / template.steps_per_px
    bend = np.gradient(slope) * template.steps_per_px
    return -(place_px * slope + blur_px**2 * bend) / template.half_width_px


def _grown() -> np.ndarray:
    """The widths, over the usual one."""
    return NARROWEST + np.arange(WIDTHS) / STEPS_PER_WIDTH


def _sharpened(
    template: Template, value: np.ndarray, bend: np.ndarray, more_px2: float
) -> np.ndarray:
    """A profile with half of so much squared blur taken away, or added where it is negative."""
    if more_px2 >= 0:
        return value - more_px2 * bend
    sigma = np.sqrt(-2 * more_px2) * template.steps_per_px
    return ndimage.gaussian_filter1d(value, sigma, mode="constant", truncate=5)


@dataclass(frozen=True, kw_only=True)
class Blur:
    """Estimator of the blur across a groove of known width.

    Attributes
    ----------
    template : Template
        Profile of a groove of the usual width.
    blur_px : float
        Standard deviation of the blur, as it is thought to be.
    change : ndarray of float32, shape (widths * n,)
        Derivative of the profiles of `width_tables` by the squared blur, per px^2.
    """

    template: Template
    blur_px: float
    change: np.ndarray

    @classmethod
    def of(cls, template: Template, blur_px: float) -> Blur:
        """The blur of a template."""
        more, now = (
            width_tables(template, np.sqrt(blur_px**2 + step))[0] for step in (_BLUR_STEP_PX2, 0.0)
        )
        return cls(template=template, blur_px=blur_px, change=(more - now) / _BLUR_STEP_PX2)

    def usual_place(self, place: np.ndarray) -> np.ndarray:
        """Place in the usual template, given the place in the tables of `width_tables`."""
        count = len(self.template.value)
        width, at = np.divmod(place, count)
        middle = (count - 1) / 2
        found = np.rint((at - middle) / _grown()[width] + middle)
        return np.clip(found, 0, count - 1).astype(np.intp)

    def columns(self, place: np.ndarray, grooves: np.ndarray) -> list[np.ndarray]:
        """Change of pixels' light with the scale of the widths, and with the squared blur.

        Parameters
        ----------
        place : ndarray of int, shape (2, n)
            Where the pixels lie in the tables of `width_tables`, of two grooves each.
        grooves : ndarray of float32, shape (4, n)
            Contrast of the one groove, derivative of the light by its half width; the same of the
            other.

        Returns
        -------
        list of ndarray of float32, shape (n,)
        """
        half_width = np.float32(self.template.half_width_px)
        wider = half_width * (_grown() - 1).astype(np.float32)[place // len(self.template.value)]
        scaled = (wider * grooves[1::2]).sum(axis=0)
        return [scaled, (self.change[place] * grooves[::2]).sum(axis=0)]

    def moved(self, step_px2: float) -> float:
        """Standard deviation of a blur whose square is larger by so much, px."""
        most = (_MOST_BLUR * self.template.half_width_px) ** 2
        return float(np.sqrt(np.clip(self.blur_px**2 + step_px2, 0, most)))
