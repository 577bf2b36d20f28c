"""A film in pieces is found in the fringe: where it is torn or folded, and how its pieces lie."""

import dataclasses

import numpy as np
import pytest

from groovescan.camera.fit import recast
from groovescan.core.geometry.camera_model import project
from groovescan.core.geometry.film_pieces import FilmPieces, boundary_angle, piece_at
from groovescan.core.results import Camera, GrooveMap
from groovescan.locate.fringe import SECTORS, Fringe
from groovescan.locate.torn_film.film_motion import (
    find_film,
    flattened,
    unexplained_jumps,
)
from groovescan.wording.facts import film_facts

PITCH, INNER, OUTER = 6.0, 300.0, 420.0


def fringe_of(outwards, rng, noise=0.1, wind=-1):
    """The fringe of a spiral whose turns lie `outwards(radius, angle)` px further out."""
    angle = 2 * np.pi * (np.arange(SECTORS) + 0.5) / SECTORS
    radius = np.arange(INNER, OUTER, PITCH / 2)
    cells = np.meshgrid(angle, radius, indexing="ij")
    phase = -2 * np.pi * outwards(cells[1], cells[0]) / PITCH - wind * cells[0]
    # sound makes the phase of neighbouring sectors stray, alike over some columns
    stray = rng.standard_normal((SECTORS // 4, len(radius) // 4 + 1))
    stray = np.repeat(np.repeat(stray, 4, axis=0), 4, axis=1)[:, : len(radius)]
    wave = np.exp(1j * (phase + noise * stray / 2)).astype(np.complex64)
    square = wave**2
    return Fringe(
        square=square,
        power=np.full(square.shape, 1.1, np.float32),
        angle_rad=angle,
        radius_px=radius,
        pitch_px=PITCH,
        centre_px=np.zeros(2),
        wave=wave,
    )


def bent(radius, angle):
    """A film that is not quite flat, under a camera that is not quite in the middle."""
    return 1.3 * np.cos(angle - 0.4) + 0.5 * np.sin(2 * angle) + 0.003 * (radius - INNER)


def outwards(shift, angle):
    return shift[0] * np.cos(angle) + shift[1] * np.sin(angle)


def sector(first, last, shift):
    """A sector torn off and laid back, with edges that run to the centre."""

    def where(radius, angle):
        inside = (angle - first) % (2 * np.pi) < last - first
        return bent(radius, angle) + np.where(inside, outwards(shift, angle), 0)

    return where


def fold(normal, distance, shift):
    """A fold beyond which all lies elsewhere."""

    def where(radius, angle):
        inside = radius * np.cos(angle - normal) > distance
        return bent(radius, angle) + np.where(inside, outwards(shift, angle), 0)

    return where


def shift_about(film, angle, radius=360.0):
    """Motion of the piece at a place, less that at the other side of the disc."""
    here, there = (piece_at(film, np.array([radius * np.exp(1j * a)]))[0] for a in angle)
    return film.shift_px[here] - film.shift_px[there]


@pytest.mark.parametrize("shift", [(2.0, -3.0), (-0.9, 2.0), (8.0, 15.0)])
def test_a_torn_sector_is_found_with_its_motion_and_whole_turns(rng, shift):
    film = find_film(fringe_of(sector(2.0, 3.1, shift), rng), -1)
    found = shift_about(film, (2.5, 5.5))
    np.testing.assert_allclose(found, shift, atol=0.25)
    edges = np.sort(boundary_angle(film, np.array(360.0)) % (2 * np.pi))
    assert np.abs(edges[:, None] - [2.0, 3.1]).min(axis=0).max() < 0.006


@pytest.mark.parametrize("distance", [60.0, 200.0])
def test_a_fold_is_found_as_a_chord_though_it_may_jump_on_one_side_alone(rng, distance):
    # its motion is along the groove where the chord leaves the ring
    away = np.arccos(distance / 360.0)
    leaving = 1.0 + away
    shift = 2.5 * np.array([-np.sin(leaving), np.cos(leaving)])
    film = find_film(fringe_of(fold(1.0, distance, shift), rng), -1)
    np.testing.assert_allclose(shift_about(film, (1.0, 4.14)), shift, atol=0.3)
    entering = (1.0 - away) % (2 * np.pi)
    edges = boundary_angle(film, np.array([320.0, 400.0])) % (2 * np.pi)
    near = edges[np.abs(edges[:, 0] - entering).argmin()]
    true = (1.0 - np.arccos(distance / np.array([320.0, 400.0]))) % (2 * np.pi)
    np.testing.assert_allclose(near, true, atol=0.01)


def test_two_torn_pieces_are_found_each_with_its_own_motion(rng):
    one, two = sector(0.5, 1.4, (2.0, 1.0)), sector(3.0, 4.2, (-1.0, 2.5))

    def both(radius, angle):
        return one(radius, angle) + two(radius, angle) - bent(radius, angle)

    film = find_film(fringe_of(both, rng), -1)
    assert len(film.side) == 4
    np.testing.assert_allclose(shift_about(film, (1.0, 5.5)), (2.0, 1.0), atol=0.3)
    np.testing.assert_allclose(shift_about(film, (3.6, 5.5)), (-1.0, 2.5), atol=0.3)


@pytest.mark.parametrize("noise", [0.0, 0.3, 3.0])
def test_a_film_that_is_one_sheet_is_in_no_pieces(rng, noise):
    assert find_film(fringe_of(bent, rng, noise), -1) is None


def test_a_phase_that_jumps_as_no_motion_does_is_no_tear(rng):
    """Under several lamps the turns look shifted here and there, each sector by its own amount."""

    def lamps(radius, angle):
        sector = np.floor(angle / 0.9).astype(int) % 7
        amount = np.array([0.0, 0.9, -0.7, 1.1, 0.1, -1.2, 0.6])[sector]
        return bent(radius, angle) + amount * np.cos(9 * (angle - 0.9 * sector))

    assert find_film(fringe_of(lamps, rng), -1) is None


@pytest.mark.parametrize("count", [0, 1, 2])
def test_jumps_that_no_motion_explains_are_counted(rng, count):
    """Half a turn that jumps at one end, and comes back slowly or at once."""

    def stretched(radius, angle):
        part = np.clip((angle - 2.0) / 2.5, 0, 1) % 1.0
        fades = {0: 0.0, 1: 1 - part, 2: 1.0}[count]
        return bent(radius, angle) + 2.0 * fades * np.cos(4 * angle) * ((angle > 2) & (angle < 4.5))

    assert unexplained_jumps(fringe_of(stretched, rng), -1) == count


def test_a_phase_that_jumps_where_the_contrast_vanishes_is_no_jump_of_the_film(rng):
    def flipped(radius, angle):
        return bent(radius, angle) + 1.9 * ((angle > 1.0) & (angle < 4.1))

    seen = fringe_of(flipped, rng)
    assert unexplained_jumps(seen, -1) == 2
    light = np.abs(np.sin(seen.angle_rad - 1.0) * np.sin(seen.angle_rad - 4.1))[:, None] ** 2
    faint = dataclasses.replace(seen, square=seen.square * light, power=seen.power * light)
    assert unexplained_jumps(faint, -1) == 0


def test_what_cannot_be_seen_is_no_jump(rng):
    seen = fringe_of(bent, rng)
    square = seen.square.copy()
    square[600:900] *= 0.02 * np.exp(2j * np.pi * rng.random((300, square.shape[1])))
    assert find_film(dataclasses.replace(seen, square=square), -1) is None


def test_the_fringe_of_pieces_laid_back_is_that_of_one_sheet(rng):
    torn = fringe_of(sector(2.0, 3.1, (4.0, -3.0)), rng, noise=0.0)
    whole = fringe_of(bent, rng, noise=0.0)
    flat = flattened(torn, find_film(torn, -1))
    step = np.angle(flat.square * np.conj(whole.square))
    # the motion is told by the smooth film's own terms, too: what is left is small and smooth
    assert np.abs(np.angle(np.exp(1j * (step - np.median(step))))).mean() < 0.1


def map_of(film):
    camera = Camera(
        centre_px=np.array([500.0, 480.0]), middle_px=np.array([500.0, 500.0]), scale_px=500.0
    )
    return GrooveMap(
        camera=camera,
        pitch_px=6.0,
        direction=1,
        start_rad=0.0,
        nodes_per_turn=128,
        radius_px=400 - 6 * (np.arange(-128, 128 * 9 + 1) / 128),
        film=film,
    )


def test_the_pieces_are_told(rng):
    film = find_film(fringe_of(sector(2.0, 3.1, (2.0, -3.0)), rng), -1)
    told = film_facts(map_of(film))["film"]
    assert "torn or folded at 11" in told
    assert "and 178 degrees" in told
    assert "3.6 px" in told
    assert film_facts(map_of(None)) == {}


def test_boundaries_stay_where_they_are_in_the_image_under_another_camera():
    camera = map_of(None).camera
    other = dataclasses.replace(
        camera, centre_px=np.array([503.0, 476.0]), perspective=np.array([0.01, 0.0]), lens=0.004
    )
    film = FilmPieces(
        normal_rad=np.array([0.3, 2.0]),
        distance_px=np.array([180.0, 0.0]),
        side=np.array([1, -1]),
        shift_px=np.array([[2.0, 1.0], [0.0, 0.0]]),
        turned_rad=np.zeros(2),
    )
    laid = map_of(film)
    again = recast(laid, other)
    for k in range(2):
        points = []
        for groove_map, radii in ((laid, [345, 375, 405]), (again, [350, 380, 400])):
            radius = np.array(radii, float)
            angle = boundary_angle(groove_map.film, radius)[k]
            points.append(project(groove_map.camera, radius, angle))
        along = points[0][:, 2] - points[0][:, 0]
        normal = np.array([-along[1], along[0]]) / np.hypot(*along)
        off = normal @ (points[1] - points[0][:, :1])
        assert np.abs(off).max() < 0.3
