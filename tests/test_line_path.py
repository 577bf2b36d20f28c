"""The path with most of a line in it has the right number of turns, and ends where that does."""

import numpy as np
import pytest

from groovescan.strip.groove_extent.annulus import SECTORS, Annulus
from groovescan.strip.groove_extent.line_path import best_path

STEP_PX, LEAST_PX = 0.5, 1.5


def annulus_of(lines, width_px=120.0, noise=0.25, unseen=()):
    """An annulus in which lines lie, each given by its rise at positions from its start."""
    rng = np.random.default_rng(3)
    columns = int(width_px / STEP_PX)
    share = rng.normal(0, noise, (SECTORS, columns))
    known = np.ones((SECTORS, columns), bool)
    rise = -4.0 + STEP_PX * np.arange(columns)
    for begin, end, rise_at in lines:
        turns = np.arange(int(begin * SECTORS), int(end * SECTORS))
        place = rise_at((turns + 0.5) / SECTORS)
        # a filter that is blind to the level of the land finds less than nothing beside a line
        square = ((rise - place[:, None]) / 1.2) ** 2
        near = (1 - square) * np.exp(-0.5 * square)
        np.add.at(share, turns % SECTORS, near)
    for part in unseen:
        known[part], share[part] = False, 0
    return Annulus(
        from_turns=0.0,
        level_px=np.full(SECTORS, 300.0),
        outward=1,
        share=share.astype(np.float32),
        known=known,
        first_px=-4.0,
        step_px=STEP_PX,
    )


def feed(*parts):
    """Rise of a line that is fed by so many px per turn up to each position."""
    turns, rates = np.array([0.0, *(turn for turn, _ in parts)]), [rate for _, rate in parts]
    rise = np.concatenate([[0.0], np.cumsum(np.diff(turns) * rates)])
    return lambda s: np.interp(s, turns, rise)


FEEDS = {
    "even": feed((9.3, 6.0)),
    "at once": feed((4.4, 4.0), (9.3, 12.0)),
    "gap crossed in a third of a turn": feed((3.2, 5.0), (3.5, 130.0), (9.3, 5.0)),
    "gap crossed in five turns": feed((2.2, 4.0), (7.1, 11.0), (9.3, 4.0)),
}


@pytest.mark.parametrize("name", list(FEEDS))
def test_a_line_is_followed_to_its_end(name):
    path = best_path(annulus_of([(0, 9.3, FEEDS[name])]), 16.0, LEAST_PX)
    assert path.turns[-1] == pytest.approx(9.3, abs=0.03)
    apart = path.rise_px - FEEDS[name](path.turns)
    assert np.median(np.abs(apart)) < 0.3
    assert path.on_land.mean() < 0.05


def test_where_nothing_is_seen_no_turn_is_lost_or_won():
    line = feed((9.3, 6.0))
    path = best_path(annulus_of([(0, 9.3, line)], unseen=[slice(120, 170)]), 16.0, LEAST_PX)
    assert path.turns[-1] == pytest.approx(9.3, abs=0.03)
    assert np.abs(path.rise_px - line(path.turns))[path.known].max() < 2.0


def test_beyond_the_end_of_a_line_lies_land():
    first, second = feed((4.0, 6.0)), lambda s: 50.0 + 6.0 * (s - 5)
    path = best_path(annulus_of([(0, 4.2, first), (5, 10.5, second)]), 16.0, LEAST_PX)
    land = np.flatnonzero(path.on_land)
    assert 3.5 < path.turns[land].mean() < 5.5
    assert path.turns[-1] > 8


def test_without_a_line_there_is_hardly_a_path():
    assert best_path(annulus_of([]), 16.0, LEAST_PX).turns[-1] < 0.1


def test_the_first_steps_of_a_path():
    path = best_path(annulus_of([(0, 9.3, FEEDS["even"])]), 16.0, LEAST_PX)
    assert len(path.up_to(300).turns) == 300
    assert len(path.up_to(0).turns) == 1
