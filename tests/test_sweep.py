"""The model of the photograph's pixels, on photographs drawn from the model itself."""

import copy
import dataclasses
import time

import numpy as np
import pytest
from conftest import as_photo
from scipy import ndimage

from groovescan.core.geometry.camera_model import radius_at, unproject
from groovescan.core.results import Camera, GrooveMap
from groovescan.profile.model_limits import CELL_ROWS
from groovescan.profile.template import grid, normalised
from groovescan.reading import sweep as module
from groovescan.reading.kernels.normal_equations import gather
from groovescan.reading.sweep import State, model_of, search, sweep, view
from groovescan.reading.tiles import RIM_PX, lay_row_grid, lay_tiles

PITCH, TURNS, SIZE = 8.0, 6, 340
LEVEL, CONTRAST, NOISE = 0.6, -0.3, 0.01
REACH_PX = 0.5 * PITCH
MAP = GrooveMap(
    camera=Camera(centre_px=np.array([168.3, 171.8])),
    pitch_px=PITCH,
    direction=-1,
    start_rad=0.7,
    nodes_per_turn=128,
    radius_px=150 - PITCH * (np.arange((TURNS + 2) * 128 + 1) / 128 - 1),
)
# so that rows lie a pixel apart on the inner turns, too, and none is without a pixel
ROW_GRID = lay_row_grid(MAP, 1.8)
TILES = tuple(lay_tiles(as_photo(np.zeros((SIZE, SIZE))), MAP, ROW_GRID))
ROW_TURNS = np.arange(len(ROW_GRID.radius_px)) / ROW_GRID.samples_per_turn - 1
#: Rows of the groove, without those next to its ends.
INNER = (ROW_TURNS > 0.02) & (ROW_TURNS < TURNS - 0.02)


def profile(x):
    """A line, a little uneven; it vanishes with its slope where a template ends."""
    end = np.maximum(1 - (x / REACH_PX) ** 2, 0) ** 2
    return np.exp(-0.5 * x**2) * (1 + 0.2 * np.tanh(x)) * end


#: The groove is as deep as the state says where its template is one.
TEMPLATE, _PEAK = normalised(np.pad(profile(grid(REACH_PX)), 1), REACH_PX)


def sway(turns):
    """The true displacement in px: no two turns are alike."""
    return 0.5 * np.sin(2 * np.pi * 11.3 * turns) + 0.3 * np.cos(2 * np.pi * 17.7 * turns)


def drawn(moved=sway, noise=0.0, seed=1, contrast=CONTRAST):
    """A photograph of all turns together, each pixel worked out from every one of them."""
    y, x = np.indices((SIZE, SIZE)).astype(float)
    radius, angle = unproject(MAP.camera, x, y)
    fraction = np.mod(MAP.direction * (angle - MAP.start_rad) / (2 * np.pi), 1.0)
    light = np.full(radius.shape, LEVEL)
    for turn in range(TURNS):
        s = turn + fraction
        along = 2 * np.pi * radius_at(MAP, s)
        slope = (moved(s + 1e-5) - moved(s - 1e-5)) / 2e-5 / along
        away = (radius - radius_at(MAP, s) - moved(s)) / np.sqrt(1 + slope**2)
        light += contrast / _PEAK * profile(away)
    return as_photo(light + noise * np.random.default_rng(seed).standard_normal(light.shape))


def known(displacement=sway, **changes):
    """What is true, as the state of every row."""
    inside = np.zeros(len(ROW_TURNS), bool)
    inside[ROW_GRID.groove] = True
    full = np.ones(len(ROW_TURNS), np.float32)
    state = State(
        displacement_px=np.where(inside, displacement(ROW_TURNS), 0).astype(np.float32),
        contrast=np.where(inside, CONTRAST, 0).astype(np.float32),
        level=LEVEL * full,
        tilt=0 * full,
        template=TEMPLATE,
        noise=NOISE,
        misfit=NOISE,
    )
    return dataclasses.replace(state, **changes)


def viewed(photo, state):
    """Each tile with its view."""
    model = model_of(ROW_GRID, state)
    return [(tile, view(photo, tile, model)) for tile in TILES]


def painted(pairs):
    """Pictures of a quantity of the own pixels, from pairs of tile and value."""
    picture = np.full((SIZE, SIZE), np.nan)
    for tile, values in pairs:
        block = picture[tile.block]
        y, x = np.divmod(tile.pixel.astype(int), block.shape[1])
        block[y[tile.own], x[tile.own]] = values[tile.own]
    return picture


def within():
    """Pixels that lie beside the groove, not beyond its ends."""
    picture = painted((tile, tile.row[tile.place].astype(float)) for tile in TILES)
    turns = picture / ROW_GRID.samples_per_turn - 1
    return (turns > 1.02) & (turns < TURNS - 1.02)


def test_the_model_explains_its_own_photograph():
    rest = painted((tile, one.rest) for tile, one in viewed(drawn(), known()))[within()]
    assert len(rest) > 20000
    # the template's table has 256 steps to a px
    assert np.abs(rest).max() < 0.01 * abs(CONTRAST) * 1.5
    assert rest.std() < 0.003


def test_what_is_left_is_the_noise():
    clean, noisy = drawn(), drawn(noise=NOISE)
    rest = painted((tile, one.rest) for tile, one in viewed(noisy, known()))
    added = noisy.luminance - clean.luminance
    inside = within()
    assert rest[inside].std() == pytest.approx(NOISE, rel=0.03)
    assert np.corrcoef(rest[inside], added[inside])[0, 1] > 0.99
    sums = sweep(noisy, TILES, ROW_GRID, known())
    cell = INNER.reshape(-1, CELL_ROWS).all(axis=1)
    left = sums.square[cell].sum() / sums.weight[cell].sum()
    # what strays is trusted less: the weighted square is a little smaller
    expected = expected_square()
    assert np.sqrt(left) == pytest.approx(NOISE * np.sqrt(expected), rel=0.03)


def expected_square():
    """Mean square of noise of one, each value x weighing 1 / (1 + (x / 4)^2)."""
    x = np.linspace(-8, 8, 4001)
    weight = np.exp(-0.5 * x**2) / (1 + (x / 4) ** 2)
    return (weight * x**2).sum() / weight.sum()


@pytest.mark.parametrize("modulation", ["lateral", "vertical", "brightness"])
def test_the_gradient_is_the_model_s_derivative(modulation):
    photo, step = drawn(), 0.08
    state = known(modulation=modulation)
    slow = 0.3 * state.displacement_px
    before, here, after = (
        viewed(photo, dataclasses.replace(state, displacement_px=slow + np.float32(move)))
        for move in (-step, 0.0, step)
    )
    found, expected = [], []
    for (_, low), (_, middle), (_, high) in zip(before, here, after, strict=True):
        same = (low.outer == middle.outer) & (high.outer == middle.outer)
        assert same.mean() > 0.9
        # both grooves that a pixel sees have moved
        expected.append((middle.grooves[1] + middle.grooves[3])[same])
        found.append(((low.rest - high.rest) / (2 * step))[same])
    found, expected = np.concatenate(found), np.concatenate(expected)
    # the steps of the template's table make it rough, but not wrong
    assert found @ expected / (expected @ expected) == pytest.approx(1.0, abs=0.01)
    assert np.corrcoef(found, expected)[0, 1] > 0.97


@pytest.mark.parametrize("move", [0.1, -0.1])
def test_a_step_leads_back_to_the_truth(move):
    state = known()
    moved = state.displacement_px + np.float32(move)
    sums = sweep(
        drawn(), TILES, ROW_GRID, dataclasses.replace(state, displacement_px=moved, misfit=1)
    )
    step = sums.gradient[INNER] / sums.hessian[INNER]
    assert np.mean(step) == pytest.approx(-move, rel=0.03)
    assert np.percentile(np.abs(step + move), 95) < 0.2 * abs(move)


def test_steps_from_nothing_find_the_displacement():
    photo, state = drawn(), known(lambda turns: 0 * turns)
    for misfit in (0.1, 0.1, 0.1, 0.05, 0.02, 0.02, 0.02, 0.02):
        sums = sweep(photo, TILES, ROW_GRID, dataclasses.replace(state, misfit=misfit))
        step = np.where(INNER, sums.gradient / (sums.hessian + (NOISE / 0.3) ** 2), 0)
        moved = state.displacement_px + step.astype(np.float32)
        state = dataclasses.replace(state, displacement_px=moved)
    miss = (state.displacement_px - sway(ROW_TURNS))[INNER]
    assert np.std(sway(ROW_TURNS)) > 0.4
    assert np.std(miss) < 0.01
    assert abs(miss.mean()) < 0.002


def test_a_row_s_step_errs_as_its_curvature_says():
    # no pixel is doubted here: what strays counts in full
    sums = sweep(drawn(noise=NOISE), TILES, ROW_GRID, known(misfit=1.0))
    certain = INNER & (sums.hessian > 0.1 * np.median(sums.hessian))
    assert certain.sum() > 0.98 * INNER.sum()
    step = sums.gradient[certain] / sums.hessian[certain]
    claimed = NOISE / np.sqrt(sums.hessian[certain])
    assert np.sqrt(np.mean((step / claimed) ** 2)) == pytest.approx(1.0, abs=0.08)
    order = np.argsort(claimed)
    for part in np.array_split(order, 5):
        assert np.sqrt(np.mean((step[part] / claimed[part]) ** 2)) == pytest.approx(1.0, abs=0.12)


def test_the_information_is_that_of_the_photograph():
    """Squared derivative of the drawn photograph itself, summed over each stretch of groove."""
    step, state = 0.02, known()
    high, low = (drawn(lambda s, move=move: sway(s) + move) for move in (step, -step))
    derivative = (high.luminance.astype(float) - low.luminance) / (2 * step)
    row = painted((tile, tile.row[tile.place].astype(float)) for tile in TILES)
    counted = np.isfinite(row)
    expected = np.bincount(
        row[counted].astype(int) // 64, derivative[counted] ** 2, len(ROW_TURNS) // 64
    )
    sums = sweep(drawn(), TILES, ROW_GRID, state)
    found = sums.whole.reshape(-1, 64).sum(axis=1)
    full = INNER.reshape(-1, 64).all(axis=1)
    assert full.sum() > 40
    np.testing.assert_allclose(found[full], expected[full], rtol=0.05)
    # without noise and dirt nothing is hidden
    np.testing.assert_allclose(sums.hessian[INNER], sums.whole[INNER], rtol=0.05)


def loud(turns):
    """A displacement that brings turns as near as three px, in each other's nearest pixels."""
    return 2.8 * np.sin(2 * np.pi * 2.3 * turns)


def test_where_all_is_explained_every_pixel_of_a_groove_counts_in_full():
    # of a loud groove's pixels many lie on the side of a neighbour, further out or further in
    sums = sweep(drawn(loud), TILES, ROW_GRID, known(loud, noise=1.0, misfit=1.0))
    np.testing.assert_allclose(sums.hessian[INNER], sums.whole[INNER], rtol=1e-3)


def test_a_groove_that_strays_among_its_neighbours_pixels_is_counted_there():
    photo, state, turn, step = drawn(loud), known(loud), 3, 0.02
    rest = painted((tile, one.rest) for tile, one in viewed(photo, state))[within()]
    assert rest.std() < 0.003
    # what changes in the photograph where one turn alone moves, wherever that is
    high, low = (
        drawn(lambda s, move=move: loud(s) + move * ((s >= turn) & (s < turn + 1)))
        for move in (step, -step)
    )
    derivative = (high.luminance.astype(float) - low.luminance) / (2 * step)
    y, x = np.indices((SIZE, SIZE)).astype(float)
    _, angle = unproject(MAP.camera, x, y)
    fraction = np.mod(MAP.direction * (angle - MAP.start_rad) / (2 * np.pi), 1.0)
    stretches = ROW_GRID.samples_per_turn // 64
    expected = np.bincount(
        (fraction * stretches).astype(int).ravel(), derivative.ravel() ** 2, stretches
    )
    rows = slice((turn + 1) * ROW_GRID.samples_per_turn, (turn + 2) * ROW_GRID.samples_per_turn)
    found = sweep(photo, TILES, ROW_GRID, state).whole[rows].reshape(-1, 64).sum(axis=1)
    # the first and the last stretch hold the step that moving one turn alone makes
    np.testing.assert_allclose(found[1:-1], expected[1:-1], rtol=0.06)


@pytest.mark.parametrize("wrong", [0.7, 1.0, 1.4])
def test_level_and_contrast_are_solved(wrong):
    state = known(misfit=1.0)
    state = dataclasses.replace(
        state, contrast=state.contrast * np.float32(wrong), level=state.level * np.float32(0.9)
    )
    sums = sweep(drawn(noise=NOISE), TILES, ROW_GRID, state)
    found = np.linalg.solve(sums.normal + 1e-9 * np.eye(2), sums.target[..., None])[..., 0]
    middle = INNER.reshape(-1, CELL_ROWS).all(axis=1)
    assert np.median(found[middle, 0]) == pytest.approx(LEVEL, abs=0.002)
    assert np.median(found[middle, 1]) == pytest.approx(CONTRAST, rel=0.02)
    assert found[middle, 1].std() < 0.05 * abs(CONTRAST)


@pytest.mark.parametrize("threads", [2, 7])
def test_the_sums_are_the_same_with_any_number_of_threads(monkeypatch, threads):
    monkeypatch.setattr("groovescan.reading.tiles.SIDE_PX", 30)
    photo, state = drawn(loud, noise=NOISE), known(loud)
    tiles = tuple(lay_tiles(photo, MAP, ROW_GRID))
    assert len(tiles) > 60
    gathered = module._without_dirt
    monkeypatch.setenv("GROOVESCAN_THREADS", "1")
    expected = sweep(photo, tiles, ROW_GRID, state)

    def late(loop, photo, tile, *others):
        """Some tiles are ready only after those that follow."""
        time.sleep(0.02 * (tile.block[1].start % 90 < 30))
        return gathered(loop, photo, tile, *others)

    monkeypatch.setattr(module, "_without_dirt", late)
    monkeypatch.setenv("GROOVESCAN_THREADS", str(threads))
    again = sweep(photo, tiles, ROW_GRID, state)
    for field in dataclasses.fields(expected):
        np.testing.assert_array_equal(getattr(again, field.name), getattr(expected, field.name))


def test_dirt_and_what_is_round_it_is_not_trusted():
    photo, dirt = drawn(), np.zeros((SIZE, SIZE), bool)
    # on the groove, across the seam of two tiles, and a single pixel
    for rows, columns in [((60, 66), (190, 195)), ((249, 255), (70, 75)), ((290, 291), (170, 171))]:
        dirt[slice(*rows), slice(*columns)] = True
    luminance = photo.luminance.copy()
    luminance[dirt] = 1.5
    dirty = dataclasses.replace(photo, luminance=luminance)
    trust = painted((tile, one.trust) for tile, one in viewed(dirty, known()))
    # beyond the ends of the groove and of the lane nothing is asked
    inside = within()
    near = ndimage.binary_dilation(dirt, np.ones((2 * RIM_PX + 1,) * 2))
    assert (near & inside).sum() > 150
    assert (trust[near & inside] == 0).all()
    assert (trust[~near & inside] > 0.9).all()
    clean, hidden = (sweep(one, TILES, ROW_GRID, known()) for one in (photo, dirty))
    np.testing.assert_allclose(hidden.whole, clean.whole)
    assert (clean.hessian - hidden.hessian)[INNER].max() > 0.5 * np.median(clean.whole[INNER])
    # nor does it count for the noise
    assert hidden.square.max() <= clean.square.max() * 1.001
    # what is gone over again is all that the dirt touches, and nothing else
    model = model_of(ROW_GRID, known())
    for tile, one in viewed(dirty, known()):
        light = dirty.window(*tile.block).ravel()
        wanted, _ = gather(light, tile.arrays, tile.own & (one.trust > 0), model)
        found = module._without_dirt(gather, dirty, tile, (), model)
        np.testing.assert_array_equal(found, wanted)


def test_a_pixel_in_the_rim_counts_for_one_tile_alone():
    total = sum(one.trust[~tile.own].sum() for tile, one in viewed(drawn(), known()))
    assert total == 0
    sums = sweep(drawn(), TILES, ROW_GRID, known(misfit=1e6))
    assert sums.weight.sum() == pytest.approx(sum(tile.own.sum() for tile in TILES), rel=1e-5)


def test_nothing_that_is_given_is_changed():
    photo, state = drawn(noise=NOISE), known()
    before = copy.deepcopy((photo, TILES, ROW_GRID, state))
    sweep(photo, TILES, ROW_GRID, state)
    was, now = ([*flat(before)], [*flat((photo, TILES, ROW_GRID, state))])
    assert len(was) == len(now) > 20
    for old, new in zip(was, now, strict=True):
        np.testing.assert_array_equal(old, new)


def flat(thing):
    """All arrays and numbers within tuples and dataclasses."""
    if dataclasses.is_dataclass(thing):
        thing = tuple(getattr(thing, field.name) for field in dataclasses.fields(thing))
    if isinstance(thing, tuple) and not all(isinstance(part, slice) for part in thing):
        for part in thing:
            yield from flat(part)
    elif isinstance(thing, np.ndarray | float | int):
        yield thing


def test_a_groove_that_has_strayed_is_found_where_it_is_looked_for():
    # on turn 3 it lies further away than it is wide, where no slope leads to it
    def strayed(turns):
        return 2.4 * ((turns > 2.3) & (turns < 2.7))

    state = known(lambda turns: 0 * turns, misfit=0.3)
    tried = np.arange(-3, 4, dtype=np.float32) * np.float32(1.2)
    photo, usual = drawn(strayed, noise=NOISE), (1.5 * NOISE**2, 10 * NOISE**2)

    def costs(*usual):
        row, found = search(photo, TILES, ROW_GRID, state, tried, *usual)
        every = np.zeros((len(tried), len(ROW_TURNS)), np.float32)
        every[:, row] = found.T
        return every

    cost = costs(usual)
    away = (ROW_TURNS > 2.32) & (ROW_TURNS < 2.68)
    assert np.mean(tried[cost[:, away].argmin(axis=0)] == np.float32(2.4)) > 0.99
    # what is tried is as it would be if everything were, but for rows that two tiles share
    everything = costs()
    touched = cost[0] != 0
    same = np.isclose(cost[:, touched], everything[:, touched], rtol=1e-3, atol=1e-4)
    assert same.mean() > 0.95
    # turns that are far from it show the usual misfit, and little is tried there
    still = (ROW_TURNS > 4.02) & (ROW_TURNS < TURNS - 0.02)
    assert np.mean(touched[still]) < 0.5
    assert np.mean(everything[0, still] != 0) == 1.0
