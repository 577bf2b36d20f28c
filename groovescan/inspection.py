"""What the decoder sees in a photograph before it decodes it.

The same stages as in `groovescan.pipeline`, up to where the reading would begin, and with fewer
rows: enough for figures that tell whether a decode is worth its time.
"""

from __future__ import annotations

from dataclasses import replace
from os import PathLike

import numpy as np
from scipy.ndimage import gaussian_filter1d

from groovescan.advice import advise
from groovescan.disc.follow import map_groove
from groovescan.disc.locate import locate
from groovescan.disc.patches import PATCH_PX, patch_waves
from groovescan.disc.refine import refine_map
from groovescan.errors import GrooveLostError, GrooveNotFoundError
from groovescan.geometry import radius_at
from groovescan.groove.align import Aligned, align
from groovescan.photo import as_photograph
from groovescan.pipeline import coarse_strip
from groovescan.results import (
    GrooveField,
    GrooveMap,
    Inspection,
    PatchWaves,
    Photograph,
    Reading,
    Resolution,
    Strip,
)
from groovescan.settings import DiscSettings, Settings

_ROWS = 16000
_ACROSS_PER_PITCH = 8
_PATCHES = 6000
_PARTS_PER_TURN = 64
_NOISE_PATCHES = 300
_BEYOND_CPP = 0.40
_PX_PER_WAVE = 4
#: Beside this many times the patch's noise floor, a fringe is worth a line in the picture.
_SHOWN_CONTRAST = 25.0
_CLIPPED = 1 / 512
_BEND_HARMONICS = range(3, 9)


def inspect(
    photo: str | PathLike[str] | np.ndarray | Photograph, settings: Settings | None = None
) -> Inspection:
    """Look at a photograph without decoding it.

    Parameters
    ----------
    photo : path, ndarray or Photograph
        A file, an array of integers or of floats from 0 to 1, or a photograph that was read.
    settings : Settings, optional
        As for a decode; of those, speed and start matter here.

    Returns
    -------
    Inspection
        A photograph without a groove that can be read gives one, too, with its `refusal`.

    Raises
    ------
    PhotographError
        Where the file is no photograph.
    """
    settings = settings or Settings()
    picture = photo if isinstance(photo, Photograph) else as_photograph(photo, settings.photo)
    rows, columns = picture.luminance.shape
    seen = Inspection(
        photograph_name=picture.name,
        columns=columns,
        rows=rows,
        bits=picture.bits,
        dpi=picture.dpi,
        rpm=settings.sound.rpm,
        waves=_no_waves(),
    )
    quick = settings.disc.replace(patches=min(settings.disc.patches, _PATCHES))
    try:
        fields = locate(picture, quick)
        seen = replace(seen, waves=fields[0].waves)
        groove_map = map_groove(picture, fields, quick)
        seen = replace(seen, groove_map=groove_map, waves=_of_map(fields, groove_map))
        seen = _along_the_groove(picture, seen, settings)
    except (GrooveNotFoundError, GrooveLostError) as error:
        waves = seen.waves if len(seen.waves.contrast) else _all_waves(picture, quick)
        seen = replace(seen, refusal=str(error), waves=waves)
    return replace(seen, advice=advise(seen))


def _along_the_groove(photo: Photograph, seen: Inspection, settings: Settings) -> Inspection:
    """What a coarse reading tells: length, contrast, noise, sharpness, bend."""
    across = max(0.5, seen.groove_map.pitch_px / _ACROSS_PER_PITCH)
    strip = coarse_strip(photo, seen.groove_map, rows=_ROWS, across_px=across, order=1)
    aligned = align(strip)
    groove_map = refine_map(
        seen.groove_map,
        aligned.reading,
        shift_px=aligned.shift_px,
        harmonics=settings.disc.map_harmonics,
    )
    return replace(
        seen,
        groove_map=groove_map,
        resolution=_resolution(photo, seen.waves, groove_map, aligned, settings),
        contrast=_contrast(aligned.reading, seen.groove_map, groove_map),
        parts_per_turn=_PARTS_PER_TURN,
        clipped=_clipped(strip),
        bend_px=bend_px(groove_map),
    )


def _of_map(fields: tuple[GrooveField, ...], groove_map: GrooveMap) -> PatchWaves:
    """The patches of the field that the map was followed in: the one with its pitch."""
    return min(fields, key=lambda field: abs(np.log(field.pitch_px / groove_map.pitch_px))).waves


def _no_waves() -> PatchWaves:
    return PatchWaves(position_px=np.zeros((0, 2)), wave_cpp=np.zeros((0, 2)), contrast=np.zeros(0))


def _all_waves(photo: Photograph, settings: DiscSettings) -> PatchWaves:
    """The fringes of the photograph at full size, whether or not they agree on a centre."""
    waves = patch_waves(photo.luminance, reduction=1, most=settings.patches)
    strong = waves.contrast > _SHOWN_CONTRAST
    return PatchWaves(
        position_px=waves.position_px[strong],
        wave_cpp=waves.wave_cpp[strong],
        contrast=waves.contrast[strong],
    )


def _resolution(
    photo: Photograph,
    waves: PatchWaves,
    groove_map: GrooveMap,
    aligned: Aligned,
    settings: Settings,
) -> Resolution:
    """What the photograph can tell, from its own noise and the groove's profile.

    The information on the displacement in a px of groove is the squared slope of the profile,
    summed across it, over the variance of a pixel (Fisher); its inverse is the density of the
    displacement's error.
    """
    reading, template = aligned.reading, aligned.fit.template
    strength = np.abs(reading.contrast)
    clear = np.isfinite(reading.standard_error_px) & (strength > 0.3 * np.median(strength))
    noise = pixel_noise(photo, waves.position_px)
    across_px = 2 * template.reach_px / len(template.slope)
    steepness = float(np.sum(template.slope.astype(float) ** 2)) * across_px
    information = float(np.mean(strength[clear] ** 2)) * steepness / (noise**2 + 1e-12)
    slow = reading.samples_per_turn / (2 * np.pi * settings.disc.map_harmonics)
    quick = reading.displacement_px - gaussian_filter1d(reading.displacement_px, slow)
    power = float(np.mean(quick[clear] ** 2))
    height = float(np.ptp(template.value)) + 1e-12
    px_per_s = 2 * np.pi * float(groove_map.radius_px.mean()) * settings.sound.rpm / 60
    return Resolution(
        pitch_px=groove_map.pitch_px,
        sharpness=float(np.abs(template.slope).max()) / height,
        noise=noise,
        contrast=float(np.median(strength[clear])) * height,
        snr_db=float(10 * np.log10(power * information * settings.groove.step_px + 1e-12)),
        bandwidth_hz=px_per_s / _PX_PER_WAVE,
    )


def pixel_noise(photo: Photograph, position_px: np.ndarray) -> float:
    """Standard deviation of a pixel's noise, from the spectra of patches of the photograph.

    Noise fills all frequencies alike, and a groove only a few: beyond the groove's band, the
    median power is the noise's. Of exponentially distributed powers it is ln 2 of the mean.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    position_px : ndarray of float64, shape (n, 2)
        Where patches are taken, (x, y) in px.
    """
    chosen = position_px[:: max(1, len(position_px) // _NOISE_PATCHES)]
    rows, columns = (size - PATCH_PX for size in photo.luminance.shape)
    corner = np.clip(chosen[:, ::-1].astype(int) - PATCH_PX // 2, 0, [rows, columns])
    views = np.lib.stride_tricks.sliding_window_view(photo.luminance, (PATCH_PX, PATCH_PX))
    patches = views[corner[:, 0], corner[:, 1]]
    window = np.hanning(PATCH_PX + 2)[1:-1, None] * np.hanning(PATCH_PX + 2)[1:-1]
    spectrum = np.fft.rfft2((patches - patches.mean(axis=(1, 2), keepdims=True)) * window)
    frequency = np.hypot(np.fft.fftfreq(PATCH_PX)[:, None], np.fft.rfftfreq(PATCH_PX))
    power = np.median(np.abs(spectrum[:, frequency > _BEYOND_CPP]) ** 2, axis=1)
    return float(np.sqrt(np.median(power) / np.log(2) / np.sum(window**2)))


def _contrast(reading: Reading, first: GrooveMap, cut: GrooveMap) -> np.ndarray:
    """Signed contrast in equal parts of the groove, from its start as it was cut."""
    skipped = (cut.start_rad - first.start_rad) * cut.direction / (2 * np.pi)
    count = max(int(cut.turns * _PARTS_PER_TURN), 1)
    turns = (np.arange(count + 1) / _PARTS_PER_TURN + skipped) * reading.samples_per_turn
    edges = np.clip(turns.astype(int), 0, len(reading.contrast) - 1)
    known = np.isfinite(reading.standard_error_px[: len(reading.contrast)])
    total = np.add.reduceat(np.where(known, reading.contrast, 0.0), edges)[:-1]
    read = np.add.reduceat(known.astype(float), edges)[:-1]
    return np.where(read > 0, total / np.maximum(read, 1), np.nan)


def _clipped(strip: Strip) -> float:
    light = strip.luminance[strip.seen]
    return float(np.mean((light < _CLIPPED) | (light > 1 - _CLIPPED))) if light.size else 0.0


def bend_px(groove_map: GrooveMap) -> float:
    """Amplitude of the third to the eighth harmonic per turn that all turns share, in px.

    No camera makes them; a film that is not flat does.
    """
    count = int(max(groove_map.turns, 1)) * 64
    turns = np.arange(count) / 64
    radius = radius_at(groove_map, turns)
    smooth = radius - np.poly1d(np.polyfit(turns, radius, 3))(turns)
    wave = np.exp(-2j * np.pi * np.array(_BEND_HARMONICS)[:, None] * turns)
    return float(np.linalg.norm(2 * (wave @ smooth) / count))
