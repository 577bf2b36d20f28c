"""A map that slips by a turn is found out; one that bends is not."""

import numpy as np
import pytest

from groovescan.camera.fit import check_camera
from groovescan.core.results import Camera, GrooveMap
from groovescan.locate.continuity import jumps

PITCH, NODES, TURNS = 5.0, 64, 14


def spiral(bend=lambda s: 0.0 * s):
    """A map that winds inward, with something added to its radius."""
    s = np.arange((TURNS + 2) * NODES + 1) / NODES - 1
    camera = Camera(
        centre_px=np.array([600.0, 610.0]), middle_px=np.array([599.5, 599.5]), scale_px=600.0
    )
    return GrooveMap(
        camera=camera,
        pitch_px=PITCH,
        direction=1,
        start_rad=0.3,
        nodes_per_turn=NODES,
        radius_px=500 - PITCH * s + bend(s),
    )


@pytest.mark.parametrize("where", [3.2, 7.0, 10.6])
@pytest.mark.parametrize("turns", [-1, 1])
def test_a_slip_by_a_turn_is_found_where_it_is(where, turns):
    slipped = spiral(lambda s: turns * PITCH / (1 + np.exp(-(s - where) * 60)))
    np.testing.assert_allclose(jumps(slipped), [where], atol=0.1)


@pytest.mark.parametrize(
    "bend",
    [
        lambda s: 0 * s,
        lambda s: 6 * np.cos(2 * np.pi * s + 1),
        lambda s: 3 * np.sin(4 * np.pi * s) * (1 + s / 14),
        lambda s: 4 * np.sin(2 * np.pi * s / 6),
    ],
    ids=["even", "off centre", "curled", "uneven feed"],
)
def test_a_bend_is_no_slip(bend):
    assert len(jumps(spiral(bend))) == 0


def test_a_short_groove_has_no_turns_to_compare():
    short = spiral()
    short = GrooveMap(**{**short.__dict__, "radius_px": short.radius_px[: 3 * NODES]})
    assert len(jumps(short)) == 0


def test_an_even_spiral_leaves_no_harmonics():
    check = check_camera(spiral())
    assert check.harmonics_px.max() < 0.05
    assert check.bend_px < 0.05
    assert 0 < check.wow_percent < 0.2


def test_a_bent_film_is_told_and_makes_the_camera_uncertain():
    flat, bent = check_camera(spiral()), check_camera(spiral(lambda s: 2 * np.sin(6 * np.pi * s)))
    assert bent.bend_px == pytest.approx(2.0, rel=0.2)
    assert bent.wow_percent > 3 * flat.wow_percent


def test_what_once_per_turn_is_left_is_wow():
    check = check_camera(spiral(lambda s: 1.0 * np.cos(4 * np.pi * s)))
    assert check.harmonics_px[1] == pytest.approx(1.0, rel=0.3)
    assert check.wow_percent > 100 * 1.0 / 470 / np.sqrt(2) * 0.7
