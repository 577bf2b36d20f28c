"""How good a reading is, and what is to be thought of it: frozen results."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from groovescan.display import NotebookResult

#: The band of a telephone, in which speech is understood (ITU-T G.712).
SPEECH_HZ = (300.0, 3400.0)
"""The band of speech, as telephones have it (ITU-T G.712): the figure that people read."""
#: Signal to noise ratio in the band of speech from which on a decode is good, in dB.
GOOD_DB = 5.0
"""From here on, in dB, a sound in the band of speech is clear."""
#: The band in which a ratio of displacements is told: below lies wow, above next to no speech.
DISPLACEMENT_HZ = (100.0, 4000.0)
"""The band in which displacements are compared with a truth."""


@dataclass(frozen=True, kw_only=True)
class PredictedSpectrum(NotebookResult):
    """Programme and noise to expect of a reading, as a coarse strip tells them.

    Attributes
    ----------
    frequency_hz : ndarray of float64, shape (frequencies,)
        From 0 up.
    programme : ndarray of float64, shape (pieces, frequencies)
        One-sided power density of the displacement in some stretches, in px^2 per Hz.
    weight : ndarray of float64, shape (pieces,)
        How much of each stretch is known.
    noise : ndarray of float64, shape (quantiles,)
        Density of the displacement's noise where the groove's contrast is in each quantile of what
        it is along the groove, in px^2 per Hz.
    blur_s : float
        Standard deviation of the blur along the groove, over its speed, in s.
    """

    frequency_hz: np.ndarray
    programme: np.ndarray
    weight: np.ndarray
    noise: np.ndarray
    blur_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class PredictedQuality(NotebookResult):
    """Signal to noise ratio to expect of a reading, from light and resolution alone.

    Attributes
    ----------
    snr_db : float
        Of the sound, after the recording curve, in the band of speech, in dB.
    displacement_snr_db : float
        Of the displacement that was cut, from 100 Hz to 4 kHz, in dB: what the blur along the
        groove took of it counts.
    intelligibility : float
        Short-time objective intelligibility to expect of speech (STOI), 0 to 1.
    shortage : float
        How many times the resolution, or the root of how many times the light, would make the sound
        good; 1 where it is, infinite where no resolution would.
    """

    snr_db: float
    displacement_snr_db: float
    intelligibility: float
    shortage: float


@dataclass(frozen=True, kw_only=True)
class MeasuredQuality(NotebookResult):
    """Signal to noise ratio of what was read, from two readings of halves of the pixels.

    Attributes
    ----------
    snr_db : float
        Of the sound, after the recording curve, in the band of speech, in dB; what is missing
        counts as noise. Not a number where the halves tell nothing.
    displacement_snr_db : float
        Of the displacement that was cut, from 100 Hz to 4 kHz, in dB: what the blur along the
        groove took of it counts.
    read_displacement_snr_db : float
        The same of what was read alone, in dB: what is missing does not count.
    bandwidth_hz : float
        Up to here a third of an octave of the sound is as strong as its noise, in Hz.
    agreement : float
        Correlation of what both halves say of the sound in the band of speech, each by itself, 0
        to 1.
    intelligibility : float
        Short-time objective intelligibility to expect of speech (STOI), 0 to 1.
    centre_hz, band_db : ndarray of float64, shape (bands,)
        Middle of each third of an octave, in Hz, and signal to noise ratio in it, in dB.
    time_s, over_time_db : ndarray of float64, shape (moments,)
        Middle of each moment, in s from the first sample, and signal to noise ratio in the band of
        speech, in dB; not a number where nothing was read.
    """

    snr_db: float
    displacement_snr_db: float
    read_displacement_snr_db: float
    bandwidth_hz: float
    agreement: float
    intelligibility: float
    centre_hz: np.ndarray
    band_db: np.ndarray
    time_s: np.ndarray
    over_time_db: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Verdict(NotebookResult):
    """The verdict on a decode, or the one to expect, in words for people.

    Attributes
    ----------
    word : {'good', 'doubtful', 'bad', 'refused'}
        The verdict; 'refused' only of a look at a photograph that cannot be decoded.
    reasons : tuple of str
        Why, the weightiest first; empty where it is good.
    useless : bool
        Whether nothing of it is a success: less than a tenth was read, or the halves of the pixels
        have nothing in common.
    """

    word: str
    reasons: tuple[str, ...] = field(default=())
    useless: bool = False

    @property
    def line(self) -> str:
        """The verdict as one line."""
        return f"{self.word}: {'; '.join(self.reasons)}" if self.reasons else self.word
