"""The verdict names what is wrong, and nothing else."""

import dataclasses

import cv2
import numpy as np
import pytest
from conftest import SMALL, SOUND_HZ, as_photo

import groovescan
from groovescan.config.settings import PhotoSettings
from groovescan.core.quality import MeasuredQuality, Verdict
from groovescan.errors import GrooveLostError
from groovescan.photo.read import as_photograph
from groovescan.quality import (
    Evidence,
    Uncovered,
    judge,
    refuse_useless,
    shared_by_turns,
    smoother_than_rounded,
)
from groovescan.simulate import make_sound, simulate

CLEAR = MeasuredQuality(
    snr_db=14.0,
    displacement_snr_db=20.0,
    read_displacement_snr_db=20.0,
    bandwidth_hz=4000.0,
    agreement=0.8,
    intelligibility=0.85,
    centre_hz=np.array([1000.0]),
    band_db=np.array([14.0]),
    time_s=np.array([0.5]),
    over_time_db=np.array([14.0]),
)
GOOD = Evidence(measured=CLEAR, predicted_db=21.0, read_fraction=0.99, turns=10.0)
RING = Uncovered(inner_px=200.0, outer_px=260.0, turns=6.0)


def ratio(snr_db, displacement_db):
    return {
        "measured": dataclasses.replace(
            CLEAR,
            snr_db=snr_db,
            displacement_snr_db=displacement_db,
            read_displacement_snr_db=displacement_db,
            intelligibility=0.6,
        )
    }


@pytest.mark.parametrize(
    ("changes", "word", "said"),
    [
        ({"read_fraction": 0.05}, "bad", "only 5.0 % of the groove"),
        ({"read_fraction": 0.4}, "bad", "60 % of the groove"),
        ({"read_fraction": 0.8}, "doubtful", "20 % of the groove"),
        ({"measured": None}, "bad", "read twice"),
        (ratio(-12.0, -15.0), "bad", "nothing in common"),
        (ratio(-2.0, 15.0), "bad", "louder than the sound"),
        (ratio(3.0, 15.0), "doubtful", "3 dB from 300 Hz"),
        ({"shared": 0.07}, "doubtful", "turns beside"),
        ({"shared": 0.3}, "bad", "screen"),
        ({"jumps_turns": np.array([3.5])}, "doubtful", "turn 3.5"),
        ({"unsure_turns": np.array([5.0])}, "doubtful", "pitch steps at turn 5.0"),
        ({"clearer_channel": "red"}, "doubtful", "shows the groove clearly better: red"),
        ({"better_carrier": "vertical"}, "doubtful", "try --modulation vertical"),
        ({"film_jumps": 1}, "doubtful", "jump at one place round the disc"),
        ({"film_jumps": 2}, "doubtful", "jump at 2 places round the disc"),
        ({"unread": (RING,)}, "doubtful", "a ring from 200 to 260 px, 6 turns, was not read"),
        ({"unread": (dataclasses.replace(RING, turns=15.0),)}, "bad", "15 turns, was not read"),
        ({"discs_left": 1}, "doubtful", "another disc in the photograph was"),
        ({"discs_left": 2}, "doubtful", "2 other discs in the photograph were"),
        ({"predicted_db": 35.0}, "doubtful", "15 dB short"),
        ({"smoothed": True}, "doubtful", "noise was taken out"),
        ({"wow_percent": 0.8}, "doubtful", "0.8 %"),
        ({"wow_percent": 3.0}, "bad", "3.0 %"),
        ({"further": ("another channel has more in it",)}, "doubtful", "another channel"),
    ],
)
def test_a_verdict_gives_its_one_reason(changes, word, said):
    assert judge(GOOD) == Verdict(word="good")
    found = judge(dataclasses.replace(GOOD, **changes))
    assert found.word == word
    assert len(found.reasons) == 1
    assert said in found.reasons[0]
    assert found.line == f"{word}: {found.reasons[0]}"


def test_what_is_missing_is_no_shortfall_of_what_was_read():
    """Of a photograph without noise three percent that are missing take more than all noise."""
    measured = dataclasses.replace(CLEAR, displacement_snr_db=15.0, read_displacement_snr_db=29.0)
    found = dataclasses.replace(GOOD, predicted_db=30.0, measured=measured, read_fraction=0.97)
    assert judge(found) == Verdict(word="good")


def test_the_weightiest_reason_comes_first():
    found = judge(dataclasses.replace(GOOD, wow_percent=0.8, read_fraction=0.4))
    assert found.word == "bad"
    assert "60 %" in found.reasons[0]


@pytest.mark.parametrize("changes", [{"read_fraction": 0.05}, {"measured": None}, ratio(-12, -15)])
def test_what_is_no_success_is_refused(changes):
    found = judge(dataclasses.replace(GOOD, **changes))
    assert found.useless
    with pytest.raises(GrooveLostError, match="keep-bad"):
        refuse_useless(found, "disc.png")
    refuse_useless(judge(GOOD), "disc.png")


def test_a_clear_disc_is_good(decoded):
    found = decoded("plain")
    assert found.verdict == Verdict(word="good")
    assert found.measured.snr_db == pytest.approx(found.predicted.snr_db, abs=3)


def test_a_disc_that_is_half_read_names_the_ring(disc, decoded):
    """The outer turns of a disc whose map ends early are seen, and named."""
    from groovescan.quality import uncovered

    photo, groove_map = as_photo(disc("plain").image), decoded("plain").groove_map
    nodes = groove_map.nodes_per_turn
    later = dataclasses.replace(groove_map, radius_px=groove_map.radius_px[7 * nodes :])
    assert uncovered(photo, groove_map) == ()
    (ring,) = uncovered(photo, later)
    assert ring.turns == pytest.approx(7, abs=2.5)
    assert ring.outer_px == pytest.approx(groove_map.radius_px.max(), abs=25)


def test_another_disc_in_the_picture_is_named(disc, decoded):
    from groovescan.quality import uncovered

    image = disc("plain").image
    both = as_photo(np.concatenate([image, image[:, ::-1]], axis=1))
    (other,) = uncovered(both, decoded("plain").groove_map)
    assert other.centre_px is not None
    assert "another disc" in judge(dataclasses.replace(GOOD, unread=(other,))).line


def turns_of(rng, shared_px):
    """Twelve turns of noise, with a structure that runs through all of them aslant."""
    from groovescan.core.results import Reading

    turns, per_turn = 12, 8192
    sound = rng.standard_normal((turns, per_turn // 8))
    structure = rng.standard_normal(per_turn // 8)
    rows = np.stack([np.roll(structure, 5 * turn) for turn in range(turns)]) * shared_px + sound
    values = np.repeat(rows, 8, axis=1).ravel()
    return Reading(
        displacement_px=values,
        standard_error_px=np.ones(len(values), np.float32),
        contrast=np.ones(len(values), np.float32),
        samples_per_turn=per_turn,
        snr_db=0.0,
    )


def test_structure_is_told_from_sound(rng):
    assert abs(shared_by_turns(turns_of(rng, 0.0), 78.0)) < 0.02
    assert shared_by_turns(turns_of(rng, 1.5), 78.0) > 0.1


@pytest.mark.parametrize("per_turn", [770.0, 1001 * 60 / 78, 385.0, 769.55])
@pytest.mark.parametrize("wow", [0.0, 0.003])
def test_a_tone_is_no_structure(per_turn, wow):
    """Though it shows the same in every turn, where a turn holds a whole number of its periods."""
    from groovescan.core.results import Reading

    at = np.arange(12 * 8192) / 8192
    swing = wow / (2 * np.pi) * np.sin(2 * np.pi * at)
    tone = Reading(
        displacement_px=np.sin(2 * np.pi * per_turn * (at + swing)),
        standard_error_px=np.ones(len(at), np.float32),
        contrast=np.ones(len(at), np.float32),
        samples_per_turn=8192,
        snr_db=0.0,
    )
    assert shared_by_turns(tone, 78.0) < 0.03


def test_what_holds_no_sound_is_refused_and_kept_when_asked(tmp_path, run):
    import cv2

    buried = SMALL.replace(noise=0.004, amplitude_mm=0.0)
    disc = simulate(make_sound(4.0, SOUND_HZ, np.random.default_rng(5)), SOUND_HZ, buried)
    photo, sound = tmp_path / "silent.png", tmp_path / "silent.wav"
    cv2.imwrite(str(photo), disc.image)
    ended = run("decode", photo)
    assert ended.code == 5
    assert "--keep-bad" in ended.err
    assert not sound.exists()
    kept = run("decode", photo, "--keep-bad")
    assert kept.code == 0
    assert any(line.startswith("verdict   bad: ") for line in kept.out.splitlines())
    assert sound.exists()
    assert groovescan.Settings().sound.keep_bad is False


@pytest.mark.parametrize(
    ("treat", "smoothed"),
    [
        (lambda image: image, False),
        (lambda image: cv2.fastNlMeansDenoising(image, None, 10.0, 5, 11), True),
        (lambda image: cv2.bilateralFilter(image, 9, 40, 4), True),
        (
            lambda image: cv2.addWeighted(image, 2, cv2.GaussianBlur(image, (0, 0), 1.2), -1, 0),
            False,
        ),
    ],
    ids=["as it is", "non-local means", "bilateral", "sharpened"],
)
def test_noise_that_was_taken_out_is_missed(disc, decoded, treat, smoothed):
    """The groove is where it was: only the pixels are others."""
    image = disc("plain").image
    assert image.dtype == np.uint8
    photo = as_photograph(treat(image), PhotoSettings())
    assert smoother_than_rounded(photo, decoded("plain").groove_map) is smoothed


def test_of_finer_steps_and_of_too_little_land_nothing_is_said(disc, decoded):
    groove_map = decoded("plain").groove_map
    flat = np.full_like(disc("plain").image, 120)
    assert smoother_than_rounded(as_photograph(flat, PhotoSettings()), groove_map)
    deep = as_photograph(flat.astype(np.uint16) * 257, PhotoSettings())
    assert not smoother_than_rounded(deep, groove_map)
    white = as_photograph(np.full_like(flat, 255), PhotoSettings())
    assert not smoother_than_rounded(white, groove_map)
