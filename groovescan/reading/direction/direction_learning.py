"""Learn the groove's profile in each direction from the photograph's own pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from groovescan.core.results import Photograph
from groovescan.profile.template import spline_basis
from groovescan.reading.direction.direction_profile import (
    DIRECTIONS,
    DirectionProfile,
    harmonics_of,
    profile_of,
)
from groovescan.reading.direction.direction_sweep import DirectionPixels, TurnedRows, compare_pixels
from groovescan.reading.iteration import ITERATION
from groovescan.reading.sweep import State
from groovescan.reading.tiles import RowGrid, Tile
from groovescan.runtime.threads import in_order


@dataclass(frozen=True, kw_only=True)
class LearntProfile:
    """A profile that was learnt.

    Attributes
    ----------
    profile : DirectionProfile
        Its largest value is one.
    peak : float
        What that was before.
    left : dict of int to float
        Mean squared light that each number of harmonics leaves of pixels that it was not learnt
        from.
    """

    profile: DirectionProfile
    peak: float
    left: dict[int, float]


@dataclass(frozen=True, kw_only=True)
class _ProfileEquations:
    """Normal equations of a profile's weights, with the squared light that is to be explained."""

    normal: np.ndarray
    right: np.ndarray
    square: float
    trust: float
    splines: int

    def __add__(self, other: _ProfileEquations) -> _ProfileEquations:
        return replace(
            self,
            normal=self.normal + other.normal,
            right=self.right + other.right,
            square=self.square + other.square,
            trust=self.trust + other.trust,
        )

    def part(self, harmonics: int) -> tuple[np.ndarray, np.ndarray]:
        """Equations of the weights of so many harmonics, of a profile and of the land."""
        per = len(self.right) // (self.splines + 1)
        most = (per - 1) // 2
        one = np.r_[0, 1 : harmonics + 1, most + 1 : most + 1 + harmonics]
        part = (np.arange(self.splines + 1)[:, None] * per + one).ravel()
        return self.normal[np.ix_(part, part)], self.right[part]

    def weights(self, harmonics: int) -> np.ndarray:
        """The weights, compact and smooth; those of the land are the last ones."""
        # Share of the equations' size by which what lies far out, and what bends, is held back: as
        # for one profile (`groovescan.profile.template.solve_splines`), and ten times that, since
        # many weights share the same pixels.
        share = 1e-4
        normal, right = self.part(harmonics)
        per = 2 * harmonics + 1
        place, bend = np.linspace(-1, 1, self.splines), np.diff(np.eye(self.splines), 2, axis=0)
        prior = np.zeros((self.splines + 1, self.splines + 1))
        prior[:-1, :-1] = np.diag(0.01 + place**8) + bend.T @ bend
        prior[-1, -1] = 0.1
        size = np.trace(normal[:-per, :-per]) / (self.splines * per)
        held = share * size * np.kron(prior, np.eye(per))
        return np.linalg.solve(normal + held + 1e-20 * np.eye(len(right)), right)

    def left(self, weights: np.ndarray, harmonics: int) -> float:
        """Squared light that these weights leave."""
        normal, right = self.part(harmonics)
        return float(weights @ normal @ weights - 2 * weights @ right + self.square)


def learn_profile(
    photo: Photograph,
    tiles: Sequence[Tile],
    grid: RowGrid,
    state: State,
    rows: TurnedRows,
    before: DirectionProfile,
    rng: np.random.Generator,
    *,
    harmonics: tuple[int, ...],
    most_pixels: int = 120_000,
) -> LearntProfile:
    """Learn the profile from a sample of the pixels.

    Parameters
    ----------
    photo, tiles, grid, state, rows
        The photograph, where its pixels lie, and what is known of the rows.
    before : DirectionProfile
        The profile that stands; it tells the reach of the new one.
    rng : numpy.random.Generator
        Draws the pixels.
    harmonics : tuple of int
        Numbers of harmonics to try. That is taken which leaves least of pixels that nothing was
        learnt from (cross-validation; Stone 1974).
    most_pixels : int
        Pixels at most.

    Returns
    -------
    LearntProfile
    """
    most_tiles = ITERATION.profile_tiles
    # Of each tile so many times the pixels that are drawn of it are compared with the model, since
    # not all show the groove: arbitrary.
    looked_at = 8
    knot_px = 0.4 * max(1.0, grid.pitch_px / 6)
    basis = spline_basis(before.reach_px, knot_px)
    chosen = rng.choice(len(tiles), min(most_tiles, len(tiles)), replace=False)
    most, of_each = max(harmonics), most_pixels // len(chosen)
    around = harmonics_of(np.arange(DIRECTIONS) * (2 * np.pi / DIRECTIONS), most)

    def equations(job: tuple[int, np.random.Generator]) -> list[_ProfileEquations]:
        """Those of every other one of a tile's pixels, and of the rest."""
        index, draw = job
        tile = tiles[index].some_slices(looked_at * of_each, draw)
        pixels = compare_pixels(photo, tile, grid, state, rows, before)
        use = np.flatnonzero(pixels.trust > 0)
        if len(use) > of_each:
            use = np.sort(draw.choice(use, of_each, replace=False))
        return [_equations(pixels, half, before, basis, around) for half in (use[::2], use[1::2])]

    halves: list[_ProfileEquations] = []

    def add(found: list[_ProfileEquations]) -> None:
        """Add a tile to both halves."""
        nonlocal halves
        halves = [a + b for a, b in zip(halves, found, strict=True)] if halves else found

    in_order(equations, add, list(zip(chosen.tolist(), rng.spawn(len(chosen)), strict=True)))
    one, other = halves
    left = {
        count: (one.left(other.weights(count), count) + other.left(one.weights(count), count))
        / max(one.trust + other.trust, 1e-9)
        for count in harmonics
    }
    best = min(left, key=lambda count: left[count])
    weights = (one + other).weights(best).reshape(one.splines + 1, -1)[:-1]
    profile = profile_of(weights.astype(np.float32), before.reach_px, knot_px)
    peak = float(np.abs(profile.value).max()) or 1.0
    profile = profile_of((weights / peak).astype(np.float32), before.reach_px, knot_px)
    return LearntProfile(profile=profile, peak=peak, left=left)


def _equations(
    pixels: DirectionPixels,
    use: np.ndarray,
    before: DirectionProfile,
    basis: np.ndarray,
    around: np.ndarray,
) -> _ProfileEquations:
    """What some pixels tell of the profile."""
    value = before.value[pixels.bin[:, use], pixels.place[:, use]]
    wanted = pixels.rest[use] + (pixels.contrast[:, use] * value).sum(axis=0)
    design = _design(pixels, use, basis, around)
    weighed = design * pixels.trust[use, None]
    return _ProfileEquations(
        normal=(weighed.T @ design).astype(float),
        right=(weighed.T @ wanted).astype(float),
        square=float((pixels.trust[use] * wanted**2).sum()),
        trust=float(pixels.trust[use].sum()),
        splines=basis.shape[1],
    )


def _design(
    pixels: DirectionPixels, use: np.ndarray, basis: np.ndarray, around: np.ndarray
) -> np.ndarray:
    """Derivative of the pixels' light by the weights, and by those of the land; float32."""
    count, per = len(use), around.shape[1]
    found = np.zeros((count, basis.shape[1], per), np.float32)
    for groove in range(2):
        across = basis[pixels.place[groove, use]] * pixels.contrast[groove, use, None]
        found += across[:, :, None] * around[pixels.bin[groove, use]][:, None, :]
    land = pixels.contrast[0, use, None] * around[pixels.bin[0, use]]
    return np.concatenate([found.reshape(count, basis.shape[1] * per), land], axis=1)
