"""How good a reading is, as the pixels themselves measure it, and what is to be thought of it."""

from groovescan.quality.coverage import Uncovered, uncovered
from groovescan.quality.expected import expected_verdict
from groovescan.quality.measured import measure, moments_of, quality_of
from groovescan.quality.moments import Moments
from groovescan.quality.predicted import predict
from groovescan.quality.shared_turns import shared_by_turns
from groovescan.quality.smoothing import smoother_than_rounded
from groovescan.quality.verdict import Evidence, judge, refuse_useless

__all__ = [
    "Evidence",
    "Moments",
    "Uncovered",
    "expected_verdict",
    "judge",
    "measure",
    "moments_of",
    "predict",
    "quality_of",
    "refuse_useless",
    "shared_by_turns",
    "smoother_than_rounded",
    "uncovered",
]
