"""The best linear estimate of a signal from samples of unequal, known error.

The programme is a Gaussian process whose spectrum changes from moment to moment; the best linear
estimate of it from samples of known, unequal error is the solution of a linear system (Rasmussen
and Williams 2006, 2.2). A missing sample has an infinite error: it is interpolated by the same
equation (Janssen, Veldhuis and Vries 1986), and a long gap fades.

The signal is taken in blocks that overlap (`blocks`). Their spectra are learnt from the samples
themselves (`spectra`), and then from the estimate that they lead to, so that what is loud or
sustained at a moment is known to be so; `solution` solves the equations.
"""

from __future__ import annotations

import numpy as np

from groovescan.wiener.conjugate_gradient import solved
from groovescan.wiener.overlapping_blocks import SPAN, groups_of, laid_out
from groovescan.wiener.power_spectra import of_estimate, of_programme, of_samples

#: How often the spectra are learnt anew from the estimate.
_REFINEMENTS = 2
#: How far the solution may be off, in standard deviations of the estimate: far below what is heard.
#: Flat (docs/method.md, constants).
_TOLERANCE = 0.002

__all__ = ["best_estimate"]


def best_estimate(
    value: np.ndarray,
    error: np.ndarray,
    *,
    tolerance: float = _TOLERANCE,
    refinements: int = _REFINEMENTS,
) -> np.ndarray:
    """Estimate a signal from its samples and their standard errors.

    Parameters
    ----------
    value : ndarray of float64, shape (n,)
        Samples; what is missing may hold anything.
    error : ndarray of float, shape (n,)
        Standard error of each sample in the unit of `value`; infinite where it is missing.
    tolerance : float
        How far the solution may be off, in standard deviations of the estimate where samples are
        known; in gaps it may be off by several times as much.
    refinements : int
        How often the programme's spectra are learnt anew from the estimate.

    Returns
    -------
    ndarray of float32, shape (n,)
        As given, with zeros for what is missing, where there are too few samples to learn
        the signal's spectrum from. It is the same whatever the number of processors.
    """
    # So much further off may an estimate be from which spectra are learnt, each time.
    looser = 5.0
    known = np.isfinite(error)
    if len(value) < 2 * SPAN or not known.any():
        return np.where(known, value, 0.0).astype(np.float32)
    samples = laid_out(value, error, known)
    groups = groups_of(samples.count)
    rough = of_samples(samples, groups)
    power, estimate = of_programme(rough, rough.power, groups), None
    for left in range(refinements, 0, -1):
        # from where the last one led to it is not far
        estimate = solved(samples, power, looser**left * tolerance, groups, near=estimate)
        power = of_programme(rough, of_estimate(estimate, rough.noise, power, groups), groups)
    estimate = solved(samples, power, tolerance, groups, near=estimate)
    return estimate[samples.start :][: len(value)]
