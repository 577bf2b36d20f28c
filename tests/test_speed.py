"""A lathe that does not turn evenly, from the photograph to the sound."""

import dataclasses

import numpy as np
import pytest
from conftest import SMALL, SOUND_HZ

import groovescan
from groovescan.config.settings import Settings
from groovescan.simulate import make_sound, simulate, write_simulation
from groovescan.simulate.model.lathe_cut import curve_response


@pytest.fixture(scope="module")
def uneven():
    """Speech with 1 % of wow once per turn; its hum is 40 dB below the largest amplitude."""
    chosen = SMALL.replace(
        wow_once_percent=1.0, hum_mm=0.01 * SMALL.amplitude_mm, noise=0.002, bones=2
    )
    sound = make_sound(24.0, SOUND_HZ, np.random.default_rng(8))
    return simulate(sound, SOUND_HZ, chosen)


def as_recorded(disc, scoring, tmp_path):
    """The truth on the time of the recording, not of the groove."""
    truth = scoring.load_truth(write_simulation(disc, tmp_path / "d.png")[1])
    hertz = np.fft.rfftfreq(len(disc.audio), 1 / SOUND_HZ)
    shape = np.zeros(len(hertz), complex)
    shape[1:] = curve_response(disc.settings.recording_curve, hertz[1:])
    shape *= hertz**2 / (hertz**2 + 400)
    moved = np.fft.irfft(np.fft.rfft(disc.audio) * shape, len(disc.audio))
    return dataclasses.replace(truth, displacement_mm=moved, sound_s=(0.0, len(moved) / SOUND_HZ))


def test_hum_takes_the_wow_out(uneven, scoring, tmp_path):
    from groovescan.sound import play

    decoded = groovescan.decode(uneven.image)
    truth = as_recorded(uneven, scoring, tmp_path)
    left = play(decoded.reading, decoded.groove_map, Settings())
    timed = play(decoded.reading, decoded.groove_map, Settings().replace(sound={"clock": "hum:50"}))
    before = scoring.score(left.waveform.samples, 48000, truth)
    after = scoring.score(timed.waveform.samples, 48000, truth)
    assert before.wow_percent > 0.8
    # on so small a disc; benchmarks/clock.py measures large ones
    assert after.wow_percent < 0.15
    clock = timed.account.clock
    assert clock.usable
    assert clock.speed_ratio == pytest.approx(1.0, abs=5e-4)
    # the hum is cut on the time of the sound, and not found where it was not cut
    other = play(decoded.reading, decoded.groove_map, Settings().replace(sound={"clock": "hum:60"}))
    assert not other.account.clock.usable
    np.testing.assert_array_equal(other.waveform.samples, left.waveform.samples)
