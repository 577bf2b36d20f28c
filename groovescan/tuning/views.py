"""The linked views of a panel: where the groove is, what it looks like, and what is heard."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

import ipywidgets as widgets
import numpy as np
from matplotlib.figure import Figure

from groovescan.core.memo import Memo
from groovescan.core.results import Decoded, GrooveMap, Photograph, Reading, Waveform
from groovescan.reporting import LIGHT, Theme, sound_figure, strip_figure
from groovescan.reporting.decode_report import stretch
from groovescan.reporting.embed import mp3
from groovescan.reporting.figures.stage_figures import place_figure, spectrum_figure
from groovescan.reporting.page import heard_at_s


@dataclass(frozen=True, kw_only=True)
class Place:
    """Place on the disc that is looked at and listened to.

    Attributes
    ----------
    turn : float
        Position, in turns from the start.
    length_s : float
        How much is heard from there, in s; infinite for the whole side.
    copy : bool
        Whether the listening copy is heard, where there is one.
    """

    turn: float = 0.0
    length_s: float = 15.0
    copy: bool = False


class Views(widgets.VBox):
    """Groove field, strip, spectrum and sound of one decode at one place."""

    def __init__(self, theme: Theme = LIGHT) -> None:
        self._theme = theme
        self._memo = Memo()
        self.field, self.strip, self.spectrum, self.sound = (
            widgets.Image(format="png", layout=widgets.Layout(max_width="100%", width=width))
            for width in ("384px", "768px", "384px", "768px")
        )
        self.audio = widgets.Audio(
            format="mp3", autoplay=False, loop=False, layout=widgets.Layout(width="auto")
        )
        pair = widgets.HBox(
            [self.field, self.spectrum],
            layout=widgets.Layout(flex_flow="row wrap", align_items="flex-start"),
        )
        super().__init__([self.audio, pair, self.strip, self.sound])

    def show(self, photo: Photograph, decoded: Decoded, place: Place) -> None:
        """Draw a decode at one place.

        Parameters
        ----------
        photo : Photograph
            The photograph.
        decoded : Decoded
            What was read in it.
        place : Place
            Where to look and to listen.
        """
        whole = decoded.restored if place.copy and decoded.restored else decoded.waveform
        heard = part_of(decoded, whole, place)
        # the sound first: ears wait less gladly than eyes
        self.audio.value = base64.b64decode(mp3(heard))
        # what a curve does not change is not drawn again for it
        theme, rpm, turn = self._theme, decoded.settings.sound.rpm, place.turn
        self.field.value = self._memo(_field, photo, decoded.groove_map, turn, theme)
        self.strip.value = self._memo(
            _strip, photo, decoded.groove_map, decoded.reading, rpm, turn, theme
        )
        self.spectrum.value = png(spectrum_figure(heard, whole, theme))
        self.sound.value = png(sound_figure(heard, theme))

    def refused(self, figure: Figure) -> None:
        """Show why nothing was read: no old sound must pass for a new one."""
        self.field.value = png(figure)
        for view in (self.strip, self.spectrum, self.sound):
            view.value = b""
        self.audio.value = b""


def png(figure: Figure) -> bytes:
    """A figure as PNG."""
    # Of a figure in a notebook's panel: arbitrary.
    dpi = 80
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=dpi)
    return file.getvalue()


def part_of(decoded: Decoded, whole: Waveform, place: Place) -> Waveform:
    """The sound from one place on."""
    start_s = place.turn * 60 / decoded.settings.sound.rpm
    times = heard_at_s(decoded)
    if times is not None:  # where hum is the clock, turns are not equally long
        at = place.turn * decoded.reading.samples_per_turn
        start_s = float(np.interp(at, np.arange(len(times)), times))
    if np.isinf(place.length_s):
        return whole
    last = max(len(whole.samples) - 1, 0)
    first = min(round(start_s * whole.rate_hz), last)
    end = first + round(place.length_s * whole.rate_hz)
    return Waveform(samples=whole.samples[first:end], rate_hz=whole.rate_hz)


def _field(photo: Photograph, groove_map: GrooveMap, turn: float, theme: Theme) -> bytes:
    return png(place_figure(photo, groove_map, turn, theme))


def _strip(
    photo: Photograph,
    groove_map: GrooveMap,
    reading: Reading,
    rpm: float,
    turn: float,
    theme: Theme,
) -> bytes:
    # Some waves of the voice are seen along a strip, and of a turn no more than bends little.
    strip_s = 0.06
    most_strip_turns = 0.3
    length = len(reading.displacement_px) / reading.samples_per_turn
    turns = min(strip_s * rpm / 60, most_strip_turns, length)
    close = stretch(photo, groove_map, min(turn, length - turns), turns)
    figure = strip_figure(close.strip, reading, close.start_turns, rpm, theme)
    figure.axes[0].set_title(f"the groove laid straight, at turn {turn:.2f}")
    figure.axes[0].title.set_color(theme.ink)
    return png(figure)
