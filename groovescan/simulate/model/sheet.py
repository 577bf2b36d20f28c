"""The sheet of film as it lies: folded, buckled, torn and laid back, with parts that are gone.

A place is told twice, as a complex number in mm about the centre, y upwards: where it was on the
flat film when the groove was cut, and where it lies now. Both ways are pieces of smooth functions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groovescan.simulate.settings_tables import Table
from groovescan.simulate.simulate_settings import TILT_RADIUS_MM, SimulateSettings

#: Steps that invert heights; each makes the error smaller by their slope, a tenth at most.
_STEPS = 8


@dataclass(frozen=True)
class Sheet:
    """How a film lies that is not one flat sheet.

    Attributes
    ----------
    creases, tears, missing : tuple of tuple of float
        As in `SimulateSettings`.
    buckles : ndarray of complex128, shape (buckles,)
        Their middles, in mm.
    buckle_mm, buckle_size_mm : float
        How much further out their tops are seen 100 mm from the centre, and their size.
    """

    creases: Table
    tears: Table
    missing: Table
    buckles: np.ndarray
    buckle_mm: float
    buckle_size_mm: float

    @property
    def farthest_mm(self) -> float:
        """No place lies further from where it was, in mm, within 100 mm of the centre."""
        shorter = sum(crease[2] + abs(crease[3]) for crease in self.creases)
        moved = sum(shift + TILT_RADIUS_MM * abs(turned) for *_, shift, _, turned in self.tears)
        return shorter + moved + len(self.buckles) * self.buckle_mm

    def flat(self, lies_mm: np.ndarray) -> np.ndarray:
        """Where on the flat film a place was that lies here now; any shape.

        Where no film lies, what would be there if the film went on.
        """
        place = lies_mm
        for tear in self.tears:
            place = np.where(_on_top(lies_mm, tear), _laid_where_it_was(place, tear), place)
        bent = place
        for _ in range(_STEPS if self._bent else 0):
            place = bent - self._higher(place)
        for distance, azimuth, shorter, _ in self.creases[::-1]:
            normal = np.exp(1j * azimuth)
            place = place + shorter * normal * (_beyond(place, normal) > distance)
        return place

    def lies(self, flat_mm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where a place of the flat film lies now, and whether it can be seen there; shape (n,)."""
        place, visible = flat_mm, np.ones(flat_mm.shape, bool)
        for distance, azimuth, shorter, _ in self.creases:
            normal = np.exp(1j * azimuth)
            inside = _beyond(place, normal) - distance
            visible &= (inside <= 0) | (inside >= shorter)
            place = place - normal * np.clip(inside, 0.0, shorter)
        place = place + self._higher(place) if self._bent else place
        visible &= ~self._gone(flat_mm)
        for tear in self.tears:
            torn = _in_sector(place, tear)
            place = np.where(torn, _laid_back(place, tear), place)
            visible &= torn | ~_on_top(place, tear)
        return place, visible

    def cover(self, lies_mm: np.ndarray, soft_mm: float) -> np.ndarray:
        """How much film lies at a place, 0 to 1, with edges as wide as `soft_mm`; any shape."""
        covered = np.ones(lies_mm.shape)
        for tear in self.tears:
            on_top = _soft(_from_sector(_laid_where_it_was(lies_mm, tear), tear), soft_mm)
            left = 1.0 - _soft(_from_sector(lies_mm, tear), soft_mm)
            covered = covered * np.maximum(on_top, left)
        if not self.missing:
            return covered
        flat = self.flat(lies_mm)
        for sector in self.missing:
            covered = covered * (1.0 - _soft(_from_sector(flat, (*sector, 0.0)), soft_mm))
        return covered

    def _gone(self, flat_mm: np.ndarray) -> np.ndarray:
        gone = np.zeros(flat_mm.shape, bool)
        for sector in self.missing:
            gone |= _in_sector(flat_mm, (*sector, 0.0))
        return gone

    @property
    def _bent(self) -> bool:
        return bool(len(self.buckles)) or any(kink for *_, kink in self.creases)

    def _higher(self, place: np.ndarray) -> np.ndarray:
        """Places of parts that stand higher: they are seen further out, at the same angle."""
        # How far beside a fold the film still stands up, in mm; stiff film bends over some mm.
        kink_reach_mm = 3.0
        height = np.zeros(place.shape)
        for distance, azimuth, _, kink in self.creases:
            beside = np.abs(_beyond(place, np.exp(1j * azimuth)) - distance)
            height = height + kink * np.exp(-beside / kink_reach_mm)
        for middle in self.buckles:
            away = np.abs(place - middle) / self.buckle_size_mm
            height = height + self.buckle_mm * np.exp(-0.5 * away**2)
        return height * place / TILT_RADIUS_MM


def make_sheet(settings: SimulateSettings, rng: np.random.Generator) -> Sheet | None:
    """Lay the film; None where it is one flat sheet."""
    s = settings
    if not (s.creases or s.tears or s.missing or s.buckles):
        return None
    radius = s.film_radius_mm * np.sqrt(rng.uniform(0.1, 0.9, s.buckles))
    middles = radius * np.exp(2j * np.pi * rng.uniform(size=s.buckles))
    return Sheet(s.creases, s.tears, s.missing, middles, s.buckle_mm, s.buckle_size_mm)


def _beyond(place: np.ndarray, normal: complex) -> np.ndarray:
    """How far a place lies along a direction."""
    return place.real * normal.real + place.imag * normal.imag


def _from_sector(place: np.ndarray, sector: tuple[float, ...]) -> np.ndarray:
    """Distance of places from the edges of a sector, in mm, positive inside."""
    azimuth, degrees, apex = sector[:3]
    turned = place * np.exp(-1j * azimuth) - apex
    half = np.deg2rad(degrees) / 2
    return np.abs(turned) * np.sin(np.clip(half - np.abs(np.angle(turned)), -1.5, 1.5))


def _in_sector(place: np.ndarray, sector: tuple[float, ...]) -> np.ndarray:
    return _from_sector(place, sector) >= 0


def _laid_back(place: np.ndarray, tear: tuple[float, ...]) -> np.ndarray:
    """Where a place of a piece lies: turned about its apex, and moved."""
    pivot, shift = tear[2] * np.exp(1j * tear[0]), tear[3] * np.exp(1j * tear[4])
    return (place - pivot) * np.exp(1j * tear[5]) + pivot + shift


def _laid_where_it_was(place: np.ndarray, tear: tuple[float, ...]) -> np.ndarray:
    pivot, shift = tear[2] * np.exp(1j * tear[0]), tear[3] * np.exp(1j * tear[4])
    return (place - pivot - shift) * np.exp(-1j * tear[5]) + pivot


def _on_top(lies: np.ndarray, tear: tuple[float, ...]) -> np.ndarray:
    """Where a piece that was laid back lies, over what lies below it."""
    return _in_sector(_laid_where_it_was(lies, tear), tear)


def _soft(inside_mm: np.ndarray, soft_mm: float) -> np.ndarray:
    return np.clip(inside_mm / soft_mm + 0.5, 0.0, 1.0)
