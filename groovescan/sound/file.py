"""Writing sound files."""

from __future__ import annotations

from pathlib import Path

import soundfile

from groovescan.files import written_aside
from groovescan.results import Waveform


def write_wav(path: str | Path, waveform: Waveform, *, force: bool = False) -> Path:
    """Write a waveform as WAV: 24-bit PCM, mono.

    The file appears whole or not at all.

    Parameters
    ----------
    path : str or Path
        Where it is to be; its suffix does not change the format.
    waveform : Waveform
        The sound. It is not changed.
    force : bool
        Whether an existing file may be replaced.

    Returns
    -------
    Path
        Where it is.

    Raises
    ------
    OutputExistsError
        Where there is a file already and `force` is not given.
    SettingsError
        Where the folder does not exist or may not be written to.
    """
    with written_aside(path, force=force) as aside:
        soundfile.write(aside, waveform.samples, waveform.rate_hz, format="WAV", subtype="PCM_24")
    return Path(path)
