"""The benchmark that holds claimed against true errors, and what it says of decodes."""

import importlib.util
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import CONDITIONS, ROOT
from scipy import ndimage
from scipy.interpolate import make_interp_spline

from groovescan.core.results import Reading
from groovescan.simulate import write_simulation

SECONDS_PER_TURN, PER_TURN, TURNS = 60 / 78, 4096, 8
RATE_HZ, MM_PER_PX = 22050.0, 0.058
ROWS = PER_TURN * TURNS


@pytest.fixture(scope="module")
def calibration(scoring):
    """The benchmark, which is not part of the package; it imports the scores by name."""
    place = ROOT / "benchmarks" / "calibration.py"
    spec = importlib.util.spec_from_file_location("calibration", place)
    module = importlib.util.module_from_spec(spec)
    sys.modules["calibration"] = module
    spec.loader.exec_module(module)
    return module.calibration


@pytest.fixture
def truth(scoring, rng):
    """A displacement like a sound's, 0.3 px rms, between 60 and some 350 Hz."""
    count = int(TURNS * SECONDS_PER_TURN * RATE_HZ)
    moved = ndimage.gaussian_filter1d(rng.standard_normal(count), 10.0)
    moved -= ndimage.gaussian_filter1d(moved, 60.0)
    none = np.zeros(0)
    return scoring.Truth(
        displacement_mm=0.3 * MM_PER_PX * moved / moved.std(),
        rate_hz=RATE_HZ,
        sound_s=(0.0, count / RATE_HZ),
        centre_px=None,
        start="outer",
        seconds_per_turn=SECONDS_PER_TURN,
        bound_time_s=none,
        bound_density_mm2_per_hz=none,
        bound_radius_mm=np.full(1, 20.0),
        bound_mtf_mm=1e-6,
    )


def made_up(truth, rng, *, claims=1.0, late_rows=0.3, sign=1.0, missing=0, wow_rows=0.0):
    """A reading whose errors are known: unequal, and changing along the groove as on discs."""
    seconds = np.arange(len(truth.displacement_mm)) / truth.rate_hz
    turn = 2 * np.pi * np.arange(ROWS) / PER_TURN
    late_rows = late_rows + wow_rows * (np.cos(turn + 0.4) - 0.5 * np.sin(2 * turn))
    wanted = (np.arange(ROWS) - late_rows) * truth.seconds_per_turn / PER_TURN
    moved = (
        make_interp_spline(seconds, truth.displacement_mm, 3)(np.clip(wanted, 0, seconds[-1]))
        / MM_PER_PX
    )
    wander = ndimage.gaussian_filter1d(rng.standard_normal(ROWS), 200.0)
    error = 0.1 * np.exp(0.8 * wander / wander.std())
    read = sign * moved + error * rng.standard_normal(ROWS)
    claimed = error * claims
    for start in rng.integers(0, ROWS - 40, missing):
        claimed[start : start + 40], read[start : start + 40] = np.inf, 9.0
    reading = Reading(
        displacement_px=read,
        standard_error_px=claimed.astype(np.float32),
        contrast=np.full(ROWS, -0.3, np.float32),
        samples_per_turn=PER_TURN,
        snr_db=10.0,
    )
    return SimpleNamespace(reading=reading)


@pytest.mark.parametrize("claims", [1.0, 0.5, 2.0])
def test_it_says_by_how_much_the_claims_are_wrong(calibration, truth, rng, claims):
    found = calibration(made_up(truth, rng, claims=claims), truth, MM_PER_PX)
    assert found.shape == (10,)
    np.testing.assert_allclose(found, 1 / claims, rtol=0.1)


def test_it_tells_which_part_of_the_claims_is_wrong(calibration, truth, rng):
    right = made_up(truth, rng)
    error = right.reading.standard_error_px
    worst = error > np.percentile(error, 80)
    # those that claim most err three times as much as they claim
    drawn = np.where(worst, 2.8 * error * rng.standard_normal(ROWS), 0)
    wrong = SimpleNamespace(
        reading=Reading(
            displacement_px=right.reading.displacement_px + drawn,
            standard_error_px=error,
            contrast=right.reading.contrast,
            samples_per_turn=PER_TURN,
            snr_db=10.0,
        )
    )
    found = calibration(wrong, truth, MM_PER_PX)
    np.testing.assert_allclose(found[:7], 1.0, rtol=0.12)
    # the first and the last turn, which do not count, may hold more of them
    assert found[9] == pytest.approx(np.hypot(1, 2.8), rel=0.12)
    assert found[8] > 2


@pytest.mark.parametrize(
    "change",
    [{"late_rows": 37.4}, {"late_rows": -20.7}, {"sign": -1.0}, {"missing": 30}],
    ids=["late", "early", "inverted", "with holes"],
)
def test_where_it_starts_and_what_is_missing_does_not_matter(calibration, truth, rng, change):
    found = calibration(made_up(truth, rng, **change), truth, MM_PER_PX)
    np.testing.assert_allclose(found, 1.0, rtol=0.12)


def test_slow_errors_are_the_map_s(calibration, truth, rng):
    one = made_up(truth, rng)
    slow = 0.5 * np.sin(2 * np.pi * np.arange(ROWS) / PER_TURN)
    one.reading.displacement_px[:] += slow
    np.testing.assert_allclose(calibration(one, truth, MM_PER_PX), 1.0, rtol=0.12)


def test_where_along_the_groove_a_sample_lies_is_the_map_s(calibration, truth, rng):
    one = made_up(truth, rng, wow_rows=2.0)
    assert calibration(one, truth, MM_PER_PX).max() > 1.5
    np.testing.assert_allclose(calibration(one, truth, MM_PER_PX, delayed=True), 1.0, rtol=0.12)


@pytest.mark.parametrize("claims", [0.5, 2.0])
def test_no_delay_hides_a_wrong_claim(calibration, truth, rng, claims):
    found = calibration(made_up(truth, rng, claims=claims), truth, MM_PER_PX, delayed=True)
    np.testing.assert_allclose(found, 1 / claims, rtol=0.1)


@pytest.mark.parametrize("name", list(CONDITIONS))
def test_the_claims_of_a_decode_are_honest_in_every_tenth(
    calibration, scoring, disc, decoded, tmp_path, name
):
    truth = scoring.load_truth(write_simulation(disc(name), tmp_path / "disc.png")[1])
    found = calibration(decoded(name), truth, CONDITIONS[name].mm_per_px)
    np.testing.assert_allclose(found, 1.0, atol=0.2)
