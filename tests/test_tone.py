"""Curves between light and the values of a file."""

import io
import struct
import zlib

import cv2
import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

import groovescan
from groovescan.config.settings import PhotoSettings
from groovescan.errors import SettingsError
from groovescan.photo import as_photograph, read_photograph
from groovescan.photo.colour.tone import in_light, light_of
from groovescan.simulate import PRESETS, simulate, write_simulation
from groovescan.simulate.likeness import likeness

#: The published curve, on its own.
RAMP = np.tile(np.arange(256, dtype=np.uint8), (16, 1))
SRGB_LIGHT = np.where(
    RAMP / 255 <= 0.04045, RAMP / 255 / 12.92, ((RAMP / 255 + 0.055) / 1.055) ** 2.4
)
SRGB_PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def by_pillow(picture, kind, **options):
    file = io.BytesIO()
    Image.fromarray(picture).save(file, kind, **options)
    return file.getvalue()


def png(kind, content):
    data = by_pillow(RAMP, "PNG")
    chunk = struct.pack(">I", len(content)) + kind + content
    return data[:33] + chunk + struct.pack(">I", zlib.crc32(kind + content)) + data[33:]


def with_exif():
    tags = Image.Exif()
    tags.get_ifd(0x8769)[0xA001] = 1
    return by_pillow(RAMP, "JPEG", quality=100, exif=tags.tobytes())


def tiff(**options):
    file = io.BytesIO()
    tifffile.imwrite(file, RAMP, photometric="minisblack", **options)
    return file.getvalue()


COLOUR = np.dstack([RAMP] * 3)
GREY_22 = imagecodecs.cms_profile("gray", gamma=2.2)
STATED = {
    "png sRGB": (lambda: png(b"sRGB", b"\0"), SRGB_LIGHT),
    "png gAMA 2.2": (lambda: png(b"gAMA", struct.pack(">I", 45455)), (RAMP / 255) ** 2.2),
    "png gAMA 1": (lambda: png(b"gAMA", struct.pack(">I", 100000)), RAMP / 255),
    "png profile": (lambda: by_pillow(COLOUR, "PNG", icc_profile=SRGB_PROFILE), SRGB_LIGHT),
    "jpeg profile": (
        lambda: by_pillow(COLOUR, "JPEG", quality=100, icc_profile=SRGB_PROFILE),
        SRGB_LIGHT,
    ),
    "jpeg exif": (with_exif, SRGB_LIGHT),
    "jpeg 2000": (lambda: by_pillow(RAMP, "JPEG2000"), SRGB_LIGHT),
    "webp profile": (
        lambda: by_pillow(COLOUR, "WEBP", lossless=True, icc_profile=SRGB_PROFILE),
        SRGB_LIGHT,
    ),
    "tiff profile": (lambda: tiff(iccprofile=GREY_22), (RAMP / 255) ** 2.2),
    "nothing, 8 bits": (lambda: by_pillow(RAMP, "PNG"), SRGB_LIGHT),
    "a profile of nonsense": (lambda: by_pillow(RAMP, "PNG", icc_profile=b"x" * 200), RAMP / 255),
}


@pytest.mark.parametrize("kind", STATED)
def test_what_a_file_states_is_undone_where_light_is_needed(kind, tmp_path):
    made, light = STATED[kind]
    path = tmp_path / "photo"
    path.write_bytes(made())
    photo = read_photograph(path, PhotoSettings(channel="luminance"))
    np.testing.assert_allclose(photo.luminance, RAMP / 255, atol=0.01)
    found = in_light(photo, "auto", needed=True)
    np.testing.assert_allclose(found.luminance, light, atol=0.01)
    assert in_light(photo, "auto", needed=False) is photo
    np.testing.assert_allclose(in_light(photo, "linear", needed=True).luminance, photo.luminance)


def test_what_states_nothing_and_has_more_bits_is_taken_as_it_is(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, RAMP.astype(np.uint16) * 257)
    photo = read_photograph(path)
    assert in_light(photo, "auto", needed=True) is photo
    for array in (RAMP, RAMP / 255):
        photo = as_photograph(array)
        assert in_light(photo, "auto", needed=True) is photo


@pytest.mark.parametrize("asked", ["srgb", "lstar", "1.8", "2.2"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_a_curve_that_is_asked_for_is_undone(asked, dtype):
    value = RAMP / 255
    most = 1 if dtype == np.float32 else np.iinfo(dtype).max
    photo = in_light(as_photograph((value * most).astype(dtype)), asked, needed=False)
    np.testing.assert_allclose(photo.luminance, light_of(asked, value), atol=1e-3)
    np.testing.assert_allclose(
        photo.reduced(4).mean(), light_of(asked, value).mean(), atol=1e-3
    )  # light is averaged, not values
    assert photo.undone == asked


@pytest.mark.parametrize("tone", ["", "gamma", "0.1", "9", "nan", "-2.2", "2,2"])
def test_other_curves_are_refused(tone):
    with pytest.raises(SettingsError, match="tone"):
        PhotoSettings(tone=tone)


@pytest.mark.parametrize("colours", [False, True])
def test_the_channel_that_is_taken_later_is_light_too(colours, tmp_path):
    picture = np.dstack([RAMP, RAMP[:, ::-1], RAMP])
    path = tmp_path / "a.png"
    path.write_bytes(by_pillow(picture, "PNG"))
    photo = in_light(read_photograph(path), "srgb", needed=True).taken("red")
    np.testing.assert_allclose(photo.luminance, SRGB_LIGHT, atol=1e-4)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif"])
def test_simulated_photographs_state_that_they_are_light(suffix, tmp_path):
    settings = PRESETS["brightness"].replace(width_px=64, height_px=64)
    disc = simulate(np.zeros(800), 8000, settings)
    path = write_simulation(disc, tmp_path / f"a{suffix}")[0]
    photo = read_photograph(path)
    assert photo.tone
    assert in_light(photo, "auto", needed=True) is photo


def test_a_brightness_disc_saved_with_the_usual_curve_sounds_as_from_light(tmp_path):
    rate_hz = 8000
    rng = np.random.default_rng(2)
    sound = np.convolve(rng.normal(size=6 * rate_hz), np.hanning(9), "same")
    small = {"width_px": 1100, "height_px": 1100, "mm_per_px": 0.06, "start_radius_mm": 30.0}
    settings = PRESETS["brightness"].replace(
        **small, film_radius_mm=32.0, bones=0, hole_radius_mm=2.0, hole_offset_mm=0.0, seed=4
    )
    disc = simulate(sound, rate_hz, settings)
    value = disc.image / 255
    curve = np.where(value <= 0.0031308, 12.92 * value, 1.055 * value ** (1 / 2.4) - 0.055)
    path = tmp_path / "disc.png"
    cv2.imwrite(str(path), np.rint(255 * curve).astype(np.uint8))
    asked = groovescan.Settings().replace(groove={"modulation": "brightness"}, sound={"eq": "flat"})
    heard = {
        name: groovescan.decode(photo, asked.replace(photo={"tone": tone}))
        for name, photo, tone in (
            ("light", disc.image, "auto"),
            ("undone", path, "auto"),
            ("left", path, "linear"),
        )
    }
    like = {
        name: likeness(heard["light"].waveform.samples, 48000, heard[name].waveform.samples, 48000)
        for name in ("undone", "left")
    }
    assert like["undone"] > 0.97
    assert like["undone"] > like["left"] + 0.005
    assert heard["undone"].tone == "srgb"
    assert heard["light"].tone == heard["left"].tone == ""


def profile_of_inks():
    """A profile of a printer whose lightness falls evenly with each ink: corners alone (ICC.1)."""
    corners = [(c, m, y, k) for c in (0, 1) for m in (0, 1) for y in (0, 1) for k in (0, 1)]
    lab = bytes(
        part
        for c, m, y, k in corners
        for part in (round(255 * (1 - k) * (1 - (c + m + y) / 3)), 128, 128)
    )
    ends = bytes(range(256))
    identity = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + identity + 4 * ends + lab + 3 * ends
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    text = b"text" + bytes(4) + b"inks\0"
    tags = {b"A2B0": table, b"wtpt": white, b"cprt": text, b"desc": text}
    place, listed, body = 132 + 12 * len(tags), b"", b""
    for name, content in tags.items():
        content += bytes(-len(content) % 4)
        listed += struct.pack(">4sII", name, place + len(body), len(content))
        body += content
    size = 132 + len(listed) + len(body)
    head = struct.pack(
        ">I4sI4s4s4s12x4s", size, b"lcms", 0x02400000, b"prtr", b"CMYK", b"Lab ", b"acsp"
    )
    head = head.ljust(68, b"\0") + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + listed + body


@pytest.mark.parametrize("with_profile", [False, True])
@pytest.mark.parametrize("kind", ["tiff", "tiff, tiles", "jpeg"])
def test_inks_become_light_through_their_profile(kind, with_profile, tmp_path):
    """Black alone: lightness falls evenly with it, as the profile has it."""
    inks = np.zeros((*RAMP.shape, 4), np.uint8)
    inks[..., 3] = 255 - RAMP
    profile = profile_of_inks() if with_profile else None
    path = tmp_path / "photo"
    if kind == "jpeg":
        picture = Image.frombytes("CMYK", RAMP.shape[::-1], (255 - inks).tobytes())
        file = io.BytesIO()
        # Pillow writes inks as they are; programs that follow Adobe turn them round
        Image.frombytes("CMYK", RAMP.shape[::-1], inks.tobytes()).save(
            file, "JPEG", quality=100, **({"icc_profile": profile} if profile else {})
        )
        assert picture.size == RAMP.shape[::-1]
        path.write_bytes(file.getvalue())
    else:
        tiles = {"tile": (16, 64), "compression": "lzw"} if "tiles" in kind else {}
        tifffile.imwrite(path, inks, photometric="separated", iccprofile=profile, **tiles)
    photo = in_light(read_photograph(path, PhotoSettings(channel="luminance")), "auto", needed=True)
    light = light_of("lstar", RAMP / 255) if with_profile else SRGB_LIGHT
    np.testing.assert_allclose(photo.luminance, light, atol=0.02)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_lightness_is_read_of_lab(dtype, tmp_path):
    lab = np.zeros((*RAMP.shape, 3), dtype)
    lab[..., 0] = RAMP.astype(dtype) * (np.iinfo(dtype).max // 255)
    path = tmp_path / "lab.tif"
    tifffile.imwrite(path, lab, photometric="cielab")
    photo = read_photograph(path)
    np.testing.assert_allclose(photo.luminance, RAMP / 255, atol=1e-4)
    found = in_light(photo, "auto", needed=True)
    np.testing.assert_allclose(found.luminance, light_of("lstar", RAMP / 255), atol=1e-3)
