"""Settings have bounds, and go to TOML and back."""

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groovescan.config.settings import DiscSettings, Settings, SoundSettings
from groovescan.config.validated import nearest
from groovescan.errors import SettingsError

STAGES = [item.name for item in dataclasses.fields(Settings)]


# every stage and field that is a number and has bounds
NUMBERS = [
    pytest.param(stage, item, id=f"{stage}.{item.name}")
    for stage in STAGES
    for item in dataclasses.fields(getattr(Settings(), stage))
    if "low" in item.metadata
]


@pytest.mark.parametrize(("stage", "item"), NUMBERS)
@pytest.mark.parametrize("where", ["below", "above", "nan", "infinite", "text", "bool"])
def test_numbers_out_of_bounds_are_refused(stage, item, where):
    value = {
        "below": item.metadata["low"] - 1,
        "above": item.metadata["high"] + 1,
        "nan": math.nan,
        "infinite": math.inf,
        "text": "78",
        "bool": True,
    }[where]
    with pytest.raises(SettingsError, match=item.name):
        Settings().replace(**{stage: {item.name: value}})


@pytest.mark.parametrize(("stage", "item"), NUMBERS)
def test_defaults_lie_within_the_bounds(stage, item):
    assert item.metadata["low"] <= item.default <= item.metadata["high"]


@pytest.mark.parametrize("stage", STAGES)
def test_every_setting_is_documented(stage):
    cls = type(getattr(Settings(), stage))
    for item in dataclasses.fields(cls):
        assert item.name in cls.__doc__


def test_settings_are_frozen_and_keyword_only():
    with pytest.raises(dataclasses.FrozenInstanceError):
        SoundSettings().rpm = 45.0
    with pytest.raises(TypeError):
        SoundSettings(45.0)


def test_replace_leaves_the_original_alone():
    former = Settings()
    assert former.replace(sound={"rpm": 45.0}).sound.rpm == 45.0
    assert former == Settings()


def test_replace_takes_a_whole_stage():
    assert Settings().replace(sound=SoundSettings(rpm=45)).sound.rpm == 45


def test_the_message_gives_value_and_range():
    with pytest.raises(SettingsError, match=r"rpm is 0.* between 1\.0 and 1000\.0 revolutions"):
        SoundSettings(rpm=0)


def test_an_unknown_choice_is_refused_with_the_nearest():
    with pytest.raises(SettingsError, match=r"aperture is 'of', .* did you mean 'off'\?"):
        SoundSettings(aperture="of")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("bits", "99x", "bits is '99x', which is not one of 24, 16, 32f$"),
        ("restore", 1, "restore is 1, which is not one of False, True$"),
        ("clock", "hum", "clock is 'hum'; it takes 'none', or 'hum:50' or 'hum:60'"),
        ("clock", "hum:5", "no mains hum like that"),
        ("eq", "", "eq is ''"),
        ("eq", 7, "eq is 7"),
        ("originator", "x" * 33, "at most 32 characters"),
    ],
)
def test_wrong_sound_settings_say_what_is_right(field, value, message):
    with pytest.raises(SettingsError, match=message):
        SoundSettings(**{field: value})


@pytest.mark.parametrize(
    ("given", "meant"), [(33, 100 / 3), (16, 50 / 3), (78.26, 78.26), (45, 45), (33.3, 33.3)]
)
def test_speeds_may_be_called_by_their_names(given, meant):
    assert SoundSettings(rpm=given).rpm == pytest.approx(meant, abs=1e-9)
    assert Settings.from_toml(f"[sound]\nrpm = {given}").sound.rpm == SoundSettings(rpm=given).rpm


def test_the_frequency_of_the_hum():
    assert SoundSettings().hum_hz is None
    assert SoundSettings(clock="hum:60").hum_hz == 60


def test_pitch_limits_must_be_in_order():
    with pytest.raises(SettingsError, match=r"pitch_min_px is 50.* less than"):
        DiscSettings(pitch_min_px=50.0, pitch_max_px=20.0)


@given(
    rpm=st.floats(1, 1000),
    seed=st.integers(0, 2**31),
    start=st.sampled_from(["outer", "inner"]),
)
def test_toml_brings_settings_back(rpm, seed, start):
    settings = Settings().replace(sound={"rpm": rpm}, disc={"seed": seed, "start": start})
    assert Settings.from_toml(settings.to_toml()) == settings


def test_what_toml_leaves_out_keeps_its_default():
    assert Settings.from_toml("") == Settings()
    assert Settings.from_toml("[sound]\nrpm = 45") == Settings().replace(sound={"rpm": 45})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[sound]\nrmp = 45", r"'sound\.rmp'.*did you mean 'rpm'"),
        ("[sond]\nrpm = 45", "'sond'.*did you mean 'sound'"),
        ("sound = 78", "sound is 78.*must be a table"),
        ("rpm 78", "not valid TOML"),
        ("[sound]\nrpm = nan", "rpm is nan"),
        ("[sound]\nrate_hz = 48000.0", "rate_hz is 48000.0.*whole number"),
        ("[sound]\nqqqqq = 1", "known are aperture, bits, blur_px, clock, eq"),
    ],
)
def test_wrong_toml_is_refused_with_a_hint(text, message):
    with pytest.raises(SettingsError, match=message):
        Settings.from_toml(text)


def test_nearest_names_all_where_none_is_close():
    assert nearest("zzz", ["b", "a"]) == "known are a, b"


@pytest.mark.parametrize(
    "text",
    [
        "sound = " + 3000 * "[",  # brackets too deep for the parser
        "disc.seed = 1" + 5000 * "0",  # a number too long to be read
        "sound.rpm = 1" + 400 * "0",  # one that no float holds
        "sound.rpm = nan",
        "sound.rpm = inf",
    ],
)
def test_no_text_is_too_strange_to_be_refused(text):
    with pytest.raises(SettingsError):
        Settings.from_toml(text)
