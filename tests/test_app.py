"""The window in a real browser: from a dropped file to a saved sound, and who gets nothing."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
import soundfile
from conftest import in_room, requested, serious_faults, until

pytest.importorskip("nicegui", reason="the window needs the extra 'app'")

LONG_S = 240  # of a machine that has much else to do
SHOWN = "return document.body.innerText.includes({!r})"
ITEM = "[...document.querySelectorAll('.q-menu .q-item')].find((i) => i.innerText.includes({!r}))"
STATUS = "return document.querySelector('.status .title').textContent"


class Running:
    """The program as somebody has started it."""

    def __init__(self, folder, *arguments):
        self.folder = folder
        environment = {**os.environ, "TMPDIR": str(folder)}
        program = [sys.executable, "-m", "groovescan", "app", "--no-browser", *map(str, arguments)]
        self.process = subprocess.Popen(
            program, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        told = [self.process.stdout.readline() for _ in range(2)]
        self.address = told[1].strip()
        match = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/([\w-]{43})/", self.address)
        assert match, (told, self.process.poll() is not None and self.process.stderr.read())
        self.port, self.token = int(match[1]), match[2]

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.communicate(timeout=20)

    def answer(self, path, headers=None, method="GET"):
        """Status and content that somebody gets who knows the port."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        line.request(method, path, headers=headers or {})
        answer = line.getresponse()
        content = answer.read()
        line.close()
        return answer.status, content


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    started = Running(tmp_path_factory.mktemp("app"))
    yield started
    started.end()


@pytest.fixture
def window(chromium, running):
    """The page, as it is when it is opened anew."""
    in_room(chromium)
    for kind in ("browser", "performance"):
        chromium.get_log(kind)
    chromium.get(running.address)
    until(chromium, "return Boolean(document.querySelector('.status .title'))")
    until(chromium, "return Boolean(window.photographEndings && window.hasEnded)")
    yield chromium
    if not button_is_off(chromium, "Cancel"):
        press(chromium, "Cancel")


@pytest.fixture(scope="module")
def photographs(tmp_path_factory, disc):
    """A disc that is read, and a picture in which there is no groove."""
    folder = tmp_path_factory.mktemp("photographs")
    picture = np.round(255 * np.clip(np.asarray(disc("plain").image), 0, 1)).astype(np.uint8)
    if np.asarray(disc("plain").image).dtype == np.uint8:
        picture = np.asarray(disc("plain").image)
    noise = np.random.default_rng(3).integers(90, 160, (700, 700), dtype=np.uint8)
    for name, image in (("диск 1.png", picture), ("noise.png", noise)):
        (folder / name).write_bytes(cv2.imencode(".png", image)[1].tobytes())
    (folder / "notes.txt").write_text("no photograph", encoding="utf-8")
    return folder


def press(browser, text):
    script = (
        "const one = [...document.querySelectorAll('button')]"
        ".find((b) => b.innerText.trim() === arguments[0] && b.offsetParent);"
        "if (!one) throw new Error('no button ' + arguments[0]); one.click();"
    )
    browser.execute_script(script, text)


def button_is_off(browser, text):
    return browser.execute_script(
        "const one = [...document.querySelectorAll('button')]"
        ".find((b) => b.innerText.trim() === arguments[0] && b.offsetParent);"
        "return !one || one.disabled;",
        text,
    )


def write(browser, label, text):
    from selenium.webdriver.common.keys import Keys

    field = browser.find_element("css selector", f"input[aria-label='{label}']")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys(text, Keys.TAB)


def choose(browser, label, text):
    """Type into a list with choices and take the first."""
    from selenium.webdriver.common.keys import Keys

    field = browser.find_element("css selector", f"input[aria-label='{label}']")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", field)
    field.click()
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys(text)
    until(browser, f"return Boolean({ITEM.format(text)})")
    field.send_keys(Keys.ARROW_DOWN, Keys.ENTER)


def titled(browser, *titles, seconds=LONG_S):
    wanted = json.dumps(titles)
    until(browser, f"return {wanted}.includes({STATUS.removeprefix('return ')})", seconds)


def bring(browser, *paths):
    browser.find_element("id", "files").send_keys("\n".join(map(str, paths)))


def test_from_a_file_to_a_saved_sound(window, photographs, running, tmp_path, decoded):
    bring(window, photographs / "диск 1.png")
    titled(window, "Reading the groove")
    assert window.execute_script("return document.querySelector('img.picture').naturalWidth > 0")
    titled(window, "Good", "Doubtful")
    until(window, "return document.querySelector('audio').readyState >= 2")
    heard_s = window.execute_script("return document.querySelector('audio').duration")
    assert heard_s == pytest.approx(decoded("plain").waveform.duration_s, abs=0.05)

    choose(window, "Compare with the curve", "riaa")
    press(window, "Compare")
    titled(window, "Ready to compare")
    until(window, "return document.querySelectorAll('audio').length === 2")
    until(window, "return [...document.querySelectorAll('audio')].every((a) => a.readyState >= 2)")
    window.execute_script("document.querySelector('audio').currentTime = 2.5")
    window.execute_script("document.querySelector('audio').play()")
    until(window, "return document.querySelector('audio').currentTime > 2.6")
    press(window, "With riaa (500R-13.7)")
    until(window, "return !document.querySelectorAll('audio')[1].paused")
    first, second = window.execute_script(
        "return [...document.querySelectorAll('audio')].map((a) => [a.paused, a.currentTime])"
    )
    assert first[0] is True
    assert second[1] == pytest.approx(first[1], abs=0.4)
    louder = window.execute_script(
        "return [...document.querySelectorAll('audio')].map((a) => Number(a.dataset.volume))"
    )
    assert max(louder) == 1
    assert min(louder) < 1

    place = tmp_path / "записи"
    write(window, "Folder", str(place))
    press(window, "Save")
    titled(window, "Saved")
    names = sorted(path.name for path in place.iterdir())
    assert names == [f"диск 1.{kind}" for kind in ("html", "json", "toml", "wav")]
    sound, rate_hz = soundfile.read(place / "диск 1.wav")
    assert rate_hz == 48000
    truth = decoded("plain").waveform.samples
    assert len(sound) == pytest.approx(len(truth), abs=200)
    assert np.abs(sound).max() > 0.5
    press(window, "Save")
    titled(window, "Not saved")
    assert "Replace files" in window.find_element("css selector", ".status .text").text
    hosts = {
        url.split("/")[2] for url in requested(window) if not url.startswith(("data:", "blob:"))
    }
    assert hosts == {f"127.0.0.1:{running.port}"}
    faults = [e["message"] for e in window.get_log("browser") if e["level"] == "SEVERE"]
    assert faults == []


def test_a_change_of_curve_is_heard_at_once_and_of_the_start_when_asked(window, photographs):
    if not window.execute_script(SHOWN.format("диск 1.png")):
        bring(window, photographs / "диск 1.png")
    else:
        press(window, window.find_element("css selector", ".photograph").text)
    titled(window, "Good", "Doubtful")
    before = window.execute_script("return document.querySelector('audio').src")
    choose(window, "Recording curve", "500N-0")
    other = "const a = document.querySelector('audio'); return a && a.src !== "
    until(window, f"{other}{before!r}", 60)
    titled(window, "Good", "Doubtful")
    choose_fixed(window, "Played from", "the inside")
    until(window, SHOWN.format("not yet read with it: played from"))
    press(window, "Read again")
    titled(window, "Good", "Doubtful", "Bad", "This photograph cannot be read")


def choose_fixed(browser, label, text):
    """Take one of the choices of a list by the keyboard and the mouse."""
    from selenium.webdriver.common.keys import Keys

    field = browser.find_element("css selector", f"input[aria-label='{label}']")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", field)
    field.send_keys(Keys.SPACE)
    item = ITEM.format(text)
    until(browser, f"return Boolean({item})")
    browser.execute_script(f"{item}.click()")


def test_what_cannot_be_read_says_why_and_shows_it(window, photographs):
    bring(window, photographs / "noise.png")
    until(window, SHOWN.format("noise.png"))
    open_named(window, "noise.png")
    titled(window, "This photograph cannot be read")
    assert len(window.find_element("css selector", ".status .text").text) > 40
    assert window.find_elements("css selector", ".advice li")
    until(window, "return document.querySelector('img.picture').naturalWidth > 0")
    assert window.find_elements("tag name", "audio") == []
    assert button_is_off(window, "Save")


def open_named(browser, name):
    browser.execute_script(
        "const all = [...document.querySelectorAll('.photograph')];"
        "all.reverse().find((b) => b.innerText.includes(arguments[0])).click()",
        name,
    )


def test_dropped_files_come_in_and_a_cancel_cancels(window, photographs, running):
    content = list((photographs / "диск 1.png").read_bytes())
    drop = (
        "const transfer = new DataTransfer();"
        "transfer.items.add(new File([new Uint8Array(arguments[0])], 'dropped.png'));"
        "const told = {dataTransfer: transfer, bubbles: true, cancelable: true};"
        "document.body.dispatchEvent(new DragEvent('dragenter', told));"
        "const marked = document.body.classList.contains('dropping');"
        "document.body.dispatchEvent(new DragEvent('drop', told)); return marked;"
    )
    assert window.execute_script(drop, content) is True
    until(window, SHOWN.format("dropped.png"))
    if button_is_off(window, "Cancel"):
        open_named(window, "dropped.png")
    titled(window, "Looking at the photograph", "Reading the groove", seconds=20)
    former = workers_of(running)
    press(window, "Cancel")
    until(window, f"{STATUS}.startsWith('Stopped')")
    end = time.monotonic() + 10
    while former & workers_of(running):
        assert time.monotonic() < end
        time.sleep(0.1)
    open_named(window, "dropped.png")  # and it works again
    titled(window, "Good", "Doubtful")


def workers_of(running):
    children = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children")
    if not children.exists():
        pytest.skip("this system does not tell the children of a process")
    found = set()
    for pid in children.read_text().split():
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        if b"spawn_main" in command:
            found.add(int(pid))
    return found


def test_of_several_it_is_asked_whether_they_are_of_one_disc(window, photographs):
    both = [photographs.parent / name for name in ("front.png", "again.png")]
    for path in both:
        path.write_bytes((photographs / "диск 1.png").read_bytes())
    bring(window, *both)
    until(window, SHOWN.format("These 2 photographs came together"))
    assert serious_faults(window) == []
    if not button_is_off(window, "Cancel"):
        press(window, "Cancel")
    press(window, "one disc in several photographs")
    until(window, SHOWN.format("again.png and 1 more"))  # by their names
    assert not window.execute_script(SHOWN.format("came together"))
    titled(window, "Good", "Doubtful")
    assert window.execute_script(SHOWN.format("front.png"))  # which is the same, and is left out


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (1280, True), (390, False)])
def test_nobody_is_kept_out(window, width, dark):
    in_room(window, width, 844, dark=dark)
    time.sleep(0.3)
    assert serious_faults(window) == []
    wide = window.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1]


def test_everything_can_be_reached_by_keys_and_has_a_name(window):
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.keys import Keys

    window.execute_script("document.activeElement.blur()")
    reached = []
    for _ in range(40):
        ActionChains(window).send_keys(Keys.TAB).perform()
        reached.append(window.switch_to.active_element.accessible_name.strip())
    wanted = {"Choose photographs", "Choose a folder", "Speed", "Recording curve", "Folder", "Name"}
    assert wanted <= set(reached)


def test_who_does_not_know_the_address_gets_nothing(running):
    secret = f"/{running.token}/"
    for path in ("/", "/results/1-0.wav", "/photographs/a.png", secret[:-2] + "/", "/docs", "//"):
        assert running.answer(path) == (403, b""), path
    assert running.answer("/photographs/a.png", method="PUT") == (403, b"")
    assert running.answer(secret)[0] == 200
    elsewhere = {"Host": f"evil.example:{running.port}"}
    assert running.answer(secret, elsewhere) == (403, b"")
    foreign = {"Origin": "http://evil.example"}
    assert running.answer(secret, foreign) == (403, b"")
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg==",
    }
    socket = "_nicegui_ws/socket.io/?EIO=4&transport=websocket"
    assert running.answer(f"/{socket}", upgrade)[0] == 403
    assert running.answer(f"{secret}{socket}", upgrade | foreign)[0] == 403
    assert running.answer(f"{secret}results/..%2f1%2fplain.png")[0] == 404


def test_others_can_neither_connect_nor_read(running):
    folders = [one for one in running.folder.glob("groovescan-*") if one.is_dir()]
    assert len(folders) == 1
    assert folders[0].stat().st_mode & 0o077 == 0
    listening = Path("/proc/net/tcp")
    if listening.exists():
        wanted = f":{running.port:04X}"
        places = {line.split()[1] for line in listening.read_text().splitlines()[1:]}
        assert {one for one in places if one.endswith(wanted)} == {f"0100007F{wanted}"}
    command = Path(f"/proc/{running.process.pid}/cmdline")
    if command.exists():
        assert running.token.encode() not in command.read_bytes()


def test_it_ends_and_leaves_nothing(tmp_path, chromium):
    started = Running(tmp_path)
    try:
        in_room(chromium)
        chromium.get(started.address)
        until(chromium, SHOWN.format("End the program"))
        until(chromium, "return Boolean(window.hasEnded)")
        press(chromium, "End the program")
        until(chromium, SHOWN.format("groovescan has ended"))
        assert started.process.wait(30) == 0
        assert not list(tmp_path.glob("groovescan-*"))
        assert "Traceback" not in started.process.stderr.read()
    finally:
        started.end()
