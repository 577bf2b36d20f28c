"""Freed memory is kept where the C library can be told to; Python searches it seldom."""

import gc
import subprocess
import sys

import pytest

from groovescan.runtime import allocator as memory

_ASK = """
import resource, numpy as np
from groovescan.runtime.allocator import keep_freed_memory
{told}
for _ in range({times}):
    values = bytearray(8 << 20)
    del values
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
"""


def _faults(told: str, times: int) -> int:
    code = _ASK.format(told=told, times=times)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(run.stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only glibc can be told")
def test_freed_memory_is_not_asked_for_again():
    told = "assert keep_freed_memory()"
    pages = (8 << 20) // 4096
    assert _faults(told, 40) - _faults(told, 4) < pages
    # it is what was told that makes the difference
    assert _faults("import ctypes; ctypes.CDLL(None).mallopt(-3, 1 << 20)", 40) > 20 * pages


def test_other_systems_are_left_alone(monkeypatch):
    monkeypatch.setattr(memory.sys, "platform", "darwin")
    assert not memory.keep_freed_memory()
    monkeypatch.setattr(memory.sys, "platform", "linux")
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda _: object())
    assert not memory.keep_freed_memory()


def test_python_searches_seldom_and_then_as_before():
    former = gc.get_threshold()
    with memory.seldom_searched():
        assert gc.get_threshold()[0] > 50 * former[0]
    assert gc.get_threshold() == former


def test_what_is_lost_in_cycles_is_still_found():
    code = """
import gc, weakref
from groovescan.runtime.allocator import seldom_searched
class Ring:
    pass
with seldom_searched():
    ring = Ring()
    ring.self, seen = ring, weakref.ref(ring)
    del ring
    kept = [[n] for n in range(200_000)]
    assert seen() is None
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_is_there_at_the_end_is_not_searched():
    code = """
import atexit, gc
from groovescan.runtime.allocator import seldom_searched
# the last to be told is called first
atexit.register(lambda: print(gc.get_freeze_count() > 1000))
with seldom_searched():
    pass
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "True"
