"""How good a reading is, as the pixels themselves measure it, and what is to be thought of it."""

from groovescan.quality.measured import Moments, measure, moments_of, quality_of

__all__ = ["Moments", "measure", "moments_of", "quality_of"]
