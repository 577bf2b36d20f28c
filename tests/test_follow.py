"""The fringe is followed into a map: its direction, its turns, and no jump anywhere."""

import functools

import numpy as np
import pytest
from conftest import CONDITIONS, as_photo, draw_fringe, true_points

from groovescan.config.settings import DiscSettings
from groovescan.core.geometry.camera_model import project, radius_at, unproject
from groovescan.errors import GrooveNotFoundError
from groovescan.locate.consensus import locate
from groovescan.locate.first_map import map_groove
from groovescan.locate.fringe import SECTORS, Fringe, winding


def followed(photo, **settings):
    settings = DiscSettings(**settings)
    return map_groove(photo, locate(photo, settings), settings)


def beside(groove_map, x, y):
    """How far points of the groove lie from the nearest turn of the map, in pitches.

    -0.5 to 0.5; a map on the land says 0.5 or -0.5 all along.
    """
    radius, angle = unproject(groove_map.camera, x, y)
    part = groove_map.direction * (angle - groove_map.start_rad) / (2 * np.pi) % 1.0
    turns = part[:, None] + np.arange(-1, int(groove_map.turns) + 1)
    near = radius[:, None] - radius_at(groove_map, turns)
    best = np.abs(near).argmin(axis=1)
    return near[np.arange(len(near)), best] / groove_map.pitch_px


@pytest.fixture(scope="module")
def mapped(disc):
    """Maps of the simulated discs, by the name of their condition."""
    return functools.cache(
        lambda name: followed(as_photo(disc(name).image), start=CONDITIONS[name].start)
    )


@pytest.mark.parametrize("name", list(CONDITIONS))
def test_every_turn_lies_on_the_map(disc, mapped, name):
    settings, groove_map = CONDITIONS[name], mapped(name)
    turns = np.linspace(0.5, disc(name).turns - 0.5, 900)
    off = beside(groove_map, *true_points(settings, turns))
    # on the groove or on the land, but the same all along
    middle = np.angle(np.exp(2j * np.pi * off).mean()) / (2 * np.pi)
    assert min(abs(middle), 0.5 - abs(middle)) < 0.1
    stray = np.angle(np.exp(2j * np.pi * (off - middle))) / (2 * np.pi)
    assert np.abs(stray).max() < 0.2
    assert stray.std() < 0.06


@pytest.mark.parametrize("name", list(CONDITIONS))
def test_the_direction_and_both_ends_are_found(disc, mapped, name):
    settings, groove_map = CONDITIONS[name], mapped(name)
    assert groove_map.direction == (-1 if settings.mirrored else 1)
    first, last = radius_at(groove_map, np.array([0.0, groove_map.turns]))
    assert first > last if settings.start == "outer" else first < last
    # it reaches beyond both ends, which only a reading of the groove can find
    assert disc(name).turns < groove_map.turns < disc(name).turns + 16


@pytest.mark.parametrize("arms", [1, -1])
@pytest.mark.parametrize("start", ["outer", "inner"])
def test_the_direction_follows_from_the_winding_and_the_start(rng, arms, start):
    groove_map = followed(draw_fringe(rng, arms=arms), start=start)
    # where the radius grows counter-clockwise, going outwards is going counter-clockwise
    assert groove_map.direction == (arms if start == "inner" else -arms)
    assert groove_map.pitch_px == pytest.approx(6.0, rel=0.002)
    assert (400 - 180) / 6.0 < groove_map.turns < (400 - 180) / 6.0 + 25


@pytest.mark.parametrize("pitch", [6.0, 18.0], ids=["as it is", "on a reduced copy"])
def test_the_fit_of_the_camera_does_not_bend_a_flat_spiral(rng, pitch):
    camera = followed(draw_fringe(rng, pitch=pitch)).camera
    assert np.hypot(*(camera.centre_px - (441.3, 462.6))) < 0.1
    assert abs(camera.stretch) < 2e-4
    assert abs(camera.shear) < 2e-4


@pytest.mark.parametrize(
    ("feeds", "arms"),
    [
        ((1.0, 1.25, 1.78, 1.0), 1),
        ((1.0, 1.25, 1.78, 1.0), -1),
        ((1.0, 0.75, 1.0), -1),
        ((0.8, 1.2, 0.8, 1.2, 0.8), 1),
    ],
)
def test_a_feed_that_changes_at_once_gains_and_loses_no_turn(rng, arms, feeds):
    """A map that took one turn too many would lie on the groove at one end, on the land midway."""
    size, centre, inner, outer, pitch = 900, (441.3, 462.6), 180.0, 400.0, 6.0
    y, x = np.indices((size, size))
    radius = np.hypot(x - centre[0], y - centre[1])
    steps = np.repeat(pitch * np.array(feeds), 1 + 220 // len(feeds))[:220]
    count = np.r_[0.0, np.cumsum(1 / steps)]
    number = np.interp(radius, inner + np.arange(221), count)
    wave = np.cos(2 * np.pi * number - arms * np.arctan2(centre[1] - y, x - centre[0]))
    inside = (radius > inner) & (radius < outer)
    noise = 0.05 * rng.standard_normal(radius.shape)
    groove_map = followed(as_photo(0.5 + 0.15 * wave * inside + noise), start="outer")
    turns = np.arange(0.0, groove_map.turns, 0.05)
    angle = groove_map.start_rad + groove_map.direction * 2 * np.pi * turns
    x, y = project(groove_map.camera, radius_at(groove_map, turns), angle)
    at = np.hypot(x - centre[0], y - centre[1])
    angle += np.angle(np.exp(1j * (np.arctan2(centre[1] - y, x - centre[0]) - angle)))
    off_turns = np.interp(at, inner + np.arange(221), count) - arms * angle / (2 * np.pi)
    known = (at > inner + 2 * pitch) & (at < outer - 2 * pitch)
    off_turns = off_turns[known] - np.median(off_turns[known])
    # the square of the fringe cannot follow a step more quickly than its window of three pitches
    assert np.percentile(np.abs(off_turns), 90) < 0.1
    assert np.abs(off_turns).max() < 0.25


@pytest.mark.parametrize("arms", [0, 2, 3, -3])
def test_rings_and_many_armed_spirals_are_refused(rng, arms):
    with pytest.raises(GrooveNotFoundError, match=r"wind -?\d\.\d+ times"):
        followed(draw_fringe(rng, arms=arms))


@pytest.mark.parametrize("wind", [1, -1])
def test_a_bright_edge_beside_a_few_turns_does_not_say_how_they_wind(wind):
    """Some turns slip where their contrast vanishes; the edge of the film is wider than they."""
    turn = np.arange(SECTORS) / SECTORS
    winds = np.zeros(60)
    winds[10:22] = wind
    winds[[10, 21]] += 0.5
    winds[30:50] = np.arange(20) - 6.5
    faint = np.full(60, 1e-3)
    faint[10:22], faint[30:50] = 1.0, 0.4
    square = faint * np.exp(-4j * np.pi * turn[:, None] * winds)
    seen = Fringe(
        square=square,
        power=np.where(faint > 0.01, 1.1, 9.0) * np.abs(square),
        angle_rad=2 * np.pi * turn,
        radius_px=100.0 + 2 * np.arange(60),
        pitch_px=4.8,
        centre_px=np.zeros(2),
    )
    assert winding(seen) == pytest.approx(wind)


@pytest.mark.parametrize(("degrees", "arms"), [(60, 1), (120, -1), (150, 1), (150, -1)])
def test_a_spiral_of_which_a_sector_is_missing_winds_as_the_whole(rng, degrees, arms):
    photo = draw_fringe(rng, arms=arms)
    y, x = np.indices(photo.shape)
    away = np.angle(np.exp(1j * (np.arctan2(462.6 - y, x - 441.3) - 2.0)))
    gone = np.abs(away) < np.deg2rad(degrees) / 2
    light = np.where(gone, 0.8 + 0.01 * rng.standard_normal(photo.shape), photo.luminance)
    groove_map = followed(as_photo(light.astype(np.float32)), start="inner")
    assert groove_map.direction == arms
    assert np.hypot(*(groove_map.camera.centre_px - (441.3, 462.6))) < 4


@pytest.mark.parametrize("arms", [0, 2])
def test_rings_and_double_spirals_of_which_a_sector_is_missing_are_no_spiral(rng, arms):
    photo = draw_fringe(rng, arms=arms)
    y, x = np.indices(photo.shape)
    gone = np.abs(np.arctan2(462.6 - y, x - 441.3)) < 1.0
    light = np.where(gone, 0.8 + 0.01 * rng.standard_normal(photo.shape), photo.luminance)
    with pytest.raises(GrooveNotFoundError):
        followed(as_photo(light.astype(np.float32)))


@pytest.mark.parametrize("wind", [1, -1])
@pytest.mark.parametrize("slips", [False, True])
def test_the_edge_of_the_film_does_not_say_how_a_faint_groove_winds(wind, slips):
    """It is a closed line: with all its power it winds not at all, even where it is as wide."""
    turn = np.arange(SECTORS) / SECTORS
    winds = np.zeros(80)
    winds[10:32] = wind
    if slips:
        winds[10:32:2] += np.resize([0.5, -0.5, 1.0, -1.0], 11)
    faint = np.full(80, 1e-5)
    faint[10:32], faint[50:60] = 0.05, 1.0
    square = faint * np.exp(-4j * np.pi * turn[:, None] * winds)
    seen = Fringe(
        square=square,
        power=np.where(faint > 0.01, 1.3, 9.0) * np.abs(square),
        angle_rad=2 * np.pi * turn,
        radius_px=100.0 + 2 * np.arange(80),
        pitch_px=4.8,
        centre_px=np.zeros(2),
    )
    assert winding(seen) == pytest.approx(wind, abs=0.3)
