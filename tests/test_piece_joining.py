"""Discs in pieces: found, laid together across the cuts, and read as one."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import CONDITIONS, SOUND_HZ

import groovescan
from groovescan.config.settings import Settings
from groovescan.errors import GrooveNotFoundError
from groovescan.joining.pieces.lay_out import laid_out
from groovescan.joining.pieces.piece_edges import piece_edges
from groovescan.joining.pieces.pieces_in_one import (
    of_one_photograph,
    piece_labels,
    pieces_in_one,
)
from groovescan.joining.registration.arcs import arcs_of
from groovescan.joining.registration.register import register
from groovescan.photo import as_photograph
from groovescan.simulate import (
    make_sound,
    pieces_of,
    pieces_together_of,
    write_photograph_set,
)

SOUND = make_sound(6.0, SOUND_HZ, np.random.default_rng(4))


@pytest.fixture(scope="module")
def taken():
    return pieces_of(SOUND, SOUND_HZ, CONDITIONS["plain"], 3)


@pytest.fixture(scope="module")
def photographs(taken):
    return [as_photograph(image, Settings().photo) for image in taken.images]


@pytest.fixture(scope="module")
def arcs(photographs):
    return [
        arc for k, photo in enumerate(photographs) for arc in arcs_of(photo, k, Settings().disc)
    ]


def test_pieces_are_read_as_one(taken, scoring, tmp_path):
    *_, text, _ = write_photograph_set(taken, tmp_path / "disc.png")
    result = groovescan.decode(list(taken.images))
    truth = scoring.load_truth(text)
    score = scoring.score(result.waveform.samples, result.waveform.rate_hz, truth)
    assert score.lost == 0
    assert score.wow_percent < 0.1
    assert score.bound_db - score.snr_db < 1.5
    assert result.joined.left_out == ()
    assert 0.97 < result.reading.read_fraction < 1  # what lies in the cuts is missing
    turned = [photo.turned_deg for photo in result.joined.photographs]
    assert np.mod(np.subtract(turned, turned[0]), 360) == pytest.approx([0, 270, 180], abs=0.2)


def test_edges_fit_where_the_disc_was_cut(taken, photographs, arcs):
    edges = [
        piece_edges(
            photo, max((arc for arc in arcs if arc.photograph == k), key=lambda a: a.known.sum())
        )
        for k, photo in enumerate(photographs)
    ]
    for one, other in zip(edges, [*edges[1:], edges[0]], strict=True):
        assert one.found == (True, True)
        radius = one.radius_px
        apart = one.angle_at(radius, last=True) - other.angle_at(radius, last=False)
        assert np.median(np.abs(apart - np.median(apart)) * radius) < 1.0
        quarters = np.median(apart) / (np.pi / 2)
        assert quarters == pytest.approx(np.rint(quarters), abs=0.003)


def test_the_sheet_ends_at_its_edges(photographs, arcs):
    edges = piece_edges(photographs[0], arcs[0])
    middle = (np.nanmedian(edges.first_rad) + np.nanmedian(edges.last_rad)) / 2
    angle = np.array([middle, np.nanmax(edges.last_rad) + 0.05, np.nanmin(edges.first_rad) - 0.05])
    x = edges.camera.centre_px[0] + 500 * np.cos(angle)
    y = edges.camera.centre_px[1] - 500 * np.sin(angle)
    assert edges.covers(x, y).tolist() == [True, False, False]


def test_a_piece_that_is_missing_is_not_guessed(photographs, arcs):
    two = [arc for arc in arcs if arc.photograph < 2]
    assert laid_out(photographs, two, [0, 1]) is None
    assert register(photographs[:2], Settings().disc).adjusted is None


@pytest.fixture(scope="module")
def other():
    sound = make_sound(6.0, SOUND_HZ, np.random.default_rng(77))
    return pieces_of(sound, SOUND_HZ, CONDITIONS["plain"].replace(seed=5, pitch_mm=0.33), 3)


def test_a_piece_that_fits_nowhere_is_named_and_left_out(photographs, other):
    foreign = replace(as_photograph(other.images[1], Settings().photo), name="foreign.png")
    found = register([photographs[0], foreign, *photographs[1:]], Settings().disc)
    assert found.adjusted is not None
    assert sorted(found.adjusted.placements) == [0, 2, 3]
    (left,) = found.left_out
    assert (left.name, left.cause) == ("foreign.png", "apart")
    assert "fits nowhere" in left.reason


def test_a_piece_of_another_disc_is_not_laid(other, photographs):
    foreign = as_photograph(other.images[2], Settings().photo)
    with pytest.raises(GrooveNotFoundError, match=r"apart|overlap|together"):
        groovescan.decode([*photographs[:2], foreign])


def test_pieces_in_one_photograph_are_read_as_one(scoring, tmp_path):
    taken = pieces_together_of(SOUND, SOUND_HZ, CONDITIONS["plain"], 3)
    *_, text, _ = write_photograph_set(taken, tmp_path / "disc.png")
    result = groovescan.decode(taken.images[0])
    truth = scoring.load_truth(text)
    score = scoring.score(result.waveform.samples, result.waveform.rate_hz, truth)
    assert score.lost == 0
    assert score.wow_percent < 0.1
    assert score.bound_db - score.snr_db < 1.5
    assert [photo.name for photo in result.joined.photographs] == [
        f"array, piece {k}" for k in (1, 2, 3)
    ]


def test_film_that_touches_is_cut_where_it_is_narrowest():
    off = np.zeros((300, 400), np.float32)
    off[40:260, 30:190] = off[40:260, 210:370] = 0.4
    off[140:165, 185:215] = 0.4  # a neck
    off[5:9, 5:9] = 0.4  # dust
    labels = piece_labels(off, 0.002)
    assert labels.max() == 2
    assert len(np.unique(labels[60:240, 40:180])) == len(np.unique(labels[60:240, 220:360])) == 1
    assert labels[150, 192] == labels[150, 100] != labels[150, 208] == labels[150, 300]
    assert labels[7, 7] in (0, labels[150, 100])
    assert labels[0].max() == 0


def test_one_piece_of_film_is_no_pieces(photographs):
    assert pieces_in_one(photographs[0]) == []
    assert not of_one_photograph(photographs)
    assert piece_labels(np.zeros((50, 60), np.float32), 0.01).max() == 0
