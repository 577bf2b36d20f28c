"""Every notebook is kept without outputs and runs from clean; its widgets do what they say."""

import asyncio
import json
import warnings

import pytest
from conftest import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

#: What must hold when a notebook has run, as one more box at its end.
CHECKS = {
    "01-first-decode": """
assert 6 < stages.decoded.waveform.duration_s < 8
assert stages.decoded.waveform.samples.shape != other.decoded.waveform.samples.shape
assert stages.reading is other.reading
""",
    "02-tune-a-difficult-disc": """
try:
    groovescan.Stages(photograph).groove_map
except groovescan.GrooveNotFoundError as error:
    assert "9.00 px apart" in str(error) and "no spiral" in str(error)
else:
    raise AssertionError("the defaults do not fail")
assert clock.usable and abs(clock.speed_ratio - 1) < 0.01
sounds = [step.decoded.waveform for step in steps.values()]
told = [likeness(each.samples, each.rate_hz, disc.audio, 22050) for each in sounds]
assert max(told[:2]) < 0.2 and min(told[2:]) > 0.7, told
assert told[3] > told[2], told
written = groovescan.Settings.from_toml((folder / "my-disc.toml").read_text("utf-8"))
assert written == panel.settings == panel.decoded.settings
assert panel.settings.disc.pitch_max_px == 7 and panel.settings.disc.start == "inner"
# the slider of the turn moves every view
views = (panel.views.field, panel.views.strip, panel.views.spectrum)
before = [bytes(view.value) for view in views]
panel.turn.value = 4.0
assert all(bytes(view.value) != old for view, old in zip(views, before))
# and what is wrong is said in the panel
put("sound.eq", "nonsense")
assert "no recording curve" in panel.message.value
""",
    "03-many-discs": """
assert sorted(disc.name for disc in discs) == ["bones", "mirrored-tilted", "plain"]
assert {disc.state for disc in discs} == {"done"}
mirrored = [disc.name for disc in discs if disc.quality["direction"] < 0]
assert mirrored == ["mirrored-tilted"]
assert weakest.quality["snr_db"] == min(shown["signal to noise (dB)"])
""",
    "04-many-photographs": """
assert len(lie.photographs) == len(decoded.joined.photographs) == 8
assert lie.missing == () and [left.cause for left in lie.left_out] == ["no groove"]
from groovescan.simulate import likeness
assert likeness(decoded.waveform.samples, decoded.waveform.rate_hz, sound, 22050) > 0.8
""",
}


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return request.param


def test_there_are_notebooks():
    assert [path.stem for path in NOTEBOOKS] == list(CHECKS)


def test_it_is_kept_without_outputs(notebook):
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    for cell in cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
    assert not json.loads(notebook.read_text(encoding="utf-8"))["metadata"].get("widgets")


@pytest.fixture(scope="module")
def executed():
    """The notebooks with their checks, run two at a time: each has a process of its own."""
    reason = "the notebooks run with the extra 'test': nbclient, ipykernel, ipywidgets"
    with warnings.catch_warnings():  # what Jupyter's own parts say of each other is not ours
        warnings.simplefilter("ignore")
        nbformat = pytest.importorskip("nbformat", reason=reason)
        nbclient = pytest.importorskip("nbclient", reason=reason)
        for part in ("ipykernel", "ipywidgets"):
            pytest.importorskip(part, reason=reason)

        async def run(notebook, places):
            document = nbformat.read(notebook, as_version=4)
            document.cells.append(nbformat.v4.new_code_cell(CHECKS[notebook.stem]))
            where = {"metadata": {"path": str(notebook.parent)}}
            async with places:
                client = nbclient.NotebookClient(document, timeout=600, resources=where)
                await client.async_execute()
            return document

        async def run_all():
            places = asyncio.Semaphore(2)
            longest_first = sorted(NOTEBOOKS, key=lambda path: path.stem.startswith("01"))
            runs = [run(path, places) for path in longest_first]
            ended = await asyncio.gather(*runs, return_exceptions=True)
            return dict(zip(longest_first, ended, strict=True))

        return asyncio.run(run_all())


def test_it_runs_from_clean(notebook, executed):
    document = executed[notebook]
    if isinstance(document, Exception):
        raise document
    outputs = [output for cell in document.cells for output in cell.get("outputs", [])]
    kinds = {kind for output in outputs for kind in output.get("data", {})}
    pages = [output.get("data", {}).get("text/html", "") for output in outputs]
    assert any("<audio" in page for page in pages)
    assert any("gs-dark" in page for page in pages)
    if notebook.stem != "02-tune-a-difficult-disc":
        assert "image/png" in kinds
    else:
        assert "application/vnd.jupyter.widget-view+json" in kinds
