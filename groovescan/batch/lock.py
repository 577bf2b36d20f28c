"""One run at a time in an output folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from groovescan.batch.intake.find_photographs import STATE
from groovescan.batch.ownership import make_folder
from groovescan.errors import OutputBusyError, SettingsError
from groovescan.storage.regular_files import open_regular

_NAME = "lock"


@contextmanager
def locked(output: Path, *, wait: bool = False) -> Iterator[None]:
    """Have an output folder, which is made where it is missing, for oneself alone.

    The system lets go of the lock when the process ends, in whatever way.

    Parameters
    ----------
    output : Path
        The folder.
    wait : bool
        Whether to wait until another run is through.

    Raises
    ------
    OutputBusyError
        Where another run has it.
    SettingsError
        Where the folder cannot be made or written to.
    """
    # Who waits longer than this, in s, is told so: arbitrary.
    at_once_s = 0.5
    forever_s = -1.0
    state = output / STATE
    try:
        output.mkdir(parents=True, exist_ok=True)
        make_folder(output, state)
        if os.path.lexists(state / _NAME):  # locking a link would empty what it leads to
            open_regular(state / _NAME, follow_links=False).close()
        lock = filelock.FileLock(state / _NAME)
        lock.acquire(timeout=forever_s if wait else at_once_s)
    except filelock.Timeout as error:
        raise OutputBusyError(
            f"another run works in {output}; wait for it (--wait does), or name another folder"
        ) from error
    except (OSError, NotImplementedError) as error:
        why = getattr(error, "strerror", None) or error
        raise SettingsError(f"cannot write in {output}: {why}") from error
    try:
        yield
    finally:
        lock.release()
