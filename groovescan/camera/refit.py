"""Settle the camera by what was read: all pixels tell more of it than a coarse strip did."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from groovescan.camera.evidence import Likely, flat_camera
from groovescan.camera.fit import check_camera, expected_check, recast
from groovescan.camera.slow_displacement import clear_turns, observed
from groovescan.core.geometry.camera_model import angle_at, project, unproject
from groovescan.core.results import CameraCheck, GrooveMap, Reading
from groovescan.core.statistics import wrapped_rad
from groovescan.modulation import modulation_of
from groovescan.runtime.array_types import Float32Vector, Float64Matrix, Float64Vector
from groovescan.runtime.blas import one_blas_thread
from groovescan.runtime.jit import compiled, fused

#: Speed errors, rms, that are not worth moving samples for.
_HEARD_PERCENT = 0.002
#: Samples on either side by which one between them is told, the window's parameter, and the places
#: between two samples that are told apart.
_REACH, _KAISER, _PHASES = 8, 5.0, 1024


@dataclass(frozen=True, kw_only=True)
class CameraRefit:
    """A reading and its map, under the camera that was fitted to the reading.

    Attributes
    ----------
    groove_map : GrooveMap
        The same groove in the image, under the fitted camera.
    reading : Reading
        The displacement at equal steps of its angle.
    camera_check : CameraCheck
        How well the camera is known.
    """

    groove_map: GrooveMap
    reading: Reading
    camera_check: CameraCheck


@one_blas_thread()
def refit_camera(
    groove_map: GrooveMap, reading: Reading, *, modulation: str = "lateral"
) -> CameraRefit:
    """Fit the camera to the slow part of the displacement, and lay map and reading out under it.

    A film that is not flat, fewer than three turns, and a displacement that stands for a width or
    a brightness leave the camera as it is.

    Parameters
    ----------
    groove_map : GrooveMap
        The map along which was read.
    reading : Reading
        What was read.
    modulation : {'lateral', 'vertical', 'brightness'}
        What carries the sound.

    Returns
    -------
    CameraRefit
    """
    flat = None
    if modulation_of(modulation).is_displacement:
        clear = slice(0, int(clear_turns(groove_map) * reading.samples_per_turn))
        rows = replace(
            reading,
            displacement_px=reading.displacement_px[clear],
            standard_error_px=reading.standard_error_px[clear],
        )
        points = observed(groove_map, rows)
        flat = flat_camera(points, groove_map)
    if flat is None:
        check = check_camera(groove_map)
        return CameraRefit(groove_map=groove_map, reading=reading, camera_check=check)
    likely, bend_px = flat
    return CameraRefit(
        groove_map=recast(groove_map, likely.camera),
        reading=_laid_anew(groove_map, reading, likely),
        camera_check=expected_check(groove_map, points, likely.left_px, likely.error, bend_px),
    )


def _laid_anew(groove_map: GrooveMap, reading: Reading, likely: Likely) -> Reading:
    """The reading at equal steps of the angle under another camera.

    Displacements are the same, but for a ten thousandth; the samples' places are not. Where that
    is no speed error that could be heard, the samples stay as they were read.
    """
    s = groove_map.node_turns
    here = angle_at(groove_map, s)
    _, angle = unproject(likely.camera, *project(groove_map.camera, groove_map.radius_px, here))
    ahead = groove_map.direction * wrapped_rad(angle - here) / (2 * np.pi)
    speed = np.gradient(ahead, 1 / groove_map.nodes_per_turn)
    if 100 * float(np.sqrt(np.mean(speed**2))) < _HEARD_PERCENT:
        return reading
    shift = -ahead[groove_map.nodes_per_turn :] * reading.samples_per_turn
    nodes_each = groove_map.nodes_per_turn / reading.samples_per_turn
    error, apart = reading.standard_error_px, reading.half_difference_px
    new = _between(_filled(reading.displacement_px, error), shift, nodes_each, _taps())
    nearest = np.arange(len(new)) + np.rint(
        np.interp(np.arange(len(new)) * nodes_each, np.arange(len(shift)), shift)
    )
    nearest = np.clip(nearest.astype(int), 0, len(new) - 1)
    return replace(
        reading,
        displacement_px=np.where(
            np.isfinite(error[nearest]), new, reading.displacement_px[nearest]
        ),
        standard_error_px=error[nearest],
        contrast=reading.contrast[nearest],
        half_difference_px=None if apart is None else apart[nearest],
    )


def _taps() -> np.ndarray:
    """Weights of the samples round a place, by how far after one it lies.

    A sinc under Kaiser's window, shape (`_PHASES` + 1, 2 `_REACH`): from 0 to 1 sample after it,
    samples from ``1 - _REACH`` on.
    """
    after = np.arange(_PHASES + 1)[:, None] / _PHASES
    away = np.arange(1 - _REACH, _REACH + 1) - after
    window = np.i0(_KAISER * np.sqrt(np.clip(1 - (away / _REACH) ** 2, 0, None)))
    taps = np.sinc(away) * window
    return taps / taps.sum(axis=1, keepdims=True)


@compiled
def _filled(values: Float32Vector, error_px: Float32Vector) -> np.ndarray:
    """The values, with the last that was read where one is missing."""
    full, read = values.copy(), 0.0
    for k in range(len(values)):
        if np.isfinite(error_px[k]):
            read = values[k]
        full[k] = read
    return full


@fused
def _between(
    values: Float64Vector, shift: Float64Vector, nodes_each: float, taps: Float64Matrix
) -> np.ndarray:
    """Values at places that are shifted, band-limited between what is there.

    `shift`, in samples, stands at nodes from the first sample on, `nodes_each` of them per sample.
    Beyond either end the last value goes on.
    """
    count, phases, reach = len(values), len(taps) - 1, taps.shape[1] // 2
    new = np.empty_like(values)
    for k in range(count):
        node = min(int(k * nodes_each), len(shift) - 2)
        part = k * nodes_each - node
        at = k + (1 - part) * shift[node] + part * shift[node + 1]
        low = int(np.floor(at))
        phase, begin = int((at - low) * phases + 0.5), low + 1 - reach
        total = 0.0
        if begin >= 0 and begin + 2 * reach <= count:
            for j in range(2 * reach):
                total += taps[phase, j] * values[begin + j]
        else:
            for j in range(2 * reach):
                total += taps[phase, j] * values[min(max(begin + j, 0), count - 1)]
        new[k] = total
    return new
