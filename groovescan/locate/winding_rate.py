"""How fast the fringe winds where part of the ring cannot be seen, or where the film is torn.

Round a whole ring of one sheet the phase winds by a whole number, whatever else bends it. On a part
of it a centre that is off by a px looks like winding, and across a tear the phase jumps. So the
steps of the phase from sector to sector are fitted with a steady rate and with what a shifted
centre makes, a wave once per turn; steps that lie far off count less.
"""

from __future__ import annotations

import numpy as np


def winding_rate(step: np.ndarray, visible: np.ndarray, strength: np.ndarray) -> float:
    """Turns by which the phase would wind round the whole ring; 0 where columns do not agree.

    Parameters
    ----------
    step : ndarray of complex, shape (sectors, columns)
        Phasor of the squared fringe's step from each sector to the next, round the disc.
    visible : ndarray of bool, shape (sectors, columns)
        Where both are seen.
    strength : ndarray of float, shape (columns,)
        How strong the fringe is on each column: beside the spiral there may be a circle or the
        film's edge, which are fainter than its turns.
    """
    # Columns whose steps differ from the common fit by so many turns wind otherwise.
    alike_turns = 0.5
    agreeing_share = 0.7
    # Columns nearer to one another than the filter is wide tell the same, with the same noise.
    together_turns = 3
    unit = np.where(visible, step / (np.abs(step) + 1e-20), 0)
    together = unit @ strength
    known = np.abs(together) > 0.3 * strength.sum()
    if known.sum() < len(step) / 4:
        return 0.0
    angle = 2 * np.pi * np.arange(len(step)) / len(step)
    shape = np.stack([np.ones(len(step)), np.cos(angle), np.sin(angle)], axis=1)
    terms = _robust(shape[known], np.angle(together[known]))
    rest = unit * np.exp(-1j * (shape @ terms))[:, None]
    per_turn = -len(step) / (4 * np.pi)
    groups = np.arange(0, visible.shape[1], together_turns)
    rest = np.add.reduceat(np.where(known[:, None], rest, 0), groups, axis=1)
    off = per_turn * np.angle(rest.sum(axis=0))
    strength = np.add.reduceat(strength, groups)
    agreeing = np.average(np.abs(off) < alike_turns, weights=strength)
    return float(per_turn * terms[0]) if agreeing > agreeing_share else 0.0


def _robust(design: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Least squares in which outlying values count less."""
    # Rounds of reweighted least squares: arbitrary.
    rounds = 5
    # Steps that lie further off than so many times their spread count less (Huber 1964).
    outlying = 2.0
    weight = np.ones(len(target))
    terms = np.zeros(design.shape[1])
    for _ in range(rounds):
        root = np.sqrt(weight)
        terms = np.linalg.lstsq(design * root[:, None], target * root)[0]
        off = np.abs(target - design @ terms)
        usual = 1.4826 * float(np.median(off)) + 1e-12
        weight = np.minimum(1.0, outlying * usual / np.maximum(off, 1e-12))
    return terms
