"""Two lines in each turn: the walls of one groove, or two grooves within one another."""

import numpy as np
import pytest
from conftest import as_photo

from groovescan.core.results import Camera, GrooveMap
from groovescan.errors import GrooveNotFoundError
from groovescan.pipeline import Stages
from groovescan.simulate import SimulateSettings, make_sound, simulate
from groovescan.strip.line_pair import line_pair

SIDE, CENTRE, PITCH, INNER, TURNS = 700, (350.2, 348.7), 12.0, 180.0, 12


def groove_map():
    turns = np.arange(-1, TURNS + 1.25, 0.25)
    return GrooveMap(
        camera=Camera(
            centre_px=np.array(CENTRE), middle_px=np.array([349.5, 349.5]), scale_px=350.0
        ),
        radius_px=INNER + PITCH * turns,
        nodes_per_turn=4,
        pitch_px=PITCH,
        start_rad=0.0,
        direction=1,
    )


def photo_of(rng, first, second, noise=0.02, apart=0.5, wide_px=1.2):
    """Dark lines that move by two sounds, in px by turns since the start."""
    y, x = np.mgrid[:SIDE, :SIDE]
    x, y = x - CENTRE[0], CENTRE[1] - y
    angle = np.arctan2(y, x) % (2 * np.pi) / (2 * np.pi)
    place = (np.hypot(x, y) - INNER) / PITCH - angle
    light = np.full((SIDE, SIDE), 0.7)
    for sound, middle in ((first, 0.0), (second, apart)):
        turn = np.round(place - middle)
        away = PITCH * (place - middle - turn) - sound(turn + angle)
        light -= 0.3 * np.exp(-0.5 * (away / wide_px) ** 2)
    return as_photo((light + noise * rng.standard_normal(light.shape)).astype(np.float32))


def sound_of(rng, loud_px=0.6):
    """A band of noise of 40 to 150 cycles a turn."""
    size = 4096
    spectrum = np.zeros(size // 2 + 1, complex)
    cycles = np.arange(len(spectrum)) / TURNS
    heard = (cycles > 40) & (cycles < 150)
    spectrum[heard] = rng.standard_normal(heard.sum()) + 1j * rng.standard_normal(heard.sum())
    wave = np.fft.irfft(spectrum)
    wave *= loud_px / wave.std()
    return lambda turns: np.interp(turns, np.linspace(0, TURNS, size), wave)


def test_two_sounds_are_told_from_the_two_walls_of_one(rng):
    one, other = sound_of(rng), sound_of(rng)
    walls = line_pair(photo_of(rng, one, one), groove_map())
    assert walls.shared > 0.6
    two = line_pair(photo_of(rng, one, other, apart=0.45), groove_map())
    # Half of what the land between two thin lines moves by is each one's.
    assert two.shared == pytest.approx(0.5, abs=0.1)
    dale = line_pair(photo_of(rng, one, lambda turns: -one(turns)), groove_map())
    assert dale.shared < -0.4
    for pair in (walls, two, dale):
        assert pair.evenness > 0.25
        assert pair.second > 0.5
        assert pair.signal_to_noise > 10


def test_one_line_is_not_even_and_a_silent_pair_has_no_sound(rng):
    silent = line_pair(photo_of(rng, np.zeros_like, np.zeros_like), groove_map())
    assert silent.signal_to_noise < 1
    single = line_pair(photo_of(rng, np.zeros_like, np.zeros_like, apart=0.0), groove_map())
    assert single.evenness < 0.3
    assert single.second < 0.05


def test_dust_does_not_drown_the_sound(rng):
    one = sound_of(rng)
    photo = photo_of(rng, one, one)
    luminance = photo.luminance.copy()
    for row, column in rng.integers(0, SIDE - 6, (400, 2)):
        luminance[row : row + 6, column : column + 6] = 1.0
    dusty = line_pair(as_photo(luminance), groove_map())
    assert dusty.shared > 0.35


def test_a_map_beyond_the_photograph_tells_nothing(rng):
    photo = photo_of(rng, np.zeros_like, np.zeros_like)
    assert line_pair(as_photo(photo.luminance[:40, :40]), groove_map()) is None


def test_a_map_that_follows_every_second_line_is_refused_as_two_grooves():
    # Their feeds swing, each its own way, so that every second line is the stronger fringe.
    settings = SimulateSettings(
        width_px=1250,
        height_px=1250,
        mm_per_px=0.28 / 4.5,
        pitch_mm=0.28,
        width_mm=0.11,
        amplitude_mm=0.03,
        start_radius_mm=0.43 * 1250 * 0.28 / 4.5,
        film_radius_mm=0.455 * 1250 * 0.28 / 4.5,
        hole_radius_mm=2.0,
        cuts=2,
        cuts_lie="interleaved",
        noise=0.006,
        clouds=0.2,
        bones=3,
        supersampling=2,
        seed=3,
        profile="line",
        feed_wander_percent=15,
    )
    sound = make_sound(14.0, 22050.0, np.random.default_rng(3), "speech")
    with pytest.raises(GrooveNotFoundError, match="two grooves"):
        _ = Stages(simulate(sound, 22050.0, settings).image).first_map
