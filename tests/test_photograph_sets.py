"""Sets of simulated photographs: what each shows, and one truth."""

import json

import numpy as np
import pytest
import soundfile
from conftest import SMALL, SOUND_HZ

from groovescan.errors import SettingsError
from groovescan.simulate import (
    lamps_of,
    make_sound,
    pieces_of,
    pieces_together_of,
    repeats_of,
    simulate,
    tiles_of,
)

TINY = SMALL.replace(
    width_px=240, height_px=240, start_radius_mm=6.0, film_radius_mm=6.6, bones=0, supersampling=2,
    lead_in_turns=0.5, run_out_turns=0.5, noise=0.01,
)  # fmt: skip
SOUND = make_sound(1.0, SOUND_HZ, np.random.default_rng(3))


@pytest.fixture(scope="module")
def whole():
    return simulate(SOUND, SOUND_HZ, TINY)


def test_tiles_show_the_whole_between_them(whole):
    taken = tiles_of(SOUND, SOUND_HZ, TINY, across=3, down=2)
    assert len(taken.images) == 6
    seen = np.zeros(whole.image.shape, bool)
    for image, how in zip(taken.images, taken.places, strict=True):
        part = np.rot90(image, -how["turned_quarters"])
        there = (
            slice(how["top"], how["top"] + part.shape[0]),
            slice(how["left"], how["left"] + part.shape[1]),
        )
        seen[there] = True
        apart = part.astype(float) - whole.image[there]
        assert apart.std() == pytest.approx(np.sqrt(2) * 0.01 * 255, rel=0.2)
    assert seen.all()


def test_repeats_sum_their_information(whole):
    taken = repeats_of(SOUND, SOUND_HZ, TINY, 4)
    ratio = taken.disc.bound.density_mm2_per_hz / whole.bound.density_mm2_per_hz
    assert np.median(ratio) == pytest.approx(0.25, rel=1e-3)
    assert not np.array_equal(taken.images[0], taken.images[1])


def test_a_lamp_goes_round(whole):
    lamp = TINY.replace(lamp_falloff=0.9)
    taken = lamps_of(SOUND, SOUND_HZ, lamp, 2)
    one, other = (how["lamp_angle_rad"] for how in taken.places)
    assert other - one == pytest.approx(np.pi / 2)
    alone = simulate(SOUND, SOUND_HZ, lamp).bound.density_mm2_per_hz
    both = taken.disc.bound.density_mm2_per_hz
    assert (both <= alone * 1.0001).all()
    assert both.max() < 0.3 * alone.max()


def test_pieces_make_up_the_disc(whole):
    taken = pieces_of(SOUND, SOUND_HZ, TINY, 3)
    ground = TINY.light * 255
    parts = [
        np.rot90(image, -how["turned_quarters"]) - ground
        for image, how in zip(taken.images, taken.places, strict=True)
    ]
    apart = np.sum(parts, axis=0) + ground - whole.image
    assert np.sqrt(np.mean(apart**2)) == pytest.approx(
        np.sqrt(2) * 0.01 * 255, rel=0.1
    )  # the first piece has the noise of the whole
    assert all(np.abs(part).max() > 30 for part in parts)


def test_pieces_lie_apart_in_one_photograph(whole):
    taken = pieces_together_of(SOUND, SOUND_HZ, TINY, 3)
    (image,), (how,) = taken.images, taken.places
    assert len(how["moved_px"]) == how["pieces"] == 3
    rim = (len(image) - 240) // 2
    # moved back, each of them is a part of the disc
    parts = [
        image[rim + down :, rim + right :][:240, :240].astype(float)
        for right, down in how["moved_px"]
    ]
    left = np.abs(np.array(parts) - whole.image)
    alike = left < 5 * np.sqrt(2) * 0.01 * 255
    film = np.abs(whole.image - 255 * TINY.light) > 60
    assert alike.any(axis=0)[film].mean() > 0.99
    # and no more: what is moved otherwise is alike where film is even
    assert all(0.33 < each[film].mean() < 0.9 for each in alike)


@pytest.mark.parametrize(
    ("draw", "count"),
    [(repeats_of, 0), (lamps_of, 17), (pieces_of, 1), (pieces_of, 7), (pieces_together_of, 1)],
)
def test_numbers_have_limits(draw, count):
    with pytest.raises(SettingsError, match="between"):
        draw(SOUND, SOUND_HZ, TINY, count)


def test_the_command_writes_them_with_one_truth(run, tmp_path):
    soundfile.write(tmp_path / "a.wav", 0.3 * SOUND, int(SOUND_HZ))
    options = [
        *("--size", "240", "--set", "start_radius_mm=6.0", "--set", "film_radius_mm=6.6"),
        *("--set", "supersampling=2", "--set", "bones=0"),
    ]
    begin = ("simulate", tmp_path / "a.wav", "-o", tmp_path / "disc.png", *options)
    ended = run(*begin, "--tiles", "2x1")
    assert ended.code == 0, ended.err
    truth = json.loads((tmp_path / "disc.truth.json").read_text(encoding="utf-8"))
    assert [photo["name"] for photo in truth["photographs"]] == ["disc-1.png", "disc-2.png"]
    assert (tmp_path / "disc-2.png").exists()
    assert run(*begin, "--tiles", "2x1").code != 0  # they exist
    for wrong in (["--tiles", "2"], ["--tiles", "2x2", "--lamps", "2"], ["--pieces", "9"]):
        assert run(*begin, *wrong, "--force").code == 2
