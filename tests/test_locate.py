"""Centre and pitch are found by the groove alone; what is no groove is refused."""

import cv2
import numpy as np
import pytest
from conftest import CONDITIONS, as_photo, draw_fringe

from groovescan.config.settings import DiscSettings
from groovescan.core.results import PatchWaves
from groovescan.errors import GrooveNotFoundError, SettingsError
from groovescan.locate.consensus import _agree, _votes, locate
from groovescan.locate.discs import disc_of, locate_discs
from groovescan.locate.first_map import map_groove
from groovescan.locate.patches import patch_waves
from groovescan.locate.pyramid import Copies


@pytest.mark.parametrize("name", ["plain", "inner flip"])
@pytest.mark.parametrize("quality", [None, 50])
def test_the_centre_and_the_pitch_are_found(disc, name, quality):
    image, settings = disc(name).image, CONDITIONS[name]
    if quality:
        image = cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 0)
    field = locate(as_photo(image), DiscSettings())[0]
    assert np.hypot(*(field.centre_px - settings.centre_px)) < 1.0
    assert field.pitch_px == pytest.approx(settings.pitch_mm / settings.mm_per_px, rel=0.02)


def test_the_ring_holds_the_groove(disc):
    settings = CONDITIONS["plain"]
    field = locate(as_photo(disc("plain").image), DiscSettings())[0]
    outer = settings.start_radius_mm / settings.mm_per_px
    inner = outer - disc("plain").turns * settings.pitch_mm / settings.mm_per_px
    assert inner - 64 < field.radius_inner_px < inner
    assert outer < field.radius_outer_px < outer + 64


@pytest.mark.parametrize("pitch", [3.5, 6.0, 9.0, 13.0, 20.0, 30.0])
@pytest.mark.parametrize("arms", [1, -1])
def test_pitches_fine_and_coarse(rng, pitch, arms):
    photo = draw_fringe(rng, pitch=pitch, arms=arms)
    field = locate(photo, DiscSettings())[0]
    assert np.hypot(*(field.centre_px - (441.3, 462.6))) < max(1.0, 0.15 * pitch)
    assert field.pitch_px == pytest.approx(pitch, rel=0.02)


def test_a_groove_under_noise_scratches_and_one_sided_light(rng):
    photo = draw_fringe(rng, noise=0.15)
    light = np.linspace(0.2, 1.0, 900, dtype=np.float32) * photo.luminance
    for _ in range(40):
        ends = rng.integers(0, 900, (2, 2)).tolist()
        cv2.line(light, ends[0], ends[1], float(rng.random()), 2)
    field = locate(as_photo(light), DiscSettings())[0]
    assert np.hypot(*(field.centre_px - (441.3, 462.6))) < 1.0


def test_a_disc_of_which_a_third_is_out_of_frame(rng):
    photo = draw_fringe(rng, centre=(90.4, 462.6))
    field = locate(photo, DiscSettings())[0]
    # the normal of a spiral passes its centre at pitch / 2 pi, which only a whole ring evens out
    assert np.hypot(*(field.centre_px - (90.4, 462.6))) < 1.5


def test_the_same_seed_finds_the_same(disc):
    photo = as_photo(disc("plain").image)
    first, again, other = (locate(photo, DiscSettings(seed=seed))[0] for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.centre_px, again.centre_px)
    assert first.pitch_px == again.pitch_px
    np.testing.assert_array_equal(first.waves.position_px, again.waves.position_px)
    assert np.hypot(*(first.centre_px - other.centre_px)) < 0.1


def test_the_photograph_is_left_as_it_is(disc):
    photo = as_photo(disc("plain").image)
    before = photo.luminance.copy()
    locate(photo, DiscSettings())
    np.testing.assert_array_equal(photo.luminance, before)


@pytest.mark.parametrize("reduction", [1, 2, 4])
def test_patches_know_where_they_are_and_what_they_see(reduction):
    y, x = np.indices((400, 400))
    wave = np.array([0.03, -0.05]) / 2
    luminance = 0.5 + 0.2 * np.cos(2 * np.pi * (x * wave[0] + y * wave[1]) * 8 / reduction)
    waves = patch_waves(Copies(as_photo(luminance)), reduction=reduction, most=2000)
    middle = (64 * reduction - 1) / 2
    np.testing.assert_allclose(waves.position_px.min(axis=0), middle)
    seen = waves.wave_cpp * np.sign(waves.wave_cpp[:, :1])
    np.testing.assert_allclose(seen, np.tile(wave * 8 / reduction, (len(seen), 1)), atol=1.5e-3)


def test_lines_in_one_corner_of_a_ring_are_no_disc(rng):
    photo = draw_fringe(rng)
    y, x = np.indices(photo.luminance.shape)
    angle = np.arctan2(462.6 - y, x - 441.3)
    part = np.where(np.abs(angle) < 0.5, photo.luminance, 0.5 + 0.05 * rng.standard_normal(x.shape))
    with pytest.raises(GrooveNotFoundError, match="18 of 72 sectors"):
        locate(as_photo(part), DiscSettings())


def stripes(rng):
    x = np.arange(700)[None] + np.zeros((700, 1))
    return 0.5 + 0.2 * np.cos(2 * np.pi * x / 6) + 0.02 * rng.standard_normal(x.shape)


def screen(rng):
    return (stripes(rng) + stripes(rng).T) / 2


def grain(rng):
    return rng.random((700, 700))


def soft_grain(rng):
    return np.clip(0.5 + cv2.GaussianBlur(rng.standard_normal((700, 700)), (0, 0), 1.0), 0, 1)


def black(rng):
    return np.zeros((700, 700))


@pytest.mark.parametrize("draw", [stripes, screen, grain, soft_grain, black])
def test_what_has_no_centre_is_refused(rng, draw):
    with pytest.raises(GrooveNotFoundError, match=r"700 x 700 px.*\d+ patches.*at least 3 px"):
        locate(as_photo(draw(rng)), DiscSettings())


def test_a_groove_finer_than_asked_for_is_refused(rng):
    with pytest.raises(GrooveNotFoundError, match="at least 8 px"):
        locate(draw_fringe(rng, pitch=6.0), DiscSettings(pitch_min_px=8.0))


@pytest.mark.parametrize("shape", [(1, 1), (8, 8), (63, 900), (64, 64), (65, 200)])
def test_photographs_smaller_than_a_patch_are_refused(rng, shape):
    with pytest.raises(GrooveNotFoundError, match=f"{shape[1]} x {shape[0]} px"):
        locate(as_photo(rng.random(shape)), DiscSettings())


def test_patches_vote_for_the_centre_that_they_point_to(rng):
    place, centre = rng.uniform(0, 900, (50, 2)), np.array([1400.0, 300.0])
    arm = centre - place
    wave = arm / np.hypot(*arm.T)[:, None] / 5.0 * rng.choice([-1, 1], (50, 1))
    wave[30:40] = wave[30:40, ::-1] * [-1, 1]  # across what points there
    wave[40:] /= 2  # twice as coarse
    waves = PatchWaves(position_px=place, wave_cpp=wave, contrast=np.ones(50))
    centres, pitches = np.stack([centre, centre, centre - 4000]), np.array([5.0, 10.0, 5.0])
    assert _votes(waves, centres, pitches).tolist() == [30, 10, 0]
    assert _agree(waves, centre, 5.0).sum() == 30


def side_by_side(rng, *, down=False, gap=40, pitches=(6.0, 7.0)):
    """Two discs in one photograph; their centres lie at the same place of each half."""
    halves = [draw_fringe(rng, pitch=pitch).luminance for pitch in pitches]
    between = np.full((900, gap) if not down else (gap, 900), halves[0].mean(), np.float32)
    return as_photo(np.concatenate([halves[0], between, halves[1]], axis=0 if down else 1))


@pytest.mark.parametrize("down", [False, True])
def test_two_discs_are_told_apart_and_counted_as_one_reads(rng, down):
    photo = side_by_side(rng, down=down)
    discs = locate_discs(photo, DiscSettings())
    assert len(discs) == 2
    for number, (pitch, shift) in enumerate([(6.0, 0.0), (7.0, 940.0)], start=1):
        best = disc_of(discs, number, "a")[0]
        centre = (441.3, 462.6 + shift) if down else (441.3 + shift, 462.6)
        assert np.hypot(*(best.centre_px - centre)) < 1.5
        assert best.pitch_px == pytest.approx(pitch, rel=0.02)
    assert disc_of(discs, 0, "a") == discs[0]
    with pytest.raises(SettingsError, match=r"disc 3 was asked for, and 2 discs are seen in a"):
        disc_of(discs, 3, "a")


def test_a_disc_beside_rings_is_one_disc(rng):
    """Rings have a centre of their own, and are no groove."""
    y, x = np.mgrid[:900, :900]
    rings = 0.5 + 0.2 * np.cos(2 * np.pi * np.hypot(x - 450, y - 450) / 6)
    rings *= np.hypot(x - 450, y - 450) < 400
    disc = draw_fringe(rng).luminance
    photo = as_photo(np.concatenate([rings.astype(np.float32), disc], axis=1))
    discs = locate_discs(photo, DiscSettings())
    assert len(discs) == 1
    groove_map = map_groove(photo, discs[0], DiscSettings())
    assert np.hypot(*(groove_map.camera.centre_px - (1341.3, 462.6))) < 1.5


def test_one_disc_has_the_candidates_that_it_had(disc):
    photo = as_photo(disc("plain").image)
    first, again = locate(photo, DiscSettings()), locate_discs(photo, DiscSettings())
    assert len(again) == 1
    assert [field.pitch_px for field in again[0]] == [field.pitch_px for field in first]
