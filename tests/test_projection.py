"""One interface leads from the disc to the image and back, whatever the film is like."""

import numpy as np
import pytest

from groovescan.core.geometry.camera_model import project, unproject
from groovescan.core.geometry.film_pieces import FilmPieces, flat_place, lying_place, piece_at
from groovescan.core.geometry.projection import FilmInPieces, FlatFilm, projection_of
from groovescan.core.results import Camera, GrooveMap

CAMERA = Camera(
    centre_px=np.array([592.5, 461.25]),
    middle_px=np.array([600.0, 450.0]),
    scale_px=600.0,
    stretch=-0.01,
    shear=0.004,
    perspective=np.array([-0.03, 0.02]),
    lens=0.02,
)


def film(**changes):
    """A torn sector between 1.0 and 2.0 rad, and all beyond a fold at 4.5 rad."""
    away = np.arccos(200 / 380)
    given = {
        "normal_rad": np.array([1.0, 2.0, 4.5, 4.5]),
        "distance_px": np.array([0.0, 0.0, 200.0, 200.0]),
        "side": np.array([-1, -1, -1, 1]),
        "shift_px": np.array([[6.0, -3.0], [0.0, 0.0], [2.0, 4.0], [0.0, 0.0]]),
        "turned_rad": np.array([0.004, 0.0, 0.0, 0.0]),
    }
    given["normal_rad"] = given["normal_rad"] + np.array([np.pi / 2, np.pi / 2, 0, 0])
    assert away > 0
    return FilmPieces(**given | changes)


BENT = film(
    bend_px=(3 * np.sin(2 * np.pi * np.arange(256) / 256)[:, None] * np.linspace(0, 1, 20)).astype(
        np.float32
    ),
    bend_radius_px=(100.0, 500.0),
)
PROJECTIONS = {
    "flat": FlatFilm(CAMERA),
    "pieces": FilmInPieces(CAMERA, film()),
    "bent": FilmInPieces(CAMERA, BENT),
}


def inside(radius, angle, margin_px=8.0):
    """Places that are not within a few px of a boundary."""
    place = radius * np.exp(1j * angle)
    at = piece_at(film(), place)
    same = np.ones(place.shape, bool)
    for way in np.exp(2j * np.pi * np.arange(8) / 8):
        same &= piece_at(film(), place + margin_px * way) == at
    return same


@pytest.mark.parametrize("name", list(PROJECTIONS))
def test_both_ways_undo_each_other(name):
    radius, angle = np.meshgrid(np.linspace(230, 420, 40), np.linspace(-3.1, 3.1, 300))
    kept = inside(radius, angle)
    assert kept.mean() > 0.85
    radius, angle = radius[kept], angle[kept]
    back = PROJECTIONS[name].unproject(*PROJECTIONS[name].project(radius, angle))
    np.testing.assert_allclose(back[0], radius, atol=1e-4)
    np.testing.assert_allclose(radius * (back[1] - angle), 0, atol=1e-4)


def test_places_lie_in_the_piece_that_is_counter_clockwise_of_its_boundary():
    angle = np.array([0.5, 1.5, 2.5, 4.5, 6.0])
    assert piece_at(film(), 380 * np.exp(1j * angle)).tolist() == [3, 0, 1, 2, 3]
    # the fold is a chord 200 px from the centre: nothing lies beyond it further in
    assert piece_at(film(), np.array([190 * np.exp(4.5j)])).tolist() == [3]
    assert piece_at(film(), np.array([210 * np.exp(4.5j)])).tolist() == [2]


def test_a_piece_lies_turned_and_shifted():
    flat = np.array([300 * np.exp(1.5j)])
    assert lying_place(film(), flat)[0] == pytest.approx(flat[0] * np.exp(0.004j) + 6 - 3j)
    assert flat_place(film(), lying_place(film(), flat)) == pytest.approx(flat)


def test_a_bend_is_seen_further_out_at_the_same_angle():
    flat = np.array([300 * np.exp(2.8j)])
    lies = lying_place(BENT, flat)
    assert np.angle(lies / flat)[0] == pytest.approx(0, abs=1e-12)
    assert abs(lies[0]) - 300 == pytest.approx(3 * np.sin(2.8) * 0.5, abs=0.02)


@pytest.mark.parametrize("name", list(PROJECTIONS))
def test_the_jacobian_is_the_change_of_the_image_point(name):
    radius, angle = np.array([250.0, 400.0, 330.0]), np.array([0.3, 1.4, -2.9])
    found, step = PROJECTIONS[name].jacobian(radius, angle), 0.05
    out = PROJECTIONS[name].project(radius + step, angle)
    out = (out - PROJECTIONS[name].project(radius - step, angle)) / (2 * step)
    along = PROJECTIONS[name].project(radius, angle + step / radius)
    along = (along - PROJECTIONS[name].project(radius, angle - step / radius)) / (2 * step)
    np.testing.assert_allclose(found[:, 0], out, atol=2e-5)
    np.testing.assert_allclose(found[:, 1], along, atol=2e-5)


@pytest.mark.parametrize("name", list(PROJECTIONS))
@pytest.mark.parametrize("corner", [(100, 700), (60, 500), (700, 300), (430, 570)])
def test_a_block_holds_what_each_of_its_pixels_would_give(name, corner):
    block = slice(corner[0], corner[0] + 90), slice(corner[1], corner[1] + 100)
    radius, turns = PROJECTIONS[name].polar_block(block, lambda angle: 0.5 - angle / (2 * np.pi))
    y, x = np.mgrid[block].astype(float)
    true_radius, true_angle = PROJECTIONS[name].unproject(x, y)
    np.testing.assert_allclose(radius, true_radius, atol=1e-5)
    off = np.mod(turns - (0.5 - true_angle / (2 * np.pi)) + 0.5, 1) - 0.5
    np.testing.assert_allclose(off * true_radius, 0, atol=1e-5)


@pytest.mark.parametrize("name", list(PROJECTIONS))
def test_rows_are_points_across_the_groove(name):
    radius, angle = np.linspace(240, 410, 200), np.linspace(0, 6 * np.pi, 200)
    offset = np.linspace(-10, 10, 5)
    place, seen = PROJECTIONS[name].rows(radius, offset, angle, (780, 900))
    expected = PROJECTIONS[name].project(radius[:, None] + offset, angle[:, None])
    assert place.dtype == np.float32
    np.testing.assert_allclose(place, expected, atol=1e-3)
    x, y = expected
    np.testing.assert_array_equal(seen, ((x >= 0) & (x <= 899) & (y >= 0) & (y <= 779)).all(axis=1))
    assert 0 < seen.sum() < len(seen)


def test_a_map_says_what_its_film_is_like():
    flat = GrooveMap(
        camera=CAMERA,
        pitch_px=5.0,
        direction=1,
        start_rad=0.0,
        nodes_per_turn=8,
        radius_px=np.linspace(300, 270, 33),
    )
    assert projection_of(flat) == FlatFilm(CAMERA)
    radius, angle = np.array([280.0]), np.array([1.0])
    np.testing.assert_array_equal(
        projection_of(flat).project(radius, angle), project(CAMERA, radius, angle)
    )
    np.testing.assert_array_equal(
        projection_of(flat).unproject(radius, angle), unproject(CAMERA, radius, angle)
    )
