"""The groove swings from side to side: nearly all discs."""

from __future__ import annotations

import numpy as np

from groovescan.modulation.effects import DISPLACES
from groovescan.modulation.strategy import Modulation
from groovescan.profile.template import Template


class Lateral(Modulation):
    """The signal is the groove's distance from its spiral, in px."""

    def derivative(self, template: Template, blur_px: float) -> np.ndarray:
        """Minus the slope: a groove that moves outward shows at one place what lay further in."""
        del blur_px
        return -template.slope


LATERAL = Lateral(name="lateral", effect=DISPLACES, is_displacement=True, couples_to_light=False)
