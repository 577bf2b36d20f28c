"""The command line: codes, messages, files."""

import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import soundfile
import tifffile
from conftest import ROOT, draw_fringe
from typer.testing import CliRunner

import groovescan
from groovescan import cli, errors
from groovescan.cli import simulate_command as simulation_command
from groovescan.cli.sound_facts import _gap_facts
from groovescan.config.settings import Settings
from groovescan.core.account import Account, Octaves
from groovescan.core.results import Camera, Decoded, GrooveMap, Reading, Waveform
from groovescan.wording import facts as words


@pytest.fixture
def photo(tmp_path, picture):
    path = tmp_path / "диск.png"
    path.write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    return path


def decoded(settings, direction=1, seconds=2.0):
    """A result as the pipeline gives it, of 2.6 turns at 78 rpm."""
    count = round(2.6 * 1000)
    error = np.full(count, 0.1, dtype=np.float32)
    error[:1] = np.inf
    return Decoded(
        photograph_name="диск.png",
        groove_map=GrooveMap(
            camera=Camera(centre_px=np.array([30.25, 19.75])),
            pitch_px=12.346,
            direction=direction,
            start_rad=0.0,
            nodes_per_turn=10,
            radius_px=np.linspace(100, 50, round(4.6 * 10) + 1),
        ),
        reading=Reading(
            displacement_px=np.sin(np.arange(count) / 10),
            standard_error_px=error,
            contrast=np.ones(count, dtype=np.float32),
            samples_per_turn=1000,
            snr_db=30.0,
        ),
        waveform=Waveform(
            samples=np.zeros(round(seconds * 48000), dtype=np.float32), rate_hz=48000
        ),
        settings=settings,
        restored=Waveform(samples=np.zeros(96000, dtype=np.float32), rate_hz=48000)
        if settings.sound.restore
        else None,
        account=Account(
            gain_db=0.0,
            true_peak_dbfs=-np.inf,
            octaves=Octaves(
                centre_hz=np.array([1000.0]),
                claimed_db=np.array([np.nan]),
                surface_db=np.array([10.0]),
                bandwidth_hz=3000.0,
            ),
            gap_start_s=np.array([0.0]),
            gap_length_s=np.array([0.00077]),
        ),
    )


@pytest.fixture
def pipeline(monkeypatch):
    """A pipeline that only remembers what it was called with."""
    called = SimpleNamespace(settings=None, count=0, direction=1, error=None)

    def decode(photo, settings, progress):
        called.settings, called.photo = settings, photo
        called.count += 1
        if called.error is not None:
            raise called.error
        return decoded(settings, called.direction)

    module = SimpleNamespace(decode=decode)
    monkeypatch.setitem(sys.modules, "groovescan.pipeline", module)
    # not setattr, which would first ask the package for the real one
    monkeypatch.setitem(vars(groovescan), "pipeline", module)
    return called


def names(folder):
    return sorted(path.name for path in folder.iterdir())


# --- a decode that goes well


def test_the_sound_is_written_beside_the_photograph(run, photo, pipeline):
    ended = run("decode", photo)
    assert ended.code == 0
    assert re.fullmatch(r"groovescan: files, \d+\.\d s\n", ended.err)  # a line for each stage
    info = soundfile.info(photo.with_suffix(".wav"))
    assert (info.samplerate, info.subtype, info.channels) == (48000, "PCM_24", 1)
    assert names(photo.parent) == ["диск.json", "диск.png", "диск.wav"]
    assert pipeline.settings == Settings()


def test_the_summary_tells_what_was_found(run, photo, pipeline):
    lines = run("decode", photo).out.splitlines()
    assert lines == [
        "centre    x 30.2, y 19.8 px",
        "pitch     12.35 px",
        "turns     2.6",
        "carrier   lateral: the groove swings from side to side",
        "direction counter-clockwise along the groove, as on a record seen from its played side",
        "time      2.0 s at 78 rpm, eq 250N-0",
        "read      99.9 % of the groove",
        "gaps      1, 0.77 ms in all, filled in",
        f"sound     {photo.with_suffix('.wav')}",
        f"sidecar   {photo.with_suffix('.json')}",
    ]


@pytest.mark.parametrize(
    ("lengths_s", "words"),
    [([0.5, 0.62], "2, 1.1 s in all"), ([], None), ([0.0123], "1, 12.3 ms in all")],
)
def test_gaps_are_told_in_numbers_that_people_read(lengths_s, words):
    starts, lengths = np.zeros(len(lengths_s)), np.array(lengths_s)
    account = replace(decoded(Settings()).account, gap_start_s=starts, gap_length_s=lengths)
    assert _gap_facts(account).get("gaps") == (words and f"{words}, filled in")


def test_a_mirrored_disc_is_called_so(run, photo, pipeline):
    pipeline.direction = -1
    assert "mirrored" in run("decode", photo).out


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0.0 s"), (59.94, "59.9 s"), (59.97, "1 min 0.0 s"), (200.5, "3 min 20.5 s")],
)
def test_times_are_written_for_people(seconds, text):
    assert words.minutes(seconds) == text


@pytest.mark.parametrize(
    ("fraction", "text"), [(1.0, "100.0 %"), (0.99999, "99.9 %"), (0.0, "0.0 %")]
)
def test_a_hundred_percent_means_all(fraction, text):
    assert words.percent(fraction) == text


def test_options_reach_the_stages(run, photo, pipeline):
    assert run("decode", photo, "--rpm", 45, "--start", "inner", "--eq", "flat").code == 0
    expected = {"disc": {"start": "inner"}, "sound": {"rpm": 45.0, "eq": "flat"}}
    assert pipeline.settings == Settings().replace(**expected)


def test_options_go_before_the_settings_file(run, photo, pipeline, tmp_path):
    file = tmp_path / "настройки.toml"
    file.write_text("[sound]\nrpm = 33.3\neq = 'flat'\n[disc]\nseed = 5\n", encoding="utf-8")
    assert run("decode", photo, "--settings", file, "--rpm", 45).code == 0
    expected = {"disc": {"seed": 5}, "sound": {"rpm": 45.0, "eq": "flat"}}
    assert pipeline.settings == Settings().replace(**expected)


def test_every_option_of_the_sound_reaches_it(run, photo, pipeline):
    options = ["--clock", "hum:60", "--linear-phase", "--no-repair", "--as-read", "--restore"]
    options += ["--aperture", "on", "--gain", -6, "--rate", 96000, "--bits", "16"]
    assert run("decode", photo, *options, "--originator", "Архив", "--rpm", 33).code == 0
    sound = {"clock": "hum:60", "linear_phase": True, "repair": False, "weigh": False}
    sound |= {"restore": True, "aperture": "on", "level": "gain", "gain_db": -6.0}
    sound |= {"rate_hz": 96000, "bits": "16", "originator": "Архив", "rpm": 100 / 3}
    assert pipeline.settings == Settings().replace(sound=sound)


def test_settings_saved_on_windows_are_read(run, photo, pipeline, tmp_path):
    file = tmp_path / "a.toml"
    file.write_bytes(b"\xef\xbb\xbf[sound]\r\nrpm = 45\r\n")
    assert run("decode", photo, "--settings", file).code == 0
    assert pipeline.settings.sound.rpm == 45


def test_output_elsewhere(run, photo, pipeline, tmp_path):
    (tmp_path / "out").mkdir()
    target = tmp_path / "out" / "sound.one.wav"
    ended = run("decode", photo, "-o", target)
    assert str(target) in ended.out
    assert soundfile.info(target).frames == 96000
    assert not photo.with_suffix(".wav").exists()


@pytest.mark.parametrize("name", ["d.npz", "смещение", "d.NPZ"])
def test_the_displacement_is_saved_under_its_own_name(run, photo, pipeline, tmp_path, name):
    assert run("decode", photo, "--save-displacement", tmp_path / name).code == 0
    assert names(tmp_path) == sorted([name, "диск.json", "диск.png", "диск.wav"])
    with np.load(tmp_path / name) as saved:
        expected = decoded(Settings())
        np.testing.assert_array_equal(saved["displacement_px"], expected.reading.displacement_px)
        np.testing.assert_array_equal(
            saved["standard_error_px"], expected.reading.standard_error_px
        )
        assert saved["samples_per_turn"] == 1000
        assert saved["pitch_px"] == 12.346
        assert saved["direction"] == 1
        assert saved["rpm"] == 78
        np.testing.assert_array_equal(saved["centre_px"], [30.25, 19.75])
        assert Settings.from_toml(str(saved["settings_toml"])) == Settings()


def test_force_replaces_both_files(run, photo, pipeline, tmp_path):
    for name in ("диск.wav", "диск.json", "d.npz"):
        (tmp_path / name).write_bytes(b"former")
    ended = run("decode", photo, "--save-displacement", tmp_path / "d.npz", "--force")
    assert ended.code == 0
    assert soundfile.info(photo.with_suffix(".wav")).frames == 96000
    assert np.load(tmp_path / "d.npz")["samples_per_turn"] == 1000


# --- wrong usage


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--rpm", "0"], ["rpm is 0", "between 1.0 and 1000.0"]),
        (["--rpm", "nan"], ["rpm is nan"]),
        (["--rpm", "inf"], ["rpm is inf"]),
        (["--rpm", "-78"], ["rpm is -78"]),
        (["--rpm", "fast"], ["--rpm", "valid"]),
        (["--eq", "riaaa"], ["eq is 'riaaa'", "did you mean 'riaa'?", "groovescan curves"]),
        (["--eq", "250n-0"], ["did you mean '250N-0'"]),
        (["--start", "middle"], ["start is 'middle'", "outer", "inner"]),
        (["--rmp", "78"], ["--rmp", "--rpm"]),
        (["--settings", "missing.toml"], ["no settings file missing.toml"]),
        (["--clock", "50"], ["clock is '50'", "'hum:50'"]),
        (["--bits", "20"], ["bits is '20'", "24, 16, 32f"]),
        (["--rate", "200000"], ["--rate is 200000", "192000"]),
        (["--aperture", "yes"], ["aperture is 'yes'"]),
        (["--keep-removed"], ["add --restore"]),
        (["-o", "sound.flac", "--bits", "32f"], ["FLAC holds whole numbers", "24 or 16"]),
        (["-o", "sound.mp3"], ["sound.mp3 would be a WAV file", "end in .wav"]),
    ],
)
def test_wrong_options(run, photo, pipeline, options, words):
    ended = run("decode", photo, *options)
    assert ended.code == 2
    assert ended.out == ""
    for word in words:
        assert word in ended.err
    assert pipeline.count == 0
    assert names(photo.parent) == ["диск.png"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"[sound]\nrmp = 78", ["'sound.rmp'", "did you mean 'rpm'"]),
        (b"[sonud]\nrpm = 78", ["'sonud'", "did you mean 'sound'"]),
        (b"[sound\n", ["not valid TOML"]),
        (b"\xff\xfe\x00", ["a.toml holds no text"]),
    ],
)
def test_wrong_settings_files(run, photo, pipeline, tmp_path, text, words):
    (tmp_path / "a.toml").write_bytes(text)
    ended = run("decode", photo, "--settings", tmp_path / "a.toml")
    assert (ended.code, ended.out, pipeline.count) == (2, "", 0)
    for word in words:
        assert word in ended.err


@pytest.mark.parametrize("arguments", [["decode"], ["play", "a.png"], ["--nonsense"]])
def test_wrong_usage(run, arguments):
    ended = run(*arguments)
    assert ended.code == 2
    assert "Usage: groovescan" in ended.err
    assert "│" not in ended.err


def test_an_output_folder_that_is_missing(run, photo, pipeline, tmp_path):
    ended = run("decode", photo, "-o", tmp_path / "nowhere" / "a.wav")
    assert (ended.code, pipeline.count) == (2, 0)
    assert "nowhere does not exist" in ended.err


@pytest.mark.parametrize("option", ["-o", "--save-displacement"])
def test_the_photograph_is_never_an_output(run, photo, pipeline, option):
    former = photo.read_bytes()
    ended = run("decode", photo, option, photo, "--force")
    assert (ended.code, pipeline.count) == (2, 0)
    assert "different files" in ended.err
    assert photo.read_bytes() == former


def test_two_outputs_cannot_be_one(run, photo, pipeline, tmp_path):
    ended = run("decode", photo, "--save-displacement", tmp_path / "диск.wav")
    assert (ended.code, pipeline.count) == (2, 0)


# --- outputs that exist


@pytest.mark.parametrize("name", ["диск.wav", "диск.json", "d.npz"])
def test_existing_outputs_are_refused_before_the_work(run, photo, pipeline, tmp_path, name):
    (tmp_path / name).write_bytes(b"former")
    ended = run("decode", photo, "--save-displacement", tmp_path / "d.npz")
    assert (ended.code, ended.out, pipeline.count) == (6, "", 0)
    assert f"{name} exists already" in ended.err
    assert "--force" in ended.err
    assert (tmp_path / name).read_bytes() == b"former"
    assert names(tmp_path) == sorted([name, "диск.png"])


# --- errors of the stages


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.SettingsError("words"), 2),
        (errors.PhotographError("words"), 3),
        (errors.GrooveNotFoundError("words"), 4),
        (errors.GrooveLostError("words"), 5),
        (errors.OutputExistsError("words"), 6),
        (errors.GroovescanError("words"), 1),
    ],
)
def test_each_error_has_its_code_and_one_line(run, photo, pipeline, error, code):
    pipeline.error = error
    ended = run("decode", photo)
    assert (ended.code, ended.out, ended.err) == (code, "", "groovescan: words\n")
    assert names(photo.parent) == ["диск.png"]


def test_an_unexpected_error_is_one_line_and_a_hint(run, photo, pipeline, monkeypatch):
    monkeypatch.delenv("GROOVESCAN_TRACEBACK", raising=False)
    pipeline.error = ZeroDivisionError("division by zero")
    ended = run("decode", photo)
    assert ended.code == 1
    assert ended.err.count("\n") == 1
    assert "ZeroDivisionError: division by zero" in ended.err
    assert "GROOVESCAN_TRACEBACK=1" in ended.err


def test_the_traceback_can_be_had(photo, pipeline, monkeypatch):
    monkeypatch.setenv("GROOVESCAN_TRACEBACK", "1")
    pipeline.error = ZeroDivisionError("division by zero")
    with pytest.raises(ZeroDivisionError):
        cli.main(["decode", str(photo)])


def test_want_of_memory_is_said(run, photo, pipeline):
    pipeline.error = MemoryError()
    ended = run("decode", photo)
    assert ended.code == 1
    assert "not enough memory" in ended.err


def test_an_interrupt_leaves_no_file(run, photo, pipeline):
    pipeline.error = KeyboardInterrupt()
    ended = run("decode", photo)
    assert (ended.code, ended.out) == (130, "")
    assert names(photo.parent) == ["диск.png"]


def test_an_interrupt_while_writing_leaves_no_file(run, photo, pipeline, monkeypatch):
    def write(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("groovescan.sound.files.audio_file._write_chunks", write)
    assert run("decode", photo).code == 130
    assert names(photo.parent) == ["диск.png"]


def test_messages_are_wrapped_on_a_terminal(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "40")
    with pytest.raises(SystemExit):
        cli._fail("word " * 20 + "/a/long/file-name/that/would/not/fit/into/one/line.tif", 3)
    lines = capsys.readouterr().err.splitlines()
    assert max(len(line) for line in lines[:-1]) <= 40
    assert lines[-1] == "/a/long/file-name/that/would/not/fit/into/one/line.tif"


# --- photographs that cannot be read: the real pipeline


@pytest.fixture
def unreadable(tmp_path, picture):
    tifffile.imwrite(tmp_path / "truncated.tif", np.tile(picture, (4, 4)))
    whole = (tmp_path / "truncated.tif").read_bytes()
    (tmp_path / "truncated.tif").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "text.png").write_text("This is no picture.\n")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing.png", "check its name"),
        ("nowhere/missing.png", "check its name"),
        ("", "is a folder"),
        ("empty.png", "is empty"),
        ("text.png", "holds text"),
        ("truncated.tif", "incomplete"),
    ],
)
def test_unreadable_photographs(run, unreadable, name, words):
    former = names(unreadable)
    ended = run("decode", unreadable / name)
    assert (ended.code, ended.out) == (3, "")
    assert words in ended.err
    assert ended.err.count("\n") == 1
    assert names(unreadable) == former


# --- photographs without a groove: the real pipeline


def one_colour(rng):
    return np.full((600, 600), 127, dtype=np.uint8)


def noise(rng):
    return rng.integers(0, 256, (600, 600), dtype=np.uint8)


def tiny(rng):
    return rng.integers(0, 256, (8, 8), dtype=np.uint8)


def one_pixel(rng):
    return np.array([[200]], dtype=np.uint8)


def no_disc(rng):
    """A room: soft shapes, edges, a lamp, grain."""
    scene = cv2.GaussianBlur(rng.normal(0, 1, (600, 600)), (0, 0), 40) * 900 + 120
    for _ in range(40):
        corner, size = rng.integers(0, 560, 2), rng.integers(10, 200, 2)
        end = (corner + size).tolist()
        cv2.rectangle(scene, corner.tolist(), end, float(rng.integers(0, 256)), -1)
        cv2.circle(scene, corner.tolist(), int(size[0]), float(rng.integers(0, 256)), 2)
    return np.clip(scene + rng.normal(0, 3, scene.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("draw", [one_colour, noise, tiny, one_pixel, no_disc])
def test_photographs_without_a_groove(run, tmp_path, rng, draw):
    path = tmp_path / "photo.png"
    path.write_bytes(cv2.imencode(".png", draw(rng))[1].tobytes())
    ended = run("decode", path)
    assert (ended.code, ended.out) == (4, "")
    assert ended.err.splitlines()[-1].startswith("groovescan: no groove was found in photo.png")
    # what was measured, against what is needed
    assert re.search(r"\d+ x \d+ px.* \d+ patches show .* fewer than \d+ ", ended.err)
    assert "at least 3 px" in ended.err
    assert names(tmp_path) == ["photo.png"]


def test_rings_are_no_groove(run, tmp_path, rng):
    path = tmp_path / "rings.png"
    image = np.rint(255 * draw_fringe(rng, arms=0).luminance.clip(0, 1)).astype(np.uint8)
    path.write_bytes(cv2.imencode(".png", image)[1].tobytes())
    ended = run("decode", path)
    assert (ended.code, ended.out) == (4, "")
    assert re.search(r"wind -?0\.0\d times .* a groove winds once", ended.err)
    assert names(tmp_path) == ["rings.png"]


# --- simulate


@dataclass(frozen=True)
class Drawn:
    """Stands for the settings of a simulation."""

    seed: int = 0
    bones: int = 5
    start: str = "outer"
    width_px: int = 3600
    height_px: int = 3600
    cuts: int = 1
    gaps: tuple = ()
    tears: tuple = ()

    def replace(self, **changes):
        return replace(self, **changes)


@pytest.fixture
def simulation(monkeypatch):
    """A simulation that only remembers what it was called with."""
    called = SimpleNamespace(count=0)

    def simulate(audio, rate_hz, settings):
        called.audio, called.rate_hz, called.settings = audio, rate_hz, settings
        called.count += 1
        return "disc"

    def write_simulation(disc, path, force):
        assert disc == "disc"
        path.write_bytes(b"drawn")
        return path, path.with_suffix(".truth.json"), path.with_suffix(".truth.npz")

    module = SimpleNamespace(
        PRESETS={"plain": Drawn(), "bones": Drawn(bones=9)},
        simulate=simulate,
        truth_places=lambda path, cuts: [path.with_suffix(".truth.json")] * cuts,
        write_simulation=write_simulation,
    )
    monkeypatch.setitem(sys.modules, "groovescan.simulate", module)
    monkeypatch.setitem(vars(groovescan), "simulate", module)
    return called


@pytest.fixture
def speech(tmp_path):
    path = tmp_path / "речь.wav"
    stereo = np.stack([np.full(100, 0.5), np.full(100, -0.25)], axis=1)
    soundfile.write(path, stereo, 22050, subtype="FLOAT")
    return path


def test_a_sound_is_drawn_as_one_channel(run, simulation, speech, tmp_path):
    ended = run("simulate", speech, "-o", tmp_path / "d.png")
    assert (ended.code, ended.err) == (0, "")
    assert "d.png: 3600 x 3600 px" in ended.out
    assert "d.truth.json" in ended.out
    np.testing.assert_allclose(simulation.audio, np.full(100, 0.125))
    assert simulation.rate_hz == 22050
    assert simulation.settings == Drawn()


def test_options_change_the_preset(run, simulation, speech, tmp_path):
    options = ["--preset", "bones", "--seed", 3, "--size", 700]
    options += ["--set", "start=inner", "--set", "seed=4"]
    assert run("simulate", speech, "-o", tmp_path / "d.png", *options).code == 0
    expected = Drawn(bones=9, seed=4, start="inner", width_px=700, height_px=700)
    assert simulation.settings == expected


def test_options_of_feed_and_sheet_are_rows_in_degrees(run, simulation, speech, tmp_path):
    options = ["--gap", "4:5:0.5", "--gap", "9:1:2", "--cuts", 2, "--tear", "90:40:-3:0.2:-45:0"]
    assert run("simulate", speech, "-o", tmp_path / "d.png", *options).code == 0
    assert simulation.settings.gaps == [[4, 5, 0.5], [9, 1, 2]]
    assert simulation.settings.cuts == 2
    tear = [np.pi / 2, 40, -3, 0.2, -np.pi / 4, 0]
    np.testing.assert_allclose(simulation.settings.tears, [tear])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--gap", "4:5"], "--gap takes 3 numbers between colons, and got '4:5'"),
        (["--feed", "4:wide"], "--feed takes numbers between colons, and got '4:wide'"),
        (["--preset", "bone"], "did you mean 'bones'"),
        (["--set", "seed"], "NAME=VALUE"),
        (["--set", "=3"], "NAME=VALUE"),
        (["--seed", "x"], "--seed"),
    ],
)
def test_wrong_options_of_simulate(run, simulation, speech, tmp_path, options, words):
    ended = run("simulate", speech, "-o", tmp_path / "d.png", *options)
    assert (ended.code, simulation.count) == (2, 0)
    assert words in ended.err


@pytest.mark.parametrize("content", [None, b"", b"no sound", "no samples"])
def test_sounds_that_cannot_be_read(run, simulation, tmp_path, content):
    path = tmp_path / "речь.wav"
    if content == "no samples":
        soundfile.write(path, np.zeros(0), 22050)
    elif content is not None:
        path.write_bytes(content)
    ended = run("simulate", path, "-o", tmp_path / "d.png")
    assert (ended.code, simulation.count) == (2, 0)
    assert "речь.wav" in ended.err
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize("name", ["d.png", "d.truth.json", "d.truth.npz"])
def test_an_existing_disc_is_kept(run, simulation, speech, tmp_path, name):
    (tmp_path / name).write_bytes(b"former")
    assert run("simulate", speech, "-o", tmp_path / "d.png").code == 6
    assert simulation.count == 0
    assert (tmp_path / name).read_bytes() == b"former"
    assert run("simulate", speech, "-o", tmp_path / "d.png", "--force").code == 0
    assert (tmp_path / "d.png").read_bytes() == b"drawn"


def test_a_disc_is_really_drawn(run, speech, tmp_path):
    soundfile.write(speech, np.sin(np.arange(20000) / 30), 8000)
    options = ["--size", 400, "--mm-per-px", 0.4, "--set", "pitch_mm=2.4", "--set", "width_mm=1"]
    options += ["--set", "start_radius_mm=70", "--set", "amplitude_mm=0.3"]
    options += ["--screen", 5, "--grid", 30, "--rounded", 40, "--seam", "90:20:4:-3"]
    ended = run("simulate", speech, "-o", tmp_path / "d.png", *options)
    assert (ended.code, ended.err) == (0, "")
    assert cv2.imread(str(tmp_path / "d.png"), cv2.IMREAD_UNCHANGED).shape[:2] == (400, 400)
    assert names(tmp_path) == ["d.png", "d.truth.json", "d.truth.npz", "речь.wav"]


def test_the_help_of_simulate_names_every_preset():
    assert ", ".join(groovescan.simulate.PRESETS) == simulation_command._PRESETS
    assert "insideout" in CliRunner().invoke(cli.app, ["simulate", "--help"]).output


@pytest.mark.parametrize(
    ("text", "value"),
    [("a=1", 1), ("a=1.5", 1.5), ("a=true", True), ("a=walls", "walls"), ("a = 'x=y'", "x=y")],
)
def test_values_are_what_they_look_like(text, value):
    assert simulation_command._named_value(text) == ("a", value)


# --- as a process of its own


def program(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "groovescan", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        **options,
    )


def test_the_version():
    done = program("--version")
    assert (done.returncode, done.stdout) == (0, f"groovescan {groovescan.__version__}\n")


def test_help_answers_without_loading_what_takes_long():
    done = program("--help", env={**os.environ, "PYTHONPROFILEIMPORTTIME": "1"})
    assert done.returncode == 0
    assert "decode" in done.stdout
    assert "Exit codes" in done.stdout
    loaded = {line.rsplit("|")[-1].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert "groovescan" in loaded
    assert not loaded & {"numpy", "scipy", "cv2", "numba", "skimage", "matplotlib", "soundfile"}


def test_the_help_of_decode_names_every_option():
    text = CliRunner().invoke(cli.app, ["decode", "--help"]).output
    for option in ("--output", "--rpm", "--start", "--eq", "--save-displacement", "--force"):
        assert option in text
    for option in ("--clock", "--restore", "--keep-removed", "--aperture", "--gain", "--bits"):
        assert option in text


def test_an_error_of_a_process(tmp_path):
    done = program("decode", tmp_path / "missing.png")
    assert (done.returncode, done.stdout) == (3, "")
    assert "Traceback" not in done.stderr
    assert "missing.png" in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_ctrl_c_ends_a_process_with_130(photo):
    waiting = (
        "import sys, time, types\n"
        "pipeline = types.ModuleType('groovescan.pipeline')\n"
        "def decode(*arguments, progress):\n"
        "    print('started', flush=True)\n"
        "    time.sleep(60)\n"
        "pipeline.decode = decode\n"
        "sys.modules['groovescan.pipeline'] = pipeline\n"
        "import groovescan\n"
        "groovescan.pipeline = pipeline\n"
        "from groovescan.cli import main\n"
        "main()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", waiting, "decode", str(photo)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # a shell that runs the tests in the background has the signal ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout.readline() == "started\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert names(photo.parent) == ["диск.png"]
