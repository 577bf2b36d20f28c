"""What the tests share."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

# Before numpy is loaded: threads of OpenBLAS that wait for each other on a busy machine make the
# small matrix products of a decode ten times slower.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pytest

from groovescan.config.settings import Settings
from groovescan.core.results import Photograph
from groovescan.runtime.jit_ahead import compile_once
from groovescan.simulate import SimulateSettings, make_sound, simulate
from groovescan.simulate.model.sensor import make_view

ROOT = Path(__file__).parent.parent
SOUND_HZ = 22050.0

# Six seconds on eleven turns about the size of a small label, with bones. Drawn with four points
# per px instead of nine it differs by 0.02 of 255 levels, and takes two thirds of the time; so it
# is where tests draw discs of their own. The conditions below are what the stages have to cope
# with; each is drawn and decoded once for all tests.
SMALL = SimulateSettings(
    width_px=1200,
    height_px=1200,
    start_radius_mm=32.0,
    film_radius_mm=33.5,
    lead_in_turns=1.5,
    run_out_turns=1.5,
    hole_radius_mm=1.5,
    bones=4,
    supersampling=2,
    seed=11,
)
FINE = SMALL.replace(supersampling=3)
CONDITIONS = {
    "plain": FINE,
    "through": FINE.replace(
        mirrored=True,
        start_angle_rad=0.9,
        tilt_x=0.06,
        tilt_y=-0.04,
        x_scale_error=0.006,
        shear=0.003,
        centre_x_offset_px=-7.4,
        centre_y_offset_px=5.2,
    ),
    "inner flip": FINE.replace(
        start="inner", start_radius_mm=28.0, start_angle_rad=-1.7, flip=True, contrast=0.34
    ),
}


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """Share the whole suite between two processes; single files run in one.

    Two and no more: some tests use two cores themselves. Each file stays in one process, so that
    what its tests share is drawn and decoded once. The loops are compiled before, and not by both.
    """
    asked, within = config.option, "PYTEST_XDIST_WORKER" in os.environ
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS and not asked.collectonly
    if within or not whole:
        return
    compile_once()
    alone = asked.usepdb or (os.cpu_count() or 1) == 1
    if config.pluginmanager.hasplugin("xdist") and asked.numprocesses is None and not alone:
        asked.numprocesses, asked.dist = 2, "loadfile"
        asked.loadscopereorder = False  # those with few tests are the long ones


@dataclass(frozen=True)
class Ended:
    """How a call of the command line ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys):
    """Call the command line in this process, the way the console script does."""
    from groovescan.cli import main

    def call(*arguments: object) -> Ended:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Ended(ended.value.code or 0, captured.out, captured.err)

    return call


@pytest.fixture
def rng():
    return np.random.default_rng(20240607)


@pytest.fixture
def picture(rng):
    """A small grey picture in which no two rows, columns or turns look alike."""
    return rng.integers(0, 256, (40, 60), dtype=np.uint8)


@pytest.fixture(scope="session")
def disc():
    """Simulated discs by the name of their condition, each drawn when it is first asked for."""
    drawn = {}

    def get(name):
        if name not in drawn:
            sound = make_sound(6.0, SOUND_HZ, np.random.default_rng(5))
            drawn[name] = simulate(sound, SOUND_HZ, CONDITIONS[name])
            drawn[name].image.flags.writeable = False
        return drawn[name]

    return get


@pytest.fixture(scope="session")
def decoded(disc):
    """Decodes of the simulated discs, by the name of their condition."""
    import groovescan

    done = {}

    def get(name):
        if name not in done:
            settings = Settings().replace(disc={"start": CONDITIONS[name].start})
            done[name] = groovescan.decode(disc(name).image, settings)
        return done[name]

    return get


@pytest.fixture(scope="session")
def scoring():
    """The benchmarks' scores, which are not part of the package."""
    place = ROOT / "benchmarks" / "scoring.py"
    spec = importlib.util.spec_from_file_location("scoring", place)
    module = importlib.util.module_from_spec(spec)
    sys.modules["scoring"] = module
    spec.loader.exec_module(module)
    return module


def as_photo(image):
    """A photograph of 8 bits or of floats, as the stages take it."""
    image = np.asarray(image)
    if image.dtype == np.uint8:
        image = image / np.float32(255)
    return Photograph(luminance=image.astype(np.float32))


def true_points(settings, turns, displacement_mm=0.0):
    """Where the groove runs in a simulated photograph, x and y in px; for flat films."""
    inward = -1.0 if settings.start == "outer" else 1.0
    radius = settings.start_radius_mm + inward * settings.pitch_mm * turns + displacement_mm
    sense = -1.0 if settings.mirrored else 1.0
    angle = settings.start_angle_rad + sense * 2 * np.pi * turns
    return make_view(settings, np.random.default_rng(0)).to_image(radius, angle)


def draw_fringe(
    rng, *, size=900, centre=(441.3, 462.6), pitch=6.0, arms=1, ring=(180, 400), noise=0.05
):
    """Concentric bright lines with so many arms: 0 rings, 1 a spiral, -1 one wound the other way.

    The radius of an arm grows by ``arms * pitch`` per turn counter-clockwise.
    """
    y, x = np.indices((size, size))
    radius = np.hypot(x - centre[0], y - centre[1])
    angle = np.arctan2(centre[1] - y, x - centre[0])
    wave = np.cos(2 * np.pi * radius / pitch - arms * angle)
    inside = (radius > ring[0]) & (radius < ring[1])
    return as_photo(0.5 + 0.15 * wave * inside + noise * rng.standard_normal(radius.shape))


DRIVER, BROWSER = shutil.which("chromedriver"), shutil.which("chromium")
# The sounds of the page are not in its document; the tests keep hold of them.
HOLD_AUDIO = """
window.sounds = [];
const Before = window.Audio;
window.Audio = function () { const made = new Before(); window.sounds.push(made); return made; };
"""


@pytest.fixture(scope="session")
def chromium():
    """A browser that shows its pages to nobody."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    if not (DRIVER and BROWSER):
        pytest.skip("chromium and chromedriver are not installed")
    options = webdriver.ChromeOptions()
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--mute-audio"):
        options.add_argument(flag)
    options.add_argument("--autoplay-policy=no-user-gesture-required")
    options.binary_location = BROWSER
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    driver.set_page_load_timeout(60)
    driver.set_script_timeout(30)
    driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": HOLD_AUDIO})
    yield driver
    driver.quit()


def in_room(browser, width=1280, height=900, *, dark=False, still=False):
    """Let the browser be on a screen of some size, in a light or dark room."""
    features = [
        {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
        {"name": "prefers-reduced-motion", "value": "reduce" if still else "no-preference"},
    ]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def until(browser, condition, seconds=15):
    """Wait until a piece of JavaScript says that something is so."""
    end = time.monotonic() + seconds
    while not browser.execute_script(condition):
        assert time.monotonic() < end, f"in vain waited for: {condition}"
        time.sleep(0.05)


def requested(browser):
    """Addresses that the browser has asked for since this was called last."""
    events = (json.loads(entry["message"])["message"] for entry in browser.get_log("performance"))
    asked = ("Network.requestWillBeSent", "Network.webSocketCreated")
    return [
        e["params"].get("url") or e["params"]["request"]["url"]
        for e in events
        if e["method"] in asked
    ]


def serious_faults(browser):
    """What axe-core finds on the page that keeps people out, of level serious or critical."""
    axe = pytest.importorskip("axe_core_python", reason="axe-core is not installed")
    browser.execute_script((Path(axe.__file__).parent / "axe.min.js").read_text("utf-8"))
    found = browser.execute_async_script(
        "const done = arguments[0]; axe.run(document).then(done, (error) => done(String(error)));"
    )
    assert isinstance(found, dict), found
    assert found["passes"]
    return [
        (fault["id"], [node["html"][:160] for node in fault["nodes"]])
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
    ]
