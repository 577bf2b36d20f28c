"""The outline of a photograph on the disc."""

from __future__ import annotations

import numpy as np

from groovescan.core.joined import JoinedPhotograph
from groovescan.core.photograph import Photograph
from groovescan.core.results import GrooveMap
from groovescan.joining.placements import Placement


def joined_photograph(
    photo: Photograph,
    placement: Placement,
    groove_map: GrooveMap,
    read_fraction: float,
    information_share: float,
) -> JoinedPhotograph:
    """How a photograph lies on the disc, and what it tells, for people.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    placement : Placement
        How it lies on the disc.
    groove_map : GrooveMap
        The camera of the picture of the disc.
    read_fraction, information_share : float
        As of `JoinedPhotograph`.
    """
    under = Placement(camera=groove_map.camera)
    edge = under.in_image(placement.on_disc(edge_px(photo.shape)))
    return JoinedPhotograph(
        name=photo.name,
        camera=placement.camera,
        turned_deg=float(np.rad2deg(placement.rotation_rad) % 360),
        scale=placement.scale,
        mirrored=placement.mirrored,
        outline_px=edge.T,
        read_fraction=float(read_fraction),
        information_share=information_share,
    )


def edge_px(shape: tuple[int, int]) -> np.ndarray:
    """Points round the edge of a photograph, (x, y), shape (2, n)."""
    # An outline has so many points on each side, since a lens bends it.
    points = 16
    side = np.linspace(0, 1, points + 1)[:-1]
    x = np.r_[side, np.ones(points), 1 - side, np.zeros(points)]
    y = np.roll(x, points)
    return np.stack([x * (shape[1] - 1), y * (shape[0] - 1)])
