"""The camera model follows the conventions, and its inverse undoes it."""

import numpy as np
import pytest

from groovescan.core.geometry.camera_model import angle_at, project, radius_at, unproject
from groovescan.core.results import Camera, GrooveMap

MIDDLE = np.array([600.0, 450.0])
CENTRE = np.array([592.5, 461.25])


def camera(**terms):
    return Camera(centre_px=CENTRE, middle_px=MIDDLE, scale_px=600.0, **terms)


CAMERAS = {
    "plain": camera(),
    "scales": camera(stretch=0.01, shear=-0.006),
    "perspective": camera(perspective=np.array([0.04, -0.03])),
    "lens": camera(lens=-0.03),
    "all": camera(stretch=-0.01, shear=0.004, perspective=np.array([-0.03, 0.02]), lens=0.02),
}


@pytest.mark.parametrize("name", list(CAMERAS))
def test_unproject_undoes_project(name):
    radius = np.linspace(2.0, 640.0, 60)[:, None]
    angle = np.linspace(-3.1, 3.1, 90)
    x, y = project(CAMERAS[name], radius, angle)
    back_radius, back_angle = unproject(CAMERAS[name], x, y)
    assert back_radius.shape == (60, 90)
    np.testing.assert_allclose(back_radius, np.broadcast_to(radius, (60, 90)), atol=1e-6)
    np.testing.assert_allclose(back_angle, np.broadcast_to(angle, (60, 90)), atol=1e-8)


def test_angles_are_counter_clockwise_on_the_screen():
    angle = np.array([0.0, np.pi / 2, np.pi, -np.pi / 2])
    x, y = project(CAMERAS["plain"], np.array(100.0), angle)
    np.testing.assert_allclose(x - CENTRE[0], [100, 0, -100, 0], atol=1e-9)
    np.testing.assert_allclose(y - CENTRE[1], [0, -100, 0, 100], atol=1e-9)


def test_stretch_widens_x_and_narrows_y():
    x, y = project(camera(stretch=0.01), np.array(100.0), np.array([0.0, np.pi / 2]))
    assert x[0] - CENTRE[0] == pytest.approx(101.0)
    assert CENTRE[1] - y[1] == pytest.approx(99.0)


def test_shear_is_symmetric():
    x, y = project(camera(shear=0.01), np.array(100.0), np.array([0.0, np.pi / 2]))
    assert CENTRE[1] - y[0] == pytest.approx(1.0)
    assert x[1] - CENTRE[0] == pytest.approx(1.0)


def test_perspective_makes_smaller_what_is_farther():
    x, _ = project(camera(perspective=np.array([0.06, 0.0])), np.array(100.0), np.array([0, np.pi]))
    assert x[0] - CENTRE[0] == pytest.approx(100 / 1.01)
    assert CENTRE[0] - x[1] == pytest.approx(100 / 0.99)


def test_the_lens_bends_about_the_middle_of_the_photograph():
    middle = Camera(centre_px=MIDDLE, middle_px=MIDDLE, scale_px=600.0, lens=0.02)
    x, y = project(middle, np.array([0.0, 600.0]), np.zeros(2))
    np.testing.assert_allclose([x[0], y[0]], MIDDLE)
    assert x[1] - MIDDLE[0] == pytest.approx(612.0)


def spiral(direction=1, per_turn=128, turns=5):
    s = np.arange((turns + 2) * per_turn + 1) / per_turn - 1
    return GrooveMap(
        camera=CAMERAS["plain"],
        pitch_px=6.0,
        direction=direction,
        start_rad=0.4,
        nodes_per_turn=per_turn,
        radius_px=400 - 6 * s + 0.3 * np.cos(2 * np.pi * 3 * s),
    )


def test_the_map_begins_and_ends_where_it_says():
    groove_map = spiral()
    assert groove_map.turns == 5
    s = np.linspace(0, 5, 777)
    expected = 400 - 6 * s + 0.3 * np.cos(2 * np.pi * 3 * s)
    np.testing.assert_allclose(radius_at(groove_map, s), expected, atol=1e-4)


@pytest.mark.parametrize("direction", [1, -1])
def test_the_angle_turns_in_the_direction_of_playing(direction):
    angle = angle_at(spiral(direction), np.array([0.0, 0.25, 2.0]))
    np.testing.assert_allclose(angle, 0.4 + direction * np.pi * np.array([0, 0.5, 4]))
