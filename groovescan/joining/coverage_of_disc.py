"""The parts of the disc that photographs show, and those that none of them does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from groovescan.core.geometry.camera_model import angle_at
from groovescan.core.joined import MissingSector
from groovescan.core.results import GrooveMap, Reading
from groovescan.joining.placements import Placement
from groovescan.joining.registration.arcs import Arc

#: One for each degree, in which people are told what is missing.
_SECTORS = 360
#: A sector is missing where less of its groove is read, and told where it is so wide, in degrees.
_LEAST_READ, _LEAST_DEGREES = 0.2, 2


def shown_sectors(arcs: Sequence[Arc], placements: dict[int, Placement]) -> dict[int, np.ndarray]:
    """Which degrees of the disc each photograph shows; bool, shape (360,)."""
    shown = {number: np.zeros(_SECTORS, bool) for number in placements}
    for arc in arcs:
        if arc.photograph not in placements:
            continue
        image = arc.image_px(arc.radius_px.mean(axis=0), arc.angle_rad)
        angle = np.unwrap(np.angle(placements[arc.photograph].on_disc(image)))
        ends = np.sort(angle[[0, -1]]) / (2 * np.pi) * _SECTORS
        sectors = np.arange(int(np.floor(ends[0])), int(np.ceil(ends[1]))) % _SECTORS
        shown[arc.photograph][sectors] = True
    return shown


def shown_share(arcs: Sequence[Arc], placements: dict[int, Placement]) -> float:
    """Share of the disc's angles that some photograph shows, 0 to 1."""
    return float(np.any(list(shown_sectors(arcs, placements).values()), axis=0).mean())


def missing_sectors(groove_map: GrooveMap, reading: Reading) -> tuple[MissingSector, ...]:
    """Sectors of the disc in which next to nothing was read.

    Parameters
    ----------
    groove_map : GrooveMap
        Where the groove runs on the disc.
    reading : Reading
        What was read of it.
    """
    read = np.isfinite(reading.standard_error_px)
    turns = np.arange(len(read)) / reading.samples_per_turn
    angle = np.mod(angle_at(groove_map, turns) / (2 * np.pi), 1) * _SECTORS
    sector = angle.astype(int) % _SECTORS
    count = np.bincount(sector, minlength=_SECTORS)
    missing = np.bincount(sector, read, _SECTORS) < _LEAST_READ * np.maximum(count, 1)
    return as_sectors(missing, groove_map.turns)


def as_sectors(missing: np.ndarray, turns: float) -> tuple[MissingSector, ...]:
    """Degrees that are missing as sectors.

    Parameters
    ----------
    missing : ndarray of bool, shape (360,)
        Which degrees are missing.
    turns : float
        Length of the groove.
    """
    if not missing.any() or missing.all():
        return ()
    begin = int(np.argmin(missing))  # one that is shown, so that no gap lies across the beginning
    edges = np.flatnonzero(np.diff(np.r_[0, np.roll(missing, -begin).astype(int), 0]))
    return tuple(
        MissingSector(
            first_deg=float((first + begin) % _SECTORS),
            last_deg=float((last + begin) % _SECTORS),
            first_turn=0.0,
            last_turn=turns,
        )
        for first, last in edges.reshape(-1, 2)
        if last - first >= _LEAST_DEGREES
    )
