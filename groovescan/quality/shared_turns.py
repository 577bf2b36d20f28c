r"""Structure that the turns beside a turn share with it: of the photograph, and no sound.

Halves of the pixels agree about a print's dots, about fringes under a glass, about how a camera's
mosaic bends a line: whatever is there, and not only about the groove. But such structure runs on
from turn to turn, while a sound of one turn is another's by chance only. Where it crosses the turns
aslant, it shows there one after another in steps of phase that are alike; so the phases of one
turn over those of the next, in one place and at one frequency, are averaged over all pairs of
turns. A tone is as steady all round the disc, and does not count: its phase goes on along the
groove, where that of structure depends on the place.
"""

from __future__ import annotations

import numpy as np
from scipy import fft

from groovescan.core.quality import SPEECH_HZ
from groovescan.core.results import Reading


def shared_by_turns(best: Reading, rpm: float) -> float:
    """Share of what was read that the turn beside shows in the same place, too.

    Parameters
    ----------
    best : Reading
        The best estimate of the displacement.
    rpm : float
        Speed, in revolutions per minute.

    Returns
    -------
    float
        Mean square of the coherent phase in the band of speech, each frequency weighing as it is
        strong: 0 (within 0.03) where nothing is shared, to 1; 0 for less than five turns.
    """
    # A window holds some waves of the voice, and is short enough for what repeats to keep its
    # phase; fewer pairs of turns than this tell nothing. Arbitrary.
    window_s = 0.06
    least_pairs = 4
    per_turn = best.samples_per_turn
    turns = len(best.displacement_px) // per_turn
    size = 2 * max(4, int(window_s * per_turn * rpm / 120))
    if turns <= least_pairs or size > per_turn:
        return 0.0
    steps = np.diff(best.displacement_px[: turns * per_turn], prepend=best.displacement_px[0])
    laid = steps.astype(np.float32).reshape(turns, per_turn)
    window = np.sin(np.pi * (np.arange(size, dtype=np.float32) + np.float32(0.5)) / size) ** 2
    places = np.lib.stride_tricks.sliding_window_view(laid, size, axis=1)[:, :: size // 2]
    hertz = fft.rfftfreq(size, 60 / rpm / per_turn)
    band = (hertz >= SPEECH_HZ[0]) & (hertz <= SPEECH_HZ[1])
    # the step from sample to sample over that of the displacement: it weighs like the bass does
    unstep = 1 / np.maximum(np.sin(np.pi * hertz[band] * 60 / rpm / per_turn), 1e-6) ** 2
    mean, power = np.zeros((places.shape[1], band.sum()), complex), 0.0
    before = None
    for turn in range(turns):
        spectrum = fft.rfft(places[turn] * window, axis=1)[:, band]
        power = power + np.abs(spectrum) ** 2
        if before is not None:
            product = spectrum * np.conj(before)
            mean += product / np.maximum(np.abs(product), 1e-30)
        before = spectrum
    return _coherence(mean / (turns - 1), turns - 1, power * unstep)


def _coherence(mean: np.ndarray, pairs: int, power: np.ndarray) -> float:
    """Mean square of a mean phase, less what chance makes it and what is so all round."""
    around = np.abs(mean.mean(axis=0)) ** 2  # a tone's phase goes on from place to place
    square = (np.abs(mean) ** 2 - 1 / pairs) * pairs / (pairs - 1)
    found = np.maximum(square - around, -1 / pairs)
    return float(np.sum(found * power) / max(float(np.sum(power)), 1e-30))
