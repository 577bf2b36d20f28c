"""What was compiled once is loaded before it is asked for."""

import os
import subprocess
import sys
import threading

import numpy as np

from groovescan.runtime.jit import made_ready

_CALL = """
import numpy as np
from groovescan.strip.row_loops import between
between(np.arange(3.0), 16, 48)
"""
_LOAD = """
import time
from groovescan.runtime.jit import made_ready
from groovescan.strip.row_loops import between
with made_ready():
    until = time.monotonic() + 60
    while not between.overloads and time.monotonic() < until:
        time.sleep(0.01)
print(len(between.overloads), sum(between.stats.cache_hits.values()))
"""


def test_a_loop_that_was_compiled_is_loaded_without_being_called(tmp_path):
    def said(program):
        return subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout

    said(_CALL)
    assert said(_LOAD).split() == ["1", "1"]


def test_nothing_is_loaded_after_the_block(rng):
    before = threading.active_count()
    with made_ready():
        assert np.isfinite(rng.standard_normal())
    assert threading.active_count() == before
