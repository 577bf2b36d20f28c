"""Take the screenshots of the README: the page of a decode in a dark and in a light room.

usage: python docs/images/screens.py [FOLDER]

Needs chromium, chromedriver and selenium. It decodes `test_images/bones.png` and writes
`player-dark.jpg` and `player-light.jpg` into the folder, by default its own.
"""

from __future__ import annotations

import base64
import shutil
import sys
import tempfile
import time
from pathlib import Path

from selenium import webdriver

import groovescan

PHOTO = Path(__file__).parents[2] / "test_images" / "bones.png"
SIZE = {"width": 1360, "height": 1090, "deviceScaleFactor": 1, "mobile": False}
#: Where the side is shown: 0 its beginning, 1 its end.
PLACE = 0.47


def main(folder: Path) -> None:
    """Decode, open the page, and write both pictures into a folder."""
    decoded = groovescan.decode(PHOTO)
    text = groovescan.report(
        groovescan.read_photograph(PHOTO), decoded, command="groovescan decode bones.png --report"
    )
    options = webdriver.ChromeOptions()
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(flag)
    options.binary_location = shutil.which("chromium")
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    with tempfile.TemporaryDirectory() as place:
        page = Path(place) / "bones.html"
        page.write_text(text, encoding="utf-8")
        browser = webdriver.Chrome(options=options, service=service)
        try:
            for room in ("dark", "light"):
                name = folder / f"player-{room}.jpg"
                name.write_bytes(picture(browser, page, room))
                print(f"{name.name}  {name.stat().st_size / 1e3:.0f} kB")
        finally:
            browser.quit()


def picture(browser: webdriver.Chrome, page: Path, room: str) -> bytes:
    """The first screen of the page, as JPEG."""
    feature = {"name": "prefers-color-scheme", "value": room}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", SIZE)
    browser.get(page.as_uri())
    time.sleep(1)
    timeline = browser.find_element("id", "timeline")
    across = round((PLACE - 0.5) * timeline.size["width"])
    webdriver.ActionChains(browser).move_to_element_with_offset(
        timeline, across, 0
    ).click().perform()
    if room == "light":
        browser.find_element("id", "traced").click()
    browser.execute_script("document.activeElement.blur(); window.scrollTo(0, 0)")
    time.sleep(1)
    shot = browser.execute_cdp_cmd("Page.captureScreenshot", {"format": "jpeg", "quality": 86})
    return base64.b64decode(shot["data"])


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
