"""What lies beside a sound, and how the sound is made from it again."""

import hashlib
import json
from datetime import datetime

import cv2
import jsonschema
import numpy as np
import pytest
import soundfile
import wavinfo
from conftest import CONDITIONS, ROOT

import groovescan
from groovescan.config.settings import Settings
from groovescan.sound.files import sidecar

SCHEMA = json.loads((ROOT / "docs" / "sidecar.schema.json").read_text(encoding="utf-8"))


def checked(path):
    held = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.validate(held, SCHEMA, format_checker=jsonschema.FormatChecker())
    return held


@pytest.fixture(scope="module")
def photo(disc, tmp_path_factory):
    path = tmp_path_factory.mktemp("discs") / "пластинка.png"
    path.write_bytes(cv2.imencode(".png", disc("inner flip").image)[1].tobytes())
    return path


@pytest.fixture
def known(monkeypatch, decoded):
    """The real sound of a disc that has been decoded already."""
    from groovescan import pipeline
    from groovescan.core.results import Decoded
    from groovescan.sound import play

    first = decoded("inner flip")

    def decode(path, settings, progress):
        played = play(first.reading, first.groove_map, settings)
        return Decoded(
            photograph_name=path.name,
            groove_map=first.groove_map,
            camera_check=first.camera_check,
            reading=first.reading,
            waveform=played.waveform,
            settings=settings,
            restored=played.restored,
            account=played.account,
            predicted=first.predicted,
            measured=first.measured,
            verdict=first.verdict,
        )

    monkeypatch.setattr(pipeline, "decode", decode)


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_sidecar_of_a_transfer(run, known, decoded, photo, tmp_path):
    target = tmp_path / "звук.wav"
    assert run("decode", photo, "-o", target, "--start", "inner", "--eq", "riaa").code == 0
    held = checked(tmp_path / "звук.json")
    assert held["kind"] == "transfer"
    assert held["photograph"]["sha256"] == hashlib.sha256(photo.read_bytes()).hexdigest()
    assert held["photograph"]["name"] == "пластинка.png"
    assert held["sound"]["sha256"] == hashlib.sha256(target.read_bytes()).hexdigest()
    assert held["sound"]["samples"] == soundfile.info(target).frames
    assert Settings.from_dict(held["settings"]) == Settings().replace(
        disc={"start": "inner"}, sound={"eq": "riaa"}
    )
    assert held["curve"]["roll_off_hz"] == pytest.approx(2122, abs=1)
    assert held["versions"]["groovescan"] == groovescan.__version__
    assert held["versions"]["numpy"] == np.__version__
    quality = held["quality"]
    assert len(quality["measured"]["bands"]) >= 15
    # of so small a disc too little may be known before it is read
    told = quality["predicted"] or quality["measured"]
    assert -20 < told["snr_db"] < 40
    assert held["verdict"]["word"] in {"good", "doubtful", "bad"}
    assert bool(held["verdict"]["reasons"]) == (held["verdict"]["word"] != "good")
    assert held["quality"]["true_peak_dbfs"] == pytest.approx(-1, abs=1e-4)
    assert held["quality"]["wow_percent"] == decoded("inner flip").camera_check.wow_percent > 0
    assert abs((datetime.now().astimezone() - datetime.fromisoformat(held["made"])).days) < 1


def test_every_gap_is_in_the_sidecar(run, known, photo, decoded, tmp_path):
    assert run("decode", photo, "-o", tmp_path / "a.wav", "--no-repair").code == 0
    quality = checked(tmp_path / "a.json")["quality"]
    missing = np.isinf(decoded("inner flip").reading.standard_error_px).sum()
    rate_hz = decoded("inner flip").reading.samples_per_turn * 78 / 60
    length_s = sum(gap["length_s"] for gap in quality["gaps"])
    assert length_s == pytest.approx(missing / rate_hz, abs=1e-5 * (1 + len(quality["gaps"])))
    assert quality["gaps_filled"] is False


@pytest.mark.parametrize("bits", ["16", "24", "32f"])
def test_the_copy_and_what_was_removed_make_the_transfer(run, known, photo, tmp_path, bits):
    options = ["--restore", "--keep-removed", "--bits", bits, "--clock", "hum:50"]
    ended = run("decode", photo, "-o", tmp_path / "a.wav", *options)
    assert ended.code == 0
    assert f"restored  {tmp_path / 'a.restored.wav'}" in ended.out
    names = {path.name for path in tmp_path.iterdir()}
    kinds = ("", ".restored", ".removed")
    assert names == {f"a{kind}.{suffix}" for kind in kinds for suffix in ("wav", "json")}
    kind_of = [checked(tmp_path / f"a{kind}.json")["kind"] for kind in kinds]
    assert kind_of == ["transfer", "restored", "removed"]
    form = "float32" if bits == "32f" else "int32"
    whole, part, rest = (soundfile.read(tmp_path / f"a{k}.wav", dtype=form)[0] for k in kinds)
    np.testing.assert_allclose(part.astype(float) + rest, whole, atol=1e-7 if bits == "32f" else 0)
    assert rest.any()
    quality = checked(tmp_path / "a.json")["quality"]
    assert quality["clock"]["usable"] is False
    assert "no steady hum" in quality["clock"]["reason"]


def test_the_file_says_what_it_is(run, known, photo, tmp_path):
    options = ["--originator", "Sound archive", "--rpm", "33", "--eq", "decca-ffrr"]
    assert run("decode", photo, "-o", tmp_path / "a.wav", *options, "--restore").code == 0
    bext = wavinfo.WavInfoReader(str(tmp_path / "a.wav")).bext
    assert bext.originator == "Sound archive"
    # a name that is not ASCII is no reference; the photograph's check sum is
    assert bext.originator_ref == hashlib.sha256(photo.read_bytes()).hexdigest()[:32]
    assert hashlib.sha256(photo.read_bytes()).hexdigest() in bext.description
    for word in (
        f"groovescan {groovescan.__version__}",
        "decca-ffrr",
        "33.3333 rpm",
        "A=PCM,F=48000",
    ):
        assert word in bext.coding_history
    copy = wavinfo.WavInfoReader(str(tmp_path / "a.restored.wav")).bext
    assert "denoised" in copy.coding_history
    assert "denoised" not in bext.coding_history
    assert copy.umid != bext.umid


def test_a_sidecar_makes_the_same_samples_again(run, photo, tmp_path):
    options = ["--start", "inner", "--eq", "aes", "--rpm", "77.92", "--bits", "16", "--gain", "-3"]
    assert run("decode", photo, "-o", tmp_path / "a.wav", *options).code == 0
    again = run("decode", photo, "-o", tmp_path / "b.flac", "--settings", tmp_path / "a.json")
    assert again.code == 0
    one, two = (soundfile.read(tmp_path / name, dtype="int32")[0] for name in ("a.wav", "b.flac"))
    np.testing.assert_array_equal(one, two)
    assert one.any()
    settings = [checked(tmp_path / name)["settings"] for name in ("a.json", "b.json")]
    assert settings[0] == settings[1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{}", "holds no settings"),
        ("[1]", "holds no settings"),
        ("{", "not valid JSON"),
        ('{"settings": {"sound": {"rmp": 78}}}', "did you mean 'rpm'"),
        ('{"settings": {"sound": 78}}', "must be a table"),
    ],
)
def test_other_json_is_no_settings(run, photo, tmp_path, text, words):
    (tmp_path / "a.json").write_text(text)
    ended = run("decode", photo, "-o", tmp_path / "a.wav", "--settings", tmp_path / "a.json")
    assert ended.code == 2
    assert words in ended.err


def test_a_broken_sidecar_leaves_nothing(run, known, photo, tmp_path, monkeypatch):
    def broken(*arguments, **options):
        raise ZeroDivisionError

    monkeypatch.delenv("GROOVESCAN_TRACEBACK", raising=False)
    monkeypatch.setattr(sidecar, "describe", broken)
    assert run("decode", photo, "-o", tmp_path / "a.wav").code == 1
    assert not (tmp_path / "a.json").exists()


def test_the_conditions_are_drawn_with_their_start():
    assert CONDITIONS["inner flip"].start == "inner"


@pytest.mark.parametrize("count", [0, 1, 3])
def test_gaps_stand_on_a_line_each(tmp_path, count):
    gaps = [{"start_s": float(n), "length_s": 0.25} for n in range(count)]
    contents = {"name": 'odd "gaps": [] name', "quality": {"snr_db": 3.0, "gaps": gaps, "last": 1}}
    path = sidecar.write_sidecar(tmp_path / "sound.json", contents)
    text = path.read_text(encoding="utf-8")
    assert json.loads(text) == contents
    assert sum("start_s" in line for line in text.splitlines()) == count
