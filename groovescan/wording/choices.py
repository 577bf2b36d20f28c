"""The channel that is read, and what carries the sound, in words."""

from __future__ import annotations

#: What carries the sound, in words.
CARRIERS = {
    "lateral": "lateral: the groove swings from side to side",
    "vertical": "vertical: the groove is wider and narrower (hill-and-dale)",
    "brightness": "brightness: the groove is brighter and darker",
}


def channel_words(channel: str) -> str:
    """Which channel was read, in words: of a mixture its parts, in percent.

    Parameters
    ----------
    channel : str
        As `Photograph.channel`.

    Returns
    -------
    str
    """
    if "," not in channel:
        return channel
    parts = zip(("red", "green", "blue"), map(float, channel.split(",")), strict=True)
    mixed = " ".join(f"{100 * part:+.0f} % {colour}" for colour, part in parts if part)
    return f"a mixture: {mixed.removeprefix('+')} (--channel={channel})"
