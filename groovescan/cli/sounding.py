"""What a decode writes: sounds with their sidecars, and what it says of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groovescan import __version__
from groovescan.errors import SettingsError
from groovescan.files import check_output

if TYPE_CHECKING:
    from groovescan.account import Account
    from groovescan.results import Decoded
    from groovescan.settings import Settings

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


def write_sounds(decoded: Decoded, photo: Path, outputs: Outputs, *, force: bool) -> None:
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
    """
    from groovescan.sound import sidecar, write_sound

    made = datetime.now().astimezone()
    seen = _file_facts(photo) | {
        "name": decoded.photograph_name,
        "channel": decoded.channel,
        "dpi": decoded.dpi,
    }
    bits = decoded.settings.sound.bits
    for kind, steps in _steps(decoded, outputs).items():
        path = outputs.sounds[kind]
        origin = sidecar.origin_of(
            decoded,
            kind,
            bits,
            photograph_sha256=seen["sha256"],
            program=_PROGRAM,
            made=made,
        )
        write_sound(path, steps, decoded.waveform.rate_hz, bits, origin, force=force)
        contents = sidecar.describe(
            decoded, kind, seen, _file_facts(path), program=__version__, made=made
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


def _file_facts(path: Path) -> dict[str, Any]:
    from groovescan.sound.sidecar import digest

    return {
        "name": path.name,
        "format": path.suffix.lower().removeprefix("."),
        "bytes": path.stat().st_size,
        "sha256": digest(path),
    }


def sound_facts(decoded: Decoded, outputs: Outputs) -> dict[str, str]:
    """What to say of the sounds: one fact each.

    Parameters
    ----------
    decoded : Decoded
        The result.
    outputs : Outputs
        Where everything went.

    Returns
    -------
    dict of str
        Names and facts.
    """
    from groovescan.words import lathe_facts

    account, facts = decoded.account, lathe_facts(decoded)
    if account is not None:
        facts |= _gap_facts(account)
    facts["sound"] = str(outputs.transfer)
    if outputs.restored is not None:
        facts["restored"] = str(outputs.restored)
    if outputs.removed is not None:
        facts["removed"] = str(outputs.removed)
    facts["sidecar"] = str(sidecar_of(outputs.transfer))
    if account is not None and account.notes:
        facts["note"] = "; ".join(account.notes)
    return facts


def _gap_facts(account: Account) -> dict[str, str]:
    facts = {}
    if len(account.gap_start_s):
        missing_ms = 1000 * float(account.gap_length_s.sum())
        what = "filled in" if account.filled else "left silent"
        facts["gaps"] = f"{len(account.gap_start_s)}, {missing_ms:.3g} ms in all, {what}"
    return facts
