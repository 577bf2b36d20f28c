"""From the displacement of a groove to a sound file."""

from groovescan.sound.curves import Curve, equalise, parse_curve, response
from groovescan.sound.file import write_wav
from groovescan.sound.waveform import Played, play, to_waveform

__all__ = [
    "Curve",
    "Played",
    "equalise",
    "parse_curve",
    "play",
    "response",
    "to_waveform",
    "write_wav",
]
