"""How several photographs lie on a disc, drawn over the disc put together."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Wedge

from groovescan.core.joined import Joined
from groovescan.reporting.figures.style import LIGHT, LINES, Theme, dress, new_figure

#: The picture is drawn with so many px to a side.
_SIDE_PX = 1000


def joined_figure(joined: Joined, theme: Theme = LIGHT) -> Figure:
    """The disc put together, with the outline of each photograph, and what none of them shows.

    Parameters
    ----------
    joined : Joined
        The photographs.
    theme : Theme
        Colours.

    Returns
    -------
    Figure
        Axes in px of the disc put together.
    """
    figure = new_figure(theme, 8.2, 7.6)
    axes = dress(figure.add_subplot(), theme)
    rows, columns = joined.picture.shape
    reduced = joined.picture.reduced(max(1, max(rows, columns) // _SIDE_PX))
    low, high = np.percentile(reduced, [0.5, 99.5])
    shades = np.clip((reduced - low) / max(high - low, 1e-6), 0, 1)
    extent = (-0.5, columns - 0.5, rows - 0.5, -0.5)
    axes.imshow(shades, cmap="gray", vmin=0, vmax=1, extent=extent)
    for sector in joined.missing:
        _missing(axes, sector.first_deg, sector.last_deg, (columns / 2, rows / 2), theme)
    outlines(axes, joined, theme)
    axes.set(xlabel="px", ylabel="px", aspect="equal")
    return figure


def outlines(axes: Axes, joined: Joined, theme: Theme = LIGHT) -> None:
    """Draw the outline of each photograph with its name.

    Parameters
    ----------
    axes : Axes
        In px of the disc put together.
    joined : Joined
        The photographs.
    theme : Theme
        Colours.
    """
    for k, photo in enumerate(joined.photographs):
        colour = LINES[theme][k % len(LINES[theme])]
        axes.add_patch(Polygon(photo.outline_px, fill=False, edgecolor=colour, linewidth=1.4))
        x, y = photo.outline_px.mean(axis=0)
        axes.text(x, y, photo.name, color=colour, fontsize=9, ha="center", va="center")
    points = np.concatenate([photo.outline_px for photo in joined.photographs])
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    rows, columns = joined.picture.shape
    axes.set_xlim(min(left, 0), max(right, columns))
    axes.set_ylim(max(bottom, rows), min(top, 0))


def _missing(
    axes: Axes, first_deg: float, last_deg: float, middle: tuple[float, float], theme: Theme
) -> None:
    """A sector that no photograph shows; angles run counter-clockwise, and y down."""
    radius = min(middle)
    wedge = Wedge(middle, radius, -last_deg, -first_deg, width=radius / 2)
    wedge.set(facecolor=theme.missing, alpha=0.35)
    axes.add_patch(wedge)
    half = np.deg2rad(first_deg + ((last_deg - first_deg) % 360) / 2)
    place = middle[0] + 0.75 * radius * np.cos(half), middle[1] - 0.75 * radius * np.sin(half)
    axes.text(*place, "photograph here", color=theme.missing, fontsize=9, ha="center")
