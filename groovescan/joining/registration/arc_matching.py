"""Which turns of two arcs are the same, and how far one is turned against the other.

The displacement of a groove is the same signal in every photograph, and some tenths of a second of
it are unique. Arcs are correlated over all turns and angles at once. What is sought is not the
largest correlation, which a long tone may have with itself by chance, but the shift under which
one signal in both is likelier than two by the most: a part that overlaps and differs counts
against it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import fft

from groovescan.joining.registration.arcs import Arc
from groovescan.joining.registration.programme_rows import ProgrammeRows, Programmes


@dataclass(frozen=True, kw_only=True)
class ArcMatch:
    """Two arcs that show the same groove.

    Attributes
    ----------
    one, other : int
        The arcs.
    turns : int
        Turn n of the one is turn n + `turns` of the other.
    shift_rad : float
        The angle a in the one is a + `shift_rad` in the other, or minus that if it is mirrored.
    mirrored : bool
        Whether one shows the disc from the front and the other through the film.
    likely : float
        Logarithm of how much likelier one signal in both is than two.
    correlation : float
        Correlation where they overlap.
    """

    one: int
    other: int
    turns: int
    shift_rad: float
    mirrored: bool
    likely: float
    correlation: float

    @property
    def hand(self) -> int:
        """-1 where it is mirrored, else 1."""
        return -1 if self.mirrored else 1


def matches_of(arcs: Sequence[Arc], programmes: Programmes) -> list[ArcMatch]:
    """The matches between arcs of different photographs, the likeliest first.

    Parameters
    ----------
    arcs : sequence of Arc
        The arcs of all photographs.
    programmes : Programmes
        Their recordings.
    """
    found: list[ArcMatch] = []
    for one in range(len(arcs)):
        for other in range(one + 1, len(arcs)):
            if arcs[one].photograph != arcs[other].photograph:
                found += _of_pair(programmes, one, other)
    return sorted(found, key=lambda match: -match.likely)


def _of_pair(programmes: Programmes, one: int, other: int) -> list[ArcMatch]:
    # Logarithm of the likelihood ratio that is believed, and by how much it has to exceed that of
    # the other hand. Arcs of different discs stay below 60 (measured on 30 arcs of 6 discs), those
    # that overlap by 0.2 s begin at 150.
    least_likely = 100.0
    least_beyond = 50.0
    # So many shifts are looked at, since two halves of a disc overlap twice; further ones need
    # less.
    further_likely = 60.0
    here, there = programmes.pair(one, other)
    shape = _padded(here, there)
    spectra = _spectra(here, shape)
    hands = []
    for mirrored in (False, True):
        beside = there.mirrored() if mirrored else there
        told = _correlated(spectra, _spectra(beside, shape), shape)
        hands.append(_shifts((here, beside), told, (one, other), mirrored))
    less, best = sorted(hands, key=lambda shifts: shifts[0].likely if shifts else -np.inf)
    if not best or best[0].likely < least_likely:
        return []
    if less and best[0].likely < less[0].likely + least_beyond:
        return []
    return [match for match in best if match.likely > further_likely]


def _shifts(
    rows: tuple[ProgrammeRows, ProgrammeRows],
    told: tuple[np.ndarray, np.ndarray],
    arcs: tuple[int, int],
    mirrored: bool,
) -> list[ArcMatch]:
    """The likeliest shifts of two arcs, the best first."""
    # So many samples have to overlap, and the correlation of two readings of one signal is expected
    # to be this share of what their noise lets it be: places are not yet known to a sample.
    least_samples = 150
    expected = 0.75
    # So many shifts are looked at, since two halves of a disc overlap twice; further ones need
    # less.
    most_shifts = 4
    near_turns = 1
    # Peaks so near one that was found are parts of it: arbitrary.
    near_columns = 12
    (one, other), (correlation, count) = rows, told
    usual = expected * np.sqrt(one.share * other.share)
    alike = usual * correlation - usual**2
    likely = count * (alike / (1 - usual**2) - 0.5 * np.log(1 - usual**2))
    likely[count < least_samples] = -np.inf
    found = []
    for _ in range(most_shifts):
        turns, columns = np.unravel_index(int(np.argmax(likely)), likely.shape)
        if not np.isfinite(likely[turns, columns]):
            break
        ahead = _signed(columns, likely.shape[1], other.sound.shape[1])
        found.append(
            ArcMatch(
                one=arcs[0],
                other=arcs[1],
                turns=_signed(turns, likely.shape[0], other.sound.shape[0]),
                shift_rad=float(other.first_rad + ahead * one.step_rad - one.first_rad),
                mirrored=mirrored,
                likely=float(likely[turns, columns]),
                correlation=float(correlation[turns, columns]),
            )
        )
        near = np.arange(-near_turns, near_turns + 1) + turns
        beside = np.arange(-near_columns, near_columns + 1) + columns
        likely[np.ix_(near % likely.shape[0], beside % likely.shape[1])] = -np.inf
    return found


def _signed(index: np.intp | int, period: int, size: int) -> int:
    """The shift at an index of a circular correlation with something of a size."""
    return int(index) if index < size else int(index) - period


def _padded(one: ProgrammeRows, other: ProgrammeRows) -> tuple[int, int]:
    """Turns and columns with which no shift of one against the other wraps round."""
    turns, columns = (
        fft.next_fast_len(a + b - 1, real=True)
        for a, b in zip(one.sound.shape, other.sound.shape, strict=True)
    )
    return turns, columns


def _spectra(rows: ProgrammeRows, shape: tuple[int, int]) -> tuple[np.ndarray, ...]:
    """Spectra of the sound, its square, and where it is known."""
    return tuple(fft.rfft2(each, shape) for each in (rows.sound, rows.sound**2, rows.known))


def _correlated(
    one: tuple[np.ndarray, ...], other: tuple[np.ndarray, ...], shape: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Correlation where both are known, and how many samples that are, for each shift."""
    sound, square, known = (np.conj(each) for each in one)
    product, power, beside, count = (
        fft.irfft2(each, shape)
        for each in (sound * other[0], square * other[2], known * other[1], known * other[2])
    )
    both = np.maximum(power, 0) * np.maximum(beside, 0)
    return product / np.sqrt(np.maximum(both, 1e-24)), count
