"""How good a sound is, in words for people and in numbers for programs."""

from __future__ import annotations

import numpy as np

from groovescan.core.quality import MeasuredQuality, PredictedQuality
from groovescan.core.results import Decoded, Resolution

#: STOI from which so much is understood. Most words of a sentence from 0.6, all of it from 0.75: as
#: the listeners of Taal et al. (2011, figure 4) did, whose speech in noise was understood by half
#: at 0.55 to 0.6.
_WORDS = (
    (0.85, "speech will be understood without effort"),
    (0.72, "speech will be understood"),
    (0.60, "speech will be understood in part, by who listens closely"),
    (-np.inf, "speech will hardly be understood"),
)


def ratio(snr_db: float) -> str:
    """A signal to noise ratio in the band of speech, as every output says it.

    Parameters
    ----------
    snr_db : float
        In dB; what is not finite is not known.

    Returns
    -------
    str
    """
    return f"{snr_db:.0f} dB (300 Hz to 3.4 kHz)" if np.isfinite(snr_db) else "not known"


def predicted_facts(predicted: PredictedQuality | None) -> dict[str, str]:
    """Facts about the sound that was to be expected.

    Parameters
    ----------
    predicted : PredictedQuality or None
        None where it is not known.

    Returns
    -------
    dict of str
        Name and fact; nothing where it is not known.
    """
    if predicted is None:
        return {}
    said = understood(predicted.intelligibility)
    return {"predicted": f"signal to noise {ratio(predicted.snr_db)}; {said}"}


def measured_facts(measured: MeasuredQuality | None) -> dict[str, str]:
    """How good the sound is, as two halves of the pixels measure it.

    Parameters
    ----------
    measured : MeasuredQuality or None
        None where they tell nothing.

    Returns
    -------
    dict of str
        Name and fact; nothing where they tell nothing.
    """
    if measured is None:
        return {}
    return {
        "measured": f"signal to noise {ratio(measured.snr_db)}, bandwidth "
        f"{measured.bandwidth_hz / 1000:.1f} kHz; {understood(measured.intelligibility)}"
    }


def verdict_facts(decoded: Decoded) -> dict[str, str]:
    """The verdict on a decode: one line, the last.

    Parameters
    ----------
    decoded : Decoded
        The result.

    Returns
    -------
    dict of str
        Name and fact; nothing where it was not judged.
    """
    return {} if decoded.verdict is None else {"verdict": decoded.verdict.line}


def understood(value: float) -> str:
    """A short-time objective intelligibility in words.

    Parameters
    ----------
    value : float
        Up to 1.

    Returns
    -------
    str
    """
    return next(words for least, words in _WORDS if value >= least)


def predicted_numbers(
    predicted: PredictedQuality, found: Resolution | None
) -> dict[str, float | None]:
    """The prediction as numbers for programs, with advice that would make the sound good.

    Parameters
    ----------
    predicted : PredictedQuality
        What was predicted.
    found : Resolution or None
        What the photograph can tell.

    Returns
    -------
    dict
        Names carry their units; what nothing would make good is None.
    """
    good = predicted.shortage if np.isfinite(predicted.shortage) else None
    return {
        "snr_db": float(predicted.snr_db),
        "displacement_snr_db": float(predicted.displacement_snr_db),
        "intelligibility": float(predicted.intelligibility),
        "good_pitch_px": good * found.pitch_px if good and found else None,
        "good_light": good**2 if good else None,
    }
