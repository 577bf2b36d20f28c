"""The result of a look at a photograph, before any decode."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from groovescan.core.quality import PredictedQuality, Verdict
from groovescan.core.results import GrooveMap, PatchWaves, Resolution
from groovescan.display import NotebookResult


@dataclass(frozen=True, kw_only=True)
class Inspection(NotebookResult):
    """Findings of a look at a photograph, before it is decoded.

    Attributes
    ----------
    photograph_name : str
        Name of the photograph.
    columns, rows : int
        Its size in px.
    bits : int
        Bits per sample of the file.
    dpi : float or None
        Pixels per inch, as the settings or else the file state.
    dpi_given : bool
        Whether the settings do.
    channel : str
        What was read of the photograph: 'grey', 'red', 'green', 'blue', 'luminance', or the
        weights of a mixture.
    carrier : str
        What carries the sound: 'lateral', 'vertical' or 'brightness'.
    rpm : float
        Speed at which times and frequencies are meant.
    waves : PatchWaves
        The fringes that were seen, of whatever they are.
    groove_map : GrooveMap or None
        Where the groove runs; None where there is none that can be followed.
    resolution : Resolution or None
        What the photograph can tell; None where there is no groove.
    verdict : Verdict or None
        The verdict to expect of a decode: 'good', 'doubtful' or 'refused', with the reasons.
    predicted : PredictedQuality or None
        How good its sound is to be expected to be; None where too little of the groove can be seen.
    contrast : ndarray of float64, shape (parts,)
        Signed contrast in equal parts of the groove, in luminance; negative where it is darker
        than the land, not a number where it leaves the photograph.
    parts_per_turn : int
        Parts of `contrast` in a turn.
    clipped : float
        Share of the groove field that is black or white to the limit, 0 to 1.
    bend_px : float
        Bend that all turns share and no camera explains, in px: a film that is not flat.
    sides : tuple of int
        Pages of the file that may each show a side of a disc, counted from 1.
    discs : int
        Discs in the photograph.
    page, disc : int
        The page and the disc that were asked for, counted from 1; 0 is the largest page, and the
        first disc.
    refusal : str or None
        Why the photograph cannot be decoded; None where it can.
    cause : str
        A word for that, of `groovescan.core.causes.Cause`; empty where none is known.
    remedy : str
        What to do about it; empty where that is not known.
    advice : tuple of str
        What would make the photograph better, the most useful first.
    """

    photograph_name: str
    columns: int
    rows: int
    bits: int
    dpi: float | None
    rpm: float
    waves: PatchWaves
    groove_map: GrooveMap | None = None
    resolution: Resolution | None = None
    verdict: Verdict | None = None
    predicted: PredictedQuality | None = None
    contrast: np.ndarray = field(default_factory=lambda: np.zeros(0))
    parts_per_turn: int = 64
    dpi_given: bool = False
    channel: str = "grey"
    carrier: str = "lateral"
    clipped: float = 0.0
    bend_px: float = 0.0
    discs: int = 1
    page: int = 0
    disc: int = 0
    sides: tuple[int, ...] = ()
    refusal: str | None = None
    cause: str = ""
    remedy: str = ""
    advice: tuple[str, ...] = ()

    @property
    def expected_s(self) -> float:
        """Playing time to expect, in s; 0 without a groove."""
        return self.groove_map.turns * 60 / self.rpm if self.groove_map else 0.0

    @property
    def flipped(self) -> float:
        """Share of the groove whose contrast has the rarer sign, 0 to 0.5."""
        known = self.contrast[np.isfinite(self.contrast)]
        if not len(known):
            return 0.0
        strong = known[np.abs(known) >= 0.3 * np.median(np.abs(known))]
        bright = float(np.mean(strong > 0))
        return min(bright, 1 - bright)
