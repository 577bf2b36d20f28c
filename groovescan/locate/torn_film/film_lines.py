"""Lines across the ring as folds and tears: which belong together, and what they move.

A fold is a chord: its line crosses the ring twice, and all beyond it is moved alike. The edges of
a piece that was torn off are lines by themselves, and the piece between two of them is moved.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from groovescan.core.statistics import wrapped_rad
from groovescan.locate.torn_film.fringe_jumps import JumpLine, RingPhase

#: Lines whose normals and distances, in rad and radii, differ by less are one chord: their slopes
#: are known to some hundredths.
_CHORD = 0.15


def without_other_end(ring: RingPhase, lines: tuple[JumpLine, ...]) -> list[JumpLine]:
    """Lines of whose chord the other end is not among them."""
    return [
        line for line in lines if min(_off_chord(ring, line, other) for other in lines) > _CHORD
    ]


def other_ends(ring: RingPhase, line: JumpLine) -> list[JumpLine]:
    """Where a chord along a line crosses the ring again, for slopes near its own."""
    # How far from a line's own slope the other end of its chord is looked for: its error.
    chord_slopes_rad = 0.003 * np.arange(-4, 5)
    found = []
    for slope in line.slope_rad + chord_slopes_rad:
        normal, _, _ = as_chord(ring, replace(line, slope_rad=float(slope)))
        angle = float((2 * normal - line.angle_rad) % (2 * np.pi))
        found.append(JumpLine(angle_rad=angle, slope_rad=-float(slope), strength=0.0))
    return found


def as_chord(ring: RingPhase, line: JumpLine) -> tuple[float, float, int]:
    """Direction of the normal, distance from the centre, and side of a line through the ring.

    Of a line at the distance d the angle changes with the radius r by side / (r tan a) where
    cos a = d / r.
    """
    radius, width = float(ring.radius_px.mean()), float(np.ptp(ring.radius_px))
    steep = radius * line.slope_rad / width
    side = 1 if steep >= 0 else -1
    away = np.arctan2(1.0, abs(steep))
    return line.angle_rad - side * away, radius * float(np.cos(away)), side


def moved_together(
    ring: RingPhase, lines: tuple[JumpLine, ...], sizes: np.ndarray
) -> list[list[int]]:
    """Pieces that were moved together: beyond each fold, and between other lines.

    Two lines that are one chord are a fold (or a straight tear): all beyond it is moved alike,
    whatever else parts it. Of what other lines part, all but the largest may be moved by itself.
    """
    count, moving, single = len(lines), [], list(range(len(lines)))
    chords = [(k, m) for k in range(count) for m in range(k + 1, count)]
    for k, m in sorted(chords, key=lambda pair: _off_chord(ring, lines[pair[0]], lines[pair[1]])):
        if _off_chord(ring, lines[k], lines[m]) < _CHORD and {k, m} <= set(single):
            single = [n for n in single if n not in (k, m)]
            moving.append(list(range(k, m)))
    between = [
        [n % count for n in range(first, last if last > first else last + count)]
        for first, last in zip(single, single[1:] + single[:1], strict=True)
    ]
    if len(between) > 1:
        between.remove(max(between, key=lambda part: int(sizes[part].sum())))
        moving += between
    return moving


def _off_chord(ring: RingPhase, one: JumpLine, other: JumpLine) -> float:
    """How far two lines are from being the two ends of one chord, in rad and in radii."""
    normal, distance, side = as_chord(ring, one)
    normal_2, distance_2, side_2 = as_chord(ring, other)
    if side == side_2:
        return np.inf
    apart = float(np.abs(wrapped_rad(np.array(normal - normal_2))))
    return apart + abs(distance - distance_2) / float(ring.radius_px.mean())
