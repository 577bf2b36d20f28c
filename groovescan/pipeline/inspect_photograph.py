"""Inspect a photograph: the stages up to where the reading would begin.

The same stages as in `groovescan.pipeline`, up to where the reading would begin, and with fewer
rows: enough for figures that tell whether a decode is worth its time.
"""

from __future__ import annotations

from dataclasses import replace
from os import PathLike

import numpy as np

from groovescan.camera.fit import check_camera
from groovescan.config.settings import DiscSettings, Settings
from groovescan.core.inspection import Inspection
from groovescan.core.memo import Memo
from groovescan.core.results import (
    GrooveField,
    GrooveMap,
    PatchWaves,
    Photograph,
    Resolution,
)
from groovescan.errors import GrooveLostError, GrooveNotFoundError
from groovescan.locate.patches import patch_waves
from groovescan.locate.pyramid import Copies
from groovescan.photo import as_photograph
from groovescan.photo.colour.tone import in_light
from groovescan.pipeline.carrier import needs_light
from groovescan.pipeline.locating import Located, fields_at_first, locate_groove
from groovescan.pipeline.stages import Stages
from groovescan.prediction.resolution import predict_resolution, refuse_hopeless
from groovescan.quality import expected_verdict, predict, smoother_than_rounded
from groovescan.runtime.blas import one_blas_thread
from groovescan.runtime.jit_ahead import loops_ready
from groovescan.runtime.progress import Progress, silent
from groovescan.strip.groove_or_land import Aligned
from groovescan.wording.advice import advise

#: Parts of a turn whose contrast is shown: about one per px of the figure. Arbitrary.
_PARTS_PER_TURN = 64


@one_blas_thread()
def inspect(
    photo: str | PathLike[str] | np.ndarray | Photograph,
    settings: Settings | None = None,
    *,
    progress: Progress = silent,
) -> Inspection:
    """Look at a photograph without decoding it.

    Parameters
    ----------
    photo : path, ndarray or Photograph
        A file, an array of integers or of floats from 0 to 1, or a photograph that was read.
    settings : Settings, optional
        As for a decode; of those, speed and start matter here.
    progress : Progress
        Is called with the name of each stage when it begins.

    Returns
    -------
    Inspection
        A photograph without a groove that can be read gives one, too, with its `refusal`.

    Raises
    ------
    PhotographError
        Where the file is no photograph.
    """
    with loops_ready(progress):
        return _looked_at(photo, settings or Settings(), progress)


def _looked_at(
    photo: str | PathLike[str] | np.ndarray | Photograph, settings: Settings, progress: Progress
) -> Inspection:
    # So many tell the light of the field to a few per cent: arbitrary.
    patches = 6000
    progress("photograph", 0.0)
    picture = photo if isinstance(photo, Photograph) else as_photograph(photo, settings.photo)
    needed = needs_light(settings.groove)
    picture = in_light(picture, settings.photo.tone, needed=needed)
    rows, columns = picture.shape
    result = Inspection(
        photograph_name=picture.name,
        columns=columns,
        rows=rows,
        bits=picture.bits,
        dpi=picture.dpi,
        dpi_given=settings.photo.dpi > 0,
        channel=picture.channel,
        sides=picture.sides,
        page=settings.photo.page,
        disc=settings.disc.disc,
        rpm=settings.sound.rpm,
        waves=_no_waves(),
    )
    quick = settings.disc.replace(patches=min(settings.disc.patches, patches))
    told = {"locate_discs": "groove field", "map_groove": "groove map"}
    memo = Memo(depth=1, hear=lambda name: progress(told[name], 0.0) if name in told else None)
    try:
        located = locate_groove(picture, quick, memo)
        picture, groove_map = located.photograph, located.first_map
        waves = _of_map(located.fields, groove_map)
        result = replace(result, channel=picture.channel, groove_map=groove_map, waves=waves)
        result = replace(result, discs=located.discs)
        progress("coarse strip", 0.0)
        result, found = _along_the_groove(located, result, settings, memo)
        refuse_hopeless(found, picture.name)
    except (GrooveNotFoundError, GrooveLostError) as error:
        result = replace(result, refusal=str(error), verdict=None)
        if isinstance(error, GrooveNotFoundError):
            result = replace(result, cause=error.cause, remedy=error.advice)
        if not len(result.waves.contrast):
            fields = fields_at_first(picture, quick, memo)
            waves = fields[0].waves if fields else _all_waves(picture, quick)
            result = replace(result, waves=waves)
    verdict = result.verdict or expected_verdict(result)
    return replace(result, advice=advise(result), verdict=verdict)


def _along_the_groove(
    located: Located, result: Inspection, settings: Settings, memo: Memo
) -> tuple[Inspection, Resolution]:
    """Length, contrast, noise, sharpness and bend, from a coarse reading."""
    stages = Stages(located, settings, memo)
    carrier, traced = stages.carrier, stages.traced
    groove_map, aligned = traced.groove_map, traced.aligned
    found = predict_resolution(
        stages.photograph,
        groove_map,
        aligned,
        settings.sound.rpm,
        carrier,
        along=traced.along,
    )
    check = check_camera(groove_map)
    told = replace(
        result,
        carrier=carrier,
        groove_map=groove_map,
        resolution=found,
        predicted=predict(found, settings.sound.eq),
        contrast=_contrast(aligned, traced.along, groove_map),
        parts_per_turn=_PARTS_PER_TURN,
        clipped=_clipped(aligned, traced.along, groove_map),
        bend_px=check.bend_px,
    )
    smoothed = smoother_than_rounded(stages.photograph, groove_map)
    verdict = expected_verdict(told, smoothed=smoothed, wow_percent=check.wow_percent)
    return replace(told, verdict=verdict), found


def _of_map(fields: tuple[GrooveField, ...], groove_map: GrooveMap) -> PatchWaves:
    """The patches of the field that the map was followed in: the one with its pitch."""
    return min(fields, key=lambda field: abs(np.log(field.pitch_px / groove_map.pitch_px))).waves


def _no_waves() -> PatchWaves:
    return PatchWaves(position_px=np.zeros((0, 2)), wave_cpp=np.zeros((0, 2)), contrast=np.zeros(0))


def _all_waves(photo: Photograph, settings: DiscSettings) -> PatchWaves:
    """The fringes of the photograph at full size, whether or not they agree on a centre."""
    # Beside this many times the patch's noise floor, a fringe is worth a line in the picture.
    shown_contrast = 25.0
    waves = patch_waves(Copies(photo), reduction=1, most=settings.patches)
    strong = waves.contrast > shown_contrast
    return PatchWaves(
        position_px=waves.position_px[strong],
        wave_cpp=waves.wave_cpp[strong],
        contrast=waves.contrast[strong],
    )


def _contrast(aligned: Aligned, first: GrooveMap, cut: GrooveMap) -> np.ndarray:
    """Signed contrast in equal parts of the groove, from its start as it was cut."""
    skipped = _skipped(first, cut)
    count = max(int(cut.turns * _PARTS_PER_TURN), 1)
    turns, reading = np.arange(count + 1) / _PARTS_PER_TURN + skipped, aligned.reading
    edges = np.searchsorted(aligned.strip.turns, turns)
    edges = np.clip(edges, 0, len(reading.contrast) - 1)
    known = np.isfinite(reading.standard_error_px[: len(reading.contrast)])
    total = np.add.reduceat(np.where(known, reading.contrast, 0.0), edges)[:-1]
    read = np.add.reduceat(known.astype(float), edges)[:-1]
    return np.where(read > 0, total / np.maximum(read, 1), np.nan)


def _skipped(first: GrooveMap, cut: GrooveMap) -> float:
    """Turns from the start of the first map to that of the groove as it was cut."""
    return (cut.start_rad - first.start_rad) * cut.direction / (2 * np.pi)


def _clipped(aligned: Aligned, first: GrooveMap, cut: GrooveMap) -> float:
    """Share of the groove's rows whose groove itself is black or white to the limit.

    Where only the land is, the groove can be read; beyond its ends there is nothing but land.
    """
    # Half a step of eight bits from black and white.
    clipped = 1 / 512
    strip = aligned.strip
    along = strip.turns[: len(strip.in_photograph)] - _skipped(first, cut)
    light = strip.luminance[strip.in_photograph & (along >= 0) & (along <= cut.turns)]
    near = np.abs(strip.offset_px) <= aligned.fit.template.half_width_px
    if not light.size or not near.any():
        return 0.0
    limit = (light[:, near] < clipped) | (light[:, near] > 1 - clipped)
    return float(np.mean(limit.mean(axis=1) > 0.5))
