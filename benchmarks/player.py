"""How well the player of a report keeps in step, and how large and quick its page is.

usage: python benchmarks/player.py [--turns 230] [--json out.json]

A page is made for a side of so many turns whose sound is a sweep that starts anew each second, so
that what is heard tells the time. In headless chromium the sound is taken where it leaves the
player, at many places of the side, and compared with the turn that the page shows at the same
moment. Needs chromium, chromedriver and selenium.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from groovescan.camera.fit import check_camera
from groovescan.config.settings import Settings
from groovescan.core.results import (
    Camera,
    Decoded,
    GrooveMap,
    Photograph,
    Reading,
    Resolution,
    Waveform,
)
from groovescan.reporting.decode_report import report

RATE_HZ = 48000
LOW_HZ, HIGH_HZ = 500.0, 4500.0
WINDOW = 2048
PLACES = 24
FRAMES = 20

SCRIPT = """
const [at, frames, done] = arguments, audio = window.sounds[0];
if (!window.ear) {
  const room = new AudioContext({ sampleRate: 48000 });
  window.ear = room.createAnalyser();
  window.ear.fftSize = 2048;
  room.createMediaElementSource(audio).connect(window.ear);
  window.ear.connect(room.destination);
}
audio.currentTime = at;
const seen = [], sound = new Float32Array(2048);
const look = () => {
  window.ear.getFloatTimeDomainData(sound);
  seen.push([+stage.dataset.seconds, +stage.dataset.turn, performance.now(), Array.from(sound)]);
  if (seen.length < frames) requestAnimationFrame(look);
  else { audio.pause(); done(seen); }
};
const play = () => audio.play().then(() => setTimeout(look, 400));
audio.addEventListener("seeked", play, { once: true });
"""


def sweep(duration_s: float) -> Waveform:
    """A tone that rises from 500 to 4500 Hz within each second."""
    part = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ % 1.0
    phase = 2 * np.pi * (LOW_HZ * part + (HIGH_HZ - LOW_HZ) / 2 * part**2)
    return Waveform(samples=(0.5 * np.sin(phase)).astype(np.float32), rate_hz=RATE_HZ)


def side(turns: int, rng: np.random.Generator) -> tuple[Photograph, Decoded]:
    """A decode of a noisy photograph of 64 megapixels, with the sweep for its sound."""
    size, per_turn = 8000, 4096
    radius = np.linspace(3800, 1300, (turns + 2) * 64 + 1)
    groove_map = GrooveMap(
        camera=Camera(centre_px=np.array([size / 2, size / 2]), middle_px=np.full(2, size / 2)),
        pitch_px=2500 / (turns + 2),
        direction=1,
        start_rad=0.3,
        nodes_per_turn=64,
        radius_px=radius,
    )
    count = turns * per_turn
    reading = Reading(
        displacement_px=rng.standard_normal(count),
        standard_error_px=np.full(count, 0.3, np.float32),
        contrast=np.full(count, -0.1, np.float32),
        samples_per_turn=per_turn,
        snr_db=10.0,
    )
    light = (0.5 + 0.05 * rng.standard_normal((size, size), np.float32)).clip(0, 1)
    settings = Settings()
    waveform = sweep(turns * 60 / settings.sound.rpm)
    decoded = Decoded(
        photograph_name="side.tif",
        groove_map=groove_map,
        camera_check=check_camera(groove_map),
        resolution=Resolution(
            pitch_px=groove_map.pitch_px,
            sharpness=0.5,
            noise=0.05,
            contrast=0.1,
            error_px=0.3,
            snr_db=10.0,
            bandwidth_hz=4000.0,
        ),
        jumps=np.zeros(0),
        reading=reading,
        waveform=waveform,
        settings=settings,
    )
    return Photograph(luminance=light, name="side.tif"), decoded


def heard_s(sound: np.ndarray) -> float:
    """Second within the sweep at the end of a window of sound; not a number at its jump."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 8 * len(sound)))
    peak = int(spectrum.argmax())
    frequency = peak * RATE_HZ / (8 * len(sound))
    part = (frequency - LOW_HZ) / (HIGH_HZ - LOW_HZ)
    return part + len(sound) / 2 / RATE_HZ if 0.1 < part < 0.9 else np.nan


def lateness_ms(frames: list) -> list[float]:
    """By how much the picture is ahead of the sound, frame by frame, in ms."""
    late = []
    for shown_s, turn, _, sound in frames:
        if abs(turn * 60 / Settings().sound.rpm - shown_s) > 1e-3:
            raise RuntimeError(f"turn {turn} is shown at {shown_s} s")
        heard = heard_s(np.array(sound))
        late.append(1e3 * ((shown_s - heard + 0.5) % 1.0 - 0.5))
    return [value for value in late if np.isfinite(value)]


def measure(path: Path, duration_s: float) -> dict[str, float]:
    """Open the page and listen at many places of the side."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--mute-audio"):
        options.add_argument(flag)
    options.add_argument("--autoplay-policy=no-user-gesture-required")
    options.binary_location = shutil.which("chromium")
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    browser = webdriver.Chrome(options=options, service=service)
    hold = "window.sounds = []; const B = window.Audio; "
    hold += "window.Audio = function () { const a = new B(); window.sounds.push(a); return a; };"
    try:
        browser.set_script_timeout(60)
        browser.get("about:blank")
        browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": hold})
        path.with_name("empty.html").write_text("<p>nothing", encoding="utf-8")
        floor_s = min(_load_s(browser, path.with_name("empty.html")) for _ in range(3))
        load_s = min(_load_s(browser, path) for _ in range(3))
        late, gaps = [], []
        for at in np.linspace(0.2, duration_s - 3, PLACES):
            frames = browser.execute_async_script(SCRIPT, float(at), FRAMES)
            late += lateness_ms(frames)
            gaps += list(np.diff([frame[2] for frame in frames]))
    finally:
        browser.quit()
    return {
        "page_mb": path.stat().st_size / 1e6,
        "load_s": load_s,
        "load_empty_page_s": floor_s,
        "ahead_median_ms": float(np.median(late)),
        "ahead_least_ms": float(np.min(late)),
        "ahead_most_ms": float(np.max(late)),
        "compared_frames": len(late),
        "frame_median_ms": float(np.median(gaps)),
        "frame_p95_ms": float(np.percentile(gaps, 95)),
    }


def _load_s(browser: object, path: Path) -> float:
    begin = time.perf_counter()
    browser.get(path.as_uri())
    return time.perf_counter() - begin


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--turns", type=int, default=230, help="length of the side")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    options = parser.parse_args(arguments)
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        print("skipped: chromium and chromedriver are not installed")
        return 0
    photo, decoded = side(options.turns, np.random.default_rng(0))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "side.html"
        begin = time.perf_counter()
        path.write_text(report(photo, decoded), encoding="utf-8")
        made_s = time.perf_counter() - begin
        found = {"turns": options.turns, "made_s": made_s}
        found |= measure(path, decoded.waveform.duration_s)
    for name, value in found.items():
        print(f"{name:<20}{value:10.2f}")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
