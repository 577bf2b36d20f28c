"""Words and manners of the command line: what somebody meant, and what is said to it."""

import io
import logging
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import soundfile
from test_cli import names, photo, pipeline  # noqa: F401

from groovescan.cli.manners.help_pages import EXAMPLES
from groovescan.cli.manners.run_log import LOGGER, end_log
from groovescan.errors import SettingsError
from groovescan.wording.facts import certainty, decode_facts
from groovescan.wording.glossary import explained, glossary

COMMANDS = ["decode", "inspect", "batch", "curves", "simulate", "app", "explain"]


@pytest.fixture(autouse=True)
def _no_log_is_left():
    yield
    end_log()


# --- help


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_help_fits_a_hundred_columns_and_is_whole(run, monkeypatch, command, option):
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERMINAL_WIDTH", "100")
    ended = run(*([command] if command else []), option)
    assert ended.code == 0
    assert max(map(len, ended.out.splitlines())) <= 100
    page = ended.out.partition("\n")[2]
    for strange in ("<=", "...\n", "list[", "<str>", "<path>", "{", "[[", "<int>", "<float>"):
        assert strange not in page, strange
    for typed, _ in EXAMPLES[command or "groovescan"]:
        assert typed in " ".join(ended.out.split())


def test_every_command_is_told_in_a_whole_sentence(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    lines = run("-h").out.partition("Commands:")[2].splitlines()
    commands = [line for line in lines if line[2:].split(" ")[0] in COMMANDS]
    assert len(commands) == len(COMMANDS)
    text = " ".join(" ".join(lines).split())
    assert "what would make it better." in text
    assert "with its truth beside it." in text


@pytest.mark.parametrize("option", ["-V", "--version"])
def test_the_version(run, option):
    assert run(option).out.startswith("groovescan 0.")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_can_complete(shell):
    done = subprocess.run(
        [sys.executable, "-m", "groovescan", "--show-completion", shell],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "GROOVESCAN_COMPLETE" in done.stdout


# --- what is meant


@pytest.mark.parametrize("command", ["decode", "inspect"])
@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        (["."], 3, ["is a folder", "groovescan batch . -o transfers"]),
        (["*.tif"], 3, ["there is no photograph *.tif"]),
        (["tune.wav"], 3, ["is a sound", "groovescan simulate tune.wav -o disc.png"]),
        (["https://example.org/a.png"], 3, ["is an address", "nothing from the network"]),
        (["nowhere.png"], 3, ["there is no photograph nowhere.png"]),
        (["a.png", "nowhere.png"], 3, ["there is no photograph nowhere.png"]),
    ],
)
def test_what_was_meant_is_said(run, tmp_path, monkeypatch, command, given, code, words):
    monkeypatch.chdir(tmp_path)
    for name in ("a.png", "b.png", "tune.wav"):
        Path(name).write_bytes(b"something")
    ended = run(command, *given)
    assert (ended.code, ended.out) == (code, "")
    for word in words:
        assert word in ended.err
    assert names(tmp_path) == ["a.png", "b.png", "tune.wav"]


@pytest.mark.parametrize("given", [["a.png", "b.png"], ["*.png"]])
def test_several_photographs_are_of_one_disc(run, photo, pipeline, monkeypatch, given):  # noqa: F811
    monkeypatch.chdir(photo.parent)
    for name in ("a.png", "b.png"):
        Path(name).write_bytes(photo.read_bytes())
    photo.unlink()
    assert run("decode", *given).code == 0
    assert [path.name for path in pipeline.photo] == ["a.png", "b.png"]
    assert names(photo.parent) == ["a.json", "a.png", "a.wav", "b.png"]


def test_a_pattern_for_one_photograph_is_that_one(run, photo, pipeline, monkeypatch):  # noqa: F811
    monkeypatch.chdir(photo.parent)
    assert run("decode", "*.png").code == 0
    assert pipeline.photo.name == photo.name


def test_a_file_that_is_called_like_a_pattern_is_itself(run, photo, pipeline):  # noqa: F811
    odd = photo.with_name("a[1].png")
    photo.rename(odd)
    assert run("decode", odd).code == 0
    assert pipeline.photo == odd


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--clock", "hum:137"], ["no mains hum", "hum:50", "60"]),
        (["--clock", "hum:5"], ["no mains hum"]),
        (["--rate", "7999"], ["7999", "between 8000 and 192000"]),
    ],
)
def test_options_that_cannot_be(run, photo, pipeline, options, words):  # noqa: F811
    ended = run("decode", photo, *options)
    assert (ended.code, pipeline.count) == (2, 0)
    for word in words:
        assert word in ended.err


@pytest.mark.parametrize("clock", ["hum:50", "hum:49.2", "hum:60", "hum:100", "hum:42"])
def test_hum_of_mains_is_taken(run, photo, pipeline, clock):  # noqa: F811
    assert run("decode", photo, "--clock", clock).code == 0


def test_the_lowest_and_highest_rates_are_taken(run, photo, pipeline):  # noqa: F811
    for rate in ("8000", "192000"):
        assert run("decode", photo, "--rate", rate, "--force").code == 0
        assert pipeline.settings.sound.rate_hz == int(rate)


def test_a_preset_that_is_not_there_is_named_with_all(run, tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(100), 8000)
    ended = run("simulate", tmp_path / "a.wav", "-o", tmp_path / "d.png", "--preset", "nope")
    assert ended.code == 2
    for word in ("no preset 'nope'", "plain", "worn", "torn"):
        assert word in ended.err
    near = run("simulate", tmp_path / "a.wav", "-o", tmp_path / "d.png", "--preset", "wron")
    assert "did you mean 'worn'?" in near.err


# --- pipes and logs


class Pipe(io.StringIO):
    """Standard input or output with bytes beneath."""

    def __init__(self, content=b""):
        super().__init__()
        self.buffer = io.BytesIO(content)

    def isatty(self):
        return False


def test_a_photograph_comes_from_a_pipe_and_its_sound_goes_into_one(
    run,
    picture,
    pipeline,  # noqa: F811
    monkeypatch,
    tmp_path,
):
    monkeypatch.chdir(tmp_path)
    content = cv2.imencode(".png", picture)[1].tobytes()
    out = Pipe()
    monkeypatch.setattr(sys, "stdin", Pipe(content))
    monkeypatch.setattr(sys, "stdout", out)
    ended = run("decode", "-", "-o", "-")
    assert ended.code == 0, ended.err
    assert "sound" in ended.err
    sound, rate_hz = soundfile.read(io.BytesIO(out.buffer.getvalue()))
    assert (len(sound), rate_hz) == (96000, 48000)
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("arguments", "content", "code", "words"),
    [
        (["-", "-o", "a.wav"], b"", 3, ["standard input, and it is empty"]),
        (["-"], b"x", 2, ["name it with -o"]),
        (["PHOTO", "-o", "-", "--report"], b"", 2, ["--report would write more files"]),
    ],
)
def test_pipes_that_cannot_be(run, photo, pipeline, monkeypatch, arguments, content, code, words):  # noqa: F811
    monkeypatch.setattr(sys, "stdin", Pipe(content))
    ended = run("decode", *(str(photo) if one == "PHOTO" else one for one in arguments))
    assert (ended.code, pipeline.count) == (code, 0)
    for word in words:
        assert word in ended.err


def test_what_is_done_is_told_and_kept(run, photo, pipeline, tmp_path):  # noqa: F811
    log = tmp_path / "night.log"
    ended = run("decode", photo, "-v", "--log-file", log, "--rpm", 45)
    assert ended.code == 0
    for word in ("groovescan 0.", "setting sound.rpm = 45", " s  files", "ended with code 0"):
        assert word in ended.err
        assert word in log.read_text("utf-8")
    pipeline.error = SettingsError("words of an error")
    assert run("decode", photo, "--log-file", log, "--force").code == 2
    text = log.read_text("utf-8")
    assert text.count("groovescan 0.") == 2  # added to, not replaced
    assert "ended with code 2: words of an error" in text


def test_without_a_wish_nothing_is_logged(run, photo, pipeline):  # noqa: F811
    ended = run("decode", photo, "--quiet")
    assert (ended.code, ended.err, ended.out) == (0, "", "")
    assert LOGGER.level > logging.CRITICAL


def test_a_log_that_cannot_be_written(run, photo, pipeline, tmp_path):  # noqa: F811
    ended = run("decode", photo, "--log-file", tmp_path / "nowhere" / "a.log")
    assert (ended.code, pipeline.count) == (2, 0)
    assert "the log" in ended.err


# --- words


def test_the_verdict_comes_first(decoded):
    from groovescan.cli import summary
    from groovescan.outputs.decode_outputs import Outputs

    lines = summary(decoded("plain"), Outputs(transfer=Path("a.wav"))).splitlines()
    assert lines[0].startswith("verdict")


def test_every_word_of_a_summary_is_explained(run, decoded):
    found = decoded("plain")
    for word in {**decode_facts(found), **certainty(found), "verdict": 1, "sidecar": 1, "gaps": 1}:
        assert len(explained(word)[1]) > 20
    ended = run("explain", "snr")
    assert ended.code == 0
    assert ended.out.startswith("signal to noise\n")
    listed = run("explain").out
    assert all(word in " ".join(listed.split()) for word in glossary())


@pytest.mark.parametrize(
    ("word", "near"), [("wov", "'wow'"), ("signal to nose", "signal to noise")]
)
def test_a_word_that_is_not_explained(run, word, near):
    ended = run("explain", word)
    assert ended.code == 2
    assert near in ended.err


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--rate", "800"),
        ("--gain", "500"),
        ("--rpm", "0"),
        ("--channel", "pink"),
        ("--tone", "9"),
        ("--page", "-1"),
        ("--disc", "500"),
        ("--dpi", "0.5"),
        ("--clock", "hum:137"),
        ("--start", "middle"),
        ("--modulation", "sideways"),
        ("--eq", "loud"),
        ("--aperture", "maybe"),
        ("--bits", "12"),
        ("--originator", "a" * 33),
    ],
)
def test_what_is_wrong_with_an_option_is_told_by_its_name(run, photo, option, value):  # noqa: F811
    ended = run("decode", photo, option, value)
    assert ended.code == 2
    assert ended.err.startswith(f"groovescan: {option} is ")
    assert "_" not in ended.err.replace(str(photo), "")


@pytest.mark.parametrize(
    "words",
    [
        *[("--size", "1"), ("--wander", "-1"), ("--loud", "-1"), ("--screen", "-1")],
        *[("--grid", "-1"), ("--rounded", "500"), ("--gap", "-1:1:1"), ("--mm-per-px", "-1")],
    ],
    ids=lambda words: words[0],
)
def test_so_it_is_when_a_disc_is_drawn(run, tmp_path, words):
    ended = run("simulate", "a.wav", "-o", tmp_path / "disc.png", *words)
    assert ended.code == 2
    assert ended.err.startswith(f"groovescan: {words[0]} ")


def test_a_setting_of_a_file_keeps_its_name(run, photo, tmp_path):  # noqa: F811
    (tmp_path / "s.toml").write_text("[sound]\nrate_hz = 800\n", encoding="utf-8")
    ended = run("decode", photo, "--settings", tmp_path / "s.toml", "--rpm", "45")
    assert ended.err.startswith("groovescan: rate_hz is 800;")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--rpm", "fast"], "Invalid value for '--rpm': it"),
        (["--page", "two"], "a whole number"),
        (["-V"], "-V stands before a command"),
    ],
)
def test_wrong_options_are_told_in_words(run, photo, given, words):  # noqa: F811
    ended = run("decode", photo, *given)
    assert ended.code == 2
    assert words in ended.err
    assert "parse" not in ended.err


def test_an_option_before_its_command_is_told_where_it_stands(run):
    ended = run("-v")
    assert ended.code == 2
    assert "groovescan decode -v photo.tif" in ended.err


def test_settings_that_are_a_picture(run, photo):  # noqa: F811
    ended = run("decode", photo, "--settings", photo)
    assert ended.code == 2
    assert "holds no text" in ended.err
    assert "codec" not in ended.err
