"""A program that uses the library is checked by `mypy --strict` as one that is installed."""

import os
import subprocess
import sys

from conftest import ROOT

PROGRAM = """
from pathlib import Path

import numpy as np

import groovescan
from groovescan import Decoded, Inspection, Settings


def tell(stage: str, done: float) -> None:
    print(f"{stage}: {done:.0%}")


def louder_bass(photo: Path) -> Decoded:
    settings = Settings().replace(sound={"eq": "500N-0", "rpm": 78.26})
    stages = groovescan.Stages(photo, settings)
    print(stages.groove_map.pitch_px, stages.resolution.snr_db)
    return stages.replace(sound={"eq": "flat"}).decoded


def main(photo: Path) -> None:
    try:
        decoded = groovescan.decode(photo, progress=tell)
    except groovescan.GrooveNotFoundError as error:
        print(error, error.exit_code)
        return
    seconds: float = decoded.waveform.duration_s
    displacement: np.ndarray[tuple[int, ...], np.dtype[np.float32]]
    displacement = decoded.reading.displacement_px
    look: Inspection = groovescan.inspect(photo)
    print(seconds, displacement.shape, decoded.groove_map.turns, look.advice)
"""


def test_a_small_program_passes_the_strict_check_and_a_wrong_one_does_not(tmp_path):
    """Both at once; in what is installed the check looks at the types alone."""
    assert (ROOT / "groovescan" / "py.typed").exists()
    (tmp_path / "right.py").write_text(PROGRAM, encoding="utf-8")
    wrong = PROGRAM.replace("decode(photo, progress", "decode(photo, progres")
    (tmp_path / "wrong.py").write_text(wrong, encoding="utf-8")
    strict = ["--strict", "--follow-imports=silent", "--config-file", os.devnull]
    files = ["--cache-dir", str(tmp_path / "cache"), "right.py", "wrong.py"]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *strict, *files],
        cwd=tmp_path,
        env=os.environ | {"MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 1, done.stdout
    *errors, found = done.stdout.splitlines()
    assert all(line.startswith("wrong.py:") for line in errors), done.stdout
    assert "progres" in done.stdout
    assert found.startswith("Found ")
