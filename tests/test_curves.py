"""Every curve of the catalogue, from the displacement to the file's samples."""

import math

import numpy as np
import pytest
from test_sound import decibels, reading

from groovescan.config.settings import SoundSettings
from groovescan.errors import SettingsError
from groovescan.sound import CATALOGUE, equalise, parse_curve, response, to_waveform
from groovescan.sound.equalisation.curve_catalogue import CURVE_OF

RATE_HZ = 12480.0
# the network as a table of corners: turnover, shelf and roll-off in Hz, by hand from the codes
BY_HAND = {
    "riaa": (1e6 / (2 * math.pi * 318), 1e6 / (2 * math.pi * 3180), 1e6 / (2 * math.pi * 75)),
    "hmv": (250, 0, math.inf),
    "decca-ffrr": (300, 0, 6299),
    "columbia-lp": (500, 500 / 10**0.7, 1605),
    "iec-78": (350, 350 / 10**0.8, 3130),
    "aes": (400, 0, 2501),
}


def analytic(code, hertz):
    """Playback network times velocity, written down once more."""
    if code == "displacement":
        return np.ones(np.shape(hertz), complex)
    if code in ("flat", "acoustic"):
        return 2j * np.pi * hertz
    if code in BY_HAND:
        turnover, shelf, roll_off = BY_HAND[code]
    else:
        turnover, letter, loss = parts(CURVE_OF[code].code if code in CURVE_OF else code)
        decibel = {"N": math.inf, "R": 20, "B": 18, "A": 16, "C": 14, "X": 12}[letter]
        shelf = turnover * 10 ** (-decibel / 20)
        roll_off = 1e4 / math.sqrt(10 ** (loss / 10) - 1) if loss else math.inf
    bass = (1 + turnover / (1j * hertz)) / (1 + shelf / (1j * hertz))
    return 2j * np.pi * hertz * bass / (1 + 1j * hertz / roll_off)


def parts(code):
    digits = "".join(letter for letter in code.split("-")[0] if letter.isdigit())
    return float(digits), code[len(digits)], float(code.split("-")[1])


HERTZ = np.array([20.0, 31, 50, 100, 250, 500, 1000, 2000, 3500, 5000, 0.45 * RATE_HZ])
TIME_S = np.arange(round(2 * RATE_HZ)) / RATE_HZ
TONES = np.cos(2 * np.pi * HERTZ[:, None] * TIME_S + np.arange(len(HERTZ))[:, None] ** 2)


def amplitudes(wave, rate_hz):
    """Amplitude and phase of all tones in the middle of a wave, by least squares."""
    middle = slice(len(wave) // 5, -len(wave) // 5)
    angle = 2 * np.pi * HERTZ * np.arange(len(wave))[middle, None] / rate_hz
    design = np.hstack([np.cos(angle), np.sin(angle), np.ones((len(angle), 1))])
    found = np.linalg.lstsq(design, wave[middle].astype(float), rcond=None)[0]
    return found[: len(HERTZ)] - 1j * found[len(HERTZ) : -1]


@pytest.mark.parametrize(
    "name", [*CURVE_OF, *sorted({row.code for row in CATALOGUE}), "16000N-0", "displacement"]
)
@pytest.mark.parametrize("linear", [False, True])
def test_from_displacement_to_output_the_response_is_the_analytic_one(name, linear):
    wave = TONES.sum(axis=0)
    sound = to_waveform(reading(wave), SoundSettings(eq=name, linear_phase=linear))
    gain = amplitudes(sound.samples, 48000) / amplitudes(wave, RATE_HZ)
    expected = analytic(name, HERTZ)
    off = decibels(gain / expected)
    assert np.abs(off - off[6]).max() < 0.1  # all levels are brought to a peak
    if linear and name != "displacement":
        expected = 1j * np.abs(expected)  # a velocity, and no phase of the network
    assert np.abs(np.angle(gain / expected)).max() < 0.01


def test_riaa_has_the_levels_of_the_standard():
    # IEC 60098: levels against 1 kHz
    hertz = np.array([20.0, 50, 100, 500, 1000, 2122, 5000, 10000, 20000])
    standard = [19.27, 16.95, 13.09, 2.65, 0.0, -2.87, -8.21, -13.73, -19.62]
    gain = decibels(response(parse_curve("riaa"), hertz) / hertz)
    np.testing.assert_allclose(gain - gain[4], standard, atol=0.02)


def test_linear_phase_of_a_displacement_is_the_displacement(rng):
    noise = rng.standard_normal(5000)
    same = equalise(noise, RATE_HZ, None, linear_phase=True)
    np.testing.assert_array_equal(same, noise)


def test_names_are_unique_and_every_row_says_where_it_is_from():
    names = [name for row in CATALOGUE for name in row.names]
    assert len(names) == len(set(names)) == len(CURVE_OF)
    for row in CATALOGUE:
        assert row.years
        assert row.used_by
        assert row.source.startswith(("IASA", "Audacity"))
        if row.time_constants_us is None:
            assert parse_curve(row.names[0]) == parse_curve(row.code)


@pytest.mark.parametrize(
    ("code", "hint"), [("RIAA", "'riaa'"), ("decca ffrr", "'decca-ffrr'"), ("500n-13.7", "500N")]
)
def test_near_misses_are_told(code, hint):
    with pytest.raises(SettingsError, match=f"did you mean .*{hint[1:4]}"):
        parse_curve(code)


# --- the command


def test_the_catalogue_is_printed_with_years_and_source(run):
    ended = run("curves")
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert next(line for line in lines if line.startswith("decca-ffrr")).split()[1:3] == [
        "300N-5.5",
        "1944-1956",
    ]
    assert sum("500R-13.7" in line for line in lines) == 1
    assert any(line.startswith("[1] ") for line in lines)


def test_a_curve_s_response_is_printed(run):
    lines = run("curves", "riaa", "flat").out.splitlines()
    assert lines[2].split() == ["Hz", "riaa", "flat"]
    table = {row.split()[0]: row.split()[1:] for row in lines[3:]}
    assert table["20"] == ["19.3", "0.0"]
    assert table["10000"] == ["-13.7", "0.0"]


def test_a_figure_is_drawn_once(run, tmp_path):
    path = tmp_path / "кривая.png"
    assert run("curves", "riaa", "--plot", path).code == 0
    assert path.read_bytes().startswith(b"\x89PNG")
    assert run("curves", "riaa", "--plot", path).code == 6
    assert run("curves", "--plot", path, "--force").code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["riaaa"], "did you mean 'riaa'"), (["riaa", "--plot", "a.txt"], "must end in one of")],
)
def test_wrong_curves(run, arguments, words):
    ended = run("curves", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert words in ended.err


def test_single_precision_is_enough_for_a_sound(rng):
    """What it is off by lies 100 dB below the sound, with a bass twenty times as strong."""
    seconds = np.arange(200_000) / RATE_HZ
    displacement = rng.standard_normal(len(seconds)) + 20 * np.sin(2 * np.pi * 1.3 * seconds)
    for curve in (None, *map(parse_curve, ("250N-0", "riaa", "flat"))):
        exact = equalise(displacement, RATE_HZ, curve)
        single = equalise(displacement.astype(np.float32), RATE_HZ, curve)
        assert (exact.dtype, single.dtype) == (np.float64, np.float32)
        assert np.std(single - exact) < 1e-5 * np.std(exact)
