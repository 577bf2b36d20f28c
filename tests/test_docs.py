"""Docstrings are in numpydoc's form, their examples run, and documents point to what is there."""

import ast
import dataclasses
import doctest
import importlib
import inspect
import re
import warnings

import pytest
from conftest import ROOT

import groovescan

MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in (ROOT / "groovescan").rglob("*.py")
    if path.stem != "__main__"
)
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"]
#: Not every function needs a second paragraph, an example and a list of others.
NOT_NEEDED = {"ES01", "EX01", "SA01"}
#: The summary says what is given: "Levels over time"; and those of the simulator are by subject.
BY_HAND = {"SS05", "GL06", "GL07"}


def public():
    """Names of all that a user may call: where it is at home, and its own."""
    found = set()
    for name in groovescan.__all__:
        thing = getattr(groovescan, name)
        inside = [getattr(thing, item) for item in getattr(thing, "__all__", [])]
        for each in inside if inspect.ismodule(thing) else [thing]:
            if callable(each) and getattr(each, "__module__", "").startswith("groovescan"):
                found.add(f"{each.__module__}.{each.__qualname__}")
    return sorted(found)


@pytest.mark.parametrize("name", public())
def test_public_docstrings_are_complete(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        validate = pytest.importorskip(
            "numpydoc.validate", reason="docstrings are checked with the extra 'test'"
        ).validate
        errors = validate(name)["errors"]
    home, _, own = name.rpartition(".")
    thing = getattr(importlib.import_module(home), own)
    allowed = NOT_NEEDED | BY_HAND
    if dataclasses.is_dataclass(thing):
        allowed = allowed | {"PR01", "PR04"}  # its fields stand under Attributes
        for item in dataclasses.fields(thing):
            assert re.search(rf"\b{item.name}\b.* : ", thing.__doc__), item.name
    assert [error for error in errors if error[0] not in allowed] == []


def with_examples():
    """Names of the modules in whose text an example stands."""
    for name in MODULES:
        path = ROOT.joinpath(*name.split("."))
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if ">>>" in path.read_text(encoding="utf-8"):
            yield name


@pytest.mark.parametrize("name", list(with_examples()))
def test_examples_run(name):
    pytest.importorskip("ipywidgets") if "tuning." in name else None
    pytest.importorskip("nicegui") if ".app." in name else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = importlib.import_module(name)
    assert doctest.testmod(module).failed == 0


def test_there_are_examples():
    runner = doctest.DocTestFinder(exclude_empty=True)
    found = [t for name in MODULES for t in runner.find(importlib.import_module(name))]
    assert sum(1 for test in found if test.examples) >= 5


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_documents_point_to_what_is_there(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", [ROOT / "docs" / "guide.md"], ids=lambda path: path.name)
def test_the_guide_knows_every_piece_of_advice(page):
    told = page.read_text(encoding="utf-8")
    source = (ROOT / "groovescan" / "wording" / "advice.py").read_text(encoding="utf-8")
    begins = re.findall(r'[^"]f?"([A-Z][A-Za-z ]+): ', source)
    assert len(begins) >= 8
    for begin in begins:
        assert " ".join(begin.split()[:3]) in told, begin


def reasons_of_a_verdict():
    """The texts of `quality/verdict.py`, with three dots for what is put in."""
    source = (ROOT / "groovescan" / "quality" / "verdict.py").read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        called = node.func.id if isinstance(node, ast.Call) and hasattr(node.func, "id") else ""
        if called in ("_bad", "_doubt"):
            text = node.args[0]
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "text":
            text = node.value
        else:
            continue
        parts = getattr(text, "values", [text])
        if not all(isinstance(part, ast.Constant | ast.FormattedValue) for part in parts):
            continue  # a text that has its name was met where it got it
        yield "".join(part.value if isinstance(part, ast.Constant) else "..." for part in parts)


@pytest.mark.parametrize("reason", list(reasons_of_a_verdict()))
def test_the_guide_explains_every_reason_of_a_verdict(reason):
    guide = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
    table = guide.split("### The verdict")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("|")]
    told = [each.strip() for row in rows[2:] for each in row.split(";")]
    patterns = [".*".join(map(re.escape, each.split("..."))) for each in told]
    assert any(re.search(pattern, reason) for pattern in patterns), reason


def test_a_verdict_has_reasons():
    assert len(list(reasons_of_a_verdict())) >= 15
