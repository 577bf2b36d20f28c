"""The groove is brighter and darker: density prints."""

from __future__ import annotations

import numpy as np

from groovescan.modulation.effects import SCALES_CONTRAST
from groovescan.modulation.strategy import Modulation
from groovescan.profile.template import Template


class Brightness(Modulation):
    """The signal is the relative change of the groove's contrast, without a unit."""

    def derivative(self, template: Template, blur_px: float) -> np.ndarray:
        """More contrast is more of the profile."""
        del blur_px
        return template.value

    def largest(self, pitch_px: float) -> float:
        """All of the contrast."""
        del pitch_px
        return 1.0

    def usual(self, half_width_px: float) -> float:
        """All of the contrast."""
        del half_width_px
        return 1.0

    def in_px(self, farthest_px: float) -> float:
        """All of its light is to this groove what the farthest that it moves is to another."""
        return farthest_px


#: A wider groove of few pixels is a brighter one, too, and moves as much light: brightness is what
#: carries the sound only where it moves clearly more.
BRIGHTNESS = Brightness(
    name="brightness", effect=SCALES_CONTRAST, needs_light=True, preferred_ratio=1.5
)
