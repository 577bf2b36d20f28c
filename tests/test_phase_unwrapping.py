"""Phase is unwrapped round a ring, past what is not known, and twice the same."""

import numpy as np
import pytest

from groovescan.locate.phase_unwrapping import unwrapped_phase


def drawn(rng, noise=0.3, shape=(256, 40)):
    y, x = np.mgrid[: shape[0], : shape[1]]
    turn = 2 * np.pi * y / shape[0]
    true = 6 * np.cos(turn) + 0.2 * x + 3 * np.sin(2 * turn + x / 20)
    return true, np.angle(np.exp(1j * (true + noise * rng.standard_normal(shape))))


def off_turns(found, true, known):
    turns = (found - true)[known] / (2 * np.pi)
    return np.rint(turns - np.median(turns))


@pytest.mark.parametrize("closed", [(True, False), (False, False), (True, True)])
def test_a_smooth_phase_is_unwrapped_round_what_is_not_known(rng, closed):
    true, wrapped = drawn(rng)
    known = rng.random(true.shape) > 0.3
    known[100:120] = False
    if closed[1]:
        true = np.concatenate([true, true[:, ::-1]], axis=1)
        wrapped = np.concatenate([wrapped, wrapped[:, ::-1]], axis=1)
        known = np.concatenate([known, known], axis=1)
    if not closed[0]:
        known[100:120] = True
    found = unwrapped_phase(wrapped, known, closed=closed)
    assert np.mean(off_turns(found, true, known) != 0) < 0.03
    np.testing.assert_array_equal(found[~known], wrapped[~known])


def test_the_reliable_cells_go_first(rng):
    """A patch of noise in the way does not turn what lies behind it."""
    true, wrapped = drawn(rng, noise=0.05)
    wrapped[60:90, 5:30] = rng.uniform(-np.pi, np.pi, (30, 25))
    known = np.ones(true.shape, bool)
    clear = known.copy()
    clear[58:92, 3:32] = False
    found = unwrapped_phase(wrapped, known)
    assert not off_turns(found, true, clear).any()


def test_it_is_the_same_every_time_and_adds_whole_turns(rng):
    _, wrapped = drawn(rng, noise=1.2)
    known = rng.random(wrapped.shape) > 0.4
    found = unwrapped_phase(wrapped, known)
    for _ in range(4):
        np.testing.assert_array_equal(unwrapped_phase(wrapped, known), found)
    turns = (found - wrapped) / (2 * np.pi)
    np.testing.assert_allclose(turns, np.rint(turns), atol=1e-9)


def test_parts_are_not_joined(rng):
    true, wrapped = drawn(rng, noise=0.02)
    part = (np.arange(true.shape[0]) > 128).astype(int)[:, None] + np.zeros(true.shape, int)
    jumped = np.angle(np.exp(1j * (wrapped + 2.9 * part)))
    found = unwrapped_phase(jumped, np.ones(true.shape, bool), part=part)
    for k in (0, 1):
        assert not off_turns(found, true + 2.9 * k, part == k).any()


@pytest.mark.parametrize("known", [0, 1])
def test_nothing_and_a_single_cell(known):
    cells = np.zeros((6, 4), bool)
    cells.flat[:known] = True
    phase = np.full((6, 4), 3.0)
    np.testing.assert_array_equal(unwrapped_phase(phase, cells), phase)
