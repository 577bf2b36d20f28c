"""The pieces of a sound: cuts that are not connected, and bands between which turns lie apart."""

from __future__ import annotations

import numpy as np

from groovescan.core.account import Cue
from groovescan.core.cuts import Cut
from groovescan.core.results import Decoded


def cues_of(decoded: Decoded) -> tuple[Cue, ...]:
    """The pieces of a disc, in the order in which they are played.

    Parameters
    ----------
    decoded : Decoded
        The result of a decode.

    Returns
    -------
    tuple of Cue
        A cut that has bands is told band by band. Nothing where the disc is one piece.
    """
    several = len(decoded.cuts) > 1
    cues: list[Cue] = []
    for number, cut in enumerate(decoded.cuts, start=1):
        name = f"Cut {number}"
        if len(cut.bands_turns) > 1:
            cues += _bands(cut, decoded.settings.sound.rpm, f"{name}, band" if several else "Band")
        elif several:
            cues.append(Cue(start_s=cut.start_s, length_s=cut.duration_s, label=name))
    return tuple(cues)


def _bands(cut: Cut, rpm: float, name: str) -> list[Cue]:
    """The bands of a cut; what is crossed between two is the end of the first."""
    begin = _time_s(cut, cut.bands_turns[:, 0], rpm)
    begin[0] = 0.0
    end = np.append(begin[1:], cut.duration_s)
    return [
        Cue(start_s=float(cut.start_s + first), length_s=float(last - first), label=f"{name} {n}")
        for n, (first, last) in enumerate(zip(begin, end, strict=True), start=1)
    ]


def _time_s(cut: Cut, turns: np.ndarray, rpm: float) -> np.ndarray:
    """Time in the cut's sound at positions along its groove, in s."""
    clock = cut.account.clock
    if clock is None or clock.time_s is None:
        return np.clip(turns * 60 / rpm, 0.0, cut.duration_s)
    sample = turns * cut.reading.samples_per_turn
    time_s = clock.time_s - clock.time_s[0]
    return np.interp(sample, np.arange(len(time_s)), time_s)
