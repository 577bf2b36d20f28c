"""groovescan plays records from a photograph.

    >>> import groovescan
    >>> decoded = groovescan.decode("disc.tif")  # doctest: +SKIP
    >>> decoded.waveform.duration_s  # doctest: +SKIP

Each name below is loaded when it is first used, so that importing the package is quick.
"""

from __future__ import annotations

import importlib
import time
from typing import TYPE_CHECKING, Any

from groovescan._moved import MOVED, install

_BEGUN_S = time.perf_counter()

__version__ = "0.1.0"

install()

_HOME = {
    "decode": "pipeline",
    "Stages": "pipeline",
    "Memo": "core.memo",
    "decode_collection": "batch",
    "inspect": "pipeline.inspect_photograph",
    "report": "reporting.decode_report",
    "Settings": "config.settings",
    "PhotoSettings": "config.settings",
    "DiscSettings": "config.settings",
    "GrooveSettings": "config.settings",
    "SoundSettings": "config.settings",
    "Decoded": "core.results",
    "Inspection": "core.inspection",
    "GroovescanError": "errors",
    "SettingsError": "errors",
    "PhotographError": "errors",
    "GrooveNotFoundError": "errors",
    "GrooveLostError": "errors",
    "OutputExistsError": "errors",
    "CollectionError": "errors",
    "read_photograph": "photo",
    "as_photograph": "photo",
    "to_waveform": "sound",
    "write_wav": "sound",
    "write_settings": "storage.atomic_files",
    "tune": "tuning",
}
#: Rooms, in the order in which a photograph walks through them.
_ROOMS = (
    "errors",
    "storage",
    "core",
    "config",
    "photo",
    "locate",
    "camera",
    "modulation",
    "strip",
    "prediction",
    "reading",
    "sound",
    "pipeline",
    "reporting",
    "wording",
    "batch",
    "simulate",
)

__all__ = [*_HOME, *_ROOMS, "__version__"]

if TYPE_CHECKING:  # for editors and type checkers, which cannot see through __getattr__
    from groovescan.batch import decode_collection as decode_collection
    from groovescan.config.settings import *  # noqa: F403
    from groovescan.core.inspection import Inspection as Inspection
    from groovescan.core.memo import Memo as Memo
    from groovescan.core.results import *  # noqa: F403
    from groovescan.errors import *  # noqa: F403
    from groovescan.photo import *  # noqa: F403
    from groovescan.pipeline import *  # noqa: F403
    from groovescan.pipeline.inspect_photograph import inspect as inspect
    from groovescan.reporting.decode_report import report as report
    from groovescan.sound import *  # noqa: F403
    from groovescan.storage.atomic_files import write_settings as write_settings
    from groovescan.tuning import tune as tune


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f"groovescan.{_HOME[name]}"), name)
    if name in _ROOMS:
        return importlib.import_module(f"groovescan.{name}")
    if name in MOVED:
        return importlib.import_module(f"groovescan.{name}")  # which warns
    if name == "Kept":
        return importlib.import_module("groovescan.core.memo").Kept  # which warns
    raise AttributeError(f"module 'groovescan' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
