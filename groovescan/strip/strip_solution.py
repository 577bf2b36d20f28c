"""Fit a strip: the groove's profile, its contrast, and its displacement, row by row.

The profile is learnt from the strip, and the displacement of every row is a least-squares fit
of it (Gauss-Newton steps for all rows at once): at ordinary noise this comes as close to the
Cramer-Rao bound as a photograph allows, where a threshold or a centroid is far from it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from groovescan.core.results import Reading, Strip
from groovescan.core.statistics import DEVIATION_OF_MEDIAN
from groovescan.profile.model_limits import CELL_ROWS, LARGEST_DISPLACEMENT_PITCHES, NEIGHBOUR_TURNS
from groovescan.profile.template import REACH_PITCHES, Template, centred, empty
from groovescan.strip import strip_model as model
from groovescan.strip.confidence import snr_db, standard_error, trust_of
from groovescan.strip.displacement_search import search
from groovescan.strip.strip_kernels import steps_of
from groovescan.strip.strip_model import StripFit


@dataclass(frozen=True, kw_only=True)
class Solved:
    """A fitted strip.

    Attributes
    ----------
    strip : Strip
        The strip, cut to whole cells.
    fit : StripFit
        Its model.
    rest, slope : ndarray of float32, shape (rows, offsets)
        What the model leaves, and its derivative by the displacement.
    trust : ndarray of float32, shape (rows, offsets)
        Weight of each pixel of the strip, 0 to 1.
    noise : float
        Robust standard deviation of `rest`.
    """

    strip: Strip
    fit: StripFit
    rest: np.ndarray
    slope: np.ndarray
    trust: np.ndarray
    noise: float


def solve(
    strip: Strip,
    *,
    iterations: int,
    template: Template | None = None,
    turns: float = NEIGHBOUR_TURNS,
    learn: bool = True,
) -> Solved:
    """Fit the model of the strip: profile, contrast, level and displacement in turn.

    A template that is given is the start, or, without `learn`, what stands.
    """
    # Contrast is averaged over so many cells along the groove, and turns across it. A first
    # reading does not average across, so that the first and the last turn stay what they are.
    cells = 1.0
    # In these steps each row's displacement is looked for far and wide.
    searches = (2, 4)
    strip = _whole_cells(strip)
    pitch = float(np.median(np.abs(strip.spacing_px)))
    rng = np.random.default_rng(0)
    fit = _first_fit(strip, template or empty(REACH_PITCHES * pitch))
    trust = np.repeat(
        strip.in_photograph[:, None].astype(np.float32), strip.luminance.shape[1], axis=1
    )
    early = max(iterations - 3, 1)
    for step in range(iterations):
        lie = model.lie_of(strip, fit.displacement_px)
        if learn and step < early and (template is None or step > 1):
            fit = _relearn(strip, fit, trust, pitch, rng, lie, widen=step == early - 1)
            lie = model.lie_of(strip, fit.displacement_px)
        fit = model.solve_contrast(strip, fit, trust, (cells, turns), lie)
        rest, slope = model.residual(strip, fit, lie)
        noise = _spread_of(rest, strip.in_photograph)
        if step > searches[0]:
            trust = trust_of(strip, fit, rest, noise)
        if step in searches:
            fit = search(strip, fit, noise, pitch, LARGEST_DISPLACEMENT_PITCHES * pitch, lie)
        else:
            fit = _step(fit, rest, slope, trust, pitch)
    rest, slope = model.residual(strip, fit)
    return Solved(strip=strip, fit=fit, rest=rest, slope=slope, trust=trust, noise=noise)


def reading_of_strip(solved: Solved, displacement_px: np.ndarray) -> Reading:
    """Displacement and confidence of a fitted strip."""
    error = standard_error(solved.strip, solved.fit, solved.rest, solved.trust)
    return Reading(
        displacement_px=displacement_px.astype(float),
        standard_error_px=error,
        contrast=solved.fit.contrast,
        samples_per_turn=solved.strip.samples_per_turn,
        snr_db=snr_db(displacement_px, error),
    )


def _spread_of(rest: np.ndarray, seen: np.ndarray) -> float:
    """Robust standard deviation of the rows that were seen, from a sample of the values."""
    # So many values tell a median to half a percent.
    enough = 50_000
    rows = rest if seen.all() else rest[seen]
    sample = np.abs(rows.ravel()[:: max(1, rows.size // enough)])
    if not len(sample):
        return 1e-9
    middle = len(sample) // 2
    # `np.median`, by one partition instead of three
    parted = np.partition(sample, middle)
    upper = float(parted[middle])
    lower = upper if len(sample) % 2 else float(parted[:middle].max())
    return DEVIATION_OF_MEDIAN * (lower + upper) / 2 + 1e-9


def only_rows(strip: Strip, rows: np.ndarray | slice, **layout: Any) -> Strip:
    """Some rows of a strip; `layout` says what becomes of its runs and turns."""
    return replace(
        strip,
        luminance=strip.luminance[rows],
        turns=strip.turns[rows],
        radius_px=strip.radius_px[rows],
        spacing_px=strip.spacing_px[rows],
        in_photograph=strip.in_photograph[rows],
        **layout,
    )


def _whole_cells(strip: Strip) -> Strip:
    count = len(strip.luminance) // CELL_ROWS * CELL_ROWS
    if count == len(strip.luminance):
        return strip
    return only_rows(strip, slice(0, count), run_rows=min(strip.run_rows, count))


def _first_fit(strip: Strip, template: Template) -> StripFit:
    """Contrast from the commonest shape of the cells' mean profiles, which has no sign."""
    count, run = len(strip.luminance), strip.run_rows // CELL_ROWS
    mean = model.cells(strip.luminance) / CELL_ROWS
    line = np.linalg.qr(np.stack([np.ones_like(strip.offset_px), strip.offset_px], axis=1))[0]
    shape = mean - mean @ line @ line.T
    size = np.abs(shape).sum(axis=1)
    usual = shape[(size < 5 * np.median(size)) & model.cells(strip.in_photograph).astype(bool)]
    common = np.linalg.svd(usual if len(usual) else shape, full_matrices=False)[2][0]
    contrast = shape @ common
    contrast = contrast / (np.percentile(np.abs(contrast), 80) + 1e-12)
    zero = np.zeros(count, np.float32)
    return StripFit(
        displacement_px=zero,
        contrast=model.per_row(np.clip(contrast, -2, 2), count, run),
        level=model.per_row(mean.mean(axis=1), count, run),
        tilt=zero,
        template=template,
    )


def _relearn(
    strip: Strip,
    fit: StripFit,
    trust: np.ndarray,
    pitch_px: float,
    rng: np.random.Generator,
    lie: tuple[np.ndarray, np.ndarray],
    *,
    widen: bool,
) -> StripFit:
    # A profile is widened while that lessens what it leaves unexplained by this share.
    widening_gain = 0.95
    wider_pitches = (0.6, 0.7, 0.8)
    template, peak, left = model.solve_profile(strip, fit, trust, pitch_px, rng, lie)
    for reach in wider_pitches if widen else ():
        wider = replace(fit, template=empty(reach * pitch_px))
        other, other_peak, less = model.solve_profile(strip, wider, trust, pitch_px, rng, lie)
        if less < widening_gain * left:
            template, peak, left = other, other_peak, less
    template, moved = centred(template)
    return replace(
        fit,
        template=template,
        contrast=fit.contrast * np.float32(peak),
        displacement_px=fit.displacement_px + np.float32(moved),
    )


def _step(
    fit: StripFit, rest: np.ndarray, slope: np.ndarray, trust: np.ndarray, pitch_px: float
) -> StripFit:
    # A slope leads no further than half a flank; steps are shortened, since neighbours move, too;
    # and rows without contrast are held by a small part of what is usual. Flat (docs/method.md,
    # constants).
    largest_step_px = 0.5
    damp = 0.7
    ridge = 5e-4
    gradient, hessian = steps_of(rest, slope, trust)
    step = gradient / (hessian + ridge * np.percentile(hessian, 80) + 1e-20)
    step = damp * np.clip(step, -largest_step_px, largest_step_px)
    limit = LARGEST_DISPLACEMENT_PITCHES * pitch_px
    moved = np.clip(fit.displacement_px + step, -limit, limit).astype(np.float32)
    return replace(fit, displacement_px=moved)
