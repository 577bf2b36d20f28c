"""What the tests share."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

# Before numpy is loaded: threads of OpenBLAS that wait for each other on a busy machine make the
# small matrix products of a decode ten times slower.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Ended:
    """How a call of the command line ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys):
    """Call the command line in this process, the way the console script does."""
    from groovescan.cli import main

    def call(*arguments: object) -> Ended:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Ended(ended.value.code or 0, captured.out, captured.err)

    return call


@pytest.fixture
def rng():
    return np.random.default_rng(20240607)


@pytest.fixture
def picture(rng):
    """A small grey picture in which no two rows, columns or turns look alike."""
    return rng.integers(0, 256, (40, 60), dtype=np.uint8)
