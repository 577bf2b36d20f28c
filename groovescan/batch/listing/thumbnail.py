"""A small picture of a photograph.

Its name has a part of its own SHA-256 in it: it proves by itself that nobody else wrote it, and
nothing has to be replaced when the photograph changes.
"""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

import cv2
import numpy as np

from groovescan.batch.intake.find_photographs import THUMBNAILS
from groovescan.batch.ownership import make_folder
from groovescan.batch.record import number_of
from groovescan.core.results import Photograph
from groovescan.errors import OutputExistsError
from groovescan.storage.atomic_files import written_aside
from groovescan.storage.file_sets import state_of

#: Side of a thumbnail: a card on screens of twice the usual density. Arbitrary.
_SIDE_PX = 320
#: Letters of the digest in a thumbnail's name: 16^16 of them.
_HASH_LETTERS = 16


def write_thumbnail(output: Path, name: str, photo: Photograph) -> str:
    """Write the small picture of a photograph, and remove the ones that it had before.

    Parameters
    ----------
    output : Path
        The output folder.
    name : str
        What the outputs of the photograph are called there.
    photo : Photograph
        The photograph.

    Returns
    -------
    str
        The picture's path in the output folder; empty where something else lies in its place.
    """
    folder = output / THUMBNAILS
    make_folder(output, folder)
    content = draw_thumbnail(photo)
    path = folder / f"{number_of(name)}-{_hash_of(content)}.jpg"
    with contextlib.suppress(OutputExistsError), written_aside(path) as aside:
        aside.write_bytes(content)
    if not _is_own(path):
        return ""
    for former in folder.glob(f"{number_of(name)}-*.jpg"):
        if former != path and _is_own(former):
            former.unlink(missing_ok=True)
    return path.relative_to(output).as_posix()


def _hash_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_HASH_LETTERS]


def _is_own(path: Path) -> bool:
    """Whether a small picture is what its name says."""
    with contextlib.suppress(OSError):
        return state_of(path)[:_HASH_LETTERS] == path.stem.partition("-")[2]
    return False


def draw_thumbnail(photo: Photograph) -> bytes:
    """The photograph, at most 320 px wide and high, as JPEG.

    It is read window by window: a large one need not be in memory.

    Parameters
    ----------
    photo : Photograph
        The photograph.

    Returns
    -------
    bytes
        A JPEG file.
    """
    # Rows that are reduced at a time: memory alone.
    rows_each = 64
    # Quality of JPEG: arbitrary from 75 to 90.
    quality = 82
    rows, columns = photo.shape
    factor = max(1, -(-max(rows, columns) // _SIDE_PX))
    step = factor * rows_each
    parts = [
        _reduced(photo.window(slice(top, min(top + step, rows)), slice(0, columns)), factor)
        for top in range(0, rows, step)
    ]
    picture = np.concatenate(parts)
    black, white = np.percentile(picture, [0.2, 99.8])
    scaled = np.clip((picture - black) / max(float(white - black), 1e-3), 0, 1)
    coded = cv2.imencode(
        ".jpg", np.round(255 * scaled).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    return coded[1].tobytes()


def _reduced(block: np.ndarray, factor: int) -> np.ndarray:
    rows, columns = block.shape
    size = (max(1, columns // factor), max(1, rows // factor))
    return cv2.resize(np.ascontiguousarray(block), size, interpolation=cv2.INTER_AREA)
