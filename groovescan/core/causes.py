"""Why a groove cannot be found or followed: each cause with its word, and what to do.

A decode, a collection and a look at a photograph tell the same cause in the same words. What was
met, with its values, stands before: it is known where the cause is found.
"""

from __future__ import annotations

from enum import Enum


class Cause(Enum):
    """A cause of a refusal: a word for programs, and advice for people.

    Attributes
    ----------
    word : str
        Stands in tables and in JSON.
    advice : str
        What to do.
    """

    NO_LINES = (
        "no lines",
        "Fill the frame with the disc, focus on the groove at full magnification, and light it so "
        "that its lines, at least 3 px apart, show; of a colour photograph another --channel may "
        "show them.",
    )
    CLIPPED = (
        "clipped",
        "Change the exposure so that nothing is black or white to the limit, and photograph it "
        "again, with turns that are at least 3 px apart.",
    )
    NOT_RESOLVED = (
        "not resolved",
        "The turns have to be separate lines, at least 3 px apart and better 5: photograph the "
        "disc closer, or scan it at a higher resolution, in focus. Where they show in one colour "
        "only, try --channel.",
    )
    PART = (
        "part of the disc",
        "Photograph the whole disc, with a little more round it.",
    )
    SECTOR = (
        "a sector is missing",
        "Uncover it, lay what is torn off back in its place, or photograph it from another side.",
    )
    SCREEN = (
        "a screen",
        "This is a printed picture, or a picture of a display: its dots are not the disc's. "
        "Photograph the disc itself, or scan the print much finer than its screen. Where a cloth "
        "or a grid lies over the disc, take it away.",
    )
    RINGS = (
        "rings",
        "Rings have no beginning and no end: they may be the label, the rim, or marks of a lathe. "
        "Where a finer groove lies between them, photograph it closer; where they are coarser "
        "than the groove, lower disc.pitch_max_px in the settings.",
    )
    TWO_GROOVES = (
        "two grooves",
        "Two grooves lie between one another, and whoever follows one would take the other for its "
        "next turn. Such a disc cannot be read yet.",
    )
    SEAM = (
        "a seam",
        "Photograph the disc in one piece, or join the parts so that the lines run on across the "
        "seam; where the film itself is torn, lay its parts together.",
    )
    TILT = (
        "a tilt",
        "Set the camera square to the disc: a mirror on the table then shows the lens in its own "
        "middle.",
    )
    STRAYS = (
        "turns that do not follow one another",
        "A bend, a fold, or a groove that is hardly resolved can do that: set the camera square to "
        "the disc, flatten it under glass, and photograph it closer and sharper.",
    )

    NOISE = (
        "noise",
        "More pixels from turn to turn, more light, or a sharper focus would make it readable: "
        "scan at a higher resolution or photograph it closer, and expose longer at a low ISO.",
    )

    def __init__(self, word: str, advice: str) -> None:
        self.word = word
        self.advice = advice
