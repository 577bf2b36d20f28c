"""What needs an extra says so before any work is done for it, and nothing else needs one."""

import subprocess
import sys

import pytest
from conftest import ROOT
from test_cli import names, photo, pipeline  # noqa: F401

from groovescan.batch.collection import CollectionRequest, decode_collection
from groovescan.batch.task import Wanted
from groovescan.config.settings import Settings
from groovescan.errors import SettingsError

ROOMS_OF_EXTRAS = {"app", "reporting", "tuning"}


@pytest.fixture
def no_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)


@pytest.mark.usefixtures("no_matplotlib")
@pytest.mark.parametrize(
    "words",
    [
        ("decode", "{photo}", "--report"),
        ("inspect", "{photo}", "--figure", "seen.png"),
        ("batch", "{photo}", "-o", "out", "--report"),
        ("curves", "--plot", "curves.png"),
    ],
    ids=lambda words: words[0],
)
def test_a_picture_without_what_draws_it_is_refused_before_the_work(run, photo, pipeline, words):  # noqa: F811
    before = names(photo.parent)
    ended = run(*(word.format(photo=photo) for word in words))
    assert ended.code == 2
    assert "needs matplotlib, which is not installed; install it with: " in ended.err
    assert "[figures]" in ended.err
    assert pipeline.count == 0
    assert names(photo.parent) == before


@pytest.mark.usefixtures("no_matplotlib")
def test_a_collection_with_pages_is_refused_before_it_begins(tmp_path):
    asked = CollectionRequest(settings=Settings(), wanted=Wanted(report=True))
    with pytest.raises(SettingsError, match=r"page of each photograph.*\[figures\]"):
        decode_collection([str(tmp_path)], tmp_path / "out", asked)
    assert not (tmp_path / "out").exists()


def run_without(program):
    """Run a program where nothing of any extra can be imported."""
    extras = ("matplotlib", "rawpy", "distributed", "nicegui", "fastapi", "uvicorn", "ipywidgets")
    blocked = "".join(f"sys.modules[{name!r}] = None\n" for name in extras)
    return subprocess.run(
        [sys.executable, "-c", f"import sys\n{blocked}{program}"],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip


def test_rooms_other_than_those_of_extras_need_none():
    package = ROOT / "groovescan"
    modules = [path.relative_to(ROOT).with_suffix("").parts for path in package.rglob("*.py")]
    needed = sorted(
        ".".join(parts) for parts in modules
        if parts[1] not in ROOMS_OF_EXTRAS and parts[-1] not in ("__init__", "__main__")
    )  # fmt: skip
    done = run_without(f"import importlib\nfor name in {needed!r}: importlib.import_module(name)")
    assert done.returncode == 0, done.stderr[-2000:]


def test_figures_from_python_name_what_is_to_be_installed():
    done = run_without(
        "import groovescan\n"
        "try: groovescan.reporting\n"
        "except groovescan.SettingsError as error: print(error)"
    )
    assert done.stdout.startswith("drawing needs matplotlib, which is not installed; install")
    assert "[figures]" in done.stdout
