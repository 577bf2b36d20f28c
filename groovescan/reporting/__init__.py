"""Figures and pages, drawn from results alone.

Each figure is a function from results to a matplotlib figure of its own, so that a notebook, the
report and the command line draw the same. Nothing here decides anything: what is shown was found
by a stage.
"""

from groovescan.runtime.installation import check_figures

try:
    from groovescan.reporting.figures.disc_figures import disc_figure, inspection_figure
    from groovescan.reporting.figures.groove_figures import strip_figure, turns_figure
    from groovescan.reporting.figures.joined_figures import joined_figure
    from groovescan.reporting.figures.measured_figures import measured_figure
    from groovescan.reporting.figures.quality_figures import quality, quality_figure
    from groovescan.reporting.figures.sound_figures import curves_figure, sound_figure, spectrogram
    from groovescan.reporting.figures.style import DARK, LIGHT, Theme
    from groovescan.reporting.page import Close, PlayerTrack, page
except ModuleNotFoundError:
    check_figures("drawing")  # tells what to install
    raise

__all__ = [
    "DARK",
    "LIGHT",
    "Close",
    "PlayerTrack",
    "Theme",
    "curves_figure",
    "disc_figure",
    "inspection_figure",
    "joined_figure",
    "measured_figure",
    "page",
    "quality",
    "quality_figure",
    "sound_figure",
    "spectrogram",
    "strip_figure",
    "turns_figure",
]
