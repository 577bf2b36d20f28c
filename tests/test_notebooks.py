"""Every notebook is kept without outputs and runs from clean."""

import json
import warnings

import pytest
from conftest import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return request.param


def test_there_are_notebooks():
    assert NOTEBOOKS


def test_it_is_kept_without_outputs(notebook):
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    for cell in cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


def test_it_runs_from_clean(notebook):
    reason = "the notebooks run with the extra 'test': nbclient, ipykernel, matplotlib"
    with warnings.catch_warnings():  # what Jupyter's own parts say of each other is not ours
        warnings.simplefilter("ignore")
        nbformat = pytest.importorskip("nbformat", reason=reason)
        nbclient = pytest.importorskip("nbclient", reason=reason)
        for part in ("ipykernel", "matplotlib"):
            pytest.importorskip(part, reason=reason)
        document = nbformat.read(notebook, as_version=4)
        client = nbclient.NotebookClient(
            document, timeout=180, resources={"metadata": {"path": str(notebook.parent)}}
        )
        client.execute()
    outputs = [output for cell in document.cells for output in cell.get("outputs", [])]
    kinds = {kind for output in outputs for kind in output.get("data", {})}
    assert "image/png" in kinds
    assert any("<audio" in output.get("data", {}).get("text/html", "") for output in outputs)
