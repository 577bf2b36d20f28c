"""A map that slips by a turn is found out; one that bends is not."""

import numpy as np
import pytest
from conftest import SMALL, SOUND_HZ

from groovescan.camera.fit import check_camera
from groovescan.core.results import Camera, GrooveMap
from groovescan.locate.continuity import jumps, unsure_joins
from groovescan.simulate import make_sound, simulate

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


def unread(*stretches, per_turn=1000):
    at = np.arange(TURNS * per_turn) / per_turn
    gone = np.zeros(len(at), bool)
    for first, last in stretches:
        gone |= (at > first) & (at < last)
    return gone


@pytest.mark.parametrize("pitches", [-1, 1, 3])
def test_a_step_of_the_pitch_that_was_not_read_is_an_unsure_join(pitches):
    stepped = spiral(lambda s: -PITCH * pitches * np.clip((s - 6) / 0.3, 0, 1))
    np.testing.assert_allclose(unsure_joins(stepped, unread((5.95, 6.35))), [6.15], atol=0.02)
    assert len(unsure_joins(stepped, unread())) == 0  # it was read: the feed is what it is
    assert len(unsure_joins(stepped, unread((8.0, 8.5), (2.0, 2.3)))) == 0


def test_samples_that_were_read_by_chance_make_no_join_sure():
    stepped = spiral(lambda s: -PITCH * np.clip((s - 6) / 0.3, 0, 1))
    gone = unread((5.95, 6.1), (6.11, 6.35))
    assert len(unsure_joins(stepped, gone)) == 1
    assert len(unsure_joins(stepped, np.ones_like(gone))) == 0


def test_a_pause_whose_crossing_is_covered_is_doubted():
    """The groove crosses three pitches of land in a quarter of a turn, beneath a strip of paper."""
    from groovescan.pipeline import Stages

    settings = SMALL.replace(gaps=((6, 3, 0.25),), start_radius_mm=32.5)
    disc = simulate(make_sound(6.0, SOUND_HZ, np.random.default_rng(5)), SOUND_HZ, settings)
    y, x = np.indices(disc.image.shape)
    angle = np.arctan2(settings.centre_px[1] - y, x - settings.centre_px[0])
    beside = np.abs(np.angle(np.exp(1j * (angle - 2 * np.pi * 6.125)))) < np.radians(30)
    covered = Stages(np.where(beside, np.uint8(200), disc.image)).verdict
    assert any("the pitch steps at turn 6.1" in reason for reason in covered.reasons)
    assert Stages(disc.image).verdict.word == "good"


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
