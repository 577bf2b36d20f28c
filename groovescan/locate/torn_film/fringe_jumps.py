"""Where the fringe jumps: tears and folds of the film, as straight lines across the ring.

A film that is one sheet bends smoothly, and with it the phase of the fringe. Across a tear or a
fold the phase jumps, on all turns alike and along a straight line. So the step of the phase from
one side to the other, less what its slopes on both sides predict, is averaged along each line
that may cross the ring (a Hough transform): of a smooth film nothing is left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groovescan.locate.fringe import Fringe

#: Lines slope by so many sectors across the ring at most, and are tried in such steps.
_STEEPEST, _STEP = 120, 4
#: Share of a line on which both sides must be seen.
_VISIBLE = 0.5


@dataclass(frozen=True, kw_only=True)
class JumpLine:
    """A line across the ring at which the fringe may jump.

    Attributes
    ----------
    angle_rad : float
        Where it crosses the middle radius of the ring, 0 to 2 pi.
    slope_rad : float
        By how much it is further on at the outer edge of the ring than at the inner one.
    strength : float
        Mean size of the jump, ``2 sin(jump / 2)``: 0 to 2; the phase is that of the square.
    """

    angle_rad: float
    slope_rad: float
    strength: float


@dataclass(frozen=True, kw_only=True)
class RingPhase:
    """The squared fringe of the ring without the spiral's winding, in fewer columns.

    Attributes
    ----------
    square : ndarray of complex128, shape (sectors, columns)
        Unit phasors times their coherence.
    angle_rad, radius_px : ndarray of float64, shape (sectors,) and (columns,)
        Middles of the cells.
    pitch_px : float
        Pitch at which the fringe was demodulated.
    wave : ndarray of complex128, shape (sectors, columns)
        The fringe itself, with its sign; 0 where that is not known.
    """

    square: np.ndarray
    angle_rad: np.ndarray
    radius_px: np.ndarray
    pitch_px: float
    wave: np.ndarray

    @property
    def across(self) -> np.ndarray:
        """Place of each column in the ring, -0.5 to 0.5."""
        return (self.radius_px - self.radius_px.mean()) / max(float(np.ptp(self.radius_px)), 1e-9)


def ring_phase(field: Fringe, wind: int) -> RingPhase | None:
    """The ring in which turns lie side by side all round, or None where it is too narrow."""
    # Fringes of so many columns are averaged into so many at most.
    column_count = 24
    # The ring: columns whose cells agree on most sectors, and whose fringe is strong.
    agreeing = 0.6
    strong_share = 0.5
    strong_percent = 90
    coherence = field.coherence
    strength = np.median(field.power, axis=0)
    strong = strength > strong_share * np.percentile(strength, strong_percent)
    ring = np.flatnonzero((np.median(coherence, axis=0) > agreeing) & strong)
    # The outermost columns see what lies beyond the ring.
    ring = ring[2:-2]
    if len(ring) < column_count // 4:
        return None
    columns = slice(ring[0], ring[-1] + 1)
    square = field.square[:, columns] * np.exp(2j * wind * field.angle_rad)[:, None]
    square = square / (np.abs(square) + 1e-20) * coherence[:, columns]
    wave = np.zeros_like(square)
    if field.wave is not None:
        wave = field.wave[:, columns] * np.exp(1j * wind * field.angle_rad)[:, None]
        wave = wave / (np.abs(wave) + 1e-20) * coherence[:, columns]
    each = -(-square.shape[1] // column_count)
    whole_columns = square.shape[1] // each * each

    def mean(cells: np.ndarray) -> np.ndarray:
        """Means over neighbouring columns."""
        return cells[:, :whole_columns].reshape(len(cells), -1, each).mean(axis=2)

    return RingPhase(
        square=mean(square),
        wave=mean(wave),
        angle_rad=field.angle_rad,
        radius_px=field.radius_px[columns][:whole_columns].reshape(-1, each).mean(axis=1),
        pitch_px=field.pitch_px,
    )


def jump_lines(ring: RingPhase, least: float) -> tuple[list[JumpLine], float]:
    """The lines with the largest jumps, the largest first, and the usual strength of a line.

    Parameters
    ----------
    ring : RingPhase
        The fringe.
    least : float
        Strength of the largest below which none is told.

    Returns
    -------
    lines : list of JumpLine
        At least some degrees apart.
    usual : float
        Median over all sectors of the largest strength there: what sound and noise make.
    """
    # Sectors on either side over which the phase is averaged, and that are left out beside a line:
    # first to see it, then to tell where it lies. The fringe itself is smoothed over three.
    wide_cells = 24
    beside_cells = 4
    narrow_cells = 8
    beside_narrow = 2
    # Of so many sectors one is tried first.
    every = 2
    apart_cells = 60
    most_lines = 8
    slopes = np.arange(-_STEEPEST, _STEEPEST + 1, _STEP)
    sectors = np.arange(len(ring.square))
    wide = _jumps(ring.square, wide_cells, beside_cells)
    strength = _strengths(ring, wide, slopes, sectors[::every])
    best = strength.max(axis=0)
    usual, lines = float(np.median(best)), []
    if best.max() < least:
        return [], usual
    narrow = _jumps(ring.square, narrow_cells, beside_narrow)
    step_rad = 2 * np.pi / len(sectors)
    for _ in range(most_lines):
        at = int(best.argmax())
        slope = int(slopes[strength[:, at].argmax()])
        near = np.arange(slope - 2 * _STEP, slope + 2 * _STEP + 1)
        beside = (every * at + np.arange(-6, 7)) % len(sectors)
        fine = _strengths(ring, narrow, near, beside)
        row, column = np.unravel_index(fine.argmax(), fine.shape)
        lines.append(
            JumpLine(
                angle_rad=float(beside[column] * step_rad),
                slope_rad=float(near[row] * step_rad),
                strength=float(best[at]),
            )
        )
        half = len(best) // 2
        apart = np.abs((np.arange(len(best)) - at + half) % len(best) - half)
        best = np.where(apart < apart_cells // every, 0.0, best)
    return lines, usual


def _jumps(square: np.ndarray, wide: int, beside: int) -> np.ndarray:
    """Phasor of the jump before each sector less one, 0 where a side cannot be seen."""
    after = _mean(square, wide, beside)
    before = _mean(square, wide, -beside - wide)
    step = np.roll(square, -1, axis=0) * np.conj(square)
    slope = _mean(step, wide - 1, beside), _mean(step, wide - 1, -beside - wide)
    expected = (np.angle(slope[0]) + np.angle(slope[1])) / 2 * (wide + 2 * beside)
    jump = np.exp(1j * (np.angle(after * np.conj(before)) - expected)) - 1
    jump = jump.astype(np.complex64)
    return np.where((np.abs(after) > _VISIBLE) & (np.abs(before) > _VISIBLE), jump, np.nan)


def _mean(cells: np.ndarray, count: int, first: int) -> np.ndarray:
    """Mean of so many sectors from `first` on, seen from each; round the disc."""
    total = np.cumsum(np.concatenate([cells, cells]), axis=0)
    total = np.concatenate([np.zeros((1, cells.shape[1]), cells.dtype), total])
    start = (np.arange(len(cells)) + first) % len(cells)
    return (total[start + count] - total[start]) / count


def _strengths(
    ring: RingPhase, jump: np.ndarray, slopes: np.ndarray, sectors: np.ndarray
) -> np.ndarray:
    """Mean jump along lines of each slope through some sectors, shape (slopes, sectors)."""
    many, columns = jump.shape
    visible = np.isfinite(jump.real)
    values = np.where(visible, jump, 0)
    found = np.empty((len(slopes), len(sectors)))
    for k, slope in enumerate(slopes):
        shift = np.rint(slope * ring.across).astype(int)
        cell = (sectors[:, None] + shift) % many * columns + np.arange(columns)
        count = np.take(visible, cell).sum(axis=1)
        total = np.abs(np.take(values, cell).sum(axis=1))
        found[k] = np.where(count > _VISIBLE * columns, total / np.maximum(count, 1), 0)
    return found
