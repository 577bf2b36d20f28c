"""Learn the groove's profile from the photograph's own pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from groovescan.core.results import Photograph
from groovescan.modulation import modulation_of
from groovescan.profile.template import normalised, solve_splines, spline_basis
from groovescan.reading.iteration import ITERATION
from groovescan.reading.merged_turns import single_rows
from groovescan.reading.sweep import State, model_of, view
from groovescan.reading.tiles import RowGrid, Tile
from groovescan.runtime.threads import in_order
from groovescan.strip.row_loops import some


def learn(
    photo: Photograph,
    tiles: Sequence[Tile],
    grid: RowGrid,
    state: State,
    rng: np.random.Generator,
) -> State:
    """The state with a template learnt anew, from a sample of the pixels with good contrast.

    Level and slope of each pixel's land are held; so that an error that they share with the
    profile does not stay, the profile's own level and slope are solved with it.
    """
    # The profile has some forty terms: of so many pixels its error is far below a pixel's noise.
    # They are taken where the groove has this share of its usual contrast.
    # Flat (docs/method.md, constants). Of each tile many more are compared with the model, from
    # which to draw.
    most_pixels = 200_000
    strong_share = 0.3
    looked_at = 16_000
    most_tiles = ITERATION.profile_tiles
    template, model = state.template, model_of(grid, state)
    basis = spline_basis(template.reach_px, 0.4 * max(1.0, grid.pitch_px / 6))
    strong = strong_share * np.percentile(np.abs(some(state.contrast[grid.groove])), 80)
    chosen = rng.choice(len(tiles), min(most_tiles, len(tiles)), replace=False)
    blur = modulation_of(state.modulation).blur_estimator(template, state.blur_px)
    others = 2 if blur is None else 4
    size = basis.shape[1] + others
    normal, right_hand = np.zeros((size, size)), np.zeros(size)
    single = single_rows(grid, template)

    def equations(index: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Normal equations of the profile from one tile."""
        tile = tiles[index].some_slices(looked_at, rng)
        pixels = view(photo, tile, model)
        use = np.flatnonzero((np.abs(pixels.grooves[0]) > strong) & (pixels.trust > 0))
        if grid.locked:
            use = use[single[tile.row[tile.place[use]]]]
        if len(use) > most_pixels // most_tiles:
            use = np.sort(rng.choice(use, most_pixels // most_tiles, replace=False))
        place = pixels.place[:, use]
        own, beside = place if blur is None else blur.usual_place(place)
        light, other = pixels.grooves[0, use], pixels.grooves[2, use]
        grooves = basis[own] * light[:, None] + basis[beside] * other[:, None]
        more = [] if blur is None else blur.columns(place, pixels.grooves[:, use])
        design = np.column_stack([grooves, light, light * tile.offset_px[use], *more])
        wanted = pixels.rest[use] + light * template.value[own] + other * template.value[beside]
        weighted = design * pixels.trust[use, None]
        return weighted.T @ design, weighted.T @ wanted

    def add(found: tuple[np.ndarray, np.ndarray]) -> None:
        """Add the equations of a tile."""
        nonlocal normal, right_hand
        normal, right_hand = normal + found[0], right_hand + found[1]

    # each tile draws by itself, so that what is drawn does not depend on the number of threads
    jobs = zip(chosen.tolist(), rng.spawn(len(chosen)), strict=True)
    in_order(lambda job: equations(*job), add, list(jobs))
    if blur is not None:
        # As if it were known to a px: before the widths are, the pixels do not tell it.
        normal[-2:, -2:] += state.noise**2 * np.eye(2)
    splines, rest = _solved(normal, right_hand, template.reach_px, grid.pitch_px, others)
    learnt, peak = normalised(basis @ splines.astype(np.float32), template.reach_px)
    blur_px = state.blur_px if blur is None else blur.moved(rest[-1])
    contrast = state.contrast * np.float32(peak)
    return replace(state, template=learnt, contrast=contrast, blur_px=blur_px)


def _solved(
    normal: np.ndarray, right_hand: np.ndarray, reach_px: float, pitch_px: float, others: int
) -> tuple[np.ndarray, np.ndarray]:
    """Weights of the splines, the other unknowns eliminated (level, slope), and then those."""
    land = slice(len(right_hand) - others, None)
    profile = slice(0, len(right_hand) - others)
    ridge = 1e-6 * np.trace(normal[land, land][:2, :2]) * np.diag(np.arange(others) < 2)
    out = np.linalg.solve(
        normal[land, land] + ridge + 1e-20 * np.eye(others),
        np.c_[normal[land, profile], right_hand[land]],
    )
    reduced = np.c_[normal[profile, profile], right_hand[profile]] - normal[profile, land] @ out
    splines = solve_splines(reduced[:, :-1], reduced[:, -1], reach_px, pitch_px)
    return splines, out[:, -1] - out[:, :-1] @ splines
