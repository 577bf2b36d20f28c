"""The page of a decode: lays the groove straight once more, for looking at, and draws it."""

from __future__ import annotations

import datetime
from dataclasses import replace

import numpy as np

from groovescan.core.account import Cue
from groovescan.core.geometry.camera_model import angle_at, radius_at
from groovescan.core.geometry.projection import projection_of
from groovescan.core.results import Decoded, GrooveMap, Photograph, Reading, Strip
from groovescan.reporting import page
from groovescan.reporting.page import Close, PlayerTrack, heard_at_s
from groovescan.strip.straighten import lay_straight

#: Columns of a strip in a pitch: as fine as its pixels, or finer.
_ACROSS = 12


def report(
    photo: Photograph,
    decoded: Decoded,
    *,
    others: tuple[PlayerTrack, ...] = (),
    cues: tuple[Cue, ...] = (),
    command: str = "",
    version: str = "",
    made: datetime.date | None = None,
) -> str:
    """The report of a decode, with a player, as one HTML page.

    Parameters
    ----------
    photo : Photograph
        The photograph that was decoded.
    decoded : Decoded
        What came of it.
    others : tuple of PlayerTrack
        Other sounds of the same reading; the decode's own listening copy where left out.
    cues : tuple of Cue
        Cuts and bands, which become chapters of the page.
    command : str
        The command that makes the same again.
    version : str
        Version of the program.
    made : datetime.date, optional
        When it was decoded.

    Returns
    -------
    str
        HTML, to be written as UTF-8.
    """
    return page(
        photo,
        decoded,
        turns=all_turns(photo, decoded.groove_map),
        close=close_up(photo, decoded),
        others=others or listening_copy(decoded),
        cues=cues,
        command=command,
        version=version,
        made=made,
    )


def listening_copy(decoded: Decoded) -> tuple[PlayerTrack, ...]:
    """The listening copy of a decode, where it was asked for."""
    if decoded.restored is None:
        return ()
    return (
        PlayerTrack(name="Listening copy", waveform=decoded.restored, time_s=heard_at_s(decoded)),
    )


def all_turns(photo: Photograph, groove_map: GrooveMap) -> Strip:
    """The whole groove laid straight, as coarsely as a screen shows it."""
    # Columns of a screen, less its margins.
    most_columns = 1500
    circumference = 2 * np.pi * float(groove_map.radius_px.max())
    return lay_straight(
        photo,
        groove_map,
        step_px=max(1.0, circumference / most_columns),
        reach_pitches=0.5,
        across_px=max(0.5, groove_map.pitch_px / _ACROSS),
        order=1,
    )


def close_up(photo: Photograph, decoded: Decoded) -> Close:
    """The loudest stretch that was read well, laid straight with its neighbours."""
    # A few waves of a low voice, each of which is still seen: arbitrary from 0.03 to 0.1.
    close_s = 0.06
    reading, rpm = decoded.reading, decoded.settings.sound.rpm
    length = min(close_s * rpm / 60, 0.9, len(reading.displacement_px) / reading.samples_per_turn)
    start = _loudest(reading, max(1, round(length * reading.samples_per_turn)))
    return stretch(photo, decoded.groove_map, start / reading.samples_per_turn, length)


def stretch(photo: Photograph, groove_map: GrooveMap, start_turns: float, turns: float) -> Close:
    """A stretch of the groove laid straight, finely, with its neighbours.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    groove_map : GrooveMap
        Where the groove runs.
    start_turns, turns : float
        Where it begins, and its length, in turns; a part of a turn, since the photograph about
        it is read at once.

    Returns
    -------
    Close
    """
    # The turns on both sides, whole.
    close_reach_pitches = 1.7
    near, moved = _cropped(photo, _part(groove_map, start_turns, turns))
    strip = lay_straight(
        near,
        moved,
        step_px=1.0,
        reach_pitches=close_reach_pitches,
        across_px=min(0.25, groove_map.pitch_px / _ACROSS),
    )
    return Close(strip=strip, start_turns=start_turns)


def _loudest(reading: Reading, length: int) -> int:
    """First sample of the loudest stretch without many gaps."""
    known = np.isfinite(reading.standard_error_px)
    power = np.where(known, reading.displacement_px**2, 0.0)
    usual = np.mean(power) + 1e-12
    worth = np.cumsum(np.r_[0.0, np.minimum(power, 20 * usual) - 30 * usual * ~known])
    return int(np.argmax(worth[length:] - worth[:-length]))


def _part(groove_map: GrooveMap, start_turns: float, length: float) -> GrooveMap:
    """A map of a stretch alone, with a turn before and after it."""
    per_turn = groove_map.nodes_per_turn
    count = int(np.ceil(length * per_turn)) + 2 * per_turn + 1
    turns = start_turns - 1 + np.arange(count) / per_turn
    return replace(
        groove_map,
        start_rad=float(angle_at(groove_map, start_turns)),
        radius_px=radius_at(groove_map, turns),
    )


def _cropped(photo: Photograph, part: GrooveMap) -> tuple[Photograph, GrooveMap]:
    """The photograph about a stretch, so that its spline costs what the stretch does."""
    turns = np.linspace(0, part.turns, 200)
    x, y = projection_of(part).project(radius_at(part, turns), angle_at(part, turns))
    rows, columns = photo.shape
    margin = 3 * part.pitch_px + 8
    left, right = np.clip([x.min() - margin, x.max() + margin], 0, columns - 1).astype(int)
    top, bottom = np.clip([y.min() - margin, y.max() + margin], 0, rows - 1).astype(int)
    corner = np.array([left, top])
    camera = replace(
        part.camera,
        centre_px=part.camera.centre_px - corner,
        middle_px=part.camera.middle_px - corner,
    )
    block = photo.window(slice(top, bottom + 1), slice(left, right + 1))
    near = Photograph(
        luminance=block, name=photo.name, bits=photo.bits, dpi=photo.dpi, channel=photo.channel
    )
    return near, replace(part, camera=camera)
