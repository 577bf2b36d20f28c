"""Account of the way from displacement to sound: what was done and how good it is, as results."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Clock:
    """The lathe's speed as mains hum in the groove tells it.

    Attributes
    ----------
    hum_hz : float
        True frequency of the hum, in Hz.
    time_s : ndarray of float64, shape (samples,), or None
        True time of each sample of the reading, from the first; None where no hum is usable.
    speed_ratio : float
        Mean speed of the lathe over the nominal one.
    wow_percent : float
        Rms of the speed error about its mean, in percent.
    coherence : float
        Share of the hum in its band, 0 to 1.
    share : float
        Part of the groove where the hum is heard, 0 to 1.
    speed_error : float
        Standard error of the speed at each moment, relative.
    reason : str
        Why the hum is not usable, or nothing.
    """

    hum_hz: float
    time_s: np.ndarray | None = None
    speed_ratio: float = 1.0
    wow_percent: float = 0.0
    coherence: float = 0.0
    share: float = 0.0
    speed_error: float = np.inf
    reason: str = ""

    @property
    def usable(self) -> bool:
        """Whether it was found, and the speed corrected by it."""
        return self.time_s is not None


@dataclass(frozen=True, kw_only=True)
class Gaps:
    """Stretches of the groove that could not be read.

    Attributes
    ----------
    first, count : ndarray of int64, shape (gaps,)
        First sample, and number of samples.
    """

    first: np.ndarray
    count: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Cue:
    """A stretch of the sound that has a name: a cut, or a band of one.

    Attributes
    ----------
    start_s, length_s : float
        Where it begins in the sound, and how long it is.
    label : str
        Its name.
    """

    start_s: float
    length_s: float
    label: str

    def span(self, rate_hz: int) -> tuple[int, int]:
        """First sample, and the one behind the last."""
        return round(self.start_s * rate_hz), round((self.start_s + self.length_s) * rate_hz)


@dataclass(frozen=True, kw_only=True)
class Octaves:
    """Signal to noise ratio of what was read, octave by octave, before samples are weighed.

    Attributes
    ----------
    centre_hz : ndarray of float64, shape (octaves,)
        Middle of each octave.
    claimed_db : ndarray of float64, shape (octaves,)
        From the standard errors of the reading; not a number where nothing was read.
    surface_db : ndarray of float64, shape (octaves,)
        From the quietest part of the groove, whose noise of the surface counts, too.
    bandwidth_hz : float
        Up to here the programme is as strong as the predicted noise.
    """

    centre_hz: np.ndarray
    claimed_db: np.ndarray
    surface_db: np.ndarray
    bandwidth_hz: float


@dataclass(frozen=True, kw_only=True)
class Account:
    """Account of the way from displacement to sound, and its quality.

    Attributes
    ----------
    gain_db : float
        Gain of the sound over that of `SoundSettings.gain_db` at 0.
    true_peak_dbfs, restored_true_peak_dbfs : float
        True peak of the transfer and of the listening copy, in dB below full scale; minus
        infinity for silence, and for the copy where none was made.
    restored_gain_db : float
        Gain of the listening copy over the transfer's: 0, or less where it would be too loud.
    gap_start_s, gap_length_s : ndarray of float64, shape (gaps,)
        Where samples were missing, in the time of the sound.
    filled : bool
        Whether they were filled in; otherwise they are silent.
    clicks : int
        Samples that were taken out of the listening copy as clicks.
    clock : Clock or None
        What the hum told, where it was asked.
    blur_px : float
        Blur along the groove that the aperture's compensation reckons with, as a standard
        deviation in px.
    octaves : Octaves
        Signal to noise ratio and bandwidth.
    notes : tuple of str
        What else is worth knowing, in words.
    """

    gain_db: float
    true_peak_dbfs: float
    octaves: Octaves
    gap_start_s: np.ndarray
    gap_length_s: np.ndarray
    filled: bool = True
    restored_true_peak_dbfs: float = -np.inf
    restored_gain_db: float = 0.0
    clicks: int = 0
    clock: Clock | None = None
    blur_px: float = 0.0
    notes: tuple[str, ...] = ()
