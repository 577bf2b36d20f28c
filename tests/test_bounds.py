"""Numbers of any size, files that may not be read, any environment: a message, or a result."""

import dataclasses
import json
import os
import subprocess
import sys
import warnings

import numpy as np
import pytest
from conftest import ROOT

from groovescan.batch.collection import CollectionRequest
from groovescan.cli import main
from groovescan.cli.common import json_text
from groovescan.config.settings import PhotoSettings, Settings
from groovescan.core.results import Waveform
from groovescan.errors import SettingsError
from groovescan.photo import as_photograph
from groovescan.reporting.embed import mp3
from groovescan.runtime.blas import one_blas_thread
from groovescan.runtime.threads import VARIABLE, thread_count
from groovescan.sound import CATALOGUE, parse_curve, response

HUGE = "9" * 400
STRANGE = [1e300, -1e300, float("nan"), float("inf"), -float("inf"), 10**30, -(10**30)]


@pytest.mark.parametrize(
    "code",
    [f"250N-{HUGE}", "250N-6000", "250N-41", f"{HUGE}N-0", "9.9N-0", "20001N-0", "250N-٣"],
    ids=lambda code: code[:12],
)
def test_curves_beyond_all_records_are_refused(code):
    with pytest.raises(SettingsError, match=r"must lie between|no recording curve"):
        parse_curve(code)


@pytest.mark.parametrize("code", ["10N-0", "20000X-40", "250N-0." + "0" * 320 + "1", "250R-0.01"])
def test_curves_at_the_edge_are_finite(code):
    hertz = np.linspace(0, 96000, 1000)
    assert np.isfinite(response(parse_curve(code), hertz)).all()


def test_all_curves_that_have_a_name_are_within_the_bounds():
    for row in CATALOGUE:
        parse_curve(row.code)


@pytest.mark.parametrize("value", STRANGE, ids=str)
def test_every_setting_that_is_a_number_has_bounds(value):
    held = Settings()
    for stage in dataclasses.fields(held):
        for item in dataclasses.fields(getattr(held, stage.name)):
            if "low" in item.metadata:
                with pytest.raises(SettingsError, match=item.name):
                    held.replace(**{stage.name: {item.name: value}})


@pytest.mark.parametrize("clock", [f"hum:{HUGE}", "hum:0", "hum:1001", "hum:19.9", "hum:nan"])
def test_hum_has_bounds(clock):
    with pytest.raises(SettingsError):
        Settings().replace(sound={"clock": clock})


@pytest.mark.parametrize("dpi", [1e-300, 0.5, -1.0])
def test_a_density_is_none_or_at_least_1(dpi):
    with pytest.raises(SettingsError, match="dpi"):
        PhotoSettings(dpi=dpi)


@pytest.mark.parametrize("asked", ["0", "-1", "1025", HUGE, "two", "1e3", "²"])
def test_threads_have_bounds(asked, monkeypatch):
    monkeypatch.setenv(VARIABLE, asked)
    with pytest.raises(SettingsError, match="from 1 to 1024") as caught:
        thread_count()
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("wrong", [{"jobs": 0}, {"jobs": 10**9}])
@pytest.mark.parametrize("limit_s", [None, -1.0, 0.0, float("nan"), float("inf"), 1e300])
def test_a_collection_has_bounds(wrong, limit_s):
    with pytest.raises(SettingsError):
        CollectionRequest(settings=Settings(), **wrong)
    if limit_s is not None:
        with pytest.raises(SettingsError, match="time limit"):
            CollectionRequest(settings=Settings(), limit_s=limit_s)


@pytest.mark.parametrize(
    "arguments",
    [
        ["decode", "a.png", "--eq", f"250N-{HUGE}"],
        ["decode", "a.png", "--rate", "7999"],
        ["decode", "a.png", "--gain", "nan"],
        ["decode", "a.png", "--dpi", "inf"],
        ["curves", "250N-6000"],
        ["batch", ".", "-o", "out", "--jobs", "99999999"],
        ["batch", ".", "-o", "out", "--time-limit", "nan"],
        ["simulate", "a.wav", "-o", "b.png", "--set", "noise=1e400"],
        ["simulate", "a.wav", "-o", "b.png", "--set", f"bones={'9' * 5000}"],
    ],
    ids=lambda arguments: f"{arguments[0]} {arguments[-1][:12]}",
)
def test_the_command_line_ends_with_2(arguments, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.png").write_bytes(b"")
    (tmp_path / "a.wav").write_bytes(b"")
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "unexpected" not in capfd.readouterr().err


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_the_coder_of_the_page_is_given_numbers_only(bad):
    """It asserts that they are, and an assertion ends the process and whatever else it does."""
    samples = np.zeros(48000, np.float32)
    samples[1000:2000] = bad
    assert len(mp3(Waveform(samples=samples, rate_hz=48000))) > 1000


@pytest.mark.parametrize("scale", [1e300, -1e300, 8e307, 1e-300, 1e38, 1.0])
@pytest.mark.parametrize("channels", [1, 3])
def test_floats_of_any_size_become_the_same_picture(scale, channels, rng):
    picture = rng.random((40, 50, channels))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = as_photograph(scale * (2 * picture - 1)).luminance
    expected = as_photograph(2 * np.sign(scale) * (2 * picture - 1)).luminance
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_largest_floats_there_are(dtype):
    most = np.finfo(dtype).max
    picture = np.array([[-most, 0], [most / 2, most]], dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = as_photograph(picture).luminance
        flat = as_photograph(np.full((3, 3), most)).luminance
    np.testing.assert_allclose(found, [[0, 0.5], [0.75, 1]], atol=1e-3)
    assert (flat == 0).all()


def test_json_knows_no_infinite_numbers():
    text = json_text({"a": -float("inf"), "b": {"c": [float("nan"), 1.5]}, "имя": "骨"})
    assert json.loads(text, parse_constant=pytest.fail) == {
        "a": None,
        "b": {"c": [None, 1.5]},
        "имя": "骨",
    }


@pytest.mark.parametrize("command", ["decode", "inspect"])
def test_a_photograph_that_may_not_be_read_ends_with_3(command, tmp_path, monkeypatch, capfd):
    path = tmp_path / "a.png"
    path.write_bytes(b"x")

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("os.access", lambda *_, **__: False)
    for name in ("open", "is_file"):
        with monkeypatch.context() as patch:
            patch.setattr(f"pathlib.Path.{name}", refuse)
            with pytest.raises(SystemExit) as ended:
                main([command, str(path)])
        assert ended.value.code == 3
        assert "permissions" in capfd.readouterr().err


DIGEST = """
import hashlib, sys
import numpy as np
import groovescan
from groovescan.runtime.blas import one_blas_thread

@one_blas_thread()
def product(matrix):
    return matrix.T @ matrix

matrix = np.random.default_rng(1).normal(size=(3000, 300))
print(hashlib.sha256(product(matrix).tobytes()).hexdigest())
print(hashlib.sha256((matrix.T @ matrix).tobytes()).hexdigest())
decoded = groovescan.decode(np.load(sys.argv[1]))
print(hashlib.sha256(decoded.waveform.samples.tobytes()).hexdigest())
"""


def test_the_same_bits_whatever_the_environment_says(tmp_path, disc):
    """From the library, which was loaded with any number of threads for linear algebra."""
    path = tmp_path / "disc.npy"
    np.save(path, disc("plain").image)
    ends = []
    for count in ("1", "3"):
        threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), count)
        end = subprocess.run(
            [sys.executable, "-c", DIGEST, path],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | threads | {"PYTHONPATH": str(ROOT)},
        )
        ends.append(end.stdout.split())
    limited, free, decoded = zip(*ends, strict=True)
    assert len(set(limited)) == len(set(decoded)) == 1
    if (os.cpu_count() or 1) > 1 and len(set(free)) == 1:
        pytest.skip("this machine's linear algebra adds in one order anyway")


def test_the_number_of_threads_is_what_it_was_afterwards():
    import threadpoolctl

    def counts():
        found = threadpoolctl.threadpool_info()
        return [one["num_threads"] for one in found if one["user_api"] == "blas"]

    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        before = counts()
        with one_blas_thread(), one_blas_thread():
            assert set(counts()) <= {1}
        assert counts() == before
        with pytest.raises(ZeroDivisionError), one_blas_thread():
            raise ZeroDivisionError
        assert counts() == before
