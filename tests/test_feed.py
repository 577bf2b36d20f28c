"""Grooves of any feed: every turn of them is found, and none that is not there."""

import numpy as np
import pytest
from conftest import SMALL, SOUND_HZ, as_photo

from groovescan.config.settings import Settings
from groovescan.core.bands import bands_of
from groovescan.core.geometry.camera_model import angle_at, project, radius_at
from groovescan.errors import GrooveNotFoundError
from groovescan.locate.consensus import locate
from groovescan.locate.first_map import map_groove
from groovescan.pipeline import Stages
from groovescan.pipeline.several_cuts import PAUSE_S
from groovescan.pipeline.tracing import trace_grooves
from groovescan.simulate import make_sound, simulate

TURNS, PX = 0.08, 0.8
ROOMY = SMALL.replace(width_px=1500, height_px=1500, start_radius_mm=40.0, film_radius_mm=42.5)
FEEDS = {
    "swinging": SMALL.replace(feed_wander_percent=30.0, feed_wander_turns=5.0),
    "to half the pitch and back": ROOMY.replace(
        feed_table=((0, 0.42), (3, 0.42), (5, 0.21), (8, 0.21), (8, 0.44), (10, 0.44)),
        width_mm=0.12,
        amplitude_mm=0.03,
    ),
    "one pitch more": SMALL.replace(gaps=((4.4, 1.0, 1.0),)),
    "crossed in four turns": ROOMY.replace(gaps=((4.2, 12.0, 4.0),), start_angle_rad=2.2),
    "inside out, tilted": ROOMY.replace(
        start="inner",
        start_radius_mm=28.0,
        gaps=((4.2, 8.0, 0.6),),
        tilt_x=0.05,
        tilt_y=-0.03,
        shear=0.003,
        mirrored=True,
    ),
}


def drawn(settings, seconds=4.0):
    return simulate(make_sound(seconds, SOUND_HZ, np.random.default_rng(5)), SOUND_HZ, settings)


def traced_grooves_of(disc):
    chosen = Settings().disc.replace(start=disc.settings.start)
    photo = as_photo(disc.image)
    return trace_grooves(photo, map_groove(photo, locate(photo, chosen), chosen), harmonics=12)


def begins(groove_map, truth, settings):
    """Position of a map's start, in turns from the true one."""
    sense = -1 if settings.mirrored else 1
    turned = sense * groove_map.start_rad - truth.start_rad
    return (turned / (2 * np.pi) + 0.5) % 1 - 0.5


@pytest.mark.parametrize("name", list(FEEDS))
def test_every_turn_is_found(name):
    disc = drawn(FEEDS[name], 5.5)
    (traced,) = traced_grooves_of(disc)
    found, (truth,) = traced.groove_map, disc.cuts
    begin = begins(found, truth, disc.settings)
    assert begin == pytest.approx(0.0, abs=TURNS)
    assert begin + found.turns == pytest.approx(truth.turns, abs=TURNS)
    if disc.settings.tilt_x:
        return
    s = np.linspace(0.2, found.turns - 0.2, 400)
    place = (s + begin) / truth.turns * (len(truth.radius_mm) - 1)
    radius_mm = np.interp(place, np.arange(len(truth.radius_mm)), truth.radius_mm)
    # in the picture: a lens that the feed was taken for moves no line
    x, y = project(found.camera, radius_at(found, s), angle_at(found, s))
    centre_x, centre_y = disc.settings.centre_px
    apart = np.hypot(x - centre_x, y - centre_y) - radius_mm / disc.settings.mm_per_px
    assert np.abs(apart).max() < PX
    assert np.hypot(*(found.camera.centre_px - disc.settings.centre_px)) < 0.3


def test_the_bands_are_told():
    disc = drawn(FEEDS["crossed in four turns"], 5.5)
    (traced,) = traced_grooves_of(disc)
    # a slow crossing begins where its turns lie well apart, not where the feed begins to grow
    np.testing.assert_allclose(bands_of(traced.groove_map), disc.cuts[0].bands_turns, atol=0.8)


@pytest.fixture(scope="module")
def two():
    return drawn(ROOMY.replace(cuts=2, cut_gap_mm=2.2, run_out_turns=0.7), 3.0)


@pytest.fixture(scope="module")
def played(two):
    return Stages(two.image, Settings()).decoded


def test_cuts_that_are_not_connected_are_played_one_after_the_other(two, played):
    assert len(played.cuts) == 2
    for cut, truth in zip(played.cuts, two.cuts, strict=True):
        assert cut.groove_map.turns == pytest.approx(truth.turns, abs=TURNS)
        assert cut.duration_s == pytest.approx(truth.turns * 60 / 78, abs=0.05)
        assert len(cut.bands_turns) == 1
    first, second = played.cuts
    assert first.start_s == 0
    assert second.start_s == pytest.approx(first.duration_s + PAUSE_S)
    assert played.waveform.duration_s == pytest.approx(second.start_s + second.duration_s)


def test_between_two_cuts_is_silence(played):
    samples, rate_hz = played.waveform.samples, played.waveform.rate_hz
    begin = round(played.cuts[0].duration_s * rate_hz)
    end = round(played.cuts[1].start_s * rate_hz)
    assert not samples[begin:end].any()
    loud = [samples[:begin].std(), samples[end:].std()]
    assert loud[0] == pytest.approx(loud[1], rel=0.3)


def test_one_cut_is_asked_for_by_its_number(two):
    stages = Stages(two.image, Settings())
    turns = [one.groove_map.turns for one in stages.cuts]
    assert turns == pytest.approx([cut.turns for cut in two.cuts], abs=TURNS)
    assert stages.groove_map is stages.cuts[0].groove_map


def test_grooves_within_one_another_are_named():
    disc = drawn(ROOMY.replace(cuts=2, cuts_lie="interleaved"), 2.0)
    with pytest.raises(GrooveNotFoundError, match="two grooves lie within one another"):
        traced_grooves_of(disc)
