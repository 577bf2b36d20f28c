"""From the displacement of a groove to a sound file."""

from groovescan.sound.equalisation.curve_catalogue import CATALOGUE, NamedCurve
from groovescan.sound.equalisation.curves import Curve, equalise, parse_curve, response
from groovescan.sound.files.audio_file import (
    check_format,
    difference,
    to_steps,
    write_sound,
    write_wav,
)
from groovescan.sound.waveform import Played, play, to_waveform

__all__ = [
    "CATALOGUE",
    "Curve",
    "NamedCurve",
    "Played",
    "check_format",
    "difference",
    "equalise",
    "parse_curve",
    "play",
    "response",
    "to_steps",
    "to_waveform",
    "write_sound",
    "write_wav",
]
