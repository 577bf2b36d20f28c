"""What the decoder sees in a photograph before it decodes it.

The same stages as in `groovescan.pipeline`, up to where the reading would begin, and with fewer
rows: enough for figures that tell whether a decode is worth its time.
"""

from __future__ import annotations

from dataclasses import replace
from os import PathLike

import numpy as np

from groovescan.advice import advise
from groovescan.disc.camera import check_camera
from groovescan.disc.follow import map_groove
from groovescan.disc.locate import locate
from groovescan.disc.patches import patch_waves
from groovescan.disc.refine import refine_map
from groovescan.errors import GrooveLostError, GrooveNotFoundError
from groovescan.groove.align import Aligned, align
from groovescan.groove.foretell import foretell, refuse_hopeless
from groovescan.photo import as_photograph
from groovescan.pipeline import coarse_strip
from groovescan.results import (
    GrooveField,
    GrooveMap,
    PatchWaves,
    Photograph,
    Reading,
    Resolution,
    Strip,
)
from groovescan.seen import Inspection
from groovescan.settings import DiscSettings, Settings

_ROWS = 16000
_ACROSS_PER_PITCH = 8
_PATCHES = 6000
_PARTS_PER_TURN = 64
#: Rows this far apart show what was recorded up to some 4 kHz.
_FINE_STEP_PX = 4.5
#: Beside this many times the patch's noise floor, a fringe is worth a line in the picture.
_SHOWN_CONTRAST = 25.0
_CLIPPED = 1 / 512


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
    rows, columns = picture.shape
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
        refuse_hopeless(seen.resolution, picture.name)
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
        resolution=_resolution(photo, seen.groove_map, groove_map, aligned, settings),
        contrast=_contrast(aligned.reading, seen.groove_map, groove_map),
        parts_per_turn=_PARTS_PER_TURN,
        clipped=_clipped(strip),
        bend_px=check_camera(groove_map).bend_px,
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
    along: GrooveMap,
    groove_map: GrooveMap,
    aligned: Aligned,
    settings: Settings,
) -> Resolution:
    """What the photograph can tell.

    On a long side the few rows of the whole do not show what was recorded; some turns in its
    middle, with as many rows as a decode takes, do.
    """
    circumference = 2 * np.pi * float(groove_map.radius_px.max())
    if aligned.reading.samples_per_turn < circumference / _FINE_STEP_PX:
        turns = max(1, round(_ROWS * _FINE_STEP_PX / circumference))
        along = _middle(groove_map, min(turns, int(groove_map.turns)))
        across = max(0.5, groove_map.pitch_px / _ACROSS_PER_PITCH)
        aligned = align(coarse_strip(photo, along, rows=_ROWS, across_px=across, order=1))
    return foretell(photo, groove_map, aligned, settings.sound.rpm, along=along)


def _middle(groove_map: GrooveMap, turns: int) -> GrooveMap:
    """The map of some whole turns in the middle of the groove, with one before and after."""
    per_turn = groove_map.nodes_per_turn
    first = max(int((groove_map.turns - turns) / 2), 0)
    start_rad = groove_map.start_rad + groove_map.direction * 2 * np.pi * first
    nodes = slice(first * per_turn, (first + turns + 2) * per_turn + 1)
    return replace(groove_map, start_rad=start_rad, radius_px=groove_map.radius_px[nodes])


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
