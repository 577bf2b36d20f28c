"""Take the screenshot of the panel for the README: JupyterLab with `groovescan.tune` in it.

usage: python docs/images/panel.py [FOLDER]

Needs jupyterlab, chromium, chromedriver and selenium. It runs a notebook of one box in a
JupyterLab on this machine alone, and writes `panel.png` into the folder, by default its own.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

import nbformat
from PIL import Image
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

PHOTO = Path(__file__).parents[2] / "test_images" / "plain.png"
CELL = f"import groovescan\n\ngroovescan.tune({PHOTO.name!r})"
TURN = "4.1"
PATIENCE_S = 400


def main(folder: Path) -> None:
    """Write a notebook, run it in the browser, and write the picture into a folder."""
    with tempfile.TemporaryDirectory() as place:
        write_notebook(Path(place) / "tune.ipynb")
        lab = write_lab_settings(Path(place) / ".lab")
        port = free_port()
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1",
             f"--port={port}", "--IdentityProvider.token=", f"--ServerApp.root_dir={place}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | lab,
        )  # fmt: skip
        try:
            picture = smaller(screenshot(f"http://127.0.0.1:{port}"))
        finally:
            server.terminate()
            server.wait(timeout=30)
    (folder / "panel.png").write_bytes(picture)
    print(f"panel.png  {len(picture) / 1e3:.0f} kB")


def write_notebook(path: Path) -> None:
    """A notebook of one box, and the photograph beside it."""
    shutil.copy(PHOTO, path.with_name(PHOTO.name))
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(CELL)],
        # without it, JupyterLab asks which one
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    nbformat.write(notebook, path)


def write_lab_settings(folder: Path) -> dict[str, str]:
    """Settings of a JupyterLab that offers no news; the variables that lead to them."""
    part = folder / "settings" / "@jupyterlab" / "apputils-extension"
    part.mkdir(parents=True)
    (part / "notification.jupyterlab-settings").write_text(
        json.dumps({"checkForUpdates": False, "fetchNews": "false"}), encoding="utf-8"
    )
    return {
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
    }


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def screenshot(address: str) -> bytes:
    """The notebook as JupyterLab shows it, as PNG."""
    options = webdriver.ChromeOptions()
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1440,1800"):
        options.add_argument(flag)
    options.binary_location = shutil.which("chromium")
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    browser = webdriver.Chrome(options=options, service=service)
    try:
        wait = WebDriverWait(browser, PATIENCE_S, poll_frequency=1)
        wait.until(lambda _: answers(address))
        browser.get(f"{address}/doc/tree/tune.ipynb")
        wait.until(lambda found: "Idle" in found.find_element(By.TAG_NAME, "body").text)
        browser.find_element(By.CSS_SELECTOR, ".jp-Cell .cm-content").click()
        webdriver.ActionChains(browser).key_down(Keys.SHIFT).send_keys(Keys.ENTER).key_up(
            Keys.SHIFT
        ).perform()
        wait.until(lambda found: len(found.find_elements(By.CSS_SELECTOR, ".widget-image")) >= 4)
        wait.until(lambda found: found.execute_script(LOADED))
        before = set(browser.execute_script(SOURCES))
        choose_turn(browser, TURN)
        wait.until(lambda found: not before & set(found.execute_script(SOURCES)))
        wait.until(lambda found: found.execute_script(LOADED))
        return browser.get_screenshot_as_png()
    finally:
        browser.quit()


def choose_turn(browser: webdriver.Chrome, turn: str) -> None:
    """Type a turn beside its slider, as a person would: the disc begins with silence."""
    readouts = browser.find_elements(By.CSS_SELECTOR, ".widget-readout")
    next(readout for readout in readouts if readout.is_displayed()).click()
    with_all = webdriver.ActionChains(browser).key_down(Keys.CONTROL).send_keys("a")
    with_all.key_up(Keys.CONTROL).send_keys(turn, Keys.ENTER).perform()


def smaller(png: bytes) -> bytes:
    """The picture in 256 colours, which are enough for it."""
    file = io.BytesIO()
    few = Image.open(io.BytesIO(png)).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    few.save(file, "PNG", optimize=True)
    return file.getvalue()


#: Where the pictures of the panel come from: another address, another picture.
SOURCES = "return [...document.querySelectorAll('img.widget-image')].map(i => i.src)"
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
