"""How a photograph lies on the disc.

The plane of the disc has its centre at zero and its x axis to the right, y up, as complex numbers;
its unit is the px of one of the photographs. A placement leads from there to the px of a photograph
by a turn, a scale, perhaps a mirror, and a camera.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from groovescan.core.geometry.camera_model import project, unproject
from groovescan.core.results import Camera, GrooveMap
from groovescan.joining.sheets import PieceSheet

#: Terms of `Placement.vector`, and step by which they are varied: far below a thousandth of a px.
TERMS = 9
#: Step of the numerical derivative: small beside what bends, large beside a double's rounding.
_STEP = 1e-5
#: Gauss-Newton steps at most: they end before, where the last moved a point by less than 1e-4 px.
_ROUNDS = 12


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where the disc lies in a photograph.

    Attributes
    ----------
    camera : Camera
        From the disc, turned and scaled as it lies in the photograph, to the image.
    rotation_rad : float
        Angle on the disc of what lies at the angle zero in the photograph.
    scale : float
        Px of the photograph per px of the disc's plane.
    mirrored : bool
        Whether the disc is seen through the film.
    sheet : PieceSheet or None
        The part of the disc that is looked at in the photograph; None where it is all of it.
    """

    camera: Camera
    rotation_rad: float = 0.0
    scale: float = 1.0
    mirrored: bool = False
    sheet: PieceSheet | None = None

    @property
    def hand(self) -> int:
        """-1 where angles run the other way round in the photograph, else 1."""
        return -1 if self.mirrored else 1

    @property
    def vector(self) -> np.ndarray:
        """The terms: centre over `Camera.scale_px`, turn, logarithm of the scale, and the rest."""
        camera = self.camera
        shift = (camera.centre_px - camera.middle_px) / camera.scale_px
        pose = self.rotation_rad, np.log(self.scale), camera.stretch, camera.shear
        return np.r_[shift, pose, camera.perspective, camera.lens]

    def with_vector(self, vector: np.ndarray) -> Placement:
        """The placement with other terms."""
        camera = self.camera
        moved = replace(
            camera,
            centre_px=camera.middle_px + vector[:2] * camera.scale_px,
            stretch=float(vector[4]),
            shear=float(vector[5]),
            perspective=np.array(vector[6:8]),
            lens=float(vector[8]),
        )
        turn, scale = float(vector[2]), float(np.exp(vector[3]))
        return replace(self, camera=moved, rotation_rad=turn, scale=scale)

    def on_disc(self, image_px: np.ndarray) -> np.ndarray:
        """Points of the disc's plane, complex, of image points (x, y) of shape (2, ...)."""
        radius, angle = unproject(self.camera, image_px[0], image_px[1])
        return radius / self.scale * np.exp(1j * (self.hand * angle + self.rotation_rad))

    def in_image(self, disc_px: np.ndarray) -> np.ndarray:
        """Image points (x, y), shape (2, ...), of complex points of the disc's plane."""
        angle = self.hand * (np.angle(disc_px) - self.rotation_rad)
        return project(self.camera, np.abs(disc_px) * self.scale, angle)

    def on_disc_by_terms(self, image_px: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`on_disc`, and its derivative by each of the terms, shape (9, ...)."""
        here, vector = self.on_disc(image_px), self.vector
        steps = vector + _STEP * np.eye(TERMS)
        moved = [self.with_vector(step).on_disc(image_px) - here for step in steps]
        return here, np.array(moved) / _STEP


def map_in_photograph(disc_map: GrooveMap, placement: Placement) -> GrooveMap:
    """The groove of a map of the disc as it lies in a photograph.

    Parameters
    ----------
    disc_map : GrooveMap
        Where the groove runs on the disc; its camera is not looked at.
    placement : Placement
        How the photograph lies on the disc.

    Returns
    -------
    GrooveMap
        Positions along the groove are the same.
    """
    start = placement.hand * (disc_map.start_rad - placement.rotation_rad)
    return replace(
        disc_map,
        camera=placement.camera,
        pitch_px=disc_map.pitch_px * placement.scale,
        direction=placement.hand * disc_map.direction,
        start_rad=float(start),
        radius_px=disc_map.radius_px * placement.scale,
    )


def placed_anew(placement: Placement, disc_px: np.ndarray, image_px: np.ndarray) -> Placement:
    """The placement under which points of the disc lie at image points, by least squares.

    Parameters
    ----------
    placement : Placement
        One that is near it.
    disc_px : ndarray of complex128, shape (n,)
        Points of the disc.
    image_px : ndarray of float64, shape (2, n)
        Where they are in the photograph.
    """
    for _ in range(_ROUNDS):
        here, by_terms = placement.on_disc_by_terms(image_px)
        design = np.concatenate([by_terms.real, by_terms.imag], axis=1).T
        left = np.r_[(disc_px - here).real, (disc_px - here).imag]
        step = np.linalg.lstsq(design, left, rcond=1e-10)[0]
        placement = placement.with_vector(placement.vector + step)
        if np.abs(design @ step).max(initial=0.0) < 1e-4:
            break
    return placement
