"""Discs that are not one piece: cues, sidecars and files of cuts and bands."""

import json

import cv2
import numpy as np
import pytest
import soundfile
import wavinfo
from conftest import SMALL

from groovescan.simulate import likeness, make_sound, simulate

RATE_HZ = 22050


def drawn(tmp_path, seconds, **changes):
    audio = make_sound(seconds, RATE_HZ, np.random.default_rng(5), "speech")
    found = simulate(audio, RATE_HZ, SMALL.replace(bones=0, **changes))
    path = tmp_path / "disc.png"
    path.write_bytes(cv2.imencode(".png", found.image)[1].tobytes())
    return path, found


def is_like(path, truth):
    samples, rate = soundfile.read(path)
    return likeness(samples, rate, truth, RATE_HZ)


@pytest.fixture
def bands(run, tmp_path):
    """Two bands with a gap of six pitches that is crossed in half a turn."""
    path, _ = drawn(tmp_path, 5.5, gaps=((4.0, 6.0, 0.5),), start_radius_mm=32.0)
    ended = run("decode", path, "--split")
    assert ended.code == 0, ended.err
    return path


def test_bands_are_cue_points_and_files(bands):
    path = bands
    cues = wavinfo.WavInfoReader(str(path.with_suffix(".wav")), info_encoding="utf-8").cues
    assert [label.text for label in cues.labels] == ["Band 1", "Band 2"]
    samples, rate = soundfile.read(path.with_suffix(".wav"))
    split = [soundfile.read(path.with_name(f"disc-{n}.wav"))[0] for n in (1, 2)]
    np.testing.assert_array_equal(np.concatenate(split), samples)
    assert [len(part) for part in split] == [region.length for region in cues.ranges]
    # the gap begins four turns after the start, its half turn is the end of the first band
    assert len(split[0]) / rate == pytest.approx(4.5 * 60 / 78, abs=0.25)
    sidecar = json.loads(path.with_suffix(".json").read_text("utf-8"))
    assert [cue["label"] for cue in sidecar["cuts"][0]["cues"]] == ["Band 1", "Band 2"]
    piece = json.loads(path.with_name("disc-2.json").read_text("utf-8"))
    assert piece["piece"]["label"] == "Band 2"
    assert piece["sound"]["samples"] == len(split[1])


def test_cuts_are_played_one_after_the_other_with_a_second_between(run, tmp_path):
    path, found = drawn(tmp_path, 5.0, cuts=2, cut_gap_mm=2.0)
    ended = run("decode", path, "--split")
    assert ended.code == 0, ended.err
    assert "2 grooves that are not connected" in ended.out
    samples, rate = soundfile.read(path.with_suffix(".wav"))
    sidecar = json.loads(path.with_suffix(".json").read_text("utf-8"))
    first, second = sidecar["cuts"]
    assert second["start_s"] == pytest.approx(first["length_s"] + 1.0, abs=1e-3)
    pause = samples[round(first["length_s"] * rate) : round(second["start_s"] * rate)]
    assert len(pause) == rate
    assert not pause.any()
    for number, truth in enumerate(found.cuts, start=1):
        assert is_like(path.with_name(f"disc-{number}.wav"), truth.audio) > 0.9


def test_one_piece_has_no_cue_points_and_no_pieces(run, tmp_path):
    path, _ = drawn(tmp_path, 3.0)
    assert run("decode", path, "--split").code == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["disc.json", "disc.png", "disc.wav"]
    assert b"cue " not in path.with_suffix(".wav").read_bytes()[-200:]
    sidecar = json.loads(path.with_suffix(".json").read_text("utf-8"))
    assert len(sidecar["cuts"]) == 1
    assert sidecar["cuts"][0]["cues"] == []
