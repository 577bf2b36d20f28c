"""What is predicted of a photograph comes true, and what is hopeless is refused."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import groovescan
from groovescan.core.causes import Cause
from groovescan.core.results import Photograph, Resolution
from groovescan.errors import GrooveNotFoundError
from groovescan.prediction.resolution import pixel_noise, refuse_hopeless
from groovescan.simulate import SimulateSettings, make_sound, simulate, write_simulation

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
from scoring import load_truth, score

RATE_HZ = 22050
SMALL = SimulateSettings(
    width_px=1200,
    height_px=1200,
    start_radius_mm=32.0,
    film_radius_mm=33.5,
    lead_in_turns=1.5,
    run_out_turns=1.5,
    supersampling=2,
    seed=5,
)
GOOD = Resolution(
    pitch_px=5.0,
    sharpness=0.7,
    noise=0.004,
    contrast=0.1,
    error_px=0.03,
    snr_db=20.0,
    bandwidth_hz=5000.0,
)


def decoded(tmp_path, **changes):
    path = tmp_path / "disc.png"
    sound = make_sound(3.0, RATE_HZ, np.random.default_rng(3), "speech")
    write_simulation(simulate(sound, RATE_HZ, SMALL.replace(**changes)), path)
    modulation = changes.get("modulation", "lateral")
    found = groovescan.decode(
        path, groovescan.Settings().replace(groove={"modulation": modulation})
    )
    truth = load_truth(path.with_suffix(".truth.json"))
    return found, score(found.waveform.samples, found.waveform.rate_hz, truth), truth


def least_error_px(truth):
    """Least error of the displacement between 100 Hz and 4 kHz, by the bound of the truth."""
    density_mm2_per_hz = np.median(truth.bound_density_mm2_per_hz)
    return np.sqrt(density_mm2_per_hz * 3900) / truth.mm_per_px


@pytest.mark.parametrize("noise", [0.003, 0.012])
def test_the_predicted_ratio_comes_true(tmp_path, noise):
    found, result, truth = decoded(tmp_path, noise=noise)
    assert found.resolution.error_px == pytest.approx(least_error_px(truth), rel=0.15)
    assert found.resolution.snr_db == pytest.approx(result.snr_db, abs=3.0)
    assert found.resolution.noise == pytest.approx(noise, rel=0.15)
    assert found.resolution.pitch_px == pytest.approx(0.28 / 0.058, rel=0.02)
    assert len(found.jumps) == 0
    assert found.camera_check.bend_px < 0.3


@pytest.mark.parametrize(
    ("modulation", "amplitude_mm"), [("vertical", 0.035), ("brightness", 0.05)]
)
def test_other_cuts_are_read(tmp_path, modulation, amplitude_mm):
    found, result, _ = decoded(tmp_path, modulation=modulation, amplitude_mm=amplitude_mm)
    assert result.lost == 0
    assert result.gap_db < 1.0
    assert found.resolution.snr_db == pytest.approx(result.snr_db, abs=4.0)
    assert found.reading.read_fraction > 0.95


@pytest.mark.parametrize("noise", [0.002, 0.05])
def test_the_noise_of_the_pixels_is_measured_beside_a_groove(rng, noise):
    y, x = np.mgrid[:400, :400]
    light = 0.5 + 0.1 * np.sin(2 * np.pi * x / 5.0) + 0.1 * y / 400
    noisy = (light + noise * rng.standard_normal(light.shape)).astype(np.float32)
    places = rng.uniform(0, 400, (100, 2))
    assert pixel_noise(Photograph(luminance=noisy), places) == pytest.approx(noise, rel=0.1)


def test_a_photograph_smaller_than_a_patch_has_a_noise(rng):
    small = rng.standard_normal((20, 30)).astype(np.float32)
    places = np.array([[5.0, 5.0], [29.0, 19.0]])
    assert pixel_noise(Photograph(luminance=small), places) == pytest.approx(1.0, rel=0.4)


def test_what_can_be_read_is_not_refused():
    refuse_hopeless(GOOD, "disc.png")


def test_what_cannot_be_read_is_refused_with_its_numbers():
    hopeless = replace(GOOD, error_px=1.2, noise=0.31)
    with pytest.raises(
        GrooveNotFoundError, match=r"disc\.png.*0\.310.*1\.20 px.*3\.0 times"
    ) as caught:
        refuse_hopeless(hopeless, "disc.png")
    assert (caught.value.cause, caught.value.exit_code) == (Cause.NOISE.word, 4)
    assert str(caught.value).endswith(Cause.NOISE.advice)
