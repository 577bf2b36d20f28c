"""The settings describe themselves: in docstrings, in the reference, and exactly in TOML."""

import re
import subprocess
import sys

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

from groovescan.config.descriptions import describe_all
from groovescan.config.settings import Settings
from groovescan.sound import parse_curve

FIELDS = [field for fields in describe_all().values() for field in fields]
EACH = pytest.mark.parametrize("field", FIELDS, ids=lambda field: f"{field.stage}.{field.name}")


@EACH
def test_the_docstring_says_unit_range_and_effect(field):
    if field.kind in ("number", "whole"):
        assert f"{field.low:.10g} to {field.high:.10g}" in field.text
        assert re.search(rf"\b{re.escape(field.unit or 'without unit')}\b", field.text)
        assert field.typed == {"number": "float", "whole": "int"}[field.kind]
    elif field.kind == "choice":
        # the default stands first, as numpydoc has it
        assert field.typed == "{" + ", ".join(f"'{choice}'" for choice in field.choices) + "}"
    elif field.kind == "switch":
        assert field.typed == "bool"
        assert "True or False: whether" in field.text
    else:
        assert field.typed == "str"
        assert field.form in field.text
    # the effect is more than a name, a unit and a range
    rest = field.text.replace(field.range, "").replace(field.form, "")
    assert len(rest.split()) >= 8
    assert rest.endswith(".")


@EACH
def test_what_a_slider_shows_lies_within_the_bounds(field):
    if not field.usual:
        return
    low, high = field.usual
    assert field.low <= low <= field.default <= high <= field.high
    assert low < high
    assert field.step is None or 0 < field.step < high - low


@EACH
def test_every_example_is_accepted(field):
    for example in field.examples:
        settings = Settings().replace(**{field.stage: {field.name: example}})
        if field.name == "eq":
            parse_curve(settings.sound.eq)


def test_the_reference_is_current(tmp_path):
    fresh = tmp_path / "settings.md"
    program = str(ROOT / "docs" / "make_settings.py")
    subprocess.run([sys.executable, program, str(fresh)], check=True, timeout=60)
    assert fresh.read_text("utf-8") == (ROOT / "docs" / "settings.md").read_text("utf-8")


def values(field):
    """Anything that a field takes."""
    if field.name == "dpi":  # nothing is stated, or at least one
        return st.just(0.0) | st.floats(1.0, field.high)
    if field.kind == "number":
        return st.floats(field.low, field.high) | st.integers(int(field.low) + 1, int(field.high))
    if field.kind == "whole":
        return st.integers(field.low, field.high)
    if field.kind in ("choice", "switch"):
        return st.sampled_from(field.choices)
    if field.name == "tone":
        return st.sampled_from([*field.examples, "1.8"])
    if field.name == "channel":
        return st.sampled_from([*field.examples, "0.5,-0.3,0.2"])
    if field.name == "clock":
        return st.sampled_from(["none", "hum:50", "hum:60", "hum:49.97"])
    if field.name == "eq":
        return st.from_regex(r"\S+", fullmatch=True)
    return st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=32)


ANY = st.fixed_dictionaries(
    {
        stage: st.fixed_dictionaries({field.name: values(field) for field in fields})
        for stage, fields in describe_all().items()
    }
).filter(lambda found: found["disc"]["pitch_min_px"] < found["disc"]["pitch_max_px"])


@given(ANY)
def test_toml_brings_back_every_setting_exactly(found):
    settings = Settings().replace(**found)
    again = Settings.from_toml(settings.to_toml())
    assert again == settings
    # equal is not enough: 45 and 45.0 are, and so are 0.0 and -0.0
    assert repr(again) == repr(settings)
    assert again.to_toml() == settings.to_toml()
