"""Pictures and sound as text, so that a page needs no file beside it."""

from __future__ import annotations

import base64
import io

import cv2
import numpy as np
import soundfile
import soxr
from matplotlib.figure import Figure

from groovescan.core.geometry.projection import projection_of
from groovescan.core.results import GrooveMap, Photograph, Waveform

#: How far the picture of the disc reaches beyond the outermost turn.
RIM = 1.07


def as_text(data: bytes) -> str:
    """Base64 of some bytes."""
    return base64.b64encode(data).decode("ascii")


def figure_webp(figure: Figure, dpi: int) -> str:
    """A figure as WebP, in base64: of photographs a tenth of what PNG takes."""
    file = io.BytesIO()
    figure.savefig(file, format="webp", dpi=dpi, pil_kwargs={"quality": 88, "method": 3})
    return as_text(file.getvalue())


def disc_radius_px(groove_map: GrooveMap) -> float:
    """Radius of the picture of the disc, in px of the disc's plane."""
    inside = groove_map.radius_px[groove_map.nodes_per_turn : -groove_map.nodes_per_turn]
    return RIM * float(inside.max() if len(inside) else groove_map.radius_px.max())


def disc_picture(photo: Photograph, groove_map: GrooveMap) -> np.ndarray:
    """The disc as seen square on, with the centre of its groove in the middle.

    A turn of this picture about its middle is a turn of the disc, which it would not be about
    any point of a photograph taken at an angle.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    groove_map : GrooveMap
        Where the groove runs, and how the camera stood.

    Returns
    -------
    ndarray of uint8, shape (size, size)
        At most 2500 px wide, and not larger than the photograph shows it; black and white
        points are those of the disc, and what lies beyond the photograph is black.
    """
    # A large screen, twice enlarged, in some MB of JPEG.
    side_px = 2500
    # A step of the picture, in px of the photograph, from which on a reduced copy is enough.
    fine_step = 1.25
    reach = disc_radius_px(groove_map)
    size = int(np.clip(2 * reach, 64, side_px))
    step = 2 * reach / size
    place = (np.arange(size) + 0.5) * step - reach
    factor = max(1, int(step / fine_step))
    light, (left, top) = _around(photo, groove_map, factor)
    if step / factor > 1.5:  # a coarser grid than the photograph's would alias its grooves
        light = cv2.GaussianBlur(light, (0, 0), 0.4 * step / factor)
    picture = np.empty((size, size), np.float32)
    for rows in np.array_split(np.arange(size), max(1, size // 256)):
        right, up = place[None], -place[rows, None]
        x, y = projection_of(groove_map).project(np.hypot(right, up), np.arctan2(up, right))
        picture[rows] = cv2.remap(
            light,
            ((x + 0.5) / factor - 0.5 - left).astype(np.float32),
            ((y + 0.5) / factor - 0.5 - top).astype(np.float32),
            cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=float("nan"),
        )
    disc = np.hypot(place[None], place[:, None]) < reach / RIM
    black, white = np.nanpercentile(picture[disc][::7], [0.2, 99.8])
    scaled = (picture - black) / max(float(white - black), 1e-3)
    return (255 * np.clip(np.nan_to_num(scaled, nan=0.0), 0, 1)).astype(np.uint8)


def _around(
    photo: Photograph, groove_map: GrooveMap, factor: int
) -> tuple[np.ndarray, tuple[int, int]]:
    """The disc in a photograph reduced by a factor, and its left and top there, in px."""
    edge = np.linspace(0, 2 * np.pi, 360)
    reach = np.sqrt(2) * disc_radius_px(groove_map)
    x, y = projection_of(groove_map).project(np.full(len(edge), reach), edge)
    rows, columns = (size // factor for size in photo.shape)
    left, right = np.clip([x.min() / factor - 2, x.max() / factor + 3], 0, columns).astype(int)
    top, bottom = np.clip([y.min() / factor - 2, y.max() / factor + 3], 0, rows).astype(int)
    light = photo.reduced(factor, slice(top, bottom), slice(left, right))
    return light, (left, top)


def thumbnail(photo: Photograph, most_px: int) -> np.ndarray:
    """A small copy of a photograph.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    most_px : int
        Length of its longer side, at most.

    Returns
    -------
    ndarray of uint8, shape (rows, columns)
        From the darkest to the brightest half percent of it.
    """
    small = photo.reduced(-(-max(photo.shape) // most_px))
    black, white = np.percentile(small, [0.5, 99.5])
    scaled = (small - black) / max(float(white - black), 1e-3)
    return (255 * np.clip(scaled, 0, 1)).astype(np.uint8)


def jpeg(picture: np.ndarray) -> str:
    """A picture as JPEG, in base64."""
    # Of a picture to look at: arbitrary from 75 to 90.
    jpeg_quality = 80
    coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, jpeg_quality])[1]
    return as_text(coded.tobytes())


def png(picture: np.ndarray) -> str:
    """A picture, grey or blue, green, red and alpha, as PNG, in base64."""
    return as_text(cv2.imencode(".png", picture)[1].tobytes())


def mp3(waveform: Waveform) -> str:
    """A sound as MP3 of constant bit rate, in base64.

    MP3 is what every browser plays, old tablets in exhibitions, too. The rate of its bits is
    constant because players then find any moment by its place in the file, where with a varying
    rate they guess: the picture would not keep in step after a jump.
    """
    # Those of MPEG-1, layer III (ISO/IEC 11172-3).
    mp3_rates_hz = (32000, 44100, 48000)
    mp3_effort = 0.7  # 112 kbit/s, which is plenty for one channel of a record
    samples, rate_hz = waveform.samples, waveform.rate_hz
    if rate_hz not in mp3_rates_hz:
        samples, rate_hz = soxr.resample(samples, rate_hz, 48000, quality="VHQ"), 48000
    file = io.BytesIO()
    soundfile.write(
        file,
        np.clip(np.nan_to_num(samples), -1, 1),  # of what is no number, the coder ends the process
        rate_hz,
        format="MP3",
        subtype="MPEG_LAYER_III",
        bitrate_mode="CONSTANT",
        compression_level=mp3_effort,
    )
    return as_text(file.getvalue())
