"""Outputs of a decode: sounds with their sidecars, the page, the displacement."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groovescan import __version__
from groovescan.core.atomic_files import check_output, digest, written_aside
from groovescan.errors import SettingsError

if TYPE_CHECKING:
    from groovescan.config.settings import Settings
    from groovescan.core.results import Decoded, Photograph

_PROGRAM = f"groovescan {__version__}"


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """Where the sounds go; each has its sidecar beside it.

    Attributes
    ----------
    transfer : Path
        The transfer.
    restored, removed : Path or None
        The listening copy and what was removed from it, where they are asked for.
    """

    transfer: Path
    restored: Path | None = None
    removed: Path | None = None

    @property
    def sounds(self) -> dict[str, Path]:
        """The sounds by their kind."""
        named = {"transfer": self.transfer, "restored": self.restored, "removed": self.removed}
        return {kind: path for kind, path in named.items() if path is not None}

    @property
    def files(self) -> list[Path]:
        """All that will be written."""
        return [place for path in self.sounds.values() for place in (path, sidecar_of(path))]


def sidecar_of(sound: Path) -> Path:
    """Where the sidecar of a sound lies."""
    return sound.with_suffix(".json")


def outputs_of(
    photo: Path,
    output: Path | None,
    settings: Settings,
    *,
    keep_removed: bool,
    others: list[Path],
    force: bool,
) -> Outputs:
    """Where the sounds go, checked before any work is done for them.

    Parameters
    ----------
    photo : Path
        The photograph.
    output : Path or None
        The transfer, where it is named.
    settings : Settings
        What is asked for.
    keep_removed : bool
        Whether what was removed is written, too.
    others : list of Path
        What else will be written.
    force : bool
        Whether existing files may be replaced.

    Returns
    -------
    Outputs
    """
    from groovescan.sound import check_format, parse_curve

    restore = settings.sound.restore
    if keep_removed and not restore:
        raise SettingsError(
            "--keep-removed writes what the listening copy is without; add --restore"
        )
    transfer = photo.with_suffix(".wav") if output is None else output
    outputs = Outputs(
        transfer=transfer,
        restored=_beside(transfer, "restored") if restore else None,
        removed=_beside(transfer, "removed") if keep_removed else None,
    )
    paths = [photo, *outputs.files, *others]
    if len({path.resolve() for path in paths}) < len(paths):
        names = ", ".join(map(str, paths))
        raise SettingsError(f"input and outputs must be different files, and are {names}")
    check_format(transfer, settings.sound.bits)
    parse_curve(settings.sound.eq)
    for path in paths[1:]:
        check_output(path, force=force)
    return outputs


def _beside(sound: Path, kind: str) -> Path:
    return sound.with_name(f"{sound.stem}.{kind}{sound.suffix}")


def write_sounds(
    decoded: Decoded,
    photo: Path,
    outputs: Outputs,
    *,
    force: bool,
    seen: Callable[[], dict[str, Any]] | None = None,
) -> None:
    """Write the sounds, and beside each what is known of it.

    Parameters
    ----------
    decoded : Decoded
        The result.
    photo : Path
        The photograph.
    outputs : Outputs
        Where everything goes.
    force : bool
        Whether existing files may be replaced.
    seen : callable, optional
        Gives `file_facts` of the photograph, where someone has begun to find them before.
    """
    from groovescan.runtime.threads import together
    from groovescan.sound import write_sound
    from groovescan.sound.files import sidecar

    made = datetime.now().astimezone()
    facts, all_steps = together(
        seen or (lambda: file_facts(photo)), lambda: _steps(decoded, outputs)
    )
    photograph = facts | {
        "name": decoded.photograph_name,
        "channel": decoded.channel,
        "dpi": decoded.dpi,
    }
    bits = decoded.settings.sound.bits
    for kind, steps in all_steps.items():
        path = outputs.sounds[kind]
        origin = sidecar.origin_of(
            decoded,
            kind,
            bits,
            photograph_sha256=photograph["sha256"],
            program=_PROGRAM,
            made=made,
        )
        write_sound(path, steps, decoded.waveform.rate_hz, bits, origin, force=force)
        contents = sidecar.describe(
            decoded, kind, photograph, file_facts(path), program=__version__, made=made
        )
        sidecar.write_sidecar(sidecar_of(path), contents, force=force)


def _steps(decoded: Decoded, outputs: Outputs) -> dict[str, Any]:
    """The samples of each sound as its file holds them: restored + removed is the transfer."""
    import numpy as np

    from groovescan.sound import difference, to_steps

    bits = decoded.settings.sound.bits
    steps = {"transfer": to_steps(decoded.waveform, bits, np.random.default_rng(0))}
    if outputs.restored is not None and decoded.restored is not None:
        steps["restored"] = to_steps(decoded.restored, bits, np.random.default_rng(1))
    if outputs.removed is not None:
        steps["removed"] = difference(steps["transfer"], steps["restored"], bits)
    return steps


def file_facts(path: Path) -> dict[str, Any]:
    """Name, format, size and digest of a file."""
    return {
        "name": path.name,
        "format": path.suffix.lower().removeprefix("."),
        "bytes": path.stat().st_size,
        "sha256": digest(path),
    }


def write_displacement(path: Path, decoded: Decoded, *, force: bool) -> None:
    """Save the displacement with its standard error as .npz."""
    import numpy as np

    reading, groove_map = decoded.reading, decoded.groove_map
    with written_aside(path, force=force) as aside, aside.open("wb") as file:
        np.savez_compressed(
            file,
            displacement_px=reading.displacement_px,
            standard_error_px=reading.standard_error_px,
            samples_per_turn=reading.samples_per_turn,
            rpm=decoded.settings.sound.rpm,
            centre_px=groove_map.camera.centre_px,
            pitch_px=groove_map.pitch_px,
            direction=groove_map.direction,
            settings_toml=decoded.settings.to_toml(),
        )


def report_path(sound: Path, photo: Path, *, force: bool) -> Path:
    """Where the report goes: beside the sound; checked before any work is done for it."""
    path = sound.with_suffix(".html")
    if path.resolve() == photo.resolve():
        raise SettingsError(f"the report {path} would replace the photograph; name another output")
    return check_output(path, force=force)


def write_report(
    path: Path,
    photo: Path,
    decoded: Decoded,
    outputs: Outputs,
    *,
    force: bool,
    picture: Photograph | None = None,
) -> None:
    """Write the page of a decode.

    Without the picture the photograph is read once more: a decode lets go of it, since it may
    be large.
    """
    from groovescan.photo import read_photograph
    from groovescan.reporting.decode_report import report

    photograph = picture or read_photograph(photo, decoded.settings.photo)
    text = report(
        photograph.taken(decoded.channel),
        decoded,
        command=same_again(photo, outputs),
        version=__version__,
        made=date.today(),
    )
    with written_aside(path, force=force) as aside:
        aside.write_text(text, encoding="utf-8", errors="replace")


def same_again(photo: Path, outputs: Outputs) -> str:
    """The command that decodes the same way: the sidecar of the sound holds every setting."""
    sidecar = sidecar_of(outputs.transfer).name
    words = ["groovescan", "decode", photo.name, "-o", f"again{outputs.transfer.suffix}"]
    return shlex.join([*words, "--settings", sidecar, "--report"])
