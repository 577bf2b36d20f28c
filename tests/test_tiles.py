"""Each pixel is found where it lies on the groove, once."""

import dataclasses

import numpy as np
import pytest
from conftest import as_photo

from groovescan.core.geometry.camera_model import angle_at, project, radius_at, unproject
from groovescan.core.results import Camera, GrooveMap
from groovescan.reading.kernels.layers import _ranked
from groovescan.reading.tiles import LANES, RIM_PX, SIDE_PX, lay_row_grid, lay_tiles

PITCH, TURNS, NODES = 9.0, 7, 128
SHAPE = (390, 410)
CAMERA = Camera(
    centre_px=np.array([205.3, 193.8]),
    stretch=0.005,
    shear=-0.003,
    perspective=np.array([0.01, 0.006]),
    lens=0.004,
    middle_px=np.array([204.5, 194.5]),
    scale_px=200.0,
)


def spiral(direction=1, start="outer", centre=CAMERA.centre_px, wander_px=0.0):
    """A map whose radius wanders about an even feed, in a tilted and bent photograph."""
    s = np.arange((TURNS + 2) * NODES + 1) / NODES - 1
    radius = 170 - PITCH * s if start == "outer" else 170 - PITCH * (TURNS - s)
    return GrooveMap(
        camera=dataclasses.replace(CAMERA, centre_px=np.array(centre)),
        pitch_px=PITCH,
        direction=direction,
        start_rad=0.7,
        nodes_per_turn=NODES,
        radius_px=radius + wander_px * np.sin(2 * np.pi * s / 3.3),
    )


def laid(groove_map, shape=SHAPE, step_px=0.9):
    grid = lay_row_grid(groove_map, step_px)
    photo = as_photo(np.zeros(shape, np.float32))
    return grid, list(lay_tiles(photo, groove_map, grid))


def pixels(tile):
    """Row and column of a tile's pixels in the photograph."""
    rows, columns = tile.block
    y, x = np.divmod(tile.pixel.astype(int), columns.stop - columns.start)
    return y + rows.start, x + columns.start


def once(tile):
    """The pixels without those that only fill a layer, which repeat what came before."""
    single = np.zeros(len(tile.pixel), bool)
    single[np.unique(tile.pixel, return_index=True)[1]] = True
    return single


def spread(tiles, values, shape=SHAPE):
    """A picture of a value of each tile's own pixels, and how often each pixel is owned."""
    picture, owned = np.full(shape, np.nan), np.zeros(shape, int)
    for tile in tiles:
        y, x = (place[tile.own] for place in pixels(tile))
        np.add.at(owned, (y, x), 1)
        picture[y, x] = values(tile)[tile.own]
    return picture, owned


def nearest(groove_map, shape=SHAPE):
    """Turn (in turns from the start) and offset of each pixel, by trying every turn.

    Also how much farther the second nearest turn is, in px.
    """
    y, x = np.indices(shape).astype(float)
    radius, angle = unproject(groove_map.camera, x, y)
    fraction = np.mod(groove_map.direction * (angle - groove_map.start_rad) / (2 * np.pi), 1.0)
    turn = np.arange(-1, TURNS + 1)[:, None, None] + fraction
    offset = radius - radius_at(groove_map, turn)
    order = np.argsort(np.abs(offset), axis=0)[:2]
    (best, _), away = (np.take_along_axis(values, order, axis=0) for values in (turn, offset))
    return best, away[0], np.abs(away[1]) - np.abs(away[0])


def near(offset):
    """Near enough to a turn to tell of it."""
    return np.abs(offset) < 0.75 * PITCH


KINDS = [(1, "outer"), (-1, "outer"), (1, "inner"), (-1, "inner")]


@pytest.mark.parametrize(("direction", "start"), KINDS)
def test_a_pixel_s_place_on_the_groove_is_that_of_the_pixel(direction, start):
    groove_map = spiral(direction, start, wander_px=1.5)
    grid, tiles = laid(groove_map)
    assert len(tiles) >= 4
    for tile in tiles:
        y, x = pixels(tile)
        turns = (tile.row[tile.place] + tile.part.astype(float)) / grid.samples_per_turn - 1
        radius = radius_at(groove_map, turns) + tile.offset_px
        seen = project(groove_map.camera, radius, angle_at(groove_map, turns))
        assert np.hypot(seen[0] - x, seen[1] - y).max() < 0.01
        assert np.abs(tile.part.astype(float)).max() <= 0.5


@pytest.mark.parametrize(("direction", "start"), KINDS)
def test_every_pixel_of_the_ring_is_owned_once_by_the_nearest_turn(direction, start):
    groove_map = spiral(direction, start)
    grid, tiles = laid(groove_map)
    turn, offset, margin = nearest(groove_map)
    picture, owned = spread(tiles, lambda tile: tile.row[tile.place] + tile.part.astype(float))
    away, _ = spread(tiles, lambda tile: tile.offset_px)
    assert owned.max() == 1
    # not those on the brink: between two turns, at the lane's ends, too far from any turn;
    # nor those beyond the lane's ends, where a turn that the map does not hold is nearer
    row = (turn + 1) * grid.samples_per_turn
    end = (TURNS + 2) * grid.samples_per_turn
    clear = (np.abs(row - 1) > 2) & (np.abs(row - end) > 2) & (margin > 0.02)
    clear &= np.abs(np.abs(offset) - 0.75 * PITCH) > 0.02
    clear &= ((turn > 0) & (turn < TURNS)) | (np.abs(offset) < 0.49 * PITCH) | ~near(offset)
    beside = near(offset)
    np.testing.assert_array_equal(owned[clear] == 1, beside[clear])
    ring = clear & beside
    assert ring.sum() > 2 * np.pi * 138 * PITCH * TURNS
    np.testing.assert_allclose(picture[ring], row[ring], atol=1e-3)
    np.testing.assert_allclose(away[ring], offset[ring], atol=1e-3)


def test_a_feed_that_wanders_keeps_to_the_nearest_turn():
    groove_map = spiral(wander_px=0.6)
    turn, _offset, margin = nearest(groove_map)
    grid, tiles = laid(groove_map)
    picture, _ = spread(tiles, lambda tile: tile.row[tile.place] + tile.part.astype(float))
    # feed and turn differ by a sixth: what lies between may go to either
    clear = (margin > PITCH / 6) & (turn > 0) & (turn < TURNS)
    assert clear.mean() > 0.2
    np.testing.assert_allclose(picture[clear], (turn[clear] + 1) * grid.samples_per_turn, atol=2e-3)


def test_turn_by_turn_rows_go_from_many_pixels_to_few_and_back():
    turns, per_turn = 7, 90
    many = np.random.default_rng(1).integers(0, 9, (turns, per_turn))
    many[2] = 0  # a turn that the tile does not see
    rank, first = _ranked.py_func(many.ravel()[:-30], per_turn)  # of the last turn only some
    rank, many = np.append(rank, np.zeros(30, int)), many.ravel()
    many[-30:] = 0
    inverse = np.argsort(rank[many > 0])
    np.testing.assert_array_equal(rank[many > 0][inverse], np.arange(np.count_nonzero(many)))
    turn, counted = np.flatnonzero(many)[inverse] // per_turn, many[many > 0][inverse]
    assert (np.diff(turn) >= 0).all()
    for number, each in enumerate((0, 1, 3, 4, 5, 6)):
        assert (np.diff(counted[turn == each]) * (-1) ** number <= 0).all()
    slices = [counted[k : k + LANES].max() for k in range(0, len(counted), LANES)]
    np.testing.assert_array_equal(np.diff(first), np.array(slices) * LANES)


@pytest.mark.parametrize(("direction", "start"), KINDS)
def test_rows_come_in_slices_that_are_as_deep_as_their_deepest_row(direction, start):
    grid, tiles = laid(spiral(direction, start))
    for tile in tiles:
        single = once(tile)
        many = np.bincount(tile.place[single], minlength=len(tile.row))
        rows = np.count_nonzero(many)
        assert len(tile.row) == -(-rows // LANES) * LANES
        assert (tile.row[rows:] == tile.row[rows - 1]).all()
        assert len(np.unique(tile.row)) == rows
        assert tile.row.min() > 0
        assert tile.row.max() < len(grid.radius_px) - 1
        deepest = many.reshape(-1, LANES).max(axis=1)
        np.testing.assert_array_equal(np.diff(tile.first), deepest * LANES)
        assert tile.first[-1] == len(tile.pixel)


@pytest.mark.parametrize(("direction", "start"), KINDS)
def test_what_fills_a_layer_repeats_its_row_s_first_pixel_and_does_not_count(direction, start):
    _, tiles = laid(spiral(direction, start))
    for tile in tiles:
        repeated = ~once(tile)
        assert not tile.own[repeated].any()
        row = tile.row[tile.place]
        of = {pixel: k for k, pixel in enumerate(tile.pixel[~repeated])}
        source = [of[pixel] for pixel in tile.pixel[repeated]]
        for values in (row, tile.parts, tile.offsets):
            np.testing.assert_array_equal(values[repeated], values[~repeated][source])
    assert sum((~once(tile)).sum() for tile in tiles) > 100


def test_a_rim_shows_the_pixels_of_other_tiles():
    _, tiles = laid(spiral())
    row, owned = spread(tiles, lambda tile: tile.row[tile.place])
    offset, _ = spread(tiles, lambda tile: tile.offset_px)
    for tile in tiles:
        y, x = pixels(tile)
        corner = [part.start + (RIM_PX if part.start else 0) for part in tile.block]
        inside = (y >= corner[0]) & (y < corner[0] + SIDE_PX)
        inside &= (x >= corner[1]) & (x < corner[1] + SIDE_PX)
        np.testing.assert_array_equal(tile.own, inside & once(tile))
        # the neighbour found them in the same place
        assert (owned[y, x] == 1).all()
        np.testing.assert_array_equal(row[y, x], tile.row[tile.place])
        np.testing.assert_array_equal(offset[y, x].astype(np.float32), tile.offset_px)
    assert sum((~tile.own).sum() for tile in tiles) > 1000


@pytest.mark.parametrize("start", ["outer", "inner"])
def test_the_rows_of_a_lane_run_along_the_groove(start):
    groove_map = spiral(start=start)
    grid = lay_row_grid(groove_map, 0.9)
    assert grid.samples_per_turn % 64 == 0
    assert 0.9 * (1 - 64 / grid.samples_per_turn) < grid.along_px.max() <= 0.9
    turns = np.arange(len(grid.radius_px)) / grid.samples_per_turn - 1
    expected = 170 - PITCH * (turns if start == "outer" else TURNS - turns)
    # the map's spline bends a little at its very ends
    np.testing.assert_allclose(grid.radius_px, expected, atol=0.01)
    assert (turns[grid.groove][0], len(turns[grid.groove])) == (
        0,
        TURNS * grid.samples_per_turn,
    )
    middle = len(turns) // 2
    outside = grid.radius_px[middle + grid.outward] - grid.radius_px[middle]
    assert outside == pytest.approx(PITCH, abs=1e-3)


def test_rows_between_the_nodes_of_a_map_lie_on_its_curve():
    # of eight rows one is asked for; what waves ten times per turn bends between them
    s = np.arange((TURNS + 2) * NODES + 1) / NODES - 1
    wavy = dataclasses.replace(spiral(), radius_px=170 - PITCH * s + np.sin(2 * np.pi * 10 * s))
    grid = lay_row_grid(wavy, 0.09)
    turns = np.arange(len(grid.radius_px)) / grid.samples_per_turn - 1
    middle = slice(grid.samples_per_turn, -grid.samples_per_turn)
    assert np.abs(grid.radius_px - radius_at(wavy, turns))[middle].max() < 3e-6


@pytest.mark.parametrize(
    ("shape", "centre"),
    [
        ((90, 70), (-60.0, 40.0)),
        ((7, 390), (190.0, -120.0)),
        ((1, 1), (140.0, 0.0)),
        ((240, 300), (230.0, 40.0)),
        ((SIDE_PX, 2 * SIDE_PX + 1), (300.0, 100.0)),
    ],
    ids=["less than a tile", "a band", "one pixel", "cut by the frame", "one column over"],
)
def test_a_photograph_that_shows_a_part_of_the_groove(shape, centre):
    groove_map = spiral(centre=centre)
    grid, tiles = laid(groove_map, shape)
    turn, offset, margin = nearest(groove_map, shape)
    picture, owned = spread(tiles, lambda tile: tile.row[tile.place], shape)
    inside = (turn > -0.95) & (turn < TURNS + 0.95) & (margin > 0.02)
    inside &= np.abs(offset) < 0.49 * PITCH
    assert inside.any()
    assert (owned[inside] == 1).all()
    assert owned.max() == 1
    row = (turn[inside] + 1) * grid.samples_per_turn
    assert np.abs(picture[inside] - row).max() < 0.501
    for tile in tiles:
        y, x = pixels(tile)
        assert (y.min(), x.min()) >= (0, 0)
        assert y.max() < shape[0]
        assert x.max() < shape[1]


@pytest.mark.parametrize(
    "centre", [(-400.0, 100.0), (205.0, 900.0)], ids=["left of it", "below it"]
)
def test_a_groove_outside_the_photograph_has_no_pixels(centre):
    assert laid(spiral(centre=centre))[1] == []


def test_inside_the_ring_there_are_no_tiles():
    # a photograph of the label alone
    assert laid(spiral(centre=(40.0, 30.0)), (60, 80))[1] == []


def test_some_slices_are_slices_of_the_tile_with_about_so_many_pixels():
    _, tiles = laid(spiral())
    tile = max(tiles, key=lambda each: len(each.pixel))
    few = tile.some_slices(len(tile.pixel) // 8, np.random.default_rng(2))
    assert len(tile.pixel) // 16 < len(few.pixel) < len(tile.pixel) // 4
    assert set(few.row) <= set(tile.row)
    whole = tile.some_slices(10 * len(tile.pixel), np.random.default_rng(2))
    np.testing.assert_array_equal(whole.pixel, tile.pixel)
