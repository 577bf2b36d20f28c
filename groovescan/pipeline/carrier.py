"""The modulation that carries the sound: where the settings leave it open, the groove itself tells.

Nearly all discs are lateral cuts. Only where a coarse strip shows as much sound in the groove's
width or brightness as in its displacement, and all round the disc, some turns are read as each of
them, and what the halves of the pixels agree on decides.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from groovescan.config.settings import GrooveSettings
from groovescan.core.memo import Memo
from groovescan.core.results import GrooveMap, Photograph
from groovescan.modulation import MODULATIONS, modulation_of
from groovescan.pipeline.locating import Located
from groovescan.pipeline.tracing import TracedGroove, trace_grooves
from groovescan.prediction.carrier_evidence import carrier_evidence
from groovescan.quality import measure
from groovescan.reading.displacement_reader import read

#: What another carrier has to measure at least, and above the lateral one, in dB.
_LEAST_DB, _BETTER_DB = 3.0, 6.0


def needs_light(settings: GrooveSettings) -> bool:
    """Whether the settings name a carrier that is told by light, and not by any value of it."""
    return modulation_of(settings.carrier).needs_light


def find_carrier(
    found: Located, settings: GrooveSettings, rpm: float, memo: Memo, *, harmonics: int
) -> str:
    """The modulation of a groove that was found.

    Parameters
    ----------
    found : Located
        The groove.
    settings, rpm
        As for `carrier_of`.
    memo : Memo
        Does the stages.
    harmonics : int
        Highest harmonic per turn that the map follows.

    Returns
    -------
    str
        'lateral', 'vertical' or 'brightness'.
    """
    if settings.modulation != "auto":
        return settings.modulation
    photo = found.photograph
    traced = memo(trace_grooves, photo, found.first_map, harmonics=harmonics)[0]
    return carrier_of(photo, traced, settings, rpm)


def carrier_of(
    photo: Photograph, traced: TracedGroove, settings: GrooveSettings, rpm: float
) -> str:
    """The modulation that carries the sound.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    traced : TracedGroove
        Where the groove runs, and what a coarse strip shows of it.
    settings : GrooveSettings
        What they say goes before what would be found.
    rpm : float
        Speed, in revolutions per minute.

    Returns
    -------
    str
        'lateral', 'vertical' or 'brightness'.
    """
    # Least ratio, to displacement, at which another carrier is tried. Of the lateral discs under
    # one lamp, four, or soft ones, none has more than 0.45; of one that is drawn too sharp, 0.8.
    tried_ratio = 0.55
    if settings.modulation != "auto":
        return settings.modulation
    evidence = carrier_evidence(traced.aligned)
    usual, *others = MODULATIONS
    if max(evidence.ratio.values()) < tried_ratio:
        return usual
    usual_db, *others_db = (
        _measured_db(photo, traced, settings.replace(modulation=name), rpm)
        for name in (usual, *others)
    )
    if max(others_db) < max(_LEAST_DB, usual_db + _BETTER_DB):
        return usual
    return evidence.likeliest


def better_carrier(
    photo: Photograph, traced: TracedGroove, settings: GrooveSettings, rpm: float
) -> str:
    """A carrier in which some turns have clearly more sound than in the one that was asked for.

    Parameters
    ----------
    photo, traced, settings, rpm
        As for `carrier_of`.

    Returns
    -------
    str
        As `carrier_of`; empty where nobody asked for one, or no other measures 6 dB more.
    """
    asked = settings.modulation
    if asked == "auto":
        return ""
    found = carrier_of(photo, traced, settings.replace(modulation="auto"), rpm)
    if found == asked:
        return ""
    theirs, ours = (
        _measured_db(photo, traced, settings.replace(modulation=each), rpm)
        for each in (found, asked)
    )
    return found if theirs > max(_LEAST_DB, ours + _BETTER_DB) else ""


def _measured_db(
    photo: Photograph, traced: TracedGroove, settings: GrooveSettings, rpm: float
) -> float:
    """Signal to noise ratio of some turns, as the halves of their pixels measure it, in dB."""
    part = _middle_of(traced.groove_map)
    quality = measure(read(photo, part, traced.aligned, settings, along=traced.along), rpm)
    found = quality.displacement_snr_db if quality is not None else -np.inf
    return found if np.isfinite(found) else -np.inf


def _middle_of(groove_map: GrooveMap) -> GrooveMap:
    """Some turns in the middle of a map, with the turns beside them."""
    # Turns that are read for it, in the middle of the groove.
    arc_turns = 2.0
    room = groove_map.spiral_turns - arc_turns
    if room <= 0:
        return groove_map
    first = round(room / 2 * groove_map.nodes_per_turn)
    last = first + int((arc_turns + 2) * groove_map.nodes_per_turn) + 1
    turns = first / groove_map.nodes_per_turn
    return replace(
        groove_map,
        radius_px=groove_map.radius_px[first:last],
        start_rad=groove_map.start_rad + groove_map.direction * 2 * np.pi * turns,
        lock_turns=None,
    )
