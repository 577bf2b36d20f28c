"""Plain advice: where a photograph falls short, and what would make it better."""

from __future__ import annotations

import numpy as np

from groovescan.core.geometry.units import MM_PER_INCH
from groovescan.core.inspection import Inspection
from groovescan.core.quality import GOOD_DB
from groovescan.core.results import Resolution
from groovescan.wording.quality_words import ratio, understood


def advise(inspection: Inspection) -> tuple[str, ...]:
    """Say what would make a photograph better, the most useful first.

    Parameters
    ----------
    inspection : Inspection
        What was found in it.

    Returns
    -------
    tuple of str
        One sentence or two each; empty where nothing falls short.
    """
    if inspection.refusal is not None:
        return (_of_refusal(inspection), *_of_light(inspection))
    told = [
        *_of_resolution(inspection.resolution, inspection.dpi),
        *_of_sound(inspection),
        *_of_light(inspection),
        *_of_contrast(inspection),
        *_of_place(inspection),
        *_of_dpi(inspection),
    ]
    return tuple(told)


def _of_refusal(inspection: Inspection) -> str:
    if inspection.remedy:
        return inspection.remedy
    if not len(inspection.waves.contrast):
        return (
            "No lines can be seen anywhere in the photograph. Fill the frame with the disc, focus "
            "on the groove at full magnification, and light it so that its lines show."
        )
    return (
        "Lines were seen, but not the spiral of a groove. Look at the photograph at full size: "
        "the turns have to be separate lines, at least 3 px apart and better 5. Photograph the "
        "disc closer, or scan it at a higher resolution."
    )


def _of_resolution(found: Resolution | None, dpi: float | None) -> list[str]:
    # Px of a turn below which finer is worth while, and which would be good; sharpness (slope of a
    # flank, per px) above which it is. Round values: arbitrary.
    good_pitch_px = 3.8
    aim_pitch_px = 6.0
    sharp_per_px = 0.22
    told: list[str] = []
    if found is None:
        return told
    if found.pitch_px < good_pitch_px:
        wanted = f" ({dpi * aim_pitch_px / found.pitch_px:.0f} dpi)" if dpi else ""
        told.append(
            f"Higher resolution: a turn covers {found.pitch_px:.1f} px, where {good_pitch_px:g} "
            f"are wanted and {aim_pitch_px:g} are good{wanted}."
        )
    if found.sharpness < sharp_per_px:
        told.append(
            f"Refocus: the groove's edge rises by {found.sharpness:.2f} of its height per px, "
            f"where {sharp_per_px:g} is sharp. Focus at full magnification, at f/8 or so, on a "
            "steady stand."
        )
    return told


def _of_sound(inspection: Inspection) -> list[str]:
    """Advice that would make the sound good, where it is not."""
    predicted, found = inspection.predicted, inspection.resolution
    if predicted is None or found is None or predicted.snr_db >= GOOD_DB:
        return []
    wanted = ""
    if np.isfinite(predicted.shortage):
        pitch_px = predicted.shortage * found.pitch_px
        dpi = f" ({inspection.dpi * predicted.shortage:.0f} dpi)" if inspection.dpi else ""
        wanted = (
            f" It would be good with {pitch_px:.1f} px per turn{dpi}, or with "
            f"{predicted.shortage**2:.1f} times the light."
        )
    return [
        f"More light or a lower ISO: a signal to noise ratio of {ratio(predicted.snr_db)} is to be "
        f"expected, where {GOOD_DB:g} dB are good; {understood(predicted.intelligibility)}."
        f"{wanted} The mean of several equal exposures helps, too."
    ]


def _of_light(inspection: Inspection) -> list[str]:
    # A two-hundredth is more than dust and glints: arbitrary.
    clipped_share = 0.005
    if inspection.clipped < clipped_share:
        return []
    return [
        f"Change the exposure: {100 * inspection.clipped:.1f} % of the groove field is black or "
        "white to the limit, and nothing can be read there."
    ]


def _of_contrast(inspection: Inspection) -> list[str]:
    # Contrast, of full scale, below which light is said to be flat: some steps of eight bits; and
    # by how much it may change over the disc. Arbitrary.
    low_contrast = 0.02
    uneven = 0.25
    size = np.abs(inspection.contrast[np.isfinite(inspection.contrast)])
    if inspection.resolution is None or not len(size):
        return []
    told: list[str] = []
    if inspection.resolution.contrast < low_contrast:
        told.append(
            "More contrast: the groove differs from the land by "
            f"{inspection.resolution.contrast:.3f} of full scale, where "
            f"{low_contrast:g} is little. Try light from another angle."
        )
    weak = float(np.mean(size < uneven * np.percentile(size, 80)))
    if weak > 0.1:
        told.append(
            f"More even light: on {100 * weak:.0f} % of the groove its contrast nearly vanishes. "
            "Light from all sides, or a second photograph with the lamp elsewhere, would show it."
        )
    return told


def _of_place(inspection: Inspection) -> list[str]:
    # What is said only where it matters: change of scale over the disc, bend in pitches, share that
    # is missing. Arbitrary; the decode bears more of each.
    most_tilt = 0.03
    bend_pitches = 0.25
    missing_share = 0.02
    told: list[str] = []
    if inspection.groove_map is None:
        return told
    gone = float(np.mean(~np.isfinite(inspection.contrast))) if len(inspection.contrast) else 0.0
    if gone > missing_share:
        told.append(
            f"Get the whole groove in and free: {100 * gone:.0f} % of it cannot be seen, covered "
            "or beyond the edge of the photograph."
        )
    camera = inspection.groove_map.camera
    reach = float(inspection.groove_map.radius_px.max()) / camera.scale_px
    tilt = float(np.hypot(*camera.perspective)) * reach
    if tilt > most_tilt:
        told.append(
            f"Set the camera square to the disc: the scale changes by {100 * tilt:.1f} % from the "
            "centre to the edge. It is corrected, but one side is less sharp."
        )
    if inspection.bend_px > bend_pitches * inspection.groove_map.pitch_px:
        told.append(
            f"Flatten the film: it is curled, and bends the turns by {inspection.bend_px:.1f} px. "
            "A sheet of clean glass over it would take out a slow speed error."
        )
    return told


def _of_dpi(inspection: Inspection) -> list[str]:
    # Records have 3 to 12 grooves to a mm; whatever is far from that is no dpi of this photograph.
    plausible_pitch_mm = (0.08, 1.0)
    # By definition.
    if inspection.dpi is None or inspection.groove_map is None:
        return []
    pitch_mm = inspection.groove_map.pitch_px / inspection.dpi * MM_PER_INCH
    if plausible_pitch_mm[0] <= pitch_mm <= plausible_pitch_mm[1]:
        return []
    return [
        f"The file states {inspection.dpi:.0f} dpi, by which the turns would lie {pitch_mm:.2f} mm "
        "apart; that is no record's, so the file is likely wrong. Nothing depends on it."
    ]
