"""Views of results in a notebook: a summary, a picture, a player.

Text takes the colours of the notebook; pictures are there for a light and for a dark one, and
where a notebook takes the style away, the light one stays, which can be read in both. Nothing
is loaded from anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import singledispatch
from html import escape
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from groovescan.config.descriptions import Described, describe_all
from groovescan.config.settings import Settings
from groovescan.config.validated import Stage
from groovescan.core.inspection import Inspection
from groovescan.core.results import (
    Camera,
    CameraCheck,
    Decoded,
    GrooveField,
    GrooveMap,
    PatchWaves,
    Photograph,
    Reading,
    Resolution,
    Strip,
    Waveform,
)
from groovescan.reporting import embed
from groovescan.reporting.figures.groove_figures import light_figure, turns_figure
from groovescan.reporting.figures.quality_figures import contrast_figure, quality_figure
from groovescan.reporting.figures.sound_figures import sound_figure
from groovescan.reporting.figures.stage_figures import field_figure, map_figure, reading_figure
from groovescan.reporting.figures.style import DARK, LIGHT, Theme
from groovescan.wording.facts import (
    certainty,
    decode_facts,
    direction,
    inspection_facts,
    lock_facts,
    minutes,
    percent,
    resolution_facts,
)
from groovescan.wording.quality_words import verdict_facts

#: What JupyterLab, VS Code and pages made of notebooks say of themselves when they are dark.
_DARK_ROOMS = (
    'body[data-jp-theme-light="false"]',
    "body.vscode-dark",
    "body.vscode-high-contrast:not(.vscode-high-contrast-light)",
)
_STYLE = (
    "<style>"
    + ",".join(f"{room} .gs-dark" for room in _DARK_ROOMS)
    + "{display:block!important}"
    + ",".join(f"{room} .gs-light" for room in _DARK_ROOMS)
    + "{display:none!important}</style>"
)
_LINE = "border-bottom:1px solid rgba(128,128,128,.3);padding:2px 14px 2px 0;vertical-align:top"


@singledispatch
def as_html(result: Any) -> str:
    """HTML that shows a result in a notebook.

    Parameters
    ----------
    result : object
        A result of a stage, or settings.

    Returns
    -------
    str
        One element that needs nothing beside it. What comes from outside, such as the name of a
        file, is escaped.
    """
    return f"<pre>{escape(repr(result))}</pre>"


def card(title: str, *parts: str) -> str:
    """A heading with what stands under it."""
    return (
        '<div style="max-width:960px;color:inherit;background:transparent">'
        f'<div style="font-weight:600;font-size:1.1em;margin:4px 0">{escape(title)}</div>'
        f"{''.join(parts)}</div>"
    )


def table(facts: Mapping[str, object]) -> str:
    """Names and facts, a line each."""
    rows = "".join(
        f'<tr><th scope="row" style="text-align:left;font-weight:600;{_LINE}">{escape(name)}</th>'
        f'<td style="text-align:left;{_LINE}">{escape(str(fact))}</td></tr>'
        for name, fact in facts.items()
    )
    return f'<table style="border-collapse:collapse;margin:4px 0">{rows}</table>'


def picture(draw: Callable[[Theme], Figure], alt: str) -> str:
    """A figure, for a light and for a dark notebook."""
    # About the px per inch of a screen.
    dpi = 90
    light, dark = (
        f'<img class="gs-{room}" alt="{escape(alt)}" style="max-width:100%;display:{display}" '
        f'src="data:image/webp;base64,{embed.figure_webp(draw(theme), dpi)}">'
        for room, theme, display in (("light", LIGHT, "block"), ("dark", DARK, "none"))
    )
    return _STYLE + light + dark


def player(waveform: Waveform, name: str = "the sound") -> str:
    """A player for a sound; its MP3 is in it."""
    if not len(waveform.samples):
        return "<p>There is no sound to play.</p>"
    return (
        f'<audio controls preload="metadata" aria-label="{escape(name)}" style="width:100%" '
        f'src="data:audio/mpeg;base64,{embed.mp3(waveform)}"></audio>'
    )


@as_html.register
def _(photo: Photograph) -> str:
    rows, columns = photo.shape
    facts = {"size": f"{columns} x {rows} px", "bits": f"{photo.bits} per sample"}
    if photo.dpi:
        facts["dpi"] = f"{photo.dpi:.0f}, as the file states"
    small = embed.jpeg(embed.thumbnail(photo, 480))
    image = (
        f'<img alt="the photograph, made smaller" style="max-width:100%" '
        f'src="data:image/jpeg;base64,{small}">'
    )
    return card(photo.name, table(facts), image)


@as_html.register
def _(waves: PatchWaves) -> str:
    return card("Fringes that were seen", table({"patches": len(waves.contrast)}))


@as_html.register
def _(field: GrooveField) -> str:
    x, y = field.centre_px
    facts = {
        "centre": f"x {x:.1f}, y {y:.1f} px",
        "pitch": f"{field.pitch_px:.2f} px",
        "ring": f"{field.radius_inner_px:.0f} to {field.radius_outer_px:.0f} px from the centre",
        "patches that agree": len(field.waves.contrast),
    }
    drawn = picture(
        lambda theme: field_figure(field, theme),
        "patches in which the groove was seen, each with its direction, round the centre",
    )
    return card("Groove field", table(facts), drawn)


@as_html.register
def _(camera: Camera) -> str:
    x, y = camera.centre_px
    px, py = 100 * camera.perspective
    facts = {
        "centre": f"x {x:.2f}, y {y:.2f} px",
        "stretch, shear": f"{100 * camera.stretch:.3f} %, {100 * camera.shear:.3f} %",
        "perspective": f"{px:.3f} % to the right, {py:.3f} % upwards, per {camera.scale_px:.0f} px",
        "lens": f"{100 * camera.lens:.3f} % at {camera.scale_px:.0f} px",
    }
    return card("Camera", table(facts))


@as_html.register
def _(check: CameraCheck) -> str:
    facts = {
        "centre": f"known to {check.centre_error_px:.2f} px",
        "scales": f"known to {100 * check.scale_error:.3f} %",
        "wow": f"{check.wow_percent:.3f} % at most, from the geometry",
        "bend": f"{check.bend_px:.2f} px, a film that is not flat",
    }
    return card("How well the camera is known", table(facts))


@as_html.register
def _(groove_map: GrooveMap) -> str:
    x, y = groove_map.camera.centre_px
    facts = {
        "centre": f"x {x:.1f}, y {y:.1f} px",
        "pitch": f"{groove_map.pitch_px:.2f} px",
        "turns": f"{groove_map.turns:.1f}",
        **lock_facts(groove_map),
        "direction": direction(groove_map.direction),
    }
    drawn = picture(
        lambda theme: map_figure(groove_map, theme),
        "the spiral of the groove, and what each turn deviates from an even one",
    )
    return card("Groove map", table(facts), drawn)


@as_html.register
def _(strip: Strip) -> str:
    rows, columns = strip.luminance.shape
    facts = {
        "size": f"{rows} samples along the groove, {columns} across it",
        "turns": f"{rows / strip.samples_per_turn:.2f}",
        "across": f"{strip.offset_px[0]:.1f} to {strip.offset_px[-1]:.1f} px",
        "in the photograph": percent(float(strip.in_photograph.mean())) if rows else "nothing",
    }
    draw = turns_figure if rows >= strip.samples_per_turn else light_figure
    return card(
        "Strip: the groove laid straight",
        table(facts),
        picture(lambda theme: draw(strip, theme), "the groove laid straight"),
    )


@as_html.register
def _(reading: Reading) -> str:
    facts = {
        "length": f"{len(reading.displacement_px) / reading.samples_per_turn:.1f} turns, "
        f"{reading.samples_per_turn} samples each",
        "read": f"{percent(reading.read_fraction)} of the groove",
    }
    drawn = picture(
        lambda theme: reading_figure(reading, theme),
        "displacement along the groove, and the standard error claimed for it",
    )
    return card("Reading", table(facts), drawn)


@as_html.register
def _(waveform: Waveform) -> str:
    peak = float(np.abs(waveform.samples).max(initial=0.0))
    facts = {
        "time": minutes(waveform.duration_s),
        "rate": f"{waveform.rate_hz} Hz",
        "peak": f"{20 * np.log10(peak):.1f} dB" if peak > 0 else "silence",
    }
    drawn = picture(lambda theme: sound_figure(waveform, theme), "waveform and spectrogram")
    return card("Sound", table(facts), player(waveform), drawn)


@as_html.register
def _(resolution: Resolution) -> str:
    return card("What can be read", table(resolution_facts(resolution)))


@as_html.register
def _(decoded: Decoded) -> str:
    sounds = player(decoded.waveform, "the transfer")
    if decoded.restored is not None:
        sounds = f"Transfer {sounds} Listening copy {player(decoded.restored, 'listening copy')}"
    notes = decoded.account.notes if decoded.account is not None else ()
    return card(
        decoded.photograph_name,
        table(decode_facts(decoded) | certainty(decoded) | verdict_facts(decoded)),
        "".join(f"<p>{escape(note)}</p>" for note in notes),
        sounds,
        picture(lambda theme: sound_figure(decoded.waveform, theme), "waveform and spectrogram"),
        "<details><summary>Quality along the disc</summary>",
        picture(lambda theme: quality_figure(decoded, theme), "quality, turn by turn"),
        "</details>",
    )


@as_html.register
def _(inspection: Inspection) -> str:
    advice = "".join(f"<li>{escape(line)}</li>" for line in inspection.advice)
    refusal = (
        f"<p><b>It cannot be decoded:</b> {escape(inspection.refusal)}</p>"
        if inspection.refusal
        else ""
    )
    drawn = ""
    if len(inspection.contrast):
        drawn = picture(
            lambda theme: contrast_figure(inspection, theme), "contrast of the groove, turn by turn"
        )
    return card(
        f"{inspection.photograph_name}, before a decode",
        refusal,
        table(inspection_facts(inspection)),
        f"<p><b>What would make it better:</b></p><ul>{advice}</ul>" if advice else "",
        drawn,
    )


@as_html.register
def _(settings: Settings) -> str:
    parts = [
        f"<b>[{stage}]</b>{_settings_table(getattr(settings, stage), fields)}"
        for stage, fields in describe_all().items()
    ]
    return card("Settings", *parts)


@as_html.register
def _(stage: Stage) -> str:
    for name, fields in describe_all().items():
        if type(getattr(Settings(), name)) is type(stage):
            return card(f"Settings of [{name}]", _settings_table(stage, fields))
    return f"<pre>{escape(repr(stage))}</pre>"


def _settings_table(stage: Stage, fields: tuple[Described, ...]) -> str:
    """Each setting with its unit; what was changed is bold and says what it was."""
    rows = []
    for field in fields:
        value = getattr(stage, field.name)
        told = f"{value!r} {field.unit}" if field.unit else repr(value)
        told = escape(told)
        if value != field.default:
            told = f"<b>{told}</b> instead of {escape(repr(field.default))}"
        name = f'<span title="{escape(field.text)}">{field.name}</span>'
        rows.append(
            f'<tr><td style="text-align:left;{_LINE}">{name}</td>'
            f'<td style="text-align:left;{_LINE}">{told}</td></tr>'
        )
    table_style = "border-collapse:collapse;margin:4px 0 10px"
    return f'<table style="{table_style}">{"".join(rows)}</table>'
