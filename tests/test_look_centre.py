"""The middle of a groove whose look wanders from wall to wall, told from looks with known truth."""

from dataclasses import replace

import numpy as np
import pytest
from test_direction import PITCH, drawn, map_of

from groovescan.core.geometry.camera_model import radius_at
from groovescan.reading.direction.look_centre import (
    TurnLook,
    centred_on_look,
    look_of,
    middle_of,
    most_even_centre,
)

AZIMUTHS, PHASES = 256, 16


def lit_groove(lamps, *, wall=0.15, sharp=0.3, noise=0.0):
    """Light of a V groove round its true middle: a wall shines where it faces a lamp.

    Film without a groove has the light 0.5; the walls' shade is Lambert's.
    """
    angle = 2 * np.pi * np.arange(AZIMUTHS) / AZIMUTHS + 0.7
    across = np.arange(PHASES) / PHASES - 0.5
    light = np.full((AZIMUTHS, PHASES), 0.5)
    for lamp in lamps:
        for side in (-1, 1):
            facing = np.cos(angle - lamp + np.pi * (side < 0))
            shine = 0.9 * np.exp((facing - 1) / sharp) + 0.15 * facing - 0.2
            bell = np.exp(-0.5 * ((across - side * wall) / 0.12) ** 2)
            light += shine[:, None] * bell / len(lamps)
    light += noise * np.random.default_rng(3).standard_normal(light.shape)
    return TurnLook(light=light, angle_rad=angle)


def astray(look, across, up, outwards):
    """The look about a map whose centre and distance are off by so many pitches."""
    return look.moved(-across * np.cos(look.angle_rad) - up * np.sin(look.angle_rad) - outwards)


@pytest.mark.parametrize("sharp", [0.15, 0.5])
@pytest.mark.parametrize("lamps", [(0.4,), (2.9,), (1.0, 1.0 + np.pi), (0.3, 1.9)])
@pytest.mark.parametrize("off", [(0.0, 0.0), (0.15, -0.4), (-0.35, 0.25)])
def test_the_centre_is_that_from_which_the_look_is_smooth(lamps, off, sharp):
    look = astray(lit_groove(lamps, sharp=sharp, noise=0.005), *off, 0.0)
    np.testing.assert_allclose(most_even_centre(look), off, atol=0.11)


@pytest.mark.parametrize("outwards", [-0.45, -0.2, 0.0, 0.1, 0.3, 0.49])
@pytest.mark.parametrize("lamps", [(0.4,), (2.0, 2.0 + np.pi), (0.4, 1.97, 3.54, 5.11)])
def test_the_middle_is_that_of_the_groove_or_of_the_land(lamps, outwards):
    look = astray(lit_groove(lamps, noise=0.005), 0.0, 0.0, outwards)
    found = middle_of(look)
    assert abs((found - outwards + 0.25) % 0.5 - 0.25) < 0.03
    assert abs(found) <= 0.25


def test_a_map_that_is_off_comes_back_to_the_groove():
    groove_map = map_of()
    photo = drawn(groove_map, lamp=True)
    angle = 2 * np.pi * groove_map.node_turns + groove_map.start_rad
    shift = 0.3 * np.cos(angle) - 0.2 * np.sin(angle) + 0.45
    strayed = replace(groove_map, radius_px=groove_map.radius_px + PITCH * shift)
    s = np.linspace(0, groove_map.turns, 200)
    found = [
        (radius_at(each, s) - radius_at(groove_map, s)) / PITCH
        for each in centred_on_look(photo, strayed)
    ]
    on_groove = [np.abs((apart + 0.5) % 1.0 - 0.5).max() < 0.12 for apart in found]
    assert sorted(on_groove) == [False, True]
    assert max(np.ptp(apart) for apart in found) < 0.24  # no sector is a turn off
    np.testing.assert_allclose(np.abs(found[0] - found[1]), 0.5, atol=1e-6)


def test_the_look_has_the_film_s_light_and_its_waves_follow_a_shift():
    groove_map = map_of(direction=-1)
    look = look_of(drawn(groove_map, lamp=True), groove_map)
    assert look.light.shape == (AZIMUTHS, PHASES)
    moved = look.moved(np.full(AZIMUTHS, 0.125))
    np.testing.assert_allclose(moved.light[:, :-2], look.light[:, 2:], atol=0.02)
    turned = np.angle(moved.waves()[0] / look.waves()[0])
    np.testing.assert_allclose(turned, 2 * np.pi * 0.125, atol=1e-6)
