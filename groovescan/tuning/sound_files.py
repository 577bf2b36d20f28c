"""The sound of a panel as files, with all that is known of it where it came from a file."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

from groovescan.core.results import Decoded
from groovescan.outputs.decode_outputs import outputs_of, write_outputs
from groovescan.sound import write_wav


def sound_files(photo: Any, decoded: Decoded, place: Path, *, replace: bool) -> list[Path]:
    """Write the sound of a decode.

    Parameters
    ----------
    photo : path, ndarray or Photograph
        What was decoded. Of a file the sidecar, and the listening copy where there is one, are
        written, too; of an array only the sound.
    decoded : Decoded
        What came of it.
    place : Path
        Where the sound goes.
    replace : bool
        Whether what is there may be replaced.

    Returns
    -------
    list of Path
        All that was written.

    Raises
    ------
    OutputExistsError
        Where something is there that may not be replaced.
    SettingsError
        Where it cannot be written there.
    """
    if not isinstance(photo, str | PathLike):
        return [write_wav(place, decoded.waveform, force=replace)]
    outputs = outputs_of(Path(photo), place, decoded.settings, force=replace)
    return list(write_outputs(decoded, Path(photo), outputs, lambda where, here: replace))
