"""What the decode's command does for its report."""

from __future__ import annotations

import datetime
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from groovescan import __version__
from groovescan.cli.sounding import Outputs, sidecar_of
from groovescan.errors import SettingsError
from groovescan.files import check_output, written_aside

if TYPE_CHECKING:
    from groovescan.results import Decoded


def report_path(sound: Path, photo: Path, *, force: bool) -> Path:
    """Where the report goes: beside the sound; checked before any work is done for it."""
    path = sound.with_suffix(".html")
    if path.resolve() == photo.resolve():
        raise SettingsError(f"the report {path} would replace the photograph; name another output")
    return check_output(path, force=force)


def write_report(
    path: Path, photo: Path, decoded: Decoded, outputs: Outputs, *, force: bool
) -> None:
    """Write the page of a decode.

    The photograph is read once more: a decode lets go of it, since it may be large.
    """
    from groovescan.photo import read_photograph
    from groovescan.reporting import report

    text = report(
        read_photograph(photo, decoded.settings.photo),
        decoded,
        command=same_again(photo, outputs),
        version=__version__,
        made=datetime.date.today(),
    )
    with written_aside(path, force=force) as aside:
        aside.write_text(text, encoding="utf-8")


def same_again(photo: Path, outputs: Outputs) -> str:
    """The command that decodes the same way: the sidecar of the sound holds every setting."""
    sidecar = sidecar_of(outputs.transfer).name
    words = ["groovescan", "decode", photo.name, "-o", f"again{outputs.transfer.suffix}"]
    return shlex.join([*words, "--settings", sidecar, "--report"])
