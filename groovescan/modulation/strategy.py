"""The interface of a modulation: its derivative, its start, its coupling to the light.

The stages ask an object of this kind and never which one it is, so that another modulation is one
more module beside `lateral`, `vertical` and `brightness`, and its name in the list of the room.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from groovescan.profile.template import Template
from groovescan.profile.widths import Blur


@dataclass(frozen=True, kw_only=True)
class Modulation(ABC):
    """One way in which a groove carries its sound.

    Attributes
    ----------
    name : str
        By which settings and sidecars call it.
    effect : int
        What the loops over pixels do with it, of `groovescan.modulation.effects`.
    is_displacement : bool
        Whether the signal is the groove's displacement: then the coarse strip has read it already,
        rows that strayed can be searched for, the groove runs aslant, and the camera shows in it.
    couples_to_light : bool
        Whether a slow signal looks like a change of the film's light: then level and contrast are
        solved from what says nothing of the sound, and more sweeps are needed.
    changes_width : bool
        Whether the groove is wider and narrower, and its walls rise and fall along it.
    needs_light : bool
        Whether the photograph's values have to be proportional to light.
    preferred_ratio : float
        A groove is taken to carry this and not those of the list before it where it moves so many
        times as much light, as a power.
    """

    name: str
    effect: int
    is_displacement: bool = False
    couples_to_light: bool = True
    changes_width: bool = False
    needs_light: bool = False
    preferred_ratio: float = 1.0

    @abstractmethod
    def derivative(self, template: Template, blur_px: float) -> np.ndarray:
        """Derivative of a profile of contrast one by the signal, as a table like the template's.

        Parameters
        ----------
        template : Template
            The profile.
        blur_px : float
            Standard deviation of the photograph's blur.

        Returns
        -------
        ndarray of float, shape (n,)
            Per px of displacement or half width, or per relative change of contrast.
        """

    def tables(self, template: Template, blur_px: float) -> tuple[np.ndarray, np.ndarray]:
        """Two tables that the loops look up: the profile, and what its derivative is made of."""
        del blur_px
        return template.value, template.slope

    def blur_estimator(self, template: Template, blur_px: float) -> Blur | None:
        """Estimator of the blur from profiles of several widths; None where there is but one."""
        del template, blur_px
        return None

    def largest(self, pitch_px: float) -> float:
        """Unit of a large signal: the pitch in px, or all of the contrast."""
        return pitch_px

    def usual(self, half_width_px: float) -> float:
        """Unit of a usual signal: the groove's half width in px, or all of the contrast."""
        return half_width_px

    def in_px(self, farthest_px: float) -> float:
        """How many px of a displacement one unit of the signal stands for.

        Parameters
        ----------
        farthest_px : float
            How far a groove is displaced at most.
        """
        del farthest_px
        return 1.0
