"""How a reading goes on from sweep to sweep: how far it looks, and when it is done.

One photograph is read by it (`reading.displacement_reader`), and several (`joining.joint_reading`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Iteration:
    """Limits of the iteration, as they were chosen by the scores of drawn discs.

    Attributes
    ----------
    learnings : int
        Sweeps after which the profile is learnt anew, and once more from each row's own reading.
    profile_tiles : int
        Tiles of whose pixels the profile is learnt, at most. Flat (docs/method.md, constants).
    rounds : int
        Rounds about the best estimate, at most.
    converged_errors : float
        One more round tells nothing where the readings have moved by less than this share of their
        errors, rms: by its square, a sixth, noise is more than it could be, at the most.
    slowly_converged_errors : float
        The same where readings come apart only slowly, and move less in a round: what width and
        brightness carry, and what was rounded away.
    strayed_errors : float
        A single row that moved by more errors than this counts as if by so many.
    converged_fall : float
        Nor is it done while the median error has become less than this share of what it was.
    tolerance : float
        How far an estimate about which is read again may be off, in standard deviations.
    misfit, early_misfit : float
        What the model leaves of a loud groove, over the contrast: at last, and at first.
    usual_step_px : float
        How far a row is moved by one step, usually, in px: one that knows little stays near what
        its surroundings told.
    search_pitches : float
        How far a displacement is looked for that no slope leads to: nearly to where the next turn's
        begins, half a pitch.
    search_step_px, search_step_widths : float
        How far apart displacements are tried, in px, or, where that is more, in half widths of the
        groove: from the nearest of them the slope leads on.
    search_gain : float
        How much more a displacement has to explain, in units of the noise variance: among the some
        ten that are tried, chance alone explains 30 more (5.5 standard deviations) in less than one
        of a million rows.
    usual_misfit : float
        Misfit of a pixel, in the same unit, up to which nothing is looked for.
    usual_pitches : float
        Displacements are usually smaller than this share of the pitch.
    """

    learnings: int = 2
    profile_tiles: int = 100
    rounds: int = 4
    converged_errors: float = 0.4
    slowly_converged_errors: float = 0.2
    strayed_errors: float = 9.0
    converged_fall: float = 0.9
    tolerance: float = 0.05
    misfit: float = 0.06
    early_misfit: float = 0.25
    usual_step_px: float = 0.3
    search_pitches: float = 0.45
    search_step_px: float = 0.5
    search_step_widths: float = 0.7
    search_gain: float = 30.0
    usual_misfit: float = 1.5
    usual_pitches: float = 0.25

    def misfit_of(self, noise: float, contrast: float, *, early: bool) -> float:
        """Misfit of a pixel that is expected, in luminance."""
        return max(noise, (self.early_misfit if early else self.misfit) * contrast)

    def search_step(self, half_width_px: float, finest_px: float = 1.0) -> float:
        """Distance between displacements that are tried; `finest_px` is a px of the photograph."""
        return max(self.search_step_px * finest_px, self.search_step_widths * half_width_px)

    def tried_px(self, step_px: float, pitch_px: float) -> np.ndarray:
        """Displacements that are tried; float32, shape (n,)."""
        count = int(np.ceil(self.search_pitches * pitch_px / step_px))
        return (step_px * np.arange(-count, count + 1)).astype(np.float32)

    def unusual(self, tried_px: np.ndarray, pitch_px: float, noise: float = 1.0) -> np.ndarray:
        """Cost of displacements for being large, in units of `noise` squared; float32."""
        return ((noise * tried_px / (self.usual_pitches * pitch_px)) ** 2).astype(np.float32)

    def usual_costs(self, noise: float) -> tuple[float, float]:
        """Misfit of a pixel, and of a row, up to which nothing is looked for."""
        return self.usual_misfit * noise**2, self.search_gain / 3 * noise**2

    def has_converged(
        self,
        before: tuple[np.ndarray, np.ndarray],
        after: tuple[np.ndarray, np.ndarray],
        *,
        slowly: bool,
    ) -> bool:
        """Whether one more round would tell nothing.

        Parameters
        ----------
        before, after : tuple of ndarray of float32, shape (n,)
            Readings and their standard errors, in px, of two rounds; some of the rows will do.
        slowly : bool
            Whether readings come apart only slowly.
        """
        if np.median(after[1]) < self.converged_fall * np.median(before[1]):
            return False
        known = np.isfinite(after[1])
        if not known.any():
            return True
        moved = np.abs(after[0] - before[0])[known] / after[1][known]
        least = self.slowly_converged_errors if slowly else self.converged_errors
        return bool(np.mean(np.minimum(moved, self.strayed_errors) ** 2) < least**2)


#: The limits by which photographs are read.
ITERATION = Iteration()
