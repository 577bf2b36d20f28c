"""The same disc from files of every kind: whether its sound is the one from TIFF.

usage: python benchmarks/formats.py [PHOTO.png] [--only webp,heic]

A photograph is written in each format by a library that does not read it here, decoded, and its
sound compared with the one from a TIFF file of the same pixels: by likeness, the largest
correlation between 80 Hz and 4 kHz. Beside the coding stands what the file takes.
"""

from __future__ import annotations

import argparse
import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import tifffile
from PIL import Image

import groovescan
from groovescan.simulate.likeness import likeness

PLACE = Path(__file__).parent.parent / "test_images" / "plain.png"


def by_pillow(kind: str, **options: object) -> Callable[[np.ndarray], bytes]:
    """A writer of Pillow's."""

    def write(picture: np.ndarray) -> bytes:
        file = io.BytesIO()
        Image.fromarray(picture).save(file, kind, **options)
        return file.getvalue()

    return write


def by_opencv(suffix: str, *options: int) -> Callable[[np.ndarray], bytes]:
    """A writer of OpenCV's."""
    return lambda picture: cv2.imencode(suffix, picture, list(options))[1].tobytes()


def colours(write: Callable[[np.ndarray], bytes]) -> Callable[[np.ndarray], bytes]:
    """The same, of three equal channels."""
    return lambda picture: write(np.dstack([picture] * 3))


def inks(picture: np.ndarray) -> bytes:
    """A CMYK TIFF of black ink alone, as Pillow writes it."""
    file = io.BytesIO()
    empty = np.zeros_like(picture)
    Image.fromarray(np.dstack([empty, empty, empty, 255 - picture]), "CMYK").save(file, "TIFF")
    return file.getvalue()


def heic(picture: np.ndarray) -> bytes:
    """A HEIC file, by the library that telephones' pictures are written with elsewhere."""
    import pillow_heif

    rows, columns = picture.shape
    data = np.ascontiguousarray(np.dstack([picture] * 3)).tobytes()
    file = io.BytesIO()
    pillow_heif.from_bytes("RGB", (columns, rows), data).save(file, quality=95)
    return file.getvalue()


FORMATS: dict[str, tuple[str, Callable[[np.ndarray], bytes]]] = {
    "png": ("lossless", by_opencv(".png")),
    "jpeg": ("quality 95", by_opencv(".jpg", cv2.IMWRITE_JPEG_QUALITY, 95)),
    "jp2": ("lossless", by_pillow("JPEG2000")),
    "jp2, small": ("45 dB", by_pillow("JPEG2000", quality_mode="dB", quality_layers=[45])),
    "webp": ("lossless", colours(by_pillow("WEBP", lossless=True))),
    "webp, small": ("quality 95", colours(by_pillow("WEBP", quality=95))),
    "avif": ("quality 95", colours(by_pillow("AVIF", quality=95))),
    "heic": ("quality 95", heic),
    "bmp": ("plain", by_opencv(".bmp")),
    "gif": ("lossless", by_pillow("GIF")),
    "pgm": ("plain", by_opencv(".pgm")),
    "pdf": ("JPEG in it, quality 95", by_pillow("PDF", quality=95)),
    "cmyk tiff": ("black ink, no profile", inks),
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photo", nargs="?", type=Path, default=PLACE)
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    picture = cv2.imread(str(asked.photo), cv2.IMREAD_GRAYSCALE)
    only = [name.strip() for name in asked.only.split(",") if name.strip()]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "photo.tif"
        tifffile.imwrite(place, picture)
        true = groovescan.decode(place).waveform
        print(f"{'kind':<12}{'coding':<24}{'MB':>6}{'likeness':>10}")
        for name in only or FORMATS:
            coding, write = FORMATS[name]
            data = write(picture)
            place = Path(folder) / "photo"  # its content tells what it is
            place.write_bytes(data)
            try:
                found = groovescan.decode(place).waveform
                alike = likeness(found.samples, found.rate_hz, true.samples, true.rate_hz)
                told = f"{alike:>10.4f}"
            except groovescan.GroovescanError as error:
                told = f"  {error}"
            print(f"{name:<12}{coding:<24}{len(data) / 1e6:>6.1f}{told}", flush=True)


if __name__ == "__main__":
    main()
