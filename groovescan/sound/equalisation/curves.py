"""Recording curves, and what undoes them on the way from displacement to sound.

A curve is written as the field writes it: turnover in Hz, the letter of the bass shelf, and the
loss at 10 kHz in dB, as in ``500R-13.7``; those that have a name are in `catalogue`.
"""

from __future__ import annotations

import difflib
import math
import re
from dataclasses import dataclass

import numpy as np
from scipy import fft

from groovescan.errors import SettingsError
from groovescan.sound.equalisation.curve_catalogue import CATALOGUE, CURVE_OF, NamedCurve

# The most that playback lifts the bass, in dB.
SHELF_DB = {"N": math.inf, "R": 20.0, "B": 18.0, "A": 16.0, "C": 14.0, "X": 12.0}

_CODE = re.compile(r"(\d+(?:\.\d+)?)([A-Z])-(\d+(?:\.\d+)?)", re.ASCII)
#: Samples that are filtered at a time. Arbitrary: it bounds memory.
_PIECE = 1 << 15


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
    """The curve that a code or a name stands for.

    Parameters
    ----------
    code : str
        ``turnover letter - loss``: Hz, one of N, R, B, A, C, X, and dB at 10 kHz, as in
        ``250N-0``; a name of the catalogue, as in ``riaa``; ``flat`` for velocity;
        ``displacement`` for the groove's own shape.

    Returns
    -------
    Curve or None
        None for ``displacement``, which no network undoes.

    Raises
    ------
    SettingsError
        Where it is neither.

    Examples
    --------
    >>> parse_curve("250N-0")
    Curve(turnover_hz=250.0, shelf_hz=0.0, roll_off_hz=inf)
    >>> parse_curve("hmv") == parse_curve("250N-0")
    True
    """
    if code in CURVE_OF:
        return _named(CURVE_OF[code])
    if code == "displacement":
        return None
    if code == "flat":
        return Curve()
    match = _CODE.fullmatch(code)
    if not match or match[2] not in SHELF_DB or not float(match[1]):
        raise _no_curve(code)
    turnover_hz, loss_db = float(match[1]), float(match[3])
    _check_range(code, turnover_hz, loss_db)
    shelf_hz = turnover_hz / 10 ** (SHELF_DB[match[2]] / 20)
    return Curve(turnover_hz=turnover_hz, shelf_hz=shelf_hz, roll_off_hz=_corner_hz(loss_db))


def _check_range(code: str, turnover_hz: float, loss_db: float) -> None:
    # Published curves lie between 150 and 1000 Hz, and lose up to 16 dB; these leave room for
    # whoever looks for one by ear.
    turnovers_hz = (10.0, 20_000.0)
    most_loss_db = 40.0
    low_hz, high_hz = turnovers_hz
    if not low_hz <= turnover_hz <= high_hz:
        raise SettingsError(
            f"eq is {code!r}; its turnover, before the letter, must lie between {low_hz:g} and "
            f"{high_hz:g} Hz"
        )
    if not loss_db <= most_loss_db:
        raise SettingsError(
            f"eq is {code!r}; its loss at 10 kHz, behind the letter, must lie between 0 and "
            f"{most_loss_db:g} dB"
        )


def _named(row: NamedCurve) -> Curve | None:
    if row.time_constants_us is None:
        return parse_curve(row.code)
    shelf, turnover, roll_off = (1e6 / (2 * math.pi * us) for us in row.time_constants_us)
    return Curve(turnover_hz=turnover, shelf_hz=shelf, roll_off_hz=roll_off)


def _no_curve(code: str) -> SettingsError:
    known = [*CURVE_OF, "flat", "displacement", *(row.code for row in CATALOGUE)]
    folded = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(code.casefold(), folded, n=1, cutoff=0.6)
    hint = f"did you mean {folded[close[0]]!r}? " if close else ""
    return SettingsError(
        f"eq is {code!r}, which is no recording curve; {hint}it takes a turnover in Hz, a letter "
        f"of {', '.join(SHELF_DB)} and the loss at 10 kHz in dB, as in '500N-13.7', a name that "
        "`groovescan curves` lists, 'flat' or 'displacement'"
    )


def _corner_hz(loss_db: float) -> float:
    """Corner of the first-order low pass that loses `loss_db` at 10 kHz."""
    # Roll-off is told at 10 kHz, by convention.
    roll_off_at_hz = 10_000.0
    # A loss that nobody hears, and that would be divided by.
    least_loss_db = 1e-6
    if loss_db < least_loss_db:
        return math.inf
    return roll_off_at_hz / math.sqrt(10 ** (loss_db / 10) - 1)


def response(
    curve: Curve | None, frequency_hz: np.ndarray, *, linear_phase: bool = False
) -> np.ndarray:
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
    linear_phase : bool
        Whether the network changes levels only. The quarter turn of a velocity stays.

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
    return 1j * np.sign(frequency_hz) * np.abs(gain) if linear_phase else gain


def equalise(
    displacement: np.ndarray, rate_hz: float, curve: Curve | None, *, linear_phase: bool = False
) -> np.ndarray:
    """Undo a recording curve, exactly, in the frequency domain.

    Both ends are continued by their own point reflection, faded out: a cut there would be a
    step, and a differentiated step a click louder than the record.

    Parameters
    ----------
    displacement : ndarray of float64 or float32, shape (n,)
        Displacement of the groove, n at least 1. It is not changed.
    rate_hz : float
        Its samples per second.
    curve : Curve or None
        As from `parse_curve`.
    linear_phase : bool
        Whether the network changes levels only.

    Returns
    -------
    ndarray, shape (n,)
        In units of the displacement per second; of the displacement itself for None. As precise
        as the displacement is given: in single precision it is off by 110 dB less than its level.
    """
    # Room into which the filter of the lowest corner rings, in s.
    pad_s = 0.25
    if curve is None:
        return np.array(displacement, dtype=np.result_type(displacement, np.float32))
    padding = max(1, round(pad_s * rate_hz))
    extended = continued(displacement, padding)
    length = fft.next_fast_len(len(extended) + padding, real=True)
    spectrum = fft.rfft(extended, length)
    del extended
    for first in range(0, len(spectrum), _PIECE):  # of a long sound as much as the cache holds
        part = spectrum[first : first + _PIECE]
        frequency_hz = np.arange(first, first + len(part)) * (rate_hz / length)
        part *= response(curve, frequency_hz, linear_phase=linear_phase)
    whole = fft.irfft(spectrum, length, overwrite_x=True)
    return whole[padding : padding + len(displacement)]


def continued(signal: np.ndarray, padding: int) -> np.ndarray:
    """`signal` with `padding` samples more at each end, smooth in value and slope, ending in 0."""
    count = min(padding, len(signal) - 1)
    fade = np.zeros(padding, signal.dtype)
    fade[:count] = np.cos(np.linspace(0, np.pi / 2, count + 1)[:count]) ** 2
    before, after = np.zeros_like(fade), np.zeros_like(fade)
    before[:count] = 2 * signal[0] - signal[1 : count + 1]
    after[:count] = 2 * signal[-1] - signal[-2 : -count - 2 : -1]
    return np.concatenate([(fade * before)[::-1], signal, fade * after])
