"""Lay the groove straight: one row per sample along it, one column per offset across it.

It serves for looking: to tell the groove from the land, to judge a photograph, to draw. What is
heard is read from the photograph's own pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from groovescan.core.geometry.camera_model import angle_at, radius_at
from groovescan.core.geometry.projection import projection_of
from groovescan.core.results import GrooveMap, Photograph, Strip
from groovescan.runtime.threads import for_each

#: Samples taken at a time, and the largest part of the photograph that is held for them, in px.
_BLOCK_SAMPLES = 1 << 19
#: 32 MB of single precision: arbitrary, small beside what a decode needs.
_BLOCK_PX = 1 << 23
_KERNELS = {1: cv2.INTER_LINEAR, 3: cv2.INTER_CUBIC}


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Where the rows of a strip lie along the groove; see `Strip` for the fields."""

    turns: np.ndarray
    per_turn: int
    run_rows: int
    step_turns: float


def rows_throughout(groove_map: GrooveMap, step_px: float) -> Rows:
    """Rows along the whole groove, at most `step_px` apart."""
    per_turn = 64 * int(np.ceil(_circumference(groove_map) / step_px / 64))
    count = int(np.floor(groove_map.turns * per_turn))
    return Rows(
        turns=np.arange(count) / per_turn,
        per_turn=per_turn,
        run_rows=max(count, 1),
        step_turns=1 / per_turn,
    )


def rows_in_runs(
    groove_map: GrooveMap, step_px: float, run_rows: int, runs: int, *, every: int = 1
) -> Rows:
    """Rows in some short runs per turn, at the same angles, in every turn or in one of some."""
    step_turns = step_px / _circumference(groove_map)
    run = np.arange(runs)[:, None] / runs + step_turns * np.arange(run_rows)
    turns = np.arange(0, int(groove_map.turns), every)[:, None] + run.ravel()
    return Rows(
        turns=turns.ravel(), per_turn=runs * run_rows, run_rows=run_rows, step_turns=step_turns
    )


def rows_of_arc(
    groove_map: GrooveMap, step_px: float, first_turn: float, turns: int, rows: int
) -> Rows:
    """Rows on an arc of some turns that lie beside each other."""
    step_turns = step_px / _circumference(groove_map)
    place = first_turn + np.arange(turns)[:, None] + step_turns * np.arange(rows)
    return Rows(turns=place.ravel(), per_turn=rows, run_rows=rows, step_turns=step_turns)


def _circumference(groove_map: GrooveMap) -> float:
    return 2 * np.pi * float(groove_map.radius_px.max())


def lay_straight(
    photo: Photograph,
    groove_map: GrooveMap,
    *,
    reach_pitches: float,
    across_px: float,
    step_px: float = 1.0,
    rows: Rows | None = None,
    order: int = 3,
) -> Strip:
    """Sample the photograph along the groove map.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    groove_map : GrooveMap
        Where the groove runs.
    reach_pitches : float
        How far the strip reaches to either side of the groove, in pitches.
    across_px : float
        Distance between columns, in px.
    step_px : float
        Distance between rows at the outermost turn, in px, where `rows` does not say.
    rows : Rows, optional
        Where the rows lie; by default along the whole groove.
    order : {1, 3}
        Linear or cubic interpolation.

    Returns
    -------
    Strip
        Rows that leave the photograph are marked as not seen.
    """
    rows = rows or rows_throughout(groove_map, step_px)
    turns, count = rows.turns, len(rows.turns)
    half = int(np.ceil(reach_pitches * groove_map.pitch_px / across_px))
    offset = across_px * np.arange(-half, half + 1)
    radius = radius_at(groove_map, turns)
    spacing = np.stack(
        [radius_at(groove_map, turns - 1) - radius, radius_at(groove_map, turns + 1) - radius], 1
    )
    luminance = np.zeros((count, len(offset)), np.float32)
    visible = np.zeros(count, bool)
    projection = projection_of(groove_map)

    def lay(part: np.ndarray) -> None:
        """Sample some of the rows."""
        angle = angle_at(groove_map, turns[part])
        place, visible[part] = projection.rows(radius[part], offset, angle, photo.shape)
        luminance[part] = _sampled(photo, place, _KERNELS[order])

    for_each(lay, _parts(rows, len(offset)))
    return Strip(
        luminance=luminance,
        offset_px=offset.astype(np.float32),
        turns=turns,
        samples_per_turn=rows.per_turn,
        run_rows=rows.run_rows,
        step_turns=rows.step_turns,
        radius_px=radius,
        spacing_px=spacing.astype(np.float32),
        in_photograph=visible,
    )


def _parts(rows: Rows, columns: int) -> list[np.ndarray]:
    """The rows in parts that lie near each other: sectors of some turns."""
    # OpenCV lays out fewer than 32767 rows at once: a strip of few columns reaches that first.
    most_rows = 1 << 14
    count, per_turn = len(rows.turns), rows.per_turn
    across = -(-count // per_turn)
    index = np.arange(across * per_turn).reshape(across, per_turn)
    most = min(_BLOCK_SAMPLES // columns, most_rows)
    wide = max(1, min(rows.run_rows, per_turn, most // across))
    deep = max(1, most // wide)
    parts = [
        index[top : top + deep, left : left + wide].ravel()
        for left in range(0, per_turn, wide)
        for top in range(0, across, deep)
    ]
    return [part[part < count] for part in parts if part[0] < count]


def _sampled(photo: Photograph, place: np.ndarray, kernel: int) -> np.ndarray:
    """Light at places (x, y) in px."""
    # A cubic kernel takes two px beyond a place; and one to spare.
    reach_px = 3
    rows, columns = photo.shape
    # Of a single column, beyond the edge of the photograph, `cv2.remap` would never come to an end.
    last, some = np.array([columns - 1, rows - 1]), 2 * reach_px
    low = np.clip(np.floor(place.min(axis=(1, 2))) - reach_px, 0, np.maximum(last - some, 0))
    high = np.clip(np.ceil(place.max(axis=(1, 2))) + reach_px, np.minimum(some, last), last)
    (left, top), (right, bottom) = low.astype(int), high.astype(int)
    if place.shape[1] > 1 and (right - left + 1) * (bottom - top + 1) > _BLOCK_PX:
        middle = place.shape[1] // 2
        halves = np.split(place, [middle], axis=1)
        return np.concatenate([_sampled(photo, part, kernel) for part in halves])
    window = photo.window(slice(top, bottom + 1), slice(left, right + 1))
    # OpenCV itself tells places to no more than a thirty-second of a px.
    return cv2.remap(
        np.ascontiguousarray(window),
        place[0] - np.float32(left),
        place[1] - np.float32(top),
        kernel,
        borderMode=cv2.BORDER_REFLECT_101,
    )
