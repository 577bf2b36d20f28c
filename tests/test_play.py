"""From a reading to the transfer, the listening copy and the account of both."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import SMALL, SOUND_HZ
from scipy import signal

import groovescan
from groovescan.config.settings import Settings, SoundSettings
from groovescan.core.results import Camera, GrooveMap, Reading, Resolution
from groovescan.simulate import make_sound, simulate
from groovescan.sound import equalise, parse_curve, play, to_waveform
from groovescan.sound.equalisation.aperture import blur_along_px
from groovescan.sound.repair import repair

PER_TURN = 9600
RATE_HZ = PER_TURN * 78 / 60


def spiral(turns, outer_px=1600.0, pitch_px=5.0):
    nodes = 16
    at = np.arange(round((turns + 2) * nodes) + 2) / nodes - 1
    return GrooveMap(
        camera=Camera(centre_px=np.zeros(2)),
        pitch_px=pitch_px,
        direction=1,
        start_rad=0.0,
        nodes_per_turn=nodes,
        radius_px=outer_px - pitch_px * at,
    )


def reading(displacement_px, error_px):
    error = np.broadcast_to(np.asarray(error_px, np.float32), np.shape(displacement_px)).copy()
    return Reading(
        displacement_px=np.array(displacement_px, float),
        standard_error_px=error,
        contrast=np.ones(len(error), np.float32),
        samples_per_turn=PER_TURN,
        snr_db=10.0,
    )


def speech(seconds, rng, noise_px=0.05, silence_s=1.5):
    """A displacement that gives a voice after 250N-0, with silence round it, and its noise."""
    sound = make_sound(seconds, RATE_HZ, rng)
    sos = signal.butter(2, 60, "highpass", fs=RATE_HZ, output="sos")
    cut = np.cumsum(signal.sosfilt(sos, sound))
    cut = signal.sosfilt(signal.butter(1, 250, "highpass", fs=RATE_HZ, output="sos"), cut)
    cut = np.pad(0.3 * cut / cut.std(), round(silence_s * RATE_HZ))
    return cut, reading(cut + noise_px * rng.standard_normal(len(cut)), noise_px)


def settings(**sound):
    return Settings().replace(sound=sound)


def power(values):
    return float(np.mean(np.square(values, dtype=float)))


def on_file_time(displacement_px, eq="250N-0"):
    """What a displacement would sound like, at 48 kHz and at no particular level."""
    return to_waveform(reading(displacement_px, 0.1), settings(eq=eq).sound).samples.astype(float)


def likeness(one, other):
    return float(one @ other / np.sqrt((one @ one) * (other @ other)))


# --- the transfer


def test_the_transfer_is_the_repaired_displacement_through_the_curve(rng):
    _, read = speech(4.0, rng)
    played = play(read, spiral(20), Settings())
    expected = to_waveform(repair(read), Settings().sound)
    np.testing.assert_allclose(played.waveform.samples, expected.samples, atol=1e-6)
    assert played.restored is None
    assert played.account.true_peak_dbfs == pytest.approx(-1.0, abs=1e-6)


def test_as_read_leaves_every_sample_as_it_was_read(rng):
    _, read = speech(3.0, rng)
    played = play(read, spiral(20), settings(weigh=False))
    expected = to_waveform(read, Settings().sound)
    np.testing.assert_allclose(played.waveform.samples, expected.samples, atol=1e-6)


def test_two_photographs_of_a_disc_have_one_level_under_a_gain(rng):
    # twice the scale: twice the pitch and twice the displacement
    cut, read = speech(3.0, rng)
    double = reading(2 * read.displacement_px, 2 * read.standard_error_px)
    chosen = settings(level="gain", gain_db=-3.0)
    one = play(read, spiral(20), chosen)
    two = play(double, spiral(20, 3200.0, 10.0), chosen)
    np.testing.assert_allclose(one.waveform.samples, two.waveform.samples, rtol=1e-3, atol=1e-4)
    assert one.account.gain_db == pytest.approx(-3.0)
    assert np.std(cut) > 0


def test_a_gain_of_nothing_brings_the_reference_wave_to_full_scale():
    time_s = np.arange(round(2 * RATE_HZ)) / RATE_HZ
    wave = 0.5 * np.sin(2 * np.pi * 1000 * time_s)  # a tenth of the pitch of 5 px
    chosen = settings(level="gain", eq="500R-13.7", weigh=False)
    samples = play(reading(wave, 0.01), spiral(20), chosen).waveform.samples
    assert np.abs(samples[20000:-20000]).max() == pytest.approx(1.0, abs=3e-3)


def test_a_gain_that_is_too_much_is_said(rng):
    _, read = speech(2.0, rng)
    account = play(read, spiral(20), settings(level="gain", gain_db=40.0)).account
    assert account.true_peak_dbfs > 0
    assert any("above full scale" in note for note in account.notes)


# --- gaps


def with_gaps(read, starts, count):
    error = read.standard_error_px.copy()
    for start in starts:
        error[start : start + count] = np.inf
    return replace(read, standard_error_px=error)


def test_every_gap_is_listed_by_time_and_length(rng):
    _, read = speech(4.0, rng)
    starts = [0, 20000, 30000, len(read.displacement_px) - 40]
    account = play(with_gaps(read, starts, 40), spiral(20), Settings()).account
    np.testing.assert_allclose(account.gap_start_s, np.array(starts) / RATE_HZ)
    np.testing.assert_allclose(account.gap_length_s, 40 / RATE_HZ)
    assert account.filled


def test_filled_gaps_are_nearer_the_truth_than_silent_ones(rng):
    cut, read = speech(6.0, rng, noise_px=0.005)
    starts = rng.integers(25000, 80000, 60)
    broken = with_gaps(read, starts, 20)
    truth = on_file_time(cut)
    filled, silent = (
        play(broken, spiral(20), settings(repair=fill)).waveform.samples.astype(float)
        for fill in (True, False)
    )
    assert likeness(filled, truth) > 0.98
    assert 1 - likeness(filled, truth) < 0.7 * (1 - likeness(silent, truth))
    assert not play(broken, spiral(20), settings(repair=False)).account.filled
    inside = np.rint((starts + 10) * 48000 / RATE_HZ).astype(int)
    assert np.abs(silent[inside]).mean() < 0.2 * np.abs(truth[inside]).mean()


@pytest.mark.parametrize("fill", [True, False])
def test_a_gap_longer_than_a_turn_is_quiet_in_its_middle(rng, fill):
    _, read = speech(6.0, rng)
    length = round(1.5 * PER_TURN)
    broken = with_gaps(read, [30000], length)
    played = play(broken, spiral(20), settings(repair=fill, restore=True))
    at = slice(
        round((30000 + 3000) / RATE_HZ * 48000), round((30000 + length - 3000) / RATE_HZ * 48000)
    )
    for waveform in (played.waveform, played.restored):
        assert np.isfinite(waveform.samples).all()
        assert np.abs(waveform.samples[at]).max() < 0.02
    np.testing.assert_allclose(played.account.gap_length_s, length / RATE_HZ)


# --- edges


def test_silence_is_silence_with_a_note():
    played = play(reading(np.zeros(30000), 0.1), spiral(3), settings(restore=True, clock="hum:50"))
    assert not played.waveform.samples.any()
    assert not played.restored.samples.any()
    assert played.account.true_peak_dbfs == -np.inf
    assert "the groove is straight: the sound is silence" in played.account.notes
    assert any("the groove is silent" in note for note in played.account.notes)


@pytest.mark.parametrize(("noise_px", "level", "told"), [(0.05, 0.0, True), (0.05, 1.0, False)])
def test_a_groove_without_a_programme_is_told_from_a_record(rng, noise_px, level, told):
    cut, _ = speech(4.0, rng)
    read = reading(level * cut + noise_px * rng.standard_normal(len(cut)), noise_px)
    notes = play(read, spiral(20), Settings()).account.notes
    assert any("what is heard is that noise" in note for note in notes) is told


@pytest.mark.parametrize("turns", [0.05, 0.5, 1.0])
def test_a_disc_with_one_turn_or_less(rng, turns):
    count = round(turns * PER_TURN)
    read = reading(np.sin(np.arange(count) / 9) + 0.05 * rng.standard_normal(count), 0.05)
    played = play(read, spiral(1), settings(restore=True, clock="hum:50", aperture="on"))
    expected = round(count * 48000 / RATE_HZ)
    assert len(played.waveform.samples) == len(played.restored.samples) == expected
    assert np.isfinite(played.waveform.samples).all()
    assert np.isfinite(played.restored.samples).all()
    assert any("speed left as it is" in note for note in played.account.notes)
    assert len(played.account.octaves.centre_hz) > 3


def test_without_lead_in_the_quietest_part_tells_the_noise(rng):
    cut, read = speech(8.0, rng, noise_px=0.1, silence_s=0.0)
    played = play(read, spiral(20), settings(restore=True))
    truth = on_file_time(cut)
    assert np.isfinite(played.restored.samples).all()
    assert likeness(played.restored.samples.astype(float), truth) > 0.8


def test_a_turnover_above_all_that_was_read_gives_the_displacement(rng):
    _, read = speech(3.0, rng)
    played = play(read, spiral(20), settings(eq="20000N-0"))
    shape = play(read, spiral(20), settings(eq="displacement"))
    assert likeness(*(one.waveform.samples.astype(float) for one in (played, shape))) > 0.99
    assert any("turnover of 20000 Hz lies above" in note for note in played.account.notes)


def test_nothing_is_changed(rng):
    _, read = speech(2.0, rng)
    read = with_gaps(read, [9000], 30)
    former = [read.displacement_px.copy(), read.standard_error_px.copy()]
    play(read, spiral(20), settings(restore=True, aperture="on", clock="hum:50"))
    np.testing.assert_array_equal(read.displacement_px, former[0])
    np.testing.assert_array_equal(read.standard_error_px, former[1])


# --- the account


def test_the_octaves_are_those_of_the_noise_that_is_there(rng):
    cut, read = speech(20.0, rng, noise_px=0.03)
    octaves = play(read, spiral(40), Settings()).account.octaves
    curve = parse_curve("250N-0")
    hz, noise = signal.welch(
        equalise(read.displacement_px - cut, RATE_HZ, curve), RATE_HZ, nperseg=4096
    )
    voice = signal.welch(equalise(cut, RATE_HZ, curve), RATE_HZ, nperseg=4096)[1]
    for index, centre in enumerate(octaves.centre_hz):
        band = (hz > centre / np.sqrt(2)) & (hz < centre * np.sqrt(2))
        true_db = 10 * np.log10(voice[band].sum() / noise[band].sum())
        if true_db > 3:
            assert octaves.claimed_db[index] == pytest.approx(true_db, abs=1.5)
            assert octaves.surface_db[index] == pytest.approx(true_db, abs=2.0)
    loud = 10 * np.log10(voice / noise)
    smooth = signal.savgol_filter(loud, 101, 1)
    assert smooth[np.searchsorted(hz, octaves.bandwidth_hz * 1.5)] < 3
    assert octaves.bandwidth_hz > 1000


# --- aperture


def blurred(displacement_px, groove_map, blur_px):
    """What a blur along the groove leaves, at each radius, sample by sample."""
    at = np.arange(len(displacement_px))
    speed = (
        2 * np.pi * np.interp(at / PER_TURN, [0, groove_map.turns], groove_map.radius_px[[16, -18]])
    )
    sigma = blur_px / (speed / PER_TURN)  # in samples
    reach = np.arange(-60, 61)
    kernel = np.exp(-((reach / sigma[:, None]) ** 2) / 2)
    kernel /= kernel.sum(axis=1, keepdims=True)
    return (np.pad(displacement_px, 60)[at[:, None] + reach + 60] * kernel).sum(axis=1)


def test_the_aperture_gives_back_what_blur_took_at_each_radius(rng):
    groove_map = spiral(20, 600.0, 20.0)  # from 600 to 200 px
    hertz = np.array([200.0, 350.0, 550.0])
    time_s = np.arange(20 * PER_TURN) / RATE_HZ
    wave = np.sin(2 * np.pi * hertz[:, None] * time_s + [[0.0], [1.0], [2.0]]).sum(axis=0)
    lost = blurred(wave, groove_map, 0.7)
    read = reading(lost + 1e-4 * rng.standard_normal(len(lost)), 1e-4)
    blur = float(np.sqrt(0.7**2 - 1 / 12))
    for aperture, least, most in (("on", -0.4, 0.4), ("off", -20.0, -4.0)):
        chosen = settings(eq="displacement", aperture=aperture, blur_px=blur, weigh=False)
        samples = play(read, groove_map, chosen).waveform.samples.astype(float)
        assert len(samples) == round(len(wave) * 48000 / RATE_HZ)
        first, last = (
            strength(samples, part, hertz)
            for part in (slice(24000, 120000), slice(-120000, -24000))
        )
        # 550 Hz against 200 Hz, near the centre against the edge
        fall = 20 * np.log10((last[2] / last[0]) / (first[2] / first[0]))
        assert least < fall < most


def strength(samples, part, hertz):
    angle = 2 * np.pi * hertz * np.arange(len(samples))[part, None] / 48000
    found = np.linalg.lstsq(np.hstack([np.cos(angle), np.sin(angle)]), samples[part], rcond=None)[0]
    return np.hypot(found[:3], found[3:])


def test_the_aperture_stops_where_the_noise_would_take_over(rng):
    cut, read = speech(6.0, rng, noise_px=0.08)
    groove_map = spiral(20, 600.0, 20.0)
    plain, raised = (
        play(read, groove_map, settings(aperture=which, blur_px=1.0, weigh=False))
        for which in ("off", "on")
    )
    limit_hz = plain.account.octaves.bandwidth_hz
    assert limit_hz < 4000
    hz, before = signal.welch(
        plain.waveform.samples / plain.waveform.samples.std(), 48000, nperseg=2048
    )
    after = signal.welch(
        raised.waveform.samples / raised.waveform.samples.std(), 48000, nperseg=2048
    )[1]
    gain = 10 * np.log10(after / before)
    at = np.searchsorted(hz, [300, limit_hz, 1.5 * limit_hz])
    assert gain[at[1]] > gain[at[0]]
    # above, the gain rises no further
    assert gain[at[2]] < gain[at[1]] + 1.0
    assert np.isfinite(cut).all()


def shown(sharpness):
    return Resolution(
        pitch_px=5.3,
        sharpness=sharpness,
        noise=0.01,
        contrast=0.3,
        error_px=0.02,
        snr_db=20.0,
        bandwidth_hz=4000.0,
    )


def test_the_blur_is_what_the_photograph_showed(rng):
    _, read = speech(2.0, rng)
    blurs = [
        play(read, spiral(10), settings(**chosen), inspection).account.blur_px
        for chosen, inspection in (
            ({}, shown(1 / (np.sqrt(2 * np.pi) * 0.8))),
            ({}, shown(50.0)),
            ({"blur_px": 1.0}, shown(0.5)),
            ({}, None),
        )
    ]
    # never less than a pixel has; what is stated goes before what was seen
    expected = [0.8, np.sqrt(1 / 12), np.sqrt(1 + 1 / 12), np.sqrt(0.25 + 1 / 12)]
    assert blurs == pytest.approx(expected)


@pytest.mark.parametrize("blur_px", [0.4, 0.8])
def test_the_blur_of_a_photograph_is_measured(blur_px):
    sound = make_sound(4.0, SOUND_HZ, np.random.default_rng(1))
    inspection = groovescan.inspect(simulate(sound, SOUND_HZ, SMALL.replace(blur_px=blur_px)).image)
    measured = blur_along_px(inspection.resolution, SoundSettings())
    true = np.hypot(blur_px, np.sqrt(1 / 12))
    assert 0.75 * true < measured < 1.15 * true
