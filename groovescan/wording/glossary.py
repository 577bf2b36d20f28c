"""The words of a summary explained, for people who know records and not signals."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from groovescan.config.validated import nearest
from groovescan.errors import SettingsError

#: Other words for the same.
_SAME = MappingProxyType(
    {
        "snr": "signal to noise",
        "signal to noise ratio": "signal to noise",
        "db": "decibel",
        "clock": "hum",
        "eq": "recording curve",
        "curve": "recording curve",
        "equalisation": "recording curve",
        "modulation": "carrier",
        "vertical": "carrier",
        "lateral": "carrier",
        "brightness": "carrier",
        "hill-and-dale": "carrier",
        "good": "verdict",
        "doubtful": "verdict",
        "bad": "verdict",
        "mirrored": "direction",
        "rpm": "speed",
        "restored": "listening copy",
        "restore": "listening copy",
        "removed": "listening copy",
        "sound": "transfer",
        "gaps": "read",
        "groove map": "map",
        "camera": "centre",
        "discs": "disc",
        "cuts": "cut",
        "careful": "jump",
        "stoi": "intelligibility",
        "speech": "intelligibility",
        "figure": "report",
        "lock": "end",
        "lead-out": "end",
        "note": "gain",
    }
)
_MEANINGS = MappingProxyType(
    {
        "advice": "What would make the photograph better, the most useful first. It is "
        "cheap to take it again while the disc still lies on the light box.",
        "aperture": "Blur and pixels take treble, as a worn stylus does. It can be given "
        "back as far as noise allows: in the listening copy by itself, in the transfer with "
        "--aperture on.",
        "bandwidth": "The highest frequency at which the sound is still louder than the "
        "noise. A telephone has 3400 Hz, a good shellac record 6000 to 8000 Hz.",
        "carrier": "What the sound is cut into. Lateral: the groove swings from side to "
        "side, as on nearly all discs. Vertical (hill-and-dale): it is deeper and shallower, "
        "and so wider and narrower in a photograph. Brightness: it is lighter and darker. It "
        "is found by itself; --modulation says another.",
        "centre": "The point that the groove winds about, and how exactly it is known. A "
        "record whose hole is off by 1 mm wavers; what the centre given here can be wrong by "
        "is told as wow.",
        "channel": "Which colour of the photograph was read: the one, or the mixture, in "
        "which the groove stands out most from the noise.",
        "contrast": "How much lighter or darker the groove is than the land beside it, as a "
        "part of full scale from black to white. Below 0.02 it is hard to see.",
        "cut": "A groove that is not connected with the others of the disc: two songs may "
        "be two cuts. They are played one after the other.",
        "decibel": "A ratio of strengths as ears tell them. 6 dB is twice the swing, 20 dB "
        "ten times. Of a signal to noise ratio: 20 dB and more is clean, 10 dB noisy and "
        "clear, 0 dB as much noise as sound.",
        "direction": "Which way the groove winds in the photograph. Where it is clockwise, "
        "the disc was photographed from its back, through the film, or is played from the "
        "inside (--start inner).",
        "disc": "Which disc of the photograph was read, where there are several; --disc "
        "takes another.",
        "displacement": "How far the groove strays sideways from its even spiral: what the "
        "needle feels.",
        "dpi": "Pixels per inch, as the file states or --dpi says. It gives micrometres; "
        "the sound does not change with it. 78s want 1200 dpi at least, 2400 are better.",
        "end": "How the groove ends: where it locks, it runs into its own last turn, and a "
        "needle would play that for ever.",
        "film": "How the film lies: creased, torn or in pieces, and how far the pieces are apart.",
        "gain": "What the sound was raised by. By default the highest peak is brought to 1 "
        "dB below the most that the file can hold; with --gain discs keep their levels.",
        "hum": "Mains hum that got into the recording, at 50 Hz in Europe and 60 Hz in "
        "America. Its pitch was steady, so whatever it does now is the lathe's: --clock "
        "hum:50 takes wow and a wrong speed out by it. Without a hum that can be heard, "
        "nothing changes.",
        "intelligibility": "How well speech will be understood, from the signal to noise "
        "ratio of each third of an octave (STOI, 0 to 1): from 0.6 in part, from 0.72 well, "
        "from 0.85 without effort.",
        "jump": "A place where the groove could not be followed, and what is read after it "
        "may be the turn beside: as when a needle skips. Listen at that moment.",
        "listening copy": "A second sound, NAME.restored.wav, without clicks and with less "
        "noise, for ears; the transfer stays as it was read, for the archive. What was taken "
        "out can be kept, too.",
        "map": "Where the groove runs in the photograph, turn by turn. The reading follows it.",
        "measured": "What was measured after reading: the groove is read twice, from two "
        "halves of the photograph's pixels. What both say is sound, what they say differently "
        "is noise.",
        "noise": "How much a pixel strays by chance, as a part of full scale. More light, a "
        "lower ISO, or several exposures make it less.",
        "page": "Which page of the file was read; scanners keep two sides as two pages.",
        "photograph": "The picture's size in pixels and its bits. 8 bits are 256 greys, 16 "
        "bits 65536.",
        "pitch": "The distance from one turn to the next. It takes 5 pixels and more to "
        "read it well.",
        "predicted": "What light and resolution allow at best, before anything is read. "
        "Where what was measured falls far short of it, something besides noise disturbs the "
        "groove.",
        "read": "How much of the groove could be read. The rest lay under dust, bones or "
        "damage; it was filled in from what comes before and after, and the sidecar lists "
        "every gap.",
        "recording curve": "Records were cut with less bass and mostly more treble than the "
        "sound had; playing undoes it. `250N-0` is a turnover of 250 Hz, no bass shelf (N), "
        "no treble loss. `groovescan curves` lists those that have a name. The wrong one "
        "sounds boomy or thin.",
        "report": "A page with a player and everything that was found, which opens in any browser.",
        "sharpness": "How fast the picture goes from land to groove, as a part of the whole "
        "step, per pixel. 0.5 and more is sharp, below 0.2 the photograph is out of focus.",
        "sidecar": "A file beside the sound, NAME.json, which says how it was made, with "
        "every setting and every gap, and makes the same again: groovescan decode PHOTO "
        "--settings NAME.json",
        "signal to noise": "How much louder the sound is than the noise, in dB, between 300 "
        "Hz and 3.4 kHz where speech is, after the recording curve. 20 dB and more is clean, "
        "10 dB noisy and clear, 5 dB can be understood, below 0 dB the noise is louder.",
        "speed": "Revolutions per minute that the sound is played at. 78s turn at 77.92 in "
        "Europe and at 78.26 in America; home-made discs turn as they like.",
        "strip": "The groove laid straight, as if it were a tape.",
        "time": "How long it plays at this speed.",
        "tone": "The curve between light and the numbers in the file, which cameras and "
        "programs apply. It matters where the sound is in brightness; there it is undone.",
        "transfer": "The sound as it was read, with the recording curve undone and nothing "
        "improved: what an archive keeps.",
        "turns": "How often the groove goes round.",
        "verdict": "What is to be thought of it. Good: it is what the disc holds, as far as "
        "the photograph shows. Doubtful: it may be; the reasons say where to listen. Bad: it "
        "is not to be relied on.",
        "wow": "A slow wavering of the pitch. What is told is only what the geometry may "
        "have left; that of the lathe itself is in the recording, and only hum takes it out. "
        "From 0.2 % on it is heard.",
    }
)


def glossary() -> Mapping[str, str]:
    """Every word that is explained, with what it means, in the order of the alphabet."""
    return MappingProxyType(dict(sorted(_MEANINGS.items())))


def explained(word: str) -> tuple[str, str]:
    """Meaning of a word.

    Parameters
    ----------
    word : str
        The word, or another one for the same; capitals do not matter.

    Returns
    -------
    word, meaning : str
        The word under which it is explained, and what it means.

    Raises
    ------
    SettingsError
        Where it is not explained; the nearest that is is named.

    Examples
    --------
    >>> explained("SNR")[0]
    'signal to noise'
    """
    plain = " ".join(word.lower().replace("_", " ").split())
    plain = _SAME.get(plain, plain)
    if plain in _MEANINGS:
        return plain, _MEANINGS[plain]
    raise SettingsError(
        f"{word!r} is not explained: {nearest(plain, [*_MEANINGS, *_SAME])}; groovescan explain "
        "lists all words"
    )
