"""The groove is deeper and shallower, and so wider and narrower: hill-and-dale discs."""

from __future__ import annotations

import numpy as np

from groovescan.modulation.effects import WIDENS
from groovescan.modulation.strategy import Modulation
from groovescan.profile.template import Template
from groovescan.profile.widths import Blur, growth, width_tables


class Vertical(Modulation):
    """The signal is the growth of the groove's half width, in px."""

    def derivative(self, template: Template, blur_px: float) -> np.ndarray:
        """A wider groove reaches further, under the same blur."""
        return growth(template, blur_px)

    def tables(self, template: Template, blur_px: float) -> tuple[np.ndarray, np.ndarray]:
        """The profiles of all widths, and their derivatives by the half width."""
        return width_tables(template, blur_px)

    def blur_estimator(self, template: Template, blur_px: float) -> Blur | None:
        """Of grooves of several widths the blur is what does not grow with them."""
        return Blur.of(template, blur_px)


VERTICAL = Vertical(name="vertical", effect=WIDENS, changes_width=True)
