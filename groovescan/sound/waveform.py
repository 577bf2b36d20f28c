"""From a reading to a waveform: at speed, equalised, resampled, at level."""

from __future__ import annotations

import numpy as np
import soxr

from groovescan.errors import GrooveLostError
from groovescan.results import Reading, Waveform
from groovescan.settings import SoundSettings
from groovescan.sound.curves import equalise, parse_curve

# What is straighter than this is a silent groove: only rounding errors are left of it, and
# brought to the level of a record they would be a roar.
_STRAIGHT_PX = 1e-9


def to_waveform(reading: Reading, settings: SoundSettings | None = None) -> Waveform:
    """The sound of a reading.

    The curve is undone at the reading's own rate, samples per turn times turns per second,
    which need not be a whole number; then the sound is resampled (soxr, very high quality),
    freed from its mean and brought to ``settings.peak_dbfs``. Silence stays silence. Samples
    whose displacement is not finite are bridged by a straight line.

    Parameters
    ----------
    reading : Reading
        Displacement along the groove. It is not changed.
    settings : SoundSettings, optional
        Speed, curve, rate and level.

    Returns
    -------
    Waveform
        As long as the reading, to half a sample.

    Raises
    ------
    GrooveLostError
        Where the reading has no sample that was read.
    """
    settings = settings or SoundSettings()
    rate_hz = reading.samples_per_turn * settings.rpm / 60.0
    sound = equalise(_bridged(reading.displacement_px), rate_hz, parse_curve(settings.eq))
    samples = _resample(sound, rate_hz, settings.rate_hz)
    return Waveform(samples=_at_level(samples, settings.peak_dbfs), rate_hz=settings.rate_hz)


def _bridged(displacement: np.ndarray) -> np.ndarray:
    """The displacement less its mean, without gaps."""
    known = np.isfinite(displacement)
    if not known.any():
        raise GrooveLostError(
            f"none of the {len(displacement)} samples along the groove could be read, "
            "so there is no sound; try a sharper photograph or more even light"
        )
    if not known.all():
        at = np.arange(len(displacement))
        displacement = np.interp(at, at[known], displacement[known])
    around_zero = displacement - displacement.mean()
    if np.abs(around_zero).max() < _STRAIGHT_PX:
        return np.zeros_like(around_zero)
    return around_zero


def _resample(sound: np.ndarray, rate_in_hz: float, rate_out_hz: int) -> np.ndarray:
    """Resample to the length that the duration asks for; sample 0 stays at time 0."""
    count = max(1, round(len(sound) * rate_out_hz / rate_in_hz))
    resampled = soxr.resample(sound, rate_in_hz, float(rate_out_hz), quality="VHQ")[:count]
    return np.pad(resampled, (0, count - len(resampled)))


def _at_level(samples: np.ndarray, peak_dbfs: float) -> np.ndarray:
    samples = samples - samples.mean()
    peak = np.abs(samples).max()
    if peak > 0:
        samples *= 10 ** (peak_dbfs / 20) / peak
    return samples.astype(np.float32)
