"""The estimate that samples, their errors, and the programme's spectra lead to.

With equal errors it is Wiener's filter, a product of spectra. With unequal ones that filter is
the preconditioner of conjugate gradients (Chan and Ng 1996, for Toeplitz systems in general),
which on most discs take a handful of steps.
"""

from __future__ import annotations

import numpy as np

from groovescan.runtime import dft
from groovescan.runtime.array_types import Float32Matrix, Float32Vector, Int64Vector
from groovescan.runtime.jit import fused
from groovescan.runtime.threads import in_order
from groovescan.wiener.overlapping_blocks import FADE, HOP, MARGIN, SPAN, Samples, blocks

#: A bound on what an odd spectrum may cost: `test_images/plain.png` takes 51 steps at most.
_MOST_STEPS = 200
#: Fewer blocks than one in so many are taken out: else it is quicker to filter all of them.
_FEW = 3
#: Of single precision: beside a double all would become double.
_ZERO = np.float32(0)


def solved(
    samples: Samples,
    power: np.ndarray,
    tolerance: float,
    groups: list[slice],
    *,
    near: np.ndarray | None = None,
) -> np.ndarray:
    """The estimates of all blocks, faded from one to the next.

    Parameters
    ----------
    samples : Samples
        With their errors.
    power : ndarray of float32, shape (blocks, span / 2 + 1)
        The programme's power spectra.
    tolerance : float
        How far a solution may be off, in standard deviations of the estimate.
    groups : list of slice
        Blocks that are solved together.
    near : ndarray of float32, shape (n,), optional
        An estimate to start from; otherwise the samples, where they are more programme than noise.

    Returns
    -------
    ndarray of float32, shape (n,)
    """
    least = (tolerance * samples.scale) ** 2 * SPAN
    usual = np.float32(samples.scale**2)
    inner = MARGIN - FADE // 2
    estimate = np.zeros(inner + (samples.count + 1) * HOP, np.float32)
    # a block ends in the middle of the next one's
    hops = estimate[inner:].reshape(-1, HOP)

    def of_group(group: slice) -> tuple[slice, np.ndarray]:
        """Solutions of a group of blocks, faded at their ends."""
        value, weight = samples.blocks(group)
        if near is None:
            loud = power[group].mean(axis=1) * weight.mean(axis=1) > usual
            start = value * loud[:, None]
        else:
            start = blocks(near, group)
        return group, _faded(iterated(value, weight, usual / power[group], least, start))

    def add(found: tuple[slice, np.ndarray]) -> None:
        """Add the overlapping solutions of a group."""
        group, parts = found
        hops[group] += parts[:, :HOP]
        hops[group.start + 1 : group.stop + 1, :FADE] += parts[:, HOP:]

    in_order(of_group, add, groups)
    return estimate[: len(samples.value)]


def _faded(estimate: np.ndarray) -> np.ndarray:
    """The middle of each block, faded in and out so that neighbours add up to one."""
    rising = (np.arange(FADE, dtype=np.float32) + 0.5) / FADE
    inner = MARGIN - FADE // 2
    middle = estimate[:, inner:-inner].copy()
    middle[:, :FADE] *= rising
    middle[:, -FADE:] *= rising[::-1]
    return middle


def iterated(
    value: np.ndarray,
    weight: np.ndarray,
    inverse: np.ndarray,
    least: float,
    start: np.ndarray | None = None,
) -> np.ndarray:
    r"""Solve :math:`(A + W) x = W y` by conjugate gradients, block by block.

    :math:`A` is the inverse of the programme's covariance, known by its spectrum; :math:`(A +
    w)^{-1}`, with :math:`w` the mean weight of the block, is the preconditioner, so that
    :math:`(A + W) z = r + (W - w) z` for :math:`z = (A + w)^{-1} r`, and every step takes one
    transform there and back. So does the first, from a start :math:`x_0`: :math:`x_1 = (A +
    w)^{-1} (W y - (W - w) x_0)` leaves :math:`r = (W - w) (x_0 - x_1)`. :math:`r^T z` is the
    squared error in standard deviations of the estimate, summed over the block.

    Parameters
    ----------
    value, weight : ndarray of float32, shape (blocks, span)
        The samples :math:`y` and the diagonal of :math:`W`.
    inverse : ndarray of float32, shape (blocks, span / 2 + 1)
        Inverse of the programme's power spectrum, over that of the usual error.
    least : float
        A block is solved where :math:`r^T z` is no more.
    start : ndarray of float32, shape (blocks, span), optional
        What the solution is near to; otherwise zero.

    Returns
    -------
    ndarray of float32, shape (blocks, span)
    """
    mean = weight.mean(axis=1, keepdims=True)
    gain, uneven = dft.packed_gain(1 / (inverse + mean)), weight - mean
    if start is None:
        found = _filtered(weight * value, gain)
        residual = -uneven * found
    else:
        found = _filtered(weight * value - uneven * start, gain)
        residual = uneven * (start - found)
    state = found, residual, np.zeros_like(found), np.zeros_like(found)
    left, open_ = np.full(len(value), np.inf, np.float32), np.arange(len(value))
    for _ in range(_MOST_STEPS):
        some = _FEW * len(open_) < len(value)
        smooth = _filtered(residual[open_], gain[open_]) if some else _filtered(residual, gain)
        _step(open_, smooth, some, uneven, state, left, np.float32(least))
        open_ = open_[left[open_] > least]
        if not len(open_):
            break
    return found


def _filtered(values: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """Rows times gains of their spectra, which are packed."""
    spectrum = dft.forward_packed(values)
    spectrum *= gain
    return dft.backward_packed(spectrum)


@fused
def _step(
    open_: Int64Vector,
    smooth: Float32Matrix,
    some: bool,
    uneven: Float32Matrix,
    state: tuple[Float32Matrix, Float32Matrix, Float32Matrix, Float32Matrix],
    left: Float32Vector,
    least: np.float32,
) -> None:
    """One step of those blocks that are not solved yet, and what was left before it.

    Parameters
    ----------
    open_ : ndarray of int64, shape (m,)
        Which of the blocks.
    smooth : ndarray of float32, shape (m, span) or (blocks, span)
        Their residuals, filtered; or those of all.
    some : bool
        Whether they are theirs alone.
    uneven : ndarray of float32, shape (blocks, span)
        The weights less their means.
    state : tuple of ndarray of float32, shape (blocks, span)
        Solution, residual, direction, and the equations' left side for the direction.
    left : ndarray of float32, shape (blocks,)
        Error before the last step; then before this one.
    least : float32
        The error of a block that is solved.
    """
    found, residual, direction, image = state
    for k in range(len(open_)):
        block, now = open_[k], _ZERO
        at = k if some else block
        for n in range(smooth.shape[1]):
            now += residual[block, n] * smooth[at, n]
        beta = now / left[block]
        left[block] = now
        if now <= least:
            continue
        steep = _ZERO
        for n in range(smooth.shape[1]):
            z = smooth[at, n]
            ahead = z + beta * direction[block, n]
            turned = residual[block, n] + uneven[block, n] * z + beta * image[block, n]
            direction[block, n], image[block, n] = ahead, turned
            steep += ahead * turned
        length = now / steep
        for n in range(smooth.shape[1]):
            found[block, n] += length * direction[block, n]
            residual[block, n] -= length * image[block, n]
