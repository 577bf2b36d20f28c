"""What is compiled is never stale, compiled ahead once, and loaded before it is asked for."""

import ast
import importlib
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT

import groovescan
from groovescan.runtime import jit, jit_ahead, jit_cache
from groovescan.runtime.array_types import ArrayLayout
from groovescan.runtime.jit_ahead import loops_ready
from groovescan.runtime.progress import COMPILING

LIMITS = "FACTOR = 2.0\n"
CALLEE = """
from groovescan.runtime.jit import part
@part
def changed(x):
    return x + 1.0
"""
CALLER = """
from groovescan.callee import changed
from groovescan.limits import FACTOR
from groovescan.runtime.array_types import Float64Vector
from groovescan.runtime.jit import compiled, compiled_when_used
@compiled
def total(values: Float64Vector) -> float:
    found = 0.0
    for value in values:
        found += FACTOR * changed(value)
    return found
@compiled
def first(values: Float64Vector) -> float:
    return values[0]
@compiled_when_used
def seldom(values: Float64Vector) -> float:
    return values[-1]
"""
CALL = """
import numpy as np
from groovescan.caller import total
print(total(np.ones(3)), sum(total.stats.cache_hits.values()))
"""
SELDOM = """
from groovescan.caller import seldom
print(seldom(np.ones(3)), sum(seldom.stats.cache_hits.values()))
"""
AHEAD = """
import sys
from groovescan.runtime import jit_ahead
if __name__ == "__main__":
    heard = []
    with jit_ahead.loops_ready(lambda stage, done: heard.append((stage, done))):
        from groovescan.caller import first, seldom, total
    assert not seldom.signatures
    print(heard)
    print([sum(loop.stats.cache_hits.values()) for loop in (first, total)])
"""


@pytest.fixture
def package(tmp_path):
    """A package with our `runtime`, a loop, what it calls, and its constant; and how to run it."""
    folder = tmp_path / "groovescan"
    shutil.copytree(ROOT / "groovescan" / "runtime", folder / "runtime")
    shutil.copy(ROOT / "groovescan" / "errors.py", folder)
    for name, text in (
        ("__init__", ""), ("limits", LIMITS), ("callee", CALLEE), ("caller", CALLER),
    ):  # fmt: skip
        (folder / f"{name}.py").write_text(text, encoding="utf-8")

    def said(program, **environment):
        own = {"NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": str(tmp_path)}
        return subprocess.run(
            [sys.executable, "-B", "-c", program],
            env=os.environ | own | environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout.strip()

    return folder, said


def change(file, before, after):
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


def test_a_change_in_what_a_loop_calls_is_seen_and_one_elsewhere_compiles_nothing(package):
    folder, said = package
    assert said(CALL) == "12.0 0"
    (folder / "errors.py").write_text("OTHER = 1\n", encoding="utf-8")
    assert said(CALL) == "12.0 1"  # loaded
    change(folder / "callee.py", "x + 1.0", "x + 2.0")
    assert said(CALL) == "18.0 0"
    change(folder / "limits.py", "2.0", "1.0")
    assert said(CALL) == "9.0 0"


def test_where_nothing_can_be_kept_all_is_compiled_each_time(package):
    _, said = package
    nowhere = os.path.join(os.devnull, "cache")
    heard, _, called = said(AHEAD + CALL, NUMBA_CACHE_DIR=nowhere).splitlines()
    assert COMPILING in heard
    assert called == "12.0 0"


@pytest.mark.parametrize("threads", ["1", "2"])
def test_all_is_compiled_ahead_once_and_then_loaded(package, threads):
    folder, said = package
    heard, _ = said(AHEAD, GROOVESCAN_THREADS=threads).splitlines()
    told = ast.literal_eval(heard)
    assert {stage for stage, _ in told} == {COMPILING}
    assert [told[0][1], told[-1][1]] == [0.0, 1.0]
    assert said(AHEAD).splitlines()[0] == "[]"
    # what is seldom called is compiled when it is, and kept, too
    assert said(CALL + SELDOM).splitlines() == ["12.0 1", "1.0 0"]
    if threads == "2":
        assert said(CALL + SELDOM).splitlines() == ["12.0 1", "1.0 1"]
        # the same sources in another place, as Numba sees them
        os.utime(folder / "caller.py", (0, 0))
        assert COMPILING in said(AHEAD).splitlines()[0]


def test_without_a_second_process_all_is_compiled_in_this_one(package):
    _, said = package
    program = AHEAD.replace("import sys\n", "import sys; sys.executable = '/no/python'\n")
    heard, _ = said(program, GROOVESCAN_THREADS="2").splitlines()
    assert f"('{COMPILING}', 1.0)" in heard


def test_folders_that_nobody_used_for_long_are_removed(tmp_path):
    now_s, day_s = 1e9, 86400.0
    for number in range(12):
        folder = tmp_path / f"loops-{number}"
        folder.mkdir()
        os.utime(folder, (now_s - number * day_s, now_s - number * day_s))
    (tmp_path / "other").mkdir()
    os.utime(tmp_path / "other", (0, 0))
    jit_cache.remove_unused(tmp_path, now_s=now_s)
    assert {path.name for path in tmp_path.iterdir()} == {"other"} | {
        f"loops-{number}" for number in range(8)
    }
    for folder in tmp_path.glob("loops-*"):
        os.utime(folder, (now_s, now_s))
    for number in range(20):
        (tmp_path / f"loops-new-{number}").mkdir()
        os.utime(tmp_path / f"loops-new-{number}", (now_s - day_s, now_s - day_s))
    jit_cache.remove_unused(tmp_path, now_s=now_s)
    assert len(list(tmp_path.glob("loops-*"))) == 28  # all were used these days


def loops():
    """All loops of the program."""
    for module in jit_cache.kernel_modules():
        importlib.import_module(module)
    return jit.loops()


def test_every_constant_that_is_compiled_in_belongs_to_the_key():
    files = set(jit_cache.source_files())
    waiting, met = list(loops()), set()
    while waiting:
        function = waiting.pop().py_func
        if function in met:
            continue
        met.add(function)
        module = sys.modules[function.__module__]
        assert Path(module.__file__) in files
        imported = {
            alias.asname or alias.name: node.module
            for node in ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8")))
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        for name in function.__code__.co_names:
            value = function.__globals__.get(name)
            if hasattr(value, "py_func"):
                waiting.append(value)
            elif imported.get(name, "").startswith("groovescan"):
                assert Path(sys.modules[imported[name]].__file__) in files, (function, name)
    assert len(met) > 50


def test_every_loop_says_for_which_types_it_is_compiled():
    for loop in loops():
        assert jit.argument_types(loop), loop


def test_a_decode_compiles_nothing_but_what_was_compiled_ahead(disc):
    image = disc("plain").image
    # other tests may have called a loop with what a decode never does
    before = {loop: set(loop.signatures) for loop in loops()}
    groovescan.decode(image)
    assert len([loop for loop in before if loop.signatures]) > 25
    ahead = set(jit.loops_ahead())
    for loop, others in before.items():
        assert loop in ahead or set(loop.signatures) == others, loop
        assert set(loop.signatures) - others <= set(jit.argument_types(loop)), loop


@pytest.mark.parametrize("order", ["C", "F", "A"])
@pytest.mark.parametrize("read_only", [False, True])
def test_examples_of_arrays_lie_as_they_should(order, read_only):
    array = ArrayLayout(np.float32, 2, order, read_only).example()
    assert array.dtype == np.float32
    assert array.flags.writeable is not read_only
    assert (array.flags.c_contiguous, array.flags.f_contiguous) == (order == "C", order == "F")


def test_nothing_is_loaded_after_the_block(monkeypatch):
    begun = threading.Event()

    def load_until_told(stop):
        begun.set()
        stop.wait(30)

    monkeypatch.setattr(jit_ahead, "_load", load_until_told)
    with loops_ready():
        assert begun.wait(30)
        assert jit_ahead.LOADING_THREAD in _threads()
    assert jit_ahead.LOADING_THREAD not in _threads()


def _threads():
    return [thread.name for thread in threading.enumerate()]
