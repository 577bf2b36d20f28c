"""Figures and what they show: quality, spectrogram, the disc seen square on."""

import dataclasses
import itertools
import subprocess
import sys

import numpy as np
import pytest
from conftest import as_photo
from matplotlib.figure import Figure

from groovescan import reporting as show
from groovescan.core.account import Clock
from groovescan.core.geometry.camera_model import angle_at, radius_at
from groovescan.core.results import Camera, GrooveMap, Waveform
from groovescan.reporting import embed
from groovescan.reporting.decode_report import all_turns, close_up
from groovescan.reporting.figures.groove_figures import turn_bands
from groovescan.reporting.figures.quality_figures import wow_percent
from groovescan.reporting.figures.read_trace import image_points, pieces, snr_of
from groovescan.reporting.figures.sound_figures import envelope
from groovescan.reporting.page import heard_at_s
from groovescan.wording import facts as words


@pytest.fixture(params=[show.LIGHT, show.DARK], ids=["light", "dark"])
def theme(request):
    return request.param


@pytest.fixture
def damaged(decoded):
    """A decode of which the third turn is missing by half."""
    found = decoded("plain")
    error = found.reading.standard_error_px.copy()
    per_turn = found.reading.samples_per_turn
    error[2 * per_turn : 5 * per_turn // 2] = np.inf
    return dataclasses.replace(
        found, reading=dataclasses.replace(found.reading, standard_error_px=error)
    )


def spiral(radius_px):
    return GrooveMap(
        camera=Camera(centre_px=np.zeros(2)),
        pitch_px=4.0,
        direction=1,
        start_rad=0.0,
        nodes_per_turn=64,
        radius_px=radius_px,
    )


def test_every_figure_names_its_axes_with_their_units(damaged, disc, theme):
    photo = as_photo(disc("plain").image)
    close = close_up(photo, damaged)
    figures = {
        "px": show.disc_figure(photo, damaged, theme),
        "degrees": show.turns_figure(all_turns(photo, damaged.groove_map), theme),
        "ms": show.strip_figure(close.strip, damaged.reading, close.start_turns, 78.0, theme),
        "turns": show.quality_figure(damaged, theme),
        "s from": show.measured_figure(damaged.measured, theme),
        "s": show.sound_figure(damaged.waveform, theme),
        "Hz": show.curves_figure(np.array([20.0, 20000.0]), {"flat": np.zeros(2)}, theme),
    }
    for unit, figure in figures.items():
        assert isinstance(figure, Figure)
        labels = [axes.get_xlabel() for axes in figure.axes if axes.get_xlabel()]
        assert any(unit in label for label in labels)
        assert figure.get_facecolor()[:3] == pytest.approx(
            tuple(int(theme.paper[at : at + 2], 16) / 255 for at in (1, 3, 5))
        )
        assert len(embed.figure_webp(figure, 60)) > 1000


def test_what_lies_beyond_the_photograph_is_in_the_picture(damaged, disc):
    cut_off = as_photo(disc("plain").image[:, :1050])
    axes = show.disc_figure(cut_off, damaged).axes[0]
    camera, radius = damaged.groove_map.camera, damaged.groove_map.radius_px.max()
    assert axes.get_xlim()[0] == -0.5
    assert axes.get_xlim()[1] >= camera.centre_px[0] + 0.99 * radius > 1050
    assert axes.get_ylim() == (1199.5, -0.5)


def test_lines_of_many_curves_can_be_told_apart(theme):
    hertz = np.geomspace(20, 20000, 9)
    figure = show.curves_figure(hertz, {f"{turn}N-0": hertz / turn for turn in range(1, 23)}, theme)
    lines = figure.axes[0].get_lines()
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == len(lines) == 22


@pytest.mark.parametrize(
    ("wow_percent", "said"),
    [
        (0.0, "wow of less than 0.01 %"),
        (0.0049, "wow of less than 0.01 %"),
        (0.0051, "wow of at most some 0.01 %"),
        (0.2, "wow of at most some 0.20 %"),
    ],
)
def test_an_error_that_the_digits_do_not_show_is_not_said_to_be_nothing(decoded, wow_percent, said):
    found = decoded("plain")
    check = dataclasses.replace(found.camera_check, wow_percent=wow_percent)
    facts = words.certainty(dataclasses.replace(found, camera_check=check))
    assert facts["camera"].endswith(said)


def test_turns_are_counted_in_whole_numbers(damaged, disc):
    strip = all_turns(as_photo(disc("plain").image), damaged.groove_map)
    for ticks in (
        show.turns_figure(strip).axes[0].get_yticks(),
        show.quality_figure(damaged).axes[-1].get_xticks(),
    ):
        assert len(ticks) > 3
        np.testing.assert_array_equal(ticks, np.rint(ticks))


def test_a_part_of_a_turn_has_a_bar_of_its_own_width(damaged):
    per_turn = damaged.reading.samples_per_turn
    error = damaged.reading.standard_error_px[: 9 * per_turn // 2]
    values = damaged.reading.displacement_px[: len(error)]
    reading = dataclasses.replace(
        damaged.reading,
        standard_error_px=error,
        displacement_px=values,
        contrast=damaged.reading.contrast[: len(error)],
    )
    axes = show.quality_figure(dataclasses.replace(damaged, reading=reading)).axes[1]
    bars = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in axes.patches]
    assert len(bars) == 5
    assert all(one[1] < other[0] for one, other in itertools.pairwise(bars))
    assert bars[-1][1] < 4.5


def test_figures_are_nobodys_but_their_callers():
    program = "import sys, groovescan.reporting; print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


def test_quality_finds_the_turn_that_is_missing_by_half(damaged):
    found = show.quality(damaged)
    assert int(np.argmax(found.filled)) == 2
    assert found.filled[2] == pytest.approx(0.5, abs=0.02)
    assert np.delete(found.filled, 2).max() < 0.1
    assert len(found.turn) == round(damaged.groove_map.turns)


def test_quality_agrees_with_the_reading_on_the_whole(decoded):
    found, reading = show.quality(decoded("plain")), decoded("plain").reading
    assert np.nanmedian(found.snr_db) == pytest.approx(reading.snr_db, abs=1.5)


def test_a_side_without_any_reading_has_no_ratio_and_is_drawn(decoded, disc):
    found = decoded("plain")
    gone = np.full_like(found.reading.standard_error_px, np.inf)
    nothing = dataclasses.replace(
        found, reading=dataclasses.replace(found.reading, standard_error_px=gone)
    )
    assert np.isnan(show.quality(nothing).snr_db).all()
    assert show.quality(nothing).filled.min() == 1
    show.quality_figure(nothing).savefig(embed.io.BytesIO())
    show.disc_figure(as_photo(disc("plain").image), nothing).savefig(embed.io.BytesIO())


@pytest.mark.parametrize("shift_px", [0.0, 0.5, 2.0])
def test_wow_is_the_shift_of_the_centre_over_the_radius(shift_px):
    turns = np.arange(12 * 64 + 1) / 64 - 1
    radius = 400 - 4 * turns + shift_px * np.cos(2 * np.pi * turns + 0.4)
    found = wow_percent(spiral(radius), np.array([2.5, 7.5]))
    expected = 100 * shift_px / np.sqrt(2) / np.array([390, 370])
    assert found == pytest.approx(expected, rel=0.02, abs=1e-3)


def test_where_the_clock_corrected_the_speed_the_page_knows_when_each_turn_is_heard(decoded):
    found = decoded("plain")
    count = len(found.reading.displacement_px)
    even_s = np.arange(count) / found.reading.samples_per_turn * 60 / 78
    assert heard_at_s(found) is None
    clock = Clock(hum_hz=50.0, time_s=0.5 + 1.02 * even_s)
    slow = dataclasses.replace(found, account=dataclasses.replace(found.account, clock=clock))
    assert heard_at_s(slow) == pytest.approx(1.02 * even_s)


def test_the_lathe_s_own_wow_is_drawn_turn_by_turn(decoded, theme):
    found = decoded("plain")
    count, per_turn = len(found.reading.displacement_px), found.reading.samples_per_turn
    turn = np.arange(count) / per_turn
    # a wow of 1 % once per turn that grows from nothing to its full size
    error = 0.01 * turn / turn[-1] * np.sin(2 * np.pi * turn)
    clock = Clock(hum_hz=50.0, time_s=np.cumsum(1 - error) / per_turn * 60 / 78)
    slow = dataclasses.replace(found, account=dataclasses.replace(found.account, clock=clock))
    quality = show.quality(slow)
    expected = quality.turn / turn[-1] / np.sqrt(2)
    np.testing.assert_allclose(quality.lathe_percent[1:-1], expected[1:-1], atol=0.03)
    assert show.quality(found).lathe_percent is None
    labels = [axes.get_ylabel() for axes in show.quality_figure(slow, theme).axes]
    assert any("wow of the lathe" in label for label in labels)
    assert not any("lathe" in axes.get_ylabel() for axes in show.quality_figure(found, theme).axes)


def test_pieces_lie_on_the_groove(decoded, disc):
    found, simulated = decoded("plain"), disc("plain")
    traced = pieces(found, per_turn=32)
    x, y = image_points(found.groove_map, traced.turns[:, 0])
    centre = np.array(simulated.settings.centre_px)
    angle = np.arctan2(centre[1] - y, x - centre[0])
    part = (angle - simulated.settings.start_angle_rad) / (2 * np.pi) % 1
    radius_mm = np.hypot(x - centre[0], y - centre[1]) * simulated.settings.mm_per_px
    turns = (simulated.settings.start_radius_mm - radius_mm) / simulated.settings.pitch_mm
    assert np.abs((turns - part + 0.5) % 1 - 0.5).max() < 0.05


def test_missing_pieces_are_told_from_bad_ones(damaged):
    snr_db, missing = snr_of(damaged.reading, 2 * 10)
    assert missing.sum() in (1, 2)
    assert np.isnan(snr_db[missing]).all()
    assert np.isfinite(snr_db[~missing]).all()


@pytest.mark.parametrize("name", ["plain", "through"])
def test_the_disc_is_shown_square_on_about_its_groove(disc, decoded, name):
    simulated, found = disc(name), decoded(name)
    picture = embed.disc_picture(as_photo(simulated.image), found.groove_map)
    size = len(picture)
    assert picture.shape == (size, size)
    assert picture.dtype == np.uint8
    # where the truth has the groove in the photograph, the picture has it at the map's angle
    scale = size / 2 / embed.disc_radius_px(found.groove_map)
    turns = np.linspace(2.0, 8.0, 4000)
    radius = radius_at(found.groove_map, turns) * scale
    angle = angle_at(found.groove_map, turns)

    def light(offset):
        x = size / 2 - 0.5 + (radius + offset) * np.cos(angle)
        y = size / 2 - 0.5 - (radius + offset) * np.sin(angle)
        return picture[np.rint(y).astype(int), np.rint(x).astype(int)].astype(float)

    half = found.groove_map.pitch_px * scale / 2
    assert np.mean(light(0.0) < light(half)) > 0.9


def test_beyond_the_photograph_the_disc_is_black(disc, decoded):
    found = decoded("plain")
    half = as_photo(disc("plain").image[:, :600])
    picture = embed.disc_picture(half, found.groove_map)
    assert picture[:, -len(picture) // 4 :].max() == 0


def test_turns_are_cut_as_the_groove_runs(disc, decoded):
    photo = as_photo(disc("plain").image)
    found = decoded("plain").groove_map
    bands, every = turn_bands(all_turns(photo, found))
    assert every == 1
    assert len(bands) == int(np.ceil(found.turns))
    profile = bands[2:8].mean(axis=(0, 1))
    assert np.argmin(profile) == pytest.approx((len(profile) - 1) / 2, abs=1)


def test_the_close_look_is_the_loudest_and_shows_the_groove_where_it_was_read(disc, decoded):
    found = decoded("plain")
    close = close_up(as_photo(disc("plain").image), found)
    reading = found.reading
    first = round(close.start_turns * reading.samples_per_turn)
    length = round(len(close.strip.luminance) / close.strip.samples_per_turn
                   * reading.samples_per_turn)  # fmt: skip
    loud = np.mean(reading.displacement_px[first : first + length] ** 2)
    assert loud > 2 * np.mean(reading.displacement_px**2)
    near = np.abs(close.strip.offset_px) < found.groove_map.pitch_px / 2
    darkest = close.strip.offset_px[near][np.argmin(close.strip.luminance[:, near], axis=1)]
    place = first + np.arange(len(darkest)) * length / len(darkest)
    read = np.interp(place, np.arange(len(reading.displacement_px)), reading.displacement_px)
    assert np.corrcoef(darkest, read)[0, 1] > 0.6


def test_a_tone_stands_where_it_sounds():
    part = np.arange(48000) / 48000
    tone = Waveform(samples=np.sin(2 * np.pi * 1000 * part).astype(np.float32), rate_hz=48000)
    shown = show.spectrogram(tone)
    loudest = shown.frequency_hz[shown.level_db.mean(axis=1).argmax()]
    assert loudest == pytest.approx(1000, rel=0.03)
    assert shown.level_db.max() == pytest.approx(0)
    assert shown.time_s[-1] < 1.0


@pytest.mark.parametrize("count", [0, 1, 100, 300000])
@pytest.mark.parametrize("rate_hz", [8000, 96000])
def test_any_length_of_sound_is_shown(count, rate_hz):
    silence = Waveform(samples=np.zeros(count, np.float32), rate_hz=rate_hz)
    shown = show.spectrogram(silence)
    assert np.isfinite(shown.level_db).all()
    assert shown.frequency_hz.max() <= rate_hz / 2
    low, high = envelope(silence, 50)
    assert len(low) == len(high) == max(1, min(50, count))
    show.sound_figure(silence)


def test_the_envelope_keeps_every_click():
    sound = np.zeros(10000, np.float32)
    sound[7777] = 0.7
    low, high = envelope(Waveform(samples=sound, rate_hz=48000), 100)
    assert np.flatnonzero(high).tolist() == [77]
    assert high.max() == np.float32(0.7)
    assert low.min() == 0


@pytest.mark.parametrize("rate_hz", [44100, 48000, 96000])
def test_the_sound_of_the_page_is_the_sound(rate_hz):
    import base64
    import io

    import soundfile

    part = np.arange(rate_hz) / rate_hz
    wave = (0.5 * np.sin(2 * np.pi * 440 * part) * np.hanning(rate_hz)).astype(np.float32)
    coded = base64.b64decode(embed.mp3(Waveform(samples=wave, rate_hz=rate_hz)))
    sound, rate = soundfile.read(io.BytesIO(coded))
    assert len(sound) / rate == pytest.approx(1.0, abs=0.001)
    back = np.interp(part[: rate_hz - 100], np.arange(len(sound)) / rate, sound)
    gain = back @ wave[: rate_hz - 100] / (wave @ wave)  # the encoder leaves some room on top
    assert gain == pytest.approx(0.97, abs=0.04)
    assert np.abs(back / gain - wave[: rate_hz - 100]).max() < 0.005


def test_the_measured_quality_is_drawn_as_it_was_measured(damaged):
    measured = damaged.measured
    over_time, over_pitch = show.measured_figure(measured).axes
    drawn = over_time.lines[0].get_ydata()
    near = np.isfinite(measured.over_time_db) & (np.abs(measured.over_time_db - 15) < 30)
    np.testing.assert_allclose(drawn[near], measured.over_time_db[near])
    tops = [bar.get_y() + bar.get_height() for bar in over_pitch.patches if bar.get_height() < 61]
    told = np.clip(measured.band_db[np.isfinite(measured.band_db)], -15, 45)
    assert set(np.round(told, 6)) <= set(np.round(tops, 6))


def test_of_what_halves_do_not_tell_nothing_is_drawn(damaged):
    nothing = {
        name: np.full(len(getattr(damaged.measured, name)), np.nan)
        for name in ("band_db", "over_time_db")
    }
    figure = show.measured_figure(dataclasses.replace(damaged.measured, **nothing))
    assert not np.isfinite(figure.axes[0].lines[0].get_ydata()).any()
    empty = dataclasses.replace(
        damaged.measured,
        time_s=np.zeros(0),
        over_time_db=np.zeros(0),
        **{"band_db": nothing["band_db"]},
    )
    assert len(embed.figure_webp(show.measured_figure(empty), 60)) > 1000
