"""The page in a real browser: loads alone, plays, keeps in step, seeks, fits a phone."""

import dataclasses
import json
import re
import time

import numpy as np
import pytest
from conftest import CONDITIONS, SOUND_HZ, as_photo, in_room, requested, serious_faults, until

from groovescan.core.account import Cue
from groovescan.reporting import PlayerTrack
from groovescan.reporting.decode_report import report

HOSTILE = '</script><script>window.stolen = 1</script>"&диск.png'
ROTATION = """
const matrix = new DOMMatrix(getComputedStyle(document.getElementById("platter")).transform);
return [window.sounds[0].currentTime, Math.atan2(matrix.b, matrix.a)];
"""


@pytest.fixture(scope="session")
def pages(disc, decoded, tmp_path_factory):
    """Written pages, by the name of the simulated disc."""
    written = {}

    def get(name):
        if name not in written:
            found = decoded(name)
            if name == "through":
                found = dataclasses.replace(found, photograph_name=HOSTILE)
            other = (PlayerTrack(name="Listening copy", waveform=found.waveform),)
            photo = as_photo(disc(name).image)
            cues = tuple(Cue(start_s=s, length_s=2.0, label=f"Band {s:.0f}") for s in (0.0, 3.0))
            command = "groovescan decode диск.png"
            text = report(photo, found, others=other, cues=cues, command=command)
            written[name] = tmp_path_factory.mktemp("pages") / f"{name}.html"
            written[name].write_text(text, encoding="utf-8")
        return written[name]

    return get


@pytest.fixture
def open_page(chromium, pages):
    """Open a page as on a screen of some size, in a light or dark room."""

    def load(name, width=1280, height=900, dark=False, still=False):
        in_room(chromium, width, height, dark=dark, still=still)
        for kind in ("browser", "performance"):
            chromium.get_log(kind)
        chromium.get(pages(name).as_uri())
        until(chromium, "return window.sounds[0].readyState >= 2")
        return chromium

    return load


def seek(browser, seconds):
    browser.execute_script(f"window.sounds[0].currentTime = {seconds}")
    until(browser, "return !window.sounds[0].seeking")
    until(browser, f"return Math.abs(stage.dataset.seconds - {seconds}) < 0.001")


def lag_s(decoded_sound, disc):
    """By how much the decode begins after the truth's groove, by the sound alone."""
    rate = decoded_sound.rate_hz
    truth = np.interp(
        np.arange(0, len(disc.audio) / SOUND_HZ, 1 / rate),
        np.arange(len(disc.audio)) / SOUND_HZ,
        disc.audio,
    )
    size = len(truth) + len(decoded_sound.samples)
    spectrum = np.fft.rfft(truth, size) * np.conj(np.fft.rfft(decoded_sound.samples, size))
    shift = int(np.argmax(np.abs(np.fft.irfft(spectrum, size))))
    shift = shift - size if shift > size / 2 else shift
    return disc.settings.lead_in_turns * disc.settings.seconds_per_turn + shift / rate


@pytest.mark.parametrize("name", ["plain", "through"])
def test_the_turn_under_the_stylus_is_the_one_that_is_heard(open_page, decoded, disc, name):
    browser, settings = open_page(name), CONDITIONS[name]
    begin_s = lag_s(decoded(name).waveform, disc(name))
    assert abs(begin_s) < 2.1 * settings.seconds_per_turn
    sense = -1.0 if settings.mirrored else 1.0
    for seconds in (0.7, 3.1, 6.2):
        seek(browser, seconds)
        heard_s, rotation = browser.execute_script(ROTATION)
        turns = (heard_s + begin_s) / settings.seconds_per_turn
        # what lies at angle 0 after the picture was turned clockwise lay at this angle before
        true_angle = settings.start_angle_rad + sense * 2 * np.pi * turns
        off_turns = np.angle(np.exp(1j * (rotation - true_angle))) / (2 * np.pi)
        assert abs(off_turns) * settings.seconds_per_turn < 0.02


def test_it_plays_in_step_and_stops(open_page):
    browser = open_page("plain")
    browser.find_element("id", "play").click()
    until(browser, "return window.sounds[0].currentTime > 0.3")
    assert browser.execute_script("return document.body.classList.contains('playing')")
    waits = (
        "const done = arguments[0], seen = [];"
        "const look = () => { seen.push([window.sounds[0].currentTime, +stage.dataset.seconds]);"
        " seen.length < 30 ? requestAnimationFrame(look) : done(seen); };"
        "requestAnimationFrame(look);"
    )
    heard, shown = np.array(browser.execute_async_script(waits)).T
    assert heard[-1] > heard[0]
    assert np.abs(heard - shown).max() < 0.05
    browser.find_element("id", "play").click()
    stopped = browser.execute_script("return window.sounds[0].currentTime")
    time.sleep(0.2)
    assert browser.execute_script("return window.sounds[0].currentTime") == stopped


def test_a_click_on_a_turn_of_the_groove_plays_it(open_page, decoded):
    browser, found = open_page("plain"), decoded("plain")
    data = json.loads(browser.execute_script("return document.getElementById('data').textContent"))
    wanted = 6.25
    seek(browser, 2.0)
    rotation = browser.execute_script(ROTATION)[1]
    angle = found.groove_map.start_rad + 2 * np.pi * wanted - rotation
    radius = np.interp(wanted * data["nodesPerTurn"], range(len(data["radius"])), data["radius"])
    click = (
        "const box = platter.parentElement.getBoundingClientRect(), half = box.width / 2;"
        f"const at = {{clientX: box.left + half * (1 + {radius * np.cos(angle)}),"
        f" clientY: box.top + half * (1 - {radius * np.sin(angle)}), bubbles: true}};"
        "stage.dispatchEvent(new MouseEvent('click', at));"
    )
    browser.execute_script(click)
    heard = browser.execute_script("return window.sounds[0].currentTime")
    assert heard == pytest.approx(wanted * 60 / found.settings.sound.rpm, abs=0.02)


def test_a_click_beside_the_groove_does_nothing(open_page):
    browser = open_page("plain")
    seek(browser, 2.0)
    browser.execute_script(
        "const box = stage.getBoundingClientRect();"
        "stage.dispatchEvent(new MouseEvent('click', {clientX: box.left + box.width / 2,"
        " clientY: box.top + box.height / 2, bubbles: true}));"
    )
    assert browser.execute_script("return window.sounds[0].currentTime") == pytest.approx(2.0)


@pytest.mark.parametrize("part", ["wave", "spectrum"])
def test_a_click_on_the_sound_plays_from_there(open_page, decoded, part):
    from selenium.webdriver import ActionChains

    browser = open_page("plain")
    shown = browser.find_element("id", part)
    ActionChains(browser).move_to_element(shown).click().perform()
    half = decoded("plain").waveform.duration_s / 2
    heard = browser.execute_script("return window.sounds[0].currentTime")
    assert heard == pytest.approx(half, abs=0.02)


def test_keys_work_as_the_page_says(open_page, decoded):
    from selenium.webdriver.common.keys import Keys

    browser = open_page("plain")
    body = browser.find_element("tag name", "body")
    turn = 60 / decoded("plain").settings.sound.rpm
    heard = "return window.sounds[0].currentTime"
    body.send_keys(Keys.ARROW_RIGHT)
    assert browser.execute_script(heard) == pytest.approx(5.0, abs=0.01)
    body.send_keys(Keys.SHIFT + Keys.ARROW_LEFT)
    assert browser.execute_script(heard) == pytest.approx(5.0 - turn, abs=0.01)
    body.send_keys(Keys.SPACE)
    until(browser, "return !window.sounds[0].paused")
    body.send_keys(Keys.SPACE)
    until(browser, "return window.sounds[0].paused")


def test_space_plays_whatever_was_clicked_last(open_page):
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.keys import Keys

    browser = open_page("plain")
    for name in ("still", "traced"):
        browser.find_element("id", name).click()
        pressed = browser.find_element("id", name).get_attribute("aria-pressed")
        ActionChains(browser).send_keys(Keys.SPACE).perform()
        until(browser, "return !window.sounds[0].paused")
        ActionChains(browser).send_keys(Keys.SPACE).perform()
        until(browser, "return window.sounds[0].paused")
        assert browser.find_element("id", name).get_attribute("aria-pressed") == pressed
    # who came to it by the keyboard presses it
    browser.execute_script("document.getElementById('still').focus()")
    before = browser.find_element("id", "still").get_attribute("aria-pressed")
    ActionChains(browser).send_keys(Keys.SPACE).perform()
    assert browser.find_element("id", "still").get_attribute("aria-pressed") != before


def test_a_chapter_plays_from_its_beginning(open_page):
    browser = open_page("plain")
    chapters = browser.find_elements("css selector", "#chapters button")
    assert [one.text.split()[:2] for one in chapters] == [["Band", "0"], ["Band", "3"]]
    chapters[1].click()
    until(browser, "return !window.sounds[0].paused && window.sounds[0].currentTime >= 3")
    assert browser.execute_script("return window.sounds[0].currentTime") < 5


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (1280, True), (390, False)])
def test_nobody_is_kept_out(open_page, width, dark):
    browser = open_page("plain", width=width, dark=dark)
    time.sleep(0.3)
    assert serious_faults(browser) == []


def test_without_scripts_it_says_so(pages):
    text = pages("plain").read_text(encoding="utf-8")
    assert "<noscript><p" in text


def test_speed_and_sound_can_be_switched(open_page):
    browser = open_page("plain")
    seek(browser, 3.0)
    browser.find_element("xpath", "//button[text()='33⅓']").click()
    assert browser.execute_script("return window.sounds[0].playbackRate") == pytest.approx(
        33.33 / 78, abs=1e-3
    )
    assert browser.execute_script("return window.sounds[0].preservesPitch") is False
    browser.find_element("xpath", "//button[text()='Listening copy']").click()
    assert browser.execute_script("return window.sounds[1].currentTime") == pytest.approx(3.0)
    assert browser.execute_script("return window.sounds[1].playbackRate") < 0.5


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", ["plain", "through"])
def test_it_needs_nobody_and_complains_of_nothing(open_page, name, dark):
    browser = open_page(name, dark=dark)
    browser.find_element("id", "traced").click()
    browser.execute_script("window.scrollTo(0, document.body.scrollHeight)")
    time.sleep(0.3)
    assert [entry["message"] for entry in browser.get_log("browser")] == []
    asked = requested(browser)
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert sum(url.startswith("file:") for url in asked) == 1
    room = browser.execute_script("return document.documentElement.dataset.room")
    assert room == ("dark" if dark else "light")
    pictures = "return [...document.images].every((i) => i.complete && i.naturalWidth > 0)"
    until(browser, pictures.replace("...document.images", "document.getElementById('disc')"))


def test_what_comes_from_outside_is_text(open_page):
    browser = open_page("through")
    assert browser.execute_script("return window.stolen") is None
    assert "</script>" in browser.find_element("css selector", ".facts").text
    assert "диск" in browser.title


@pytest.mark.parametrize("name", ["plain", "through"])
def test_nothing_overflows_a_phone(open_page, name):
    browser = open_page(name, width=390, height=844)
    browser.find_element("id", "traced").click()
    seek(browser, 1.13)  # a turned square is wider than the disc in it
    widths = browser.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
    assert widths == [390, 390]


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844), (844, 390), (800, 544)])
def test_an_exhibit_fits_its_screen(open_page, width, height):
    browser = open_page("plain", width=width, height=height, dark=True)
    button = browser.find_element("id", "exhibit")
    browser.execute_script("arguments[0].click()", button)
    until(browser, "return document.body.classList.contains('exhibit')")
    boxes = "return ['stage', 'timeline', 'play'].map((id) => {" + (
        "const box = document.getElementById(id).getBoundingClientRect();"
        " return [box.left, box.top, box.right, box.bottom]; });"
    )
    for left, top, right, bottom in browser.execute_script(boxes):
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
    assert not browser.find_element("css selector", ".report").is_displayed()
    browser.execute_script("arguments[0].click()", button)
    until(browser, "return !document.body.classList.contains('exhibit')")


def test_a_finger_plays_and_finds_its_place(open_page, decoded):
    browser = open_page("plain", width=390, height=844)
    browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})
    tap(browser, "play")
    until(browser, "return !window.sounds[0].paused")
    tap(browser, "play")
    until(browser, "return window.sounds[0].paused")
    tap(browser, "timeline", across=0.75)
    wanted = 0.75 * decoded("plain").waveform.duration_s
    until(browser, f"return Math.abs(window.sounds[0].currentTime - {wanted}) < 0.1")
    browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})


def tap(browser, name, across=0.5):
    """Touch an element for a moment, at a part of its width."""
    place = (
        "const shown = document.getElementById(arguments[0]);"
        "shown.scrollIntoView({block: 'center', behavior: 'instant'});"
        "const box = shown.getBoundingClientRect();"
        "return {x: box.left + arguments[1] * box.width, y: box.top + box.height / 2};"
    )
    point = browser.execute_script(place, name, across)
    for kind, points in (("touchStart", [point]), ("touchEnd", [])):
        event = {"type": kind, "touchPoints": points}
        browser.execute_cdp_cmd("Input.dispatchTouchEvent", event)


def test_who_wants_no_motion_gets_none(open_page):
    browser = open_page("plain", still=True)
    seek(browser, 2.3)
    assert browser.execute_script(ROTATION)[1] == pytest.approx(0.0)
    assert browser.find_element("id", "still").get_attribute("aria-pressed") == "true"


def test_everything_that_can_be_pressed_has_a_name(open_page):
    browser = open_page("plain")
    for button in browser.find_elements("css selector", "button, [role=slider]"):
        assert button.accessible_name
    position = browser.find_element("id", "timeline")
    seek(browser, 2.0)
    assert re.fullmatch(r"0:02, turn 3 of 11", position.get_attribute("aria-valuetext"))
    for picture in browser.find_elements("tag name", "img"):
        assert picture.get_attribute("alt")


def test_the_page_is_whole_and_its_policy_forbids_the_rest(pages):
    text = pages("plain").read_text(encoding="utf-8")
    assert "default-src 'none'" in text
    assert re.findall(r"""(?:src|href)=["']?(?!data:)\w""", text) == []
    assert re.findall(r"url\((?!data:)", text) == []
