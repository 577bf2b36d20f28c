"""Style of all figures: colours for a light and a dark room, and axes.

The colours come from the palette of Okabe and Ito (2008), made for people who do not tell red
from green; confidence runs from orange to blue, which nobody confuses.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.colorbar import Colorbar
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure


@dataclass(frozen=True, kw_only=True)
class Theme:
    """Colours of a figure, as matplotlib takes them.

    Attributes
    ----------
    paper, ink, faint : str
        Background, text and lines, and what should stay in the background.
    accent : str
        What the eye should find first: the groove as it was read.
    second : str
        A second line in the same axes.
    missing : str
        What could not be read.
    """

    paper: str
    ink: str
    faint: str
    accent: str
    second: str
    missing: str


LIGHT = Theme(
    paper="#fbf9f4",
    ink="#26231f",
    faint="#a39c90",
    accent="#b4560a",
    second="#0072b2",
    missing="#cc2f7b",
)
DARK = Theme(
    paper="#12110f",
    ink="#e9e4d8",
    faint="#6f6a60",
    accent="#f0a64b",
    second="#6cb8ea",
    missing="#ff6fb0",
)

#: Colours of lines that lie in the same axes, apart from each other for every eye.
LINES = {
    LIGHT: ("#0072b2", "#d55e00", "#009e73", "#b8578f", "#26231f", "#8a6d00"),
    DARK: ("#6cb8ea", "#f0a64b", "#3ec79c", "#e59bc4", "#e9e4d8", "#f0e442"),
}

#: The groove as it was read, where it lies on a photograph; so it shows in either room.
READ = "#ff8c1a"
#: From uncertain to sure; the same in a light and in a dark room, since it lies on photographs.
CONFIDENCE = LinearSegmentedColormap.from_list(
    "confidence", ["#d55e00", "#e69f00", "#efe3b0", "#8fcdf0", "#3aa0dd"]
)
#: Sound levels: a ramp of one hue, so that loud is what stands out in either room.
LEVELS = {
    LIGHT: LinearSegmentedColormap.from_list(
        "levels-light", ["#fbf9f4", "#ecd9bb", "#d69a54", "#8c4a12", "#2a1606"]
    ),
    DARK: LinearSegmentedColormap.from_list(
        "levels-dark", ["#12110f", "#3a2410", "#8f5414", "#e09a3e", "#fff0d2"]
    ),
}
#: Signal to noise ratios between which the colours of confidence run, in dB.
CONFIDENCE_DB = (-10.0, 30.0)


class NotebookFigure(Figure):
    """A figure that belongs to no window, and that a notebook shows nonetheless."""

    def _repr_png_(self) -> bytes:
        """The figure as PNG; notebooks ask for it by this name."""
        # About the px per inch of a screen.
        notebook_dpi = 90
        file = io.BytesIO()
        self.savefig(file, format="png", dpi=notebook_dpi)
        return file.getvalue()


def new_figure(theme: Theme, width_in: float, height_in: float) -> NotebookFigure:
    """An empty figure that belongs to no window and to no other figure."""
    size = (width_in, height_in)
    return NotebookFigure(figsize=size, facecolor=theme.paper, layout="constrained")


def dress(axes: Axes, theme: Theme, *, grid: bool = False) -> Axes:
    """Give axes the colours of a theme, and no more lines than they need."""
    axes.set_facecolor(theme.paper)
    axes.tick_params(colors=theme.ink, labelsize=9, length=3, color=theme.faint)
    axes.title.set(color=theme.ink, fontsize=11)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set(color=theme.ink, fontsize=9.5)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(theme.faint)
    if grid:
        axes.grid(color=theme.faint, alpha=0.25, linewidth=0.6)
        axes.set_axisbelow(True)
    return axes


def dress_bar(bar: Colorbar, theme: Theme, label: str) -> None:
    """A colour bar in the theme's colours, with what it measures and its unit."""
    bar.set_label(label, color=theme.ink, fontsize=9.5)
    bar.ax.tick_params(colors=theme.ink, labelsize=9, length=3, color=theme.faint)
    bar.outline.set_visible(False)
