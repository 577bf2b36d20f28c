"""Learn the groove's profile from the photograph's own pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from groovescan.groove.rows import some
from groovescan.groove.sweep import State, View, slant_of, view
from groovescan.groove.template import normalised, solve_splines, spline_basis
from groovescan.groove.tiles import Lane, Tile
from groovescan.results import Photograph
from groovescan.threads import mapped

_PIXELS = 200_000
_TILES = 100
_STRONG = 0.3


def learn(
    photo: Photograph, tiles: Sequence[Tile], lane: Lane, state: State, rng: np.random.Generator
) -> State:
    """The state with a template learnt anew, from a sample of the pixels with good contrast.

    Level and slope of each pixel's land are held; so that an error that they share with the
    profile does not stay, the profile's own level and slope are solved with it.
    """
    template, slant = state.template, slant_of(lane, state)
    basis = spline_basis(template.reach_px, 0.4 * max(1.0, lane.pitch_px / 6))
    strong = _STRONG * np.percentile(np.abs(some(state.contrast[lane.groove])), 80)
    chosen = rng.choice(len(tiles), min(_TILES, len(tiles)), replace=False)
    size = basis.shape[1] + 2
    normal, moment = np.zeros((size, size)), np.zeros(size)

    def seen_of(index: int) -> tuple[Tile, View]:
        tile = tiles[index]
        return tile, view(photo, tile, lane, state, slant)

    for tile, seen in mapped(seen_of, [int(index) for index in chosen]):
        use = np.flatnonzero((np.abs(seen.grooves[0]) > strong) & (seen.trust > 0))
        if len(use) > _PIXELS // _TILES:
            use = np.sort(rng.choice(use, _PIXELS // _TILES, replace=False))
        own, beside = seen.place[:, use]
        light, other = seen.grooves[0, use], seen.grooves[2, use]
        grooves = basis[own] * light[:, None] + basis[beside] * other[:, None]
        design = np.column_stack([grooves, light, light * tile.offset_px[use]])
        wanted = seen.rest[use] + light * template.value[own] + other * template.value[beside]
        weighted = design * seen.trust[use, None]
        normal += weighted.T @ design
        moment += weighted.T @ wanted
    splines = _solved(normal, moment, template.reach_px, lane.pitch_px)
    learnt, peak = normalised(basis @ splines.astype(np.float32), template.reach_px)
    return replace(state, template=learnt, contrast=state.contrast * np.float32(peak))


def _solved(normal: np.ndarray, moment: np.ndarray, reach_px: float, pitch_px: float) -> np.ndarray:
    """Weights of the splines, the common level and slope eliminated."""
    land = slice(len(moment) - 2, None)
    profile = slice(0, len(moment) - 2)
    ridge = 1e-6 * np.trace(normal[land, land]) * np.eye(2)
    out = np.linalg.solve(
        normal[land, land] + ridge + 1e-20 * np.eye(2), np.c_[normal[land, profile], moment[land]]
    )
    reduced = np.c_[normal[profile, profile], moment[profile]] - normal[profile, land] @ out
    return solve_splines(reduced[:, :-1], reduced[:, -1], reach_px, pitch_px)
