"""Figures and pages, drawn from results alone.

Each figure is a function from results to a matplotlib figure of its own, so that a notebook, the
report and the command line draw the same. Nothing here decides anything: what is shown was found
by a stage.
"""

from groovescan.show.disc import disc_figure, inspection_figure
from groovescan.show.groove import strip_figure, turns_figure
from groovescan.show.page import Close, Track, page
from groovescan.show.quality import quality, quality_figure
from groovescan.show.sound import curves_figure, sound_figure, spectrogram
from groovescan.show.style import DARK, LIGHT, Theme

__all__ = [
    "DARK",
    "LIGHT",
    "Close",
    "Theme",
    "Track",
    "curves_figure",
    "disc_figure",
    "inspection_figure",
    "page",
    "quality",
    "quality_figure",
    "sound_figure",
    "spectrogram",
    "strip_figure",
    "turns_figure",
]
