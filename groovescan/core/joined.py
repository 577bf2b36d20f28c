"""Results of several photographs that were read as one."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from groovescan.core.photograph import Photograph
from groovescan.core.results import Camera


@dataclass(frozen=True, kw_only=True)
class JoinedPhotograph:
    """A photograph, and how it lies on the disc.

    Attributes
    ----------
    name : str
        Its name.
    camera : Camera
        From the disc, turned and scaled as it lies in the photograph, to the image.
    turned_deg : float
        Angle on the disc of what lies to the right of the centre in the photograph, 0 to 360.
    scale : float
        Px of the photograph per px of the disc.
    mirrored : bool
        Whether it shows the disc through the film.
    outline_px : ndarray of float64, shape (n, 2)
        Its edge on the disc, (x, y) in px with y down, as in the picture of the disc.
    read_fraction : float
        Share of the groove that was read in it, 0 to 1.
    information_share : float
        Share that it has of all that was told, 0 to 1.
    """

    name: str
    camera: Camera
    turned_deg: float
    scale: float
    mirrored: bool
    outline_px: np.ndarray
    read_fraction: float = 0.0
    information_share: float = 0.0


@dataclass(frozen=True, kw_only=True)
class LeftOutPhotograph:
    """A photograph that was not read, and why.

    Attributes
    ----------
    name : str
        Its name.
    cause : {'same', 'no groove', 'apart'}
        The same photograph is there already; no groove is seen; it shares nothing with the others.
    reason : str
        What is the matter, for people.
    """

    name: str
    cause: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class MissingSector:
    """A part of the disc that no photograph shows.

    Attributes
    ----------
    first_deg, last_deg : float
        Its ends, counter-clockwise as the disc is drawn, 0 to 360.
    first_turn, last_turn : float
        Turns of the groove that it holds, from its start.
    """

    first_deg: float
    last_deg: float
    first_turn: float
    last_turn: float


@dataclass(frozen=True, kw_only=True)
class Joined:
    """Several photographs of a disc, read as one.

    Attributes
    ----------
    picture : Photograph
        The disc put together, interpolated, for looking; its px are those of the groove map.
    photographs : tuple of JoinedPhotograph
        Those that were read.
    left_out : tuple of LeftOutPhotograph
        Those that were not.
    missing : tuple of MissingSector
        What none of them shows.
    contradicting_turns : ndarray of float64, shape (n, 2)
        First and last position, in turns from the start, of stretches in which photographs differ
        by more than their noise.
    across_px, along_px : float
        How far photographs lie apart where they overlap, across the groove and along it, robust.
    """

    picture: Photograph
    photographs: tuple[JoinedPhotograph, ...]
    left_out: tuple[LeftOutPhotograph, ...] = ()
    missing: tuple[MissingSector, ...] = ()
    contradicting_turns: np.ndarray = field(default_factory=lambda: np.zeros((0, 2)))
    across_px: float = 0.0
    along_px: float = 0.0

    @property
    def name(self) -> str:
        """Names of the photographs that were read."""
        return ", ".join(photo.name for photo in self.photographs)
