"""Outputs of a decode: sounds with their sidecars, the page, the displacement.

All of it is one set of files, which takes its places in one step.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groovescan import __version__
from groovescan.errors import SettingsError
from groovescan.runtime.installation import check_figures
from groovescan.storage.atomic_files import asides_of, check_output
from groovescan.storage.file_sets import finish_switches, switch
from groovescan.storage.printable import printable
from groovescan.storage.regular_files import digest

if TYPE_CHECKING:
    from groovescan.config.settings import Settings
    from groovescan.core.account import Cue
    from groovescan.core.results import Decoded, Photograph

_PROGRAM = f"groovescan {__version__}"
_FORMS = ("wav", "flac", "json")
#: What is put behind the name of a photograph, and nothing else.
ENDINGS = frozenset(
    [
        *(f"{kind}.{form}" for kind in ("", ".restored", ".removed") for form in _FORMS),
        *(".html", ".npz"),
    ]
)


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """Where everything goes; each sound has its sidecar beside it.

    Attributes
    ----------
    transfer : Path
        The transfer.
    restored, removed : Path or None
        The listening copy and what was removed from it, where they are asked for.
    page, displacement : Path or None
        The page with the player, and the displacement, where they are asked for.
    split : bool
        Whether each piece of the disc, a cut or a band, is written by itself, too.
    """

    transfer: Path
    restored: Path | None = None
    removed: Path | None = None
    page: Path | None = None
    displacement: Path | None = None
    split: bool = False

    @property
    def sounds(self) -> dict[str, Path]:
        """The sounds by their kind."""
        named = {"transfer": self.transfer, "restored": self.restored, "removed": self.removed}
        return {kind: path for kind, path in named.items() if path is not None}

    @property
    def files(self) -> list[Path]:
        """All that will be written, but for the pieces, which only a decode tells."""
        sounds = [place for path in self.sounds.values() for place in (path, sidecar_of(path))]
        return sounds + [path for path in (self.page, self.displacement) if path is not None]

    def pieces(self, count: int) -> list[Path]:
        """The sounds of so many pieces of the transfer, in their order: NAME-1.wav and so on."""
        name = self.transfer
        numbers = range(1, count + 1) if self.split and count > 1 else ()
        return [name.with_name(f"{name.stem}-{number}{name.suffix}") for number in numbers]


def sidecar_of(sound: Path) -> Path:
    """Where the sidecar of a sound lies."""
    return sound.with_suffix(".json")


def outputs_of(
    photo: Path,
    output: Path | None,
    settings: Settings,
    *,
    keep_removed: bool = False,
    page: bool = False,
    displacement: Path | None = None,
    split: bool = False,
    others: Sequence[Path] = (),
    force: bool,
) -> Outputs:
    """Where everything goes, checked before any work is done for it.

    What an earlier run had begun to put there when it was killed is finished first.

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
    page : bool
        Whether the page is written, beside the transfer.
    displacement : Path, optional
        Where the displacement goes.
    split : bool
        Whether each piece of the disc is written by itself, too.
    others : sequence of Path
        Further photographs of the same disc.
    force : bool
        Whether existing files may be replaced.

    Returns
    -------
    Outputs

    Raises
    ------
    SettingsError
        Where two of them, or the photograph and one of them, would be the same file, one cannot
        be written, or what draws the page is not installed.
    OutputExistsError
        Where one exists and may not be replaced.
    """
    from groovescan.sound import check_format, parse_curve

    if page:
        check_figures("the page (--report)")
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
        page=transfer.with_suffix(".html") if page else None,
        displacement=displacement,
        split=split,
    )
    inputs = {os.path.realpath(path) for path in (photo, *others)}
    made = [os.path.realpath(path) for path in outputs.files]
    if len(inputs.union(made)) < len(inputs) + len(made):
        names = ", ".join(map(str, [*dict.fromkeys([photo, *others]), *outputs.files]))
        raise SettingsError(f"input and outputs must be different files, and are {names}")
    check_format(transfer, settings.sound.bits)
    parse_curve(settings.sound.eq)
    finish_switches(path.parent for path in outputs.files)
    for path in outputs.files:
        check_output(path, force=force)
    return outputs


def _beside(sound: Path, kind: str) -> Path:
    return sound.with_name(f"{sound.stem}.{kind}{sound.suffix}")


def write_outputs(
    decoded: Decoded,
    photo: Path,
    outputs: Outputs,
    may_replace: Callable[[Path, str], bool],
    *,
    photograph: Callable[[], dict[str, Any]] | None = None,
    picture: Photograph | None = None,
    others: Sequence[Path] = (),
    progress: Callable[[str, float], None] = lambda stage, done: None,
    written: Callable[[dict[Path, str]], None] = lambda digests: None,
    removed: Iterable[Path] = (),
) -> dict[Path, str]:
    """Write everything aside, then let it take its places in one step.

    Parameters
    ----------
    decoded : Decoded
        The result.
    photo : Path
        The photograph.
    outputs : Outputs
        Where everything goes.
    may_replace : callable
        Told a place and what lies there, as in `file_sets.switch`.
    photograph : callable, optional
        Gives `file_facts` of the photograph, where someone has begun to find them before.
    picture : Photograph, optional
        The photograph for the page. Without it, it is read once more: a decode lets go of it, since
        it may be large.
    others : sequence of Path
        Further photographs of the same disc.
    progress : callable
        Told the stage.
    written : callable
        Told the SHA-256 of all new files, by their places, when they are written and not yet there.
    removed : iterable of Path
        What else goes in the same step.

    Returns
    -------
    dict of Path to str
        SHA-256 of all new files, by their places.

    Raises
    ------
    OutputExistsError
        Where something lies at a place that may not be replaced. Nothing has changed then.
    """
    pieces = outputs.pieces(len(_cues_of(decoded)))
    more = [place for path in pieces for place in (path, sidecar_of(path))]
    photos = [photo, *others]
    with asides_of([*outputs.files, *more]) as asides:
        progress("files", 0.0)
        _write_sounds(decoded, outputs, asides, photograph or (lambda: facts_of_all(photos)))
        if outputs.displacement is not None:
            _write_displacement(asides[outputs.displacement], decoded)
        if outputs.page is not None:
            progress("report", 0.0)
            _write_page(asides[outputs.page], photos, decoded, outputs, picture)
        digests = {place: digest(aside) for place, aside in asides.items()}
        written(digests)
        return switch(asides, may_replace, digests=digests, removed=removed)


def _cues_of(decoded: Decoded) -> tuple[Cue, ...]:
    from groovescan.sound.pieces import cues_of

    return cues_of(decoded)


def _write_sounds(
    decoded: Decoded,
    outputs: Outputs,
    asides: Mapping[Path, Path],
    photograph: Callable[[], dict[str, Any]],
) -> None:
    """Write the sounds aside, and for each what is known of it."""
    from groovescan.runtime.threads import together
    from groovescan.sound import write_sound
    from groovescan.sound.files import sidecar

    made = datetime.now().astimezone()
    facts, all_steps = together(photograph, lambda: _steps(decoded, outputs))
    known = {"name": decoded.photograph_name, "channel": decoded.channel, "dpi": decoded.dpi}
    known["carrier"] = decoded.carrier
    bits, cues = decoded.settings.sound.bits, _cues_of(decoded)
    rate_hz, known_by = decoded.waveform.rate_hz, facts["sha256"]

    def write(path: Path, kind: str, steps: Any, piece: Cue | None = None) -> None:
        """Write one sound with its metadata."""
        origin = sidecar.origin_of(
            decoded,
            kind,
            bits,
            photograph_sha256=known_by,
            program=_PROGRAM,
            made=made,
            piece=piece,
        )
        aside = asides[path]
        inside = () if piece else cues
        write_sound(aside, steps, rate_hz, bits, origin, cues=inside, force=True)
        sound = file_facts(aside) | {"name": path.name}
        contents = sidecar.describe(
            decoded, kind, facts | known, sound, program=__version__, made=made, piece=piece
        )
        sidecar.write_sidecar(asides[sidecar_of(path)], contents, force=True)

    for kind, steps in all_steps.items():
        write(outputs.sounds[kind], kind, steps)
    for path, cue in zip(outputs.pieces(len(cues)), cues, strict=False):
        write(path, "transfer", all_steps["transfer"][slice(*cue.span(rate_hz))], cue)


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


def facts_of_all(photos: Sequence[Path]) -> dict[str, Any]:
    """`file_facts` of a photograph; of several, what they are together, and those of each."""
    if len(photos) == 1:
        return file_facts(photos[0])
    each = [file_facts(photo) for photo in photos]
    digests = "\n".join(facts["sha256"] for facts in each)
    return {
        "name": ", ".join(facts["name"] for facts in each),
        "format": "several",
        "bytes": sum(facts["bytes"] for facts in each),
        "sha256": sha256(digests.encode("ascii")).hexdigest(),
        "files": each,
    }


def _write_displacement(aside: Path, decoded: Decoded) -> None:
    """Save the displacement with its standard error as .npz."""
    import numpy as np

    reading, groove_map = decoded.reading, decoded.groove_map
    with aside.open("wb") as file:
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


def _write_page(
    aside: Path,
    photos: Sequence[Path],
    decoded: Decoded,
    outputs: Outputs,
    picture: Photograph | None,
) -> None:
    """Write the page of a decode."""
    from groovescan.photo import read_photograph
    from groovescan.reporting.decode_report import report

    if picture is None and decoded.joined is not None:
        picture = decoded.joined.picture
    photograph = picture or read_photograph(photos[0], decoded.settings.photo)
    text = report(
        photograph.taken(decoded.channel),
        decoded,
        cues=_cues_of(decoded),
        command=same_again(photos, outputs),
        version=__version__,
        made=date.today(),
    )
    aside.write_text(text, encoding="utf-8", errors="replace")


def same_again(photos: Sequence[Path], outputs: Outputs) -> str:
    """The command that decodes the same way: the sidecar of the sound holds every setting."""
    sidecar = sidecar_of(outputs.transfer).name
    names = [_as_word(photo.name) for photo in photos]
    words = ["groovescan", "decode", *names, "-o", f"again{outputs.transfer.suffix}"]
    return " ".join([*words, "--settings", _as_word(sidecar), "--report"])


def _as_word(name: str) -> str:
    """A file's name as shells take it: it is no option, and holds nothing that terminals obey."""
    name = f"./{name}" if name.startswith("-") else name
    if printable(name) == name:
        return shlex.quote(name)
    held = "".join(f"\\x{one:02x}" for one in os.fsencode(name))
    return f"$'{held}'"  # as bash, zsh and ksh have it
