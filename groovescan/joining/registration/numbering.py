"""How the photographs of one disc are turned, and which turn is which.

Round the disc the matches have to agree: whoever goes round once comes to the next turn, inwards or
outwards as the spiral winds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from groovescan.joining.placements import Placement
from groovescan.joining.registration.arc_matching import ArcMatch
from groovescan.joining.registration.arcs import Arc

#: Matches agree with one another to so much of a turn.
_AGREE_TURNS = 0.25


@dataclass(frozen=True, kw_only=True)
class Numbered:
    """Photographs that lie on one disc.

    Attributes
    ----------
    placements : dict of int to Placement
        How each photograph lies, roughly; the one with the finest px is the base.
    base : int
        Its number.
    first_turns : dict of int to int
        Number on the disc of the first turn of each arc.
    sense : int
        1 where the groove's radius grows counter-clockwise on the disc, else -1.
    matches : tuple of ArcMatch
        Those that agree.
    """

    placements: dict[int, Placement]
    base: int
    first_turns: dict[int, int]
    sense: int
    matches: tuple[ArcMatch, ...]

    def angle_rad(self, arc: Arc, angle_rad: np.ndarray | float) -> np.ndarray:
        """Angle on the disc, roughly and without a jump, of an angle in an arc."""
        placement = self.placements[arc.photograph]
        return np.asarray(placement.hand * np.asarray(angle_rad) + placement.rotation_rad)


def groups_of(count: int, arcs: Sequence[Arc], matches: Sequence[ArcMatch]) -> list[list[int]]:
    """Photographs that hang together by matches, the largest group first.

    Of groups of as many photographs the one goes first that shows more of a disc.
    """
    group = list(range(count))
    for match in matches:
        a, b = (group[arcs[k].photograph] for k in (match.one, match.other))
        group = [a if each == b else each for each in group]
    shown = np.zeros(count)
    for arc in arcs:
        shown[arc.photograph] += arc.known.sum() * arc.step_rad
    groups = [[k for k in range(count) if group[k] == g] for g in dict.fromkeys(group)]
    return sorted(groups, key=lambda some: (-len(some), -float(shown[some].sum())))


def numbered(
    arcs: Sequence[Arc], matches: Sequence[ArcMatch], photographs: Sequence[int]
) -> list[Numbered]:
    """Lay out the photographs of a group, and count the turns through all of them.

    Parameters
    ----------
    arcs : sequence of Arc
        The arcs of all photographs.
    matches : sequence of ArcMatch
        The matches, the likeliest first.
    photographs : sequence of int
        The group.

    Returns
    -------
    list of Numbered
        Both, for either sense in which the spiral may wind, where photographs that do not go all
        round do not tell; else one.
    """
    mine = [m for m in matches if arcs[m.one].photograph in photographs]
    pitch = {arc.photograph: arc.pitch_px for arc in reversed(arcs)}
    base = max(photographs, key=lambda k: pitch[k])
    placements = _turned(arcs, mine, base, pitch)
    told = _winding(arcs, placements)
    found = []
    for sense in (told,) if told else (1, -1):
        first, agreeing = _counted(arcs, mine, placements, sense)
        found.append(
            Numbered(
                placements=placements,
                base=base,
                first_turns=first,
                sense=sense,
                matches=tuple(agreeing),
            )
        )
    likely = [sum(match.likely for match in each.matches) for each in found]
    return [each for each, sure in zip(found, likely, strict=True) if sure >= max(likely) - 1e-9]


def _turned(
    arcs: Sequence[Arc], matches: Sequence[ArcMatch], base: int, pitch: dict[int, float]
) -> dict[int, Placement]:
    """How the photographs are turned, from one to the next along the likeliest matches."""
    cameras = {arc.photograph: arc.camera for arc in reversed(arcs)}
    placements = {base: Placement(camera=cameras[base])}
    left = True
    while left:
        left = False
        for match in matches:
            one, other = (arcs[k].photograph for k in (match.one, match.other))
            if (one in placements) == (other in placements):
                continue
            known, new = (one, other) if one in placements else (other, one)
            start, ahead = placements[known], match.shift_rad
            turn = -start.hand * ahead if known == one else start.hand * match.hand * ahead
            placements[new] = Placement(
                camera=cameras[new],
                rotation_rad=start.rotation_rad + turn,
                scale=pitch[new] / pitch[base],
                mirrored=start.hand * match.hand < 0,
            )
            left = True
            break
    return placements


def _winding(arcs: Sequence[Arc], placements: dict[int, Placement]) -> int:
    """The sense in which the spiral winds, by arcs that go all round; 0 where there are none."""
    told = [
        arc.winding * placements[arc.photograph].hand
        for arc in arcs
        if arc.photograph in placements and abs(abs(arc.winding) - 1) < _AGREE_TURNS
    ]
    return int(np.sign(np.sum(told)))


def _counted(
    arcs: Sequence[Arc],
    matches: Sequence[ArcMatch],
    placements: dict[int, Placement],
    sense: int,
) -> tuple[dict[int, int], list[ArcMatch]]:
    """First turns of the arcs if the spiral winds in a sense, and the matches that agree."""

    def further(match: ArcMatch) -> float:
        """How far beyond its partner an arc reaches, in turns."""
        one, other = arcs[match.one], arcs[match.other]
        there = float(one.angle_rad.mean())
        angles = there, match.hand * (there + match.shift_rad)
        turned = [
            placements[arc.photograph].hand * angle + placements[arc.photograph].rotation_rad
            for arc, angle in zip((one, other), angles, strict=True)
        ]
        return -match.turns + sense * (turned[0] - turned[1]) / (2 * np.pi)

    first: dict[int, int] = {}
    first[max(matches, key=lambda m: m.likely).one if matches else 0] = 0
    left = True
    while left:
        left = False
        for match in matches:
            if (match.one in first) == (match.other in first):
                continue
            if match.one in first:
                first[match.other] = round(first[match.one] + further(match))
            else:
                first[match.one] = round(first[match.other] - further(match))
            # from the likeliest again: a weak match is not to count where a sure one will
            left = True
            break
    agreeing = [
        match
        for match in matches
        if match.one in first
        and abs(first[match.other] - first[match.one] - further(match)) < _AGREE_TURNS
    ]
    return first, agreeing
