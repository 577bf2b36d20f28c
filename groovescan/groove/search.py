"""Find where the groove is when it strays further than a Gauss-Newton step can see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from groovescan.groove.model import Fit, places
from groovescan.results import Strip

_STEP_PX = 0.5
#: A row moves only where that explains so much more, in units of the noise variance.
_GAIN = 30.0
#: Displacements are usually smaller than this share of the pitch.
_USUAL_PITCHES = 0.25


def search(strip: Strip, fit: Fit, noise: float, pitch_px: float, limit_px: float) -> Fit:
    """Try displacements on a grid for every row, and keep the best where it is much better.

    The squared residual of a row is a quadratic form whose part that depends on the
    displacement is a correlation with the template: all rows and all displacements are one
    matrix product.
    """
    rest = strip.luminance - fit.level[:, None] - fit.tilt[:, None] * strip.offset_px
    _, *others = places(strip, fit)
    for index, contrast in others:
        rest -= contrast[:, None] * fit.template.value[index]
    count = int(limit_px / _STEP_PX)
    tried = (_STEP_PX * np.arange(-count, count + 1)).astype(np.float32)
    shape = fit.template.value[fit.template.index(strip.offset_px[:, None] - tried)]
    contrast = fit.contrast[:, None]
    cost = contrast**2 * (shape**2).sum(axis=0) - 2 * contrast * (rest @ shape)
    cost += (noise * tried / (_USUAL_PITCHES * pitch_px)) ** 2
    best = cost.argmin(axis=1)
    rows = np.arange(len(cost))
    now = np.clip(np.rint(fit.displacement_px / _STEP_PX).astype(int) + count, 0, 2 * count)
    better = cost[rows, now] - cost[rows, best] > _GAIN * noise**2
    far = np.abs(tried[best] - fit.displacement_px) > 1.5 * _STEP_PX
    moved = np.where(better & far, tried[best], fit.displacement_px)
    return replace(fit, displacement_px=moved.astype(np.float32))
