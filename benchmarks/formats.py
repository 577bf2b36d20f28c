"""The same disc from files of every kind: whether its sound is the one from TIFF.

usage: python benchmarks/formats.py [PHOTO.png] [--only webp,heic] [--magick convert] [--cjxl cjxl]
       python benchmarks/formats.py --tones

A photograph is written in each format by a library that does not read it here, and, with
`--magick` and `--cjxl`, by ImageMagick and by the JPEG XL project's program; decoded, and its
sound compared with the one from a TIFF file of the same pixels: by likeness, the largest
correlation between 80 Hz and 4 kHz. Beside the coding stands what the file takes.

`--tones` draws a disc that plays by brightness, in linear light, saves it under the usual curves,
stated by a profile, by a tag or not at all, and compares what is heard with what was drawn, and
with what is heard of the light itself.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import imagecodecs
import numpy as np
import tifffile
from PIL import Image, ImageCms, PngImagePlugin

import groovescan
from groovescan.simulate import PRESETS, make_sound, simulate
from groovescan.simulate.likeness import likeness

PLACE = Path(__file__).parent.parent / "test_images" / "plain.png"
Writer = Callable[[np.ndarray], bytes]


def by_pillow(kind: str, **options: object) -> Writer:
    """A writer of Pillow's."""

    def write(picture: np.ndarray) -> bytes:
        file = io.BytesIO()
        Image.fromarray(picture).save(file, kind, **options)
        return file.getvalue()

    return write


def by_opencv(suffix: str, *options: int) -> Writer:
    """A writer of OpenCV's."""
    return lambda picture: cv2.imencode(suffix, picture, list(options))[1].tobytes()


def colours(write: Writer) -> Writer:
    """The same, of three equal channels."""
    return lambda picture: write(np.dstack([picture] * 3))


def deep(write: Writer) -> Writer:
    """The same, of 16 bits."""
    return lambda picture: write(picture.astype(np.uint16) * 257)


def inks(kind: str) -> Writer:
    """CMYK of black ink alone, as Pillow writes it."""

    def write(picture: np.ndarray) -> bytes:
        file, empty = io.BytesIO(), np.zeros_like(picture)
        held = np.dstack([empty, empty, empty, 255 - picture])
        Image.fromarray(held, "CMYK").save(file, kind, quality=95)
        return file.getvalue()

    return write


def lab(picture: np.ndarray) -> bytes:
    """A TIFF of CIE L*a*b*, into which LittleCMS converts sRGB."""
    to_lab = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"
    )
    file = io.BytesIO()
    grey = Image.fromarray(np.dstack([picture] * 3))
    ImageCms.applyTransform(grey, to_lab).save(file, "TIFF")
    return file.getvalue()


def heic(bits: int) -> Writer:
    """A HEIC file, by the library that telephones' pictures are written with elsewhere."""
    import pillow_heif

    def write(picture: np.ndarray) -> bytes:
        rows, columns = picture.shape
        held = picture if bits == 8 else picture.astype(np.uint16) * 257
        data = np.ascontiguousarray(np.dstack([held] * 3)).tobytes()
        file, mode = io.BytesIO(), "RGB" if bits == 8 else "RGB;16"
        pillow_heif.options.SAVE_HDR_TO_12_BIT = bits == 12
        pillow_heif.from_bytes(mode, (columns, rows), data).save(file, quality=95)
        return file.getvalue()

    return write


def tiled_jpeg2000(picture: np.ndarray) -> bytes:
    """JPEG 2000 in tiles, as archives keep their masters."""
    return by_pillow("JPEG2000", tile_size=(512, 512))(picture)


FORMATS: dict[str, tuple[str, Writer]] = {
    "png": ("lossless", by_opencv(".png")),
    "jpeg": ("quality 95", by_opencv(".jpg", cv2.IMWRITE_JPEG_QUALITY, 95)),
    "jpeg cmyk": ("quality 95", inks("JPEG")),
    "jp2": ("lossless", by_pillow("JPEG2000")),
    "jp2 tiles": ("lossless, 512 px", tiled_jpeg2000),
    "jp2 deep": ("16 bits", deep(by_opencv(".jp2"))),
    "jp2 small": ("45 dB", by_pillow("JPEG2000", quality_mode="dB", quality_layers=[45])),
    "webp": ("lossless", colours(by_pillow("WEBP", lossless=True))),
    "webp small": ("quality 95", colours(by_pillow("WEBP", quality=95))),
    "avif": ("quality 95", colours(by_pillow("AVIF", quality=95))),
    "heic": ("quality 95", heic(8)),
    "heic deep": ("10 bits, quality 95", heic(10)),
    "bmp": ("plain", by_opencv(".bmp")),
    "gif": ("lossless", by_pillow("GIF")),
    "pgm": ("plain", by_opencv(".pgm")),
    "pgm deep": ("16 bits", deep(by_opencv(".pgm"))),
    "pgm letters": ("numbers as text", by_opencv(".pgm", cv2.IMWRITE_PXM_BINARY, 0)),
    "ppm": ("plain", colours(by_opencv(".ppm"))),
    "pdf": ("JPEG in it, quality 95", by_pillow("PDF", quality=95)),
    "cmyk tiff": ("black ink, no profile", inks("TIFF")),
    "lab tiff": ("8 bits", lab),
}
#: What ImageMagick is told, and the suffix by which it knows what to write. GIF is left out: of the
#: 177 greys of the photograph it keeps 46.
MAGICK: dict[str, tuple[str, list[str]]] = {
    "jp2": (".jp2", ["-quality", "0"]),
    "j2k": (".j2k", ["-quality", "0"]),
    "webp": (".webp", ["-define", "webp:lossless=true"]),
    "avif": (".avif", ["-quality", "95"]),
    "bmp": (".bmp", []),
    "pgm": (".pgm", []),
    "ppm": (".ppm", ["-type", "truecolor"]),
    "psd": (".psd", []),
    "psd packed": (".psd", ["-type", "truecolor", "-compress", "RLE"]),
    "psd deep": (".psd", ["-depth", "16"]),
    "psb": (".psb", []),
    "psd cmyk": (".psd", ["-colorspace", "CMYK"]),
    "psd lab": (".psd", ["-colorspace", "Lab"]),
    "cmyk tiff": (".tif", ["-colorspace", "CMYK"]),
    "lab tiff": (".tif", ["-colorspace", "Lab"]),
    "pdf plain": (".pdf", ["-compress", "Zip"]),
    "pdf jpeg": (".pdf", ["-compress", "JPEG", "-quality", "95"]),
}


def by_magick(program: str, suffix: str, options: list[str]) -> Writer:
    """A writer of ImageMagick's."""
    return lambda picture: by_program(picture, suffix, lambda a, b: [program, a, *options, b])


def by_program(picture: np.ndarray, suffix: str, command: Callable[[str, str], list[str]]) -> bytes:
    """What another program makes of a PNG file."""
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder) / "given.png", Path(folder) / f"made{suffix}"
        cv2.imwrite(str(given), picture)
        subprocess.run(command(str(given), str(made)), check=True, capture_output=True)
        return made.read_bytes()


def writers(magick: str, cjxl: str) -> Iterator[tuple[str, str, Writer]]:
    """Name, coding and writer of each row."""
    for name, (coding, write) in FORMATS.items():
        yield name, coding, write
    for name, (suffix, options) in MAGICK.items() if magick else ():
        yield name, " ".join(("ImageMagick", *options)), by_magick(magick, suffix, options)
    for distance in (0, 1) if cjxl else ():
        yield (
            "jxl",
            f"cjxl -d {distance}",
            lambda picture, d=distance: by_program(
                picture, ".jxl", lambda a, b: [cjxl, a, b, "-d", str(d)]
            ),
        )


def compare(photo: Path, only: list[str], magick: str, cjxl: str) -> None:
    """Print the table of formats."""
    picture = cv2.imread(str(photo), cv2.IMREAD_GRAYSCALE)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "photo.tif"
        tifffile.imwrite(place, picture)
        true = groovescan.decode(place).waveform
        print(f"{'kind':<15}{'coding':<46}{'MB':>6}{'likeness':>10}")
        for name, coding, write in writers(magick, cjxl):
            if only and name not in only and coding.split()[0] not in only:
                continue
            try:
                data = write(picture)
            except subprocess.CalledProcessError as error:
                print(f"{name:<15}{coding:<46} not written: {error.stderr.decode()[:60]!r}")
                continue
            place = Path(folder) / "photo"  # its content tells what it is
            place.write_bytes(data)
            try:
                found = groovescan.decode(place).waveform
                alike = likeness(found.samples, found.rate_hz, true.samples, true.rate_hz)
                told = f"{alike:>10.4f}"
            except groovescan.GroovescanError as error:
                told = f"  {error}"
            print(f"{name:<15}{coding:<46}{len(data) / 1e6:>6.1f}{told}", flush=True)


def with_profile(curve: str, kind: str) -> Writer:
    """A writer that states a curve by a profile: of colours for sRGB, of greys for others."""
    if curve == "srgb":
        held = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        return colours(by_pillow(kind, icc_profile=held))
    return by_pillow(kind, icc_profile=imagecodecs.cms_profile("gray", gamma=float(curve)))


def under(curve: str, light: np.ndarray) -> np.ndarray:
    """Values of eight bits that a curve makes of light."""
    if curve == "srgb":
        value = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    elif curve == "lstar":
        value = np.where(light <= 216 / 24389, 9.033 * light, 1.16 * np.cbrt(light) - 0.16)
    else:
        value = light ** (1 / float(curve))
    return np.rint(255 * value.clip(0, 1)).astype(np.uint8)


def tones() -> Iterator[tuple[str, str, Callable[[np.ndarray], bytes], str]]:
    """What is stated, the suffix, the writer of light, and the tone that is asked for."""
    said = PngImagePlugin.PngInfo()
    said.add(b"sRGB", b"\0")
    for curve in ("srgb", "1.8", "2.2", "lstar"):
        yield (
            f"{curve}, nothing stated",
            curve,
            by_pillow("PNG"),
            "auto" if curve == "srgb" else curve,
        )
        if curve != "lstar":
            yield f"{curve}, profile", curve, with_profile(curve, "PNG"), "auto"
            yield f"{curve}, profile, tiff", curve, with_profile(curve, "TIFF"), "auto"
    yield "srgb, chunk of PNG", "srgb", by_pillow("PNG", pnginfo=said), "auto"
    yield "srgb, JPEG 95", "srgb", by_pillow("JPEG", quality=95), "auto"
    yield "srgb, WebP", "srgb", colours(by_pillow("WEBP", lossless=True)), "auto"
    yield "srgb, Lab TIFF", "srgb", lab, "auto"
    yield "srgb, left as it is", "srgb", by_pillow("PNG"), "linear"


def compare_tones() -> None:
    """Print what is heard of a disc that plays by brightness, under each curve."""
    rate_hz = 16000
    sound = make_sound(12.0, rate_hz, np.random.default_rng(5))
    disc = simulate(sound, rate_hz, PRESETS["brightness"].replace(seed=5, bit_depth=16))
    light = disc.image / np.iinfo(disc.image.dtype).max
    asked, from_light = groovescan.Settings(), None
    with tempfile.TemporaryDirectory() as folder:
        print(f"{'curve':<26}{'likeness to the truth':>24}{'to light':>10}  undone")
        place = Path(folder) / "photo.tif"
        tifffile.imwrite(place, disc.image)
        rows = [("light, 16 bits", place.read_bytes(), "auto")]
        rows += [(name, write(under(curve, light)), tone) for name, curve, write, tone in tones()]
        for name, data, tone in rows:
            place = Path(folder) / "photo"
            place.write_bytes(data)
            found = groovescan.decode(place, asked.replace(photo={"tone": tone}))
            heard = found.waveform.samples, found.waveform.rate_hz
            from_light = from_light or heard
            alike = likeness(*heard, sound, rate_hz), likeness(*heard, *from_light)
            told = found.tone or "nothing"
            print(f"{name:<26}{alike[0]:>24.4f}{alike[1]:>10.4f}  {told}", flush=True)


def main() -> None:
    """Print the table that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photo", nargs="?", type=Path, default=PLACE)
    parser.add_argument("--only", default="")
    parser.add_argument("--magick", default="", help="ImageMagick's program: magick or convert")
    parser.add_argument("--cjxl", default="", help="the program of the JPEG XL project")
    parser.add_argument("--tones", action="store_true")
    asked = parser.parse_args()
    if asked.tones:
        compare_tones()
        return
    only = [name.strip() for name in asked.only.split(",") if name.strip()]
    compare(asked.photo, only, asked.magick, asked.cjxl)


if __name__ == "__main__":
    main()
