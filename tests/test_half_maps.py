"""Two readings from halves of the pixels tell the noise, whatever is claimed."""

import numpy as np
import pytest
from conftest import as_photo
from scipy import ndimage
from test_read import RATE_HZ, SETTINGS, true_map

from groovescan.config.settings import GrooveSettings
from groovescan.core.results import Reading
from groovescan.quality import measure
from groovescan.quality.intelligibility import BANDS_HZ, intelligibility
from groovescan.reading.displacement_reader import read
from groovescan.simulate import make_sound, simulate
from groovescan.strip.groove_or_land import align
from groovescan.wording.quality_words import understood

PER_TURN, RPM = 16384, 78.0


def reading_of(disc, image):
    along = true_map(disc)
    photo = as_photo(image / np.float32(65535))
    return read(photo, along, align(photo, along), GrooveSettings(), along=along)


@pytest.fixture(scope="module")
def drawn():
    return simulate(make_sound(3.0, RATE_HZ, np.random.default_rng(8)), RATE_HZ, SETTINGS)


def spread_of(reading):
    """Rms of the halves' difference over the claimed error, both of some rows together.

    The programme changes little within so many rows: what counts is the noise in its band.
    """
    told = np.isfinite(reading.standard_error_px) & np.isfinite(reading.half_difference_px)
    assert told.mean() > 0.4
    rows = 8
    apart = np.where(told, reading.half_difference_px, 0)
    claimed = np.where(told, reading.standard_error_px, 0) ** 2
    whole = len(apart) // rows * rows
    apart, claimed = (each[:whole].reshape(-1, rows).sum(axis=1) for each in (apart, claimed))
    return float(np.sqrt(np.sum(apart**2) / np.sum(claimed)))


def test_halves_differ_by_the_claimed_error_where_noise_is_white(drawn):
    assert spread_of(reading_of(drawn, drawn.image)) == pytest.approx(1.0, abs=0.12)


def test_halves_differ_by_more_where_the_noise_of_neighbours_goes_together(drawn):
    clean = simulate(
        make_sound(3.0, RATE_HZ, np.random.default_rng(8)), RATE_HZ, SETTINGS.replace(noise=0.0)
    ).image.astype(float)
    white = np.random.default_rng(2).standard_normal(clean.shape)
    blurred = ndimage.gaussian_filter(white, 1.0)
    coloured = np.clip(clean + 0.012 * 65535 * blurred / blurred.std(), 0, 65535)
    assert spread_of(reading_of(drawn, coloured)) > 1.5


def synthetic(noise_px, rng, unread=()):
    """A programme of bursts of noise from 300 Hz to 2 kHz, read with white noise."""
    count = 12 * PER_TURN
    rate_hz = PER_TURN * RPM / 60
    spectrum = np.fft.rfft(rng.standard_normal(count))
    hertz = np.fft.rfftfreq(count, 1 / rate_hz)
    spectrum[(hertz < 300) | (hertz > 2000)] = 0
    programme = np.fft.irfft(spectrum, count)
    programme *= 0.1 / programme.std()
    error = np.full(count, noise_px, np.float32)
    for first, last in unread:
        error[first:last] = np.inf
    return programme, Reading(
        displacement_px=programme + noise_px * rng.standard_normal(count),
        standard_error_px=error,
        contrast=np.ones(count, np.float32),
        samples_per_turn=PER_TURN,
        snr_db=0.0,
        half_difference_px=(noise_px * rng.standard_normal(count)).astype(np.float32),
    )


@pytest.mark.parametrize("noise_px", [0.02, 0.1, 0.2])
def test_measured_ratio_is_that_of_the_best_estimate(noise_px, rng):
    from groovescan.sound.repair import repair

    programme, reading = synthetic(noise_px, rng)
    best = repair(reading).displacement_px
    found = measure(reading, RPM, "flat")
    left = band_power(best - programme)
    true_db = 10 * np.log10(band_power(programme) / left - 1)
    assert found.displacement_snr_db == pytest.approx(true_db, abs=1.5)


def band_power(values):
    spectrum = np.abs(np.fft.rfft(values)) ** 2
    hertz = np.fft.rfftfreq(len(values), 60 / RPM / PER_TURN)
    return spectrum[(hertz > 100) & (hertz < 4000)].sum()


def test_claims_do_not_flatter_it(rng):
    _, reading = synthetic(0.1, rng)
    boasting = Reading(
        **{**vars(reading), "standard_error_px": reading.standard_error_px / np.float32(3)}
    )
    pair = measure(reading, RPM).displacement_snr_db, measure(boasting, RPM).displacement_snr_db
    assert pair[1] < pair[0] + 0.5


def test_what_is_missing_counts_as_noise(rng):
    _, whole = synthetic(0.02, rng)
    _, gapped = synthetic(0.02, rng, unread=((20000, 60000),))
    assert measure(gapped, RPM).displacement_snr_db < 8.5 < measure(whole, RPM).displacement_snr_db
    alone = measure(gapped, RPM).read_displacement_snr_db
    assert alone == pytest.approx(measure(whole, RPM).displacement_snr_db, abs=1.5)
    silent = measure(gapped, RPM).over_time_db
    assert np.isnan(silent).any() or silent.min() < 0


def test_bandwidth_and_bands_follow_the_programme(rng):
    _, reading = synthetic(0.1, rng)
    found = measure(reading, RPM, "flat")
    assert 1900 < found.bandwidth_hz < 2600
    inside = (found.centre_hz > 350) & (found.centre_hz < 1700)
    assert found.band_db[inside].min() > 5
    beyond = (found.centre_hz > 2600) & (found.centre_hz < 8000)
    assert found.band_db[beyond].max() < -3


def test_without_halves_nothing_is_measured(rng):
    _, reading = synthetic(0.1, rng)
    alone = Reading(**{**vars(reading), "half_difference_px": None})
    none = Reading(
        **{**vars(reading), "half_difference_px": np.full(len(reading.displacement_px), np.nan)}
    )
    assert measure(alone, RPM) is None
    assert measure(none, RPM) is None


def test_intelligibility_goes_with_the_ratio():
    def told(db):
        return intelligibility(np.full(len(BANDS_HZ), db))

    found = [told(db) for db in (-40.0, -5.0, 5.0, 60.0)]
    assert found == sorted(found)
    assert found[-1] > 0.99
    assert found[0] < 0.2
    assert told(np.nan) == found[0]


def test_intelligibility_has_words():
    assert len({understood(value) for value in (0.3, 0.65, 0.75, 0.95)}) == 4
