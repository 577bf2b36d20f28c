"""Take the screenshot of the panel for the README: JupyterLab with `groovescan.tune` in it.

usage: python docs/images/panel.py [FOLDER]

Needs jupyterlab, chromium, chromedriver and selenium. It runs a notebook of one box in a
JupyterLab on this machine alone, and writes `panel.png` into the folder, by default its own.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

import nbformat
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

PHOTO = Path(__file__).parents[2] / "test_images" / "plain.png"
CELL = f"import groovescan\n\ngroovescan.tune({PHOTO.name!r})"
PATIENCE_S = 120


def main(folder: Path) -> None:
    """Write a notebook, run it in the browser, and write the picture into a folder."""
    with tempfile.TemporaryDirectory() as place:
        write_notebook(Path(place) / "tune.ipynb")
        port = free_port()
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1",
             f"--port={port}", "--IdentityProvider.token=", f"--ServerApp.root_dir={place}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            picture = screenshot(f"http://127.0.0.1:{port}")
        finally:
            server.terminate()
            server.wait(timeout=30)
    (folder / "panel.png").write_bytes(picture)
    print(f"panel.png  {len(picture) / 1e3:.0f} kB")


def write_notebook(path: Path) -> None:
    """A notebook of one box, and the photograph beside it."""
    shutil.copy(PHOTO, path.with_name(PHOTO.name))
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)]), path)


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def screenshot(address: str) -> bytes:
    """The notebook as JupyterLab shows it, as PNG."""
    options = webdriver.ChromeOptions()
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1560,1500"):
        options.add_argument(flag)
    options.binary_location = shutil.which("chromium")
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    browser = webdriver.Chrome(options=options, service=service)
    try:
        wait = WebDriverWait(browser, PATIENCE_S, poll_frequency=1)
        wait.until(lambda _: answers(address))
        browser.get(f"{address}/lab/tree/tune.ipynb")
        wait.until(lambda found: "Idle" in found.find_element(By.TAG_NAME, "body").text)
        browser.find_element(By.CSS_SELECTOR, ".jp-Cell .cm-content").click()
        webdriver.ActionChains(browser).key_down(Keys.SHIFT).send_keys(Keys.ENTER).key_up(
            Keys.SHIFT
        ).perform()
        wait.until(lambda found: len(found.find_elements(By.CSS_SELECTOR, ".widget-image")) >= 4)
        wait.until(lambda found: found.execute_script(LOADED))
        return browser.get_screenshot_as_png()
    finally:
        browser.quit()


#: Whether every picture of the panel has arrived.
LOADED = "return [...document.querySelectorAll('img.widget-image')].every(i => i.naturalWidth > 50)"


def answers(address: str) -> bool:
    """Whether the server is up."""
    try:
        with urllib.request.urlopen(f"{address}/api", timeout=2):
            return True
    except OSError:
        return False


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
