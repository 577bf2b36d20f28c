"""Findings in words for people and in numbers for programs."""

from __future__ import annotations

from typing import Any

import numpy as np

from groovescan.core.geometry.film_pieces import boundary_angle
from groovescan.core.geometry.units import MM_PER_INCH
from groovescan.core.inspection import Inspection
from groovescan.core.results import Decoded, GrooveMap, Resolution
from groovescan.wording.choices import CARRIERS, channel_words
from groovescan.wording.groove_facts import cut_facts, lock_facts
from groovescan.wording.joined_facts import joined_facts
from groovescan.wording.quality_words import measured_facts, predicted_facts, predicted_numbers
from groovescan.wording.tone_facts import tone_facts


def decode_facts(decoded: Decoded) -> dict[str, str]:
    """Findings of a decode, one fact a line.

    Parameters
    ----------
    decoded : Decoded
        The result.

    Returns
    -------
    dict of str
        Name and fact, in the order in which they are read.
    """
    groove_map, sound = decoded.groove_map, decoded.settings.sound
    x, y = groove_map.camera.centre_px
    colour = {} if decoded.channel == "grey" else {"channel": channel_words(decoded.channel)}
    asked = decoded.settings
    others = page_facts(decoded.sides, asked.photo.page)
    others |= disc_facts(decoded.discs, asked.disc.disc) | tone_facts(decoded.tone)
    return {
        **joined_facts(decoded.joined),
        **colour,
        **others,
        "centre": f"x {x:.1f}, y {y:.1f} px",
        "pitch": f"{groove_map.pitch_px:.2f} px{_in_um(groove_map.pitch_px, decoded.dpi)}",
        "turns": f"{groove_map.turns:.1f}",
        **lock_facts(groove_map),
        **film_facts(groove_map),
        "carrier": CARRIERS[decoded.carrier],
        "direction": direction(groove_map.direction),
        **cut_facts([minutes(cut.duration_s) for cut in decoded.cuts]),
        "time": f"{minutes(decoded.waveform.duration_s)} at {sound.rpm:g} rpm, eq {sound.eq}",
        "read": f"{percent(decoded.reading.read_fraction)} of the groove",
    }


def page_facts(sides: tuple[int, ...], asked: int) -> dict[str, str]:
    """Which page of a file is meant, where several may show a side of a disc.

    Parameters
    ----------
    sides : tuple of int
        Those pages, counted from 1.
    asked : int
        The one that was asked for; 0 is the largest.

    Returns
    -------
    dict of str
        Name and fact; nothing where there are no others.
    """
    if len(sides) < 2:
        return {}
    numbers = " and ".join(map(str, sides))
    this = f"number {asked}" if asked else "the largest"
    return {"page": f"{this} of the pages {numbers}, which may be sides; --page takes another"}


def disc_facts(discs: int, asked: int) -> dict[str, str]:
    """Which disc of a photograph is meant, where there are several.

    Parameters
    ----------
    discs : int
        Discs in the photograph.
    asked : int
        The one that was asked for, counted from 1; 0 is the first.

    Returns
    -------
    dict of str
        Name and fact; nothing where there is one disc.
    """
    if discs == 1:
        return {}
    this = max(asked, 1)
    others = " and ".join(str(number) for number in range(1, discs + 1) if number != this)
    return {
        "discs": f"number {this} of {discs} in the photograph, from left to right or from the top "
        f"down; --disc takes {others}"
    }


def film_facts(groove_map: GrooveMap) -> dict[str, str]:
    """In how many pieces the film lies.

    Parameters
    ----------
    groove_map : GrooveMap
        Where the groove runs.

    Returns
    -------
    dict of str
        Name and fact; nothing where it is one sheet.
    """
    film = groove_map.film
    if film is None or not len(film.side):
        return {}
    middle = float(np.median(groove_map.radius_px))
    angle = np.sort(np.rad2deg(boundary_angle(film, np.array(middle))) % 360)
    where = ", ".join(f"{each:.0f}" for each in angle[:-1]) + f" and {angle[-1]:.0f}"
    apart = float(np.hypot(*film.shift_px.T).max())
    return {
        "film": f"torn or folded at {where} degrees; its pieces lie up to {apart:.1f} px from "
        "where the groove was cut, and are put together"
    }


def certainty(decoded: Decoded) -> dict[str, str]:
    """How good the sound is, how well the camera is known, and where the map cannot be trusted.

    Parameters
    ----------
    decoded : Decoded
        The result.

    Returns
    -------
    dict of str
        Name and fact; without what is not known.
    """
    check = decoded.camera_check
    facts = predicted_facts(decoded.predicted) | measured_facts(decoded.measured)
    if check is not None:
        facts["camera"] = f"centre known to {check.centre_error_px:.2f} px, wow of " + _size(
            check.wow_percent, "at most some"
        )
    if len(decoded.jumps):
        turns = ", ".join(f"{turn:.1f}" for turn in decoded.jumps[:5])
        facts["careful"] = f"the groove may jump by a turn at turn {turns}"
    return facts


def lathe_facts(decoded: Decoded) -> dict[str, str]:
    """The lathe's speed, as hum in the groove tells it.

    Parameters
    ----------
    decoded : Decoded
        The result.

    Returns
    -------
    dict of str
        Name and fact; nothing where no hum was asked, or usable.
    """
    clock = decoded.account.clock if decoded.account is not None else None
    if clock is None or not clock.usable:
        return {}
    speed = decoded.settings.sound.rpm * clock.speed_ratio
    return {
        "speed": f"{speed:.2f} rpm by the hum at {clock.hum_hz:g} Hz; wow of "
        f"{clock.wow_percent:.2f} % taken out, known to " + _size(100 * clock.speed_error, "some")
    }


def _size(percent: float, about: str) -> str:
    """An error in percent; what the digits do not show is not said to be nothing."""
    return "less than 0.01 %" if percent < 0.005 else f"{about} {percent:.2f} %"


def direction(sign: int) -> str:
    """Say what the turning of the groove means.

    A record turns clockwise under a needle that stands still, so that along the groove the
    needle goes counter-clockwise, whichever end it starts from.
    """
    if sign > 0:
        return "counter-clockwise along the groove, as on a record seen from its played side"
    return "clockwise along the groove: mirrored, as on a record seen through the film"


def minutes(seconds: float) -> str:
    """A duration in minutes and seconds."""
    whole, rest = divmod(round(seconds, 1), 60)
    return f"{int(whole)} min {rest:.1f} s" if whole else f"{rest:.1f} s"


def percent(fraction: float) -> str:
    """A share in percent, rounded down: 100 % means that nothing at all is missing."""
    return f"{int(fraction * 1000) / 10:.1f} %"


def inspection_facts(inspection: Inspection) -> dict[str, str]:
    """Findings of an inspection, one fact a line.

    Parameters
    ----------
    inspection : Inspection
        What was seen.

    Returns
    -------
    dict of str
        Name and fact; without a groove, only what the file itself tells.
    """
    colour = "" if inspection.channel == "grey" else f", {channel_words(inspection.channel)}"
    facts = {} if inspection.verdict is None else {"verdict": inspection.verdict.line}
    facts |= {
        "photograph": f"{inspection.columns} x {inspection.rows} px, {inspection.bits} bits{colour}"
    }
    facts |= page_facts(inspection.sides, inspection.page)
    facts |= disc_facts(inspection.discs, inspection.disc)
    if inspection.groove_map is not None:
        facts |= _disc_facts(inspection, inspection.groove_map)
    source = "as given" if inspection.dpi_given else "as the file states"
    facts["dpi"] = f"{inspection.dpi:.0f}, {source}" if inspection.dpi else "not known to the file"
    if inspection.resolution is not None:
        facts |= _reading_facts(inspection, inspection.resolution)
    return facts


def _disc_facts(inspection: Inspection, groove_map: GrooveMap) -> dict[str, str]:
    x, y = groove_map.camera.centre_px
    inner, outer = np.sort(groove_map.radius_px[[0, -1]])
    return {
        "disc": f"a groove field from {inner:.0f} to {outer:.0f} px about its centre",
        "centre": f"x {x:.1f}, y {y:.1f} px",
        "pitch": f"{groove_map.pitch_px:.2f} px per turn"
        + _in_um(groove_map.pitch_px, inspection.dpi),
        "turns": f"{groove_map.turns:.1f}",
        **lock_facts(groove_map),
        **film_facts(groove_map),
        "carrier": CARRIERS[inspection.carrier],
        "direction": direction(groove_map.direction),
        "time": f"{minutes(inspection.expected_s)} to expect at {inspection.rpm:g} rpm",
    }


def _reading_facts(inspection: Inspection, found: Resolution) -> dict[str, str]:
    facts = resolution_facts(found)
    side = "darker" if np.nansum(inspection.contrast) < 0 else "brighter"
    flips = (
        f"; flips on {percent(inspection.flipped)} of it"
        if inspection.flipped >= 0.001
        else ", throughout"
    )
    facts |= {"contrast": f"{facts['contrast']}; {side} than the land{flips}"}
    return facts | predicted_facts(inspection.predicted)


def resolution_facts(found: Resolution) -> dict[str, str]:
    """Predicted resolution of a photograph, one fact a line.

    Parameters
    ----------
    found : Resolution
        The prediction.

    Returns
    -------
    dict of str
        Name and fact.
    """
    return {
        "sharpness": f"the groove's edge rises by {found.sharpness:.2f} of its height per px",
        "noise": f"{found.noise:.4f} of full scale per px",
        "contrast": f"{found.contrast:.3f} of full scale",
        "bandwidth": f"up to {found.bandwidth_hz:.0f} Hz to expect",
    }


def inspection_table(inspection: Inspection) -> str:
    """Findings of an inspection as lines for people, with the advice below.

    Parameters
    ----------
    inspection : Inspection
        What was seen.

    Returns
    -------
    str
        The lines, without an end of line.
    """
    lines = [f"{name:<12}{fact}" for name, fact in inspection_facts(inspection).items()]
    lines += [f"advice      {text}" for text in inspection.advice]
    if not inspection.advice:
        lines.append("advice      nothing falls short: decode it")
    return "\n".join(lines)


def inspection_numbers(inspection: Inspection) -> dict[str, Any]:
    """Findings of an inspection for programs: numbers and words that JSON can hold.

    Parameters
    ----------
    inspection : Inspection
        What was seen.

    Returns
    -------
    dict
        Names carry their units; what is not known is None.
    """
    groove_map, found = inspection.groove_map, inspection.resolution
    numbers: dict[str, Any] = {
        "photograph": inspection.photograph_name,
        "columns": inspection.columns,
        "rows": inspection.rows,
        "bits": inspection.bits,
        "channel": inspection.channel,
        "carrier": inspection.carrier,
        "dpi": inspection.dpi,
        "rpm": inspection.rpm,
        "decodable": inspection.refusal is None,
        "refusal": inspection.refusal,
        "cause": inspection.cause or None,
        "verdict": inspection.verdict and inspection.verdict.word,
        "doubts": list(inspection.verdict.reasons) if inspection.verdict else [],
        "advice": list(inspection.advice),
        "groove": None,
        "resolution": None,
        "predicted": None,
    }
    if groove_map is not None:
        inner, outer = np.sort(groove_map.radius_px[[0, -1]])
        numbers["groove"] = {
            "centre_px": [float(value) for value in groove_map.camera.centre_px],
            "pitch_px": groove_map.pitch_px,
            "pitch_mm": _mm(groove_map.pitch_px, inspection.dpi),
            "radius_outer_mm": _mm(float(outer), inspection.dpi),
            "turns": groove_map.turns,
            "lock_turns": groove_map.lock_turns,
            "radius_inner_px": float(inner),
            "radius_outer_px": float(outer),
            "direction": groove_map.direction,
            "mirrored": groove_map.direction < 0,
            "expected_s": inspection.expected_s,
            "bend_px": inspection.bend_px,
        }
    if found is not None:
        numbers["resolution"] = {
            "sharpness": float(found.sharpness),
            "noise": float(found.noise),
            "contrast": float(found.contrast),
            "error_px": float(found.error_px),
            "bandwidth_hz": float(found.bandwidth_hz),
            "flipped": inspection.flipped,
            "clipped": inspection.clipped,
        }
    if inspection.predicted is not None:
        numbers["predicted"] = predicted_numbers(inspection.predicted, inspection.resolution)
    return numbers


def _in_um(length_px: float, dpi: float | None) -> str:
    length_mm = _mm(length_px, dpi)
    return f", {1000 * length_mm:.0f} \u00b5m" if length_mm is not None else ""


def _mm(length_px: float, dpi: float | None) -> float | None:
    # By definition.
    return length_px / dpi * MM_PER_INCH if dpi else None
