"""The log of a run: with -v on the terminal, with --log-file in a file."""

from __future__ import annotations

import logging
import platform
import sys
from pathlib import Path

from groovescan import __version__
from groovescan.config.settings import Settings
from groovescan.errors import SettingsError
from groovescan.storage.printable import printable

LOGGER = logging.getLogger("groovescan")
_IN_FILE = "%(asctime)s  %(process)d  %(levelname)s  %(message)s"


def begin_log(verbose: bool, file: Path | None) -> None:
    """Have what a run says of itself on standard error, at the end of a file, or nowhere.

    Parameters
    ----------
    verbose : bool
        Whether standard error gets it.
    file : Path, optional
        The file that it is added to.

    Raises
    ------
    SettingsError
        Where the file cannot be written.
    """
    end_log()
    handlers: list[logging.Handler] = []
    if verbose:
        handlers.append(logging.StreamHandler(sys.stderr))
        handlers[0].setFormatter(logging.Formatter("%(message)s"))
    if file is not None:
        try:
            handlers.append(logging.FileHandler(file, encoding="utf-8", errors="backslashreplace"))
        except OSError as error:
            raise SettingsError(
                f"the log {file} cannot be written: {error.strerror}; name another file"
            ) from error
        handlers[-1].setFormatter(logging.Formatter(_IN_FILE))
    for handler in handlers:
        LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO if handlers else logging.CRITICAL + 1)
    LOGGER.propagate = False
    tell(f"groovescan {__version__}, Python {platform.python_version()}, {platform.platform()}")


def end_log() -> None:
    """Close what was begun."""
    for handler in list(LOGGER.handlers):
        LOGGER.removeHandler(handler)
        handler.close()


def tell(text: str) -> None:
    """Say a line, where anybody wants to hear it."""
    LOGGER.info("%s", printable(text))


def tell_settings(settings: Settings) -> None:
    """Say which settings are not as they are by default."""
    default = Settings()
    for stage in vars(settings):
        for name, value in vars(getattr(settings, stage)).items():
            if value != getattr(getattr(default, stage), name):
                tell(f"setting {stage}.{name} = {value!r}")
