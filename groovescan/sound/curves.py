"""Recording curves, and what undoes them on the way from displacement to sound.

A curve is written as the field writes it: turnover in Hz, the letter of the bass shelf, and the
loss at 10 kHz in dB, as in ``500R-13.7``; sources are named in docs/conventions.md.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
from scipy import fft

from groovescan.errors import SettingsError

# The most that playback lifts the bass, in dB.
SHELF_DB = {"N": math.inf, "R": 20.0, "B": 18.0, "A": 16.0, "C": 14.0, "X": 12.0}

_CODE = re.compile(r"(\d+(?:\.\d+)?)([A-Z])-(\d+(?:\.\d+)?)")
_ROLL_OFF_AT_HZ = 10_000.0
_PAD_S = 0.25


@dataclass(frozen=True, kw_only=True)
class Curve:
    """The corner frequencies of a recording curve.

    Attributes
    ----------
    turnover_hz : float
        Below it the record was cut at constant amplitude, above it at constant velocity;
        0 where it was cut at constant velocity throughout.
    shelf_hz : float
        Below it the bass is lifted no further; 0 where there is no shelf.
    roll_off_hz : float
        Above it the treble was lifted when recording; infinite where it was not.
    """

    turnover_hz: float = 0.0
    shelf_hz: float = 0.0
    roll_off_hz: float = math.inf


def parse_curve(code: str) -> Curve | None:
    """The curve that a code stands for.

    Parameters
    ----------
    code : str
        ``turnover letter - loss``: Hz, one of N, R, B, A, C, X, and dB at 10 kHz, as in
        ``250N-0``; ``flat`` for velocity; ``displacement`` for the groove's own shape.

    Returns
    -------
    Curve or None
        None for ``displacement``, which no network undoes.

    Raises
    ------
    SettingsError
        Where it is no code.

    Examples
    --------
    >>> parse_curve("250N-0")
    Curve(turnover_hz=250.0, shelf_hz=0.0, roll_off_hz=inf)
    """
    if code == "displacement":
        return None
    if code == "flat":
        return Curve()
    match = _CODE.fullmatch(code)
    if not match or match[2] not in SHELF_DB or not float(match[1]):
        raise SettingsError(
            f"eq is {code!r}, which is no recording curve; it takes a turnover in Hz, a letter "
            f"of {', '.join(SHELF_DB)} and the loss at 10 kHz in dB, as in '250N-0', "
            "or 'flat' or 'displacement'"
        )
    turnover_hz, loss_db = float(match[1]), float(match[3])
    shelf_hz = turnover_hz / 10 ** (SHELF_DB[match[2]] / 20)
    return Curve(turnover_hz=turnover_hz, shelf_hz=shelf_hz, roll_off_hz=_corner_hz(loss_db))


def _corner_hz(loss_db: float) -> float:
    """Corner of the first-order low pass that loses `loss_db` at 10 kHz."""
    return _ROLL_OFF_AT_HZ / math.sqrt(10 ** (loss_db / 10) - 1) if loss_db else math.inf


def response(curve: Curve | None, frequency_hz: np.ndarray) -> np.ndarray:
    r"""Complex response from displacement to sound.

    A pick-up gives the velocity, :math:`s` times the displacement. The playback network lifts
    the bass below the turnover, down to the shelf, and takes back the treble:

    .. math:: H(s) = s \, \frac{s + \omega_t}{s + \omega_s} \, \frac{1}{1 + s / \omega_r}

    with :math:`s = 2 \pi i f`. All its poles and zeros lie on the left or at the origin, so its
    phase is the minimum phase that the analogue network has. Without turnover it is :math:`s`;
    without shelf :math:`s` cancels, and what is left at the bass is constant displacement.

    Parameters
    ----------
    curve : Curve or None
        The recording curve that is undone; None gives the displacement itself.
    frequency_hz : ndarray of float64, shape (n,)
        Frequencies.

    Returns
    -------
    ndarray of complex128, shape (n,)
        In 1/s: velocity per displacement; dimensionless 1 for None.
    """
    frequency_hz = np.asarray(frequency_hz, dtype=np.float64)
    if curve is None:
        return np.ones(frequency_hz.shape, dtype=np.complex128)
    s = 2j * np.pi * frequency_hz
    gain = s if not curve.turnover_hz else s + 2 * np.pi * curve.turnover_hz
    if curve.turnover_hz and curve.shelf_hz:
        gain = gain * s / (s + 2 * np.pi * curve.shelf_hz)
    if math.isfinite(curve.roll_off_hz):
        gain = gain / (1 + s / (2 * np.pi * curve.roll_off_hz))
    return gain


def equalise(displacement: np.ndarray, rate_hz: float, curve: Curve | None) -> np.ndarray:
    """Undo a recording curve, exactly, in the frequency domain.

    Both ends are continued by their own point reflection, faded out: a cut there would be a
    step, and a differentiated step a click louder than the record.

    Parameters
    ----------
    displacement : ndarray of float64, shape (n,)
        Displacement of the groove, n at least 1. It is not changed.
    rate_hz : float
        Its samples per second.
    curve : Curve or None
        As from `parse_curve`.

    Returns
    -------
    ndarray of float64, shape (n,)
        In units of the displacement per second; of the displacement itself for None.
    """
    if curve is None:
        return np.array(displacement, dtype=np.float64)
    padding = max(1, round(_PAD_S * rate_hz))
    extended = _continued(displacement, padding)
    length = fft.next_fast_len(len(extended) + padding, real=True)
    spectrum = fft.rfft(extended, length)
    spectrum *= response(curve, fft.rfftfreq(length, 1.0 / rate_hz))
    return fft.irfft(spectrum, length)[padding : padding + len(displacement)]


def _continued(signal: np.ndarray, padding: int) -> np.ndarray:
    """`signal` with `padding` samples more at each end, smooth in value and slope, ending in 0."""
    count = min(padding, len(signal) - 1)
    fade = np.zeros(padding)
    fade[:count] = np.cos(np.linspace(0, np.pi / 2, count + 1)[:count]) ** 2
    before, after = np.zeros(padding), np.zeros(padding)
    before[:count] = 2 * signal[0] - signal[1 : count + 1]
    after[:count] = 2 * signal[-1] - signal[-2 : -count - 2 : -1]
    return np.concatenate([(fade * before)[::-1], signal, fade * after])
