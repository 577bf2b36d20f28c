"""A photograph that shows a part of the disc has the rows of that part alone."""

import dataclasses

import numpy as np
import pytest
from conftest import as_photo

from groovescan.core.results import Camera, GrooveMap
from groovescan.joining.joint_photograph import rows_alone
from groovescan.reading.shown_rows import BLOCK_ROWS, ShownRows, shown_rows
from groovescan.reading.tiles import lay_row_grid, lay_tiles

PITCH, TURNS, NODES = 9.0, 7, 128


def spiral(centre, start_rad=0.7, wander_px=0.0):
    """A groove round a centre, which need not lie in the photograph."""
    s = np.arange((TURNS + 2) * NODES + 1) / NODES - 1
    middle = np.array([199.5, 149.5])
    camera = Camera(
        centre_px=np.array(centre),
        stretch=0.005,
        shear=-0.003,
        perspective=np.array([0.01, 0.006]),
        lens=0.004,
        middle_px=middle,
        scale_px=200.0,
    )
    return GrooveMap(
        camera=camera,
        pitch_px=PITCH,
        direction=1,
        start_rad=start_rad,
        nodes_per_turn=NODES,
        radius_px=400 - PITCH * s + wander_px * np.sin(2 * np.pi * s / 3.3),
    )


def placed(tiles, shape):
    """Row, distance from it and from the spiral, of each pixel that is its tile's own."""
    found = np.full((3, *shape), np.nan)
    for tile in tiles:
        rows, columns = tile.block
        y, x = np.divmod(tile.pixel.astype(int), columns.stop - columns.start)
        values = np.stack([tile.row[tile.place], tile.part, tile.offset_px])
        own = tile.own
        found[:, y[own] + rows.start, x[own] + columns.start] = values[:, own]
    return found


@pytest.mark.parametrize("wander_px", [0.0, 4.0])
@pytest.mark.parametrize(
    ("centre", "start_rad", "shape"),
    [
        ((500.0, 400.0), 0.7, (300, 400)),  # a corner, seen from afar
        ((-160.0, 150.0), 0.1, (300, 400)),  # on either side of where the turns begin
        ((200.0, 520.0), 2.0, (1040, 120)),  # a strip that crosses the disc twice
        ((420.0, 60.0), 0.7, (300, 900)),  # a half
    ],
)
def test_pixels_lie_where_they_lie_on_all_rows(centre, start_rad, shape, wander_px):
    groove_map, photo = spiral(centre, start_rad, wander_px), as_photo(np.zeros(shape, np.float32))
    grid = lay_row_grid(groove_map, 0.9)
    shown = shown_rows(groove_map, grid.samples_per_turn, shape)
    assert shown is not None
    alone = rows_alone(grid, shown)
    rows = shown.rows(len(grid.radius_px))
    assert alone.samples_per_turn == shown.of_turn < 0.8 * grid.samples_per_turn
    np.testing.assert_allclose(alone.along_px, grid.along_px[rows], rtol=1e-12)
    np.testing.assert_array_equal(rows[alone.groove], rows[rows >= grid.samples_per_turn][
        : len(rows[alone.groove])
    ])  # fmt: skip
    # a row further out is as many rows away as a turn has
    inner = rows[shown.of_turn :]
    np.testing.assert_array_equal(inner - rows[: len(inner)], grid.samples_per_turn)
    whole = placed(lay_tiles(photo, groove_map, grid), shape)
    part = placed(lay_tiles(photo, groove_map, alone, shown=shown), shape)
    there = np.isfinite(whole[0])
    assert there.sum() > 10_000
    np.testing.assert_array_equal(np.isfinite(part[0]), there)
    same = rows[part[0, there].astype(int)] == whole[0, there]
    # where a pixel lies half way between two rows either of them is as good
    assert same.mean() > 0.9999
    np.testing.assert_allclose(part[1:, there][:, same], whole[1:, there][:, same], atol=2e-4)


def test_a_photograph_of_most_of_the_disc_has_all_rows():
    groove_map = dataclasses.replace(spiral((450.0, 450.0)))
    assert shown_rows(groove_map, 2816, (900, 900)) is None


def test_pixels_that_are_not_looked_at_show_no_rows():
    groove_map = spiral((450.0, 450.0))
    right = shown_rows(groove_map, 2816, (900, 900), lambda x, y: x > 450)
    assert right is not None
    assert 0.5 < right.blocks.mean() < 0.7


def test_rows_have_an_index_among_those_that_are_shown():
    blocks = np.zeros(12, bool)
    blocks[[0, 3, 4, 11]] = True
    shown = ShownRows(per_turn=12 * BLOCK_ROWS, blocks=blocks)
    rows = shown.rows(40 * BLOCK_ROWS)
    assert shown.of_turn == 4 * BLOCK_ROWS
    np.testing.assert_array_equal(shown.at(np.arange(len(rows))), rows)
    np.testing.assert_array_equal(np.unique(rows // BLOCK_ROWS % 12), [0, 3, 4, 11])
