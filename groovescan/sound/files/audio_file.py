"""Writing sound files: Broadcast WAV, RF64 where that is too large, and FLAC.

The WAV files are written here, since libraries that write the ``bext`` chunk of archives are not
kept well; FLAC is written by libsndfile.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile

from groovescan.core.account import Cue
from groovescan.core.results import Waveform
from groovescan.errors import SettingsError, StorageError
from groovescan.sound.files.bext import Origin, bext_chunk
from groovescan.sound.files.cue_points import chunk, cue_chunks
from groovescan.storage.atomic_files import written_aside

#: Above this a file is RF64, whose lengths have 64 bits (EBU Tech 3306, ITU-R BS.2088).
RIFF_LIMIT_BYTES = 2**32 - 1
_BYTES = {"16": 2, "24": 3, "32f": 4}
#: Samples that are written at a time. Arbitrary: it bounds memory.
_PIECE = 1 << 20
#: Stands in RF64 where the length in 64 bits stands elsewhere (EBU Tech 3306).
_NO_LENGTH = 0xFFFFFFFF


def to_steps(waveform: Waveform, bits: str, rng: np.random.Generator) -> np.ndarray:
    """The samples as a file holds them.

    Full scale is clipped. At 16 bits, triangular dither of two steps makes the error of rounding a
    steady noise (Lipshitz, Wannamaker and Vanderkooy 1992); silence stays silence.

    Parameters
    ----------
    waveform : Waveform
        The sound. It is not changed.
    bits : {'16', '24', '32f'}
        Bits per sample.
    rng : numpy.random.Generator
        Where the dither comes from.

    Returns
    -------
    ndarray of int32 or float32, shape (n,)
        Whole steps, or floating point for '32f'.
    """
    if bits == "32f":
        return np.array(waveform.samples, dtype=np.float32)
    full = 2 ** (int(bits) - 1)
    steps: np.ndarray = waveform.samples * np.float32(full)  # exact: it is a power of two
    if bits == "16" and steps.any():
        steps = steps + (rng.random(len(steps)) - rng.random(len(steps)))
    np.rint(steps, out=steps)
    return np.clip(steps, -full, full - 1, out=steps).astype(np.int32)


def difference(whole: np.ndarray, part: np.ndarray, bits: str) -> np.ndarray:
    """Difference of two sounds in whole steps, so that the part and the rest give the whole.

    Parameters
    ----------
    whole, part : ndarray of int32 or float32, shape (n,)
        As from `to_steps`.
    bits : {'16', '24', '32f'}
        Bits per sample.

    Returns
    -------
    ndarray of int32 or float32, shape (n,)
        Clipped where it is louder than full scale.
    """
    if bits == "32f":
        return whole - part
    full = 2 ** (int(bits) - 1)
    return np.clip(whole.astype(np.int64) - part, -full, full - 1).astype(np.int32)


def write_wav(path: str | Path, waveform: Waveform, *, force: bool = False) -> Path:
    """Write a waveform as WAV: 24-bit PCM, mono, whatever the name's suffix.

    Parameters
    ----------
    path : str or Path
        Where it is to be.
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
    steps = to_steps(waveform, "24", np.random.default_rng(0))
    with written_aside(path, force=force) as aside, aside.open("wb") as file:
        _write_chunks(file, steps, waveform.rate_hz, "24", None, RIFF_LIMIT_BYTES)
    return Path(path)


def write_sound(
    path: str | Path,
    steps: np.ndarray,
    rate_hz: int,
    bits: str,
    origin: Origin,
    *,
    cues: Sequence[Cue] = (),
    force: bool = False,
    riff_limit_bytes: int = RIFF_LIMIT_BYTES,
) -> Path:
    """Write a sound with what is known of it; the file appears whole or not at all.

    Parameters
    ----------
    path : str or Path
        Where it is to be; FLAC where the name ends so, else Broadcast WAV.
    steps : ndarray of int32 or float32, shape (n,)
        As from `to_steps`. They are not changed.
    rate_hz : int
        Samples per second.
    bits : {'16', '24', '32f'}
        Bits per sample.
    origin : Origin
        What the file says of itself.
    cues : sequence of Cue
        Stretches that have a name: cue points of a WAV file, chapters in the comment of FLAC.
    force : bool
        Whether an existing file may be replaced.
    riff_limit_bytes : int
        Largest file that is written as WAV and not as RF64.

    Returns
    -------
    Path
        Where it is.

    Raises
    ------
    OutputExistsError
        Where there is a file already and `force` is not given.
    SettingsError
        Where the folder does not exist or may not be written to, or FLAC cannot hold the bits.
    """
    path = Path(path)
    check_format(path, bits)
    with written_aside(path, force=force) as aside:
        if path.suffix.lower() == ".flac":
            _write_flac(aside, steps, rate_hz, bits, origin, cues)
        else:
            with aside.open("wb") as file:
                _write_chunks(file, steps, rate_hz, bits, origin, riff_limit_bytes, cues)
    return path


def check_format(path: Path, bits: str) -> None:
    """Refuse a name and a number of bits that no file can have together.

    Parameters
    ----------
    path : Path
        Where a sound shall go.
    bits : {'24', '16', '32f'}
        Bits per sample.

    Raises
    ------
    SettingsError
        Where the name ends neither in .wav nor in .flac, or FLAC would be floating point.
    """
    suffix = path.suffix.lower()
    if suffix not in (".wav", ".flac"):
        raise SettingsError(
            f"the sound {path} would be a WAV file; let its name end in .wav, or in .flac for FLAC"
        )
    if suffix == ".flac" and bits == "32f":
        raise SettingsError(
            f"bits is '32f', and FLAC holds whole numbers only: take 24 or 16 bits for {path}, "
            "or let its name end in .wav"
        )


def _write_flac(
    path: Path, steps: np.ndarray, rate_hz: int, bits: str, origin: Origin, cues: Sequence[Cue]
) -> None:
    """Have libsndfile write FLAC; it does not say why it failed, nor, at the end, that it did."""
    try:
        _code_flac(path, steps, rate_hz, bits, origin, cues)
        whole = _ends_with(path, steps, bits)
    except (soundfile.SoundFileError, AssertionError) as error:
        raise _unwritten(str(error)) from error
    if not whole:
        raise _unwritten("its end is missing")


def _unwritten(why: str) -> StorageError:
    return StorageError(
        f"the FLAC file could not be written: {why} Is there no space left on the disk, or a limit "
        "on the size of files (ulimit -f)?"
    )


def _ends_with(path: Path, steps: np.ndarray, bits: str) -> bool:
    last = min(len(steps), _PIECE)
    with soundfile.SoundFile(path) as file:
        if file.frames != len(steps):
            return False
        file.seek(len(steps) - last)
        return np.array_equal(file.read(dtype="int32") >> (32 - int(bits)), steps[-last:])


def _code_flac(
    path: Path, steps: np.ndarray, rate_hz: int, bits: str, origin: Origin, cues: Sequence[Cue]
) -> None:
    with soundfile.SoundFile(
        path, "w", samplerate=rate_hz, channels=1, format="FLAC", subtype=f"PCM_{bits}"
    ) as file:
        file.title = origin.reference
        file.artist = origin.originator
        file.date = origin.made.strftime("%Y-%m-%dT%H:%M:%S")
        file.comment = "\n".join([origin.description, *origin.history, *map(_chapter, cues)])
        for piece in _pieces(steps):  # libsndfile takes the upper bits of 32
            file.write(piece << (32 - int(bits)))


def _write_chunks(
    file: BinaryIO,
    steps: np.ndarray,
    rate_hz: int,
    bits: str,
    origin: Origin | None,
    riff_limit_bytes: int,
    cues: Sequence[Cue] = (),
) -> None:
    """RIFF, or RF64 with the lengths in a chunk of its own; room for it is kept in every file."""
    before = chunk(b"bext", bext_chunk(origin)) if origin else b""
    before += _format_chunks(len(steps), rate_hz, bits)
    data_bytes, after = len(steps) * _BYTES[bits], cue_chunks(cues, rate_hz)
    # Head and body of the chunk ds64 (EBU Tech 3306), and of the room kept for it.
    lengths_bytes = 8 + 28
    total = 4 + lengths_bytes + len(before) + 8 + data_bytes + data_bytes % 2 + len(after)
    large = total + 8 > riff_limit_bytes
    lengths = struct.pack("<QQQI", total, data_bytes, len(steps), 0) if large else b"\0" * 28
    file.write(b"RF64" if large else b"RIFF")
    file.write(struct.pack("<I", _NO_LENGTH if large else total) + b"WAVE")
    file.write(chunk(b"ds64" if large else b"JUNK", lengths))
    file.write(before)
    file.write(b"data" + struct.pack("<I", _NO_LENGTH if large else data_bytes))
    for piece in _pieces(steps):
        file.write(_as_bytes(piece, bits))
    file.write(b"\0" * (data_bytes % 2) + after)


def _format_chunks(count: int, rate_hz: int, bits: str) -> bytes:
    size, floating = _BYTES[bits], bits == "32f"
    about = struct.pack("<HHIIHH", 3 if floating else 1, 1, rate_hz, rate_hz * size, size, 8 * size)
    if not floating:
        return chunk(b"fmt ", about)
    fact = chunk(b"fact", struct.pack("<I", min(count, _NO_LENGTH)))
    return chunk(b"fmt ", about + struct.pack("<H", 0)) + fact


def _chapter(cue: Cue) -> str:
    """A chapter in words, for the comment of a file that has no cue points."""
    minutes, seconds = divmod(cue.start_s, 60)
    return f"{minutes:.0f}:{seconds:06.3f} {cue.label}"


def _pieces(steps: np.ndarray) -> Iterator[np.ndarray]:
    """Parts of a sound, so that a long one does not take its memory twice."""
    return (steps[start : start + _PIECE] for start in range(0, len(steps), _PIECE))


def _as_bytes(steps: np.ndarray, bits: str) -> bytes:
    if bits == "32f":
        return steps.astype("<f4").tobytes()
    if bits == "16":
        return steps.astype("<i2").tobytes()
    return steps.astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
