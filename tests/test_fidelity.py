"""Whatever mild conditions come together, a decode stays near what the photograph allows."""

import sys
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import groovescan
from groovescan.simulate import SimulateSettings, make_sound, simulate, write_simulation

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
from scoring import load_truth, score

RATE_HZ = 22050
SMALL = SimulateSettings(
    width_px=1500,
    height_px=1500,
    mm_per_px=0.058,
    start_radius_mm=41.0,
    film_radius_mm=43.0,
    lead_in_turns=1.5,
    run_out_turns=1.5,
    supersampling=2,
)
LARGEST_GAP_DB = 2.0


@st.composite
def mild_conditions(draw):
    """A disc as it is on a good day, with a little of everything."""
    profile = draw(st.sampled_from(["line", "walls", "raking"]))
    # two bright walls and a dark bottom within less than two pixels are no contrast at all
    narrowest_mm = 0.07 if profile == "line" else 2 * SMALL.mm_per_px
    return SMALL.replace(
        seed=draw(st.integers(0, 10_000)),
        mirrored=draw(st.booleans()),
        profile=profile,
        contrast=draw(st.sampled_from([-1, 1])) * draw(st.floats(0.3, 0.5)),
        lamp_falloff=draw(st.floats(0.0, 0.6)),
        width_mm=draw(st.floats(narrowest_mm, 0.17)),
        amplitude_mm=draw(st.floats(0.03, 0.07)),
        noise=draw(st.floats(0.002, 0.005)),
        blur_px=draw(st.floats(0.5, 0.9)),
        tilt_x=draw(st.floats(-0.01, 0.01)),
        x_scale_error=draw(st.floats(-0.003, 0.003)),
        start_angle_rad=draw(st.floats(0.0, 6.0)),
        dust=draw(st.integers(0, 40)),
        bones=draw(st.integers(0, 4)),
    )


@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # every smaller example would be one more decode
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(mild_conditions())
def test_mild_conditions_are_decoded_near_the_bound(tmp_path, conditions):
    sound = make_sound(3.0, RATE_HZ, np.random.default_rng(conditions.seed), "speech")
    path = tmp_path / "disc.png"
    write_simulation(simulate(sound, RATE_HZ, conditions), path, force=True)
    decoded = groovescan.decode(path)
    result = score(
        decoded.waveform.samples,
        decoded.waveform.rate_hz,
        load_truth(path.with_suffix(".truth.json")),
    )
    assert result.lost == 0
    assert result.gap_db < LARGEST_GAP_DB
