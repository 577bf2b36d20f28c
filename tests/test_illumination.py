"""Level of the land and contrast of the groove are those from which equations were made."""

import numpy as np
import pytest

from groovescan.core.results import Camera, GrooveMap
from groovescan.profile.model_limits import CELL_ROWS
from groovescan.reading.light.illumination import light_of
from groovescan.reading.sweep import Sums
from groovescan.reading.tiles import lay_row_grid

TURNS, PITCH_PX = 40, 5.0
MAP = GrooveMap(
    camera=Camera(centre_px=np.zeros(2)),
    pitch_px=PITCH_PX,
    direction=1,
    start_rad=0.0,
    nodes_per_turn=64,
    radius_px=300 - PITCH_PX * (np.arange((TURNS + 2) * 64 + 1) / 64 - 1),
)
ROW_GRID = lay_row_grid(MAP, 3.0)
CELL_TURNS = (
    np.arange(len(ROW_GRID.radius_px) // CELL_ROWS) * CELL_ROWS / ROW_GRID.samples_per_turn - 1
)
INSIDE = (CELL_TURNS >= 0) & (CELL_TURNS < TURNS)
#: Without the outermost turns, which have turns beside them on one side only.
MIDDLE = (CELL_TURNS >= 8) & (CELL_TURNS < TURNS - 8)


def equations(level, contrast, *, other_cut):
    """Normal equations of cells that are solved by this level and contrast."""
    contrast = np.where(INSIDE, contrast, 0)
    normal = np.broadcast_to([[30.0, 9.0], [9.0, 6.0]], (len(level), 2, 2))
    target = np.einsum("nij,nj->ni", normal, np.stack([level, contrast], axis=1))
    nothing = np.zeros(len(level))
    return Sums(
        hessian=nothing,
        gradient=nothing,
        whole=nothing,
        normal=normal,
        target=target,
        square=nothing,
        weight=normal[:, 0, 0],
        apart=(normal, target) if other_cut else None,
    )


@pytest.mark.parametrize("other_cut", [False, True], ids=["lateral", "other cut"])
def test_an_even_film_is_found_as_it_is(other_cut):
    even = np.full(len(CELL_TURNS), 0.5)
    level, contrast = light_of(ROW_GRID, equations(even, -0.6 * even, other_cut=other_cut))
    np.testing.assert_allclose(level, 0.5, rtol=1e-3)
    np.testing.assert_allclose(contrast[INSIDE], -0.3, rtol=1e-2)
    np.testing.assert_allclose(contrast[~INSIDE], 0, atol=1e-6)


def test_a_film_that_changes_over_twenty_turns_is_followed_where_sound_is_slow():
    film = 0.5 + 0.1 * np.cos(2 * np.pi * CELL_TURNS / 20)
    level, contrast = light_of(ROW_GRID, equations(film, -0.6 * film, other_cut=True))
    strayed = level[MIDDLE] - film[MIDDLE]
    # an average over 3 turns, as a standard deviation, leaves out exp(-2 (pi 3 / 20)^2) of the
    # wave's rest of one: 0.36 of it; averaged twice, the square of that
    left_out = 1 - np.exp(-2 * (np.pi * 3 / 20) ** 2)
    assert np.std(strayed) == pytest.approx(left_out**2 * 0.1 / np.sqrt(2), rel=0.15)
    np.testing.assert_allclose(contrast[MIDDLE] / level[MIDDLE], -0.6, rtol=0.04)


def test_a_film_that_changes_along_the_groove_is_followed():
    film = 0.5 + 0.1 * np.cos(2 * np.pi * CELL_TURNS)
    level, contrast = light_of(ROW_GRID, equations(film, -0.6 * film, other_cut=False))
    np.testing.assert_allclose(level[MIDDLE], film[MIDDLE], atol=0.01)
    np.testing.assert_allclose(contrast[MIDDLE], -0.6 * film[MIDDLE], atol=0.01)
