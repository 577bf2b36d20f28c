"""The sound of a panel as files, with all that is known of it where it came from a file."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from groovescan.core.results import Decoded
from groovescan.outputs.decode_outputs import outputs_of, write_outputs
from groovescan.sound import write_wav


def sound_files(
    photos: Sequence[Any], decoded: Decoded, place: Path, *, replace: bool
) -> list[Path]:
    """Write the sound of a decode.

    Parameters
    ----------
    photos : sequence of path, ndarray or Photograph
        What was decoded: the photographs of a disc. Of files the sidecar, and the listening copy
        where there is one, are written, too; of arrays only the sound.
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
    if not all(isinstance(photo, str | PathLike) for photo in photos):
        return [write_wav(place, decoded.waveform, force=replace)]
    first, *others = map(Path, photos)
    outputs = outputs_of(first, place, decoded.settings, others=others, force=replace)
    return list(write_outputs(decoded, first, outputs, lambda where, here: replace, others=others))
