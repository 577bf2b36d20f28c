"""A strip as the sum of its grooves, and the parts of that model solved one by one.

Row by row, the strip is a level and its slope, plus the groove and its two neighbours, each
the template times a contrast at its own displacement. Contrast and level change slowly along
the groove and from turn to turn; the displacement does not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from groovescan.core.results import Strip
from groovescan.profile.model_limits import CELL_ROWS, LARGEST_CONTRAST_RATIO
from groovescan.profile.template import Template, normalised, solve_splines, spline_basis
from groovescan.strip.row_loops import between
from groovescan.strip.strip_arguments import GrooveRows, LandRows, TemplateTables
from groovescan.strip.strip_kernels import left_over, light_equations, lights, profile_terms


@dataclass(frozen=True, kw_only=True)
class StripFit:
    """State of the model of a strip.

    Attributes
    ----------
    displacement_px : ndarray of float32, shape (rows,)
    contrast, level, tilt : ndarray of float32, shape (rows,)
        Signed contrast of the groove, luminance of the land, its slope per px.
    template : Template
        Profile of a groove of contrast one.
    """

    displacement_px: np.ndarray
    contrast: np.ndarray
    level: np.ndarray
    tilt: np.ndarray
    template: Template


def neighbours(values: np.ndarray, per_turn: int) -> tuple[np.ndarray, np.ndarray]:
    """The values one turn before and one turn after each row; zero where there is none."""
    before, after = np.zeros_like(values), np.zeros_like(values)
    before[per_turn:], after[:-per_turn] = values[:-per_turn], values[per_turn:]
    return before, after


def squareness(strip: Strip, displacement_px: np.ndarray) -> np.ndarray:
    """Cosine of the angle between the groove and the strip, per row.

    Across the strip, a groove that runs aslant looks wider by its inverse.
    """
    along = strip.along_px.astype(np.float32)
    runs = in_runs(displacement_px, strip.run_rows)
    slope = ndimage.gaussian_filter1d(runs, 1.5, axis=1, order=1, mode="nearest").ravel() / along
    return 1 / np.sqrt(1 + slope * slope)


def in_runs(values: np.ndarray, length: int) -> np.ndarray:
    """Values, one run in a row: what does not lie side by side is not to be mixed."""
    length = length if length and len(values) % length == 0 else len(values)
    return values.reshape(-1, max(length, 1), *values.shape[1:])


def grooves_of(
    strip: Strip, fit: StripFit, lie: tuple[np.ndarray, np.ndarray] | None = None
) -> GrooveRows:
    """The groove of each row and its two neighbours.

    `lie`, of `lie_of`, is where they lie, if that is known.
    """
    at, square = lie or lie_of(strip, fit.displacement_px)
    return GrooveRows(at, square, _with_neighbours(fit.contrast, strip.samples_per_turn))


def tables_of(template: Template) -> TemplateTables:
    """A template, as the loops over a strip take it."""
    reach_px, steps_per_px = np.float32(template.reach_px), np.float32(template.steps_per_px)
    return TemplateTables(template.value, template.slope, reach_px, steps_per_px)


def lie_of(strip: Strip, displacement_px: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Place (px) and squareness of the groove and its two neighbours, shape (3, rows)."""
    at = _with_neighbours(displacement_px, strip.samples_per_turn)
    at[1:] += strip.spacing_px.T
    return at, _with_neighbours(squareness(strip, displacement_px), strip.samples_per_turn)


def _with_neighbours(values: np.ndarray, per_turn: int) -> np.ndarray:
    """The values, and `neighbours`, as float32 of shape (3, rows)."""
    found = np.zeros((3, len(values)), np.float32)
    found[0], found[1, per_turn:], found[2, :-per_turn] = (
        values,
        values[:-per_turn],
        values[per_turn:],
    )
    return found


def solve_profile(
    strip: Strip,
    fit: StripFit,
    trust: np.ndarray,
    pitch_px: float,
    rng: np.random.Generator,
    lie: tuple[np.ndarray, np.ndarray] | None = None,
) -> tuple[Template, float, float]:
    """Learn the template from a sample of the rows with good contrast.

    Returns
    -------
    template : Template
        As wide as the template of `fit`.
    peak : float
        What the contrast of `fit` has to be multiplied by for this template.
    unexplained : float
        Share of the strip's variance, level and slope apart, that it leaves.
    """
    # The profile has some forty terms, a row some thirty samples: arbitrary. Flat (docs/method.md,
    # constants).
    learn_rows = 2000
    basis = spline_basis(fit.template.reach_px, 0.4 * max(1.0, pitch_px / 6))
    strength = np.abs(fit.contrast)
    strong = np.flatnonzero(strength > 0.3 * np.percentile(strength, 80))
    rows = np.sort(rng.choice(strong, min(learn_rows, len(strong)), replace=False))
    # Level and slope are taken out of each row: learnt with them held at what an earlier
    # profile made of them, the profile would keep that profile's error.
    line = np.linalg.qr(np.stack([np.ones_like(strip.offset_px), strip.offset_px], axis=1))[0]
    design, target = profile_terms(
        strip.luminance[rows],
        strip.offset_px,
        line,
        GrooveRows(*(np.ascontiguousarray(part[:, rows]) for part in grooves_of(strip, fit, lie))),
        tables_of(fit.template),
        basis,
    )
    design, target = design.reshape(-1, basis.shape[1]), target.ravel()
    weight = trust[rows].ravel()
    weighted = design * weight[:, None]
    normal = (weighted.T @ design).astype(float)
    right_hand = (weighted.T @ target).astype(float)
    splines = solve_splines(normal, right_hand, fit.template.reach_px, pitch_px)
    explained = 2 * splines @ right_hand - splines @ normal @ splines
    template, peak = normalised(basis @ splines.astype(np.float32), fit.template.reach_px)
    return template, peak, float(1 - explained / (float(weight @ (target * target)) + 1e-20))


def solve_contrast(
    strip: Strip,
    fit: StripFit,
    trust: np.ndarray,
    spread: tuple[float, float],
    lie: tuple[np.ndarray, np.ndarray] | None = None,
) -> StripFit:
    """Solve level, slope and contrast by least squares in a moving window.

    The normal equations of each cell of some rows, not their solutions, are averaged with
    those of its surroundings, so that cells without groove or light weigh nothing.
    """
    normal, right_hand = light_equations(
        strip.luminance,
        trust,
        strip.offset_px,
        grooves_of(strip, fit, lie),
        tables_of(fit.template),
        CELL_ROWS,
        np.float32(LARGEST_CONTRAST_RATIO),
    )
    per_turn, run = strip.samples_per_turn // CELL_ROWS, strip.run_rows // CELL_ROWS
    normal = smooth_cells(normal, per_turn, spread, run)
    right_hand = smooth_cells(right_hand, per_turn, spread, run)
    rows = len(strip.luminance)
    level, tilt, contrast = (per_row(part, rows, run) for part in lights(normal, right_hand).T)
    return replace(fit, level=level, tilt=tilt / strip.offset_px[-1], contrast=contrast)


def residual(
    strip: Strip, fit: StripFit, lie: tuple[np.ndarray, np.ndarray] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Residual of the strip under the model, and the model's derivative by the displacement.

    Returns
    -------
    rest, slope : ndarray of float32, shape (rows, offsets)
    """
    return left_over(
        strip.luminance,
        strip.offset_px,
        LandRows(fit.level, fit.tilt),
        grooves_of(strip, fit, lie),
        tables_of(fit.template),
    )


def cells(rows: np.ndarray) -> np.ndarray:
    """Sums over cells of `CELL_ROWS` rows; the number of rows must be a multiple of it."""
    return rows.reshape(-1, CELL_ROWS, *rows.shape[1:]).sum(axis=1)


def per_row(values: np.ndarray, rows: int, run: int = 0) -> np.ndarray:
    """Linear interpolation from the middles of cells to rows, within runs of so many cells."""
    parts = in_runs(values, run)
    if len(parts) == 1:
        return between(np.ascontiguousarray(values), CELL_ROWS, rows)
    if parts.shape[1] == 1:
        return np.repeat(values.astype(np.float32), CELL_ROWS)
    middle = (np.arange(parts.shape[1]) + 0.5) * CELL_ROWS - 0.5
    place = np.clip((np.arange(parts.shape[1] * CELL_ROWS) - middle[0]) / CELL_ROWS, 0, None)
    lower = np.minimum(place.astype(int), max(parts.shape[1] - 2, 0))
    upper = np.minimum(lower + 1, parts.shape[1] - 1)
    share = np.clip(place - lower, 0, 1)
    return ((1 - share) * parts[:, lower] + share * parts[:, upper]).ravel().astype(np.float32)


def smooth_cells(
    values: np.ndarray,
    per_turn: int,
    spread: tuple[float, float],
    run: int = 0,
    *,
    own: bool = True,
) -> np.ndarray:
    """Average over cells along the groove (Gaussian) and with those of the next turns.

    `spread` gives the standard deviations, in cells and in turns; `run` the cells of a run,
    where there are gaps between them. Without `own` a cell's own turn does not count.
    """
    # How far across turns are averaged, over the standard deviation.
    far = 2.5
    along, across = spread
    runs = in_runs(values, run)
    if runs.shape[1] > 1:
        values = ndimage.gaussian_filter1d(runs, along, axis=1, mode="nearest", truncate=3).reshape(
            values.shape
        )
    if across <= 0 or len(values) <= per_turn:
        return values
    total, weight = (values, 1.0) if own else (np.zeros_like(values), 0.0)
    for turns in range(1, max(int(far * across), 1) + 1):
        share = np.exp(-0.5 * (turns / across) ** 2)
        before, after = neighbours(values, turns * per_turn)
        total, weight = total + share * (before + after), weight + 2 * share
    return total / weight
