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


def checked(folder, program):
    """What mypy says of a program; in what is installed it looks at the types alone."""
    (folder / "program.py").write_text(program, encoding="utf-8")
    strict = ["--strict", "--follow-imports=silent", "--config-file", os.devnull]
    return subprocess.run(
        [sys.executable, "-m", "mypy", *strict, "--cache-dir", str(folder / "cache"), "program.py"],
        cwd=folder,
        env=os.environ | {"MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
    )


def test_a_small_program_passes_the_strict_check_and_a_wrong_one_does_not(tmp_path):
    assert (ROOT / "groovescan" / "py.typed").exists()
    right = checked(tmp_path, PROGRAM)
    assert right.returncode == 0, right.stdout
    wrong = checked(tmp_path, PROGRAM.replace("decode(photo, progress", "decode(photo, progres"))
    assert "progres" in wrong.stdout
    assert wrong.returncode == 1
