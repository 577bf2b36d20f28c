"""One page that holds everything: what was read, and a player for the disc.

The page needs nothing beside it and asks nobody for anything: pictures, sound, style and script
are in it, and its content security policy forbids the browser to load more. All text that comes
from outside (names, settings) is escaped by the template engine.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import PurePath
from typing import Any

import jinja2
import numpy as np
from matplotlib.figure import Figure

from groovescan.core.account import Cue
from groovescan.core.geometry.camera_model import radius_at
from groovescan.core.results import Decoded, Photograph, Reading, Strip, Waveform
from groovescan.reporting import embed
from groovescan.reporting.figures.disc_figures import disc_figure
from groovescan.reporting.figures.groove_figures import strip_figure, turns_figure
from groovescan.reporting.figures.measured_figures import measured_figure
from groovescan.reporting.figures.quality_figures import quality, quality_figure
from groovescan.reporting.figures.read_trace import snr_of
from groovescan.reporting.figures.sound_figures import envelope, spectrogram
from groovescan.reporting.figures.style import CONFIDENCE, CONFIDENCE_DB, DARK, LIGHT, Theme
from groovescan.wording.facts import (
    certainty,
    decode_facts,
    lathe_facts,
    minutes,
    percent,
)
from groovescan.wording.quality_words import verdict_facts


@dataclass(frozen=True, kw_only=True)
class Close:
    """A short stretch of the groove laid straight.

    Attributes
    ----------
    strip : Strip
        The stretch.
    start_turns : float
        Where it begins, in turns from the start of the groove.
    """

    strip: Strip
    start_turns: float


@dataclass(frozen=True, kw_only=True)
class PlayerTrack:
    """A sound of the disc that the page can play.

    Attributes
    ----------
    name : str
        What it is called on its button.
    waveform : Waveform
        The sound.
    time_s : ndarray of float64, shape (samples,), or None
        Moment at which each sample of the reading is heard; None where the disc turns evenly.
    """

    name: str
    waveform: Waveform
    time_s: np.ndarray | None = None


def page(
    photo: Photograph,
    decoded: Decoded,
    *,
    turns: Strip,
    close: Close,
    others: tuple[PlayerTrack, ...] = (),
    cues: tuple[Cue, ...] = (),
    command: str = "",
    version: str = "",
    made: datetime.date | None = None,
) -> str:
    """A page with the report of a decode and a player for its disc.

    Parameters
    ----------
    photo : Photograph
        The photograph that was decoded.
    decoded : Decoded
        What was read.
    turns : Strip
        The whole groove laid straight, coarsely.
    close : Close
        A short stretch of it, finely.
    others : tuple of PlayerTrack
        Other sounds of the same reading, such as a listening copy; the page can switch to them.
    cues : tuple of Cue
        Cuts and bands, which become chapters.
    command : str
        The command that makes the same again.
    version : str
        Version of the program.
    made : datetime.date, optional
        When it was decoded.

    Returns
    -------
    str
        HTML, to be written as UTF-8.
    """
    rows, columns = photo.shape
    tracks = (
        PlayerTrack(name="Transfer", waveform=decoded.waveform, time_s=heard_at_s(decoded)),
        *others,
    )
    found = quality(decoded)
    return (
        _environment()
        .get_template("page.html")
        .render(
            name=decoded.photograph_name,
            title=PurePath(decoded.photograph_name).stem or decoded.photograph_name,
            size=f"{columns} x {rows} px",
            lead=_lead(decoded),
            facts=decode_facts(decoded)
            | certainty(decoded)
            | lathe_facts(decoded)
            | _notes(decoded)
            | verdict_facts(decoded),
            data=_player_data(decoded, tracks, cues),
            sounds=[embed.mp3(track.waveform) for track in tracks],
            disc=embed.jpeg(embed.disc_picture(photo, decoded.groove_map)),
            spectrogram=embed.png(_spectrogram_picture(decoded.waveform)),
            figures=_figures(photo, decoded, turns, close),
            missing=percent(1 - decoded.reading.read_fraction),
            worst=_worst_turn(found),
            lathe=found.lathe_percent is not None,
            settings=decoded.settings.to_toml(),
            command=command,
            version=version,
            made=made.isoformat() if made else "",
            mirrored=decoded.groove_map.direction < 0,
        )
    )


def heard_at_s(decoded: Decoded) -> np.ndarray | None:
    """When each sample of the reading is heard, in s; None where the disc turns evenly.

    Where mains hum in the groove corrected the speed, the sound runs by its clock.
    """
    clock = decoded.account.clock if decoded.account is not None else None
    time_s = clock.time_s if clock is not None else None
    return time_s - time_s[0] if time_s is not None else None


def _notes(decoded: Decoded) -> dict[str, str]:
    """Remarks of the sound's account in words, such as why no hum was used."""
    notes = decoded.account.notes if decoded.account is not None else ()
    return {"note": "; ".join(notes)} if notes else {}


def _environment() -> jinja2.Environment:
    web = resources.files("groovescan.reporting") / "web"
    texts = {name: (web / name).read_text("utf-8") for name in ("page.html", "page.css")}
    texts["player.js"] = (web / "player.js").read_text("utf-8")
    return jinja2.Environment(
        loader=jinja2.DictLoader(texts),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _lead(decoded: Decoded) -> str:
    turns, seconds = decoded.groove_map.turns, decoded.waveform.duration_s
    verdict = f"; {decoded.verdict.word}" if decoded.verdict is not None else ""
    return (
        f"{turns:.0f} turns, {minutes(seconds)} at {decoded.settings.sound.rpm:g} rpm; "
        f"{percent(decoded.reading.read_fraction)} of the groove read from its photograph{verdict}"
    )


def _player_data(
    decoded: Decoded, tracks: tuple[PlayerTrack, ...], cues: tuple[Cue, ...]
) -> dict[str, Any]:
    """Data of the turntable on the page: the groove's run, and how well it was read."""
    # The run of the radius, how well it was read, and columns of a screen: arbitrary, some kB each.
    nodes_per_turn = 16
    pieces_per_turn = 24
    peaks = 1600
    speeds_rpm = (100 / 3, 45.0, 78.0)
    groove_map, reading = decoded.groove_map, decoded.reading
    length = len(reading.displacement_px) / reading.samples_per_turn
    nodes = np.arange(int(np.ceil(length * nodes_per_turn)) + 1) / nodes_per_turn
    radius = radius_at(groove_map, nodes) / embed.disc_radius_px(groove_map)
    low, high = envelope(decoded.waveform, peaks)
    # one click must not make a thin line of all the rest
    loud = max(float(np.percentile(np.maximum(high, -low), 99.5)), 1e-6)
    snr_db, missing = snr_of(reading, max(int(length * pieces_per_turn), 1))
    span = CONFIDENCE_DB[1] - CONFIDENCE_DB[0]
    sure = np.clip((np.nan_to_num(snr_db) - CONFIDENCE_DB[0]) / span, 0, 1)
    rpm = decoded.settings.sound.rpm
    return {
        "rpm": rpm,
        "speeds": sorted({round(speed, 2) for speed in speeds_rpm} | {round(rpm, 2)}),
        "cues": [{"label": cue.label, "start": round(cue.start_s, 3)} for cue in cues],
        "turns": round(length, 4),
        "direction": groove_map.direction,
        "start": round(float(groove_map.start_rad), 6),
        "nodesPerTurn": nodes_per_turn,
        "radius": np.round(radius, 6).tolist(),
        "sure": np.where(missing, -1, np.round(99 * sure)).astype(int).tolist(),
        "ramp": [_css(CONFIDENCE(level)) for level in np.linspace(0, 1, 12)],
        "low": np.round(np.maximum(low / loud, -1), 3).tolist(),
        "high": np.round(np.minimum(high / loud, 1), 3).tolist(),
        "sounds": [
            {
                "name": track.name,
                "duration": round(track.waveform.duration_s, 4),
                "seconds": _seconds(track, reading, nodes),
            }
            for track in tracks
        ],
    }


def _seconds(track: PlayerTrack, reading: Reading, nodes: np.ndarray) -> list[float] | None:
    """When each node of the groove is heard, in s; None where the disc turns evenly."""
    if track.time_s is None:
        return None
    place = np.minimum(nodes * reading.samples_per_turn, len(track.time_s) - 1)
    return np.round(np.interp(place, np.arange(len(track.time_s)), track.time_s), 4).tolist()


def _css(colour: tuple[float, ...]) -> str:
    return "#" + "".join(f"{round(255 * part):02x}" for part in colour[:3])


def _spectrogram_picture(waveform: Waveform) -> np.ndarray:
    """Levels as grey, the highest band on top; the page gives them the colours of its room."""
    level_db = spectrogram(waveform).level_db
    return np.round(255 * (1 - level_db / level_db.min(initial=-1e-9)))[::-1].astype(np.uint8)


def _figures(
    photo: Photograph, decoded: Decoded, turns: Strip, close: Close
) -> dict[str, dict[str, str]]:
    """Each figure for a light and for a dark room."""
    # Sharp on a screen of some 200 px per inch at two thirds of the width: arbitrary.
    figure_dpi = 130
    rpm = decoded.settings.sound.rpm
    drawn: dict[str, Callable[[Theme], Figure]] = {
        "disc": lambda theme: disc_figure(photo, decoded, theme),
        "turns": lambda theme: turns_figure(turns, theme),
        "close": lambda theme: strip_figure(
            close.strip, decoded.reading, close.start_turns, rpm, theme
        ),
        "quality": lambda theme: quality_figure(decoded, theme),
    }
    measured = decoded.measured
    if measured is not None:
        drawn["measured"] = lambda theme: measured_figure(measured, theme)
    return {
        name: {
            "light": embed.figure_webp(draw(LIGHT), figure_dpi),
            "dark": embed.figure_webp(draw(DARK), figure_dpi),
        }
        for name, draw in drawn.items()
    }


def _worst_turn(found: Any) -> str:
    if not found.filled.max() > 0:
        return "No turn has a gap."
    worst = int(np.argmax(found.filled))
    return f"Turn {worst + 1} has most gaps: {percent(found.filled[worst])} of it was filled in."
