"""Modules that have moved: their old names still load them, and a warning says the new one."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import sys
import warnings
from collections.abc import Sequence
from types import ModuleType

#: Old name to new, both within the package. They go with the next version but one.
MOVED = {
    "collection": "batch",
    "files": "storage.atomic_files",
    "geometry": "core.geometry.camera_model",
    "inspection": "pipeline.inspect_photograph",
    "kept": "core.memo",
    "photograph": "core.photograph",
    "progress": "runtime.progress",
    "results": "core.results",
    "seen": "core.inspection",
    "settings": "config.settings",
    "show": "reporting",
}


class _MovedFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds a module under its old name, as the very same module."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The specification of a module under its former name; None for any other."""
        package, _, name = fullname.partition(".")
        if package != "groovescan" or name not in MOVED:
            return None
        return importlib.machinery.ModuleSpec(fullname, self)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """A stand-in for the module that it is now, with a warning that says so."""
        new = f"groovescan.{MOVED[spec.name.partition('.')[2]]}"
        warnings.warn(f"{spec.name} is now {new}", DeprecationWarning, stacklevel=2)
        return _Alias(spec.name, importlib.import_module(new))

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: the module under its new name was executed."""


class _Alias(ModuleType):
    """A module whose names are those of another."""

    def __init__(self, name: str, of: ModuleType) -> None:
        super().__init__(name, of.__doc__)
        self.__dict__["_of"] = of

    def __getattr__(self, name: str) -> object:
        return getattr(self.__dict__["_of"], name)

    def __dir__(self) -> list[str]:
        return dir(self.__dict__["_of"])


def install() -> None:
    """Let the old names be found, after everything else."""
    if not any(isinstance(finder, _MovedFinder) for finder in sys.meta_path):
        sys.meta_path.append(_MovedFinder())
