"""Find where the groove is when it strays further than a Gauss-Newton step can see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from groovescan.core.results import Strip
from groovescan.strip.strip_arguments import LandRows
from groovescan.strip.strip_kernels import farther
from groovescan.strip.strip_model import StripFit, grooves_of, tables_of


def search(
    strip: Strip,
    fit: StripFit,
    noise: float,
    pitch_px: float,
    limit_px: float,
    lie: tuple[np.ndarray, np.ndarray] | None = None,
) -> StripFit:
    """Try displacements on a grid for every row, and keep the best where it is much better.

    `lie`, of `model.lie_of`, is that of the fit where it is known.
    """
    # From the nearest of the places tried the slope leads on: a flank is a px wide at the least.
    # Flat (docs/method.md, constants).
    step_px = 0.5
    # A row moves only where that explains so much more, in units of the noise variance.
    gain = 30.0
    # Displacements are usually smaller than this share of the pitch.
    usual_pitches = 0.25
    count = int(limit_px / step_px)
    tried = (step_px * np.arange(-count, count + 1)).astype(np.float32)
    prior = (noise * tried / (usual_pitches * pitch_px)) ** 2
    moved = farther(
        strip.luminance,
        strip.offset_px,
        LandRows(fit.level, fit.tilt),
        grooves_of(strip, fit, lie),
        tables_of(fit.template),
        tried,
        prior.astype(np.float32),
        np.float32(gain * noise**2),
        np.float32(1.5 * step_px),
    )
    return replace(fit, displacement_px=moved)
