"""Where compiled loops are kept from one run of the program to the next.

Numba notices when the file of a loop changes; a change in another file, of a function that the
loop calls or of a constant, it does not notice. So all is kept in a folder of the user's caches
whose name is a hash of everything that goes into a loop: the sources of all modules that hold
compiled functions or their constants, the versions of the libraries, and the processor. Versions
of the program lie side by side; those that nobody has used for long are removed.
"""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding
import numba
import numpy as np
import platformdirs
from filelock import FileLock

#: What a module holds that has functions compiled, and how constants come from another one.
_MARK = b"\nfrom groovescan.runtime.jit import"
_IMPORT = re.compile(rb"^from ([\w.]+) import (\([^)]*\)|[^\n(]*)", re.MULTILINE)
_CONSTANT = re.compile(rb"\b_?[A-Z][A-Z0-9_]+\b")
_PREFIX = "loops-"
#: What is always left of the folders (some 4 MB each): the last ones used, and those of the last
#: days. Arbitrary: whoever works on the loops makes a folder with every change, and someone who
#: goes back and forth between versions has a few.
_KEPT_FOLDERS, _KEPT_DAYS = 8, 2.0
#: Seconds of a day.
_DAY_S = 86400.0
_PACKAGE = Path(__file__).parent.parent
_CONFIG: Any = numba.config


def kernel_modules(package: Path = _PACKAGE) -> list[str]:
    """Names of the modules that hold compiled functions, sorted."""
    files = sorted(package.rglob("*.py"))
    return [_name(file, package) for file in files if _MARK in file.read_bytes()]


def source_files(package: Path = _PACKAGE) -> list[Path]:
    """The files that say what is compiled: kernels, and whence their constants come, sorted.

    A constant (its name is all capitals) is compiled in, and so is the order of a tuple's fields:
    a change of it is one of the loop.
    """
    found: set[Path] = set()
    named = ["groovescan.runtime.jit", "groovescan.runtime.array_types", *kernel_modules(package)]
    waiting = [_file(name, package) for name in named]
    while waiting:
        file = waiting.pop()
        if file not in found and file.exists():
            found.add(file)
            waiting += (
                _file(module.decode(), package)
                for module, names in _IMPORT.findall(file.read_bytes())
                if _CONSTANT.search(names) or _has_records(_file(module.decode(), package))
            )
    return sorted(found)


def _has_records(file: Path) -> bool:
    """Whether a module says what the fields are of tuples that loops take."""
    return file.exists() and b"(NamedTuple):" in file.read_bytes()


def _name(file: Path, package: Path) -> str:
    return ".".join(file.relative_to(package.parent).with_suffix("").parts)


def _file(module: str, package: Path) -> Path:
    return package.parent.joinpath(*module.split(".")).with_suffix(".py")


def key_of(files: list[Path]) -> str:
    """A name for all that goes into the compiled loops; a change in any of it gives another."""
    digest = hashlib.sha256("\0".join(_surroundings()).encode())
    for file in files:
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:20]


def _surroundings() -> Iterator[str]:
    """Versions of what compiles, and the processor for which it does."""
    yield from (platform.python_version(), numba.__version__, llvmlite.__version__, np.__version__)
    yield _CONFIG.CPU_NAME or llvmlite.binding.get_host_cpu_name()
    yield _CONFIG.CPU_FEATURES or llvmlite.binding.get_host_cpu_features().flatten()


@functools.cache
def cache_folder() -> Path | None:
    """The folder of this version of the loops, made where it was not there; None where none can be.

    It lies among the user's caches, or where the environment variable NUMBA_CACHE_DIR says. A
    program packed as one file has no sources beside it: there is none, and Numba decides.
    """
    root = Path(_CONFIG.CACHE_DIR or platformdirs.user_cache_path("groovescan"))
    files = source_files()
    if not files:
        return None
    folder = root / f"{_PREFIX}{key_of(files)}"
    try:
        new = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)  # when it was last used
    except OSError:
        return None
    if not os.access(folder, os.W_OK):
        return None
    if new:
        remove_unused(root)
    return folder


def remove_unused(root: Path, now_s: float | None = None) -> None:
    """Remove the folders that were not used for some days, but for the last few.

    Parameters
    ----------
    root : Path
        Where they are.
    now_s : float, optional
        What time it is, as `time.time` tells it.
    """
    oldest_s = (time.time() if now_s is None else now_s) - _KEPT_DAYS * _DAY_S
    used_s = {}
    with suppress(OSError):
        for folder in root.glob(f"{_PREFIX}*"):
            with suppress(OSError):  # another process removes them, too
                used_s[folder] = folder.stat().st_mtime
    newest_first = sorted(used_s, key=lambda folder: used_s[folder], reverse=True)
    for folder in newest_first[_KEPT_FOLDERS:]:
        if used_s[folder] < oldest_s:
            shutil.rmtree(folder, ignore_errors=True)


def is_complete() -> bool:
    """Whether all loops were compiled, and are kept."""
    marker = _complete_marker()
    return marker is not None and marker.exists()


def note_complete() -> None:
    """Remember that all loops are kept."""
    marker = _complete_marker()
    if marker is not None:
        with suppress(OSError):
            marker.touch()


@functools.cache
def _complete_marker() -> Path | None:
    """The file that stands for all loops; of this installation alone.

    Numba finds what it keeps by the path, size and date of the sources: a second installation of
    the same sources finds nothing of the first, though it has the same folder.
    """
    folder = cache_folder()
    if folder is None:
        return None
    digest = hashlib.sha256(str(_PACKAGE).encode())
    for file in source_files():
        digest.update(f"{file.stat().st_mtime_ns} {file.stat().st_size}\0".encode())
    return folder / f"complete-{digest.hexdigest()[:20]}"


@contextmanager
def compiling() -> Iterator[None]:
    """While the block runs, other processes that would fill the same folder wait."""
    folder = cache_folder()
    with FileLock(folder / "compiling.lock") if folder is not None else nullcontext():
        yield
