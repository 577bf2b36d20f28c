"""From a photograph to its sound, on discs whose truth is known."""

import dataclasses

import cv2
import numpy as np
import pytest
from conftest import CONDITIONS

import groovescan
from groovescan.config.settings import Settings
from groovescan.simulate import write_simulation


def scored(scoring, disc, result, tmp_path):
    truth = scoring.load_truth(write_simulation(disc, tmp_path / "disc.png")[1])
    return scoring.score(result.waveform.samples, result.waveform.rate_hz, truth)


@pytest.mark.parametrize(
    ("name", "gap_db"), [("plain", 1.0), ("through", 1.0), ("inner flip", 2.0)]
)
def test_the_sound_is_near_the_bound(scoring, disc, decoded, tmp_path, name, gap_db):
    result = scored(scoring, disc(name), decoded(name), tmp_path)
    assert result.bound_db > 8
    assert result.gap_db < gap_db
    assert result.lost == 0
    assert result.wow_percent < 0.2


def test_the_claimed_signal_to_noise_ratio_is_right(disc, decoded):
    # the readings' own error, where both are counted from the start of the groove
    for name in CONDITIONS:
        reading, settings = decoded(name).reading, CONDITIONS[name]
        assert reading.read_fraction > 0.97
        moved = disc(name).displacement_mm / settings.mm_per_px
        # all of the band is claimed: the sound's power over that of the independent errors
        error = reading.standard_error_px[np.isfinite(reading.standard_error_px)].astype(float)
        expected = 10 * np.log10(np.mean(moved**2) * np.mean(1 / error**2))
        assert reading.snr_db == pytest.approx(expected, abs=1.5)


def test_the_displacement_is_the_groove_s_own(disc, decoded):
    """In px and with its sign: positive is away from the centre."""
    result, settings = decoded("plain"), CONDITIONS["plain"]
    reading, groove_map = result.reading, result.groove_map
    first = groove_map.direction * (groove_map.start_rad - settings.start_angle_rad) / (2 * np.pi)
    first = (first + 0.5) % 1.0 - 0.5
    turns = first + np.arange(len(reading.displacement_px)) / reading.samples_per_turn
    index = turns * settings.seconds_per_turn * disc("plain").rate_hz
    true = (
        np.interp(
            index, np.arange(len(disc("plain").displacement_mm)), disc("plain").displacement_mm
        )
        / settings.mm_per_px
    )
    known = np.isfinite(reading.standard_error_px)
    weight = 1 / reading.standard_error_px[known].astype(float) ** 2
    level = np.average(reading.displacement_px[known] * true[known], weights=weight)
    level /= np.average(true[known] ** 2, weights=weight)
    # the blur along the groove takes some of the treble
    assert 0.85 < level < 1.02


def test_the_time_is_that_of_the_turns(disc, decoded):
    result = decoded("plain")
    assert result.waveform.rate_hz == 48000
    assert result.waveform.duration_s == pytest.approx(
        disc("plain").turns * 60 / 78, abs=0.05 * 60 / 78
    )
    assert np.abs(result.waveform.samples).max() == pytest.approx(10 ** (-1 / 20), abs=2e-3)


def test_a_file_is_decoded_like_its_pixels_and_twice_the_same(disc, decoded, tmp_path):
    path = tmp_path / "пластинка.png"
    path.write_bytes(cv2.imencode(".png", disc("plain").image)[1].tobytes())
    again, first = groovescan.decode(path), decoded("plain")
    assert (again.photograph_name, first.photograph_name) == ("пластинка.png", "array")
    np.testing.assert_array_equal(again.waveform.samples, first.waveform.samples)
    np.testing.assert_array_equal(again.reading.displacement_px, first.reading.displacement_px)
    np.testing.assert_array_equal(again.groove_map.radius_px, first.groove_map.radius_px)


def test_the_result_is_frozen_and_carries_its_settings(decoded):
    result = decoded("inner flip")
    assert result.settings == Settings().replace(disc={"start": "inner"})
    for part, name in [
        (result, "waveform"),
        (result.reading, "displacement_px"),
        (result.groove_map, "pitch_px"),
        (result.settings.sound, "rpm"),
    ]:
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(part, name, 1)


def test_the_photograph_and_the_settings_are_left_as_they_are(disc):
    # a small part is enough: it is refused, but it has been through the first stages
    image = disc("plain").image[:300, :300].copy()
    before, settings = image.copy(), Settings()
    with pytest.raises(groovescan.GroovescanError):
        groovescan.decode(image, settings)
    np.testing.assert_array_equal(image, before)
    assert settings == Settings()
