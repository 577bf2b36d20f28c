"""Take the screenshots of the window for the README: in a light and in a dark room, 1280 px wide.

usage: python docs/images/window.py [FOLDER [PHOTO]...]

Needs the extra `app`, chromium, chromedriver and selenium. It opens `groovescan app` with
`test_images/bones.png`, or with the photographs that are named (several are answered to be of one
disc), waits until the disc is read, and writes `window-light.jpg` and `window-dark.jpg` into the
folder, by default its own.
"""

from __future__ import annotations

import base64
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait

PHOTO = Path(__file__).parents[2] / "test_images" / "bones.png"
SIZE = {"width": 1280, "height": 1180, "deviceScaleFactor": 1, "mobile": False}
PATIENCE_S = 400
READ = "return ['Good', 'Doubtful'].includes(document.querySelector('.status .title')?.textContent)"
ASKED = "return Boolean(document.querySelector('.question button'))"
SHOWN = "return [...document.querySelectorAll('img.picture')].every((i) => i.naturalWidth > 50)"


def main(folder: Path, photos: list[Path]) -> None:
    """Open the window in both rooms, and write the pictures into a folder."""
    for room in ("light", "dark"):
        name = folder / f"window-{room}.jpg"
        name.write_bytes(picture(room, photos))
        print(f"{name.name}  {name.stat().st_size / 1e3:.0f} kB")


def picture(room: str, photos: list[Path]) -> bytes:
    """The window with a disc that was read, as JPEG."""
    words = [sys.executable, "-m", "groovescan", "app", "--no-browser", *map(str, photos)]
    program = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    options = webdriver.ChromeOptions()
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(flag)
    options.binary_location = shutil.which("chromium")
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    browser = webdriver.Chrome(options=options, service=service)
    try:
        assert program.stdout is not None
        _, address = (program.stdout.readline().strip() for _ in range(2))
        return screenshot(browser, address, room, several=len(photos) > 1)
    finally:
        browser.quit()
        program.send_signal(signal.SIGINT)
        program.wait(timeout=30)


def screenshot(browser: webdriver.Chrome, address: str, room: str, *, several: bool) -> bytes:
    """The page at an address, once its disc is read."""
    feature = {"name": "prefers-color-scheme", "value": room}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", SIZE)
    wait = WebDriverWait(browser, PATIENCE_S, poll_frequency=1)
    browser.get(address)
    if several:
        wait.until(lambda found: found.execute_script(ASKED))
        browser.execute_script("document.querySelector('.question button').click()")
    wait.until(lambda found: found.execute_script(READ))
    wait.until(lambda found: found.execute_script(SHOWN))
    time.sleep(1)
    shot = browser.execute_cdp_cmd("Page.captureScreenshot", {"format": "jpeg", "quality": 86})
    return base64.b64decode(shot["data"])


if __name__ == "__main__":
    given = [Path(one) for one in sys.argv[1:]]
    main(given[0] if given else Path(__file__).parent, given[1:] or [PHOTO])
