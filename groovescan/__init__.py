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

_BEGUN_S = time.perf_counter()

__version__ = "0.1.0"

_STAGES = ("photo", "disc", "groove", "sound", "show")
_MODULES = (
    "collection",
    "errors",
    "files",
    "geometry",
    "kept",
    "photograph",
    "pipeline",
    "progress",
    "results",
    "seen",
    "settings",
    "simulate",
    *_STAGES,
)
_HOME = {
    "decode": "pipeline",
    "Stages": "pipeline",
    "Kept": "kept",
    "decode_collection": "collection",
    "inspect": "inspection",
    "report": "reporting",
    "Settings": "settings",
    "PhotoSettings": "settings",
    "DiscSettings": "settings",
    "GrooveSettings": "settings",
    "SoundSettings": "settings",
    "Decoded": "results",
    "Inspection": "seen",
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
    "write_settings": "files",
    "tune": "tuning",
}

__all__ = [*_HOME, *_MODULES, "__version__"]

if TYPE_CHECKING:  # for editors and type checkers, which cannot see through __getattr__
    from groovescan.collection import decode_collection  # noqa: F401
    from groovescan.errors import *  # noqa: F403
    from groovescan.files import write_settings  # noqa: F401
    from groovescan.inspection import inspect  # noqa: F401
    from groovescan.kept import Kept  # noqa: F401
    from groovescan.photo import *  # noqa: F403
    from groovescan.pipeline import *  # noqa: F403
    from groovescan.reporting import report  # noqa: F401
    from groovescan.results import *  # noqa: F403
    from groovescan.settings import *  # noqa: F403
    from groovescan.sound import *  # noqa: F403
    from groovescan.tuning import tune  # noqa: F401


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"groovescan.{name}")
    if name in _HOME:
        return getattr(importlib.import_module(f"groovescan.{_HOME[name]}"), name)
    raise AttributeError(f"module 'groovescan' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
