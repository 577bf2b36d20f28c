"""Which of displacement, width and brightness a coarse strip shows to carry a sound.

A row of the strip and the next have no pixel's noise in common, but the sound they have: so the
mean product of what both say is the power of the sound alone. What a displacement does to the light
is odd about the middle of the groove, what width and brightness do is even: each is told by itself.
Round the disc a lamp changes how much of a sound shows in another carrier than its own, down to
nothing; what carries it shows it all round.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from groovescan.core.results import Strip
from groovescan.modulation import MODULATIONS, modulation_of, usual_modulation
from groovescan.prediction.programme import steady_of
from groovescan.profile.model_limits import CELL_ROWS
from groovescan.strip import strip_model as model
from groovescan.strip.groove_or_land import Aligned
from groovescan.strip.strip_model import in_runs
from groovescan.strip.strip_solution import only_rows

#: What is slower than so many rows is film and spiral.
_SLOW_ROWS = float(CELL_ROWS)


@dataclass(frozen=True, kw_only=True)
class CarrierEvidence:
    """Evidence of a strip for the carriers besides displacement.

    Attributes
    ----------
    ratio : dict of str to float
        Light that a sound moves by each other modulation, over what moves by the displacement, rms,
        in the sector where it is least (but for one); 0 where nothing is sure.
    power : dict of str to float
        Power of the light that each of them moves, all round; negative by chance.
    """

    ratio: dict[str, float]
    power: dict[str, float]

    @property
    def likeliest(self) -> str:
        """The modulation that moves most light, of those in the order of the list."""
        best, *others = self.power
        for other in others:
            over = max(self.power[other], 0) / max(self.power[best], 1e-30)
            if over > modulation_of(other).preferred_ratio:
                best = other
        return best


def carrier_evidence(aligned: Aligned) -> CarrierEvidence:
    """Compare what displacement, width and brightness carry in a coarse strip.

    Parameters
    ----------
    aligned : Aligned
        The strip, and where its groove runs.

    Returns
    -------
    CarrierEvidence
    """
    # Pixels so near are the groove's own: half of what lies between it and the next.
    near_pitches = 0.5
    template = aligned.fit.template
    sharpness = float(np.abs(template.slope).max()) / (float(np.ptp(template.value)) + 1e-12)
    blur_px = 1 / (sharpness * np.sqrt(2 * np.pi) + 1e-12)
    steady = steady_of(aligned.strip, aligned.fit)
    rest, _ = model.residual(aligned.strip, steady)
    at, _, contrast = model.grooves_of(aligned.strip, steady)
    few = _some_turns(aligned.strip)
    strip = only_rows(aligned.strip, few, run_rows=_run_of(aligned.strip, few))
    rest, at, contrast = rest[few], at[:, few], contrast[:, few]
    near = np.abs(strip.offset_px) < near_pitches * float(np.median(np.abs(strip.spacing_px)))
    place = template.index(strip.offset_px[near] - at[0][:, None])
    rest, offset = rest[:, near], strip.offset_px[near]
    known = _known(strip, rest, contrast[0])
    shared = {}
    for modulation in MODULATIONS.values():
        table = modulation.derivative(template, blur_px).astype(np.float32)
        moved = _moved(rest, table[place] * np.sign(contrast[0])[:, None], offset)
        shared[modulation.name] = _shared(strip, moved, known)
    usual = shared.pop(usual_modulation().name)
    return CarrierEvidence(
        ratio={name: _least_ratio(one, usual) for name, one in shared.items()},
        power={name: float(one[0].sum()) for name, one in shared.items()},
    )


def _some_turns(strip: Strip) -> np.ndarray:
    """Rows of whole turns, spread over the strip, as many as are enough."""
    # So many rows are enough: those of some turns.
    rows = 20000
    row = np.arange(len(strip.turns))
    every = max(1, round(len(row) / rows))
    few = row[row // strip.samples_per_turn % every == 0]
    return few[: len(few) // strip.samples_per_turn * strip.samples_per_turn] if every > 1 else row


def _run_of(strip: Strip, few: np.ndarray) -> int:
    return strip.run_rows if strip.run_rows < strip.samples_per_turn else len(few)


def _known(strip: Strip, rest: np.ndarray, contrast: np.ndarray) -> np.ndarray:
    """Rows that show the groove, and nothing else."""
    # Rows with less than this share of the usual contrast tell nothing. Arbitrary.
    strong = 0.3
    # Rows with more than this many times the usual light left show dirt.
    dirty = 4.0
    size = np.abs(contrast)
    known = strip.in_photograph & (size > strong * np.percentile(size, 80))
    left = np.sqrt((rest * rest).mean(axis=1))
    return known & (left < dirty * np.median(left[known])) if known.any() else known


def _moved(rest: np.ndarray, change: np.ndarray, offset_px: np.ndarray) -> np.ndarray:
    """Light of each row that goes with a change of the profile, level and slope apart."""
    line = np.linalg.qr(np.stack([np.ones_like(offset_px), offset_px], axis=1))[0]
    change = change - (change @ line) @ line.T
    size = np.sqrt((change * change).sum(axis=1))
    usual = np.median(size)
    return (change * rest).sum(axis=1) / np.maximum(size, 0.1 * usual + 1e-20)


def _shared(strip: Strip, moved: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Power that neighbouring rows share in each sector, and its standard error by chance."""
    # Sectors of the disc in which the carriers are compared; one of them may be covered.
    sectors = 12
    flags = in_runs(known.astype(float), strip.run_rows)
    values = in_runs(np.where(known, moved, 0.0), strip.run_rows)
    slow = ndimage.gaussian_filter1d(values, _SLOW_ROWS, axis=1, mode="nearest")
    weight = ndimage.gaussian_filter1d(flags, _SLOW_ROWS, axis=1, mode="nearest")
    values = (values - slow / np.maximum(weight, 1e-9)) * flags
    both = (flags[:, 1:] * flags[:, :-1]).ravel()
    sector = in_runs((strip.turns % 1 * sectors).astype(int), strip.run_rows)[:, 1:].ravel()

    def mean(product: np.ndarray) -> np.ndarray:
        """Means over sectors of what both turns show."""
        total = np.bincount(sector, product.ravel(), sectors)
        return total / np.maximum(np.bincount(sector, both, sectors), 1)

    count = np.maximum(np.bincount(sector, both, sectors), 1)
    own = mean(values[:, 1:] ** 2 * both.reshape(flags[:, 1:].shape))
    return mean(values[:, 1:] * values[:, :-1]), own / np.sqrt(count)


def _least_ratio(
    other: tuple[np.ndarray, np.ndarray], lateral: tuple[np.ndarray, np.ndarray]
) -> float:
    """Ratio of two powers, rms, in the sector where it is least but for one."""
    # Sectors of the disc in which the carriers are compared; one of them may be covered.
    may_fail = 1
    # Deviations of chance beyond which a shared power is one.
    sure = 3.0
    if other[0].sum() < sure * np.sqrt((other[1] ** 2).sum()):
        return 0.0
    against = np.maximum(lateral[0], lateral[1]) + 1e-30
    return float(np.sqrt(np.sort(np.maximum(other[0], 0.0) / against)[may_fail]))
