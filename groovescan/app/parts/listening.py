"""The sounds, of which one is heard, and the curve that another one is made with."""

from __future__ import annotations

from nicegui import ui

from groovescan.app.desk import Desk
from groovescan.app.messages import ListeningTrack
from groovescan.app.parts.elements import button, card, tag
from groovescan.sound import CATALOGUE
from groovescan.wording.setting_words import curve_choices

_EQUAL = "Both are equally loud, and go on from the same place when you change over."


def listening_part(desk: Desk) -> None:
    """Lay out a player for each sound of a desk.

    Parameters
    ----------
    desk : Desk
        Whose sounds are heard.
    """
    if desk.read is None:
        return
    tracks = {track.name: track for track in desk.read.tracks}
    if desk.other is not None:
        curve = curve_choices(CATALOGUE).get(desk.other[0], desk.other[0]).partition(":")[0]
        tracks[f"With {curve}"] = desk.other[1]
    with card("Listen", "listen"):
        with tag("div", "tracks", label="Which sound is heard").props("role=group"):
            for number, name in enumerate(tracks):
                _change_over(number, name)
        for number, (name, volume) in enumerate(_volumes(tracks).items()):
            audio = tag("audio", "off" if number else "", label=name)
            audio.props(f'controls preload=auto src="results/{tracks[name].file.name}"')
            audio.props(f"data-track={number} data-volume={volume:.4f}")
        _comparing(desk)


def _change_over(number: int, name: str) -> None:
    pressed = "false" if number else "true"
    element = tag("button", "track")
    element.props(f'type=button data-track={number} aria-pressed="{pressed}"')
    with element:
        ui.label(name)


def _volumes(tracks: dict[str, ListeningTrack]) -> dict[str, float]:
    """Volume of each sound, so that all are as loud as the quietest: louder is taken for better."""
    quietest = min(track.loudness_db for track in tracks.values())
    return {
        name: 10 ** ((quietest - track.loudness_db) / 20) if len(tracks) > 1 else 1.0
        for name, track in tracks.items()
    }


def _comparing(desk: Desk) -> None:
    """Choose another curve."""
    curves = curve_choices(CATALOGUE)
    with tag("div", "line-up"):
        chosen = ui.select(curves, label="Compare with the curve", with_input=True)
        chosen.props("outlined dense options-dense").classes("curve")
        if desk.other is not None and desk.other[0] in curves:
            chosen.set_value(desk.other[0])

        def compare() -> None:
            """Compare with the result that is chosen."""
            if chosen.value:
                desk.compare(chosen.value)

        button("Compare", compare)
    if desk.other is not None:
        with tag("p", "soft"):
            ui.label(_EQUAL)
