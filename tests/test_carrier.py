"""What carries the sound is found by itself, and no lateral disc is taken for another."""

import dataclasses
import functools

import numpy as np
import pytest
from conftest import SMALL, SOUND_HZ

from groovescan.config.settings import GrooveSettings, Settings
from groovescan.pipeline import Stages, carrier
from groovescan.pipeline.inspect_photograph import inspect
from groovescan.prediction.carrier_evidence import CarrierEvidence, carrier_evidence
from groovescan.simulate import make_sound, simulate

OTHERS = {
    "vertical": SMALL.replace(modulation="vertical", amplitude_mm=0.035),
    "brightness": SMALL.replace(modulation="brightness", amplitude_mm=0.05),
}
LATERAL = {
    "silent": SMALL.replace(amplitude_mm=0.0),
    "loud": SMALL.replace(amplitude_mm=0.12, width_mm=0.14, profile="raking"),
    "one lamp": SMALL.replace(lamp_falloff=0.9, noise=0.012),
}


def drawn(settings):
    return simulate(make_sound(6.0, SOUND_HZ, np.random.default_rng(5)), SOUND_HZ, settings)


@pytest.fixture(scope="module")
def other():
    """Stages of discs of the other carriers, as they find it themselves; each is drawn once."""
    return functools.cache(lambda name: Stages(drawn(OTHERS[name]).image))


@pytest.fixture(scope="module")
def plain(disc):
    return Stages(disc("plain").image)


@pytest.mark.parametrize("name", OTHERS)
def test_another_carrier_is_found_by_itself(name, other):
    stages = other(name)
    assert stages.carrier == name
    told = stages.replace(groove={"modulation": name})
    assert stages.photograph.undone == told.photograph.undone
    np.testing.assert_array_equal(stages.groove_map.radius_px, told.groove_map.radius_px)


@pytest.mark.parametrize("name", LATERAL)
def test_a_lateral_disc_is_not_taken_for_another(name):
    assert Stages(drawn(LATERAL[name]).image).carrier == "lateral"


def test_what_is_told_goes_before_what_is_found(disc):
    stages = Stages(disc("plain").image, Settings().replace(groove={"modulation": "vertical"}))
    assert stages.carrier == "vertical"
    assert GrooveSettings().carrier == "lateral"
    assert GrooveSettings(modulation="brightness").carrier == "brightness"


def test_a_look_says_what_a_decode_takes(other):
    inspection = inspect(other("vertical").photograph)
    assert (inspection.carrier, inspection.refusal) == ("vertical", None)


def test_what_the_halves_do_not_bear_out_is_not_taken(plain, monkeypatch):
    traced = plain.traced
    loud = CarrierEvidence(
        ratio={"vertical": 2.0, "brightness": 1.0}, power={"vertical": 2.0, "brightness": 1.0}
    )
    monkeypatch.setattr(carrier, "carrier_evidence", lambda _: loud)
    assert carrier.carrier_of(plain.photograph, traced, GrooveSettings(), 78.0) == "lateral"


def test_where_no_row_shows_the_groove_nothing_is_told(plain):
    aligned = plain.aligned
    dark = dataclasses.replace(
        aligned.strip, in_photograph=np.zeros_like(aligned.strip.in_photograph)
    )
    found = carrier_evidence(dataclasses.replace(aligned, strip=dark))
    assert set(found.ratio.values()) == {0.0}


@pytest.mark.parametrize(("carried", "asked"), [("vertical", "lateral"), ("lateral", "vertical")])
def test_a_modulation_that_was_asked_for_wrongly_is_doubted(plain, other, carried, asked):
    rightly = (plain if carried == "lateral" else other(carried)).replace(sound={"keep_bad": True})
    wrongly = rightly.replace(groove={"modulation": asked})
    assert any(f"try --modulation {carried}" in reason for reason in wrongly.verdict.reasons)
    told = rightly.replace(groove={"modulation": carried})
    assert not any("--modulation" in reason for reason in told.verdict.reasons)
