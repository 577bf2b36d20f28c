"""From displacement to sound: the curve, the time and the level are right."""

import math

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from groovescan.config.settings import SoundSettings
from groovescan.core.results import Reading, Waveform
from groovescan.errors import GrooveLostError, OutputExistsError, SettingsError
from groovescan.sound import Curve, equalise, parse_curve, response, to_waveform, write_wav
from groovescan.sound.level import true_peak
from groovescan.sound.octave_quality import measure_spectra

RATE_HZ = 12480.7


def reading(displacement_px, samples_per_turn=9600):
    displacement_px = np.asarray(displacement_px, dtype=np.float64)
    return Reading(
        displacement_px=displacement_px,
        standard_error_px=np.full(len(displacement_px), 0.01, dtype=np.float32),
        contrast=np.ones(len(displacement_px), dtype=np.float32),
        samples_per_turn=samples_per_turn,
        snr_db=30.0,
    )


def decibels(ratio):
    return 20 * np.log10(np.abs(ratio))


def tone(frequency_hz, rate_hz, seconds, phase_rad=0.3):
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    return np.sin(2 * np.pi * frequency_hz * time_s + phase_rad)


def at(frequency_hz, wave, rate_hz):
    """Amplitude and phase of a tone in the middle of a signal, by least squares."""
    time_s = np.arange(len(wave)) / rate_hz
    middle = slice(len(wave) // 4, -len(wave) // 4)
    angle = 2 * np.pi * frequency_hz * time_s[middle]
    design = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    (cosine, sine), *_ = np.linalg.lstsq(design, wave[middle], rcond=None)
    return cosine - 1j * sine


# --- curves


@pytest.mark.parametrize(
    ("code", "curve"),
    [
        ("flat", Curve()),
        ("displacement", None),
        ("250N-0", Curve(turnover_hz=250)),
        ("500R-0", Curve(turnover_hz=500, shelf_hz=50)),
        ("400N-12.3", Curve(turnover_hz=400, roll_off_hz=1e4 / math.sqrt(10**1.23 - 1))),
    ],
)
def test_codes_become_corners(code, curve):
    assert parse_curve(code) == curve


@pytest.mark.parametrize(
    ("loss_db", "corner_hz"), [(13.7, 2122), (16.1, 1592), (12.3, 2500), (5.4, 6366)]
)
def test_roll_offs_are_those_of_the_literature(loss_db, corner_hz):
    assert parse_curve(f"500N-{loss_db}").roll_off_hz == pytest.approx(corner_hz, rel=0.01)


def test_500r_13_7_is_riaa():
    frequency_hz = np.geomspace(20, 20000, 200)
    s = 2j * np.pi * frequency_hz
    riaa = (1 + s * 318e-6) / ((1 + s * 3180e-6) * (1 + s * 75e-6))
    ours = response(parse_curve("500R-13.7"), frequency_hz) / s
    reference = response(parse_curve("500R-13.7"), np.array([1000.0])) / (2j * np.pi * 1000)
    nominal = (1 + 2j * np.pi * 0.318) / ((1 + 2j * np.pi * 3.18) * (1 + 2j * np.pi * 0.075))
    assert np.abs(decibels(ours / reference) - decibels(riaa / nominal)).max() < 0.1


@pytest.mark.parametrize("code", ["", "riaaa", "250", "250N", "0N-0", "250Q-0", "-5N-0", "250n-0"])
def test_what_is_no_curve_is_refused(code):
    with pytest.raises(SettingsError, match="no recording curve"):
        parse_curve(code)


def test_250n_lifts_the_bass_of_a_velocity_by_three_decibels_at_its_turnover():
    velocity = response(parse_curve("flat"), np.array([250.0]))
    lifted = response(parse_curve("250N-0"), np.array([250.0]))
    assert decibels(lifted / velocity)[0] == pytest.approx(3.01, abs=0.01)
    assert np.angle(lifted / velocity)[0] == pytest.approx(-np.pi / 4)  # as the network has it


@pytest.mark.parametrize("code", ["flat", "250N-0", "500R-13.7", "400N-12.3", "displacement"])
@pytest.mark.parametrize("share", ["20 Hz", 0.02, 0.1, 0.3, 0.45])
def test_a_tone_comes_out_as_the_analytic_curve_says(code, share):
    frequency_hz = 20.0 if share == "20 Hz" else share * RATE_HZ
    curve = parse_curve(code)
    displacement = tone(frequency_hz, RATE_HZ, 2.0)
    measured = at(frequency_hz, equalise(displacement, RATE_HZ, curve), RATE_HZ)
    measured /= at(frequency_hz, displacement, RATE_HZ)
    expected = response(curve, np.array([frequency_hz]))[0]
    assert abs(decibels(measured / expected)) < 0.1
    assert abs(np.angle(measured / expected)) < 0.01


def test_a_signal_that_is_cut_off_does_not_click():
    # a tone that starts and ends at its largest displacement
    displacement = tone(100, RATE_HZ, 1.0, phase_rad=np.pi / 2)
    velocity = equalise(displacement, RATE_HZ, parse_curve("flat"))
    assert np.abs(velocity).max() < 1.2 * 2 * np.pi * 100


@pytest.mark.parametrize("phase_rad", [0.0, 0.8, 2.0])
def test_a_signal_is_right_up_to_its_ends(phase_rad):
    displacement = tone(100, RATE_HZ, 1.0, phase_rad)
    velocity = equalise(displacement, RATE_HZ, parse_curve("flat"))
    expected = 2 * np.pi * 100 * tone(100, RATE_HZ, 1.0, phase_rad + np.pi / 2)
    assert np.abs(velocity - expected).max() < 0.05 * np.abs(expected).max()


def test_equalise_does_not_change_its_input():
    displacement = tone(100, RATE_HZ, 0.1)
    former = displacement.copy()
    for code in ("displacement", "250N-0"):
        out = equalise(displacement, RATE_HZ, parse_curve(code))
        assert not np.shares_memory(out, displacement)
    np.testing.assert_array_equal(displacement, former)


# --- waveform


@pytest.mark.parametrize("samples_per_turn", [230, 9600, 14137, 60001])
def test_time_is_kept_within_a_twentieth_of_a_sample(samples_per_turn):
    rate_hz = samples_per_turn * 78 / 60
    frequency_hz = min(rate_hz, 48000) * 0.2
    displacement = tone(frequency_hz, rate_hz, 3.0)
    sound = to_waveform(reading(displacement, samples_per_turn), SoundSettings(eq="displacement"))
    assert len(sound.samples) == round(len(displacement) * 48000 / rate_hz)
    late = at(frequency_hz, sound.samples, 48000) / at(frequency_hz, displacement, rate_hz)
    delay = -np.angle(late) / (2 * np.pi * frequency_hz) * 48000
    assert abs(delay) < 0.05


def test_speed_sets_pitch_and_duration():
    displacement = tone(1000, 9600 * 78 / 60, 2.0)
    slow = to_waveform(reading(displacement), SoundSettings(rpm=39))
    assert slow.duration_s == pytest.approx(4.0, abs=1e-4)
    spectrum = np.abs(np.fft.rfft(slow.samples))
    assert np.fft.rfftfreq(len(slow.samples), 1 / 48000)[spectrum.argmax()] == pytest.approx(
        500, abs=0.5
    )


@pytest.mark.parametrize("from_end", [8, 300, 5000, 70000, 139000])
def test_a_peak_between_two_samples_is_found_wherever_it_lies(from_end):
    # a sixth of the rate, whose samples all lie beside its crests
    k = np.arange(-64, 65)
    burst = np.cos(2 * np.pi * (k + 0.5) / 6) * np.exp(-((k / 20) ** 2))
    sound = np.zeros(140000)
    sound[len(sound) - from_end - 64 :][: len(burst)] += burst[: from_end + 64]
    assert np.abs(sound).max() < 0.87
    assert true_peak(sound, 48000) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("eq", ["250N-0", "flat", "displacement"])
@pytest.mark.parametrize("peak_dbfs", [-1.0, -12.0])
def test_the_peak_is_where_it_was_asked(eq, peak_dbfs, rng):
    waveform = to_waveform(
        reading(rng.normal(size=20000)), SoundSettings(eq=eq, peak_dbfs=peak_dbfs)
    )
    # between the samples, too
    fine = signal.resample_poly(waveform.samples.astype(float), 16, 1)
    assert decibels(np.abs(fine).max()) == pytest.approx(peak_dbfs, abs=0.05)
    assert waveform.samples.dtype == np.float32
    assert abs(waveform.samples.mean()) < 1e-6


@pytest.mark.parametrize("eq", ["250N-0", "flat", "displacement"])
@pytest.mark.parametrize("level", [0.0, 0.1, 1e6])
@pytest.mark.parametrize("count", [1, 2, 5000])
def test_a_straight_groove_is_silent(eq, level, count):
    waveform = to_waveform(reading(np.full(count, level)), SoundSettings(eq=eq))
    assert len(waveform.samples) == max(1, round(count * 48000 / 12480))
    assert not waveform.samples.any()


def test_a_constant_deviation_makes_no_difference():
    wave = tone(300, RATE_HZ, 0.5)
    plain, shifted = to_waveform(reading(wave)), to_waveform(reading(wave + 7.0))
    np.testing.assert_allclose(plain.samples, shifted.samples, atol=1e-6)


def test_gaps_are_silent_and_the_rest_as_it_was():
    displacement = tone(200, 12480, 1.0)
    broken = displacement.copy()
    broken[5000:5003] = np.nan
    broken[:2] = np.inf
    sound, whole = (
        to_waveform(reading(values), SoundSettings(eq="displacement"))
        for values in (broken, displacement)
    )
    assert np.isfinite(sound.samples).all()
    # the true peak is at an edge of the gap, so that all the rest is a little lower
    level = sound.samples @ whole.samples / (whole.samples @ whole.samples)
    assert 0.8 < level < 1.0
    off = np.abs(sound.samples / level - whole.samples)
    at = round(5001 * 48000 / 12480)
    assert abs(sound.samples[at]) < 0.1  # the gap
    assert max(off[100 : at - 100].max(), off[at + 100 :].max()) < 0.02


@pytest.mark.parametrize("displacement", [[], [np.nan, np.nan]])
def test_a_reading_without_samples_is_refused(displacement):
    with pytest.raises(GrooveLostError, match=f"none of the {len(displacement)} samples"):
        to_waveform(reading(displacement))


def test_a_reading_is_not_changed(rng):
    displacement = rng.normal(size=1000)
    displacement[10] = np.nan
    former = displacement.copy()
    to_waveform(reading(displacement))
    np.testing.assert_array_equal(displacement, former)


@settings(max_examples=25, deadline=None)
@given(
    count=st.integers(1, 3000),
    samples_per_turn=st.integers(100, 40000),
    rpm=st.floats(10, 200),
    rate_hz=st.sampled_from([8000, 44100, 48000, 96000]),
)
def test_any_length_and_speed_gives_finite_sound(count, samples_per_turn, rpm, rate_hz):
    noise = np.random.default_rng(count).normal(size=count)
    chosen = SoundSettings(rpm=rpm, rate_hz=rate_hz)
    waveform = to_waveform(reading(noise, samples_per_turn), chosen)
    assert np.isfinite(waveform.samples).all()
    # 16, 33 and so on stand for 16 2/3, 33 1/3
    duration_s = count / (samples_per_turn * chosen.rpm / 60)
    assert abs(waveform.duration_s - duration_s) <= 1.0 / rate_hz


# --- file


def test_a_wav_is_24_bit_mono_and_holds_the_samples(tmp_path, rng):
    samples = rng.uniform(-1, 1, 1000).astype(np.float32)
    path = write_wav(tmp_path / "звук.wav", Waveform(samples=samples, rate_hz=48000))
    info = soundfile.info(path)
    assert (info.format, info.subtype, info.channels) == ("WAV", "PCM_24", 1)
    assert (info.samplerate, info.frames) == (48000, 1000)
    read, _ = soundfile.read(path)
    assert np.abs(read - samples).max() < 2**-22


def test_full_scale_is_clipped_and_not_wrapped(tmp_path):
    samples = np.array([1.0, -1.0, 1.5, -1.5], dtype=np.float32)
    path = write_wav(tmp_path / "a.wav", Waveform(samples=samples, rate_hz=48000))
    read, _ = soundfile.read(path)
    np.testing.assert_allclose(read, [1, -1, 1, -1], atol=1e-6)


def test_the_suffix_does_not_matter(tmp_path):
    waveform = Waveform(samples=np.zeros(4, dtype=np.float32), rate_hz=48000)
    assert soundfile.info(write_wav(tmp_path / "sound", waveform)).format == "WAV"


def test_a_wav_does_not_replace_another_file_unasked(tmp_path):
    waveform = Waveform(samples=np.zeros(4, dtype=np.float32), rate_hz=48000)
    path = tmp_path / "a.wav"
    path.write_bytes(b"former")
    with pytest.raises(OutputExistsError):
        write_wav(path, waveform)
    assert path.read_bytes() == b"former"
    write_wav(path, waveform, force=True)
    assert soundfile.info(path).frames == 4


# --- quality


@pytest.mark.parametrize("share", [0.01, 0.1, 0.3, 0.45])
def test_the_power_of_a_velocity_is_that_of_its_tone(share):
    frequency_hz, amplitude_px = share * RATE_HZ, 0.2
    displacement = amplitude_px * tone(frequency_hz, RATE_HZ, 4.0)
    spectra = measure_spectra(displacement, displacement, RATE_HZ)
    # by Parseval's theorem; the spectrum is one-sided
    windows = 2 * round(0.125 * RATE_HZ)
    power = 2 * spectra.best.sum() / windows / spectra.window_power
    expected = (2 * np.pi * frequency_hz * amplitude_px) ** 2 / 2
    assert power == pytest.approx(expected, rel=0.02)
