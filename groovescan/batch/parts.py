"""The sides and discs of one photograph: each is decoded, and has outputs of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from groovescan.batch.task import Task
from groovescan.config.settings import Settings
from groovescan.core.results import Decoded, Photograph
from groovescan.errors import GrooveLostError, GrooveNotFoundError
from groovescan.photo import read_photograph
from groovescan.pipeline import decode

#: What stands behind the name of a photograph in the names of its parts.
PART = re.compile(r"-[1-9][0-9]{0,2}")


@dataclass(frozen=True, kw_only=True)
class Part:
    """A side or a disc of a photograph.

    Attributes
    ----------
    suffix : str
        What stands behind the photograph's name in those of the outputs: nothing where it is the
        only part, else '-1' and so on.
    picture : Photograph
        The page on which it lies.
    decoded : Decoded or None
        What became of it; None where no groove was found or followed.
    reason : str
        Why not.
    """

    suffix: str
    picture: Photograph
    decoded: Decoded | None
    reason: str = ""


def parts_of(task: Task, picture: Photograph) -> Iterator[Part]:
    """Decode the sides and discs of a photograph one after another.

    Parameters
    ----------
    task : Task
        What is asked for; where its settings name a page or a disc, there is no other.
    picture : Photograph
        The page that is read where none is named.

    Yields
    ------
    Part
        Pages in their order, and on each page the discs in theirs; of a disc that several
        photographs show that one.

    Raises
    ------
    GrooveNotFoundError, GrooveLostError
        Where there is only one part, and it has no groove that can be read.
    """
    asked = task.settings
    if task.others:
        yield Part(suffix="", picture=picture, decoded=decode(task.photographs, asked))
        return
    pages = picture.sides if len(picture.sides) > 1 and not asked.photo.page else (None,)
    number = 0
    for page in pages:
        settings = asked if page is None else asked.replace(photo={"page": page})
        image = picture if page is None else read_photograph(task.photograph, settings.photo)
        for part, discs in _discs(image, settings, alone=len(pages) == 1):
            number += 1
            several = len(pages) > 1 or (discs > 1 and not asked.disc.disc)
            yield Part(
                suffix=f"-{number}" if several else "",
                picture=image,
                decoded=part if isinstance(part, Decoded) else None,
                reason="" if isinstance(part, Decoded) else str(part),
            )


def _discs(
    image: Photograph, settings: Settings, *, alone: bool
) -> Iterator[tuple[Decoded | Exception, int]]:
    """The discs of one page, or why there is none, and how many lie on it."""
    try:
        first = decode(image, settings)
    except (GrooveNotFoundError, GrooveLostError) as error:
        if alone:
            raise
        yield error, 1
        return
    yield first, first.discs
    if settings.disc.disc:
        return
    for disc in range(2, first.discs + 1):
        try:
            yield decode(image, settings.replace(disc={"disc": disc})), first.discs
        except (GrooveNotFoundError, GrooveLostError) as error:
            yield error, first.discs
