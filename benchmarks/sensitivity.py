"""How much a constant matters: the sound of some discs with it smaller and larger.

usage: python benchmarks/sensitivity.py MODULE:NAME... [--factors 0.5 2] [--discs small,faint]
       for example: python benchmarks/sensitivity.py strip/strip_model:learn_rows wiener:_TOLERANCE

Each constant (of a module, a function or a class, by its name) is multiplied by each
factor as its module is loaded, in a process of its own; a whole number stays one, and every
element of a tuple is multiplied. Printed is by how many dB the score of each disc changes, or how
its decode ends. Constants of compiled loops are left out: what was compiled would keep the old
value. The discs are drawn here, with sound of six seconds, and say nothing of others.
"""

from __future__ import annotations

import argparse
import ast
import importlib.machinery
import multiprocessing
import sys
import tempfile
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import cv2  # noqa: F401  what every process needs is loaded before they part
import numba  # noqa: F401
import numpy as np
import scipy.ndimage  # noqa: F401
from scoring import Truth, load_truth, score

_PACKAGE = Path(__file__).parent.parent / "groovescan"
_RATE_HZ = 22050.0
_SMALL = {
    "width_px": 1200,
    "height_px": 1200,
    "start_radius_mm": 32.0,
    "film_radius_mm": 33.5,
    "lead_in_turns": 1.5,
    "run_out_turns": 1.5,
    "hole_radius_mm": 1.5,
    "seed": 7,
}
_DISCS: dict[str, dict[str, Any]] = {
    "small": {"bones": 4},
    "faint": {"contrast": 0.2, "noise": 0.02, "dust": 150, "scratches": 10},
    "tilted": {"tilt_x": 0.06, "tilt_y": -0.04, "lens": 0.006, "profile": "walls"},
}


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark."""
    options = _options(arguments)
    discs = {name: _drawn(name) for name in options.discs.split(",")}
    usual = {name: _apart(None, 1.0, *disc) for name, disc in discs.items()}
    print(
        "disc                                     ", *(f"{n} {_told(v)}" for n, v in usual.items())
    )
    for constant in options.constants:
        for factor in options.factors:
            found = {name: _apart(constant, factor, *disc) for name, disc in discs.items()}
            changes = (_change(found[name], usual[name]) for name in discs)
            print(
                f"{constant:40s} x {factor:<5g}", *(f"{each:>9s}" for each in changes), flush=True
            )
    return 0


class Multiplied(MetaPathFinder):
    """Loads one module with a constant of it multiplied."""

    def __init__(self, constant: str, factor: float) -> None:
        module, self._name = constant.split(":")
        self._file = _PACKAGE / f"{module}.py"
        if not self._file.exists():
            self._file = _PACKAGE / module / "__init__.py"
        if b"groovescan.runtime.jit import" in self._file.read_bytes():
            raise SystemExit(f"{constant}: of a module with compiled loops")
        self._factor = factor

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The module's specification, where it is the one that is changed."""
        found = importlib.machinery.PathFinder.find_spec(name, path, target)
        if found is None or found.origin != str(self._file):
            return None
        found.loader = _Loader(name, str(self._file), self._code())
        return found

    def _code(self) -> CodeType:
        tree = ast.parse(self._file.read_text(encoding="utf-8"))
        changed = [node for node in ast.walk(tree) if self._sets(node)]
        if not changed:
            raise SystemExit(f"{self._file.name} sets no {self._name}")
        for node in changed:
            helper = ast.Constant(self._factor)
            product = ast.Call(ast.Name("__multiplied", ast.Load()), [node.value, helper], [])
            node.value = ast.copy_location(product, node)
        return compile(ast.fix_missing_locations(tree), str(self._file), "exec")

    def _sets(self, node: ast.AST) -> bool:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            targets = [node.target]
        return any(isinstance(each, ast.Name) and each.id == self._name for each in targets)


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, path: str, code: CodeType) -> None:
        super().__init__(name, path)
        self._code = code

    def get_code(self, fullname: str) -> CodeType:
        return self._code

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["__multiplied"] = _multiplied
        exec(self._code, module.__dict__)


def _multiplied(value: Any, factor: float) -> Any:
    """A number, or each of several, times a factor; whole numbers stay whole."""
    if isinstance(value, (tuple, list)):
        return type(value)(_multiplied(each, factor) for each in value)
    product = value * factor
    return type(value)(round(product)) if isinstance(value, int) else type(value)(product)


def _drawn(name: str) -> tuple[np.ndarray, Truth]:
    """A disc and what is true of it; drawn by a process of its own, which loads the program."""
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return pool.apply(_draw, (name,))


def _draw(name: str) -> tuple[np.ndarray, Truth]:
    from groovescan.simulate import (
        SimulateSettings,
        make_sound,
        simulate,
        truth_places,
        write_simulation,
    )

    sound = make_sound(6.0, _RATE_HZ, np.random.default_rng(5))
    drawn = simulate(sound, _RATE_HZ, SimulateSettings(**(_SMALL | _DISCS[name])))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "disc.png"
        write_simulation(drawn, path)
        return drawn.image, load_truth(truth_places(path, 1)[0])


def _apart(constant: str | None, factor: float, image: np.ndarray, truth: Truth) -> float | str:
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return pool.apply(_decoded, (constant, factor, image, truth))


def _decoded(constant: str | None, factor: float, image: np.ndarray, truth: Truth) -> float | str:
    """Score of a decode in dB, or the name of the error that ended it."""
    if constant is not None:
        sys.meta_path.insert(0, Multiplied(constant, factor))
    import groovescan

    try:
        waveform = groovescan.decode(image).waveform
    except Exception as error:  # another value may break anything
        return type(error).__name__
    return float(score(waveform.samples, waveform.rate_hz, truth).snr_db)


def _told(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.2f} dB"


def _change(value: float | str, usual: float | str) -> str:
    if isinstance(value, str) or isinstance(usual, str):
        return "as usual" if value == usual else _told(value)
    return "same" if value == usual else f"{value - usual:+.3f}"


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("constants", nargs="+", metavar="MODULE:NAME")
    parser.add_argument("--factors", nargs="+", type=float, default=[0.5, 2.0])
    parser.add_argument("--discs", default=",".join(_DISCS))
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
