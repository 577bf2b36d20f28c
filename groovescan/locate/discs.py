"""Which discs lie in a photograph: fields that lie apart, each of them a spiral."""

from __future__ import annotations

import numpy as np

from groovescan.config.settings import DiscSettings
from groovescan.core.results import GrooveField, Photograph
from groovescan.errors import GrooveNotFoundError, SettingsError
from groovescan.locate.consensus import locate_all, overlap
from groovescan.locate.first_map import map_groove
from groovescan.runtime.progress import Advance, unheard


def locate_discs(
    photo: Photograph, settings: DiscSettings, *, advance: Advance = unheard
) -> tuple[tuple[GrooveField, ...], ...]:
    """Find the discs of a photograph, and where the groove of each may lie.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    settings : DiscSettings
        As for `locate`.
    advance : callable
        Hears how much of it is done.

    Returns
    -------
    tuple of tuple of GrooveField
        The candidates of each disc, the best first. Discs are counted as one reads: from left to
        right where they lie side by side, else from the top down.

    Raises
    ------
    GrooveNotFoundError
        Where there is none.
    """
    groups: list[list[GrooveField]] = []
    for field in locate_all(photo, settings, advance):
        mine = next((group for group in groups if overlap(group[0], field)), None)
        if mine is None:
            groups.append([field])
        else:
            mine.append(field)
    if len(groups) == 1:
        return (tuple(groups[0]),)
    discs = [group for group in groups if _is_disc(photo, group, settings)]
    if len(discs) < 2:
        # What lies apart and is no spiral is a candidate like any other.
        return (tuple(field for group in groups for field in group),)
    return tuple(tuple(group) for group in _as_read([group[0] for group in discs], discs))


def disc_of(
    discs: tuple[tuple[GrooveField, ...], ...], number: int, name: str
) -> tuple[GrooveField, ...]:
    """The candidates of one disc, counted from 1; 0 is the first.

    Raises
    ------
    SettingsError
        Where there are not so many.
    """
    if number > len(discs):
        count_words = "one disc is" if len(discs) == 1 else f"{len(discs)} discs are"
        raise SettingsError(
            f"disc {number} was asked for, and {count_words} seen in {name}; the discs are counted "
            "from left to right, or from the top down"
        )
    return discs[max(number, 1) - 1]


def _is_disc(photo: Photograph, group: list[GrooveField], settings: DiscSettings) -> bool:
    try:
        map_groove(photo, tuple(group), settings)
    except GrooveNotFoundError:
        return False
    return True


def _as_read(fields: list[GrooveField], discs: list[list[GrooveField]]) -> list[list[GrooveField]]:
    """Discs in the order in which one reads: rows of discs, each from left to right."""
    centres = np.array([field.centre_px for field in fields])
    radius = min(field.radius_outer_px for field in fields)
    row = np.zeros(len(fields), int)
    by_height = np.argsort(centres[:, 1], kind="stable")
    # A disc begins a new row where it lies lower than the one before by more than a radius.
    row[by_height] = np.cumsum(np.diff(centres[by_height, 1], prepend=-np.inf) > radius)
    order = np.lexsort((centres[:, 0], row))
    return [discs[index] for index in order]
