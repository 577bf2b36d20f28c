"""Tell the groove from the land, from a coarse strip.

A fringe does not say which of its sides is the groove, nor where in it the groove's middle
lies. The groove does: it keeps its width while the land between two modulated turns does not.
Some of the strip is read about each possible middle, and all of it about the one that leaves
the least. On a long side the strip has short runs of rows, spread over all turns, and some
arcs are read with as many rows as it takes to tell what was recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from groovescan.core.results import GrooveMap, Photograph, Reading, Strip
from groovescan.profile.model_limits import CELL_ROWS
from groovescan.runtime.threads import mapped
from groovescan.strip.straighten import (
    Rows,
    lay_straight,
    rows_in_runs,
    rows_of_arc,
    rows_throughout,
)
from groovescan.strip.strip_model import StripFit
from groovescan.strip.strip_solution import Solved, only_rows, reading_of_strip, solve

#: How far light counts on either side of the groove, in pitches: its own turn, and most of the
#: grooves beside it, which the model explains, too. Flat (docs/method.md, constants).
_REACH_PITCHES = 0.9
#: How far a strip must reach to be aligned, in pitches.
NEEDED_REACH_PITCHES = _REACH_PITCHES + 0.5
_CHOICE_RUN = 4 * CELL_ROWS
#: Arcs on which the programme is heard: how many, over how many turns, and rows of each turn.
_ARCS, _ARC_TURNS, _ARC_ROWS = 10, 3, 1536


@dataclass(frozen=True, kw_only=True)
class Aligned:
    """A strip read about the middle of the groove.

    Attributes
    ----------
    shift_px : float
        Distance of the groove's middle from the map's spiral.
    strip : Strip
        The strip about the shifted spiral.
    reading : Reading
        Displacement from the shifted spiral at the strip's rows.
    fit : StripFit
        What was found of each row, with the groove's profile.
    heard : tuple of Reading
        Stretches whose rows lie close enough to tell what was recorded; empty where the strip's
        own do.
    arcs : tuple of Solved
        What `heard` was read from, with a turn more before and after.
    """

    shift_px: float
    strip: Strip
    reading: Reading
    fit: StripFit
    heard: tuple[Reading, ...]
    arcs: tuple[Solved, ...]


def align(
    photo: Photograph,
    groove_map: GrooveMap,
    rows: Rows | None = None,
    *,
    choice_run: int = _CHOICE_RUN,
) -> Aligned:
    """Read a wide strip about each possible middle of the groove and take the best.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    groove_map : GrooveMap
        A first map, which may run beside the groove.
    rows : Rows, optional
        Where the strip's rows lie; by default along the whole groove.
    choice_run : int
        The middle is chosen by runs of so many of them, two on each turn at least: a whole number
        of `CELL_ROWS`.

    Returns
    -------
    Aligned
    """
    # The groove's middle may be anywhere between two lines of the fringe; the first, where the map
    # has it, is taken unless another leaves 1 % less.
    middles_pitches = (0.0, 0.5, 0.25, -0.25)
    as_good = 1.01
    iterations = 9
    strip = coarse_strip(photo, groove_map) if rows is None else _laid(photo, groove_map, rows)
    pitch, few = _pitch(strip), _thinned(strip, choice_run)
    tried = list(
        mapped(
            lambda middle: solve(
                _about(few, middle * pitch, pitch), iterations=iterations, turns=0.0
            ),
            middles_pitches,
        )
    )
    left = [_left(solved) for solved in tried]
    # From several middles the same groove is often found: the nearest to the map is as good.
    best = int(np.flatnonzero(np.array(left) <= as_good * min(left))[0])
    shift_px, fit = middles_pitches[best] * pitch, tried[best].fit
    if few is not strip:
        # From a middle that was off the groove was found, too, at a distance.
        shift_px += float(np.average(fit.displacement_px, weights=np.abs(fit.contrast) + 1e-9))

    def whole() -> Solved:
        """The whole strip about the middle that was chosen."""
        return tried[best] if few is strip else _again(strip, shift_px, pitch, fit)

    def arc(rows: Rows) -> Solved:
        """Some rows about the same middle."""
        laid = _laid(photo, groove_map, rows)
        return _again(laid, shift_px, pitch, fit, learn=False)

    jobs: list[Callable[[], Solved]] = [
        whole,
        *(partial(arc, rows) for rows in (_arcs(groove_map) if _in_runs(strip) else [])),
    ]
    (first, reading), *others = mapped(_read, jobs)
    return Aligned(
        shift_px=shift_px,
        strip=first.strip,
        reading=reading,
        fit=first.fit,
        heard=tuple(middle_turn(solved.strip, heard) for solved, heard in others),
        arcs=tuple(solved for solved, _ in others),
    )


def _read(solve_strip: Callable[[], Solved]) -> tuple[Solved, Reading]:
    """A fitted strip, and what it says of the displacement."""
    solved = solve_strip()
    return solved, reading_of_strip(solved, solved.fit.displacement_px)


def _again(
    strip: Strip, shift_px: float, pitch_px: float, fit: StripFit, *, learn: bool = True
) -> Solved:
    """Read a wide strip about the middle that was found, with the profile that was found."""
    # Started from what is known, fewer do.
    again = 6
    about = _about(strip, shift_px, pitch_px)
    return solve(about, iterations=again, template=fit.template, turns=0.0, learn=learn)


def coarse_strip(photo: Photograph, groove_map: GrooveMap) -> Strip:
    """A wide strip with few rows: throughout the groove, or in short runs on a long side."""
    # Rows of the strip at most, and those by which the middle is chosen.
    sample_rows = 64000
    step = _step(groove_map)
    rows = rows_throughout(groove_map, step)
    if len(rows.turns) > sample_rows:
        runs = int(sample_rows / CELL_ROWS / max(groove_map.turns, 1))
        rows = rows_in_runs(groove_map, step, CELL_ROWS, max(runs, 4))
    return _laid(photo, groove_map, rows)


def _step(groove_map: GrooveMap) -> float:
    # Rows of the coarse strip: a quarter of a pitch apart, and 3 px at the least, since a strip is
    # not what is heard. Flat (docs/method.md, constants).
    step_px = 3.0
    step_pitches = 0.25
    return max(step_px, step_pitches * groove_map.pitch_px)


def _laid(photo: Photograph, groove_map: GrooveMap, rows: Rows) -> Strip:
    # Samples across it: two to a px, which is all that a px holds; of wide pitches a tenth of it.
    # Flat (docs/method.md, constants).
    across_px = 0.5
    across_pitches = 0.1
    return lay_straight(
        photo,
        groove_map,
        rows=rows,
        reach_pitches=NEEDED_REACH_PITCHES,
        across_px=max(across_px, across_pitches * groove_map.pitch_px),
    )


def _arcs(groove_map: GrooveMap) -> list[Rows]:
    """The rows of arcs spread over the groove, at different angles."""
    place = (np.arange(_ARCS) + 0.5) / _ARCS * (groove_map.turns - _ARC_TURNS - 1)
    first = np.maximum(place, 0).astype(int) + np.arange(_ARCS) / _ARCS
    step = _step(groove_map)
    return [rows_of_arc(groove_map, step, turn, _ARC_TURNS, _ARC_ROWS) for turn in first]


def middle_turn(arc: Strip, reading: Reading) -> Reading:
    """The reading of an arc's middle turn, whose neighbours are known."""
    part = slice(_ARC_ROWS, 2 * _ARC_ROWS)
    return replace(
        reading,
        displacement_px=reading.displacement_px[part],
        standard_error_px=reading.standard_error_px[part],
        contrast=reading.contrast[part],
        samples_per_turn=round(1 / arc.step_turns),
    )


def _in_runs(strip: Strip) -> bool:
    return strip.run_rows < min(strip.samples_per_turn, len(strip.turns))


def _pitch(strip: Strip) -> float:
    return float(np.median(np.abs(strip.spacing_px)))


def _thinned(strip: Strip, choice_run: int) -> Strip:
    """Runs of rows at a few angles of each turn, enough to choose by."""
    # Enough to tell which of four middles is the groove's: arbitrary.
    choice_rows = 8000
    per_turn = strip.samples_per_turn
    turns = len(strip.turns) // per_turn
    length = strip.run_rows if _in_runs(strip) else choice_run
    wanted = max(choice_rows // (max(turns, 1) * length), 2)
    if turns < 3 or wanted * length * 2 > per_turn:
        return strip
    start = (np.arange(wanted) * (per_turn // length) // wanted)[:, None] * length
    within = (start + np.arange(length)).ravel()
    rows = (np.arange(turns)[:, None] * per_turn + within).ravel()
    return only_rows(strip, rows, run_rows=length, samples_per_turn=len(within))


def _about(strip: Strip, middle_px: float, pitch_px: float) -> Strip:
    """The part of a wide strip about another middle."""
    offset = strip.offset_px - np.float32(middle_px)
    use = np.abs(offset) <= _REACH_PITCHES * pitch_px
    return replace(
        strip,
        luminance=np.ascontiguousarray(strip.luminance[:, use]),
        offset_px=offset[use],
        radius_px=strip.radius_px + middle_px,
    )


def _left(solved: Solved) -> float:
    """Residual over the contrast where there is a groove, robust against dirt."""
    contrast = np.abs(solved.fit.contrast)
    rows = (contrast > 0.3 * np.percentile(contrast, 80)) & solved.strip.in_photograph
    if not rows.any():
        return np.inf
    return float(np.median(np.sqrt((solved.rest[rows] ** 2).mean(axis=1))))
