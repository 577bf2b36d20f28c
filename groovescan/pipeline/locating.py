"""From a photograph to the groove in it, and to the channel that shows this groove best.

A groove is looked for in the channel in which some patches show fringes best. Where it runs is then
known, and which channel shows it, and not something else, can be told; where that is another one,
the groove is found once more there, as if that channel had been asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from groovescan.config.settings import DiscSettings
from groovescan.core.memo import Memo
from groovescan.core.results import GrooveField, GrooveMap, Photograph
from groovescan.errors import GrooveLostError, GrooveNotFoundError
from groovescan.locate.discs import disc_of, locate_discs
from groovescan.locate.first_map import map_groove
from groovescan.photo.colour.channel import clearer_than_asked, clearest_of_groove
from groovescan.photo.colour.tone import in_light
from groovescan.pipeline.diagnosis import diagnosed, refuse_unreadable


@dataclass(frozen=True, kw_only=True)
class Located:
    """A groove that was found.

    Attributes
    ----------
    photograph : Photograph
        The channel that is read, alone.
    fields : tuple of GrooveField
        Where a groove may lie in it, the best first.
    first_map : GrooveMap
        Where the groove's fringe runs.
    discs : int
        Discs that lie in the photograph.
    clearer : str
        A channel that shows this groove clearly better than the one that was asked for; empty where
        there is none.
    """

    photograph: Photograph
    fields: tuple[GrooveField, ...]
    first_map: GrooveMap
    discs: int = 1
    clearer: str = ""


def locate_groove(photo: Photograph, settings: DiscSettings, memo: Memo) -> Located:
    """Find a groove, in the channel that shows it best.

    Parameters
    ----------
    photo : Photograph
        Where it has its colours, another of them may be taken.
    settings : DiscSettings
        How the groove field is found and mapped.
    memo : Memo
        Does the stages.

    Returns
    -------
    Located

    Raises
    ------
    GrooveNotFoundError, GrooveLostError
        Where there is no groove that can be followed.
    """
    try:
        found = _found_at_first(photo, settings, memo)
        refuse_unreadable(found.photograph, found.first_map)
    except GrooveNotFoundError as error:
        raise diagnosed(photo, _fields_or_none(photo, settings, memo), error) from error
    if _is_asked(photo):
        return replace(found, clearer=memo(clearer_than_asked, photo, found.first_map))
    channel = memo(clearest_of_groove, photo, found.first_map)
    if channel == found.photograph.channel:
        return found
    try:
        return _found_in(memo(_taken, photo, channel), settings, memo)
    except (GrooveNotFoundError, GrooveLostError):
        return found


def _found_at_first(photo: Photograph, settings: DiscSettings, memo: Memo) -> Located:
    """The groove in the channel that was guessed, or else in the mixture of all."""
    try:
        return _found_in(memo(_taken, photo, photo.channel), settings, memo)
    except (GrooveNotFoundError, GrooveLostError):
        if photo.colours is None or _is_asked(photo) or photo.channel == "luminance":
            raise
        return _found_in(memo(_taken, photo, "luminance"), settings, memo)


def _is_asked(photo: Photograph) -> bool:
    """Whether its channel was asked for."""
    return photo.colours is not None and photo.colours.asked


def _found_in(photo: Photograph, settings: DiscSettings, memo: Memo) -> Located:
    discs = memo(locate_discs, photo, settings.replace(disc=0))
    fields = disc_of(discs, settings.disc, photo.name)
    first_map = memo(map_groove, photo, fields, settings)
    return Located(photograph=photo, fields=fields, first_map=first_map, discs=len(discs))


def located_in_light(found: Located, settings: DiscSettings, memo: Memo) -> Located:
    """The same groove in a photograph that is in proportion to light.

    Parameters
    ----------
    found : Located
        The groove in the file's values.
    settings, memo
        As for `locate_groove`.

    Returns
    -------
    Located
        The same where nothing is to be undone.
    """
    lit = in_light(found.photograph, "auto", needed=True)
    if lit is found.photograph:
        return found
    try:
        return replace(locate_groove(lit, settings, memo), clearer=found.clearer)
    except (GrooveNotFoundError, GrooveLostError):
        return replace(found, photograph=lit)


def fields_at_first(
    photo: Photograph, settings: DiscSettings, memo: Memo
) -> tuple[GrooveField, ...]:
    """Where a groove may lie in the channel that was guessed, if `locate_groove` came so far."""
    if locate_discs.__name__ not in memo.done:
        return ()
    discs = memo(locate_discs, memo(_taken, photo, photo.channel), settings.replace(disc=0))
    return discs[0]


def _fields_or_none(
    photo: Photograph, settings: DiscSettings, memo: Memo
) -> tuple[GrooveField, ...]:
    """Where a groove may lie, in a photograph in which none could be followed."""
    try:
        return fields_at_first(photo, settings, memo)
    except GrooveNotFoundError:
        return ()


def _taken(photo: Photograph, channel: str) -> Photograph:
    return photo.taken(channel)
