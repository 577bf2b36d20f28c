"""The groove on the disc, as all photographs together show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.polynomial.chebyshev import chebvander
from scipy import ndimage

from groovescan.core.results import Camera, GrooveMap
from groovescan.joining.placements import Placement, placed_anew
from groovescan.joining.registration.bundle import Adjusted

#: As of the first map of a single photograph (`locate/phase_map`).
_NODES_PER_TURN = 128


@dataclass(frozen=True, kw_only=True)
class DiscMap:
    """The groove in the plane of the disc.

    Attributes
    ----------
    groove_map : GrooveMap
        Where it runs, in a picture of the disc whose middle is the centre.
    half_px : int
        The picture shows so many px on either side of its middle.
    """

    groove_map: GrooveMap
    half_px: int

    @property
    def placement(self) -> Placement:
        """How the picture lies on the disc."""
        return Placement(camera=self.groove_map.camera)


def disc_map(adjusted: Adjusted, pitch_px: float, start: str) -> DiscMap:
    """Lay a first map through what all photographs show.

    Parameters
    ----------
    adjusted : Adjusted
        The photographs on the disc.
    pitch_px : float
        Distance between turns on the disc, roughly.
    start : {'outer', 'inner'}
        Which end is played first.
    """
    # The map reaches so many turns beyond what was seen, as any first map.
    margin_turns = 1.5
    # Land that is drawn round the groove, in pitches.
    rim_pitches = 8.0
    sense = adjusted.numbers.sense
    turns, radius = _points(adjusted, sense)
    low, high = float(turns.min()), float(turns.max())
    first, last = low - margin_turns, high + margin_turns
    count = int(np.ceil(last - first) + 2) * _NODES_PER_TURN + 1
    node = first - 1 + np.arange(count) / _NODES_PER_TURN
    along = _radius_along(turns, radius, node)
    pitch = float(abs(np.median(along[_NODES_PER_TURN:] - along[:-_NODES_PER_TURN])))
    if start == "outer":
        node, along = node[::-1], along[::-1]
    half = int(np.ceil(along.max() + rim_pitches * max(pitch, pitch_px)))
    middle = np.full(2, float(half))
    at_start = node[_NODES_PER_TURN]
    direction = sense * (1 if node[-1] > node[0] else -1)
    return DiscMap(
        groove_map=GrooveMap(
            camera=Camera(centre_px=middle, middle_px=middle, scale_px=float(half)),
            pitch_px=pitch,
            direction=direction,
            start_rad=float(sense * 2 * np.pi * at_start),
            nodes_per_turn=_NODES_PER_TURN,
            radius_px=np.ascontiguousarray(along),
        ),
        half_px=half,
    )


def _points(adjusted: Adjusted, sense: int) -> tuple[np.ndarray, np.ndarray]:
    """Turns outwards, and radius, of the points of all photographs."""
    turns, radii = [], []
    for points in adjusted.spiral:
        place = adjusted.placements[points.photograph].on_disc(points.image_px)
        ahead = sense * np.angle(place) / (2 * np.pi)
        turns.append(np.rint(points.turns - ahead) + ahead)
        radii.append(np.abs(place))
    return np.concatenate(turns), np.concatenate(radii)


def _radius_along(turns: np.ndarray, radius: np.ndarray, node: np.ndarray) -> np.ndarray:
    """Radius of the groove at the nodes: a feed, and what it leaves where something is seen."""
    # The feed has a term for so many turns; what it leaves is averaged over so many nodes, and
    # where less of a node is known the feed goes on.
    feed_turns = 3.0
    most_feed = 30
    smooth_nodes = 4.0
    least_known = 0.05
    low, high = float(turns.min()), float(turns.max())
    many = int(np.clip((high - low) / feed_turns, 2, most_feed))

    def shape(at: np.ndarray) -> np.ndarray:
        """Chebyshev polynomials of the position."""
        return chebvander(2 * (np.clip(at, low, high) - low) / (high - low) - 1, many)

    weight: np.ndarray = np.ones(len(turns))
    feed, left = np.zeros(many + 1), radius
    for _ in range(4):
        feed = np.linalg.lstsq(shape(turns) * weight[:, None], radius * weight)[0]
        left = radius - shape(turns) @ feed
        spread = 1.4826 * float(np.median(np.abs(left))) + 1e-3
        weight = 1 / np.sqrt(1 + (left / (3 * spread)) ** 2)
    index = np.rint((turns - node[0]) * _NODES_PER_TURN).astype(int)
    count = np.bincount(index, weight, len(node))[: len(node)]
    sums = np.bincount(index, weight * left, len(node))[: len(node)]
    count, sums = (
        ndimage.gaussian_filter1d(each, smooth_nodes, mode="constant") for each in (count, sums)
    )
    smooth = shape(node) @ feed
    ends = shape(np.array([low, low + 1, high - 1, high])) @ feed
    smooth += (ends[1] - ends[0]) * np.minimum(node - low, 0)
    smooth += (ends[3] - ends[2]) * np.maximum(node - high, 0)
    return np.asarray(smooth + sums / (count + least_known))


def fitted_placements(
    groove_map: GrooveMap, disc: DiscMap, placements: dict[int, Placement], shapes: Sequence
) -> dict[int, Placement]:
    """The placements on the disc as another camera over its picture describes it.

    Parameters
    ----------
    groove_map : GrooveMap
        Where the groove runs in the picture of the disc, under the camera that it tells of.
    disc : DiscMap
        The picture.
    placements : dict of int to Placement
        How the photographs lie on the disc of the picture.
    shapes : sequence of tuple of int
        Rows and columns of each photograph.
    """
    return {
        number: _fitted(groove_map, disc, placement, shapes[number])
        for number, placement in placements.items()
    }


def _fitted(
    groove_map: GrooveMap, disc: DiscMap, placement: Placement, shape: tuple[int, int]
) -> Placement:
    inner, outer = float(groove_map.radius_px.min()), float(groove_map.radius_px.max())
    radius, angle = np.meshgrid(np.linspace(inner, outer, 9), 2 * np.pi * np.arange(360) / 360)
    under = Placement(camera=groove_map.camera)
    place = (radius * np.exp(1j * angle)).ravel()
    image = placement.in_image(disc.placement.on_disc(under.in_image(place)))
    margin = 0.02 * np.array([shape[1], shape[0]])[:, None]
    far = np.array([shape[1], shape[0]])[:, None] - 1
    inside = ((image >= -margin) & (image <= far + margin)).all(axis=0)
    return placed_anew(placement, place[inside], image[:, inside])
