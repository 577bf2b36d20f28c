"""Songs on a disc: a sound shared among its cuts, and parted by the pauses between its bands."""

from __future__ import annotations

import numpy as np

from groovescan.errors import SettingsError
from groovescan.simulate.simulate_settings import SimulateSettings


def shared(audio: np.ndarray, rate_hz: float, cuts: int) -> list[np.ndarray]:
    """Parts of a sound, equally long, one for each cut of the disc."""
    # A twentieth of a second is no sound any more: arbitrary.
    shortest_s = 0.05
    if cuts == 1:
        return [audio]
    if len(audio) < cuts * shortest_s * rate_hz:
        raise SettingsError(
            f"the sound lasts {len(audio) / rate_hz:.2f} s; {cuts} cuts take at least "
            f"{cuts * shortest_s:.2f} s"
        )
    return [_faded(part, rate_hz) for part in np.array_split(audio, cuts)]


def with_pauses(audio: np.ndarray, rate_hz: float, settings: SimulateSettings) -> np.ndarray:
    """The sound with silence where the groove crosses from a band to the next.

    Parameters
    ----------
    audio : ndarray of float, shape (samples,)
        The sound of one cut.
    rate_hz : float
        Samples per second.
    settings : SimulateSettings
        Its `gaps`, and the speed.

    Returns
    -------
    ndarray of float, shape (more samples,)
        What lies before the groove's sound begins, or after it ends, is silent anyhow.
    """
    for turn, _, crossing in sorted(settings.gaps):
        begin = round((turn - settings.lead_in_turns) * settings.seconds_per_turn * rate_hz)
        if 0 < begin < len(audio):
            silence = np.zeros(round(crossing * settings.seconds_per_turn * rate_hz))
            parts = (_faded(part, rate_hz) for part in (audio[:begin], audio[begin:]))
            before, after = parts
            audio = np.concatenate([before, silence, after])
    return audio


def bands_of(turns: float, settings: SimulateSettings) -> tuple[tuple[float, float], ...]:
    """First and last position of each band of a groove, in turns: what lies between the gaps."""
    begin, bands = 0.0, []
    for turn, _, crossing in sorted(settings.gaps):
        if begin < turn < turns:
            bands.append((begin, turn))
            begin = min(turn + crossing, turns)
    return (*bands, (begin, turns))


def _faded(part: np.ndarray, rate_hz: float) -> np.ndarray:
    """A part that begins and ends in silence."""
    # A sound that is parted fades over so long: a click would be wider than any pause is silent.
    fade_s = 0.005
    ends = np.arange(len(part)) / (fade_s * rate_hz)
    rise = np.clip(np.minimum(ends, ends[::-1]), 0.0, 1.0)
    return part * np.sin(np.pi / 2 * rise) ** 2
