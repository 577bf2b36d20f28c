"""The verdict to expect of a decode, from a look at the photograph alone.

What only a reading tells (halves of the pixels that disagree, turns that show the same) is not in
it: a photograph that is expected to be good may still be read to a doubtful sound.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from groovescan.core.inspection import Inspection
from groovescan.core.quality import GOOD_DB, Verdict
from groovescan.wording.quality_words import understood

#: Share of the groove that may be hidden or clipped: as much as a decode fills in without a word.
_MOST_HIDDEN = 0.1


def expected_verdict(
    inspection: Inspection, *, smoothed: bool = False, wow_percent: float = 0.0
) -> Verdict:
    """The verdict to expect.

    Parameters
    ----------
    inspection : Inspection
        What was seen.
    smoothed : bool
        Whether noise was taken out of the photograph before it was saved.
    wow_percent : float
        Speed error that the first map of the groove implies, rms, in percent.

    Returns
    -------
    Verdict
        'good', 'doubtful' or 'refused', with the reasons.
    """
    if inspection.refusal is not None:
        what = inspection.refusal.removesuffix(inspection.remedy).strip().rstrip(".")
        return Verdict(word="refused", reasons=(what,), useless=True)
    reasons = (
        *_noise(inspection),
        *_hidden(inspection),
        *_others(inspection),
        *_light(smoothed),
        *_speed(wow_percent),
    )
    return Verdict(word="doubtful" if reasons else "good", reasons=reasons)


def _noise(inspection: Inspection) -> Iterator[str]:
    predicted = inspection.predicted
    if predicted is None:
        yield "too little of the groove can be seen to tell how it will sound"
    elif not predicted.snr_db >= 0:
        yield f"noise will be louder than the sound ({predicted.snr_db:.0f} dB, 300 Hz to 3.4 kHz)"
    elif predicted.snr_db < GOOD_DB:
        said = understood(predicted.intelligibility)
        yield (
            f"much noise is to be expected: {predicted.snr_db:.0f} dB from 300 Hz to 3.4 kHz; "
            f"{said}"
        )


def _hidden(inspection: Inspection) -> Iterator[str]:
    contrast = inspection.contrast
    hidden = float(np.mean(~np.isfinite(contrast))) if len(contrast) else 0.0
    if hidden > _MOST_HIDDEN:
        yield f"{100 * hidden:.0f} % of the groove cannot be seen, and would be filled in"
    if inspection.clipped > _MOST_HIDDEN:
        yield (
            f"{100 * inspection.clipped:.0f} % of the groove is black or white to the limit, and "
            "would be filled in"
        )


def _others(inspection: Inspection) -> Iterator[str]:
    left = inspection.discs - 1
    if left > 0 and not inspection.disc:
        discs = "another disc" if left == 1 else f"{left} other discs"
        yield f"{discs} in the photograph would not be read: choose with --disc"


def _light(smoothed: bool) -> Iterator[str]:
    if smoothed:
        yield (
            "noise was taken out of the photograph before it was saved, and with it perhaps the "
            "finest of the groove: turn noise reduction off, or give the camera's raw file"
        )


def _speed(wow_percent: float) -> Iterator[str]:
    most_wow_percent = 0.2  # of a held note, where the ear begins to hear it, as for a decode
    if wow_percent > most_wow_percent:
        yield (
            f"the speed may swing by {wow_percent:.1f} %: flatten the film, or photograph the "
            "whole disc"
        )
